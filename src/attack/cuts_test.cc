#include "attack/cuts.h"

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

// A random graph, which of its layers may fail, and elements: step by step, what is in which.
struct Case {
  SlowDerivation slow;
  std::uint32_t mayFail = 0;
  std::vector<std::vector<StepId>> elements;
  std::vector<std::uint64_t> stepsOf;
  FactId goal;

  explicit Case(unsigned seed) {
    std::mt19937 random(seed);
    slow = randomDerivation(random, 9, 40, 4);
    mayFail = seed % 2 ? slow.allLayers() : (random() | random()) & slow.allLayers();
    elements.resize(1 + random() % 9);
    stepsOf.resize(elements.size());
    // The first step is where everything starts: an element of it would settle most questions.
    for (std::size_t s = 1; s < slow.steps.size(); ++s) {
      for (unsigned times = random() % 8 == 0 ? 2 * (random() % 2) : 1; times > 0; --times) {
        const std::size_t e = random() % elements.size();
        elements[e].emplace_back(s);
        stepsOf[e] |= std::uint64_t{1} << s;
      }
    }
    goal = FactId(slow.facts - 1);
  }

  unsigned count() const { return static_cast<unsigned>(elements.size()); }
  bool holdsWithout(std::uint32_t removed) const {
    std::uint64_t barred = 0;
    for (unsigned e = 0; e < count(); ++e) barred |= removed >> e & 1 ? stepsOf[e] : 0;
    return slow.holding(mayFail, barred) >> goal.index() & 1;
  }
  bool holdsWith(std::uint32_t kept) const { return holdsWithout(~kept & ((1U << count()) - 1)); }
  CutFinder finder() const {
    if (mayFail == slow.allLayers()) return {slow.graph(), elements};
    std::vector<LayerId> layers;
    for (unsigned l = 0; l < slow.layers; ++l) {
      if (mayFail >> l & 1) layers.emplace_back(l);
    }
    return {slow.graph(), elements, layers};
  }
};

std::vector<std::uint32_t> least(std::vector<std::uint32_t> sets) {
  if (!sets.empty()) {
    const int size = std::popcount(sets.front());
    std::erase_if(sets, [&](std::uint32_t set) { return std::popcount(set) != size; });
  }
  std::ranges::sort(sets);
  return sets;
}

std::vector<std::uint32_t> masks(const std::vector<ElementSet>& sets) {
  std::vector<std::uint32_t> all;
  for (const ElementSet& set : sets) all.push_back(maskOf(set));
  std::ranges::sort(all);
  return all;
}

TEST(Cuts, ChokePointsAgreeWithAllSubsets) {
  std::size_t wide = 0;
  for (unsigned seed = 0; seed < 1'500; ++seed) {
    SCOPED_TRACE(seed);
    const Case one(seed);
    const auto expected =
        least(minimalSets(one.count(), [&](std::uint32_t removed) { return !one.holdsWithout(removed); }));
    const ChokePoints points = one.finder().chokePoints(one.goal, {.sets = 1'000});
    ASSERT_EQ(points.possible, !expected.empty());
    ASSERT_TRUE(points.exact);
    ASSERT_TRUE(points.complete);
    ASSERT_EQ(masks(points.sets), expected);
    if (expected.empty()) continue;
    ASSERT_EQ(points.lower, static_cast<std::size_t>(std::popcount(expected.front())));
    wide += points.lower > 1;
  }
  EXPECT_GT(wide, 100U);
}

TEST(Cuts, LeastMetAgreesWithAllSubsets) {
  std::size_t many = 0;
  for (unsigned seed = 0; seed < 1'500; ++seed) {
    SCOPED_TRACE(seed);
    const Case one(seed);
    const auto expected =
        least(minimalSets(one.count(), [&](std::uint32_t kept) { return one.holdsWith(kept); }));
    const LeastMet met = one.finder().leastMet(one.goal, {.sets = 1'000});
    ASSERT_EQ(met.derivable, !expected.empty());
    ASSERT_TRUE(met.exact);
    ASSERT_TRUE(met.complete);
    ASSERT_EQ(masks(met.sets), expected);
    if (expected.empty()) continue;
    ASSERT_EQ(met.lower, static_cast<std::size_t>(std::popcount(expected.front())));
    many += met.lower > 1;
  }
  EXPECT_GT(many, 200U);
}

TEST(Cuts, BestPlacesAgreeWithAllSubsets) {
  std::size_t partly = 0;
  for (unsigned seed = 0; seed < 1'000; ++seed) {
    SCOPED_TRACE(seed);
    const Case one(seed);
    const unsigned k = seed % 4;
    const auto derivations =
        minimalSets(one.count(), [&](std::uint32_t kept) { return one.holdsWith(kept); });
    std::size_t most = 0;
    bool closes = derivations.empty();
    for (std::uint32_t places = 0; places < 1U << one.count(); ++places) {
      if (static_cast<unsigned>(std::popcount(places)) > k) continue;
      closes = closes || !one.holdsWithout(places);
      const auto met = static_cast<std::size_t>(
          std::ranges::count_if(derivations, [&](std::uint32_t derivation) { return derivation & places; }));
      most = std::max(most, met);
    }
    const BestPlaces best = one.finder().bestPlaces(one.goal, k, {.sets = 1'000});
    ASSERT_LE(best.elements.size(), k);
    ASSERT_EQ(best.closes, closes);
    ASSERT_TRUE(best.exact);
    ASSERT_TRUE(best.complete);
    if (closes) {
      ASSERT_FALSE(one.holdsWithout(maskOf(best.elements)));
      continue;
    }
    ASSERT_EQ(best.listed, derivations.size());
    ASSERT_EQ(best.met, most);
    const std::uint32_t places = maskOf(best.elements);
    ASSERT_EQ(best.met, static_cast<std::size_t>(std::ranges::count_if(
                            derivations, [&](std::uint32_t derivation) { return derivation & places; })));
    partly += most > 0;
  }
  EXPECT_GT(partly, 50U);
}

TEST(Cuts, WhatMeetsNothing) {
  DerivationGraph::Builder builder;
  const FactId a = builder.addFact(), never = builder.addFact();
  builder.addStep(a, {}, {});
  const DerivationGraph graph = std::move(builder).build();
  const CutFinder finder(graph, {{}});
  EXPECT_FALSE(finder.chokePoints(a).possible);
  EXPECT_EQ(finder.leastMet(a).lower, 0U);
  const BestPlaces best = finder.bestPlaces(a, 1);
  EXPECT_FALSE(best.closes);
  EXPECT_EQ(best.met, 0U);
  EXPECT_EQ(best.listed, 1U);
  EXPECT_EQ(finder.chokePoints(never).lower, 0U);
  EXPECT_FALSE(finder.leastMet(never).derivable);
  EXPECT_TRUE(finder.bestPlaces(never, 0).closes);
}

}  // namespace
}  // namespace vauban::attack
