#include "attack/depth.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <thread>

#include "tests/support/slow_derivation.h"

namespace vauban::attack {
namespace {

using testing::maskOf;
using testing::minimalSets;
using testing::randomDerivation;
using testing::SlowDerivation;

// All failure sets of groups of up to 14 layers.
TEST(Depth, AgreesWithBruteForce) {
  std::size_t deep = 0;
  for (unsigned seed = 0; seed < 5'000; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const SlowDerivation slow = randomDerivation(random, 14, 40, seed % 20 == 0 ? 14 : 8);
    const unsigned groups = random() % 3 == 0 ? 1 + random() % 5 : slow.layers;
    std::vector<GroupId> groupOf;
    std::vector<std::uint32_t> layersOf(std::max(groups, 1U), 0);
    for (unsigned l = 0; l < slow.layers; ++l) {
      groupOf.emplace_back(groups == slow.layers ? l : random() % groups);
      layersOf[groupOf.back().index()] |= 1U << l;
    }
    const DepthFinder finder(slow.graph(), groupOf);
    // Two goals of one finder.
    for (const unsigned goal : {slow.facts - 1, static_cast<unsigned>(random() % slow.facts)}) {
      auto expected = minimalSets(groups, [&](std::uint32_t set) {
        std::uint32_t failed = 0;
        for (unsigned g = 0; g < groups; ++g) failed |= set >> g & 1 ? layersOf[g] : 0;
        return (slow.holding(failed) >> goal & 1) != 0;
      });
      const Depth depth = finder.depth(FactId(goal), {.sets = 5'000});
      ASSERT_EQ(depth.possible, !expected.empty());
      ASSERT_TRUE(depth.exact);
      ASSERT_TRUE(depth.complete);
      if (expected.empty()) {
        ASSERT_TRUE(depth.sets.empty());
        continue;
      }
      const int least = std::popcount(expected.front());
      std::erase_if(expected, [&](std::uint32_t set) { return std::popcount(set) != least; });
      ASSERT_EQ(depth.lower, static_cast<std::size_t>(least));
      deep += least > 1;
      std::vector<std::uint32_t> found;
      for (const GroupSet& set : depth.sets) found.push_back(maskOf(set));
      std::ranges::sort(found);
      ASSERT_EQ(found, expected);
      std::uint32_t single = 0;
      for (const std::uint32_t set : expected) single |= least == 1 ? set : 0;
      ASSERT_EQ(maskOf(depth.single), single);
    }
  }
  EXPECT_GT(deep, 1'000U) << "the graphs are not worth the test";
}

TEST(Depth, JoinedLayersCountOnce) {
  DerivationGraph::Builder builder;
  const FactId inside = builder.addFact(), goal = builder.addFact();
  const LayerId outer = builder.addLayer(), inner = builder.addLayer();
  builder.addStep(inside, {}, {outer});
  builder.addStep(goal, {inside}, {inner});
  const DerivationGraph graph = std::move(builder).build();
  const Depth apart = DepthFinder(graph, {GroupId(0), GroupId(1)}).depth(goal);
  EXPECT_EQ(apart.lower, 2U);
  EXPECT_TRUE(apart.single.empty());
  const Depth joined = DepthFinder(graph, {GroupId(3), GroupId(3)}).depth(goal);
  EXPECT_EQ(joined.lower, 1U);
  EXPECT_EQ(joined.single, GroupSet{GroupId(3)});
}

// All single points of failure, whatever the limit on sets.
TEST(Depth, SinglePoints) {
  DerivationGraph::Builder builder;
  const FactId goal = builder.addFact();
  std::vector<GroupId> groupOf;
  for (std::size_t l = 0; l < 100; ++l) {
    builder.addStep(goal, {}, {builder.addLayer()});
    groupOf.emplace_back(l);
  }
  const DerivationGraph graph = std::move(builder).build();
  const Depth depth = DepthFinder(graph, groupOf).depth(goal, {.sets = 2});
  EXPECT_EQ(depth.lower, 1U);
  EXPECT_EQ(depth.sets.size(), 2U);
  EXPECT_FALSE(depth.complete);
  EXPECT_EQ(depth.single.size(), 100U);
}

// One finder, many threads, the same answers.
TEST(Depth, ManyThreads) {
  std::mt19937 random(3);
  const SlowDerivation slow = randomDerivation(random, 30, 60, 20);
  std::vector<GroupId> groupOf;
  for (unsigned l = 0; l < slow.layers; ++l) groupOf.emplace_back(l);
  const DepthFinder finder(slow.graph(), groupOf);
  auto all = [&] {
    std::vector<std::vector<GroupSet>> sets;
    for (unsigned f = 0; f < slow.facts; ++f) sets.push_back(finder.depth(FactId(f)).sets);
    return sets;
  };
  const auto expected = all();
  std::vector<std::vector<std::vector<GroupSet>>> found(4);
  {
    std::vector<std::jthread> threads;
    for (auto& mine : found) threads.emplace_back([&] { mine = all(); });
  }
  for (const auto& mine : found) EXPECT_EQ(mine, expected);
}

}  // namespace
}  // namespace vauban::attack
