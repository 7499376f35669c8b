// The inferred mapping (catalog/inference.h) as a table of the official layout, as JSON (docs/formats/map.md)
// and as what an architect reads.
#pragma once

#include <string>
#include <vector>

#include "catalog/inference.h"

namespace vauban::report {

struct MapStyle {
  bool deprecatedColumn = false;  // tsv: a ninth column, 1 where the technique is deprecated
  bool ruleColumn = false;        // tsv: a last column, the rule that the row rests on
  std::size_t most = 0;           // text: lines a technique; 0: all
};

// The eight columns of MITRE's published tables, in their order of rows: def_tactic, d3fend_id, def_tech,
// def_rel, def_artifact, off_artifact, off_rel, off_tech.
std::string mapTsv(const catalog::Hierarchy& hierarchy, const std::vector<catalog::Row>& rows,
                   const MapStyle& style);

std::string mapJson(const catalog::Hierarchy& hierarchy, const std::vector<catalog::Row>& rows,
                    const catalog::InferenceOptions& options);

// A block a technique: one line a countermeasure, its best path (exact before narrower before generic,
// certain before possible) and how many further ones there are.
std::string mapText(const catalog::Hierarchy& hierarchy, const std::vector<catalog::Row>& rows,
                    const MapStyle& style);

}  // namespace vauban::report
