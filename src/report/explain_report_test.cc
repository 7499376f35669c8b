#include "report/explain_report.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "catalog/embedded_pack.h"
#include "catalog/pack.h"
#include "tests/support/example_catalogue.h"

#ifdef VAUBAN_HAS_VALIJSON
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>
#endif

namespace vauban::report {
namespace {

using nlohmann::json;

const catalog::Catalogue& example() {
  static const catalog::Catalogue catalogue = testing::exampleCatalogue();
  return catalogue;
}

catalog::Answer answered(std::string_view words, const catalog::ExplainOptions& options = {}) {
  auto made = catalog::answer(example(), words, options);
  if (made) return *std::move(made);
  ADD_FAILURE() << words << ": " << made.error().front().message;
  return {};
}

std::string text(std::string_view words, const ExplainStyle& style = {}) {
  return explainText(answered(words), style);
}

bool has(const std::string& whole, std::string_view part) { return whole.find(part) != std::string::npos; }

TEST(ExplainText, IsWhatAnArchitectReads) {
  EXPECT_EQ(text("CIS 9.2"),
            "CIS 9.2\n"
            "CIS Controls 8, control\n"
            "  standing    live\n"
            "  stands in   9\n"
            "  groups      ig1, ig2, ig3\n"
            "  attributes  network, protect\n"
            "  title       not shipped: CIS Controls has terms of its own\n"
            "\n"
            "ATT&CK Enterprise techniques  1  [E1, breadth only, -> related, relation not the source's own]\n"
            "  T1048 Exfiltration Over Alternative Protocol\n"
            "\n"
            "Controls of NIST SP 800-53  1  [E1, breadth only, -> subset-of]\n"
            "  AC-4 Information Flow Enforcement\n"
            "\n"
            "D3FEND techniques, in two steps  1  [E1, breadth only]\n"
            "  D3-DNSAL  DNS Allowlisting  -subset-of-> AC-4 -narrower->\n"
            "\n"
            "Controls and clauses of ISO/IEC 27001, in two steps  1  [E1, breadth only]\n"
            "  ISO 9.2\n"
            "\n"
            "Not shown: 1 ATT&CK Enterprise techniques, in two steps (--all)\n");
}

TEST(ExplainText, PathsMatchesAndPossibilitiesStandInColumns) {
  const std::string out = text("T1048.003");
  EXPECT_TRUE(has(out, "ATT&CK Enterprise 18.1 (2025-10-28), attack technique\n")) << out;
  EXPECT_TRUE(has(out, "  [E0, applicable]\n")) << out;
  EXPECT_TRUE(
      has(out,
          "  D3-NTA    Traffic Analysis  exact       Detect   -below-> T1048 -produces-> NetworkTraffic "
          "<-analyzes-  (+1)\n"
          "  D3-DNSAL  DNS Allowlisting  exact  may  Isolate  -may-produce-> OutboundDNS <-blocks-\n"))
      << out;
  EXPECT_TRUE(has(out, "Countermeasures by this project's extension")) << out;
  EXPECT_TRUE(has(out, "rule protocol")) << out;
  EXPECT_TRUE(has(
      out,
      "trials: T1048.003 is not among the 1 techniques of the trials known; there is for its parent T1048\n"))
      << out;
}

TEST(ExplainText, EvidenceCarriesItsGrade) {
  const std::string out = text("T1048");
  EXPECT_TRUE(has(out, "[E2, detect partial or significant; protect minimal, <- acts on]")) << out;
  EXPECT_TRUE(has(out, "[E3, detected at 0.40 to 1.00 (P10, P90 of 58 product rounds)")) << out;
  EXPECT_TRUE(has(out, "  sigma 3\n")) << out;
}

TEST(ExplainText, LongListsAreCutUnlessAllIsAskedFor) {
  catalog::Explanation made;
  made.subject = {catalog::SubjectKind::artifact, catalog::Framework::d3fend, "A", "", "A", ""};
  catalog::LinkGroup table{"relations", "Relates to", "", {}, ""},
      list{"children", "Kinds of it", "", {}, ""};
  for (int i = 0; i < 100; ++i) {
    catalog::Link link;
    link.relation = "r" + std::to_string(i % 2);
    link.framework = catalog::Framework::d3fend;
    link.id = "Artifact" + std::to_string(i);
    table.links.push_back(link);
    link.relation = "below";
    list.links.push_back(link);
  }
  made.groups = {table, list};
  const std::string cut = explainText(made);
  EXPECT_TRUE(has(cut, "  Artifact5  -> r1\n  and 94 more (--all)\n")) << cut;
  EXPECT_TRUE(has(cut, "Artifact0, Artifact1,")) << cut;
  EXPECT_LE(std::ranges::count(cut, '\n'), 16) << cut;
  std::istringstream lines(cut);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 110U) << line;
  ExplainStyle style;
  style.all = true;
  const std::string all = explainText(made, style);
  EXPECT_FALSE(has(all, "--all"));
  EXPECT_TRUE(has(all, "Artifact99"));
}

TEST(ExplainText, ABareNumberIsListedWithHowToSayWhich) {
  EXPECT_EQ(text("9.2"),
            "9.2 may be\n"
            "  cis:9.2        CIS Controls control\n"
            "  iso-27001:9.2  ISO/IEC 27001 control\n");
}

TEST(ExplainText, SeveralMeaningsFollowEachOther) {
  const std::string out = text("T1574.002");
  const std::size_t second = out.find("\n\nT1574.001  DLL\n");
  ASSERT_NE(second, std::string::npos) << out;
  EXPECT_TRUE(has(out, "\nT1574.001 took the place of T1574.002 in ATT&CK\n")) << out;
}

TEST(ExplainText, ColourIsOnlyThereWhereAskedFor) {
  EXPECT_FALSE(has(text("T1048"), "\x1b"));
  ExplainStyle style;
  style.colour = true;
  EXPECT_TRUE(has(text("T1048", style), "\x1b[1mT1048\x1b[0m"));
}

TEST(ExplainJson, SaysWhatWasAskedAndFound) {
  const json made = json::parse(
      explainJson(answered("T1048", {catalog::View::direct, {catalog::Rule::wholeToPart}, false})));
  EXPECT_EQ(made["schema"], "vauban-explain-1");
  EXPECT_EQ(made["asked"], "T1048");
  EXPECT_EQ(made["view"], "direct");
  EXPECT_EQ(made["rules"], json::array({"official", "whole-to-part"}));
  const json& subject = made["explanations"][0]["subject"];
  EXPECT_EQ(subject["kind"], "attack-technique");
  EXPECT_EQ(subject["say"], "attack-enterprise:T1048");
  const json& link = made["explanations"][0]["groups"][0]["links"][0];
  EXPECT_EQ(link["id"], "D3-NTA");
  EXPECT_EQ(link["grade"], "E0");
  EXPECT_EQ(link["effect"], "applicable");
  EXPECT_EQ(link["paths"][0]["text"], "T1048 -produces-> NetworkTraffic <-analyzes- D3-NTA");
  EXPECT_EQ(link["paths"][0]["rule"], "official");
  EXPECT_EQ(link["paths"][0]["steps"][1]["from"], "D3-NTA");
  EXPECT_EQ(made["sources"][0]["id"], "attack-18.1");
}

TEST(ExplainJson, WhatIsNoTextBecomesText) {
  catalog::Answer made = answered("T1048");
  made.asked = "\xff\"\n";
  EXPECT_EQ(json::parse(explainJson(made))["asked"], "\xef\xbf\xbd\"\n");
}

json publishedSchema() {
  std::ifstream file(std::string(VAUBAN_SOURCE_DIR) + "/docs/formats/explain.schema.json");
  return json::parse(file);
}

TEST(ExplainSchema, NamesEveryWord) {
  const json schema = publishedSchema();
  const auto isIn = [&](const char* definition, std::string_view word) {
    const json& words = schema["$defs"][definition]["enum"];
    return std::ranges::find(words, json(word)) != words.end();
  };
  for (int i = 0; i <= static_cast<int>(catalog::Framework::nist80082); ++i)
    EXPECT_TRUE(isIn("framework", catalog::word(static_cast<catalog::Framework>(i)))) << i;
  for (int i = 0; i <= static_cast<int>(catalog::SubjectKind::protocol); ++i)
    EXPECT_TRUE(isIn("kind", catalog::word(static_cast<catalog::SubjectKind>(i)))) << i;
  for (int i = 0; i <= static_cast<int>(catalog::Rule::protocol); ++i)
    EXPECT_TRUE(isIn("rule", catalog::word(static_cast<catalog::Rule>(i)))) << i;
  for (int i = 0; i <= static_cast<int>(catalog::Grade::e5); ++i)
    EXPECT_TRUE(isIn("grade", catalog::word(static_cast<catalog::Grade>(i)))) << i;
}

#ifdef VAUBAN_HAS_VALIJSON

class ValidatesExplanations : public ::testing::Test {
 protected:
  ValidatesExplanations() {
    valijson::SchemaParser parser;
    parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(published_), schema_);
  }
  // "" where it keeps to the schema.
  std::string mistakes(const std::string& text) {
    const json document = json::parse(text);
    valijson::ValidationResults results;
    valijson::Validator validator;
    if (validator.validate(schema_, valijson::adapters::NlohmannJsonAdapter(document), &results)) return {};
    std::string found = "invalid";
    valijson::ValidationResults::Error error;
    while (results.popError(error)) {
      for (const std::string& part : error.context) found += part;
      found += ": " + error.description + "\n";
    }
    return found;
  }

