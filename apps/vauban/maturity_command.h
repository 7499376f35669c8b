// `vauban maturity MODEL`: which compositions are built where they fit, by group, standard and role.
#pragma once

#include <string>
#include <vector>

#include "exit_code.h"

namespace vauban {

struct MaturityCall {
  std::string model, format = "text";  // text, json
  std::vector<std::string> standards;  // "800-53:moderate"; none: the baselines that are asked for most
  bool verbose = false;
};

// Exit 0; 2: the model or the call is wrong.
ExitCode maturityCommand(const MaturityCall& call);

}  // namespace vauban
