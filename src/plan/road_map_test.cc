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
