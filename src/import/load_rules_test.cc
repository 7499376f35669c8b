#include "import/load_rules.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "import/iptables_model.h"
#include "model/model_reader.h"

namespace vauban::import {
namespace {

namespace fs = std::filesystem;

class LoadRules : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ =
        fs::temp_directory_path() /
        ("vauban-load-rules-" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "model/rules");
  }
  void TearDown() override { fs::remove_all(folder_); }

  void write(const std::string& path, const std::string& text) const {
    std::ofstream(folder_ / path) << text;
  }

  // A model of two links with these rules.
  model::Model model(const std::vector<std::pair<std::string, std::string>>& sources) const {
    model::Model model;
    model.file = (folder_ / "model/m.yaml").string();
    for (const auto& [kind, file] : sources) {
      model::Link& link = model.links.emplace_back();
      link.rules.emplace();
      link.rules->kind = kind;
      link.rules->file = (folder_ / "model" / file).lexically_normal().string();
      link.rules->place = {model.file, 7, 3};
    }
    model.links.emplace_back();
    return model;
  }

  fs::path folder_;
};

TEST_F(LoadRules, readsEachFileOfTheModel) {
  write("model/m.yaml", "");
  write("model/rules/fw.v4", "*filter\n:FORWARD DROP\n-A FORWARD -j ACCEPT\nCOMMIT\n");
  write("model/rules/table.csv", "action,from,to,service\nallow,any,any,dns\n");
  auto loaded = model({{"iptables", "rules/fw.v4"}, {"csv", "rules/table.csv"}, {"iptables", "rules/fw.v4"}});
  EXPECT_TRUE(loadRules(loaded).empty());
  ASSERT_EQ(loaded.linkPrograms.size(), 4U);
  EXPECT_EQ(loaded.linkPrograms[0]->families, std::vector{space::Family::ipv4});
  EXPECT_EQ(loaded.linkPrograms[1]->chains[0].rules.size(), 1U);
  EXPECT_EQ(loaded.linkPrograms[2]->chains[0].rules.size(), 1U);
  EXPECT_FALSE(loaded.linkPrograms[3]);
}

TEST_F(LoadRules, refuses) {
  write("model/m.yaml", "");
  write("outside.v4", "*filter\nCOMMIT\n");
  write("model/broken.v4", "*filter\n-A FORWARD -j nowhere\nCOMMIT\n");
  fs::create_symlink(folder_ / "outside.v4", folder_ / "model/link.v4");
  auto loaded = model({{"iptables", "../outside.v4"},
                       {"iptables", "link.v4"},
                       {"iptables", "missing.v4"},
                       {"cisco-ios", "broken.v4"},
                       {"iptables", "broken.v4"},
                       {"iptables", "broken.v4"}});
  const Diagnostics problems = loadRules(loaded);
  std::string text;
  for (const auto& d : problems) text += d.message + "\n";
  EXPECT_EQ(problems.size(), 5U) << text;
  EXPECT_NE(text.find("outside.v4 lies outside"), std::string::npos) << text;
  EXPECT_NE(text.find("link.v4 lies outside"), std::string::npos) << text;
  EXPECT_NE(text.find("missing.v4 does not exist"), std::string::npos) << text;
  EXPECT_NE(text.find("'cisco-ios' are not read by this version"), std::string::npos) << text;
  EXPECT_NE(text.find("no chain or target 'nowhere'"), std::string::npos) << text;
  for (const auto& program : loaded.linkPrograms) EXPECT_FALSE(program);
}

// What `vauban import iptables` prints is a model, and its rules can be loaded.
void expectModel(const std::string& path, const std::string& text) {
  auto behaviours = model::BehaviourCatalogue::builtIn();
  ASSERT_TRUE(behaviours);
  model::Vocabulary vocabulary;
  vocabulary.behaviours = &*behaviours;
  const auto read = model::readModelText("m.yaml", text, vocabulary);
  if (!read) {
    for (const auto& d : read.error())
      ADD_FAILURE() << path << ": " << d.place.toString() << ": " << d.message;
    return;
  }
  EXPECT_GE(read->zones.size(), 2U) << path;
  EXPECT_GE(read->links.size(), 1U) << path;
  EXPECT_TRUE(read->claims.empty());
}

TEST_F(LoadRules, importedModelIsAModel) {
  const std::string rules =
      "*filter\n:FORWARD DROP\n-A FORWARD -s 10.1.0.0/16 -i eth1 -m limit --limit 1/s -j ACCEPT\n"
      "-A FORWARD -s 192.168.7.4/32 -d 10.1.2.0/24 -j ACCEPT\nCOMMIT\n";
  write("model/fw.v4", rules);
  const auto text = importedModel((folder_ / "model/fw.v4").string());
  ASSERT_TRUE(text);
  expectModel("fw.v4", *text);
  EXPECT_NE(text->find("net-10-1-0-0-16: {networks: [\"10.1.0.0/16\"]}"), std::string::npos) << *text;
  EXPECT_NE(text->find("net-192-168-7-0-24"), std::string::npos) << *text;
  EXPECT_NE(text->find("-m limit: may match or not (line 3)"), std::string::npos) << *text;
  EXPECT_NE(text->find("eth1"), std::string::npos) << *text;
  EXPECT_EQ(*text, *importedModel((folder_ / "model/fw.v4").string()));
  // Strange names of files stay inside of their quotes.
  const auto strange = importedModelText("a\": b\n#", rules, "FORWARD");
  ASSERT_TRUE(strange);
  expectModel("strange", *strange);
  EXPECT_FALSE(importedModel((folder_ / "model/none").string()));
}

TEST_F(LoadRules, importedModelsOfRealFiles) {
  const fs::path folder = fs::path(VAUBAN_SHARED_DIR) / "data/networks/iptables";
  if (!fs::is_directory(folder)) GTEST_SKIP() << "no rule files in " << folder;
  int models = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const auto text = importedModel(entry.path().string());
    if (!text) continue;  // the licence
    expectModel(entry.path().filename().string(), *text);
    ++models;
  }
  EXPECT_EQ(models, 34);
}

}  // namespace
}  // namespace vauban::import
