#include "tests/support/queue_simulation.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <queue>
#include <random>

namespace vauban::test {
namespace {

struct Alert {
  double came = 0;
  std::size_t batch = 0;
  bool counts = false;
};

struct Batch {
  double came = 0, inTime = 0, lookedAt = 0, waited = 0, wait = 0;
};

// The mean over batches of one figure, and its error.
template <class Figure>
void average(const std::vector<Batch>& batches, Figure figure, double& mean, double& error) {
  std::vector<double> values;
  for (const Batch& batch : batches)
    if (batch.came > 0) values.push_back(figure(batch));
  mean = 0;
  for (const double value : values) mean += value / static_cast<double>(values.size());
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  const auto n = static_cast<double>(values.size());
  error = n > 1 ? std::sqrt(squares / (n - 1) / n) : 0;
}

}  // namespace

std::vector<SimulatedClass> simulateQueue(const QueueSetting& setting, std::uint64_t seed, std::size_t alerts,
                                          std::size_t batches) {
  std::mt19937_64 random(seed);
  const auto exponential = [&](double mean) {
    return -mean * std::log((static_cast<double>(random() >> 11U) + 0.5) * 0x1p-53);
  };
  const std::size_t classes = setting.alertsPerHour.size();
  double rate = 0;
  for (const double one : setting.alertsPerHour) rate += one;
  const double hours = setting.minutesPerAlert / 60;

  std::vector<std::vector<Batch>> seen(classes, std::vector<Batch>(batches));
  std::vector<std::deque<Alert>> waiting(classes);
  std::priority_queue<double, std::vector<double>, std::greater<>> busy;  // when each analyst will be free
  const std::size_t warmUp = alerts / 10;
  std::size_t come = 0;
  const auto start = [&](std::size_t which, const Alert& alert, double now) {
    busy.push(now + exponential(hours));
    // How many are looked at is a rate: where a backlog grows, those that are looked at came long ago.
    if (come >= warmUp) seen[which][std::min((come - warmUp) * batches / alerts, batches - 1)].lookedAt += 1;
    if (!alert.counts) return;
    Batch& batch = seen[which][alert.batch];
    batch.waited += 1;
    batch.wait += now - alert.came;
    if (now - alert.came <= setting.deadlineHours) batch.inTime += 1;
  };

  double next = exponential(1 / rate);
  while (come < warmUp + alerts) {
    if (!busy.empty() && busy.top() <= next) {
      const double now = busy.top();
      busy.pop();
      for (std::size_t c = 0; c < classes; ++c) {
        if (waiting[c].empty()) continue;
        const Alert alert = waiting[c].front();
        waiting[c].pop_front();
        start(c, alert, now);
        break;
      }
      continue;
    }
    double pick = (static_cast<double>(random() >> 11U) + 0.5) * 0x1p-53 * rate;
    std::size_t which = 0;
    while (which + 1 < classes && pick >= setting.alertsPerHour[which])
      pick -= setting.alertsPerHour[which++];
    Alert alert{next, 0, come >= warmUp};
    if (alert.counts) {
      alert.batch = (come - warmUp) * batches / alerts;
      seen[which][alert.batch].came += 1;
    }
    if (busy.size() < setting.analysts)
      start(which, alert, next);
    else
      waiting[which].push_back(alert);
    ++come;
    next += exponential(1 / rate);
  }
  // Those still waiting when the run ends would be looked at later, or not at all: they count as not in time.

  std::vector<SimulatedClass> result(classes);
  for (std::size_t c = 0; c < classes; ++c) {
    SimulatedClass& one = result[c];
    average(seen[c], [](const Batch& it) { return it.inTime / it.came; }, one.inTime, one.inTimeError);
    average(seen[c], [](const Batch& it) { return it.lookedAt / it.came; }, one.lookedAt, one.lookedAtError);
    average(
        seen[c], [](const Batch& it) { return it.waited > 0 ? it.wait / it.waited : 0; }, one.meanWait,
        one.meanWaitError);
  }
  return result;
}

}  // namespace vauban::test
