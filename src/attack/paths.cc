#include "attack/paths.h"

#include <algorithm>
#include <functional>
#include <queue>
#include <utility>

#include "base/result.h"

namespace vauban::attack {
namespace {

// Knuth's algorithm over the steps that may be taken; weights empty: each step weighs 1.
class Best {
 public:
  // missing: by step, how many premises it has; one too many for those that are not taken, so that it never
  // reaches zero.
  Best(const DerivationGraph& graph, std::vector<std::uint32_t> missing, std::span<const double> weights)
      : graph_(graph),
        weights_(weights),
        by_(graph.factCount()),
        cost_(graph.factCount(), 0),
        order_(graph.factCount(), kNotReached),
        missing_(std::move(missing)) {
    for (std::size_t s = 0; s < missing_.size(); ++s) {
      if (missing_[s] == 0) offer(StepId(s));
    }
  }

  std::optional<Derivation> derive(FactId goal) {
    while (order_[goal.index()] == kNotReached && !open_.empty()) {
      const auto [cost, fact] = open_.top();
      open_.pop();
      if (order_[fact.index()] != kNotReached) continue;  // came out before, cheaper
      order_[fact.index()] = reached_++;
      for (const StepId step : graph_.needing(fact)) {
        if (--missing_[step.index()] == 0) offer(step);
      }
    }
    if (order_[goal.index()] == kNotReached) return std::nullopt;
    return gather(goal);
  }

 private:
  static constexpr std::size_t kNotReached = SIZE_MAX;

  double weight(StepId step) const { return weights_.empty() ? 1 : weights_[step.index()]; }

  void offer(StepId step) {
    const FactId fact = graph_.conclusion(step);
    if (order_[fact.index()] != kNotReached) return;
    double cost = weight(step);
    for (const FactId premise : graph_.premises(step)) cost += cost_[premise.index()];
    StepId& by = by_[fact.index()];
    if (by.valid() && std::pair(cost_[fact.index()], by) <= std::pair(cost, step)) return;
    const bool cheaper = !by.valid() || cost < cost_[fact.index()];
    by = step;
    cost_[fact.index()] = cost;
    if (cheaper) open_.emplace(cost, fact);
  }

  Derivation gather(FactId goal) {
    std::vector<FactId> facts{goal};
    std::vector<std::uint8_t> seen(graph_.factCount(), 0);
    seen[goal.index()] = 1;
    for (std::size_t f = 0; f < facts.size(); ++f) {
      for (const FactId premise : graph_.premises(by_[facts[f].index()])) {
        if (!seen[premise.index()]) facts.push_back(premise);
        seen[premise.index()] = 1;
      }
    }
    std::ranges::sort(facts, {}, [&](FactId fact) { return order_[fact.index()]; });
    Derivation derivation;
    for (const FactId fact : facts) {
      derivation.steps.push_back(by_[fact.index()]);
      derivation.cost += weight(by_[fact.index()]);
    }
    return derivation;
  }

