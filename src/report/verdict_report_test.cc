#include "report/verdict_report.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "model/model_reader.h"

namespace vauban::report {
namespace {

using channel::Judge;
using nlohmann::json;

const model::BehaviourCatalogue& catalogue() {
  static const auto read = model::BehaviourCatalogue::builtIn();
  return *read;
}

model::Model read(const std::string& text) {
  model::Vocabulary vocabulary;
  vocabulary.behaviours = &catalogue();
  auto model = model::readModelText("model.yaml", text, vocabulary);
  EXPECT_TRUE(model.has_value()) << (model ? "" : model.error().front().message);
  return model ? std::move(*model) : model::Model();
}

// One claim of each verdict.
const std::string kText = R"(vauban: 1
name: "Quoted \"name\""
zones:
  a: {networks: [10.1.0.0/24]}
  b: {networks: [10.2.0.0/24]}
  net: {networks: [0.0.0.0/0], untrusted: true}
hosts:
  ws: {zone: a, address: 10.1.0.5, services: {}, client: isolated}
  dns: {zone: b, address: 10.2.0.2, services: {dns: {behaviour: dns-recursive, names: {allow: [vendor.example]}}}}
  spare: {zone: b, address: 10.2.0.3, services: {dns: {behaviour: dns-recursive, names: {allow: [com]}, decides: before-recursing}}}
flows:
  - allow: {from: a, to: dns, service: dns}
  - allow: {from: dns, to: net, service: dns}
  - allow: {from: b, to: net, service: https, when: window}
enforcement: {anti-spoofing: host, families: [ipv4, ipv6], uncovered: drop, unmatched: drop,
              stateful: {established: true, related: none, helpers: []}}
conditions: {window: {default: closed, opened-by: operator}}
assets: {data: {at: [dns]}}
claims:
  - {id: kept, never: {reach: {from: net, to: dns, service: any}}}
  - {id: conditional, never: {channel: {from: ws, to: net, over: dns}}}
  - {id: broken, never: {channel: {from: dns, to: net, over: dns}}}
  - {id: waived, never: {channel: {from: dns, to: net, over: dns}}, waived-until: 2030-01-01, because: renewal}
  - {id: undecided, never: {goal: {data: data}}}
  - {id: opened, never: {reach: {from: dns, to: net, service: https}}}
)";

struct Printed {
  std::string verify, text, egress, egressTable;
};

Printed print() {
  const model::Model model = read(kText);
  const Judge judge(model, catalogue(), "2026-01-01");
  const auto results = judge.judgeAll();
  const auto table = judge.egress();
  return {verifyJson(model, results, judge.trust()), verifyText(model, results, judge.trust(), {}),
          egressJson(model, table), egressText(table, {})};
}

TEST(VerdictReport, TheJsonHoldsWhatTheDesignPromises) {
  const json root = json::parse(print().verify);
  EXPECT_EQ(root.at("schema"), "vauban-verify-1");
  EXPECT_EQ(root.at("model"), "Quoted \"name\"");
  EXPECT_FALSE(root.at("outside").empty());
  ASSERT_EQ(root.at("warnings").size(), 1U);  // `com` trusts nobody
  EXPECT_EQ(root.at("warnings")[0].at("place").at("line"), 10);
  ASSERT_EQ(root.at("claims").size(), 6U);
  for (const json& claim : root.at("claims")) {
    const std::string id = claim.at("id"), verdict = claim.at("verdict");
    EXPECT_EQ(verdict, id == "opened" ? "broken" : id) << claim.dump(1);
    EXPECT_EQ(claim.at("place").at("file"), "model.yaml");
    for (const json& assumption : claim.at("assumptions")) {
      EXPECT_TRUE(assumption.at("stated").is_boolean());
      EXPECT_TRUE(assumption.at("text").is_string());
      EXPECT_TRUE(assumption.contains("place"));
    }
    EXPECT_EQ(claim.contains("certificate"), verdict == "kept");
    EXPECT_EQ(claim.contains("conditions"), verdict == "conditional");
    if (verdict == "broken" || verdict == "conditional") {
      ASSERT_FALSE(claim.at("witness").at("hops").empty());
      for (const json& hop : claim.at("witness").at("hops")) {
        for (const char* key : {"from", "to", "service", "carrier", "rule"}) EXPECT_TRUE(hop.contains(key));
        if (!hop.at("rule").is_null()) {
          EXPECT_EQ(hop.at("rule").at("file"), "model.yaml");
          EXPECT_GE(hop.at("rule").at("line"), 12);
          EXPECT_LE(hop.at("rule").at("line"), 14);
        }
      }
      EXPECT_GT(claim.at("witness").at("bits_per_second"), 0);
    }
    EXPECT_EQ(claim.contains("when"), id == "opened") << claim.dump(1);
  }
}

TEST(VerdictReport, TwoRunsGiveTheSameBytes) {
  const Printed one = print(), two = print();
  EXPECT_EQ(one.verify, two.verify);
  EXPECT_EQ(one.text, two.text);
  EXPECT_EQ(one.egress, two.egress);
  EXPECT_EQ(one.egressTable, two.egressTable);
}

TEST(VerdictReport, TheTextNamesEachClaimAndWithoutColourHasNoEscapes) {
  const std::string text = print().text;
  for (const char* id : {"kept", "conditional", "broken", "waived", "undecided", "opened"})
    EXPECT_NE(text.find(id), std::string::npos) << id;
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_NE(text.find("renewal"), std::string::npos);
}

TEST(VerdictReport, RatesAndServicesAreInWords) {
  EXPECT_EQ(rateInWords(0), "0 bit/s");
  EXPECT_EQ(rateInWords(999), "999 bit/s");
  EXPECT_EQ(rateInWords(1200), "1.2 kbit/s");
  EXPECT_EQ(rateInWords(1e8), "100 Mbit/s");
  EXPECT_EQ(rateInWords(999.6), "1 kbit/s");
  EXPECT_EQ(serviceInWords(space::ServiceSet::all()), "any");
  EXPECT_EQ(serviceInWords(space::ServiceSet::ports(space::kUdp, {53, 53}) |
                           space::ServiceSet::ports(space::kTcp, {53, 53})),
            "dns");
  EXPECT_EQ(serviceInWords(space::ServiceSet::ports(space::kTcp, {5450, 5450})), "tcp/5450");
}

TEST(VerdictReport, DiagnosticsKeepWhatWasExpected) {
  const json root =
      json::parse(diagnosticsJson({{Severity::error, {"m", 3, 5}, 2, "no zone 'dmx'", "a zone", "dmz"},
                                   {Severity::warning, {}, 0, "bytes \"and\" \n", "", ""}}));
  ASSERT_EQ(root.at("diagnostics").size(), 2U);
  EXPECT_EQ(root.at("diagnostics")[0].at("nearest"), "dmz");
  EXPECT_EQ(root.at("diagnostics")[0].at("place").at("column"), 5);
  EXPECT_TRUE(root.at("diagnostics")[1].at("place").is_null());
  EXPECT_FALSE(root.at("diagnostics")[1].contains("expected"));
}

}  // namespace
}  // namespace vauban::report
