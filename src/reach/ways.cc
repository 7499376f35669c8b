// Ways from party to party, reach on classes, answers and quotes.
#include <algorithm>

#include "base/result.h"
#include "reach/network.h"

namespace vauban::reach {

using model::ZoneId;
using space::ServiceSet;

namespace {

int rank(const Way& way) {
  int value = way.source == SourceKind::own ? 0 : way.source == SourceKind::neighbour ? 4 : 8;
  return value + (way.kind == WayKind::rule || way.kind == WayKind::free ? 0 : 2) + (way.answered ? 0 : 1);
}

}  // namespace

const std::vector<Way>& Network::ways(PartyId from, PartyId to, bool held, bool receiverHeld,
                                      const Setting& setting) const {
  const std::uint64_t key = (std::uint64_t{from.value} << 33) | (std::uint64_t{to.value} << 2) |
                            (held ? 2U : 0U) | (receiverHeld ? 1U : 0U);
  constexpr std::size_t kMostSettings = 256;
  if (wayCache_.size() > kMostSettings) wayCache_.clear();
  // Ways rest on enforcement only, whose atoms come first.
  auto& cache = wayCache_[setting.first(known_.established.index() + 1)];
  auto found = cache.find(key);
  if (found != cache.end()) return found->second;
  std::vector<Way> all;
  const Party& sender = at(from);
  const Party& receiver = at(to);
  struct Target {
    ClassIndex index;
    AtomIds atoms;
  };
  std::vector<Target> targets;
  for (ClassIndex c : receiver.classes) targets.push_back({c, {}});
  if (receiverHeld) {
    for (ZoneId zone : receiver.zones) {
      auto neighbours = neighbourly(zone, setting);
      if (!neighbours) continue;
      for (ClassIndex c : zoneClasses_[zone.index()]) {
        if (endpoints_[c].party != to && endpoints_[c].party != from) targets.push_back({c, *neighbours});
      }
    }
  }
  for (ZoneId entering : sender.zones) {
    const auto neighbours = held ? neighbourly(entering, setting) : std::nullopt;
    for (const Target& target : targets) {
      for (ClassIndex c : sender.classes) {
        if (endpoints_[c].zone == entering) {
          waysBetween(all, from, entering, c, SourceKind::own, target.atoms, target.index, held, setting);
        }
      }
      if (!held) continue;
      for (ClassIndex c = 0; c < endpoints_.size(); ++c) {
        // His own address of another zone is forged here: the filter looks at the side.
        if ((endpoints_[c].party == from && endpoints_[c].zone == entering) || endpoints_[c].linkLocal ||
            c == target.index) {
          continue;
        }
        if (endpoints_[c].zone == entering && neighbours) {
          waysBetween(all, from, entering, c, SourceKind::neighbour, join(target.atoms, *neighbours),
                      target.index, held, setting);
        } else {
          AtomIds atoms = target.atoms;
          if (endpoints_[target.index].zone == entering && !model_.at(entering).isolated) {
            // Inside the zone only port security looks at sources.
            if (!neighbours && !model_.at(entering).untrusted) continue;
            if (neighbours) atoms = join(atoms, *neighbours);
          }
          waysBetween(all, from, entering, c, SourceKind::forged, atoms, target.index, held, setting);
        }
      }
    }
  }
  std::ranges::stable_sort(all, {}, rank);
  // Between classes of the same role only what adds packets counts.
  using Signature = std::tuple<WayKind, SourceKind, bool, PartyId, std::uint32_t, PartyId, std::uint32_t,
                               ZoneId, AtomIds, std::vector<PointId>, ZoneId>;
  std::map<Signature, ServiceSet> covered;
  std::erase_if(all, [&](const Way& way) {
    ServiceSet& known =
        covered[{way.kind, way.source, way.answered, endpoints_[way.from].party, roles_[way.from],
                 endpoints_[way.to].party, roles_[way.to], way.fromZone, way.atoms, way.points, way.tapped}];
    if (known.contains(way.packets)) return true;
    known |= way.packets;
    return false;
  });
  // `a` makes `b` unnecessary: nobody tells their ends apart, and it is no worse in anything.
  auto serves = [&](const Way& a, const Way& b) {
    const bool sameSource =
        a.from == b.from || (b.source != SourceKind::forged && roles_[a.from] == roles_[b.from] &&
                             endpoints_[a.from].party == endpoints_[b.from].party);
    return (a.answered || !b.answered) && a.to == b.to && rank(a) <= rank(b) && a.tapped == b.tapped &&
           sameSource && std::ranges::includes(b.atoms, a.atoms) && a.packets.contains(b.packets);
  };
  std::vector<Way> kept;
  for (Way& way : all) {
    if (std::ranges::none_of(kept, [&](const Way& other) { return serves(other, way); }))
      kept.push_back(std::move(way));
  }
  return cache.emplace(key, std::move(kept)).first->second;
}

std::vector<Network::Opening> Network::openings(ClassIndex from, ClassIndex to,
                                                const Setting& setting) const {
  std::vector<Way> ways;
  const PartyId sender = endpoints_[from].party;
  waysBetween(ways, sender, endpoints_[from].zone, from, SourceKind::own, {}, to, false, setting);
  std::vector<Opening> openings;
  for (const Way& way : ways) {
    if (!way.tapped.valid()) openings.push_back({way.packets, way.atoms, way.points, way.kind});
  }
  return openings;
}

ServiceSet Network::surely(ClassIndex from, ClassIndex to, bool supposed) const {
  if (endpoints_[from].family != endpoints_[to].family) return ServiceSet::all();
  const ZoneId entering = endpoints_[from].zone, leaving = endpoints_[to].zone;
  std::vector<std::vector<PointId>> paths = routes(entering, leaving);
  if (paths.empty()) return {};
  // Where there is a direct way, packets take it.
  std::size_t shortest = paths.front().size();
  for (const auto& path : paths) shortest = std::min(shortest, path.size());
  ServiceSet sure = ServiceSet::all();
  for (const auto& path : paths) {
    if (shortest == 1 && path.size() > 1) continue;
    ZoneId zone = entering;
    for (PointId id : path) {
      const Point& point = points_[id.index()];
      ZoneId next = leaving;
      if (point.link) {
        const model::Link& link = model_.at(*point.link);
        next = link.from == zone ? link.to : link.from;
      }
      const FilterEvaluator& evaluator = *evaluators_[point.program];
      const auto& families =
          point.own != nullptr && point.own->families ? point.own->families : model_.enforcement.families;
      const auto& uncovered = point.own != nullptr && point.own->uncoveredPasses
                                  ? point.own->uncoveredPasses
                                  : model_.enforcement.uncoveredPasses;
      const auto& own = evaluator.program().families;
      const space::Family family = endpoints_[from].family;
      const bool rulesCover = point.program == 0 || std::ranges::find(own, family) != own.end();
      const bool covered =
          rulesCover && (point.program != 0 || supposed ||
                         (families && std::ranges::find(*families.value, family) != families.value->end()));
      if (covered) {
        sure &= evaluator.mustAccept(from, to, context(id, zone, next));
      } else if (!uncovered || !*uncovered.value) {
        return {};
      }
      zone = next;
    }
  }
  return sure;
}

std::optional<AtomIds> Network::answerPasses(const Way& request, ServiceSet requestPackets,
                                             const Setting& setting) const {
  const ZoneId here = endpoints_[request.to].zone, there = endpoints_[request.from].zone;
  for (const auto& route : routes(here, there)) {
    AtomIds atoms;
    bool passes = true;
    for (PointId id : route) {
      const bool sawRequest = std::ranges::find(request.points, id) != request.points.end();
      if (sawRequest) {
        if (auto replies = repliesPass(id, setting)) {
          atoms = join(atoms, *replies);
          continue;
        }
      }
      ZoneId near = here, far = there;
      if (points_[id.index()].link) {
        const model::Link& link = model_.at(*points_[id.index()].link);
        near = link.from;
        far = link.to;
      }
      if (accepted(id, request.to, request.from, near, far).intersects(requestPackets.reversed()) ||
          accepted(id, request.to, request.from, far, near).intersects(requestPackets.reversed())) {
        continue;
      }
      bool other = false;
      for (const Acceptance& acceptance : this->passes(id, request.to, request.from, near, far, setting)) {
        if (acceptance.kind == WayKind::uncovered) {
          atoms = join(atoms, acceptance.atoms);
          other = true;
        }
      }
      if (!other) {
        passes = false;
        break;
      }
    }
    if (passes) return atoms;
  }
  return std::nullopt;
}

std::optional<Network::Quote> Network::quote(PartyId from, ClassIndex victim, const Setting& setting) const {
  for (ZoneId entering : at(from).zones) {
    for (std::size_t p = 0; p < points_.size(); ++p) {
      const Point& point = points_[p];
      ZoneId leaving = endpoints_[victim].zone;
      if (point.link) {
        const model::Link& link = model_.at(*point.link);
        if (link.from != entering && link.to != entering) continue;
        leaving = link.from == entering ? link.to : link.from;
      } else if (!model_.unlistedIdeal) {
        continue;
      }
      const bool neighbour = endpoints_[victim].zone == entering;
      if (neighbour && !model_.at(entering).isolated) continue;
      auto tolerated = sourceTolerated(PointId(p), victim, from, entering,
                                       neighbour ? SourceKind::neighbour : SourceKind::forged, setting);
      if (!tolerated) continue;
      AtomIds atoms = *tolerated;
      const auto& stated = point.own != nullptr && point.own->unmatchedRejects
                               ? point.own->unmatchedRejects
                               : model_.enforcement.unmatchedRejects;
      const bool ownRules = point.program != 0;
      for (ClassIndex destination = 0; destination < endpoints_.size(); ++destination) {
        if (endpoints_[destination].family != endpoints_[victim].family || endpoints_[destination].linkLocal)
          continue;
        if (endpoints_[destination].zone == entering) continue;
        const FilterEvaluator& evaluator = *evaluators_[point.program];
        const FilterContext where = context(PointId(p), entering, leaving);
        ServiceSet rejected = evaluator.mayReject(victim, destination, where, stated && *stated.value);
        if (!rejected.empty()) return Quote{rejected, destination, atoms, PointId(p)};
        if (!stated && !ownRules) {
          rejected = evaluator.mayReject(victim, destination, where, true);
          if (rejected.empty()) continue;
          const AtomId drop = known_.unmatched;
          if (setting.supposes(drop)) continue;
          return Quote{rejected, destination, join(atoms, {drop}), PointId(p)};
        }
      }
    }
  }
  return std::nullopt;
}

}  // namespace vauban::reach
