// D3FEND as it is published. The numbers of triples are rdflib's, which shares no code with us.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "rdf/store.h"
#include "rdf/test_documents.h"

namespace vauban::rdf {
namespace {

std::string contents(const std::string& version) {
  const auto path = std::filesystem::path(VAUBAN_SHARED_DIR) / "data/d3fend" / version / "d3fend-protege.ttl";
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(D3fend, loads) {
  for (const auto& [version, triples] :
       {std::pair{"1.2.0", 32'060U}, {"0.17.0", 26'033U}, {"2025-08-25", 32'090U}}) {
    const std::string text = contents(version);
    if (text.empty()) GTEST_SKIP() << "there is no shared/data/d3fend/" << version;
    Store store;
    EXPECT_EQ(store.load(text, Syntax::turtle, version, "", "urn:d3fend"), triples) << version;
    EXPECT_EQ(store.size(), triples) << version;
    std::size_t streamed = 0;
    EXPECT_EQ(parse(text, Syntax::turtle, version, "", [&](const Triple&) { ++streamed; }), triples)
        << version;
    EXPECT_EQ(streamed, triples) << version;
  }
}

TEST(D3fend, answers) {
  const std::string text = contents("1.2.0");
  if (text.empty()) GTEST_SKIP() << "there is no shared/data/d3fend/1.2.0";
  Store store;
  ASSERT_TRUE(store.load(text, Syntax::turtle, "d3fend", "", "urn:d3fend"));
  QueryOptions options;
  EXPECT_EQ(store.query("SELECT ?l { d3f:FileHashing rdfs:label ?l }", options)->text,
            "?l\n------------\nFile Hashing\n");
  // What leaves through N-Triples and comes back is as much.
  options.format = Format::ntriples;
  const auto all = store.query("CONSTRUCT WHERE { ?s ?p ?o }", options);
  ASSERT_TRUE(all) << refusal(all);
  EXPECT_EQ(all->rows, 32'060U);
  Store again;
  EXPECT_EQ(again.load(all->text, Syntax::nTriples, "again", "", "urn:d3fend"), 32'060U);
  EXPECT_EQ(again.size(), 32'060U);
  options.format = Format::turtle;
  const auto turtle = store.query("CONSTRUCT WHERE { ?s ?p ?o }", options);
  ASSERT_TRUE(turtle) << refusal(turtle);
  Store turtled;
  EXPECT_EQ(turtled.load(turtle->text, Syntax::turtle, "turtle", "", ""), 32'060U);
}

}  // namespace
}  // namespace vauban::rdf
