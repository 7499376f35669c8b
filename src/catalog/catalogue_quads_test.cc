#include "catalog/catalogue_quads.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "catalog/d3fend_reader.h"
#include "catalog/extension.h"
#include "catalog/inference.h"
#include "tests/support/read_ontology.h"

namespace vauban::catalog {
namespace {

using testing::d3f;
using testing::literal;
using testing::OntologyBuilder;
using testing::ontologyOf;
using testing::OwnedTerm;
using testing::smallD3fend;

struct Quad {
  OwnedTerm subject, predicate, object;
  std::string graph;
};

// N-Quads as the W3C's grammar has them, as far as a writer needs it; what it does not know fails the test.
class QuadReader {
 public:
  explicit QuadReader(std::string_view text) : text_(text) {}

  std::vector<Quad> all() {
    std::vector<Quad> quads;
    while (at_ < text_.size() && !::testing::Test::HasFailure()) {
      Quad quad;
      quad.subject = term();
      expect(' ');
      quad.predicate = term();
      expect(' ');
      quad.object = term();
      expect(' ');
      const OwnedTerm graph = term();
      for (const char c : std::string_view(" .\n")) expect(c);
      EXPECT_NE(quad.subject.kind, Term::Kind::literal) << line();
      EXPECT_EQ(quad.predicate.kind, Term::Kind::iri) << line();
      EXPECT_EQ(graph.kind, Term::Kind::iri) << line();
      quad.graph = graph.value;
      quads.push_back(std::move(quad));
      ++line_;
    }
    return quads;
  }

 private:
  std::string line() const { return "line " + std::to_string(line_); }
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void expect(char c) {
    EXPECT_EQ(peek(), c) << line();
    ++at_;
  }

  OwnedTerm term() {
    if (peek() == '<') return testing::iri(iriRef());
    if (peek() == '_') return testing::blank(blankLabel());
    std::string value = string();
    if (peek() != '^') return literal(std::move(value));
    expect('^');
    expect('^');
    OwnedTerm made = literal(std::move(value));
    made.datatype = iriRef();
    return made;
  }

  // IRIREF: no controls, blanks or any of <>"{}|^`\ inside; a scheme before the first colon.
  std::string iriRef() {
    expect('<');
    const std::size_t start = at_;
    while (peek() != '>' && peek() != '\n' && at_ < text_.size()) {
      EXPECT_GT(static_cast<unsigned char>(peek()), 0x20) << line();
      EXPECT_EQ(std::string_view("<\"{}|^`\\").find(peek()), std::string_view::npos)
          << line() << ": " << peek();
      ++at_;
    }
    std::string value(text_.substr(start, at_ - start));
    EXPECT_NE(value.find(':'), std::string::npos) << line() << ": " << value;
    for (std::size_t i = value.find('%'); i != std::string::npos; i = value.find('%', i + 1))
      EXPECT_TRUE(i + 2 < value.size() && std::isxdigit(value[i + 1]) && std::isxdigit(value[i + 2]))
          << value;
    expect('>');
    return value;
  }

  std::string blankLabel() {
    expect('_');
    expect(':');
    const std::size_t start = at_;
    while (std::isalnum(static_cast<unsigned char>(peek()))) ++at_;
    EXPECT_LT(start, at_) << line();
    return std::string(text_.substr(start, at_ - start));
  }

  std::string string() {
    expect('"');
    std::string value;
    while (peek() != '"' && peek() != '\n' && at_ < text_.size()) {
      EXPECT_NE(peek(), '\r') << line();
      if (peek() == '\\') {
        ++at_;
        static const std::map<char, char> escapes = {{'t', '\t'}, {'b', '\b'}, {'n', '\n'},  {'r', '\r'},
                                                     {'f', '\f'}, {'"', '"'},  {'\'', '\''}, {'\\', '\\'}};
        EXPECT_TRUE(escapes.contains(peek())) << line() << ": \\" << peek();
        value += escapes.contains(peek()) ? escapes.at(peek()) : '?';
      } else {
        value += peek();
      }
      ++at_;
    }
    expect('"');
    return value;
  }

