#include "measure/goal_paths.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "catalog/embedded_pack.h"
#include "catalog/pack.h"
#include "channel/trust.h"
#include "measure/distributions.h"
#include "model/diagnostic_text.h"
#include "model/model_reader.h"

namespace vauban::measure {
namespace {

using Ways = std::vector<std::vector<std::string>>;

// A login lies about on a machine that is his; it opens one gate or two, where the valve is.
std::string text(const std::string& gates, const std::string& more) {
  return R"(vauban: 1
name: Gates
zones:
  internet: {networks: [0.0.0.0/0], untrusted: true}
  guests: {networks: [10.1.0.0/24], isolated: true}
  machines: {networks: [10.2.0.0/24], isolated: true}
hosts:
  laptop: {zone: guests, address: 10.1.0.10, services: {}}
  gate: {zone: machines, address: 10.2.0.10, platform: linux, services: {ssh: {behaviour: ssh-server, port-forwarding: false, redirection: false}}}
  door: {zone: machines, address: 10.2.0.11, platform: linux, services: {ssh: {behaviour: ssh-server, port-forwarding: false, redirection: false}}}
flows: [{allow: {from: guests, to: machines, service: ssh}}]
enforcement: {anti-spoofing: host, families: [ipv4], uncovered: drop, unmatched: drop,
  stateful: {established: true, related: none, helpers: []}}
credentials: {operator: {kind: password, grants: [{hosts: [)" +
         gates + R"(], privilege: admin}], exposed-on: [laptop]}}
threats: {start: [{insider: laptop}]}
assets: {valve: {at: [)" +
         gates + R"(], kinds: [integrity]}}
)" + more;
}

Result<std::vector<GoalPaths>> pathsOf(const std::string& gates, const std::string& more,
                                       const GoalPathOptions& options = {}) {
  static const auto behaviours = model::BehaviourCatalogue::builtIn();
  static const catalog::Catalogue catalogue = *catalog::readPack(catalog::embeddedPack());
  static const CatalogueEvidence evidence(catalogue);
  static const auto templates = attack::StepTemplates::builtIn();
  model::Vocabulary vocabulary;
  vocabulary.behaviours = &*behaviours;
  const auto model = model::readModelText("m.yaml", text(gates, more), vocabulary);
  if (!model) {
    ADD_FAILURE() << model::diagnosticText(model.error());
    return std::unexpected(model.error());
  }
  const channel::Trust trust = channel::Trust::of(*model, channel::SuffixLists::builtIn());
  const attack::AttackGraph graph = attack::buildAttackGraph(*model, *behaviours, trust, *templates);
  return goalPaths(graph, evidence, *templates, "2026-11-27", options);
}

GoalPaths integrity(const std::string& gates, const std::string& more, const GoalPathOptions& options = {}) {
  const auto all = pathsOf(gates, more, options);
  if (all)
    for (const GoalPaths& one : *all)
      if (one.goal == "impact:valve:integrity") return one;
  ADD_FAILURE() << "no such goal";
  return {};
}

// Not everywhere, so it is no layer; tried where it stands, so the trials hold what is left uncovered.
constexpr const char* kLogins = R"(countermeasures: [{technique: D3-NTF, at: [gate], coverage: 0.8}]
evidence: [{countermeasure: D3-NTF, against: T1021.004, at: gate, trials: 40, stopped: 31, date: 2026-10-01}]
)";
constexpr const char* kBoth = R"(countermeasures:
  - {technique: D3-NTF, at: [gate], coverage: 0.8}
  - {technique: D3-FE, at: [gate], coverage: 0.8}
evidence:
  - {countermeasure: D3-NTF, against: T1021.004, at: gate, trials: 40, stopped: 31, date: 2026-10-01}
  - {countermeasure: D3-FE, against: T1565.001, at: gate, trials: 40, stopped: 20, date: 2026-10-01}
)";

TEST(GoalPaths, WhereNothingIsDeployedHeGetsThrough) {
  const GoalPaths one = integrity("gate", "");
  EXPECT_EQ(one.standing, attack::GoalStanding::open);
  EXPECT_EQ(one.ways, (Ways{{"T1552.001 laptop", "T1021.004 gate", "T1565.001 gate"}}));
  EXPECT_TRUE(one.allWays);
  ASSERT_TRUE(one.measured);
  EXPECT_NEAR(one.measured->sharedState.lo, 1, 1e-5);
  EXPECT_EQ(one.measured->frechet, (Interval{1, 1}));
}

TEST(GoalPaths, AStepThatIsTried) {
  const GoalPaths one = integrity("gate", kLogins);
  ASSERT_TRUE(one.measured);
  const Interval stopped = jeffreys(31, 40);
  EXPECT_TRUE(one.measured->exact);
  EXPECT_NEAR(one.measured->frechet.lo, 1 - stopped.hi, 1e-9);
  EXPECT_NEAR(one.measured->frechet.hi, 1 - stopped.lo, 1e-9);
  EXPECT_NEAR(one.measured->sharedState.lo, 1 - stopped.hi, 1e-5);
  EXPECT_NEAR(one.measured->sharedState.hi, 1 - stopped.lo, 1e-5);
}

// More than the product at both ends, never more than either step alone.
TEST(GoalPaths, TwoStepsAreNotIndependent) {
  const GoalPaths one = integrity("gate", kBoth);
  ASSERT_TRUE(one.measured);
  const Interval a = jeffreys(31, 40), b = jeffreys(20, 40);
  const Interval& shared = one.measured->sharedState;
  EXPECT_GT(shared.lo, (1 - a.hi) * (1 - b.hi) * 1.1);
  EXPECT_GT(shared.hi, (1 - a.lo) * (1 - b.lo) * 1.1);
  EXPECT_LE(shared.hi, std::min(1 - a.lo, 1 - b.lo) + 1e-5);
  EXPECT_LE(one.measured->frechet.lo, shared.lo);
  EXPECT_GE(one.measured->frechet.hi, shared.hi);
}

// He takes the gate that is not watched.
TEST(GoalPaths, TheOtherWayCounts) {
  const GoalPaths one = integrity("gate, door", kBoth);
  EXPECT_EQ(one.ways.size(), 2U);
  EXPECT_TRUE(one.allWays);
  ASSERT_TRUE(one.measured);
  EXPECT_NEAR(one.measured->sharedState.lo, 1, 1e-5);
  GoalPathOptions few;
  few.ways = 1;
  const GoalPaths cut = integrity("gate, door", kBoth, few);
  EXPECT_FALSE(cut.allWays);
  EXPECT_EQ(cut.measured->sharedState.hi, 1);
  EXPECT_EQ(cut.measured->frechet.hi, 1);
}

TEST(GoalPaths, MonteCarloAgreesAndSaysItsSeed) {
  const GoalPaths exact = integrity("gate", kBoth);
  GoalPathOptions drawn;
  drawn.paths.mostNodes = 0;
  drawn.paths.seed = 7;
  drawn.paths.samples = 5000;
  const GoalPaths one = integrity("gate", kBoth, drawn);
  ASSERT_TRUE(exact.measured && one.measured);
  EXPECT_FALSE(one.measured->exact);
  EXPECT_EQ(one.measured->seed, 7U);
  EXPECT_LE(one.measured->sharedState.lo, exact.measured->sharedState.lo);
  EXPECT_GE(one.measured->sharedState.hi, exact.measured->sharedState.hi);
}

TEST(GoalPaths, WhatHasToFailFirstIsNotMeasured) {
  const auto all = pathsOf("gate", "");
  ASSERT_TRUE(all);
  const auto data = std::ranges::find(*all, std::string("data:valve"), &GoalPaths::goal);
  ASSERT_NE(data, all->end());
  EXPECT_EQ(data->standing, attack::GoalStanding::guarded);
  EXPECT_GE(data->depth, 1U);
  EXPECT_FALSE(data->measured);
  EXPECT_TRUE(data->ways.empty());
}

}  // namespace
}  // namespace vauban::measure
