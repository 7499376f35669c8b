// A packet filter as a program (semantics 2): chains of rules, first match decides, user chains with jump and
// return as in netfilter. The flow matrix is a program of one chain; importers make programs of rule files.
//
// Programs speak about packets that open a conversation. A rule that was imported inexactly matches a
// superset of what the real rule matches (`exact` false): it may match, and it may not. Whoever evaluates a
// program asks for the packets that may be accepted, or for those that must.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/place.h"
#include "base/strong_id.h"
#include "space/packet_set.h"

namespace vauban::model {

using ChainId = StrongId<struct ChainTag>;
using HostId = StrongId<struct HostTag>;
using ConditionId = StrongId<struct ConditionTag>;

enum class Action { accept, drop, reject, jump, goTo, doReturn, rewrite };

// "-i eth0", "! -o tun+". A trailing '+' matches any ending.
struct InterfaceMatch {
  std::string pattern;
  bool negated = false;
};

struct FilterRule {
  space::AddressSet source, destination;
  // Hosts without a stated address that the rule names; they match besides the addresses.
  std::vector<HostId> sourceHosts, destinationHosts;
  space::ServiceSet services;
  std::optional<InterfaceMatch> in, out;  // known only where the link says which interface is which side
  std::optional<ConditionId> when;        // the rule is there only while the condition is open
  bool exact = true;
  Action action = Action::drop;
  ChainId chain;           // of jump and goTo
  space::Rewrite rewrite;  // of rewrite (nat chains)
  Place place;
  std::string text;  // the rule as written, shortened for printing
};

struct Chain {
  std::string name;
  std::vector<FilterRule> rules;
  std::optional<Action> policy;  // of built-in chains; user chains return
  Place policyPlace;
};

// What an import could not represent exactly, and how it erred (always to the safe side).
struct Widening {
  Place place;
  std::string rule;    // as written
  std::string reason;  // "-m limit: may match or not"
};

enum class Related { none, fromUntrusted, all };

struct FilterProgram {
  std::vector<Chain> chains;
  ChainId entry;                        // what forwarded packets meet
  std::optional<ChainId> prerouting;    // nat: destination rewrites, before `entry`
  std::optional<ChainId> postrouting;   // nat: source rewrites, after it
  std::vector<space::Family> families;  // the families the rules cover
  // What the rules themselves do with packets of existing flows; unset: they say nothing.
  std::optional<bool> established;
  std::optional<Related> related;
  Place establishedPlace, relatedPlace;
  std::vector<Widening> widenings;
  std::string name;  // of the file or "flows"
};

}  // namespace vauban::model
