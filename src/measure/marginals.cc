// What a detector, a decoy, an analyst adds: the same computation with and without it.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "measure/detection.h"
#include "measure/evidence.h"

namespace vauban::measure {
namespace {

Marginal difference(std::string change, QueueOutlook after, const Detection& with, const Detection& without) {
  Marginal marginal{std::move(change), std::move(after), {}, 0, 0};
  for (std::size_t i = 0; i < with.acted.size(); ++i) {
    const Interval& a = with.acted[i].total;
    const Interval& b = without.acted[i].total;
    marginal.differences.push_back({with.acted[i].watched, a.lo - b.lo, a.hi - b.hi});
    marginal.meanAtWorst += a.lo - b.lo;
    marginal.meanAtBest += a.hi - b.hi;
  }
  if (!with.acted.empty()) {
    marginal.meanAtWorst /= static_cast<double>(with.acted.size());
    marginal.meanAtBest /= static_cast<double>(with.acted.size());
  }
  return marginal;
}

}  // namespace

Result<std::vector<Marginal>> marginals(const Operation& operation, const Statements& statements,
                                        const std::vector<Watched>& watched) {
  const auto now = detect(operation, statements, watched);
  if (!now) return std::unexpected(now.error());
  std::vector<Marginal> all;
  const auto tryChange = [&](std::string change, const Operation& other, const Statements& how, bool adds) {
    const auto then = detect(other, how, watched);
    if (!then) return;  // `now` went through, and a change takes no more figures
    all.push_back(adds ? difference(std::move(change), then->queue, *then, *now)
                       : difference(std::move(change), then->queue, *now, *then));
  };
  for (std::size_t d = 0; d < operation.detectors.size(); ++d) {
    const Detector& detector = operation.detectors[d];
    Operation without = operation;
    without.detectors.erase(without.detectors.begin() + static_cast<std::ptrdiff_t>(d));
    tryChange(detector.name, without, statements, false);
    if (detector.decoy || !detector.alertsPerDay || !detector.falsePositiveShare) continue;
    Operation tuned = operation;
    tuned.detectors[d].alertsPerDay =
        Range{detector.alertsPerDay->lo * (1 - detector.falsePositiveShare->hi),
              detector.alertsPerDay->hi * (1 - detector.falsePositiveShare->lo)};
    tryChange(fmt::format("{} without its false alerts", detector.name), tuned, statements, true);
  }
  if (now->queue.known) {
    Operation more = operation;
    Statements seated = statements;
    if (more.analysts) *more.analysts += 1;
    if (seated.seats) seated.seats = Range{seated.seats->lo + 1 / kPeoplePerSeat, seated.seats->hi + 1};
    tryChange("one analyst more", more, seated, true);
  }
  std::set<std::string> places;
  for (const Watched& what : watched)
    if (!what.at.empty()) places.insert(what.at);
  for (const std::string& place : places) {
    Operation more = operation;
    Detector decoy;
    decoy.name = "another decoy";
    decoy.decoy = true;
    decoy.at = place;
    decoy.alertsPerDay = Range{deception().alertsPerDay.lo, deception().alertsPerDay.hi};
    decoy.falsePositiveShare = deception().falsePositiveShare;
    for (const Watched& what : watched)
      if (what.at == place)
        decoy.fires.emplace(what.technique,
                            Factor{"fires", {}, Origin::unknown, "nobody says whether he touches it"});
    more.detectors.push_back(std::move(decoy));
    tryChange(fmt::format("one decoy more at {}", place), more, statements, true);
  }
  return all;
}

}  // namespace vauban::measure
