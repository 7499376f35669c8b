// The model as the checker sees it (semantics 3): parties with their addresses, points with their filters and
// keys, routes between zones. Everything that is not stated is at its worst.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "check/filter.h"
#include "check/trust.h"

namespace vauban::check {

struct Party {
  std::string text;  // "host ws", "zone internet"
  std::optional<model::HostId> host;
  model::ZoneId zone;                // home
  std::vector<model::ZoneId> zones;  // home, and `also-in`
  Addresses own;
  Addresses linkLocal;             // in families in which the model gives it no address
  std::vector<Addresses> besides;  // link-local, by its place in `zones`: where neighbours may meet it
  bool hasIpv4 = false, hasIpv6 = false;
  bool adversary = false;  // an untrusted zone, or a host that lies in one
  bool opaque = false;     // a host without a `services` key
  bool client = false;     // `services: {}`, not `client: isolated`
  bool group = false;      // more than one machine
};
using PartyId = std::size_t;

struct Point {
  std::string name;
  std::optional<model::LinkId> link;  // none: the ideal point
  std::shared_ptr<Filter> filter;
  bool ownRules = false;
  // Keys as stated, link before model; absent where neither states them.
  model::Stated<model::AntiSpoofing> antiSpoofing;
  model::Stated<std::vector<space::Family>> families;
  model::Stated<bool> uncoveredPasses, established;
  model::Stated<model::Related> related;
  model::Stated<std::vector<std::string>> helpers;
  model::Stated<bool> unmatchedRejects;
  // What follows, at its worst.
  model::Related relates = model::Related::all;
  bool answersPass = true;           // replies to accepted packets
  Packets covered = bddfalse;        // families that the rules may decide
  Packets passing = bddfalse;        // families that may pass uncovered
  Packets surelyCovered = bddfalse;  // families that the rules decide in any case
};
using PointId = std::size_t;

// One crossing of a point.
struct Crossing {
  PointId point = 0;
  model::ZoneId from, to;
  auto operator<=>(const Crossing&) const = default;
};

struct Route {
  std::vector<Crossing> crossings;  // none: inside a zone
  bool free() const { return crossings.empty(); }
};

class Network {
 public:
  Network(const model::Model& model, const model::BehaviourCatalogue& behaviours);

  const model::Model& model() const { return model_; }
  const model::BehaviourCatalogue& behaviours() const { return behaviours_; }
  const Trust& trust() const { return trust_; }
  const std::vector<Party>& parties() const { return parties_; }
  const std::vector<Point>& points() const { return points_; }
  std::optional<PartyId> find(const std::string& text) const;
  // The link-local addresses by which its neighbours in a zone may meet it, whatever others it has.
  Addresses besides(PartyId party, model::ZoneId zone) const;
  PartyId ofHost(model::HostId host) const { return host.index(); }
  PartyId ofZone(model::ZoneId zone) const { return model_.hosts.size() + zone.index(); }
  const Addresses& ofZoneAddresses(model::ZoneId zone) const { return zoneAddresses_[zone.index()]; }
  Addresses addressesOf(const model::PlaceTerms& terms) const;
  Packets real() const { return real_; }                // every packet there can be
  Packets sent() const { return real_ & unchanged(); }  // each as its sender writes it
  // Decision 0015: packets under way that are one of these by now, or were when they were sent.
  Packets either(Packets packets) const { return rewrites_ ? packets | asSent(packets) : packets; }
  bool rewrites() const { return rewrites_; }  // whether any point does

  const std::vector<Route>& routes(model::ZoneId from, model::ZoneId to) const;
  // Routes that begin in `from` and cross `zone` on the way to somewhere else, cut off where they come to it;
  // with the addresses behind it.
  std::vector<std::pair<Route, Addresses>> through(model::ZoneId from, model::ZoneId zone) const;
  std::vector<std::pair<Route, Addresses>> onwardFrom(model::ZoneId zone, model::ZoneId to) const;

  const Fate& fate(const Crossing& crossing) const;
  const Fate& fateOfAnswer(const Crossing& crossing) const;  // of p, where the answer to p crosses so
  // What the nat chain before the filter, or behind it, does there.
  const Changes& changes(const Crossing& crossing, bool before, Role role = Role::packet) const;
  // Those packets as they may be behind that chain, rewritten or not.
  Packets nat(const Crossing& crossing, bool before, Packets packets, Role role = Role::packet) const;
  // The same for answers, which that chain of the flow's own crossing takes back.
  Packets natOfAnswers(const Crossing& flow, bool before, Packets packets) const;
  const std::vector<Decision>& decisions(const Crossing& crossing) const;
  const Addresses& behind(const Crossing& crossing) const;  // what may come from that side
  bool untrusted(model::ZoneId zone) const { return model_.at(zone).untrusted; }
  // Whether every point at the zone binds machines to their own addresses (semantics 3, port security).
  bool portsSecured(model::ZoneId zone) const { return secured_[zone.index()]; }
  bool sameDevice(PointId one, PointId other) const;

 private:
  void makeAddresses();
  void makePoints();
  void makeRoutes();
  void makeSecured();
  Addresses behind(PointId point, model::ZoneId side) const;
  void chains(model::ZoneId from, model::ZoneId to, std::vector<Route>& routes) const;
  Sides sides(const Crossing& crossing) const;

  const model::Model& model_;
  const model::BehaviourCatalogue& behaviours_;
  Trust trust_;
  Packets real_;
  std::vector<Party> parties_;
  std::vector<Addresses> zoneAddresses_, hostAddresses_;
  std::vector<Point> points_;
  std::vector<std::vector<Route>> routes_;
  std::vector<bool> secured_;
  bool rewrites_ = false;
  mutable std::map<std::pair<PointId, bool>, Fate> fates_, answers_;
  mutable std::map<std::tuple<PointId, bool, bool, Role>, Changes> changes_;
  mutable std::map<std::pair<PointId, bool>, std::vector<Decision>> decisions_;
  std::map<Crossing, Addresses> behind_;
};

}  // namespace vauban::check
