#include "attack/goal_cone.h"

#include <algorithm>
#include <utility>

#include "base/result.h"

namespace vauban::attack {
namespace {

// By step, 1 where it fires once all switches are on: only such steps are worth copying.
std::vector<std::uint8_t> firing(const DerivationGraph& graph, const SwitchedGraph::SwitchesOf& switchesOf) {
  std::vector<std::uint8_t> fires(graph.stepCount(), 0), holds(graph.factCount(), 0);
  std::vector<std::uint32_t> missing(graph.stepCount());
  std::vector<FactId> held;
  auto fire = [&](StepId step) {
    if (!switchesOf(step)) return;
    fires[step.index()] = 1;
    const FactId fact = graph.conclusion(step);
    if (!std::exchange(holds[fact.index()], 1)) held.push_back(fact);
  };
  for (std::size_t s = 0; s < missing.size(); ++s) {
    missing[s] = static_cast<std::uint32_t>(graph.premises(StepId(s)).size());
    if (missing[s] == 0) fire(StepId(s));
  }
  for (std::size_t f = 0; f < held.size(); ++f) {
    for (const StepId step : graph.needing(held[f])) {
      if (--missing[step.index()] == 0) fire(step);
    }
  }
  return fires;
}

DerivationGraph switched(const DerivationGraph& graph, std::size_t switchCount,
                         const SwitchedGraph::SwitchesOf& switchesOf) {
  DerivationGraph::Builder builder;
  for (std::size_t f = 0; f < graph.factCount(); ++f) builder.addFact();
  for (std::size_t s = 0; s < switchCount; ++s) builder.addLayer();
  const std::vector<std::uint8_t> fires = firing(graph, switchesOf);
  for (std::size_t s = 0; s < graph.stepCount(); ++s) {
    if (!fires[s]) continue;
    const auto switches = switchesOf(StepId(s));
    const auto premises = graph.premises(StepId(s));
    std::vector<LayerId> layers;
    for (const SwitchId id : *switches) layers.emplace_back(id.index());
    builder.addStep(graph.conclusion(StepId(s)), {premises.begin(), premises.end()}, std::move(layers));
  }
  return std::move(builder).build();
}

Closure::Start everySwitch(const DerivationGraph& graph) {
  Closure::Start start;
  for (std::size_t l = 0; l < graph.layerCount(); ++l) start.failed.emplace_back(l);
  return start;
}

struct ConeStep {
  std::vector<FactId> premises;  // of the whole graph
  std::vector<LayerId> layers;
  auto operator<=>(const ConeStep&) const = default;
};

}  // namespace

SwitchedGraph::SwitchedGraph(const DerivationGraph& graph, std::size_t switchCount,
                             const SwitchesOf& switchesOf)
    : graph_(switched(graph, switchCount, switchesOf)), off_(graph_), on_(graph_, everySwitch(graph_)) {}

std::vector<std::uint8_t> possibleSteps(const DerivationGraph& graph, const MayFail& mayFail) {
  std::vector<std::uint8_t> possible(graph.stepCount(), 1);
  if (!mayFail) return possible;
  std::vector<std::uint8_t> fails(graph.layerCount(), 0);
  for (const LayerId layer : *mayFail) fails[layer.index()] = 1;
  for (std::size_t l = 0; l < fails.size(); ++l) {
    if (fails[l]) continue;
    for (const StepId step : graph.guardedBy(LayerId(l))) possible[step.index()] = 0;
  }
  return possible;
}

SwitchedGraph::SwitchesOf switchesBySteps(const DerivationGraph& graph,
                                          const std::vector<std::vector<StepId>>& sets,
                                          const MayFail& mayFail) {
  std::vector<std::uint8_t> possible = possibleSteps(graph, mayFail);
  std::vector<std::pair<StepId, SwitchId>> of;
  for (std::size_t s = 0; s < sets.size(); ++s) {
    for (const StepId step : sets[s]) {
      if (possible[step.index()]) of.emplace_back(step, s);
    }
  }
  std::ranges::sort(of);
  return [of = std::move(of), possible = std::move(possible)](StepId step) {
    std::optional<std::vector<SwitchId>> switches;
    if (!possible[step.index()]) return switches;
    switches.emplace();
    for (const auto& [waiting, id] :
         std::ranges::equal_range(of, step, {}, &std::pair<StepId, SwitchId>::first))
      switches->push_back(id);
    return switches;
  };
}

GoalCone::GoalCone(const SwitchedGraph& whole, FactId goalOfWhole) {
  VAUBAN_CHECK(!whole.holdsWithNone(goalOfWhole) && whole.holdsWithAll(goalOfWhole));
  const DerivationGraph& all = whole.graph_;
  // Facts are numbered as they are met on the way back from the goal.
  std::vector<FactId> met{goalOfWhole}, numberOf(all.factCount());
  numberOf[goalOfWhole.index()] = FactId(0);
  std::vector<std::vector<ConeStep>> stepsOf;
  std::vector<std::uint8_t> used(all.layerCount(), 0);
  for (std::size_t f = 0; f < met.size(); ++f) {
    std::vector<ConeStep> steps;
    for (const StepId id : all.concluding(met[f])) {
      if (!whole.on_.fires(id)) continue;
      ConeStep step;
      for (const FactId premise : all.premises(id)) {
        if (!whole.holdsWithNone(premise)) step.premises.push_back(premise);
      }
      const auto layers = all.layers(id);
      step.layers.assign(layers.begin(), layers.end());
      steps.push_back(std::move(step));
    }
    // Steps that differed in premises that hold anyway are often one by now.
    std::ranges::sort(steps);
    steps.erase(std::ranges::unique(steps).begin(), steps.end());
    for (const ConeStep& step : steps) {
      for (const FactId premise : step.premises) {
        if (numberOf[premise.index()].valid()) continue;
        numberOf[premise.index()] = FactId(met.size());
        met.push_back(premise);
      }
      for (const LayerId layer : step.layers) used[layer.index()] = 1;
    }
    stepsOf.push_back(std::move(steps));
  }

  DerivationGraph::Builder builder;
  std::vector<LayerId> layerOf(all.layerCount());
  for (std::size_t l = 0; l < used.size(); ++l) {
    if (!used[l]) continue;
    layerOf[l] = builder.addLayer();
    switches.emplace_back(l);
  }
  for (std::size_t f = 0; f < met.size(); ++f) builder.addFact();
  for (std::size_t f = 0; f < met.size(); ++f) {
    for (ConeStep& step : stepsOf[f]) {
      for (FactId& premise : step.premises) premise = numberOf[premise.index()];
      for (LayerId& layer : step.layers) layer = layerOf[layer.index()];
      builder.addStep(FactId(f), std::move(step.premises), std::move(step.layers));
    }
  }
  graph = std::move(builder).build();
  goal = FactId(0);
}

}  // namespace vauban::attack
