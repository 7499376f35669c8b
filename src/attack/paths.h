// Derivations of a goal: which steps, in which order.
//
// shortest() and cheapest() are Knuth's generalisation of Dijkstra's algorithm (1977): the measure of a step
// is its own weight and that of its premises, so a step that two premises rest on is paid twice while the
// best is looked for; it is in the answer once. Where derivations share much, one with fewer steps may exist:
// `lower` says how few any has, and fewest() finds it exactly, by the search of least_sets.h, in time that
// can grow with the cone. minimal() lists the minimal sets of *marks*. A mark is a set of steps (a technique
// with all its instances, or one step); a set of marks is minimal if the goal can be derived with it and not
// with a part of it; steps without marks are free. Each set comes once, smallest first, with a shortest
// derivation that uses no other marks.
//
// Ties go to the least fact, then the least step: same graph, same answer. A `PathFinder` refers to its
// graph; immutable, any number of threads may ask.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "attack/derivation_graph.h"
#include "attack/goal_cone.h"
#include "attack/least_sets.h"

namespace vauban::attack {

using MarkId = StrongId<struct MarkTag>;

struct Derivation {
  std::vector<StepId>
      steps;              // each once, after those that conclude its premises; the last concludes the goal
  double cost = 0;        // sum of the weights of steps; of shortest and fewest: their number
  std::size_t lower = 0;  // of shortest and fewest: no derivation has fewer steps
  bool fewest() const { return steps.size() == lower; }
};

struct MarkedDerivation {
  std::vector<MarkId> marks;  // increasing
  Derivation derivation;
};

struct MinimalDerivations {
  std::vector<MarkedDerivation> found;
  bool complete = false;  // there are no others
};

class PathFinder {
 public:
  explicit PathFinder(const DerivationGraph& graph, MayFail mayFail = {},
                      const Solver& solver = Solver::highs());

  // nullopt: the goal cannot be derived.
  std::optional<Derivation> shortest(FactId goal) const;
  // weights: of each step, not negative; -log of a probability makes the cheapest the most likely.
  std::optional<Derivation> cheapest(FactId goal, std::span<const double> weights) const;
  std::optional<Derivation> fewest(FactId goal, const SearchLimits& limits = {}) const;
  MinimalDerivations minimal(FactId goal, const std::vector<std::vector<StepId>>& marks,
                             const SearchLimits& limits = {}) const;

 private:
  const DerivationGraph& graph_;
  MayFail mayFail_;
  std::vector<std::uint8_t> possible_;  // by step: its layers may fail
  std::vector<std::uint32_t> missing_;  // by step: premises, and one more where they may not
  const Solver& solver_;
};

}  // namespace vauban::attack
