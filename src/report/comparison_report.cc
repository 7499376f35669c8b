#include "report/comparison_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "attack/attack_goals.h"
#include "report/plan_words.h"
#include "report/sheet.h"

namespace vauban::report {
namespace {

using Json = nlohmann::ordered_json;

// What stands side by side: today, and after each way.
struct Standing {
  std::string name;
  const plan::DesignState* state = nullptr;
  const measure::Detection* detection = nullptr;
  std::size_t kept = 0;
  double days = 0;
  const plan::Plan* plan = nullptr;  // none: today
};

std::vector<Standing> standings(const plan::Comparison& comparison) {
  std::vector<Standing> all{
      {"today", &comparison.before, &comparison.detection, comparison.claimsKept, 0, nullptr}};
  for (const plan::Way& way : comparison.ways)
    all.push_back({way.name, &way.plan.after, &way.detection, way.claimsKept, way.days, &way.plan});
  return all;
}

// All are asked about the same techniques; watched is one that something may see there.
std::size_t watched(const measure::Detection& detection) {
  return static_cast<std::size_t>(
      std::ranges::count_if(detection.acted, [](const measure::ActedOn& it) { return !it.chains.empty(); }));
}

// How likely somebody acts in time, at worst and at best, the mean over what is asked about.
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

std::map<std::string, double> effortOf(const plan::Plan& plan) {
  std::map<std::string, double> all;
  for (const std::uint32_t c : plan.answer.chosen)
    for (const plan::Effort& it : plan.candidates[c].effort) all[it.role] += it.days;
  return all;
}

std::string title(const ComparisonReport& report) {
  return fmt::format("{}: one budget ({}{}) spent four ways",
                     report.model.empty() ? "model" : oneLineOf(report.model), dayWords(report.budgetDays),
                     std::isfinite(report.budgetDays) ? " days" : "");
}

Sheet sheetOf(const ComparisonReport& report) {
  const plan::Comparison& comparison = report.comparison;
  const std::vector<Standing> columns = standings(comparison);
  Sheet sheet;
  sheet.title = title(report);
  sheet.columns.push_back({"", false});
  for (const Standing& it : columns) sheet.columns.push_back({it.name, true});
  const auto row = [&](const std::string& what, const auto& cell) {
    std::vector<Cell> cells{textCell(what)};
    for (const Standing& it : columns) cells.push_back(textCell(cell(it)));
    sheet.add(std::move(cells));
  };
  row("days spent", [](const Standing& it) { return fmt::format("{:g}", it.days); });
  row(fmt::format("claims kept, of {}", comparison.claims),
      [](const Standing& it) { return std::to_string(it.kept); });
  const plan::Plan& first = comparison.ways.front().plan;
  for (std::size_t g = 0; g < first.goals.size(); ++g) {
    row("depth: " + goalWords(first, g), [g](const Standing& it) { return depthWords(it.state->goals[g]); });
    row("attack success: " + goalWords(first, g),
        [g](const Standing& it) { return rounded(it.state->goals[g].success); });
  }
  row("alerts a day", [](const Standing& it) { return alerts(*it.detection); });
  row("alerts looked at in time", [](const Standing& it) { return rounded(it.detection->queue.ordinary); });
  row("alerts of decoys looked at in time",
      [](const Standing& it) { return rounded(it.detection->queue.decoys); });
  row(fmt::format("techniques watched, of {}", comparison.detection.acted.size()),
      [](const Standing& it) { return std::to_string(watched(*it.detection)); });
  row("acted on, mean over these", [](const Standing& it) { return rounded(actedOn(*it.detection)); });
  row("the best that there is", [](const Standing& it) {
    return it.plan == nullptr ? std::string("-") : it.plan->answer.proven ? "proven" : "not proven";
  });
  return sheet;
}

constexpr const char* kMeaning[] = {
    "detection: sensors, analysts, and what D3FEND has under Detect",
    "atomic: single countermeasures of the catalogue, each at the places where it fits",
    "composition: patterns and the statements they are made of, without detection and deception",
    "composition-with-deception: the same, and decoys",
};
constexpr const char* kAssumed[] = {
    "days are a judgement of this project",
    "depth counts things that must fail, as if each were as likely",
    "attack success is of the attacker's best single way, with what nobody has measured at 0..1",
    "what is deployed is taken to be everywhere where the plan puts it",
    "a technique at a place is watched where a sensor may have a rule for it or a decoy stands there; those "
    "that any of the columns watches are asked about in all of them",
};

std::string chosenPart(const ComparisonReport& report) {
  std::string out;
  for (const plan::Way& way : report.comparison.ways) {
    out += fmt::format("\n{}:\n", way.name);
    for (const std::uint32_t c : way.plan.answer.chosen)
      out += fmt::format("  {:<60} {:>6} days  {}\n", oneLineOf(way.plan.candidates[c].id),
                         dayWords(way.plan.candidates[c].days()), oneLineOf(way.plan.candidates[c].title));
    if (way.plan.answer.chosen.empty()) out += "  nothing of it makes anything better\n";
    std::vector<std::string> roles;
    for (const auto& [role, days] : effortOf(way.plan))
      roles.push_back(fmt::format("{} {}", roleName(report.catalogue, role), dayWords(days)));
    if (!roles.empty()) out += fmt::format("  by role: {}\n", joined(roles, ", "));
  }
  return out;
}

// Nine decimals: what two machines agree on. Nothing that has no end, or that nobody says, is a number.
Json number(double value) {
  if (!std::isfinite(value)) return nullptr;
  const double rounded = std::round(value * 1e9) / 1e9;
  return rounded == 0 ? 0.0 : rounded;
}

Json interval(const measure::Interval& it) { return {number(it.lo), number(it.hi)}; }

Json goalsOf(const plan::Plan& named, const plan::DesignState& state) {
  Json all = Json::array();
  for (std::size_t g = 0; g < named.goals.size(); ++g) {
    const plan::GoalState& it = state.goals[g];
    all.push_back({{"goal", attack::goalWord(named.goals[g])},
                   {"words", goalWords(named, g)},
                   {"possible", it.possible},
                   {"depth", it.possible ? Json(it.depth) : Json(nullptr)},
                   {"exact", it.exact},
                   {"attack_success", interval(it.success)}});
  }
  return all;
}

Json wayOf(const ComparisonReport& report, const Standing& it) {
  Json chosen = Json::array(), effort = Json::array();
  if (it.plan != nullptr) {
    for (const std::uint32_t c : it.plan->answer.chosen)
      chosen.push_back({{"candidate", it.plan->candidates[c].id},
                        {"title", it.plan->candidates[c].title},
                        {"days", number(it.plan->candidates[c].days())}});
    for (const auto& [role, days] : effortOf(*it.plan))
      effort.push_back({{"id", role}, {"name", roleName(report.catalogue, role)}, {"days", number(days)}});
  }
  const measure::QueueOutlook& queue = it.detection->queue;
  return {{"way", it.name},
          {"proven", it.plan == nullptr ? Json(nullptr) : Json(it.plan->answer.proven)},
          {"days", number(it.days)},
          {"effort_by_role", std::move(effort)},
          {"claims_kept", it.kept},
          {"goals", goalsOf(report.comparison.ways.front().plan, *it.state)},
          {"alerts_per_day", {number(queue.alertsPerDay.lo), number(queue.alertsPerDay.hi)}},
          {"in_time", interval(queue.ordinary)},
          {"decoys_in_time", interval(queue.decoys)},
          {"techniques_watched", watched(*it.detection)},
          {"acted_on", interval(actedOn(*it.detection))},
          {"chosen", std::move(chosen)}};
}

}  // namespace

std::string comparisonText(const ComparisonReport& report, bool verbose) {
  std::string out = sheetText(sheetOf(report), false) + "\n";
  for (const char* line : kMeaning) out += fmt::format("{}\n", line);
  if (verbose) out += chosenPart(report);
  out += "\nAssumed:\n";
  for (const char* line : kAssumed) out += fmt::format("  {}\n", line);
  return out;
}

std::string comparisonMarkdown(const ComparisonReport& report) {
  std::string out = sheetMarkdown(sheetOf(report)) + "\n";
  for (const char* line : kMeaning) out += fmt::format("- {}\n", line);
  out += "\nAssumed:\n\n";
  for (const char* line : kAssumed) out += fmt::format("- {}\n", line);
  return out;
}

std::string comparisonJson(const ComparisonReport& report) {
  Json root;
  root["schema"] = "vauban-compare-1";
  root["model"] = report.model;
  root["today"] = report.today;
  root["budget_days"] = number(report.budgetDays);
  root["effort_basis"] = "judgement";
  root["claims_made"] = report.comparison.claims;
  root["techniques_asked"] = report.comparison.detection.acted.size();
  root["ways"] = Json::array();
  for (const Standing& it : standings(report.comparison)) root["ways"].push_back(wayOf(report, it));
  root["assumed"] = Json::array();
  for (const char* line : kAssumed) root["assumed"].push_back(line);
  return root.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace vauban::report
