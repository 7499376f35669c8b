#include "plan/design.h"

#include <algorithm>
#include <functional>

#include "attack/attack_goals.h"
#include "attack/depth.h"
#include "attack/goal_judge.h"
#include "measure/way_success.h"
#include "plan/yaml_editing.h"

namespace vauban::plan {

namespace yaml = model::yaml;

Designs::Designs(ModelTree tree, const PatternPlaces& places, const PatternCatalogue& patterns,
                 const std::vector<Candidate>& candidates, DesignJudging judging)
    : tree_(std::move(tree)),
      places_(places),
      patterns_(patterns),
      candidates_(candidates),
      judging_(judging) {
  std::vector<unsigned> rank(patterns.all().size(), 0);  // of a pattern: how long a chain it waits for
  std::function<unsigned(const Pattern&)> rankOf = [&](const Pattern& pattern) {
    unsigned most = 0;
    for (const std::string& id : pattern.dependsOn)
      if (const auto other = patterns.find(id)) most = std::max(most, rankOf(patterns.at(*other)) + 1);
    return most;
  };
  for (std::size_t p = 0; p < rank.size(); ++p) rank[p] = rankOf(patterns.all()[p]);
  std::vector<std::uint32_t> sorted(candidates.size());
  for (std::uint32_t i = 0; i < sorted.size(); ++i) sorted[i] = i;
  std::ranges::stable_sort(sorted, {}, [&](std::uint32_t i) {
    const Candidate& it = candidates[i];
    return std::tuple(it.kind, it.pattern ? rank[it.pattern->index()] : 0U, it.id);
  });
  order_.resize(sorted.size());
  for (std::uint32_t at = 0; at < sorted.size(); ++at) order_[sorted[at]] = at;
  const attack::GoalsOfModel asked = attack::goalsOf(places.model());
  if (!asked.everyHost) goals_ = asked.goals;
}

Result<ModelTree> Designs::tree(const Design& design, View view) const {
  Design inOrder = design;
  std::ranges::sort(inOrder, {}, [&](std::uint32_t i) { return order_[i]; });
  ModelTree built = tree_;
  const auto add = [&](const Candidate& candidate, Parts parts) -> Result<void> {
    const auto applied =
        applyPattern(built, places_, patterns_.at(*candidate.pattern), candidate.members, parts);
    if (!applied) return std::unexpected(applied.error());
    built = applied->tree;
    return {};
  };
  for (const std::uint32_t i : inOrder) {
    const Candidate& candidate = candidates_[i];
    if (candidate.pattern) {
      const bool whole = view == View::real || candidate.mixed || (view == View::open && candidate.brings);
      const Parts parts = whole ? Parts::all : Parts::closing;
      if (auto added = add(candidate, parts); !added) return std::unexpected(added.error());
      continue;
    }
    // The very statement, wherever others have been put before it.
    const yaml::NodePtr gone = yaml_editing::at(tree_.root(), "flows")->children()[candidate.flow];
    const yaml::NodePtr flows = yaml_editing::at(built.root(), "flows");
    std::vector<yaml::NodePtr> left;
    for (const yaml::NodePtr& it : flows->children())
      if (it != gone) left.push_back(it);
    built = built.with(yaml_editing::with(built.root(), "flows", yaml_editing::sequence(std::move(left))));
  }
  if (view != View::open) return built;
  for (const Candidate& candidate : candidates_)
    if (candidate.pattern && !candidate.mixed && !candidate.brings)
      if (auto added = add(candidate, Parts::opening); !added) return std::unexpected(added.error());
  return built;
}

Result<model::Model> Designs::model(const Design& design, View view) const {
  const auto built = tree(design, view);
  if (!built) return std::unexpected(built.error());
  return built->model(*judging_.judging.behaviours, tree_.path() + " (planned)", judging_.judging.loadRules);
}

Result<DesignState> Designs::judge(const Design& design, View view) const {
  const Judging& with = judging_.judging;
  auto built = model(design, view);
  if (!built) return std::unexpected(built.error());
  // Of each bound only what it bounds; what is kept today is at its best already.
  if (view != View::real) {
    const auto today = this->state({}, View::real);
    if (!today) return std::unexpected(today.error());
    std::erase_if(built->claims, [&](const model::Claim& claim) {
      const bool opening = claim.kind == model::ClaimKind::always;
      const auto was = today->claims.find(claim.id);
      const bool kept = was != today->claims.end() && was->second == channel::Verdict::kept;
      return opening != (view == View::open) || (view == View::shut && kept);
    });
  }
  DesignState state;
  const channel::Judge judge(*built, *with.behaviours, with.today);
  std::vector<channel::ClaimResult> results = judge.judgeAll(with.jobs);
  const bool aboutGoals = std::ranges::any_of(built->claims, attack::isAboutGoal);
  if (with.templates != nullptr && with.use != nullptr &&
      (aboutGoals || (!goals_.empty() && view != View::open))) {
    const attack::AttackGraph graph =
        attack::buildAttackGraph(*built, *with.behaviours, judge.trust(), *with.templates);
    attack::GoalJudge(graph, *with.use, with.today, judging_.seconds).judgeAmong(results);
    std::vector<measure::Interval> stops;
    if (judging_.evidence != nullptr && !goals_.empty()) {
      auto measured = measure::stopsOf(graph, *judging_.evidence, *with.templates, with.today);
      if (!measured) return std::unexpected(measured.error());
      stops = std::move(*measured);
    }
    const attack::DepthFinder finder(graph.graph, graph.groups);
    attack::SearchLimits limits;
    limits.seconds = judging_.seconds;
    limits.sets = 1;
    for (const model::Goal& goal : goals_) {
      GoalState of;
      const auto fact = graph.goal(goal);
      const attack::Depth depth = fact ? finder.depth(*fact, limits) : attack::Depth{};
      of.possible = depth.possible;
      of.depth = depth.lower;
      of.exact = depth.exact || !depth.possible;
      of.success = !of.possible    ? measure::Interval{0, 0}
                   : stops.empty() ? measure::Interval{0, 1}
                                   : measure::bestWay(graph, *fact, stops);
      state.goals.push_back(of);
    }
  }
  for (const channel::ClaimResult& result : results)
    state.claims.emplace(result.claim->id, result.judgement.verdict);
  return state;
}

Result<std::map<std::string, channel::Verdict>> Designs::verdictsShut(const Design& design) const {
  const Judging& with = judging_.judging;
  auto built = model(design, View::shut);
  if (!built) return std::unexpected(built.error());
  std::erase_if(built->claims, attack::isAboutGoal);
  const channel::Judge judge(*built, *with.behaviours, with.today);
  std::map<std::string, channel::Verdict> verdicts;
  for (const channel::ClaimResult& result : judge.judgeAll(with.jobs))
    verdicts.emplace(result.claim->id, result.judgement.verdict);
  return verdicts;
}

Result<DesignState> Designs::state(const Design& design, View view) const {
  const std::pair key(view, design);
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = known_.find(key); found != known_.end()) return found->second;
  }
  auto state = judge(design, view);
  const std::lock_guard lock(mutex_);
  return known_.emplace(key, std::move(state)).first->second;
}

std::size_t Designs::judged() const {
  const std::lock_guard lock(mutex_);
  return known_.size();
}

}  // namespace vauban::plan
