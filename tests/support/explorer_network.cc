#include "tests/support/explorer_network.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <map>

namespace vauban::tests {
namespace {

using model::AntiSpoofing;
using model::Enforcement;
using model::Related;

// What a link states goes before what the model states; what neither does is at its worst or at its best.
FilterPoint keysInForce(const Enforcement& own, const Enforcement& general, Unstated unstated) {
  const bool best = unstated == Unstated::atBest;
  auto stated = [](const auto& first, const auto& second) { return first ? first.value : second.value; };
  FilterPoint point;
  point.antiSpoofing =
      stated(own.antiSpoofing, general.antiSpoofing).value_or(best ? AntiSpoofing::host : AntiSpoofing::off);
  // Decision 0011: without `families` either family may be the one that is not covered.
  const auto families = stated(own.families, general.families);
  const auto uncovered = stated(own.uncoveredPasses, general.uncoveredPasses);
  for (const auto family : {space::Family::ipv4, space::Family::ipv6}) {
    const auto f = static_cast<std::size_t>(family);
    point.covered[f] = !families || std::find(families->begin(), families->end(), family) != families->end();
    const bool mayBeUncovered = families ? !point.covered[f] : !best;
    point.passes[f] = mayBeUncovered && uncovered.value_or(!best);
  }
  point.established = stated(own.established, general.established).value_or(!best);
  point.related = stated(own.related, general.related).value_or(best ? Related::none : Related::all);
  const auto helpers = stated(own.helpers, general.helpers);
  point.anyHelper = !helpers && !best;
  if (helpers) point.helpers = *helpers;
  point.rejects = stated(own.unmatchedRejects, general.unmatchedRejects).value_or(!best);
  return point;
}

}  // namespace

ConcreteNetwork::ConcreteNetwork(const Universe& universe, Unstated unstated) : universe_(universe) {
  zones_ = static_cast<int>(universe.model().zones.size());
  for (const auto& program : universe.model().linkPrograms) {
    if (program) supported_ = false;
  }
  for (const auto& link : universe.model().links) {
    if (link.rules) supported_ = false;
  }
  // Every packet is tried: a large model would take hours.
  if (universe.model().hosts.size() > 14 || universe.endpoints().size() > 160) supported_ = false;
  if (zones_ > 64 || universe.model().conditions.size() > 4) supported_ = false;
  if (!supported_) return;
  addPoints(unstated);
  addRules();
  if (supported_) addRoutes();
}

void ConcreteNetwork::addPoints(Unstated unstated) {
  const auto& model = universe_.model();
  points_.push_back(keysInForce({}, model.enforcement, unstated));
  std::map<std::size_t, int> devices;
  int states = 1;
  for (const auto& link : model.links) {
    points_.push_back(keysInForce(link.enforcement, model.enforcement, unstated));
    if (link.device) {
      // One device keeps one table, however many links it stands in.
      const auto [found, fresh] = devices.try_emplace(link.device->index(), states);
      if (fresh) ++states;
      points_.back().state = found->second;
    } else {
      points_.back().state = states++;
    }
  }
  // "`host` includes port security inside the zone": of every point that stands beside the zone.
  for (int z = 0; z < zones_; ++z) {
    bool secured = true, linked = false;
    for (std::size_t l = 0; l < model.links.size(); ++l) {
      if (static_cast<int>(model.links[l].from.index()) != z &&
          static_cast<int>(model.links[l].to.index()) != z)
        continue;
      linked = true;
      secured = secured && points_[l + 1].antiSpoofing == AntiSpoofing::host;
    }
    if (!linked || model.unlistedIdeal || model.zones[z].isolated)
      secured = secured && points_[0].antiSpoofing == AntiSpoofing::host;
    portSecurity_.push_back(secured ? 1 : 0);
  }
}

bool ConcreteNetwork::isFree(int zone) const { return !universe_.model().zones[zone].isolated; }

void ConcreteNetwork::addRoutes() {
  const auto& model = universe_.model();
  auto bit = [](int zone) { return std::uint64_t{1} << static_cast<unsigned>(zone); };
  // What lies behind a side of a link: all that gets there without passing its device. Where other devices
  // form a ring that is much, and a check of the side checks little.
  auto sameDevice = [&](std::size_t a, std::size_t b) {
    return a == b || (model.links[a].device && model.links[a].device == model.links[b].device);
  };
  auto behind = [&](int start, std::size_t without) {
    std::uint64_t seen = bit(start);
    for (bool grows = true; grows;) {
      grows = false;
      for (std::size_t l = 0; l < model.links.size(); ++l) {
        if (sameDevice(l, without)) continue;
        const auto ends = bit(static_cast<int>(model.links[l].from.index())) |
                          bit(static_cast<int>(model.links[l].to.index()));
        if ((ends & seen) != 0 && (ends & ~seen) != 0) {
          seen |= ends;
          grows = true;
        }
      }
    }
    return seen;
  };
  // Semantics 5.4: `from-untrusted` goes by the side a packet enters. A side is untrusted if its zone is, or
  // if what comes over it came from an untrusted zone behind.
  int origin = 0, target = 0;
  auto untrusted = [&](int zone) { return model.zones[zone].untrusted; };
  auto overLink = [&](std::size_t l, int from, int to) {
    return Crossing{static_cast<int>(l) + 1,
                    behind(from, l) | bit(origin),  // of what has come so far nothing more is known
                    behind(to, l) | bit(target),
                    {bit(from), bit(to)},
                    untrusted(from) || untrusted(origin)};
  };
  const std::uint64_t everywhere = zones_ == 64 ? ~std::uint64_t{0} : bit(zones_) - 1;
  auto overIdeal = [&](int from, int to) {
    return Crossing{0, bit(from), bit(to), {everywhere, everywhere}, untrusted(from)};
  };
  routes_.resize(static_cast<std::size_t>(zones_) * zones_);
  for (int from = 0; from < zones_; ++from) {
    origin = from;
    for (int to = 0; to < zones_; ++to) {
      auto& routes = routes_[from * zones_ + to];
      target = to;
      if (from == to) {
        // Semantics 3: inside a zone traffic is free unless `isolated`, where the matrix decides.
        if (isFree(from)) {
          routes.push_back({{}, {from}});
        } else {
          routes.push_back({{overIdeal(from, from)}, {from, from}});
        }
        continue;
      }
      bool linked = false;
      Route route;
      route.zones.push_back(from);
      std::function<void(int)> walk = [&](int here) {
        if (here == to) {
          routes.push_back(route);
          return;
        }
        for (std::size_t l = 0; l < model.links.size(); ++l) {
          const int a = static_cast<int>(model.links[l].from.index());
          const int b = static_cast<int>(model.links[l].to.index());
          if (a != here && b != here) continue;
          const int next = a == here ? b : a;
          if (std::find(route.zones.begin(), route.zones.end(), next) != route.zones.end()) continue;
          if ((a == from && b == to) || (a == to && b == from)) linked = true;
          route.zones.push_back(next);
          route.crossings.push_back(overLink(l, here, next));
          walk(next);
          route.zones.pop_back();
          route.crossings.pop_back();
        }
      };
      walk(from);
      // "Zones with no link to each other reach each other over chains of links, or by the ideal point."
      if (!linked && model.unlistedIdeal) routes.push_back({{overIdeal(from, to)}, {from, to}});
    }
  }
}

void ConcreteNetwork::addRules() {
  const auto& model = universe_.model();
  if (model.flows.chains.empty()) return;
  const auto& rules = model.flows.chains[model.flows.entry.index()].rules;
  if (rules.size() > 64) {
    supported_ = false;
    return;
  }
  const auto& endpoints = universe_.endpoints();
  bySource_.assign(endpoints.size(), 0);
  byDestination_.assign(endpoints.size(), 0);
  byKind_.assign(universe_.kinds().size(), 0);
  byValue_.assign(conditionValues(), 0);
  for (std::size_t r = 0; r < rules.size(); ++r) {
    const auto& rule = rules[r];
    const std::uint64_t bit = std::uint64_t{1} << r;
    if (rule.action != model::Action::accept && rule.action != model::Action::drop &&
        rule.action != model::Action::reject)
      supported_ = false;
    actions_.push_back(rule.action);
    auto matches = [&](const space::AddressSet& set, const std::vector<model::HostId>& hosts,
                       const Endpoint& e) {
      if (e.linkLocal) return false;
      if (set.contains(e.address)) return true;
      return std::any_of(hosts.begin(), hosts.end(),
                         [&](const model::HostId host) { return e.party == universe_.ofHost(host); });
    };
    for (std::size_t e = 0; e < endpoints.size(); ++e) {
      if (matches(rule.source, rule.sourceHosts, endpoints[e])) bySource_[e] |= bit;
      if (matches(rule.destination, rule.destinationHosts, endpoints[e])) byDestination_[e] |= bit;
    }
    for (std::size_t k = 0; k < byKind_.size(); ++k) {
      if (rule.services.contains(universe_.kinds()[k].service)) byKind_[k] |= bit;
    }
    for (std::size_t value = 0; value < byValue_.size(); ++value) {
      if (!rule.when || ((value >> rule.when->index()) & 1U) != 0) byValue_[value] |= bit;
    }
  }
}

RuleWord ConcreteNetwork::rules(const FilterPoint& point, int source, int destination, int kind,
                                unsigned value) const {
  const std::uint64_t matching =
      bySource_.empty() ? 0
                        : bySource_[source] & byDestination_[destination] & byKind_[kind] & byValue_[value];
  if (matching == 0) return point.rejects ? RuleWord::reject : RuleWord::silent;
  switch (actions_[static_cast<std::size_t>(std::countr_zero(matching))]) {
    case model::Action::accept:
      return RuleWord::accept;
    case model::Action::reject:
      return RuleWord::reject;
    default:
      return RuleWord::drop;
  }
}

bool ConcreteNetwork::owns(int party, int endpoint) const {
  const Endpoint& e = universe_.endpoints()[endpoint];
  return e.party == party;
}

// Semantics 3: `zone`: a source must lie behind the side it comes from; `host`: it must be the sender's own.
bool ConcreteNetwork::sourcePasses(const Crossing& crossing, int source, int sender) const {
  const auto& point = points_[crossing.point];
  const Endpoint& e = universe_.endpoints()[source];
  if (point.antiSpoofing == AntiSpoofing::off) return true;
  if (e.zone < 0 || ((crossing.behind >> static_cast<unsigned>(e.zone)) & 1U) == 0) return false;
  return point.antiSpoofing == AntiSpoofing::zone || owns(sender, source);
}

bool ConcreteNetwork::opens(const Crossing& crossing, const ConcretePacketOnWay& packet,
                            unsigned value) const {
  const auto& point = points_[crossing.point];
  const bool six = family(packet.destination);
  if (point.passes[six]) return true;
  if (!point.covered[six] || universe_.endpoints()[packet.source].linkLocal ||
      universe_.endpoints()[packet.destination].linkLocal)
    return false;
  return rules(point, packet.source, packet.destination, packet.kind, value) == RuleWord::accept &&
         sourcePasses(crossing, packet.source, packet.sender);
}

bool ConcreteNetwork::opens(const Route& route, const ConcretePacketOnWay& packet, unsigned value,
                            std::size_t crossings) const {
  for (std::size_t c = 0; c < std::min(crossings, route.crossings.size()); ++c) {
    if (!opens(route.crossings[c], packet, value)) return false;
  }
  return true;
}

bool ConcreteNetwork::comesBackOver(const Route& route, int source) const {
  const int here = route.zones.front(), there = route.zones.back(), home = universe_.endpoints()[source].zone;
  const auto& zone = universe_.model().zones[here];
  if (!zone.untrusted || !zone.onPath || home < 0 || home == here) return false;
  const auto& all = routes(there, home);
  return std::any_of(all.begin(), all.end(), [&](const Route& back) {
    if (back.crossings.size() <= route.crossings.size()) return false;
    return std::equal(route.crossings.rbegin(), route.crossings.rend(), back.crossings.begin(),
                      [](const Crossing& a, const Crossing& b) { return a.point == b.point; });
  });
}

// From the port that `kind` is sent to, towards the source port that `answer` is sent to: an opener may take
// any.
bool ConcreteNetwork::answerIs(int kind, int answer) const {
  const auto& asked = universe_.kinds()[kind];
  const auto& given = universe_.kinds()[answer];
  if (asked.service.protocol != given.service.protocol) return false;
  if (space::hasPorts(asked.service.protocol)) return true;
  if (asked.reply >= 0) return answer == asked.reply;
  return answer == kind;
}

bool ConcreteNetwork::answers(const Route& route, const ConcretePacketOnWay& packet, unsigned value,
                              std::size_t crossings) const {
  const bool six = family(packet.destination);
  const std::size_t count = std::min(crossings, route.crossings.size());
  auto byState = [&](const FilterPoint& point) {
    return point.passes[six] || (point.covered[six] && point.established);
  };
  bool needsRule = false;
  for (std::size_t c = 0; c < count; ++c)
    needsRule = needsRule || !byState(points_[route.crossings[c].point]);
  if (!needsRule) return true;
  for (std::size_t answer = 0; answer < universe_.kinds().size(); ++answer) {
    if (!answerIs(packet.kind, static_cast<int>(answer))) continue;
    bool all = true;
    for (std::size_t c = 0; c < count && all; ++c) {
      const auto& point = points_[route.crossings[c].point];
      if (byState(point)) continue;
      const Endpoint& from = universe_.endpoints()[packet.destination];
      all = point.covered[six] && !from.linkLocal &&
            rules(point, packet.destination, packet.source, static_cast<int>(answer), value) ==
                RuleWord::accept &&
            (point.antiSpoofing == AntiSpoofing::off ||
             (from.zone >= 0 && ((route.crossings[c].beyond >> static_cast<unsigned>(from.zone)) & 1U) != 0));
    }
    if (all) return true;
  }
  return false;
}

}  // namespace vauban::tests
