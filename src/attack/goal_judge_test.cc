#include "attack/goal_judge.h"

#include "attack/attack_answers.h"
#include "attack/attack_test_shop.h"

namespace vauban::attack {
namespace {

using channel::Verdict;

const std::string kClaims =
    "claims:\n"
    "  - {id: never-data, never: {goal: {data: records}}}\n"
    "  - {id: never-db, never: {goal: {controls: db}}}\n"
    "  - {id: depth-1, depth: {goal: {data: records}, at-least: 1}}\n"
    "  - {id: depth-2, depth: {goal: {data: records}, at-least: 2}}\n"
    "  - {id: harm-2, depth: {goal: {impact: records}, at-least: 2}}\n"
    "  - {id: wired, tripwire: {goal: {data: records}, at-least: 1}}\n"
    "  - {id: waived, depth: {goal: {data: records}, at-least: 3}, waived-until: 2027-01-01, because: next "
    "year}\n";

std::map<std::string, channel::ClaimResult> judged(const Shop& shop,
                                                   const std::string& today = "2026-01-01") {
  std::map<std::string, channel::ClaimResult> results;
  const GoalJudge judge(shop.graph, shop.use, today);
  for (const model::Claim& claim : shop.model.claims) {
    EXPECT_TRUE(isAboutGoal(claim));
    results[claim.id] = judge.judge(claim);
  }
  return results;
}

TEST(GoalJudge, KeepsWhatNoWayBreaks) {
  const Shop shop{{"", ", calls-out: false", kClaims}};
  const auto results = judged(shop);
  EXPECT_EQ(results.at("never-data").judgement.verdict, Verdict::kept);
  EXPECT_EQ(results.at("depth-1").judgement.verdict, Verdict::kept);
  EXPECT_TRUE(results.at("depth-1").judgement.steps.empty());
  // What the verdict rests on: the steps that are catalogued.
  ASSERT_EQ(results.at("never-data").judgement.assumptions.size(), 1U);
  EXPECT_FALSE(results.at("never-data").judgement.assumptions.front().stated);
}

TEST(GoalJudge, BreaksWithAWay) {
  const Shop shop{{"", ", calls-out: false", kClaims}};
  const auto results = judged(shop);
  const channel::Judgement& depth = results.at("depth-2").judgement;
  EXPECT_EQ(depth.verdict, Verdict::broken);
  ASSERT_GE(depth.steps.size(), 2U);
  EXPECT_NE(depth.steps.front().find("the depth is 1"), std::string::npos) << depth.steps.front();
  EXPECT_TRUE(depth.conditions.empty());
  EXPECT_EQ(results.at("harm-2").judgement.verdict, Verdict::broken);
  // No decoy stands anywhere.
  EXPECT_EQ(results.at("wired").judgement.verdict, Verdict::broken);
}

TEST(GoalJudge, HonoursWaiversUntilTheyEnd) {
  const Shop shop{{"", ", calls-out: false", kClaims}};
  EXPECT_EQ(judged(shop).at("waived").judgement.verdict, Verdict::waived);
  EXPECT_EQ(judged(shop, "2027-01-02").at("waived").judgement.verdict, Verdict::broken);
}

// What is not said of the web server opens the way to the database; the line that shuts it is all that is
// asked for.
TEST(GoalJudge, AsksForTheLeastThatIsUnstated) {
  const std::string claims =
      "claims:\n  - {id: safe, never: {goal: {impact: records, kind: integrity}}}\n"
      "  - {id: deep, depth: {goal: {impact: records, kind: integrity}, at-least: 1}}\n"
      "  - {id: deeper, depth: {goal: {impact: records, kind: integrity}, at-least: 2}}\n";
  const Shop open{{"", "", claims}};
  const auto results = judged(open);
  for (const char* id : {"safe", "deep"}) {
    const channel::Judgement& judgement = results.at(id).judgement;
    EXPECT_EQ(judgement.verdict, Verdict::conditional) << id;
    ASSERT_EQ(judgement.conditions.size(), 1U) << id;
    EXPECT_EQ(judgement.conditions.front().line, "calls-out: false");
    EXPECT_FALSE(judgement.steps.empty());
  }
  // Once it is stated, it is one thing that may fail.
  EXPECT_EQ(results.at("deeper").judgement.verdict, Verdict::broken);
  const Shop shut{{"", ", calls-out: false", claims}};
  const auto then = judged(shut);
  EXPECT_EQ(then.at("safe").judgement.verdict, Verdict::kept);
  EXPECT_EQ(then.at("deep").judgement.verdict, Verdict::kept);
  EXPECT_EQ(then.at("deeper").judgement.verdict, Verdict::broken);
}

// A verdict agrees with the depth that is computed without it.
TEST(GoalJudge, AgreesWithDepth) {
  std::string claims = "claims:\n";
  for (int n = 1; n <= 4; ++n)
    claims += "  - {id: d" + std::to_string(n) +
              ", depth: {goal: {data: records}, at-least: " + std::to_string(n) + "}}\n";
  const Shop shop{{", isolated: true", ", calls-out: false", claims}};
  const auto results = judged(shop);
  const GoalAnswer answer_ =
      answer(shop.graph, shop.use, {{{"records", "", false, ""}}, 0, 0, 10}).goals.front();
  ASSERT_TRUE(answer_.depth.exact);
  for (std::size_t n = 1; n <= 4; ++n) {
    EXPECT_EQ(results.at("d" + std::to_string(n)).judgement.verdict == Verdict::kept,
              answer_.depth.lower >= n)
        << n;
  }
}

TEST(GoalJudge, EveryEasiestWayMustMeetADecoy) {
  // Decoys on both hosts: whichever single thing fails, the way meets one; on the web server alone it need
  // not.
  const std::string claims =
      "claims:\n  - {id: wired, tripwire: {goal: {data: records}, at-least: 1}}\n"
      "  - {id: twice, tripwire: {goal: {data: records}, at-least: 3}}\n";
  const Shop both{{"", ", calls-out: false",
                   "countermeasures: [{technique: D3-DF, at: [web, db], coverage: 1}]\n" + claims}};
  EXPECT_EQ(judged(both).at("wired").judgement.verdict, Verdict::kept);
  EXPECT_EQ(judged(both).at("twice").judgement.verdict, Verdict::broken);
  const Shop one{
      {"", ", calls-out: false", "countermeasures: [{technique: D3-DF, at: web, coverage: 1}]\n" + claims}};
  const channel::Judgement broken = judged(one).at("wired").judgement;
  EXPECT_EQ(broken.verdict, Verdict::broken);
  EXPECT_NE(broken.steps.front().find("a way meets 0 of 1 decoys"), std::string::npos)
      << broken.steps.front();
}

}  // namespace
}  // namespace vauban::attack
