#include "plan/path_credit.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "attack/attack_graph.h"
#include "attack/closure.h"
#include "attack/paths.h"

namespace vauban::plan {
namespace {

using attack::AttackGraph;
using attack::StepId;

AttackGraph graphOf(const model::Model& model, const Judging& judging) {
  const channel::Trust trust = channel::Trust::of(model, channel::SuffixLists::builtIn());
  return attack::buildAttackGraph(model, *judging.behaviours, trust, *judging.templates);
}

// What is done where, whatever the graph.
std::string named(const AttackGraph& graph, StepId step) {
  return fmt::format("{} {}", graph.steps[step.index()].rule.index(), graph.inWords(step));
}

struct WayOfToday {
  std::set<std::string> steps, layers;  // of techniques, by name; what must fail
};

// Whether somebody who does the same finds it still leads there.
bool leads(const AttackGraph& graph, const model::Goal& goal, const WayOfToday& way) {
  const auto fact = graph.goal(goal);
  if (!fact) return false;
  attack::Closure::Start start;
  for (std::size_t s = 0; s < graph.steps.size(); ++s)
    if (graph.steps[s].rule.valid() && !way.steps.contains(named(graph, StepId(s))))
      start.barredSteps.push_back(StepId(s));
  for (std::size_t l = 0; l < graph.layers.size(); ++l)
    if (way.layers.contains(graph.layers[l].name)) start.failed.push_back(attack::LayerId(l));
  return attack::Closure(graph.graph, start).holds(*fact);
}

}  // namespace

Result<void> creditPaths(PlanProblem& problem, const Designs& designs,
                         const std::vector<Candidate>& candidates, const DesignJudging& judging) {
  const auto today = designs.model({});
  if (!today) return std::unexpected(today.error());
  const AttackGraph graph = graphOf(*today, judging.judging);
  const attack::PathFinder open(graph.graph, std::vector<attack::LayerId>()), failing(graph.graph);
  std::vector<std::optional<WayOfToday>> ways;
  for (const model::Goal& goal : designs.goals()) {
    const auto fact = graph.goal(goal);
    auto derivation = fact ? open.shortest(*fact) : std::nullopt;
    if (fact && !derivation) derivation = failing.shortest(*fact);
    ways.emplace_back();
    if (!derivation) continue;
    ways.back().emplace();
    for (const StepId step : derivation->steps) {
      if (graph.steps[step.index()].rule.valid()) ways.back()->steps.insert(named(graph, step));
      for (const attack::LayerId layer : graph.graph.layers(step))
        ways.back()->layers.insert(graph.layers[layer.index()].name);
    }
  }
  const auto depth = problem.tier(TierKind::depth);
  if (!depth) return {};
  // Levels of the two tiers count for nothing; the ways stand in the first of them.
  for (std::size_t l = 0; l < problem.levels.size(); ++l)
    if (problem.levels[l].tier == TierKind::depth || problem.levels[l].tier == TierKind::success)
      problem.selection.levels[l].weight = 0;
  CoverageTier credit;
  credit.tier = *depth;
  credit.elements.assign(designs.goals().size(), CoverageElement{});
  for (std::uint32_t c = 0; c < candidates.size(); ++c) {
    const auto built = designs.model({c});
    if (!built) continue;
    const AttackGraph changed = graphOf(*built, judging.judging);
    for (std::uint32_t g = 0; g < ways.size(); ++g)
      if (ways[g] && !leads(changed, designs.goals()[g], *ways[g])) credit.relations.push_back({c, g, 1});
  }
  problem.selection.coverage.push_back(std::move(credit));
  return {};
}

}  // namespace vauban::plan
