// Controls and baselines out of OSCAL 1.x (NIST's Open Security Controls Assessment Language), as JSON.
//
// - A catalog becomes controls: id as the framework writes it ("ac-4.8" is AC-4(8)), title (an enhancement of
// 800-53:
//   "title of its control | its own", as NIST's tables have it), family, whether it is withdrawn.
// - A resolved baseline is a catalog, too: the controls bear its name, and `members` lists those that are not
//   withdrawn.
// - A profile that lists its controls becomes `members`. One that says less (all of a catalog, a pattern, the
//   enhancements along with their controls) is an error that asks for the resolved catalog.
// Which baseline it is the title says where it is NIST's ("... 800-53 ... LOW IMPACT BASELINE"), else the
// caller. Prose, parameters and the back matter are held against the grammar of JSON and left out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "catalog/catalogue.h"

namespace vauban::catalog {

struct OscalOptions {
  Framework framework = Framework::nist80053;
  std::string profile;  // "low", "high", "fedramp-high"; "": what the title says
  std::string source;   // id of the source; "": "oscal-800-53-low", "oscal-800-53-catalog"
  std::size_t bytes = 256U << 20U;
  std::size_t controls = 50'000;
  std::size_t depth = 64;  // of the JSON
  std::size_t diagnostics = 100;
};

struct OscalReading {
  enum class Kind : std::uint8_t { catalog, profile };
  Kind kind = Kind::catalog;
  std::string title;
  std::string profile;               // "" where it is no baseline
  Source source;                     // licence, notice and sha256 are not in the file
  std::vector<Control> controls;     // sorted by id, each once; none of a profile
  std::vector<std::string> members;  // of the baseline, sorted, each once; none where it is none
};

Result<OscalReading> readOscal(std::string_view json, const std::string& file,
                               const OscalOptions& options = {});

}  // namespace vauban::catalog