 private:
  json published_ = publishedSchema();
  valijson::Schema schema_;
};

TEST_F(ValidatesExplanations, OfTheExample) {
  for (const char* words :
       {"T1048",      "T1048.003",      "T1071",      "T1562.001", "T1574.002", "T1900",   "T0803",
        "D3-DNSAL",   "D3-NI",          "D3-IDLE",    "AC-4",      "AC-2",      "CIS 9.2", "9.2",
        "CIS 9",      "PR.DS-02",       "M1037",      "M1013",     "G0007",     "C0001",   "S0002",
        "Isolate",    "TA0010",         "DNSTraffic", "ntp",       "CWE-79",    "guard",   "CAR-2021-01-007",
        "PD-WRL-001", "kev/CVE-2020-1", "T1685"}) {
    EXPECT_EQ(mistakes(explainJson(answered(words))), "") << words;
    EXPECT_EQ(mistakes(explainJson(answered(words, {catalog::View::page, {}, true}))), "") << words;
  }
}

TEST_F(ValidatesExplanations, OfWhatShips) {
  const auto shipped = catalog::readPack(catalog::embeddedPack());
  ASSERT_TRUE(shipped);
  for (const char* words :
       {"T1048.003", "D3-DNSAL", "M1037", "AC-4", "CIS 9.2", "DNSNetworkTraffic", "ntp", "T1003.001"}) {
    const auto made = catalog::answer(*shipped, words);
    ASSERT_TRUE(made) << words;
    EXPECT_EQ(mistakes(explainJson(*made)), "") << words;
  }
}

TEST_F(ValidatesExplanations, AndRefusesWhatIsNone) {
  json made = json::parse(explainJson(answered("T1048")));
  made["explanations"][0]["groups"][0]["gap"] = "both links and a gap";
  EXPECT_NE(mistakes(made.dump()), "");
  made = json::parse(explainJson(answered("T1048")));
  made["explanations"][0]["groups"][0]["links"][0]["grade"] = "E9";
  EXPECT_NE(mistakes(made.dump()), "");
  made = json::parse(explainJson(answered("T1048")));
  made["more"] = 1;
  EXPECT_NE(mistakes(made.dump()), "");
}

#endif

}  // namespace
}  // namespace vauban::report
