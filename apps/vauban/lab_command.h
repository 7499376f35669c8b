// `vauban lab`: the architecture in network namespaces, predicted against observed.
#pragma once

#include <string>

#include "exit_code.h"

namespace vauban {

struct LabCall {
  std::string model, format = "text", claim, record, evidence, today;
  bool list = false, keep = false, verbose = false, userNamespace = false, tools = false;
  unsigned jobs = 0;            // scenarios at a time; 0: as many as there are cores, at most 4
  std::uint64_t bytes = 65536;  // most that a probe sends
  bool noColour = false;
};

// A folder with `variants/` is played with each of them. Exit 0: predicted equals observed wherever something
// was observed; 1: it does not; 2: the model or the call is wrong; 3: inconclusive, or no lab is possible on
// this machine.
ExitCode labCommand(const LabCall& call);

}  // namespace vauban
