// What the reader makes of a D3FEND: encodings, names, ids, versions, files. What it refuses:
// d3fend_reader_errors_test.
#include "catalog/d3fend_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <random>

#include "tests/support/random_ontology.h"
#include "tests/support/read_ontology.h"

namespace vauban::catalog {
namespace {

using testing::blank;
using testing::d3f;
using testing::iri;
using testing::literal;
using testing::OntologyBuilder;
using testing::ontologyOf;
using testing::owl;
using testing::rdf;
using testing::rdfs;
using testing::smallD3fend;
using testing::Statement;

// "subject property object", one a relation.
std::vector<std::string> relations(const Ontology& ontology) {
  std::vector<std::string> found;
  for (const Relation& it : ontology.relations)
    found.push_back(ontology[it.subject].name + " " + ontology.properties[it.property.index()].name + " " +
                    ontology[it.object].name);
  return found;
}

std::vector<std::string> citations(const Ontology& ontology) {
  std::vector<std::string> found;
  for (const auto& [technique, reference] : ontology.cites) {
    const Reference& it = ontology.references[reference.index()];
    found.push_back(ontology[technique].name + " " + it.name + " " + it.type);
  }
  return found;
}

const OntologyClass* classNamed(const Ontology& ontology, std::string_view name) {
  const auto id = ontology.find(name);
  return id ? &ontology[*id] : nullptr;
}

using Lines = std::vector<std::string>;

TEST(D3fendReader, bothEncodingsAreOneRelation) {
  auto made = smallD3fend().offensive("T1").artifact("File").artifact("Log");
  made.restricted("T1", "modifies", "File");
  made.direct("T1", "analyzes", "Log");
  made.restricted("T1", "analyzes", "Log").restricted("T1", "analyzes", "Log");
  const Ontology ontology = ontologyOf(made);
  EXPECT_EQ(relations(ontology), (Lines{"T1 analyzes Log", "T1 modifies File"}));
  EXPECT_EQ(testing::brokenInvariant(ontology), "");
}

TEST(D3fendReader, enablesInBothEncodings) {
  auto made = smallD3fend().defensive("A", "D3-A").defensive("B", "D3-B");
  made.restricted("A", "enables", "Harden").direct("B", "enables", "Detect");
  EXPECT_EQ(relations(ontologyOf(made)), (Lines{"A enables Harden", "B enables Detect"}));
}

TEST(D3fendReader, whatIsNotBetweenTwoClassesIsNoRelation) {
  auto made = smallD3fend().offensive("T1").artifact("File");
  made.say(d3f("T1"), d3f("definition"), literal("changes the File"));
  made.direct("T1", "see-also", "File");  // of no object property
  made.say(d3f("somebody"), rdf("type"), owl("NamedIndividual"));
  made.direct("T1", "related", "somebody").direct("somebody", "related", "File");
  // A restriction that says only half, and one on a datatype.
  made.say(d3f("T1"), rdfs("subClassOf"), blank("half"))
      .say(blank("half"), owl("onProperty"), d3f("modifies"));
  made.say(d3f("T1"), rdfs("subClassOf"), blank("other"))
      .say(blank("other"), owl("someValuesFrom"), d3f("File"));
  made.say(d3f("T1"), rdfs("subClassOf"), blank("typed"));
  made.say(blank("typed"), owl("onProperty"), d3f("modifies"));
  made.say(blank("typed"), owl("someValuesFrom"), iri("http://www.w3.org/2001/XMLSchema#string"));
  // A restriction that nobody is below.
  made.say(blank("loose"), owl("onProperty"), d3f("modifies"));
  made.say(blank("loose"), owl("someValuesFrom"), d3f("File"));
  EXPECT_EQ(relations(ontologyOf(made)), Lines{});
}

TEST(D3fendReader, referencesAreTheUnionOfBothDirections) {
  auto made = smallD3fend().defensive("A", "D3-A").defensive("B", "D3-B");
  made.isClass("TechniqueReference");
  for (const char* type : {"PatentReference", "BookReference", "ExternalKnowledgeBase"})
    made.isClass(type).below(type, "TechniqueReference");
  made.direct("A", "kb-reference", "Reference-1").direct("Reference-1", "kb-reference-of", "A");
  made.direct("B", "kb-reference", "Reference-1").direct("Reference-2", "kb-reference-of", "A");
  made.direct("A", "kb-reference", "Reference-3").direct("A", "kb-reference", "Reference-4");
  made.say(d3f("Reference-1"), rdf("type"), owl("NamedIndividual"));
  made.say(d3f("Reference-1"), rdf("type"), d3f("PatentReference"));
  made.say(d3f("Reference-2"), rdf("type"), d3f("BookReference"));
  made.say(d3f("Reference-3"), rdf("type"), d3f("ExternalKnowledgeBase"));
  const Ontology ontology = ontologyOf(made);
  EXPECT_EQ(citations(ontology), (Lines{"A Reference-1 PatentReference", "A Reference-2 BookReference",
                                        "A Reference-3 ExternalKnowledgeBase", "A Reference-4 ",
                                        "B Reference-1 PatentReference"}));
  EXPECT_EQ(ontology.references.size(), 4U);
  EXPECT_EQ(relations(ontology), Lines{});
}

TEST(D3fendReader, classesTypedAsThemselvesAreNoInstances) {
  auto made = smallD3fend().defensive("A", "D3-A");
  made.isClass("TechniqueReference")
      .isClass("PatentReference")
      .below("PatentReference", "TechniqueReference");
  made.say(d3f("PatentReference"), rdf("type"), d3f("PatentReference"));
  made.say(d3f("A"), rdf("type"), d3f("A")).say(d3f("A"), rdf("type"), owl("NamedIndividual"));
  EXPECT_TRUE(ontologyOf(made).references.empty());
  made.direct("A", "kb-reference", "PatentReference");  // cited, it is still no patent
  const Ontology ontology = ontologyOf(made);
  EXPECT_EQ(citations(ontology), Lines{"A PatentReference "});
  EXPECT_EQ(relations(ontology), Lines{});
  ASSERT_TRUE(classNamed(ontology, "A"));
  EXPECT_EQ(classNamed(ontology, "A")->kind, ClassKind::defensive);
}

TEST(D3fendReader, deprecatedIdsLabelsKinds) {
  auto made = smallD3fend().defensive("A", "D3-A").offensive("T1").offensive("T2").offensive("T3");
  made.artifact("File").isClass("Login").below("Login", "DigitalEvent").isClass("Other");
  made.isClass("Weakness").below("DigitalEvent", "Event").below("Access", "Event");
  made.isClass("CWE-1").say(d3f("CWE-1"), d3f("cwe-id"), literal("CWE-1"));
  made.say(d3f("T1"), owl("deprecated"), literal("true", "boolean"));
  made.say(d3f("T2"), owl("deprecated"), literal("false", "boolean"));
  made.say(d3f("T3"), owl("deprecated"), literal("1", "boolean"));
  made.say(d3f("A"), rdfs("label"), literal("An A", "", "en"));
  made.say(d3f("A"), rdfs("label"), iri("urn:x:label"));
  const Ontology ontology = ontologyOf(made);
  EXPECT_EQ(*classNamed(ontology, "A"), (OntologyClass{"A", "D3-A", "An A", ClassKind::defensive, false}));
  EXPECT_EQ(*classNamed(ontology, "T1"), (OntologyClass{"T1", "T1", "", ClassKind::offensive, true}));
  EXPECT_FALSE(classNamed(ontology, "T2")->deprecated);
  EXPECT_TRUE(classNamed(ontology, "T3")->deprecated);
  EXPECT_EQ(classNamed(ontology, "File")->kind, ClassKind::artifact);
  for (const char* name : {"Event", "Access", "DigitalEvent", "Login"})
    EXPECT_EQ(classNamed(ontology, name)->kind, ClassKind::event) << name;
  EXPECT_EQ(classNamed(ontology, "Other")->kind, ClassKind::other);
  for (const char* name : {"CWE-1", "Weakness"})
    EXPECT_EQ(classNamed(ontology, name)->kind, ClassKind::weakness) << name;
  EXPECT_EQ(classNamed(ontology, "DigitalArtifact")->kind, ClassKind::artifact);
  EXPECT_EQ(classNamed(ontology, "DefensiveTactic")->kind, ClassKind::other);
}

TEST(D3fendReader, classesThatAreNamedAndNeverDescribed) {
  auto made = smallD3fend().offensive("T1");
  made.below("Described", "OnlyAParent");
  made.restricted("T1", "modifies", "OnlyInARestriction");
  made.direct("T1", "modifies", "OnlyInATriple");
  const Ontology ontology = ontologyOf(made);
  for (const char* name : {"Described", "OnlyAParent", "OnlyInARestriction", "OnlyInATriple"})
    EXPECT_TRUE(ontology.find(name)) << name;
  EXPECT_EQ(relations(ontology), (Lines{"T1 modifies OnlyInARestriction", "T1 modifies OnlyInATriple"}));
  EXPECT_EQ(testing::brokenInvariant(ontology), "");
}

TEST(D3fendReader, otherNamespacesAreLeftOut) {
  const Ontology plain = ontologyOf(smallD3fend().offensive("T1"));
  auto made = smallD3fend().offensive("T1");
  const auto foreign = iri("http://example.org/other#T1");
  made.say(foreign, rdf("type"), owl("Class")).say(foreign, rdfs("subClassOf"), d3f("OffensiveTechnique"));
  made.say(foreign, d3f("attack-id"), literal("T9")).say(foreign, d3f("modifies"), d3f("DigitalArtifact"));
  made.say(d3f("T1"), rdfs("subClassOf"), foreign).say(d3f("T1"), d3f("modifies"), foreign);
  made.say(d3f("T1"), iri("http://example.org/other#attack-id"), literal("T9"));
  made.say(d3f("T1"), iri("http://example.org/other#modifies"), d3f("DigitalArtifact"));
  made.say(d3f("T1"), rdf("type"), foreign).say(d3f("T1"), d3f("kb-reference"), foreign);
  made.say(d3f("T1"), iri("http://www.w3.org/2004/02/skos/core#definition"), literal("x"));
  made.say(d3f(""), rdf("type"), owl("Class"));  // the namespace itself has no name
  made.say(d3f("modifies"), owl("inverseOf"), blank("x")).say(d3f("modifies"), owl("inverseOf"), foreign);
  made.say(d3f("T1"), rdfs("subClassOf"), blank("r"));
  made.say(blank("r"), owl("onProperty"), d3f("modifies")).say(blank("r"), owl("someValuesFrom"), foreign);
  EXPECT_EQ(ontologyOf(made), plain);
}

TEST(D3fendReader, synonymsInversesMitigations) {
  auto made = smallD3fend().defensive("A", "D3-A");
  made.property("modified-by").say(d3f("modifies"), owl("inverseOf"), d3f("modified-by"));
  made.say(d3f("A"), d3f("synonym"), literal("Z")).say(d3f("A"), d3f("synonym"), literal("Y"));
  const auto altLabel = iri("http://www.w3.org/2004/02/skos/core#altLabel");
  made.say(d3f("A"), altLabel, literal("X")).say(d3f("A"), altLabel, literal("Y"));
  made.say(d3f("modifies"), altLabel, literal("alters"));  // of no class
  made.say(d3f("M1037"), rdf("type"), d3f("ATTACKEnterpriseMitigation")).direct("M1037", "related", "A");
  made.direct("Mitigation", "related", "A").direct("M1037", "related", "Nobody");
  const Ontology ontology = ontologyOf(made);
  std::vector<std::string> synonyms;
  for (const auto& [subject, synonym] : ontology.synonyms) {
    EXPECT_EQ(subject, *ontology.find("A"));
    synonyms.push_back(synonym);
  }
  EXPECT_EQ(synonyms, (Lines{"X", "Y", "Z"}));
  ASSERT_EQ(ontology.inverseOf.size(), 1U);
  EXPECT_EQ(ontology.properties[ontology.inverseOf[0].second.index()].name, "modified-by");
  ASSERT_EQ(ontology.mitigations.size(), 1U);
  EXPECT_EQ(ontology.mitigations[0], (std::pair{*ontology.find("A"), std::string("M1037")}));
  EXPECT_FALSE(ontology.find("M1037"));
}

std::string versionOf(const std::vector<std::pair<std::string, std::string>>& said) {
  const auto self = iri("http://d3fend.mitre.org/ontologies/d3fend.owl");
  auto made = smallD3fend();
  made.say(self, rdf("type"), owl("Ontology"));
  for (const auto& [property, value] : said)
    made.say(self, owl(property), property == "versionIRI" ? iri(value) : literal(value));
  std::string version = ontologyOf(made).version;
  std::ranges::reverse(made.statements);
  EXPECT_EQ(ontologyOf(made).version, version) << "depends on the order";
  return version;
}

TEST(D3fendReader, versions) {
  const std::string space = "http://d3fend.mitre.org/ontologies/";
  EXPECT_EQ(versionOf({}), "");
  EXPECT_EQ(versionOf({{"versionInfo", "1.2.0"}}), "1.2.0");
  EXPECT_EQ(versionOf({{"versionIRI", space + "d3fend/1.3.0/d3fend.owl"}}), "1.3.0");
  EXPECT_EQ(versionOf({{"versionIRI", space + "d3fend/1.3.0"}}), "1.3.0");
  EXPECT_EQ(versionOf({{"versionIRI", space + "d3fend/latest/d3fend.owl"}}), "");
  EXPECT_EQ(versionOf({{"versionIRI", "http://example.org/9.9/"}}), "");
  // versionInfo first, the IRI's where there is none (ontology.h).
  EXPECT_EQ(versionOf({{"versionIRI", space + "d3fend/1.3.0/d3fend.owl"}, {"versionInfo", "1.3.1"}}),
            "1.3.1");
  versionOf({{"versionInfo", "1.3.0"}, {"versionInfo", "1.3.1"}});
}

TEST(D3fendReader, versionOfTheOntologyAndOfNothingElse) {
  auto made = smallD3fend();
  made.say(d3f("T1"), owl("versionInfo"), literal("7"));
  made.say(iri("http://example.org/o"), owl("versionInfo"), literal("8"));
  made.say(iri("http://d3fend.mitre.org/ontologies/d3fend.owl"), d3f("release-date"),
           literal("2025-12-16T00:00:00.000Z", "dateTime"));
  made.say(d3f("Reference-1"), d3f("release-date"), literal("May 18, 2021"));
  const Ontology ontology = ontologyOf(made);
  EXPECT_EQ(ontology.version, "");
  EXPECT_EQ(ontology.releaseDate, "2025-12-16");
}

TEST(D3fendReader, blankNodesOfDifferentFilesAreDifferent) {
  const auto restriction = [](const std::string& subject, const std::string& property,
                              const std::string& object) {
    OntologyBuilder made;
    made.say(d3f(subject), rdfs("subClassOf"), blank("b0"));
    made.say(blank("b0"), owl("onProperty"), d3f(property));
    return made.say(blank("b0"), owl("someValuesFrom"), d3f(object)).statements;
  };
  D3fendReader reader;
  const auto file = [&](const std::string& name, const std::vector<Statement>& statements) {
    reader.startFile(name);
    for (const Statement& it : statements) reader.add(it.borrowed());
  };
  file("core.ttl", smallD3fend().offensive("T1").artifact("File").artifact("Log").statements);
  file("one.ttl", restriction("T1", "modifies", "File"));
  file("two.ttl", restriction("T1", "analyzes", "Log"));
  const auto ontology = reader.finish();
  ASSERT_TRUE(ontology);
  EXPECT_EQ(relations(*ontology), (Lines{"T1 analyzes Log", "T1 modifies File"}));
}

// A declaration in one file counts for what another says.
TEST(D3fendReader, modulesInAnyOrder) {
  auto core = smallD3fend();
  OntologyBuilder attack, artifacts;
  attack.offensive("T1").direct("T1", "changes", "File").restricted("T1", "modifies", "File");
  artifacts.artifact("File").property("changes", "modifies");
  std::vector<std::vector<Statement>> files = {core.statements, attack.statements, artifacts.statements};
  std::optional<Ontology> first;
  std::vector<std::size_t> order = {0, 1, 2};
  do {
    D3fendReader reader;
    for (const std::size_t at : order) {
      reader.startFile(std::to_string(at));
      for (const Statement& it : files[at]) reader.add(it.borrowed());
    }
    auto ontology = reader.finish();
    ASSERT_TRUE(ontology) << testing::inLines(ontology.error());
    if (!first) first = *ontology;
    EXPECT_EQ(*ontology, *first);
  } while (std::ranges::next_permutation(order).found);
  EXPECT_EQ(relations(*first), (Lines{"T1 changes File", "T1 modifies File"}));
}

// Statements of one subject and the blank nodes they lead to stay in one file; the rest may be split and
// shuffled.
TEST(D3fendReader, sameOntologyWhateverTheOrderAndTheFiles) {
  const unsigned seed = std::random_device{}();
  std::cout << "seed " << seed << "\n";
  std::mt19937 random(seed);
  for (int round = 0; round < 200; ++round) {
    const testing::NaiveOntology naive = testing::randomOntology(random);
    auto made = testing::statementsOf(naive, random);
    const auto self = iri("http://d3fend.mitre.org/ontologies/d3fend.owl");
    made.say(self, owl("versionInfo"), literal("1")).say(self, owl("versionInfo"), literal("2"));
    made.say(self, owl("versionIRI"), iri("http://d3fend.mitre.org/ontologies/d3fend/3/d3fend.owl"));
    made.say(self, d3f("release-date"), literal("2025-01-01"))
        .say(self, d3f("release-date"), literal("2025-02-02"));
    made.isClass("Both").say(d3f("Both"), d3f("attack-id"), literal("X"));
    made.say(d3f("Both"), d3f("cwe-id"), literal("X")).say(d3f("Both"), rdfs("label"), literal("b"));
    made.say(d3f("Both"), rdfs("label"), literal("a"));
    made.direct("Both", "kb-reference", "Reference-1");
    made.say(d3f("Reference-1"), rdf("type"), d3f("PatentReference"));
    made.say(d3f("Reference-1"), rdf("type"), d3f("BookReference"));
    // A node that says everything twice.
    made.say(d3f("Both"), rdfs("subClassOf"), blank("twice"));
    for (const char* property : {"related", "enables"})
      made.say(blank("twice"), owl("onProperty"), d3f(property));
    for (const char* object : {"DigitalArtifact", "Thing"})
      made.say(blank("twice"), owl("someValuesFrom"), d3f(object));

    const Ontology expected = ontologyOf(made);
    std::ranges::shuffle(made.statements, random);
    ASSERT_EQ(ontologyOf(made), expected) << "round " << round;

    D3fendReader reader;
    const std::size_t files = 1 + random() % 3;
    for (std::size_t file = 0; file < files; ++file) {
      reader.startFile(std::to_string(file));
      for (const Statement& it : made.statements) {
        // A blank node's file is that of its number, and so is that of the triple that leads to it.
        const std::string& key = it.subject.kind == Term::Kind::blank  ? it.subject.value
                                 : it.object.kind == Term::Kind::blank ? it.object.value
                                                                       : it.subject.value;
        if (std::hash<std::string>{}(key) % files == file) reader.add(it.borrowed());
      }
    }
    const auto split = reader.finish();
    ASSERT_TRUE(split);
    ASSERT_EQ(*split, expected) << "round " << round << ", " << files << " files";
  }
}

}  // namespace
}  // namespace vauban::catalog
