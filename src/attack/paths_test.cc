#include "attack/paths.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "tests/support/slow_derivation.h"

namespace vauban::attack {
namespace {

using testing::maskOf;
using testing::minimalSets;
using testing::randomDerivation;
using testing::SlowDerivation;

std::vector<LayerId> layersOf(std::uint32_t mask) {
  std::vector<LayerId> layers;
  for (unsigned l = 0; l < 32; ++l) {
    if (mask >> l & 1) layers.emplace_back(l);
  }
  return layers;
}

// Each step after what it needs, each once, no layer that may not fail; the goal last.
void expectDerivation(const DerivationGraph& graph, const Derivation& derivation, FactId goal,
                      std::uint32_t mayFail) {
  std::uint32_t holds = 0;
  for (const StepId step : derivation.steps) {
    for (const FactId premise : graph.premises(step)) ASSERT_TRUE(holds >> premise.index() & 1);
    for (const LayerId layer : graph.layers(step)) ASSERT_TRUE(mayFail >> layer.index() & 1);
    ASSERT_FALSE(holds >> graph.conclusion(step).index() & 1) << "concluded twice";
    holds |= 1U << graph.conclusion(step).index();
  }
  ASSERT_FALSE(derivation.steps.empty());
  EXPECT_EQ(graph.conclusion(derivation.steps.back()), goal);
}

// What a fact costs if a step is paid as often as it is needed: improved until nothing changes.
std::vector<double> slowCosts(const SlowDerivation& slow, std::uint32_t mayFail,
                              const std::vector<double>& weights) {
  std::vector<double> costs(slow.facts, std::numeric_limits<double>::infinity());
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t s = 0; s < slow.steps.size(); ++s) {
      const SlowDerivation::Step& step = slow.steps[s];
      if ((step.layers & ~mayFail) != 0) continue;
      double cost = weights[s];
      for (unsigned f = 0; f < slow.facts; ++f) {
        if (step.premises >> f & 1) cost += costs[f];
      }
      if (cost < costs[step.conclusion]) {
        costs[step.conclusion] = cost;
        changed = true;
      }
    }
  }
  return costs;
}

// The cost of a derivation by the same measure.
double unfolded(const DerivationGraph& graph, const Derivation& derivation,
                const std::vector<double>& weights) {
  std::vector<double> costs(graph.factCount(), 0);
  for (const StepId step : derivation.steps) {
    double cost = weights[step.index()];
    for (const FactId premise : graph.premises(step)) cost += costs[premise.index()];
    costs[graph.conclusion(step).index()] = cost;
  }
  return costs[graph.conclusion(derivation.steps.back()).index()];
}

