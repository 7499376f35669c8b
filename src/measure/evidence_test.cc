#include "measure/evidence.h"

#include <gtest/gtest.h>

#include <cmath>

#include "measure/distributions.h"

namespace vauban::measure {
namespace {

Evidence trial(double lo, double hi) { return labTrial("lab", "products", lo, hi); }

Effectiveness known(Grade grade, Interval interval) {
  Effectiveness one;
  one.grade = grade;
  one.interval = interval;
  return one;
}

// Brown, Cai and DasGupta (2001) give the limits to three digits; the others by quadrature (below).
TEST(Jeffreys, KnownValues) {
  EXPECT_NEAR(jeffreys(0, 7).hi, 0.292, 6e-4);
  EXPECT_EQ(jeffreys(0, 7).lo, 0);
  EXPECT_NEAR(jeffreys(5, 10).lo, 0.224, 6e-4);
  EXPECT_NEAR(jeffreys(5, 10).hi, 0.776, 6e-4);
  EXPECT_NEAR(jeffreys(10, 10).lo, 1 - 0.217, 6e-4);
  EXPECT_EQ(jeffreys(10, 10).hi, 1);
  EXPECT_EQ(jeffreys(0, 0), Interval());
  EXPECT_EQ(jeffreys(9, 7), jeffreys(7, 7));
}

// The mass of Beta(s + 1/2, n - s + 1/2) outside, by quadrature over the angle (x = sin^2): no poles left.
TEST(Jeffreys, HoldsItsMass) {
  for (const auto& [s, n] : {std::pair{31, 40}, {1, 3}, {2, 200}, {600, 1000}}) {
    const Interval interval = jeffreys(static_cast<unsigned>(s), static_cast<unsigned>(n));
    constexpr int kSteps = 400'000;
    double below = 0, above = 0, all = 0;
    for (int i = 0; i < kSteps; ++i) {
      const double angle = (i + 0.5) / kSteps * std::acos(0.0);
      const double x = std::sin(angle) * std::sin(angle);
      const double density =
          std::exp(2.0 * s * std::log(std::sin(angle)) + 2.0 * (n - s) * std::log(std::cos(angle)) +
                   (s * std::log(n / (s + 1e-9)) + (n - s) * std::log(n / (n - s + 1e-9))));
      all += density;
      if (x < interval.lo) below += density;
      if (x > interval.hi) above += density;
    }
    EXPECT_NEAR(below / all, 0.025, 1e-4) << s << " of " << n;
    EXPECT_NEAR(above / all, 0.025, 1e-4) << s << " of " << n;
  }
}

TEST(Jeffreys, WorksWithManyTrials) {
  const Interval many = jeffreys(500'000'000'000, 1'000'000'000'000);
  EXPECT_TRUE(many.contains(0.5));
  EXPECT_LT(many.hi - many.lo, 1e-5);
}

TEST(Evidence, NoneIsNeitherNothingNorHalf) {
  const Effectiveness none = settle({}, Currency::stopped, "2026-11-27");
  EXPECT_FALSE(none.grade);
  EXPECT_EQ(none.interval, Interval(0, 1));
  EXPECT_FALSE(none.ranks());
}

TEST(Evidence, WhatOnlyAppliesNeverRanks) {
  for (const Evidence& one : {applicable("d3fend", "File"), expertMapping("ctid", "AC-4")}) {
    const Effectiveness settled = settle({one}, Currency::fired, "");
    EXPECT_EQ(settled.grade, one.grade);
    EXPECT_EQ(settled.interval, Interval(0, 1));
    EXPECT_FALSE(settled.ranks());
    EXPECT_EQ(compare(settled, known(Grade::e5, {0, 0})), Order::notDistinguishable);
  }
}

TEST(Evidence, BandsOfScoresDoNotRankAmongThemselves) {
  const Score all[] = {Score::minimal, Score::partial, Score::significant};
  for (const Score a : all)
    for (const Score b : all) EXPECT_FALSE(bandOf(a).disjoint(bandOf(b)));
  EXPECT_EQ(expertScores("ctid", "", {Score::minimal, Score::significant}).interval, Interval(0, 1));
}

TEST(Evidence, HigherGradeReplacesAndIsNotAveraged) {
  Evidence score = expertScores("ctid", "", {Score::significant});
  score.of = Currency::fired;
  const Effectiveness settled = settle({applicable("d3fend", ""), score, trial(0, 0.4)}, Currency::fired, "");
  EXPECT_EQ(settled.grade, Grade::e3);
  EXPECT_EQ(settled.interval, Interval(0, 0.4));
  EXPECT_TRUE(settled.upperBound);
  EXPECT_FALSE(settled.conflict);
  EXPECT_EQ(settled.replaced.size(), 2U);
}

TEST(Evidence, OwnTrialsReplaceTheLabAndExpire) {
  const Evidence own = ownTrials("purple", "at clients", 31, 40, "2026-03-11");
  EXPECT_EQ(own.expires, "2027-03-11");
  const Effectiveness now = settle({trial(0.9, 1), own}, Currency::fired, "2027-03-11");
  EXPECT_EQ(now.grade, Grade::e5);
  EXPECT_EQ(now.currency, Currency::stopped);
  EXPECT_EQ(now.interval, jeffreys(31, 40));
  const Effectiveness later = settle({trial(0.9, 1), own}, Currency::fired, "2027-03-12");
  EXPECT_EQ(later.grade, Grade::e3);
  EXPECT_EQ(later.interval, Interval(0.9, 1));
  ASSERT_EQ(later.setAside.size(), 1U);
  EXPECT_NE(later.setAside[0].note.find("expired on 2027-03-11"), std::string::npos);
  const Effectiveness before = settle({own}, Currency::stopped, "2026-03-10");
  EXPECT_FALSE(before.grade);
  EXPECT_NE(before.setAside[0].note.find("after today"), std::string::npos);
}

TEST(Evidence, DisjointIntervalsOfOneGradeAreAConflict) {
  const Effectiveness conflict =
      settle({ownTrials("spring", "", 38, 40, "2026-03-11"), ownTrials("autumn", "", 2, 40, "2026-10-11")},
             Currency::stopped, "2026-11-27");
  EXPECT_TRUE(conflict.conflict);
  EXPECT_EQ(conflict.interval, Interval(jeffreys(2, 40).lo, jeffreys(38, 40).hi));
  const Effectiveness agree =
      settle({ownTrials("spring", "", 20, 40, "2026-03-11"), ownTrials("autumn", "", 22, 40, "2026-10-11")},
             Currency::stopped, "2026-11-27");
  EXPECT_FALSE(agree.conflict);
  // Of different grades it is no conflict: the higher one replaces.
  EXPECT_FALSE(
      settle({trial(0.9, 1), ownTrials("own", "", 0, 40, "2026-10-11")}, Currency::fired, "2026-11-27")
          .conflict);
}

TEST(Evidence, OthersOutcomesAreWidened) {
  EXPECT_EQ(fieldOutcome("study", "", {0.4, 0.8}, false).interval, Interval(0.2, 0.9));
  const Evidence vendor = fieldOutcome("vendor", "", {0.9, 1}, true);
  EXPECT_EQ(vendor.interval, Interval(0, 1));
  EXPECT_NE(vendor.note.find("vendor's own"), std::string::npos);
}

TEST(Evidence, RestoreAndModelStopNothing) {
  for (const char* tactic : {"Restore", "Model"}) {
    const Currency currency = currencyOf(tactic);
    EXPECT_FALSE(isProbability(currency));
    const Effectiveness settled =
        settle({applicable("d3fend", ""), ownTrials("own", "", 5, 5, "2026-11-01")}, currency, "2026-11-27");
    EXPECT_FALSE(settled.interval) << tactic;
    EXPECT_FALSE(settled.ranks());
    EXPECT_EQ(settled.grade, Grade::e0);
    ASSERT_EQ(settled.setAside.size(), 1U);
    EXPECT_EQ(compare(settled, known(Grade::e5, {0, 0})), Order::notDistinguishable);
  }
}

TEST(Evidence, AStopIsNotAnAlert) {
  // A score of what blocks says nothing of what detects.
  Evidence blocks = expertScores("ctid", "", {Score::significant});
  EXPECT_FALSE(settle({blocks}, Currency::fired, "").grade == Grade::e3);
  EXPECT_EQ(settle({trial(0.5, 1)}, Currency::stopped, "").setAside.size(), 1U);
  EXPECT_EQ(settle({trial(0.5, 1)}, Currency::evicted, "").setAside.size(), 1U);
}

TEST(Order, OnlyADominatingIntervalRanks) {
  EXPECT_EQ(compare(known(Grade::e5, {0.6, 0.9}), known(Grade::e5, {0.1, 0.5})), Order::above);
  EXPECT_EQ(compare(known(Grade::e5, {0.1, 0.5}), known(Grade::e5, {0.6, 0.9})), Order::below);
  EXPECT_EQ(compare(known(Grade::e5, {0.5, 0.9}), known(Grade::e5, {0.1, 0.5})), Order::notDistinguishable);
  EXPECT_EQ(compare(known(Grade::e5, {0.5, 0.9}), known(Grade::e5, {0.5, 0.9})), Order::notDistinguishable);
}

TEST(Order, GradesMayForbidIt) {
  const Interval high{0.8, 1}, low{0, 0.1};
  EXPECT_EQ(compare(known(Grade::e2, high), known(Grade::e3, low)), Order::notDistinguishable);
  EXPECT_EQ(compare(known(Grade::e2, high), known(Grade::e2, low)), Order::above);
  // A lab's figure is an upper bound: it beats what is lower in a lab, not what was seen in the field.
  EXPECT_EQ(compare(known(Grade::e3, high), known(Grade::e3, low)), Order::above);
  EXPECT_EQ(compare(known(Grade::e3, high), known(Grade::e5, low)), Order::notDistinguishable);
  EXPECT_EQ(compare(known(Grade::e5, high), known(Grade::e3, low)), Order::above);
  EXPECT_EQ(compare(known(Grade::e1, high), known(Grade::e1, low)), Order::notDistinguishable);
  Effectiveness alerts = known(Grade::e5, high);
  alerts.currency = Currency::fired;
  EXPECT_EQ(compare(alerts, known(Grade::e5, low)), Order::notDistinguishable);
}

TEST(Order, CountsWhoIsKnownToDoMore) {
  EXPECT_EQ(rankedAbove({known(Grade::e5, {0.8, 0.9}), known(Grade::e5, {0.4, 0.5}),
                         known(Grade::e5, {0.1, 0.2}), known(Grade::e5, {0, 1})}),
            (std::vector<std::size_t>{0, 1, 2, 0}));
}

TEST(Dates, CalendarDays) {
  EXPECT_EQ(dayAfter("2024-02-28", 1), "2024-02-29");
  EXPECT_EQ(dayAfter("2026-03-11", 365), "2027-03-11");
  for (const char* none : {"", "2026-02-30", "2026-2-3", "26-02-03xx", "2026/02/03", "-026-01-01"})
    EXPECT_EQ(dayAfter(none, 1), "") << none;
}

}  // namespace
}  // namespace vauban::measure
