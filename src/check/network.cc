#include "check/network.h"

#include <algorithm>

#include "model/cone.h"

namespace vauban::check {
namespace {

constexpr std::size_t kMostChains = 2000;

template <class T>
model::Stated<T> inForce(const model::Stated<T>& link, const model::Stated<T>& model) {
  return link ? link : model;
}

Packets families(const std::vector<space::Family>& list) {
  Packets all = bddfalse;
  for (const space::Family family : list) all |= ofFamily(family);
  return all;
}

// A machine has a link-local address in every family (decision 0011): which of them nobody knows (RFC 3927
// section 2.1, RFC 4291 section 2.4), and no list of places means it.
Addresses linkLocal(space::Family family, std::size_t number) {
  const bool four = family == space::Family::ipv4;
  const space::Bits128 first = four ? space::Bits128{0xA9FE0000U} : space::Bits128{0xFE80U} << 112U;
  const space::Bits128 last = first + (four ? space::Bits128{0xFFFFU} : (space::Bits128{1} << 118U) - 1);
  return Addresses::of(std::vector<space::AddressRange>{{family, first, last}}) &
         Addresses::linkLocal(number);
}

bool lies(const space::Address& address, const space::AddressSet& networks) {
  return std::ranges::any_of(networks.ranges(), [&](const space::AddressRange& range) {
    return range.family == address.family && range.first <= address.value && address.value <= range.last;
  });
}

}  // namespace

Network::Network(const model::Model& model, const model::BehaviourCatalogue& behaviours)
    : model_(model), behaviours_(behaviours), trust_(trustOf(model)), real_(bddfalse) {
  startPackets();
  makeAddresses();
  makePoints();
  makeRoutes();
  makeSecured();
}

std::optional<PartyId> Network::find(const std::string& text) const {
  const auto found = std::ranges::find(parties_, text, &Party::text);
  if (found == parties_.end()) return std::nullopt;
  return static_cast<PartyId>(found - parties_.begin());
}

Addresses Network::besides(PartyId id, model::ZoneId zone) const {
  const Party& party = parties_[id];
  const auto found = std::ranges::find(party.zones, zone);
  if (found == party.zones.end()) return {};
  return party.besides[static_cast<std::size_t>(found - party.zones.begin())];
}

// Semantics 3: a host without an address may have any of its zone that nobody claims there.
void Network::makeAddresses() {
  Addresses claimed;
  for (const model::Zone& zone : model_.zones) {
    zoneAddresses_.push_back(Addresses::of(zone.addresses) - Addresses::linkLocal());
  }
  for (const model::Host& host : model_.hosts) {
    std::vector<space::AddressRange> ranges;
    for (const space::Address& address : host.addresses) {
      ranges.push_back({address.family, address.value, address.value});
    }
    hostAddresses_.push_back(Addresses::of(ranges));
    claimed = claimed | hostAddresses_.back();
  }
  Addresses tagged = Addresses::host(0);
  std::size_t number = 0;
  for (std::size_t i = 0; i < model_.hosts.size(); ++i) {
    const model::Host& host = model_.hosts[i];
    Party party;
    party.text = "host " + host.name;
    party.host = model::HostId(i);
    party.zone = host.zone;
    party.zones = {host.zone};
    for (const model::ZoneId zone : host.alsoIn) party.zones.push_back(zone);
    Addresses free;
    for (const model::ZoneId zone : party.zones) {
      const bool has = std::ranges::any_of(host.addresses, [&](const space::Address& address) {
        return lies(address, model_.at(zone).addresses);
      });
      if (!has) free = free | (zoneAddresses_[zone.index()] - claimed);
    }
    if (!free.empty()) {
      free = free & Addresses::host(++number);
      tagged = tagged | free;
    }
    // A stated address belongs to no numbered host.
    hostAddresses_[i] = (hostAddresses_[i] & Addresses::host(0)) | free;
    party.own = hostAddresses_[i];
    party.adversary = model_.at(host.zone).untrusted;
    party.opaque = !host.servicesStated;
    party.client = host.servicesStated && host.services.empty() && !host.clientIsolated.value.value_or(false);
    party.group = host.count > 1;
    parties_.push_back(std::move(party));
  }
  for (std::size_t i = 0; i < model_.zones.size(); ++i) {
    const model::Zone& zone = model_.zones[i];
    Party party;
    party.text = "zone " + zone.name;
    party.zone = model::ZoneId(i);
    party.zones = {party.zone};
    party.own = zoneAddresses_[i] & Addresses::host(0);
    if (!zone.untrusted) party.own = party.own - claimed;
    party.adversary = zone.untrusted;
    party.group = true;
    parties_.push_back(std::move(party));
  }
  for (PartyId id = 0; id < parties_.size(); ++id) {
    Party& party = parties_[id];
    party.hasIpv4 = (party.own.source & ofFamily(space::Family::ipv4)) != bddfalse;
    party.hasIpv6 = (party.own.source & ofFamily(space::Family::ipv6)) != bddfalse;
    const Addresses four = linkLocal(space::Family::ipv4, id), six = linkLocal(space::Family::ipv6, id);
    if (!party.hasIpv4) party.linkLocal = four;
    if (!party.hasIpv6) party.linkLocal = party.linkLocal | six;
    // In IPv6 an interface has one besides the others (RFC 4291 section 2.1), in IPv4 only where it has no
    // other (RFC 3927 section 1.9).
    for (const model::ZoneId zone : party.zones) {
      const Packets here = (party.own & zoneAddresses_[zone.index()]).source;
      party.besides.push_back((here & ofFamily(space::Family::ipv4)) == bddfalse ? four | six : six);
      tagged = tagged | party.besides.back();
    }
    tagged = tagged | party.linkLocal;
  }
  real_ = realServices() & tagged.source & tagged.destination;
}

void Network::makePoints() {
  const AddressesOfHost addressesOf = [this](model::HostId host) { return hostAddresses_[host.index()]; };
  // No rule means a link-local address: only what nothing filters bears one.
  const Packets filtered = real_ - Addresses::linkLocal().source - Addresses::linkLocal().destination;
  const auto flows = std::make_shared<Filter>(model_.flows, addressesOf, filtered);
  const Packets both = bddtrue;
  const auto add = [&](std::optional<model::LinkId> link) {
    Point point;
    point.link = link;
    point.name = link ? model::pointName(model_, *link) : model::kIdealPoint;
    const bool own = link && link->index() < model_.linkPrograms.size() && model_.linkPrograms[link->index()];
    point.ownRules = own;
    point.filter =
        own ? std::make_shared<Filter>(*model_.linkPrograms[link->index()], addressesOf, filtered) : flows;
    const model::Enforcement stated = link ? model_.at(*link).enforcement : model::Enforcement();
    const model::Enforcement& global = model_.enforcement;
    const model::FilterProgram& program = point.filter->program();
    point.antiSpoofing = inForce(stated.antiSpoofing, global.antiSpoofing);
    point.families = inForce(stated.families, global.families);
    point.uncoveredPasses = inForce(stated.uncoveredPasses, global.uncoveredPasses);
    point.established = inForce(stated.established, global.established);
    point.related = inForce(stated.related, global.related);
    point.helpers = inForce(stated.helpers, global.helpers);
    point.unmatchedRejects = inForce(stated.unmatchedRejects, global.unmatchedRejects);

    // What a link states goes before what its rules say, and that before the model.
    point.answersPass = point.established.value.value_or(true);
    if (own && !stated.established && program.established) point.answersPass = *program.established;
    point.relates = point.related.value.value_or(model::Related::all);
    if (own && !stated.related && program.related) point.relates = *program.related;
    const bool mayPass = point.uncoveredPasses.value.value_or(true);
    // Decision 0011: without `families` each may be the one that is not covered; rule files know their own.
    if (own && !program.families.empty()) {
      point.covered = point.surelyCovered = families(program.families);
    } else if (point.families) {
      point.covered = point.surelyCovered = families(*point.families.value);
    } else {
      point.covered = both;
    }
    if (mayPass) point.passing = both - point.surelyCovered;
    rewrites_ = rewrites_ || point.filter->rewrites();
    points_.push_back(std::move(point));
  };
  add(std::nullopt);
  for (std::size_t i = 0; i < model_.links.size(); ++i) add(model::LinkId(i));
}

void Network::chains(model::ZoneId from, model::ZoneId to, std::vector<Route>& routes) const {
  std::vector<model::ZoneId> visited{from};
  Route route;
  bool tooMany = false;
  const std::function<void(model::ZoneId)> go = [&](model::ZoneId here) {
    if (tooMany) return;
    for (std::size_t i = 0; i < model_.links.size(); ++i) {
      const model::Link& link = model_.links[i];
      if (link.from != here && link.to != here) continue;
      const model::ZoneId next = link.from == here ? link.to : link.from;
      if (std::ranges::find(visited, next) != visited.end()) continue;
      route.crossings.push_back({i + 1, here, next});
      if (next == to) {
        if (routes.size() >= kMostChains) {
          tooMany = true;
          routes.push_back({});  // nothing is known to stop a packet
          return;
        }
        routes.push_back(route);
      } else {
        visited.push_back(next);
        go(next);
        visited.pop_back();
      }
      route.crossings.pop_back();
      if (tooMany) return;
    }
  };
  go(from);
}

void Network::makeRoutes() {
  const std::size_t zones = model_.zones.size();
  routes_.resize(zones * zones);
  for (std::size_t a = 0; a < zones; ++a) {
    for (std::size_t b = 0; b < zones; ++b) {
      std::vector<Route>& routes = routes_[a * zones + b];
      const model::ZoneId from(a), to(b);
      if (a == b) {
        routes.push_back(model_.zones[a].isolated ? Route{{{0, from, to}}} : Route{});
        continue;
      }
      // Chains are followed besides a link of the two, and besides the ideal point (decision 0008).
      chains(from, to, routes);
      const bool linked =
          std::ranges::any_of(routes, [](const Route& route) { return route.crossings.size() == 1; });
      if (model_.unlistedIdeal && !linked) routes.push_back({{{0, from, to}}});
    }
  }
  for (std::size_t a = 0; a < zones; ++a) {
    for (std::size_t b = 0; b < zones; ++b)
      behind_[{0, model::ZoneId(a), model::ZoneId(b)}] = zoneAddresses_[a];
  }
  for (std::size_t i = 0; i < model_.links.size(); ++i) {
    const model::Link& link = model_.links[i];
    behind_[{i + 1, link.from, link.to}] = behind(i + 1, link.from);
    behind_[{i + 1, link.to, link.from}] = behind(i + 1, link.to);
  }
}

// What lies behind one side of a device: what can get to that side without passing the device.
Addresses Network::behind(PointId point, model::ZoneId side) const {
  std::vector<bool> reached(model_.zones.size(), false);
  std::vector<model::ZoneId> todo{side};
  Addresses all;
  while (!todo.empty()) {
    const model::ZoneId here = todo.back();
    todo.pop_back();
    if (reached[here.index()]) continue;
    reached[here.index()] = true;
    all = all | zoneAddresses_[here.index()];
    for (std::size_t i = 0; i < model_.links.size(); ++i) {
      const model::Link& link = model_.links[i];
      if (sameDevice(i + 1, point)) continue;
      if (link.from == here) todo.push_back(link.to);
      if (link.to == here) todo.push_back(link.from);
    }
  }
  return all;
}

void Network::makeSecured() {
  const auto secures = [&](const Point& point) {
    return point.antiSpoofing && *point.antiSpoofing.value == model::AntiSpoofing::host;
  };
  for (std::size_t i = 0; i < model_.zones.size(); ++i) {
    bool secured = true, linked = false;
    for (std::size_t link = 0; link < model_.links.size(); ++link) {
      if (model_.links[link].from.index() != i && model_.links[link].to.index() != i) continue;
      linked = true;
      secured = secured && secures(points_[link + 1]);
    }
    if (!linked || model_.unlistedIdeal || model_.zones[i].isolated) secured = secured && secures(points_[0]);
    secured_.push_back(secured);
  }
}

const std::vector<Route>& Network::routes(model::ZoneId from, model::ZoneId to) const {
  return routes_[from.index() * model_.zones.size() + to.index()];
}

std::vector<std::pair<Route, Addresses>> Network::through(model::ZoneId from, model::ZoneId zone) const {
  std::vector<std::pair<Route, Addresses>> found;
  if (from == zone) return found;
  for (std::size_t i = 0; i < model_.zones.size(); ++i) {
    if (i == zone.index()) continue;
    for (const Route& route : routes(from, model::ZoneId(i))) {
      for (std::size_t at = 0; at + 1 < route.crossings.size(); ++at) {
        if (route.crossings[at].to != zone) continue;
        Route cut;
        cut.crossings.assign(route.crossings.begin(),
                             route.crossings.begin() + static_cast<std::ptrdiff_t>(at) + 1);
        found.emplace_back(std::move(cut), rewrites_ ? Addresses::all() : zoneAddresses_[i]);
      }
    }
  }
  return found;
}

std::vector<std::pair<Route, Addresses>> Network::onwardFrom(model::ZoneId zone, model::ZoneId to) const {
  std::vector<std::pair<Route, Addresses>> found;
  if (to == zone) return found;
  for (std::size_t i = 0; i < model_.zones.size(); ++i) {
    if (i == zone.index()) continue;
    for (const Route& route : routes(model::ZoneId(i), to)) {
      for (std::size_t at = 1; at < route.crossings.size(); ++at) {
        if (route.crossings[at].from != zone) continue;
        Route cut;
        cut.crossings.assign(route.crossings.begin() + static_cast<std::ptrdiff_t>(at),
                             route.crossings.end());
        found.emplace_back(std::move(cut), rewrites_ ? Addresses::all() : zoneAddresses_[i]);
      }
    }
  }
  return found;
}

Sides Network::sides(const Crossing& crossing) const {
  Sides sides;
  const Point& point = points_[crossing.point];
  if (!point.link) return sides;
  const auto& interfaces = model_.at(*point.link).interfaces;
  const auto in = interfaces.find(crossing.from), out = interfaces.find(crossing.to);
  if (in != interfaces.end()) sides.in = in->second;
  if (out != interfaces.end()) sides.out = out->second;
  return sides;
}

namespace {

bool forward(const model::Model& model, const Point& point, const Crossing& crossing) {
  return !point.link || model.at(*point.link).from == crossing.from;
}

}  // namespace

const Fate& Network::fate(const Crossing& crossing) const {
  const Point& point = points_[crossing.point];
  const auto [found, isNew] = fates_.try_emplace({crossing.point, forward(model_, point, crossing)});
  if (isNew) {
    const bool rejects = !point.ownRules && point.unmatchedRejects.value.value_or(true);
    found->second = point.filter->fate(sides(crossing), rejects);
  }
  return found->second;
}

const Fate& Network::fateOfAnswer(const Crossing& crossing) const {
  const Point& point = points_[crossing.point];
  const auto [found, isNew] = answers_.try_emplace({crossing.point, forward(model_, point, crossing)});
  if (isNew) {
    const bool rejects = !point.ownRules && point.unmatchedRejects.value.value_or(true);
    found->second = point.filter->fateOfAnswer(sides(crossing), rejects);
  }
  return found->second;
}

const Changes& Network::changes(const Crossing& crossing, bool before, Role role) const {
  const Point& point = points_[crossing.point];
  const auto [found, isNew] =
      changes_.try_emplace({crossing.point, forward(model_, point, crossing), before, role});
  if (isNew) found->second = point.filter->changes(before, sides(crossing), role == Role::answered);
  return found->second;
}

Packets Network::nat(const Crossing& crossing, bool before, Packets packets, Role role) const {
  Packets all = packets;
  for (const auto& [matched, to] : changes(crossing, before, role).rewrites) {
    all |= rewritten(packets & matched, *to, role) & real_;
  }
  return all;
}

Packets Network::natOfAnswers(const Crossing& flow, bool before, Packets packets) const {
  Packets all = packets;
  for (const auto& [matched, to] : changes(flow, before, Role::answered).rewrites) {
    all |= undone(packets, *to, Role::answered) & matched & real_;
  }
  return all;
}

const std::vector<Decision>& Network::decisions(const Crossing& crossing) const {
  const Point& point = points_[crossing.point];
  const auto [found, isNew] = decisions_.try_emplace({crossing.point, forward(model_, point, crossing)});
  if (isNew) found->second = point.filter->decisions(sides(crossing));
  return found->second;
}

const Addresses& Network::behind(const Crossing& crossing) const {
  static const Addresses none;
  const auto found = behind_.find(crossing);
  return found == behind_.end() ? none : found->second;
}

bool Network::sameDevice(PointId one, PointId other) const {
  if (one == other) return true;
  if (!points_[one].link || !points_[other].link) return false;
  const auto a = model_.at(*points_[one].link).device, b = model_.at(*points_[other].link).device;
  return a && b && *a == *b;
}

Addresses Network::addressesOf(const model::PlaceTerms& terms) const {
  Addresses all;
  for (const model::PlaceTerm& term : terms) {
    switch (term.kind) {
      case model::PlaceTerm::Kind::any:
        return Addresses::all();
      case model::PlaceTerm::Kind::zone:
        all = all | zoneAddresses_[term.zone.index()];
        for (const Party& party : parties_) {
          if (party.zone == term.zone) all = all | party.linkLocal;
        }
        break;
      case model::PlaceTerm::Kind::host:
        all = all | hostAddresses_[term.host.index()] | parties_[ofHost(term.host)].linkLocal;
        break;
      case model::PlaceTerm::Kind::addresses:
        all = all | (Addresses::of(term.addresses) - Addresses::linkLocal());
        break;
      case model::PlaceTerm::Kind::name:
        break;
    }
  }
  return all;
}

}  // namespace vauban::check
