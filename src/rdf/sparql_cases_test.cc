// SPARQL 1.1 as its specification has it: sparql_cases/README.md says what a case is.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "rdf/store.h"

namespace vauban::rdf {
namespace {

constexpr const char* turtlePrefixes =
    "@prefix : <http://example.org/> . @prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> . "
    "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix owl: <http://www.w3.org/2002/07/owl#> . "
    "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> . ";

struct Case {
  std::string name;
  std::map<std::string, std::string> graphs;  // by IRI; "" for what is in none
  std::string query, expectation;             // "", "in order", "true", "false", "triples", "error"
  std::string expected;
};

std::vector<Case> readCases(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::vector<Case> cases;
  std::string* part = nullptr;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("== ")) {
      cases.push_back({line.substr(3), {}, {}, {}, {}});
      part = nullptr;
    } else if (line.starts_with("-- data")) {
      part = &cases.back().graphs[""];
    } else if (line.starts_with("-- graph :")) {
      part = &cases.back().graphs["http://example.org/" + line.substr(10)];
    } else if (line == "-- query") {
      part = &cases.back().query;
    } else if (line.starts_with("-- expect")) {
      cases.back().expectation = line.size() > 10 ? line.substr(10) : "";
      part = &cases.back().expected;
    } else if (line.starts_with("--")) {
      ADD_FAILURE() << path << ": " << line;
    } else if (part != nullptr) {
      *part += line + "\n";
    }
  }
  return cases;
}

void report(const Diagnostics& diagnostics) {
  for (const Diagnostic& d : diagnostics) ADD_FAILURE() << d.place.toString() << ": " << d.message;
}

// A term as the cases compare it: numbers by value and datatype, blank nodes as one.
std::string key(const Term& term) {
  switch (term.kind) {
    case Term::Kind::iri:
      return "<" + std::string(term.value) + ">";
    case Term::Kind::blank:
      return "_";
    case Term::Kind::literal:
      break;
  }
  static constexpr std::string_view xsd = "http://www.w3.org/2001/XMLSchema#";
  std::string value(term.value), type(term.datatype);
  if (type.starts_with(xsd) &&
      (type.ends_with("integer") || type.ends_with("decimal") || type.ends_with("double"))) {
    std::ostringstream number;
    number << std::strtod(value.c_str(), nullptr);
    value = number.str();
  }
  return "\"" + value + "\"@" + std::string(term.language) + "^^" + type;
}

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(' ') - first + 1));
}

std::string cellKey(std::string_view cell) {
  const std::string text = trimmed(cell);
  if (text.empty() || text == "_") return text;
  std::string found;
  const auto read = parse(turtlePrefixes + (":s :p " + text + " ."), Syntax::turtle, "expected", "",
                          [&](const Triple& triple) { found = key(triple.object); });
  if (!read) report(read.error());
  return found;
}

using Rows = std::vector<std::vector<std::string>>;

std::vector<std::string> cellsOf(std::string_view line) {
  std::vector<std::string> cells;
  while (true) {
    const auto bar = line.find('|');
    cells.emplace_back(line.substr(0, bar));
    if (bar == std::string_view::npos) return cells;
    line.remove_prefix(bar + 1);
  }
}

std::string shown(const Rows& rows) {
  std::string text;
  for (const auto& row : rows) {
    for (const auto& cell : row) text += cell + " | ";
    text += "\n";
  }
  return text;
}

void expectRows(const Store& store, const Case& test, const QueryOptions& options) {
  std::istringstream lines(test.expected);
  std::string line;
  std::getline(lines, line);
  std::vector<std::string> variables;
  for (const std::string& cell : cellsOf(line)) variables.push_back(trimmed(cell).substr(1));
  Rows expected;
  while (std::getline(lines, line)) {
    if (line.empty()) continue;
    expected.emplace_back();
    for (const std::string& cell : cellsOf(line)) expected.back().push_back(cellKey(cell));
    ASSERT_EQ(expected.back().size(), variables.size()) << line;
  }
  Rows found;
  const auto answer = store.select(
      test.query,
      [&](const Solution& solution) {
        ASSERT_TRUE(std::ranges::equal(solution.variables, variables));
        found.emplace_back();
        for (const auto& value : solution.values) found.back().push_back(value ? key(*value) : "");
      },
      options);
  if (!answer) return report(answer.error());
  if (test.expectation != "in order") {
    std::ranges::sort(expected);
    std::ranges::sort(found);
  }
  EXPECT_EQ(shown(found), shown(expected));
}

std::vector<std::string> triplesOf(const std::string& text) {
  std::vector<std::string> triples;
  const auto read = parse(text, Syntax::turtle, "triples", "", [&](const Triple& triple) {
    triples.push_back(key(triple.subject) + " " + key(triple.predicate) + " " + key(triple.object));
  });
  if (!read) report(read.error());
  std::ranges::sort(triples);
  return triples;
}

void check(const Store& store, const Case& test) {
  QueryOptions options;
  options.prefixes[""] = "http://example.org/";
  if (test.expectation == "true" || test.expectation == "false") {
    const auto answer = store.query(test.query, options);
    if (!answer) return report(answer.error());
    EXPECT_EQ(answer->text, test.expectation + "\n");
  } else if (test.expectation == "triples") {
    options.format = Format::ntriples;
    const auto answer = store.query(test.query, options);
    if (!answer) return report(answer.error());
    EXPECT_EQ(triplesOf(answer->text), triplesOf(turtlePrefixes + test.expected));
  } else if (test.expectation == "error") {
    EXPECT_FALSE(store.query(test.query, options));
  } else {
    expectRows(store, test, options);
  }
}

void run(const std::string& fileName, std::size_t atLeast) {
  const auto cases = readCases(std::filesystem::path(VAUBAN_SOURCE_DIR) / "src/rdf/sparql_cases" / fileName);
  EXPECT_GE(cases.size(), atLeast);
  for (const Case& test : cases) {
    SCOPED_TRACE(fileName + ": " + test.name);
    Store store;
    for (const auto& [graph, data] : test.graphs) {
      const auto loaded = store.load(turtlePrefixes + data, Syntax::turtle, test.name, "", graph);
      if (!loaded) report(loaded.error());
    }
    check(store, test);
    const std::string& data = test.graphs.begin()->second;
    if (test.graphs.size() == 1 && test.graphs.begin()->first.empty() &&
        data.find_first_of("[(") == std::string::npos) {
      SCOPED_TRACE("in two graphs");
      Store twice;
      for (const char* graph : {"urn:graph:1", "urn:graph:2"}) {
        EXPECT_TRUE(twice.load(turtlePrefixes + data, Syntax::turtle, test.name, "", graph));
      }
      check(twice, test);
    }
  }
}

TEST(SparqlCases, propertyPaths) { run("property_paths.txt", 20); }
TEST(SparqlCases, aggregates) { run("aggregates.txt", 20); }
TEST(SparqlCases, negation) { run("negation.txt", 15); }
TEST(SparqlCases, subqueries) { run("subqueries.txt", 15); }
TEST(SparqlCases, patterns) { run("patterns.txt", 35); }

}  // namespace
}  // namespace vauban::rdf
