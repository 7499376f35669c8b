// `vauban plan`: what to build next under a budget, as a road map.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "exit_code.h"

namespace vauban {

struct PlanCall {
  std::string model;
  std::string format = "text";        // text, json, markdown, csv, xlsx, svg
  std::string output, today;          // output "": the standard output
  std::optional<double> budget;       // person-days; none: the model's
  std::vector<std::string> roles;     // "IO-WRL-004=20": days of a role; none: the model's
  std::string standard;               // "800-53:moderate"; "": none
  std::string credit = "design";      // design or paths
  std::string maturity;               // implementation group, 1 to 3, not above; "own": see plan.md; none: 3
  std::optional<std::size_t> target;  // depth of each goal; none: the planner's own
  double seconds = 120;               // for all of the search
  unsigned jobs = 1;
};

// Exit 0 whatever the plan holds; 2: the model or the call is wrong, or `output` cannot be written.
ExitCode planCommand(const PlanCall& call);

}  // namespace vauban
