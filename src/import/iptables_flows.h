// What the rules of a filter do with the packets of existing flows; for the files of this room only.
//
// Established packets and related ones (ICMP errors, helper conversations) may pass where opening packets do
// not in two ways: a rule accepts their states, or a rule shuts out opening packets and spares them. Where
// neither happens they pass as the packets that they are, which the program itself decides.
#pragma once

#include "import/iptables_rule.h"

namespace vauban::import {

struct FlowNotes {
  const IptablesLine* established = nullptr;  // the first line that may let established packets pass
  const IptablesLine* related = nullptr;
};

// Whether a packet may be accepted because the rule matches; because it does not match.
bool mayOpen(TargetKind target);
bool mayShut(TargetKind target);

void noteFlows(const IptablesRule& rule, FlowNotes& notes);

}  // namespace vauban::import
