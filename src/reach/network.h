// The architecture as parties, address classes and enforcement points, and every way in which one party can
// get a packet to another (semantics 3 and 5).
//
// Built once per model and per value of its conditions; then read by one thread at a time (it caches).
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/model.h"
#include "reach/filter_evaluator.h"
#include "reach/statements.h"

namespace vauban::reach {

using PartyId = StrongId<struct PartyTag>;
using PointId = StrongId<struct PointTag>;
using ClassIndex = std::uint32_t;

// Who can send and receive: a host (or group); the machines of a trusted zone that the model does not list
// (they exist only where a claim's places name the zone); an untrusted zone, where the adversary is.
struct Party {
  enum class Kind { host, unlisted, outside };
  Kind kind = Kind::host;
  std::string name;
  model::HostId host;                // of a host
  model::ZoneId zone;                // home
  bool adversary = false;            // lies in an untrusted zone
  std::vector<ClassIndex> classes;   // its own addresses, of all its zones
  std::vector<model::ZoneId> zones;  // home and also-in
};

// Addresses of one party in one zone that no rule tells apart.
struct EndpointClass {
  PartyId party;
  model::ZoneId zone;
  space::Family family;
  space::AddressSet addresses;
  bool linkLocal =
      false;  // of a family in which the party has no stated address: only uncovered traffic bears it
};

// ICMP messages that quote a packet (RFC 792, RFC 4443 section 2.1).
space::ServiceSet icmpErrors(space::Family family);

// One place where packets are filtered: the ideal point, or a link's device.
struct Point {
  std::string name;  // device, link, or "ideal point"
  std::optional<model::LinkId> link;
  std::size_t program = 0;                  // index of its evaluator
  const model::Enforcement* own = nullptr;  // the link's own statements; null for the ideal point
};

enum class WayKind {
  free,       // inside a zone
  rule,       // accepted by the rules
  uncovered,  // a family the filter does not cover and passes
  failed,     // the device has failed: it passes everything, and answers
  liveFlow,   // a forged packet of an existing flow
  related,    // an ICMP error accepted as related
  helper,     // a further conversation named by a tracking helper
};

// How the sender's source address relates to him.
enum class SourceKind { own, neighbour, forged };

// Of the sender, each with those before it.
enum class Powers : std::uint8_t {
  plain,      // his own addresses
  neighbour,  // his neighbours' addresses, related errors, helpers
  forger,     // any source
};

// A packet as its opener writes it and as its listener hears it; they differ where NAT lies between.
struct Fit {
  space::ServiceSet sent, heard;
  bool empty() const { return sent.empty() || heard.empty(); }
};

struct Way {
  WayKind kind = WayKind::rule;
  SourceKind source = SourceKind::own;
  ClassIndex from = 0, to = 0;  // source class as sent, destination class as it arrives
  ClassIndex bears = 0;         // source class as it arrives: another than `from` behind a source rewrite
  ClassIndex sentTo = 0;        // destination class as sent: another than `to` before a destination rewrite
  model::ZoneId fromZone;       // where it really enters
  space::ServiceSet packets;    // as they arrive; not empty
  std::optional<space::ServiceSet> sent;  // as sent, where a rewrite lies between
  bool linkLocal = false;       // to the link-local address of a machine that has others in this family too
  bool loopback = false;        // to an address that means the machine itself, whatever others it has
  bool retargeted = false;      // a rewrite changed the destination port
  bool answered = false;        // replies come back to the sender
  model::ZoneId tapped;         // valid: it was followed only to this zone, whose adversary is on the path
  AtomIds atoms;                // unstated statements that it needs to stay unstated
  std::vector<PointId> points;  // that it passes

  // What of it an opener with these packets can bring to a listener on those.
  Fit fit(space::ServiceSet emits, space::ServiceSet listens) const;
};

// A rule named for a packet: what lets it pass, or what shuts it.
struct RuleSite {
  Place place;
  std::string text;
  std::string device;
};

class Network {
 public:
  // `values`: the values of the conditions (by ConditionId) that the network may have, at least one. With
  // several, each hop may meet another of them: what is stored, or held by a machine, waits while they
  // change. The model and the atoms outlive the network.
  // `mayFail`: every point may fail; the ways that open then bear an atom that says so (Atom::failure).
  Network(const model::Model& model, Atoms& atoms, std::vector<std::vector<bool>> values,
          const std::vector<const space::AddressSet*>& distinguish = {}, bool mayFail = false);

