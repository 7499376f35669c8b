#include "measure/distributions.h"

#include <algorithm>
#include <boost/math/special_functions/erf.hpp>
#include <cmath>
#include <limits>
#include <numbers>

#include "base/quiet_math.h"

namespace vauban::measure {
Interval jeffreys(std::uint64_t successes, std::uint64_t trials, double confidence) {
  const auto [lo, hi] = attack::jeffreysInterval(std::min(successes, trials), trials, confidence);
  return {lo, hi};
}

double normalBelow(double value) { return std::erfc(-value / std::numbers::sqrt2) / 2; }

double normalQuantile(double probability) {
  if (probability <= 0) return -std::numeric_limits<double>::infinity();
  if (probability >= 1) return std::numeric_limits<double>::infinity();
  return -std::numbers::sqrt2 * boost::math::erfc_inv(2 * probability, QuietMath());
}

}  // namespace vauban::measure
