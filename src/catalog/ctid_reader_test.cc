#include "catalog/ctid_reader.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "tests/support/shared_file.h"

namespace vauban::catalog {
namespace {

std::string said(const Diagnostics& diagnostics) {
  std::string all;
  for (const Diagnostic& d : diagnostics) all += d.place.toString() + ": " + d.message + "\n";
  return all;
}
std::string said(const Result<CtidReading>& result) { return result ? "read" : said(result.error()); }

// Metadata on line 1, then a row a line.
std::string mappings(std::string_view set, const std::vector<std::string>& rows,
                     std::string_view domain = "enterprise") {
  return fmt::format(
      "{{\"metadata\": {{\"technology_domain\": \"{}\", \"attack_version\": \"16.1\", \"mapping_framework\": "
      "\"{}\", "
      "\"mapping_framework_version\": \"v2\", \"last_update\": \"07/04/2030\", \"author\": null}}, "
      "\"mapping_objects\": [\n{}\n]}}",
      domain, set, fmt::join(rows, ",\n"));
}

std::string row(std::string_view capability, std::string_view technique, std::string_view type,
                std::string_view more = "") {
  return fmt::format(
      R"({{"capability_id": "{}", "capability_description": "not kept", "mapping_type": "{}", "attack_object_id": "{}", "attack_object_name": "not kept", "references": ["x"], "status": "complete"{}}})",
      capability, type, technique, more);
}

std::string score(std::string_view category, std::string_view value, std::string_view comments = "") {
  return fmt::format(R"(, "score_category": "{}", "score_value": "{}", "comments": "{}")", category, value,
                     comments);
}

TEST(CtidReader, JoinsControlsToTechniques) {
  const auto read = readCtid(
      mappings(
          "nist_800_53",
          {row("CA-07", "T1048.003", "mitigates"), row("AC-10", "T1048", "mitigates"),
           row("AC-02", "T1048", "mitigates"), row("AC-2", "T1048", "mitigates", R"(, "comments": "again")"),
           row("AC-04(08)", "T1048", "mitigates"),
           R"({"capability_id": null, "mapping_type": null, "attack_object_id": "T1496", "status": "non_mappable"})"}),
      "m.json");
  ASSERT_TRUE(read.has_value()) << said(read);
  EXPECT_EQ(read->set, "nist_800_53");
  EXPECT_EQ(read->attackVersion, "16.1");
  EXPECT_EQ(read->source.id, "ctid-nist_800_53");
  EXPECT_EQ(read->source.framework, Framework::nist80053);
  EXPECT_EQ(read->source.version, "v2");
  EXPECT_EQ(read->source.date, "2030-07-04");
  EXPECT_EQ(read->source.origin, "m.json");
  const auto crosswalk = [](const std::string& from, const std::string& to) {
    return Crosswalk{Framework::nist80053, from, "mitigates", Framework::attackEnterprise, to, "",
                     "ctid-nist_800_53"};
  };
  EXPECT_EQ(read->crosswalks,
            (std::vector<Crosswalk>{crosswalk("AC-2", "T1048"), crosswalk("AC-4(8)", "T1048"),
                                    crosswalk("AC-10", "T1048"), crosswalk("CA-7", "T1048.003")}));
  EXPECT_TRUE(read->scores.empty());
  EXPECT_EQ(read->rows, 6U);
  EXPECT_EQ(read->repeats, 1U);
  EXPECT_EQ(read->nonMappable, 1U);
  EXPECT_EQ(read->incomplete, 0U);
  EXPECT_EQ(said(read->warnings), "");
}

TEST(CtidReader, CountsScoresThatSayTheSame) {
  CtidOptions options;
  options.source = "aws-2030";
  const auto read =
      readCtid(mappings("aws", {row("guard", "T1048", "technique_scores", score("protect", "partial", "one")),
                                row("guard", "T1048", "technique_scores", score("detect", "minimal")),
                                row("guard", "T1048", "technique_scores", score("protect", "partial", "two")),
                                row("guard", "T1048", "technique_scores", score("protect", "significant")),
                                row("a-guard", "T1048", "technique_scores", score("respond", "partial"))}),
               "m.json", options);
  ASSERT_TRUE(read.has_value()) << said(read);
  EXPECT_EQ(read->scores, (std::vector<Score>{{"T1048", "a-guard", "respond", "partial", 1, "aws-2030"},
                                              {"T1048", "guard", "detect", "minimal", 1, "aws-2030"},
                                              {"T1048", "guard", "protect", "partial", 2, "aws-2030"},
                                              {"T1048", "guard", "protect", "significant", 1, "aws-2030"}}));
  EXPECT_TRUE(read->crosswalks.empty());
}

TEST(CtidReader, OtherSchemesKeepTheirIdsAndRelations) {
  const auto read = readCtid(
      mappings("veris",
               {row("action.social.variety.Evade Defenses", "T0801", "related_to"),
                row("action.malware.variety.In-memory", "", "related_to"),
                row("action.x", "T0802", "related_to", R"(, "attack_version": "[UNKNOWN_VERSION]")")},
               "ics"),
      "m.json");
  ASSERT_TRUE(read.has_value()) << said(read);
  EXPECT_EQ(read->domain, Framework::attackIcs);
  ASSERT_EQ(read->crosswalks.size(), 2U);
  EXPECT_EQ(read->crosswalks[0],
            (Crosswalk{Framework::capability, "veris/action.social.variety.Evade Defenses", "related_to",
                       Framework::attackIcs, "T0801", "", "ctid-veris"}));
  EXPECT_EQ(read->incomplete, 1U);
  EXPECT_EQ(said(read->warnings),
            "m.json:3:1: a mapping of action.malware.variety.In-memory without a technique is left out\n"
            "m.json:4:1: the mapping of action.x to T0802 is of ATT&CK \"[UNKNOWN_VERSION]\"\n");
}

TEST(CtidReader, WhatIsWrongHasAPlace) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {row("guard", "1048", "t"), "m.json:2:1: \"1048\" is no technique of ATT&CK\n"},
      {row("guard", "TA0010", "t"), "m.json:2:1: \"TA0010\" is no technique of ATT&CK\n"},
      {row("guard", "M1031", "t"), "m.json:2:1: \"M1031\" is no technique of ATT&CK\n"},
      {row("gu\\tard", "T1048", "t"), "m.json:2:1: \"gu?ard\" is no id of capability\n"},
      {row("guard", "T1048", ""), "m.json:2:1: a mapping without a type\n"},
      {row("guard", "T1048", "t", score("protekt", "partial")),
       "m.json:2:1: score_category is \"protekt\"\n"},
      {row("guard", "T1048", "t", score("protect", "Partial")), "m.json:2:1: score_value is \"Partial\"\n"},
      {row("guard", "T1048", "t", score("protect", "")), "m.json:2:1: a score without score_value\n"},
      {row("guard", "T1048", "t", R"(, "score_value": 3)"), "score_value is a number\n"},
      {"[]", "m.json:2:1: a mapping object is an array\n"},
  };
  for (const auto& [text, expected] : cases) {
    const auto result = readCtid(mappings("aws", {text}), "m.json");
    ASSERT_FALSE(result.has_value()) << text;
    EXPECT_EQ(result.error().size(), 1U);
    EXPECT_NE(said(result).find(expected), std::string::npos) << said(result);
    EXPECT_EQ(result.error().front().place.line, 2U);
  }
  EXPECT_EQ(readCtid(mappings("aws", {cases[5].first}), "m.json").error().front().nearest, "protect");
  EXPECT_EQ(said(readCtid(mappings("nist_800_53", {row("AC2", "T1048", "mitigates")}), "m.json")),
            "m.json:2:1: \"AC2\" is no id of 800-53\n");
  EXPECT_EQ(
      said(readCtid(mappings("aws", {row("g", "T0801", "t", score("protect", "partial"))}, "ics"), "m.json")),
      "m.json:2:1: a score that is not of a capability against an enterprise technique\n");
  EXPECT_EQ(said(readCtid(mappings("a/b", {}), "m.json")),
            "m.json:1:14: mapping_framework does not name a set\n");
  EXPECT_EQ(said(readCtid(mappings("aws", {}, "cloud"), "m.json")),
            "m.json:1:14: technology_domain is \"cloud\"\n");
  for (const std::string text : {"{}", R"({"metadata": {}})", R"({"mapping_objects": []})"})
    EXPECT_EQ(said(readCtid(text, "m.json")), "m.json:1:1: this is no file of the Mappings Explorer\n")
        << text;
  const std::string whole = mappings("aws", {row("guard", "T1048", "t", score("protect", "partial"))});
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(readCtid(whole.substr(0, size), "m.json").has_value()) << size;
  CtidOptions options;
  options.rows = 1;
  const std::string one = row("g", "T1048", "t");
  EXPECT_EQ(said(readCtid(mappings("aws", {one, one, one}), "m.json", options)),
            "m.json:3:1: the file has more than 1 mapping objects\n");
}

