// Queries that would take for ever, or all memory, or the stack: each ends in an error, and the store goes
// on.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "rdf/store.h"
#include "rdf/test_documents.h"

namespace vauban::rdf {
namespace {

std::string repeated(std::string_view text, int times, std::string_view between = {}) {
  std::string result;
  for (int i = 0; i < times; ++i) {
    if (i > 0) result += between;
    result += text;
  }
  return result;
}

// `text` with '#' replaced by 0, 1, 2, ...
std::string numbered(std::string_view text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) {
    for (const char c : text) result += c == '#' ? std::to_string(i) : std::string(1, c);
  }
  return result;
}

class Budget : public ::testing::Test {
 protected:
  Budget() {
    std::string text;
    for (int i = 0; i < 2000; ++i) {
      const std::string n = std::to_string(i);
      text += "<a:" + n + "> <a:p" + std::to_string(i % 7) + "> <a:" + std::to_string(i * 31 % 2000) +
              "> , \"text " + n + "\" .\n";
    }
    EXPECT_TRUE(store.load(text, Syntax::turtle, "f", "", "urn:g"));
  }

  std::string ask(const std::string& query) { return refusal(store.query(query, options)); }

  Store store;
  QueryOptions options;
};

TEST_F(Budget, timeEndsWhateverTheWorkIs) {
  const std::string hundred = numbered("# ", 100);
  const std::vector<std::string> queries{
      "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
      "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(?a + ?d = ?g) }",
      "SELECT ?a { ?a ?b ?c . ?d ?e ?f } ORDER BY ?d ?a",
      "SELECT ?a (COUNT(DISTINCT ?f) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?f } GROUP BY ?a",
      "SELECT (COUNT(*) AS ?n) { ?a (!rdf:nil|^!rdf:nil)* ?b . ?c (!rdf:nil|^!rdf:nil)* ?d }",
      "SELECT (COUNT(*) AS ?n) { ?a ?b ?c FILTER NOT EXISTS { ?d ?e ?f . ?g ?h ?i FILTER(?f = 9999) } }",
      "SELECT (COUNT(*) AS ?n) { ?a ?b ?c OPTIONAL { ?d ?e ?f OPTIONAL { ?g ?h ?i } } }",
      "SELECT (COUNT(*) AS ?n) { ?a ?b ?c MINUS { ?a ?e ?f . ?g ?h ?i . ?j ?k ?l } }",
      "SELECT (STRLEN(GROUP_CONCAT(DISTINCT ?f)) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
      // Work that asks the store for nothing.
      "SELECT (COUNT(*) AS ?n) { " + numbered("VALUES ?v# { " + hundred + "} ", 1) + "VALUES ?w { " +
          hundred + "} VALUES ?x { " + hundred + "} VALUES ?y { " + hundred + "} VALUES ?z { " + hundred +
          "} }",
      // Solutions that bind nothing.
      "SELECT (COUNT(*) AS ?n) { " + numbered("VALUES ?v# { " + repeated("UNDEF ", 100) + "} ", 6) + "}",
      "SELECT (COUNT(*) AS ?n) { " + repeated("{ {} UNION {} } ", 60) + "}",
      "SELECT (COUNT(*) AS ?n) { " + numbered("{ SELECT ?nothing# { ?s ?p ?o } } ", 4) + "}",
      "SELECT (COUNT(*) AS ?n) { " + repeated("<a:0> (<a:p0>|<a:p0>) <a:0> . ", 30) + "}",
  };
  ASSERT_TRUE(store.load("<a:0> <a:p0> <a:0> .", Syntax::turtle, "f", "", "urn:g"));
  options.seconds = 0.1;
  for (const std::string& query : queries) {
    EXPECT_EQ(ask(query), "<query>: the query took longer than its time limit") << query.substr(0, 200);
  }
}

TEST_F(Budget, noTimeAtAll) {
  for (const double seconds : {0.0, -1.0}) {
    options.seconds = seconds;
    EXPECT_EQ(ask("SELECT * { ?s ?p ?o }"), "<query>: the query took longer than its time limit");
  }
  options.seconds = 1e300;
  EXPECT_EQ(ask("SELECT * { ?s ?p ?o }"), "accepted");
}

TEST_F(Budget, memoryEnds) {
  options.seconds = 600;  // machines may be busy
  options.memoryBytes = 8U << 20U;
  options.rows = 1U << 30U;
  for (const char* query : {"SELECT ?a ?d { ?a ?b ?c . ?d ?e ?f } ORDER BY ?d",
                            "SELECT DISTINCT ?a ?c ?d ?f { ?a ?b ?c . ?d ?e ?f }",
                            "SELECT (GROUP_CONCAT(?c) AS ?t) { ?a ?b ?c . ?d ?e ?f }",
                            "SELECT ?a ?f (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f } GROUP BY ?a ?f"}) {
    EXPECT_EQ(ask(query), "<query>: this needs more memory than its limit allows") << query;
  }
  options.format = Format::json;
  EXPECT_EQ(ask("SELECT * { ?a ?b ?c . ?d ?e ?f }"), "<query>: this needs more memory than its limit allows");
  options.format = Format::ntriples;
  EXPECT_EQ(ask("CONSTRUCT { ?a ?e ?f } { ?a ?b ?c . ?d ?e ?f }"),
            "<query>: this needs more memory than its limit allows");
}

TEST_F(Budget, textsDoNotGrowBeyondBounds) {
  const std::string tooLong =
      "<query>: a text that the query computes, or that REPLACE works on, is too long (expected at most 1 "
      "MiB; for "
      "REPLACE 64 KiB, and 1 KiB as the replacement)";
  std::string doubling = "SELECT (STRLEN(?z30) AS ?n) { BIND(\"01234567\" AS ?z0) ";
  for (int i = 0; i < 30; ++i) {
    const std::string z = "?z" + std::to_string(i);
    doubling += "BIND(CONCAT(" + z + ", " + z + ") AS ?z" + std::to_string(i + 1) + ") ";
  }
  EXPECT_EQ(ask(doubling + "}"), tooLong);
  EXPECT_EQ(ask("SELECT (STRLEN(" + repeated("REPLACE(", 6) + "\"a\"" +
                repeated(", \"\", \"" + std::string(900, 'a') + "\")", 6) + ") AS ?n) {}"),
            tooLong);
  EXPECT_EQ(ask("SELECT (REPLACE(\"abc\", \"b\", \"" + std::string(1025, 'a') + "\") AS ?n) {}"), tooLong);
  options.format = Format::csv;
  EXPECT_EQ(
      store.query("SELECT (REPLACE(REPLACE(\"abc\", \"b\", \"[$0]\"), \"c\", \"d\") AS ?n) {}", options)
          ->text,
      "n\r\na[b]d\r\n");
}

TEST_F(Budget, theParserIsNotAskedForMoreThanItCan) {
  const auto refused = [&](const std::string& query, std::string_view message) {
    const std::string text = ask(query);
    EXPECT_NE(text.find(message), std::string::npos) << query.substr(0, 100) << ": " << text;
  };
  options.seconds = 600;
  refused("SELECT * {" + std::string(300'000, ' ') + "}", "the query has more than 256 KiB");
  for (const auto& [open, close] : {std::pair{"(", ")"}, {"{", "}"}, {"[ ?p ", "]"}}) {
    refused("SELECT * { ?s ?p " + repeated(open, 101) + repeated(close, 101) + " }",
            "the query is nested too deeply");
    refused("SELECT * { " + repeated(open, 200'000 / static_cast<int>(std::string_view(open).size())),
            "the query is nested too deeply");
  }
  EXPECT_EQ(ask("SELECT * { FILTER(" + repeated("(", 97) + "1" + repeated(")", 97) + ") }"), "accepted");
  for (const auto& [open, close] :
       {std::pair{"!(", ")"}, {"SUBSTR(", ", 1)"}, {"!STR(", ")"}, {"GROUP_CONCAT(", ")"}}) {
    refused("SELECT * { FILTER(" + repeated(open, 60) + "?x" + repeated(close, 60) + ") }",
            "takes too long to parse");
    EXPECT_EQ(ask("SELECT * { FILTER(" + repeated(open, open[0] == 'G' ? 0 : 8) + "\"x\"" +
                  repeated(close, open[0] == 'G' ? 0 : 8) + ") }"),
              "accepted")
        << open;
  }
  refused("SELECT * { ?s " + repeated("<a:p>", 1000, "/") + " ?o }", "the query has too many patterns");
  refused("SELECT * { ?s " + repeated("a", 100'000, "/") + " ?o }", "the query has too many patterns");
  refused("SELECT * { " + numbered("?s# ?p# ?o# . ", 201) + "}", "the query has too many patterns");
  refused("SELECT * { " + repeated("{}", 20'000, "UNION") + "}", "the query has too many patterns");
  refused("SELECT * { FILTER(" + repeated("?x", 50'000, "||") + ") }",
          "the expressions of the query are too long");
  refused("SELECT * { FILTER(" + repeated("!", 50'000) + "?x) }", "<query>:1:");
  EXPECT_EQ(ask("SELECT * { ?s ?p ?o FILTER(?o IN (" + numbered("#, ", 200) + "0)) }"), "accepted");
}

TEST_F(Budget, manyAskAtOnceWhileOneLoads) {
  std::vector<std::thread> threads;
  std::atomic<int> right = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) {
        QueryOptions own;
        own.format = Format::csv;
        own.seconds = t == 3 ? 0.01 : 60;
        const auto answer = store.query(t == 3 ? "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
                                               : "SELECT (COUNT(*) AS ?n) { ?s <a:p1> ?o FILTER(ISIRI(?o)) }",
                                        own);
        right += t == 3 ? (answer ? 0 : 1) : (answer && answer->text == "n\r\n286\r\n" ? 1 : 0);
      }
    });
  }
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(store.load("<b:" + std::to_string(i) + "> <b:p> 1 .", Syntax::turtle, "f", "", "urn:other"));
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 80);
  EXPECT_EQ(store.size(), 4020U);
}

}  // namespace
}  // namespace vauban::rdf
