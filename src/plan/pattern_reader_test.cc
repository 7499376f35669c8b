#include <gtest/gtest.h>

#include "model/diagnostic_text.h"
#include "plan/pattern.h"

namespace vauban::plan {
namespace {

const std::string kGood = R"(pattern: one
title: A title
summary: what it does
reference: RFC 1
members:
  clients: {zone: {untrusted: false}, means: who asks}
  outside: {zone: {untrusted: true}, means: strangers}
  servers: {host: {behaviours: [ntp-server]}, all: true, not-in: clients, reached-by: {member: clients, service: ntp}, means: who answers}
  allowed: {names: [vendor.example], means: names}
changes:
  - service: {of: servers, behaviours: [ntp-server]}
    state: {modes: [server]}
  - deny: {from: $clients, to: $outside, service: ntp}
guarantees:
  - {id: no-ntp-$clients, never: {channel: {from: $clients, to: $outside, over: ntp}}}
effort: {IO-WRL-004: 3, IO-WRL-005: 0.5}
effort-basis: judgement
accountable: OG-WRL-014
d3fend: [D3-OTF]
standards: {800-53: [SC-45], cis: ["8.4"]}
maturity: 2
)";

std::string changed(const std::string& from, const std::string& to) {
  std::string text = kGood;
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

// What is said of a text, without the lines that quote it.
std::string complaint(const std::string& text) {
  const auto read = PatternCatalogue::parse({{"p.yaml", text}});
  if (read) return "fine";
  return model::diagnosticText(read.error(), [](const std::string&) { return std::nullopt; });
}

TEST(PatternReader, ReadsWhatItIsGiven) {
  const auto read = PatternCatalogue::parse({{"p.yaml", kGood}});
  ASSERT_TRUE(read.has_value()) << complaint(kGood);
  const auto id = read->find("one");
  ASSERT_TRUE(id.has_value());
  const Pattern& it = read->at(*id);
  ASSERT_EQ(it.members.size(), 4U);
  EXPECT_EQ(it.members[2].kind, MemberKind::host);
  EXPECT_TRUE(it.members[2].all);
  EXPECT_EQ(it.members[2].relations.size(), 2U);
  EXPECT_EQ(it.members[3].names, std::vector<std::string>{"vendor.example"});
  ASSERT_EQ(it.changes.size(), 2U);
  EXPECT_EQ(it.changes[0].of, "servers");
  EXPECT_EQ(it.changes[1].kind, Change::Kind::deny);
  EXPECT_DOUBLE_EQ(it.effortDays(), 3.5);
  EXPECT_EQ(it.maturity, 2U);
  EXPECT_EQ(it.standards.size(), 2U);
  EXPECT_FALSE(read->find("two").has_value());
  const auto missing = read->named("onw", "PATTERN");
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().front().nearest, "one");
}

struct Mistake {
  const char *from, *to, *place, *says;
};

class Mistakes : public ::testing::TestWithParam<Mistake> {};

TEST_P(Mistakes, IsToldWithItsPlace) {
  const auto& [from, to, place, says] = GetParam();
  const std::string said = complaint(changed(from, to));
  EXPECT_NE(said.find(std::string("p.yaml:") + place), std::string::npos) << said;
  EXPECT_NE(said.find(says), std::string::npos) << said;
}

INSTANTIATE_TEST_SUITE_P(
    PatternReader, Mistakes,
    ::testing::Values(
        Mistake{"title:", "titel:", "2:1", "titel"},                                     // unknown key
        Mistake{"maturity: 2\n", "", "1:1", "maturity"},                                 // missing key
        Mistake{"maturity: 2", "maturity: 4", "21:11", "4"},                             // out of range
        Mistake{"[ntp-server]}, all", "[ntp-sever]}, all", "8:33", "ntp-server"},        // nearest behaviour
        Mistake{"not-in: clients", "not-in: client", "8:66", "did you mean 'clients'"},  // nearest member
        Mistake{"not-in: clients", "not-in: allowed", "8:66", "allowed"},                // only earlier ones
        Mistake{"reached-by: {member: clients", "in: {member: clients", "8:79",
                "a list of words"},                                   // no conversation
        Mistake{"of: servers", "of: clients", "11:19", "is a zone"},  // of the wrong kind
        Mistake{"to: $outside, service: ntp}\ng", "to: $outsid, service: ntp}\ng", "13:32", "outside"},
        Mistake{"    state: {modes: [server]}\n", "", "11:5", "says nothing"},  // nothing to state
        Mistake{"  - deny", "  - dney", "13:5", "deny"},                        // no kind of change
        Mistake{"{id: no-ntp-$clients, never", "{never", "15:5", "a guarantee is a claim"},  // no id
        Mistake{"IO-WRL-004: 3", "NETWORK: 3", "16:10", "NETWORK"},                          // no role
        Mistake{"IO-WRL-004: 3", "IO-WRL-004: -3", "16:22", "-3"},                           // no effort
        Mistake{"basis: judgement", "basis: measured", "17:15", "judgement"},                // not to be had
        Mistake{"[D3-OTF]", "[T1048]", "19:10", "T1048"},                          // another framework
        Mistake{"[SC-45]", "[SC 45]", "20:22", "SC 45"},                           // no control
        Mistake{"maturity: 2", "maturity: 2\ndepends-on: [two]", "22:14", "two"},  // no such pattern
        Mistake{"maturity: 2", "maturity: 2\nconflicts: [one]", "22:13", "cannot name itself"}));

TEST(PatternReader, TellsPatternsApartAndRefusesCircles) {
  const auto twice = PatternCatalogue::parse({{"a.yaml", kGood}, {"b.yaml", kGood}});
  ASSERT_FALSE(twice.has_value());
  EXPECT_NE(model::diagnosticText(twice.error()).find("is also at a.yaml"), std::string::npos);
  const auto other = changed("pattern: one", "pattern: two") + "depends-on: [one]\n";
  EXPECT_TRUE(PatternCatalogue::parse({{"a.yaml", kGood}, {"b.yaml", other}}).has_value());
  const auto circle = PatternCatalogue::parse({{"a.yaml", kGood + "depends-on: [two]\n"}, {"b.yaml", other}});
  ASSERT_FALSE(circle.has_value());
  EXPECT_NE(model::diagnosticText(circle.error()).find("waits for itself"), std::string::npos);
}

TEST(PatternReader, HasLimits) {
  EXPECT_NE(complaint(kGood + "# " + std::string(300'000, 'x') + "\n"), "fine");
  EXPECT_NE(complaint(""), "fine");
  std::string members;
  for (int i = 0; i < 30; ++i) members += "  m" + std::to_string(i) + ": {zone: {}, means: m}\n";
  EXPECT_NE(complaint(changed("  allowed:", members + "  allowed:")).find("more than 20 members"),
            std::string::npos);
  std::string changes;
  for (int i = 0; i < 200; ++i) changes += "  - deny: {from: any, to: any, service: ntp}\n";
  EXPECT_NE(complaint(changed("changes:\n", "changes:\n" + changes)).find("more than 100 changes"),
            std::string::npos);
}

}  // namespace
}  // namespace vauban::plan
