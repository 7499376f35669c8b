// A plan (plan/plan.h) for people and for programs: text, Markdown, a workbook and a drawing; JSON
// (docs/formats/plan.md) and CSV.
//
// Pure functions of their arguments, save that the workbook passes through a temporary folder; the same
// report, the same bytes. Every number of an effect carries its grade: E0 and E1 are "applicable" and never a
// number.
#pragma once

#include <string>

#include "base/result.h"
#include "catalog/catalogue.h"
#include "plan/plan.h"

namespace vauban::report {

// What was asked and found; refers to the plan and to the catalogue.
struct PlanReport {
  const plan::Plan& plan;
  const catalog::Catalogue& catalogue;  // names of roles and techniques
  std::string model;                    // its name
  std::string today;                    // ISO 8601; the date in what is written
  plan::Credit credit = plan::Credit::design;
};

std::string planText(const PlanReport& report);
std::string planJson(const PlanReport& report);  // vauban-plan-1; ends in a line break
// GitHub Flavored Markdown; what comes from a model is text there and no markup.
std::string planMarkdown(const PlanReport& report);
// RFC 4180: one record a step, always the same header; lists are joined by ';'.
std::string planCsv(const PlanReport& report);
// Office Open XML: the sheets "Road map", "Before and after", "Alternatives". Errors: the temporary folder
// cannot be written.
Result<std::string> planWorkbook(const PlanReport& report);
// A time line: a bar a step over days, above it how many claims are kept. No scripts, nothing fetched; for
// light and dark grounds.
std::string planSvg(const PlanReport& report);

}  // namespace vauban::report
