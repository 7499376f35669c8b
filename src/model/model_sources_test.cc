#include "model/model_sources.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace vauban::model {
namespace {

namespace fs = std::filesystem;

class ModelSources : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("vauban-sources-" + std::to_string(getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
  }
  // Below the folder, so that a test can name them.
  std::vector<std::string> of(const std::string& name) const {
    std::vector<std::string> names;
    for (const std::string& file : modelSources((folder_ / name).string())) {
      names.push_back(fs::path(file).lexically_normal().lexically_relative(folder_).string());
    }
    std::ranges::sort(names);
    return names;
  }
  fs::path folder_;
};

using Names = std::vector<std::string>;

TEST_F(ModelSources, AreWhatIsIncludedAndTheRuleFiles) {
  write("m.yaml", "vauban: 1\ninclude: [more.yaml, missing.yaml]\n");
  write("more.yaml",
        "links:\n  - {between: [a, b], rules: {iptables: rules/fw.v4}}\n  - {between: [a, c], rules: {csv: "
        "t.csv}}\n");
  EXPECT_EQ(of("m.yaml"), (Names{"m.yaml", "missing.yaml", "more.yaml", "rules/fw.v4", "t.csv"}));
}

TEST_F(ModelSources, OfAFolderAreTheFolderAndItsFiles) {
  write("b.yml", "vauban: 1\n");
  write("a.yaml", "zones: {}\n");
  write("notes.txt", "");
  EXPECT_EQ(of("."), (Names{".", "a.yaml", "b.yml"}));
}

TEST_F(ModelSources, WhatIsWrongIsASourceToo) {
  EXPECT_EQ(of("none.yaml"), Names{"none.yaml"});
  write("bad.yaml", "vauban: [1\n");
  EXPECT_EQ(of("bad.yaml"), Names{"bad.yaml"});
  write("odd.yaml", "links: {rules: 3}\ninclude: {a: b}\n");
  EXPECT_EQ(of("odd.yaml"), Names{"odd.yaml"});
}

}  // namespace
}  // namespace vauban::model
