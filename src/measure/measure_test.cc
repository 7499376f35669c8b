#include "measure/measure.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "catalog/embedded_pack.h"
#include "catalog/pack.h"
#include "measure/distributions.h"
#include "model/model_reader.h"

namespace vauban::measure {
namespace {

const CatalogueEvidence& shipped() {
  static const catalog::Catalogue catalogue = *catalog::readPack(catalog::embeddedPack());
  static const CatalogueEvidence evidence(catalogue);
  return evidence;
}

const attack::StepTemplates& templates() {
  static const attack::StepTemplates built = *attack::StepTemplates::builtIn();
  return built;
}

constexpr const char* kArchitecture = R"(vauban: 1
name: Measured
zones:
  internet: {networks: [0.0.0.0/0], untrusted: true}
  clients: {networks: [10.1.0.0/24], people: true}
  servers: {networks: [10.2.0.0/24]}
hosts:
  ws: {zone: clients, address: 10.1.0.10, count: 50}
  db: {zone: servers, address: 10.2.0.10, services: {}}
flows:
  - allow: {from: clients, to: servers, service: https}
)";

model::Model modelOf(const std::string& more) {
  static const auto behaviours = model::BehaviourCatalogue::builtIn();
  model::Vocabulary vocabulary;
  vocabulary.behaviours = &*behaviours;
  auto read = model::readModelText("m.yaml", kArchitecture + more, vocabulary);
  if (read) return *std::move(read);
  ADD_FAILURE() << read.error().front().message;
  return {};
}

MeasureOptions on(const std::string& today) {
  MeasureOptions options;
  options.today = today;
  return options;
}

const Measured* rowOf(const Measurement& all, const std::string& what, const std::string& against,
                      const std::string& at) {
  for (const Measured& row : all.rows)
    if (row.countermeasure == what && row.technique == against && row.at == at) return &row;
  return nullptr;
}

TEST(CatalogueEvidence, GradesOfTheShippedKnowledge) {
  const auto all = shipped().of("D3-PSA", "T1003.001");
  const auto trial = std::ranges::find(all, Grade::e3, &Evidence::grade);
  ASSERT_NE(trial, all.end());
  EXPECT_NEAR(trial->interval.lo, 0.4, 1e-9);
  EXPECT_TRUE(trial->upperBound);
  EXPECT_EQ(trial->of, Currency::fired);
  // What looks at the network was not what the trials tried.
  EXPECT_EQ(shipped().tactic("D3-NTA"), "Detect");
  EXPECT_FALSE(shipped().against("D3-NTA").empty());
  for (const std::string& technique : shipped().against("D3-NTA"))
    for (const Evidence& one : shipped().of("D3-NTA", technique))
      EXPECT_LT(one.grade, Grade::e3) << technique;
  // Nothing joins them: what products score says nothing of this pair.
  EXPECT_TRUE(shipped().of("D3-PSA", "T9999").empty());
  EXPECT_TRUE(shipped().of("D3-NONE", "T1003").empty());
}

TEST(Measure, OwnTrialsCountWhereTheyWereMade) {
  const model::Model model = modelOf(R"(countermeasures:
  - {technique: D3-NTF, at: [clients, servers], coverage: 0.5}
evidence:
  - {countermeasure: D3-NTF, against: T1048.003, at: clients, trials: 40, stopped: 31, date: 2026-03-11}
  - {countermeasure: D3-OTF, against: T1048.003, at: clients, trials: 40, stopped: 31, date: 2026-03-11}
)");
  const auto all = measureModel(model, shipped(), templates(), on("2026-11-27"));
  ASSERT_TRUE(all);
  const Measured* here = rowOf(*all, "D3-NTF", "T1048.003", "clients");
  const Measured* there = rowOf(*all, "D3-NTF", "T1048.003", "servers");
  ASSERT_TRUE(here && there);
  EXPECT_EQ(here->effectiveness.grade, Grade::e5);
  EXPECT_EQ(*here->atPlace, jeffreys(31, 40));  // tried as deployed: the half is in it
  EXPECT_LT(*there->effectiveness.grade, Grade::e5);
  EXPECT_NEAR(there->atPlace->hi, there->effectiveness.interval->hi / 2, 1e-12);
  ASSERT_EQ(all->unused.size(), 1U);  // D3-OTF is deployed nowhere
  EXPECT_EQ(all->unused[0].place.line, 16U);
}

TEST(Measure, UnstatedCoverageIsNoneAtWorst) {
  const model::Model model = modelOf("countermeasures: [{technique: D3-NTF, at: [clients]}]\n");
  const auto all = measureModel(model, shipped(), templates(), on(""));
  ASSERT_TRUE(all);
  std::size_t deployed = 0;
  for (const Measured& row : all->rows) {
    if (!row.deployed) continue;
    ++deployed;
    ASSERT_TRUE(row.atPlace);
    EXPECT_EQ(row.atPlace->lo, 0);
  }
  EXPECT_GT(deployed, 10U);
}

TEST(Measure, RestoreHasNoStopProbability) {
  const model::Model model = modelOf(R"(countermeasures: [{technique: D3-RF, at: [servers], coverage: 1}]
evidence: [{countermeasure: D3-RF, against: T1486, at: servers, trials: 3, stopped: 3, date: 2026-10-01}]
)");
  const auto all = measureModel(model, shipped(), templates(), on("2026-11-27"));
  ASSERT_TRUE(all);
  const Measured* row = rowOf(*all, "D3-RF", "T1486", "servers");
  ASSERT_TRUE(row);
  EXPECT_EQ(row->tactic, "Restore");
  EXPECT_EQ(row->effectiveness.currency, Currency::recoveryTime);
  EXPECT_FALSE(row->effectiveness.interval);
  EXPECT_FALSE(row->atPlace);
  EXPECT_EQ(row->effectiveness.setAside.size(), 1U);
}

TEST(Measure, DecoysStandInTheQueue) {
  const model::Model model = modelOf(R"(countermeasures: [{technique: D3-DUC, at: [servers], coverage: 1}]
operations:
  analysts: 6
  minutes-per-alert: 25
  sensors: {siem: {alerts-per-day: 960, false-positive-share: 0.9, covers: {share: 0.21}}}
)");
  const auto all = measureModel(model, shipped(), templates(), on(""));
  ASSERT_TRUE(all);
  EXPECT_TRUE(all->detection.queue.best.overloaded());
  EXPECT_GT(all->detection.queue.decoys.lo, 0.9);
  ASSERT_EQ(all->operation.detectors.size(), 2U);
  EXPECT_TRUE(all->operation.detectors[1].decoy);
  const auto decoy = std::ranges::find(all->marginals, std::string("D3-DUC at servers"), &Marginal::change);
  ASSERT_NE(decoy, all->marginals.end());
  EXPECT_GT(decoy->meanAtBest, 0);
}

// What was stopped had fired: the trial bounds the alert from below, and what the queue does to it is not
// counted twice.
TEST(Measure, OwnTrialsOfADecoyBoundItsAlerts) {
  const model::Model model = modelOf(R"(countermeasures: [{technique: D3-DUC, at: [servers], coverage: 1}]
evidence: [{countermeasure: D3-DUC, against: T1078, at: servers, trials: 20, stopped: 19, date: 2026-10-01}]
)");
  const auto all = measureModel(model, shipped(), templates(), on("2026-11-27"));
  ASSERT_TRUE(all);
  const Factor& fires = all->operation.detectors.at(0).fires.at("T1078");
  EXPECT_EQ(fires.value, (Interval{jeffreys(19, 20).lo, 1}));
  EXPECT_EQ(fires.origin, Origin::evidence);
}

TEST(Measure, AKeptClaimTakesStepsAway) {
  const std::string claim = R"(countermeasures: [{technique: D3-NTF, at: [servers, clients], coverage: 1}]
claims:
  - {id: silent, never: {channel: {from: servers, to: internet, over: any}}}
  - {id: no-dns, never: {channel: {from: clients, to: internet, over: dns}}}
)";
  MeasureOptions options = on("");
  options.kept = {"silent", "no-dns"};
  const auto all = measureModel(modelOf(claim), shipped(), templates(), options);
  ASSERT_TRUE(all);
  ASSERT_EQ(all->proven.size(), 2U);
  EXPECT_TRUE(std::ranges::binary_search(all->proven[0].techniques, "T1048.003"));
  EXPECT_FALSE(std::ranges::binary_search(all->proven[0].techniques, "T1041"));  // over what he commands
  EXPECT_TRUE(all->proven[1].techniques.empty());  // DNS to a neighbour, who goes on by something else
  const Measured* servers = rowOf(*all, "D3-NTF", "T1048.003", "servers");
  const Measured* clients = rowOf(*all, "D3-NTF", "T1048.003", "clients");
  ASSERT_TRUE(servers && clients);
  EXPECT_EQ(servers->effectiveness.proven, std::vector<std::string>{"silent"});
  EXPECT_TRUE(clients->effectiveness.proven.empty());
  // He sits inside and hears what stays inside.
  const auto inside =
      provenBy(modelOf(claim + "threats: {start: [{insider: ws}]}\n"), templates(), options.kept);
  EXPECT_TRUE(inside[0].techniques.empty());
  EXPECT_TRUE(provenBy(modelOf(claim), templates(), {}).empty());
}

