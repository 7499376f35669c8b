#include "attack/cuts.h"

#include <algorithm>
#include <utility>

namespace vauban::attack {
namespace {

ElementSet elementsOf(const GoalCone& cone, const LayerSet& layers) {
  ElementSet set;
  for (const LayerId layer : layers) set.emplace_back(cone.switches[layer.index()].index());
  return set;
}

std::vector<ElementSet> elementsOf(const GoalCone& cone, const std::vector<LayerSet>& layerSets) {
  std::vector<ElementSet> sets;
  for (const LayerSet& layers : layerSets) sets.push_back(elementsOf(cone, layers));
  std::ranges::sort(sets);
  return sets;
}

// The least sets of elements that do it, into an answer that has their size, whether it is proven, and they.
template <class Answer>
void findLeast(const SwitchedGraph& graph, FactId goal, Family family, const Solver& solver,
               const SearchLimits& limits, Answer& into) {
  const GoalCone cone(graph, goal);
  const LeastSetsAnswer found = LeastSets(cone.graph, cone.goal, family, solver).find(true, limits);
  into.lower = found.lower;
  into.exact = found.exact;
  into.complete = found.complete;
  into.sets = elementsOf(cone, found.sets);
}

std::size_t countMet(const std::vector<LayerSet>& derivations, const LayerSet& places) {
  return static_cast<std::size_t>(std::ranges::count_if(derivations, [&](const LayerSet& derivation) {
    return std::ranges::any_of(derivation,
                               [&](LayerId layer) { return std::ranges::binary_search(places, layer); });
  }));
}

// At most k layers that meet the most derivations. `proven`: none meet more.
LayerSet mostMet(const std::vector<LayerSet>& derivations, std::size_t layerCount, std::size_t k,
                 const Solver& solver, double seconds, bool& proven) {
  IntegerProgram program;
  program.maximise = true;
  std::vector<VariableId> chosen;
  for (std::size_t l = 0; l < layerCount; ++l) chosen.push_back(program.addVariable({}));
  program.addAtMost(static_cast<double>(k), chosen);
  for (const LayerSet& derivation : derivations) {
    // Met no more than by what is chosen of it; whole as soon as that is.
    const VariableId met = program.addVariable({.objective = 1, .integer = false});
    IntegerProgram::Row row{.upper = 0, .terms = {{met, 1.0}}};
    for (const LayerId layer : derivation) row.terms.emplace_back(chosen[layer.index()], -1.0);
    program.rows.push_back(std::move(row));
  }
  const Solution solution = solver.solve(program, seconds);
  proven = solution.status == Solution::Status::optimal;
  LayerSet places;
  if (!solution.hasValues()) return places;
  for (std::size_t l = 0; l < layerCount; ++l) {
    if (solution.isOne(chosen[l])) places.emplace_back(l);
  }
  // The program does not mind places that add nothing.
  const std::size_t met = countMet(derivations, places);
  for (std::size_t p = places.size(); p-- > 0;) {
    LayerSet fewer = places;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(p));
    if (countMet(derivations, fewer) == met) places = std::move(fewer);
  }
  return places;
}

}  // namespace

CutFinder::CutFinder(const DerivationGraph& graph, const std::vector<std::vector<StepId>>& elements,
                     const MayFail& mayFail, const Solver& solver)
    : solver_(solver), graph_(graph, elements.size(), switchesBySteps(graph, elements, mayFail)) {}

ChokePoints CutFinder::chokePoints(FactId goal, const SearchLimits& limits) const {
  ChokePoints points;
  points.possible = !graph_.holdsWithNone(goal);
  if (!points.possible || !graph_.holdsWithAll(goal)) {
    points.exact = points.complete = true;
    if (points.possible) points.sets.emplace_back();
    return points;
  }
  findLeast(graph_, goal, Family::keepsOff, solver_, limits, points);
  return points;
}

BestPlaces CutFinder::bestPlaces(FactId goal, std::size_t k, const SearchLimits& limits) const {
  BestPlaces best;
  if (!graph_.holdsWithAll(goal)) {
    best.closes = best.complete = best.exact = true;
    return best;
  }
  if (graph_.holdsWithNone(goal)) {  // one derivation that meets nothing needs no other
    best.listed = 1;
    best.complete = best.exact = true;
    return best;
  }
  const GoalCone cone(graph_, goal);
  SearchLimits one = limits;
  one.sets = 1;
  const LeastSetsAnswer cut = LeastSets(cone.graph, cone.goal, Family::keepsOff, solver_).find(true, one);
  if (cut.sets.front().size() <= k) {
    best.elements = elementsOf(cone, cut.sets.front());
    best.closes = best.complete = best.exact = true;
    return best;
  }
  const LeastSetsAnswer derivations =
      LeastSets(cone.graph, cone.goal, Family::derives, solver_).find(false, limits);
  bool proven = false;
  const LayerSet places =
      mostMet(derivations.sets, cone.graph.layerCount(), k, solver_, limits.seconds, proven);
  best.elements = elementsOf(cone, places);
  best.listed = derivations.sets.size();
  best.met = countMet(derivations.sets, places);
  best.complete = derivations.complete;
  best.exact = proven;
  return best;
}

LeastMet CutFinder::leastMet(FactId goal, const SearchLimits& limits) const {
  LeastMet least;
  least.derivable = graph_.holdsWithAll(goal);
  if (!least.derivable || graph_.holdsWithNone(goal)) {
    least.exact = least.complete = true;
    if (least.derivable) least.sets.emplace_back();
    return least;
  }
  findLeast(graph_, goal, Family::derives, solver_, limits, least);
  return least;
}

}  // namespace vauban::attack
