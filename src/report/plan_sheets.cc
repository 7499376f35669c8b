#include "report/plan_sheets.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/plan_words.h"

namespace vauban::report {

using plan::Plan;
using plan::PlanStep;

namespace {

Cell numberCell(double value) {
  const std::string text = dayWords(value);
  return {text, std::isfinite(value) ? text : ""};
}

Cell linesCell(const std::vector<std::string>& lines) { return textCell(joined(lines, "; ")); }

std::string verdictOf(const plan::DesignState& state, const std::string& claim) {
  const auto found = state.claims.find(claim);
  return found == state.claims.end() ? "not sayable" : channel::toString(found->second);
}

std::string daysOf(const PlanStep& step) { return dayWords(step.start) + "-" + dayWords(step.end); }

}  // namespace

Sheet roadMapSheet(const PlanReport& report) {
  const Plan& plan = report.plan;
  Sheet sheet{"road-map",
              "Road map",
              {{"step", true},
               {"start (day)", true},
               {"end (day)", true},
               {"what"},
               {"candidate"},
               {"members"},
               {"effort (person-days, a judgement)", true},
               {"effort by role"},
               {"accountable"},
               {"not within a SOC's authority"},
               {"becomes kept"},
               {"no longer kept"},
               {"becomes provable"},
               {"not provable yet"},
               {"depth"},
               {"attack success"},
               {"best-known effect"},
               {"towards"},
               {"against the best set of this cost"},
               {"why here"}},
              {},
              {},
              false};
  for (std::size_t s = 0; s < plan.steps.size(); ++s) {
    const PlanStep& step = plan.steps[s];
    const plan::Candidate& candidate = plan.candidates[step.candidate];
    sheet.add({countCell(s + 1),
               numberCell(step.start),
               numberCell(step.end),
               textCell(candidate.title),
               textCell(candidate.id),
               textCell(membersWords(candidate)),
               numberCell(candidate.days()),
               textCell(effortWords(report, candidate)),
               textCell(roleName(report.catalogue, candidate.accountable)),
               linesCell(step.owners),
               linesCell(step.kept),
               linesCell(step.lost),
               linesCell(step.provable),
               linesCell(step.unproven),
               linesCell(depthChanges(plan, s)),
               linesCell(successChanges(plan, s)),
               textCell(effectWords(step)),
               linesCell(standardsWords(candidate)),
               textCell(lossWords(plan, step)),
               textCell(step.why)});
  }
  sheet.notes = optimumWords(plan);
  if (plan.steps.empty()) sheet.notes.push_back(emptyWords(plan));
  if (!plan.steps.empty()) sheet.notes.push_back(orderWords(plan));
  for (std::string& note : planNotes(report)) sheet.notes.push_back(std::move(note));
  return sheet;
}

Sheet roadMapOverview(const PlanReport& report) {
  const Plan& plan = report.plan;
  Sheet sheet{"road-map",
              fmt::format("Road map: {} step{}, {} days, one after the other", plan.steps.size(),
                          plan.steps.size() == 1 ? "" : "s", dayWords(totalDays(plan))),
              {{"step", true},
               {"days", true},
               {"what"},
               {"effort", true},
               {"accountable"},
               {"becomes kept"},
               {"depth"},
               {"against the best of this cost"}},
              {},
              {},
              false};
  for (std::size_t s = 0; s < plan.steps.size(); ++s) {
    const PlanStep& step = plan.steps[s];
    const plan::Candidate& candidate = plan.candidates[step.candidate];
    sheet.add({countCell(s + 1), textCell(daysOf(step)), textCell(candidate.title),
               numberCell(candidate.days()), textCell(roleName(report.catalogue, candidate.accountable)),
               linesCell(step.kept), linesCell(depthChanges(plan, s)), textCell(lossWords(plan, step))});
  }
  return sheet;
}

Sheet goalSheet(const PlanReport& report) {
  const Plan& plan = report.plan;
  Sheet sheet{"goals",
              "Goals of an attacker, today and with all of it built",
              {{"goal"},
               {"depth today", true},
               {"depth then", true},
               {"attack success today", true},
               {"attack success then", true}},
              {},
              {},
              false};
  const std::size_t goals = std::max(plan.before.goals.size(), plan.after.goals.size());
  const auto cell = [](const std::vector<plan::GoalState>& all, std::size_t g,
                       std::string (*words)(const plan::GoalState&)) {
    return g < all.size() ? textCell(words(all[g])) : blankCell();
  };
  for (std::size_t g = 0; g < goals; ++g)
    sheet.add({textCell(goalWords(plan, g)), cell(plan.before.goals, g, depthWords),
               cell(plan.after.goals, g, depthWords), cell(plan.before.goals, g, successWords),
               cell(plan.after.goals, g, successWords)});
  return sheet;
}

Sheet beforeAfterSheet(const PlanReport& report) {
  const Plan& plan = report.plan;
  Sheet sheet{"before-and-after",
              "Before and after",
              {{"of"}, {"what"}, {"today", true}, {"with all of it built", true}},
              {},
              {},
              false};
  const auto row = [&](std::string_view of, std::string_view what, const std::string& before,
                       const std::string& after) {
    sheet.add({textCell(of), textCell(what), textCell(before), textCell(after)});
  };
  const ClaimCount before = claimCount(plan, plan.before), after = claimCount(plan, plan.after);
  row("claims", "kept", std::to_string(before.kept), std::to_string(after.kept));
  row("claims", "made", std::to_string(before.of), std::to_string(after.of));
  for (std::size_t t = 0; t < plan.problem.tiers.size(); ++t) {
    const auto value = [&](const std::vector<double>& tiers) {
      return t < tiers.size() ? dayWords(tiers[t]) : "";
    };
    row("tier",
        fmt::format("{} {}: {}", t + 1, word(plan.problem.tiers[t]),
                    tierMeaning(plan, plan.problem.tiers[t])),
        value(plan.valueBefore), value(plan.answer.value.tiers));
  }
  for (const auto& [id, verdict] : plan.before.claims)
    row("claim", id, channel::toString(verdict), verdictOf(plan.after, id));
  for (const auto& [id, verdict] : plan.after.claims)
    if (!plan.before.claims.contains(id)) row("guarantee", id, "", channel::toString(verdict));
  for (const auto& goal : goalSheet(report).rows) {
    row("depth of a goal", goal[0].words, goal[1].words, goal[2].words);
    row("attack success of a goal", goal[0].words, goal[3].words, goal[4].words);
  }
  return sheet;
}

Sheet alternativesSheet(const PlanReport& report) {
  const Plan& plan = report.plan;
  Sheet sheet{
      "alternatives", "The best at other budgets", {{"budget (days)", true}, {"spent (days)", true}}, {}, {},
      false};
  for (const plan::TierKind kind : plan.problem.tiers)
    sheet.columns.push_back({std::string(word(kind)), true});
  sheet.columns.push_back({"proven"});
  sheet.columns.push_back({"what"});
  for (const plan::PlanAlternative& it : plan.front) {
    std::vector<Cell> row = {numberCell(it.budget), numberCell(it.days)};
    for (std::size_t t = 0; t < plan.problem.tiers.size(); ++t)
      row.push_back(t < it.value.size() ? numberCell(it.value[t]) : blankCell());
    row.push_back(textCell(it.proven ? "yes" : "no"));
    row.push_back(textCell(it.chosen.empty() ? "nothing" : joined(it.chosen, " + ")));
    sheet.add(std::move(row));
  }
  return sheet;
}

}  // namespace vauban::report
