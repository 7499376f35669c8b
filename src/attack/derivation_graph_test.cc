#include "attack/derivation_graph.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <tuple>

namespace vauban::attack {
namespace {

TEST(DerivationGraph, AStepIsAddedOnceWhateverTheOrderOfWhatItNeeds) {
  DerivationGraph::Builder builder;
  const FactId a = builder.addFact(), b = builder.addFact(), c = builder.addFact();
  const LayerId layer = builder.addLayer();
  const StepId first = builder.addStepOnce(c, {b, a}, {layer});
  EXPECT_EQ(builder.addStepOnce(c, {a, b, a}, {layer, layer}), first);
  EXPECT_NE(builder.addStepOnce(c, {a, b}, {}), first);
  EXPECT_FALSE(builder.addStepOnce(c, {a, c}, {}).valid());
  EXPECT_EQ(builder.stepCount(), 2U);
}

// Beside a map, over more steps than there is room for at first.
TEST(DerivationGraph, AsAMapHasThem) {
  constexpr std::uint32_t kSeed = 18;
  SCOPED_TRACE(kSeed);
  std::mt19937 draw(kSeed);
  DerivationGraph::Builder builder;
  for (int f = 0; f < 12; ++f) builder.addFact();
  for (int l = 0; l < 3; ++l) builder.addLayer();
  std::map<std::tuple<FactId, std::set<FactId>, std::set<LayerId>>, StepId> known;
  for (int round = 0; round < 20'000; ++round) {
    const FactId conclusion(draw() % 12);
    std::vector<FactId> premises;
    std::vector<LayerId> layers;
    for (std::uint32_t p = draw() % 5; p > 0; --p) premises.emplace_back(draw() % 12);
    for (std::uint32_t l = draw() % 3; l > 0; --l) layers.emplace_back(draw() % 3);
    const std::set<FactId> needs(premises.begin(), premises.end());
    const StepId step = builder.addStepOnce(conclusion, premises, layers);
    ASSERT_EQ(step.valid(), !needs.contains(conclusion));
    if (!step.valid()) continue;
    const auto [found, fresh] =
        known.try_emplace({conclusion, needs, std::set<LayerId>(layers.begin(), layers.end())}, step);
    ASSERT_EQ(found->second, step);
    ASSERT_EQ(fresh, step.index() + 1 == known.size());
  }
  EXPECT_GT(known.size(), 2'000U);
  EXPECT_EQ(builder.stepCount(), known.size());
}

}  // namespace
}  // namespace vauban::attack