  const model::Model& model() const { return model_; }
  const std::vector<Party>& parties() const { return parties_; }
  const Party& at(PartyId id) const { return parties_[id.index()]; }
  const EndpointClass& endpoint(ClassIndex index) const { return endpoints_[index]; }
  std::size_t endpointCount() const { return endpoints_.size(); }
  PartyId partyOf(model::HostId host) const { return PartyId(host.index()); }
  // More than one machine of ours: a group, or the unlisted machines of a trusted zone.
  bool several(PartyId id) const {
    const Party& party = at(id);
    if (!standsFor_.empty() && standsFor_[id.index()]) return true;
    return !party.adversary && (party.kind != Party::Kind::host || model_.at(party.host).count > 1);
  }
  // These hosts stand for others that nothing tells from them, too. Before anything is asked.
  void standFor(std::vector<bool> byParty) { standsFor_ = std::move(byParty); }
  const std::vector<Point>& points() const { return points_; }
  bool sameDevice(PointId a, PointId b) const {
    return std::ranges::binary_search(sameDevice_[a.index()], b);
  }
  Atoms& atoms() const { return atoms_; }
  bool mayFail() const { return mayFail_; }

  // `receiverHeld` lets the receiver take his neighbours' addresses as well. Ways whose atoms the setting
  // supposes are left out.
  const std::vector<Way>& ways(PartyId from, PartyId to, Powers powers, bool receiverHeld,
                               const Setting& setting) const;
  // The ways to an address of `to` itself that bear this one; where all points on the way may fail, these
  // too, of which ways() has none: by his own address he gets there as well.
  std::vector<Way> waysBearing(PartyId from, PartyId to, ClassIndex source, const Setting& setting) const;
  // Addresses at which a held party hears: its own and those of neighbours that it can take, with what that
  // rests on.
  struct Hears {
    ClassIndex address;
    AtomIds atoms;
  };
  std::vector<Hears> heardAt(PartyId id, const Setting& setting) const;

  // Whether a packet of the party that bears this address may get past any filter, or needs none.
  bool mayBear(PartyId from, ClassIndex source, const Setting& setting) const;
  // The same on the ways to one party.
  bool mayBear(PartyId from, ClassIndex source, PartyId to, const Setting& setting) const;

  // Whether who holds one machine of the zone can take another's address.
  bool takesNeighbours(model::ZoneId zone, const Setting& setting) const {
    return neighbourly(zone, setting).has_value();
  }

  // By route between the zones: what fails if all of its points do. Whoever sends from there by an address of
  // his own then has a way to any address of that family.
  std::vector<AtomIds> failedRoutes(model::ZoneId from, model::ZoneId to) const;

  // Parties between which ways() may find anything, whatever the powers of either: all others have none.
  struct Adjacency {
    std::vector<std::vector<PartyId>> out, in;  // by sender, by receiver; sorted
  };
  const Adjacency& adjacency(const Setting& setting) const;

  // reach(a, b) on classes: the services with which the address class `from` can open a conversation to `to`,
  // over all paths; at its worst under the setting (may) with the atoms used, or at the least (must).
  struct Opening {
    space::ServiceSet services;  // as sent or as heard
    Way way;
  };
  std::vector<Opening> openings(ClassIndex from, ClassIndex to, const Setting& setting) const;
  // What passes on every path whatever the unstated keys turn out to be; with `supposed`, once they are
  // stated.
  space::ServiceSet surely(ClassIndex from, ClassIndex to, bool supposed) const;

  // Whether the answer to a forged request reaches the address it bears: as a reply on the points that saw
  // the request, or by a rule of its own. `byError`: the answer is an ICMP error that quotes it, and passes
  // as related or by a rule for such errors. The atoms with which it does; of a network that may fail each
  // least set of them, else one at most.
  std::vector<AtomIds> answerPasses(const Way& request, space::ServiceSet requestPackets, bool byError,
                                    const Setting& setting) const;

  // Whether anything but replies and failing points lets an answer of the party through. If not, and all on
  // the way there must fail, then the same failures lead to where the answer goes.
  bool answersUnasked(PartyId from, ClassIndex to) const;

