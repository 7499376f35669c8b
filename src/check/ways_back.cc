// What is sent back to the source that a packet bears (semantics 2, 4 and 5.4): by services, closed ports and
// rejecting filters.
#include <algorithm>

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

// Whether a quote from the device that rejects gets to a zone of `to`: over each further point as an answer
// to what that point saw, as related to some flow of the receiver's, or by a rule of its own.
bool Ways::quoteReturns(const Crossing& rejecting, const std::vector<Crossing>& seen, End to) const {
  const Point& device = network_.points()[rejecting.point];
  const auto passesOn = [&](const Crossing& crossing, bool outside, const Addresses& receiver) -> bool {
    const Point& point = network_.points()[crossing.point];
    if (point.passing != bddfalse) return true;
    for (const Crossing& one : seen) {
      if (network_.sameDevice(one.point, crossing.point) &&
          (point.answersPass || relatedPasses(crossing, outside))) {
        return true;
      }
    }
    if (relatedPasses(crossing, outside) && hasFlow(crossing.point, to)) return true;
    const bool checked = point.antiSpoofing && *point.antiSpoofing.value != model::AntiSpoofing::off;
    const Packets sources = checked ? network_.behind(crossing).source : Packets(bddtrue);
    const Packets quotes = (icmpErrors() | tcp()) & sources & receiver.destination;
    return (quotes & point.covered & network_.fate(crossing).accepted) != bddfalse;
  };
  for (const model::ZoneId zone : network_.parties()[to.party].zones) {
    if (!device.link || zone == rejecting.from || zone == rejecting.to) return true;
    for (const model::ZoneId side : {rejecting.from, rejecting.to}) {
      for (const Route& route : network_.routes(side, zone)) {
        bool passes = true;
        for (const Crossing& crossing : route.crossings) {
          passes = passes && passesOn(crossing, network_.untrusted(side), addressesAt(to, zone));
        }
        if (passes) return true;
      }
    }
  }
  return false;
}

Packets Ways::quoted(PartyId from, End to) const {
  const End a{from, true};
  const Party& sender = network_.parties()[from];
  Addresses receiver;
  for (const model::ZoneId zone : network_.parties()[to.party].zones) {
    receiver = receiver | addressesAt(to, zone);
  }
  Packets all = bddfalse;
  for (const model::ZoneId za : sender.zones) {
    for (std::size_t z = 0; z < network_.model().zones.size(); ++z) {
      for (const Route& route : network_.routes(za, model::ZoneId(z))) {
        const Leg leg{route, za, model::ZoneId(z), {}, {}, false};
        Packets packets = network_.sent();
        // It takes this way only to an address at its end.
        if (!network_.rewrites()) {
          packets &= receiver.source & network_.ofZoneAddresses(model::ZoneId(z)).destination;
        }
        std::vector<Crossing> seen;
        for (const Crossing& crossing : route.crossings) {
          if (packets == bddfalse) break;
          const Packets seenThere = before(crossing, packets, false) | before(crossing, packets, true);
          const Packets checked = seenThere & network_.either(receiver.source) &
                                  (unforged(crossing, from, za) | sourceRewritten());
          const Packets rejected =
              checked & network_.fate(crossing).rejected & network_.points()[crossing.point].covered;
          if (rejected != bddfalse && quoteReturns(crossing, seen, to)) all |= rejected;
          packets = across(crossing, packets, leg, a, to, true);
          seen.push_back(crossing);
        }
      }
    }
  }
  return all;
}

}  // namespace vauban::check
