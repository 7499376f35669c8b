#include "report/comparison_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace vauban::report {
namespace {

using Json = nlohmann::ordered_json;

struct Column {
  std::string name;
  const plan::DesignState* state = nullptr;
  const measure::Detection* detection = nullptr;
  std::size_t kept = 0;
  double days = 0;
  const plan::Plan* plan = nullptr;  // none: today
};

std::vector<Column> columnsOf(const plan::Comparison& comparison) {
  std::vector<Column> columns{
      {"today", &comparison.before, &comparison.detection, comparison.claimsKept, 0, nullptr}};
  for (const plan::Way& way : comparison.ways)
    columns.push_back({way.name, &way.plan.after, &way.detection, way.claimsKept, way.days, &way.plan});
  return columns;
}

std::string depthOf(const plan::GoalState& goal) {
  return !goal.possible ? "impossible" : fmt::format("{}{}", goal.exact ? "" : ">= ", goal.depth);
}

// Of what is watched at all: how likely somebody acts in time, at worst and at best.
measure::Interval actedOn(const measure::Detection& detection) {
  if (detection.acted.empty()) return {0, 0};
  double lo = 0, hi = 0;
  for (const measure::ActedOn& one : detection.acted) {
    lo += one.total.lo;
    hi += one.total.hi;
  }
  const double count = static_cast<double>(detection.acted.size());
  return {lo / count, hi / count};
}

std::string rounded(const measure::Interval& interval) {
  const auto round = [](double value) { return std::round(value * 1000) / 1000; };
  return toString(measure::Interval{round(interval.lo), round(interval.hi)});
}

std::string alerts(const measure::Detection& detection) {
  const measure::Range& a = detection.queue.alertsPerDay;
  if (!std::isfinite(a.hi)) return "not known";
  return a.lo == a.hi ? fmt::format("{:.4g}", a.lo) : fmt::format("{:.4g}..{:.4g}", a.lo, a.hi);
}

struct Row {
  std::string what;
  std::vector<std::string> cells;
};

std::vector<Row> rowsOf(const ComparisonReport& report) {
  const plan::Comparison& comparison = report.comparison;
  const std::vector<Column> columns = columnsOf(comparison);
  std::vector<Row> rows;
  const auto row = [&](std::string what, const auto& cell) {
    Row made{std::move(what), {}};
    for (const Column& column : columns) made.cells.push_back(cell(column));
    rows.push_back(std::move(made));
  };
  row("days spent", [](const Column& it) { return fmt::format("{:g}", it.days); });
  row(fmt::format("claims kept, of {}", comparison.claims),
      [](const Column& it) { return std::to_string(it.kept); });
  const plan::Plan& first = comparison.ways.front().plan;
  for (std::size_t g = 0; g < first.goals.size(); ++g) {
    row("depth: " + first.goalWords[g], [g](const Column& it) { return depthOf(it.state->goals[g]); });
    row("attack success: " + first.goalWords[g],
        [g](const Column& it) { return rounded(it.state->goals[g].success); });
  }
  row("alerts a day", [](const Column& it) { return alerts(*it.detection); });
  row("alerts looked at in time", [](const Column& it) { return rounded(it.detection->queue.ordinary); });
  row("alerts of decoys looked at in time",
      [](const Column& it) { return rounded(it.detection->queue.decoys); });
  row("acted on, mean over what is watched",
      [](const Column& it) { return rounded(actedOn(*it.detection)); });
  row("techniques watched", [](const Column& it) { return std::to_string(it.detection->acted.size()); });
  row("best that there is", [](const Column& it) {
    return it.plan == nullptr ? std::string() : it.plan->answer.proven ? "proven" : "not proven";
  });
  return rows;
}

std::string budget(double days) { return std::isinf(days) ? "no limit" : fmt::format("{:g} days", days); }

constexpr const char* kMeaning[] = {
    "detection: sensors, analysts, and what D3FEND has under Detect",
    "atomic: single countermeasures of the catalogue, each at the places where it fits",
    "composition: patterns and the statements they are made of, without detection and deception",
    "composition-with-deception: the same, and decoys",
};
constexpr const char* kAssumed =
    "days are a judgement of this project; depth counts things that must fail, as if each were as likely; "
    "attack "
    "success is of the attacker's best single way, with what nobody has measured at 0..1; what is deployed "
    "is taken to "
    "be everywhere where the plan puts it";

}  // namespace

