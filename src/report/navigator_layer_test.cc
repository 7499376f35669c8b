#include "report/navigator_layer.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

namespace vauban::report {
namespace {

using Json = nlohmann::ordered_json;

NavigatorLayer layer() {
  NavigatorLayer layer;
  layer.name = "Depth";
  layer.description = "what must fail";
  layer.attackVersion = "18.1";
  layer.techniques = {
      {"T1190", "", 2.5, "", "two of them \xff", true, {{"host", "web"}, {"host", "mail"}}},
      {"T1021.001", "persistence", 1.0, "", "", true, {}},
      {"T1021.001", "lateral-movement", std::nullopt, "#FF00aa", "", false, {}},
  };
  layer.gradient = {{"#ff6666", "#8ec843"}, 0, 10};
  layer.legend = {{"not modelled", "#cccccc"}};
  layer.metadata = {{"model", "m.yaml"}};
  return layer;
}

std::string message(NavigatorLayer layer) {
  const auto text = navigatorLayer(layer);
  return text ? "" : text.error().front().message;
}

TEST(NavigatorLayer, IsWhatFormat45Wants) {
  const std::string text = navigatorLayer(layer()).value();
  EXPECT_EQ(text, navigatorLayer(layer()).value());
  const Json json = Json::parse(text);
  EXPECT_EQ(json["name"], "Depth");
  EXPECT_EQ(json["domain"], "enterprise-attack");
  EXPECT_EQ(json["versions"], (Json{{"attack", "18"}, {"navigator", "4.9.0"}, {"layer", "4.5"}}));
  ASSERT_EQ(json["techniques"].size(), 3u);
  EXPECT_EQ(
      json["techniques"][0],
      Json::parse(
          R"({"techniqueID":"T1021.001","tactic":"lateral-movement","color":"#FF00aa","enabled":false})"));
  EXPECT_EQ(json["techniques"][1],
            Json::parse(R"({"techniqueID":"T1021.001","tactic":"persistence","score":1,"enabled":true})"));
  EXPECT_EQ(json["techniques"][2].dump(),
            R"({"techniqueID":"T1190","score":2.5,"comment":"two of them �","enabled":true,)"
            R"("metadata":[{"name":"host","value":"web"},{"name":"host","value":"mail"}]})");
  EXPECT_EQ(json["gradient"], Json::parse(R"({"colors":["#ff6666","#8ec843"],"minValue":0,"maxValue":10})"));
  EXPECT_EQ(json["legendItems"], Json::parse(R"([{"label":"not modelled","color":"#cccccc"}])"));
  EXPECT_EQ(json["metadata"], Json::parse(R"([{"name":"model","value":"m.yaml"}])"));
}

TEST(NavigatorLayer, TheOrderOfTheTechniquesIsTheFilesNotTheCallers) {
  NavigatorLayer turned = layer();
  std::swap(turned.techniques[0], turned.techniques[2]);
  EXPECT_EQ(navigatorLayer(turned), navigatorLayer(layer()));
}

TEST(NavigatorLayer, LeavesOutWhatIsNotSaid) {
  NavigatorLayer bare;
  bare.name = "x";
  bare.domain = catalog::Framework::attackIcs;
  bare.techniques = {{"T0801", "", {}, "", "", true, {}}};
  const Json json = Json::parse(navigatorLayer(bare).value());
  EXPECT_EQ(json["domain"], "ics-attack");
  EXPECT_FALSE(json["versions"].contains("attack"));
  EXPECT_FALSE(json.contains("gradient"));
  EXPECT_EQ(json["techniques"][0].dump(), R"({"techniqueID":"T0801","enabled":true})");
}

TEST(NavigatorLayer, RefusesWhatTheNavigatorWouldNotRead) {
  EXPECT_EQ(message(layer()), "");
  const auto with = [](auto change) {
    NavigatorLayer changed = layer();
    change(changed);
    return message(changed);
  };
  EXPECT_EQ(with([](auto& l) { l.name.clear(); }), "the layer has no name");
  EXPECT_EQ(with([](auto& l) { l.domain = catalog::Framework::d3fend; }), "the domain is d3fend");
  for (const char* id :
       {"", "T", "T119", "T11900", "T1190.", "T1190.1", "T1190.0011", "TA0001", "M1037", "t1190"})
    EXPECT_EQ(with([&](auto& l) { l.techniques[0].technique = id; }),
              std::string("'") + id + "' is no technique");
  EXPECT_EQ(with([](auto& l) { l.techniques[0].tactic = "TA0001"; }), "'TA0001' is no tactic");
  EXPECT_EQ(with([](auto& l) { l.techniques[0].score = std::numeric_limits<double>::quiet_NaN(); }),
            "the score of T1190 is no number");
  EXPECT_EQ(with([](auto& l) { l.techniques[0].color = "red"; }), "'red' is no colour");
  EXPECT_EQ(with([](auto& l) { l.techniques[1].tactic = "lateral-movement"; }),
            "T1021.001 stands twice in the layer");
  EXPECT_EQ(with([](auto& l) { l.gradient->colors.pop_back(); }), "the gradient has fewer than two colours");
  EXPECT_EQ(with([](auto& l) { l.gradient->most = 0; }), "the gradient has no extent");
  EXPECT_EQ(with([](auto& l) { l.gradient->colors[1] = "#12345g"; }), "'#12345g' is no colour");
  EXPECT_EQ(with([](auto& l) { l.legend[0].first.clear(); }), "a line of the legend has no label");
  EXPECT_EQ(with([](auto& l) { l.legend[0].second = "#fff"; }), "'#fff' is no colour");
}

}  // namespace
}  // namespace vauban::report
