#include "report/maturity_report.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "catalog/embedded_pack.h"
#include "catalog/pack.h"
#include "model/behaviour.h"
#include "report/test_schema.h"

namespace vauban::report {
namespace {

// The bank, counted.
class Bank : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    catalogue_ = new catalog::Catalogue(*catalog::readPack(catalog::embeddedPack()));
    patterns_ = new plan::PatternCatalogue(*plan::PatternCatalogue::builtIn());
    const auto behaviours = model::BehaviourCatalogue::builtIn();
    const auto tree = plan::ModelTree::read(VAUBAN_SOURCE_DIR "/examples/bank");
    const auto model = tree->model(*behaviours, tree->path());
    std::vector<plan::Standard> standards;
    for (const char* word : {"800-53:moderate", "cis:ig1", "csf"})
      standards.push_back(*plan::standardOfWord(*catalogue_, word));
    const plan::PatternPlaces places(*model, *behaviours);
    maturity_ = new plan::Maturity(plan::maturityOf(*tree, places, *patterns_, standards));
  }
  static void TearDownTestSuite() {
    delete maturity_;
    delete patterns_;
    delete catalogue_;
  }
  static MaturityReport report() { return {*maturity_, *patterns_, *catalogue_, "the bank"}; }

  static catalog::Catalogue* catalogue_;
  static plan::PatternCatalogue* patterns_;
  static plan::Maturity* maturity_;
};
catalog::Catalogue* Bank::catalogue_ = nullptr;
plan::PatternCatalogue* Bank::patterns_ = nullptr;
plan::Maturity* Bank::maturity_ = nullptr;

TEST_F(Bank, CountsAddUp) {
  const auto json = nlohmann::json::parse(maturityJson(report()));
  std::vector<std::size_t> places(4), built(4);
  double left = 0, byRole = 0;
  for (const auto& it : json["patterns"]) {
    EXPECT_EQ(it["places"].get<std::size_t>(), it["built"].get<std::size_t>() + it["missing"].size());
    places[it["group"]] += it["places"].get<std::size_t>();
    built[it["group"]] += it["built"].get<std::size_t>();
    left += it["days_left"].get<double>();
  }
  for (const auto& it : json["groups"]) {
    EXPECT_EQ(it["places"], places[it["group"]]);
    EXPECT_EQ(it["built"], built[it["group"]]);
  }
  for (const auto& it : json["roles"]) {
    byRole += it["days_left"].get<double>();
    EXPECT_NE(it["name"], it["id"]);  // the catalogue has them all
  }
  EXPECT_NEAR(left, byRole, 1e-6);
  ASSERT_EQ(json["standards"].size(), 3U);
  for (const auto& it : json["standards"])
    EXPECT_EQ(it["controls"].get<std::size_t>(),
              it["reached"].size() + it["within_reach"].size() + it["silent"].get<std::size_t>());
  EXPECT_EQ(json["reached"], 0);
}

TEST_F(Bank, TextSaysEachPlaceThatIsLeft) {
  const std::string brief = maturityText(report(), false), whole = maturityText(report(), true);
  std::size_t missing = 0;
  for (const plan::PatternStanding& it : maturity_->patterns) missing += it.missing.size();
  std::size_t told = 0;
  for (std::size_t at = 0; (at = whole.find("not yet: ", at)) != std::string::npos; ++at) ++told;
  EXPECT_EQ(told, missing);
  EXPECT_EQ(brief.find("not yet: "), std::string::npos);
  EXPECT_NE(brief.find("not all of IG1 is built where it fits"), std::string::npos);
  EXPECT_NE(brief.find("nothing is said of whether they are met"), std::string::npos);
}

// All of nothing is built: that is no praise.
TEST_F(Bank, TextPraisesNobodyForNothing) {
  plan::Maturity empty;
  empty.levels = {{1, 0, 0}, {2, 0, 0}, {3, 0, 0}};
  empty.reached = 3;
  const std::string text = maturityText({empty, *patterns_, *catalogue_, ""}, false);
  EXPECT_EQ(text.find("model: where it stands"), 0U);
  EXPECT_NE(text.find("nothing of IG3 and below has a place here"), std::string::npos);
  EXPECT_EQ(text.find("is built where it fits"), std::string::npos);
  empty.levels[1] = {2, 1, 1};
  EXPECT_NE(maturityText({empty, *patterns_, *catalogue_, ""}, false).find("all of IG3 and below is built"),
            std::string::npos);
}

TEST_F(Bank, IsWhatTheSchemaSays) {
  EXPECT_EQ(maturityJson(report()), maturityJson(report()));
#ifndef VAUBAN_HAS_VALIJSON
  GTEST_SKIP() << "valijson is not installed";
#else
  const testing::PublishedSchema schema("maturity");
  auto json = nlohmann::json::parse(maturityJson(report()));
  EXPECT_EQ(schema.faults(json), std::vector<std::string>());
  json["patterns"][0]["score"] = 0.7;
  EXPECT_NE(schema.faults(json), std::vector<std::string>());
#endif
}

}  // namespace
}  // namespace vauban::report
