// What the reader of D3FEND refuses: everything at once, each with its place, and within limits.
#include <gtest/gtest.h>

#include <algorithm>

#include "catalog/d3fend_reader.h"
#include "tests/support/read_ontology.h"

namespace vauban::catalog {
namespace {

using testing::d3f;
using testing::inLines;
using testing::iri;
using testing::literal;
using testing::OntologyBuilder;
using testing::owl;
using testing::rdf;
using testing::readOntology;
using testing::smallD3fend;
using testing::Statement;

std::string refusal(const OntologyBuilder& made, std::string_view text = {}) {
  const auto read = readOntology(made, text);
  return read ? "accepted" : inLines(read.error());
}

std::size_t count(const std::string& text, std::string_view what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

TEST(D3fendReaderErrors, circles) {
  const auto circle = [](const OntologyBuilder& made) {
    const std::string said = refusal(made);
    EXPECT_EQ(count(said, "\n"), 1U) << said;
    return said.substr(said.find("subclasses"));
  };
  auto self = smallD3fend().artifact("A").below("A", "A");
  EXPECT_EQ(circle(self), "subclasses in a circle: A -> A (subClassOf without a circle)\n");
  auto two = smallD3fend().artifact("A").artifact("B", "A").below("A", "B");
  EXPECT_EQ(circle(two), "subclasses in a circle: A -> B -> A (subClassOf without a circle)\n");
  auto three = smallD3fend().isClass("A").below("A", "C").below("C", "B").below("B", "A");
  EXPECT_EQ(circle(three), "subclasses in a circle: A -> C -> B -> A (subClassOf without a circle)\n");
  // From its first name on, though one comes upon it elsewhere.
  auto entered = smallD3fend().below("A", "C").below("C", "B").below("B", "C");
  EXPECT_EQ(circle(entered), "subclasses in a circle: B -> C -> B (subClassOf without a circle)\n");

  // Two circles are two errors; what only hangs on a circle is none.
  auto made = smallD3fend().below("A", "A2").below("A2", "A").below("B", "B2").below("B2", "B");
  made.below("X", "A").below("B", "Y");
  EXPECT_EQ(count(refusal(made), "subclasses in a circle"), 2U) << refusal(made);
  EXPECT_EQ(refusal(made).find('X'), std::string::npos);
  EXPECT_EQ(refusal(made).find('Y'), std::string::npos);
  // A diamond is no circle.
  EXPECT_EQ(refusal(smallD3fend().below("A", "B").below("A", "C").below("B", "D").below("C", "D")),
            "accepted");
}

TEST(D3fendReaderErrors, aCircleOfRestrictionsOrPropertiesIsNone) {
  auto made = smallD3fend()
                  .artifact("A")
                  .artifact("B")
                  .restricted("A", "contains", "B")
                  .restricted("B", "contains", "A");
  made.say(d3f("modifies"), testing::rdfs("subPropertyOf"), d3f("modifies"));
  EXPECT_EQ(refusal(made), "accepted");
}

constexpr std::size_t kLong = 100'000;

// C1000000 below C1000001 below ... below DigitalArtifact: names sort as numbers do.
std::string link(std::size_t i) { return "C" + std::to_string(1'000'000 + i); }
OntologyBuilder chain() {
  OntologyBuilder made = smallD3fend();
  for (std::size_t i = 0; i + 1 < kLong; ++i) made.below(link(i), link(i + 1));
  return made.below(link(kLong - 1), "DigitalArtifact");
}

TEST(D3fendReaderErrors, longChainsNeedNoRecursion) {
  OntologyBuilder made = chain();
  const auto read = readOntology(made);
  ASSERT_TRUE(read);
  EXPECT_EQ((*read)[*read->find(link(0))].kind, ClassKind::artifact);

  made.below(link(kLong - 1), link(0));
  const std::string said = refusal(made);
  EXPECT_EQ(count(said, "subclasses in a circle"), 1U);
  EXPECT_NE(said.find("99988 more"), std::string::npos) << said;
  EXPECT_LT(said.size(), 2000U) << "a message of " << said.size() << " bytes";

  // Each class of the chain above its beginning, too: as many circles as classes.
  for (std::size_t i = 0; i + 1 < kLong; ++i) made.below(link(i), link(0));
  const std::string many = refusal(made);
  EXPECT_EQ(count(many, "subclasses in a circle"), 50U);
  EXPECT_LT(many.size(), 50'000U) << "messages of " << many.size() << " bytes";
}

TEST(D3fendReaderErrors, limits) {
  const auto made = smallD3fend().artifact("A").below("A", "A").artifact("B").below("B", "B");
  const auto readWithin = [&](D3fendLimits limits) {
    D3fendReader reader(limits);
    reader.startFile("d3fend.ttl");
    for (const Statement& it : made.statements) reader.add(it.borrowed());
    const auto read = reader.finish();
    return read ? "accepted" : inLines(read.error());
  };
  const std::size_t size = made.statements.size();
  EXPECT_EQ(count(readWithin({.triples = size}), "\n"), 2U);
  EXPECT_EQ(count(readWithin({.diagnostics = 1}), "\n"), 1U);
  EXPECT_EQ(readWithin({.triples = size - 1}), "d3fend.ttl: " + std::to_string(size) +
                                                   " triples (an ontology of at most " +
                                                   std::to_string(size - 1) + ")\n");
}

TEST(D3fendReaderErrors, idsOfTechniques) {
  auto two = smallD3fend().offensive("T1").say(d3f("T1"), d3f("attack-id"), literal("T2"));
  EXPECT_NE(refusal(two).find("T1 has 2 ids: T1, T2"), std::string::npos) << refusal(two);
  EXPECT_EQ(refusal(smallD3fend().offensive("T1").say(d3f("T1"), d3f("attack-id"), literal("T1"))),
            "accepted");

  auto shared = smallD3fend().offensive("A").isClass("B").below("B", "OffensiveTechnique");
  shared.say(d3f("B"), d3f("attack-id"), literal("A"));
  EXPECT_NE(refusal(shared).find("A and B both have the id A"), std::string::npos) << refusal(shared);
  auto defensive = smallD3fend().defensive("X", "D3-X").defensive("Y", "D3-X");
  EXPECT_NE(refusal(defensive).find("X and Y both have the id D3-X"), std::string::npos)
      << refusal(defensive);
  // Ids of analytics are not unique in D3FEND itself.
  auto analytics = smallD3fend().isClass("P").isClass("Q");
  analytics.say(d3f("P"), d3f("d3fend-id"), literal("D3A-P"))
      .say(d3f("Q"), d3f("d3fend-id"), literal("D3A-P"));
  EXPECT_EQ(refusal(analytics), "accepted");
}

TEST(D3fendReaderErrors, noD3fendAtAll) {
  EXPECT_EQ(count(refusal({}), "\n"), 1U);
  EXPECT_NE(refusal({}).find("d3fend.ttl: no class d3f:DefensiveTechnique"), std::string::npos)
      << refusal({});
  OntologyBuilder other;
  other.say(iri("http://example.org/A"), rdf("type"), owl("Class"));
  EXPECT_NE(refusal(other).find("d3f:DefensiveTechnique"), std::string::npos);
  D3fendReader untouched;
  EXPECT_FALSE(untouched.finish());
}

TEST(D3fendReaderErrors, allAtOnceSortedAndCounted) {
  auto made = smallD3fend().below("A", "A").below("B", "B");
  made.offensive("T1").say(d3f("T1"), d3f("attack-id"), literal("T2"));
  made.defensive("X", "D3-X").defensive("Y", "D3-X");
  const auto read = readOntology(made);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().size(), 4U) << inLines(read.error());
  Diagnostics sorted = read.error();
  sortDiagnostics(sorted);
  EXPECT_EQ(sorted, read.error());
  for (const Diagnostic& it : read.error()) {
    EXPECT_EQ(it.severity, Severity::error);
    EXPECT_EQ(it.place.file, "d3fend.ttl");
    EXPECT_NE(it.expected, "") << it.message;
  }

  auto many = smallD3fend();
  for (int i = 0; i < 1000; ++i) many.below("A" + std::to_string(i), "A" + std::to_string(i));
  const auto refused = readOntology(many);
  ASSERT_FALSE(refused);
  EXPECT_GE(refused.error().size(), 10U);
  EXPECT_LE(refused.error().size(), 100U);
}

TEST(D3fendReaderErrors, placesInTheText) {
  auto made = smallD3fend().artifact("A").below("A", "A");
  const std::string start =
      "@prefix : <http://d3fend.mitre.org/ontologies/d3fend.owl#> .\n\n# :A is said below\n";
  EXPECT_EQ(
      refusal(made, start + ":AB a owl:Class .\n:A a owl:Class ;\n    rdfs:subClassOf :A .\n").substr(0, 15),
      "d3fend.ttl:5:1:");
  EXPECT_EQ(refusal(made, start + "d3f:A a owl:Class .\n").substr(0, 15), "d3fend.ttl:4:1:");
  EXPECT_EQ(refusal(made, ":A a owl:Class .\n").substr(0, 15), "d3fend.ttl:1:1:");
  EXPECT_EQ(refusal(made, start + ":A\n    a owl:Class .\n").substr(0, 15), "d3fend.ttl:4:1:");
  EXPECT_EQ(
      refusal(made, "<http://d3fend.mitre.org/ontologies/d3fend.owl#A> a <owl:Class> .\n").substr(0, 15),
      "d3fend.ttl:1:1:");
  EXPECT_EQ(refusal(made).substr(0, 12), "d3fend.ttl: ");  // without the text: the file alone
}

TEST(D3fendReaderErrors, placesInSeveralFiles) {
  const std::string first = "\n:A a owl:Class .\n", second = "\n\n:B a owl:Class .\n";
  for (const bool withText : {true, false}) {
    D3fendReader reader;
    reader.startFile("one.ttl", withText ? std::string_view(first) : std::string_view());
    const auto one = smallD3fend().artifact("A").below("A", "A");
    for (const Statement& it : one.statements) reader.add(it.borrowed());
    reader.startFile("two.ttl", withText ? std::string_view(second) : std::string_view());
    const auto two = OntologyBuilder().artifact("B").below("B", "B");
    for (const Statement& it : two.statements) reader.add(it.borrowed());
    const auto read = reader.finish();
    ASSERT_FALSE(read);
    ASSERT_EQ(read.error().size(), 2U);
    EXPECT_EQ(read.error()[0].place.toString(), withText ? "one.ttl:2:1" : "one.ttl");
    EXPECT_EQ(read.error()[1].place.toString(), withText ? "two.ttl:3:1" : "two.ttl");
  }
}

}  // namespace
}  // namespace vauban::catalog
