// Ways from party to party, reach on classes, and answers.
#include <algorithm>

#include "reach/enforcement.h"

namespace vauban::reach {

using model::ZoneId;
using space::ServiceSet;

namespace {

int rank(const Way& way) {
  int value = way.source == SourceKind::own ? 0 : way.source == SourceKind::neighbour ? 4 : 8;
  return value + (way.kind == WayKind::rule || way.kind == WayKind::free ? 0 : 2) + (way.answered ? 0 : 1);
}

}  // namespace

const std::vector<Way>& Network::ways(PartyId from, PartyId to, Powers powers, bool receiverHeld,
                                      const Setting& setting) const {
  const std::uint64_t key = (std::uint64_t{from.value} << 33) | (std::uint64_t{to.value} << 3) |
                            (std::uint64_t{static_cast<std::uint8_t>(powers)} << 1) |
                            (receiverHeld ? 1U : 0U);
  const bool held = powers != Powers::plain;
  constexpr std::size_t kMostSettings = 256;
  if (wayCache_.size() > kMostSettings) {
    wayCache_.clear();
    forgeableCache_.clear();
  }
  // Ways rest on enforcement only, whose atoms come first.
  const Setting limited = setting.first(known_.established.index() + 1);
  auto& cache = wayCache_[limited];
  auto found = cache.find(key);
  if (found != cache.end()) return found->second;
  std::vector<Way> all;
  const Party& sender = at(from);
  std::vector<Hears> targets;
  if (receiverHeld) {
    targets = heardAt(to, setting);
    // What a machine sends to its own address stays inside it, but code may put it on the wire, and a group
    // has other members (decision 0008).
    if (!held && !several(from)) {
      std::erase_if(targets, [&](const Hears& target) {
        return from != to && endpoints_[target.address].party == from;
      });
    }
  } else {
    for (ClassIndex c : at(to).classes) targets.push_back({c, {}});
  }
  for (ZoneId entering : sender.zones) {
    const auto neighbours = held ? neighbourly(entering, setting) : std::nullopt;
    for (const Hears& target : targets) {
      for (ClassIndex c : sender.classes) {
        if (endpoints_[c].zone == entering) {
          waysBetween(all, from, entering, c, SourceKind::own, target.atoms, target.address, held, setting,
                      !held && receiverHeld);
        }
      }
      if (!held) continue;
      const EndpointClass& end = endpoints_[target.address];
      for (const ClassIndex c : powers == Powers::forger ? forgeable(entering, end.zone, end.family, limited)
                                                         : zoneClasses_[entering.index()]) {
        const bool neighbour = endpoints_[c].zone == entering && neighbours;
        // His own address of another zone is forged here: the filter looks at the side.
        if (endpoints_[c].party == from && endpoints_[c].zone == entering) {
          // Of a group it may be another member's.
          if (neighbour && several(from) && powers == Powers::neighbour)
            waysBetween(all, from, entering, c, SourceKind::neighbour, join(target.atoms, *neighbours),
                        target.address, true, setting);
          continue;
        }
        if (!neighbour && powers != Powers::forger) continue;
        bearing(all, from, entering, c, target.address, target.atoms, neighbours, setting);
      }
    }
  }
  // What a host hears at the address of its other leg, a neighbour of that leg does not hear.
  std::erase_if(all, [&](const Way& way) {
    return way.points.empty() && endpoints_[way.to].zone != way.fromZone && endpoints_[way.to].party != to;
  });
  // What a machine answers to an address of its own stays inside it; what comes from the one to which it goes
  // none takes (RFC 1122 section 3.2.1.3 e).
  if (!receiverHeld && !several(to)) {
    for (Way& way : all) {
      if (way.source == SourceKind::neighbour && endpoints_[way.from].party == to) way.answered = false;
    }
    std::erase_if(all, [&](const Way& way) {
      return way.source != SourceKind::own && way.bears == way.to && oneAddress(way.to);
    });
  }
  std::ranges::stable_sort(all, {}, rank);
  // Between classes of the same role only what adds packets counts.
  using Role = std::tuple<PartyId, ZoneId, std::uint32_t>;
  auto roleOf = [&](ClassIndex c) { return Role(endpoints_[c].party, endpoints_[c].zone, roles_[c]); };
  using Signature =
      std::tuple<WayKind, SourceKind, bool, Role, Role, Role, ZoneId, AtomIds, std::vector<PointId>, ZoneId>;
  std::map<Signature, ServiceSet> covered;
  std::erase_if(all, [&](const Way& way) {
    if (way.sent) return false;  // what is sent and what is heard do not add up apart from each other
    ServiceSet& known = covered[{way.kind, way.source, way.answered, roleOf(way.from), roleOf(way.bears),
                                 roleOf(way.to), way.fromZone, way.atoms, way.points, way.tapped}];
    if (known.contains(way.packets)) return true;
    known |= way.packets;
    return false;
  });
  // `a` makes `b` to the same class unnecessary: nobody tells their ends apart, and it is no worse in
  // anything.
  auto serves = [&](const Way& a, const Way& b) {
    if ((b.answered && !a.answered) || a.tapped != b.tapped || rank(a) > rank(b)) return false;
    if (a.from != b.from && (b.source == SourceKind::forged || roleOf(a.from) != roleOf(b.from)))
      return false;
    if (roleOf(a.bears) != roleOf(b.bears) || !std::ranges::includes(b.atoms, a.atoms)) return false;
    // Nor who is on the way.
    const auto crossed = crossedOnPath(a);
    if (std::ranges::any_of(crossedOnPath(b),
                            [&](ZoneId zone) { return std::ranges::find(crossed, zone) == crossed.end(); })) {
      return false;
    }
    if (!a.sent && !b.sent) return a.packets.contains(b.packets);
    return a.sent && b.sent && a.retargeted == b.retargeted && a.packets.contains(b.packets) &&
           a.sent->contains(*b.sent);
  };
  std::vector<Way> kept;
  std::unordered_map<ClassIndex, std::vector<std::size_t>> keptTo;
  for (Way& way : all) {
    auto& rivals = keptTo[way.to];
    if (std::ranges::any_of(rivals, [&](std::size_t k) { return serves(kept[k], way); })) continue;
    rivals.push_back(kept.size());
    kept.push_back(std::move(way));
  }
  return cache.emplace(key, std::move(kept)).first->second;
}

// The ways of a packet that bears the address of another, as a neighbour or forged.
void Network::bearing(std::vector<Way>& ways, PartyId from, ZoneId entering, ClassIndex source,
                      ClassIndex target, AtomIds atoms, const std::optional<AtomIds>& neighbours,
                      const Setting& setting, bool allMayFail) const {
  if (endpoints_[source].party == from && endpoints_[source].zone == entering) {
    waysBetween(ways, from, entering, source, SourceKind::own, atoms, target, true, setting);
    return;
  }
  // Inside the zone only port security looks at sources.
  if (neighbours || model_.at(entering).untrusted) {
    const bool mate = endpoints_[source].zone == entering && neighbours;
    waysBeside(ways, entering, source, mate ? SourceKind::neighbour : SourceKind::forged,
               neighbours ? join(atoms, *neighbours) : atoms, target);
  }
  if (endpoints_[source].zone == entering && neighbours) {
    waysBetween(ways, from, entering, source, SourceKind::neighbour, join(atoms, *neighbours), target, true,
                setting, false, allMayFail);
    return;
  }
  if (endpoints_[target].zone == entering && !model_.at(entering).isolated) {
    if (!neighbours && !model_.at(entering).untrusted) return;
    if (neighbours) atoms = join(atoms, *neighbours);
  }
  waysBetween(ways, from, entering, source, SourceKind::forged, atoms, target, true, setting, false,
              allMayFail);
}

std::vector<Way> Network::waysBearing(PartyId from, PartyId to, ClassIndex source,
                                      const Setting& setting) const {
  std::vector<Way> ways;
  for (const ZoneId entering : at(from).zones) {
    const auto neighbours = neighbourly(entering, setting);
    for (const ClassIndex target : at(to).classes) {
      if (source != target) bearing(ways, from, entering, source, target, {}, neighbours, setting, mayFail_);
    }
  }
  return ways;
}

std::vector<AtomIds> Network::failedRoutes(ZoneId from, ZoneId to) const {
  std::vector<AtomIds> all;
  if (!mayFail_) return all;
  for (const auto& route : routes(from, to)) {
    AtomIds failed;
    for (const PointId id : route) failed = join(failed, {failures_[id.index()]});
    if (!failed.empty()) all.push_back(std::move(failed));
  }
  return all;
}

bool Network::answersUnasked(PartyId from, ClassIndex to) const {
  const std::uint64_t key = std::uint64_t{from.value} << 32 | to;
  if (const auto known = unaskedCache_.find(key); known != unaskedCache_.end()) return known->second;
  const ZoneId there = endpoints_[to].zone;
  const space::Family family = endpoints_[to].family;
  auto passes = [&](PointId id, ZoneId leg) {
    if (mayBeUncovered(id, family)) return true;
    const auto [near, far] = sides(id, leg, there);
    return std::ranges::any_of(at(from).classes, [&](ClassIndex own) {
      return endpoints_[own].family == family &&
             (!accepted(id, own, to, near, far).empty() || !accepted(id, own, to, far, near).empty());
    });
  };
  bool found = false;
  for (const ZoneId leg : at(from).zones) {
    for (const auto& route : routes(leg, there)) {
      // From another leg than the one asked.
      found = found || (route.empty() && at(from).zones.size() > 1) ||
              std::ranges::any_of(route, [&](PointId id) { return passes(id, leg); });
    }
  }
  return unaskedCache_[key] = found;
}

std::vector<Network::Hears> Network::heardAt(PartyId id, const Setting& setting) const {
  std::vector<Hears> heard;
  for (const ClassIndex c : at(id).classes) heard.push_back({c, {}});
  for (const ZoneId zone : at(id).zones) {
    const auto neighbours = neighbourly(zone, setting);
    if (!neighbours) continue;
    for (const ClassIndex c : zoneClasses_[zone.index()]) {
      if (endpoints_[c].party != id) heard.push_back({c, *neighbours});
    }
  }
  return heard;
}

// Classes whose addresses a packet into `entering` may bear and still get past the first filter to `leaving`.
const std::vector<ClassIndex>& Network::forgeable(ZoneId entering, ZoneId leaving, space::Family family,
                                                  const Setting& setting) const {
  auto& known = forgeableCache_[setting];
  if (known.empty()) known.resize(model_.zones.size() * model_.zones.size() * 2);
  auto& classes = known[(entering.index() * model_.zones.size() + leaving.index()) * 2 +
                        (family == space::Family::ipv4 ? 0 : 1)];
  if (classes) return *classes;
  classes.emplace();
  auto add = [&](const std::vector<ClassIndex>& ofZone) {
    if (ofZone.empty()) return;
    const bool possible = std::ranges::any_of(routes(entering, leaving), [&](const auto& route) {
      return route.empty() || mayBeUncovered(route.front(), family) ||
             someTolerates(route, ofZone.front(), PartyId(), entering, leaving, SourceKind::forged, setting);
    });
    if (!possible) return;
    for (const ClassIndex c : ofZone) {
      if (endpoints_[c].family == family) classes->push_back(c);
    }
  };
  for (const std::vector<ClassIndex>& ofZone : zoneClasses_) add(ofZone);
  add(nowhere_);
  std::ranges::sort(*classes);
  return *classes;
}

bool Network::mayBear(PartyId from, ClassIndex source, const Setting& setting) const {
  return std::ranges::any_of(at(from).zones, [&](ZoneId entering) {
    if (endpoints_[source].zone == entering && neighbourly(entering, setting)) return true;
    for (std::size_t to = 0; to < model_.zones.size(); ++to) {
      const auto& classes = forgeable(entering, ZoneId(to), endpoints_[source].family, setting);
      if (std::ranges::binary_search(classes, source)) return true;
    }
    return false;
  });
}

bool Network::mayBear(PartyId from, ClassIndex source, PartyId to, const Setting& setting) const {
  return std::ranges::any_of(at(from).zones, [&](ZoneId entering) {
    if (endpoints_[source].zone == entering && neighbourly(entering, setting)) return true;
    return std::ranges::any_of(at(to).zones, [&](ZoneId leaving) {
      const auto& classes = forgeable(entering, leaving, endpoints_[source].family, setting);
      return std::ranges::binary_search(classes, source);
    });
  });
}

std::vector<Network::Opening> Network::openings(ClassIndex from, ClassIndex to,
                                                const Setting& setting) const {
  std::vector<Way> ways;
  if (!endpoints_[from].zone.valid()) return {};
  const PartyId sender = endpoints_[from].party;
  waysBetween(ways, sender, endpoints_[from].zone, from, SourceKind::own, {}, to, false, setting);
  std::vector<Opening> openings;
  for (const Way& way : ways) {
    // The conversation is opened with what is sent, and arrives as what is heard: either may be what a claim
    // means.
    const ServiceSet services = way.sent ? way.packets | *way.sent : way.packets;
    if (!way.tapped.valid()) openings.push_back({services, way});
  }
  return openings;
}

ServiceSet Network::surely(ClassIndex from, ClassIndex to, bool supposed) const {
  if (endpoints_[from].family != endpoints_[to].family) return ServiceSet::all();
  const ZoneId entering = endpoints_[from].zone, leaving = endpoints_[to].zone;
  const std::vector<std::vector<PointId>>& paths = routes(entering, leaving);
  if (paths.empty()) return {};
  // Where there is a direct way, packets take it.
  std::size_t shortest = paths.front().size();
  for (const auto& path : paths) shortest = std::min(shortest, path.size());
  ServiceSet lost;
  for (const auto& path : paths) {
    if (shortest == 1 && path.size() > 1) continue;
    // Whose address the packets may bear by now, and which packets.
    std::vector<std::pair<ClassIndex, ServiceSet>> bearing{{from, ServiceSet::all()}};
    ZoneId zone = entering;
    for (PointId id : path) {
      const Point& point = points_[id.index()];
      const ZoneId next = beyond(id, zone, leaving);
      const FilterEvaluator& evaluator = *evaluators_[point.program];
      const FilterContext where = context(id, zone, next);
      const auto& families = statement(model_, point, &model::Enforcement::families);
      const auto& uncovered = statement(model_, point, &model::Enforcement::uncoveredPasses);
      const auto& own = evaluator.program().families;
      const space::Family family = endpoints_[from].family;
      const bool rulesCover = point.program == 0 || std::ranges::find(own, family) != own.end();
      const bool covered =
          rulesCover && (point.program != 0 || supposed ||
                         (families && std::ranges::find(*families.value, family) != families.value->end()));
      if (!covered && (!uncovered || !*uncovered.value)) return {};
      std::vector<std::pair<ClassIndex, ServiceSet>> after;
      for (const auto& [source, services] : bearing) {
        if (covered) lost |= services & ~evaluator.mustAccept(source, to, where);
        if (const auto& chain = evaluator.program().prerouting) {
          // A packet that a rewrite takes elsewhere does not arrive.
          for (const auto& hit : evaluator.rewrites(*chain, source, to, where))
            lost |= services & hit.services;
        }
        ServiceSet kept = services;
        if (const auto& chain = evaluator.program().postrouting) {
          for (const auto& hit : evaluator.rewrites(*chain, source, to, where)) {
            if (!hit.rule->rewrite.source) continue;
            const ServiceSet changed = (services & hit.services).anySourcePort();
            for (ClassIndex other = 0; other < endpoints_.size(); ++other) {
              if (endpoints_[other].family == family && !endpoints_[other].linkLocal &&
                  hit.rule->rewrite.source->intersects(endpoints_[other].addresses)) {
                after.emplace_back(other, changed);
              }
            }
            if (rulePinned(*hit.rule, where)) kept -= hit.services;
          }
        }
        if (!kept.empty()) after.emplace_back(source, kept);
      }
      bearing = std::move(after);
      zone = next;
    }
  }
  return ~lost;
}

std::vector<AtomIds> Network::answerPasses(const Way& request, ServiceSet requestPackets, bool byError,
                                           const Setting& setting) const {
  // Who answers may send from any of its legs.
  std::vector<ZoneId> legs = at(endpoints_[request.to].party).zones;
  if (std::ranges::find(legs, endpoints_[request.to].zone) == legs.end())
    legs.push_back(endpoints_[request.to].zone);
  std::vector<AtomIds> all;
  if (!mayFail_) {
    for (const ZoneId leg : legs) {
      answerPasses(all, request, requestPackets, byError, leg, setting);
      if (!all.empty()) break;
    }
    return all;
  }
  // Who asked does not matter, only on which way.
  const ServiceSet packets = byError ? ServiceSet() : requestPackets;
  auto& alike = answerCache_[{setting, request.to, request.from, byError, request.points}];
  const auto known = std::ranges::find(alike, packets, &std::pair<ServiceSet, std::vector<AtomIds>>::first);
  if (known != alike.end()) return known->second;
  for (const ZoneId leg : legs) answerPasses(all, request, requestPackets, byError, leg, setting);
  return alike.emplace_back(packets, std::move(all)).second;
}

void Network::answerPasses(std::vector<AtomIds>& all, const Way& request, ServiceSet requestPackets,
                           bool byError, ZoneId here, const Setting& setting) const {
  const ZoneId there = endpoints_[request.from].zone;
  const ServiceSet answer = byError ? icmpErrors(endpoints_[request.from].family) : requestPackets.reversed();
  for (const auto& route : routes(here, there)) {
    std::vector<AtomIds> open{{}};
    ZoneId zone = here;
    for (PointId id : route) {
      std::vector<AtomIds> next;
      auto take = [&](const AtomIds& atoms) {
        for (const AtomIds& before : open) next.push_back(reach::join(before, atoms));
      };
      const bool sawRequest =
          std::ranges::any_of(request.points, [&](PointId seen) { return sameDevice(seen, id); });
      const auto related = relatedPasses(id, zone, here, setting);
      const bool refused = here != endpoints_[request.to].zone && refusesSide(id, request.to, zone);
      zone = beyond(id, zone, there);
      if (!refused && sawRequest && rulesDecide(id, endpoints_[request.to].family)) {
        // An error is no reply: a tracking filter takes it for related to the request that it saw.
        if (auto replies = byError ? related : repliesPass(id, setting)) {
          take(*replies);
          // Should what it rests on be stated, there are other ways.
          if (!mayFail_ || replies->empty()) {
            open = std::move(next);
            continue;
          }
        }
      }
      const auto [near, far] = sides(id, here, there);
      if (!refused && (accepted(id, request.to, request.from, near, far).intersects(answer) ||
                       accepted(id, request.to, request.from, far, near).intersects(answer))) {
        continue;  // at no price, whatever else there is
      }
      for (const Acceptance& acceptance : passes(id, request.to, request.from, near, far, setting)) {
        if (acceptance.kind == WayKind::uncovered || acceptance.kind == WayKind::failed)
          take(acceptance.atoms);
      }
      open = std::move(next);
    }
    for (AtomIds& atoms : open) {
      if (std::ranges::any_of(all, [&](const AtomIds& known) { return std::ranges::includes(atoms, known); }))
        continue;
      std::erase_if(all, [&](const AtomIds& known) { return std::ranges::includes(known, atoms); });
      all.push_back(std::move(atoms));
      if (!mayFail_) return;
    }
  }
}

}  // namespace vauban::reach
