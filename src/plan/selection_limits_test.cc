// What a selection says when it is not simply the best: limits, threads, flags that are not true, mistakes.
#include <gtest/gtest.h>

#include <cmath>
#include <optional>
#include <random>

#include "plan/selection.h"
#include "plan/selection_test_ways.h"

namespace vauban::plan {
namespace {

TEST(SelectionLimits, WhatEndsEarlyIsAllowedAndHasBoundsThatHold) {
  std::size_t ended = 0, gaps = 0;
  for (unsigned seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    WayInstance instance;
    makeInstance(instance, random, {.most = 10});
    instance.limits.maxEvaluations = seed % 5;
    auto selector = Selector::make(instance.problem, &instance.world);
    ASSERT_TRUE(selector.has_value());
    const auto answer = selector->best(instance.limits);
    ASSERT_TRUE(answer.has_value());
    const SlowSelection slow(instance);
    const std::vector<long> best = slow.worth(slow.best(instance.limits));
    const std::vector<long> value = thousandths(answer->value.tiers), bounds = thousandths(answer->bounds);
    ASSERT_TRUE(slow.allowed(answer->chosen, instance.limits));
    ASSERT_EQ(value, slow.worth(answer->chosen));
    ASSERT_LE(answer->evaluations, std::max<std::size_t>(1, instance.limits.maxEvaluations));
    ASSERT_EQ(answer->evaluations, instance.world.asked);
    for (std::size_t t = 0; t < best.size(); ++t) {
      ASSERT_GE(bounds[t], best[t]);
      ASSERT_GE(answer->gaps[t], 0);
      gaps += answer->gaps[t] > 0;
    }
    if (answer->proven) {
      ASSERT_EQ(value, best);
    } else {
      ++ended;
    }
    if (answer->least) {
      ASSERT_EQ(slow.ids(answer->chosen), slow.ids(slow.best(instance.limits)));
    }
    // What was learnt is kept: with more to spend it ends where brute force does, and then knows it all.
    instance.limits.maxEvaluations = 100'000;
    const auto again = selector->best(instance.limits);
    ASSERT_TRUE(again.has_value() && again->proven && again->least);
    ASSERT_EQ(thousandths(again->value.tiers), best);
    const auto known = selector->best(instance.limits);
    ASSERT_EQ(known->evaluations, 0U);
    ASSERT_EQ(known->chosen, again->chosen);
  }
  EXPECT_GT(ended, 20U);
  EXPECT_GT(gaps, 20U);
}

TEST(SelectionLimits, ThreadsChangeNothing) {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::optional<SelectionAnswer> first;
    for (const unsigned threads : {1U, 2U, 7U}) {
      std::mt19937 random(seed);
      WayInstance instance;
      makeInstance(instance, random);
      instance.limits.threads = threads;
      instance.limits.maxEvaluations = seed % 2 == 0 ? 100'000 : 5;
      auto selector = Selector::make(instance.problem, &instance.world);
      const auto answer = selector->best(instance.limits);
      ASSERT_TRUE(answer.has_value());
      if (!first) first = *answer;
      ASSERT_EQ(answer->chosen, first->chosen);
      ASSERT_EQ(answer->bounds, first->bounds);
      ASSERT_EQ(answer->evaluations, first->evaluations);
      ASSERT_EQ(answer->rounds, first->rounds);
    }
  }
}

TEST(SelectionLimits, WithoutTimeForTiesTheTiersAreProvenAllTheSame) {
  std::size_t notLeast = 0;
  for (unsigned seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    WayInstance instance;
    makeInstance(instance, random);
    instance.limits.tieSeconds = 0;
    auto selector = Selector::make(instance.problem, &instance.world);
    const auto answer = selector->best(instance.limits);
    ASSERT_TRUE(answer.has_value() && answer->proven);
    const SlowSelection slow(instance);
    ASSERT_EQ(thousandths(answer->value.tiers), slow.worth(slow.best(instance.limits)));
    notLeast += !answer->least;
  }
  EXPECT_GT(notLeast, 20U);
}

// b opens way 1 and does not say so. Where a alone is all that keeps the claim, "false with both" says too
// much.
TEST(SelectionLimits, EvaluationsThatContradictTheFlagsAreTakenForWhatTheyAre) {
  WayInstance instance;
  WayWorld& world = instance.world;
  world.open = 0b01;
  world.effects = {{.shuts = 0b01, .opens = 0}, {.shuts = 0b01, .opens = 0b10}};
  world.levels = {{.tier = 0, .weight = 1, .closing = true}};
  world.conditions = {{0b11}};
  instance.problem.levels = world.levels;
  instance.problem.candidates.push_back({.id = "a", .days = 1, .roleDays = {}, .needs = {}});
  instance.problem.candidates.push_back({.id = "b", .days = 1, .roleDays = {}, .needs = {}});
  auto selector = Selector::make(instance.problem, &world);
  const auto believing = selector->best({});
  ASSERT_TRUE(believing.has_value());
  EXPECT_TRUE(believing->chosen.empty());
  ASSERT_TRUE(selector->evaluate({0}).has_value());
  const auto answer = selector->best({});
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->chosen, Design{0});
  EXPECT_TRUE(answer->flagsContradicted());
  EXPECT_EQ(answer->contradicted, std::vector<std::uint32_t>{0});
  EXPECT_TRUE(answer->proven);

