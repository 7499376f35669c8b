#include "plan/design.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <optional>
#include <thread>

#include "attack/attack_goals.h"
#include "attack/closure.h"
#include "attack/depth.h"
#include "attack/goal_judge.h"
#include "channel/trust.h"
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

Result<std::vector<GoalState>> Designs::goalsIn(const attack::AttackGraph& graph) const {
  const Judging& with = judging_.judging;
  std::vector<measure::Interval> stops;
  if (judging_.evidence != nullptr) {
    auto measured = measure::stopsOf(graph, *judging_.evidence, *with.templates, with.today);
    if (!measured) return std::unexpected(measured.error());
    stops = std::move(*measured);
  }
  const attack::DepthFinder finder(graph.graph, graph.groups);
  attack::SearchLimits limits;
  limits.seconds = judging_.seconds;
  limits.sets = 1;
  std::vector<GoalState> goals;
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
    goals.push_back(of);
  }
  return goals;
}

namespace {

// Whether what holds in a graph whose enforcement points cannot fail holds with them as well, as far as
// `Designs::bounded` promises. One that nobody can make fail without something failing first takes part in no
// way of depth 0: so a depth of at most 1 stays, and what surely may succeed still does.
bool decided(const attack::AttackGraph& graph, const std::vector<GoalState>& goals) {
  std::optional<bool> managed;
  const auto pointsFall = [&] {
    if (graph.managers.empty()) return false;
    if (!managed) {
      const attack::Closure today(graph.graph);
      managed = std::ranges::any_of(graph.managers, [&](reach::PartyId party) {
        const auto admin = graph.find(attack::FactKind::admin, party.value);
        return admin && today.holds(*admin);
      });
    }
    return *managed;
  };
  return std::ranges::all_of(goals, [&](const GoalState& goal) {
    return goal.possible && goal.exact && goal.success.hi == 1 &&
           (goal.depth == 0 || (goal.depth == 1 && !pointsFall()));
  });
}

}  // namespace

Result<model::Model> Designs::judgedModel(const Design& design, View view) const {
  auto built = model(design, view);
  if (!built || view == View::real) return built;
  const auto today = verdicts({}, View::real);
  if (!today) return std::unexpected(today.error());
  std::erase_if(built->claims, [&](const model::Claim& claim) {
    const bool opening = claim.kind == model::ClaimKind::always;
    const auto was = today->find(claim.id);
    const bool kept = was != today->end() && was->second == channel::Verdict::kept;
    return opening != (view == View::open) || (view == View::shut && kept);
  });
  return built;
}

Result<Designs::Judged> Designs::judge(const Design& design, View view, bool whole) const {
  const Judging& with = judging_.judging;
  const auto built = judgedModel(design, view);
  if (!built) return std::unexpected(built.error());
  Judged judged;
  const channel::Judge judge(*built, *with.behaviours, with.today);
  std::vector<channel::ClaimResult> results = judge.judgeAll(with.jobs);
  const bool graphs = with.templates != nullptr && with.use != nullptr;
  const bool goals = graphs && !goals_.empty() && view != View::open;
  const auto aboutGoals = [&](const std::vector<model::Claim>& claims) {
    return graphs && std::ranges::any_of(claims, attack::isAboutGoal);
  };
  // Guarantees of patterns count for nothing, so that `bounded` does without their verdicts.
  const bool judgesClaims = aboutGoals(built->claims) && (whole || aboutGoals(places_.model().claims));
  judged.whole = judgesClaims || !aboutGoals(built->claims);
  const auto graphOf = [&](bool devicesMayFail) {
    return attack::buildAttackGraph(*built, *with.behaviours, judge.trust(), *with.templates, {},
                                    devicesMayFail);
  };
  const auto settle = [&](const attack::AttackGraph& graph) -> Result<void> {
    auto found = goalsIn(graph);
    if (!found) return std::unexpected(found.error());
    judged.state.goals = std::move(*found);
    return {};
  };
  bool pointsMayFail = goals || judgesClaims;
  if (goals && !whole && !judgesClaims) {
    const attack::AttackGraph graph = graphOf(false);
    if (const auto settled = settle(graph); !settled) return std::unexpected(settled.error());
    pointsMayFail = !decided(graph, judged.state.goals);
    judged.whole = judged.whole && pointsMayFail;
  }
  if (pointsMayFail) {
    const attack::AttackGraph graph = graphOf(true);
    if (judgesClaims) attack::GoalJudge(graph, *with.use, with.today, judging_.seconds).judgeAmong(results);
    if (goals)
      if (const auto settled = settle(graph); !settled) return std::unexpected(settled.error());
  }
  for (const channel::ClaimResult& result : results)
    if (judged.whole || !attack::isAboutGoal(*result.claim))
      judged.state.claims.emplace(result.claim->id, result.judgement.verdict);
  return judged;
}

