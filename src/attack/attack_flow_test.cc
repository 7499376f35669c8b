#include "attack/attack_flow.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

namespace vauban::attack {
namespace {

AttackFlow read(const std::string& json, const AttackFlowLimits& limits = {}) {
  auto flow = readAttackFlow(json, "f.afb", limits);
  if (!flow) ADD_FAILURE() << (flow.error().empty() ? "" : flow.error().front().message);
  return flow.value_or(AttackFlow{});
}

std::string refusal(const std::string& json, const AttackFlowLimits& limits = {}) {
  const auto flow = readAttackFlow(json, "f.afb", limits);
  if (flow) return "";
  for (const Diagnostic& diagnostic : flow.error())
    if (diagnostic.severity == Severity::error)
      return fmt::format("{}: {}", diagnostic.place.toString(), diagnostic.message);
  return "";
}

std::vector<std::string> warnings(const AttackFlow& flow) {
  std::vector<std::string> texts;
  for (const Diagnostic& warning : flow.warnings) texts.push_back(warning.message);
  return texts;
}

// "a" or "b+c", the actions of an alternative by their ids.
std::vector<std::string> before(const AttackFlow& flow, const std::string& id) {
  const auto action = std::ranges::find(flow.actions, id, &FlowAction::id);
  if (action == flow.actions.end()) return {"no such action"};
  std::vector<std::string> ways;
  for (const FlowAlternative& way : action->before) {
    ways.emplace_back();
    for (const FlowActionId member : way)
      ways.back() += (ways.back().empty() ? "" : "+") + flow.actions[member.index()].id;
  }
  return ways;
}

std::string ids(const AttackFlow& flow) {
  std::string text;
  for (const FlowActionId action : flow.order) text += flow.actions[action.index()].id + " ";
  return text;
}

using Ways = std::vector<std::string>;

// ---- Builder 3 ----

// A block with one anchor "<id>.a", on which the latches given hang.
std::string block(const std::string& kind, const std::string& id, const std::string& properties,
                  const std::vector<std::string>& latches) {
  std::string list;
  for (const std::string& latch : latches) list += (list.empty() ? "\"" : ",\"") + latch + "\"";
  return fmt::format(R"({{"id":"{0}","instance":"{1}","properties":[{2}],"anchors":{{"0":"{1}.a"}}}},
{{"id":"vertical_anchor","instance":"{1}.a","latches":[{3}]}})",
                     kind, id, properties, list);
}
std::string line(const std::string& from, const std::string& to) {
  return fmt::format(
      R"({{"id":"dynamic_line","instance":"{0}>{1}","source":"{0}","target":"{1}","handles":[]}},
{{"id":"generic_latch","instance":"{0}"}},{{"id":"generic_latch","instance":"{1}"}})",
      from, to);
}
std::string builder(const std::vector<std::string>& objects) {
  return fmt::format(R"({{"schema":"attack_flow_v2","theme":"dark","objects":[
{{"id":"flow","instance":"f","properties":[["name","A breach"],["author",[["name","X"]]],["created",{{"time":"t"}}]],"objects":["a"]}},
{}],"layout":{{"a":[1.5,-2]}},"camera":{{"x":0,"k":1e0}}}})",
                     fmt::join(objects, ",\n"));
}

