// RFC 4180 text as rows of cells that know where they stand; for the files of this room only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"

namespace vauban::import {

struct CsvCell {
  std::string text;                    // without its quotes
  std::uint32_t line = 0, column = 0;  // of its first character, inside the quotes
};

struct CsvRow {
  std::uint32_t line = 0;
  std::string_view text;  // as written, without the line end
  std::vector<CsvCell> cells;
};

struct CsvLimits {
  std::size_t bytes = 64U << 20U;
  std::size_t rows = 200'000;
  std::size_t cells = 1000;  // a row
  std::size_t diagnostics = 1000;
};

// The separator is the one of ',', ';' and tab that the first row has most of. Rows without any text are left
// out.
std::vector<CsvRow> readCsvTable(const std::string& name, std::string_view text, const CsvLimits& limits,
                                 Diagnostics& diagnostics);

}  // namespace vauban::import
