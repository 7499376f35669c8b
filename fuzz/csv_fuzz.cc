// Any bytes as a table of filter rules: a program, or a refusal with places; and the same answer the second
// time.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/result.h"
#include "import/csv.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vauban;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto lines =
      static_cast<std::size_t>(std::ranges::count(text, '\n') + std::ranges::count(text, '\r')) + 1;
  // As our own headings, and with headings of another's.
  for (const auto& columns : {std::map<std::string, std::string>{},
                              {{"action", "Policy"}, {"from", "Source"}, {"to", "Destination"}}}) {
    const auto first = import::importCsv("rules.csv", text, columns);
    const auto second = import::importCsv("rules.csv", text, columns);
    VAUBAN_CHECK(first.has_value() == second.has_value());
    if (!first) {
      VAUBAN_CHECK(first.error() == second.error());
      VAUBAN_CHECK(hasErrors(first.error()));
      for (const Diagnostic& diagnostic : first.error()) VAUBAN_CHECK(diagnostic.place.line <= lines);
      continue;
    }
    VAUBAN_CHECK(first->chains.size() == second->chains.size());
    VAUBAN_CHECK(first->entry.index() < first->chains.size());
    for (const model::Chain& chain : first->chains) {
      for (const model::FilterRule& rule : chain.rules) {
        VAUBAN_CHECK(rule.source.Validate());
        VAUBAN_CHECK(rule.destination.Validate());
        VAUBAN_CHECK(rule.services.Validate());
        VAUBAN_CHECK(rule.place.line >= 1 && rule.place.line <= lines);
      }
    }
  }
  return 0;
}
