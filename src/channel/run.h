// One run of the fixpoint; private to this room.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <queue>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "channel/certificate.h"
#include "channel/solver.h"

namespace vauban::channel {

struct State {
  StateKind kind = StateKind::held;
  std::uint32_t index = 0;  // party (held, client) or service
  bool seen = false;        // a hop outside `from` can be of the protocol in question
  space::NameSet names;
};

// A hop costs this much; oddities of a hop cost less than a hop of any witness worth printing.
inline constexpr int kHopCost = 1000;

struct Solver::Run {
  struct Label {
    State state;
    std::vector<Hop> hops;  // from the parent's state to this one
    reach::AtomIds atoms;
    int parent = -1;
    int length = 0;  // hops, then oddities
    double rate = 0;
    bool relayed = false;
  };

  Run(const reach::Network& network, const model::BehaviourCatalogue& behaviours, const Trust& trust,
      const Query& query, const reach::Setting& setting);
  Outcome go();
  int explore();
  bool learnt();
  void lookFromHisEnd(const Solver& solver, std::vector<Closure>* closures = nullptr);
  const std::vector<Entered>* entersFrom(const Solver& solver, const std::vector<reach::PartyId>& origin,
                                         const std::vector<reach::PartyId>& without,
                                         std::vector<Closure>* closures);
  std::vector<std::vector<reach::PartyId>> hisEnds() const;
  Closure closure(bool hisEnd) const;
  std::vector<Entered> entered() const;
  // All that the way to a label needs.
  reach::AtomIds gapsTo(int label) const {
    reach::AtomIds gaps;
    for (int at = label; at >= 0; at = labels[static_cast<std::size_t>(at)].parent)
      gaps = reach::join(gaps, labels[static_cast<std::size_t>(at)].atoms);
    return gaps;
  }
  double total(Closure* closure) const;

  // Whether a state one hop further could add anything: asked before the hop is put into words, which costs.
  bool adds(StateKind kind, std::uint32_t index, bool seen, const space::NameSet& names, int parent,
            reach::PartyId from, reach::PartyId to, const reach::Way& way, const reach::Fit& packets) const;
  bool settled(reach::PartyId id, int parent, int leastOddity = 0) const;
  // A hop that counts for `over`: not wholly inside `from`, unless it ends where `to` waits.
  bool outward(reach::PartyId from, reach::PartyId to) const {
    if (target[to.index()]) return true;
    // Nor one inside a machine that runs his code, or anything.
    if (from == to && (held[from.index()] || saysOpaque(from))) return false;
    if (net.at(from).adversary && net.at(to).adversary) return false;
    // Where his tunnel ends it has got to him, be it among the machines that sent it.
    if (from != to && openedAlone.contains(to)) return true;
    return !(source[from.index()] && source[to.index()]);
  }
  bool saysOpaque(reach::PartyId id) const {
    const auto gaps = opaque(id);
    return gaps && gaps->empty();
  }
  static int oddityOf(const reach::Way& way);

  // Of a run that looks at what may fail as well (guarded_flow.cc): takes every step, instead of the
  // fixpoint.
  std::function<void(const State& to, const std::vector<Hop>& hops, const reach::AtomIds& atoms)> record;
  std::vector<bool> absent;  // by party: another stands for it
  // Whether a step that needs no more than these atoms was recorded already, with any packets.
  std::function<bool(reach::PartyId held, const reach::AtomIds& atoms)> recorded;
  // The layer of something stated that may fail.
  reach::AtomId failure(const std::string& key, const std::string& text, const Place& place) const;
  // A service as it is stated; and where lists may fail, as it is without them, each with what must fail.
  struct Face {
    const model::ServiceInstance* service;
    reach::AtomIds failed;
  };
  const std::vector<Face>& faces(const model::ServiceInstance& service);
  std::map<const model::ServiceInstance*, std::vector<Face>> faces_;
  std::deque<model::ServiceInstance> withoutLists_;

  static void letSwitchesFail(const Run& run, GuardedFlow& flow);

