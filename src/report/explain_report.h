// Explanations as what an architect reads in a terminal, and as JSON (docs/formats/explain.md). Pure
// functions of their arguments.
#pragma once

#include <cstddef>
#include <string>

#include "catalog/explain.h"

namespace vauban::report {

struct ExplainStyle {
  bool colour = false;      // only on a terminal
  bool all = false;         // nothing is cut off
  std::size_t width = 110;  // columns that running lists are broken at; tables are not
};

// Several meanings follow each other; of a bare number, what it may mean and how to say which.
std::string explainText(const catalog::Answer& answer, const ExplainStyle& style = {});
std::string explainText(const catalog::Explanation& explanation, const ExplainStyle& style = {});

std::string explainJson(const catalog::Answer& answer);

}  // namespace vauban::report
