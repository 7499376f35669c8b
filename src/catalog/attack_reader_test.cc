#include "catalog/attack_reader.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "tests/support/shared_file.h"

namespace vauban::catalog {
namespace {

// One object of a bundle, with an ATT&CK id; `more` is further members, each with a comma before it.
std::string object(std::string_view type, std::string_view key, std::string_view id,
                   std::string_view more = "") {
  return fmt::format(
      R"({{"type": "{}", "id": "{}--{}", "name": "the {}", "external_references": [{{"source_name": "mitre-attack", "external_id": "{}"}}]{}}})",
      type, type, key, id, id, more);
}

std::string relationship(std::string_view type, std::string_view source, std::string_view target,
                         std::string_view more = "") {
  return fmt::format(
      R"({{"type": "relationship", "id": "relationship--{}-{}", "relationship_type": "{}", "source_ref": "{}", "target_ref": "{}"{}}})",
      source, target, type, source, target, more);
}

// One object a line, the first on line 2.
std::string bundle(const std::vector<std::string>& objects) {
  return fmt::format("{{\"type\": \"bundle\", \"id\": \"bundle--1\", \"objects\": [\n{}\n]}}\n",
                     fmt::join(objects, ",\n"));
}

const std::string kIcs = R"(, "x_mitre_domains": ["ics-attack"])";
const std::string kEnterprise = R"(, "x_mitre_domains": ["enterprise-attack", "ics-attack"])";

std::string said(const Result<Attack>& result) {
  if (result) return "read";
  std::string all;
  for (const Diagnostic& d : result.error()) all += d.place.toString() + ": " + d.message + "\n";
  return all;
}

TEST(AttackReader, KeepsWhatIsLiveAndWhatBecameOfTheRest) {
  const auto attack = readAttack(
      bundle({
          object(
              "x-mitre-collection", "c", "x",
              R"(, "x_mitre_version": "18.1", "modified": "2025-11-13T14:00:00.188Z", "x_mitre_domains": ["ics-attack"])"),
          relationship("uses", "intrusion-set--g", "attack-pattern--10"),  // before the objects it joins
          object("attack-pattern", "10", "T1000.010",
                 kIcs + R"(, "x_mitre_platforms": ["Linux", "IaaS", "Linux"], "kill_chain_phases": [)"
                        R"({"kill_chain_name": "mitre-ics-attack", "phase_name": "impact"}, )"
                        R"({"kill_chain_name": "of-others", "phase_name": "other"}, )"
                        R"({"kill_chain_name": "mitre-ics-attack", "phase_name": "evasion"}])"),
          object("attack-pattern", "2", "T1000.002", kEnterprise),
          object("attack-pattern", "old", "T0999", kIcs + R"(, "revoked": true, "x_mitre_deprecated": true)"),
          object("attack-pattern", "gone", "T0998", kIcs + R"(, "x_mitre_deprecated": true)"),
          object("course-of-action", "m", "M0001", R"(, "x_mitre_deprecated": false)"),
          object("course-of-action", "m2", "M0002", R"(, "x_mitre_deprecated": true)"),
          object("intrusion-set", "g", "G0001"),
          object("campaign", "c1", "C0001"),
          object("malware", "s1", "S0001"),
          object("tool", "s2", "S0002"),
          object("x-mitre-tactic", "t", "TA0001", R"(, "x_mitre_shortname": "impact")"),
          relationship("revoked-by", "attack-pattern--old", "attack-pattern--10"),
          relationship("revoked-by", "attack-pattern--old", "attack-pattern--2"),
          relationship("mitigates", "course-of-action--m", "attack-pattern--10"),
          relationship("mitigates", "course-of-action--m", "attack-pattern--2"),
          relationship("mitigates", "course-of-action--m2", "attack-pattern--2"),
          relationship("mitigates", "course-of-action--m", "attack-pattern--gone"),
          relationship("uses", "campaign--c1", "attack-pattern--2"),
          relationship("uses", "campaign--c1", "attack-pattern--10", R"(, "revoked": true)"),
          relationship("uses", "malware--s1", "attack-pattern--2"),
          relationship("uses", "tool--s2", "attack-pattern--2"),
          relationship("uses", "tool--s2", "attack-pattern--2"),  // said twice, counted once
          relationship("uses", "intrusion-set--g", "tool--s2"),
          relationship("subtechnique-of", "attack-pattern--2", "attack-pattern--10"),
      }),
      "b.json");
  ASSERT_TRUE(attack.has_value()) << said(attack);
  EXPECT_EQ(attack->domain, Framework::attackIcs);
  EXPECT_EQ(attack->version, "18.1");
  EXPECT_EQ(attack->released, "2025-11-13");
  const std::vector<AttackTechnique> techniques = {
      {"T0998", "the T0998", {}, {}, Standing::deprecated, "", 0, 0, 0},
      {"T0999", "the T0999", {}, {}, Standing::revoked, "T1000.002", 0, 0, 0},
      {"T1000.002", "the T1000.002", {}, {}, Standing::live, "", 0, 1, 2},
      {"T1000.010", "the T1000.010", {"evasion", "impact"}, {"IaaS", "Linux"}, Standing::live, "", 1, 0, 0}};
  EXPECT_EQ(attack->techniques, techniques);
  using Objects = std::vector<AttackObject>;
  EXPECT_EQ(attack->tactics, (Objects{{"TA0001", "the TA0001", "impact", Standing::live}}));
  EXPECT_EQ(attack->mitigations, (Objects{{"M0001", "the M0001", "", Standing::live},
                                          {"M0002", "the M0002", "", Standing::deprecated}}));
  EXPECT_EQ(attack->groups, (Objects{{"G0001", "the G0001", "", Standing::live}}));
  EXPECT_EQ(attack->campaigns, (Objects{{"C0001", "the C0001", "", Standing::live}}));
  EXPECT_EQ(attack->software, (Objects{{"S0001", "the S0001", "", Standing::live},
                                       {"S0002", "the S0002", "", Standing::live}}));
  using Pairs = std::vector<IdPair>;
  EXPECT_EQ(attack->mitigates, (Pairs{{"T1000.002", "M0001"}, {"T1000.010", "M0001"}}));
  EXPECT_EQ(attack->groupUses, (Pairs{{"G0001", "T1000.010"}}));
  EXPECT_EQ(attack->campaignUses, (Pairs{{"C0001", "T1000.002"}}));
  ASSERT_NE(attack->find("T1000.002"), nullptr);
  EXPECT_EQ(attack->find("T1000.002")->software, 2U);
  EXPECT_EQ(attack->find("T1000"), nullptr);
  EXPECT_EQ(attack->find("T1000.2"), nullptr);
}

TEST(AttackReader, TheOrderOfObjectsDoesNotMatter) {
  std::vector<std::string> objects = {object("attack-pattern", "1", "T0001", kIcs),
                                      object("attack-pattern", "2", "T0002", kIcs),
                                      object("attack-pattern", "3", "T0003", kIcs + R"(, "revoked": true)"),
                                      object("tool", "s", "S1"),
                                      relationship("uses", "tool--s", "attack-pattern--1"),
                                      relationship("revoked-by", "attack-pattern--3", "attack-pattern--2")};
  const auto first = readAttack(bundle(objects), "b.json");
  ASSERT_TRUE(first.has_value()) << said(first);
  std::ranges::sort(objects);
  do {
    EXPECT_EQ(readAttack(bundle(objects), "b.json"), first);
  } while (std::ranges::next_permutation(objects).found);
}

TEST(AttackReader, TheDomainIsWhatAllHaveInCommon) {
  const auto phase = [](std::string_view chain) {
    return fmt::format(R"(, "kill_chain_phases": [{{"kill_chain_name": "{}", "phase_name": "impact"}}])",
                       chain);
  };
  const auto both = object("attack-pattern", "1", "T1", kEnterprise);
  EXPECT_EQ(readAttack(bundle({object("attack-pattern", "1", "T1", phase("mitre-attack"))}), "b")->domain,
            Framework::attackEnterprise);
  EXPECT_EQ(
      readAttack(bundle({object("attack-pattern", "1", "T1", phase("mitre-mobile-attack"))}), "b")->domain,
      Framework::attackMobile);
  EXPECT_EQ(readAttack(bundle({both, object("attack-pattern", "2", "T2", kIcs)}), "b")->domain,
            Framework::attackIcs);
  EXPECT_EQ(said(readAttack(bundle({both}), "b.json")),
            "b.json:1:1: all that the bundle holds is of enterprise-attack and ics-attack\n");
  EXPECT_EQ(
      said(readAttack(bundle({object("attack-pattern", "1", "T1", phase("mitre-pre-attack"))}), "b.json")),
      "b.json:1:1: the bundle is of no domain of ATT&CK that is known\n");
  EXPECT_EQ(said(readAttack(bundle({}), "b.json")),
            "b.json:1:1: the bundle is of no domain of ATT&CK that is known\n");
  EXPECT_EQ(
      said(readAttack(bundle({object("attack-pattern", "1", "T1", kIcs),
                              object("attack-pattern", "2", "T2", phase("mitre-attack"))}),
                      "b.json")),
      "b.json:3:1: attack-pattern--2 is of enterprise-attack, the objects before it are of ics-attack\n");
}

TEST(AttackReader, EachDanglingRelationshipIsAnErrorWithItsPlace) {
  const auto result =
      readAttack(bundle({object("attack-pattern", "1", "T1", kIcs),
                         relationship("uses", "malware--none", "attack-pattern--1"),
                         "  " + relationship("detects", "x-sensor--1", "attack-pattern--2"),
                         relationship("uses", "tool--none", "attack-pattern--1", R"(, "revoked": true)")}),
                 "b.json");
  EXPECT_EQ(said(result),
            "b.json:3:1: this relationship (uses) names malware--none, which is not in the bundle\n"
            "b.json:4:3: this relationship (detects) names attack-pattern--2, which is not in the bundle\n"
            "b.json:4:3: this relationship (detects) names x-sensor--1, which is not in the bundle\n"
            "b.json:5:1: this relationship (uses) names tool--none, which is not in the bundle\n");
  std::vector<std::string> many = {object("attack-pattern", "1", "T1", kIcs)};
  for (int i = 0; i < 1000; ++i)
    many.push_back(relationship("uses", fmt::format("tool--{}", i), "attack-pattern--1"));
  const auto limited = readAttack(bundle(many), "b.json");
  ASSERT_FALSE(limited.has_value());
  ASSERT_EQ(limited.error().size(), 101U);
  EXPECT_EQ(limited.error().back().message, "from here on 900 more are not listed");
  EXPECT_EQ(limited.error().back().place.line, 103U);
}

TEST(AttackReader, AnIdBelongsToOneObject) {
  const std::string dead = kIcs + R"(, "x_mitre_deprecated": true)";
  EXPECT_EQ(said(readAttack(
                bundle({object("attack-pattern", "1", "T1", kIcs), object("attack-pattern", "2", "T1", kIcs),
                        object("malware", "1", "S1"), object("tool", "1", "S1")}),
                "b.json")),
            "b.json:3:1: a second live object has the ATT&CK id T1\nb.json:5:1: a second live object has the "
            "ATT&CK id "
            "S1\n");
  EXPECT_EQ(said(readAttack(bundle({object("attack-pattern", "1", "T1", kIcs),
                                    object("attack-pattern", "1", "T2", kIcs)}),
                            "b.json")),
            "b.json:3:1: the id attack-pattern--1 stands here for the second time\n");
  // A live one is who the id belongs to; and a course of action may have a technique's id, as the old ones
  // do.
  const auto attack =
      readAttack(bundle({object("attack-pattern", "1", "T1", dead), object("attack-pattern", "2", "T1", kIcs),
                         object("course-of-action", "1", "T1")}),
                 "b.json");
  ASSERT_TRUE(attack.has_value()) << said(attack);
  ASSERT_EQ(attack->techniques.size(), 1U);
  EXPECT_EQ(attack->techniques[0].standing, Standing::live);
  const auto successor =
      readAttack(bundle({object("attack-pattern", "1", "T1", dead),
                         object("attack-pattern", "2", "T1", dead + R"(, "revoked": true)"),
                         object("attack-pattern", "3", "T3", kIcs),
                         relationship("revoked-by", "attack-pattern--2", "attack-pattern--3")}),
                 "b.json");
  ASSERT_TRUE(successor.has_value()) << said(successor);
  EXPECT_EQ(successor->find("T1")->revokedBy, "T3");
}

TEST(AttackReader, WhatIsMissingOrOfTheWrongTypeHasAPlace) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"({"id": "x--1"})", "2:1: an object without a type"},
      {R"({"type": "x"})", "2:1: this x has no id"},
      {R"({"type": "attack-pattern", "id": "attack-pattern--1", "name": "n"})",
       "2:1: attack-pattern--1 has no ATT&CK id"},
      {R"({"type": "malware", "id": "m--1", "name": "n", "external_references": [{"source_name": "capec", "external_id": "1"}]})",
       "2:1: m--1 has no ATT&CK id"},
      {object("tool", "1", "S 1"), "2:1: tool--1 has no ATT&CK id"},
      {R"({"type": "tool", "id": "tool--1", "external_references": [{"source_name": "mitre-attack", "external_id": "S1"}]})",
       "2:1: S1 (tool--1) has no name"},
      {R"({"type": "relationship", "id": "r--1", "source_ref": "a"})", "2:1: r--1 is incomplete"},
      {R"({"type": "tool", "id": 7})", "2:24: id is a number"},
      {object("tool", "1", "S1", R"(, "revoked": "true")"), ": revoked is a string"},
      {object("tool", "1", "S1", R"(, "x_mitre_platforms": "Linux")"), ": x_mitre_platforms is a string"},
      {object("tool", "1", "S1", R"(, "x_mitre_platforms": [1])"),
       ": an item of x_mitre_platforms is a number"},
      {object("tool", "1", "S1", R"(, "kill_chain_phases": [[]])"),
       ": an item of kill_chain_phases is an array"},
      {R"({"type": "tool", "id": "tool--1", "external_references": {}})",
       "2:58: external_references is an object"},
      {"12", "2:1: an object of the bundle is a number"},
      {object("x-mitre-collection", "1", "x", R"(, "modified": "yesterday")"),
       "2:1: the collection was modified at \"yesterday\""},
  };
  for (const auto& [text, expected] : cases) {
    const auto result = readAttack(bundle({text, object("attack-pattern", "ok", "T9", kIcs)}), "b.json");
    ASSERT_FALSE(result.has_value()) << text;
    EXPECT_EQ(result.error().size(), 1U) << said(result);
    EXPECT_NE(said(result).find(expected), std::string::npos) << said(result);
    EXPECT_EQ(result.error().front().place.line, 2U);
    EXPECT_GE(result.error().front().place.column, 1U);
  }
  // null counts as absent.
  EXPECT_EQ(said(readAttack(bundle({object("attack-pattern", "1", "T1",
                                           kIcs + R"(, "x_mitre_platforms": null, "revoked": null)")}),
                            "b.json")),
            "read");
}

