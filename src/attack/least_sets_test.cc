#include "attack/least_sets.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/support/slow_derivation.h"

namespace vauban::attack {
namespace {

using testing::maskOf;
using testing::minimalSets;
using testing::randomDerivation;
using testing::SlowDerivation;

std::vector<std::uint32_t> masks(const std::vector<LayerSet>& sets) {
  std::vector<std::uint32_t> all;
  for (const LayerSet& set : sets) all.push_back(maskOf(set));
  std::ranges::sort(all);
  return all;
}

// Both families, whole, against all subsets; and every member of one meets every member of the other.
TEST(LeastSets, AllMinimalSets) {
  std::size_t found = 0;
  for (unsigned seed = 0; seed < 600; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const SlowDerivation slow = randomDerivation(random, 12, 30, 9);
    const DerivationGraph graph = slow.graph();
    const unsigned goal = slow.facts - 1;
    for (const Family family : {Family::derives, Family::keepsOff}) {
      auto expected = minimalSets(slow.layers, [&](std::uint32_t set) {
        return family == Family::derives ? (slow.holding(set) >> goal & 1) != 0
                                         : (slow.holding(slow.allLayers() & ~set) >> goal & 1) == 0;
      });
      LeastSets search(graph, FactId(goal), family);
      const LeastSetsAnswer answer = search.find(false, {.sets = 10'000});
      ASSERT_EQ(answer.possible, !expected.empty());
      ASSERT_TRUE(answer.exact);
      ASSERT_TRUE(answer.complete);
      found += answer.sets.size();
      ASSERT_TRUE(std::ranges::is_sorted(answer.sets, {}, [](const LayerSet& set) { return set.size(); }));
      ASSERT_EQ(answer.lower, expected.empty() ? 0 : answer.sets.front().size());
      std::ranges::sort(expected);
      ASSERT_EQ(masks(answer.sets), expected);
    }
  }
  EXPECT_GT(found, 1'500U) << "the graphs are not worth the test";
}

// `count` pairs of layers, one of each must fail: 2^count least sets.
DerivationGraph pairs(std::size_t count) {
  DerivationGraph::Builder builder;
  std::vector<FactId> premises;
  for (std::size_t p = 0; p < count; ++p) {
    premises.push_back(builder.addFact());
    for (int either = 0; either < 2; ++either) builder.addStep(premises.back(), {}, {builder.addLayer()});
  }
  builder.addStep(builder.addFact(), premises, {});
  return std::move(builder).build();
}

TEST(LeastSets, LimitOfSets) {
  const DerivationGraph graph = pairs(4);
  LeastSets search(graph, FactId(4), Family::derives);
  LeastSetsAnswer answer = search.find(true, {.sets = 16});
  EXPECT_EQ(answer.sets.size(), 16U);
  EXPECT_TRUE(answer.complete);
  answer = search.find(true, {.sets = 15});
  EXPECT_EQ(answer.sets.size(), 15U);
  EXPECT_TRUE(answer.exact);
  EXPECT_FALSE(answer.complete);
}

// Layers on a path that is a circle of triangles: greedy sets and disjoint rows do not meet.
DerivationGraph oddCircles(std::size_t count) {
  DerivationGraph::Builder builder;
  std::vector<FactId> premises;
  for (std::size_t c = 0; c < count; ++c) {
    const std::vector<LayerId> layers{builder.addLayer(), builder.addLayer(), builder.addLayer()};
    for (std::size_t l = 0; l < 3; ++l) {  // any two suffice
      const FactId one = builder.addFact();
      builder.addStep(one, {}, {layers[l]});
      builder.addStep(one, {}, {layers[(l + 1) % 3]});
      premises.push_back(one);
    }
  }
  builder.addStep(builder.addFact(), premises, {});
  return std::move(builder).build();
}

TEST(LeastSets, BoundWhereItStops) {
  const DerivationGraph graph = oddCircles(10);
  const FactId goal(graph.factCount() - 1);
  LeastSets search(graph, goal, Family::derives);
  LeastSetsAnswer answer = search.find(true, {.sets = 2});
  EXPECT_TRUE(answer.exact);
  EXPECT_EQ(answer.lower, 20U);
  // Without time there is still a set that derives the goal, and a bound below it.
  answer = search.find(true, {.seconds = 0});
  EXPECT_FALSE(answer.exact);
  EXPECT_FALSE(answer.complete);
  ASSERT_EQ(answer.sets.size(), 1U);
  EXPECT_GE(answer.lower, 10U);
  EXPECT_LT(answer.lower, 20U);
  EXPECT_TRUE(Closure(graph, {.failed = answer.sets[0]}).holds(goal));
  answer = search.find(true, {.rounds = 1});
  EXPECT_FALSE(answer.exact);
  EXPECT_EQ(answer.sets.size(), 1U);
}

// A solver that is always out of time costs exactness, never truth.
class NoTime : public Solver {
  Solution solve(const IntegerProgram&, double) const override { return {.bound = 3.5}; }
};

TEST(LeastSets, SolverOutOfTime) {
  const DerivationGraph graph = oddCircles(2);
  const NoTime solver;
  LeastSets search(graph, FactId(graph.factCount() - 1), Family::derives, solver);
  const LeastSetsAnswer answer = search.find(true, {});
  EXPECT_EQ(answer.lower, 4U);
  EXPECT_TRUE(answer.exact);
  EXPECT_FALSE(answer.complete);
}

}  // namespace
}  // namespace vauban::attack