Result<Designs::Verdicts> Designs::verdicts(const Design& design, View view) const {
  const std::pair key(view, design);
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = verdicts_.find(key); found != verdicts_.end()) return found->second;
  }
  const Judging& with = judging_.judging;
  auto built = judgedModel(design, view);
  Result<Verdicts> verdicts;
  if (built) {
    std::erase_if(built->claims, attack::isAboutGoal);
    const channel::Judge judge(*built, *with.behaviours, with.today);
    for (const channel::ClaimResult& result : judge.judgeAll(with.jobs))
      verdicts->emplace(result.claim->id, result.judgement.verdict);
  } else {
    verdicts = std::unexpected(std::move(built.error()));
  }
  const std::lock_guard lock(mutex_);
  return verdicts_.emplace(key, std::move(verdicts)).first->second;
}

Result<std::vector<GoalState>> Designs::goalsAtBest(const Design& design) const {
  const Judging& with = judging_.judging;
  const auto built = model(design, View::shut);
  if (!built) return std::unexpected(built.error());
  const channel::Trust trust = channel::Trust::of(*built, channel::SuffixLists::builtIn());
  return goalsIn(attack::buildAttackGraph(*built, *with.behaviours, trust, *with.templates, {}, false));
}

Result<DesignState> Designs::state(const Design& design, View view) const {
  const std::pair key(view, design);
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = known_.find(key); found != known_.end()) return found->second;
  }
  auto judged = judge(design, view, true);
  const std::lock_guard lock(mutex_);
  return remember(known_, key, std::move(judged));
}

void Designs::judgeAll(const std::vector<Design>& designs, unsigned threads) const {
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < designs.size(); i = next++) (void)state(designs[i]);
  };
  std::vector<std::jthread> others;
  for (std::size_t t = 1; t < std::min<std::size_t>(threads, designs.size()); ++t) others.emplace_back(work);
  work();
}

Result<DesignState> Designs::bounded(const Design& design, View view) const {
  const std::pair key(view, design);
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = known_.find(key); found != known_.end()) return found->second;
    if (const auto found = bounded_.find(key); found != bounded_.end()) return found->second;
  }
  auto judged = judge(design, view, false);
  const std::lock_guard lock(mutex_);
  const bool whole = !judged || judged->whole;
  return remember(whole ? known_ : bounded_, key, std::move(judged));
}

Result<DesignState> Designs::remember(Known& known, const std::pair<View, Design>& key,
                                      Result<Judged> judged) const {
  Result<DesignState> state = judged ? Result<DesignState>(std::move(judged->state))
                                     : Result<DesignState>(std::unexpected(std::move(judged.error())));
  return known.emplace(key, std::move(state)).first->second;
}

std::size_t Designs::wholeGraphs() const {
  const std::lock_guard lock(mutex_);
  return known_.size();
}

std::size_t Designs::judged() const {
  const std::lock_guard lock(mutex_);
  std::size_t count = known_.size();
  for (const auto& [key, state] : bounded_) count += known_.contains(key) ? 0 : 1;
  return count;
}

}  // namespace vauban::plan
