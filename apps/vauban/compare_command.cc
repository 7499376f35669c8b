#include "compare_command.h"

#include <iostream>

#include "plan_ground.h"
#include "report/comparison_report.h"
#include "verdict_format.h"

namespace vauban {

ExitCode compareCommand(const CompareCall& call) {
  const auto ground = planningGround(call.model);
  if (!ground) return refuse(call.format, ground.error());
  plan::PlanQuestion question;
  question.budgetDays = call.budget;
  question.seconds = call.seconds;
  question.threads = call.jobs;
  question.orders = false;
  const auto comparison = plan::compareWays((*ground)->ground(call.today), question);
  if (!comparison) return refuse(call.format, comparison.error());
  const report::ComparisonReport report{*comparison, (*ground)->catalogue, (*ground)->of->loaded.model.name,
                                        call.today, comparison->ways.front().plan.budgetDays};
  std::cout << (call.format == "json"       ? report::comparisonJson(report)
                : call.format == "markdown" ? report::comparisonMarkdown(report)
                                            : report::comparisonText(report, call.verbose));
  return ExitCode::ok;
}

}  // namespace vauban
