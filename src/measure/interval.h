// What is known of a probability: that it lies between two bounds.
//
// Invariant of every function here: 0 <= lo <= hi <= 1 goes in and comes out. The default is [0, 1]: no
// evidence is neither 0 nor 0.5. Values; pure functions.
#pragma once

#include <span>
#include <string>

namespace vauban::measure {

struct Interval {
  double lo = 0, hi = 1;

  bool unknown() const { return lo <= 0 && hi >= 1; }
  bool disjoint(const Interval& other) const { return lo > other.hi || other.lo > hi; }
  bool contains(double value) const { return lo <= value && value <= hi; }
  bool operator==(const Interval&) const = default;
};

Interval point(double value);
// Of factors, each given those before it: a chain of conditional probabilities, which multiply whatever
// depends on what.
Interval chain(std::span<const Interval> factors);
Interval complement(const Interval& interval);
Interval hull(const Interval& a, const Interval& b);
// At least one of several events of which nothing is known but their probabilities (Frechet 1935).
Interval anyOf(std::span<const Interval> events);
// All of them, likewise.
Interval allOf(std::span<const Interval> events);

std::string toString(const Interval& interval);  // "0.62..0.88"; "0.5" of a point

}  // namespace vauban::measure
