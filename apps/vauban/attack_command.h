// `vauban attack`: what an attacker can do in the architecture, and how many things must fail for it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "channel/verdict.h"
#include "exit_code.h"
#include "load_model.h"

namespace vauban {

struct AttackCall {
  std::string model, format = "text", flow, output, today, domain = "enterprise";
  std::vector<std::string> goals, start, groups, changes;
  std::size_t decoys = 0, paths = 5;
  double seconds = 10;  // for one search
  bool verbose = false, noColour = false;
};

// Exit 0 whatever is found: claims about goals are what fails a pipeline (`vauban verify`). 2: the model, the
// flow or the call is wrong.
ExitCode attackCommand(const AttackCall& call);

// Puts the verdicts of claims about goals in place of what the judge of channels leaves undecided. `seconds`:
// for one claim. Nothing is read or built where there is no such claim.
Result<void> judgeGoals(const LoadedModel& loaded, const channel::Trust& trust, const std::string& today,
                        double seconds, std::vector<channel::ClaimResult>& results);

}  // namespace vauban
