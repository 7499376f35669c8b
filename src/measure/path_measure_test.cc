#include "measure/path_measure.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <random>

#include "measure/distributions.h"
#include "measure/path_diagram.h"

namespace vauban::measure {
namespace {

using Paths = std::vector<std::vector<std::uint32_t>>;

constexpr unsigned kSeed = 20261127;

bool through(const Paths& paths, std::uint32_t passes) {
  for (const auto& path : paths) {
    bool all = true;
    for (const std::uint32_t step : path) all = all && ((passes >> step) & 1U) != 0;
    if (all) return true;
  }
  return false;
}

double enumerated(const Paths& paths, const std::vector<double>& p) {
  double sum = 0;
  for (std::uint32_t passes = 0; passes < (1U << p.size()); ++passes) {
    if (!through(paths, passes)) continue;
    double weight = 1;
    for (std::size_t i = 0; i < p.size(); ++i) weight *= ((passes >> i) & 1U) != 0 ? p[i] : 1 - p[i];
    sum += weight;
  }
  return sum;
}

Paths randomPaths(std::mt19937& random, std::size_t steps) {
  Paths paths;
  const auto count = 1 + random() % 6;
  for (std::size_t i = 0; i < count; ++i) {
    std::vector<std::uint32_t> path;
    for (std::uint32_t step = 0; step < steps; ++step)
      if (random() % 3 == 0) path.push_back(step);
    paths.push_back(path);
  }
  return paths;
}

AttackPaths withPassing(const std::vector<double>& passes, Paths paths) {
  AttackPaths attack;
  for (const double p : passes) attack.stops.push_back(point(1 - p));
  attack.paths = std::move(paths);
  return attack;
}

TEST(PathDiagram, AgainstEnumeration) {
  std::mt19937 random(kSeed);
  for (int i = 0; i < 2000; ++i) {
    const std::size_t steps = 1 + random() % 10;
    const Paths paths = randomPaths(random, steps);
    std::vector<double> p(steps);
    for (double& one : p) one = static_cast<double>(random() % 101) / 100;
    const auto diagram = PathDiagram::build(steps, paths, 10'000);
    ASSERT_TRUE(diagram);
    EXPECT_NEAR(diagram->probability(p), enumerated(paths, p), 1e-12) << "seed " << kSeed << ", " << i;
  }
}

// All placements of two or three events on four equally likely worlds: the bounds hold, and are met.
TEST(Frechet, AgainstBruteForce) {
  constexpr unsigned kWorlds = 4;
  for (unsigned a = 0; a <= kWorlds; ++a)
    for (unsigned b = 0; b <= kWorlds; ++b)
      for (unsigned c = 0; c <= kWorlds; ++c) {
        double least = 1, most = 0, leastAny = 1, mostAny = 0;
        for (unsigned x = 0; x < 16; ++x)
          for (unsigned y = 0; y < 16; ++y)
            for (unsigned z = 0; z < 16; ++z) {
              if (std::popcount(x) != static_cast<int>(a) || std::popcount(y) != static_cast<int>(b) ||
                  std::popcount(z) != static_cast<int>(c))
                continue;
              const double all = std::popcount(x & y & z) / 4.0, any = std::popcount(x | y | z) / 4.0;
              least = std::min(least, all);
              most = std::max(most, all);
              leastAny = std::min(leastAny, any);
              mostAny = std::max(mostAny, any);
            }
        const std::vector<Interval> events = {point(a / 4.0), point(b / 4.0), point(c / 4.0)};
        EXPECT_NEAR(allOf(events).lo, least, 1e-12);
        EXPECT_NEAR(allOf(events).hi, most, 1e-12);
        EXPECT_NEAR(anyOf(events).lo, leastAny, 1e-12);
        EXPECT_NEAR(anyOf(events).hi, mostAny, 1e-12);
        const auto measured = measurePaths(withPassing({a / 4.0, b / 4.0, c / 4.0}, {{0, 1, 2}}));
        EXPECT_NEAR(measured->frechet.lo, least, 1e-12);
        EXPECT_NEAR(measured->frechet.hi, most, 1e-12);
      }
}

// Several paths: the bounds are not always met, but hold for every joint distribution that we can think of.
TEST(Frechet, HoldsForRandomDependence) {
  std::mt19937 random(kSeed);
  for (int i = 0; i < 2000; ++i) {
    const std::size_t steps = 1 + random() % 6;
    const Paths paths = randomPaths(random, steps);
    constexpr unsigned kWorlds = 8;
    std::vector<std::uint32_t> worlds(kWorlds);
    for (auto& world : worlds) world = random() % (1U << steps);
    if (i % 3 == 0) worlds[1] = worlds[2] = worlds[3] = worlds[0];
    std::vector<double> passes(steps);
    double success = 0;
    for (const std::uint32_t world : worlds) {
      success += through(paths, world) ? 1.0 / kWorlds : 0;
      for (std::size_t s = 0; s < steps; ++s) passes[s] += ((world >> s) & 1U) != 0 ? 1.0 / kWorlds : 0;
    }
    const auto measured = measurePaths(withPassing(passes, paths));
    ASSERT_TRUE(measured);
    EXPECT_LE(measured->frechet.lo, success + 1e-12) << "seed " << kSeed << ", " << i;
    EXPECT_GE(measured->frechet.hi, success - 1e-12) << "seed " << kSeed << ", " << i;
    EXPECT_GE(measured->sharedState.lo, measured->frechet.lo - 1e-6);
    EXPECT_LE(measured->sharedState.hi, measured->frechet.hi + 1e-6);
  }
}

TEST(SharedState, ThreeMissesRunning) {
  // Two events: Sheppard's formula; three of one half: the orthant probability.
  PathOptions half;
  half.correlation = {0.5, 0.5};
  const double pi = std::acos(-1.0);
  EXPECT_NEAR(measurePaths(withPassing({0.5, 0.5}, {{0, 1}}), half)->sharedState.lo,
              0.25 + std::asin(0.5) / (2 * pi), 1e-7);
  EXPECT_NEAR(measurePaths(withPassing({0.5, 0.5, 0.5}, {{0, 1, 2}}), half)->sharedState.lo,
              0.125 + 3 * std::asin(0.5) / (4 * pi), 1e-7);
  double least = 100, most = 0;
  for (const double p : {0.3, 0.4, 0.5}) {
    const auto measured = measurePaths(withPassing({p, p, p}, {{0, 1, 2}}));
    least = std::min(least, measured->sharedState.lo / (p * p * p));
    most = std::max(most, measured->sharedState.hi / (p * p * p));
    EXPECT_GT(measured->sharedState.lo, p * p * p);
  }
  EXPECT_NEAR(least, 1.58, 0.02);
  EXPECT_NEAR(most, 6.38, 0.02);
}

TEST(SharedState, Ends) {
  PathOptions none, full;
  none.correlation = {0, 0};
  full.correlation = {1, 1};
  const AttackPaths attack = withPassing({0.2, 0.6, 0.5}, {{0, 1}, {1, 2}});
  EXPECT_NEAR(measurePaths(attack, none)->sharedState.lo, enumerated(attack.paths, {0.2, 0.6, 0.5}), 1e-12);
  EXPECT_NEAR(measurePaths(attack, full)->sharedState.lo, 0.5, 1e-9);
  EXPECT_EQ(measurePaths({{}, {}})->sharedState, (Interval{0, 0}));
  EXPECT_EQ(measurePaths({{}, {{}}})->sharedState, (Interval{1, 1}));
  EXPECT_EQ(measurePaths({{point(0), point(1)}, {{0}, {1}}})->sharedState, (Interval{1, 1}));
  // Nothing known of any step is nothing known of the path.
  EXPECT_EQ(measurePaths({{Interval(), Interval()}, {{0, 1}}})->sharedState, Interval());
}

TEST(MonteCarlo, AgreesWithTheExactAndWithItselfOnAnyThreads) {
  std::mt19937 random(kSeed);
  for (int i = 0; i < 10; ++i) {
    std::vector<double> passes(8);
    for (double& one : passes) one = static_cast<double>(random() % 100) / 100;
    const AttackPaths attack = withPassing(passes, randomPaths(random, passes.size()));
    const auto exact = measurePaths(attack);
    PathOptions sampled;
    sampled.mostNodes = 0;
    sampled.samples = 20'000;
    const auto one = measurePaths(attack, sampled);
    sampled.threads = 3;
    const auto three = measurePaths(attack, sampled);
    EXPECT_EQ(one->sharedState, three->sharedState);
    if (one->exact) continue;  // no path needs a node
    EXPECT_EQ(one->seed, 1U);
    EXPECT_LE(one->sharedState.lo, exact->sharedState.lo + 1e-9) << "seed " << kSeed << ", " << i;
    EXPECT_GE(one->sharedState.hi, exact->sharedState.hi - 1e-9);
    EXPECT_NEAR(one->sharedState.lo + one->error, exact->sharedState.lo, one->error + 1e-9);
    sampled.seed = 2;
    EXPECT_EQ(measurePaths(attack, sampled)->seed, 2U);
  }
}

TEST(MeasurePaths, RefusesWhatIsNoQuestion) {
  EXPECT_FALSE(measurePaths({{Interval()}, {{1}}}));
  EXPECT_FALSE(measurePaths({{Interval{0.7, 0.2}}, {{0}}}));
  EXPECT_FALSE(measurePaths({{Interval{0, 1.5}}, {{0}}}));
  PathOptions options;
  options.samples = 0;
  EXPECT_FALSE(measurePaths({{Interval()}, {{0}}}, options));
  EXPECT_FALSE(measurePaths({std::vector<Interval>(100'001), {}}));
}

}  // namespace
}  // namespace vauban::measure
