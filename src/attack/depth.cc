#include "attack/depth.h"

#include <algorithm>

#include "base/result.h"

namespace vauban::attack {
namespace {

std::size_t groupCount(const DerivationGraph& graph, const std::vector<GroupId>& groupOf) {
  VAUBAN_CHECK(groupOf.size() == graph.layerCount());
  std::size_t count = 0;
  for (const GroupId group : groupOf) count = std::max(count, group.index() + 1);
  return count;
}

}  // namespace

DepthFinder::DepthFinder(const DerivationGraph& graph, const std::vector<GroupId>& groupOf,
                         const Solver& solver)
    : solver_(solver), graph_(graph, groupCount(graph, groupOf), [&](StepId step) {
        std::vector<SwitchId> switches;
        for (const LayerId layer : graph.layers(step)) switches.emplace_back(groupOf[layer.index()].index());
        return std::optional(std::move(switches));
      }) {}

Depth DepthFinder::depth(FactId goal, const SearchLimits& limits) const {
  Depth depth;
  depth.possible = graph_.holdsWithAll(goal);
  if (!depth.possible || graph_.holdsWithNone(goal)) {
    depth.exact = depth.complete = true;
    if (depth.possible) depth.sets.emplace_back();
    return depth;
  }
  const GoalCone cone(graph_, goal);
  const LeastSetsAnswer answer =
      LeastSets(cone.graph, cone.goal, Family::derives, solver_).find(true, limits);
  auto groups = [&](const LayerSet& layers) {
    GroupSet set;
    for (const LayerId layer : layers) set.emplace_back(cone.switches[layer.index()].index());
    return set;
  };
  depth.lower = answer.lower;
  depth.exact = answer.exact;
  depth.complete = answer.complete;
  for (const LayerSet& set : answer.sets) depth.sets.push_back(groups(set));
  std::ranges::sort(depth.sets);
  if (depth.exact && depth.lower == 1) {
    // All of them, whatever the limit on sets.
    Closure closure(cone.graph);
    const Closure::Mark nothing = closure.mark();
    for (std::size_t l = 0; l < cone.graph.layerCount(); ++l) {
      if (closure.failUnless(LayerId(l), cone.goal)) {
        closure.undo(nothing);
      } else {
        depth.single.emplace_back(cone.switches[l].index());
      }
    }
  }
  return depth;
}

}  // namespace vauban::attack
