#include "report/measure_report.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "catalog/embedded_pack.h"
#include "catalog/pack.h"
#include "model/model_reader.h"
#include "report/test_schema.h"

namespace vauban::report {
namespace {

constexpr const char* kModel = R"(vauban: 1
name: Measured
zones:
  internet: {networks: [0.0.0.0/0], untrusted: true}
  clients: {networks: [10.1.0.0/24]}
hosts: {ws: {zone: clients, address: 10.1.0.10}}
countermeasures:
  - {technique: D3-NTF, at: [clients], coverage: 0.8}
  - {technique: D3-DUC, at: [clients]}
  - {technique: D3-RF, at: [clients]}
operations:
  analysts: 6
  minutes-per-alert: 25
  sensors:
    siem: {alerts-per-day: 960, false-positive-share: 0.9, covers: {share: 0.21}}
    edr: {alerts-per-day: 60, false-positive-share: 0.8, covers: {techniques: [T1003.001]}}
evidence:
  - {countermeasure: D3-NTF, against: T1048.003, at: clients, trials: 40, stopped: 38, source: spring, date: 2026-03-11}
  - {countermeasure: D3-NTF, against: T1048.003, at: clients, trials: 40, stopped: 2, source: autumn, date: 2026-09-11}
  - {countermeasure: D3-NTF, against: T1041, at: clients, trials: 40, stopped: 2, source: old, date: 2024-09-11}
claims: [{id: silent, never: {channel: {from: clients, to: internet, over: any}}}]
)";

measure::Measurement measured(const std::string& text = kModel, const measure::Statements& statements = {}) {
  static const auto behaviours = model::BehaviourCatalogue::builtIn();
  static const catalog::Catalogue catalogue = *catalog::readPack(catalog::embeddedPack());
  static const measure::CatalogueEvidence evidence(catalogue);
  model::Vocabulary vocabulary;
  vocabulary.behaviours = &*behaviours;
  const auto model = model::readModelText("m.yaml", text, vocabulary);
  const auto templates = attack::StepTemplates::builtIn();
  measure::MeasureOptions options;
  options.today = "2026-11-27";
  options.statements = statements;
  options.kept = {"silent"};
  auto made = measure::measureModel(*model, evidence, *templates, options);
  EXPECT_TRUE(made);
  return made ? *std::move(made) : measure::Measurement();
}

// One that nobody gets to, one behind layers, one that is open by more ways than were looked at.
std::vector<measure::GoalPaths> threeGoals() {
  std::vector<measure::GoalPaths> all(3);
  all[0] = {"data:a", "a gets outside", attack::GoalStanding::impossible, 0, {}, true, {}};
  all[1] = {"data:b", "b gets outside", attack::GoalStanding::guarded, 2, {}, true, {}};
  all[2] = {"data:c", "c gets outside", attack::GoalStanding::open, 0, {{"T1078 gate", "T1041 gate"}}, false,
            {}};
  all[2].measured = measure::PathMeasure{{0.125, 1}, {0, 1}, false, 7, 200'000, 0.004};
  return all;
}

bool has(const std::string& whole, std::string_view part) { return whole.find(part) != std::string::npos; }

TEST(MeasureText, SaysGradeIntervalAndWhatItRestsOn) {
  const std::string text = measureText(measured());
  EXPECT_TRUE(has(text, "CONFLICT"));
  EXPECT_TRUE(has(text, "has expired on 2025-09-11"));
  EXPECT_TRUE(has(text, "38 of 40 stopped; Jeffreys"));
  EXPECT_TRUE(has(text, "claim silent is kept"));
  EXPECT_TRUE(has(text, "not distinguishable from this evidence"));
  EXPECT_TRUE(has(text, "OVERLOAD"));
  EXPECT_TRUE(has(text, "NEGATIVE for some"));
  EXPECT_TRUE(has(text, "`--say seats=LO..HI`"));
  const std::string queue = measureText(measured(), {.queueOnly = true, .verbose = false});
  EXPECT_FALSE(has(queue, "Countermeasures"));
  EXPECT_TRUE(has(measureText(measured(), {.queueOnly = false, .verbose = true}), "by recovery-time"));
}

TEST(MeasureText, OffersOneByOne) {
  const std::string empty =
      "vauban: 1\nname: m\nzones: {internet: {networks: [0.0.0.0/0], untrusted: true}}\n";
  EXPECT_TRUE(has(measureText(measured(empty)), "cannot all hold in one operation"));
  measure::Statements taken;
  taken.taken = {measure::Figure::ignored};
  EXPECT_TRUE(has(measureText(measured(empty, taken)),
                  "assumed: share of alerts that nobody looks at is 0.24 to 0.81"));
}

TEST(MeasureText, PathsSayHowTheyWereMeasured) {
  const std::vector<measure::GoalPaths> ways = threeGoals();
  const std::string text = measureText(measured(), {.queueOnly = true, .verbose = false, .paths = &ways});
  EXPECT_TRUE(has(text, "a gets outside: impossible"));
  EXPECT_TRUE(has(text, "b gets outside: guarded: 2 layers must fail first"));
  EXPECT_TRUE(
      has(text, "c gets outside: 0.125..1 with a shared hidden state, 0..1 whatever depends on what"));
  EXPECT_TRUE(has(text, "others that were not looked at: upper ends are 1"));
  EXPECT_TRUE(has(text, "Monte Carlo: seed 7, 200000 samples, widened by 0.0040"));
  EXPECT_TRUE(has(text, "T1078 gate > T1041 gate"));
  EXPECT_FALSE(has(measureText(measured()), "Paths:"));
}

TEST(MeasureJson, SameBytesTwice) { EXPECT_EQ(measureJson(measured()), measureJson(measured())); }

TEST(MeasureJson, IsWhatTheSchemaSays) {
#ifndef VAUBAN_HAS_VALIJSON
  GTEST_SKIP() << "valijson is not installed";
#else
  const testing::PublishedSchema schema("measure");
  const std::vector<measure::GoalPaths> ways = threeGoals();
  const std::string silent =
      "vauban: 1\nname: m\nzones: {internet: {networks: [0.0.0.0/0], untrusted: true}}\n";
  for (const std::string& text :
       {std::string(kModel), silent, silent + "operations: {sensors: {siem: {}}}\n"})
    for (const bool queueOnly : {false, true}) {
      const auto json =
          nlohmann::json::parse(measureJson(measured(text), {queueOnly, false, queueOnly ? &ways : nullptr}));
      EXPECT_EQ(schema.faults(json), std::vector<std::string>());
    }
#endif
}

}  // namespace
}  // namespace vauban::report
