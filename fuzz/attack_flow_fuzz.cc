// Any bytes as an Attack Flow: a scenario whose alternatives and order hold together, or a refusal with
// places; and the same the second time.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>

#include "attack/attack_flow.h"
#include "base/result.h"
#include "base/utf8.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vauban;
  using namespace vauban::attack;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto lines = static_cast<std::uint32_t>(std::ranges::count(text, '\n')) + 1;
  const auto placed = [&](const Diagnostics& diagnostics) {
    return std::ranges::all_of(diagnostics, [&](const Diagnostic& diagnostic) {
      return !diagnostic.message.empty() && diagnostic.place.line >= 1 && diagnostic.place.line <= lines;
    });
  };
  const auto first = readAttackFlow(text, "f.afb");
  const auto second = readAttackFlow(text, "f.afb");
  VAUBAN_CHECK(first == second);
  if (!first) {
    VAUBAN_CHECK(hasErrors(first.error()) && placed(first.error()));
    return 0;
  }
  VAUBAN_CHECK(!hasErrors(first->warnings) && placed(first->warnings));
  std::set<std::string> ids;
  for (std::size_t i = 0; i < first->actions.size(); ++i) {
    const FlowAction& action = first->actions[i];
    VAUBAN_CHECK(!action.id.empty() && ids.insert(action.id).second);
    VAUBAN_CHECK(firstInvalidUtf8(action.name) == std::string::npos);
    VAUBAN_CHECK(!action.confidence || *action.confidence <= 100);
    for (const FlowAlternative& way : action.before) {
      VAUBAN_CHECK(!way.empty() && std::ranges::is_sorted(way) && way.back().index() < first->actions.size());
      VAUBAN_CHECK(!std::ranges::binary_search(way, FlowActionId(i)));
    }
  }
  const std::set<FlowActionId> told(first->order.begin(), first->order.end());
  VAUBAN_CHECK(told.size() == first->actions.size() && first->order.size() == told.size());
  return 0;
}
