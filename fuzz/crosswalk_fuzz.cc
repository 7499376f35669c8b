// Any bytes as the mapping of controls to D3FEND, text or workbook: crosswalks as the header promises them,
// or a refusal with places; and the same the second time.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/result.h"
#include "catalog/crosswalk_reader.h"
#include "catalog/well_formed_id.h"
#include "catalog/workbook.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vauban;
  using namespace vauban::catalog;
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const auto lines = static_cast<std::uint32_t>(std::ranges::count(bytes, '\n')) + 1;
  CrosswalkOptions options;
  options.bytes = 1U << 20U;
  const auto first = readCrosswalk(bytes, "x", options);
  const auto second = readCrosswalk(bytes, "x", options);
  VAUBAN_CHECK(first.has_value() == second.has_value());
  if (!first) {
    VAUBAN_CHECK(first.error() == second.error());
    VAUBAN_CHECK(hasErrors(first.error()));
    for (const Diagnostic& diagnostic : first.error())
      VAUBAN_CHECK(isWorkbook(bytes) || (diagnostic.place.line >= 1 && diagnostic.place.line <= lines));
    return 0;
  }
  VAUBAN_CHECK(first->crosswalks == second->crosswalks);
  for (std::size_t i = 0; i < first->crosswalks.size(); ++i) {
    const Crosswalk& row = first->crosswalks[i];
    VAUBAN_CHECK(i == 0 || first->crosswalks[i - 1] != row);
    VAUBAN_CHECK(i == 0 || !naturalLess(row.from, first->crosswalks[i - 1].from));
    VAUBAN_CHECK(wellFormedId(row.fromFramework, row.from) == row.from);
    VAUBAN_CHECK(wellFormedId(row.toFramework, row.to) == row.to);
    VAUBAN_CHECK(row.source == first->source.id && !row.relation.empty());
  }
  return 0;
}
