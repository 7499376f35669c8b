// One packet's way along a route of enforcement points, in order: destination rewrites, the filter, source
// rewrites, next zone. A walk carries alternatives, since inexact rules, unstated keys and rewrites leave
// more than one thing possible.
#include <algorithm>
#include <set>

#include "reach/enforcement.h"

namespace vauban::reach {

using model::ZoneId;
using space::ServiceSet;

Fit Way::fit(ServiceSet emits, ServiceSet listens) const {
  if (!sent) {
    const ServiceSet both = packets & emits & listens;
    return {both, both};
  }
  Fit fit{*sent & emits, packets & listens};
  if (!retargeted) {
    // Only addresses and source ports changed: the rest is the same packet.
    fit.sent &= fit.heard.anySourcePort();
    fit.heard &= fit.sent.anySourcePort();
  }
  return fit;
}

std::pair<ZoneId, ZoneId> Network::sides(PointId id, ZoneId here, ZoneId there) const {
  const Point& point = points_[id.index()];
  if (!point.link) return {here, there};
  const model::Link& link = model_.at(*point.link);
  return {link.from, link.to};
}

ZoneId Network::beyond(PointId id, ZoneId zone, ZoneId leaving) const {
  const auto [near, far] = sides(id, zone, leaving);
  return near == zone ? far : near;
}

std::vector<ClassIndex> Network::startsFor(const std::vector<PointId>& route, ClassIndex destination) const {
  const bool rewrites = std::ranges::any_of(route, [&](PointId id) {
    return evaluators_[points_[id.index()].program]->program().prerouting.has_value();
  });
  if (!rewrites) return {destination};
  auto& known = startsCache_[{route, destination}];
  if (!known.empty()) return known;
  std::set<ClassIndex> starts;
  for (PointId id : route) {
    const auto& program = evaluators_[points_[id.index()].program]->program();
    if (!program.prerouting) continue;
    for (const model::Chain& chain : program.chains) {
      for (const model::FilterRule& rule : chain.rules) {
        if (rule.action != model::Action::rewrite || !rule.rewrite.destination ||
            !rule.rewrite.destination->intersects(endpoints_[destination].addresses)) {
          continue;
        }
        for (ClassIndex other = 0; other < endpoints_.size(); ++other) {
          if (other != destination && endpoints_[other].family == endpoints_[destination].family &&
              rule.destination.contains(endpoints_[other].addresses)) {
            starts.insert(other);
          }
        }
      }
    }
  }
  known = {destination};
  known.insert(known.end(), starts.begin(), starts.end());
  return known;
}

struct Network::Walk {
  struct Alternative {
    ServiceSet sent, heard;  // the same until something is rewritten
    bool rewritten = false, retargeted = false;
    AtomIds atoms;
    WayKind kind = WayKind::rule;
    std::optional<AtomIds> replies;  // atoms with which replies pass so far
    ClassIndex source = 0, destination = 0;
  };

  const Network& net;
  const Setting& setting;
  PartyId sender;
  ZoneId entering, leaving;
  ClassIndex source, destination;
  SourceKind kind;
  bool held;      // the sender's code has all its powers
  bool expected;  // the receiver's code names a further conversation to a helper, and the sender opens it
  std::vector<Alternative> open;

  // The alternative left with the services, as heard; nullopt where none is.
  static std::optional<Alternative> narrowed(const Alternative& now, ServiceSet services) {
    Alternative after = now;
    after.heard &= services;
    if (!now.rewritten) {
      after.sent = after.heard;
    } else if (!now.retargeted) {
      after.sent &= after.heard.anySourcePort();
    }
    if (after.heard.empty() || after.sent.empty()) return std::nullopt;
    return after;
  }

  void rewriteDestinations(PointId id, ZoneId zone, ZoneId next) {
    const FilterEvaluator& evaluator = *net.evaluators_[net.points_[id.index()].program];
    if (!evaluator.program().prerouting) return;
    const std::size_t before = open.size();
    for (std::size_t i = 0; i < before; ++i) {
      for (const auto& hit : evaluator.rewrites(*evaluator.program().prerouting, open[i].source,
                                                open[i].destination, net.context(id, zone, next))) {
        const space::Rewrite& rewrite = hit.rule->rewrite;
        const bool moves = rewrite.destination.has_value();
        if (moves && !rewrite.destination->intersects(net.endpoints_[destination].addresses)) continue;
        if (!moves && !rewrite.destinationPorts) continue;
        auto changed = narrowed(open[i], hit.services);
        if (!changed) continue;
        changed->rewritten = true;
        if (moves) changed->destination = destination;
        if (rewrite.destinationPorts) {
          changed->retargeted = true;
          changed->heard = changed->heard.withDestinationPorts(*rewrite.destinationPorts);
        }
        open.push_back(*changed);
      }
    }
  }

