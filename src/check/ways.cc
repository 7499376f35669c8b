#include "check/ways.h"

#include <algorithm>

namespace vauban::check {
namespace {

enum Kind { kOneWay, kAsAnswers, kConversation, kOpening };

Crossing back(const Crossing& crossing) { return {crossing.point, crossing.to, crossing.from}; }

// The conversations that a point's helpers read: the ports on which the kernel's listen by default
// (net/netfilter/nf_conntrack_*.c). One that we do not know may read any.
space::ServiceSet read(const Point& point) {
  using space::kTcp, space::kUdp, space::ServiceSet;
  struct Control {
    const char* helper;
    std::uint8_t protocol;
    std::uint16_t port;
  };
  static constexpr Control kControls[] = {
      {"amanda", kUdp, 10080}, {"dcerpc", kTcp, 135}, {"ftp", kTcp, 21},         {"h323", kTcp, 1720},
      {"h323", kUdp, 1719},    {"irc", kTcp, 6667},   {"netbios-ns", kUdp, 137}, {"pptp", kTcp, 1723},
      {"rtsp", kTcp, 554},     {"sane", kTcp, 6566},  {"sip", kTcp, 5060},       {"sip", kUdp, 5060},
      {"snmp", kUdp, 161},     {"sunrpc", kTcp, 111}, {"sunrpc", kUdp, 111},     {"tftp", kUdp, 69}};
  ServiceSet all;
  for (const Control& control : kControls) {
    if (point.helpers &&
        std::ranges::find(*point.helpers.value, control.helper) == point.helpers.value->end())
      continue;
    all |= ServiceSet::ports(control.protocol, {control.port, control.port});
  }
  if (!point.helpers) return all;
  for (const std::string& helper : *point.helpers.value) {
    const auto named = [&](const Control& control) { return helper == control.helper; };
    if (std::ranges::none_of(kControls, named)) {
      return ServiceSet::protocol(kTcp) | ServiceSet::protocol(kUdp);
    }
  }
  return all;
}

}  // namespace

// Semantics 3: without port security whoever holds one member of a trusted zone can take any other's address.
Addresses Ways::addressesAt(End end, model::ZoneId zone) const {
  const Party& party = network_.parties()[end.party];
  if (!end.code) return party.own;
  const bool takes = network_.untrusted(zone) || !network_.portsSecured(zone);
  return takes ? party.own | network_.ofZoneAddresses(zone) : party.own;
}

// Decision 0011: in a family that passes uncovered every machine may speak, from any address where the model
// gives it none.
Packets Ways::wideSources(PartyId id) const {
  const Party& party = network_.parties()[id];
  Packets wide = party.own.source;
  if (!party.hasIpv4) wide |= ofFamily(space::Family::ipv4);
  if (!party.hasIpv6) wide |= ofFamily(space::Family::ipv6);
  return wide;
}

// Where nothing filters it hears what is sent to its link-local addresses, too: they are nobody else's.
Packets Ways::heardAt(const Leg& leg, PartyId to) const {
  return leg.destinations.destination | network_.parties()[to].own.destination |
         network_.parties()[to].linkLocal.destination;
}

// A neighbour hears what is sent to the link-local addresses that it has besides, too: who chooses where his
// bytes go may name one that no list refuses (decision 0017).
Packets Ways::heardBeside(const Leg& leg, PartyId to) const {
  const Packets heard = heardAt(leg, to);
  return leg.from == leg.to ? heard | network_.besides(to, leg.to).destination : heard;
}

std::vector<Ways::Leg> Ways::legs(End from, End to) const {
  const Party& a = network_.parties()[from.party];
  const Party& b = network_.parties()[to.party];
  std::vector<Leg> legs;
  const auto onPath = [&](const Party& party, model::ZoneId zone) {
    return party.adversary && network_.model().at(zone).onPath;
  };
  for (const model::ZoneId za : a.zones) {
    for (const model::ZoneId zb : b.zones) {
      for (const Route& route : network_.routes(za, zb)) {
        Addresses destinations = addressesAt(to, zb);
        if (!route.free()) {
          // Routes lead to the zone in which an address lies.
          destinations = destinations & network_.ofZoneAddresses(zb);
        }
        legs.push_back({route, za, zb, addressesAt(from, za), destinations, false});
      }
      // Semantics 3 and decision 0008: on the path he reads what crosses his zone, and answers in its place.
      if (onPath(b, zb)) {
        for (auto& [route, behind] : network_.through(za, zb)) {
          legs.push_back({std::move(route), za, zb, addressesAt(from, za), behind, true});
        }
      }
      if (onPath(a, za)) {
        for (auto& [route, behind] : network_.onwardFrom(za, zb)) {
          legs.push_back({std::move(route), za, zb, behind, addressesAt(to, zb), true});
        }
      }
    }
  }
  return legs;
}

// Anti-spoofing (semantics 3): `zone` asks for a source behind the side that the packet comes from, `host`
// for the sender's own besides; absent or `off`: nothing is checked. What began in `origin` has come to that
// side, by whatever links of the same device. Behind a source rewrite it says nothing about the sender: see
// passes().
Packets Ways::unforged(const Crossing& crossing, PartyId sender, model::ZoneId origin) const {
  const auto& stated = network_.points()[crossing.point].antiSpoofing;
  if (!stated || *stated.value == model::AntiSpoofing::off) return bddtrue;
  const Packets behind = network_.behind(crossing).source | network_.ofZoneAddresses(origin).source;
  if (*stated.value == model::AntiSpoofing::zone) return behind;
  return behind & network_.parties()[sender].own.source;
}

// As the filter of a point sees them. Of what it takes for answers it takes back what it has rewritten of
// their flow; its nat chains see none of them.
Packets Ways::before(const Crossing& crossing, Packets packets, bool asAnswers) const {
  if (!network_.rewrites()) return packets;
  return asAnswers ? network_.natOfAnswers(back(crossing), false, packets)
                   : network_.nat(crossing, true, packets);
}

Packets Ways::behind(const Crossing& crossing, Packets packets, bool asAnswers) const {
  if (!network_.rewrites()) return packets;
  return asAnswers ? network_.natOfAnswers(back(crossing), true, packets)
                   : network_.nat(crossing, false, packets);
}

// The flows that a point accepts, with both ends before and behind its rewrites.
Packets Ways::flows(const Crossing& crossing) const {
  const Packets accepted = network_.fate(crossing).accepted;
  if (!network_.rewrites()) return accepted;
  return behind(crossing, accepted & before(crossing, network_.sent(), false), false);
}

// Answers in flows that come over that side of a point: from what lies behind it, and from where a route over
// it begins, if all points of that route let the flow pass.
Packets Ways::answersOver(const Crossing& flow, bool checked) const {
  const Packets accepted = network_.fateOfAnswer(flow).accepted;
  if (!checked) return accepted;
  Packets all = accepted & network_.behind(flow).destination;
  if (network_.rewrites()) return all;
  const auto zones = network_.model().zones.size();
  for (std::size_t a = 0; a < zones; ++a) {
    for (std::size_t b = 0; b < zones; ++b) {
      for (const Route& route : network_.routes(model::ZoneId(a), model::ZoneId(b))) {
        if (std::ranges::find(route.crossings, flow) == route.crossings.end()) continue;
        Packets whole = accepted & network_.ofZoneAddresses(model::ZoneId(a)).destination;
        for (const Crossing& one : route.crossings) {
          whole &= network_.fateOfAnswer(one).accepted | network_.points()[one.point].passing;
        }
        all |= whole;
      }
    }
  }
  return all;
}

// Packets that the filters cannot tell from answers in a flow that somebody may have opened (5.4).
Packets Ways::live(const Crossing& crossing) const {
  const auto [found, isNew] = live_.try_emplace(crossing.point, bddfalse);
  if (!isNew) return found->second;
  Packets all = bddfalse;
  for (PointId point = 0; point < network_.points().size(); ++point) {
    if (!network_.sameDevice(point, crossing.point)) continue;
    const auto& link = network_.points()[point].link;
    if (!link) {
      all |= network_.fateOfAnswer(crossing).accepted;
      continue;
    }
    // A flow whose source cannot lie behind the side that it enters by is not let in, unless a device before
    // has rewritten it.
    const auto& stated = network_.points()[point].antiSpoofing;
    bool checked = stated && *stated.value != model::AntiSpoofing::off;
    for (PointId other = 0; other < network_.points().size(); ++other) {
      if (!network_.sameDevice(point, other) && network_.points()[other].filter->rewrites()) checked = false;
    }
    const model::Link& sides = network_.model().at(*link);
    for (const Crossing& flow :
         {Crossing{point, sides.from, sides.to}, Crossing{point, sides.to, sides.from}}) {
      all |= answersOver(flow, checked);
    }
  }
  all &= flowsOver(crossing.point);
  live_[crossing.point] = all;
  return all;
}

// What flows between two zones whose way leads over the point: a machine with several legs sends and hears by
// its own addresses on each.
Packets Ways::flowsOver(PointId point) const {
  if (network_.rewrites()) return bddtrue;
  const auto zones = network_.model().zones.size();
  std::vector<Addresses> at;
  for (std::size_t z = 0; z < zones; ++z) at.push_back(network_.ofZoneAddresses(model::ZoneId(z)));
  for (const Party& party : network_.parties()) {
    for (const model::ZoneId zone : party.zones) at[zone.index()] = at[zone.index()] | party.own;
  }
  Packets all = bddfalse;
  for (std::size_t a = 0; a < zones; ++a) {
    for (std::size_t b = 0; b < zones; ++b) {
      for (const Route& route : network_.routes(model::ZoneId(a), model::ZoneId(b))) {
        if (std::ranges::any_of(route.crossings,
                                [&](const Crossing& one) { return network_.sameDevice(one.point, point); })) {
          all |= at[a].source & at[b].destination;
        }
      }
    }
  }
  return all;
}

// Whether what a party sends may begin in an untrusted zone.
bool Ways::sentOutside(PartyId sender) const {
  const auto& zones = network_.parties()[sender].zones;
  return std::ranges::any_of(zones, [&](model::ZoneId zone) { return network_.untrusted(zone); });
}

// `related: from-untrusted` goes by the side that a packet enters: what began in an untrusted zone comes from
// there, whatever it has crossed since.
bool Ways::relatedPasses(const Crossing& crossing, bool sentOutside) const {
  const auto related = network_.points()[crossing.point].relates;
  return related == model::Related::all ||
         (related == model::Related::fromUntrusted && (sentOutside || network_.untrusted(crossing.from)));
}

// Packets from zone to zone whose way leads over the point: what stays inside a zone it never sees.
Packets Ways::crosses(PointId point) const {
  if (network_.rewrites()) return bddtrue;
  const auto [found, isNew] = crosses_.try_emplace(point, bddfalse);
  if (!isNew) return found->second;
  const auto zones = network_.model().zones.size();
  for (std::size_t a = 0; a < zones; ++a) {
    for (std::size_t b = 0; b < zones; ++b) {
      for (const Route& route : network_.routes(model::ZoneId(a), model::ZoneId(b))) {
        for (const Crossing& crossing : route.crossings) {
          if (!network_.sameDevice(crossing.point, point)) continue;
          found->second |= network_.ofZoneAddresses(model::ZoneId(a)).source &
                           network_.ofZoneAddresses(model::ZoneId(b)).destination;
        }
      }
    }
  }
  // A machine's talk with itself crosses no filter.
  for (const Party& party : network_.parties()) {
    if (!party.group) found->second -= party.own.source & party.own.destination;
  }
  return found->second;
}

std::vector<Crossing> Ways::bothWays(PointId point) const {
  const auto& link = network_.points()[point].link;
  if (!link) return {{point, {}, {}}};
  const model::Link& sides = network_.model().at(*link);
  return {{point, sides.from, sides.to}, {point, sides.to, sides.from}};
}

// Packets to an end of a flow that the point accepts: errors may quote such a flow (5.4).
Packets Ways::quotable(PointId point, End to) const {
  if (network_.rewrites()) return hasFlow(point, to) ? Packets(bddtrue) : Packets(bddfalse);
  const auto [found, isNew] = quotable_.try_emplace(point, bddfalse);
  if (!isNew) return found->second;
  Packets all = bddfalse;
  for (PointId other = 0; other < network_.points().size(); ++other) {
    if (!network_.sameDevice(point, other)) continue;
    all |= network_.points()[other].passing;
    for (const Crossing& flow : bothWays(other)) {
      all |= toAny(network_.fate(flow).accepted & crosses(other));
      all |= toAny(network_.fateOfAnswer(flow).accepted & crosses(other));
    }
  }
  found->second = all;
  return all;
}

// Whether some flow that the point accepts has an end at that party.
bool Ways::hasFlow(PointId point, End end) const {
  const auto [found, isNew] = flows_.try_emplace({point, end}, false);
  if (!isNew) return found->second;
  Addresses addresses;
  for (const model::ZoneId zone : network_.parties()[end.party].zones) {
    addresses = addresses | addressesAt(end, zone);
  }
  const Packets ends = network_.either(addresses.source | addresses.destination);
  for (PointId other = 0; other < network_.points().size(); ++other) {
    if (!network_.sameDevice(point, other)) continue;
    const Point& at = network_.points()[other];
    Packets seen = ends & crosses(other);
    // A machine's talk with itself crosses no filter.
    const Party& party = network_.parties()[end.party];
    if (!party.group && !network_.rewrites()) seen -= party.own.source & party.own.destination;
    if ((at.passing & ends) != bddfalse) found->second = true;
    if (!at.link) {
      if ((flows({other, {}, {}}) & seen) != bddfalse) found->second = true;
      continue;
    }
    const model::Link& sides = network_.model().at(*at.link);
    if ((flows({other, sides.from, sides.to}) & seen) != bddfalse ||
        (flows({other, sides.to, sides.from}) & seen) != bddfalse) {
      found->second = true;
    }
  }
  return found->second;
}

// Whether the two have a flow that the point accepts: a helper opens the way for the ends of the flow that it
// reads.
bool Ways::talk(PointId point, End from, End to) const {
  const auto [found, isNew] = talks_.try_emplace({point, from, to}, false);
  if (!isNew) return found->second;
  Addresses a, b;
  for (const model::ZoneId zone : network_.parties()[from.party].zones) a = a | addressesAt(from, zone);
  for (const model::ZoneId zone : network_.parties()[to.party].zones) b = b | addressesAt(to, zone);
  const Packets both =
      (network_.either(a.source & b.destination) | network_.either(b.source & a.destination)) &
      network_.either(ofServices(read(network_.points()[point])));
  for (PointId other = 0; other < network_.points().size(); ++other) {
    if (!network_.sameDevice(point, other)) continue;
    const Point& at = network_.points()[other];
    Packets all = at.passing;
    if (!at.link) {
      all |= flows({other, {}, {}});
    } else {
      const model::Link& sides = network_.model().at(*at.link);
      all |= flows({other, sides.from, sides.to}) | flows({other, sides.to, sides.from});
    }
    if ((all & both) != bddfalse) found->second = true;
  }
  return found->second;
}

// Between the ends of the flows that the point's helpers read: what these expect (5.4).
Packets Ways::helped(PointId point, End from, End to) const {
  const Point& here = network_.points()[point];
  // Somebody has to name them in what the helper reads: his code, at one of the ends.
  if ((here.helpers && here.helpers.value->empty()) || (!from.code && !to.code)) return bddfalse;
  const Packets expected = tcp() | udp();
  if (network_.rewrites()) return talk(point, from, to) ? expected : Packets(bddfalse);
  const auto [found, isNew] = helped_.try_emplace(point, bddfalse);
  if (!isNew) return found->second & expected;
  const space::ServiceSet controls = read(here);
  const Packets asked = ofServices(controls), answered = answeredBy(controls);
  Packets all = bddfalse;
  for (PointId other = 0; other < network_.points().size(); ++other) {
    if (!network_.sameDevice(point, other)) continue;
    const Point& at = network_.points()[other];
    all |= at.passing;
    for (const Crossing& flow : bothWays(other)) {
      all |= withAnyService(network_.fate(flow).accepted & asked & crosses(other));
      all |= withAnyService(network_.fateOfAnswer(flow).accepted & answered & crosses(other));
    }
  }
  found->second = all;
  return all & expected;
}

// What crosses a point in one direction; `answers`: also what it takes for answers.
Packets Ways::passes(const Crossing& crossing, const Leg& leg, End from, End to, bool answers) const {
  const Point& point = network_.points()[crossing.point];
  Packets accepted = network_.fate(crossing).accepted;
  if (from.code) {
    if (answers && point.answersPass) {
      // From his own address it is no forged packet, but an answer to somebody who has asked him: that is a
      // conversation (5.1).
      Packets forged = live(crossing);
      // Of a group it may be another member's, where no filter or port tells them apart.
      const auto& checks = point.antiSpoofing;
      const Party& sender = network_.parties()[from.party];
      const bool membersPass = sender.group && !sender.adversary && !network_.portsSecured(leg.from) &&
                               (!checks || *checks.value != model::AntiSpoofing::host);
      if (!membersPass) forged -= sender.own.source & unchanged();
      accepted |= forged;
    }
    if (relatedPasses(crossing, sentOutside(from.party))) {
      accepted |= icmpErrors() & quotable(crossing.point, to);
      accepted |= helped(crossing.point, from, to);
    }
  }
  const Packets checked = unforged(crossing, from.party, leg.from) | sourceRewritten();
  return point.passing | (point.covered & checked & accepted);
}

// What those packets are behind the point.
Packets Ways::across(const Crossing& crossing, Packets packets, const Leg& leg, End from, End to,
                     bool answers) const {
  if (!network_.rewrites()) return packets & passes(crossing, leg, from, to, answers);
  Packets all =
      behind(crossing, before(crossing, packets, false) & passes(crossing, leg, from, to, false), false);
  if (answers) {
    all |= behind(crossing, before(crossing, packets, true) & passes(crossing, leg, from, to, true), true);
  }
  return all;
}

// Of the packets that cross so, those whose answers come back.
Packets Ways::answered(const Crossing& crossing) const {
  const Point& point = network_.points()[crossing.point];
  if (point.answersPass) return bddtrue;
  return point.passing | network_.fateOfAnswer(back(crossing)).accepted;
}

// Families in which no point on the route filters.
Packets Ways::uncovered(const Route& route) const {
  Packets all = bddtrue;
  for (const Crossing& crossing : route.crossings) all &= network_.points()[crossing.point].passing;
  return all;
}

// What a machine sends to an address of its own never leaves it, unless code puts it on the wire.
Packets Ways::inside(End from) const {
  const Party& party = network_.parties()[from.party];
  if (party.group || from.code) return bddfalse;
  return network_.sent() & party.own.destination;
}

Packets Ways::free(const Leg& leg, End from, End to) const {
  const bool forges = from.code && !network_.portsSecured(leg.from);
  const Party& sender = network_.parties()[from.party];
  const Packets sources =
      forges ? Packets(bddtrue) : leg.sources.source | sender.own.source | sender.linkLocal.source;
  return (sources & heardBeside(leg, to.party) & network_.sent()) - inside(from);
}

Packets Ways::oneWay(const Leg& leg, End from, End to, bool answers) const {
  if (leg.route.free()) return free(leg, from, to);
  Packets packets = network_.sent();
  if (!network_.rewrites()) packets &= leg.destinations.destination;
  if (!from.code) packets &= leg.sources.source;
  for (const Crossing& crossing : leg.route.crossings) {
    if (packets == bddfalse) break;
    packets = across(crossing, packets, leg, from, to, answers);
  }
  packets &= leg.destinations.destination;
  const Packets open = uncovered(leg.route);
  const Packets sources = from.code ? Packets(bddtrue) : wideSources(from.party);
  return (packets | (open & sources & heardBeside(leg, to.party) & network_.sent())) - inside(from);
}

Packets Ways::conversation(const Leg& leg, End from, End to) const {
  const Party& sender = network_.parties()[from.party];
  if (leg.route.free()) {
    const Packets sources = leg.sources.source | sender.own.source | sender.linkLocal.source;
    return (sources & heardBeside(leg, to.party) & network_.sent()) - inside(from);
  }
  Packets packets = network_.sent() & leg.sources.source;
  if (!network_.rewrites()) packets &= leg.destinations.destination;
  for (const Crossing& crossing : leg.route.crossings) {
    if (packets == bddfalse) break;
    const Point& point = network_.points()[crossing.point];
    Packets accepted = network_.fate(crossing).accepted;
    if (relatedPasses(crossing, sentOutside(from.party))) accepted |= helped(crossing.point, from, to);
    const Packets checked = unforged(crossing, from.party, leg.from) | sourceRewritten();
    packets = before(crossing, packets, false) & (point.passing | (point.covered & checked & accepted));
    packets = behind(crossing, packets & answered(crossing), false);
  }
  packets &= leg.destinations.destination;
  const Packets sources = leg.sources.source | wideSources(from.party);
  return (packets | (uncovered(leg.route) & sources & heardBeside(leg, to.party) & network_.sent())) -
         inside(from);
}

Packets Ways::oneWay(End from, End to) const {
  const auto [found, isNew] = known_.try_emplace({from, to, kOneWay}, bddfalse);
  if (isNew) {
    Packets all = bddfalse;
    for (const Leg& leg : legs(from, to)) all |= oneWay(leg, from, to, false);
    known_[{from, to, kOneWay}] = all;
    return all;
  }
  return found->second;
}

Packets Ways::asAnswers(End from, End to) const {
  const auto [found, isNew] = known_.try_emplace({from, to, kAsAnswers}, bddfalse);
  if (isNew) {
    Packets all = bddfalse;
    for (const Leg& leg : legs(from, to)) all |= oneWay(leg, from, to, true);
    all -= oneWay(from, to);
    known_[{from, to, kAsAnswers}] = all;
    return all;
  }
  return found->second;
}

Packets Ways::conversation(End from, End to) const {
  const auto [found, isNew] = known_.try_emplace({from, to, kConversation}, bddfalse);
  if (isNew) {
    Packets all = bddfalse;
    for (const Leg& leg : legs(from, to)) all |= conversation(leg, from, to);
    known_[{from, to, kConversation}] = all;
    return all;
  }
  return found->second;
}

Packets Ways::crossing(PartyId from, PartyId to, PartyId reader) const {
  Packets all = bddfalse;
  const model::ZoneId zone = network_.parties()[reader].zone;
  const End a{from, false}, b{to, true};
  for (const Leg& leg : legs(a, b)) {
    for (std::size_t i = 0; i + 1 < leg.route.crossings.size(); ++i) {
      if (leg.route.crossings[i].to == zone) all |= conversation(leg, a, b);
    }
  }
  return all;
}

Packets Ways::opening(PartyId from, PartyId to) const {
  const End a{from, false}, b{to, false};
  const auto [found, isNew] = known_.try_emplace({a, b, kOpening}, bddfalse);
  if (!isNew) return found->second;
  Packets all = bddfalse;
  for (const model::ZoneId za : network_.parties()[from].zones) {
    for (const model::ZoneId zb : network_.parties()[to].zones) {
      for (const Route& route : network_.routes(za, zb)) {
        all |= oneWay(Leg{route, za, zb, network_.parties()[from].own, network_.parties()[to].own, false}, a,
                      b, false);
      }
    }
  }
  known_[{a, b, kOpening}] = all;
  return all;
}

}  // namespace vauban::check
