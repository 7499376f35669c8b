#include "attack/attack_answers.h"

#include <algorithm>

#include "attack/attack_goals.h"
#include "attack/attack_test_shop.h"
#include "attack/closure.h"
#include "attack/success_bounds.h"

namespace vauban::attack {
namespace {

AttackAnswers answered(const Shop& shop, std::size_t decoys = 0) {
  return answer(shop.graph, shop.use, {goalsOf(shop.model).goals, 5, decoys, 10});
}

// "T1190 web, T1213.006 db": what a way does, and where.
std::string inShort(const AttackGraph& graph, const AttackPath& path) {
  std::string text;
  for (const PathStep& step : path.steps) {
    text += (text.empty() ? "" : ", ") +
            (step.rule.valid() ? graph.templates->at(step.rule).technique : std::string("-")) + " " +
            step.host;
  }
  return text;
}

std::vector<std::string> namesOf(const AttackGraph& graph, const GroupSet& groups) {
  std::vector<std::string> names;
  for (const LayerId layer : layersOf(graph, groups)) names.push_back(graph.layers[layer.index()].name);
  std::ranges::sort(names);
  return names;
}

TEST(AttackAnswers, SayHowFarAwayTheShopsRecordsAre) {
  const Shop shop{ShopText{}};
  const AttackAnswers answers = answered(shop, 1);
  ASSERT_EQ(answers.goals.size(), 2U);
  const GoalAnswer& data = answers.goals.front();
  EXPECT_EQ(goalWord(data.goal), "data:records");
  EXPECT_EQ(data.standing, GoalStanding::guarded);
  EXPECT_EQ(data.depth.lower, 1U);
  EXPECT_EQ(namesOf(shop.graph, data.depth.single),
            (std::vector<std::string>{"device fw", "people lan", "premises lan", "secrecy of accounts of web",
                                      "software nginx"}));
  // The way goes by what a technique brings about, not by a device that fails by itself.
  EXPECT_EQ(namesOf(shop.graph, data.failing), std::vector<std::string>{"software nginx"});
  ASSERT_FALSE(data.paths.empty());
  EXPECT_EQ(inShort(shop.graph, data.paths.front()), "T1190 web, T1213.006 db, T1048 db");
  EXPECT_EQ(data.paths.front().starts, std::vector<std::string>{"net"});
  EXPECT_FALSE(data.allPaths);  // what he read he may take out by any of his commands
  ASSERT_TRUE(data.choke && data.decoys);
  EXPECT_TRUE(data.decoys->closes);
  ASSERT_EQ(data.decoys->elements.size(), 1U);
  EXPECT_EQ(shop.graph.parties[data.decoys->elements.front().index()], "web");
  EXPECT_FALSE(data.success);
  EXPECT_FALSE(data.tripwire);
}

// Each step rests on steps before it, and what a way says that it fails and assumes is all that it needs.
TEST(AttackAnswers, WaysAreDerivations) {
  const Shop shop{{"", "", ""}};
  for (const GoalAnswer& goal : answered(shop).goals) {
    ASSERT_TRUE(goal.fact);
    std::vector<AttackPath> ways = goal.paths;
    if (goal.likely) ways.push_back(*goal.likely);
    for (const AttackPath& way : ways) {
      const Closure closure(shop.graph.graph, {way.mustFail, {}, {}});
      EXPECT_TRUE(closure.holds(*goal.fact)) << inShort(shop.graph, way);
      for (std::size_t s = 0; s < way.steps.size(); ++s) {
        EXPECT_TRUE(closure.fires(way.steps[s].step));
        for (const std::size_t before : way.steps[s].after) EXPECT_LT(before, s);
      }
      std::vector<LayerId> without = way.mustFail;
      if (!without.empty()) {
        without.pop_back();
        EXPECT_FALSE(Closure(shop.graph.graph, {without, {}, {}}).holds(*goal.fact));
      }
    }
  }
}

TEST(AttackAnswers, NameTheTechniqueByWhereTheBytesComeFrom) {
  const Shop shop{ShopText{}};
  const GoalAnswer outside = answer(shop.graph, shop.use, {{{"", "web", false, ""}}, 5, 0, 10}).goals.front();
  ASSERT_FALSE(outside.paths.empty());
  const PathStep& first = outside.paths.front().steps.front();
  EXPECT_EQ(shop.graph.templates->at(first.rule).tactic, "initial-access");
  const Start web = *parseStart(shop.model, {"web"});
  const AttackGraph from = shop.graphOf(shop.model, web);
  const GoalAnswer inside = answer(from, shop.use, {{{"", "db", false, ""}}, 9, 0, 10}).goals.front();
  ASSERT_FALSE(inside.paths.empty());
  for (const AttackPath& way : inside.paths) {
    for (const PathStep& step : way.steps) {
      if (step.rule.valid() && step.host == "db" && !step.after.empty()) {
        EXPECT_NE(from.templates->at(step.rule).tactic, "initial-access") << inShort(from, way);
      }
    }
  }
}

TEST(AttackAnswers, GapsAreNamedWhereAWayUsesThem) {
  const Shop shop{{"", "", ""}};  // whether the web server calls out is not said
  const AttackAnswers answers = answered(shop);
  bool named = false;
  for (const GoalAnswer& goal : answers.goals) {
    for (const AttackPath& way : goal.paths) {
      for (const FactId gap : way.assumes)
        named = named || shop.graph.gaps.at(gap).line == "calls-out: false";
    }
  }
  EXPECT_TRUE(named);
}

TEST(AttackAnswers, DecoysOnTheWayAreCounted) {
  const Shop shop{
      {"", ", calls-out: false", "countermeasures: [{technique: D3-DF, at: web, coverage: 1}]\n"}};
  ASSERT_EQ(decoysOf(shop.graph, shippedCatalogue()).size(), 1U);
  const Shop partly{
      {"", ", calls-out: false", "countermeasures: [{technique: D3-DF, at: web, coverage: 0.9}]\n"}};
  EXPECT_TRUE(decoysOf(partly.graph, shippedCatalogue()).empty());
  const Shop other{
      {"", ", calls-out: false", "countermeasures: [{technique: D3-NTF, at: web, coverage: 1}]\n"}};
  EXPECT_TRUE(decoysOf(other.graph, shippedCatalogue()).empty());
  const GoalAnswer goal = answered(shop).goals.front();
  ASSERT_TRUE(goal.tripwire);
  // Past the decoy: a device fails, or somebody brings a machine into the lan.
  EXPECT_EQ(goal.tripwire->lower, 0U);
}

TEST(AttackAnswers, GroupsTakeOnlyWhatTheyAreSeenToUse) {
  const auto parties = partiesOf(shippedCatalogue(), {"G0034"}, "--group");
  ASSERT_TRUE(parties);
  EXPECT_EQ(parties->front().name, "Sandworm Team");
  const StepTemplates all = *StepTemplates::builtIn();
  const StepTemplates used = usedBy(all, *parties);
  EXPECT_LT(used.all().size(), all.all().size());
  EXPECT_FALSE(used.all().empty());
  for (const StepTemplate& rule : used.all()) {
    std::vector<std::string> stands{rule.technique};
    stands.insert(stands.end(), rule.covers.begin(), rule.covers.end());
    EXPECT_TRUE(std::ranges::any_of(stands, [&](const std::string& id) {
      return std::ranges::any_of(parties->front().techniques,
                                 [&](const std::string& seen) { return sameOrParent(id, seen); });
    })) << rule.id;
  }
  const Shop shop({}, {}, &used);
  const Shop whole{ShopText{}};
  for (std::size_t g = 0; g < 2; ++g) {
    EXPECT_GE(answered(shop).goals[g].depth.lower, answered(whole).goals[g].depth.lower);
  }
  const auto wrong = partiesOf(shippedCatalogue(), {"Sandworm Taem"}, "--group");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(refusal(wrong.error()), "no group or campaign of ATT&CK is 'Sandworm Taem' | Sandworm Team");
}

TEST(AttackGoals, AreReadAndRefused) {
  const Shop shop{ShopText{}};
  const auto goals =
      parseGoals(shop.model, {"data:records", "impact:records", "impact:records:integrity", "controls:db"});
  ASSERT_TRUE(goals);
  std::vector<std::string> words;
  for (const model::Goal& goal : *goals) {
    words.push_back(goalWord(goal));
    EXPECT_TRUE(shop.graph.goal(goal)) << words.back();
  }
  EXPECT_EQ(words, (std::vector<std::string>{"data:records", "impact:records", "impact:records:integrity",
                                             "controls:db"}));
  auto refused = [&](const std::string& word) {
    const auto read = parseGoals(shop.model, {word});
    return read ? std::string() : refusal(read.error());
  };
  EXPECT_EQ(refused("date:records"), "'date:records' is no goal | data");
  EXPECT_EQ(refused("data:record"), "no asset 'record' | records");
  EXPECT_EQ(refused("impact:records:availability"),
            "asset 'records' has no impact of kind 'availability' | ");
  EXPECT_EQ(refused("controls:bd"), "no host 'bd' | db");
}

// A goal that does not say which harm holds with any of them; data that is outside is no longer confidential.
TEST(AttackGoals, HarmOfNoKindIsHarmOfAny) {
  const Shop shop{ShopText{}};
  std::vector<LayerId> all;
  for (std::size_t l = 0; l < shop.graph.layers.size(); ++l) all.emplace_back(l);
  for (std::size_t l = 0; l <= all.size(); ++l) {
    const Closure closure(shop.graph.graph, {l == all.size() ? all : std::vector<LayerId>{all[l]}, {}, {}});
    auto holds = [&](const model::Goal& goal) {
      const auto fact = shop.graph.goal(goal);
      return fact && closure.holds(*fact);
    };
    const bool integrity = holds({"records", "", true, "integrity"}),
               data = holds({"records", "", false, ""});
    EXPECT_GE(holds({"records", "", true, "confidentiality"}), data);
    EXPECT_EQ(holds({"records", "", true, ""}), integrity || holds({"records", "", true, "confidentiality"}));
  }
}

TEST(SuccessBounds, FollowTheTrialsAndNothingElse) {
  EXPECT_EQ(jeffreysInterval(0, 0), std::pair(0.0, 1.0));
  const auto [low, high] = jeffreysInterval(31, 40);
  EXPECT_NEAR(low, 0.6293, 0.0005);
  EXPECT_NEAR(high, 0.8829, 0.0005);
  EXPECT_EQ(jeffreysInterval(0, 10).first, 0);
  EXPECT_NEAR(jeffreysInterval(0, 10).second, 0.2172, 0.0005);
  EXPECT_EQ(jeffreysInterval(10, 10).second, 1);
  const Shop shop{
      {"", ", calls-out: false",
       "evidence: [{countermeasure: D3-NTF, against: T1190, at: web, trials: 40, stopped: 31, source: "
       "purple-team, date: 2026-03-11}]\n"}};
  const GoalAnswer goal = answered(shop).goals.front();
  ASSERT_TRUE(goal.success);
  EXPECT_EQ(goal.success->low, 0);  // of the other steps nothing is known
  EXPECT_NEAR(goal.success->high, 1 - low, 1e-9);
  EXPECT_EQ(goal.success->evidence.size(), 1U);
}

TEST(TechniqueUse, ClassesGoByTheShareOfGroups) {
  const TechniqueUse use(shippedCatalogue());
  EXPECT_EQ(use.use(catalog::Framework::attackEnterprise, "T1059"), UseClass::veryCommon);
  EXPECT_EQ(use.use(catalog::Framework::attackEnterprise, "T0000"), UseClass::unseen);
  EXPECT_LT(costOf(UseClass::veryCommon), costOf(UseClass::rare));
  EXPECT_TRUE(sameOrParent("T1021.001", "T1021"));
  EXPECT_FALSE(sameOrParent("T1021.001", "T1021.002"));
  EXPECT_EQ(parentOf("AML.T0053"), "");
}

}  // namespace
}  // namespace vauban::attack
