// What of a derivation graph bears on one goal, once each step has the switches that it waits for.
//
// A *switch* is whatever a question counts: a group of layers that fail together, an element that stands or
// is taken away, a technique that is used or not. A step waits for all of its switches to be on.
// `SwitchedGraph` is a graph with its switches, shared by any number of goals; `GoalCone` is the part of it
// for one goal: a small graph whose *layers are the switches*, without what can never hold, what holds with
// all switches off, and what does not lead to the goal. In it, "which sets of switches derive the goal" is a
// question about layers alone.
//
// SwitchedGraph refers to no other graph once it is made. Immutable; any number of threads may read.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "attack/closure.h"
#include "attack/derivation_graph.h"

namespace vauban::attack {

using SwitchId = StrongId<struct SwitchTag>;

class SwitchedGraph {
 public:
  // The switches a step waits for, any order, repeats allowed; nullopt for a step that nobody can take.
  using SwitchesOf = std::function<std::optional<std::vector<SwitchId>>(StepId)>;
  SwitchedGraph(const DerivationGraph& graph, std::size_t switchCount, const SwitchesOf& switchesOf);
  SwitchedGraph(const SwitchedGraph&) = delete;  // the closures refer to graph_
  SwitchedGraph& operator=(const SwitchedGraph&) = delete;

  std::size_t switchCount() const { return graph_.layerCount(); }
  bool holdsWithNone(FactId fact) const { return off_.holds(fact); }
  bool holdsWithAll(FactId fact) const { return on_.holds(fact); }

 private:
  friend struct GoalCone;
  // Facts as in the graph it was made from; layers: switches; no steps that never fire.
  DerivationGraph graph_;
  Closure off_, on_;  // with no switch, with all
};

// Which layers may fail, where a question is asked about derivations and not about depth; all where absent.
using MayFail = std::optional<std::vector<LayerId>>;

// Switches as sets of steps: a step waits for each set that it is in. Steps that need a layer which may not
// fail cannot be taken; all others need no layer any more.
SwitchedGraph::SwitchesOf switchesBySteps(const DerivationGraph& graph,
                                          const std::vector<std::vector<StepId>>& sets,
                                          const MayFail& mayFail);
// By step of the graph, 1 where every layer it needs may fail.
std::vector<std::uint8_t> possibleSteps(const DerivationGraph& graph, const MayFail& mayFail);

// Not made for a goal that holds with no switch, or that does not with all.
struct GoalCone {
  DerivationGraph graph;
  FactId goal;
  std::vector<SwitchId> switches;  // by layer of graph: those that matter, increasing

  GoalCone(const SwitchedGraph& whole, FactId goalOfWhole);
};

}  // namespace vauban::attack