  // states
  void push(State state, std::vector<Hop> hops, const reach::AtomIds& atoms, int parent, bool relayed);
  reach::PartyId partyOf(const State& state) const {
    if (state.kind == StateKind::held || state.kind == StateKind::client) return reach::PartyId(state.index);
    return net.partyOf(model.services[state.index].host);
  }
  bool exists(reach::PartyId id) const;
  // On the path he reads what goes to somebody who is not there, too.
  bool mayMeet(reach::PartyId id) const { return anyOnPath || exists(id); }
  // Receives and reads with the powers of a held host: neighbours' addresses, related errors.
  bool powerful(reach::PartyId id) const {
    return held[id.index()] || controlled.contains(id) || opaque(id).has_value();
  }
  // What it takes for the adversary to run the party himself: it is opaque, or he gets in from where he
  // waits.
  std::optional<reach::AtomIds> takeover(reach::PartyId id) const;
  std::vector<reach::Way> loopback(reach::PartyId id) const;
  // From a machine to the link-local addresses of a neighbour (leads.cc).
  std::vector<reach::Way> toLinkLocal(reach::PartyId from, reach::PartyId to) const;
  // What the services listen to that open tunnels into a pool; empty where the model has none.
  space::ServiceSet tunnelPackets() const;
  bool opensTunnels(const model::ServiceInstance& service) const;
  std::uint64_t machines(const State& state) const;
  std::string inWords(const StateKey& key) const;

  // what the model leaves open
  std::optional<reach::AtomIds> opaque(reach::PartyId id) const;
  std::optional<reach::AtomIds> client(reach::PartyId id);
  std::optional<reach::AtomIds> askOpaque(reach::PartyId id) const;
  std::optional<reach::AtomIds> askClient(reach::PartyId id);
  std::optional<reach::AtomIds> present(const model::ServiceInstance& service, const model::Effect& effect);

  mutable std::vector<std::optional<std::optional<reach::AtomIds>>> opaqueKnown,
      clientKnown;  // by party, once asked