  // Zones on the way, neither its first nor its last, whose adversary is on the path.
  std::vector<model::ZoneId> crossedOnPath(const Way& way) const;

  // A point that `from` can get a packet to which bears source `victim`, and that may answer it with an error
  // that quotes it (semantics 5.6): one whose packets may be `wanted` if there is one, else any. `another`:
  // the address is that of another machine of the same party.
  struct Quote {
    space::ServiceSet packets;
    ClassIndex destination;
    AtomIds atoms;
    PointId point;
    bool rejected;  // by its rules; else the device itself could not forward it
  };
  std::optional<Quote> quote(PartyId from, ClassIndex victim, bool another, space::ServiceSet wanted,
                             const Setting& setting) const;
  // Of a network that may fail all that differ in what must fail, or in their packets, without those of whose
  // atoms `idle` says that they are of no use; else one at most.
  std::vector<Quote> quotes(PartyId from, ClassIndex victim, bool another, const Setting& setting,
                            const std::function<bool(const AtomIds&)>& idle) const;

  std::optional<RuleSite> letsPass(const Way& way, space::Service service) const;
  // What shuts a service between two classes: the dropping rule of the first point that drops it.
  std::optional<RuleSite> shuts(ClassIndex from, ClassIndex to, space::Service service) const;

  // The points on any route between two parties, either way.
  std::vector<PointId> pointsBetween(PartyId a, PartyId b) const;
  // The rules and policies of a point that surely decide some of the services from one to the other, by their
  // own addresses (docs/formats/certificate.md).
  std::vector<RuleRef> deciders(PointId point, PartyId from, PartyId to, bool accepting,
                                space::ServiceSet services) const;

  // Whether a word of the list means (some of) the addresses of the class.
  bool named(const model::PlaceTerms& terms, ClassIndex index) const;

