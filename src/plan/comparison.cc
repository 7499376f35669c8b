#include "plan/comparison.h"

#include <algorithm>
#include <set>

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

Result<measure::Measurement> measured(const model::Model& model, const DesignJudging& judging,
                                      const std::set<measure::Watched>& watched) {
  measure::MeasureOptions options;
  options.today = judging.judging.today;
  options.possible = options.marginals = false;
  options.watched.assign(watched.begin(), watched.end());
  return measure::measureModel(model, *judging.evidence, *judging.judging.templates, options);
}

// Of each model, all asked about the same: a mean over what each watches itself would fall with every
// technique that is watched besides.
Result<std::vector<measure::Detection>> detections(const std::vector<const model::Model*>& models,
                                                   const DesignJudging& judging) {
  std::set<measure::Watched> watched;
  for (const model::Model* model : models) {
    const auto own = measured(*model, judging, {});
    if (!own) return std::unexpected(own.error());
    watched.insert(own->watched.begin(), own->watched.end());
  }
  std::vector<measure::Detection> all;
  for (const model::Model* model : models) {
    auto same = measured(*model, judging, watched);
    if (!same) return std::unexpected(same.error());
    all.push_back(std::move(same->detection));
  }
  return all;
}

}  // namespace

Result<Comparison> compareWays(const PlanGround& ground, const PlanQuestion& question) {
  Comparison comparison;
  std::vector<model::Model> built;
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
    auto model = designs.model(plan->answer.chosen);
    if (!model) return std::unexpected(model.error());
    built.push_back(std::move(*model));
    way.plan = std::move(*plan);
    comparison.ways.push_back(std::move(way));
  }
  std::vector<const model::Model*> models{&ground.places->model()};
  for (const model::Model& it : built) models.push_back(&it);
  auto all = detections(models, ground.judging);
  if (!all) return std::unexpected(all.error());
  comparison.detection = std::move(all->front());
  for (std::size_t w = 0; w < comparison.ways.size(); ++w)
    comparison.ways[w].detection = std::move((*all)[w + 1]);
  return comparison;
}

}  // namespace vauban::plan
