#include <algorithm>

#include "check/follow.h"

namespace vauban::check {

std::vector<bool> partiesOf(const Network& network, const model::PlaceTerms& terms, bool asFrom) {
  std::vector<bool> named(network.parties().size(), false);
  for (const model::PlaceTerm& term : terms) {
    for (PartyId id = 0; id < network.parties().size(); ++id) {
      const Party& party = network.parties()[id];
      bool is = false;
      switch (term.kind) {
        case model::PlaceTerm::Kind::any:
          is = true;
          break;
        case model::PlaceTerm::Kind::zone:
          is = party.zone == term.zone ||
               (asFrom && std::ranges::find(party.zones, term.zone) != party.zones.end());
          break;
        case model::PlaceTerm::Kind::host:
          is = party.host == term.host;
          break;
        case model::PlaceTerm::Kind::addresses:
          is = party.own.meets(Addresses::of(term.addresses));
          break;
        case model::PlaceTerm::Kind::name:
          break;
      }
      if (is) named[id] = true;
    }
  }
  return named;
}

std::vector<bool> existing(const Network& network, const Aims& aims, const model::Claim& claim) {
  std::vector<bool> there(network.parties().size(), false);
  for (PartyId id = 0; id < network.parties().size(); ++id) {
    there[id] = network.parties()[id].host.has_value() || network.parties()[id].adversary;
  }
  for (const auto* terms : {&claim.from, &claim.to, &claim.heldByAdversary}) {
    const std::vector<bool> named = partiesOf(network, *terms, false);
    for (PartyId id = 0; id < named.size(); ++id) there[id] = there[id] || named[id];
  }
  for (const model::ServiceInstance& service : network.model().services) {
    for (const model::ZoneId zone : aims.poolZones(service)) there[network.ofZone(zone)] = true;
  }
  return there;
}

void checkBecause(Verdict& verdict, const Certificate& certificate, const std::vector<std::string>& because,
                  const Reasons& expected, const std::string& what, const std::string& where) {
  Reasons named;
  for (std::size_t i = 0; i < because.size(); ++i) {
    if (i > 0 && because[i - 1] >= because[i]) {
      verdict.reject(what + ": the reasons are not in order, or one is there twice", where + "/because");
    }
    const auto found = certificate.reasons.find(because[i]);
    if (found == certificate.reasons.end()) {
      verdict.reject(what + ": there is no reason '" + because[i] + "'", where + "/because");
      continue;
    }
    named.insert(found->second);
    if (!expected.contains(found->second)) {
      verdict.reject(what + ": '" + found->second.text + "' (" + found->second.kind + " of " +
                         found->second.about + ") decides nothing here",
                     where + "/because", {found->second.file, found->second.line, found->second.column});
    }
  }
  for (const Reason& reason : expected) {
    if (named.contains(reason)) continue;
    verdict.reject(what + ": '" + reason.text + "' (" + reason.kind + " of " + reason.about + ") is left out",
                   where + "/because", {reason.file, reason.line, reason.column});
  }
}

}  // namespace vauban::check