TEST(AttackFlow, ReadsBuilderFilesWithConditionsAndOperators) {
  const AttackFlow flow = read(builder({
      block("action", "c", R"(["name","Third"],["ttp",[["tactic","TA0008"],["technique","T1021.001"]]])",
            {"c1"}),
      block("action", "a",
            R"(["name","First"],["ttp",[["tactic",null],["technique",null]]],["confidence","probable"])",
            {"a1", "a2"}),
      block("action", "b",
            R"(["name",null],["technique_id"," T1059\n"],["tactic_id","execution"],["confidence",null])",
            {"b1"}),
      block("AND_operator", "and", R"(["operator","AND"])", {"and1", "and2", "and3"}),
      block("condition", "if", R"(["description","x"])", {"if1", "if2"}),
      block("note", "n", R"(["content","x"])", {"n1", "n2"}),
      line("a1", "if1"),
      line("if2", "and1"),
      line("b1", "and2"),
      line("and3", "c1"),
  }));
  EXPECT_EQ(flow.name, "A breach");
  EXPECT_EQ(flow.format, FlowFormat::builder3);
  ASSERT_EQ(flow.actions.size(), 3u);
  EXPECT_EQ(flow.actions[0].name, "Third");
  EXPECT_EQ(flow.actions[0].technique, "T1021.001");
  EXPECT_EQ(flow.actions[0].tactic, "TA0008");
  EXPECT_EQ(flow.actions[0].confidence, std::nullopt);
  EXPECT_EQ(flow.actions[1].technique, "");
  EXPECT_EQ(flow.actions[1].confidence, 70);
  EXPECT_EQ(flow.actions[2].name, "");
  EXPECT_EQ(flow.actions[2].technique, "T1059");
  EXPECT_EQ(flow.actions[2].tactic, "");
  EXPECT_EQ(flow.actions[2].tacticWritten, "execution");
  EXPECT_EQ(before(flow, "c"), (Ways{"a+b"}));
  EXPECT_EQ(before(flow, "a"), Ways{});
  EXPECT_EQ(ids(flow), "a b c ");
  EXPECT_EQ(warnings(flow), Ways{});
}

TEST(AttackFlow, TakesAnIdOutOfMoreTextAndSaysSo) {
  const AttackFlow flow = read(builder({
      block("action", "a",
            R"(["ttp",[["tactic","AML.TA0002"],["technique","[ATL] AML.T0095.000 Repositories"]]])", {}),
      block("action", "b", R"(["technique_id","1598.003"])", {}),
      block("action", "c", R"(["tactic_id","T1110.002"],["technique_id",null])", {}),
      block("action", "d", R"(["technique_id","T1110 or T1111."],["confidence","surely"])", {}),
  }));
  ASSERT_EQ(flow.actions.size(), 4u);
  EXPECT_EQ(flow.actions[0].technique, "AML.T0095.000");
  EXPECT_EQ(flow.actions[0].techniqueWritten, "[ATL] AML.T0095.000 Repositories");
  EXPECT_EQ(flow.actions[0].tactic, "AML.TA0002");
  EXPECT_EQ(flow.actions[1].technique, "");
  EXPECT_EQ(flow.actions[1].techniqueWritten, "1598.003");
  EXPECT_EQ(flow.actions[2].technique, "T1110.002");
  EXPECT_EQ(flow.actions[2].tactic, "");
  EXPECT_EQ(flow.actions[3].technique, "");
  EXPECT_EQ(warnings(flow),
            (Ways{R"(/objects/1: the technique is "[ATL] AML.T0095.000 Repositories", read as AML.T0095.000)",
                  R"(/objects/3: the technique is "1598.003", which is no id)",
                  "/objects/5: the technique T1110.002 stands where the tactic should",
                  R"(/objects/7: the confidence is "surely")",
                  R"(/objects/7: the technique is "T1110 or T1111.", which is no id)"}));
  EXPECT_EQ(flow.warnings.front().place.toString(), "f.afb:3:1");
}

TEST(AttackFlow, LinesThatHangOnNothingAreSaid) {
  const AttackFlow flow = read(builder({
      block("action", "a", "", {"a1"}),
      block("action", "b", "", {"b1"}),
      line("a1", "b1"),
      line("a2", "b1"),
      line("a1", "b2"),
  }));
  EXPECT_EQ(before(flow, "b"), (Ways{"a"}));
  EXPECT_EQ(warnings(flow), (Ways{"/objects/8: the beginning of this line hangs on nothing",
                                  "/objects/11: the end of this line hangs on nothing"}));
}

