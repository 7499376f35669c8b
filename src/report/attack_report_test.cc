#include "report/attack_report.h"

#include <nlohmann/json.hpp>
#include <sstream>

#include "attack/attack_goals.h"
#include "attack/attack_test_shop.h"
#include "report/test_schema.h"

namespace vauban::report {
namespace {

using attack::Shop;
using attack::ShopText;
using nlohmann::json;

// All that can be asked of the shop at once; refers to itself.
class Asked {
 public:
  explicit Asked(const ShopText& text = {}, const std::string& change = "isolated:lan")
      : shop_(text),
        after_(*attack::changed(shop_.model, change)),
        answers_(attack::answer(shop_.graph, shop_.use, {attack::goalsOf(shop_.model).goals, 5, 1, 10})) {
    for (const char* technique : {"T1190", "T9999", "", "T0843", "T1546.001", "T1105"}) {
      attack::FlowAction action;
      action.id = "a" + std::to_string(flow_.actions.size());
      action.name = "does\x1b[31m \xff\n" + std::string(technique);
      action.technique = technique;
      flow_.order.emplace_back(flow_.actions.size());
      flow_.actions.push_back(action);
    }
    flow_.name = "Somebody's \x1b[31mflow";
  }
  Asked(const Asked&) = delete;
  Asked& operator=(const Asked&) = delete;

  AttackReport report(bool withFlow = false) const {
    AttackReport made{shop_.graph, shop_.use, answers_};
    if (withFlow) made.flow = AttackReport::Flow{&flow_, attack::answerFlow(shop_.graph, shop_.use, flow_)};
    const attack::AttackGraph after = shop_.graphOf(after_);
    made.changes.push_back({attack::compare(shop_.graph, after, shop_.use,
                                            {attack::goalsOf(shop_.model).goals, 0, 0, 10}, "isolated:lan"),
                            "D3-BDI", 0});
    made.changes.back().whatIf.inside = attack::stepsLostToday(shop_.graph, after);
    return made;
  }

 private:
  const Shop shop_;
  const model::Model after_;
  const attack::AttackAnswers answers_;
  attack::AttackFlow flow_;
};

TEST(AttackReport, TextTellsTheWay) {
  const Asked asked;
  const std::string text = attackText(asked.report(), {});
  for (const char* words :
       {"Shop: attack from net", "guarded     depth 1      records gets outside", "single points of failure:",
        "1. T1190 Exploit Public-Facing Application on web.web", "in  net -> web  https",
        "must fail: software nginx (shop.yaml:8)", "every way passes web", "an order, not a probability",
        "D3FEND's own inference for D3-BDI: no technique", "what they do not hold is not judged"}) {
    EXPECT_NE(text.find(words), std::string::npos) << words << "\n" << text;
  }
  EXPECT_EQ(text, attackText(asked.report(), {}));
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_NE(attackText(asked.report(), {true, false}).find("\x1b[33m"), std::string::npos);
  EXPECT_GT(attackText(asked.report(), {false, true}).size(), text.size());
}

TEST(AttackReport, TextOfAFlowNamesEveryActionAndEscapesNothingThrough) {
  const Asked asked;
  const std::string text = attackText(asked.report(true), {});
  EXPECT_NE(text.find("6 actions"), std::string::npos);
  for (int number = 1; number <= 6; ++number)
    EXPECT_NE(text.find("  " + std::to_string(number) + ". "), std::string::npos) << text;
  EXPECT_NE(text.find("the first that does not go through today: 1. T1190"), std::string::npos) << text;
  EXPECT_NE(text.find("what if isolated:lan:"), std::string::npos) << text;
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST(AttackReport, GapsAreFootnotes) {
  const Asked asked({"", "", ""});
  const std::string text = attackText(asked.report(), {});
  EXPECT_NE(text.find("] in hosts.web.services.web (shop.yaml:8), write `calls-out: false`"),
            std::string::npos)
      << text;
}

TEST(AttackReport, JsonKeepsToItsSchema) {
  for (const bool withFlow : {false, true}) {
    const Asked asked(
        {"", "",
         "countermeasures: [{technique: D3-DF, at: web, coverage: 1}]\n"
         "evidence: [{countermeasure: D3-NTF, against: T1190, at: web, trials: 40, stopped: 31, "
         "source: purple-team, date: 2026-03-11}]\n"});
    const std::string text = attackJson(asked.report(withFlow));
    const json answer = json::parse(text);
    EXPECT_EQ(text, attackJson(asked.report(withFlow)));
    EXPECT_EQ(answer["schema"], "vauban-attack-1");
    ASSERT_EQ(answer["goals"].size(), 2U);
    EXPECT_EQ(answer["goals"][0]["standing"], "guarded");
    EXPECT_EQ(answer.contains("flow"), withFlow);
    EXPECT_EQ(answer["what_if"][0]["d3fend"]["inferred_rows"], 0);
#ifdef VAUBAN_HAS_VALIJSON
    EXPECT_EQ(testing::PublishedSchema("attack").faults(answer), std::vector<std::string>());
#endif
  }
}

TEST(AttackReport, DrawsTheSameEachTime) {
  const Asked asked;
  const auto svg = attackSvg(asked.report());
  ASSERT_TRUE(svg);
  EXPECT_EQ(*svg, *attackSvg(asked.report()));
  EXPECT_NE(svg->find("T1190 Exploit Public"), std::string::npos);
  EXPECT_NE(svg->find("must fail"), std::string::npos);
  EXPECT_EQ(svg->find("web</title>\n</g>\n</svg>\n<"), std::string::npos);
  EXPECT_TRUE(svg->ends_with("</svg>\n"));
}

// No goal, nothing to draw: still a drawing. Of an Attack Flow that has to have actions it is an error.
TEST(AttackReport, NothingFoundIsDrawnAsNothing) {
  const Shop shop{ShopText{}};
  const attack::AttackAnswers none;
  const AttackReport report{shop.graph, shop.use, none};
  EXPECT_TRUE(attackSvg(report));
  EXPECT_TRUE(attackNavigator(report, catalog::Framework::attackIcs));
  EXPECT_FALSE(attackStix(report, FlowTime{}));
}

TEST(AttackReport, NavigatorScoresWhatIsOnTheWay) {
  const Asked asked;
  const auto text = attackNavigator(asked.report(), catalog::Framework::attackEnterprise);
  ASSERT_TRUE(text);
  bool exploit = false;
  const json layer = json::parse(*text);
  for (const json& technique : layer["techniques"]) {
    if (technique["techniqueID"] == "T1190") {
      exploit = true;
      EXPECT_EQ(technique["score"], 60);
      EXPECT_EQ(technique["comment"], "web");
    }
    if (technique["techniqueID"] == "T1558.003") {
      EXPECT_FALSE(technique["enabled"]);
    }
  }
  EXPECT_TRUE(exploit);
}

// What is written as an Attack Flow is read as one, with the steps of the way in their order.
TEST(AttackReport, StixIsAFlowThatIsReadAgain) {
  const Asked asked;
  const auto text = attackStix(asked.report(), FlowTime{std::chrono::milliseconds{1'700'000'000'000}});
  ASSERT_TRUE(text);
  const auto flow = attack::readAttackFlow(*text, "way.json");
  ASSERT_TRUE(flow);
  ASSERT_GE(flow->actions.size(), 3U);
  EXPECT_EQ(flow->actions[flow->order.front().index()].technique, "T1190");
  EXPECT_EQ(flow->actions[0].tactic, "TA0001");
}

}  // namespace
}  // namespace vauban::report
