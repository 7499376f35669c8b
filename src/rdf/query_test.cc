#include <gtest/gtest.h>

#include <stdexcept>
#include <tuple>

#include "rdf/store.h"
#include "rdf/test_documents.h"

namespace vauban::rdf {
namespace {

class Query : public ::testing::Test {
 protected:
  Query() {
    options.prefixes["ex"] = "http://example.org/";
    EXPECT_TRUE(
        store.load("@prefix : <http://example.org/> .\n"
                   ":fw a :Device ; :label \"fire\\twall\"@en , \"a, \\\"b\\\"\" ; :ports 2 .\n"
                   ":sw a :Device ; :next [ :hop 1.5 ] .\n",
                   Syntax::turtle, "f", "", "urn:graph:one"));
  }

  std::string ask(std::string_view query, Format format = Format::table) {
    options.format = format;
    const auto answer = store.query(query, options);
    return answer ? answer->text : refusal(answer);
  }

  Store store;
  QueryOptions options;
};

constexpr const char* labels =
    "SELECT ?d ?label ?n { ?d a ex:Device OPTIONAL { ?d ex:label ?label } "
    "OPTIONAL { ?d ex:next ?n } } ORDER BY ?d ?label";

TEST_F(Query, table) {
  EXPECT_EQ(ask(labels),
            "?d     ?label         ?n\n"
            "-----  -------------  ----\n"
            "ex:fw  a, \"b\"\n"
            "ex:fw  fire\\twall@en\n"
            "ex:sw                 _:b0\n");
  EXPECT_EQ(ask("SELECT ?none { ?none ex:nowhere 1 }"), "?none\n-----\n");
}

TEST_F(Query, json) {
  EXPECT_EQ(
      ask(labels, Format::json),
      R"({"head":{"vars":["d","label","n"]},"results":{"bindings":[)"
      R"({"d":{"type":"uri","value":"http://example.org/fw"},"label":{"type":"literal","value":"a, \"b\""}},)"
      R"({"d":{"type":"uri","value":"http://example.org/fw"},"label":{"type":"literal","value":"fire\twall","xml:lang":"en"}},)"
      R"({"d":{"type":"uri","value":"http://example.org/sw"},"n":{"type":"bnode","value":"b0"}}]}})");
  EXPECT_EQ(ask("SELECT (1.5 AS ?x) {}", Format::json),
            R"({"head":{"vars":["x"]},"results":{"bindings":[{"x":{"type":"literal","value":"1.5",)"
            R"("datatype":"http://www.w3.org/2001/XMLSchema#decimal"}}]}})");
}

TEST_F(Query, csvAndTsv) {
  EXPECT_EQ(ask(labels, Format::csv),
            "d,label,n\r\n"
            "http://example.org/fw,\"a, \"\"b\"\"\",\r\n"
            "http://example.org/fw,fire\twall,\r\n"
            "http://example.org/sw,,_:b0\r\n");
  EXPECT_EQ(ask(labels, Format::tsv),
            "?d\t?label\t?n\n"
            "<http://example.org/fw>\t\"a, \\\"b\\\"\"\t\n"
            "<http://example.org/fw>\t\"fire\\twall\"@en\t\n"
            "<http://example.org/sw>\t\t_:b0\n");
}

TEST_F(Query, truth) {
  EXPECT_EQ(ask("ASK { ex:fw a ex:Device }"), "true\n");
  EXPECT_EQ(ask("ASK { ex:fw a ex:Thing }"), "false\n");
  EXPECT_EQ(ask("ASK { ex:fw a ex:Thing }", Format::json), R"({"head":{},"boolean":false})");
  EXPECT_EQ(ask("ASK { ex:fw a ex:Device }", Format::csv), "true");
  EXPECT_EQ(ask("ASK { ex:fw a ex:Device }", Format::tsv), "true");
}

TEST_F(Query, triples) {
  EXPECT_EQ(
      ask("CONSTRUCT { ?d ex:is ex:Known . ex:all ex:has ?d } WHERE { ?d a ex:Device }", Format::ntriples),
      "<http://example.org/all> <http://example.org/has> <http://example.org/fw> .\n"
      "<http://example.org/all> <http://example.org/has> <http://example.org/sw> .\n"
      "<http://example.org/fw> <http://example.org/is> <http://example.org/Known> .\n"
      "<http://example.org/sw> <http://example.org/is> <http://example.org/Known> .\n");
  EXPECT_EQ(ask("DESCRIBE ex:sw", Format::turtle),
            "@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .\n"
            "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n"
            "@prefix ex: <http://example.org/> .\n"
            "ex:sw ex:next _:b0 ;\n"
            "\ta ex:Device .\n"
            "_:b0 ex:hop 1.5 .\n");
  EXPECT_EQ(ask("CONSTRUCT { ?x a 1 } WHERE { ?x a ex:Nothing }", Format::turtle), "");
}

TEST_F(Query, madeBlankNodesHaveLabelsOfTheirOwn) {
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(ask("CONSTRUCT { ?d ex:port [ ex:of ?d ] } WHERE { ?d ex:ports 2 }", Format::ntriples),
              "<http://example.org/fw> <http://example.org/port> _:g0 .\n"
              "_:g0 <http://example.org/of> <http://example.org/fw> .\n");
    EXPECT_EQ(ask("SELECT (BNODE() AS ?x) (BNODE() AS ?y) ?n { ?n ex:hop ?h }", Format::csv),
              "x,y,n\r\n_:g0,_:g1,_:b0\r\n");
  }
}

TEST_F(Query, aFormThatDoesNotFitIsRefused) {
  EXPECT_EQ(
      ask("PREFIX a: <a:> CONSTRUCT WHERE { ?s ?p ?o }", Format::json),
      "<query>:1:16: CONSTRUCT gives triples, and the format asked for is one of tables (expected turtle or "
      "ntriples)");
  EXPECT_EQ(
      ask("DESCRIBE ex:fw"),
      "<query>:1:1: DESCRIBE gives triples, and the format asked for is one of tables (expected turtle or "
      "ntriples)");
  for (const char* query : {"SELECT * { ?s ?p ?o }", "ASK { ?s ?p ?o }"}) {
    const std::string form(query, std::string_view(query).find(' '));
    EXPECT_EQ(ask(query, Format::turtle), "<query>:1:1: " + form +
                                              " gives no triples, and the format asked for is one of triples "
                                              "(expected table, json, csv or tsv)");
  }
}

TEST_F(Query, prefixesOfTheQueryComeFirst) {
  EXPECT_EQ(ask("PREFIX ex: <http://other.example/> SELECT ?d { ?d a ex:Device }", Format::csv), "d\r\n");
  options.prefixes["bad"] = "no iri";
  EXPECT_EQ(ask("SELECT * { ?s ?p ?o }"),
            "<query>: the prefix bad: stands for <no iri>, which is no IRI: Invalid IRI code point ' '");
}

TEST_F(Query, rowLimitsAreSaid) {
  options.rows = 1;
  options.format = Format::csv;
  auto answer = store.query("SELECT ?d { ?d a ex:Device } ORDER BY ?d", options);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->text, "d\r\nhttp://example.org/fw\r\n");
  EXPECT_TRUE(answer->cut);
  EXPECT_EQ(answer->rows, 1U);
  EXPECT_EQ(ask("SELECT ?d { ?d a ex:Device } ORDER BY ?d"),
            "?d\n-----\nex:fw\n(the first 1 rows; there are more)\n");
  options.rows = 2;
  answer = store.query("SELECT ?d { ?d a ex:Device }", options);
  ASSERT_TRUE(answer);
  EXPECT_FALSE(answer->cut);
  EXPECT_EQ(answer->rows, 2U);
  options.format = Format::ntriples;
  answer = store.query("CONSTRUCT WHERE { ?s ?p ?o }", options);
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->cut);
  EXPECT_EQ(answer->rows, 2U);
}

TEST_F(Query, mistakesHavePlacesAndSayWhatWasExpected) {
  struct Mistake {
    const char* query;
    const char* refusal;
  };
  const std::vector<Mistake> mistakes{
      {"SELECT ?x WHERE { ?x a }",
       "<query>:1:24: unexpected '}' (expected a variable, an IRI, a text, a number, '(', '[' or '*')"},
      {"SELECT ?x\nWHERE {\n  ?x a owl:Class\n",
       "<query>:4:1: the query ends too early (expected '{', '}', '.', ';', ',', FILTER, OPTIONAL, MINUS, "
       "BIND, "
       "VALUES or GRAPH)"},
      {"SELEC ?x WHERE { ?x a owl:Class }",
       "<query>:1:1: unexpected 'SELEC' (expected PREFIX, SELECT, ASK, CONSTRUCT or DESCRIBE)"},
      {"SELECT * {\n ?s ?p ?o FILTER(?o > ) }",
       "<query>:2:23: unexpected ')' (expected a variable, an IRI, a text, a number, '(' or a function)"},
      {"SELECT * { ?s ?p ?o } LIMIT many", "<query>:1:29: unexpected 'many' (expected a number)"},
      {"SELECT * { ?s ?p \xC3\xBC }",
       "<query>:1:18: unexpected '\xC3\xBC' (expected a variable, an IRI, a text, a number, '(' or '[')"},
      {"SELECT * { ?s ?p \"open }", "<query>:1:18: a text whose closing quote is missing"},
      {"SELECT * { ?s ?p <part> }", "<query>:1:18: no IRI, or a part of one without BASE"},
      {"SELECT *\n{ ?s rfds:label ?o }", "<query>:2:6: the prefix rfds: is not declared (nearest rdfs)"},
      {"SELECT * { ?s foo:label ?o }", "<query>:1:15: the prefix foo: is not declared"},
      {"INSERT DATA { <a:a> <a:p> 1 }",
       "<query>:1:1: INSERT is an update, and a query changes nothing (expected SELECT, ASK, CONSTRUCT or "
       "DESCRIBE)"},
      {"PREFIX a: <a:> # first\n DELETE WHERE { ?s ?p ?o }",
       "<query>:2:2: DELETE is an update, and a query changes nothing (expected SELECT, ASK, CONSTRUCT or "
       "DESCRIBE)"},
      {"LOAD <file:///anywhere>",
       "<query>:1:1: LOAD is an update, and a query changes nothing (expected SELECT, ASK, CONSTRUCT or "
       "DESCRIBE)"},
      {"SELECT * { # SERVICE\n ?s ?p \"SERVICE\" . SERVICE <http://localhost/> { ?s ?p ?o } }",
       "<query>:2:20: SERVICE asks another endpoint, and queries reach no network"},
      {"SELECT * { SERVICE SILENT ?where { ?s ?p ?o } }",
       "<query>:1:12: SERVICE asks another endpoint, and queries reach no network"},
      {"SELECT * FROM <urn:graph:two> { ?s ?p ?o }",
       "<query>:1:16: there is no graph <urn:graph:two> (nearest urn:graph:one)"},
      {"SELECT * FROM NAMED <file:///anywhere> { ?s ?p ?o }",
       "<query>:1:22: there is no graph <file:///anywhere>"},
      {"SELECT (ex:f(1) AS ?x) {}", "<query>: there is no function <http://example.org/f>"},
      {"SELECT * { ?s ?p \xFF }", "<query>:1:18: the query is not UTF-8"},
      {"", "<query>:1:1: the query ends too early (expected PREFIX, SELECT, ASK, CONSTRUCT or DESCRIBE)"},
  };
  for (const auto& [query, refusal] : mistakes) EXPECT_EQ(ask(query), refusal) << query;
  options.file = "my.rq";
  EXPECT_EQ(ask("SELECT * { ?s ?p <part> }"), "my.rq:1:18: no IRI, or a part of one without BASE");
}

TEST_F(Query, underlinesTheToken) {
  const auto answer = store.query("SELECT * { ?s ?p ?o } LIMIT many", options);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().at(0).length, 4U);
}

