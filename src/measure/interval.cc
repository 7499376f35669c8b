#include "measure/interval.h"

#include <fmt/format.h>

#include <algorithm>

namespace vauban::measure {

Interval point(double value) {
  const double inside = std::clamp(value, 0.0, 1.0);
  return {inside, inside};
}

Interval chain(std::span<const Interval> factors) {
  Interval all{1, 1};
  for (const Interval& factor : factors) {
    all.lo *= factor.lo;
    all.hi *= factor.hi;
  }
  return all;
}

Interval complement(const Interval& interval) { return {1 - interval.hi, 1 - interval.lo}; }

Interval hull(const Interval& a, const Interval& b) { return {std::min(a.lo, b.lo), std::max(a.hi, b.hi)}; }

Interval anyOf(std::span<const Interval> events) {
  Interval any{0, 0};
  for (const Interval& event : events) {
    any.lo = std::max(any.lo, event.lo);
    any.hi += event.hi;
  }
  any.hi = std::min(1.0, any.hi);
  return any;
}

Interval allOf(std::span<const Interval> events) {
  Interval all{1, 1};
  for (const Interval& event : events) {
    all.lo += event.lo - 1;
    all.hi = std::min(all.hi, event.hi);
  }
  all.lo = std::clamp(all.lo, 0.0, all.hi);
  return all;
}

std::string toString(const Interval& interval) {
  if (interval.lo == interval.hi) return fmt::format("{:.3g}", interval.lo);
  return fmt::format("{:.3g}..{:.3g}", interval.lo, interval.hi);
}

}  // namespace vauban::measure
