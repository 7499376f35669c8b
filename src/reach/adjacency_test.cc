// The quick superset of ways() against ways() itself, on every shipped model that reads by itself.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "model/model_reader.h"
#include "reach/network.h"

namespace vauban::reach {
namespace {

namespace fs = std::filesystem;

TEST(Adjacency, LeavesOutNobodyWhoHasAWay) {
  const auto behaviours = model::BehaviourCatalogue::builtIn();
  ASSERT_TRUE(behaviours.has_value());
  model::Vocabulary vocabulary;
  vocabulary.behaviours = &*behaviours;
  std::size_t models = 0, pairs = 0, without = 0;
  std::vector<fs::path> files;
  for (const auto& entry :
       fs::recursive_directory_iterator(fs::path(VAUBAN_SOURCE_DIR) / "tests/scenarios")) {
    if (entry.path().filename() == "model.yaml") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  for (const fs::path& file : files) {
    std::ifstream in(file);
    std::stringstream text;
    text << in.rdbuf();
    const auto model = model::readModelText("model.yaml", text.str(), vocabulary);
    if (!model || std::ranges::any_of(model->links, [](const auto& link) { return link.rules.has_value(); }))
      continue;
    ++models;
    Atoms atoms;
    const Network network(*model, atoms, {std::vector<bool>(model->conditions.size(), true)});
    for (const Setting& setting : {Setting{}, Setting::best()}) {
      const auto& adjacency = network.adjacency(setting);
      for (std::size_t a = 0; a < network.parties().size(); ++a) {
        for (std::size_t b = 0; b < network.parties().size(); ++b) {
          const bool listed = std::ranges::find(adjacency.out[a], PartyId(b)) != adjacency.out[a].end();
          EXPECT_EQ(listed, std::ranges::find(adjacency.in[b], PartyId(a)) != adjacency.in[b].end());
          ++pairs;
          if (listed) continue;
          ++without;
          for (const bool receiverHeld : {false, true}) {
            EXPECT_TRUE(network.ways(PartyId(a), PartyId(b), Powers::forger, receiverHeld, setting).empty())
                << file << ": " << network.parties()[a].name << " -> " << network.parties()[b].name;
          }
        }
      }
    }
  }
  std::cout << models << " models, " << pairs << " pairs, " << without << " of them apart\n";
  EXPECT_GT(without, 0U);
}

}  // namespace
}  // namespace vauban::reach
