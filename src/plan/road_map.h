// In what order to build what was chosen: the order with the greatest area under the value curve.
//
// One candidate is built after the other; what holds of a prefix holds while the next is being built, and
// what holds at the end until the budget's end. Tiers count one after the other, as in the choice. A
// candidate comes after one of each group that it needs. Up to kExactOrder candidates the order is exact
// (dynamic programming over subsets, Held and Karp, 1962), with the values of subsets inferred from few
// designs judged (selection_knowledge.h) and judged where nothing follows; beyond, or when limits end it, a
// greedy order bettered by exchanges, and not proven.
//
// With compositions no order is best at every prefix: each step has the loss against the best set of the same
// cost.
#pragma once

#include "plan/selection.h"

namespace vauban::plan {

inline constexpr std::size_t kExactOrder = 14;

struct RoadStep {
  std::uint32_t candidate = 0;
  double start = 0, end = 0;                 // days
  DesignValue value;                         // of all up to it
  std::vector<std::uint32_t> reached, lost;  // levels that are true from here on, and no longer
  // Why it stands here: later ones that cannot be without it; of each level that it reaches, or that a later
  // step reaches with its help, what of the chosen the level cannot be without, where that alone suffices.
  Design neededBy;
  struct Completion {
    std::uint32_t level = 0;
    Design together;  // sorted, this step among them
  };
  std::vector<Completion> completes, helps;
  // Best set of the same cost, and by how much it is better, by tier, >= 0.
  Design bestInstead;
  std::vector<double> loss;
  bool lossProven = false;
};

struct RoadMap {
  std::vector<RoadStep> steps;
  std::vector<double> area;  // by tier: value x days, from the first day to the budget's end
  bool proven = false;       // no order has more
};

struct RoadMapOptions {
  bool losses = true;  // which ask for a best set each
};

// `answer`: of the selector's best() for these limits. Errors: a prefix cannot be built; what was
// chosen needs one another.
Result<RoadMap> roadMap(Selector& selector, const SelectionAnswer& answer, const SelectionLimits& limits,
                        const RoadMapOptions& options = {});

}  // namespace vauban::plan
