// Rulesets of all models of the repository and of random ones: loaded into the kernel, listed, read back, and
// equal to the matrix as compile has it and as reach::Network has it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "compile/nft_kernel.h"
#include "import/load_rules.h"
#include "model/model_reader.h"
#include "tests/nftables/network_comparison.h"
#include "tests/nftables/nft_round_trip.h"
#include "tests/support/random_architecture.h"

namespace vauban::tests {
namespace {

namespace fs = std::filesystem;

const model::BehaviourCatalogue& behaviours() {
  static const auto catalogue = model::BehaviourCatalogue::builtIn();
  return *catalogue;
}

model::Vocabulary vocabulary() {
  model::Vocabulary words;
  words.behaviours = &behaviours();
  return words;
}

std::string inWords(const Diagnostics& diagnostics) {
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics)
    text += diagnostic.place.toString() + ": " + diagnostic.message + "\n";
  return text;
}

// Why this machine cannot load a ruleset; empty where it can.
std::string unavailable() {
  const auto result = compile::loadAndList("table inet t { }\n");
  if (const auto* no = std::get_if<compile::Unavailable>(&result)) return no->reason;
  return {};
}

struct Counts {
  std::size_t models = 0, rulesets = 0, compared = 0, refused = 0;
};

class Rulesets : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string reason = unavailable(); !reason.empty())
      GTEST_SKIP() << "rulesets cannot be loaded here: " << reason;
    helpers_ = compile::kernelHelpers();
  }

  // The ideal point, each device, and each link that has none.
  std::vector<compile::CompileOptions> points(const model::Model& model) const {
    std::vector<compile::CompileOptions> all(1);
    for (std::size_t d = 0; d < model.devices.size(); ++d) {
      all.emplace_back();
      all.back().device = model::DeviceId(d);
    }
    for (std::size_t l = 0; l < model.links.size(); ++l) {
      if (model.links[l].device) continue;
      all.emplace_back();
      all.back().link = model::LinkId(l);
    }
    for (compile::CompileOptions& options : all) options.kernelHelpers = helpers_;
    return all;
  }

  // Refusals that are the model's business, and not a fault.
  static bool explained(const Diagnostics& diagnostics) {
    return std::ranges::all_of(diagnostics, [](const Diagnostic& diagnostic) {
      for (const char* part :
           {"nothing crosses the ideal point", "no link has the device", "rewrite addresses",
            "not read exactly", "does not say where they lead", "two links with different rules"}) {
        if (diagnostic.message.find(part) != std::string::npos) return true;
      }
      return false;
    });
  }

  void check(const std::string& title, const model::Model& model, Counts& counts) const {
    ++counts.models;
    for (compile::CompileOptions& options : points(model)) {
      const auto ruleset = compile::nftables(model, options);
      if (!ruleset) {
        ++counts.refused;
        EXPECT_TRUE(explained(ruleset.error())) << title << "\n" << inWords(ruleset.error());
        continue;
      }
      ++counts.rulesets;
      const auto again = compile::nftables(model, options);
      EXPECT_TRUE(again && again->text == ruleset->text) << title;
      const RoundTrip trip = roundTrip(model, options, *ruleset);
      EXPECT_TRUE(trip.tried && trip.equal) << title << "\n" << trip.message << ruleset->text;
      checkNetwork(title, model, options, counts);
    }
  }

  static void checkNetwork(const std::string& title, const model::Model& model,
                           compile::CompileOptions options, Counts& counts) {
    auto addresses = plannedAddresses(model);
    if (!addresses) return;
    options.addresses = std::move(*addresses);
    // All conditions at once, every other time.
    if (counts.rulesets % 2 == 0) options.openConditions = std::vector<bool>(model.conditions.size(), true);
    if (counts.rulesets % 5 == 0) options.unstated = compile::Unstated::best;
    const auto ruleset = compile::nftables(model, options);
    ASSERT_TRUE(ruleset) << title << "\n" << inWords(ruleset.error());
    const RoundTrip trip = roundTrip(model, options, *ruleset);
    ASSERT_TRUE(trip.tried && trip.equal) << title << "\n" << trip.message << ruleset->text;
    EXPECT_EQ(networkDifference(model, options, *ruleset, trip.listed), "") << title << "\n" << ruleset->text;
    ++counts.compared;
  }

  static void report(const Counts& counts) {
    std::printf("%zu models, %zu rulesets equal, %zu against reach::Network, %zu points not compiled\n",
                counts.models, counts.rulesets, counts.compared, counts.refused);
  }

  std::vector<std::string> helpers_;
};

TEST_F(Rulesets, ofAllModelsOfTheRepository) {
  std::vector<fs::path> files;
  for (const char* folder : {"examples", "tests/scenarios"}) {
    for (const auto& entry : fs::directory_iterator(fs::path(VAUBAN_SOURCE_DIR) / folder)) {
      if (!entry.is_directory()) continue;
      if (fs::exists(entry.path() / "hosts.yaml")) {
        files.push_back(entry.path());
      } else if (fs::exists(entry.path() / "model.yaml")) {
        files.push_back(entry.path() / "model.yaml");
      }
      if (!fs::is_directory(entry.path() / "variants")) continue;
      for (const auto& variant : fs::directory_iterator(entry.path() / "variants"))
        files.push_back(variant.path());
    }
  }
  std::ranges::sort(files);
  ASSERT_GT(files.size(), 300U);
  Counts counts;
  for (const fs::path& file : files) {
    auto model = model::readModel(file.string(), vocabulary());
    ASSERT_TRUE(model) << file << "\n" << inWords(model.error());
    const Diagnostics problems = import::loadRules(*model);
    ASSERT_FALSE(hasErrors(problems)) << inWords(problems);
    check(file.string(), *model, counts);
  }
  report(counts);
  EXPECT_GT(counts.rulesets, 300U);
}

TEST_F(Rulesets, ofRandomModels) {
  const char* wanted = std::getenv("VAUBAN_RANDOM");
  const std::uint64_t count = wanted == nullptr ? 100 : std::strtoull(wanted, nullptr, 10);
  Counts counts;
  for (std::uint64_t seed = 1; seed <= count; ++seed) {
    const std::string text = randomArchitecture(seed, behaviours(), nullptr);
    auto model = model::readModelText("random.yaml", text, vocabulary());
    ASSERT_TRUE(model) << "seed " << seed << "\n" << inWords(model.error()) << text;
    import::loadRules(*model);
    check("seed " + std::to_string(seed) + "\n" + text, *model, counts);
    if (HasFailure()) break;
  }
  report(counts);
}

}  // namespace
}  // namespace vauban::tests
