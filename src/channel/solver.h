// The fixpoint of semantics 5: where the bytes of one party can get, through filters and through what each
// service does with what it is told, and the shortest way there.
//
// A state is (who holds the bytes and how, which names they can still ask for, whether a hop of the protocol
// in question lies behind). States are explored by number of hops, so the first arrival is a shortest
// witness. Under one Setting the result is monotone: supposing more statements never reaches more.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "channel/trust.h"
#include "model/behaviour.h"
#include "reach/network.h"

namespace vauban::channel {

enum class StateKind : std::uint8_t {
  held,      // the adversary's code holds the bytes at a party, with all its powers
  client,    // a client has read them and may carry them to what it writes
  told,      // a service has been told them
  readable,  // asking a service (with these names) yields them
};

// What, party (held, client) or service, whether a hop outside `from` can be of the protocol in question.
using StateKey = std::tuple<StateKind, std::uint32_t, bool>;

struct Query {
  std::vector<reach::PartyId> from, to;  // held by the adversary at either end
  std::vector<reach::PartyId> held;      // further places he holds
  std::vector<reach::PartyId> without;   // hosts that the bytes may not pass (only-via)
  space::ServiceSet over = space::ServiceSet::all();
  bool direct = false;
};

struct Hop {
  std::string from, to;       // the way of the bytes; of an answer, `to` is who opened
  space::ServiceSet packets;  // of the opener
  space::Service example;
  std::string carrier;  // what carries the bytes
  std::string how;      // "", "as a neighbour", "with a forged source", ...
  std::optional<reach::RuleSite> rule;
  double bitsPerSecond = 0;
  bool answer = false;  // the bytes ride in the answer
  int oddity = 0;       // how far from plain traffic by a rule: of equally short ways the plainest is shown
};

struct Statement {  // an assumption that a verdict rests on
  bool stated = false;
  std::string text;
  Place place;
  auto operator<=>(const Statement&) const = default;
};

struct Outcome {
  bool reached = false;
  bool stopped = false;           // the deadline came first: nothing but `states` is to be relied on
  std::vector<Hop> hops;          // a shortest witness
  reach::AtomIds atoms;           // gaps it needs
  double bitsPerSecond = 0;       // the least along it
  double totalBitsPerSecond = 0;  // over all last hops, each bounded by the widest way to it (when asked for)
  bool direct = true;             // no relay, store, look-up or reflection on it
  std::vector<Statement> rests;   // what shut edges of the states reached rest on
  std::vector<std::string> states;  // reached, in words, sorted
};

struct Closure;     // certificate.h
class GuardedFlow;  // guarded_flow.h

// When to stop solving; none: never.
using Deadline = std::optional<std::chrono::steady_clock::time_point>;

class Solver {
 public:
  Solver(const reach::Network& network, const model::BehaviourCatalogue& behaviours, const Trust& trust,
         Deadline deadline = {});
  // `everything`: do not stop at the first arrival; sums the capacity of all of them.
  Outcome solve(const Query& query, const reach::Setting& setting, bool everything = false) const;
  // The closed sets of states that show that the query is not reached at worst: those from his end, then its
  // own. `everything`: that it is reached by no more than the cut in the last one.
  std::vector<Closure> closures(const Query& query, bool everything = false) const;
  // Every step that bytes may take from any party, with all that must fail for it. Of a network that may
  // fail. `absent`: by party, those that are left out, since another stands for them; none where empty.
  GuardedFlow guardedFlow(const std::vector<bool>& absent = {}) const;

 private:
  struct Run;
  const reach::Network& network_;
  const model::BehaviourCatalogue& behaviours_;
  const Trust& trust_;
  Deadline deadline_;
  struct Entered {  // a place that he gets into from his end
    reach::PartyId party;
    reach::AtomIds atoms;
    bool tunnel = false;
  };
  // By where he waits, the hosts barred, and the setting.
  mutable std::map<std::tuple<std::vector<reach::PartyId>, std::vector<reach::PartyId>, reach::Setting>,
                   std::vector<Entered>>
      hisEnds_;
};

// Rates taken where the model states none (docs/stages/channels.md).
inline constexpr double kConversationBitsPerSecond = 1e8;
inline constexpr double kErrorBitsPerSecond = 8e6;
inline constexpr double kReflectionsPerSecond = 1e5;

}  // namespace vauban::channel
