// How likely it is that an attacker gets through: some path of steps none of which is stopped.
//
// Steps are not independent. Whatever makes one step pass unnoticed (nobody on shift, a rule set that is out
// of date, an attacker who is good) makes the next pass as well: measured, three misses running are 2 to 5
// times likelier than the product of the three says. So the product is never given. Instead:
//   - shared state: one hidden state of the defence, standard normal, under which steps are independent: step
//     i is not stopped where sqrt(r) x state + sqrt(1 - r) x own chance falls below the quantile of its
//     probability. Each step keeps its own probability; r is the correlation.
//     0.3 to 0.8 makes three steps of probability 0.3 to 0.5 between 1.6 and 6.4 times as likely as the
//     product, which holds what was measured.
//   - Frechet bounds, which hold whatever depends on what.
// The model's interval is the hull over the ends of the steps' intervals and over correlations from least to
// most (the ends, and seven between: with several paths the answer need not be monotone in it).
//
// Exact by decision diagram (path_diagram.h), and by quadrature over the state (to about 1e-6); where the
// diagram would be too large by Monte Carlo with the seed given, its interval widened by Hoeffding's bound.
// Same input, same bits, whatever the thread count.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "measure/interval.h"

namespace vauban::measure {

struct AttackPaths {
  std::vector<Interval> stops;                    // by step: P(stopped | tried)
  std::vector<std::vector<std::uint32_t>> paths;  // each all that it needs, by number
};

struct PathOptions {
  Interval correlation{0.3, 0.8};
  std::size_t mostNodes = 50'000;  // of the diagram; more: Monte Carlo
  std::uint64_t seed = 1;
  std::uint64_t samples = 200'000;  // for each end
  unsigned threads = 1;             // of Monte Carlo; 0: as many as there are cores
};

struct PathMeasure {
  Interval sharedState;  // P(the attacker gets through)
  Interval frechet;
  bool exact = true;
  std::uint64_t seed = 0, samples = 0;  // of Monte Carlo
  double error = 0;  // by which `sharedState` was widened; it fails to hold once in 1,000 runs at most
};

// Limits: 100,000 steps, 100,000 paths, 10 million steps of all paths. Errors: more; a path with a step that
// is not there; an interval or correlation that is none; no samples. No path: nobody gets through. A path
// without steps: everybody does.
Result<PathMeasure> measurePaths(const AttackPaths& attack, const PathOptions& options = {});

}  // namespace vauban::measure
