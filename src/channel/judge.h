// What the files of the judge share; private to this room.
#pragma once

#include <vector>

#include "channel/verdict.h"

namespace vauban::channel {

struct Judge::World {
  World(const model::Model& model, const model::BehaviourCatalogue& behaviours, const Trust& trust,
        reach::Atoms& atoms, const std::vector<std::vector<bool>>& values,
        const std::vector<const space::AddressSet*>& distinguish, const Deadline& deadline)
      : network(model, atoms, values, distinguish), solver(network, behaviours, trust, deadline) {}
  reach::Network network;
  Solver solver;
};

// Hosts first, then the unlisted machines of zones. `any` is every trusted party. `legs`: a host with a leg
// in a named zone counts as its host too, wherever its home is.
std::vector<reach::PartyId> partiesOf(const reach::Network& network, const model::PlaceTerms& terms,
                                      bool legs = false);
std::vector<reach::ClassIndex> classesOf(const reach::Network& network, const model::PlaceTerms& terms);
// The conversations that a claim about reach is about, by who opens and who is reached: of `only`, those of
// everybody else outside the zone of what is reached. Of one family, never of a machine with itself; sorted
// where the claim is `only`.
std::vector<std::pair<reach::ClassIndex, reach::ClassIndex>> conversations(const reach::Network& network,
                                                                           const model::Claim& claim);
space::ServiceSet ofFamily(space::ServiceSet services, space::Family family);

}  // namespace vauban::channel
