// The distributions that measuring needs. Pure functions; no exception leaves them.
#pragma once

#include <cstdint>

#include "measure/interval.h"

namespace vauban::measure {

// Jeffreys' interval of a proportion: quantiles of Beta(s + 1/2, n - s + 1/2), the lower end 0 where nothing
// was seen and the upper end 1 where all was (Brown, Cai and DasGupta, Statistical Science 16, 2001, 3.1.2).
// `confidence` within (0, 1). n = 0: [0, 1]. More successes than trials count as all of them.
inline constexpr double kConfidence = 0.95;
Interval jeffreys(std::uint64_t successes, std::uint64_t trials, double confidence = kConfidence);

// Of the standard normal distribution. quantile: -infinity at 0, infinity at 1.
double normalBelow(double value);
double normalQuantile(double probability);

}  // namespace vauban::measure
