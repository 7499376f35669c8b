#include "rdf/parse.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <tuple>

#include "rdf/test_documents.h"

namespace vauban::rdf {
namespace {

std::string refused(std::string_view text, Syntax syntax, const Limits& limits = {}) {
  return refusal(parse(text, syntax, "f", "", [](const Triple&) {}, limits));
}

TEST(Parse, turtle) {
  EXPECT_EQ(triplesOf("@prefix : <http://e/> .\n"
                      ":a :p \"x\", \"chat\"@FR-be, 1, 1.5, 1e0, true ; a :C .\n"
                      "_:n :p [ :q ( \"\"\"two\nlines\"\"\" ) ] .\n",
                      Syntax::turtle),
            "<http://e/a> <http://e/p> \"x\"\n"
            "<http://e/a> <http://e/p> \"chat\"@fr-be\n"
            "<http://e/a> <http://e/p> \"1\"^^<http://www.w3.org/2001/XMLSchema#integer>\n"
            "<http://e/a> <http://e/p> \"1.5\"^^<http://www.w3.org/2001/XMLSchema#decimal>\n"
            "<http://e/a> <http://e/p> \"1e0\"^^<http://www.w3.org/2001/XMLSchema#double>\n"
            "<http://e/a> <http://e/p> \"true\"^^<http://www.w3.org/2001/XMLSchema#boolean>\n"
            "<http://e/a> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://e/C>\n"
            "_:b0 <http://e/q> _:b1\n"
            "_:b1 <http://www.w3.org/1999/02/22-rdf-syntax-ns#rest> "
            "<http://www.w3.org/1999/02/22-rdf-syntax-ns#nil>\n"
            "_:b1 <http://www.w3.org/1999/02/22-rdf-syntax-ns#first> \"two\nlines\"\n"
            "_:b2 <http://e/p> _:b0\n");
}

TEST(Parse, linesAndQuads) {
  EXPECT_EQ(
      triplesOf("<http://e/a> <http://e/p> \"a\\u00E9\\n\"^^<http://www.w3.org/2001/XMLSchema#string> .\n"
                "# nothing\n"
                "_:x <http://e/p> _:x .\n",
                Syntax::nTriples),
      "<http://e/a> <http://e/p> \"a\xC3\xA9\n\"\n_:b0 <http://e/p> _:b0\n");
  EXPECT_EQ(triplesOf("<http://e/a> <http://e/p> <http://e/b> <http://e/g> .\n", Syntax::nQuads),
            "<http://e/a> <http://e/p> <http://e/b>\n");
  EXPECT_EQ(triplesOf("GRAPH <http://e/g> { <http://e/a> <http://e/p> 1 }", Syntax::trig),
            "<http://e/a> <http://e/p> \"1\"^^<http://www.w3.org/2001/XMLSchema#integer>\n");
}

TEST(Parse, rdfXml) {
  EXPECT_EQ(
      triplesOf("<?xml version='1.0'?>\n"
                "<!DOCTYPE rdf:RDF [ <!ENTITY e \"http://e/\"> ]>\n"
                "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns:e='http://e/'>\n"
                " <e:C rdf:about='&e;a'><e:p xml:lang='en'>x &amp; y</e:p><e:q rdf:resource='b'/></e:C>\n"
                "</rdf:RDF>",
                Syntax::rdfXml, "http://base/"),
      "<http://e/a> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://e/C>\n"
      "<http://e/a> <http://e/p> \"x & y\"@en\n"
      "<http://e/a> <http://e/q> <http://base/b>\n");
}

TEST(Parse, jsonLd) {
  EXPECT_EQ(triplesOf("{\"@context\": {\"name\": \"http://e/name\", \"knows\": {\"@id\": \"http://e/k\", "
                      "\"@type\": \"@id\"}},\n \"@id\": \"http://e/a\", \"name\": [\"A\", 1],\n"
                      " \"knows\": \"http://e/b\"}",
                      Syntax::jsonLd),
            "<http://e/a> <http://e/name> \"A\"\n"
            "<http://e/a> <http://e/name> \"1\"^^<http://www.w3.org/2001/XMLSchema#integer>\n"
            "<http://e/a> <http://e/k> <http://e/b>\n");
}

TEST(Parse, baseIri) {
  EXPECT_EQ(triplesOf("<a> <#p> <../b> .", Syntax::turtle, "http://e/x/y"),
            "<http://e/x/a> <http://e/x/y#p> <http://e/b>\n");
  EXPECT_EQ(triplesOf("<a> <b> <c> .", Syntax::turtle), "f:1:1: no scheme found in an absolute IRI");
  EXPECT_EQ(refusal(parse("", Syntax::turtle, "f", "no base", [](const Triple&) {})),
            "f: the base <no base> is no IRI: Invalid IRI code point ' '");
  // JSON-LD leaves it out.
  EXPECT_EQ(triplesOf("{\"@id\": \"a\", \"http://e/p\": 1}", Syntax::jsonLd), "");
}

TEST(Parse, emptyDocuments) {
  for (const Syntax syntax : {Syntax::turtle, Syntax::nTriples, Syntax::nQuads, Syntax::trig}) {
    EXPECT_EQ(triplesOf("", syntax), "") << nameOf(syntax);
    EXPECT_EQ(triplesOf("\xEF\xBB\xBF# a mark at the beginning", syntax), "") << nameOf(syntax);
  }
}

TEST(Parse, mistakesHavePlaces) {
  struct Mistake {
    Syntax syntax;
    const char* text;
    const char* refusal;
  };
  const std::string xml =
      "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns:e='http://e/'>\n";
  const std::vector<Mistake> mistakes{
      {Syntax::turtle, "@prefix : <http://e/> .\n:a :p :b\n:c :p :d .\n",
       "f:3:1: a dot is expected at the end of statements"},
      {Syntax::turtle, "\n  e:a <http://e/p> 1 .", "f:2:3: the prefix e: has not been declared"},
      {Syntax::turtle, "<http://e/\xC3\xA9> <http://e/p> \"\xC3\xA9\" ; 1 .",
       "f:1:35: 1 is not a valid predicate"},
      {Syntax::turtle, "\xEF\xBB\xBF<http://e/a> 1 2 .", "f:1:17: 1 is not a valid predicate"},
      {Syntax::turtle, "<http://e/a> <http://e/p> <http://e/a b> .", "f:1:27: invalid IRI code point ' '"},
      {Syntax::turtle, "<http://e/a> <http://e/p> \"open", "f:1:27: unexpected end of file"},
      {Syntax::turtle, "<http://e/a> <http://e/p> [", "f:1:28: unexpected end"},
      {Syntax::nTriples, "<http://e/a> <http://e/p> .\n",
       "f:1:27: the object of a triple must be an IRI, a blank node or a literal"},
      {Syntax::nTriples, "<http://e/a> \"p\" <http://e/a> .\n",
       "f:1:14: the predicate of a triple must be an IRI"},
      {Syntax::nTriples, "# one\n<http://e/a> <http://e/p> \"\xFF\" .\n",
       "f:2:28: invalid UTF-8: invalid utf-8 sequence of 1 bytes from index 0"},
      {Syntax::nQuads, "<http://e/a> <http://e/p> 1 .",
       "f:1:27: the object of a triple must be an IRI, a blank node or a literal"},
      {Syntax::trig, "<http://e/g> { <http://e/a> <http://e/p> 1", "f:1:43: unexpected end"},
      {Syntax::jsonLd, "{\"@id\": \"http://e/a\",\n \"http://e/p\": [1, 2\n}",
       "f:3:1: array values must be followed by a comma to add a new value or a squared bracket to end the "
       "array"},
      {Syntax::jsonLd, "{\n \"@id\": 5\n}", "f:2:2: @id value must be a string"},
      {Syntax::jsonLd, "{\"@context\": \"https://schema.org/\",\n \"@id\": \"http://e/a\"}",
       "f:1:2: a context of another document, and none is ever fetched: put the context into this one"},
      {Syntax::jsonLd, "{\"@context\": {\"@import\": \"http://e/\"},\n \"@id\": \"http://e/a\"}",
       "f:1:15: a context of another document, and none is ever fetched: put the context into this one"},
  };
  for (const auto& [syntax, text, refusal] : mistakes) EXPECT_EQ(refused(text, syntax), refusal) << text;
  EXPECT_EQ(refused(xml + " <e:C>\n  <e:p>x</e:q>\n </e:C>\n</rdf:RDF>", Syntax::rdfXml),
            "f:3:9: ill-formed document: expected `</e:p>`, but `</e:q>` was found");
  EXPECT_EQ(refused(xml + " <e:C rdf:about='a b'/>\n</rdf:RDF>", Syntax::rdfXml),
            "f:2:2: error while parsing IRI 'a b': Invalid IRI code point ' '");
  EXPECT_EQ(refused(xml + " <f:C/>\n</rdf:RDF>", Syntax::rdfXml), "f:2:2: unknown prefix f:");
}

TEST(Parse, whatStandsBeforeTheMistakeIsHandedOn) {
  EXPECT_EQ(triplesOf("<http://e/a> <http://e/p> <http://e/b> .\n<http://e/a> oops .\n", Syntax::turtle),
            "<http://e/a> <http://e/p> <http://e/b>\nf:2:14: oops is not a valid predicate");
}

TEST(Parse, ofSeveralMistakesInAContextTheSameOneEachTime) {
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(refused("{\"@context\": {\"@type\": \"@id\", \"@container\": \"@list\"}}", Syntax::jsonLd),
              "f:1:31: @container keyword can't be redefined in context");
  }
}

TEST(Parse, underlinesWhatIsWrong) {
  const auto read = parse("<http://e/a> \"p\" 1 .", Syntax::turtle, "f", "", [](const Triple&) {});
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().at(0).length, 3U);
}

