#include <algorithm>

#include "check/follow.h"

namespace vauban::check {
namespace {

// In claims about reach a zone means the addresses that lie in it, of whomever (decision 0004), and all those
// of the hosts that are at home in it (decision 0017, the second leg).
Addresses meant(const Network& network, const model::PlaceTerms& terms) {
  Addresses all = network.addressesOf(terms);
  for (const model::PlaceTerm& term : terms) {
    if (term.kind != model::PlaceTerm::Kind::zone) continue;
    for (const Party& party : network.parties()) {
      if (party.zone == term.zone) all = all | party.own;
    }
  }
  return all;
}

struct Ends {
  PartyId from, to;
  Packets packets;  // between the addresses that lie in the places; none: no pair of the certificate
  Packets meant;    // that the claim is about, where each end may be its address as sent or as it arrives
};

std::string witnessOf(const Network& network, PartyId from, PartyId to) {
  return network.parties()[from].text + " to " + network.parties()[to].text;
}

// What a claim is about: packets from these addresses to those, but for parties that stand in the zone.
struct Sides {
  Addresses from, to;            // that lie in the places
  Addresses fromMeant, toMeant;  // that they mean
  std::optional<model::ZoneId> exempt;
};

// Of `only`: no address outside `from` and outside the zone of the place, nor whoever stands in that zone:
// the home of a host, the zones of addresses; `any` is each zone by itself.
std::vector<Sides> othersOf(const Network& network, const model::Claim& claim) {
  std::vector<Sides> others;
  const Addresses from = network.addressesOf(claim.from), fromMeant = meant(network, claim.from);
  const auto zones = network.model().zones.size();
  for (const model::PlaceTerm& term : claim.to) {
    if (term.kind == model::PlaceTerm::Kind::any) {
      for (std::size_t i = 0; i < zones; ++i) {
        const Addresses zone = network.ofZoneAddresses(model::ZoneId(i));
        others.push_back({Addresses::all() - (from | zone), zone, Addresses::all() - (fromMeant | zone), zone,
                          model::ZoneId(i)});
      }
      continue;
    }
    Addresses exempt;
    std::optional<model::ZoneId> standing;
    if (term.kind == model::PlaceTerm::Kind::zone) standing = term.zone;
    if (term.kind == model::PlaceTerm::Kind::host) standing = network.model().at(term.host).zone;
    for (std::size_t i = 0; i < zones; ++i) {
      const model::ZoneId zone(i);
      const bool home = term.kind == model::PlaceTerm::Kind::host
                            ? network.model().at(term.host).zone == zone
                            : network.addressesOf({term}).meets(network.ofZoneAddresses(zone));
      if (home) exempt = exempt | network.ofZoneAddresses(zone);
    }
    others.push_back({Addresses::all() - (from | exempt), network.addressesOf({term}),
                      Addresses::all() - (fromMeant | exempt), meant(network, {term}), standing});
  }
  return others;
}

std::vector<Ends> pairsOf(const Network& network, const model::Claim& claim) {
  std::vector<Sides> sides;
  if (claim.kind == model::ClaimKind::only) {
    sides = othersOf(network, claim);
  } else {
    sides.push_back({network.addressesOf(claim.from), network.addressesOf(claim.to),
                     meant(network, claim.from), meant(network, claim.to), std::nullopt});
  }
  std::vector<Ends> pairs;
  for (PartyId a = 0; a < network.parties().size(); ++a) {
    for (PartyId b = 0; b < network.parties().size(); ++b) {
      const Party &one = network.parties()[a], &other = network.parties()[b];
      if (a == b && !one.group) continue;
      Ends ends{a, b, bddfalse, bddfalse};
      for (const Sides& side : sides) {
        ends.packets |= (one.own & side.from).source & (other.own & side.to).destination;
        if (side.exempt && std::ranges::find(one.zones, *side.exempt) != one.zones.end()) continue;
        // In a family without addresses of their own they speak all the same where nothing filters.
        const Packets senders = ((one.own | one.linkLocal) & side.fromMeant).source;
        const Packets receivers = ((other.own | other.linkLocal) & side.toMeant).destination;
        ends.meant |= network.either(senders) & network.either(receivers);
      }
      if (ends.packets != bddfalse || ends.meant != bddfalse) pairs.push_back(ends);
    }
  }
  return pairs;
}

bool isLink(const Route& route) { return route.crossings.size() == 1 && route.crossings[0].point != 0; }

}  // namespace

// Of these packets, those that some route may not let through (`always`: every packet, on every path), as
// they are there. What a destination rewrite may take away is lost; what a source rewrite may change must
// pass in all ways in which it may (decision 0015).
Packets Ways::lost(PartyId from, PartyId to, Packets of) const {
  Packets lost = bddfalse;
  for (const model::ZoneId za : network_.parties()[from].zones) {
    for (const model::ZoneId zb : network_.parties()[to].zones) {
      const auto& routes = network_.routes(za, zb);
      if (routes.empty()) lost |= of;
      // Semantics 3: only zones with no link to each other reach each other over chains.
      const bool linked = std::ranges::any_of(routes, isLink);
      for (const Route& route : routes) {
        if (linked && !isLink(route)) continue;
        Packets here = of;
        for (const Crossing& crossing : route.crossings) {
          const Point& point = network_.points()[crossing.point];
          const Fate& fate = network_.fate(crossing);
          for (const auto& change : network_.changes(crossing, true).rewrites) lost |= here & change.first;
          const Packets sure = fate.accepted - fate.dropped - fate.rejected;
          // A family that the rules may not decide passes for certain only where that is stated.
          const Packets covered = point.surelyCovered & sure & unforged(crossing, from, za);
          const bool passes = point.uncoveredPasses.value.value_or(false);
          const Packets open =
              passes ? point.passing & (sure | (Packets(bddtrue) - point.covered)) : Packets(bddfalse);
          lost |= here - (covered | open);
          const Changes& behind = network_.changes(crossing, false);
          Packets next = here & behind.stays;
          for (const auto& [matched, rewrite] : behind.rewrites) {
            if (rewrite->destination || rewrite->destinationPorts) lost |= here & matched;
            next |= rewritten(here & matched, *rewrite, Role::packet) & network_.real();
          }
          here = next;
        }
      }
    }
  }
  return lost;
}

void followReach(Verdict& verdict, const Certificate& certificate, const Network& network,
                 const model::Claim& claim) {
  const Ways ways(network);
  const Listing listing(network);
  if (!certificate.closures.empty()) verdict.reject("a claim about reach has no closures", "/closures");
  const bool always = claim.kind == model::ClaimKind::always;
  const Packets over = always ? ofServices(claim.over) : network.either(ofServices(claim.over));
  std::map<std::pair<std::string, std::string>, const Pair*> written;
  const Pair* last = nullptr;
  for (const Pair& pair : certificate.pairs) {
    if (!written.emplace(std::pair(pair.from, pair.to), &pair).second) {
      verdict.reject("the pair of " + pair.from + " and " + pair.to + " is there twice", pair.where);
    }
    if (last != nullptr && std::tie(last->from, last->to) > std::tie(pair.from, pair.to)) {
      verdict.reject("the pair of " + pair.from + " and " + pair.to + " is out of order", pair.where);
    }
    last = &pair;
  }
  for (const Ends& ends : pairsOf(network, claim)) {
    ++verdict.result().steps;
    const std::string &from = network.parties()[ends.from].text, &to = network.parties()[ends.to].text;
    const std::string what = witnessOf(network, ends.from, ends.to);
    const auto found = written.find({from, to});
    const std::string where = found == written.end() ? "/pairs" : found->second->where;
    if (always) {
      if (ways.lost(ends.from, ends.to, ends.packets & over & network.sent()) != bddfalse) {
        verdict.reject("some packet of the claim from " + what + " may be lost", where);
      }
    } else {
      const Packets free = ways.opening(ends.from, ends.to);
      if ((free & over & ends.meant) != bddfalse) {
        verdict.reject("a conversation of the claim can be opened from " + what, where);
      }
    }
    if (ends.packets == bddfalse) continue;
    if (found == written.end()) {
      verdict.reject("the pair of " + from + " and " + to + " is left out", "/pairs");
      continue;
    }
    const Reasons expected =
        always ? listing.accepting(ends.from, ends.to, over) : listing.between(ends.from, ends.to);
    checkBecause(verdict, certificate, found->second->because, expected, "the pair of " + from + " and " + to,
                 found->second->where);
    written.erase(found);
  }
  for (const auto& [key, pair] : written) {
    verdict.reject("the pair of " + pair->from + " and " + pair->to + " is none of the claim", pair->where);
  }
}

}  // namespace vauban::check
