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
    // What lies in no zone nobody has.
    if (network.endpoint(c).zone.valid() && (any || network.named(terms, c))) classes.push_back(c);
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

namespace {

// A host at home in a named zone is reached at any of its addresses.
std::vector<ClassIndex> listeners(const Network& network, const PlaceTerms& terms) {
  return withOtherLegs(network, terms,
                       [](const reach::Party& party, model::ZoneId zone) { return party.zone == zone; });
}

// Whether an address stands beside the place: in the zone that it names, the home of a host, the zones of
// addresses.
bool besides(const Network& network, const PlaceTerm& place, ClassIndex address) {
  const model::ZoneId zone = network.endpoint(address).zone;
  if (place.kind == PlaceTerm::Kind::zone) return place.zone == zone;
  if (place.kind == PlaceTerm::Kind::host) return network.model().at(place.host).zone == zone;
  return place.addresses.intersects(network.model().at(zone).addresses);
}

}  // namespace

std::vector<std::pair<ClassIndex, ClassIndex>> conversations(const Network& network, const Claim& claim) {
  std::vector<std::pair<ClassIndex, ClassIndex>> pairs;
  auto add = [&](ClassIndex from, ClassIndex to) {
    const reach::EndpointClass &a = network.endpoint(from), &b = network.endpoint(to);
    if (a.family == b.family && (a.party != b.party || network.several(a.party)))
      pairs.emplace_back(from, to);
  };
  auto addAll = [&](const std::vector<ClassIndex>& from, const std::vector<ClassIndex>& to) {
    for (const ClassIndex a : from) {
      for (const ClassIndex b : to) add(a, b);
    }
  };
  if (claim.kind == ClaimKind::always) {
    addAll(classesOf(network, claim.from), classesOf(network, claim.to));
    return pairs;
  }
  if (claim.kind != ClaimKind::only) {
    // A host with a leg in a named zone is a host of it, whichever leg it sends from.
    addAll(withOtherLegs(network, claim.from,
                         [](const reach::Party& party, model::ZoneId zone) {
                           return std::ranges::find(party.zones, zone) != party.zones.end();
                         }),
           listeners(network, claim.to));
    return pairs;
  }
  // `only`: everybody else's, but those that stand beside the place. `any` is each zone by itself.
  PlaceTerms places;
  for (const PlaceTerm& term : claim.to) {
    if (term.kind != PlaceTerm::Kind::any) {
      places.push_back(term);
      continue;
    }
    for (std::size_t z = 0; z < network.model().zones.size(); ++z) {
      PlaceTerm zone;
      zone.kind = PlaceTerm::Kind::zone;
      zone.zone = model::ZoneId(z);
      places.push_back(zone);
    }
  }
  const std::vector<ClassIndex> exempt = classesOf(network, claim.from);
  for (const PlaceTerm& place : places) {
    std::vector<ClassIndex> from;
    for (ClassIndex c = 0; c < network.endpointCount(); ++c) {
      if (network.endpoint(c).zone.valid() && !besides(network, place, c) &&
          !std::ranges::binary_search(exempt, c))
        from.push_back(c);
    }
    addAll(from, listeners(network, {place}));
  }
  std::ranges::sort(pairs);
  pairs.erase(std::ranges::unique(pairs).begin(), pairs.end());
  return pairs;
}

ServiceSet ofFamily(ServiceSet services, Family family) {
  return services - ServiceSet::protocol(family == Family::ipv4 ? space::kIcmpV6 : space::kIcmp);
}

}  // namespace vauban::channel
