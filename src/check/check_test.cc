#include "check/check.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

#include "model/cone.h"
#include "model/model_reader.h"

namespace vauban::check {
namespace {

using Json = nlohmann::json;

// Two zones, nothing allowed, everything stated: a certificate small enough to write by hand.
constexpr const char* kModel = R"(vauban: 1
name: tiny
zones:
  clients: {networks: [10.20.0.0/16]}
  internet: {networks: [0.0.0.0/0, "::/0"], untrusted: true}
hosts:
  ws: {zone: clients, address: 10.20.0.5, services: {}}
  log: {zone: clients, address: 10.20.0.6, services: {s: {behaviour: file-share, port: tcp/445}}}
flows:
  - deny: {from: ws, to: internet, service: dns}
  - allow: {from: log, to: internet, service: https}
enforcement:
  anti-spoofing: host
  families: [ipv4, ipv6]
  uncovered: drop
  stateful: {established: true, related: none, helpers: []}
  unmatched: drop
claims:
  - {id: out, never: {channel: {from: ws, to: internet, over: any}}}
  - {id: dns, never: {channel: {from: ws, to: internet, over: dns, direct: true}}}
  - {id: reach, never: {reach: {from: ws, to: internet, service: dns}}}
  - {id: always, always: {reach: {from: log, to: internet, service: https}}}
)";

struct Tiny {
  model::BehaviourCatalogue behaviours;
  model::Model model;
};

Tiny tiny(const std::string& text = kModel) {
  auto behaviours = model::BehaviourCatalogue::builtIn();
  VAUBAN_CHECK(behaviours.has_value());
  Tiny made;
  made.behaviours = std::move(*behaviours);
  model::Vocabulary vocabulary;
  vocabulary.behaviours = &made.behaviours;
  auto read = model::readModelText("m.yaml", text, vocabulary);
  VAUBAN_CHECK(read.has_value());
  made.model = std::move(*read);
  made.model.linkPrograms.resize(made.model.links.size());
  return made;
}

Json reason(const std::string& kind, const std::string& about, const std::string& key, int line, int column,
            const std::string& text) {
  const std::string layer = about == "point" ? "device " + key : "software " + key;
  return {{"kind", kind},
          {"layer", layer},
          {"place", {{"file", "m.yaml"}, {"line", line}, {"column", column}}},
          {"text", text},
          {about, key}};
}

// The keys of the ideal point as r1 ... r7.
Json keys() {
  const char* point = "ideal point";
  return {{"r1", reason("key", "point", point, 13, 18, "anti-spoofing: host")},
          {"r2", reason("key", "point", point, 14, 13, "families: ipv4, ipv6")},
          {"r3", reason("key", "point", point, 15, 14, "uncovered: drop")},
          {"r4", reason("key", "point", point, 16, 27, "established: true")},
          {"r5", reason("key", "point", point, 16, 42, "related: none")},
          {"r6", reason("key", "point", point, 16, 57, "helpers: none")},
          {"r7", reason("key", "point", point, 17, 14, "unmatched: drop")}};
}

Json claimOf(const std::string& id, const std::string& kind, const std::string& subject,
             const std::string& from, const std::string& over) {
  return {{"id", id},
          {"kind", kind},
          {"subject", subject},
          {"from", {from}},
          {"to", {"internet"}},
          {"held-by-adversary", Json::array()},
          {"via", Json::array()},
          {"over", over},
          {"direct", id == "dns"},
          {"both-ways", false}};
}

Json finished(const Tiny& made, Json certificate, const std::vector<std::string>& parties) {
  certificate["format"] = "vauban-certificate";
  certificate["version"] = 1;
  certificate["model"] = "tiny";
  for (const model::Claim& claim : made.model.claims) {
    if (claim.id != certificate["claim"]["id"]) continue;
    const model::Cone cone = model::coneOf(made.model, made.behaviours, claim, parties);
    certificate["cone"] = {
        {"hash", cone.hash}, {"zones", cone.zones}, {"hosts", cone.hosts}, {"rules", cone.rules}};
  }
  return certificate;
}

Json directCertificate(const Tiny& made) {
  Json all = keys();
  all["r8"] = reason("policy", "point", "ideal point", 9, 1, "flows");
  all["r9"] = reason("rule", "point", "ideal point", 10, 5, "deny: {from: ws, to: internet, service: dns}");
  all["r10"] = reason("services", "host", "ws", 7, 43, "services");
  const Json because{"r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9"};
  return finished(made,
                  {{"claim", claimOf("dns", "never", "channel", "ws", "dns")},
                   {"reasons", all},
                   {"closures",
                    {{{"role", "claim"},
                      {"from", {"host ws"}},
                      {"states", {{{"state", "code host ws"}, {"over", false}}}},
                      {"steps",
                       {{{"from", "host ws"},
                         {"to", "zone internet"},
                         {"shut", {"code zone internet"}},
                         {"because", because}}}},
                      {"hosts", {{{"host", "ws"}, {"because", {"r10"}}}}},
                      {"services", Json::array()}}}}},
                  {"host ws"});
}

Json reachCertificate(const Tiny& made) {
  Json all = keys();
  all["r8"] = reason("policy", "point", "ideal point", 9, 1, "flows");
  all["r9"] = reason("rule", "point", "ideal point", 10, 5, "deny: {from: ws, to: internet, service: dns}");
  const Json because{"r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9"};
  return finished(made,
                  {{"claim", claimOf("reach", "never", "reach", "ws", "dns")},
                   {"reasons", all},
                   {"pairs", {{{"from", "host ws"}, {"to", "zone internet"}, {"because", because}}}}},
                  {"host ws", "zone internet"});
}

Json alwaysCertificate(const Tiny& made) {
  Json all;
  all["r1"] =
      reason("accept", "point", "ideal point", 11, 5, "allow: {from: log, to: internet, service: https}");
  std::vector<std::string> because{"r1"};
  const Json shared = keys();
  for (const auto& [id, key] : shared.items()) {
    because.push_back("r" + std::to_string(std::stoi(id.substr(1)) + 1));
    all[because.back()] = key;
  }
  std::ranges::sort(because);
  return finished(made,
                  {{"claim", claimOf("always", "always", "reach", "log", "https")},
                   {"reasons", all},
                   {"pairs", {{{"from", "host log"}, {"to", "zone internet"}, {"because", because}}}}},
                  {"host log", "zone internet"});
}

Result run(const Tiny& made, const Json& certificate) {
  return check(certificate.dump(), "c.json", made.model, made.behaviours);
}

std::string said(const Result& result) {
  std::string all;
  for (const Diagnostic& one : result.diagnostics) all += one.place.toString() + ": " + one.message + "\n";
  for (const Rejection& one : result.rejections) all += one.where + ": " + one.reason + "\n";
  return all;
}

TEST(Check, AcceptsWhatIsTrue) {
  const Tiny made = tiny();
  EXPECT_EQ(said(run(made, directCertificate(made))), "");
  EXPECT_EQ(said(run(made, reachCertificate(made))), "");
  EXPECT_EQ(said(run(made, alwaysCertificate(made))), "");
  const Result result = run(made, directCertificate(made));
  EXPECT_EQ(result.states, 1U);
  EXPECT_EQ(result.reasons, 10U);
}

struct Lie {
  const char* says;
  std::function<void(Json&)> tell;
};

TEST(Check, RejectsEachLieWithItsReason) {
  const Tiny made = tiny();
  const std::vector<Lie> lies{
      {"this is a certificate of the model 'other'", [](Json& c) { c["model"] = "other"; }},
      {"the model has no claim 'nope'", [](Json& c) { c["claim"]["id"] = "nope"; }},
      {"says something else in the model: over", [](Json& c) { c["claim"]["over"] = "ntp"; }},
      {"says something else in the model: direct", [](Json& c) { c["claim"]["direct"] = false; }},
      {"says something else in the model: from", [](Json& c) { c["claim"]["from"] = {"clients"}; }},
      {"the cone's hash is sha256:", [](Json& c) { c["cone"]["hash"] = "sha256:0"; }},
      {"the cone has other zones", [](Json& c) { c["cone"]["zones"] = Json::array(); }},
      {"the cone has other hosts", [](Json& c) { c["cone"]["hosts"].push_back("x"); }},
      {"the cone has other rules", [](Json& c) { c["cone"]["rules"]["ideal point"] = 7; }},
      {"the model states no 'uncovered: pass'",
       [](Json& c) { c["reasons"]["r3"]["text"] = "uncovered: pass"; }},
      {"the model states no 'flows'", [](Json& c) { c["reasons"]["r8"]["place"]["line"] = 11; }},
      {"reason 'r11' is named nowhere", [](Json& c) { c["reasons"]["r11"] = c["reasons"]["r1"]; }},
      {"says what another says", [](Json& c) { c["reasons"]["r11"] = c["reasons"]["r1"]; }},
      {"is out of order", [](Json& c) { std::swap(c["reasons"]["r1"], c["reasons"]["r2"]); }},
      {"there is no closure", [](Json& c) { c["closures"] = Json::array(); }},
      {"is not that of the claim", [](Json& c) { c["closures"][0]["role"] = "his-end"; }},
      {"only a both-ways claim", [](Json& c) { c["closures"][0]["backwards"] = true; }},
      {"starts elsewhere", [](Json& c) { c["closures"][0]["from"] = {"host log"}; }},
      {"where it starts", [](Json& c) { c["closures"][0]["states"] = Json::array(); }},
      {"there is no state 'code host nobody'",
       [](Json& c) { c["closures"][0]["states"][0]["state"] = "code host nobody"; }},
      {"he waits there",
       [](Json& c) {
         c["closures"][0]["states"].push_back({{"state", "code zone internet"}, {"over", true}});
       }},
      {"is left out", [](Json& c) { c["closures"][0]["steps"] = Json::array(); }},
      {"lists other states as shut",
       [](Json& c) { c["closures"][0]["steps"][0]["shut"] = {"code host log"}; }},
      {"is there twice", [](Json& c) { c["closures"][0]["steps"].push_back(c["closures"][0]["steps"][0]); }},
      {"is none: nothing is shut there", [](Json& c) { c["closures"][0]["steps"][0]["to"] = "host log"; }},
      {"'flows' (policy of ideal point) is left out",
       [](Json& c) { c["closures"][0]["steps"][0]["because"].erase(7); }},
      {"decides nothing here", [](Json& c) { c["closures"][0]["steps"][0]["because"] = {"r1", "r10"}; }},
      {"there is no reason 'r99'", [](Json& c) { c["closures"][0]["steps"][0]["because"].push_back("r99"); }},
      {"the reasons are not in order",
       [](Json& c) {
         std::swap(c["closures"][0]["steps"][0]["because"][0], c["closures"][0]["steps"][0]["because"][1]);
       }},
      {"host ws is left out", [](Json& c) { c["closures"][0]["hosts"] = Json::array(); }},
      {"has nothing to say here", [](Json& c) { c["closures"][0]["hosts"][0]["host"] = "log"; }},
      {"a claim about channels has no pairs",
       [](Json& c) { c["pairs"] = {{{"from", "host ws"}, {"to", "zone internet"}, {"because", {"r1"}}}}; }},
  };
  for (const Lie& lie : lies) {
    Json certificate = directCertificate(made);
    lie.tell(certificate);
    const Result result = run(made, certificate);
    EXPECT_FALSE(result.accepted()) << lie.says;
    EXPECT_NE(said(result).find(lie.says), std::string::npos) << lie.says << "\nnot in\n" << said(result);
  }
}

TEST(Check, RejectsLiesAboutPairs) {
  const Tiny made = tiny();
  Json certificate = reachCertificate(made);
  certificate["pairs"][0]["to"] = "host log";
  EXPECT_NE(said(run(made, certificate)).find("is none of the claim"), std::string::npos);
  certificate["pairs"] = Json::array();
  EXPECT_NE(said(run(made, certificate)).find("the pair of host ws and zone internet is left out"),
            std::string::npos);
  certificate = alwaysCertificate(made);
  certificate["pairs"][0]["because"].erase(0);
  EXPECT_NE(said(run(made, certificate)).find("is left out"), std::string::npos);
}

// The model says something that the certificate does not know of: each opens a step.
TEST(Check, RejectsWhatTheModelOpens) {
  const Tiny made = tiny();
  const auto opened = [&](const std::string& from, const std::string& to) {
    std::string text = kModel;
    text.replace(text.find(from), from.size(), to);
    const Tiny other = tiny(text);
    return said(run(other, directCertificate(made))) + said(run(other, reachCertificate(made)));
  };
  EXPECT_NE(opened("deny: {from: ws", "allow: {from: ws").find("where he waits: sent by his code"),
            std::string::npos);
  EXPECT_NE(opened("deny: {from: ws", "allow: {from: ws").find("a conversation of the claim can be opened"),
            std::string::npos);
  EXPECT_NE(opened("uncovered: drop", "uncovered: pass").find("the cone's hash"), std::string::npos);
  EXPECT_NE(opened("families: [ipv4, ipv6]\n  uncovered: drop", "families: [ipv4]\n  uncovered: pass")
                .find("where he waits"),
            std::string::npos);
  EXPECT_NE(opened("related: none", "related: all").find("the cone's hash"), std::string::npos);
  // A forged source, and an answer that was never asked for, in a flow that log may have with the outside.
  EXPECT_NE(opened("service: https", "service: dns").find("the cone's hash"), std::string::npos);
  std::string text = kModel;
  text.replace(text.find("anti-spoofing: host"), 19, "anti-spoofing: zone");
  text.replace(text.find("service: https"), 14, "service: dns");
  const Tiny forged = tiny(text);
  EXPECT_NE(said(run(forged, directCertificate(forged))).find("where he waits: sent by his code"),
            std::string::npos);
}

TEST(Check, ReadsNothingThatItCannotFollow) {
  const Tiny made = tiny();
  const auto wrong = [&](const std::string& text) {
    return said(check(text, "c.json", made.model, made.behaviours));
  };
  EXPECT_NE(wrong("{\n x").find("c.json:2:"), std::string::npos);
  EXPECT_NE(wrong("[]").find("an object is expected"), std::string::npos);
  EXPECT_NE(wrong("{}").find("'format' is missing"), std::string::npos);
  EXPECT_NE(wrong(R"({"a": 1, "a": 2})").find("the key 'a' is there twice"), std::string::npos);
  EXPECT_NE(wrong(std::string(70, '[')).find("c.json"), std::string::npos);
  EXPECT_NE(wrong(std::string(70, '[') + std::string(70, ']')).find("deeper than 64"), std::string::npos);
  Json certificate = directCertificate(made);
  certificate["version"] = 2;
  EXPECT_NE(wrong(certificate.dump()).find("only version 1 is read"), std::string::npos);
  certificate = directCertificate(made);
  certificate["closures"][0]["states"][0]["names"] = {{"x.example", true}};
  EXPECT_NE(wrong(certificate.dump()).find("the root \"\" is missing"), std::string::npos);
  certificate = directCertificate(made);
  certificate["closures"][0]["steps"][0]["shut"] = 5;
  EXPECT_NE(wrong(certificate.dump()).find("/closures/0/steps/0/shut: a list is expected"),
            std::string::npos);
}

}  // namespace
}  // namespace vauban::check