 private:
  void answerPasses(std::vector<AtomIds>& all, const Way& request, space::ServiceSet requestPackets,
                    bool byError, model::ZoneId from, const Setting& setting) const;
  bool comesBackOver(const std::vector<PointId>& route, model::ZoneId entering, model::ZoneId leaving,
                     ClassIndex source) const;
  bool shareFamily(PartyId a, PartyId b) const;
  struct Acceptance {
    space::ServiceSet services;
    AtomIds atoms;
    WayKind kind;
  };
  void makeParties(const std::vector<const space::AddressSet*>& distinguish);
  void addLinkLocalClasses();
  void makePoints();
  void internEnforcementAtoms();
  const std::vector<std::vector<PointId>>& routes(model::ZoneId from, model::ZoneId to) const;
  const space::ServiceSet& accepted(PointId point, ClassIndex from, ClassIndex to, model::ZoneId entering,
                                    model::ZoneId leaving) const;
  FilterContext context(PointId point, model::ZoneId entering, model::ZoneId leaving,
                        std::size_t value = 0) const;
  // nullopt: refused. Atoms: those that must stay unstated for it to be tolerated.
  std::optional<AtomIds> sourceTolerated(PointId point, ClassIndex source, PartyId sender,
                                         model::ZoneId entering, SourceKind kind,
                                         const Setting& setting) const;
  std::optional<AtomIds> neighbourly(model::ZoneId zone, const Setting& setting) const;
  std::vector<Acceptance> passes(PointId point, ClassIndex from, ClassIndex to, model::ZoneId entering,
                                 model::ZoneId leaving, const Setting& setting) const;
  std::optional<AtomIds> repliesPass(PointId point, const Setting& setting) const;
  // `entering`: the side from which the packet comes; `origin`: the zone in which it was sent.
  std::optional<AtomIds> relatedPasses(PointId point, model::ZoneId entering, model::ZoneId origin,
                                       const Setting& setting) const {
    return relatedPasses(point, model_.at(entering).untrusted || model_.at(origin).untrusted, setting);
  }
  std::optional<AtomIds> relatedPasses(PointId point, bool fromUntrusted, const Setting& setting) const;
  // The two sides of a link; of the ideal point, whichever zones are asked about.
  std::pair<model::ZoneId, model::ZoneId> sides(PointId point, model::ZoneId here, model::ZoneId there) const;
  // The zone behind the point, for a packet bound for `leaving`.
  model::ZoneId beyond(PointId point, model::ZoneId zone, model::ZoneId leaving) const;
  // Destination classes that some rewrite on the route turns into `destination`, itself first.
  std::vector<ClassIndex> startsFor(const std::vector<PointId>& route, ClassIndex destination) const;
  // Packets bearing `source`, bound for `destination`, that the first `count` points of the route let pass.
  struct Passed {
    space::ServiceSet packets;
    AtomIds atoms;
    ClassIndex destination;  // by now
  };
  std::vector<Passed> passed(const std::vector<PointId>& route, std::size_t count, PartyId sender,
                             model::ZoneId entering, ClassIndex source, SourceKind kind,
                             ClassIndex destination, const Setting& setting) const;
  // The errors with which points quote a packet to the source that it bears (quotes.cc).
  struct Leads {  // one way of an error to a victim
    AtomIds atoms;
    std::vector<PointId> related;  // it passes these if what it quotes may belong to a live flow
  };
  const std::vector<Leads>& errorLeads(PointId point, ClassIndex victim, const Setting& setting) const;
  std::vector<Leads> findErrorLeads(PointId point, ClassIndex victim, const Setting& setting) const;
  std::vector<AtomIds> answersErrors(PointId point, PartyId from, model::ZoneId entering, ClassIndex victim,
                                     SourceKind kind, const Setting& setting) const;
  // What it takes as the point is, and that it has failed, where it may and that is not free anyway.
  std::vector<AtomIds> orFailed(const std::optional<AtomIds>& asItIs, PointId point) const;
  // Until `visit` says that it is enough. `back` and the zone where he sends: of points beside him.
  using QuoteVisit = std::function<bool(const Quote&, const Leads* back, model::ZoneId entering)>;
  void eachQuote(PartyId from, ClassIndex victim, bool another, const Setting& setting,
                 const std::function<bool(const AtomIds&)>& idle, const QuoteVisit& visit) const;
  std::optional<AtomIds> uncoveredPasses(PointId point, ClassIndex victim, const Setting& setting) const;
  space::ServiceSet liveBetween(PointId point, ClassIndex victim, ClassIndex destination) const;
  bool errorRule(PointId point, PointId hop, model::ZoneId entering, model::ZoneId leaving,
                 ClassIndex victim) const;
  std::vector<model::ZoneId> besideDevice(PointId point) const;
  const std::vector<PointId>& pointsBeside(model::ZoneId zone) const;
  void preferRejected(Quote& quote, model::ZoneId entering, ClassIndex victim, const Leads& back,
                      space::ServiceSet wanted) const;
  void waysBeside(std::vector<Way>& ways, model::ZoneId entering, ClassIndex source, SourceKind kind,
                  const AtomIds& atoms, ClassIndex destination) const;
  void waysBetween(std::vector<Way>& ways, PartyId sender, model::ZoneId entering, ClassIndex source,
                   SourceKind kind, const AtomIds& base, ClassIndex destination, bool held,
                   const Setting& setting, bool expected = false, bool allMayFail = false) const;
  void bearing(std::vector<Way>& ways, PartyId from, model::ZoneId entering, ClassIndex source,
               ClassIndex target, AtomIds atoms, const std::optional<AtomIds>& neighbours,
               const Setting& setting, bool allMayFail = false) const;
  const std::vector<ClassIndex>& forgeable(model::ZoneId entering, model::ZoneId leaving,
                                           space::Family family, const Setting& setting) const;
  bool tooManyRoutes() const;
  struct Walk;  // one packet's way along a route (route_walk.cc)
  // What gets from one to the other past the device of the point, over any of its links: these are the flows
  // in its table of connections.
  // `otherLegs`: those of hosts that send from another leg than that of the address; else only from that.
  space::ServiceSet tracked(PointId point, ClassIndex from, ClassIndex to, bool otherLegs) const;
  std::optional<AtomIds> fromOtherLegs(const Setting& setting) const;
  bool liveFlowThrough(PointId point, ClassIndex endpoint, bool otherLegs) const;
  bool findLiveFlow(PointId point, ClassIndex endpoint, bool otherLegs) const;
  bool oneAddress(ClassIndex index) const;
  bool refusesSide(PointId point, ClassIndex source, model::ZoneId entering) const;
  bool behindLink(PointId point, model::ZoneId entering, model::ZoneId zone) const;
  bool rulesDecide(PointId point, space::Family family) const;
  bool mayBeUncovered(PointId point, space::Family family) const;
  const std::vector<std::vector<space::ServiceSet>>& matrix(PointId point, bool backwards,
                                                            model::ZoneId entering,
                                                            model::ZoneId leaving) const;

