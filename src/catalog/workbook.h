// The cells of a spreadsheet (Office Open XML, ISO/IEC 29500-1, part 18: SpreadsheetML), as texts.
//
// Only what a reader of tables needs: the sheets, their rows and the text of each cell that has one. Formulas
// count by the value that was saved with them; styles, dates as such, charts and pivot tables are not looked
// at, and parts that are not sheets are not unpacked (one of the published workbooks carries 155 MB of them).
// Values; no thread concerns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace vauban::catalog {

struct WorkbookLimits {
  std::size_t bytes = 64U << 20U;  // of the file
  std::size_t part = 64U << 20U;   // of one part of it, unpacked
  std::size_t sheets = 100;
  std::size_t cells = 2'000'000;
  std::size_t text = 256U << 20U;  // of all cells together
};

struct WorkbookCell {
  std::uint32_t column = 0;  // from 1
  std::string text;
};

struct WorkbookRow {
  std::uint32_t number = 0;         // from 1
  std::vector<WorkbookCell> cells;  // those with a text, by column

  std::string_view at(std::uint32_t column) const;  // "" where there is none
};

struct WorkbookSheet {
  std::string name;
  std::vector<WorkbookRow> rows;  // those with a cell, by number
};

bool isWorkbook(std::string_view bytes);  // begins as a ZIP archive does

// `file` names it in diagnostics; a place there is a row and a column of a sheet that the message names.
Result<std::vector<WorkbookSheet>> readWorkbook(std::string_view bytes, const std::string& file,
                                                const WorkbookLimits& limits = {});

}  // namespace vauban::catalog
