#include "attack/what_if.h"

#include "attack/attack_goals.h"
#include "attack/attack_test_shop.h"
#include "attack/flow_answers.h"

namespace vauban::attack {
namespace {

TEST(WhatIf, ChangesWhatItSaysAndNothingElse) {
  const Shop shop{ShopText{}};
  const auto isolated = changed(shop.model, "isolated:lan");
  ASSERT_TRUE(isolated);
  EXPECT_TRUE(isolated->zones[2].isolated);
  EXPECT_FALSE(shop.model.zones[2].isolated);
  const auto deployed = changed(shop.model, "deploy:D3-DF@db");
  ASSERT_TRUE(deployed);
  ASSERT_EQ(deployed->countermeasures.size(), 1U);
  EXPECT_EQ(deployed->countermeasures.front().technique, "D3-DF");
  auto refused = [&](const std::string& change) {
    const auto made = changed(shop.model, change);
    return made ? std::string() : refusal(made.error());
  };
  EXPECT_EQ(refused("isolated:lam"), "no zone 'lam' | lan");
  EXPECT_EQ(refused("mfa:root"), "no credential 'root' | ");
  EXPECT_EQ(refused("deploy:D3-DF@bd"), "no zone or host 'bd' | db");
  EXPECT_EQ(refused("isolate:lan"), "'isolate:lan' is no change that can be tried | isolated");
}

// Isolation takes steps from whoever holds a machine of the zone, and gives none.
TEST(WhatIf, IsolationTakesStepsAway) {
  const Shop shop{ShopText{}};
  const model::Model after = *changed(shop.model, "isolated:lan");
  const auto inside = startInside(shop.graph, "isolated:lan");
  ASSERT_TRUE(inside);
  const AttackGraph was = shop.graphOf(shop.model, *inside), is = shop.graphOf(after, *inside);
  const StepsLost lost = stepsLostToday(was, is);
  EXPECT_GT(lost.lost, 0U);
  EXPECT_EQ(lost.gained, 0U);
  EXPECT_EQ(lost.before, lost.after + lost.lost);
  EXPECT_FALSE(lost.at.empty());
  const StepsLost back = stepsLostToday(is, was);
  EXPECT_EQ(back.gained, lost.lost);
  EXPECT_EQ(stepsLostToday(was, was).lost, 0U);
}

TEST(WhatIf, GoalsNeverComeNearer) {
  const Shop shop{ShopText{}};
  const model::Model after = *changed(shop.model, "isolated:lan");
  const AttackGraph is = shop.graphOf(after);
  const WhatIf made =
      compare(shop.graph, is, shop.use, {goalsOf(shop.model).goals, 5, 0, 10}, "isolated:lan");
  ASSERT_EQ(made.goals.size(), 2U);
  for (const GoalChange& goal : made.goals) EXPECT_GE(goal.after.depth.lower, goal.before.depth.lower);
}

AttackFlow flowOf(const std::vector<std::string>& techniques) {
  AttackFlow flow;
  for (const std::string& technique : techniques) {
    FlowAction action;
    action.id = "a" + std::to_string(flow.actions.size());
    action.name = "does " + technique;
    action.technique = technique;
    flow.order.emplace_back(flow.actions.size());
    flow.actions.push_back(action);
  }
  return flow;
}

TEST(FlowAnswers, ClassifyEachAction) {
  const Shop shop{ShopText{}};
  const AttackFlow flow = flowOf({"T1190", "T1546.001", "T9999", "", "T1213.006", "T1190", "T0843"});
  const FlowAnswer made = answerFlow(shop.graph, shop.use, flow);
  ASSERT_EQ(made.actions.size(), flow.actions.size());
  EXPECT_EQ(made.actions[0].standing, ActionStanding::guarded);
  EXPECT_EQ(made.actions[0].depth.lower, 1U);
  EXPECT_EQ(made.actions[1].standing, ActionStanding::notModelled);
  EXPECT_EQ(made.actions[2].standing, ActionStanding::unknown);
  EXPECT_EQ(made.actions[3].standing, ActionStanding::unnamed);
  EXPECT_EQ(made.actions[4].standing, ActionStanding::guarded);
  EXPECT_EQ(made.actions[5].action, FlowActionId(5));
  EXPECT_EQ(made.actions[5].standing, ActionStanding::guarded);
  // No controller, so no program to load: stopped by what is there, and said so.
  EXPECT_EQ(made.actions[6].standing, ActionStanding::stopped);
  EXPECT_FALSE(made.actions[6].stoppedBy.empty());
  EXPECT_EQ(made.firstStopped, 0U);
  std::size_t all = 0;
  for (const auto standing : {ActionStanding::open, ActionStanding::guarded, ActionStanding::stopped,
                              ActionStanding::notModelled, ActionStanding::unknown, ActionStanding::unnamed})
    all += made.count(standing);
  EXPECT_EQ(all, flow.actions.size());
}

// An id that ATT&CK has retired is followed to what took its place.
TEST(FlowAnswers, FollowRetiredIds) {
  const Shop shop{ShopText{}};
  std::string retired;
  for (const catalog::AttackTechnique& it :
       shippedCatalogue().domain(catalog::Framework::attackEnterprise)->techniques) {
    if (it.standing == catalog::Standing::revoked && it.revokedBy == "T1190") retired = it.id;
  }
  if (retired.empty()) retired = "T1086";  // PowerShell, before there were sub-techniques
  const FlowAnswer made = answerFlow(shop.graph, shop.use, flowOf({retired}));
  EXPECT_EQ(made.actions.front().joined, catalog::JoinedBy::laterId);
  EXPECT_NE(made.actions.front().standing, ActionStanding::unknown);
}

TEST(FlowAnswers, WhatHeHoldsIsOpen) {
  const Shop shop{ShopText{}};
  const AttackGraph graph = shop.graphOf(shop.model, *parseStart(shop.model, {"web"}));
  const FlowAnswer made = answerFlow(graph, shop.use, flowOf({"T1213.006"}));
  EXPECT_EQ(made.actions.front().standing, ActionStanding::open);
  ASSERT_EQ(made.actions.front().where.size(), 1U);
  EXPECT_EQ(graph.parties[made.actions.front().where.front().index()], "db");
  EXPECT_FALSE(made.firstStopped);
}

}  // namespace
}  // namespace vauban::attack