TEST(AttackReader, WhatIsNoBundleIsRefused) {
  for (const std::string text :
       {"{}", R"({"type": "bundle"})", R"({"objects": []})", R"({"type": "indicator", "objects": []})"}) {
    EXPECT_EQ(said(readAttack(text, "b.json")), "b.json:1:1: this is not a STIX bundle\n") << text;
  }
  EXPECT_EQ(said(readAttack(R"({"type": "bundle", "objects": 1})", "b.json")),
            "b.json:1:31: objects is a number\n");
  const std::string whole = bundle({object("attack-pattern", "1", "T1", kIcs)});
  for (std::size_t size = 0; size + 2 < whole.size(); ++size) {
    EXPECT_FALSE(readAttack(whole.substr(0, size), "b.json").has_value()) << size;
  }
  const std::string deep(10'000, '[');
  EXPECT_NE(said(readAttack(R"({"type": "bundle", "objects": )" + deep, "b.json")).find("b.json:1:"),
            std::string::npos);
  AttackLimits limits;
  limits.objects = 1;
  EXPECT_EQ(said(readAttack(bundle({object("attack-pattern", "1", "T1", kIcs), object("tool", "1", "S1"),
                                    object("tool", "2", "S2")}),
                            "b.json", limits)),
            "b.json:3:1: the bundle has more than 1 objects\n");
}

TEST(Standing, HasWords) {
  for (const Standing standing : {Standing::live, Standing::deprecated, Standing::revoked})
    EXPECT_EQ(standingOfWord(word(standing)), standing);
  EXPECT_EQ(standingOfWord("dead"), std::nullopt);
}

TEST(NaturalLess, ComparesNumbersAsNumbersAndOrdersAllIds) {
  const std::vector<std::string> sorted = {"",
                                           "9.2",
                                           "10.1",
                                           "A.8.2",
                                           "A.8.20",
                                           "AC-2",
                                           "AC-2(1)",
                                           "AC-2(10)",
                                           "AC-10",
                                           "T01",
                                           "T1",
                                           "T1048",
                                           "T1048.2",
                                           "T1048.10",
                                           "T1048a",
                                           "T18446744073709551616",
                                           "T18446744073709551617",
                                           "TA1"};
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    for (std::size_t j = 0; j < sorted.size(); ++j) {
      EXPECT_EQ(naturalLess(sorted[i], sorted[j]), i < j) << sorted[i] << " " << sorted[j];
    }
  }
}

// The published bundles, against tables that another program made of them.
class RealBundles : public testing::TestWithParam<std::string> {};

TEST_P(RealBundles, SayWhatTheTablesSay) {
  const std::string domain = GetParam(), name = "attack/" + domain + "-attack.json.xz";
  VAUBAN_NEEDS_SHARED(name);
  const auto attack = readAttack(test::sharedFile(name), domain);
  ASSERT_TRUE(attack.has_value()) << said(attack);
  EXPECT_EQ(word(attack->domain), "attack-" + domain);
  const std::map<std::string, std::size_t> live = {{"enterprise", 691}, {"ics", 83}, {"mobile", 124}};
  EXPECT_EQ(static_cast<std::size_t>(
                std::ranges::count(attack->techniques, Standing::live, &AttackTechnique::standing)),
            live.at(domain));

  const auto pairs = [&](const std::string& table, const std::string& first, const std::string& second) {
    std::vector<IdPair> found;
    for (auto& row : test::sharedTable("facts/" + table))
      if (row["domain"] == domain) found.emplace_back(row[first], row[second]);
    return found;
  };
  const auto sorted = [](std::vector<IdPair> found) {
    std::ranges::sort(found);
    return found;
  };
  EXPECT_EQ(sorted(attack->mitigates), sorted(pairs("attack-mitigation.tsv", "technique", "mitigation")));
  EXPECT_EQ(sorted(attack->groupUses), sorted(pairs("group-technique.tsv", "group", "technique")));
  EXPECT_EQ(sorted(attack->campaignUses), sorted(pairs("campaign-technique.tsv", "campaign", "technique")));
  std::vector<IdPair> names;
  for (const AttackObject& mitigation : attack->mitigations)
    if (mitigation.standing == Standing::live) names.emplace_back(mitigation.id, mitigation.name);
  EXPECT_EQ(sorted(names), sorted(pairs("attack-mitigation-names.tsv", "mitigation", "name")));

  std::size_t rows = 0;
  for (auto& row : test::sharedTable("facts/attack-usage.tsv")) {
    if (row["domain"] != domain) continue;
    ++rows;
    const AttackTechnique* technique = attack->find(row["technique"]);
    ASSERT_NE(technique, nullptr) << row["technique"];
    EXPECT_EQ(technique->standing, Standing::live);
    EXPECT_EQ(technique->name, row["name"]);
    EXPECT_EQ(fmt::format("{}", fmt::join(technique->tactics, ";")), row["tactics"]) << technique->id;
    EXPECT_EQ(std::to_string(technique->groups), row["groups"]) << technique->id;
    EXPECT_EQ(std::to_string(technique->campaigns), row["campaigns"]) << technique->id;
    EXPECT_EQ(std::to_string(technique->software), row["software"]) << technique->id;
  }
  EXPECT_EQ(rows, live.at(domain));

  EXPECT_TRUE(std::ranges::is_sorted(attack->techniques, naturalLess, &AttackTechnique::id));
  std::set<std::string> tactics;
  for (const AttackObject& tactic : attack->tactics) tactics.insert(tactic.shortName);
  for (const AttackTechnique& technique : attack->techniques) {
    EXPECT_TRUE(technique.revokedBy.empty() || technique.standing == Standing::revoked) << technique.id;
    if (technique.standing == Standing::live) {
      EXPECT_FALSE(technique.tactics.empty()) << technique.id;
      for (const std::string& tactic : technique.tactics) EXPECT_TRUE(tactics.contains(tactic)) << tactic;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Domains, RealBundles, testing::Values("enterprise", "ics", "mobile"),
                         [](const auto& domain) { return domain.param; });

}  // namespace
}  // namespace vauban::catalog
