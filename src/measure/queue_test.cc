#include "measure/queue.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "tests/support/queue_simulation.h"

namespace vauban::measure {
namespace {

// The slow twin of the inverted transform: the wait as a chain of departures and arrivals, step by step.
// P(an alert of the class that has to wait waits longer than `time`).
double waitsLongerSlowly(double time, double capacity, double before, double upTo) {
  const double jumps = capacity + before;
  // Before it: n alerts and one departure, n geometric.
  const double ratio = upTo / capacity;
  const auto steps = static_cast<int>(jumps * time + 12 * std::sqrt(jumps * time) + 60);
  std::vector<double> level(static_cast<std::size_t>(steps) + 2);
  double above = 1;  // at levels that cannot come down in time
  for (std::size_t n = 1; n < level.size(); ++n) {
    level[n] = (1 - ratio) * std::pow(ratio, static_cast<double>(n - 1));
    above -= level[n];
  }
  above = std::max(0.0, above);
  double waiting = 0, logWeight = -jumps * time;
  for (int k = 0; k <= steps; ++k) {
    double still = above;
    for (const double share : level) still += share;
    waiting += std::exp(logWeight) * still;
    logWeight += std::log(jumps * time) - std::log(k + 1.0);
    std::vector<double> next(level.size());
    for (std::size_t n = 1; n < level.size(); ++n) {
      if (n > 1) next[n - 1] += level[n] * capacity / jumps;
      if (n + 1 < level.size())
        next[n + 1] += level[n] * before / jumps;
      else
        above += level[n] * before / jumps;
    }
    level = std::move(next);
  }
  return waiting;
}

TEST(Queue, ErlangsFormulaAgainstTables) {
  EXPECT_NEAR(erlangC(1, 0.5), 0.5, 1e-12);    // M/M/1: the load
  EXPECT_NEAR(erlangC(2, 1), 1.0 / 3, 1e-12);  // a^2/(2 - a + ...) by hand
  EXPECT_NEAR(erlangC(5, 4), 0.554113, 1e-6);  // common tables of Erlang C
  EXPECT_NEAR(erlangC(10, 8), 0.409180, 1e-6);
  EXPECT_EQ(erlangC(3, 3), 1);
  EXPECT_EQ(erlangC(0, 0.1), 1);
  EXPECT_EQ(erlangC(3, 0), 0);
}

TEST(Queue, OneClassIsTheTextbooks) {
  // M/M/c: P(wait > t) = C exp(-(c mu - lambda) t).
  const QueueState state = queueState({{8}, 5, 30}, 0.5);
  const double c = erlangC(5, 4);
  EXPECT_NEAR(state.classes[0].inTime.lo, 1 - c * std::exp(-(10 - 8) * 0.5), 1e-12);
  EXPECT_NEAR(state.classes[0].meanWait, c / 2, 1e-12);
  EXPECT_NEAR(state.utilisation, 0.8, 1e-12);
  EXPECT_FALSE(state.overloaded());
}

TEST(Queue, TransformAgainstItsSlowTwin) {
  constexpr unsigned kSeed = 20261127;
  std::mt19937 random(kSeed);
  const auto any = [&](double lo, double hi) {
    return lo + (hi - lo) * static_cast<double>(random()) / 4294967296.0;
  };
  for (int i = 0; i < 200; ++i) {
    const auto analysts = 1 + static_cast<unsigned>(random() % 8);
    const double minutes = any(2, 60);
    const double seats = analysts;
    const double first = any(0.02, 0.6) * seats * 60 / minutes;
    const double second = any(0.02, 0.35) * seats * 60 / minutes;
    const double deadline = any(0.05, 4);
    const double capacity = seats * 60 / minutes;
    const QueueState state = queueState({{first, second}, analysts, minutes}, deadline);
    const double busy = erlangC(analysts, (first + second) * minutes / 60);
    EXPECT_NEAR(state.classes[0].inTime.lo, 1 - busy * waitsLongerSlowly(deadline, capacity, 0, first), 1e-6)
        << "seed " << kSeed << ", setting " << i;
    EXPECT_NEAR(state.classes[1].inTime.lo,
                1 - busy * waitsLongerSlowly(deadline, capacity, first, first + second), 1e-6)
        << "seed " << kSeed << ", setting " << i;
  }
}

// 100 settings, stable and overloaded, two and three classes. Each figure has to lie within the simulation's
// own bounds: 4.5 errors of the batch means (40 batches: a normal variate leaves them once in 20,000, and
// some 600 are looked at), and a little for what a run of finite length cannot see.
TEST(Queue, WithinTheBoundsOfTheSimulation) {
  constexpr std::uint64_t kSeed = 8'001;
  std::mt19937_64 random(kSeed);
  const auto any = [&](double lo, double hi) {
    return lo + (hi - lo) * static_cast<double>(random() >> 11U) * 0x1p-53;
  };
  int overloads = 0;
  for (int i = 0; i < 100; ++i) {
    test::QueueSetting setting;
    setting.analysts = 1 + static_cast<unsigned>(random() % 6);
    setting.minutesPerAlert = any(5, 45);
    const std::size_t classes = 2 + random() % 2;
    const bool overload = i % 4 == 3;
    const double load = overload ? any(1.1, 2.5) : any(0.3, 0.92);
    double sum = 0;
    for (std::size_t c = 0; c < classes; ++c) {
      setting.alertsPerHour.push_back(any(0.1, 1));
      sum += setting.alertsPerHour.back();
    }
    for (double& rate : setting.alertsPerHour)
      rate *= load * setting.analysts * 60 / setting.minutesPerAlert / sum;
    setting.deadlineHours = any(0.1, 3) * setting.minutesPerAlert / 60;
    const std::uint64_t seed = random();
    const auto seen = test::simulateQueue(setting, seed, 160'000);
    const QueueState state =
        queueState({setting.alertsPerHour, setting.analysts, setting.minutesPerAlert}, setting.deadlineHours);
    EXPECT_EQ(state.overloaded(), overload);
    overloads += overload ? 1 : 0;
    for (std::size_t c = 0; c < classes; ++c) {
      const std::string what =
          "seed " + std::to_string(kSeed) + ", setting " + std::to_string(i) + ", class " + std::to_string(c);
      const QueueClass& one = state.classes[c];
      const auto within = [&](double value, double mean, double error, double slack) {
        EXPECT_NEAR(value, mean, 4.5 * error + slack) << what;
      };
      within(one.lookedAt, seen[c].lookedAt, seen[c].lookedAtError, 0.001);
      if (std::isinf(one.meanWait)) {
        EXPECT_LE(one.inTime.lo, seen[c].inTime) << what;
        EXPECT_GE(one.inTime.hi + 4.5 * seen[c].inTimeError + 0.01, seen[c].inTime) << what;
      } else {
        within(one.inTime.lo, seen[c].inTime, seen[c].inTimeError, 0.001);
        within(one.meanWait, seen[c].meanWait, seen[c].meanWaitError, 0.005 * one.meanWait);
      }
    }
  }
  EXPECT_EQ(overloads, 25);
}

TEST(Queue, Ends) {
  const QueueState none = queueState({{1, 2}, 0, 10}, 1);
  EXPECT_EQ(none.classes[1].inTime, (Interval{0, 0}));
  EXPECT_TRUE(none.overloaded());
  const QueueState idle = queueState({{0, 0}, 0, 10}, 1);
  EXPECT_EQ(idle.utilisation, 0);
  const QueueState instant = queueState({{1e6, HUGE_VAL}, 1, 0}, 0);
  EXPECT_EQ(instant.classes[1].inTime, point(1));
  const QueueState unbounded = queueState({{0.1, HUGE_VAL}, 2, 10}, 1);
  EXPECT_GT(unbounded.classes[0].inTime.lo, 0.9);
  EXPECT_EQ(unbounded.classes[1].inTime, point(0));
  const QueueState now = queueState({{8}, 5, 30}, 0);
  EXPECT_NEAR(now.classes[0].inTime.lo, 1 - erlangC(5, 4), 1e-12);
}

TEST(Queue, WorksAtScaleAndNearCapacity) {
  for (const double load : {0.5, 0.99, 0.9999999}) {
    const QueueState state = queueState({{1000 * load * 0.3, 1000 * load * 0.7}, 1000, 60}, 1);
    EXPECT_GE(state.classes[0].inTime.lo, state.classes[1].inTime.lo);
    EXPECT_GE(state.classes[1].inTime.lo, 0);
  }
}

}  // namespace
}  // namespace vauban::measure
