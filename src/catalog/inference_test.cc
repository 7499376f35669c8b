// Each condition of a row by itself, on small ontologies; inference_twin_test holds all of them together.
#include "catalog/inference.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/support/read_ontology.h"

namespace vauban::catalog {
namespace {

using testing::d3f;
using testing::literal;
using testing::OntologyBuilder;
using testing::ontologyOf;
using testing::rdfs;
using testing::smallD3fend;

using Lines = std::vector<std::string>;

std::string inWords(const Ontology& ontology, const Row& row) {
  std::string text = ontology[row.tactic].name + " " + ontology[row.defensive].id + " " +
                     ontology.properties[row.defensiveProperty.index()].name + " " +
                     ontology[row.defensiveArtifact].name + " / " + ontology[row.offensiveArtifact].name +
                     " " + ontology.properties[row.offensiveProperty.index()].name + " " +
                     ontology[row.offensive].id;
  if (row.rule != Rule::official) text += " by " + std::string(word(row.rule));
  return text;
}

Lines rows(const Ontology& ontology, const InferenceOptions& options = {}) {
  const Hierarchy hierarchy(ontology);
  Lines found;
  for (const Row& row : infer(hierarchy, options)) found.push_back(inWords(ontology, row));
  return found;
}
Lines rows(const OntologyBuilder& made, View view = View::direct, std::vector<Rule> beyond = {}) {
  return rows(ontologyOf(made), {view, std::move(beyond), ""});
}

// Technique D3-D analyzes File; ConfigFile is below File.
OntologyBuilder detectsFiles() {
  auto made = smallD3fend().defensive("D", "D3-D").artifact("File").artifact("ConfigFile", "File");
  return made.direct("D", "enables", "Detect").restricted("D", "analyzes", "File");
}

TEST(Inference, sameArtifactAndBelow) {
  auto made =
      detectsFiles().artifact("IniFile", "ConfigFile").offensive("T1").offensive("T2").offensive("T3");
  made.restricted("T1", "modifies", "File").restricted("T2", "modifies", "ConfigFile");
  made.restricted("T3", "may-modify", "IniFile");
  EXPECT_EQ(rows(made), (Lines{"Detect D3-D analyzes File / ConfigFile modifies T2",
                               "Detect D3-D analyzes File / File modifies T1",
                               "Detect D3-D analyzes File / IniFile may-modify T3"}));
}

TEST(Inference, neverTheOtherDirection) {
  auto made = smallD3fend()
                  .defensive("D", "D3-D")
                  .artifact("File")
                  .artifact("ConfigFile", "File")
                  .artifact("LogFile", "File");
  made.direct("D", "enables", "Detect").restricted("D", "analyzes", "ConfigFile");
  made.offensive("T1")
      .restricted("T1", "modifies", "File")
      .offensive("T2")
      .restricted("T2", "modifies", "LogFile");
  EXPECT_EQ(rows(made), Lines{});
}

TEST(Inference, twoWaysUpAreOneRow) {
  auto made = detectsFiles()
                  .artifact("SystemFile", "File")
                  .artifact("SystemIni", "ConfigFile")
                  .below("SystemIni", "SystemFile");
  made.offensive("T1").restricted("T1", "modifies", "SystemIni");
  EXPECT_EQ(rows(made), Lines{"Detect D3-D analyzes File / SystemIni modifies T1"});
}

TEST(Inference, longWaysUpNeedNoRecursion) {
  constexpr std::size_t kLong = 100'000;
  auto made = detectsFiles();
  const auto link = [](std::size_t i) { return "Kind" + std::to_string(i); };
  made.below(link(0), "File");
  for (std::size_t i = 1; i < kLong; ++i) made.below(link(i), link(i - 1));
  const std::string last = link(kLong - 1);
  made.offensive("T1").restricted("T1", "modifies", last);
  EXPECT_EQ(rows(made), Lines{"Detect D3-D analyzes File / " + last + " modifies T1"});
}

TEST(Inference, eachPropertyAndTacticIsARow) {
  auto made = detectsFiles().restricted("D", "may-produce", "File").restricted("D", "enables", "Harden");
  made.offensive("T1").restricted("T1", "modifies", "File").restricted("T1", "may-modify", "File");
  EXPECT_EQ(rows(made).size(), 8U);
}

TEST(Inference, propertiesMustAssociate) {
  auto made = detectsFiles().offensive("T1").restricted("T1", "related", "File");
  EXPECT_EQ(rows(made), Lines{});
  auto other = smallD3fend().defensive("D", "D3-D").artifact("File").offensive("T1");
  other.direct("D", "enables", "Detect")
      .restricted("D", "related", "File")
      .restricted("T1", "modifies", "File");
  EXPECT_EQ(rows(other), Lines{});
  other.say(d3f("related"), rdfs("subPropertyOf"), d3f("modifies"));
  EXPECT_EQ(rows(other), Lines{"Detect D3-D related File / File modifies T1"});
}

TEST(Inference, theArtifactMustBeDigital) {
  auto made = smallD3fend().defensive("D", "D3-D").offensive("T1").isClass("Door").isClass("Thing");
  made.direct("D", "enables", "Detect")
      .restricted("D", "analyzes", "Door")
      .restricted("T1", "modifies", "Door");
  EXPECT_EQ(rows(made), Lines{});
  made.below("Door", "DigitalArtifact");
  EXPECT_EQ(rows(made).size(), 1U);
  // The root is an artifact as well; what stands above it is none.
  made.restricted("D", "analyzes", "DigitalArtifact");
  EXPECT_EQ(rows(made).size(), 2U);
  made.below("DigitalArtifact", "Thing").restricted("D", "analyzes", "Thing");
  EXPECT_EQ(rows(made).size(), 2U);
}

TEST(Inference, partiesMustHaveTheirIdsAndTactics) {
  auto made = detectsFiles()
                  .isClass("NoId")
                  .below("NoId", "OffensiveTechnique")
                  .restricted("NoId", "modifies", "File");
  EXPECT_EQ(rows(made), Lines{});
  made.offensive("T1").restricted("T1", "modifies", "File");
  EXPECT_EQ(rows(made).size(), 1U);
  made.isClass("E").below("E", "D").restricted("E", "analyzes", "File");  // no d3fend-id
  EXPECT_EQ(rows(made).size(), 1U);
  made.defensive("F", "D3-F").restricted("F", "analyzes", "File");  // no tactic
  EXPECT_EQ(rows(made).size(), 1U);
  made.defensive("G", "D3-G", "D").restricted("G", "analyzes", "File");  // D's tactic
  EXPECT_EQ(rows(made).size(), 2U);
  // What a countermeasure acts on is not inherited.
  made.defensive("H", "D3-H", "D");
  EXPECT_EQ(rows(made).size(), 2U);
}

TEST(Inference, deprecatedTechniquesHaveRows) {
  auto made = detectsFiles().offensive("T1").restricted("T1", "modifies", "File");
  made.say(d3f("T1"), testing::owl("deprecated"), literal("true", "boolean"));
  EXPECT_EQ(rows(made).size(), 1U);
}

TEST(Inference, noArtifactsNoTechniquesNoProperties) {
  EXPECT_EQ(rows(Ontology{}), Lines{});
  EXPECT_EQ(rows(smallD3fend()), Lines{});
  EXPECT_EQ(rows(OntologyBuilder().isClass("DefensiveTechnique")), Lines{});
}

// TacticClass > T1 > T1.001 > T1.001a; each relates to an artifact of its own.
OntologyBuilder family() {
  auto made = detectsFiles().isClass("TacticClass").below("TacticClass", "OffensiveTechnique");
  made.offensive("T1", "TacticClass")
      .offensive("T1.001", "T1")
      .offensive("T1.001a", "T1.001")
      .offensive("T1.002", "T1");
  for (const char* id : {"TacticClass", "T1", "T1.001", "T1.001a", "T1.002"}) {
    made.artifact(std::string("Of") + id, "File").restricted(id, "modifies", std::string("Of") + id);
  }
  return made;
}

// The artifacts that the rows of `id` go through.
Lines touched(const OntologyBuilder& made, View view, const std::string& id) {
  const Ontology ontology = ontologyOf(made);
  const Hierarchy hierarchy(ontology);
  Lines found;
  for (const Row& row : infer(hierarchy, {view, {}, id}))
    found.push_back(ontology[row.offensiveArtifact].name);
  return found;
}

TEST(Inference, views) {
  EXPECT_EQ(touched(family(), View::direct, "T1.001"), Lines{"OfT1.001"});
  EXPECT_EQ(touched(family(), View::parent, "T1.001"), (Lines{"OfT1", "OfT1.001"}));
  EXPECT_EQ(touched(family(), View::page, "T1.001"), (Lines{"OfT1", "OfT1.001", "OfT1.001a"}));
  EXPECT_EQ(touched(family(), View::direct, "T1"), Lines{"OfT1"});
  EXPECT_EQ(touched(family(), View::parent, "T1"), Lines{"OfT1"});
  EXPECT_EQ(touched(family(), View::page, "T1"), (Lines{"OfT1", "OfT1.001", "OfT1.001a", "OfT1.002"}));
  EXPECT_EQ(touched(family(), View::page, "T1.001a"), (Lines{"OfT1", "OfT1.001", "OfT1.001a"}));
  EXPECT_EQ(touched(family(), View::page, "T1.002"), (Lines{"OfT1", "OfT1.002"}));
  EXPECT_EQ(touched(family(), View::page, "TacticClass"), Lines{});
}

TEST(Inference, holdersBehindOneWithoutAnId) {
  // Neither lends anything, and neither hides who stands behind it.
  auto made = family().isClass("Middle").below("Middle", "T1").offensive("T1.009", "Middle");
  made.artifact("OfMiddle", "File").restricted("Middle", "modifies", "OfMiddle");
  EXPECT_EQ(touched(made, View::parent, "T1.009"), Lines{"OfT1"});
  made.artifact("OfT1.009", "File").restricted("T1.009", "modifies", "OfT1.009");
  EXPECT_EQ(touched(made, View::page, "T1"),
            (Lines{"OfT1", "OfT1.001", "OfT1.001a", "OfT1.002", "OfT1.009"}));
}

TEST(Inference, aRowNamesWhoAssertsIt) {
  auto made = detectsFiles().offensive("T1").offensive("T1.001", "T1").offensive("T1.002", "T1");
  made.restricted("T1", "modifies", "File").restricted("T1.001", "modifies", "File");
  made.restricted("T1.002", "modifies", "ConfigFile");
  const Ontology ontology = ontologyOf(made);
  const Hierarchy hierarchy(ontology);
  const auto holders = [&](View view, const std::string& id) {
    Lines found;
    for (const Row& row : infer(hierarchy, {view, {}, id}))
      found.push_back(ontology[row.defensiveHolder].name + " " + ontology[row.offensiveHolder].name);
    return found;
  };
  EXPECT_EQ(holders(View::parent, "T1.001"), Lines{"D T1.001"});  // itself before its parent
  EXPECT_EQ(holders(View::parent, "T1.002"), (Lines{"D T1.002", "D T1"}));
  EXPECT_EQ(holders(View::page, "T1"), (Lines{"D T1.002", "D T1"}));
}

TEST(Inference, viewsGrow) {
  for (const View view : {View::direct, View::parent, View::page}) {
    const Lines all = rows(family(), view);
    for (const View wider : {View::direct, View::parent, View::page}) {
      if (wider < view) continue;
      const Lines more = rows(family(), wider);
      for (const std::string& row : all) EXPECT_NE(std::ranges::find(more, row), more.end()) << row;
    }
  }
}

TEST(Inference, oneTechniqueIsAPartOfAll) {
  const Ontology ontology = ontologyOf(family());
  for (const View view : {View::direct, View::parent, View::page}) {
    Lines together;
    for (const char* id : {"T1", "T1.001", "T1.001a", "T1.002"}) {
      for (const std::string& row : rows(ontology, {view, {}, id})) together.push_back(row);
    }
    Lines all = rows(ontology, {view, {}, ""});
    std::ranges::sort(together);
    std::ranges::sort(all);
    EXPECT_EQ(together, all);
  }
  EXPECT_EQ(rows(ontology, {View::page, {}, "T9"}), Lines{});
  EXPECT_EQ(rows(ontology, {View::page, {}, "D3-D"}), Lines{});
}

TEST(Inference, inTheOrderOfTheirText) {
  auto made = smallD3fend().artifact("File").artifact("AFile", "File");
  // Ids that sort otherwise than the names.
  made.defensive("A", "D3-Z")
      .defensive("Z", "D3-A")
      .direct("A", "enables", "Harden")
      .direct("Z", "enables", "Harden");
  made.defensive("B", "D3-B").direct("B", "enables", "Detect");
  for (const char* name : {"A", "B", "Z"}) made.restricted(name, "analyzes", "File");
  made.restricted("Z", "may-produce", "AFile");
  made.isClass("X1").below("X1", "OffensiveTechnique").say(d3f("X1"), d3f("attack-id"), literal("T2"));
  made.isClass("X2").below("X2", "OffensiveTechnique").say(d3f("X2"), d3f("attack-id"), literal("T1"));
  made.restricted("X1", "modifies", "File")
      .restricted("X2", "modifies", "File")
      .restricted("X2", "analyzes", "AFile");
  EXPECT_EQ(
      rows(made),
      (Lines{"Detect D3-B analyzes File / AFile analyzes T1", "Detect D3-B analyzes File / File modifies T1",
             "Detect D3-B analyzes File / File modifies T2", "Harden D3-A analyzes File / AFile analyzes T1",
             "Harden D3-A analyzes File / File modifies T1", "Harden D3-A analyzes File / File modifies T2",
             "Harden D3-A may-produce AFile / AFile analyzes T1",
             "Harden D3-Z analyzes File / AFile analyzes T1", "Harden D3-Z analyzes File / File modifies T1",
             "Harden D3-Z analyzes File / File modifies T2"}));
}

TEST(Inference, bothInherit) {
  auto made = detectsFiles().defensive("E", "D3-E", "D").offensive("T1").restricted("T1", "modifies", "File");
  made.isClass("NoId").below("NoId", "DefensiveTechnique").below("E", "NoId");
  made.artifact("Log")
      .restricted("NoId", "analyzes", "Log")
      .offensive("T2")
      .restricted("T2", "modifies", "Log");
  EXPECT_EQ(rows(made), Lines{"Detect D3-D analyzes File / File modifies T1"});
  const Lines inherited = {"Detect D3-D analyzes File / File modifies T1",
                           "Detect D3-E analyzes File / File modifies T1 by both-inherit"};
  EXPECT_EQ(rows(made, View::direct, {Rule::bothInherit}), inherited);
  const Ontology ontology = ontologyOf(made);
  const auto all = infer(Hierarchy(ontology), {View::direct, {Rule::bothInherit}, ""});
  EXPECT_EQ(ontology[all.back().defensiveHolder].name, "D");
  // What it asserts itself stays official.
  made.restricted("E", "analyzes", "File");
  EXPECT_EQ(rows(made, View::direct, {Rule::bothInherit}).back(),
            "Detect D3-E analyzes File / File modifies T1");
}

TEST(Inference, partialCoverage) {
  auto made = smallD3fend().defensive("D", "D3-D").direct("D", "enables", "Detect").isClass("Thing");
  made.artifact("File")
      .artifact("ConfigFile", "File")
      .artifact("IniFile", "ConfigFile")
      .below("DigitalArtifact", "Thing");
  made.restricted("D", "analyzes", "IniFile").offensive("T1").restricted("T1", "modifies", "File");
  made.restricted("T1", "modifies", "IniFile").restricted("T1", "modifies", "Thing");
  EXPECT_EQ(rows(made, View::direct, {Rule::partialCoverage}),
            (Lines{"Detect D3-D analyzes IniFile / File modifies T1 by partial-coverage",
                   "Detect D3-D analyzes IniFile / IniFile modifies T1"}));
}

TEST(Inference, wholeToPart) {
  auto made = smallD3fend().defensive("D", "D3-D").direct("D", "enables", "Detect").artifact("Host");
  made.artifact("Server", "Host").artifact("Disk").artifact("SSD", "Disk").artifact("Sector");
  made.restricted("Host", "contains", "Disk").restricted("Disk", "contains", "Sector");
  made.restricted("D", "analyzes", "Server");
  for (const auto& [id, artifact] :
       {std::pair("T1", "Disk"), std::pair("T2", "SSD"), std::pair("T3", "Sector"), std::pair("T4", "Host"),
        std::pair("T5", "Server")})
    made.offensive(id).restricted(id, "modifies", artifact);
  EXPECT_EQ(rows(made), Lines{"Detect D3-D analyzes Server / Server modifies T5"});
  // One step; a server contains what a host does.
  EXPECT_EQ(rows(made, View::direct, {Rule::wholeToPart}),
            (Lines{"Detect D3-D analyzes Server / Disk modifies T1 by whole-to-part",
                   "Detect D3-D analyzes Server / SSD modifies T2 by whole-to-part",
                   "Detect D3-D analyzes Server / Server modifies T5"}));
  const Ontology ontology = ontologyOf(made);
  const auto all = infer(Hierarchy(ontology), {View::direct, {Rule::wholeToPart}, "T2"});
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(ontology[all[0].through].name, "Disk");
  EXPECT_FALSE(infer(Hierarchy(ontology), {View::direct, {}, "T5"})[0].through.valid());
  // From the part to the whole there is no way.
  auto other =
      smallD3fend().defensive("D", "D3-D").direct("D", "enables", "Detect").artifact("Host").artifact("Disk");
  other.restricted("Host", "contains", "Disk").restricted("D", "analyzes", "Disk");
  other.offensive("T1").restricted("T1", "modifies", "Host");
  EXPECT_EQ(rows(other, View::direct, {Rule::wholeToPart}), Lines{});
}

TEST(Inference, aRowIsOfTheFirstRuleThatGivesIt) {
  auto made =
      detectsFiles().restricted("D", "analyzes", "ConfigFile").restricted("ConfigFile", "contains", "File");
  made.defensive("E", "D3-E", "D").offensive("T1").restricted("T1", "modifies", "File");
  made.restricted("E", "analyzes", "ConfigFile");
  const std::vector<Rule> all = {Rule::wholeToPart, Rule::partialCoverage, Rule::bothInherit};
  const Lines expected = {"Detect D3-D analyzes ConfigFile / File modifies T1 by partial-coverage",
                          "Detect D3-D analyzes File / File modifies T1",
                          "Detect D3-E analyzes ConfigFile / File modifies T1 by partial-coverage",
                          "Detect D3-E analyzes File / File modifies T1 by both-inherit"};
  EXPECT_EQ(rows(made, View::direct, all), expected);
  EXPECT_EQ(rows(made, View::direct, {Rule::wholeToPart}),
            (Lines{"Detect D3-D analyzes ConfigFile / File modifies T1 by whole-to-part",
                   "Detect D3-D analyzes File / File modifies T1",
                   "Detect D3-E analyzes ConfigFile / File modifies T1 by whole-to-part"}));
}

TEST(Inference, naming) {
  for (const View view : {View::direct, View::parent, View::page}) EXPECT_EQ(viewOfWord(word(view)), view);
  for (const Rule rule :
       {Rule::official, Rule::bothInherit, Rule::partialCoverage, Rule::wholeToPart, Rule::protocol})
    EXPECT_EQ(ruleOfWord(word(rule)), rule);
  EXPECT_FALSE(viewOfWord("Direct"));
  EXPECT_FALSE(ruleOfWord(""));
  EXPECT_EQ(word(Match::generic), "generic");
  EXPECT_EQ(relationOfTactic("Harden"), "may-harden");
  EXPECT_EQ(relationOfTactic("Detect"), "may-detect");
}

TEST(Inference, matchAndWhatItRestsOn) {
  auto made = detectsFiles()
                  .offensive("T1")
                  .restricted("T1", "modifies", "File")
                  .restricted("T1", "may-modify", "ConfigFile");
  made.defensive("E", "D3-E", "D").restricted("E", "may-produce", "File");
  const Ontology ontology = ontologyOf(made);
  const Hierarchy hierarchy(ontology);
  Lines found;
  for (const Row& row : infer(hierarchy)) {
    found.push_back(ontology[row.defensive].id + " " + ontology[row.offensiveArtifact].name + " " +
                    std::string(word(matchOf(hierarchy, row))) + (restsOnMay(hierarchy, row) ? " may" : ""));
  }
  EXPECT_EQ(found, (Lines{"D3-D ConfigFile narrower may", "D3-D File exact", "D3-E ConfigFile narrower may",
                          "D3-E File exact may"}));
}

TEST(Inference, genericFromTwelveTouchedKinds) {
  auto made = detectsFiles();
  const auto generic = [&] {
    const Ontology ontology = ontologyOf(made);
    const Hierarchy hierarchy(ontology);
    const ClassId file = *ontology.find("File");
    EXPECT_EQ(isGeneric(hierarchy, file), touchedKinds(hierarchy, file) >= 12);
    return touchedKinds(hierarchy, file);
  };
  made.offensive("T1").isClass("NoId").below("NoId", "OffensiveTechnique");
  EXPECT_EQ(generic(), 0U);
  made.restricted("D", "analyzes", "ConfigFile").restricted("NoId", "modifies", "ConfigFile");
  made.restricted("T1", "related", "ConfigFile");
  EXPECT_EQ(generic(), 0U);  // by a countermeasure, without an id, by a property that does not associate
  made.restricted("T1", "modifies", "File").restricted("T1", "analyzes", "File");
  EXPECT_EQ(generic(), 1U);
  for (std::size_t i = 1; i < 12; ++i) {
    const std::string kind = "Kind" + std::to_string(i);
    made.artifact(kind, "ConfigFile").restricted("T1", "modifies", kind);
    EXPECT_EQ(generic(), i + 1);
  }
  const Ontology ontology = ontologyOf(made);
  const Hierarchy hierarchy(ontology);
  for (const Row& row : infer(hierarchy)) {
    const bool wide = ontology[row.defensiveArtifact].name == "File";
    EXPECT_EQ(matchOf(hierarchy, row) == Match::generic, wide);
  }
}

TEST(Inference, sameRowsWhateverTheOrderOfTheTriples) {
  auto made = family().defensive("E", "D3-E", "D").restricted("E", "analyzes", "OfT1");
  made.restricted("File", "contains", "OfT1.002");
  const std::vector<Rule> all = {Rule::bothInherit, Rule::partialCoverage, Rule::wholeToPart, Rule::protocol};
  const Lines expected = rows(made, View::page, all);
  EXPECT_GT(expected.size(), 20U);
  std::mt19937 random(11);
  for (int i = 0; i < 50; ++i) {
    std::ranges::shuffle(made.statements, random);
    ASSERT_EQ(rows(made, View::page, all), expected);
  }
}

}  // namespace
}  // namespace vauban::catalog
