// `vauban verify MODEL --watch`: verifies again whenever a file of the model changes.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "channel/verdict.h"
#include "exit_code.h"

namespace vauban {

// One verification among several, and what the one before it found.
class WatchRound {
 public:
  // Keeps these verdicts for the next round; gives those of the last one in which the model could be judged,
  // or nullptr in the first.
  const std::map<std::string, channel::Verdict>* remember(const std::vector<channel::ClaimResult>& results);

 private:
  bool judged_ = false;
  std::map<std::string, channel::Verdict> before_, now_;
};

// Calls `verify` now and after each change, for ever: Ctrl-C (or SIGTERM) ends the process with the exit code
// of the last round, or 130 before there is one.
ExitCode watchModel(const std::string& path, const std::function<ExitCode(WatchRound&)>& verify);

}  // namespace vauban
