// Which packets of a listed rule's match the program of a state speaks about, and how surely; for the files
// of this room only.
#pragma once

#include <string>
#include <vector>

#include "import/nft_json_rule.h"

namespace vauban::import {

// A part of a match: it surely matches these services (exact), or it may.
struct NftPart {
  space::ServiceSet services;
  bool exact = true;
};

struct NftStateRules {
  FlowState state = FlowState::opening;
  bool notrack = false;  // some rule exempts packets from tracking
};

// Empty where no packet of the state meets the match. Adds to `why` what makes a part inexact.
std::vector<NftPart> partsByState(const NftStateRules& rules, const NftMatch& match, TargetKind target,
                                  std::vector<std::string>& why);

// Whether packets of live flows (established; related) may be accepted by this match where opening ones are
// not: because it takes them, or because it spares them.
struct NftFlowNotes {
  bool established = false, related = false;
};
NftFlowNotes flowNotes(const NftMatch& match, TargetKind target);

}  // namespace vauban::import
