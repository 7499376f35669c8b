// Random small architectures as text of the model file, from a seed. The same seed gives the same text.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "model/behaviour.h"

namespace vauban::tests {

// How often what was drawn, by kind: "behaviour dns-recursive", "decides: before-recursing", "anti-spoofing:
// zone".
struct ArchitectureCoverage {
  std::map<std::string, std::uint64_t> drawn;
  // What was not drawn is said at the end.
  std::string toString(const model::BehaviourCatalogue& behaviours) const;
};

std::string randomArchitecture(std::uint64_t seed, const model::BehaviourCatalogue& behaviours,
                               ArchitectureCoverage* coverage);

}  // namespace vauban::tests
