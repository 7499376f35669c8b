#include "plan/first_designs.h"

#include <gtest/gtest.h>

#include "plan/selection_knowledge.h"
#include "plan/test_models.h"

namespace vauban::plan {
namespace {

// Two flows that nobody needs break a claim each; what breaks `always` no candidate mends.
const std::string kModel = R"(vauban: 1
name: three claims
zones:
  a: {networks: [10.1.0.0/29]}
  b: {networks: [10.2.0.0/24]}
  internet: {networks: [0.0.0.0/0, "::/0"], untrusted: true}
hosts:
  ws: {zone: a, services: {}, client: isolated}
  srv: {zone: b, address: 10.2.0.2, services: {}, client: isolated}
flows:
  - allow: {from: a, to: internet, service: ntp}
  - allow: {from: internet, to: b, service: ssh}
enforcement: {anti-spoofing: host, families: [ipv4, ipv6], uncovered: drop, unmatched: drop,
  stateful: {established: true, related: none, helpers: []}}
claims:
  - {id: out, never: {reach: {from: a, to: internet, service: ntp}}}
  - {id: in, never: {reach: {from: internet, to: b, service: ssh}}}
  - {id: works, always: {reach: {from: a, to: b, service: https}}}
)";

// A search that has judged what there is today.
struct Begun {
  std::unique_ptr<testing::Ground> ground;
  std::vector<Candidate> candidates;
  std::optional<Designs> designs;
  PlanProblem problem;
  std::optional<PlanOracle> oracle;
  std::optional<Selector> selector;
  std::vector<double> before;  // by tier

  Begun(std::unique_ptr<testing::Ground> on, const CandidateScope& scope, bool goals)
      : ground(std::move(on)) {
    DesignJudging with;
    with.judging = testing::judging(goals);
    const auto unwanted = unwantedFlows(ground->tree, with.judging);
    EXPECT_TRUE(unwanted.has_value());
    candidates = candidatesOf(ground->tree, *ground->places, testing::patterns(), scope, *unwanted).all;
    designs.emplace(ground->tree, *ground->places, testing::patterns(), candidates, with);
    problem = planProblem(ground->model, *designs, testing::patterns(), candidates, {}, std::nullopt,
                          kTargetDepth, with);
    oracle.emplace(problem, *designs);
    auto made = Selector::make(problem.selection, &*oracle);
    EXPECT_TRUE(made.has_value());
    selector.emplace(*std::move(made));
    const auto nothing = selector->evaluate({});
    EXPECT_TRUE(nothing.has_value());
    before = nothing->tiers;
  }
};

struct Found {
  std::vector<std::vector<std::string>> least, together;
};

Found found(double budgetDays, double seconds) {
  Found found;
  CandidateScope scope;
  scope.patterns = false;
  Begun begun(testing::Ground::ofText(kModel), scope, false);
  const std::vector<Candidate>& candidates = begun.candidates;
  SelectionLimits limits;
  limits.budgetDays = budgetDays;
  const FirstDesigns first =
      firstForClaims(begun.problem, *begun.designs, begun.selector->knowledge(), limits, seconds);
  const auto named = [&](const std::vector<Design>& all) {
    std::vector<std::vector<std::string>> names;
    for (const Design& design : all) {
      names.emplace_back();
      for (const std::uint32_t c : design) names.back().push_back(candidates[c].id);
    }
    return names;
  };
  found.least = named(first.least);
  found.together = named(first.together);
  return found;
}

using Names = std::vector<std::vector<std::string>>;

TEST(FirstDesigns, LeaveOutWhateverAClaimDoesWithout) {
  const Found all = found(100, 60);
  EXPECT_EQ(all.least, (Names{{"withdraw-flow-1"}, {"withdraw-flow-2"}}));
  EXPECT_EQ(all.together, (Names{{"withdraw-flow-1"}, {"withdraw-flow-1", "withdraw-flow-2"}}));
}

TEST(FirstDesigns, KeepToTheLimits) {
  EXPECT_EQ(found(2, 60).together, (Names{{"withdraw-flow-1"}}));
  EXPECT_TRUE(found(1, 60).together.empty());
  EXPECT_TRUE(found(100, 0).least.empty());
}

// Two logins lie about on his machine: what stops the use of one alone makes nothing deeper.
TEST(FirstDesigns, MakeGoalsDeeperAndLoseNoClaim) {
  Begun begun(testing::Ground::ofFile("tests/scenarios/plan-goes-round/model.yaml"), {}, true);
  const auto first = [&](double seconds) {
    SelectionLimits limits;
    limits.budgetDays = 30;
    return firstForGoals(begun.problem, *begun.designs, begun.selector->knowledge(), limits, {}, seconds);
  };
  const std::vector<Design> together = first(60).together;
  ASSERT_FALSE(together.empty());
  const std::uint32_t depth = *begun.problem.tier(TierKind::depth);
  double last = begun.before[depth];
  for (const Design& design : together) {
    const auto value = begun.selector->evaluate(design);
    ASSERT_TRUE(value.has_value());
    EXPECT_GT(value->tiers[depth], last);
    last = value->tiers[depth];
    double days = 0;
    for (const std::uint32_t c : design) days += begun.candidates[c].days();
    EXPECT_LE(days, 30);
  }
  EXPECT_TRUE(first(0).least.empty());
}

}  // namespace
}  // namespace vauban::plan