TEST_F(Query, select) {
  std::string seen;
  const auto answer = store.select(
      labels,
      [&](const Solution& solution) {
        for (std::size_t i = 0; i < solution.variables.size(); ++i) {
          seen += solution.variables[i] + "=" + (solution.values[i] ? shown(*solution.values[i]) : "-") + " ";
        }
        seen += "\n";
      },
      options);
  ASSERT_TRUE(answer) << refusal(answer);
  EXPECT_EQ(answer->rows, 3U);
  EXPECT_EQ(seen,
            "d=<http://example.org/fw> label=\"a, \"b\"\" n=- \n"
            "d=<http://example.org/fw> label=\"fire\twall\"@en n=- \n"
            "d=<http://example.org/sw> label=- n=_:b0 \n");
  EXPECT_EQ(refusal(store.select("ASK {}", [](const Solution&) {})),
            "<query>: ASK gives no solutions (expected a SELECT query)");
  EXPECT_EQ(refusal(store.select("CONSTRUCT WHERE { ?s ?p ?o }", [](const Solution&) {})).substr(0, 37),
            "<query>:1:1: CONSTRUCT gives triples,");
}

TEST_F(Query, theSinksExceptionComesOut) {
  int seen = 0;
  const auto sink = [&](const Solution&) {
    ++seen;
    throw std::runtime_error("enough");
  };
  EXPECT_THROW(std::ignore = store.select("SELECT * { ?s ?p ?o }", sink, options), std::runtime_error);
  EXPECT_EQ(seen, 1);
  EXPECT_EQ(ask("ASK {}"), "true\n");
}

// What is put into a query so that its work can be bounded (shim/src/shape.rs) is not seen.
TEST_F(Query, nothingOfOursIsSeen) {
  for (const char* query : {"SELECT * { { {} UNION {} } { SELECT ?d { ?d a ex:Device } } VALUES ?u { UNDEF "
                            "UNDEF } ex:fw (a|ex:x) ex:Device }",
                            "SELECT * { { SELECT * { { SELECT * { ?d a ex:Device } } } } VALUES (?u) { "
                            "(UNDEF) (UNDEF) } { {} UNION {} } }"}) {
    EXPECT_EQ(ask(query, Format::csv).substr(0, 5), "d,u\r\n") << query;
    std::size_t rows = 0;
    ASSERT_TRUE(
        store.select(query, [&](const Solution& s) { rows += s.variables.size() == 2 ? 1 : 0; }, options));
    EXPECT_EQ(rows, 8U) << query;
  }
}

}  // namespace
}  // namespace vauban::rdf
