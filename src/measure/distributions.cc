#include "measure/distributions.h"

#include <algorithm>
#include <boost/math/distributions/beta.hpp>
#include <boost/math/special_functions/erf.hpp>
#include <cmath>
#include <limits>
#include <numbers>

namespace vauban::measure {
namespace {

namespace policies = boost::math::policies;
// Boost's own answer to trouble is an exception; here it is a number that does not leave [0, 1].
using Quiet =
    policies::policy<policies::domain_error<policies::errno_on_error>,
                     policies::pole_error<policies::errno_on_error>,
                     policies::overflow_error<policies::errno_on_error>,
                     policies::evaluation_error<policies::errno_on_error>, policies::promote_double<false>>;

}  // namespace

Interval jeffreys(std::uint64_t successes, std::uint64_t trials, double confidence) {
  if (trials == 0) return {};
  successes = std::min(successes, trials);
  const double tail = (1 - std::clamp(confidence, 1e-9, 1 - 1e-9)) / 2;
  const boost::math::beta_distribution<double, Quiet> beta(static_cast<double>(successes) + 0.5,
                                                           static_cast<double>(trials - successes) + 0.5);
  Interval interval;
  if (successes > 0) interval.lo = std::clamp(quantile(beta, tail), 0.0, 1.0);
  if (successes < trials) interval.hi = std::clamp(quantile(complement(beta, tail)), interval.lo, 1.0);
  return interval;
}

double normalBelow(double value) { return std::erfc(-value / std::numbers::sqrt2) / 2; }

double normalQuantile(double probability) {
  if (probability <= 0) return -std::numeric_limits<double>::infinity();
  if (probability >= 1) return std::numeric_limits<double>::infinity();
  return -std::numbers::sqrt2 * boost::math::erfc_inv(2 * probability, Quiet());
}

}  // namespace vauban::measure
