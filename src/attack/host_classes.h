// Hosts that nothing of a model tells apart (semantics 3): one class, and one of them stands for all.
#pragma once

#include <vector>

#include "model/model.h"

namespace vauban::attack {

// By host: the first host of its class, itself where it stands for others or for nobody but itself. Two hosts
// are of one class if they lie in the same zones, run the same, are used by the same, and no rule, list,
// asset, credential, claim, countermeasure or device of the model names the one and not the other.
// Cost: hosts times the lists of addresses that the model has.
std::vector<model::HostId> representatives(const model::Model& model);

}  // namespace vauban::attack
