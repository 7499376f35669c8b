#include "measure/detection.h"

#include <gtest/gtest.h>

#include <cmath>

namespace vauban::measure {
namespace {

Detector sensor(std::string name, double alerts, std::vector<std::string> techniques) {
  Detector one;
  one.name = std::move(name);
  one.alertsPerDay = Range{alerts, alerts};
  one.falsePositiveShare = point(0.9);
  one.techniques = std::move(techniques);
  return one;
}

Detector decoy(std::string at, const std::string& technique) {
  Detector one;
  one.name = "decoy";
  one.decoy = true;
  one.at = std::move(at);
  one.alertsPerDay = Range{0, 1};
  one.falsePositiveShare = Interval{0, 0.05};
  one.fires.emplace(technique, Factor{"fires", {0.5, 0.9}, Origin::evidence, "E5"});
  return one;
}

// Everything is said, so that what is left is the queue.
Statements allSaid() {
  Statements all;
  all.telemetry = all.healthy = all.judged = all.response = point(1);
  all.seats = Range{2, 2};
  all.deadlineHours = Range{1, 1};
  return all;
}

Operation staffed(std::vector<Detector> detectors) {
  Operation operation;
  operation.analysts = 2;
  operation.minutesPerAlert = 25;
  operation.detectors = std::move(detectors);
  return operation;
}

const Marginal& changeOf(const std::vector<Marginal>& all, const std::string& change) {
  for (const Marginal& one : all)
    if (one.change == change) return one;
  ADD_FAILURE() << "no change " << change;
  return all.front();
}

Factor surely() { return {"fires", point(1), Origin::evidence, "test"}; }

// A good sensor alone is looked at in time; beside it a rule that pours 110 alerts a day into the same queue.
TEST(Detection, ANoisyRuleLowersWhatIsActedOn) {
  Detector good = sensor("good", 40, {"T1021.001"});
  good.fires.emplace("T1021.001", surely());
  Detector noisy = sensor("noisy", 65, {"T1059"});
  noisy.fires.emplace("T1059", surely());
  const std::vector<Watched> watched = {{"T1021.001", ""}, {"T1059", ""}};
  const auto alone = detect(staffed({good}), allSaid(), watched);
  const auto both = detect(staffed({good, noisy}), allSaid(), watched);
  ASSERT_TRUE(alone && both);
  EXPECT_GT(alone->acted[0].total.lo, 0.99);
  EXPECT_LT(both->acted[0].total.hi, alone->acted[0].total.lo);
  EXPECT_FALSE(both->queue.worst.overloaded());  // not even overload is needed
  EXPECT_EQ(alone->acted[1].total, (Interval{0, 0}));

  const auto changes = marginals(staffed({good, noisy}), allSaid(), watched);
  const Marginal& of = changeOf(*changes, "noisy");
  EXPECT_LT(of.differences[0].atWorst, 0);
  EXPECT_LT(of.differences[0].atBest, 0);
  EXPECT_GT(of.differences[1].atWorst, 0);  // it does see what it sees
  // Taking its false alerts away brings back most of it.
  EXPECT_GT(changeOf(*changes, "noisy without its false alerts").differences[0].atWorst, 0);
}

// Where the queue is over its head, less is acted on of everything: the mean falls, not only the neighbour's.
TEST(Detection, ANoisyRuleCanCostMoreThanItBrings) {
  Detector good = sensor("good", 100, {"T1003", "T1021.001", "T1048"});
  Detector noisy = sensor("noisy", 400, {"T1059"});
  for (const std::string& technique : good.techniques) good.fires.emplace(technique, surely());
  noisy.fires.emplace("T1059", surely());
  std::vector<Watched> watched;
  for (const char* technique : {"T1003", "T1021.001", "T1048", "T1059"}) watched.push_back({technique, ""});
  const auto changes = marginals(staffed({good, noisy}), allSaid(), watched);
  EXPECT_LT(changeOf(*changes, "noisy").meanAtWorst, 0);
  EXPECT_LT(changeOf(*changes, "noisy").meanAtBest, 0);
  EXPECT_GE(changeOf(*changes, "one analyst more").meanAtBest, 0);
}

TEST(Detection, ADecoyRaisesIt) {
  Detector noisy = sensor("noisy", 500, {"T1021.001"});
  noisy.fires.emplace("T1021.001", surely());
  const std::vector<Watched> watched = {{"T1021.001", ""}, {"T1021.001", "servers"}};
  const auto without = detect(staffed({noisy}), allSaid(), watched);
  const auto with = detect(staffed({noisy, decoy("servers", "T1021.001")}), allSaid(), watched);
  ASSERT_TRUE(without && with);
  EXPECT_TRUE(without->queue.best.overloaded());
  EXPECT_GT(with->queue.decoys.lo, 0.95);  // first in line, whatever stands behind it
  EXPECT_EQ(without->acted[1].total.lo, 0);
  EXPECT_GT(with->acted[1].total.lo, 0.45);
  EXPECT_LE(with->acted[0].total.hi, without->acted[0].total.hi);  // nobody meets it elsewhere

  const auto changes = marginals(staffed({noisy, decoy("servers", "T1021.001")}), allSaid(), watched);
  EXPECT_GT(changeOf(*changes, "decoy").differences[1].atWorst, 0.4);
  EXPECT_GE(changeOf(*changes, "one decoy more at servers").differences[1].atBest, 0);
}

TEST(Detection, WhatNobodySaysIsUnknown) {
  Operation operation;
  Detector any;
  any.name = "siem";
  operation.detectors = {any};
  const auto detection = detect(operation, {}, {{"T1059", ""}});
  ASSERT_TRUE(detection);
  EXPECT_EQ(detection->acted[0].total, Interval());
  EXPECT_FALSE(detection->queue.known);
  for (const Factor& factor : detection->acted[0].chains[0].factors)
    EXPECT_EQ(factor.origin, Origin::unknown);
  EXPECT_EQ(detection->offers.size(), 5U);
  EXPECT_TRUE(detection->assumptions.empty());
}

TEST(Detection, PublishedFiguresOneByOneAndNeverAll) {
  Operation operation;
  Detector any;
  any.name = "siem";
  operation.detectors = {any};
  Statements statements;
  statements.taken = {Figure::coverage};
  const auto one = detect(operation, statements, {{"T1059", ""}});
  ASSERT_TRUE(one);
  EXPECT_NEAR(one->acted[0].total.hi, 0.42, 1e-12);
  EXPECT_EQ(one->acted[0].chains[0].factors[1].origin, Origin::assumed);
  ASSERT_EQ(one->assumptions.size(), 1U);
  EXPECT_NE(one->assumptions[0].find("published: 0.21"), std::string::npos);
  EXPECT_EQ(one->offers.size(), 4U);

  for (const PublishedFigure& figure : publishedFigures()) statements.taken.insert(figure.figure);
  const auto all = detect(operation, statements, {});
  ASSERT_FALSE(all);
  EXPECT_NE(all.error()[0].message.find("cannot all hold"), std::string::npos);
  statements.taken = {Figure::ignored, Figure::alertsPerDay};
  EXPECT_FALSE(detect(operation, statements, {}));
  // The queue says what is ignored.
  statements.taken = {Figure::ignored};
  EXPECT_TRUE(detect(operation, statements, {}));
  EXPECT_FALSE(detect(staffed({any}), statements, {}));
}

TEST(Detection, AListOfTechniquesIsAllThereIs) {
  const Operation operation = staffed({sensor("edr", 10, {"T1003"})});
  const auto detection = detect(operation, allSaid(), {{"T1003", ""}, {"T1059", ""}});
  EXPECT_EQ(detection->acted[0].chains[0].factors[1].value, point(1));
  EXPECT_TRUE(detection->acted[1].chains.empty());
  EXPECT_EQ(detection->acted[1].total, (Interval{0, 0}));
}

TEST(Detection, SensorsAreNotIndependent) {
  Detector a = sensor("a", 1, {"T1003"}), b = sensor("b", 1, {"T1003"});
  a.fires.emplace("T1003", Factor{"fires", point(0.5), Origin::evidence, ""});
  b.fires.emplace("T1003", Factor{"fires", point(0.5), Origin::evidence, ""});
  const auto detection = detect(staffed({a, b}), allSaid(), {{"T1003", ""}});
  EXPECT_NEAR(detection->acted[0].total.lo, 0.5, 0.01);  // the same half
  EXPECT_NEAR(detection->acted[0].total.hi, 1, 0.01);    // the two halves; 0.75 is neither
}

TEST(Detection, PeopleAreNotSeats) {
  Operation operation = staffed({sensor("siem", 20, {"T1003"})});
  operation.analysts = 6;
  Statements statements = allSaid();
  statements.seats.reset();
  const auto detection = detect(operation, statements, {{"T1003", ""}});
  EXPECT_NEAR(detection->queue.seats.lo, 6 / 5.25, 1e-12);
  EXPECT_EQ(detection->queue.seats.hi, 6);
  EXPECT_LT(detection->queue.ordinary.lo, detection->queue.ordinary.hi);
  // Half a seat is nobody half of the time.
  statements.seats = Range{0.5, 0.5};
  EXPECT_NEAR(detect(operation, statements, {})->queue.ordinary.hi,
              0.5 * detect(operation, allSaid(), {})->queue.ordinary.hi, 0.1);
}

TEST(Detection, UnsaidVolumeIsTheWorst) {
  Detector silent = sensor("silent", 0, {"T1003"});
  silent.alertsPerDay.reset();
  const auto detection = detect(staffed({silent, decoy("dmz", "T1003")}), allSaid(), {{"T1003", ""}});
  EXPECT_TRUE(std::isinf(detection->queue.alertsPerDay.hi));
  EXPECT_EQ(detection->queue.ordinary.lo, 0);
  EXPECT_GT(detection->queue.decoys.lo, 0.9);
}

}  // namespace
}  // namespace vauban::measure