  void rewriteSources(PointId id, ZoneId zone, ZoneId next) {
    const FilterEvaluator& evaluator = *net.evaluators_[net.points_[id.index()].program];
    if (!evaluator.program().postrouting) return;
    const std::size_t before = open.size();
    for (std::size_t i = 0; i < before; ++i) {
      for (const auto& hit : evaluator.rewrites(*evaluator.program().postrouting, open[i].source,
                                                open[i].destination, net.context(id, zone, next))) {
        if (!hit.rule->rewrite.source) continue;
        std::set<std::tuple<PartyId, ZoneId, std::uint32_t>> ends;
        for (ClassIndex other = 0; other < net.endpoints_.size(); ++other) {
          const EndpointClass& endpoint = net.endpoints_[other];
          if (endpoint.family != net.endpoints_[source].family || other == open[i].source ||
              endpoint.linkLocal || !hit.rule->rewrite.source->intersects(endpoint.addresses)) {
            continue;
          }
          // Behind the last filter only who is named by the address matters.
          if (next == leaving && !ends.insert({endpoint.party, endpoint.zone, net.roles_[other]}).second)
            continue;
          auto changed = narrowed(open[i], hit.services);
          if (!changed) break;
          changed->rewritten = true;
          changed->heard = changed->heard.withSourcePorts({0, 65535});
          changed->source = other;
          open.push_back(*changed);
        }
      }
    }
  }

  void filter(PointId id, ZoneId zone, ZoneId next) {
    const Point& point = net.points_[id.index()];
    std::vector<Alternative> passed;
    const auto replies = net.repliesPass(id, setting);
    // Behind a rewrite the ends of a flow are not those by which it began.
    const auto& program = net.evaluators_[point.program]->program();
    const bool translates = program.prerouting || program.postrouting;
    for (const Alternative& now : open) {
      auto take = [&](ServiceSet services, const AtomIds& atoms, WayKind way, std::optional<AtomIds> back) {
        auto after = narrowed(now, services);
        if (!after) return;
        after->atoms = join(now.atoms, atoms);
        after->kind = now.kind != WayKind::rule && way == WayKind::rule ? now.kind : way;
        after->replies.reset();
        if (now.replies && back) after->replies = join(*now.replies, *back);
        passed.push_back(std::move(*after));
      };
      // A conversation: with answers as replies, or, without tracking, those that a rule of its own lets
      // pass.
      auto takeBothWays = [&](ServiceSet services, const AtomIds& atoms, WayKind way) {
        if (!replies) {
          const ServiceSet answers = net.accepted(id, now.destination, now.source, next, zone);
          take(services & answers.reversed(), atoms, way, AtomIds{});
        }
        take(services, atoms, way, replies);
      };
      const bool translated = now.source != source;
      const auto tolerated = translated ? std::optional(AtomIds{})
                                        : net.sourceTolerated(id, now.source, sender, zone, kind, setting);
      for (const Acceptance& acceptance : net.passes(id, now.source, now.destination, zone, next, setting)) {
        if (acceptance.kind == WayKind::uncovered || acceptance.kind == WayKind::failed) {
          take(acceptance.services, acceptance.atoms, acceptance.kind, AtomIds{});
        } else if (tolerated) {
          takeBothWays(acceptance.services, join(acceptance.atoms, *tolerated), WayKind::rule);
        }
      }
      // What the rules do not decide they cannot take for a part of a flow.
      if ((!held && !expected) || !net.rulesDecide(id, net.endpoints_[source].family)) continue;
      if (net.endpoints_[source].linkLocal || net.endpoints_[now.destination].linkLocal) continue;
      // Who may not bear the address gets no further with it; of his own only errors and helpers are left,
      // which are related.
      if (!tolerated) continue;
      const auto asRelated = net.relatedPasses(id, zone, entering, setting);
      if (kind == SourceKind::own ? !asRelated : kind == SourceKind::forged && !replies) continue;
      for (const bool otherLegs : {false, true}) {
        const auto sent = otherLegs ? net.fromOtherLegs(setting) : std::optional(AtomIds{});
        if (!sent) continue;
        auto between = [&](ClassIndex a, ClassIndex b, ZoneId in, ZoneId out) {
          const ServiceSet flows = net.tracked(id, a, b, otherLegs);
          return translates ? flows | net.accepted(id, a, b, in, out) : flows;
        };
        const ServiceSet backward = between(now.destination, now.source, next, zone);
        if (kind != SourceKind::own) {
          // A packet of a flow that the destination may have open with the address it bears.
          if (replies)
            take(backward.reversed(), join(join(*tolerated, *replies), *sent), WayKind::liveFlow,
                 std::nullopt);
          // Whoever took a neighbour's address has that one's talks with a helper, too.
          if (kind != SourceKind::neighbour) continue;
        }
        if (!asRelated) continue;
        const AtomIds related =
            join(join(*asRelated, *sent), kind == SourceKind::own ? AtomIds{} : *tolerated);
        if (held && kind == SourceKind::own && net.liveFlowThrough(id, now.destination, otherLegs)) {
          take(icmpErrors(net.endpoints_[source].family), related, WayKind::related, std::nullopt);
        }
        const auto& helpers = statement(net.model_, point, &model::Enforcement::helpers);
        const ServiceSet ports = helperPorts(helpers ? &*helpers.value : nullptr);
        if (!ports.intersects(between(now.source, now.destination, zone, next) | backward)) continue;
        const AtomIds atoms = helpers ? related : join(related, {net.known_.helpers});
        if (!setting.supposesAny(atoms)) {
          takeBothWays(ServiceSet::protocol(space::kTcp) | ServiceSet::protocol(space::kUdp), atoms,
                       WayKind::helper);
        }
      }
    }
    open = std::move(passed);
  }

