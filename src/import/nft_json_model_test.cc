// Listed rulesets as the rules of links, and the model that is written around one.
#include "import/nft_json_model.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "import/load_rules.h"
#include "model/model_reader.h"

namespace vauban::import {
namespace {

namespace fs = std::filesystem;

constexpr const char* kListing = R"({"nftables":[
{"metainfo":{"version":"1.0.6","json_schema_version":1}},
{"table":{"family":"inet","name":"t","handle":1}},
{"chain":{"family":"inet","table":"t","name":"f","handle":1,"type":"filter","hook":"forward","prio":0,"policy":"drop"}},
{"rule":{"family":"inet","table":"t","chain":"f","handle":2,"expr":[
 {"match":{"op":"==","left":{"payload":{"protocol":"ip","field":"saddr"}},"right":{"prefix":{"addr":"10.20.0.0","len":16}}}},
 {"match":{"op":"==","left":{"payload":{"protocol":"ip","field":"daddr"}},"right":"10.30.1.2"}},
 {"match":{"op":"==","left":{"meta":{"key":"mark"}},"right":1}},{"accept":null}]}}
]})";

std::string inWords(const Diagnostics& diagnostics) {
  std::string text;
  for (const Diagnostic& d : diagnostics) text += d.place.toString() + ": " + d.message + "\n";
  return text;
}

TEST(NftJsonModel, isAModel) {
  const auto text = importedNftModelText("fw.json", kListing, "FORWARD");
  ASSERT_TRUE(text) << inWords(text.error());
  EXPECT_NE(text->find("rules: {nft-json: \"fw.json\", chain: FORWARD}"), std::string::npos) << *text;
  EXPECT_NE(text->find("internet: {networks: [\"0.0.0.0/0\", \"::/0\"], untrusted: true}"),
            std::string::npos);
  EXPECT_NE(text->find("net-10-20-0-0-16"), std::string::npos);
  EXPECT_NE(text->find("#   meta mark: may match or not (line 5)"), std::string::npos) << *text;
  const auto behaviours = model::BehaviourCatalogue::builtIn();
  model::Vocabulary words;
  words.behaviours = &*behaviours;
  const auto model = model::readModelText("m.yaml", *text, words);
  EXPECT_TRUE(model) << inWords(model.error());
  EXPECT_FALSE(importedNftModelText("fw.json", "{}", "FORWARD"));
  EXPECT_FALSE(importedNftModel("/nowhere/fw.json"));
}

TEST(NftJsonModel, linksNameListings) {
  const fs::path folder = fs::temp_directory_path() / "vauban-nft-json-links";
  fs::remove_all(folder);
  fs::create_directories(folder);
  std::ofstream(folder / "fw.json") << kListing;
  std::ofstream(folder / "broken.json") << "{\n\"nftables\": 3}";
  model::Model model;
  model.file = (folder / "m.yaml").string();
  for (const char* file : {"fw.json", "broken.json", "fw.json"}) {
    model::Link& link = model.links.emplace_back();
    link.rules.emplace();
    link.rules->kind = "nft-json";
    link.rules->file = (folder / file).string();
  }
  model.links[2].rules->chain = "INPUT";
  const Diagnostics problems = loadRules(model);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_NE(problems[0].place.file.find("broken.json"), std::string::npos);
  EXPECT_EQ(problems[0].message, "this is no ruleset of nft");
  ASSERT_TRUE(model.linkPrograms[0] && model.linkPrograms[2]);
  EXPECT_EQ(model.linkPrograms[0]->chains[0].rules.size(), 1U);
  EXPECT_EQ(model.linkPrograms[2]->widenings[0].reason,
            "no chain of the ruleset stands at this hook: everything passes");
  fs::remove_all(folder);
}

}  // namespace
}  // namespace vauban::import
