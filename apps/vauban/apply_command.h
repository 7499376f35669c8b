// `vauban apply PATTERN MODEL`: a pattern put into a model, and what became provable by it.
#pragma once

#include <string>
#include <vector>

#include "exit_code.h"

namespace vauban {

struct ApplyCall {
  std::string pattern, model, output, today;
  std::vector<std::string> members;  // "clients=branch-lan,hq-lan"
  std::string format = "text";       // text or json
  bool list = false;                 // the patterns; with a model, where each of them fits
  unsigned jobs = 1;
};

// The changed model goes to the standard output after what became provable, which stands before it as YAML
// comments; with `output` the model goes to that file. Exit 0: every guarantee of the pattern is kept and no
// claim got worse; 1: not so (the model is written all the same); 2: the call or the model is wrong.
ExitCode applyCommand(const ApplyCall& call);

}  // namespace vauban
