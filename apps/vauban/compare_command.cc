#include "compare_command.h"

#include <cmath>
#include <iostream>

#include "call_mistake.h"
#include "plan_ground.h"
#include "report/comparison_report.h"
#include "verdict_format.h"

namespace vauban {

namespace {

Diagnostics mistakesOf(const CompareCall& call) {
  Diagnostics mistakes;
  if (call.budget && std::isnan(*call.budget))
    mistakes.push_back(callMistake("--budget", "it is no number of days", "0 to 1000000"));
  if (auto mistake = dayMistake(call.today)) mistakes.push_back(std::move(*mistake));
  return mistakes;
}

}  // namespace

ExitCode compareCommand(const CompareCall& call) {
  Diagnostics mistakes = mistakesOf(call);
  const auto ground = planningGround(call.model);
  if (!ground) mistakes.insert(mistakes.end(), ground.error().begin(), ground.error().end());
  if (!mistakes.empty()) return refuse(call.format, mistakes);
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