TEST(Parse, theSinksExceptionComesOut) {
  int seen = 0;
  const auto sink = [&](const Triple&) {
    if (++seen == 2) throw std::runtime_error("enough");
  };
  EXPECT_THROW(std::ignore = parse("<a:a> <a:p> 1, 2, 3 .", Syntax::turtle, "f", "", sink),
               std::runtime_error);
  EXPECT_EQ(seen, 2);
}

TEST(Parse, limits) {
  Limits limits;
  limits.bytes = 10;
  EXPECT_EQ(refused("<a:a> <a:p> 1, 2, 3 .", Syntax::turtle, limits),
            "f: the document has more than 10 bytes");
  limits = {};
  limits.triples = 2;
  EXPECT_EQ(refused("<a:a> <a:p> 1, 2 .", Syntax::turtle, limits), "accepted");
  EXPECT_EQ(refused("<a:a> <a:p> 1, 2,\n 3 .", Syntax::turtle, limits),
            "f:2:2: the document has more than 2 triples");
  limits = {};
  limits.textBytes = 20;
  EXPECT_EQ(refused("<a:a> <a:p> \"01234567890123456789\" .", Syntax::turtle, limits), "accepted");
  EXPECT_EQ(refused("<a:a> <a:p> \"012345678901234567890\" .", Syntax::turtle, limits),
            "f:1:1: a literal or IRI of more than 20 bytes");
  EXPECT_EQ(refused("<a:a> <a:01234567890123456789> 1 .", Syntax::turtle, limits),
            "f:1:1: a literal or IRI of more than 20 bytes");
}

