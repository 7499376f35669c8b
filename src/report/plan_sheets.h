// A plan as tables (sheet.h), which Markdown, the workbook and the text share. Pure functions.
#pragma once

#include "report/plan_report.h"
#include "report/sheet.h"

namespace vauban::report {

Sheet roadMapSheet(const PlanReport& report);       // a row a step, all that is known of it
Sheet roadMapOverview(const PlanReport& report);    // the columns that fit on a page
Sheet goalSheet(const PlanReport& report);          // a row a goal, before and after
Sheet beforeAfterSheet(const PlanReport& report);   // claims, goals and tiers, before and after
Sheet alternativesSheet(const PlanReport& report);  // the best at other budgets

}  // namespace vauban::report
