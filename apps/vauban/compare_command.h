// `vauban compare MODEL`: one budget spent four ways, side by side.
#pragma once

#include <optional>
#include <string>

#include "exit_code.h"

namespace vauban {

struct CompareCall {
  std::string model, format = "text";  // text, markdown, json
  std::string today;
  std::optional<double> budget;  // days; none: the model's
  double seconds = 240;          // for all four
  unsigned jobs = 1;
  bool verbose = false;
};

// Exit 0; 2: the model or the call is wrong.
ExitCode compareCommand(const CompareCall& call);

}  // namespace vauban
