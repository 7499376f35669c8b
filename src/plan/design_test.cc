#include "plan/design.h"

#include <gtest/gtest.h>

#include <random>

#include "plan/plan_problem.h"
#include "plan/test_models.h"

namespace vauban::plan {
namespace {

// The valve is behind a point that is managed from the desk, on which the insider has all privileges: it
// falls although nothing fails.
const std::string kManaged = R"(vauban: 1
name: managed from somewhere
zones:
  offices: {networks: [10.1.0.0/24], isolated: true}
  machines: {networks: [10.2.0.0/24], isolated: true}
hosts:
  desk: {zone: offices, address: 10.1.0.10, services: {}}
  gate: {zone: machines, address: 10.2.0.10, platform: plc, services: {modbus: {behaviour: modbus-device}, web: {behaviour: web-server, calls-out: false}}}
links:
  - {between: [offices, machines], device: firewall}
devices: {firewall: {managed-from: MANAGED}}
flows:
  - allow: {from: offices, to: gate, service: http}
unlisted: ideal
enforcement: {anti-spoofing: host, families: [ipv4], uncovered: drop, stateful: {established: true, related: none, helpers: []}, unmatched: drop}
threats: {start: [offices]}
assets: {valve: {at: [gate], value: critical, kinds: [integrity]}}
)";

std::string managedFrom(const std::string& place) {
  std::string text = kManaged;
  return text.replace(text.find("MANAGED"), 7, place);
}

struct Many {
  std::unique_ptr<testing::Ground> ground;
  std::vector<Candidate> candidates;
  std::optional<Designs> designs;

  explicit Many(std::unique_ptr<testing::Ground> on) : ground(std::move(on)) {
    static const measure::CatalogueEvidence evidence(testing::catalogue());
    DesignJudging with;
    with.judging = testing::judging(true);
    with.evidence = &evidence;
    CandidateScope scope;
    scope.evidence = &evidence;
    const auto unwanted = unwantedFlows(ground->tree, with.judging);
    EXPECT_TRUE(unwanted.has_value());
    candidates = candidatesOf(ground->tree, *ground->places, testing::patterns(), scope, *unwanted).all;
    designs.emplace(ground->tree, *ground->places, testing::patterns(), candidates, with);
  }

  // A few candidates, drawn; of those that clash nobody asks.
  Design drawn(std::mt19937& draw) const {
    Design design;
    for (std::uint32_t c = 0; c < candidates.size(); ++c)
      if (draw() % 8 == 0) design.push_back(c);
    return design;
  }
};

// What the search asks of a design is the same whether it was judged whole or only as far as that needs.
void expectTheSameLevels(std::unique_ptr<testing::Ground> ground, std::size_t& spared) {
  const Many many(std::move(ground));
  std::mt19937 draw(7);
  std::size_t judged = 0;
  for (int seed = 0; seed < 12; ++seed) {
    const Design design = seed == 0 ? Design{} : many.drawn(draw);
    const auto quick = many.designs->bounded(design);
    if (!quick) continue;
    ++judged;
    const std::size_t before = many.designs->wholeGraphs();
    const auto whole = many.designs->state(design);
    ASSERT_TRUE(whole.has_value());
    spared += many.designs->wholeGraphs() - before;
    // What was asked before changes nothing: guarantees about goals are judged as well, once they are asked
    // for.
    EXPECT_EQ(whole->claims, Many(testing::Ground::of(many.ground->tree)).designs->state(design)->claims);
    for (const model::Claim& claim : many.ground->model.claims)
      EXPECT_EQ(quick->claims.at(claim.id), whole->claims.at(claim.id)) << claim.id;
    ASSERT_EQ(quick->goals.size(), whole->goals.size());
    for (std::size_t g = 0; g < whole->goals.size(); ++g) {
      for (std::size_t least = 1; least <= 4; ++least) {
        const LevelMeaning level{TierKind::depth, "", g, least, 0};
        EXPECT_EQ(holds(level, *quick), holds(level, *whole)) << g << " depth " << least << ", seed " << seed;
      }
      for (int k = 1; k <= 20; ++k) {
        const LevelMeaning level{TierKind::success, "", g, 0, k / 20.0};
        EXPECT_EQ(holds(level, *quick), holds(level, *whole)) << g << " success " << k << ", seed " << seed;
      }
    }
  }
  EXPECT_GT(judged, 4U);
}

TEST(Designs, AreJudgedAsFarAsIsNeeded) {
  std::size_t spared = 0;
  expectTheSameLevels(testing::Ground::ofFile("tests/scenarios/plan-goes-round/model.yaml"), spared);
  expectTheSameLevels(testing::Ground::ofText(managedFrom("offices")), spared);
  expectTheSameLevels(testing::Ground::ofText(managedFrom("gate")), spared);
  EXPECT_GT(spared, 0U);
}

TEST(Designs, APointThatHisCodeManagesIsNoDepth) {
  const Many his(testing::Ground::ofText(managedFrom("offices")));
  const Many nobodys(testing::Ground::ofText(managedFrom("gate")));
  const auto integrity = [](const std::vector<GoalState>& goals) { return goals.back().depth; };
  EXPECT_EQ(integrity(his.designs->bounded({})->goals), 0U);
  EXPECT_EQ(integrity(*his.designs->goalsAtBest({})), 1U);
  EXPECT_EQ(integrity(nobodys.designs->bounded({})->goals), 1U);
}

TEST(Designs, AreAtLeastAsDeepWhereNoPointCanFail) {
  const Many many(testing::Ground::ofText(managedFrom("gate")));
  std::mt19937 draw(3);
  for (int seed = 0; seed < 8; ++seed) {
    const Design design = many.drawn(draw);
    const auto best = many.designs->goalsAtBest(design);
    const auto shut = many.designs->shut(design);
    if (!best || !shut) continue;
    for (std::size_t g = 0; g < best->size(); ++g) {
      EXPECT_TRUE(!(*best)[g].possible || (*best)[g].depth >= shut->goals[g].depth);
      EXPECT_TRUE(!(*best)[g].possible || shut->goals[g].possible);
    }
  }
}

}  // namespace
}  // namespace vauban::plan
