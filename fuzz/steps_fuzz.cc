// Any bytes as a file of step templates: read, or refused with a reason; and the same answer the second time.
#include <cstddef>
#include <cstdint>
#include <string>

#include "attack/step_template.h"
#include "base/result.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vauban;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto first = attack::StepTemplates::parse({{"steps.yaml", text}});
  const auto second = attack::StepTemplates::parse({{"steps.yaml", text}});
  VAUBAN_CHECK(first.has_value() == second.has_value());
  if (!first) {
    VAUBAN_CHECK(first.error() == second.error());
    VAUBAN_CHECK(hasErrors(first.error()));
    return 0;
  }
  VAUBAN_CHECK(first->all().size() == second->all().size());
  for (const attack::StepTemplate& step : first->all()) {
    VAUBAN_CHECK(!step.id.empty() && !step.technique.empty() && !step.tactic.empty() && !step.needs.empty());
    VAUBAN_CHECK(step.judged.size() <= step.counteredBy.size());
    for (const attack::Premise& premise : step.needs) VAUBAN_CHECK(premise.services.Validate());
  }
  return 0;
}
