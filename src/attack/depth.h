// Depth: the least number of things that must fail for a goal to become derivable (semantics 8).
//
// Layers that fail together (`fails-with`, shared operators, shared management) are one *group* and count
// once. Depth is the least number of groups; 0 is open today, 1 names the single points of failure. Exact by
// integer programming over cuts that are found as they are needed (least_sets.h); where time or rounds run
// out, a lower bound and the smallest set known. Reference for the measure: least critical attack sets, Jha,
// Sheyner and Wing, 2002.
//
// A `DepthFinder` is made once for a graph and its groups, and asked for any number of goals; immutable: any
// number of threads may ask. It refers to the solver only.
#pragma once

#include <cstdint>
#include <vector>

#include "attack/derivation_graph.h"
#include "attack/goal_cone.h"
#include "attack/least_sets.h"

namespace vauban::attack {

using GroupId = StrongId<struct GroupTag>;
using GroupSet = std::vector<GroupId>;  // increasing

struct Depth {
  bool possible = false;  // false: not even the failing of all layers derives the goal
  std::size_t lower = 0;  // the depth where exact, else a lower bound
  bool exact = false;
  std::vector<GroupSet>
      sets;               // least sets; where not exact, the smallest known alone. Depth 0: one empty set
  bool complete = false;  // sets are all the least ones
  GroupSet single;        // where the depth is 1: every group that alone suffices
};

class DepthFinder {
 public:
  // groupOf: of each layer of the graph; ids of groups are dense or nearly so.
  DepthFinder(const DerivationGraph& graph, const std::vector<GroupId>& groupOf,
              const Solver& solver = Solver::highs());
  Depth depth(FactId goal, const SearchLimits& limits = {}) const;

 private:
  const Solver& solver_;
  SwitchedGraph graph_;
};

}  // namespace vauban::attack
