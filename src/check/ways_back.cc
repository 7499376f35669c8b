// What is sent back to the source that a packet bears (semantics 4, 5.4 and 5.6): by services, closed ports
// and enforcement points.
#include <algorithm>
#include <set>

#include "check/ways.h"

namespace vauban::check {

Packets Ways::reflected(PartyId from, PartyId mirror, End to, Packets answering, Packets erring) const {
  const End a{from, true}, n{mirror, false};
  const Packets reflecting = answering | erring;
  const Party &machine = network_.parties()[mirror], &receiver = network_.parties()[to.party];
  if (((oneWay(a, n) | asAnswers(a, n)) & reflecting) == bddfalse) return bddfalse;
  Packets all = bddfalse;
  for (const Leg& out : legs(a, n)) {
    const Packets sent = oneWay(out, a, n, true) & reflecting;
    if (sent == bddfalse) continue;
    for (const Leg& home : legs(n, to)) {
      // The answer goes to the source as the mirror saw it, or back to that which a rewrite replaced, and may
      // be rewritten itself.
      const Packets ends =
          network_.either(home.destinations.source | (uncovered(home.route) & receiver.linkLocal.source));
      Packets packets = network_.rewrites() ? sent : sent & ends;
      // Replies follow the opener's path back (semantics 4): who is on the path there has read the question.
      if (home.onPath) packets -= network_.parties()[from].own.source & network_.sent();
      for (const Crossing& crossing : home.route.crossings) {
        if (packets == bddfalse) break;
        const Point& point = network_.points()[crossing.point];
        bool saw = false;
        for (const Crossing& seen : out.route.crossings) {
          saw = saw || network_.sameDevice(seen.point, crossing.point);
        }
        // The answer bears the address that the packet was sent to.
        const auto& checks = point.antiSpoofing;
        Packets sources = bddtrue;
        if (checks && *checks.value != model::AntiSpoofing::off && !network_.rewrites()) {
          sources = network_.behind(crossing).destination | network_.ofZoneAddresses(home.from).destination;
        }
        Packets passing = answering & network_.either(network_.fateOfAnswer(crossing).accepted);
        const Packets errors = icmpErrors() & machine.own.source & home.destinations.destination &
                               point.covered & unforged(crossing, mirror, home.from);
        if ((errors & network_.fate(crossing).accepted) != bddfalse) passing |= erring;
        passing = point.passing | (point.covered & sources & passing);
        // To a packet that it has seen the answer is a reply, the error is related.
        if (saw && point.answersPass) passing |= answering;
        if (saw && relatedPasses(crossing, sentOutside(mirror))) passing |= erring;
        packets = network_.nat(crossing, true, packets, Role::answered) & passing;
        packets = network_.nat(crossing, false, packets, Role::answered);
      }
      all |= packets & ends;
    }
  }
  return all;
}

// Packets from zone to zone over a device that belong to a flow which it may know: an error that quotes one
// of them is related (5.4).
Packets Ways::inFlows(PointId point) const {
  const auto [found, isNew] = inFlows_.try_emplace(point, bddfalse);
  if (!isNew) return found->second;
  Packets all = bddfalse;
  for (PointId other = 0; other < network_.points().size(); ++other) {
    if (!network_.sameDevice(point, other)) continue;
    all |= network_.points()[other].passing;
    for (const Crossing& flow : bothWays(other))
      all |= network_.either(network_.fate(flow).accepted | network_.fateOfAnswer(flow).accepted);
  }
  all &= crosses(point);
  inFlows_[point] = all;
  return all;
}

// Of quoted packets those whose errors a point lets pass: to `receiver`, from any address of `beside`, where
// the device stands that sends them. Its own address is not in the model.
Packets Ways::errorsPass(const Crossing& crossing, model::ZoneId origin, const Addresses& beside,
                         const Addresses& receiver) const {
  const Point& point = network_.points()[crossing.point];
  Packets passing = point.passing;
  const Packets byRule =
      icmpErrors() & beside.source & receiver.destination & point.covered & network_.fate(crossing).accepted;
  for (const space::Family family : {space::Family::ipv4, space::Family::ipv6}) {
    if ((byRule & ofFamily(family)) != bddfalse) passing |= ofFamily(family);
  }
  if (relatedPasses(crossing, network_.untrusted(origin))) passing |= point.covered & inFlows(crossing.point);
  return passing;
}

// Of packets that the point quotes, those whose quote gets to an address of `to`: at once in every zone where
// the device stands, over further points where these let it pass.
Packets Ways::quotesReturn(const Crossing& quoting, Packets quoted, End to) const {
  std::set<model::ZoneId> beside;
  Addresses besides;
  for (PointId other = 0; other < network_.points().size(); ++other) {
    const auto& link = network_.points()[other].link;
    if (!link || !network_.sameDevice(other, quoting.point)) continue;
    for (const model::ZoneId zone : {network_.model().at(*link).from, network_.model().at(*link).to}) {
      beside.insert(zone);
      besides = besides | network_.ofZoneAddresses(zone);
    }
  }
  Packets all = bddfalse;
  for (const model::ZoneId zone : network_.parties()[to.party].zones) {
    const Addresses receiver = addressesAt(to, zone) & network_.ofZoneAddresses(zone);
    const Packets here = quoted & network_.either(receiver.source);
    if (here == bddfalse) continue;
    if (!network_.points()[quoting.point].link || beside.contains(zone)) {
      all |= here;
      continue;
    }
    for (const model::ZoneId side : beside) {
      for (const Route& route : network_.routes(side, zone)) {
        Packets left = here;
        for (const Crossing& crossing : route.crossings) {
          if (left == bddfalse || network_.sameDevice(crossing.point, quoting.point)) {
            left = bddfalse;
            break;
          }
          left &= errorsPass(crossing, side, besides, receiver);
        }
        all |= left;
      }
    }
  }
  return all;
}

Packets Ways::quoted(PartyId from, End to) const {
  const End a{from, true};
  const Party& sender = network_.parties()[from];
  Addresses receiver;
  for (const model::ZoneId zone : network_.parties()[to.party].zones)
    receiver = receiver | addressesAt(to, zone);
  const Packets victims = network_.either(receiver.source);
  const Packets none = icmpErrors();  // RFC 1122 section 3.2.2: no error is sent because of an error
  Packets all = bddfalse;
  std::set<Crossing> done;
  for (const model::ZoneId za : sender.zones) {
    for (std::size_t z = 0; z < network_.model().zones.size(); ++z) {
      const model::ZoneId zone(z);
      for (const Route& route : network_.routes(za, zone)) {
        const Leg leg{route, za, zone, {}, {}, false};
        Packets packets = network_.rewrites() ? network_.sent() : network_.sent() & receiver.source;
        bool first = true;
        for (const Crossing& crossing : route.crossings) {
          if (packets == bddfalse) break;
          // The points beside his zone a packet reaches wherever it is bound; others only on its way.
          if (!first || done.insert(crossing).second) {
            const Point& point = network_.points()[crossing.point];
            const Packets seen =
                (before(crossing, packets, false) | before(crossing, packets, true)) & victims;
            const auto& checks = point.antiSpoofing;
            // To another machine of the same group: its address is not the sender's own.
            const bool refused = from == to.party && checks && *checks.value == model::AntiSpoofing::host;
            Packets checked = refused ? Packets(bddfalse) : unforged(crossing, from, za);
            const Packets tolerated = point.passing | (point.covered & (checked | sourceRewritten()));
            const Packets quotes = (seen & tolerated) - none;
            if (quotes != bddfalse) all |= quotesReturn(crossing, quotes, to);
          }
          if (first && !network_.rewrites()) packets &= network_.ofZoneAddresses(zone).destination;
          packets = across(crossing, packets, leg, a, to, true);
          first = false;
        }
      }
    }
  }
  return all;
}

}  // namespace vauban::check
