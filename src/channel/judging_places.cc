// Whom the places of a claim mean.
#include <algorithm>

#include "channel/judge.h"

namespace vauban::channel {

using model::Claim;
using model::ClaimKind;
using model::PlaceTerm;
using model::PlaceTerms;
using reach::ClassIndex;
using reach::Network;
using reach::PartyId;
using space::Family;
using space::ServiceSet;

// Hosts first, then the unlisted machines of zones. `any` is every trusted party.
// `legs`: a host with a leg in a named zone counts as its host too, wherever its home is.
std::vector<PartyId> partiesOf(const Network& network, const PlaceTerms& terms, bool legs) {
  std::vector<PartyId> parties;
  for (std::size_t p = 0; p < network.parties().size(); ++p) {
    const reach::Party& party = network.parties()[p];
    const bool named = std::ranges::any_of(terms, [&](const PlaceTerm& term) {
      switch (term.kind) {
        case PlaceTerm::Kind::any:
          return !party.adversary;
        case PlaceTerm::Kind::zone:
          return party.zone == term.zone ||
                 (legs && std::ranges::find(party.zones, term.zone) != party.zones.end());
        case PlaceTerm::Kind::host:
          return PartyId(p) == network.partyOf(term.host);
        case PlaceTerm::Kind::addresses:
          return std::ranges::any_of(party.classes, [&](ClassIndex c) {
            return !network.endpoint(c).linkLocal && network.endpoint(c).addresses.intersects(term.addresses);
          });
        case PlaceTerm::Kind::name:
          return false;
      }
      return false;
    });
    if (named && (party.kind == reach::Party::Kind::host || party.classes.size() > 0))
      parties.push_back(PartyId(p));
  }
  return parties;
}

std::vector<ClassIndex> classesOf(const Network& network, const PlaceTerms& terms) {
  std::vector<ClassIndex> classes;
  for (ClassIndex c = 0; c < network.endpointCount(); ++c) {
    const bool any =
        std::ranges::any_of(terms, [](const PlaceTerm& t) { return t.kind == PlaceTerm::Kind::any; });
    if (any ? true : network.named(terms, c)) classes.push_back(c);
  }
  return classes;
}

namespace {

// The classes that the terms name, and all those of the parties that lie in a zone they name.
template <class Lies>
std::vector<ClassIndex> withOtherLegs(const Network& network, const PlaceTerms& terms, Lies lies) {
  std::vector<ClassIndex> classes = classesOf(network, terms);
  for (const reach::Party& party : network.parties()) {
    const bool member = std::ranges::any_of(terms, [&](const PlaceTerm& term) {
      return term.kind == PlaceTerm::Kind::zone && lies(party, term.zone);
    });
    if (member) classes.insert(classes.end(), party.classes.begin(), party.classes.end());
  }
  std::ranges::sort(classes);
  classes.erase(std::ranges::unique(classes).begin(), classes.end());
  return classes;
}

}  // namespace

std::vector<ClassIndex> listeners(const Network& network, const Claim& claim) {
  if (claim.kind == ClaimKind::always) return classesOf(network, claim.to);
  // A host at home in a named zone is reached at any of its addresses.
  return withOtherLegs(network, claim.to,
                       [](const reach::Party& party, model::ZoneId zone) { return party.zone == zone; });
}

// Whose conversations a claim about reach is about: of `only`, everybody else's outside the home of `to`.
std::vector<ClassIndex> openers(const Network& network, const Claim& claim,
                                const std::vector<ClassIndex>& to) {
  if (claim.kind == ClaimKind::always) return classesOf(network, claim.from);
  if (claim.kind != ClaimKind::only) {
    // A host with a leg in a named zone is a host of it, whichever leg it sends from.
    return withOtherLegs(network, claim.from, [](const reach::Party& party, model::ZoneId zone) {
      return std::ranges::find(party.zones, zone) != party.zones.end();
    });
  }
  std::vector<bool> home(network.model().zones.size(), false);
  for (ClassIndex c : to) home[network.at(network.endpoint(c).party).zone.index()] = true;
  std::vector<ClassIndex> from;
  for (ClassIndex c = 0; c < network.endpointCount(); ++c) {
    if (!home[network.endpoint(c).zone.index()] && !network.named(claim.from, c)) from.push_back(c);
  }
  return from;
}

ServiceSet ofFamily(ServiceSet services, Family family) {
  return services - ServiceSet::protocol(family == Family::ipv4 ? space::kIcmpV6 : space::kIcmp);
}

}  // namespace vauban::channel
