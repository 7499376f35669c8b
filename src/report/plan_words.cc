#include "report/plan_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "attack/attack_goals.h"
#include "catalog/framework_words.h"
#include "report/markup.h"

namespace vauban::report {

using plan::GoalState;
using plan::Plan;
using plan::PlanStep;
using plan::TierKind;

namespace {

// Amounts are compared in thousandths (plan/selection.h): less is no difference.
constexpr double kNothing = 5e-4;

std::string counted(std::size_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string number(double value) {
  std::string text = fmt::format("{:.3f}", value);
  text.resize(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text == "-0" ? "0" : text;
}

std::size_t targetDepth(const Plan& plan) {
  std::size_t target = 0;
  for (const plan::LevelMeaning& level : plan.problem.levels)
    if (level.tier == TierKind::depth) target = std::max(target, level.least);
  return target;
}

std::string_view effectVerb(measure::Currency currency) {
  switch (currency) {
    case measure::Currency::stopped:
      return "is stopped";
    case measure::Currency::fired:
      return "raises an alert";
    case measure::Currency::evicted:
      return "is ended once somebody acts";
    case measure::Currency::recoveryTime:
    case measure::Currency::inventory:
      break;
  }
  return "is answered";
}

std::vector<std::string> changes(const Plan& plan, std::size_t step,
                                 std::string (*words)(const GoalState& state)) {
  std::vector<std::string> all;
  const auto& before = goalsBefore(plan, step);
  const auto& after = plan.steps[step].goals;
  for (std::size_t g = 0; g < std::min(before.size(), after.size()); ++g) {
    const std::string was = words(before[g]), is = words(after[g]);
    if (was != is) all.push_back(fmt::format("{}: {} -> {}", goalWords(plan, g), was, is));
  }
  return all;
}

std::string_view stopWords(plan::SelectionAnswer::Stop stop) {
  switch (stop) {
    case plan::SelectionAnswer::Stop::proven:
      break;
    case plan::SelectionAnswer::Stop::evaluations:
      return "as many designs were judged as may be";
    case plan::SelectionAnswer::Stop::time:
      return "time ran out";
    case plan::SelectionAnswer::Stop::solver:
      return "the integer program was not solved";
  }
  return "the search ended early";
}

}  // namespace

std::string oneLineOf(std::string_view text) {
  std::string line = validText(text);
  std::ranges::replace_if(line, [](char c) { return c == '\t' || c == '\n' || c == '\r'; }, ' ');
  return line;
}

std::string joined(const std::vector<std::string>& words, std::string_view between) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += between;
    text += word;
  }
  return text;
}

std::string dayWords(double days) { return std::isfinite(days) ? number(days) : "no limit"; }

double totalDays(const Plan& plan) { return plan.steps.empty() ? plan.answer.days : plan.steps.back().end; }

std::string roleName(const catalog::Catalogue& catalogue, const std::string& id) {
  const auto found = std::ranges::find(catalogue.roles, id, &catalog::WorkRole::id);
  return found == catalogue.roles.end() || found->name.empty() ? id : found->name;
}

std::string effortWords(const PlanReport& report, const plan::Candidate& candidate) {
  std::vector<std::string> all;
  for (const plan::Effort& it : candidate.effort)
    all.push_back(roleName(report.catalogue, it.role) + " " + number(it.days));
  return joined(all, ", ");
}

std::map<std::string, double> effortByRole(const Plan& plan) {
  std::map<std::string, double> all;
  for (const PlanStep& step : plan.steps)
    for (const plan::Effort& it : plan.candidates[step.candidate].effort) all[it.role] += it.days;
  return all;
}

std::string membersWords(const plan::Candidate& candidate) {
  std::vector<std::string> all;
  for (const auto& [member, places] : candidate.members)
    if (!places.empty()) all.push_back(member + "=" + joined(places, ","));
  return joined(all, " ");
}

std::vector<std::string> standardsWords(const plan::Candidate& candidate) {
  std::vector<std::string> all;
  for (const auto& [framework, id] : candidate.standards) all.push_back(catalog::shownId(framework, id));
  return all;
}

ClaimCount claimCount(const Plan& plan, const plan::DesignState& state) {
  ClaimCount count;
  for (const auto& [id, today] : plan.before.claims) {
    ++count.of;
    const auto found = state.claims.find(id);
    const channel::Verdict verdict =
        found == state.claims.end() ? channel::Verdict::undecided : found->second;
    if (verdict == channel::Verdict::kept)
      ++count.kept;
    else
      ++count.others[verdict];
  }
  return count;
}

std::string claimCountWords(const ClaimCount& count) {
  if (count.of == 0) return "the model makes none";
  std::vector<std::string> others;
  for (const auto& [verdict, many] : count.others)
    others.push_back(fmt::format("{} {}", many, channel::toString(verdict)));
  return fmt::format("{} of {}{}", count.kept, count.of,
                     others.empty() ? "" : " (" + joined(others, ", ") + ")");
}

std::string goalWords(const Plan& plan, std::size_t goal) {
  return goal < plan.goalWords.size() ? plan.goalWords[goal]
         : goal < plan.goals.size()   ? attack::goalWord(plan.goals[goal])
                                      : fmt::format("goal {}", goal + 1);
}

std::string depthWords(const GoalState& state) {
  if (!state.possible) return "impossible";
  if (!state.exact) return fmt::format("at least {}", state.depth);
  return state.depth == 0 ? "0 (open)" : fmt::format("{}", state.depth);
}

std::string successWords(const GoalState& state) {
  if (!state.possible) return "none";
  return state.success.unknown() ? "0..1 (nobody knows)" : measure::toString(state.success);
}

const std::vector<GoalState>& goalsBefore(const Plan& plan, std::size_t step) {
  return step == 0 ? plan.before.goals : plan.steps[step - 1].goals;
}

std::optional<long> depthGained(const GoalState& before, const GoalState& after) {
  if (!before.possible || !after.possible || !before.exact || !after.exact) return std::nullopt;
  return static_cast<long>(after.depth) - static_cast<long>(before.depth);
}

std::vector<std::string> depthChanges(const Plan& plan, std::size_t step) {
  return changes(plan, step, depthWords);
}

std::vector<std::string> successChanges(const Plan& plan, std::size_t step) {
  return changes(plan, step, successWords);
}

std::string tierMeaning(const Plan& plan, TierKind kind) {
  switch (kind) {
    case TierKind::controls:
      return fmt::format("controls of {} towards which something goes",
                         plan.standard ? plan::inWords(*plan.standard) : "the standard");
    case TierKind::claims:
      return "claims of the model that are kept without conditions";
    case TierKind::depth:
      return fmt::format("layers that must fail, added over the goals, of each up to {}", targetDepth(plan));
    case TierKind::success:
      return "what is surely taken from the attacker's best way, added over the goals";
    case TierKind::coverage:
      return "techniques, each by what surely stops it and by how often it is seen (classes, no "
             "probabilities)";
  }
  return "";
}

std::string amountWords(TierKind kind, double amount) {
  const std::string text = number(amount);
  const bool one = text == "1";
  switch (kind) {
    case TierKind::controls:
      return text + (one ? " control" : " controls");
    case TierKind::claims:
      return text + (one ? " claim" : " claims");
    case TierKind::depth:
      return text + (one ? " layer" : " layers");
    case TierKind::success:
      return text + " of attack success";
    case TierKind::coverage:
      return text + " of coverage";
  }
  return text;
}

std::string valueWords(const Plan& plan, const std::vector<double>& value) {
  std::vector<std::string> all;
  for (std::size_t t = 0; t < std::min(value.size(), plan.problem.tiers.size()); ++t)
    all.push_back(amountWords(plan.problem.tiers[t], value[t]));
  return joined(all, ", ");
}

std::string lossWords(const Plan& plan, const PlanStep& step) {
  if (step.loss.empty()) return "not compared with other sets of this cost";
  std::vector<std::string> all;
  for (std::size_t t = 0; t < std::min(step.loss.size(), plan.problem.tiers.size()); ++t) {
    if (std::abs(step.loss[t]) < kNothing) continue;
    all.push_back(fmt::format("{} {}", amountWords(plan.problem.tiers[t], std::abs(step.loss[t])),
                              step.loss[t] > 0 ? "less" : "more"));
  }
  if (all.empty()) return step.lossProven ? "best at this cost" : "no better set of this cost is known";
  return fmt::format("{} than the best {}set of this cost{}", joined(all, ", "),
                     step.lossProven ? "" : "known ",
                     step.bestInstead.empty() ? std::string() : ": " + joined(step.bestInstead, " + "));
}

std::string effectValue(const measure::Effectiveness& known) {
  const std::string proven = known.proven.empty() ? "" : "proven by " + joined(known.proven, ", ");
  std::string graded;
  if (known.grade && !measure::isProbability(known.currency))
    graded = fmt::format("{} applicable, measured by {}", catalog::word(*known.grade), word(known.currency));
  else if (known.ranks())
    graded = fmt::format("{} {}{}{}", catalog::word(*known.grade), measure::toString(*known.interval),
                         known.upperBound ? " (from a lab: in the field it may be less)" : "",
                         known.conflict ? " (CONFLICT: statements of this grade do not meet)" : "");
  else if (known.grade)
    graded = fmt::format("{} applicable", catalog::word(*known.grade));
  if (proven.empty()) return graded.empty() ? "nobody says anything" : graded;
  return graded.empty() ? proven : proven + "; " + graded;
}

std::string effectWords(const PlanStep& step) {
  if (step.effects.empty()) return "nobody says anything of what it does";
  std::size_t ranking = 0;
  std::optional<catalog::Grade> highest;
  const plan::StepEffect* best = nullptr;
  for (const plan::StepEffect& it : step.effects) {
    ranking += it.known.ranks() ? 1 : 0;
    if (best == nullptr && (it.known.ranks() || !it.known.proven.empty())) best = &it;
    if (it.known.grade && (!highest || *it.known.grade > *highest)) highest = it.known.grade;
  }
  if (best == nullptr)
    return highest ? fmt::format("applicable ({}) against {}", catalog::word(*highest),
                                 counted(step.effects.size(), "technique", "techniques"))
                   : "nobody says anything of what it does";
  std::string text = fmt::format("{}: that {} {} by {}", effectValue(best->known), best->technique,
                                 effectVerb(best->known.currency), best->countermeasure);
  const std::size_t others = step.effects.size() - 1;
  if (others == 0) return text;
  const std::size_t moreRanking = ranking - (best->known.ranks() ? 1 : 0);
  return text +
         fmt::format("; besides {} with a number and {} only applicable", moreRanking, others - moreRanking);
}

std::vector<std::string> optimumWords(const Plan& plan) {
  const plan::SelectionAnswer& answer = plan.answer;
  if (answer.proven)
    return {"Proven: no set of candidates within the budget is worth more, the first tier counting most."};
  std::vector<std::string> all = {fmt::format(
      "NOT proven to be the best set ({}). What another set could have at most:", stopWords(answer.stop))};
  for (std::size_t t = 0; t < plan.problem.tiers.size(); ++t) {
    const TierKind kind = plan.problem.tiers[t];
    if (t >= answer.bounds.size() || t >= answer.gaps.size()) {
      all.push_back(fmt::format("{}: no bound is known", word(kind)));
    } else if (answer.gaps[t] < kNothing) {
      all.push_back(fmt::format("{}: no more than here", word(kind)));
    } else {
      all.push_back(fmt::format("{}: {}, {} more than here", word(kind), amountWords(kind, answer.bounds[t]),
                                number(answer.gaps[t])));
    }
  }
  return all;
}

std::string orderWords(const Plan& plan) {
  if (plan.steps.empty()) return "";
  return plan.orderProven
             ? "The order is proven to have the greatest area under the value curve. With compositions no "
               "order "
               "is best at every step: each says what it loses."
             : "The order is the best that was found, not proven to have the greatest area under the value "
               "curve. With compositions no order is best at every step: each says what it loses.";
}

std::string emptyWords(const Plan& plan) {
  if (!plan.steps.empty()) return "";
  if (!plan.answer.chosen.empty()) {
    std::vector<std::string> ids;
    for (const std::uint32_t c : plan.answer.chosen) ids.push_back(plan.candidates[c].id);
    return "The set, without an order: " + joined(ids, ", ");
  }
  if (plan.candidates.empty()) return "Nothing that is known fits the model and would change it.";
  return fmt::format(
      "Nothing to build: of {} nothing within the budget is worth more than what stands today.",
      counted(plan.candidates.size(), "candidate", "candidates"));
}

std::vector<std::string> planNotes(const PlanReport& report) {
  const Plan& plan = report.plan;
  std::vector<std::string> notes = {
      "Effort is a judgement of this project in person-days, no measurement; one step is built after the "
      "other. Nothing here is money."};
  if (report.credit == plan::Credit::design)
    notes.push_back(fmt::format(
        "{} solved whole by the verifier and the attack graph: what an attacker goes round counts "
        "for nothing, and no effect of one candidate is added to that of another.",
        counted(plan.judged, "design was", "designs were")));
  else
    notes.push_back(
        fmt::format("Chosen by which of today's shortest ways each candidate cuts (--credit paths): a "
                    "comparison, no recommendation. {} solved; the states before and after are.",
                    counted(plan.judged, "design was", "designs were")));
  notes.push_back(
      "E0 and E1 say that something applies and never how well. Bounds on attack success rest on evidence "
      "whose grades `vauban measure` lists; where nobody knows they are 0..1.");
  notes.push_back("Guarantees of patterns are told with each step and count for nothing in the choice.");
  notes.push_back("Towards a control something goes: whether it is met is not said.");
  if (!plan.allPlaces) notes.push_back("A pattern fits more places than were looked at.");
  if (!plan.answer.unbuildable.empty())
    notes.push_back(fmt::format("{} left out, because {} cannot be built: names or addresses clash.",
                                counted(plan.answer.unbuildable.size(), "set was", "sets were"),
                                plan.answer.unbuildable.size() == 1 ? "it" : "they"));
  if (plan.answer.flagsContradicted())
    notes.push_back(fmt::format(
        "{} other than what candidates declare of opening and closing; what was concluded for it was taken "
        "back.",
        counted(plan.answer.contradicted.size(), "statement turned out", "statements turned out")));
  return notes;
}

}  // namespace vauban::report
