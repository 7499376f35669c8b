#include "plan/selection.h"

#include <gtest/gtest.h>

#include <random>

#include "plan/selection_test_ways.h"

namespace vauban::plan {
namespace {

Result<SelectionAnswer> choose(WayInstance& instance) {
  Result<Selector> selector = Selector::make(instance.problem, &instance.world);
  if (!selector) return std::unexpected(selector.error());
  return selector->best(instance.limits);
}

TEST(Selection, IsWhatBruteForceFinds) {
  std::size_t evaluations = 0, rounds = 0;
  for (unsigned seed = 1; seed <= 2000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    WayInstance instance;
    makeInstance(instance, random);
    const Result<SelectionAnswer> answer = choose(instance);
    ASSERT_TRUE(answer.has_value());
    const SlowSelection slow(instance);
    const Design best = slow.best(instance.limits);
    ASSERT_EQ(slow.ids(answer->chosen), slow.ids(best));
    ASSERT_TRUE(answer->proven);
    ASSERT_FALSE(answer->flagsContradicted());
    ASSERT_EQ(thousandths(answer->value.tiers), slow.worth(best));
    ASSERT_EQ(answer->bounds, answer->value.tiers);
    evaluations += answer->evaluations;
    rounds += answer->rounds;
  }
  RecordProperty("evaluations", static_cast<int>(evaluations));
  std::printf("%zu evaluations, %zu rounds\n", evaluations, rounds);
}

}  // namespace
}  // namespace vauban::plan
