// Where a goal can be stopped, and how much every way to it has to meet.
//
// An *element* is something that can be taken away, guarded or watched, and is for the graph the steps that
// go with it: a host class, a service, a rule, a technique. A derivation *meets* an element if it takes one
// of its steps; a step may belong to several. Layers either may fail or not (MayFail), and are not counted
// here. Exact by least hitting sets (least_sets.h), with a lower bound and the best known where time runs
// out.
//
// A `CutFinder` is made once for a graph and its elements, and asked for any number of goals; immutable: any
// number of threads may ask. It refers to the solver only.
#pragma once

#include <cstdint>
#include <vector>

#include "attack/derivation_graph.h"
#include "attack/goal_cone.h"
#include "attack/least_sets.h"

namespace vauban::attack {

using ElementId = StrongId<struct ElementTag>;
using ElementSet = std::vector<ElementId>;  // increasing

// Least sets of elements without which the goal cannot be derived.
struct ChokePoints {
  bool possible = false;  // false: some derivation meets no element
  std::size_t lower = 0;  // least size where exact, else a lower bound; 0: the goal cannot be derived anyway
  bool exact = false;
  std::vector<ElementSet> sets;  // where not exact, the smallest known alone
  bool complete = false;         // sets are all the least ones
};

// At most k elements that meet the most.
struct BestPlaces {
  ElementSet elements;
  bool closes = false;  // every derivation meets one of them
  // Counted are minimal derivations: by the minimal sets of elements that a derivation can do with. Both are
  // 0 where `closes`: they are not listed then.
  std::size_t met = 0, listed = 0;
  bool complete = false;  // those listed are all, or it closes
  bool exact = false;     // no k elements meet more of those listed
};

// The least number of elements that some derivation meets: a wire at each trips at least so often.
struct LeastMet {
  bool derivable = false;
  std::size_t lower = 0;  // the number where exact, else a lower bound
  bool exact = false;
  std::vector<ElementSet> sets;  // what such derivations meet; where not exact, the smallest known alone
  bool complete = false;         // sets are all the least ones
};

class CutFinder {
 public:
  // elements: the steps of each.
  CutFinder(const DerivationGraph& graph, const std::vector<std::vector<StepId>>& elements,
            const MayFail& mayFail = {}, const Solver& solver = Solver::highs());
  ChokePoints chokePoints(FactId goal, const SearchLimits& limits = {}) const;
  BestPlaces bestPlaces(FactId goal, std::size_t k, const SearchLimits& limits = {}) const;
  LeastMet leastMet(FactId goal, const SearchLimits& limits = {}) const;

 private:
  const Solver& solver_;
  SwitchedGraph graph_;
};

}  // namespace vauban::attack