  std::string_view text_;
  std::size_t at_ = 0, line_ = 1;
};

OntologyBuilder someOntology() {
  auto made = smallD3fend().artifact("NetworkTraffic").artifact("DNSNetworkTraffic", "NetworkTraffic");
  made.artifact("DNSLookup", "DNSNetworkTraffic").isClass("TechniqueReference").isClass("PatentReference");
  made.below("PatentReference", "TechniqueReference")
      .property("filters", "associated-with")
      .property("filtered-by");
  made.say(d3f("filters"), testing::owl("inverseOf"), d3f("filtered-by"));
  made.defensive("Filter", "D3-F")
      .direct("Filter", "enables", "Harden")
      .restricted("Filter", "filters", "NetworkTraffic");
  made.defensive("Inspect", "D3-I").direct("Inspect", "enables", "Detect");
  made.restricted("Inspect", "analyzes", "DNSNetworkTraffic")
      .restricted("Inspect", "may-modify", "DNSNetworkTraffic");
  made.offensive("T1").offensive("T2").restricted("T2", "may-produce", "DNSLookup").offensive("T2.001", "T2");
  made.offensive("T3").restricted("T3", "modifies", "NetworkTraffic");
  made.offensive("T4").offensive("T4.001", "T4").restricted("T4.001", "modifies", "DNSNetworkTraffic");
  made.say(d3f("T3"), testing::owl("deprecated"), literal("true", "boolean"));
  made.isClass("CWE-1").say(d3f("CWE-1"), d3f("cwe-id"), literal("CWE-1"));
  made.say(d3f("Filter"), testing::rdfs("label"), literal("A \"filter\"\nof \\ traffic\t\r"));
  made.say(d3f("Filter"), d3f("synonym"), literal("Sieb für Öl")).direct("M1037", "related", "Filter");
  made.direct("Filter", "kb-reference", "Reference-1")
      .say(d3f("Reference-1"), testing::rdf("type"), d3f("PatentReference"));
  return made;
}

// Every table has a row, and names that are awkward in an IRI or in a literal.
Catalogue someCatalogue() {
  Catalogue it;
  it.ontology = ontologyOf(someOntology());
  const std::string odd = "a \"b\"\n<c> {d}|^`\\%20\r\tü";
  it.sources = {{odd, Framework::d3fend, odd, "2025-08-25", odd, odd, odd, ""},
                {"v", {}, "", "", "", "", "", ""}};
  Attack attack;
  attack.techniques = {{"T1", odd, {odd}, {odd}, Standing::revoked, "T2", 1, 2, 3},
                       {"T2.001", "", {}, {}, Standing::live, "", 0, 0, 0}};
  attack.tactics = {{"TA0010", odd, "exfiltration", Standing::live}};
  attack.mitigations = {{"M1037", odd, "", Standing::live}};
  attack.groups = {{"G0001", odd, "", Standing::deprecated}};
  attack.campaigns = {{"C0001", "", "", Standing::live}};
  attack.software = {{"S0001", "", "", Standing::live}};
  attack.mitigates = {{"T1", "M1037"}};
  attack.groupUses = {{"G0001", "T1"}};
  attack.campaignUses = {{"C0001", "T1"}};
  it.attack = {attack};
  it.revocations = {{"T9", "T1", "replaced", "e"}};
  it.controls = {{Framework::nist80053, "AC-4(8)", odd, "AC", {"low"}, {odd}, true, "v"},
                 {Framework::cis, "9 2", "", "", {}, {}, false, "v"},
                 {Framework::cis, "9%202", "", "", {}, {}, false, "v"}};
  it.crosswalks = {{Framework::d3fend, "D3-F", "narrower", Framework::nist80053, "AC-4(8)", "", "v"},
                   {Framework::d3fend, "D3-GONE", odd, Framework::capability, odd, "", "v"}};
  it.scores = {{"T1", odd, odd, "partial", 1, "v"}};
  it.trialRates = {{"T1", {"R3"}, 1, 1, 4, 3, 0.25, 1, "v"}};
  it.ruleCounts = {{"T1", odd, 7, "v"}};
  it.roles = {{"PD-WRL-001", odd, "PD", odd, "v"}};
  it.owners = {{"Harden", {"PD-WRL-001"}, {"PD-WRL-001"}, "PD-WRL-001", {}, true, "judgement", "v"}};
  it.protocols = {{"dns", "DNSNetworkTraffic", "NetworkTraffic", false, odd, "v"},
                  {"ntp", "NTPNetworkTraffic", "NetworkTraffic", true, odd, "v"}};
  it.protocolUses = {{"dns", "T1", "v"}, {"ntp", "T1", "v"}};
  it.protocolCountermeasures = {{"dns", "D3-F", "filters", odd, "v"}, {"ntp", "D3-F", "filters", odd, "v"}};
  return it;
}

std::vector<Quad> quadsOf(const Catalogue& catalogue) { return QuadReader(catalogueQuads(catalogue)).all(); }

std::string shown(const OwnedTerm& term) {
  return std::to_string(static_cast<int>(term.kind)) + term.value + "^" + term.datatype;
}
std::string shown(const Quad& quad) {
  return shown(quad.subject) + " " + shown(quad.predicate) + " " + shown(quad.object);
}

// What the graph says, each once.
std::set<std::string> triples(const std::vector<Quad>& quads, std::string_view graph) {
  std::set<std::string> found;
  for (const Quad& quad : quads)
    if (quad.graph == graph) found.insert(shown(quad));
  return found;
}

// "subject object" of a property of the graph, without their namespaces.
std::set<std::string> pairs(const std::vector<Quad>& quads, std::string_view graph,
                            const std::string& property) {
  const auto local = [](const std::string& name) { return name.substr(name.find_last_of("#:") + 1); };
  std::set<std::string> found;
  for (const Quad& quad : quads)
    if (quad.graph == graph && quad.predicate.value.ends_with(property))
      found.insert(local(quad.subject.value) + " " + local(quad.object.value));
  return found;
}

TEST(CatalogueQuads, wellFormedInThreeGraphs) {
  const auto quads = quadsOf(someCatalogue());
  std::map<std::string, std::size_t> graphs;
  for (const Quad& quad : quads) ++graphs[quad.graph];
  EXPECT_EQ(graphs.size(), 3U);
  for (const std::string_view graph : {kAssertedGraph, kInferredGraph, kExtensionGraph})
    EXPECT_TRUE(graphs.contains(std::string(graph))) << graph;
  EXPECT_TRUE(QuadReader(catalogueQuads(Catalogue{})).all().size() < 10);
}

TEST(CatalogueQuads, textsComeBackAsTheyWere) {
  const Catalogue catalogue = someCatalogue();
  std::set<std::string> literals, subjects;
  for (const Quad& quad : quadsOf(catalogue)) {
    subjects.insert(quad.subject.value);
    if (quad.object.kind == Term::Kind::literal) literals.insert(quad.object.value);
  }
  EXPECT_TRUE(literals.contains(catalogue.sources[0].id));
  EXPECT_TRUE(literals.contains("A \"filter\"\nof \\ traffic\t\r"));
  EXPECT_TRUE(literals.contains("Sieb für Öl"));
  EXPECT_TRUE(literals.contains("0.2500"));
  // Ids that an IRI cannot bear as they stand are still told apart.
  EXPECT_TRUE(subjects.contains("urn:vauban:cis:9%202"));
  EXPECT_TRUE(subjects.contains("urn:vauban:cis:9%25202"));
  EXPECT_TRUE(subjects.contains("urn:vauban:800-53:AC-4(8)"));
}

TEST(CatalogueQuads, sameBytesWhateverTheOrderOfTheTriples) {
  const std::string expected = catalogueQuads(someCatalogue());
  EXPECT_EQ(catalogueQuads(someCatalogue()), expected);
  auto made = someOntology();
  std::mt19937 random(5);
  for (int i = 0; i < 20; ++i) {
    std::ranges::shuffle(made.statements, random);
    Catalogue catalogue = someCatalogue();
    catalogue.ontology = ontologyOf(made);
    ASSERT_EQ(catalogueQuads(catalogue), expected);
  }
}

Ontology readBack(const std::vector<Quad>& quads, const std::set<std::string_view>& graphs) {
  D3fendReader reader;
  reader.startFile("quads");
  for (const Quad& quad : quads) {
    if (graphs.contains(quad.graph))
      reader.add({quad.subject.borrowed(), quad.predicate.borrowed(), quad.object.borrowed()});
  }
  auto ontology = reader.finish();
  if (ontology) return std::move(*ontology);
  ADD_FAILURE() << testing::inLines(ontology.error());
  return {};
}

TEST(CatalogueQuads, theOntologyCanBeReadBack) {
  Catalogue catalogue = someCatalogue();
  catalogue.attack.clear();  // brings labels of its own
  catalogue.revocations.clear();
  catalogue.crosswalks.clear();
  const auto quads = quadsOf(catalogue);
  EXPECT_EQ(readBack(quads, {kAssertedGraph}), catalogue.ontology);
  // The extension adds to it what it adds, its property's place in the hierarchy included.
  Ontology both = readBack(quads, {kAssertedGraph, kExtensionGraph});
  const Ontology expected = extended(catalogue);
  EXPECT_FALSE(expected.extension.empty());
  both.extension = expected.extension;  // which only the graph tells
  EXPECT_EQ(both.relations, expected.relations);
  EXPECT_EQ(both.properties, expected.properties);
  EXPECT_EQ(both.subPropertyOf, expected.subPropertyOf);
  EXPECT_EQ(both, expected);
}

TEST(CatalogueQuads, relationsAsRestrictionsAndAsTriples) {
  const Catalogue catalogue = someCatalogue();
  const auto quads = quadsOf(catalogue);
  std::map<std::string, std::string> property, object, subject;
  std::set<std::string> plain, restricted;
  for (const Quad& quad : quads) {
    if (quad.subject.kind == Term::Kind::blank || quad.object.kind == Term::Kind::blank) {
      EXPECT_EQ(quad.graph, kAssertedGraph);
    }
    if (quad.object.kind == Term::Kind::blank) subject[quad.object.value] = quad.subject.value;
    if (quad.predicate.value.ends_with("owl#onProperty")) property[quad.subject.value] = quad.object.value;
    if (quad.predicate.value.ends_with("owl#someValuesFrom")) object[quad.subject.value] = quad.object.value;
    if (quad.graph == kAssertedGraph)
      plain.insert(quad.subject.value + " " + quad.predicate.value + " " + quad.object.value);
  }
  EXPECT_EQ(subject.size(), catalogue.ontology.relations.size());
  for (const auto& [node, name] : subject) {
    restricted.insert(name + " " + property[node] + " " + object[node]);
    EXPECT_TRUE(plain.contains(name + " " + property[node] + " " + object[node])) << node;
  }
  EXPECT_EQ(restricted.size(), catalogue.ontology.relations.size());
}

TEST(CatalogueQuads, inferredIsTheOfficialInference) {
  const Catalogue catalogue = someCatalogue();
  const auto quads = quadsOf(catalogue);
  EXPECT_EQ(
      pairs(quads, kInferredGraph, ":answers"),
      (std::set<std::string>{"Filter T2", "Filter T3", "Filter T4.001", "Inspect T2", "Inspect T4.001"}));
  EXPECT_EQ(pairs(quads, kInferredGraph, ":answers-on-page"),
            (std::set<std::string>{"Filter T2", "Filter T2.001", "Filter T3", "Filter T4", "Filter T4.001",
                                   "Inspect T2", "Inspect T2.001", "Inspect T4", "Inspect T4.001"}));
  EXPECT_EQ(pairs(quads, kInferredGraph, "#may-harden"),
            (std::set<std::string>{"Filter T2", "Filter T3", "Filter T4.001"}));
  EXPECT_EQ(pairs(quads, kInferredGraph, "#may-detect"),
            (std::set<std::string>{"Inspect T2", "Inspect T4.001"}));
  const Hierarchy hierarchy(catalogue.ontology);
  const auto rows = infer(hierarchy);
  EXPECT_EQ(rows.size(), 7U);
  std::map<std::string, std::map<std::string, std::string>> nodes;  // row -> property -> value
  for (const Quad& quad : quads) {
    if (quad.graph != kInferredGraph || !quad.subject.value.starts_with("urn:vauban:row:")) continue;
    const auto name = quad.predicate.value.substr(quad.predicate.value.find_last_of("#:") + 1);
    nodes[quad.subject.value][name] = quad.object.value.substr(quad.object.value.find_last_of("#:") + 1);
  }
  ASSERT_EQ(nodes.size(), rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    auto& node = nodes["urn:vauban:row:" + std::to_string(i)];
    const Ontology& ontology = catalogue.ontology;
    EXPECT_EQ(node["type"], "Row");
    EXPECT_EQ(node["countermeasure"], ontology[rows[i].defensive].name);
    EXPECT_EQ(node["technique"], ontology[rows[i].offensive].name);
    EXPECT_EQ(node["tactic"], ontology[rows[i].tactic].name);
    EXPECT_EQ(node["countermeasure-property"], ontology.properties[rows[i].defensiveProperty.index()].name);
    EXPECT_EQ(node["countermeasure-artifact"], ontology[rows[i].defensiveArtifact].name);
    EXPECT_EQ(node["technique-property"], ontology.properties[rows[i].offensiveProperty.index()].name);
    EXPECT_EQ(node["technique-artifact"], ontology[rows[i].offensiveArtifact].name);
    EXPECT_EQ(node["match"], word(matchOf(hierarchy, rows[i])));
    EXPECT_EQ(node["rests-on-may"], restsOnMay(hierarchy, rows[i]) ? "true" : "false");
  }
}

TEST(CatalogueQuads, theExtensionIsApart) {
  const Catalogue catalogue = someCatalogue();
  const auto quads = quadsOf(catalogue);
  const auto asserted = triples(quads, kAssertedGraph), inferred = triples(quads, kInferredGraph),
             ours = triples(quads, kExtensionGraph);
  for (const std::string& triple : ours) {
    EXPECT_FALSE(asserted.contains(triple)) << triple;
    EXPECT_FALSE(inferred.contains(triple)) << triple;
    EXPECT_EQ(triple.find(":answers"), std::string::npos) << triple;
    EXPECT_EQ(triple.find(":Row"), std::string::npos) << triple;
  }
  for (const auto* others : {&asserted, &inferred}) {
    for (const std::string& triple : *others) {
      EXPECT_EQ(triple.find("NTPNetworkTraffic"), std::string::npos) << triple;
      EXPECT_EQ(triple.find("may-send-over"), std::string::npos) << triple;
    }
  }
  EXPECT_EQ(pairs(quads, kExtensionGraph, "#may-send-over"),
            (std::set<std::string>{"T1 DNSNetworkTraffic", "T1 NTPNetworkTraffic"}));
  EXPECT_EQ(pairs(quads, kExtensionGraph, "#filters"),
            (std::set<std::string>{"Filter DNSNetworkTraffic", "Filter NTPNetworkTraffic"}));
  // Asserted and inferred are what they are without it.
  Catalogue without = someCatalogue();
  without.protocols.clear();
  without.protocolUses.clear();
  without.protocolCountermeasures.clear();
  const auto plain = quadsOf(without);
  EXPECT_EQ(triples(plain, kAssertedGraph), asserted);
  EXPECT_EQ(triples(plain, kInferredGraph), inferred);
}

TEST(CatalogueQuads, prefixes) {
  const auto prefixes = catalogPrefixes();
  EXPECT_TRUE(testing::sortedOnce(prefixes));
  const auto of = [&](std::string_view name) {
    const auto found = std::ranges::find(prefixes, name, &std::pair<std::string, std::string>::first);
    return found == prefixes.end() ? "" : found->second;
  };
  EXPECT_EQ(of("d3f"), "http://d3fend.mitre.org/ontologies/d3fend.owl#");
  EXPECT_EQ(of("rdfs"), "http://www.w3.org/2000/01/rdf-schema#");
  // What the documents promise a name for has it.
  std::set<std::string> subjects;
  for (const Quad& quad : quadsOf(someCatalogue())) subjects.insert(quad.subject.value);
  for (const auto& [prefix, local] :
       {std::pair("attack", "G0001"), std::pair("nist", "AC-4(8)"), std::pair("cis", "9%202"),
        std::pair("nice", "PD-WRL-001"), std::pair("service", "ntp"), std::pair("d3f", "M1037")})
    EXPECT_TRUE(subjects.contains(of(prefix) + local)) << prefix << ":" << local;
}

}  // namespace
}  // namespace vauban::catalog
