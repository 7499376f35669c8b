#include "measure/queue.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <limits>
#include <numbers>

namespace vauban::measure {
namespace {

using Complex = std::complex<double>;

// The transform of the wait of an alert that has to wait: first passage to nothing of an M/M/1 queue
// (arrivals `before`, service `capacity`) whose level at the start is exponential with rate `slack`.
Complex waitTransform(Complex s, double capacity, double before, double slack) {
  if (before <= 0) return slack / (slack + s);
  const Complex sum = before + capacity + s;
  // The busy period's transform in the form that does not cancel where `before` is small.
  const Complex busy = 2.0 * capacity / (sum + std::sqrt(sum * sum - 4.0 * before * capacity));
  return slack / (slack + s + before * (1.0 - busy));
}

// P(wait > time | it has to wait), by the Euler algorithm of Abate and Whitt.
double waitsLonger(double time, double capacity, double before, double slack) {
  if (time <= 0) return 1;
  if (before <= 0) return std::exp(-slack * time);
  constexpr double kDiscretisation = 18.4;  // an error of e^-18.4, 1e-8
  constexpr int kTerms = 15, kAverages = 11;
  const auto tail = [&](Complex s) { return (1.0 - waitTransform(s, capacity, before, slack)) / s; };
  const double half = kDiscretisation / (2 * time);
  double sum = tail(half).real() / 2;
  std::array<double, kAverages + 1> partial{};
  for (int k = 1; k <= kTerms + kAverages; ++k) {
    const double term = tail({half, k * std::numbers::pi / time}).real();
    sum += k % 2 == 0 ? term : -term;
    if (k >= kTerms) partial[static_cast<std::size_t>(k - kTerms)] = sum;
  }
  double average = 0, binomial = std::pow(2.0, -kAverages);
  for (int k = 0; k <= kAverages; ++k) {
    average += binomial * partial[static_cast<std::size_t>(k)];
    binomial *= static_cast<double>(kAverages - k) / (k + 1);
  }
  return std::clamp(average * std::exp(kDiscretisation / 2) / time, 0.0, 1.0);
}

}  // namespace

double erlangC(unsigned analysts, double load) {
  if (analysts == 0 || load >= analysts) return 1;
  if (load <= 0) return 0;
  double blocked = 1;  // Erlang B by its recursion, which neither overflows nor cancels
  for (unsigned n = 1; n <= analysts; ++n) blocked = load * blocked / (n + load * blocked);
  const double used = load / analysts;
  return blocked / (1 - used * (1 - blocked));
}

QueueState queueState(const QueueLoad& load, double deadline) {
  QueueState state;
  const double hours = load.minutesPerAlert / 60;
  double total = 0;
  const auto seatsFor = [&](double rate) {
    return hours > 0 ? rate * hours : 0;
  };  // the rate may be infinite
  for (const double rate : load.alertsPerHour) total += seatsFor(rate);
  const double seats = load.analysts;
  const double infinite = std::numeric_limits<double>::infinity();
  state.utilisation = total <= 0 ? 0 : seats > 0 ? total / seats : infinite;
  const double busy = erlangC(load.analysts, total);
  double before = 0;  // load of the classes before this one
  for (const double rate : load.alertsPerHour) {
    QueueClass one;
    one.load = seatsFor(rate);
    const double upTo = before + one.load;
    if (load.analysts == 0) {
      one.lookedAt = 0;
      one.inTime = {0, 0};
      one.meanWait = infinite;
    } else if (hours <= 0) {
      // Nothing takes time.
    } else if (upTo < seats) {
      const double capacity = seats / hours;
      const double slack = capacity * (1 - upTo / seats);
      one.inTime = point(1 - busy * waitsLonger(deadline, capacity, before / hours, slack));
      one.meanWait = busy / (slack * (1 - before / seats));
    } else {
      one.lookedAt = one.load > 0 ? std::max(0.0, seats - before) / one.load : 0;
      one.inTime = {0, one.lookedAt};
      one.meanWait = infinite;
    }
    before = upTo;
    state.classes.push_back(one);
  }
  return state;
}

}  // namespace vauban::measure
