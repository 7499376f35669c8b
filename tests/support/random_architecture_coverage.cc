#include <fmt/format.h>

#include "tests/support/random_architecture.h"

namespace vauban::tests {

std::string ArchitectureCoverage::toString(const model::BehaviourCatalogue& behaviours) const {
  std::string text;
  for (const auto& [what, times] : drawn) text += fmt::format("  {:6} {}\n", times, what);
  for (const auto& behaviour : behaviours.all()) {
    if (!drawn.contains("behaviour " + behaviour.name))
      text += "       not drawn: behaviour " + behaviour.name + "\n";
    for (const auto& [property, rule] : behaviour.properties) {
      for (const auto& value : rule.values) {
        const auto what = fmt::format("{}.{}: {}", behaviour.name, property, value);
        if (!drawn.contains(what)) text += "       not drawn: " + what + "\n";
      }
    }
  }
  return text;
}

}  // namespace vauban::tests
