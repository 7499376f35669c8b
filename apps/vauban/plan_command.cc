#include "plan_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <iostream>
#include <map>

#include "base/nearest_name.h"
#include "call_mistake.h"
#include "output_file.h"
#include "plan/maturity.h"
#include "plan_ground.h"
#include "report/plan_report.h"
#include "verdict_format.h"

namespace vauban {
namespace {

constexpr double kMostDays = 1'000'000;  // what the selection engine takes (plan/selection.h)

bool isDays(double days) { return std::isfinite(days) && days >= 0 && days <= kMostDays; }

std::optional<double> daysOfWord(std::string_view text) {
  double value = 0;
  const auto done = std::from_chars(text.data(), text.data() + text.size(), value);
  if (done.ec != std::errc() || done.ptr != text.data() + text.size() || !isDays(value)) return std::nullopt;
  return value;
}

void takeRole(const std::string& text, const catalog::Catalogue& catalogue,
              std::map<std::string, double>& roles, Diagnostics& mistakes) {
  const auto equals = text.find('=');
  const std::string id = text.substr(0, equals);
  const auto days =
      equals == std::string::npos ? std::nullopt : daysOfWord(std::string_view(text).substr(equals + 1));
  if (!days) {
    mistakes.push_back(
        callMistake("--role", fmt::format("'{}' says no days of a role", text), "ROLE=DAYS, IO-WRL-004=20"));
    return;
  }
  std::vector<std::string_view> known;
  for (const catalog::WorkRole& role : catalogue.roles) known.push_back(role.id);
  if (std::ranges::find(known, id) == known.end())
    mistakes.push_back(callMistake("--role", fmt::format("no work role of NICE is '{}'", id),
                                   "an id as IO-WRL-004", nearestName(id, known)));
  else if (!roles.emplace(id, *days).second)
    mistakes.push_back(callMistake("--role", fmt::format("'{}' is said twice", id)));
}

Diagnostics mistakesOf(const PlanCall& call) {
  Diagnostics mistakes;
  if (call.budget && !isDays(*call.budget))
    mistakes.push_back(
        callMistake("--budget", fmt::format("{} is no number of days", *call.budget), "0 to 1000000"));
  constexpr std::array<const char*, 5> kGroups{"", "1", "2", "3", "own"};
  if (std::ranges::find(kGroups, call.maturity) == kGroups.end())
    mistakes.push_back(callMistake("--maturity", fmt::format("no implementation group is {}", call.maturity),
                                   "1, 2, 3 or own"));
  if (auto mistake = dayMistake(call.today)) mistakes.push_back(std::move(*mistake));
  if (call.credit != "design" && call.credit != "paths")
    mistakes.push_back(callMistake("--credit", fmt::format("'{}' credits nothing", call.credit),
                                   "design or paths", nearestName(call.credit, {"design", "paths"})));
  if (call.format == "xlsx" && call.output.empty() && isatty(STDOUT_FILENO) != 0)
    mistakes.push_back(callMistake("--format", "a workbook is no text, and the standard output is a terminal",
                                   "--output FILE"));
  // Told before the search, not after it.
  if (auto mistake = outputMistake(call.output)) mistakes.push_back(std::move(*mistake));
  return mistakes;
}

Result<std::string> written(const PlanCall& call, const report::PlanReport& report) {
  if (call.format == "json") return report::planJson(report);
  if (call.format == "markdown") return report::planMarkdown(report);
  if (call.format == "csv") return report::planCsv(report);
  if (call.format == "xlsx") return report::planWorkbook(report);
  if (call.format == "svg") return report::planSvg(report);
  return report::planText(report);
}

Result<std::string> planned(const PlanCall& call) {
  Diagnostics mistakes = mistakesOf(call);
  const auto made = planningGround(call.model);
  if (!made) mistakes.insert(mistakes.end(), made.error().begin(), made.error().end());
  if (!mistakes.empty()) return std::unexpected(mistakes);
  const catalog::Catalogue& catalogue = (*made)->catalogue;

  plan::PlanQuestion question;
  for (const std::string& text : call.roles) takeRole(text, catalogue, question.roles, mistakes);
  if (!call.standard.empty()) {
    auto standard = plan::standardOfWord(catalogue, call.standard);
    if (standard)
      question.standard = std::move(*standard);
    else
      mistakes.insert(mistakes.end(), standard.error().begin(), standard.error().end());
  }
  if (!mistakes.empty()) return std::unexpected(mistakes);
  question.budgetDays = call.budget;
  if (call.maturity == "own") {
    const plan::PlanGround ground = (*made)->ground(call.today);
    const plan::Maturity stands = plan::maturityOf(*ground.tree, *ground.places, *ground.patterns, {});
    question.scope.maturity = std::min(stands.reached + 1, 3U);
  } else if (!call.maturity.empty()) {
    question.scope.maturity = static_cast<unsigned>(call.maturity.front() - '0');
  }
  question.target = call.target.value_or(question.target);
  question.seconds = call.seconds;
  question.threads = std::max(1U, call.jobs);
  question.credit = call.credit == "paths" ? plan::Credit::paths : plan::Credit::design;

  const auto plan = plan::planOf((*made)->ground(call.today), question);
  if (!plan) return std::unexpected(plan.error());
  return written(call, {*plan, catalogue, (*made)->of->loaded.model.name, call.today, question.credit});
}

}  // namespace

ExitCode planCommand(const PlanCall& call) { return tell(planned(call), call.output, call.format); }

}  // namespace vauban