  // steps (expand.cc)
  void expand(const State& state, int index);
  void expandHeld(const State& state, int index);
  void expandForged(reach::PartyId from, reach::PartyId to, bool seen, int parent);
  void expandClient(const State& state, int index);
  void expandTold(const State& state, int index);
  void expandReadable(const State& state, int index);
  void arrive(reach::PartyId from, reach::PartyId to, const reach::Way& way, space::ServiceSet emits,
              const std::string& carrier, double bits, const space::NameSet& names, bool seen,
              const reach::AtomIds& atoms, int parent, bool relayed);
  bool keepsNames(const model::ServiceInstance& service, space::ServiceSet emits) const;
  // Everybody who can ask `at` (on `listens`) for bytes that wait there.
  void consume(reach::PartyId at, space::ServiceSet listens, const space::NameSet& names,
               const model::ServiceInstance* store, bool seen, int parent, bool relayed);
  bool inPool(reach::ClassIndex address) const;
  bool inPoolOf(const model::ServiceInstance& gateway, reach::PartyId id) const;
  void enterPool(const model::ServiceInstance& gateway, bool seen, const reach::AtomIds& gaps, int parent,
                 bool member = false);
  // What a hop shows of the protocol in question, as sent and as heard; of a packet forged into a live flow,
  // what the flow's opener sends.
  std::pair<space::ServiceSet, space::ServiceSet> shown(const reach::Way& way,
                                                        const reach::Fit& packets) const;
  // Who waits for what is sent back, at his own address or at a neighbour's that he took.
  struct Victim {
    reach::PartyId party;
    reach::ClassIndex address;
    reach::AtomIds atoms;
  };
  // One packet that bears an address, and what the mirror answers to it. But for the sender's own addresses
  // it depends on his zones alone, so that a run that records finds it once for all senders of a zone.
  struct Reflection {
    reach::PartyId mirror;
    reach::Way way;
    reach::Fit packets;
    reach::AtomIds atoms;  // of the way there and back
    std::uint64_t bits;
    std::string carrier;
    bool byError;
  };
  std::map<std::tuple<std::vector<model::ZoneId>, std::vector<bool>, reach::ClassIndex>,
           std::vector<Reflection>>
      reflected;  // by zones and families of the sender, address
  // `shared`: for any sender of the same zones but the owner of the address; mirrors include this one.
  std::vector<Reflection> reflections(reach::PartyId from, reach::ClassIndex address, bool shared);
  static bool idle(const std::vector<Reflection>& known, const Reflection& made);
  std::vector<bool> families(reach::PartyId id) const;
  // With any of these failures he gets to the address directly.
  std::vector<reach::AtomIds> direct(reach::PartyId from, reach::ClassIndex address) const;
  // The quotes to an address, of a run that records: found once for all senders of the same zones but its
  // owner.
  const std::vector<reach::Network::Quote>& quotesTo(reach::PartyId from, reach::PartyId victim,
                                                     reach::ClassIndex address, const reach::AtomIds& taking);
  std::map<std::tuple<std::vector<model::ZoneId>, std::vector<bool>, reach::ClassIndex>,
           std::vector<reach::Network::Quote>>
      quoted;                                        // as `reflected`
  std::vector<reach::Network::Quote> quotedToOwner;  // the last
  void byMirrors(reach::PartyId from, const std::vector<Victim>& victims, bool seen, int parent);
  void byQuotes(reach::PartyId from, const std::vector<Victim>& victims, bool seen, int parent);
  // `among`: the other machines of the party itself wait as well.
  void reflect(reach::PartyId from, bool seen, int parent, bool among, const reach::AtomIds& gaps);
  // Whether an effect's message may go to an address class; nullopt: no.
  struct Onward {
    space::NameSet names;  // that the next service sees
  };
  std::optional<Onward> leadsTo(const model::ServiceInstance& service, const model::Effect& effect,
                                const space::NameSet& names, const reach::Way& way);
  Hop makeHop(reach::PartyId from, reach::PartyId to, const reach::Way& way, const reach::Fit& packets,
              const std::string& carrier, double bits, bool& seen) const;
  static double rateOf(const reach::Way& way);
  static double rateOf(const model::Effect& effect, bool outward);  // bits a second
  static std::string join(const std::vector<std::string>& words);

  const reach::Network& net;
  const model::Model& model;
  const model::BehaviourCatalogue& catalogue;
  const Trust& trust;
  const Query& query;
  const reach::Setting& setting;
  std::vector<bool> held, target, source, barred;
  bool anyOnPath = false;  // some zone's adversary hears what is bound elsewhere
  std::vector<std::vector<model::ServiceId>> servicesOf;  // by party
  std::size_t tunnelsKnown = 0;                           // when the run began
  // Machines that are there because a tunnel ends there, and the gaps that it takes.
  std::map<reach::PartyId, reach::AtomIds> tunnelled;
  std::map<reach::PartyId, reach::AtomIds>
      controlled;  // places he can get into from his end, and the gaps it takes
  // Far ends of tunnels, who of those that wait opens them, and the gaps it takes.
  std::map<reach::PartyId, std::map<reach::PartyId, reach::AtomIds>> hisTunnels;
  // Of these, whichever somebody opens without the help of `from`: what gets there has got to him.
  std::map<reach::PartyId, reach::AtomIds> openedAlone;
  std::vector<Label> labels;
  std::priority_queue<std::pair<int, int>, std::vector<std::pair<int, int>>, std::greater<>> open;
  std::map<StateKey, space::NameSet> reached;
  std::map<StateKey, std::pair<int, space::NameSet>>
      pending;  // the best label waiting for a state: length, names
  std::set<Statement> rests;
  Deadline deadline;
  bool stopped = false;                                   // by the deadline
  bool everything = false;                                // go on after the first arrival
  std::map<std::pair<StateKey, StateKey>, double> edges;  // bits per second, where everything is wanted
};

}  // namespace vauban::channel
