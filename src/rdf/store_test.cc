#include "rdf/store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <tuple>

#include "rdf/test_documents.h"

namespace vauban::rdf {
namespace {

std::string csv(const Store& store, std::string_view query) {
  QueryOptions options;
  options.format = Format::csv;
  const auto answer = store.query(query, options);
  return answer ? answer->text : refusal(answer);
}

Term iri(std::string_view value) { return {Term::Kind::iri, value, {}, {}}; }
Term blank(std::string_view value) { return {Term::Kind::blank, value, {}, {}}; }
Term literal(std::string_view value, std::string_view datatype = {}, std::string_view language = {}) {
  return {Term::Kind::literal, value, datatype, language};
}

TEST(Store, loadsIntoGraphs) {
  Store store;
  EXPECT_EQ(store.size(), 0U);
  EXPECT_EQ(store.load("<a:a> <a:p> 1, 2 .", Syntax::turtle, "f", "", "urn:one"), 2U);
  EXPECT_EQ(store.load("<a:a> <a:p> 2, 3 .", Syntax::turtle, "f", "", "urn:two"), 2U);
  EXPECT_EQ(store.load("<a:a> <a:p> 4 .", Syntax::turtle, "f", "", ""), 1U);
  EXPECT_EQ(store.size(), 4U);
  EXPECT_EQ(store.graphs(), (std::vector<GraphSize>{{"urn:one", 2}, {"urn:two", 2}}));
  EXPECT_EQ(csv(store, "SELECT ?o { ?s ?p ?o } ORDER BY ?o"), "o\r\n1\r\n2\r\n3\r\n4\r\n");
  EXPECT_EQ(csv(store, "SELECT ?o { GRAPH <urn:two> { ?s ?p ?o } } ORDER BY ?o"), "o\r\n2\r\n3\r\n");
  // Once more is nothing new, though a document may say a thing twice.
  EXPECT_EQ(store.load("<a:a> <a:p> 1, 1 .", Syntax::turtle, "f", "", "urn:one"), 2U);
  EXPECT_EQ(store.size(), 4U);
}

TEST(Store, keepsTheNamesOfQuads) {
  Store store;
  ASSERT_TRUE(store.load("<a:a> <a:p> 1 . <urn:g> { <a:a> <a:p> 2 } _:g { <a:a> <a:p> 3 }", Syntax::trig, "f",
                         "", "urn:rest"));
  EXPECT_EQ(store.graphs(), (std::vector<GraphSize>{{"urn:rest", 1}, {"urn:g", 1}, {"b0", 1}}));
  EXPECT_EQ(store.size(), 3U);
}

TEST(Store, blankNodesOfTwoLoadsAreTwo) {
  Store store;
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(store.load("_:x <a:p> 1 .", Syntax::turtle, "f", "", "urn:g"));
  EXPECT_EQ(csv(store, "SELECT ?s { ?s <a:p> 1 }"), "s\r\n_:b0\r\n_:b1\r\n");
}

TEST(Store, isAsBeforeAfterAMistake) {
  Store store;
  ASSERT_TRUE(store.load("<a:a> <a:p> 1 .", Syntax::turtle, "f", "", "urn:g"));
  EXPECT_EQ(refusal(store.load("<a:b> <a:p> 1 .\n<a:c> oops .", Syntax::turtle, "f", "", "urn:other")),
            "f:2:7: oops is not a valid predicate");
  EXPECT_EQ(store.size(), 1U);
  EXPECT_EQ(store.graphs().size(), 1U);
  EXPECT_EQ(refusal(store.load("", Syntax::turtle, "f", "", "no iri")),
            "f: <no iri> is no IRI: Invalid IRI code point ' '");
  EXPECT_EQ(refusal(store.load("", Syntax::turtle, "f", "", "part")),
            "f: <part> is no IRI but a part of one");
}

TEST(Store, keepsTermsAsWritten) {
  Store store;
  ASSERT_TRUE(store.load(
      "<a:a> <a:p> 01, 1, 1.0, \"x\"@en-GB, \"2020-1-1\"^^<http://www.w3.org/2001/XMLSchema#date> .",
      Syntax::turtle, "f", "", ""));
  QueryOptions options;
  options.format = Format::ntriples;
  const auto answer = store.query("CONSTRUCT WHERE { ?s ?p ?o }", options);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->text,
            "<a:a> <a:p> \"01\"^^<http://www.w3.org/2001/XMLSchema#integer> .\n"
            "<a:a> <a:p> \"1\"^^<http://www.w3.org/2001/XMLSchema#integer> .\n"
            "<a:a> <a:p> \"1.0\"^^<http://www.w3.org/2001/XMLSchema#decimal> .\n"
            "<a:a> <a:p> \"2020-1-1\"^^<http://www.w3.org/2001/XMLSchema#date> .\n"
            "<a:a> <a:p> \"x\"@en-gb .\n");
}

TEST(Store, addsWhatIsMade) {
  Store store;
  const auto added = store.add("urn:made", [](const TripleSink& sink) {
    sink({iri("a:a"), iri("a:p"), literal("text")});
    sink({iri("a:a"), iri("a:p"), literal("text", "http://www.w3.org/2001/XMLSchema#string")});
    sink({iri("a:a"), iri("a:p"), literal("text", {}, "EN")});
    sink({blank("x"), iri("a:p"), literal("7", "http://www.w3.org/2001/XMLSchema#integer")});
    sink({blank("x"), iri("a:q"), blank("y")});
  });
  EXPECT_EQ(added, 5U);
  EXPECT_EQ(store.size(), 4U);
  EXPECT_EQ(csv(store, "SELECT (LANG(?o) AS ?l) ?o { <a:a> <a:p> ?o } ORDER BY ?l"),
            "l,o\r\n,text\r\nen,text\r\n");
  EXPECT_EQ(csv(store, "SELECT (?v + 1 AS ?w) { ?x <a:q> ?y ; <a:p> ?v }"), "w\r\n8\r\n");
}

TEST(Store, refusesWhatIsNoTriple) {
  Store store;
  const auto add = [&](const Triple& triple) {
    const auto added = store.add("urn:g", [&](const TripleSink& sink) {
      sink({iri("a:a"), iri("a:p"), iri("a:b")});
      sink(triple);
      sink({iri("a:a"), iri("a:p"), iri("a:c")});
    });
    return refusal(added);
  };
  EXPECT_EQ(add({iri("a:a"), iri("a:p"), iri("a:a b")}), ": <a:a b> is no IRI: Invalid IRI code point ' '");
  EXPECT_EQ(add({iri("a:a"), iri("part"), iri("a:a")}), ": <part> is no IRI but a part of one");
  EXPECT_EQ(add({literal("a"), iri("a:p"), iri("a:a")}), ": the literal \"a\" as a subject or predicate");
  EXPECT_EQ(add({iri("a:a"), blank("p"), iri("a:a")}), ": a predicate that is no IRI");
  EXPECT_EQ(add({iri("a:a"), iri("a:p"), literal("x", "no datatype")}),
            ": <no datatype> is no IRI: Invalid IRI code point ' '");
  EXPECT_EQ(add({iri("a:a"), iri("a:p"), literal("x", {}, "not a tag")}).substr(0, 30),
            ": not a tag is no language tag");
  EXPECT_EQ(add({iri("a:a"), iri("a:p"), literal("\xFF")}), ": a term is not UTF-8");
  EXPECT_EQ(store.size(), 0U);
}

TEST(Store, addsNothingWhenTheProducerThrows) {
  Store store;
  EXPECT_THROW(std::ignore = store.add("urn:g",
                                       [](const TripleSink& sink) {
                                         sink({iri("a:a"), iri("a:p"), iri("a:b")});
                                         throw std::runtime_error("enough");
                                       }),
               std::runtime_error);
  EXPECT_EQ(store.size(), 0U);
  EXPECT_EQ(store.add("urn:g", [](const TripleSink& sink) { sink({iri("a:a"), iri("a:p"), iri("a:b")}); }),
            1U);
  EXPECT_EQ(store.size(), 1U);
}

TEST(Store, answersDoNotDependOnHowItWasFilled) {
  Store whole, pieces;
  std::string text;
  for (int i = 0; i < 500; ++i) {
    const std::string line =
        "<a:" + std::to_string(i % 17) + "> <a:p" + std::to_string(i % 3) + "> " + std::to_string(i) + " .\n";
    text += line;
    ASSERT_TRUE(pieces.load(line, Syntax::turtle, "f", "", "urn:g"));
    if (i % 50 == 0) {
      EXPECT_EQ(pieces.size(), static_cast<std::size_t>(i) + 1U);
    }
  }
  ASSERT_TRUE(whole.load(text, Syntax::turtle, "f", "", "urn:g"));
  for (const char* query : {"SELECT * { ?s ?p ?o }", "SELECT ?s (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?s",
                            "SELECT DISTINCT ?p { ?s ?p ?o . ?s ?q ?o2 FILTER(?o2 > ?o) }"}) {
    EXPECT_EQ(csv(whole, query), csv(pieces, query)) << query;
  }
}

// The store's indexes against a plain list of triples, for each pattern of what is known.
TEST(Store, everyPatternFindsWhatAListFinds) {
  std::vector<std::array<int, 3>> list;
  Store store;
  unsigned state = 7;
  const auto next = [&state] {
    return static_cast<int>((state = state * 1664525U + 1013904223U) >> 24U) % 5;
  };
  ASSERT_TRUE(store.add("", [&](const TripleSink& sink) {
    for (int i = 0; i < 60; ++i) {
      const std::array<int, 3> triple{next(), next(), next()};
      if (std::ranges::find(list, triple) == list.end()) list.push_back(triple);
      std::array<std::string, 3> names;
      for (std::size_t k = 0; k < 3; ++k) names.at(k) = "a:" + std::to_string(triple.at(k));
      sink({iri(names[0]), iri(names[1]), iri(names[2])});
    }
  }));
  EXPECT_EQ(store.size(), list.size());
  for (int known = 0; known < 8; ++known) {
    for (int value = 0; value < 125; ++value) {
      const std::array<int, 3> values{value % 5, value / 5 % 5, value / 25};
      std::string pattern;
      std::size_t expected = 0;
      for (std::size_t k = 0; k < 3; ++k) {
        pattern += (known >> k & 1) != 0 ? "<a:" + std::to_string(values.at(k)) + "> "
                                         : "?v" + std::to_string(k) + " ";
      }
      for (const auto& triple : list) {
        bool fits = true;
        for (std::size_t k = 0; k < 3; ++k)
          fits = fits && ((known >> k & 1) == 0 || triple.at(k) == values.at(k));
        expected += fits ? 1 : 0;
      }
      EXPECT_EQ(csv(store, "SELECT (COUNT(*) AS ?n) { " + pattern + "}"),
                "n\r\n" + std::to_string(expected) + "\r\n")
          << pattern;
    }
  }
}

}  // namespace
}  // namespace vauban::rdf
