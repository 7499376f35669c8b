#include "model/yaml.h"

#include <gtest/gtest.h>

namespace vauban::model::yaml {
namespace {

std::string first(const Document& document) {
  if (document.diagnostics.empty()) return "";
  const auto& d = document.diagnostics.front();
  return d.place.toString() + " " + d.message;
}

TEST(Yaml, KeepsOrderKindsAndPlaces) {
  const auto document = parse("f", "b: {x: [1, off, true], y: \"7\"}\na:\n  - ~\n  - 1.5\n");
  ASSERT_TRUE(document.diagnostics.empty());
  const Node& root = *document.root;
  ASSERT_EQ(root.size(), 2U);
  EXPECT_EQ(root.key(0).text(), "b");
  EXPECT_EQ(root.key(1).place(), (Place{"f", 2, 1}));
  const Node& list = *root.find("b")->find("x");
  EXPECT_EQ(list.item(0).kind(), Kind::integer);
  EXPECT_EQ(list.item(1).kind(), Kind::text);
  EXPECT_EQ(list.item(2).boolean(), true);
  EXPECT_EQ(list.item(1).place(), (Place{"f", 1, 12}));
  EXPECT_EQ(list.item(1).length(), 3U);
  EXPECT_EQ(root.find("b")->find("y")->kind(), Kind::text);
  EXPECT_EQ(root.find("a")->item(0).kind(), Kind::null);
  EXPECT_EQ(root.find("a")->item(1).number(), 1.5);
  EXPECT_EQ(root.find("b")->toLine(), "x: [1, off, true], y: \"7\"");
}

TEST(Yaml, WordsOfOlderVersionsAreWords) {
  for (const auto* word :
       {"on", "off", "yes", "no", "y", "1_000", "0b1", "12:30", "2026-03-11", "10.0.0.1"}) {
    EXPECT_EQ(kindOfPlain(word), Kind::text) << word;
  }
  for (const auto* word : {"0", "-1", "+5", "0o17", "0xff"})
    EXPECT_EQ(kindOfPlain(word), Kind::integer) << word;
  for (const auto* word : {"1.", ".5", "1e3", "-.inf", ".nan"})
    EXPECT_EQ(kindOfPlain(word), Kind::real) << word;
}

TEST(Yaml, ColumnsCountBytes) {
  const auto document = parse("f", "{\xC3\xA9: a, b: c}");
  EXPECT_EQ(document.root->key(1).place().column, 9U);
}

TEST(Yaml, RefusesWithAPlace) {
  EXPECT_EQ(first(parse("f", "a: 1\na: 2\n")), "f:2:1 key 'a' is there twice");
  EXPECT_EQ(first(parse("f", "---\na: 1\n---\nb: 1\n")), "f:3:1 a second document begins here");
  EXPECT_EQ(first(parse("f", "a: *x\n")), "f:1:5 alias 'x' has no anchor before it");
  EXPECT_EQ(first(parse("f", "a: &x [*x]\n")), "f:1:9 alias 'x' stands inside what it repeats");
  EXPECT_EQ(first(parse("f", "a: !!str 1\n")), "f:1:4 tags have no meaning in this file");
  EXPECT_EQ(first(parse("f", "? [a]\n: 1\n")), "f:1:3 a key must be a word");
  EXPECT_EQ(first(parse("f", "a: [1\nb: 2\n")).substr(0, 16), "f:3:1 not YAML: ");
  EXPECT_EQ(first(parse("f", std::string("a: 1\nb: \0", 9))), "f:2:4 byte 0x00 is not text");
  EXPECT_EQ(first(parse("f", "a: \xC0\x80")), "f:1:4 byte 0xc0 is not text");
  EXPECT_EQ(first(parse("f", "a: \xC3")), "f:1:4 byte 0xc3 is not text");
}

TEST(Yaml, LimitsEndInAnError) {
  Limits limits;
  limits.bytes = 4;
  EXPECT_EQ(first(parse("f", "a: 12", limits)), "f larger than 4 bytes");
  limits = {};
  limits.depth = 3;
  EXPECT_EQ(first(parse("f", "[[[1]]]", limits)), "");
  EXPECT_EQ(first(parse("f", "[[[[1]]]]", limits)), "f:1:4 nested more than 3 deep");
  limits = {};
  limits.nodes = 5;
  EXPECT_EQ(first(parse("f", "[1, 2, 3, 4, 5]", limits)), "f:1:14 more than 5 values, aliases written out");
  limits = {};
  limits.aliases = 1;
  EXPECT_EQ(first(parse("f", "[&a 1, *a, *a]", limits)), "f:1:13 more than 1 aliases");
  EXPECT_EQ(first(parse("f", std::string(100'000, '['))), "f:1:65 nested more than 64 deep");
}

TEST(Yaml, AliasesCountAsIfWrittenOut) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const auto before = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int k = 0; k < 9; ++k) text += ", " + before;
    text += "]\n";
  }
  const auto document = parse("f", text);
  EXPECT_EQ(document.root, nullptr);
  ASSERT_FALSE(document.diagnostics.empty());
  EXPECT_NE(document.diagnostics.front().message.find("aliases written out"), std::string::npos);
}

TEST(Yaml, DeepAliasesCountAsDeep) {
  std::string text = "- &a0 [x]\n";
  for (int i = 1; i < 80; ++i) {
    text += "- &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + "]\n";
  }
  const auto document = parse("f", text);
  ASSERT_FALSE(document.diagnostics.empty());
  EXPECT_EQ(document.diagnostics.front().message, "nested more than 64 deep");
}

TEST(Yaml, AnyPrefixOfATextEndsInATreeOrADiagnostic) {
  const std::string text = "a: &x {b: [1, 'two', \"thr\\u00e9e\"], c: |\n  text\n}\nd: *x\n? e\n: >-\n  f\n";
  for (std::size_t length = 0; length <= text.size(); ++length) {
    const auto document = parse("f", text.substr(0, length));
    if (document.root == nullptr && length > 0) {
      EXPECT_FALSE(document.diagnostics.empty()) << length;
    }
  }
}

}  // namespace
}  // namespace vauban::model::yaml