std::string comparisonText(const ComparisonReport& report, bool verbose) {
  std::string out =
      fmt::format("{}: one budget ({}) spent four ways\n\n", report.model, budget(report.budgetDays));
  const std::vector<Column> columns = columnsOf(report.comparison);
  std::vector<Row> rows = rowsOf(report);
  std::size_t first = 0;
  for (const Row& row : rows) first = std::max(first, row.what.size());
  std::vector<std::size_t> widths;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    std::size_t width = columns[c].name.size();
    for (const Row& row : rows) width = std::max(width, row.cells[c].size());
    widths.push_back(width);
  }
  out += fmt::format("  {:<{}}", "", first);
  for (std::size_t c = 0; c < columns.size(); ++c) out += fmt::format("  {:>{}}", columns[c].name, widths[c]);
  out += "\n";
  for (const Row& row : rows) {
    out += fmt::format("  {:<{}}", row.what, first);
    for (std::size_t c = 0; c < columns.size(); ++c) out += fmt::format("  {:>{}}", row.cells[c], widths[c]);
    out += "\n";
  }
  out += "\n";
  for (const char* line : kMeaning) out += fmt::format("{}\n", line);
  if (verbose) {
    for (const plan::Way& way : report.comparison.ways) {
      out += fmt::format("\n{}:\n", way.name);
      for (const std::uint32_t c : way.plan.answer.chosen)
        out += fmt::format("  {:<60} {:>6} days  {}\n", way.plan.candidates[c].id,
                           way.plan.candidates[c].days(), way.plan.candidates[c].title);
      if (way.plan.answer.chosen.empty()) out += "  nothing of it makes anything better\n";
    }
  }
  out += fmt::format("\n{}\n", kAssumed);
  return out;
}

std::string comparisonMarkdown(const ComparisonReport& report) {
  std::string out =
      fmt::format("# {}: one budget ({}) spent four ways\n\n|  |", report.model, budget(report.budgetDays));
  const std::vector<Column> columns = columnsOf(report.comparison);
  for (const Column& column : columns) out += fmt::format(" {} |", column.name);
  out += "\n| --- |";
  for (std::size_t c = 0; c < columns.size(); ++c) out += " --- |";
  out += "\n";
  for (const Row& row : rowsOf(report))
    out += fmt::format("| {} | {} |\n", row.what, fmt::join(row.cells, " | "));
  out += "\n";
  for (const char* line : kMeaning) out += fmt::format("- {}\n", line);
  out += fmt::format("\nAssumed: {}.\n", kAssumed);
  return out;
}

std::string comparisonJson(const ComparisonReport& report) {
  const plan::Comparison& comparison = report.comparison;
  Json ways = Json::array();
  const auto range = [](const measure::Interval& it) { return Json{{"low", it.lo}, {"high", it.hi}}; };
  for (const Column& it : columnsOf(comparison)) {
    Json goals = Json::array();
    const plan::Plan& named = comparison.ways.front().plan;
    for (std::size_t g = 0; g < named.goals.size(); ++g) {
      const plan::GoalState& goal = it.state->goals[g];
      goals.push_back({{"goal", named.goalWords[g]},
                       {"possible", goal.possible},
                       {"depth", goal.depth},
                       {"exact", goal.exact},
                       {"success", range(goal.success)}});
    }
    Json chosen = Json::array();
    if (it.plan != nullptr)
      for (const std::uint32_t c : it.plan->answer.chosen)
        chosen.push_back({{"candidate", it.plan->candidates[c].id}, {"days", it.plan->candidates[c].days()}});
    Json one{{"way", it.name},
             {"days", it.days},
             {"claims-kept", it.kept},
             {"goals", goals},
             {"in-time", range(it.detection->queue.ordinary)},
             {"decoys-in-time", range(it.detection->queue.decoys)},
             {"acted-on", range(actedOn(*it.detection))},
             {"techniques-watched", it.detection->acted.size()},
             {"chosen", chosen}};
    if (it.plan != nullptr) one["proven"] = it.plan->answer.proven;
    ways.push_back(std::move(one));
  }
  Json all{{"schema", "vauban-comparison-1"}, {"model", report.model}, {"claims", comparison.claims}};
  if (!std::isinf(report.budgetDays)) all["budget-days"] = report.budgetDays;
  all["ways"] = ways;
  return all.dump(1) + "\n";
}

}  // namespace vauban::report
