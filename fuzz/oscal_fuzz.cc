// Any bytes as OSCAL, of 800-53 and of another framework: controls and members as the header promises them,
// or a refusal with places; and the same the second time.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/result.h"
#include "catalog/oscal_reader.h"
#include "catalog/well_formed_id.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vauban;
  using namespace vauban::catalog;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto lines = static_cast<std::uint32_t>(std::ranges::count(text, '\n')) + 1;
  for (const Framework framework : {Framework::nist80053, Framework::nistCsf}) {
    OscalOptions options;
    options.framework = framework;
    if (framework == Framework::nistCsf) options.profile = "ours";
    const auto first = readOscal(text, "c.json", options);
    const auto second = readOscal(text, "c.json", options);
    VAUBAN_CHECK(first.has_value() == second.has_value());
    if (!first) {
      VAUBAN_CHECK(first.error() == second.error());
      VAUBAN_CHECK(hasErrors(first.error()));
      for (const Diagnostic& diagnostic : first.error())
        VAUBAN_CHECK(diagnostic.place.line >= 1 && diagnostic.place.line <= lines);
      continue;
    }
    VAUBAN_CHECK(first->controls == second->controls && first->members == second->members);
    VAUBAN_CHECK(first->kind == OscalReading::Kind::catalog ? !first->controls.empty()
                                                            : first->controls.empty());
    for (std::size_t i = 0; i < first->controls.size(); ++i) {
      const Control& control = first->controls[i];
      VAUBAN_CHECK(i == 0 || naturalLess(first->controls[i - 1].id, control.id));
      VAUBAN_CHECK(wellFormedId(framework, control.id) == control.id);
      VAUBAN_CHECK(!control.title.empty() && control.source == first->source.id);
      VAUBAN_CHECK(control.profiles.empty() == (control.withdrawn || first->profile.empty()));
    }
    for (std::size_t i = 0; i < first->members.size(); ++i)
      VAUBAN_CHECK(i == 0 || naturalLess(first->members[i - 1], first->members[i]));
  }
  return 0;
}
