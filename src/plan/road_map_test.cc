#include "plan/road_map.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "plan/budget_front.h"
#include "plan/selection_test_ways.h"

namespace vauban::plan {
namespace {

// Worth of all prefixes of an order, by days; none where something comes before what it needs.
std::optional<std::vector<double>> areaOf(Selector& selector, const Design& order) {
  const auto& candidates = selector.problem().candidates;
  std::vector<double> area(selector.tierCount(), 0);
  Design prefix;
  for (const std::uint32_t next : order) {
    for (const Design& group : candidates[next].needs)
      if (std::ranges::none_of(group,
                               [&](std::uint32_t it) { return std::ranges::binary_search(prefix, it); }))
        return std::nullopt;
    const auto value = selector.evaluate(prefix);
    if (!value) return std::nullopt;
    for (std::size_t t = 0; t < area.size(); ++t) area[t] += value->tiers[t] * candidates[next].days;
    prefix.insert(std::ranges::lower_bound(prefix, next), next);
  }
  return area;
}

bool greater(const std::vector<double>& a, const std::vector<double>& b) {
  for (std::size_t t = 0; t < a.size(); ++t)
    if (std::abs(a[t] - b[t]) > 1e-6) return a[t] > b[t];
  return false;
}

TEST(RoadMap, HasTheGreatestAreaOfAllOrdersAndTheLossOfEachPrefix) {
  std::size_t maps = 0, compared = 0, losses = 0;
  for (unsigned seed = 1; seed <= 400; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    WayInstance instance;
    makeInstance(instance, random);
    auto selector = Selector::make(instance.problem, &instance.world);
    ASSERT_TRUE(selector.has_value());
    const auto answer = selector->best(instance.limits);
    ASSERT_TRUE(answer.has_value());
    if (answer->chosen.size() < 2 || answer->chosen.size() > 7) continue;
    const auto map = roadMap(*selector, *answer, instance.limits);
    if (!map) continue;  // a prefix cannot be built
    ++maps;
    ASSERT_EQ(map->steps.size(), answer->chosen.size());
    Design order;
    for (const RoadStep& step : map->steps) order.push_back(step.candidate);
    const auto area = areaOf(*selector, order);
    ASSERT_TRUE(area.has_value());
    if (map->proven) {
      Design other = answer->chosen;
      do {
        const auto its = areaOf(*selector, other);
        if (its) {
          EXPECT_FALSE(greater(*its, *area));
        }
        ++compared;
      } while (std::ranges::next_permutation(other).found);
    }
    const SlowSelection slow(instance);
    Design prefix;
    for (const RoadStep& step : map->steps) {
      prefix.insert(std::ranges::lower_bound(prefix, step.candidate), step.candidate);
      const auto held = selector->evaluate(prefix);
      ASSERT_TRUE(held.has_value());
      EXPECT_EQ(step.value.tiers, held->tiers);
      if (!step.lossProven) continue;
      SelectionLimits cost = instance.limits;
      cost.budgetDays = step.end;
      const auto best = slow.worth(slow.best(cost));
      // The first tier in which another set of the cost is better, by how much.
      const auto own = thousandths(step.value.tiers);
      bool told = false;
      for (std::size_t t = 0; t < best.size() && !told; ++t) {
        if (best[t] == own[t]) continue;
        EXPECT_GT(best[t], own[t]);
        EXPECT_NEAR(step.loss[t], static_cast<double>(best[t] - own[t]) / 1000, 1e-6);
        told = true;
        ++losses;
      }
      if (!told) {
        EXPECT_TRUE(step.bestInstead.empty());
      }
    }
  }
  EXPECT_GT(maps, 60U);
  EXPECT_GT(compared, 1000U);
  EXPECT_GT(losses, 20U);
}

// Without a budget much is chosen; when time is out, no search is made for what might be better.
TEST(RoadMap, OfMany) {
  WayInstance instance;
  constexpr std::uint32_t kMany = 70;
  for (std::uint32_t i = 0; i < kMany; ++i) {
    instance.problem.candidates.push_back({"c" + std::to_string(100 + i), 1 + 0.5 * (i % 3), {}, {}});
    instance.world.effects.push_back({i < 20 ? 1U << i : 0, 0});
    if (i > 0 && i % 10 == 0) instance.problem.candidates.back().needs = {{i - 1}};
  }
  instance.world.open = (1U << 20) - 1;
  CoverageTier coverage;
  coverage.tier = 1;
  for (std::uint32_t i = 0; i < kMany; ++i) {
    if (i < 20) {
      instance.world.conditions.push_back({1U << i});
      instance.world.levels.push_back({0, 1, true});
    }
    coverage.elements.push_back({1, 0});
    coverage.relations.push_back({i, i, 1});
  }
  instance.problem.levels = instance.world.levels;
  instance.problem.coverage = {coverage};
  auto selector = Selector::make(instance.problem, &instance.world);
  ASSERT_TRUE(selector.has_value());
  const auto answer = selector->best(instance.limits);
  ASSERT_TRUE(answer.has_value());
  ASSERT_EQ(answer->chosen.size(), kMany);
  SelectionLimits limits = instance.limits;
  limits.seconds = 1e-6;
  const auto map = roadMap(*selector, *answer, limits);
  ASSERT_TRUE(map.has_value());
  EXPECT_FALSE(map->proven);
  ASSERT_EQ(map->steps.size(), kMany);
  Design built;
  for (const RoadStep& step : map->steps) {
    for (const Design& group : instance.problem.candidates[step.candidate].needs)
      EXPECT_TRUE(std::ranges::binary_search(built, group.front()));
    built.insert(std::ranges::lower_bound(built, step.candidate), step.candidate);
    EXPECT_FALSE(step.lossProven);
    EXPECT_EQ(step.loss, std::vector<double>(2, 0));
  }
  EXPECT_EQ(built, answer->chosen);
}

TEST(BudgetFront, IsTheBestAtEachBudgetAndNeverFallsInTheFirstTier) {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    WayInstance instance;
    makeInstance(instance, random);
    auto selector = Selector::make(instance.problem, &instance.world);
    ASSERT_TRUE(selector.has_value());
    const auto front = budgetFront(*selector, {20, 5, 10, 20}, instance.limits);
    ASSERT_TRUE(front.has_value());
    ASSERT_EQ(front->size(), 3U);
    const SlowSelection slow(instance);
    for (const FrontPoint& point : *front) {
      SelectionLimits limits = instance.limits;
      limits.budgetDays = point.budgetDays;
      EXPECT_EQ(thousandths(point.answer.value.tiers), slow.worth(slow.best(limits)));
    }
  }
}

}  // namespace
}  // namespace vauban::plan
