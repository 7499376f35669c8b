// The alert queue played event by event: alerts of several classes come at random, whoever is free takes the
// oldest alert of the first class that has any. Knows nothing of the formulas in src/measure/queue.cc.
#pragma once

#include <cstdint>
#include <vector>

namespace vauban::test {

struct QueueSetting {
  std::vector<double> alertsPerHour;  // by class, first priority first
  unsigned analysts = 1;
  double minutesPerAlert = 0;
  double deadlineHours = 0;
};

// Of one class: shares over batches of one long run, each with the error of the mean over the batches.
struct SimulatedClass {
  double inTime = 0, inTimeError = 0;      // looked at by the deadline
  double lookedAt = 0, lookedAtError = 0;  // alerts looked at over alerts that came, while it ran
  double meanWait = 0, meanWaitError = 0;  // hours, of those looked at
};

// `alerts`: how many come after the warm-up, which is a tenth of them; in `batches` of equal numbers.
std::vector<SimulatedClass> simulateQueue(const QueueSetting& setting, std::uint64_t seed, std::size_t alerts,
                                          std::size_t batches = 40);

}  // namespace vauban::test
