// What an enforcement point does besides its rules: a stated key, a missing one (an atom), or the worst case.
#include "reach/enforcement.h"

#include <algorithm>

namespace vauban::reach {

using model::AntiSpoofing;
using model::Related;
using model::ZoneId;
using space::Family;
using space::ServiceSet;

namespace {

// What each key promises once it is written, and how to see whether it holds.
Atom enforcementAtom(const std::string& line) {
  struct Meaning {
    const char *line, *text, *test;
  };
  static constexpr Meaning meanings[] = {
      {"anti-spoofing: zone", "a packet's source lies behind the side it comes from",
       "send a packet with another zone's source and look for it behind the filter"},
      {"anti-spoofing: host", "a packet's source is its sender's own, inside the zone too",
       "take a neighbour's address and look for the packet behind the switch"},
      {"stateful: {established: false}", "replies need a rule of their own",
       "answer an accepted packet and look for the answer"},
      {"stateful: {related: from-untrusted}", "ICMP errors pass only when they enter from an untrusted zone",
       "send an ICMP error that quotes a live flow from inside"},
      {"stateful: {related: none}", "no packet passes as related",
       "send an ICMP error that quotes a live flow"},
      {"stateful: {helpers: []}", "no connection-tracking helper is loaded",
       "name a data port in an accepted control conversation"},
      {"families: [ipv4, ipv6]", "the filter decides on both families",
       "send the same packet over IPv4 and over IPv6"},
      {"uncovered: drop", "packets of a family the filter does not cover are dropped",
       "send a packet of each family that no rule covers"}};
  for (const Meaning& meaning : meanings) {
    if (line == meaning.line)
      return {"enforcement " + line, line, "enforcement", meaning.text, meaning.test, {}};
  }
  return {"enforcement " + line, line, "enforcement", "", "", {}};
}

}  // namespace

// Of equally small sets of statements the one of the earliest atoms is proposed, so the milder statement
// comes first.
void Network::internEnforcementAtoms() {
  static constexpr const char* lines[] = {
      "anti-spoofing: zone",       "anti-spoofing: host",           "stateful: {related: from-untrusted}",
      "stateful: {related: none}", "families: [ipv4, ipv6]",        "uncovered: drop",
      "stateful: {helpers: []}",   "stateful: {established: false}"};
  AtomId* const ids[] = {&known_.zoneSources, &known_.hostSources, &known_.relatedOutside,
                         &known_.relatedNone, &known_.families,    &known_.uncovered,
                         &known_.helpers,     &known_.established};
  for (std::size_t i = 0; i < std::size(lines); ++i) *ids[i] = atoms_.intern(enforcementAtom(lines[i]));
}

// Zones that reach the entering side without passing the device lie behind it.
bool Network::behindLink(PointId id, ZoneId entering, ZoneId zone) const {
  if (!zone.valid()) return false;
  auto& known = behindCache_[{id, entering}];
  if (known.empty()) {
    known.assign(model_.zones.size(), false);
    std::vector<ZoneId> open{entering};
    known[entering.index()] = true;
    while (!open.empty()) {
      const ZoneId at = open.back();
      open.pop_back();
      for (std::size_t p = 1; p < points_.size(); ++p) {
        if (sameDevice(PointId(p), id)) continue;
        const model::Link& link = model_.at(*points_[p].link);
        const ZoneId next = link.from == at ? link.to : link.to == at ? link.from : ZoneId();
        if (next.valid() && !known[next.index()]) {
          known[next.index()] = true;
          open.push_back(next);
        }
      }
    }
  }
  return known[zone.index()];
}

std::optional<AtomIds> Network::sourceTolerated(PointId id, ClassIndex source, PartyId, ZoneId entering,
                                                SourceKind kind, const Setting& setting) const {
  if (kind == SourceKind::own) return AtomIds{};
  const Point& point = points_[id.index()];
  // His neighbour's comes from where his own does, past whatever else.
  const bool behind = kind == SourceKind::neighbour || endpoints_[source].zone == entering ||
                      (point.link && behindLink(id, entering, endpoints_[source].zone));
  const auto& stated = statement(model_, point, &model::Enforcement::antiSpoofing);
  if (stated) {
    if (*stated.value == AntiSpoofing::off) return AtomIds{};
    if (*stated.value == AntiSpoofing::zone && behind) return AtomIds{};
    return std::nullopt;
  }
  const AtomId zone = known_.zoneSources;
  const AtomId host = known_.hostSources;
  AtomIds atoms = behind ? AtomIds{host} : join({zone}, {host});
  if (setting.supposesAny(atoms)) return std::nullopt;
  return atoms;
}

std::optional<AtomIds> Network::neighbourly(ZoneId zone, const Setting& setting) const {
  if (model_.at(zone).untrusted)
    return std::nullopt;  // there on-path decides; the adversary holds the addresses anyway
  const bool linked = std::ranges::any_of(
      model_.links, [&](const model::Link& link) { return link.from == zone || link.to == zone; });
  bool unstated = false;
  for (const Point& point : points_) {
    if (point.link) {
      const model::Link& link = model_.at(*point.link);
      if (link.from != zone && link.to != zone) continue;
    } else if (linked && !model_.unlistedIdeal && !model_.at(zone).isolated) {
      continue;
    }
    const auto& stated = statement(model_, point, &model::Enforcement::antiSpoofing);
    if (stated && *stated.value != AntiSpoofing::host) return AtomIds{};
    if (!stated) unstated = true;
  }
  if (!unstated) return std::nullopt;
  const AtomId host = known_.hostSources;
  if (setting.supposes(host)) return std::nullopt;
  return AtomIds{host};
}

// Layers (semantics 8): each device with all that it does.
void Network::internFailures() {
  for (const Point& point : points_) {
    Atom atom{"device " + point.name,
              "",
              point.name,
              point.name + " lets everything pass",
              "",
              point.link ? model_.at(*point.link).place : Place{},
              true};
    failures_.push_back(atoms_.intern(std::move(atom)));
  }
}

bool Network::someTolerates(const std::vector<PointId>& route, ClassIndex source, PartyId sender,
                            ZoneId entering, ZoneId leaving, SourceKind kind, const Setting& setting) const {
  const Family family = endpoints_[source].family;
  ZoneId zone = entering;
  for (const PointId id : route) {
    if (mayBeUncovered(id, family) || sourceTolerated(id, source, sender, zone, kind, setting)) return true;
    if (!mayFail_) return false;
    zone = beyond(id, zone, leaving);
  }
  return route.empty();
}

std::optional<AtomIds> Network::repliesPass(PointId id, const Setting& setting) const {
  const Point& point = points_[id.index()];
  if (point.own != nullptr && point.own->established) {
    return *point.own->established.value ? std::optional(AtomIds{}) : std::nullopt;
  }
  const auto& rules = evaluators_[point.program]->program().established;
  if (rules) return *rules ? std::optional(AtomIds{}) : std::nullopt;
  if (model_.enforcement.established) {
    return *model_.enforcement.established.value ? std::optional(AtomIds{}) : std::nullopt;
  }
  const AtomId atom = known_.established;
  if (setting.supposes(atom)) return std::nullopt;
  return AtomIds{atom};
}

std::optional<AtomIds> Network::relatedPasses(PointId id, bool fromUntrusted, const Setting& setting) const {
  const Point& point = points_[id.index()];
  std::optional<Related> stated;
  if (point.own != nullptr && point.own->related) {
    stated = point.own->related.value;
  } else if (evaluators_[point.program]->program().related) {
    stated = evaluators_[point.program]->program().related;
  } else if (model_.enforcement.related) {
    stated = model_.enforcement.related.value;
  }
  if (stated) {
    if (*stated == Related::all || (*stated == Related::fromUntrusted && fromUntrusted)) return AtomIds{};
    return std::nullopt;
  }
  const AtomId outside = known_.relatedOutside;
  const AtomId none = known_.relatedNone;
  AtomIds atoms = fromUntrusted ? AtomIds{none} : join({outside}, {none});
  if (setting.supposesAny(atoms)) return std::nullopt;
  return atoms;
}

// Ports on which a connection-tracking helper listens for conversations that name further ones.
ServiceSet helperPorts(const std::vector<std::string>* helpers) {
  struct Helper {
    const char* name;
    std::uint8_t protocol;
    std::uint16_t port;
  };
  static constexpr Helper known[] = {
      {"ftp", space::kTcp, 21},    {"tftp", space::kUdp, 69},        {"sip", space::kUdp, 5060},
      {"sip", space::kTcp, 5060},  {"h323", space::kTcp, 1720},      {"h323", space::kUdp, 1719},
      {"irc", space::kTcp, 6667},  {"pptp", space::kTcp, 1723},      {"amanda", space::kUdp, 10080},
      {"sane", space::kTcp, 6566}, {"netbios-ns", space::kUdp, 137}, {"snmp", space::kUdp, 161},
      {"rtsp", space::kTcp, 554},  {"dcerpc", space::kTcp, 135},     {"sunrpc", space::kTcp, 111},
      {"sunrpc", space::kUdp, 111}};
  ServiceSet ports;
  if (helpers != nullptr) {
    for (const std::string& name : *helpers) {
      // A helper we do not know may watch any port.
      if (std::ranges::none_of(known, [&](const Helper& h) { return name == h.name; })) {
        return ServiceSet::protocol(space::kTcp) | ServiceSet::protocol(space::kUdp);
      }
    }
  }
  for (const Helper& helper : known) {
    if (helpers == nullptr || std::ranges::find(*helpers, helper.name) != helpers->end()) {
      ports |= ServiceSet::ports(helper.protocol, {helper.port, helper.port});
    }
  }
  return ports;
}

ServiceSet icmpErrors(Family family) {
  static const ServiceSet v4 = ServiceSet::icmp(space::kIcmp, 3, 5) | ServiceSet::icmp(space::kIcmp, 11, 12);
  static const ServiceSet v6 = ServiceSet::icmp(space::kIcmpV6, 1, 4);
  return family == Family::ipv6 ? v6 : v4;
}

// Whether the point surely drops packets with this source from that side.
bool Network::refusesSide(PointId id, ClassIndex source, ZoneId entering) const {
  const auto& stated = statement(model_, points_[id.index()], &model::Enforcement::antiSpoofing);
  return stated && *stated.value != AntiSpoofing::off && endpoints_[source].zone != entering &&
         !(points_[id.index()].link && behindLink(id, entering, endpoints_[source].zone));
}

// The atoms with which hosts send with the address of one leg from another.
std::optional<AtomIds> Network::fromOtherLegs(const Setting& setting) const {
  if (!dualHomed_)
    dualHomed_ = std::ranges::any_of(parties_, [](const Party& party) { return party.zones.size() > 1; });
  if (!*dualHomed_) return std::nullopt;
  const bool stated = std::ranges::all_of(points_, [&](const Point& point) {
    return static_cast<bool>(statement(model_, point, &model::Enforcement::antiSpoofing));
  });
  const AtomIds atoms = stated ? AtomIds{} : join({known_.zoneSources}, {known_.hostSources});
  if (setting.supposesAny(atoms)) return std::nullopt;
  return atoms;
}

ServiceSet Network::tracked(PointId id, ClassIndex from, ClassIndex to, bool otherLegs) const {
  if (trackedCache_.empty()) trackedCache_.resize(points_.size() * 2);
  auto& cache = trackedCache_[id.index() * 2 + (otherLegs ? 1 : 0)];
  const std::uint64_t key = (std::uint64_t{from} << 32) | to;
  const auto [known, fresh] = cache.try_emplace(key);
  if (!fresh) return known->second;
  ServiceSet all;
  // A machine's talk with itself crosses no filter.
  if (endpoints_[from].party == endpoints_[to].party && !several(endpoints_[from].party)) return all;
  const ZoneId leaving = endpoints_[to].zone;
  std::vector<ZoneId> legs{endpoints_[from].zone};
  if (otherLegs) {
    legs = at(endpoints_[from].party).zones;
    std::erase(legs, endpoints_[from].zone);
  }
  for (const ZoneId entering : legs) {
    for (const auto& route : routes(entering, leaving)) {
      auto last = route.end();
      for (auto other = route.begin(); other != route.end(); ++other) {
        if (sameDevice(*other, id)) last = other;
      }
      if (last == route.end()) continue;
      ServiceSet passing = ServiceSet::all(), rewritten;
      ZoneId zone = entering;
      // Once it is through the device, that one knows it, whatever drops it further on.
      for (auto at = route.begin(); at <= last; ++at) {
        const PointId other = *at;
        const ZoneId next = beyond(other, zone, leaving);
        const FilterEvaluator& evaluator = *evaluators_[points_[other.index()].program];
        if (otherLegs && refusesSide(other, from, zone)) passing = {};
        // Behind a rewrite it is another packet, of which nothing is known here.
        auto rewrite = [&](const std::optional<model::ChainId>& chain) {
          if (!chain) return;
          for (const auto& hit : evaluator.rewrites(*chain, from, to, context(other, zone, next)))
            rewritten |= passing & hit.services;
        };
        rewrite(evaluator.program().prerouting);
        // Where the point itself may let the family pass uncovered, nothing needs a flow.
        const Family family = endpoints_[to].family;
        if (mayBeUncovered(id, family) || !mayBeUncovered(other, family))
          passing &= accepted(other, from, to, zone, next);
        rewrite(evaluator.program().postrouting);
        zone = next;
      }
      all |= passing | rewritten;
    }
  }
  return cache[key] = all;
}

bool Network::liveFlowThrough(PointId id, ClassIndex endpoint, bool otherLegs) const {
  auto [known, fresh] = liveCache_.try_emplace({id, endpoint, otherLegs}, false);
  if (fresh) known->second = findLiveFlow(id, endpoint, otherLegs);
  return known->second;
}

bool Network::findLiveFlow(PointId id, ClassIndex endpoint, bool otherLegs) const {
  for (ClassIndex other = 0; other < endpoints_.size(); ++other) {
    const EndpointClass& there = endpoints_[other];
    if (there.family != endpoints_[endpoint].family) continue;
    // A machine's talk with itself crosses no filter; that of two of a group may.
    if (there.party == endpoints_[endpoint].party && !several(there.party)) continue;
    if (!tracked(id, endpoint, other, otherLegs).empty() || !tracked(id, other, endpoint, otherLegs).empty())
      return true;
  }
  return false;
}

// Whether the rules have anything to say about a family, as stated: no statement, and they do.
bool Network::rulesDecide(PointId id, Family family) const {
  const Point& point = points_[id.index()];
  const auto& own = evaluators_[point.program]->program().families;
  if (point.program != 0 && std::ranges::find(own, family) == own.end()) return false;
  const auto& families = statement(model_, point, &model::Enforcement::families);
  return !families || std::ranges::find(*families.value, family) != families.value->end();
}

bool Network::mayBeUncovered(PointId id, Family family) const {
  const Point& point = points_[id.index()];
  const auto& uncovered = statement(model_, point, &model::Enforcement::uncoveredPasses);
  if (uncovered && !*uncovered.value) return false;
  const auto& families = statement(model_, point, &model::Enforcement::families);
  const auto& own = evaluators_[point.program]->program().families;
  const bool rulesCover = point.program == 0 || std::ranges::find(own, family) != own.end();
  if (!rulesCover) return true;
  if (!families) return point.program == 0;
  return std::ranges::find(*families.value, family) == families.value->end();
}

std::vector<Network::Acceptance> Network::passes(PointId id, ClassIndex from, ClassIndex to, ZoneId entering,
                                                 ZoneId leaving, const Setting& setting) const {
  const Point& point = points_[id.index()];
  const Family family = endpoints_[from].family;
  std::vector<Acceptance> ways;
  const auto& families = statement(model_, point, &model::Enforcement::families);
  const auto& program = evaluators_[point.program]->program();
  const bool ownRules = point.program != 0;
  const bool rulesCover = !ownRules || std::ranges::find(program.families, family) != program.families.end();
  const bool statedCover = families && std::ranges::find(*families.value, family) != families.value->end();
  if (rulesCover && (!families || statedCover)) {
    const ServiceSet& set = accepted(id, from, to, entering, leaving);
    if (!set.empty()) ways.push_back({set, {}, WayKind::rule});
  }
  if (!rulesCover || !statedCover) {
    AtomIds atoms;
    // Rules of the device's own say what they cover; a missing statement can be made good.
    if (rulesCover && !families && !ownRules) {
      atoms = {known_.families};
    }
    const bool open = !(rulesCover && ownRules && !families);
    const auto& uncovered = statement(model_, point, &model::Enforcement::uncoveredPasses);
    if (!uncovered) {
      atoms = join(atoms, {known_.uncovered});
    }
    if (open && (!uncovered || *uncovered.value) && !setting.supposesAny(atoms)) {
      ways.push_back({ServiceSet::all(), atoms, WayKind::uncovered});
    }
  }
  if (mayFail_ && !setting.supposes(failures_[id.index()]))
    ways.push_back({ServiceSet::all(), {failures_[id.index()]}, WayKind::failed});
  return ways;
}

}  // namespace vauban::reach