TEST(AttackFlow, WhatIsDrawnBetweenActionsHandsOn) {
  const AttackFlow flow = read(builder({
      block("action", "a", "", {"a1"}),
      block("action", "b", "", {"b1", "b2", "b3"}),
      block("malware", "m", "", {"m1", "m2"}),
      block("vulnerability", "v", "", {"v1"}),
      block("action", "c", "", {"c1"}),
      line("a1", "m1"),
      line("m2", "b1"),
      line("v1", "b2"),
      line("b3", "c1"),
  }));
  EXPECT_EQ(before(flow, "b"), (Ways{"a"}));
  EXPECT_EQ(before(flow, "c"), (Ways{"b"}));
}

TEST(AttackFlow, CirclesAreReadAndTheOrderSaysWhereOneEnters) {
  const AttackFlow flow = read(builder({
      block("action", "c", "", {"c1", "c2"}),
      block("action", "b", "", {"b1", "b2", "b3"}),
      block("action", "a", "", {"a1"}),
      block("action", "s", "", {"s1", "s2"}),
      line("a1", "b1"),
      line("b2", "c1"),
      line("c2", "b3"),
      line("s1", "s2"),
  }));
  EXPECT_EQ(before(flow, "b"), (Ways{"c", "a"}));
  EXPECT_EQ(ids(flow), "a s b c ");
  EXPECT_EQ(warnings(flow).size(), 1u);  // of s, which only it itself leads to
}

// ---- Builder 0.1 and 2 ----

TEST(AttackFlow, ReadsFilesOfOlderBuilders) {
  const AttackFlow flow =
      read(R"({"version":"2.0.0","id":"x","schema":{"page_template":"flow","templates":[{"id":"action"}]},
"objects":[
{"id":"p","x":0,"template":"flow","children":["l","l2","a","if","b"],"properties":[["name","Old"]]},
{"id":"l","template":"@__builtin__line_vertical_elbow","children":["l.h","l.t","l.s"],"properties":[]},
{"id":"l2","template":"@__builtin__line_horizontal_elbow","children":["l2.s","l2.t","l2.h"],"properties":[]},
{"id":"l3","template":"@__builtin__line_horizontal_elbow","children":["l2.h"],"properties":[]},
{"id":"a","template":"action","children":["a.0"],"properties":[["name","A"],["technique_id","T1190"],["tactic_id","TA0001"]]},
{"id":"if","template":"condition","children":["if.0","if.1"],"properties":[["description","x"]]},
{"id":"b","template":"action","children":["b.0"],"properties":[["name","B"]]},
{"id":"a.0","template":"@__builtin__anchor","children":["l.s"],"angle":1},
{"id":"if.0","template":"@__builtin__anchor","children":["l.t"]},
{"id":"if.1","template":"true_anchor","children":["l2.s"]},
{"id":"b.0","template":"@__builtin__anchor","children":["l2.t"]},
{"id":"l.s","template":"@__builtin__line_source","children":[]},
{"id":"l.t","template":"@__builtin__line_target","children":[]},
{"id":"l.h","template":"@__builtin__line_handle","children":[]},
{"id":"l2.s","template":"@__builtin__line_source","children":[]},
{"id":"l2.t","template":"@__builtin__line_target","children":[]},
{"id":"l2.h","template":"@__builtin__line_handle","children":[]}],
"location":{"x":1.5}})");
  EXPECT_EQ(flow.name, "Old");
  EXPECT_EQ(flow.format, FlowFormat::builder2);
  ASSERT_EQ(flow.actions.size(), 2u);
  EXPECT_EQ(flow.actions[0].technique, "T1190");
  EXPECT_EQ(before(flow, "b"), (Ways{"a"}));
  EXPECT_EQ(warnings(flow), (Ways{"/objects/3: the beginning of this line hangs on nothing"}));
}

// ---- STIX ----