// The published files, against tables that another program made of them.
TEST(CtidReader, ReadsThePublishedControls) {
  const std::string file = "ctid/nist_800_53-rev5_attack-16.1-enterprise.json.xz";
  VAUBAN_NEEDS_SHARED(file);
  const auto read = readCtid(test::sharedFile(file), file);
  ASSERT_TRUE(read.has_value()) << said(read);
  std::set<std::pair<std::string, std::string>> expected, found;
  for (auto& entry : test::sharedTable("facts/attack-800-53.tsv"))
    expected.emplace(entry["control"], entry["technique"]);
  for (const Crosswalk& crosswalk : read->crosswalks) {
    found.emplace(crosswalk.from, crosswalk.to);
    EXPECT_EQ(crosswalk.relation, "mitigates");
  }
  EXPECT_EQ(found, expected);
  EXPECT_EQ(read->crosswalks.size(), 5264U);
  EXPECT_EQ(read->rows, 5410U);
  EXPECT_EQ(read->repeats, 50U);
  EXPECT_EQ(read->nonMappable, 96U);
  EXPECT_EQ(read->warnings.size(), 1U) << said(read->warnings);  // SC-12 names a mobile technique
}

TEST(CtidReader, ReadsThePublishedScores) {
  VAUBAN_NEEDS_SHARED("ctid/aws-12.12.2024_attack-16.1-enterprise.json.xz");
  using Key = std::tuple<std::string, std::string, std::string, std::string, std::string>;
  std::map<Key, std::string> expected, found;
  for (auto& entry : test::sharedTable("facts/attack-scored.tsv")) {
    expected[{entry["source_set"], entry["technique"], entry["capability"], entry["category"],
              entry["value"]}] = entry["rows"];
  }
  EXPECT_EQ(expected.size(), 2951U);
  for (const std::string name :
       {"aws-12.12.2024_attack-16.1", "azure-04.26.2025_attack-16.1", "gcp-03.06.2025_attack-16.1",
        "m365-07.18.2025_attack-16.1", "intel-vpro-08.20.2024_attack-15.1"}) {
    const auto read = readCtid(test::sharedFile("ctid/" + name + "-enterprise.json.xz"), name);
    ASSERT_TRUE(read.has_value()) << said(read);
    EXPECT_TRUE(read->crosswalks.empty());
    EXPECT_EQ(name.substr(name.find("attack-") + 7), read->attackVersion);
    std::size_t rows = 0;
    for (const Score& score : read->scores) {
      found[{read->set, score.technique, score.capability, score.category, score.value}] =
          std::to_string(score.rows);
      rows += score.rows;
    }
    EXPECT_EQ(rows + read->nonMappable, read->rows);
  }
  EXPECT_EQ(found, expected);
}

