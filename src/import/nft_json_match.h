// What expressions of a listed rule say about packets; for the files of this room only.
//
// A match is one box of packets: a superset of those that the real one matches, and equal to it where
// `reasons` and `doubt` are empty. A rule matches any of several boxes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "import/iptables_rule.h"
#include "import/nft_json_ruleset.h"

namespace vauban::import {

struct NftMatch {
  space::AddressSet source = space::AddressSet::all(), destination = space::AddressSet::all();
  space::ServiceSet services = space::ServiceSet::all();
  space::ServiceSet doubt;  // of the services: those of which it is not known whether they match
  std::optional<model::InterfaceMatch> in, out;
  std::vector<NftMatch> except;  // packets of these it does not match
  unsigned states = kAllStates;  // StateBits
  bool asksState = false;
  // `th`: looks at ports of whatever protocol; another part of the rule says of which.
  bool anyTransport = false, saysProtocol = false;
  bool dependsOnFlow = false;  // packets of existing flows may pass where opening ones do not
  Flags flags = Flags::any;
  std::vector<std::string> reasons;

  bool never() const { return source.empty() || destination.empty() || services.empty() || states == 0; }
  void maybe(std::string reason);
  void onlyFamily(space::Family family);
};
using NftMatches = std::vector<NftMatch>;

// The packets of both; boxes that hold none are left out.
NftMatches both(const NftMatches& a, const NftMatches& b);

struct NftMatchContext {
  const NftRuleset& ruleset;
  const NftChain& chain;
  NftProblems& problems;
  std::size_t mostBoxes;
};

// {"match": {"op", "left", "right"}}
NftMatches readNftMatch(const NftMatchContext& context, const JsonValue& match);

// {"vmap": {"key", "data"}}: a list of keys with their verdicts. nullopt: not known, or a mistake that was
// reported.
struct NftVerdictEntry {
  NftMatches matches;
  const JsonValue* verdict = nullptr;
};
std::optional<std::vector<NftVerdictEntry>> readNftVerdicts(const NftMatchContext& context,
                                                            const JsonValue& map);

}  // namespace vauban::import
