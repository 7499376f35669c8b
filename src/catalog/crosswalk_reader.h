// The D3FEND project's mapping of 800-53 controls and of CCIs to its techniques: the workbooks themselves
// (.xlsx), or the same as tab-separated text with the columns control, relation, d3fend_id.
//
// The workbooks' columns are found by their headings (Control Identifier or _id; Relation; D3FEND Techniques
// or D3FEND) on the first sheet that has them. A cell may name several techniques, with | between them.
// Relations: exactly (also written same), narrower, broader, related, each read as "the control is ... than
// the technique"; a blank one is related, and the crosswalk's detail says "defaulted". Rows without a
// technique, those whose technique is NA, TBD, duplicate or review, and those whose status is deprecated say
// nothing and are counted. Whether the ontology has a technique is not asked here (the workbooks name D3-MAC,
// which it has no more). All else is an error with its place; of a workbook, the row and column of the sheet.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "catalog/catalogue.h"

namespace vauban::catalog {

struct CrosswalkOptions {
  std::string
      source;  // id of the source; "": "d3fend-800-53", "d3fend-cci", or "d3fend-controls" where both occur
  std::size_t bytes = 64U << 20U;
  std::size_t rows = 500'000;
  std::size_t diagnostics = 100;
};

struct CrosswalkReading {
  Source source;                      // framework and origin; the rest is not in the file
  std::vector<Crosswalk> crosswalks;  // control -> D3FEND, sorted by from, to and relation, each once
  std::size_t repeats = 0;
  std::size_t silent = 0;  // rows that say nothing
};

Result<CrosswalkReading> readCrosswalk(std::string_view bytes, const std::string& file,
                                       const CrosswalkOptions& options = {});

}  // namespace vauban::catalog
