// Random small architectures with what the attack graph is about: people, platforms, software, accounts,
// credentials, assets, countermeasures, managed devices, where the attacker begins. The same seed gives the
// same text.
#pragma once

#include <cstdint>
#include <string>

#include "model/behaviour.h"

namespace vauban::tests {

std::string randomAttackModel(std::uint64_t seed, const model::BehaviourCatalogue& behaviours);

}  // namespace vauban::tests