  const DerivationGraph& graph_;
  std::span<const double> weights_;
  std::vector<StepId> by_;              // by fact: the best step known to conclude it
  std::vector<double> cost_;            // by fact: what that costs
  std::vector<std::size_t> order_;      // by fact: as how manyeth it was settled
  std::vector<std::uint32_t> missing_;  // by step: premises not settled
  using Open = std::pair<double, FactId>;
  std::priority_queue<Open, std::vector<Open>, std::greater<>> open_;
  std::size_t reached_ = 0;
};

// The rounds in which the goal comes to hold: no derivation has fewer steps, since each concludes one fact of
// a round.
std::size_t rounds(const DerivationGraph& graph, std::vector<std::uint32_t> missing, FactId goal) {
  std::vector<std::uint8_t> holds(graph.factCount(), 0);
  std::vector<FactId> fresh, next;
  auto fire = [&](StepId step) {
    const FactId fact = graph.conclusion(step);
    if (!std::exchange(holds[fact.index()], 1)) next.push_back(fact);
  };
  for (std::size_t s = 0; s < missing.size(); ++s) {
    if (missing[s] == 0) fire(StepId(s));
  }
  std::size_t round = 1;
  for (; !holds[goal.index()] && !next.empty(); ++round) {
    fresh.swap(next);
    next.clear();
    for (const FactId fact : fresh) {
      for (const StepId step : graph.needing(fact)) {
        if (--missing[step.index()] == 0) fire(step);
      }
    }
  }
  return round;
}

}  // namespace

PathFinder::PathFinder(const DerivationGraph& graph, MayFail mayFail, const Solver& solver)
    : graph_(graph),
      mayFail_(std::move(mayFail)),
      possible_(possibleSteps(graph, mayFail_)),
      solver_(solver) {
  missing_.reserve(graph.stepCount());
  for (std::size_t s = 0; s < graph.stepCount(); ++s) {
    missing_.push_back(static_cast<std::uint32_t>(graph.premises(StepId(s)).size() + (possible_[s] ? 0 : 1)));
  }
}

std::optional<Derivation> PathFinder::shortest(FactId goal) const {
  auto derivation = Best(graph_, missing_, {}).derive(goal);
  if (derivation) derivation->lower = rounds(graph_, missing_, goal);
  return derivation;
}

std::optional<Derivation> PathFinder::cheapest(FactId goal, std::span<const double> weights) const {
  VAUBAN_CHECK(weights.size() == graph_.stepCount());
  VAUBAN_CHECK(std::ranges::all_of(weights, [](double weight) { return weight >= 0; }));
  // No steps, no weights: an empty span is no mistake.
  return Best(graph_, missing_, weights).derive(goal);
}

std::optional<Derivation> PathFinder::fewest(FactId goal, const SearchLimits& limits) const {
  auto best = shortest(goal);
  if (!best || best->fewest()) return best;
  const SwitchedGraph whole(graph_, graph_.stepCount(), [&](StepId step) {
    return possible_[step.index()] ? std::optional(std::vector{SwitchId(step.index())}) : std::nullopt;
  });
  const GoalCone cone(whole, goal);
  SearchLimits one = limits;
  one.sets = 1;
  const LeastSetsAnswer answer = LeastSets(cone.graph, cone.goal, Family::derives, solver_).find(true, one);
  best->lower = std::max(best->lower, answer.lower);
  if (answer.sets.front().size() >= best->steps.size()) return best;
  std::vector<std::uint32_t> missing = missing_;
  for (std::size_t s = 0; s < missing.size(); ++s) missing[s] += possible_[s];
  for (const LayerId layer : answer.sets.front()) --missing[cone.switches[layer.index()].index()];
  auto fewer = Best(graph_, std::move(missing), {}).derive(goal);
  VAUBAN_CHECK(fewer);
  fewer->lower = best->lower;
  return fewer;
}

MinimalDerivations PathFinder::minimal(FactId goal, const std::vector<std::vector<StepId>>& marks,
                                       const SearchLimits& limits) const {
  MinimalDerivations minimal;
  const SwitchedGraph whole(graph_, marks.size(), switchesBySteps(graph_, marks, mayFail_));
  if (!whole.holdsWithAll(goal)) {
    minimal.complete = true;
    return minimal;
  }
  auto derive = [&](std::vector<MarkId> used) {
    std::vector<std::uint32_t> missing = missing_;
    for (std::size_t m = 0; m < marks.size(); ++m) {
      if (std::ranges::binary_search(used, MarkId(m))) continue;
      for (const StepId step : marks[m]) ++missing[step.index()];
    }
    auto derivation = Best(graph_, missing, {}).derive(goal);
    VAUBAN_CHECK(derivation);
    derivation->lower = rounds(graph_, std::move(missing), goal);
    minimal.found.push_back({std::move(used), std::move(*derivation)});
  };
  if (whole.holdsWithNone(goal)) {
    minimal.complete = true;
    derive({});
    return minimal;
  }
  const GoalCone cone(whole, goal);
  const LeastSetsAnswer answer =
      LeastSets(cone.graph, cone.goal, Family::derives, solver_).find(false, limits);
  minimal.complete = answer.complete;
  for (const LayerSet& set : answer.sets) {
    std::vector<MarkId> used;
    for (const LayerId layer : set) used.emplace_back(cone.switches[layer.index()].index());
    derive(std::move(used));
  }
  return minimal;
}

}  // namespace vauban::attack