TEST(Parse, deepJsonEndsInAnError) {
  std::string nested;
  for (int i = 0; i < 10'000; ++i) nested += "{\"a:p\":";
  EXPECT_EQ(refused(nested, Syntax::jsonLd),
            "f:1:3501: JSON that is nested too deeply (expected at most 500 brackets within each other)");
  EXPECT_EQ(refused(std::string(10'000, '['), Syntax::jsonLd),
            "f:1:501: JSON that is nested too deeply (expected at most 500 brackets within each other)");
  std::string fits(500, '[');
  fits += std::string(500, ']');
  EXPECT_EQ(refused(fits, Syntax::jsonLd), "accepted");
  EXPECT_EQ(refused("{\"a:p\": \"" + std::string(600, '[') + "\\\"[\"}", Syntax::jsonLd), "accepted");
}

TEST(Parse, deepTurtleAndXmlNeedMemoryAlone) {
  // A million levels recurse nowhere; they are held, and what may be held has a limit.
  std::string turtle = "<a:a> <a:p> ",
              xml = "<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='a:'>";
  for (int i = 0; i < 1'000'000; ++i) turtle += "[<a:p> ";
  for (int i = 0; i < 300'000; ++i) xml += "<a>";
  Limits limits;
  limits.memoryBytes = 20U << 20U;
  for (const auto& [text, syntax] : {std::pair{&turtle, Syntax::turtle}, {&xml, Syntax::rdfXml}}) {
    const std::string refusal = refused(*text, syntax, limits);
    EXPECT_TRUE(refusal.ends_with("this needs more memory than its limit allows")) << refusal;
  }
  turtle.resize(12 + (7 * std::size_t{20'000}));
  EXPECT_EQ(refused(turtle, Syntax::turtle), "f:1:140013: unexpected end");
}

TEST(Parse, aTokenThatDoesNotEnd) {
  const std::string endless(18U << 20U, 'x');
  for (const std::string& text : {"<a:a> <a:p> \"" + endless, "<a:" + endless, "# " + endless}) {
    for (const Syntax syntax : {Syntax::turtle, Syntax::nTriples}) {
      EXPECT_EQ(refused(text, syntax),
                "f:1:1: a literal, IRI or comment of more than 16 MiB, or one that does not end")
          << nameOf(syntax);
    }
  }
}

TEST(Parse, entitiesAreCountedBeforeTheyAreExpanded) {
  std::string text = "<!DOCTYPE r [\n<!ENTITY e0 \"0123456789\">\n";
  for (int i = 1; i < 12; ++i) {
    text += "<!ENTITY e" + std::to_string(i) + " \"";
    for (int n = 0; n < 10; ++n) text += "&e" + std::to_string(i - 1) + ";";
    text += "\">\n";
  }
  const std::string refusal = refused(text + "]><r/>", Syntax::rdfXml);
  EXPECT_TRUE(refusal.ends_with("entities that come to more than 256 MiB")) << refusal;
  // One long entity, many times.
  std::string uses = "<!DOCTYPE r [<!ENTITY e \"" + std::string(10'000, 'x') + "\">]><r>";
  for (int i = 0; i < 30'000; ++i) uses += "&e;";
  EXPECT_TRUE(refused(uses + "</r>", Syntax::rdfXml).ends_with("entities that come to more than 256 MiB"));
}

TEST(Syntax, byFileName) {
  EXPECT_EQ(syntaxOf("a/b.TTL"), Syntax::turtle);
  EXPECT_EQ(syntaxOf("b.nt"), Syntax::nTriples);
  EXPECT_EQ(syntaxOf("b.nq"), Syntax::nQuads);
  EXPECT_EQ(syntaxOf("b.trig"), Syntax::trig);
  for (const char* name : {"x.rdf", "x.owl", "x.xml"}) EXPECT_EQ(syntaxOf(name), Syntax::rdfXml) << name;
  for (const char* name : {"x.jsonld", "x.json"}) EXPECT_EQ(syntaxOf(name), Syntax::jsonLd) << name;
  for (const char* name : {"ttl", ".ttl", "x.txt", "x.ttl.gz", ""})
    EXPECT_EQ(syntaxOf(name), std::nullopt) << name;
}

}  // namespace
}  // namespace vauban::rdf