  // Told the truth, it needs no contradiction.
  instance.problem.candidates[1].opens = true;
  auto honest = Selector::make(instance.problem, &world);
  const auto first = honest->best({});
  EXPECT_EQ(first->chosen, Design{0});
  EXPECT_FALSE(first->flagsContradicted());
}

// Flags that hide all that opens: whatever is found is allowed and worth what it says; after a contradiction
// the search goes on, and ends.
TEST(SelectionLimits, FlagsThatLieLeadToNoFalseValues) {
  std::size_t contradicted = 0;
  for (unsigned seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    WayInstance instance;
    makeInstance(instance, random, {.most = 8});
    for (SelectionCandidate& candidate : instance.problem.candidates) {
      candidate.opens = false;
      candidate.reopens.clear();
    }
    auto selector = Selector::make(instance.problem, &instance.world);
    const auto answer = selector->best(instance.limits);
    ASSERT_TRUE(answer.has_value());
    const SlowSelection slow(instance);
    ASSERT_TRUE(slow.allowed(answer->chosen, instance.limits));
    ASSERT_EQ(thousandths(answer->value.tiers), slow.worth(answer->chosen));
    contradicted += answer->flagsContradicted();
  }
  EXPECT_GT(contradicted, 3U);
}

TEST(SelectionLimits, TiesGoToFewerDaysThenFewerCandidatesThenSmallerIds) {
  SelectionProblem problem;
  for (const char* id : {"d", "b", "c", "a"}) {
    problem.candidates.push_back({.id = id, .days = 2, .roleDays = {}, .needs = {}});
  }
  problem.candidates.push_back({.id = "0", .days = 0, .roleDays = {}, .needs = {}});
  problem.coverage.push_back({.tier = 0, .elements = {{}, {}}, .relations = {}});
  // b and c cover one element each, a and d the other.
  problem.coverage[0].relations = {{1, 0, 1}, {2, 0, 1}, {3, 1, 1}, {0, 1, 1}};
  auto selector = Selector::make(problem, nullptr);
  EXPECT_EQ(selector->best({})->chosen, (Design{1, 3}));
  problem.candidates[1].days = 2.5;
  selector = Selector::make(problem, nullptr);
  EXPECT_EQ(selector->best({})->chosen, (Design{2, 3}));
  // Half the days each, but two of them for what one does.
  problem.candidates[2].days = 1;
  problem.candidates[2].needs = {{4}};
  problem.candidates[4].days = 1;
  problem.candidates[1].days = 2;
  selector = Selector::make(problem, nullptr);
  EXPECT_EQ(selector->best({})->chosen, (Design{1, 3}));
}

TEST(SelectionLimits, MistakesAreSaid) {
  const auto message = [](const SelectionProblem& problem) {
    const auto made = Selector::make(problem, nullptr);
    return made ? std::string() : made.error().at(0).message;
  };
  SelectionProblem good;
  good.candidates.push_back({.id = "a", .days = 1, .roleDays = {}, .needs = {}});
  good.candidates.push_back({.id = "b", .days = 1, .roleDays = {}, .needs = {{0}}});
  EXPECT_EQ(message(good), "");
  SelectionProblem bad = good;
  bad.candidates[1].id = "a";
  EXPECT_EQ(message(bad), "two candidates have the id 'a'");
  bad = good;
  bad.candidates[0].days = std::nan("");
  EXPECT_EQ(message(bad), "the effort of 'a' is no number of days");
  bad = good;
  bad.candidates[0].reopens = {2};
  EXPECT_EQ(message(bad), "'a' names a candidate that there is not");
  bad = good;
  bad.levels.push_back({});
  EXPECT_EQ(message(bad), "there are levels and nobody to judge them");
  bad = good;
  bad.coverage.push_back({.tier = 0, .elements = {{}}, .relations = {{0, 1, 1}}});
  EXPECT_EQ(message(bad), "a relation of coverage names a candidate or an element that there is not");

  auto selector = Selector::make(good, nullptr);
  EXPECT_FALSE(selector->best({.budgetDays = -1}).has_value());
  EXPECT_FALSE(selector->evaluate({1}).has_value());
  EXPECT_FALSE(selector->evaluate({7}).has_value());
  EXPECT_TRUE(selector->evaluate({0, 1}).has_value());

  WayInstance nothing;
  nothing.problem = good;
  nothing.world.effects.resize(2);
  nothing.world.unbuildable.insert(Design{});
  auto refused = Selector::make(nothing.problem, &nothing.world);
  const auto answer = refused->best({});
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().at(0).message, "names clash");
}

}  // namespace
}  // namespace vauban::plan
