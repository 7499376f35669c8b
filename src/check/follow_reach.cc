#include <algorithm>

#include "check/follow.h"

namespace vauban::check {
namespace {

// In claims about reach a zone means the addresses that lie in it, of whomever (decision 0004).
Addresses meant(const Network& network, const model::PlaceTerms& terms) {
  const Addresses all = network.addressesOf(terms);
  return all;
}

struct Ends {
  PartyId from, to;
  Packets addresses;  // of the senders and receivers that the claim is about
};

std::string witnessOf(const Network& network, PartyId from, PartyId to) {
  return network.parties()[from].text + " to " + network.parties()[to].text;
}

std::vector<Ends> pairsOf(const Network& network, const model::Claim& claim) {
  Addresses from = meant(network, claim.from), to = meant(network, claim.to);
  const bool only = claim.kind == model::ClaimKind::only;
  if (only) {
    // No address outside `from` and outside the zone of `to`: the home of a host, the zones of addresses.
    Addresses exempt = from;
    for (const model::PlaceTerm& term : claim.to) {
      for (std::size_t i = 0; i < network.model().zones.size(); ++i) {
        const model::ZoneId zone(i);
        const bool home = term.kind == model::PlaceTerm::Kind::host
                              ? network.model().at(term.host).zone == zone
                              : network.addressesOf({term}).meets(network.ofZoneAddresses(zone));
        if (home) exempt = exempt | network.ofZoneAddresses(zone);
      }
    }
    from = Addresses::all() - exempt;
  }
  std::vector<Ends> pairs;
  for (PartyId a = 0; a < network.parties().size(); ++a) {
    for (PartyId b = 0; b < network.parties().size(); ++b) {
      const Party &one = network.parties()[a], &other = network.parties()[b];
      if (a == b && !one.group) continue;
      const Packets packets = (one.own & from).source & (other.own & to).destination;
      if (packets != bddfalse) pairs.push_back({a, b, packets});
    }
  }
  return pairs;
}

}  // namespace

// Of these packets, those that some route may not let through (`always`: every packet, on every path).
Packets Ways::lost(PartyId from, PartyId to, Packets of) const {
  Packets lost = bddfalse;
  for (const model::ZoneId za : network_.parties()[from].zones) {
    for (const model::ZoneId zb : network_.parties()[to].zones) {
      const auto& routes = network_.routes(za, zb);
      if (routes.empty()) lost |= of;
      for (const Route& route : routes) {
        Packets here = of;
        for (const Crossing& crossing : route.crossings) {
          const Point& point = network_.points()[crossing.point];
          const Fate& fate = network_.fate(crossing);
          const Packets sure = fate.accepted - fate.dropped - fate.rejected;
          // A family that the rules may not decide passes for certain only where that is stated.
          const Packets covered = point.surelyCovered & sure & unforged(crossing, from, false);
          const bool passes = point.uncoveredPasses.value.value_or(false);
          const Packets open =
              passes ? point.passing & (sure | (Packets(bddtrue) - point.covered)) : Packets(bddfalse);
          here &= covered | open;
        }
        lost |= of - here;
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
  const Packets over = ofServices(claim.over);
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
      if (ways.lost(ends.from, ends.to, ends.addresses & over & network.real()) != bddfalse) {
        verdict.reject("some packet of the claim from " + what + " may be lost", where);
      }
    } else {
      const Packets free = ways.opening(ends.from, ends.to);
      // In a family without addresses of their own they speak all the same where nothing filters.
      const Party &one = network.parties()[ends.from], &other = network.parties()[ends.to];
      const Packets linkLocal = free - one.own.source - other.own.destination;
      if ((free & over & (ends.addresses | linkLocal)) != bddfalse) {
        verdict.reject("a conversation of the claim can be opened from " + what, where);
      }
    }
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
