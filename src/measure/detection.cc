#include "measure/detection.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "measure/evidence.h"

namespace vauban::measure {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();

Factor said(std::string name, const std::optional<Interval>& value) {
  if (value) return {std::move(name), *value, Origin::stated, "said in the call"};
  return {std::move(name), {}, Origin::unknown, "nobody says"};
}

Factor taken(std::string name, Figure figure, Interval value) {
  return {std::move(name), value, Origin::assumed,
          fmt::format("a published figure, {:g}, as a range", published(figure).published)};
}

// Seats are people, and people come whole: a seat and a half is one of the time and two the other half.
QueueClass mixed(const std::vector<double>& perHour, double seats, double minutes, double deadline,
                 std::size_t which, QueueState* whole) {
  const double below = std::floor(std::min(seats, 100'000.0));
  const double share = std::min(seats, 100'000.0) - below;
  const QueueState low = queueState({perHour, static_cast<unsigned>(below), minutes}, deadline);
  const QueueState high = queueState({perHour, static_cast<unsigned>(below) + 1, minutes}, deadline);
  if (whole != nullptr) *whole = share > 0.5 ? high : low;
  const QueueClass& a = low.classes[which];
  const QueueClass& b = high.classes[which];
  QueueClass one = a;
  one.lookedAt = (1 - share) * a.lookedAt + share * b.lookedAt;
  one.inTime = {(1 - share) * a.inTime.lo + share * b.inTime.lo,
                (1 - share) * a.inTime.hi + share * b.inTime.hi};
  one.meanWait = share > 0 ? (1 - share) * a.meanWait + share * b.meanWait : a.meanWait;
  return one;
}

Range volume(const std::vector<Detector>& detectors, bool decoys, const Statements& statements) {
  Range sum;
  bool unsaid = false;
  for (const Detector& one : detectors) {
    if (one.decoy != decoys) continue;
    if (one.alertsPerDay) {
      sum.lo += one.alertsPerDay->lo;
      sum.hi += one.alertsPerDay->hi;
    } else {
      unsaid = true;
    }
  }
  if (!unsaid) return sum;
  if (!statements.taken.contains(Figure::alertsPerDay)) return {sum.lo, kInfinite};
  // The figure is of a whole operation, so it stands for all detectors that say nothing together.
  const PublishedFigure& figure = published(Figure::alertsPerDay);
  return {sum.lo + figure.lo, sum.hi + figure.hi};
}

Interval falseShare(const Detector& detector, const Statements& statements) {
  if (detector.falsePositiveShare) return *detector.falsePositiveShare;
  if (!statements.taken.contains(Figure::falsePositives)) return {};
  return {published(Figure::falsePositives).lo, published(Figure::falsePositives).hi};
}

QueueOutlook outlook(const Operation& operation, const Statements& statements) {
  QueueOutlook queue;
  const Range decoys = volume(operation.detectors, true, statements);
  const Range ordinary = volume(operation.detectors, false, statements);
  queue.alertsPerDay = {decoys.lo + ordinary.lo, decoys.hi + ordinary.hi};
  Range unsaid;  // alerts of all detectors that say nothing of how many
  for (const bool decoy : {true, false}) {
    Operation silent;
    for (const Detector& one : operation.detectors)
      if (one.decoy == decoy && !one.alertsPerDay) silent.detectors.push_back(one);
    const Range some = volume(silent.detectors, decoy, statements);
    unsaid = {unsaid.lo + some.lo, unsaid.hi + some.hi};
  }
  const auto countTrue = [&](const Range& alerts, const Interval& isFalse) {
    queue.trueAlertsPerDay.lo += isFalse.hi < 1 ? alerts.lo * (1 - isFalse.hi) : 0;
    queue.trueAlertsPerDay.hi += isFalse.lo < 1 ? alerts.hi * (1 - isFalse.lo) : 0;
  };
  countTrue(unsaid, falseShare({}, statements));
  for (const Detector& one : operation.detectors)
    if (one.alertsPerDay) countTrue(*one.alertsPerDay, falseShare(one, statements));
  if (statements.seats) {
    queue.seats = *statements.seats;
  } else if (operation.analysts) {
    queue.seats = {*operation.analysts / kPeoplePerSeat, *operation.analysts};
  } else {
    queue.seats = {0, kInfinite};
  }
  const bool seatsKnown = statements.seats || operation.analysts;
  if (!seatsKnown || !operation.minutesPerAlert) {
    if (statements.taken.contains(Figure::ignored)) {
      const PublishedFigure& figure = published(Figure::ignored);
      queue.ordinary = {1 - figure.hi, 1 - figure.lo};
      queue.origin = Origin::assumed;
      queue.from = fmt::format("a published figure of ignored alerts, {:g}, as a range", figure.published);
    } else {
      queue.from = !seatsKnown ? "nobody says how many analysts there are"
                               : "nobody says how many minutes an alert takes";
    }
    return queue;
  }
  queue.known = true;
  queue.origin = Origin::computed;
  queue.from = "M/M/c with priorities";
  const Range deadline = statements.deadlineHours.value_or(kDeadlineHours);
  const double minutes = *operation.minutesPerAlert;
  const std::vector<double> most = {decoys.hi / 24, ordinary.hi / 24};
  const std::vector<double> fewest = {decoys.lo / 24, ordinary.lo / 24};
  const QueueClass decoyWorst = mixed(most, queue.seats.lo, minutes, deadline.lo, 0, &queue.worst);
  const QueueClass decoyBest = mixed(fewest, queue.seats.hi, minutes, deadline.hi, 0, &queue.best);
  const QueueClass worst = mixed(most, queue.seats.lo, minutes, deadline.lo, 1, nullptr);
  const QueueClass best = mixed(fewest, queue.seats.hi, minutes, deadline.hi, 1, nullptr);
  queue.worst.classes = {decoyWorst, worst};
  queue.best.classes = {decoyBest, best};
  queue.decoys = {decoyWorst.inTime.lo, decoyBest.inTime.hi};
  queue.ordinary = {worst.inTime.lo, best.inTime.hi};
  return queue;
}

// Is there a rule? nullopt: surely not.
std::optional<Factor> ruleOf(const Detector& detector, const Watched& watched, const Statements& statements) {
  if (detector.decoy)
    return Factor{"rule", {1, 1}, Origin::declared, "whoever touches a decoy raises an alert"};
  if (std::ranges::binary_search(detector.techniques, watched.technique))
    return Factor{"rule", {1, 1}, Origin::stated, "the model lists the technique"};
  if (detector.coveredShare)
    return Factor{"rule", point(*detector.coveredShare), Origin::stated,
                  "the share of all techniques that the model states: which ones, nobody says"};
  if (!detector.techniques.empty()) return std::nullopt;  // the list is all there is
  if (statements.taken.contains(Figure::coverage))
    return taken("rule", Figure::coverage, {published(Figure::coverage).lo, published(Figure::coverage).hi});
  return Factor{"rule", {}, Origin::unknown, "nobody says what the sensor covers"};
}

std::optional<DetectorChain> chainOf(const Detector& detector, const Watched& watched,
                                     const Statements& statements, const QueueOutlook& queue) {
  if (detector.decoy && (detector.at.empty() || detector.at != watched.at)) return std::nullopt;
  if (detector.decoy && !detector.fires.contains(watched.technique)) return std::nullopt;
  const auto rule = ruleOf(detector, watched, statements);
  if (!rule) return std::nullopt;
  DetectorChain one{detector.name, {}, {}};
  one.factors.push_back(said("telemetry", statements.telemetry));
  one.factors.push_back(*rule);
  if (!statements.healthy && !detector.decoy && statements.taken.contains(Figure::rulesBroken)) {
    const PublishedFigure& figure = published(Figure::rulesBroken);
    one.factors.push_back(taken("healthy", Figure::rulesBroken, {1 - figure.hi, 1 - figure.lo}));
  } else {
    one.factors.push_back(said("healthy", statements.healthy));
  }
  const auto fires = detector.fires.find(watched.technique);
  one.factors.push_back(fires != detector.fires.end() ? fires->second : said("fires", std::nullopt));
  one.factors.push_back(
      {"in time", detector.decoy ? queue.decoys : queue.ordinary, queue.origin, queue.from});
  one.factors.push_back(said("judged right", statements.judged));
  one.factors.push_back(said("response", statements.response));
  std::vector<Interval> values;
  for (const Factor& factor : one.factors) values.push_back(factor.value);
  one.actedOn = chain(values);
  return one;
}

std::vector<ActedOn> actedOn(const Operation& operation, const Statements& statements,
                             const QueueOutlook& queue, const std::vector<Watched>& watched) {
  std::vector<ActedOn> all;
  for (const Watched& what : watched) {
    ActedOn one{what, {}, {0, 0}};
    std::vector<Interval> ends;
    for (const Detector& detector : operation.detectors)
      if (auto found = chainOf(detector, what, statements, queue)) {
        ends.push_back(found->actedOn);
        one.chains.push_back(std::move(*found));
      }
    one.total = anyOf(ends);
    all.push_back(std::move(one));
  }
  return all;
}

bool anyUnsaid(const Operation& operation, auto&& member) {
  return std::ranges::any_of(operation.detectors,
                             [&](const Detector& one) { return !one.decoy && !member(one); });
}

// Where each figure could stand in, and the text of what is not said.
void sayAssumptions(const Operation& operation, const Statements& statements, Detection& detection) {
  const auto say = [&](Figure which, bool unsaid, std::string_view what) {
    const PublishedFigure& figure = published(which);
    const std::string range =
        fmt::format("{:g} to {:g} (published: {:g})", figure.lo, figure.hi, figure.published);
    if (statements.taken.contains(which)) {
      detection.assumptions.push_back(
          unsaid ? fmt::format("assumed: {} is {}", figure.meaning, range)
                 : fmt::format("`--assume {}` changes nothing: {} is stated", figure.word, what));
    } else if (unsaid) {
      detection.offers.push_back(fmt::format("{} is not stated; `--assume {}` takes {} for it: {}", what,
                                             figure.word, range, figure.meaning));
    }
  };
  const bool queueStated = (statements.seats || operation.analysts) && operation.minutesPerAlert;
  say(Figure::coverage,
      anyUnsaid(operation, [](const Detector& it) { return it.coveredShare || !it.techniques.empty(); }),
      "what each sensor covers");
  say(Figure::rulesBroken, !statements.healthy && !operation.detectors.empty(), "how many rules work");
  say(Figure::alertsPerDay,
      anyUnsaid(operation, [](const Detector& it) { return it.alertsPerDay.has_value(); }),
      "how many alerts each sensor raises");
  say(Figure::ignored, !queueStated, "who looks at alerts, and for how long");
  say(Figure::falsePositives,
      anyUnsaid(operation, [](const Detector& it) { return it.falsePositiveShare.has_value(); }),
      "which share of alerts is false");
  if (!queueStated) return;
  if (!statements.seats)
    detection.assumptions.push_back(fmt::format(
        "declared: of {:g} analysts between {:.3g} (around the clock, {:g} people a seat) and all of "
        "them are at their seats; `--say seats=LO..HI` says it",
        *operation.analysts, detection.queue.seats.lo, kPeoplePerSeat));
  if (!statements.deadlineHours)
    detection.assumptions.push_back(
        fmt::format("declared: {:g} to {:g} hours from the alert to the next step that cannot be undone; "
                    "`--say deadline=LO..HI` says it",
                    kDeadlineHours.lo, kDeadlineHours.hi));
  detection.assumptions.push_back(
      "declared: analysts do nothing but alerts, which come evenly over the day and of which none takes "
      "longer "
      "for being true: so more is looked at here than will be");
}

}  // namespace

std::string_view word(Origin origin) {
  switch (origin) {
    case Origin::stated:
      return "stated";
    case Origin::evidence:
      return "evidence";
    case Origin::declared:
      return "declared";
    case Origin::assumed:
      return "assumed";
    case Origin::computed:
      return "computed";
    case Origin::unknown:
      return "unknown";
  }
  return "";
}

Result<Detection> detect(const Operation& operation, const Statements& statements,
                         const std::vector<Watched>& watched) {
  if (auto good = mayHoldTogether(statements.taken); !good) return std::unexpected(good.error());
  const bool queueStated = (statements.seats || operation.analysts) && operation.minutesPerAlert;
  if (queueStated && statements.taken.contains(Figure::ignored))
    return failure({Severity::error,
                    {"--assume", 0, 0},
                    0,
                    "`ignored` beside stated analysts and minutes: the queue says what they leave undone",
                    "leave it out",
                    ""});
  Detection detection;
  detection.queue = outlook(operation, statements);
  detection.acted = actedOn(operation, statements, detection.queue, watched);
  sayAssumptions(operation, statements, detection);
  return detection;
}

}  // namespace vauban::measure
