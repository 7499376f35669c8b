#include "plan/apply.h"

#include <gtest/gtest.h>

#include "plan/test_models.h"
#include "plan/yaml_editing.h"

namespace vauban::plan {
namespace {

using testing::Ground;

const std::string kModel = R"(vauban: 1
zones:
  a: {networks: [10.1.0.0/29]}
  b: {networks: [10.2.0.0/24]}
  internet: {networks: [0.0.0.0/0, "::/0"], untrusted: true}
hosts:
  ws: {zone: a, count: 2, services: {}}
  srv: {zone: b, address: 10.2.0.2, services: {dns: {behaviour: dns-recursive, dnssec: validates}, ntp: {behaviour: ntp-server}}}
flows:
  - allow: {from: a, to: srv, service: dns}
  - allow: {from: a, to: internet, service: https}
enforcement: {anti-spoofing: host, families: [ipv4], stateful: {related: all}}
devices: {fw: {}, fw2: {}}
links:
  - {between: [a, internet], device: fw, anti-spoofing: off, uncovered: pass}
  - {between: [b, internet], device: fw2}
)";

PatternCatalogue patternOf(const std::string& changes) {
  const auto read = PatternCatalogue::parse({{"p.yaml", R"(pattern: p
title: t
summary: s
reference: r
members:
  here: {zone: {untrusted: false}, means: m}
  outside: {zone: {untrusted: true}, means: m}
  srv: {host: {behaviours: [dns-recursive]}, means: m}
  allowed: {names: [], means: m}
changes:
)" + changes + R"(guarantees:
  - {id: g-$here, never: {reach: {from: $here, to: $outside, service: ntp}}}
effort: {IO-WRL-004: 1}
effort-basis: judgement
accountable: OG-WRL-014
d3fend: [D3-OTF]
standards: {}
maturity: 1
)"}});
  EXPECT_TRUE(read.has_value()) << (read ? "" : testing::said(read.error()));
  return read ? *read : PatternCatalogue();
}

// The changed model's text, and whether a second application changes nothing.
std::string applied(const std::string& changes, const std::string& here = "a",
                    std::vector<std::string>* told = nullptr, const std::string& model = kModel) {
  const auto ground = Ground::ofText(model);
  const PatternCatalogue patterns = patternOf(changes);
  if (ground == nullptr || patterns.all().empty()) return "";
  const Members members{{"here", {here}}, {"outside", {"internet"}}, {"srv", {"srv"}}, {"allowed", {}}};
  const auto once = applyPattern(ground->tree, *ground->places, patterns.all().front(), members);
  if (!once) return testing::said(once.error());
  if (told != nullptr)
    for (const Statement& it : once->statements) told->push_back(it.where + " " + it.text);
  const auto then = Ground::of(once->tree);
  if (then == nullptr) return "";
  const auto twice = applyPattern(then->tree, *then->places, patterns.all().front(), members);
  EXPECT_TRUE(twice && twice->statements.empty())
      << twice->statements.front().where << twice->statements.front().text;
  EXPECT_EQ(twice->tree.toYaml(), once->tree.toYaml());
  return once->tree.toYaml();
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(Apply, StatesWhatABehaviourTakesAndKeepsWhatIsStated) {
  std::vector<std::string> told;
  const std::string text = applied(
      "  - service: {of: srv, behaviours: [dns-recursive, ntp-server]}\n"
      "    state: {decides: before-recursing, modes: [server]}\n"
      "    default: {dnssec: \"off\", names: {allow: $allowed}}\n",
      "a", &told);
  EXPECT_TRUE(
      has(text,
          "behaviour: dns-recursive, dnssec: validates, decides: before-recursing, names: {allow: []}") ||
      has(text, "dnssec: validates"))
      << text;
  EXPECT_TRUE(has(text, "modes: [server]")) << text;
  EXPECT_EQ(told, (std::vector<std::string>{"hosts.srv.services.dns decides: before-recursing",
                                            "hosts.srv.services.dns names: {allow: []}",
                                            "hosts.srv.services.ntp modes: [server]"}));
}

TEST(Apply, RaisesEnforcementAndNeverLowersIt) {
  const std::string text = applied(
      "  - enforcement: {anti-spoofing: zone, families: [ipv4, ipv6], uncovered: drop, stateful: {related: "
      "from-untrusted, helpers: []}}\n");
  EXPECT_TRUE(has(text, "anti-spoofing: host")) << "what is stricter stays\n" << text;
  EXPECT_TRUE(has(text, "families: [ipv4, ipv6]")) << text;
  EXPECT_TRUE(has(text, "related: from-untrusted")) << text;
  EXPECT_TRUE(has(text, "device: fw, anti-spoofing: zone, uncovered: drop")) << "a link that said worse\n"
                                                                             << text;
  EXPECT_TRUE(has(text, "device: fw2}")) << "a link that says nothing takes the general key\n" << text;
}

TEST(Apply, FlowsStandFirstAndOnlyWhereTheyMatter) {
  // Where the other family passes, everything can happen.
  const std::string shut = std::string(kModel).replace(kModel.find("uncovered: pass"), 15, "uncovered: drop");
  const std::string text = applied(
      "  - allow: {from: $here, to: $srv, service: dns}\n"
      "  - deny: {from: $here, to: $outside, service: [http, https]}\n"
      "  - deny: {from: $here, to: $outside, service: ntp}\n",
      "a", nullptr, shut);
  EXPECT_TRUE(has(text, "flows:\n  - deny: {from: a, to: internet, service: [http, https]}\n")) << text;
  EXPECT_FALSE(has(text, "to: internet, service: ntp}\n  - allow")) << "it cannot happen anyway\n" << text;
  const std::string guarded = applied(
      "  - allow: {from: $here, to: $srv, service: dns}\n"
      "  - deny: {from: $here, to: any, service: dns}\n",
      "a", nullptr, shut);
  EXPECT_TRUE(has(guarded, "flows:\n  - allow: {from: a, to: srv, service: dns}\n  - deny: {from: a"))
      << guarded;
}

TEST(Apply, GivesNewHostsTheLowestFreeAddress) {
  const std::string text = applied(
      "  - new-host: gate\n    in: here\n    state: {services: {}}\n"
      "  - allow: {from: gate, to: $srv, service: dns}\n",
      "b");
  EXPECT_TRUE(has(text, "gate: {zone: b, address: 10.2.0.3, services: {}}")) << text;
  EXPECT_TRUE(has(text, "allow: {from: gate, to: srv, service: dns}")) << text;
  EXPECT_TRUE(has(applied("  - new-host: gate\n    in: here\n    state: {services: {}}\n", "b", nullptr,
                          std::string(kModel).replace(kModel.find("10.2.0.0/24"), 11, "10.2.0.2/32")),
                  "zone 'b' has no free address"));
  EXPECT_TRUE(
      has(applied("  - new-host: b\n    in: here\n    state: {services: {}}\n"), "has the name of a zone"));
}

TEST(Apply, EntersItselfAndItsClaims) {
  const std::string text = applied(
      "  - zone: here\n    state: {isolated: true}\n"
      "  - condition: open-$here\n    state: {default: closed, opened-by: operator}\n"
      "  - countermeasure: {technique: D3-MFA, at: $srv, coverage: 1.0}\n");
  EXPECT_TRUE(has(text, "a: {networks: [10.1.0.0/29], isolated: true}")) << text;
  EXPECT_TRUE(has(text, "open-a: {default: closed, opened-by: operator}")) << text;
  EXPECT_TRUE(has(text, "- {technique: D3-MFA, at: srv, coverage: 1.0}")) << text;
  EXPECT_TRUE(has(text, "- {pattern: p, at: [a, internet], members: {srv: srv}}")) << text;
  EXPECT_TRUE(has(text, "- {id: p.g-a, never: {reach: {from: a, to: internet, service: ntp}}}")) << text;
}

TEST(Apply, AClaimOfTheModelStandsForTheSameGuarantee) {
  const auto ground = Ground::ofText(
      kModel + "claims:\n  - {id: mine, never: {reach: {from: a, to: internet, service: ntp}}}\n");
  const PatternCatalogue patterns = patternOf("  - zone: here\n    state: {isolated: true}\n");
  ASSERT_NE(ground, nullptr);
  const auto it =
      applyPattern(ground->tree, *ground->places, patterns.all().front(),
                   {{"here", {"a"}}, {"outside", {"internet"}}, {"srv", {"srv"}}, {"allowed", {}}});
  ASSERT_TRUE(it.has_value());
  EXPECT_EQ(it->guarantees, std::vector<std::string>{"mine"});
  EXPECT_FALSE(has(it->tree.toYaml(), "p.g-a"));
}

// What applying cannot do: rules of a device of its own are not the model's to change, and the verdict says
// so.
TEST(Apply, IsCreditedByTheVerifierAlone) {
  const auto ground = Ground::ofText(kModel);
  const PatternCatalogue patterns = patternOf("  - zone: here\n    state: {isolated: true}\n");
  ASSERT_NE(ground, nullptr);
  const Members members{{"here", {"a"}}, {"outside", {"internet"}}, {"srv", {"srv"}}, {"allowed", {}}};
  const auto it = applyPattern(ground->tree, *ground->places, patterns.all().front(), members);
  ASSERT_TRUE(it.has_value());
  const auto effect = effectOf(ground->tree, *it, testing::judging(false));
  ASSERT_TRUE(effect.has_value()) << testing::said(effect.error());
  ASSERT_EQ(effect->claims.size(), 1U);
  EXPECT_TRUE(effect->claims[0].guarantee);
  EXPECT_EQ(effect->claims[0].before, effect->claims[0].after) << "isolating neighbours shuts no way out";
  EXPECT_FALSE(effect->claims[0].becameProvable());
}

}  // namespace
}  // namespace vauban::plan
