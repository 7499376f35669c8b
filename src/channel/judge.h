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
// Where a claim about reach asks whether they arrive.
std::vector<reach::ClassIndex> listeners(const reach::Network& network, const model::Claim& claim);
// Whose conversations a claim about reach is about: of `only`, everybody else's outside the home of `to`.
std::vector<reach::ClassIndex> openers(const reach::Network& network, const model::Claim& claim,
                                       const std::vector<reach::ClassIndex>& to);
space::ServiceSet ofFamily(space::ServiceSet services, space::Family family);

}  // namespace vauban::channel
