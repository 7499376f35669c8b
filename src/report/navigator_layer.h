// A layer of the ATT&CK Navigator, format 4.5: techniques with scores, colours and comments.
//
// Techniques are written sorted by id, then tactic. Deterministic; for any number of threads.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "catalog/framework.h"

namespace vauban::report {

using NavigatorNotes = std::vector<std::pair<std::string, std::string>>;  // names and values

struct NavigatorTechnique {
  std::string technique;        // "T1021.001"
  std::string tactic;           // a short name, "lateral-movement"; "" is every tactic that has the technique
  std::optional<double> score;  // finite
  std::string color;            // "#ff6666", in place of the gradient's; "" is none
  std::string comment;
  bool enabled = true;
  NavigatorNotes metadata;
};

struct NavigatorGradient {
  std::vector<std::string> colors;  // from `least` to `most`, at least two
  double least = 0, most = 100;     // least < most
};

struct NavigatorLayer {
  std::string name;
  std::string description;
  catalog::Framework domain = catalog::Framework::attackEnterprise;
  std::string attackVersion;  // "18.1": a layer keeps what stands before the dot; "": the newest there is
  std::vector<NavigatorTechnique> techniques;
  std::optional<NavigatorGradient> gradient;
  std::vector<std::pair<std::string, std::string>> legend;  // labels and colours
  NavigatorNotes metadata;
  bool hideDisabled = false;
};

// The layer's text. Errors: what the Navigator would not read, or would read as something else: no name, a
// domain that is none of ATT&CK's, an id, a tactic or a colour of another form, a score that is no number, a
// gradient without extent, a technique twice in one tactic.
Result<std::string> navigatorLayer(const NavigatorLayer& layer);

}  // namespace vauban::report
