#include "import/iptables_flows.h"

namespace vauban::import {

bool mayOpen(TargetKind target) {
  return target == TargetKind::accept || target == TargetKind::mayAccept || target == TargetKind::doReturn ||
         target == TargetKind::jump || target == TargetKind::goTo;
}

bool mayShut(TargetKind target) {
  return target == TargetKind::drop || target == TargetKind::reject || target == TargetKind::doReturn ||
         target == TargetKind::jump || target == TargetKind::goTo;
}

void noteFlows(const IptablesRule& rule, FlowNotes& notes) {
  const bool opens = mayOpen(rule.target), shuts = mayShut(rule.target);
  if (!opens && !shuts) return;
  const unsigned states = rule.states.value_or(kAllStates);
  const bool meetsNew = (states & kNew) != 0;
  auto note = [&](const IptablesLine*& line, unsigned state, bool flags) {
    if (line != nullptr) return;
    const bool meets = (states & state) != 0;
    const bool asks = rule.states || rule.dependsOnFlow;
    const bool accepted = opens && meets && (asks || (flags && rule.flags != Flags::any));
    const bool spared =
        shuts && meetsNew && (!meets || rule.dependsOnFlow || (flags && rule.flags != Flags::any));
    if (accepted || spared) line = rule.line;
  };
  note(notes.established, kEstablished, true);
  // Related packets are of ICMP or open conversations of their own: flags do not set them apart.
  note(notes.related, kRelated, false);
}

}  // namespace vauban::import
