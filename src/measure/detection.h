// What detection really acts on: P(acted on) of a technique at a place, as a chain of conditional
// probabilities with the alert queue in it (semantics 9).
//
//   telemetry x rule exists x rule healthy x fires x looked at in time x judged right x response in time
//
// Each factor is an interval that says where it comes from; what nobody says is [0, 1]. Detectors see the
// same things, so several of them for one technique are joined by Frechet's bounds and not by a product. The
// queue is one for all: what one detector pours into it, all wait for; decoys come first.
//
// The lower ends of all factors belong to one state of affairs (the most alerts, the fewest seats, the
// shortest deadline), the upper ends to another; what a change does is said for both, so that a sign holds
// wherever the two agree. Values; pure functions. Unit: alerts a day, minutes, hours.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/place.h"
#include "measure/published_figures.h"
#include "measure/queue.h"

namespace vauban::measure {

struct Range {  // of what is no probability; lo <= hi
  double lo = 0, hi = 0;
  bool operator==(const Range&) const = default;
};

enum class Origin : std::uint8_t {
  stated,    // by the model, or said in the call
  evidence,  // of the catalogue or of own trials
  declared,  // by this project, as what defines the thing
  assumed,   // a published figure that the call takes
  computed,  // by the queue
  unknown,   // nobody says
};
std::string_view word(Origin origin);

struct Factor {
  std::string name;  // "telemetry", "rule", "healthy", "fires", "in time", "judged right", "response"
  Interval value;
  Origin origin = Origin::unknown;
  std::string from;  // what says so
};

// Something that raises alerts.
struct Detector {
  std::string name;
  Place place;
  bool decoy = false;                 // its alerts are looked at first
  std::string at;                     // of a decoy: the place where it stands; "": everywhere
  std::optional<Range> alertsPerDay;  // none: nobody says
  std::optional<Interval> falsePositiveShare;
  std::optional<double> coveredShare;   // of all techniques
  std::vector<std::string> techniques;  // for which it surely has a rule; sorted
  std::map<std::string, Factor> fires;  // by technique, where something is known
};

struct Operation {
  std::optional<double> analysts;  // people, of all shifts
  std::optional<double> minutesPerAlert;
  std::vector<Detector> detectors;
};

// People that keep one seat taken around the clock: 168 hours a week over 40, less a fifth for leave, illness
// and training. A judgement of this project.
inline constexpr double kPeoplePerSeat = 5.25;

// What the call says besides the model.
struct Statements {
  std::optional<Interval> telemetry, healthy, judged, response;
  std::optional<Range> seats;          // taken around the clock; none: analysts / kPeoplePerSeat to analysts
  std::optional<Range> deadlineHours;  // until the next step that cannot be undone; none: kDeadlineHours
  std::set<Figure> taken;
};
inline constexpr Range kDeadlineHours{1, 8};  // a judgement of this project

// A technique at a place. "" as technique: any other, of which nothing but a detector's share is known; "" as
// place: anywhere, where no decoy stands.
struct Watched {
  std::string technique, at;
  auto operator<=>(const Watched&) const = default;
};

struct DetectorChain {
  std::string detector;
  std::vector<Factor> factors;
  Interval actedOn;
};

struct ActedOn {
  Watched watched;
  std::vector<DetectorChain> chains;  // of detectors that may see it
  Interval total;
};

// The queue in the worst and in the best state of affairs.
struct QueueOutlook {
  bool known = false;  // otherwise nobody says how many people look, or how long it takes
  QueueState worst, best;
  Range seats, alertsPerDay;  // infinite where nobody says
  Range trueAlertsPerDay;
  Interval ordinary, decoys;  // looked at in time
  Origin origin = Origin::unknown;
  std::string from;
};

struct Detection {
  QueueOutlook queue;
  std::vector<ActedOn> acted;
  std::vector<std::string> assumptions;  // each a sentence; those that the call takes and those declared
  std::vector<std::string> offers;       // what is not said, and the figure that could be taken for it
};

// Errors: mayHoldTogether; `ignored` where analysts and minutes are stated.
Result<Detection> detect(const Operation& operation, const Statements& statements,
                         const std::vector<Watched>& watched);

// What a change does to each technique, the queue in the loop.
struct Marginal {
  std::string
      change;  // "without siem", "siem without its false alerts", "one analyst more", "one decoy more"
  QueueOutlook after;
  struct Difference {
    Watched watched;
    double atWorst = 0, atBest = 0;  // P(acted on) with what is there, less that without it
  };
  std::vector<Difference> differences;  // in the order of `watched`
  double meanAtWorst = 0, meanAtBest = 0;
};

// Of each detector what it adds as it stands (negative: less is acted on than without it); of an analyst and
// of a decoy at each place that is watched, what one more would add.
Result<std::vector<Marginal>> marginals(const Operation& operation, const Statements& statements,
                                        const std::vector<Watched>& watched);

}  // namespace vauban::measure
