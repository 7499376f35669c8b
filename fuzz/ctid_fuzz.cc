// Any bytes as a file of the Mappings Explorer: crosswalks and scores that account for every row, or a
// refusal with places; and the same the second time.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/result.h"
#include "catalog/ctid_reader.h"
#include "catalog/well_formed_id.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vauban;
  using namespace vauban::catalog;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto lines = static_cast<std::uint32_t>(std::ranges::count(text, '\n')) + 1;
  const auto placed = [&](const Diagnostics& diagnostics) {
    return std::ranges::all_of(diagnostics, [&](const Diagnostic& diagnostic) {
      return !diagnostic.message.empty() && diagnostic.place.line >= 1 && diagnostic.place.line <= lines;
    });
  };
  const auto first = readCtid(text, "m.json");
  const auto second = readCtid(text, "m.json");
  VAUBAN_CHECK(first.has_value() == second.has_value());
  if (!first) {
    VAUBAN_CHECK(first.error() == second.error());
    VAUBAN_CHECK(hasErrors(first.error()) && placed(first.error()));
    return 0;
  }
  VAUBAN_CHECK(first->crosswalks == second->crosswalks && first->scores == second->scores);
  VAUBAN_CHECK(!hasErrors(first->warnings) && placed(first->warnings));
  std::size_t rows = first->crosswalks.size() + first->repeats + first->nonMappable + first->incomplete;
  for (const Score& score : first->scores) {
    VAUBAN_CHECK(wellFormedId(Framework::attackEnterprise, score.technique) == score.technique);
    rows += score.rows;
  }
  VAUBAN_CHECK(rows == first->rows);
  for (std::size_t i = 0; i < first->crosswalks.size(); ++i) {
    const Crosswalk& row = first->crosswalks[i];
    VAUBAN_CHECK(i == 0 || !naturalLess(row.from, first->crosswalks[i - 1].from));
    VAUBAN_CHECK(!row.from.empty() && !row.relation.empty());
    VAUBAN_CHECK(wellFormedId(row.toFramework, row.to) == row.to);
  }
  return 0;
}
