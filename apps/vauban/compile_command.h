// `vauban compile`: the flow matrix of one enforcement point as rules of a device.
#pragma once

#include <string>
#include <vector>

#include "exit_code.h"

namespace vauban {

struct CompileCall {
  std::string model, kind = "nftables", format = "text", device, into;
  std::vector<std::string> interfaces;  // "ZONE=NAME"
  std::vector<std::string> open;        // conditions that are open
  bool strict = false, counters = false, unproven = false;
};

// The ruleset on the standard output. Before that, where this machine lets it, the ruleset is loaded in a
// network namespace of its own, listed, read again and held against the matrix: what differs is not printed.
// Exit 0; 2 where the model or the call is wrong, with --strict also where something is not stated or cannot
// be said exactly.
ExitCode compileCommand(const CompileCall& call);

}  // namespace vauban
