// One budget spent four ways (plan/comparison.h), side by side: for people, for a page, and for programs
// (schema vauban-comparison-1).
#pragma once

#include <string>

#include "plan/comparison.h"

namespace vauban::report {

struct ComparisonReport {
  const plan::Comparison& comparison;
  std::string model;
  double budgetDays = 0;  // infinite: no limit
};

std::string comparisonText(const ComparisonReport& report, bool verbose);
std::string comparisonMarkdown(const ComparisonReport& report);
std::string comparisonJson(const ComparisonReport& report);  // ends in a line break

}  // namespace vauban::report