  Way wayOf(const Alternative& end, ClassIndex start, const std::vector<PointId>& route) const {
    Way way;
    way.kind = end.kind;
    way.source = kind;
    way.from = source;
    way.bears = end.source;
    way.to = destination;
    way.sentTo = start;
    way.fromZone = entering;
    way.packets = end.heard;
    if (end.rewritten) way.sent = end.sent;
    way.retargeted = end.retargeted;
    way.atoms = end.atoms;
    way.points = route;
    return way;
  }
};

std::vector<Network::Passed> Network::passed(const std::vector<PointId>& route, std::size_t count,
                                             PartyId sender, ZoneId entering, ClassIndex source,
                                             SourceKind kind, ClassIndex destination,
                                             const Setting& setting) const {
  std::vector<Passed> all;
  const ZoneId leaving = endpoints_[destination].zone;
  for (const ClassIndex start : startsFor(route, destination)) {
    Walk walk{*this, setting, sender, entering, leaving, source, destination, kind, true, false, {}};
    walk.open.push_back(
        {ServiceSet::all(), ServiceSet::all(), false, false, {}, WayKind::rule, AtomIds{}, source, start});
    ZoneId zone = entering;
    for (std::size_t i = 0; i < count && !walk.open.empty(); ++i) {
      const ZoneId next = beyond(route[i], zone, leaving);
      walk.rewriteDestinations(route[i], zone, next);
      walk.filter(route[i], zone, next);
      walk.rewriteSources(route[i], zone, next);
      zone = next;
    }
    for (const Walk::Alternative& end : walk.open) {
      // An answer to a rewritten source goes back over the device that rewrote it, which could have answered
      // the packet itself: no more than that one's own error.
      if (end.source == source) all.push_back({end.heard, end.atoms, end.destination});
    }
  }
  return all;
}

std::vector<ZoneId> Network::crossedOnPath(const Way& way) const {
  std::vector<ZoneId> zones;
  ZoneId zone = way.fromZone;
  const ZoneId leaving = endpoints_[way.to].zone;
  for (const PointId id : way.points) {
    zone = beyond(id, zone, leaving);
    if (zone != leaving && model_.at(zone).untrusted && model_.at(zone).onPath) zones.push_back(zone);
  }
  return zones;
}

// Whether he who is on the path in `entering` hears what is answered to a source that he forged: it crosses
// his zone, by the points over which he sent.
bool Network::comesBackOver(const std::vector<PointId>& route, ZoneId entering, ZoneId leaving,
                            ClassIndex source) const {
  if (!model_.at(entering).untrusted || !model_.at(entering).onPath) return false;
  return std::ranges::any_of(routes(leaving, endpoints_[source].zone), [&](const auto& back) {
    return back.size() > route.size() && std::equal(route.rbegin(), route.rend(), back.begin());
  });
}

// Whether two parties have stated addresses, or free ones of their zones, in one family.
bool Network::shareFamily(PartyId a, PartyId b) const {
  return std::ranges::any_of(at(a).classes, [&](ClassIndex mine) {
    return !endpoints_[mine].linkLocal && std::ranges::any_of(at(b).classes, [&](ClassIndex other) {
      return !endpoints_[other].linkLocal && endpoints_[other].family == endpoints_[mine].family;
    });
  });
}

// A neighbour with a leg elsewhere takes packets for any of its addresses (RFC 1122 section 3.3.4.2).
void Network::waysBeside(std::vector<Way>& ways, ZoneId entering, ClassIndex source, SourceKind kind,
                         const AtomIds& atoms, ClassIndex destination) const {
  const std::vector<ZoneId>& legs = at(endpoints_[destination].party).zones;
  if (endpoints_[source].family != endpoints_[destination].family || endpoints_[destination].linkLocal ||
      entering == endpoints_[destination].zone || model_.at(entering).isolated ||
      std::ranges::find(legs, entering) == legs.end()) {
    return;
  }
  Way way;
  way.kind = WayKind::free;
  way.source = kind;
  way.from = way.bears = source;
  way.to = way.sentTo = destination;
  way.fromZone = entering;
  way.packets = ServiceSet::all();
  way.atoms = atoms;
  way.answered = kind != SourceKind::forged;
  ways.push_back(way);
}

bool Network::failsLeast(const std::vector<PointId>& route, ZoneId entering, ZoneId leaving) const {
  auto& least = leastFailures_[{entering, leaving}];
  if (least.empty()) {
    for (const auto& other : routes(entering, leaving)) {
      AtomIds failed;
      for (const PointId id : other) failed = join(failed, {failures_[id.index()]});
      if (std::ranges::any_of(least, [&](const AtomIds& set) { return std::ranges::includes(failed, set); }))
        continue;
      std::erase_if(least, [&](const AtomIds& set) { return std::ranges::includes(set, failed); });
      least.push_back(std::move(failed));
    }
  }
  AtomIds failed;
  for (const PointId id : route) failed = join(failed, {failures_[id.index()]});
  return std::ranges::find(least, failed) != least.end();
}

void Network::waysBetween(std::vector<Way>& ways, PartyId sender, ZoneId entering, ClassIndex source,
                          SourceKind kind, const AtomIds& base, ClassIndex destination, bool held,
                          const Setting& setting, bool expected, bool allMayFail) const {
  if (endpoints_[source].family != endpoints_[destination].family) return;
  const ZoneId leaving = endpoints_[destination].zone;
  if (entering == leaving && !model_.at(entering).isolated &&
      (endpoints_[source].linkLocal || endpoints_[destination].linkLocal) &&
      shareFamily(sender, endpoints_[destination].party)) {
    return;  // they have other addresses by which to meet
  }
  if (kind == SourceKind::own) waysBeside(ways, entering, source, kind, base, destination);
  for (const auto& route : routes(entering, leaving)) {
    if (kind != SourceKind::own && !someTolerates(route, source, sender, entering, leaving, kind, setting)) {
      // All points of it must fail: of no use where those of a part do.
      if (!allMayFail || !failsLeast(route, entering, leaving)) continue;
    }
    for (ClassIndex start : startsFor(route, destination)) {
      Walk walk{*this, setting, sender, entering, leaving, source, destination, kind, held, expected, {}};
      walk.open.push_back({ServiceSet::all(), ServiceSet::all(), false, false, base,
                           route.empty() ? WayKind::free : WayKind::rule, AtomIds{}, source, start});
      ZoneId zone = entering;
      for (PointId id : route) {
        const ZoneId next = beyond(id, zone, leaving);
        walk.rewriteDestinations(id, zone, next);
        walk.filter(id, zone, next);
        walk.rewriteSources(id, zone, next);
        zone = next;
        if (zone != leaving && model_.at(zone).untrusted && model_.at(zone).onPath) {
          // He is on the path of whatever crosses his zone, wherever it is bound.
          for (const Walk::Alternative& here : walk.open) {
            // Where replies pass he answers in its place.
            Way way = walk.wayOf(here, start, route);
            way.tapped = zone;
            ways.push_back(way);
            if (kind == SourceKind::forged || !here.replies || here.kind == WayKind::liveFlow ||
                here.kind == WayKind::related)
              continue;
            way.answered = true;
            way.atoms = join(way.atoms, *here.replies);
            ways.push_back(way);
          }
        }
      }
      for (const Walk::Alternative& end : walk.open) {
        if (end.destination != destination) continue;
        const Way way = walk.wayOf(end, start, route);
        const bool heardBack = kind != SourceKind::forged || comesBackOver(route, entering, leaving, source);
        const bool answers =
            heardBack && end.replies && end.kind != WayKind::liveFlow && end.kind != WayKind::related;
        if (!answers) {
          ways.push_back(way);
          continue;
        }
        Way answered = way;
        answered.answered = true;
        answered.atoms = join(way.atoms, *end.replies);
        if (answered.atoms.size() != way.atoms.size()) ways.push_back(way);
        ways.push_back(answered);
      }
    }
  }
}

}  // namespace vauban::reach
