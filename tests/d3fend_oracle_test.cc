// The reader and the inference on D3FEND's own files, held against MITRE's published results, against a
// prototype's, and against tables that were taken from the ontology another way. Needs the room rdf, which
// reads Turtle.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "catalog/catalogue_quads.h"
#include "catalog/d3fend_reader.h"
#include "catalog/embedded_pack.h"
#include "catalog/extension.h"
#include "catalog/hierarchy.h"
#include "catalog/inference.h"
#include "catalog/pack.h"
#include "rdf/parse.h"
#include "tests/support/ontology_builder.h"
#include "tests/support/read_ontology.h"
#include "tests/support/shared_file.h"

namespace vauban::catalog {
namespace {

using test::sharedFile;
using test::sharedTable;
using testing::OwnedTerm;
using testing::Statement;

std::string turtleOf(const std::string& version) { return "d3fend/" + version + "/d3fend-protege.ttl"; }

OwnedTerm owned(const Term& term) {
  return {term.kind, std::string(term.value), std::string(term.datatype), std::string(term.language)};
}

std::vector<Statement> statementsOf(std::string_view text, rdf::Syntax syntax, const std::string& file) {
  std::vector<Statement> found;
  const auto read = rdf::parse(text, syntax, file, "", [&](const Triple& triple) {
    found.push_back({owned(triple.subject), owned(triple.predicate), owned(triple.object)});
  });
  EXPECT_TRUE(read) << testing::inLines(read ? Diagnostics{} : read.error());
  return found;
}

Ontology ontologyOf(const std::vector<std::vector<Statement>>& files) {
  D3fendReader reader;
  for (std::size_t i = 0; i < files.size(); ++i) {
    reader.startFile(std::to_string(i));
    for (const Statement& it : files[i]) reader.add(it.borrowed());
  }
  auto ontology = reader.finish();
  if (ontology) return std::move(*ontology);
  ADD_FAILURE() << testing::inLines(ontology.error());
  return {};
}

// Each version is read once.
const Ontology& ontologyOfVersion(const std::string& version) {
  static std::map<std::string, Ontology> read;
  const auto [at, fresh] = read.try_emplace(version);
  if (fresh) {
    const std::string text = sharedFile(turtleOf(version));
    D3fendReader reader;
    reader.startFile(turtleOf(version), text);
    const auto triples =
        rdf::parse(text, rdf::Syntax::turtle, version, "", [&](const Triple& triple) { reader.add(triple); });
    EXPECT_TRUE(triples) << testing::inLines(triples ? Diagnostics{} : triples.error());
    auto ontology = reader.finish();
    EXPECT_TRUE(ontology) << testing::inLines(ontology ? Diagnostics{} : ontology.error());
    if (ontology) at->second = std::move(*ontology);
    EXPECT_EQ(testing::brokenInvariant(at->second), "");
  }
  return at->second;
}

// The eight columns that MITRE publishes.
std::string published(const Ontology& ontology, const Row& row) {
  return ontology[row.tactic].name + "\t" + ontology[row.defensive].id + "\t" + ontology[row.defensive].name +
         "\t" + ontology.properties[row.defensiveProperty.index()].name + "\t" +
         ontology[row.defensiveArtifact].name + "\t" + ontology[row.offensiveArtifact].name + "\t" +
         ontology.properties[row.offensiveProperty.index()].name + "\t" + ontology[row.offensive].id;
}

constexpr std::string_view kPublishedHeader =
    "def_tactic\td3fend_id\tdef_tech\tdef_rel\tdef_artifact\toff_artifact\toff_rel\toff_tech\n";

std::string publishedTable(const Ontology& ontology, View view, const std::string& without = "") {
  std::string table(kPublishedHeader);
  for (const Row& row : infer(Hierarchy(ontology), {view, {}, ""})) {
    if (ontology[row.offensive].id != without) table += published(ontology, row) + "\n";
  }
  return table;
}

// Where two texts part, and not a megabyte of both.
std::string firstDifference(const std::string& a, const std::string& b) {
  const auto [x, y] = std::ranges::mismatch(a, b);
  if (x == a.end() && y == b.end()) return "";
  const auto line = [](const std::string& text, std::ptrdiff_t at) {
    const std::size_t start = text.rfind('\n', static_cast<std::size_t>(std::max<std::ptrdiff_t>(at - 1, 0)));
    const std::size_t from = start == std::string::npos ? 0 : start + 1;
    return text.substr(from, text.find('\n', from) - from);
  };
  return "'" + line(a, x - a.begin()) + "' against '" + line(b, y - b.begin()) + "'";
}

TEST(D3fendOracle, directViewIsByteEqualToMitresTable) {
  VAUBAN_NEEDS_SHARED(turtleOf("0.17.0"));
  const std::string published = sharedFile("d3fend/0.17.0/official_def_to_off_0.17.0.tsv");
  EXPECT_GT(published.size(), 100'000U);
  EXPECT_EQ(firstDifference(publishedTable(ontologyOfVersion("0.17.0"), View::direct), published), "");
}

TEST(D3fendOracle, pageViewIsByteEqualToMitresTable) {
  VAUBAN_NEEDS_SHARED(turtleOf("0.17.0"));
  const std::string published = sharedFile("d3fend/0.17.0/official_off_to_def_0.17.0.tsv");
  EXPECT_GT(published.size(), 100'000U);
  // The page of T1546 was not published; those of its sub-techniques were.
  EXPECT_EQ(published.find("\tT1546\n"), std::string::npos);
  EXPECT_NE(published.find("\tT1546.001\n"), std::string::npos);
  const Ontology& ontology = ontologyOfVersion("0.17.0");
  EXPECT_EQ(firstDifference(publishedTable(ontology, View::page, "T1546"), published), "");
  EXPECT_NE(publishedTable(ontology, View::page).find("\tT1546\n"), std::string::npos);
}

TEST(D3fendOracle, viewsOf120AreThePrototypes) {
  VAUBAN_NEEDS_SHARED(turtleOf("1.2.0"));
  const Ontology& ontology = ontologyOfVersion("1.2.0");
  for (const auto& [view, name, count] :
       {std::tuple(View::direct, "direct", 3307U), std::tuple(View::parent, "up", 4688U),
        std::tuple(View::page, "offpage", 6602U)}) {
    std::set<std::string> expected, found;
    for (const auto& row : sharedTable("d3fend/1.2.0/oracle_" + std::string(name) + "_1.2.0.tsv")) {
      expected.insert(row.at("def_tactic") + "\t" + row.at("d3fend_id") + "\t" + row.at("def_tech") + "\t" +
                      row.at("def_rel") + "\t" + row.at("def_artifact") + "\t" + row.at("off_artifact") +
                      "\t" + row.at("off_rel") + "\t" + row.at("off_id") + "\t" + row.at("off_deprecated"));
    }
    const auto rows = infer(Hierarchy(ontology), {view, {}, ""});
    for (const Row& row : rows)
      found.insert(published(ontology, row) + (ontology[row.offensive].deprecated ? "\t1" : "\t0"));
    EXPECT_EQ(rows.size(), count) << name;
    EXPECT_EQ(found.size(), rows.size()) << name << ": a row twice";
    EXPECT_TRUE(found == expected) << name << ": " << found.size() << " rows against " << expected.size();
  }
}

TEST(D3fendOracle, techniquesByTactic) {
  VAUBAN_NEEDS_SHARED(turtleOf("2025-08-25"));
  const Ontology& ontology = ontologyOfVersion("2025-08-25");
  const Hierarchy hierarchy(ontology);
  std::map<std::string, std::size_t> byTactic;
  std::size_t techniques = 0;
  for (std::size_t i = 0; i < ontology.classes.size(); ++i) {
    if (ontology.classes[i].kind != ClassKind::defensive || ontology.classes[i].id.empty()) continue;
    ++techniques;
    const auto tactics = hierarchy.tactics(ClassId(i));
    ASSERT_EQ(tactics.size(), 1U) << ontology.classes[i].name;
    ++byTactic[ontology[tactics[0]].name];
  }
  EXPECT_EQ(techniques, 249U);
  EXPECT_EQ(byTactic, (std::map<std::string, std::size_t>{{"Model", 27},
                                                          {"Harden", 48},
                                                          {"Detect", 79},
                                                          {"Isolate", 53},
                                                          {"Deceive", 11},
                                                          {"Evict", 19},
                                                          {"Restore", 12}}));
}

using Lines = std::set<std::string>;

// What is in one of the two alone, at most ten of each.
std::string difference(const Lines& found, const Lines& expected) {
  std::string text;
  for (const auto& [a, b, mark] :
       {std::tuple(&found, &expected, "+ "), std::tuple(&expected, &found, "- ")}) {
    std::vector<std::string> only;
    std::ranges::set_difference(*a, *b, std::back_inserter(only));
    for (std::size_t i = 0; i < std::min<std::size_t>(only.size(), 10); ++i) text += mark + only[i] + "\n";
    if (only.size() > 10) text += std::string(mark) + "and " + std::to_string(only.size() - 10) + " more\n";
  }
  return text;
}

Lines joined(const std::string& table, const std::vector<std::string>& columns) {
  Lines found;
  for (const auto& row : sharedTable("facts/" + table)) {
    std::string line;
    for (const std::string& column : columns) line += row.at(column) + "|";
    found.insert(std::move(line));
  }
  return found;
}

// facts/d3fend-facts was made from this version by other means.
TEST(D3fendOracle, theOntologyIsWhatItsFactsSay) {
  VAUBAN_NEEDS_SHARED(turtleOf("2025-08-25"));
  VAUBAN_NEEDS_SHARED("facts/d3fend-facts/nodes.tsv");
  const Ontology& ontology = ontologyOfVersion("2025-08-25");
  Lines nodes, edges, properties, references, citations, synonyms, mitigations;
  for (const OntologyClass& it : ontology.classes) {
    const char kind = "DOAWEC"[static_cast<std::size_t>(it.kind)];
    const bool isOfCwe = it.kind == ClassKind::weakness && !it.id.empty();  // which has terms of its own
    const std::string label = isOfCwe ? "" : it.label;
    nodes.insert(it.name + "|" + kind + "|" + it.id + "|" + label + "|" + (it.deprecated ? "1|" : "0|"));
  }
  EXPECT_EQ(difference(nodes, joined("d3fend-facts/nodes.tsv", {"iri", "kind", "id", "label", "deprecated"})),
            "");

  for (const auto& [child, parent] : ontology.subClassOf)
    edges.insert(ontology[child].name + "|subClassOf|" + ontology[parent].name + "|");
  for (const Relation& it : ontology.relations)
    edges.insert(ontology[it.subject].name + "|" + ontology.properties[it.property.index()].name + "|" +
                 ontology[it.object].name + "|");
  // The facts leave out direct triples other than of `enables`.
  const auto isOfAnEvent = [](const std::string& edge) {
    return edge.find("Event|related|") != std::string::npos;
  };
  EXPECT_EQ(std::erase_if(edges, isOfAnEvent), 5U);
  Lines betweenClasses;
  for (const auto& row : sharedTable("facts/d3fend-facts/edges.tsv")) {
    if (ontology.find(row.at("object")))  // some end in a datatype
      betweenClasses.insert(row.at("subject") + "|" + row.at("relation") + "|" + row.at("object") + "|");
  }
  EXPECT_GT(betweenClasses.size(), 5000U);
  EXPECT_EQ(difference(edges, betweenClasses), "");

  for (const auto& [child, parent] : ontology.subPropertyOf)
    properties.insert(ontology.properties[child.index()].name + "|subPropertyOf|" +
                      ontology.properties[parent.index()].name + "|");
  for (const auto& [one, other] : ontology.inverseOf)
    properties.insert(ontology.properties[one.index()].name + "|inverseOf|" +
                      ontology.properties[other.index()].name + "|");
  Lines propertyFacts;
  for (const std::string& line : joined("d3fend-facts/props.tsv", {"property", "relation", "object"})) {
    if (line.find("|subPropertyOf|") != std::string::npos || line.find("|inverseOf|") != std::string::npos)
      propertyFacts.insert(line);
  }
  // Their parents stand in other namespaces.
  EXPECT_EQ(propertyFacts.erase("label|subPropertyOf|label|"), 1U);
  EXPECT_EQ(propertyFacts.erase("release-date|subPropertyOf|versionInfo|"), 1U);
  EXPECT_EQ(difference(properties, propertyFacts), "");

  for (const Reference& it : ontology.references) references.insert(it.name + "|" + it.type + "|");
  EXPECT_EQ(difference(references, joined("d3fend-facts/refs.tsv", {"ref", "type"})), "");
  for (const auto& [technique, reference] : ontology.cites)
    citations.insert(ontology[technique].name + "|" + ontology.references[reference.index()].name + "|");
  EXPECT_EQ(difference(citations, joined("d3fend-facts/techref.tsv", {"technique", "ref"})), "");
  for (const auto& [subject, synonym] : ontology.synonyms) {
    if (ontology[subject].kind != ClassKind::weakness)
      synonyms.insert(ontology[subject].name + "|" + synonym + "|");
  }
  Lines ofClasses;
  for (const auto& row : sharedTable("facts/d3fend-facts/synonyms.tsv"))
    if (ontology.find(row.at("iri"))) ofClasses.insert(row.at("iri") + "|" + row.at("synonym") + "|");
  EXPECT_GT(ofClasses.size(), 300U);
  EXPECT_EQ(difference(synonyms, ofClasses), "");
  for (const auto& [technique, mitigation] : ontology.mitigations)
    mitigations.insert(ontology[technique].id + "|" + mitigation + "|");
  EXPECT_EQ(difference(mitigations, joined("d3fend-mitigation.tsv", {"d3fend", "mitigation"})), "");
}

TEST(D3fendOracle, sameBytesWhateverTheOrderAndTheFiles) {
  VAUBAN_NEEDS_SHARED(turtleOf("1.2.0"));
  auto statements = statementsOf(sharedFile(turtleOf("1.2.0")), rdf::Syntax::turtle, "1.2.0");
  Catalogue catalogue;
  catalogue.ontology = ontologyOfVersion("1.2.0");
  const std::string expected = catalogueQuads(catalogue);
  EXPECT_GT(expected.size(), 1'000'000U);
  std::mt19937 random(1);
  for (const std::size_t count : {1, 4}) {
    std::ranges::shuffle(statements, random);
    std::vector<std::vector<Statement>> files(count);
    for (const Statement& it : statements) {
      const bool leadsToBlank = it.object.kind == Term::Kind::blank && it.subject.kind != Term::Kind::blank;
      files[std::hash<std::string>{}(leadsToBlank ? it.object.value : it.subject.value) % count].push_back(
          it);
    }
    catalogue.ontology = ontologyOf(files);
    EXPECT_TRUE(catalogue.ontology == ontologyOfVersion("1.2.0")) << count << " files";
    EXPECT_EQ(firstDifference(catalogueQuads(catalogue), expected), "") << count << " files";
  }
}

// What ships is what the reader makes of the file, and the reader makes the same of what is written as quads.
class Shipped : public ::testing::Test {
 protected:
  static const Catalogue& catalogue() {
    static const Catalogue read = [] {
      const auto files = embeddedPack();
      auto made = readPack(files);
      EXPECT_TRUE(made) << testing::inLines(made ? Diagnostics{} : made.error());
      return made ? std::move(*made) : Catalogue{};
    }();
    return read;
  }
};

TEST_F(Shipped, ontologyIsThatOfItsFile) {
  VAUBAN_NEEDS_SHARED(turtleOf("2025-08-25"));
  Ontology read = ontologyOfVersion("2025-08-25"), shipped = catalogue().ontology;
  ASSERT_EQ(read.classes.size(), shipped.classes.size());
  for (OntologyClass& it : read.classes)
    if (it.kind == ClassKind::weakness && !it.id.empty()) it.label.clear();
  std::erase_if(read.synonyms, [&](const auto& it) { return read[it.first].kind == ClassKind::weakness; });
  for (Reference& it : shipped.references) it.year = 0;  // from identifiers, not from the file
  shipped.version = read.version;
  shipped.releaseDate = read.releaseDate;
  const auto said = [](const Ontology& ontology) {
    Lines found;
    for (const OntologyProperty& it : ontology.properties) found.insert(it.name);
    for (const auto& [child, parent] : ontology.subClassOf)
      found.insert(ontology[child].name + " < " + ontology[parent].name);
    for (const Relation& it : ontology.relations)
      found.insert(ontology[it.subject].name + " " + ontology.properties[it.property.index()].name + " " +
                   ontology[it.object].name);
    return found;
  };
  EXPECT_EQ(difference(said(read), said(shipped)), "");
  EXPECT_TRUE(read.classes == shipped.classes);
  EXPECT_TRUE(read.references == shipped.references);
  EXPECT_TRUE(read.cites == shipped.cites);
  EXPECT_TRUE(read.synonyms == shipped.synonyms);
  EXPECT_TRUE(read == shipped);
}

TEST_F(Shipped, theExtensionAddsRowsOfItsOwnAlone) {
  const Ontology& base = catalogue().ontology;
  std::vector<std::string> missing;
  const Ontology made = extended(catalogue(), &missing);
  EXPECT_EQ(missing, std::vector<std::string>{});
  EXPECT_EQ(testing::brokenInvariant(made), "");
  const auto rows = [](const Ontology& ontology, const InferenceOptions& options) {
    std::vector<std::string> found, ours;
    for (const Row& row : infer(Hierarchy(ontology), options))
      (row.rule == Rule::protocol ? ours : found)
          .push_back(published(ontology, row) + "\t" + std::string(word(row.rule)));
    return std::pair(found, ours);
  };
  const std::vector<Rule> others = {Rule::bothInherit, Rule::partialCoverage, Rule::wholeToPart};
  std::vector<Rule> all = others;
  all.push_back(Rule::protocol);
  for (const View view : {View::direct, View::parent, View::page}) {
    EXPECT_TRUE(rows(base, {view, {}, ""}) == rows(made, {view, {}, ""}));
    EXPECT_TRUE(rows(base, {view, others, ""}) == rows(made, {view, others, ""}));
    const auto [same, ours] = rows(made, {view, all, ""});
    EXPECT_TRUE(rows(base, {view, others, ""}).first == same);
    EXPECT_GT(ours.size(), 100U);
  }
}

TEST_F(Shipped, quadsAreNQuads) {
  const std::string quads = catalogueQuads(catalogue());
  const auto statements = statementsOf(quads, rdf::Syntax::nQuads, "quads");
  EXPECT_EQ(statements.size(), static_cast<std::size_t>(std::ranges::count(quads, '\n')));
  // Each graph by itself: every line ends in one of the three.
  std::map<std::string, std::string> graphs;
  for (std::size_t at = 0; at < quads.size();) {
    const std::size_t end = quads.find('\n', at) + 1;
    const std::string line = quads.substr(at, end - at);
    const std::size_t graph = line.rfind('<');
    graphs[line.substr(graph + 1, line.rfind('>') - graph - 1)] += line;
    at = end;
  }
  ASSERT_EQ(graphs.size(), 3U);
  const auto triples = [&](std::string_view graph) {
    std::set<std::string> found;
    for (const Statement& it : statementsOf(graphs[std::string(graph)], rdf::Syntax::nQuads, "quads")) {
      if (it.object.kind != Term::Kind::blank && it.subject.kind != Term::Kind::blank)
        found.insert(it.subject.value + " " + it.predicate.value + " " + it.object.value);
    }
    return found;
  };
  const auto asserted = triples(kAssertedGraph), inferred = triples(kInferredGraph),
             ours = triples(kExtensionGraph);
  for (const std::string& triple : ours) {
    EXPECT_FALSE(asserted.contains(triple)) << triple;
    EXPECT_FALSE(inferred.contains(triple)) << triple;
  }
  const auto countOf = [&](const std::string& part) {
    return std::ranges::count_if(inferred,
                                 [&](const std::string& it) { return it.find(part) != std::string::npos; });
  };
  EXPECT_EQ(static_cast<std::size_t>(countOf("type urn:vauban:v:Row")),
            infer(Hierarchy(catalogue().ontology)).size());
}

// Awkward texts through a grammar that is not ours.
TEST(CatalogueQuadsByTheGrammar, oddTextsComeBack) {
  Catalogue catalogue;
  const std::string odd = "a \"b\"\n<c> {d}|^`\\%20\r\t\x7f\x01ü\xf0\x9f\x94\x92";
  catalogue.sources = {{odd, Framework::d3fend, odd, "", "", odd, "", ""}};
  catalogue.controls = {{Framework::cis, odd, odd, odd, {odd}, {odd}, false, odd}};
  catalogue.scores = {{"T1", odd, odd, odd, 1, odd}};
  std::size_t found = 0, subjects = 0;
  for (const Statement& it : statementsOf(catalogueQuads(catalogue), rdf::Syntax::nQuads, "quads")) {
    found += it.object.value == odd ? 1 : 0;
    subjects += it.subject.value.starts_with("urn:vauban:cis:a%20%22b") ? 1 : 0;
  }
  EXPECT_EQ(found, 10U);
  EXPECT_GT(subjects, 0U);
}

}  // namespace
}  // namespace vauban::catalog
