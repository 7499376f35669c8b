#include "rdf/table.h"

#include <gtest/gtest.h>

#include "rdf/format.h"

namespace vauban::rdf {
namespace {

TEST(Prefixes, shortenByTheLongest) {
  const Prefixes prefixes{{"e", "http://e/"}, {"long", "http://e/x/"}, {"", "http://d/#"}, {"none", ""}};
  EXPECT_EQ(shortened("http://e/a", prefixes), "e:a");
  EXPECT_EQ(shortened("http://e/x/a-b.c_1", prefixes), "long:a-b.c_1");
  EXPECT_EQ(shortened("http://d/#a", prefixes), ":a");
  for (const char* iri :
       {"http://e/", "http://e/a/b", "http://e/a.", "http://e/-a", "http://e/a%20", "http://f/a", ""}) {
    EXPECT_EQ(shortened(iri, prefixes), "<" + std::string(iri) + ">");
  }
  EXPECT_EQ(shortened("http://d3fend.mitre.org/ontologies/d3fend.owl#Firewall", wellKnownPrefixes()),
            "d3f:Firewall");
}

TEST(Table, cells) {
  const auto literal = [](std::string_view value, std::string_view datatype = {},
                          std::string_view language = {}) {
    return cellOf({Term::Kind::literal, value, datatype, language}, wellKnownPrefixes());
  };
  EXPECT_EQ(literal("plain \"text\""), "plain \"text\"");
  EXPECT_EQ(literal("text", {}, "en"), "text@en");
  EXPECT_EQ(literal("1", "http://www.w3.org/2001/XMLSchema#integer"), "1");
  EXPECT_EQ(literal("true", "http://www.w3.org/2001/XMLSchema#boolean"), "true");
  EXPECT_EQ(literal("2020-01-01", "http://www.w3.org/2001/XMLSchema#date"), "2020-01-01^^xsd:date");
  EXPECT_EQ(literal("a\nb\tc\rd"), "a\\nb\\tc\\rd");
  EXPECT_EQ(literal("\x1B[31m\x7F\xC2\x9B"), "\\u001B[31m\\u007F\\u009B");
  EXPECT_EQ(literal("\xC2\xA0\xC3\xA9"), "\xC2\xA0\xC3\xA9");
  EXPECT_EQ(cellOf({Term::Kind::blank, "b7", {}, {}}, {}), "_:b7");
}

TEST(Table, alignsByCharacters) {
  const Prefixes none;
  Table table({"a", "long"}, none, 0);
  const std::vector<std::optional<Term>> first{Term{Term::Kind::literal, "\xC3\xA9\xC3\xA9\xC3\xA9", {}, {}},
                                               Term{Term::Kind::literal, "x", {}, {}}};
  const std::vector<std::optional<Term>> second{std::nullopt, Term{Term::Kind::literal, "y", {}, {}}};
  table.add(first);
  table.add(second);
  EXPECT_EQ(table.text(false),
            "?a   ?long\n"
            "---  -----\n"
            "\xC3\xA9\xC3\xA9\xC3\xA9  x\n"
            "     y\n");
}

TEST(Table, cutsCells) {
  const Prefixes none;
  Table table({"a"}, none, 3);
  for (const char* text : {"abc", "abcd", "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9"}) {
    const std::vector<std::optional<Term>> row{Term{Term::Kind::literal, text, {}, {}}};
    table.add(row);
  }
  EXPECT_EQ(table.text(true),
            "?a\n----\nabc\nabc…\n\xC3\xA9\xC3\xA9\xC3\xA9…\n(the first 3 rows; there are more)\n");
}

TEST(Table, withoutColumns) {
  const Prefixes none;
  Table table({}, none, 0);
  table.add({});
  EXPECT_EQ(table.text(false), "\n\n\n");
}

TEST(Format, namesAndMediaTypes) {
  for (const Format format :
       {Format::table, Format::json, Format::csv, Format::tsv, Format::turtle, Format::ntriples}) {
    EXPECT_EQ(formatNamed(nameOf(format)), format);
    EXPECT_EQ(formatOf(mediaTypeOf(format)), format);
  }
  EXPECT_EQ(formatOf("Application/SPARQL-Results+JSON ; charset=utf-8"), Format::json);
  EXPECT_EQ(formatOf("application/json"), Format::json);
  EXPECT_EQ(formatOf("text/turtle;q=0.5"), Format::turtle);
  for (const char* type : {"", "text/html", "*/*", "application/sparql-results+xml"}) {
    EXPECT_EQ(formatOf(type), std::nullopt) << type;
  }
  EXPECT_EQ(formatNamed("xml"), std::nullopt);
}

}  // namespace
}  // namespace vauban::rdf
