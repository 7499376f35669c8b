// What an audit of the shipped pack says, in each of its forms.
#include "report/audit_report.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "catalog/embedded_pack.h"
#include "catalog/pack.h"

namespace vauban::report {
namespace {

using nlohmann::json;

const catalog::Catalogue& shipped() {
  static const catalog::Catalogue catalogue = [] {
    auto read = catalog::readPack(catalog::embeddedPack());
    EXPECT_TRUE(read.has_value()) << (read ? "" : read.error().front().message);
    return read ? std::move(*read) : catalog::Catalogue();
  }();
  return catalogue;
}

const catalog::Audit& audited() {
  static const catalog::Audit audit = catalog::audit(shipped());
  return audit;
}

// A version with less: one countermeasure and one relation gone, one in another tactic, one artifact under
// another name.
catalog::Catalogue older() {
  catalog::Catalogue catalogue = shipped();
  catalog::Ontology& ontology = catalogue.ontology;
  ontology.version = "0.1";
  ontology.classes[ontology.find("DNSAllowlisting")->index()].id.clear();
  ontology.classes[ontology.find("FileHashing")->index()].label = "Hashing \"of\" <files>";
  const auto enables = *ontology.findProperty("enables");
  for (catalog::Relation& relation : ontology.relations) {
    if (relation.subject == *ontology.find("DecoyEnvironment") && relation.property == enables)
      relation.object = *ontology.find("Detect");
  }
  std::ranges::sort(ontology.relations);
  std::erase_if(ontology.relations, [&](const catalog::Relation& relation) {
    return relation.subject == *ontology.find("FileAnalysis") && relation.property != enables;
  });
  return catalogue;
}

const catalog::AuditDiff& difference() {
  static const catalog::AuditDiff diff = [] {
    const catalog::Catalogue old = older();
    return catalog::compare(catalog::audit(old), old, audited(), shipped());
  }();
  return diff;
}

bool says(const std::string& text, const std::string& words) { return text.find(words) != std::string::npos; }

// The line that begins with `name`, its runs of blanks as one.
std::string line(const std::string& text, const std::string& name) {
  std::istringstream lines(text);
  for (std::string it; std::getline(lines, it);) {
    std::string squeezed;
    for (const char c : it) {
      if (c != ' ' || (!squeezed.empty() && squeezed.back() != ' ')) squeezed += c;
    }
    if (squeezed.starts_with(name)) return squeezed;
  }
  return "";
}

// What docs/formats/audit.schema.json says of it, by an implementation that is not ours; skips where there is
// none.
void conforms(const std::string& text, const std::string& name) {
  const std::string folder = ::testing::TempDir();
  const std::string document = folder + name + ".json", script = folder + name + ".py";
  std::ofstream(document) << text;
  std::ofstream(script) << "import json, sys\n"
                           "try:\n"
                           "  from jsonschema import Draft202012Validator as V\n"
                           "except ImportError:\n"
                           "  sys.exit(7)\n"
                           "schema = json.load(open(sys.argv[1]))\n"
                           "V.check_schema(schema)\n"
                           "assert schema['oneOf']\n"
                           "del schema['oneOf']\n"
                           "schema['$ref'] = '#/$defs/' + sys.argv[3]\n"
                           "errors = list(V(schema).iter_errors(json.load(open(sys.argv[2]))))\n"
                           "for error in errors[:10]: print(error.json_path, error.message[:200])\n"
                           "sys.exit(1 if errors else 0)\n";
  int code = 7;
  for (const char* python : {"python3", "/usr/bin/python3"}) {
    const std::string command = std::string(python) + " -B '" + script + "' '" + VAUBAN_SOURCE_DIR +
                                "/docs/formats/audit.schema.json' '" + document + "' " + name;
    code = std::system(command.c_str()) >> 8;
    if (code != 7 && code != 127) break;
  }
  std::filesystem::remove(document);
  std::filesystem::remove(script);
  if (code == 7 || code == 127) GTEST_SKIP() << "needs python3-jsonschema";
  EXPECT_EQ(code, 0);
}

TEST(AuditText, AnswersWhatIsClaimedOfTheCatalogue) {
  const std::string text = auditText(audited());
  EXPECT_EQ(line(text, "all 249"), "all 249 100.0 % 267 100.0 % 190 140 102");
  EXPECT_EQ(line(text, "Detect 79 31.7 %"), "Detect 79 31.7 % 90 33.7 % 59 50 50");
  EXPECT_EQ(line(text, "Deceive 11 4.4 %"), "Deceive 11 4.4 % 11 4.1 % 9 4 2");
  EXPECT_EQ(line(text, "all 103"), "all 103 41.4 % 71 126 20 505 186 36.8 %");
  EXPECT_EQ(line(text, "PatentReference"), "PatentReference 142 38.3 % 139 186 36.8 % 103 82 2004-2023");
  EXPECT_EQ(line(text, "rest on a may- relation"), "rest on a may- relation 973 29.4 % 1,801 27.2 %");
  EXPECT_EQ(line(text, "generic only"), "generic only 1,887 62.7 % 2,898 58.9 %");
  EXPECT_TRUE(says(line(text, "acts on no artifact"), "D3-BDI, D3-FMBV")) << text;
  EXPECT_TRUE(says(line(text, "no artifact of its own"), "icmp, ntp,")) << text;
  EXPECT_TRUE(says(text, "dns (D3-DNSAL, D3-DNSDL, D3-DNSTA, D3-FRDDL, D3-RRID)"));
  EXPECT_EQ(line(text, "enterprise 691 679 page"),
            "enterprise 691 679 page 414 59.9 % 237 34.3 % 5,381 4,079 75.8 % 2,690 50.0 %");
  EXPECT_EQ(line(text, "attack techniques 152"), "attack techniques 152 17 6.8 % 80 32.1 %");
  EXPECT_TRUE(says(text,
                   "98 of 249 countermeasures (39.4 %) are of a tactic within a security operations "
                   "centre's scope. Basis: judgement."));
  EXPECT_TRUE(says(text, "No relation joins two countermeasures"));
  EXPECT_EQ(line(text, "cis 8"), "cis 8 153 0 ig1 56, ig2 130, ig3 153");
}

TEST(AuditText, FitsOnTwoScreens) {
  const std::string text = auditText(audited());
  EXPECT_LT(std::ranges::count(text, '\n'), 140);
  std::istringstream lines(text);
  for (std::string it; std::getline(lines, it);) {
    EXPECT_LE(it.size(), 150U) << it;
    EXPECT_FALSE(it.ends_with(' ')) << it;
  }
  EXPECT_FALSE(says(text, "\x1b["));
  TextStyle style;
  style.verbose = style.colour = true;
  const std::string verbose = auditText(audited(), style);
  EXPECT_GT(verbose.size(), text.size());
  EXPECT_TRUE(says(verbose, "lateral-movement"));
  EXPECT_TRUE(says(verbose, "\x1b[1m"));
}

TEST(AuditJson, KeepsToItsSchema) { conforms(auditJson(audited()), "audit"); }

TEST(AuditJson, SaysTheSameAsTheFigures) {
  const json said = json::parse(auditJson(audited()));
  EXPECT_EQ(said["schema"], "vauban-audit-1");
  EXPECT_EQ(said["countermeasures"].size(), 249U);
  EXPECT_EQ(said["citations"].size(), said["all"]["citations"]);
  EXPECT_EQ(said["attack"][0]["techniques"].size(), 691U);
  EXPECT_EQ(said["attack"][1]["techniques"].size(), 83U);
  EXPECT_EQ(said["attack"][2]["techniques"].size(), 124U);
  EXPECT_EQ(said["views"][1]["all"]["rows"], audited().views[1].all.rows);
  for (const json& it : said["countermeasures"]) {
    if (it["id"] != "D3-BDI") continue;
    EXPECT_EQ(it["answers"]["page"]["gap"], "untouched");
    EXPECT_EQ(it["answers"]["page"]["dead_ends"], json::array({"LocalAreaNetworkTraffic"}));
  }
  EXPECT_EQ(auditJson(catalog::audit(shipped())), auditJson(audited()));
}

TEST(AuditTables, AreWhatTheyCount) {
  const auto tables = auditTables(audited());
  std::map<std::string, std::string> byName(tables.begin(), tables.end());
  EXPECT_EQ(byName.size(), tables.size()) << "two tables of one name";
  for (const auto& [name, text] : tables) {
    EXPECT_TRUE(name.ends_with(".tsv"));
    const auto tabs = std::ranges::count(text.substr(0, text.find('\n')), '\t');
    std::istringstream lines(text);
    for (std::string it; std::getline(lines, it);)
      ASSERT_EQ(std::ranges::count(it, '\t'), tabs) << name << it;
  }
  const auto rows = [&](const char* name) { return std::ranges::count(byName.at(name), '\n') - 1; };
  EXPECT_EQ(rows("countermeasures.tsv"), 249);
  EXPECT_EQ(rows("attack-techniques.tsv"), 691 + 83 + 124);
  EXPECT_EQ(rows("citations.tsv"), 505);
  EXPECT_TRUE(says(byName.at("techniques-by-tactic.tsv"), "Detect\t79\t0.3173\t90\t0.3371\t59\t50\t50\n"));
}

TEST(AuditMarkdown, HasEveryTable) {
  const std::string text = auditMarkdown(audited());
  EXPECT_TRUE(text.starts_with("## Audit of the catalogue\n"));
  EXPECT_TRUE(says(text, "| Detect | 79 | 31.7 % | 90 | 33.7 % | 59 | 50 | 50 |"));
  EXPECT_TRUE(says(text, "ATT&amp;CK by tactic"));
}

TEST(AuditDiffReport, SaysWhatChanged) {
  const std::string text = auditDiffText(difference());
  EXPECT_EQ(line(text, "countermeasures 248"), "countermeasures 248 249 1 0 1 4");
  EXPECT_EQ(line(text, "countermeasures added"), "countermeasures added 1 D3-DNSAL DNS Allowlisting");
  // What stands below it moves along.
  EXPECT_TRUE(says(line(text, "countermeasures moved 4"), "D3-DE Decoy Environment: Detect -> Deceive"));
  EXPECT_EQ(line(text, "Deceive"), "Deceive 7 11 +4");
  EXPECT_TRUE(says(text, "Hashing \"of\" <files> -> File Hashing"));
  EXPECT_TRUE(says(auditDiffMarkdown(difference()), "Hashing \"of\" &lt;files\\> -\\> File Hashing"));
  const auto tables = auditDiffTables(difference());
  EXPECT_TRUE(
      std::ranges::any_of(tables, [](const auto& table) { return table.first == "rows-changed.tsv"; }));
}

TEST(AuditDiffReport, KeepsToItsSchema) { conforms(auditDiffJson(difference()), "diff"); }

TEST(AuditDiffReport, OfTheSame) {
  const catalog::AuditDiff none = catalog::compare(audited(), shipped(), audited(), shipped());
  EXPECT_TRUE(says(auditDiffText(none), "no difference\n"));
  EXPECT_EQ(json::parse(auditDiffJson(none))["changed"], false);
}

// An ontology and nothing else: what is not there has no table.
TEST(AuditText, OfAnOntologyAlone) {
  catalog::Catalogue bare;
  bare.ontology = shipped().ontology;
  const catalog::Audit audit = catalog::audit(bare);
  const std::string text = auditText(audit);
  EXPECT_TRUE(says(text, "What the inference joins"));
  EXPECT_FALSE(says(text, "security operations centre"));
  EXPECT_FALSE(says(text, "Protocols"));
  EXPECT_FALSE(json::parse(auditJson(audit)).empty());
  EXPECT_FALSE(auditText(catalog::audit(catalog::Catalogue())).empty());
}

}  // namespace
}  // namespace vauban::report
