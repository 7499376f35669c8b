// The distributions that measuring needs. Pure functions; no exception leaves them.
#pragma once

#include <cstdint>

#include "attack/success_bounds.h"
#include "measure/interval.h"

namespace vauban::measure {

// attack::jeffreysInterval as an interval; more successes than trials count as all of them.
inline constexpr double kConfidence = 0.95;
Interval jeffreys(std::uint64_t successes, std::uint64_t trials, double confidence = kConfidence);

// Of the standard normal distribution. quantile: -infinity at 0, infinity at 1.
double normalBelow(double value);
double normalQuantile(double probability);

}  // namespace vauban::measure
