#include "reach/network.h"

#include <algorithm>
#include <set>

#include "base/result.h"
#include "reach/class_matrix.h"

namespace vauban::reach {

using model::HostId;
using model::ZoneId;
using space::AddressSet;
using space::Family;
using space::ServiceSet;

Network::Network(const model::Model& model, Atoms& atoms, std::vector<std::vector<bool>> values,
                 const std::vector<const AddressSet*>& distinguish, bool mayFail)
    : model_(model), atoms_(atoms), mayFail_(mayFail), values_(std::move(values)) {
  makeParties(distinguish);
  addLinkLocalClasses();
  makePoints();
  internEnforcementAtoms();
  if (mayFail_) internFailures();
  routeCache_.resize(model_.zones.size() * model_.zones.size());
}

void Network::makeParties(const std::vector<const AddressSet*>& extra) {
  std::vector<const AddressSet*> distinguish = extra;
  auto addProgram = [&](const model::FilterProgram& program) {
    for (const model::Chain& chain : program.chains) {
      for (const model::FilterRule& rule : chain.rules) {
        distinguish.push_back(&rule.source);
        distinguish.push_back(&rule.destination);
        if (rule.rewrite.source) distinguish.push_back(&*rule.rewrite.source);
        if (rule.rewrite.destination) distinguish.push_back(&*rule.rewrite.destination);
      }
    }
  };
  addProgram(model_.flows);
  for (const auto& program : model_.linkPrograms) {
    if (program) addProgram(*program);
  }
  // Equal sets distinguish once.
  std::ranges::sort(distinguish, [](const AddressSet* a, const AddressSet* b) { return *a < *b; });
  distinguish.erase(std::ranges::unique(distinguish, [](auto* a, auto* b) { return *a == *b; }).begin(),
                    distinguish.end());

  const AddressClasses partition(distinguish);
  const auto roleOf = [&extra](const AddressSet& set) {
    std::vector<bool> role;
    for (const AddressSet* other : extra) role.push_back(other->contains(set));
    return role;
  };
  std::map<std::vector<bool>, std::uint32_t> roles;
  std::vector<AddressSet> claimed(model_.zones.size());
  for (const model::Host& host : model_.hosts) {
    for (const space::Address& address : host.addresses) {
      const AddressSet one(address);
      for (std::size_t z = 0; z < model_.zones.size(); ++z) {
        if (model_.zones[z].addresses.contains(address)) claimed[z] = claimed[z] | one;
      }
    }
  }
  zoneClasses_.resize(model_.zones.size());
  auto addClasses = [&](PartyId id, ZoneId zone, const AddressSet& addresses, std::optional<HostId> owner) {
    for (const AddressSet& part : partition.of(addresses)) {
      const auto index = static_cast<ClassIndex>(endpoints_.size());
      endpoints_.push_back({id, zone, part.ranges().front().family, part, false});
      classes_.push_back({part.ranges().front().family, part, owner});
      roles_.push_back(
          roles.try_emplace(roleOf(part), static_cast<std::uint32_t>(roles.size())).first->second);
      if (!zone.valid()) continue;
      zoneClasses_[zone.index()].push_back(index);
      parties_[id.index()].classes.push_back(index);
    }
  };
  for (std::size_t h = 0; h < model_.hosts.size(); ++h) {
    const model::Host& host = model_.hosts[h];
    Party party;
    party.kind = Party::Kind::host;
    party.name = host.name;
    party.host = HostId(h);
    party.zone = host.zone;
    party.zones = {host.zone};
    for (ZoneId zone : host.alsoIn) party.zones.push_back(zone);
    party.adversary = model_.at(host.zone).untrusted;
    parties_.push_back(party);
    for (ZoneId zone : party.zones) {
      AddressSet here;
      for (const space::Address& address : host.addresses) {
        if (model_.at(zone).addresses.contains(address)) {
          here = here | AddressSet(address);
        }
      }
      std::optional<HostId> owner;
      if (here.empty()) {
        here = model_.at(zone).addresses - claimed[zone.index()];
        owner = HostId(h);
        // Every address of a full zone is claimed: he must share one.
        if (here.empty()) here = model_.at(zone).addresses;
      }
      addClasses(PartyId(h), zone, here, owner);
    }
  }
  for (std::size_t z = 0; z < model_.zones.size(); ++z) {
    const model::Zone& zone = model_.zones[z];
    Party party;
    party.kind = zone.untrusted ? Party::Kind::outside : Party::Kind::unlisted;
    party.name = zone.name;
    party.zone = ZoneId(z);
    party.zones = {ZoneId(z)};
    party.adversary = zone.untrusted;
    parties_.push_back(party);
    addClasses(PartyId(parties_.size() - 1), ZoneId(z), zone.addresses - claimed[z], std::nullopt);
  }
  // What lies in no zone nobody has; but it can be forged.
  AddressSet nowhere = AddressSet::all();
  for (const model::Zone& zone : model_.zones) nowhere = nowhere - zone.addresses;
  if (nowhere.empty()) return;
  Party nobody;
  nobody.kind = Party::Kind::unlisted;
  nobody.name = "nobody";
  parties_.push_back(nobody);
  const std::size_t before = endpoints_.size();
  addClasses(PartyId(parties_.size() - 1), ZoneId(), nowhere, std::nullopt);
  for (std::size_t c = before; c < endpoints_.size(); ++c) nowhere_.push_back(static_cast<ClassIndex>(c));
}

// Where a filter passes a family it does not cover, any machine may speak it, stated addresses or not.
void Network::addLinkLocalClasses() {
  for (std::size_t p = 0; p < parties_.size(); ++p) {
    Party& party = parties_[p];
    for (ZoneId zone : party.zones) {
      for (Family family : {Family::ipv4, Family::ipv6}) {
        if (std::ranges::any_of(party.classes, [&](ClassIndex c) {
              return endpoints_[c].family == family && endpoints_[c].zone == zone;
            })) {
          continue;
        }
        const AddressSet local(
            *space::AddressRange::parse(family == Family::ipv4 ? "169.254.0.0/16" : "fe80::/10"));
        const auto index = static_cast<ClassIndex>(endpoints_.size());
        endpoints_.push_back({PartyId(p), zone, family, local, true});
        classes_.push_back({family, local, std::nullopt});
        roles_.push_back(UINT32_MAX);
        party.classes.push_back(index);
      }
    }
  }
}

void Network::makePoints() {
  evaluators_.push_back(std::make_unique<FilterEvaluator>(model_.flows, classes_));
  points_.push_back({"ideal point", std::nullopt, 0, nullptr});
  for (std::size_t l = 0; l < model_.links.size(); ++l) {
    const model::Link& link = model_.links[l];
    Point point;
    point.name = link.device ? model_.devices[link.device->index()].name : link.name;
    point.link = model::LinkId(l);
    point.own = &link.enforcement;
    if (l < model_.linkPrograms.size() && model_.linkPrograms[l]) {
      point.program = evaluators_.size();
      evaluators_.push_back(std::make_unique<FilterEvaluator>(*model_.linkPrograms[l], classes_));
    }
    points_.push_back(point);
  }
  acceptedCache_.resize(points_.size() * 2);
  auto deviceOf = [&](std::size_t p) {
    return points_[p].link ? model_.at(*points_[p].link).device : std::nullopt;
  };
  sameDevice_.resize(points_.size());
  for (std::size_t p = 0; p < points_.size(); ++p) {
    for (std::size_t q = 0; q < points_.size(); ++q) {
      if (p == q || (deviceOf(p) && deviceOf(p) == deviceOf(q))) sameDevice_[p].emplace_back(q);
    }
  }
}

FilterContext Network::context(PointId point, ZoneId entering, ZoneId leaving, std::size_t value) const {
  FilterContext context{values_[value], nullptr, nullptr};
  if (points_[point.index()].link) {
    const model::Link& link = model_.at(*points_[point.index()].link);
    auto in = link.interfaces.find(entering), out = link.interfaces.find(leaving);
    if (in != link.interfaces.end()) context.in = &in->second;
    if (out != link.interfaces.end()) context.out = &out->second;
  }
  return context;
}

const ServiceSet& Network::accepted(PointId point, ClassIndex from, ClassIndex to, ZoneId entering,
                                    ZoneId leaving) const {
  // A link is crossed one way or the other; which one decides the interfaces.
  const bool backwards =
      points_[point.index()].link && model_.at(*points_[point.index()].link).from != entering;
  auto& cache = acceptedCache_[point.index() * 2 + (backwards ? 1 : 0)];
  const std::uint64_t key = (std::uint64_t{from} << 32) | to;
  auto found = cache.find(key);
  if (found != cache.end()) return found->second;
  // Many rules, and none that names a host without addresses: one fold of the rules serves all pairs.
  constexpr std::size_t kManyRules = 64;
  const FilterEvaluator& evaluator = *evaluators_[points_[point.index()].program];
  if (points_[point.index()].program != 0 && evaluator.ruleCount() > kManyRules) {
    if (endpoints_[from].linkLocal || endpoints_[to].linkLocal ||
        !rulesDecide(point, endpoints_[from].family))
      return cache.emplace(key, ServiceSet{}).first->second;
    return matrix(point, backwards, entering, leaving)[from][to];
  }
  ServiceSet set;
  if (endpoints_[from].family == endpoints_[to].family && !endpoints_[from].linkLocal &&
      !endpoints_[to].linkLocal && rulesDecide(point, endpoints_[from].family)) {
    for (std::size_t value = 0; value < values_.size(); ++value) {
      set |= evaluator.mayAccept(from, to, context(point, entering, leaving, value));
    }
  }
  return cache.emplace(key, set).first->second;
}

const std::vector<std::vector<ServiceSet>>& Network::matrix(PointId point, bool backwards, ZoneId entering,
                                                            ZoneId leaving) const {
  auto [found, fresh] = matrices_.try_emplace({point, backwards});
  if (fresh) {
    std::vector<AddressSet> sets;
    for (const EndpointClass& endpoint : endpoints_) sets.push_back(endpoint.addresses);
    const auto& program = evaluators_[points_[point.index()].program]->program();
    found->second = acceptedPackets(program, context(point, entering, leaving)).services(sets, sets);
  }
  return found->second;
}

const std::vector<std::vector<PointId>>& Network::routes(ZoneId from, ZoneId to) const {
  static const std::vector<std::vector<PointId>> none;
  if (!from.valid() || !to.valid()) return none;
  auto& cached = routeCache_[from.index() * model_.zones.size() + to.index()];
  if (cached) return *cached;
  std::vector<std::vector<PointId>> all;
  if (from == to) {
    all.push_back(model_.at(from).isolated ? std::vector{PointId(0)} : std::vector<PointId>{});
  } else {
    bool linked = false;
    for (const Point& point : points_) {
      if (!point.link) continue;
      const model::Link& link = model_.at(*point.link);
      linked = linked || (link.from == from && link.to == to) || (link.from == to && link.to == from);
    }
    if (!linked && model_.unlistedIdeal) all.push_back({PointId(0)});
    // Simple chains of links, by depth-first search in the order of the file.
    constexpr std::size_t kMostRoutes = 2000;
    std::vector<PointId> path;
    std::vector<bool> visited(model_.zones.size(), false);
    auto search = [&](auto&& self, ZoneId zone) -> void {
      if (all.size() > kMostRoutes) return;
      if (zone == to) {
        all.push_back(path);
        return;
      }
      visited[zone.index()] = true;
      for (std::size_t p = 1; p < points_.size(); ++p) {
        const model::Link& link = model_.at(*points_[p].link);
        const ZoneId next = link.from == zone ? link.to : link.to == zone ? link.from : ZoneId();
        if (!next.valid() || visited[next.index()]) continue;
        path.push_back(PointId(p));
        self(self, next);
        path.pop_back();
      }
      visited[zone.index()] = false;
    };
    search(search, from);
    // More chains than we follow: nothing is known to stop a packet.
    if (all.size() > kMostRoutes) all.push_back({});
  }
  cached = std::move(all);
  return *cached;
}

bool Network::named(const model::PlaceTerms& terms, ClassIndex index) const {
  const EndpointClass& endpoint = endpoints_[index];
  return std::ranges::any_of(terms, [&](const model::PlaceTerm& term) {
    switch (term.kind) {
      case model::PlaceTerm::Kind::any:
        return true;
      case model::PlaceTerm::Kind::zone:
        return endpoint.zone == term.zone;
      case model::PlaceTerm::Kind::host:
        return endpoint.party == partyOf(term.host);
      case model::PlaceTerm::Kind::addresses:
        return endpoint.addresses.intersects(term.addresses);
      case model::PlaceTerm::Kind::name:
        return false;
    }
    return false;
  });
}

// Whether a class stands for one address: of one machine, which may not have stated it.
bool Network::oneAddress(ClassIndex index) const {
  const EndpointClass& endpoint = endpoints_[index];
  const Party& party = at(endpoint.party);
  if (party.kind != Party::Kind::host || several(endpoint.party)) return false;
  const auto& stated = model_.at(party.host).addresses;
  return std::ranges::count_if(stated, [&](const space::Address& address) {
           return endpoint.addresses.contains(address);
         }) <= 1;
}

std::optional<RuleSite> Network::letsPass(const Way& way, space::Service service) const {
  if (way.kind != WayKind::rule && way.kind != WayKind::liveFlow) return std::nullopt;
  // Behind a rewrite the packet is another one: whatever it may be by then.
  std::vector<space::Service> services{service};
  if (way.sent) {
    services.push_back(*way.sent->witness());
    services.push_back(*way.packets.witness());
  }
  auto answer = [](space::Service one) { return *ServiceSet::single(one).reversed().witness(); };
  ZoneId zone = way.fromZone;
  for (PointId point : way.points) {
    const ZoneId next = beyond(point, zone, endpoints_[way.to].zone);
    const auto& evaluator = *evaluators_[points_[point.index()].program];
    for (std::size_t value = 0; value < values_.size(); ++value) {
      for (const space::Service one : services) {
        for (ClassIndex from : {way.from, way.bears}) {
          for (ClassIndex to : {way.to, way.sentTo}) {
            const auto ref =
                way.kind == WayKind::liveFlow
                    ? evaluator.accepting(to, from, context(point, next, zone, value), answer(one))
                    : evaluator.accepting(from, to, context(point, zone, next, value), one);
            if (!ref) continue;
            const std::string& device = points_[point.index()].name;
            if (ref->rule != nullptr) return RuleSite{ref->rule->place, ref->rule->text, device};
            return RuleSite{ref->chain->policyPlace, "policy of " + ref->chain->name, device};
          }
        }
      }
    }
    zone = next;
  }
  return std::nullopt;
}

std::optional<RuleSite> Network::shuts(ClassIndex from, ClassIndex to, space::Service service) const {
  const ZoneId entering = endpoints_[from].zone, leaving = endpoints_[to].zone;
  for (const auto& route : routes(entering, leaving)) {
    ZoneId zone = entering;
    for (PointId point : route) {
      const ZoneId next = beyond(point, zone, leaving);
      const auto& evaluator = *evaluators_[points_[point.index()].program];
      if (!accepted(point, from, to, zone, next).contains(service)) {
        if (auto ref = evaluator.dropping(from, to, context(point, zone, next), service)) {
          if (ref->rule != nullptr)
            return RuleSite{ref->rule->place, ref->rule->text, points_[point.index()].name};
          return RuleSite{ref->chain->policyPlace, "no rule matches", points_[point.index()].name};
        }
      }
      zone = next;
    }
  }
  return std::nullopt;
}

}  // namespace vauban::reach
