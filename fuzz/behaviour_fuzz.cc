// Any bytes as a file of the behaviour catalogue: read, or refused with a reason; and the same answer the
// second time.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/result.h"
#include "model/behaviour.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vauban;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto first = model::BehaviourCatalogue::parse({{"behaviour.yaml", text}});
  const auto second = model::BehaviourCatalogue::parse({{"behaviour.yaml", text}});
  VAUBAN_CHECK(first.has_value() == second.has_value());
  if (!first) {
    VAUBAN_CHECK(first.error() == second.error());
    VAUBAN_CHECK(hasErrors(first.error()));
    return 0;
  }
  VAUBAN_CHECK(first->all().size() == second->all().size());
  for (const model::Behaviour& behaviour : first->all()) {
    VAUBAN_CHECK(!behaviour.name.empty());
    VAUBAN_CHECK(behaviour.listens.Validate());
    for (const model::Effect& effect : behaviour.effects) {
      VAUBAN_CHECK(effect.emits.Validate());
      VAUBAN_CHECK(effect.messagesPerSecond >= 0);
    }
    const auto id = first->find(behaviour.name);
    VAUBAN_CHECK(id && first->at(*id).name == behaviour.name);
  }
  return 0;
}