TEST(Paths, BestByKnuthsMeasure) {
  std::size_t derived = 0;
  for (unsigned seed = 0; seed < 3'000; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const SlowDerivation slow = randomDerivation(random, 20, 50, 8);
    const DerivationGraph graph = slow.graph();
    const std::uint32_t mayFail = seed % 3 == 0 ? slow.allLayers() : (random() | random()) & slow.allLayers();
    const PathFinder finder = seed % 3 == 0 ? PathFinder(graph) : PathFinder(graph, layersOf(mayFail));
    std::vector<double> weights, ones(slow.steps.size(), 1);
    // Quarters, so that sums are exact; many are 0 and many are equal.
    for (std::size_t s = 0; s < slow.steps.size(); ++s) weights.push_back((random() % 9) / 4.0);
    const auto costs = slowCosts(slow, mayFail, weights), counts = slowCosts(slow, mayFail, ones);
    for (unsigned f = 0; f < slow.facts; ++f) {
      const auto cheapest = finder.cheapest(FactId(f), weights);
      const auto shortest = finder.shortest(FactId(f));
      ASSERT_EQ(cheapest.has_value(), std::isfinite(costs[f]));
      ASSERT_EQ(shortest.has_value(), std::isfinite(costs[f]));
      if (!cheapest) continue;
      ++derived;
      expectDerivation(graph, *cheapest, FactId(f), mayFail);
      expectDerivation(graph, *shortest, FactId(f), mayFail);
      ASSERT_EQ(unfolded(graph, *cheapest, weights), costs[f]);
      ASSERT_EQ(unfolded(graph, *shortest, ones), counts[f]);
      double paid = 0;
      for (const StepId step : cheapest->steps) paid += weights[step.index()];
      ASSERT_EQ(cheapest->cost, paid);
      ASSERT_EQ(shortest->cost, static_cast<double>(shortest->steps.size()));
      ASSERT_LE(shortest->lower, shortest->steps.size());
      ASSERT_FALSE(HasFatalFailure());
    }
  }
  EXPECT_GT(derived, 5'000U);
}

TEST(Paths, FewestAgreesWithAllSubsetsOfSteps) {
  std::size_t better = 0;
  for (unsigned seed = 0; seed < 400; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const SlowDerivation slow = randomDerivation(random, 8, 12, 3);
    const DerivationGraph graph = slow.graph();
    const FactId goal(slow.facts - 1);
    const auto fewest = PathFinder(graph).fewest(goal);
    const unsigned steps = static_cast<unsigned>(slow.steps.size());
    const auto sets = minimalSets(steps, [&](std::uint32_t taken) {
      return (slow.holding(slow.allLayers(), ~static_cast<std::uint64_t>(taken)) >> goal.index() & 1) != 0;
    });
    ASSERT_EQ(fewest.has_value(), !sets.empty());
    if (!fewest) continue;
    ASSERT_EQ(fewest->steps.size(), static_cast<std::size_t>(std::popcount(sets.front())));
    ASSERT_TRUE(fewest->fewest());
    expectDerivation(graph, *fewest, goal, slow.allLayers());
    better += fewest->steps.size() > 2;
    ASSERT_LE(PathFinder(graph).shortest(goal)->lower, fewest->steps.size());
  }
  EXPECT_GT(better, 50U);
}

// Two premises rest on one chain: paid twice it is dearer than two chains of their own.
TEST(Paths, SharedStepsCountOnce) {
  DerivationGraph::Builder builder;
  FactId chain = builder.addFact();
  builder.addStep(chain, {}, {});
  for (int i = 0; i < 4; ++i) {
    const FactId next = builder.addFact();
    builder.addStep(next, {chain}, {});
    chain = next;
  }
  const FactId goal = builder.addFact();
  std::vector<FactId> both;
  for (int i = 0; i < 2; ++i) {
    both.push_back(builder.addFact());
    builder.addStep(both.back(), {chain}, {});  // 5 + 1, shared
    FactId own = builder.addFact();             // 5 of its own
    builder.addStep(own, {}, {});
    for (int j = 0; j < 3; ++j) {
      const FactId next = builder.addFact();
      builder.addStep(next, {own}, {});
      own = next;
    }
    builder.addStep(both.back(), {own}, {});
  }
  builder.addStep(goal, both, {});
  const DerivationGraph graph = std::move(builder).build();
  const auto shortest = PathFinder(graph).shortest(goal);
  EXPECT_EQ(shortest->steps.size(), 11U);
  EXPECT_FALSE(shortest->fewest());
  EXPECT_EQ(shortest->lower, 6U);
  EXPECT_EQ(PathFinder(graph).fewest(goal)->steps.size(), 8U);
}

// A measure that doubles with every step leaves the range of numbers; there is a derivation still.
TEST(Paths, MeasureBeyondNumbers) {
  DerivationGraph::Builder builder;
  FactId a = builder.addFact(), b = builder.addFact();
  builder.addStep(a, {}, {});
  builder.addStep(b, {}, {});
  for (int i = 0; i < 1'500; ++i) {
    const FactId c = builder.addFact(), d = builder.addFact();
    builder.addStep(c, {a, b}, {});
    builder.addStep(d, {a, b}, {});
    a = c;
    b = d;
  }
  const DerivationGraph graph = std::move(builder).build();
  const auto derivation = PathFinder(graph).shortest(a);
  ASSERT_TRUE(derivation);
  EXPECT_EQ(derivation->steps.size(), 3'001U);
}

TEST(Paths, MinimalAgreesWithAllSubsetsOfMarks) {
  std::size_t found = 0;
  for (unsigned seed = 0; seed < 500; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const SlowDerivation slow = randomDerivation(random, 9, 40, 3);
    const DerivationGraph graph = slow.graph();
    const FactId goal(slow.facts - 1);
    const std::uint32_t mayFail = (random() | random()) & slow.allLayers();
    std::vector<std::vector<StepId>> marks(1 + random() % 8);
    std::vector<std::uint64_t> stepsOf(marks.size(), 0);
    for (std::size_t s = 0; s < slow.steps.size(); ++s) {
      for (unsigned times = random() % 8 == 0 ? 2 * (random() % 2) : 1; times > 0; --times) {
        const std::size_t m = random() % marks.size();
        marks[m].emplace_back(s);
        stepsOf[m] |= std::uint64_t{1} << s;
      }
    }
    auto expected = minimalSets(static_cast<unsigned>(marks.size()), [&](std::uint32_t set) {
      std::uint64_t barred = 0;
      for (std::size_t m = 0; m < marks.size(); ++m) barred |= set >> m & 1 ? 0 : stepsOf[m];
      return (slow.holding(mayFail, barred) >> goal.index() & 1) != 0;
    });
    const MinimalDerivations minimal =
        PathFinder(graph, layersOf(mayFail)).minimal(goal, marks, {.sets = 1'000});
    ASSERT_TRUE(minimal.complete);
    std::vector<std::uint32_t> sets;
    for (const MarkedDerivation& one : minimal.found) {
      sets.push_back(maskOf(one.marks));
      expectDerivation(graph, one.derivation, goal, mayFail);
      for (const StepId step : one.derivation.steps) {
        for (std::size_t m = 0; m < marks.size(); ++m) {
          ASSERT_TRUE((stepsOf[m] >> step.index() & 1) == 0 || (sets.back() >> m & 1) != 0);
        }
      }
    }
    found += sets.size();
    std::ranges::sort(sets);
    std::ranges::sort(expected);
    ASSERT_EQ(sets, expected);
  }
  EXPECT_GT(found, 400U);
}

}  // namespace
}  // namespace vauban::attack
