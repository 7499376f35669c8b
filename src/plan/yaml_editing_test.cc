#include "plan/yaml_editing.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <random>

#include "plan/model_tree.h"
#include "plan/placeholders.h"
#include "plan/test_models.h"

namespace vauban::plan {
namespace {

namespace yaml = model::yaml;

yaml::NodePtr parsed(const std::string& text) {
  auto document = yaml::parse("t.yaml", text);
  EXPECT_TRUE(document.diagnostics.empty()) << model::diagnosticText(document.diagnostics) << text;
  return document.root;
}

// A tree of all kinds of nodes, with texts that look like other things.
yaml::NodePtr randomNode(std::mt19937& random, unsigned depth) {
  static const std::vector<std::string> kTexts{
      "plain",      "two words", "10",          "0x1F",        "1.5",       "true",     "null",    "~",
      "",           " edge ",    "a: b",        "a #b",        "- x",       "[x]",      "{x}",     "::/0",
      "10.0.0.0/8", "quote\"s",  "back\\slash", "line\nbreak", "tab\there", "\xC3\xBC", "&anchor", "*alias",
      "!tag",       "%percent",  "@at",         "off",         "'",         "|",        ">",       "?",
      ":",          "x:",        ".inf",        "1e3",         "$member"};
  const unsigned kind = random() % (depth == 0 ? 4 : 7);
  switch (kind) {
    case 0:
      return yaml_editing::number(std::to_string(random() % 1000));
    case 1:
      return yaml_editing::number(random() % 2 == 0 ? "true" : "false");
    case 2:
    case 3:
      return yaml_editing::text(kTexts[random() % kTexts.size()]);
    case 4: {
      std::vector<yaml::NodePtr> items;
      for (unsigned n = random() % 5; n > 0; --n) items.push_back(randomNode(random, depth - 1));
      return yaml_editing::sequence(items);
    }
    default: {
      yaml::NodePtr node = yaml_editing::mapping({});
      for (unsigned n = random() % 6; n > 0; --n) {
        const std::string& key = kTexts[random() % kTexts.size()];
        node = yaml_editing::with(node, key.empty() ? "key" : key, randomNode(random, depth - 1));
      }
      return node;
    }
  }
}

TEST(YamlEditing, WhatIsWrittenIsReadTheSame) {
  for (unsigned seed = 0; seed < 3'000; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const auto tree = yaml_editing::mapping({{"a", randomNode(random, 4)}, {"b", randomNode(random, 5)}});
    const std::string text = yaml_editing::toYaml(*tree);
    const auto again = parsed(text);
    ASSERT_NE(again, nullptr) << text;
    ASSERT_TRUE(yaml_editing::same(*tree, *again)) << text;
    ASSERT_EQ(text, yaml_editing::toYaml(*again));
  }
}

TEST(YamlEditing, ModelsKeepWhatTheySay) {
  std::size_t models = 0;
  for (const char* folder : {"examples", "tests/scenarios", "tests/patterns"}) {
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(VAUBAN_SOURCE_DIR "/" + std::string(folder))) {
      if (entry.path().extension() != ".yaml" || entry.path().filename() == "expect.yaml") continue;
      const auto tree = ModelTree::read(entry.path().string());
      if (!tree) continue;  // a part of a folder, or a scenario about mistakes
      ++models;
      const auto again = parsed(tree->toYaml());
      ASSERT_NE(again, nullptr) << entry.path();
      ASSERT_TRUE(yaml_editing::same(*tree->root(), *again)) << entry.path();
    }
  }
  EXPECT_GT(models, 200U);
}

TEST(YamlEditing, SharesWhatItDoesNotTouch) {
  const auto tree = parsed("hosts: {a: {zone: x}, b: {zone: y}}\nflows: []\n");
  const auto changed =
      yaml_editing::withPath(tree, {"hosts", "a", "services", "dns"}, yaml_editing::text("v"));
  EXPECT_EQ(yaml_editing::toYaml(*changed),
            "hosts:\n  a: {zone: x, services: {dns: v}}\n  b: {zone: y}\nflows: []\n");
  EXPECT_EQ(yaml_editing::atPath(changed, {"hosts", "b"}), yaml_editing::atPath(tree, {"hosts", "b"}));
  EXPECT_EQ(yaml_editing::atPath(tree, {"hosts", "a", "services"}), nullptr);
}

TEST(Placeholders, StandForMembers) {
  const Members members{{"one", {"a"}}, {"two", {"b", "c"}}, {"list", {"x"}}, {"none", {}}};
  const auto filled = [&](const std::string& text) {
    return filledIn(parsed(text), members, {"list"})->toLine();
  };
  EXPECT_EQ(filled("{v: $one}"), "v: a");
  EXPECT_EQ(filled("{v: $two}"), "v: [b, c]");
  EXPECT_EQ(filled("{v: $list}"), "v: [x]");
  EXPECT_EQ(filled("{v: $none}"), "v: []");
  EXPECT_EQ(filled("{v: [$one, $two, z]}"), "v: [a, b, c, z]");
  EXPECT_EQ(filled("{v: no-$two}"), "v: no-b-c");
  EXPECT_EQ(filled("{v: \"${one}s and $unknown\"}"), "v: as and $unknown");
  EXPECT_EQ(placeholdersIn(*parsed("{v: [$one, x-$two], w: {k: \"${list}y\"}}")),
            (std::vector<std::string>{"one", "two", "list"}));
}

}  // namespace
}  // namespace vauban::plan
