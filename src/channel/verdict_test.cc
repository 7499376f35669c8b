// What must hold of verdicts whatever the model: stating what a conditional verdict asks for turns it to
// kept; an allow rule more never makes a broken claim kept; the same model gives the same words.
#include "channel/verdict.h"

#include <gtest/gtest.h>

#include <iostream>
#include <random>

#include "model/model_reader.h"

namespace vauban::channel {
namespace {

const model::BehaviourCatalogue& catalogue() {
  static const auto read = model::BehaviourCatalogue::builtIn();
  return *read;
}

// A small architecture with holes: each property may be stated at its best or left out.
struct Draft {
  std::vector<std::string> hosts;  // "dns: {zone: a, ...%s}" is built from the parts below
  std::map<std::string, std::vector<std::string>> statements;  // where -> lines
  std::vector<std::string> flows;

  std::string text() const {
    auto lines = [&](const std::string& where) {
      std::string joined;
      auto found = statements.find(where);
      if (found == statements.end()) return joined;
      for (const std::string& line : found->second) joined += ", " + line;
      return joined;
    };
    std::string stateful, keys;
    if (auto found = statements.find("enforcement"); found != statements.end()) {
      for (const std::string& line : found->second) {
        if (line.starts_with("stateful: {")) {
          stateful += (stateful.empty() ? "" : ", ") + line.substr(11, line.size() - 12);
        } else {
          keys += (keys.empty() ? "" : ", ") + line;
        }
      }
    }
    if (!stateful.empty()) keys += (keys.empty() ? "" : ", ") + std::string("stateful: {") + stateful + "}";
    std::string out =
        "vauban: 1\nzones:\n  a: {networks: [10.1.0.0/24]}\n  b: {networks: [10.2.0.0/24]}\n"
        "  net: {networks: [0.0.0.0/0, \"::/0\"], untrusted: true}\nhosts:\n";
    out += "  ws: {zone: a, address: 10.1.0.5" + lines("hosts.ws") + "}\n";
    out += "  pc: {zone: b, address: 10.2.0.9" + lines("hosts.pc") + "}\n";
    out +=
        "  dns: {zone: b, address: 10.2.0.2, services: {dns: {behaviour: dns-recursive, names: {allow: "
        "[vendor.example]}" +
        lines("hosts.dns.services.dns") + "}}}\n";
    out += "  web: {zone: b, address: 10.2.0.3, services: {web: {behaviour: web-server, port: tcp/443" +
           lines("hosts.web.services.web") + "}}}\n";
    out += "flows:\n";
    for (const std::string& flow : flows) out += "  - " + flow + "\n";
    if (flows.empty()) out.replace(out.size() - 1, 1, " []\n");
    out += "enforcement: {" + keys +
           "}\nclaims:\n  - {id: x, never: {channel: {from: ws, to: net, over: any}}}\n";
    return out;
  }
};

std::unique_ptr<model::Model> read(const std::string& text) {
  model::Vocabulary vocabulary;
  vocabulary.behaviours = &catalogue();
  auto model = model::readModelText("model.yaml", text, vocabulary);
  EXPECT_TRUE(model.has_value()) << text << (model ? "" : model.error().front().message);
  return std::make_unique<model::Model>(model ? std::move(*model) : model::Model());
}

ClaimResult judge(const std::string& text) {
  static std::vector<std::unique_ptr<model::Model>> kept;  // results point into their model
  kept.push_back(read(text));
  return Judge(*kept.back(), catalogue(), "2026-01-01").judge(kept.back()->claims.front());
}

Draft draw(std::mt19937& random) {
  Draft draft;
  auto maybe = [&](const std::string& where, const std::string& line) {
    if (random() % 2 == 0) draft.statements[where].push_back(line);
  };
  maybe("enforcement", "anti-spoofing: zone");
  maybe("enforcement", "families: [ipv4, ipv6]");
  maybe("enforcement", "uncovered: drop");
  maybe("enforcement", "unmatched: drop");
  maybe("enforcement", "stateful: {related: from-untrusted}");
  maybe("enforcement", "stateful: {helpers: []}");
  maybe("hosts.pc", "services: {}");
  if (draft.statements.contains("hosts.pc")) maybe("hosts.pc", "client: isolated");
  maybe("hosts.dns.services.dns", "decides: before-recursing");
  maybe("hosts.web.services.web", "calls-out: false");
  static const char* flows[] = {
      "allow: {from: a, to: dns, service: dns}",     "allow: {from: dns, to: net, service: dns}",
      "allow: {from: any, to: web, service: https}", "allow: {from: web, to: net, service: https}",
      "allow: {from: a, to: pc, service: ssh}",      "allow: {from: b, to: net, service: http}",
      "deny: {from: a, to: b, service: any}"};
  for (int f = 0; f < 4; ++f) draft.flows.emplace_back(flows[random() % std::size(flows)]);
  return draft;
}

TEST(Verdict, WhatAConditionAsksForKeepsTheClaim) {
  const unsigned seed = std::random_device{}();
  std::cout << "seed " << seed << "\n";
  std::mt19937 random(seed);
  int conditional = 0;
  for (int round = 0; round < 150; ++round) {
    Draft draft = draw(random);
    const ClaimResult before = judge(draft.text());
    if (before.judgement.verdict != Verdict::conditional) continue;
    ++conditional;
    for (const reach::Atom& atom : before.judgement.conditions) {
      auto& lines = draft.statements[atom.where];
      // The stricter statement of a key takes the place of the milder one.
      std::erase_if(lines, [&](const std::string& line) {
        return line.substr(0, line.rfind(':')) == atom.line.substr(0, atom.line.rfind(':'));
      });
      lines.push_back(atom.line);
    }
    const ClaimResult after = judge(draft.text());
    EXPECT_EQ(after.judgement.verdict, Verdict::kept) << draft.text();
  }
  EXPECT_GT(conditional, 20);
}

TEST(Verdict, OneAllowRuleMoreNeverKeepsABrokenClaim) {
  std::mt19937 random(17);
  for (int round = 0; round < 100; ++round) {
    Draft draft = draw(random);
    const Verdict before = judge(draft.text()).judgement.verdict;
    draft.flows.insert(draft.flows.begin(), "allow: {from: any, to: b, service: [https, dns]}");
    const Verdict after = judge(draft.text()).judgement.verdict;
    EXPECT_GE(after, before) << draft.text();
  }
}

TEST(Verdict, ConditionsAreJudgedForBothValues) {
  Draft draft;
  draft.statements["enforcement"] = {
      "anti-spoofing: host",    "families: [ipv4, ipv6]",        "uncovered: drop",
      "unmatched: drop",        "stateful: {established: true}", "stateful: {related: none}",
      "stateful: {helpers: []}"};
  draft.statements["hosts.ws"] = {"services: {}"};
  draft.statements["hosts.pc"] = {"services: {}", "client: isolated"};
  draft.flows = {"allow: {from: ws, to: net, service: https, when: window}"};
  const std::string text = draft.text() + "conditions:\n  window: {default: closed, opened-by: operator}\n";
  const ClaimResult result = judge(text);
  EXPECT_EQ(result.judgement.verdict, Verdict::broken);
  ASSERT_EQ(result.perCondition.size(), 2U);
  EXPECT_EQ(result.perCondition[0].second, Verdict::kept);
  EXPECT_EQ(result.perCondition[1].second, Verdict::broken);
}

TEST(Verdict, TheSameModelGivesTheSameWords) {
  std::mt19937 random(29);
  for (int round = 0; round < 10; ++round) {
    const std::string text = draw(random).text();
    auto model = read(text), again = read(text);
    const Judge judge(*model, catalogue(), "2026-01-01"), other(*again, catalogue(), "2026-01-01");
    const auto first = judge.judge(model->claims.front()), second = other.judge(again->claims.front());
    auto words = [](const ClaimResult& result) {
      std::string joined = toString(result.judgement.verdict);
      for (const Hop& hop : result.judgement.witness)
        joined += "\n" + hop.from + hop.to + hop.carrier + hop.how;
      for (const reach::Atom& atom : result.judgement.conditions) joined += "\n" + atom.key;
      for (const Statement& statement : result.judgement.assumptions) joined += "\n" + statement.text;
      for (const std::string& state : result.judgement.states) joined += "\n" + state;
      return joined;
    };
    EXPECT_EQ(words(first), words(second)) << text;
    EXPECT_EQ(words(first), words(judge.judge(model->claims.front()))) << "asked twice: " << text;
  }
}

// Each gap by a model that is shut but for it; stating it keeps the claim.
struct Gap {
  const char* name;
  const char* line;   // the statement
  const char* where;  // as the verdict has it
  std::vector<std::string> flows;
};
// GoogleTest prints a tested gap by its name.
[[maybe_unused]] void PrintTo(const Gap& gap, std::ostream* out) { *out << gap.name; }

class Gaps : public ::testing::TestWithParam<Gap> {};

// All enforcement keys at their best, hosts that offer nothing.
Draft shut() {
  Draft draft;
  draft.statements["enforcement"] = {"anti-spoofing: host",
                                     "families: [ipv4, ipv6]",
                                     "uncovered: drop",
                                     "unmatched: drop",
                                     "stateful: {related: none}",
                                     "stateful: {helpers: []}",
                                     "stateful: {established: true}"};
  draft.statements["hosts.ws"] = {"services: {}", "client: isolated"};
  draft.statements["hosts.pc"] = {"services: {}", "client: isolated"};
  draft.statements["hosts.dns.services.dns"] = {"decides: before-recursing"};
  draft.statements["hosts.web.services.web"] = {"calls-out: false"};
  return draft;
}

TEST_P(Gaps, StatingItKeepsTheClaim) {
  const Gap& gap = GetParam();
  Draft draft = shut();
  draft.flows = gap.flows;
  const ClaimResult stated = judge(draft.text());
  EXPECT_EQ(stated.judgement.verdict, Verdict::kept) << draft.text();
  EXPECT_FALSE(stated.judgement.states.empty());
  EXPECT_TRUE(stated.judgement.witness.empty());

  auto& lines = draft.statements[gap.where];
  ASSERT_EQ(std::erase(lines, std::string(gap.line)), 1U);
  const ClaimResult open = judge(draft.text());
  EXPECT_EQ(open.judgement.verdict, Verdict::conditional) << draft.text();
  EXPECT_FALSE(open.judgement.witness.empty());
  ASSERT_EQ(open.judgement.conditions.size(), 1U) << draft.text();
  const reach::Atom& atom = open.judgement.conditions.front();
  EXPECT_EQ(atom.where, gap.where);
  EXPECT_FALSE(atom.text.empty());
  EXPECT_FALSE(atom.test.empty());
  draft.statements[atom.where].push_back(atom.line);  // what it proposes, which may be milder
  EXPECT_EQ(judge(draft.text()).judgement.verdict, Verdict::kept) << draft.text();
}

const char* const kAToPc = "allow: {from: a, to: pc, service: ssh}";
const char* const kPcToNet = "allow: {from: pc, to: net, service: https}";

INSTANTIATE_TEST_SUITE_P(
    Each, Gaps,
    ::testing::Values(
        // A neighbour's address gets through where the sender's own does not.
        Gap{"Neighbours", "anti-spoofing: host", "enforcement", {"allow: {from: [10.1.0.6], to: net}"}},
        Gap{"OtherZones", "anti-spoofing: host", "enforcement", {"allow: {from: b, to: net}"}},
        Gap{"ServiceProperty",
            "decides: before-recursing",
            "hosts.dns.services.dns",
            {"allow: {from: a, to: dns, service: dns}", "allow: {from: dns, to: net, service: dns}"}},
        Gap{"CallsOut",
            "calls-out: false",
            "hosts.web.services.web",
            {"allow: {from: a, to: web, service: https}", "allow: {from: web, to: net, service: https}"}}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(Verdict, AFamilyThatNobodyCoversPasses) {
  Draft draft = shut();
  auto& lines = draft.statements["enforcement"];
  auto verdict = [&] { return judge(draft.text()).judgement; };
  // Either of the two statements suffices.
  for (const char* line : {"families: [ipv4, ipv6]", "uncovered: drop"}) {
    std::erase(lines, std::string(line));
    EXPECT_EQ(verdict().verdict, Verdict::kept) << draft.text();
    lines.emplace_back(line);
  }
  std::erase(lines, std::string("families: [ipv4, ipv6]"));
  std::erase(lines, std::string("uncovered: drop"));
  const auto open = verdict();
  ASSERT_EQ(open.verdict, Verdict::conditional) << draft.text();
  ASSERT_EQ(open.conditions.size(), 1U);
  EXPECT_EQ(open.conditions[0].line, "families: [ipv4, ipv6]");
  lines.push_back(open.conditions[0].line);
  EXPECT_EQ(verdict().verdict, Verdict::kept) << draft.text();
  // What is said to be filtered in one family and passed in the other is no gap but a hole.
  lines.back() = "families: [ipv4]";
  lines.emplace_back("uncovered: pass");
  EXPECT_EQ(verdict().verdict, Verdict::broken) << draft.text();
}

TEST(Verdict, AHostThatSaysNothingOfItsServicesRelaysAndThenCarries) {
  Draft draft = shut();
  draft.flows = {kAToPc, kPcToNet};
  EXPECT_EQ(judge(draft.text()).judgement.verdict, Verdict::kept);
  draft.statements.erase("hosts.pc");
  // Offering nothing suffices or it does not, as the verdict says; the two together always do.
  ClaimResult open = judge(draft.text());
  ASSERT_EQ(open.judgement.verdict, Verdict::conditional);
  for (const reach::Atom& atom : open.judgement.conditions) {
    EXPECT_EQ(atom.where, "hosts.pc");
    draft.statements["hosts.pc"].push_back(atom.line);
  }
  EXPECT_EQ(draft.statements["hosts.pc"].front(), "services: {}");
  EXPECT_EQ(judge(draft.text()).judgement.verdict, Verdict::kept) << draft.text();
}

TEST(Verdict, AClientCarriesWhatItReadsUnlessIsolated) {
  Draft draft = shut();
  // pc asks the web server, which hears from a.
  draft.flows = {"allow: {from: a, to: pc}", "allow: {from: pc, to: a}", kPcToNet};
  draft.statements["hosts.pc"] = {"services: {}"};
  const ClaimResult open = judge(draft.text());
  ASSERT_EQ(open.judgement.verdict, Verdict::conditional) << draft.text();
  ASSERT_EQ(open.judgement.conditions.size(), 1U);
  EXPECT_EQ(open.judgement.conditions[0].line, "client: isolated");
  EXPECT_EQ(open.judgement.conditions[0].where, "hosts.pc");
  draft.statements["hosts.pc"].push_back("client: isolated");
  EXPECT_EQ(judge(draft.text()).judgement.verdict, Verdict::kept);
}

TEST(Verdict, ADeviceAnswersAForgedPacketWhateverItsRulesSay) {
  for (const std::string unmatched : {"drop", "reject"}) {
    Draft draft = shut();
    auto& lines = draft.statements["enforcement"];
    std::erase(lines, std::string("anti-spoofing: host"));
    std::erase(lines, std::string("unmatched: drop"));
    lines.push_back("unmatched: " + unmatched);
    const ClaimResult open = judge(draft.text());
    ASSERT_EQ(open.judgement.verdict, Verdict::conditional) << draft.text();
    ASSERT_EQ(open.judgement.conditions.size(), 1U);
    EXPECT_EQ(open.judgement.conditions[0].line, "anti-spoofing: zone");
    ASSERT_EQ(open.judgement.witness.size(), 1U);
    EXPECT_EQ(open.judgement.witness[0].carrier, unmatched == "drop"
                                                     ? "error of a device that quotes the packet"
                                                     : "error that quotes a rejected packet");
    lines.emplace_back("anti-spoofing: off");
    EXPECT_EQ(judge(draft.text()).judgement.verdict, Verdict::broken) << draft.text();
    lines.back() = "anti-spoofing: zone";
    EXPECT_EQ(judge(draft.text()).judgement.verdict, Verdict::kept) << draft.text();
  }
}

TEST(Verdict, WithoutConditionsThereIsNoTableOfThem) {
  EXPECT_TRUE(judge(shut().text()).perCondition.empty());
  // Neither where they make no difference.
  const std::string text = shut().text() + "conditions:\n  window: {default: open, opened-by: operator}\n";
  EXPECT_TRUE(judge(text).perCondition.empty());
}

TEST(Verdict, TwoConditionsAreJudgedInEveryCombination) {
  Draft draft = shut();
  draft.flows = {"allow: {from: a, to: web, service: https, when: one}",
                 "allow: {from: web, to: net, service: https, when: two}"};
  draft.statements["hosts.web.services.web"] = {};
  const ClaimResult result =
      judge(draft.text() +
            "conditions:\n  one: {default: open, opened-by: x}\n  two: {default: closed, opened-by: x}\n");
  ASSERT_EQ(result.perCondition.size(), 4U);
  for (const auto& [value, verdict] : result.perCondition) {
    EXPECT_EQ(verdict, value.at("one") && value.at("two") ? Verdict::conditional : Verdict::kept);
  }
  EXPECT_FALSE(result.perCondition[0].first.at("one") || result.perCondition[0].first.at("two"));
  EXPECT_EQ(result.judgement.verdict, Verdict::conditional);
}

TEST(Verdict, AWaiverHoldsToItsLastDay) {
  Draft draft = shut();
  auto at = [&](const std::string& today) {
    std::string text = draft.text();
    const std::string claim = "over: any}}}";
    text.replace(text.find(claim), claim.size(), "over: any}}, waived-until: 2027-03-31, because: renewal}");
    const auto model = read(text);
    const ClaimResult result = Judge(*model, catalogue(), today).judge(model->claims.front());
    return std::pair(result.judgement.verdict, result.judgement.reason);
  };
  EXPECT_EQ(at("2027-01-01").first, Verdict::kept);  // what is kept needs no waiver
  draft.flows = {"allow: {from: a, to: net}"};
  EXPECT_EQ(at("2026-12-31").first, Verdict::waived);
  EXPECT_EQ(at("2027-03-31").first, Verdict::waived);
  EXPECT_EQ(at("2027-04-01").first, Verdict::broken);
  EXPECT_TRUE(at("2027-04-01").second.empty());
  EXPECT_EQ(at("2027-03-31").second,
            "waived until 2027-03-31: renewal; without the waiver it would be broken");
}

}  // namespace
}  // namespace vauban::channel
