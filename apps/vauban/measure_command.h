// `vauban measure`: what each countermeasure is known to do and on what evidence, and what the queue acts on.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "exit_code.h"

namespace vauban {

struct MeasureCall {
  std::string model, format = "text";  // text, json
  std::string knowledge;               // a pack; "": what is in force
  std::string today;                   // ISO 8601; "": the clock's day
  std::string technique;               // only this one
  bool queue = false;                  // the queue alone
  bool paths = false;                  // ways to the goals, too
  std::uint64_t seed = 1;              // of their Monte Carlo, where they are too many to be counted
  bool verbose = false;
  std::vector<std::string> assume;  // published figures taken: coverage, rules-broken, alerts-per-day,
                                    // ignored, false-positives
  std::vector<std::string>
      say;  // "telemetry=0.9..1", "healthy=", "judged=", "response=", "seats=", "deadline="
};

// Exit 0; 2: the model or the call is wrong.
ExitCode measureCommand(const MeasureCall& call);

}  // namespace vauban
