// One mistake a case: where it is said to be, and what was probably meant.
#include <gtest/gtest.h>

#include "model/diagnostic_text.h"
#include "model/model_reader.h"
#include "model/test_catalogue.h"

namespace vauban::model {
namespace {

const BehaviourCatalogue& behaviours() {
  static const BehaviourCatalogue catalogue = testing::catalogue();
  return catalogue;
}

Vocabulary vocabulary() {
  Vocabulary vocabulary;
  vocabulary.behaviours = &behaviours();
  vocabulary.techniques = {"D3-NTF", "D3-DUC", "T1048.003"};
  vocabulary.roles = {"IO-WRL-004"};
  return vocabulary;
}

// Lines 1 to 9; a case is line 10 and what follows.
const std::string kBase = R"(vauban: 1
zones:
  lan: {networks: [10.0.0.0/16]}
  dmz: {networks: [192.0.2.0/24]}
  net: {networks: [0.0.0.0/0], untrusted: true}
hosts:
  ws: {zone: lan, services: {}}
  fwd: {zone: dmz, address: 192.0.2.2, services: {}}
assets: {data: {at: fwd, kinds: [integrity]}}
)";

std::string said(const std::string& text) {
  const auto model = readModelText("m", text, vocabulary());
  if (model) return "";
  std::string all;
  for (const auto& d : model.error()) {
    if (!all.empty()) all += "\n";
    all += d.place.toString() + "+" + std::to_string(d.length) + " " + d.message;
    if (!d.nearest.empty()) all += " -> " + d.nearest;
  }
  return all;
}

std::string more(const std::string& text) { return said(kBase + text); }

// `right` of the base replaced.
std::string instead(const std::string& right, const std::string& wrong) {
  std::string text = kBase;
  const auto at = text.find(right);
  if (at == std::string::npos) return "the test is wrong";
  return said(text.replace(at, right.size(), wrong));
}

TEST(ModelMistakes, TheBaseHasNone) { EXPECT_EQ(more(""), ""); }

TEST(ModelMistakes, UnknownKeys) {
  EXPECT_EQ(more("flow: []\n"), "m:10:1+4 a model has no key 'flow' -> flows");
  EXPECT_EQ(instead("untrusted: true", "untrused: true"),
            "m:5:20+9 0.0.0.0/0 overlaps 10.0.0.0/16 of zone 'lan'\n"
            "m:5:20+9 0.0.0.0/0 overlaps 192.0.2.0/24 of zone 'dmz'\n"
            "m:5:32+8 a zone has no key 'untrused' -> untrusted");
  EXPECT_EQ(more("flows: [{allow: {frm: lan}}]\n"), "m:10:18+3 a rule has no key 'frm' -> from");
  EXPECT_EQ(more("enforcement: {antispoofing: zone}\n"),
            "m:10:15+12 `enforcement` has no key 'antispoofing' -> anti-spoofing");
}

TEST(ModelMistakes, DanglingNames) {
  EXPECT_EQ(more("flows: [{allow: {from: lann}}]\n"), "m:10:24+4 no zone or host 'lann' -> lan");
  EXPECT_EQ(instead("zone: lan,", "zone: lam,"), "m:7:14+3 no zone 'lam' -> lan");
  EXPECT_EQ(more("flows: [{allow: {service: htps}}]\n"), "m:10:27+4 no service 'htps' -> https");
  EXPECT_EQ(more("flows: [{allow: {when: night}}]\nconditions: {nights: {}}\n"),
            "m:10:24+5 no condition 'night' -> nights");
  EXPECT_EQ(more("links: [{between: [lan, dmz], device: fw-1}]\ndevices: {fw1: {}}\n"),
            "m:10:39+4 no device 'fw-1' -> fw1");
  EXPECT_EQ(more("claims: [{id: a, never: {goal: {data: dat}}}]\n"), "m:10:39+3 no asset 'dat' -> data");
  EXPECT_EQ(more("claims: [{id: a, only-via: {channel: {from: lan, to: net}, hosts: [fdw]}}]\n"),
            "m:10:68+3 no host 'fdw' -> fwd");
  EXPECT_EQ(more("threats: {start: [{insider: wss}]}\n"), "m:10:29+3 no host 'wss' -> ws");
  EXPECT_EQ(instead("services: {}}\n  fwd", "accounts: [staf], services: {}}\n  fwd"),
            "m:7:30+4 no account 'staf'");
  EXPECT_EQ(more("fails-with: [[fwd, dns]]\n"), "m:10:20+3 no device or host 'dns'");
  EXPECT_EQ(more("flows: [{allow: {to: vendor.example}}]\n"), "m:10:22+14 no zone or host 'vendor.example'");
}

TEST(ModelMistakes, Contradictions) {
  EXPECT_EQ(instead("ws: {zone", "dmz: {zone"),
            "m:7:3+3 'dmz' names both a zone and a host; the zone is at m:4:3");
  EXPECT_EQ(instead("[192.0.2.0/24]", "[192.0.2.0/24, 10.0.5.0/24]"),
            "m:4:34+11 10.0.5.0/24 overlaps 10.0.0.0/16 of zone 'lan'");
  EXPECT_EQ(instead("[192.0.2.0/24]", "[192.0.2.0/24, 10.0.0.0/8]"),
            "m:4:34+10 10.0.0.0/8 overlaps 10.0.0.0/16 of zone 'lan'");
  EXPECT_EQ(instead("192.0.2.2", "192.0.3.2"), "m:8:29+9 192.0.3.2 is not in zone 'dmz'");
  EXPECT_EQ(instead("ws: {zone: lan", "ws: {zone: dmz, address: 192.0.2.2"),
            "m:8:29+9 192.0.2.2 is the address of host 'ws'");
  EXPECT_EQ(instead("ws: {zone: lan", "ws: {zone: lan, also-in: lan"),
            "m:7:28+3 host 'ws' is in zone 'lan' already");
  EXPECT_EQ(more("services: {dns: tcp/1}\n"),
            "m:10:12+3 'dns' is a built-in service and cannot be given another meaning");
  EXPECT_EQ(more("services: {a: b, b: a}\n"), "m:10:12+1 service 'a' is explained by itself");
  EXPECT_EQ(more("links: [{between: [lan, lan]}]\n"), "m:10:25+3 a link cannot join zone 'lan' to itself");
  EXPECT_EQ(more("evidence: [{countermeasure: D3-NTF, against: T1048.003, trials: 4, stopped: 5, date: "
                 "2026-03-11}]\n"),
            "m:10:77+1 5 of 4 trials cannot have been stopped");
  EXPECT_EQ(more("claims: [{id: a, never: {goal: {impact: data, kind: availability}}}]\n"),
            "m:10:53+12 asset 'data' has no impact of this kind");
  EXPECT_EQ(instead("untrusted: true}", "untrusted: true}\n  all: {networks: 0.0.0.0/0, untrusted: true}")
                .substr(0, 66),
            "m:6:19+9 0.0.0.0/0 overlaps 0.0.0.0/0 of zone 'net', and neither i");
  EXPECT_EQ(more("claims:\n  - {id: a, never: {reach: {from: lan, to: net}}}\n  - {id: a, never: {reach: "
                 "{from: lan, to: net}}}\n"),
            "m:12:10+1 claim 'a' is also at m:11:5");
  EXPECT_EQ(more("claims: [{id: a, never: {channel: {from: lan, to: net, direct: true}}, direct: true}]\n"),
            "m:10:72+6 'direct' is there twice, in the channel and beside it");
}

TEST(ModelMistakes, TypesRangesAndForms) {
  EXPECT_EQ(instead("vauban: 1", "vauban: 2"), "m:1:9+1 2 is out of range");
  EXPECT_EQ(instead("vauban: 1\n", ""), "m:1:1+5 a model lacks the key 'vauban'");
  EXPECT_NE(instead("untrusted: true", "untrusted: yes").find("m:5:43+3 'yes' is no boolean"),
            std::string::npos);
  EXPECT_EQ(instead("zone: lan, services: {}", "zone: lan, count: 0"), "m:7:26+1 0 is out of range");
  EXPECT_EQ(instead("zone: lan, services: {}", "zone: lan, count: many"),
            "m:7:26+4 'many' is no whole number");
  EXPECT_EQ(instead("zone: lan, services: {}", "zone: lan, platform: 7"), "m:7:29+1 7 is a number");
  EXPECT_EQ(instead("zone: lan, services: {}", "zone: lan, services:"),
            "m:7:19+1 nothing where a mapping of services belongs");
  EXPECT_EQ(instead("10.0.0.0/16", "10.0.1.0/16"),
            "m:3:20+11 10.0.1.0/16 has bits set below its prefix -> 10.0.0.0/16");
  EXPECT_EQ(instead("192.0.2.2", "192.0.2.300"), "m:8:29+11 '192.0.2.300' is no address");
  EXPECT_EQ(more("flows: [{allow: {from: 10.0.0.300}}]\n"), "m:10:24+10 '10.0.0.300' is no address");
  EXPECT_EQ(more("flows: [{allow: {service: tcp/70000}}]\n"),
            "m:10:27+9 '70000' is no port or range of ports");
  EXPECT_EQ(more("flows: [{allow: {service: tcp/9-1}}]\n"), "m:10:27+7 the port range 9-1 is empty");
  EXPECT_EQ(more("flows: [{allow: {service: icmp/ecko}}]\n"),
            "m:10:27+9 no ICMP message 'ecko' -> icmp/echo");
  EXPECT_EQ(more("flows: [{allow: {service: []}}]\n"), "m:10:27+1 the list is empty");
  EXPECT_EQ(more("flows: [{allow: {}, deny: {}}]\n"), "m:10:21+4 a rule cannot be both 'allow' and 'deny'");
  EXPECT_EQ(more("enforcement: {uncovered: dorp}\n"),
            "m:10:26+4 'dorp' is not a word that goes here -> drop");
  EXPECT_EQ(more("claims: [{id: a, at-most: {channel: {from: lan, to: net}, rate: 5 kb/s}}]\n"),
            "m:10:65+6 '5 kb/s' is no rate");
  EXPECT_EQ(
      more("claims: [{id: a, never: {reach: {from: lan, to: net}}, waived-until: 2027-02-29, because: x}]\n"),
      "m:10:70+10 '2027-02-29' is no date");
  EXPECT_EQ(more("claims: [{id: a, never: {reach: {from: lan, to: net}}, waived-until: 2027-02-28}]\n"),
            "m:10:56+12 a waiver needs a reason");
  EXPECT_EQ(more("claims: [{id: a, always: {channel: {from: lan, to: net}}}]\n"),
            "m:10:26+1 `always` says nothing\nm:10:27+7 `always` has no key 'channel'");
  EXPECT_EQ(more("claims: [{id: a, never: {reach: {from: lan}}}]\n"), "m:10:33+1 a reach lacks the key 'to'");
  EXPECT_EQ(more("claims: [{id: a}]\n"), "m:10:10+1 a claim says nothing");
  EXPECT_EQ(more("countermeasures: [{technique: D3-NFT, at: lan}]\n"),
            "m:10:31+6 no technique 'D3-NFT' -> D3-NTF");
  EXPECT_EQ(more("countermeasures: [{technique: D3-NTF, at: lan, coverage: 2}]\n"),
            "m:10:58+1 2 is out of range");
  EXPECT_EQ(more("budget: {roles: {IO-WRL-040: 1}}\n"), "m:10:18+10 no role 'IO-WRL-040' -> IO-WRL-004");
  EXPECT_EQ(more("links: [{between: [lan]}]\n"), "m:10:19+1 a link is between two zones");
  EXPECT_EQ(more("links: [{between: [lan, dmz], rules: {iptable: f}}]\n"),
            "m:10:38+1 `rules` says nothing\nm:10:39+7 `rules` has no key 'iptable' -> iptables");
  EXPECT_EQ(more("name: a\nname: b\n"), "m:11:1+4 key 'name' is there twice");
  EXPECT_EQ(more("include: x.yaml\n"), "m:10:10+6 a model in memory cannot include files");
  EXPECT_EQ(instead("  lan:", "  any:").substr(0, 29), "m:3:3+3 'any' cannot be a nam");
  EXPECT_EQ(said("- a\n").substr(0, 27), "m:1:1+1 a model is a mappin");
}

TEST(ModelMistakes, ServicesFollowTheirBehaviour) {
  const auto service = [](const std::string& body) {
    return instead("services: {}}\nassets", "services: {s: {" + body + "}}}\nassets");
  };
  EXPECT_EQ(service("behaviour: dns-forwarder, upstream: ws, decides: before-recursing, dnssec: false"), "");
  EXPECT_EQ(service("behaviour: database, calls-out: false"), "");
  EXPECT_EQ(service("behaviour: ntp-server, modes: server"), "");
  EXPECT_EQ(service("behaviour: dns-forwardr"), "m:8:66+12 no behaviour 'dns-forwardr' -> dns-forwarder");
  EXPECT_EQ(service("port: tcp/1"), "m:8:51+1 service 's' has no behaviour");
  EXPECT_EQ(service("behaviour: dns-recursive, answer: [x.example]"),
            "m:8:81+6 dns-recursive has no key 'answer'");
  EXPECT_EQ(service("behaviour: dns-recursive, decide: before-recursing"),
            "m:8:81+6 dns-recursive has no key 'decide' -> decides");
  EXPECT_EQ(service("behaviour: dns-recursive, decides: before-recursion"),
            "m:8:90+16 'before-recursion' is not a value of this property -> before-recursing");
  EXPECT_EQ(service("behaviour: dns-recursive, dnssec: [validates]"), "m:8:89+1 a word belongs here");
  EXPECT_EQ(service("behaviour: ntp-server, modes: [server, sever]"),
            "m:8:94+5 'sever' is not a value of this property -> server");
  EXPECT_EQ(service("behaviour: dns-forwarder, upstream: dns-fwd"), "m:8:91+7 no zone or host 'dns-fwd'");
  EXPECT_EQ(service("behaviour: dns-forwarder, upstream: dns.fwd."), "");
  EXPECT_EQ(service("behaviour: dns-recursive, names: {allow: [a..b]}"), "m:8:97+4 'a..b' is no domain name");
}

TEST(ModelMistakes, AllAtOnceInOrder) {
  EXPECT_EQ(said("vauban: 1\nzones:\n  a: {networks: 10.0.0.0/8, levl: 1}\nhosts:\n  h: {zone: b, count: x}\n"
                 "flows:\n  - allow: {from: c, service: dsn}\nnme: x\n"),
            "m:3:29+4 a zone has no key 'levl' -> level\n"
            "m:5:13+1 no zone 'b' -> a\n"
            "m:5:23+1 'x' is no whole number\n"
            "m:7:19+1 no zone or host 'c' -> a\n"
            "m:7:31+3 no service 'dsn' -> dns\n"
            "m:8:1+3 a model has no key 'nme' -> name");
}

TEST(ModelMistakes, ReportedUpToTheLimit) {
  std::string text = "vauban: 1\nflows:\n";
  for (int i = 0; i < 50; ++i) text += "  - allow: {from: nowhere}\n";
  ReadLimits limits;
  limits.diagnostics = 10;
  const auto model = readModelText("m", text, vocabulary(), limits);
  ASSERT_FALSE(model.has_value());
  ASSERT_EQ(model.error().size(), 11U);
  EXPECT_EQ(model.error().back().message, "40 more mistakes are not shown");
}

TEST(DiagnosticText, ShowsTheLine) {
  const std::string text = "vauban: 1\nflows:\n  - allow: {from: l\xC3\xA4n, service: htps}\n";
  const auto model = readModelText("m.yaml", text, vocabulary());
  ASSERT_FALSE(model.has_value());
  EXPECT_EQ(diagnosticText(model.error(), [&](const std::string&) { return text; }),
            "m.yaml:3:19: error: no zone or host 'l\xC3\xA4n'\n"
            "    3 |   - allow: {from: l\xC3\xA4n, service: htps}\n"
            "      |                   ^~~\n"
            "      = expected a zone, a host, an address or any\n"
            "m.yaml:3:34: error: no service 'htps'\n"
            "    3 |   - allow: {from: l\xC3\xA4n, service: htps}\n"
            "      |                                 ^~~~\n"
            "      = expected a name, protocol/port, icmp/NAME, ip/NUMBER or any\n"
            "      = did you mean 'https'?\n");
}

TEST(DiagnosticText, PrintsNoControlCharacters) {
  const std::string text = "vauban: 1\nname: a\n\"\\e[31m\": x\n";
  const auto model = readModelText("m", text, vocabulary());
  ASSERT_FALSE(model.has_value());
  EXPECT_EQ(diagnosticText(model.error(), [&](const std::string&) { return text; }).find('\x1b'),
            std::string::npos);
}

}  // namespace
}  // namespace vauban::model
