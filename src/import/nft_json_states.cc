#include "import/nft_json_states.h"

#include <algorithm>

#include "import/iptables_flows.h"
#include "import/tracked_icmp.h"

namespace vauban::import {
namespace {

using space::ServiceSet;

class Parts {
 public:
  Parts(const NftMatch& match, std::vector<std::string>& why) : why_(why) {
    sure_ = match.services - match.doubt;
    maybe_ = match.doubt;
    if (!maybe_.empty()) say("looks at bytes that mean other things in some protocols");
    if (!match.reasons.empty()) doubt(ServiceSet::all(), "");
    // `meta l4proto esp th dport 53` is listed (by nft 1.0.6) as `th dport 53`.
    if (match.anyTransport && !match.saysProtocol)
      doubt(ServiceSet::all(), "th: nft does not list of which protocol");
  }

  void doubt(ServiceSet set, const char* reason) {
    const ServiceSet part = sure_ & set;
    if (part.empty()) return;
    sure_ -= part;
    maybe_ |= part;
    say(reason);
  }
  // Nothing but what may match.
  void only(ServiceSet set, const char* reason) {
    maybe_ = (sure_ | maybe_) & set;
    sure_ = {};
    if (!maybe_.empty()) say(reason);
  }
  std::vector<NftPart> take() const {
    std::vector<NftPart> parts;
    if (!sure_.empty()) parts.push_back({sure_, true});
    if (!maybe_.empty()) parts.push_back({maybe_, false});
    return parts;
  }

 private:
  void say(const std::string& reason) {
    if (!reason.empty() && std::ranges::find(why_, reason) == why_.end()) why_.push_back(reason);
  }

  std::vector<std::string>& why_;
  ServiceSet sure_, maybe_;
};

}  // namespace

std::vector<NftPart> partsByState(const NftStateRules& rules, const NftMatch& match, TargetKind target,
                                  std::vector<std::string>& why) {
  const bool opens = mayOpen(target), shuts = mayShut(target);
  if (rules.state != FlowState::opening) {
    const unsigned bit = rules.state == FlowState::established ? kEstablished : kRelated;
    if (match.asksState && (match.states & bit) == 0) return {};
    Parts parts(match, why);
    if (match.dependsOnFlow) parts.doubt(ServiceSet::all(), "depends on the flow");
    if (match.flags != Flags::any) parts.doubt(ServiceSet::all(), "looks at TCP flags");
    return parts.take();
  }
  if (match.flags == Flags::noOpeners) {
    if (opens) {
      why.emplace_back(
          "accepts TCP packets that open no conversation: taken as packets of existing flows, whether they "
          "belong to one or not");
    }
    return {};
  }
  const bool meetsNew = (match.states & kNew) != 0;
  const bool meetsOther = opens && (match.states & (kInvalid | kUntracked)) != 0;
  if (match.asksState && !meetsNew && !meetsOther) return {};
  Parts parts(match, why);
  if (match.flags == Flags::maybeOpeners)
    parts.doubt(ServiceSet::all(), "looks at TCP flags that opening packets may bear or not");
  if (!match.asksState) return parts.take();
  if (meetsNew) {
    // Only where it matters that the rule may not match: taking more as accepted is safe by itself.
    if (shuts && (match.states & kInvalid) == 0)
      parts.doubt(neverNew(), "ICMP messages that ask for no answer may be invalid instead of new");
    if (shuts && (match.states & kUntracked) == 0) {
      parts.doubt(neverTracked(), "neighbour discovery is not tracked");
      if (rules.notrack) parts.doubt(ServiceSet::all(), "packets exempt from tracking have no state new");
    }
    return parts.take();
  }
  ServiceSet other;
  if ((match.states & kInvalid) != 0) other |= neverNew();
  if ((match.states & kUntracked) != 0) other |= rules.notrack ? ServiceSet::all() : neverTracked();
  parts.only(other, "matches packets that are invalid or not tracked");
  return parts.take();
}

NftFlowNotes flowNotes(const NftMatch& match, TargetKind target) {
  const bool opens = mayOpen(target), shuts = mayShut(target);
  const bool meetsNew = (match.states & kNew) != 0;
  auto note = [&](unsigned state, bool flags) {
    const bool meets = (match.states & state) != 0;
    const bool asks = match.asksState || match.dependsOnFlow;
    const bool flagged = flags && match.flags != Flags::any;
    return (opens && meets && (asks || flagged)) ||
           (shuts && meetsNew && (!meets || match.dependsOnFlow || flagged));
  };
  // Related packets are of ICMP or open conversations of their own: flags do not set them apart.
  return {note(kEstablished, true), note(kRelated, false)};
}

}  // namespace vauban::import
