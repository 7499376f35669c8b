// One budget spent four ways (plan/comparison.h), side by side: for people, for a page, and for programs
// (docs/formats/compare.md).
#pragma once

#include <string>

#include "catalog/catalogue.h"
#include "plan/comparison.h"

namespace vauban::report {

struct ComparisonReport {
  const plan::Comparison& comparison;
  const catalog::Catalogue& catalogue;  // names of roles
  std::string model;                    // its name
  std::string today;                    // ISO 8601
  double budgetDays = 0;                // infinite: no limit
};

std::string comparisonText(const ComparisonReport& report, bool verbose);
std::string comparisonMarkdown(const ComparisonReport& report);
std::string comparisonJson(const ComparisonReport& report);  // vauban-compare-1; ends in a line break

}  // namespace vauban::report
