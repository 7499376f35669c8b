// An Attack Flow held against an architecture: which of its actions can be done there, and what stops the
// others.
//
// Each action is answered for itself: whether the attacker, by whatever he can do, gets to do it somewhere.
// So an action that is stopped is stopped whatever came before; the first one in the flow's order is where
// the flow as told ends. No action is left out.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attack/attack_flow.h"
#include "attack/attack_graph.h"
#include "attack/depth.h"
#include "attack/technique_use.h"
#include "catalog/id_history.h"

namespace vauban::attack {

enum class ActionStanding : std::uint8_t {
  open,         // can be done today
  guarded,      // once something has failed
  stopped,      // not even when everything fails that may
  notModelled,  // no step template stands for the technique: nothing is known
  unknown,      // the catalogue has no such technique
  unnamed,      // the action names no technique
};
std::string_view word(ActionStanding standing);

struct ActionAnswer {
  FlowActionId action;
  std::vector<std::string> techniques;  // of the catalogue, what the written id is called there
  catalog::JoinedBy joined = catalog::JoinedBy::none;
  ActionStanding standing = ActionStanding::unnamed;
  std::vector<TemplateId> by;         // steps that stand for it
  bool byRelative = false;            // none for the technique itself: for its parent or sub-techniques
  std::vector<reach::PartyId> where;  // open: where; guarded: where with everything failed; sorted
  Depth depth;                        // of guarded
  std::string stoppedBy;              // of stopped: in words
};

struct FlowAnswer {
  std::vector<ActionAnswer> actions;        // in the flow's order
  std::optional<std::size_t> firstStopped;  // the first that is guarded or stopped: its place in `actions`
  std::size_t count(ActionStanding standing) const;
};

FlowAnswer answerFlow(const AttackGraph& graph, const TechniqueUse& use, const AttackFlow& flow,
                      const SearchLimits& limits = {});

}  // namespace vauban::attack
