#include "report/attack_flow_stix.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

namespace vauban::report {
namespace {

using Json = nlohmann::json;

constexpr FlowTime kTime{std::chrono::milliseconds{1'700'000'000'123}};
constexpr const char* kExtension = "extension-definition--fb9c968a-745b-4ade-9b25-c324172197f4";

AttackFlowDrawing drawing() {
  return {"Way to \"data\"",
          "how",
          {{"T1566.001", "TA0001", "Attachment", "it is opened", "desk", {}},
           {"T1078", "", "A password \xff", "", "", {}},
           {"T1021.001", "TA0008", "Log in", "", "server", {{0, 1}}},
           {"T1190", "TA0001", "Exploit", "", "server", {}},
           {"", "", "Read", "", "server", {{2}, {3}, {0, 1}}}}};
}

std::vector<Json> objects(const std::string& text) {
  return Json::parse(text)["objects"].get<std::vector<Json>>();
}

std::vector<Json> ofType(const std::string& text, const std::string& type) {
  std::vector<Json> some;
  for (const Json& object : objects(text))
    if (object["type"] == type) some.push_back(object);
  return some;
}

// What STIX 2.1 (2.9, 3.1, 3.2, 7.3) and version 2 of the extension want of an object.
struct Wanted {
  std::vector<std::string> required;
  std::map<std::string, std::string> references;  // lists, and what the ids in them must match
};
const std::map<std::string, Wanted> kWanted = {
    {"attack-flow", {{"name", "start_refs", "scope"}, {{"start_refs", "attack-(action|condition)"}}}},
    {"attack-action",
     {{"name"}, {{"effect_refs", "attack-(action|operator|condition)"}, {"asset_refs", "attack-asset"}}}},
    {"attack-operator", {{"operator"}, {{"effect_refs", "attack-(action|operator|condition)"}}}},
    {"attack-asset", {{"name"}, {}}},
    {"identity", {{"name"}, {}}},
    {"extension-definition", {{"name", "schema", "version", "extension_types", "created_by_ref"}, {}}},
};

void expectValid(const std::string& text) {
  const Json bundle = Json::parse(text);
  EXPECT_EQ(bundle["type"], "bundle");
  const std::string uuid = "[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";
  const std::regex time(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)");
  EXPECT_TRUE(std::regex_match(bundle["id"].get<std::string>(), std::regex("bundle--" + uuid)));
  std::set<std::string> ids;
  for (const Json& object : bundle["objects"]) EXPECT_TRUE(ids.insert(object["id"]).second) << object["id"];
  std::size_t flows = 0;
  for (const Json& object : bundle["objects"]) {
    SCOPED_TRACE(object.dump());
    const std::string type = object["type"];
    ASSERT_TRUE(kWanted.contains(type));
    flows += type == "attack-flow" ? 1 : 0;
    EXPECT_EQ(object["spec_version"], "2.1");
    EXPECT_TRUE(std::regex_match(object["id"].get<std::string>(), std::regex(type + "--" + uuid)));
    for (const char* key : {"created", "modified"})
      EXPECT_TRUE(std::regex_match(object.value(key, ""), time)) << key;
    EXPECT_TRUE(ids.contains(object.value("created_by_ref", object.value("id", ""))));
    EXPECT_TRUE(!type.starts_with("attack-") ||
                object["extensions"][kExtension]["extension_type"] == "new-sdo");
    for (const std::string& key : kWanted.at(type).required) EXPECT_TRUE(object.contains(key)) << key;
    for (const auto& [key, kinds] : kWanted.at(type).references) {
      if (!object.contains(key)) continue;
      EXPECT_FALSE(object[key].empty());
      for (const std::string reference : object[key]) {
        EXPECT_TRUE(ids.contains(reference)) << reference;
        EXPECT_TRUE(std::regex_match(reference, std::regex(kinds + "--.*"))) << reference;
      }
    }
    for (const auto& [key, value] : object.items()) EXPECT_FALSE(value.is_null() || value == "") << key;
  }
  EXPECT_EQ(flows, 1u);
}

TEST(NameBasedUuid, IsThatOfTheStandard) {
  // RFC 9562, A.4: www.example.com within the name space of DNS.
  const std::string_view dns("\x6b\xa7\xb8\x10\x9d\xad\x11\xd1\x80\xb4\x00\xc0\x4f\xd4\x30\xc8", 16);
  EXPECT_EQ(nameBasedUuid(dns, "www.example.com"), "2ed6657d-e927-568b-95e1-2665a8aea6a2");
}

TEST(AttackFlowStix, IsWhatTheExtensionWants) {
  const std::string text = attackFlowStix(drawing(), kTime).value();
  expectValid(text);
  EXPECT_EQ(ofType(text, "attack-action").size(), 5u);
  EXPECT_EQ(ofType(text, "attack-asset").size(), 2u);
  const Json flow = ofType(text, "attack-flow").at(0);
  EXPECT_EQ(flow["name"], "Way to \"data\"");
  EXPECT_EQ(flow["start_refs"].size(), 3u);
  EXPECT_EQ(flow["created"], "2023-11-14T22:13:20.123Z");
  const Json first = ofType(text, "attack-action").at(0);
  EXPECT_EQ(first["technique_id"], "T1566.001");
  EXPECT_EQ(first["tactic_id"], "TA0001");
  EXPECT_EQ(first["description"], "it is opened");
  const Json last = ofType(text, "attack-action").at(4);
  EXPECT_FALSE(last.contains("technique_id"));
  EXPECT_FALSE(last.contains("effect_refs"));
}

TEST(AttackFlowStix, SeveralStepsMeetInOperators) {
  const std::string text = attackFlowStix(drawing(), kTime).value();
  std::map<std::string, Json> byId;
  for (const Json& object : objects(text)) byId[object["id"]] = object;
  const auto actions = ofType(text, "attack-action");
  // 0 leads to 2 over one AND, and to 4 over another and the OR.
  ASSERT_EQ(actions[0]["effect_refs"].size(), 2u);
  const Json both = byId[actions[0]["effect_refs"][0]], other = byId[actions[0]["effect_refs"][1]];
  EXPECT_EQ(both["operator"], "AND");
  EXPECT_EQ(both["effect_refs"], Json::array({actions[2]["id"]}));
  EXPECT_EQ(other["operator"], "AND");
  EXPECT_EQ(actions[1]["effect_refs"], actions[0]["effect_refs"]);
  const Json any = byId[other["effect_refs"][0]];
  EXPECT_EQ(any["operator"], "OR");
  EXPECT_EQ(any["effect_refs"], Json::array({actions[4]["id"]}));
  EXPECT_EQ(actions[2]["effect_refs"], Json::array({any["id"]}));
  EXPECT_EQ(actions[3]["effect_refs"], Json::array({any["id"]}));
}

TEST(AttackFlowStix, IdsAreOfTheContentAndNotOfTheTime) {
  const auto ids = [](const AttackFlowDrawing& flow, FlowTime time) {
    std::set<std::string> all;
    for (const Json& object : objects(attackFlowStix(flow, time).value()))
      if (object["type"] != "identity" && object["type"] != "extension-definition") all.insert(object["id"]);
    return all;
  };
  EXPECT_EQ(attackFlowStix(drawing(), kTime), attackFlowStix(drawing(), kTime));
  const auto once = ids(drawing(), kTime);
  EXPECT_EQ(once, ids(drawing(), kTime + std::chrono::hours(1)));
  for (int change = 0; change < 3; ++change) {
    AttackFlowDrawing changed = drawing();
    if (change == 0) changed.title += ".";
    if (change == 1) changed.steps[4].before.pop_back();
    if (change == 2) changed.steps[1].host = "x";
    for (const std::string& id : ids(changed, kTime)) EXPECT_FALSE(once.contains(id));
  }
  // Two steps that are the same are two objects.
  AttackFlowDrawing twins = {"t", "", {{"T1078", "", "n", "", "", {}}, {"T1078", "", "n", "", "", {}}}};
  expectValid(attackFlowStix(twins, kTime).value());
}

TEST(AttackFlowStix, ACircleStartsSomewhereAndNothingIsNoFlow) {
  const AttackFlowDrawing circle = {"t", "", {{"", "", "a", "", "", {{1}}}, {"", "", "b", "", "", {{0}}}}};
  const std::string text = attackFlowStix(circle, kTime).value();
  expectValid(text);
  EXPECT_EQ(ofType(text, "attack-flow")[0]["start_refs"].size(), 1u);
  const auto none = attackFlowStix({"t", "", {}}, kTime);
  ASSERT_FALSE(none.has_value());
  EXPECT_TRUE(hasErrors(none.error()));
}

}  // namespace
}  // namespace vauban::report
