#include "compare_command.h"

#include <fmt/format.h>

#include <cmath>
#include <iostream>

#include "plan_ground.h"
#include "report/comparison_report.h"
#include "verdict_format.h"

namespace vauban {

namespace {

Diagnostics mistakesOf(const CompareCall& call) {
  Diagnostics mistakes;
  if (call.budget && std::isnan(*call.budget))
    mistakes.push_back(
        {Severity::error, {"--budget", 0, 0}, 0, "it is no number of days", "0 to 1000000", ""});
  if (!call.today.empty() && measure::dayAfter(call.today, 0).empty())
    mistakes.push_back({Severity::error,
                        {"--today", 0, 0},
                        0,
                        fmt::format("'{}' is no day", call.today),
                        "a date as 2026-11-30",
                        ""});
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