std::string bundle(const std::string& objects) {
  return fmt::format(R"({{"type":"bundle","id":"bundle--1","objects":[
{{"type":"attack-flow","id":"attack-flow--1","name":"F","scope":"other","start_refs":["attack-action--a"]}},
{}]}})",
                     objects);
}

TEST(AttackFlow, ReadsBundles) {
  const AttackFlow flow = read(bundle(R"(
{"type":"attack-action","id":"attack-action--a","name":"A","technique_id":"T1190","confidence":85,
 "effect_refs":["attack-condition--1","attack-operator--2"],"asset_refs":["attack-asset--1"]},
{"type":"attack-action","id":"attack-action--b","name":"B","technique_ref":"attack-pattern--1","tactic_ref":"x-mitre-tactic--1",
 "effect_refs":["attack-operator--1","attack-action--zz"]},
{"type":"attack-condition","id":"attack-condition--1","description":"x","on_true_refs":["attack-operator--1"],
 "on_false_refs":["attack-action--d"]},
{"type":"attack-operator","id":"attack-operator--1","operator":"AND","effect_refs":["attack-action--c"]},
{"type":"attack-operator","id":"attack-operator--2","operator":"XOR","effect_refs":["attack-action--e"]},
{"type":"attack-action","id":"attack-action--c","name":"C","technique_ref":"attack-pattern--9"},
{"type":"attack-action","id":"attack-action--d","name":"D","revoked":true},
{"type":"attack-action","id":"attack-action--e","name":"E","confidence":101},
{"type":"attack-asset","id":"attack-asset--1","name":"x"},
{"type":"attack-dream","id":"attack-dream--1","name":[]},
{"type":"relationship","id":"relationship--1","source_ref":"malware--1","target_ref":"attack-action--a"},
{"type":"malware","id":"malware--1","name":"x"},
{"type":"x-mitre-tactic","id":"x-mitre-tactic--1","external_references":[{"source_name":"mitre-attack","external_id":"TA0002"}]},
{"type":"attack-pattern","id":"attack-pattern--1","name":"x","external_references":[
 {"source_name":"other","external_id":"T1111"},{"source_name":"mitre-attack","external_id":"T1059.001","url":"u"}]})"));
  EXPECT_EQ(flow.format, FlowFormat::stix);
  EXPECT_EQ(flow.name, "F");
  ASSERT_EQ(flow.actions.size(), 5u);
  EXPECT_EQ(flow.actions[0].confidence, 85);
  EXPECT_EQ(flow.actions[1].technique, "T1059.001");
  EXPECT_EQ(flow.actions[1].techniqueReference, "attack-pattern--1");
  EXPECT_EQ(flow.actions[1].tactic, "TA0002");
  EXPECT_EQ(flow.actions[2].technique, "");
  EXPECT_EQ(before(flow, "attack-action--c"), (Ways{"attack-action--a+attack-action--b"}));
  EXPECT_EQ(before(flow, "attack-action--d"), (Ways{"attack-action--a"}));
  EXPECT_EQ(before(flow, "attack-action--e"), (Ways{"attack-action--a"}));
  EXPECT_EQ(warnings(flow), (Ways{"/objects/2: it goes on to attack-action--zz, which is not in the file",
                                  "/objects/5: the operator is \"XOR\": read as OR, which asks for less",
                                  "/objects/7: the object is revoked; it is read all the same",
                                  "/objects/8: the confidence is 101",
                                  "/objects/10: objects of type \"attack-dream\" are passed over"}));
}

// ---- What is refused ----

TEST(AttackFlow, RefusesWithAPlace) {
  EXPECT_EQ(refusal(""), "f.afb:1:1: the file is empty");
  EXPECT_EQ(refusal("[]"), "f.afb:1:1: the text is not a JSON object");
  EXPECT_EQ(refusal("{}"), "f.afb:1:1: this is no Attack Flow");
  EXPECT_EQ(refusal(R"({"objects":[]})"), "f.afb:1:1: this is no Attack Flow");
  EXPECT_EQ(refusal(R"({"type":"bundle","objects":[{"type":"attack-pattern","id":"attack-pattern--1"}]})"),
            "f.afb:1:1: this is no Attack Flow: there is neither a flow nor an action in it");
  EXPECT_EQ(refusal(R"({"schema":"attack_flow_v2","objects":7})"), "f.afb:1:38: objects is a number");
  EXPECT_EQ(refusal(bundle(R"({"type":"attack-action","name":"A"})")),
            "f.afb:3:1: /objects/1: the object has no id");
  EXPECT_EQ(refusal(bundle(R"({"type":"attack-action","id":"a"},{"id":"a","type":"malware"})")),
            "f.afb:3:35: /objects/2: the id a is that of /objects/1 too");
  EXPECT_EQ(refusal(bundle(R"({"type":"attack-action","id":"a","name":7})")),
            "f.afb:3:41: /objects/1: name has another type than it should");
  EXPECT_EQ(refusal(bundle(R"({"type":"attack-action","id":"a","effect_refs":"b"})")),
            "f.afb:3:48: /objects/1: effect_refs has another type than it should");
  EXPECT_EQ(refusal(bundle(R"({"type":"attack-action","id":"a","effect_refs":["b",["c"]]})")),
            "f.afb:3:53: /objects/1: an id in a list has another type than it should");
  EXPECT_EQ(refusal(bundle(R"({"type":"attack-action","id":"a","confidence":9.5})")),
            "f.afb:3:47: /objects/1: confidence has another type than it should");
  EXPECT_EQ(
      refusal(builder(
          {R"({"id":"action","instance":"a","anchors":{"0":"x"}},{"id":"note","instance":"b","anchors":{"0":"x"}})"})),
      "f.afb:3:52: /objects/2: x hangs on this and on /objects/1");
  EXPECT_NE(refusal(R"({"type":"bundle","objects":[{"type":"attack-action","id":"a")"), "");
}

TEST(AttackFlow, OddFieldsOfOtherObjectsAreNobodysBusiness) {
  const AttackFlow flow = read(bundle(
      R"({"type":"attack-action","id":"a"},{"type":"tool","id":"t","name":{"de":"x"},"confidence":"low","source":1},
{"type":"tool","id":"t"},{"type":"tool"},{"type":"tool","id":"u","external_references":[["x"],{"source_name":1}]})"));
  EXPECT_EQ(flow.actions.size(), 1u);
}

TEST(AttackFlow, LimitsEndInOneError) {
  const std::string three = bundle(R"({"type":"attack-action","id":"a"},{"type":"attack-action","id":"b"})");
  EXPECT_EQ(refusal(three, {.objects = 3}), "");
  EXPECT_EQ(refusal(three, {.objects = 2}), "f.afb:3:35: the file has more than 2 objects");
  EXPECT_EQ(refusal(three, {.actions = 2}), "");
  EXPECT_EQ(refusal(three, {.actions = 1}), "f.afb:1:1: the file has more than 1 actions");
  EXPECT_EQ(refusal(three, {.bytes = 20}), "f.afb:1:1: the file has more than 20 bytes");
  const std::string deep = std::string(80, '[') + std::string(80, ']');
  EXPECT_NE(refusal(bundle(R"({"type":"attack-action","id":"a","x":)" + deep + "}"))
                .find("nested more than 64 deep"),
            std::string::npos);
  const std::string ways = bundle(R"({"type":"attack-action","id":"a","effect_refs":["c"]},
{"type":"attack-action","id":"b","effect_refs":["c"]},{"type":"attack-action","id":"c"})");
  EXPECT_EQ(refusal(ways, {.sequence = {.alternatives = 1}}),
            "f.afb:1:1: the arrows of the file lead to its actions in too many ways");
}

TEST(AttackFlow, WarningsBeyondTheLimitAreCounted) {
  std::string objects;
  for (int i = 0; i < 20; ++i)
    objects += fmt::format("{}{{\"type\":\"attack-action\",\"id\":\"{}\",\"technique_id\":\"no\"}}",
                           i == 0 ? "" : ",", i);
  const AttackFlow flow = read(bundle(objects), {.diagnostics = 5});
  EXPECT_EQ(flow.actions.size(), 20u);
  ASSERT_EQ(flow.warnings.size(), 6u);
  EXPECT_FALSE(hasErrors(flow.warnings));
}

// ---- Real ones ----

struct Published {
  const char *file, *name;
  std::size_t actions, withTechnique, first, alternatives, members;
};
constexpr Published kPublished[] = {
    {"Black_Basta_Ransomware.afb", "Black Basta Ransomware", 38, 38, 1, 42, 48},
    {"CISA_AA22-138B_VMWare_Workspace_(TA1).afb", "CISA AA22-138B VMWare Workspace (TA1)", 10, 10, 1, 9, 10},
    {"CISA_Iranian_APT.afb", "CISA Iranian APT", 23, 22, 1, 22, 22},
    {"Conti_CISA_Alert.afb", "Conti CISA Alert", 18, 13, 5, 34, 34},
    {"Conti_Ransomware.afb", "Conti Ransomware", 19, 18, 1, 18, 20},
    {"Equifax_Breach.afb", "Equifax Breach", 12, 12, 1, 11, 13},
    {"FIN13_Case_1.afb", "FIN13 Case 1", 40, 36, 1, 39, 43},
    {"Gootloader.afb", "Gootloader", 36, 36, 1, 35, 41},
    {"Ivanti_Vulnerabilities.afb", "Ivanti Vulnerabilities", 23, 18, 1, 23, 23},
    {"MITRE_NERVE.afb", "MITRE NERVE", 33, 24, 1, 33, 33},
    {"OpenClaw.afb", "OpenClaw Command & Control via Prompt Injection", 18, 18, 2, 19, 23},
};

TEST(AttackFlow, ReadsEveryActionOfThePublishedFlows) {
  const std::filesystem::path folder = std::filesystem::path(VAUBAN_SHARED_DIR) / "data" / "attack-flow";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "needs ../shared/data/attack-flow";
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    files += entry.path().extension() == ".afb" ? 1 : 0;
  EXPECT_EQ(files, std::size(kPublished));
  for (const Published& published : kPublished) {
    SCOPED_TRACE(published.file);
    std::ifstream stream(folder / published.file, std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
    const auto flow = readAttackFlow(text, published.file);
    ASSERT_TRUE(flow.has_value()) << flow.error().front().message;
    EXPECT_EQ(*flow, readAttackFlow(text, published.file).value());
    EXPECT_EQ(flow->name, published.name);
    EXPECT_EQ(flow->format, FlowFormat::builder3);
    EXPECT_EQ(flow->actions.size(), published.actions);
    std::size_t withTechnique = 0, first = 0, alternatives = 0, members = 0;
    for (const FlowAction& action : flow->actions) {
      withTechnique += action.technique.empty() ? 0 : 1;
      first += action.before.empty() ? 1 : 0;
      alternatives += action.before.size();
      for (const FlowAlternative& way : action.before) members += way.size();
    }
    EXPECT_EQ(withTechnique, published.withTechnique);
    EXPECT_EQ(first, published.first);
    EXPECT_EQ(alternatives, published.alternatives);
    EXPECT_EQ(members, published.members);
    EXPECT_EQ(std::set(flow->order.begin(), flow->order.end()).size(), published.actions);
    // Two techniques of the newest one stand in more text; nothing else is odd.
    const bool newest = std::string_view(published.file) == "OpenClaw.afb";
    for (const Diagnostic& warning : flow->warnings)
      EXPECT_TRUE(newest && warning.message.find("[ATL] AML.T") != std::string::npos) << warning.message;
    EXPECT_EQ(flow->warnings.size(), newest ? 2u : 0u);
  }
}

}  // namespace
}  // namespace vauban::attack
