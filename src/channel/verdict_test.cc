// What must hold of verdicts whatever the model: stating what a conditional verdict asks for turns it to
// kept; an allow rule more never makes a broken claim kept; the least set is least; the same model gives the
// same words.
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

ClaimResult judge(const std::string& text) {
  model::Vocabulary vocabulary;
  vocabulary.behaviours = &catalogue();
  auto model = model::readModelText("model.yaml", text, vocabulary);
  EXPECT_TRUE(model.has_value()) << text << (model ? "" : model.error().front().message);
  static std::vector<std::unique_ptr<model::Model>> kept;  // results point into their model
  kept.push_back(std::make_unique<model::Model>(std::move(*model)));
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

TEST(Least, IsASmallestHittingSet) {
  std::mt19937 random(23);
  for (int round = 0; round < 500; ++round) {
    constexpr std::size_t kAtoms = 7;
    std::vector<reach::AtomIds> ways;
    for (std::size_t w = 0, count = random() % 6; w < count; ++w) {
      reach::AtomIds way;
      for (std::size_t a = 0; a < kAtoms; ++a) {
        if (random() % 3 == 0) way.push_back(reach::AtomId(a));
      }
      ways.push_back(way);
    }
    const Least least = leastStatements([&](const reach::Setting& setting) -> std::optional<reach::AtomIds> {
      for (const auto& way : ways) {
        if (!setting.supposesAny(way)) return way;
      }
      return std::nullopt;
    });
    std::size_t smallest = SIZE_MAX;
    for (unsigned bits = 0; bits < (1U << kAtoms); ++bits) {
      const bool hits = std::ranges::all_of(ways, [&](const auto& way) {
        return std::ranges::any_of(way, [&](reach::AtomId a) { return (bits >> a.index()) & 1U; });
      });
      if (hits)
        smallest = std::min<std::size_t>(smallest, static_cast<std::size_t>(__builtin_popcount(bits)));
    }
    if (smallest == SIZE_MAX) {
      EXPECT_EQ(least.kind, Least::Kind::always);
    } else {
      EXPECT_EQ(least.kind, smallest == 0 ? Least::Kind::never : Least::Kind::conditional);
      EXPECT_EQ(least.statements.size(), smallest);
    }
  }
}

}  // namespace
}  // namespace vauban::channel