TEST(Measure, OneTechnique) {
  const model::Model model = modelOf("countermeasures: [{technique: D3-NTF, at: [clients]}]\n");
  MeasureOptions options = on("");
  options.technique = "T1048.003";
  const auto one = measureModel(model, shipped(), templates(), options);
  ASSERT_TRUE(one);
  EXPECT_FALSE(one->rows.empty());
  for (const Measured& row : one->rows) EXPECT_EQ(row.technique, "T1048.003");
  options.technique = "T1048.03";
  const auto none = measureModel(model, shipped(), templates(), options);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error()[0].nearest, "T1048.003");
}

TEST(Places, WhatWasTriedThere) {
  const model::Model model = modelOf(R"(countermeasures:
  - {technique: D3-NTF, at: [clients, ws, db, 10.1.0.0/25, 10.2.0.10/32, any]}
)");
  const model::PlaceTerms& at = model.countermeasures.at(0).at;
  const auto one = [&](std::size_t i) { return model::PlaceTerms{at[i]}; };
  EXPECT_TRUE(covers(model, one(0), at[1]));
  EXPECT_FALSE(covers(model, one(1), at[0]));
  EXPECT_FALSE(covers(model, one(0), at[2]));
  EXPECT_TRUE(covers(model, one(0), at[3]));
  EXPECT_TRUE(covers(model, one(3), at[1]));
  EXPECT_TRUE(covers(model, one(4), at[2]));
  EXPECT_FALSE(covers(model, one(3), at[0]));
  EXPECT_TRUE(covers(model, one(5), at[2]));
  EXPECT_FALSE(covers(model, one(0), at[5]));
  EXPECT_TRUE(covers(model, {}, at[5]));
}

}  // namespace
}  // namespace vauban::measure
