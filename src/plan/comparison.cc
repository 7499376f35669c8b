#include "plan/comparison.h"

#include <algorithm>

namespace vauban::plan {
namespace {

struct Spending {
  const char* name;
  CandidateScope scope;
};

std::vector<Spending> spendings(const PlanQuestion& question) {
  std::vector<Spending> all(4, {"", question.scope});
  for (Spending& it : all) it.scope.patterns = it.scope.singles = it.scope.withdrawals = false;
  all[0].name = "detection";
  all[0].scope.singles = true;
  all[0].scope.tactics = {"Detect"};
  all[1].name = "atomic";
  all[1].scope.singles = true;
  // What is a statement of the architecture belongs to its composition, and so does taking away a flow.
  all[2].name = "composition";
  all[2].scope.patterns = all[2].scope.withdrawals = all[2].scope.singles = true;
  all[2].scope.withoutTactics = {"Deceive", "Detect"};
  all[3].name = "composition-with-deception";
  all[3].scope.patterns = all[3].scope.withdrawals = all[3].scope.singles = true;
  all[3].scope.withoutTactics = {"Detect"};
  return all;
}

std::size_t keptOf(const PlanProblem& problem, const DesignState& state) {
  return static_cast<std::size_t>(std::ranges::count_if(problem.levels, [&](const LevelMeaning& it) {
    return it.tier == TierKind::claims && holds(it, state);
  }));
}

Result<measure::Detection> detectionOf(const model::Model& model, const DesignJudging& judging) {
  measure::MeasureOptions options;
  options.today = judging.judging.today;
  options.possible = options.marginals = false;
  auto measured = measure::measureModel(model, *judging.evidence, *judging.judging.templates, options);
  if (!measured) return std::unexpected(measured.error());
  return std::move(measured->detection);
}

}  // namespace

Result<Comparison> compareWays(const PlanGround& ground, const PlanQuestion& question) {
  Comparison comparison;
  auto today = detectionOf(ground.places->model(), ground.judging);
  if (!today) return std::unexpected(today.error());
  comparison.detection = std::move(*today);
  for (const Spending& spending : spendings(question)) {
    PlanQuestion asked = question;
    asked.scope = spending.scope;
    asked.front = false;
    asked.seconds = question.seconds / 4;
    auto plan = planOf(ground, asked);
    if (!plan) return std::unexpected(plan.error());
    Way way;
    way.name = spending.name;
    way.days = plan->answer.days;
    way.claimsKept = keptOf(plan->problem, plan->after);
    comparison.before = plan->before;
    comparison.claimsKept = keptOf(plan->problem, plan->before);
    comparison.claims = static_cast<std::size_t>(std::ranges::count_if(
        plan->problem.levels, [](const LevelMeaning& it) { return it.tier == TierKind::claims; }));
    const Designs designs(*ground.tree, *ground.places, *ground.patterns, plan->candidates, ground.judging);
    const auto built = designs.model(plan->answer.chosen);
    if (!built) return std::unexpected(built.error());
    auto detection = detectionOf(*built, ground.judging);
    if (!detection) return std::unexpected(detection.error());
    way.detection = std::move(*detection);
    way.plan = std::move(*plan);
    comparison.ways.push_back(std::move(way));
  }
  return comparison;
}

}  // namespace vauban::plan