TEST(CtidReader, ReadsThePublishedSchemes) {
  VAUBAN_NEEDS_SHARED("ctid/kev-07.28.2025_attack-16.1-enterprise.json.xz");
  struct Scheme {
    std::string file, set, date;
    std::size_t rows, nonMappable, incomplete;
    std::set<std::string> relations;
  };
  const std::vector<Scheme> schemes = {
      {"cri_profile-v2.1_attack-16.1", "cri_profile", "2025-07-11", 2152, 0, 0, {"mitigates"}},
      {"csa_ccm-4.1_attack-17.1", "csa_ccm", "2026-01-27", 940, 148, 0, {"mitigates"}},
      {"kev-07.28.2025_attack-16.1",
       "kev",
       "2025-08-28",
       1183,
       0,
       0,
       {"exploitation_technique", "primary_impact", "secondary_impact"}},
      {"veris-1.4.0_attack-16.1", "veris", "2025-04-03", 1221, 51, 1, {"related_to"}},
  };
  for (const Scheme& scheme : schemes) {
    const auto read = readCtid(test::sharedFile("ctid/" + scheme.file + "-enterprise.json.xz"), scheme.file);
    ASSERT_TRUE(read.has_value()) << said(read);
    EXPECT_EQ(read->set, scheme.set);
    EXPECT_EQ(read->source.date, scheme.date);
    EXPECT_EQ(read->rows, scheme.rows);
    EXPECT_EQ(read->nonMappable, scheme.nonMappable) << scheme.set;
    EXPECT_EQ(read->incomplete, scheme.incomplete) << scheme.set;
    EXPECT_EQ(read->crosswalks.size() + read->repeats + read->nonMappable + read->incomplete, read->rows);
    EXPECT_TRUE(read->scores.empty());
    std::set<std::string> relations;
    for (const Crosswalk& crosswalk : read->crosswalks) {
      relations.insert(crosswalk.relation);
      EXPECT_EQ(crosswalk.fromFramework, Framework::capability);
      EXPECT_TRUE(crosswalk.from.starts_with(scheme.set + "/")) << crosswalk.from;
    }
    EXPECT_EQ(relations, scheme.relations);
  }
}

}  // namespace
}  // namespace vauban::catalog
