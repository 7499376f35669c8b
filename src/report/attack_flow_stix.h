// A way of attack as an Attack Flow (version 2), the STIX 2.1 bundle that Attack Flow Builder and others
// read.
//
// Actions become attack-action objects, hosts attack-asset objects, what must come before an action
// attack-operator objects where it is more than one action. Ids are made from the content (RFC 9562, UUID
// version 5): the same flow has the same ids whenever it is written, another flow none of them.
// Deterministic; for any number of threads.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace vauban::report {

struct FlowStep {
  std::string technique;    // "T1021.001"; "" where it is none of ATT&CK's
  std::string tactic;       // "TA0008"; ""
  std::string name;         // never empty
  std::string description;  // ""
  std::string host;         // where it happens; ""
  // What must come before: all steps of one of these alternatives, by their places in
  // AttackFlowDrawing::steps. Empty: it can come first. No alternative is empty.
  std::vector<std::vector<std::size_t>> before;
};

struct AttackFlowDrawing {
  std::string title;        // never empty
  std::string description;  // ""
  std::vector<FlowStep> steps;
};

using FlowTime = std::chrono::sys_time<std::chrono::milliseconds>;

// The bundle's text. An error where the drawing has no steps, which no Attack Flow may be.
Result<std::string> attackFlowStix(const AttackFlowDrawing& drawing, FlowTime written);

// RFC 9562, 5.5: of a name within a name space (16 bytes), as "xxxxxxxx-xxxx-5xxx-...". A pure function.
std::string nameBasedUuid(std::string_view nameSpace, std::string_view name);

}  // namespace vauban::report
