// The alert queue: how likely it is that somebody looks at an alert in time.
//
// M/M/c with non-preemptive priorities: alerts of each class come at random (Poisson), each takes an analyst
// an exponential time of one mean, whoever is free takes the oldest alert of the first class that has any.
// Waiting is exact: an alert that finds every analyst busy waits for as many departures as there are alerts
// before it and one more, each delayed by whatever comes in before its class meanwhile; with loads a (of the
// classes up to its own) and b (of those before it) per unit of capacity that is the first passage of an
// M/M/1 queue of load b from a level that is exponential with rate capacity x (1 - a) (Kella and Yechiali,
// Management Science 31, 1985). Its transform is inverted numerically (Abate and Whitt, ORSA Journal on
// Computing 7, 1995), to about 1e-8.
//
// Overload: classes whose own load and that of those before them stay below capacity wait as above, with
// every analyst always busy. Of the class in which capacity ends only a share is ever looked at, the same
// whatever the order. Which ones is a matter of habit: an upper bound where stale alerts are thrown away, 0
// where the oldest come first, since the backlog then grows without end. Classes after it are not looked at.
//
// Unit: hours. Values; pure functions.
#pragma once

#include <cstdint>
#include <vector>

#include "measure/interval.h"

namespace vauban::measure {

struct QueueLoad {
  std::vector<double> alertsPerHour;  // by class, first priority first; not negative
  unsigned analysts = 1;              // at their seats, all the time
  double minutesPerAlert = 0;         // mean; 0: alerts take no time and never wait
};

struct QueueClass {
  double load = 0;        // of this class, in seats: alerts per hour x hours an alert
  double lookedAt = 1;    // share that anybody ever looks at
  Interval inTime{1, 1};  // share that somebody begins to look at before the deadline
  double meanWait = 0;    // hours, of those looked at; infinite in overload
};

struct QueueState {
  double utilisation = 0;  // load of all classes over seats; above 1: overload
  std::vector<QueueClass> classes;
  bool overloaded() const { return utilisation >= 1; }
};

// `deadline`: hours. No analysts: nobody looks at anything.
QueueState queueState(const QueueLoad& load, double deadline);

// P(every analyst is busy) of M/M/c at `load` seats (Erlang 1917); 1 where load >= analysts.
double erlangC(unsigned analysts, double load);

}  // namespace vauban::measure