  // Whether a point of the route takes the source for one from its side; of a network that cannot fail, the
  // first, without which no other is met.
  bool someTolerates(const std::vector<PointId>& route, ClassIndex source, PartyId sender,
                     model::ZoneId entering, model::ZoneId leaving, SourceKind kind,
                     const Setting& setting) const;
  void internFailures();
  // Whether no other route between the zones has points of which a part of this one's devices would do.
  bool failsLeast(const std::vector<PointId>& route, model::ZoneId entering, model::ZoneId leaving) const;

  const model::Model& model_;
  Atoms& atoms_;
  bool mayFail_ = false;
  std::vector<bool> standsFor_;   // by party; empty: none
  std::vector<AtomId> failures_;  // by point
  struct {
    AtomId zoneSources, hostSources, relatedOutside, relatedNone, families, uncovered, helpers, established;
  } known_;
  std::vector<std::vector<bool>> values_;
  std::vector<Party> parties_;
  std::vector<EndpointClass> endpoints_;
  std::vector<AddressClass> classes_;
  std::vector<std::vector<ClassIndex>> zoneClasses_;
  std::vector<ClassIndex> nowhere_;  // addresses that lie in no zone: of the party "nobody"
  std::vector<Point> points_;
  std::vector<std::vector<PointId>> sameDevice_;  // by point, itself included; sorted
  std::vector<std::unique_ptr<FilterEvaluator>> evaluators_;
  mutable std::vector<std::unordered_map<std::uint64_t, space::ServiceSet>> acceptedCache_;
  // By setting: claims ask under the same few.
  mutable std::map<Setting, std::unordered_map<std::uint64_t, std::vector<Way>>> wayCache_;
  mutable std::map<Setting, Adjacency> adjacencyCache_;
  mutable std::optional<bool> tooManyRoutes_;
  // By setting: by entering zone, leaving zone and family.
  mutable std::map<Setting, std::vector<std::optional<std::vector<ClassIndex>>>> forgeableCache_;
  mutable std::map<std::pair<PointId, model::ZoneId>, std::vector<bool>> behindCache_;
  mutable std::map<std::tuple<PointId, ClassIndex, bool>, bool> liveCache_;
  mutable std::vector<std::unordered_map<std::uint64_t, space::ServiceSet>>
      trackedCache_;  // by point, other legs or not: by ends
  mutable std::optional<bool> dualHomed_;
  mutable std::map<std::pair<std::vector<PointId>, ClassIndex>, std::vector<ClassIndex>> startsCache_;
  mutable std::map<model::ZoneId, std::vector<PointId>> besideCache_;
  mutable std::map<std::tuple<PointId, PointId, model::ZoneId, ClassIndex>, bool> errorRuleCache_;
  mutable std::map<std::tuple<Setting, PointId, ClassIndex>, std::vector<Leads>> errorLeadsCache_;
  mutable std::unordered_map<std::uint64_t, bool> unaskedCache_;  // by both
  mutable std::map<std::pair<model::ZoneId, model::ZoneId>, std::vector<AtomIds>> leastFailures_;
  // By setting, ends of the request, whether errors answer it, its points: by its packets.
  mutable std::map<std::tuple<Setting, ClassIndex, ClassIndex, bool, std::vector<PointId>>,
                   std::vector<std::pair<space::ServiceSet, std::vector<AtomIds>>>>
      answerCache_;
  // Of programs with many rules: all classes against all, by point and direction.
  mutable std::map<std::pair<PointId, bool>, std::vector<std::vector<space::ServiceSet>>> matrices_;
  // Classes that no place of the model tells apart have the same role.
  std::vector<std::uint32_t> roles_;
  mutable std::vector<std::optional<std::vector<std::vector<PointId>>>> routeCache_;
};

}  // namespace vauban::reach
