#include "report/comparison_report.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "catalog/embedded_pack.h"
#include "catalog/pack.h"
#include "report/test_schema.h"

namespace vauban::report {
namespace {

constexpr double kNoLimit = std::numeric_limits<double>::infinity();

const catalog::Catalogue& catalogue() {
  static const catalog::Catalogue pack = *catalog::readPack(catalog::embeddedPack());
  return pack;
}

measure::ActedOn acted(const std::string& technique, const measure::Interval& total, bool seen) {
  measure::ActedOn it{{technique, ""}, {}, total};
  if (seen) it.chains.push_back({"siem", {}, total});
  return it;
}

measure::Detection detection(std::vector<measure::ActedOn> of) {
  measure::Detection it;
  it.queue.alertsPerDay = {90, 90};
  it.queue.ordinary = {0.1, 0.5};
  it.queue.decoys = {0.9, 1};
  it.acted = std::move(of);
  return it;
}

// Two techniques are asked about, of which today one is watched; only detection watches both.
plan::Comparison fourWays() {
  plan::Comparison comparison;
  comparison.claims = 3;
  comparison.claimsKept = 1;
  comparison.before.goals = {{true, 1, true, {0, 1}}};
  comparison.detection = detection({acted("T1059", {0, 0}, false), acted("T1078", {0.2, 0.4}, true)});
  std::size_t kept = 1;
  for (const char* name : {"detection", "atomic", "composition", "composition-with-deception"}) {
    plan::Way way;
    way.name = name;
    plan::Candidate candidate;
    candidate.id = "dns@hq|lan";
    candidate.title = "Names are asked in two zones";
    candidate.effort = {{"IO-WRL-004", 10}, {"DD-WRL-001", 2.5}};
    way.plan.candidates = {candidate};
    way.plan.goals = {model::Goal{"records", "", false, ""}};
    way.plan.goalWords = {"rec|ords gets outside"};
    way.plan.budgetDays = 30;
    way.plan.after.goals = {{kept != 3, 2, kept != 2, {0, 0.9}}};
    if (kept > 1) way.plan.answer.chosen = {0};
    way.plan.answer.proven = kept != 2;
    way.days = kept > 1 ? 12.5 : 0;
    way.claimsKept = kept++;
    way.detection = comparison.detection;
    comparison.ways.push_back(std::move(way));
  }
  comparison.ways[0].detection =
      detection({acted("T1059", {0, 0.2}, true), acted("T1078", {0.2, 0.4}, true)});
  comparison.ways[0].detection.queue.alertsPerDay = {90, kNoLimit};
  return comparison;
}

ComparisonReport reportOf(const plan::Comparison& comparison, double budget = 30) {
  return {comparison, catalogue(), "shop", "2026-11-27", budget};
}

std::string lineOf(const std::string& text, const std::string& start) {
  const auto at = text.find("  " + start);
  return at == std::string::npos ? "" : text.substr(at, text.find('\n', at) - at);
}

TEST(ComparisonText, OneColumnAWay) {
  const plan::Comparison comparison = fourWays();
  const std::string text = comparisonText(reportOf(comparison), true);
  EXPECT_EQ(text.find("shop: one budget (30 days) spent four ways"), 0U);
  EXPECT_NE(text.find("\n  by role: Cybersecurity Architecture 2.5, Network Operations 10\n"),
            std::string::npos);
  EXPECT_NE(text.find("\ndetection:\n  nothing of it makes anything better\n"), std::string::npos);
  EXPECT_NE(lineOf(text, "claims kept, of 3").find("1"), std::string::npos);
  EXPECT_NE(lineOf(text, "depth: rec|ords gets outside").find("at least 2"), std::string::npos);
  EXPECT_NE(lineOf(text, "depth: rec|ords gets outside").find("impossible"), std::string::npos);
  EXPECT_NE(lineOf(text, "alerts a day").find("not known"), std::string::npos);
  EXPECT_NE(lineOf(text, "the best that there is").find("not proven"), std::string::npos);
  EXPECT_EQ(comparisonText(reportOf(comparison, kNoLimit), false).find("shop: one budget (no limit) spent"),
            0U);
  const ComparisonReport unnamed{comparison, catalogue(), "", "2026-11-27", 30};
  EXPECT_EQ(comparisonText(unnamed, false).find("model: one budget (30 days) spent"), 0U);
}

// Of all five the same is asked: who watches more is not the worse for what he watches badly.
TEST(ComparisonText, MeansAreOverTheSame) {
  const plan::Comparison comparison = fourWays();
  const auto json = nlohmann::json::parse(comparisonJson(reportOf(comparison)));
  EXPECT_EQ(json["techniques_asked"], 2);
  EXPECT_EQ(json["ways"][0]["techniques_watched"], 1);
  EXPECT_EQ(json["ways"][1]["techniques_watched"], 2);
  EXPECT_NEAR(json["ways"][0]["acted_on"][1].get<double>(), 0.2, 1e-9);
  EXPECT_NEAR(json["ways"][1]["acted_on"][1].get<double>(), 0.3, 1e-9);
}

TEST(ComparisonMarkdown, ATableStandsWhateverIsInIt) {
  const plan::Comparison comparison = fourWays();
  const std::string text = comparisonMarkdown(reportOf(comparison));
  std::size_t rows = 0;
  for (std::size_t at = 0, end = 0; (end = text.find('\n', at)) != std::string::npos; at = end + 1) {
    const std::string line = text.substr(at, end - at);
    if (!line.starts_with('|')) continue;
    ++rows;
    std::size_t bars = 0;
    for (std::size_t i = 0; i < line.size(); ++i) bars += line[i] == '|' && (i == 0 || line[i - 1] != '\\');
    EXPECT_EQ(bars, 7U) << line;
  }
  EXPECT_GE(rows, 11U);
}

TEST(ComparisonJson, IsWhatTheSchemaSays) {
  const plan::Comparison comparison = fourWays();
  EXPECT_EQ(comparisonJson(reportOf(comparison)), comparisonJson(reportOf(comparison)));
  const auto json = nlohmann::json::parse(comparisonJson(reportOf(comparison)));
  EXPECT_TRUE(json["ways"][0]["proven"].is_null());
  EXPECT_EQ(json["ways"][2]["proven"], false);
  EXPECT_TRUE(json["ways"][3]["goals"][0]["depth"].is_null());  // impossible
  EXPECT_TRUE(json["ways"][1]["alerts_per_day"][1].is_null());
  EXPECT_EQ(json["ways"][2]["effort_by_role"].size(), 2U);
#ifndef VAUBAN_HAS_VALIJSON
  GTEST_SKIP() << "valijson is not installed";
#else
  const testing::PublishedSchema schema("compare");
  for (const double budget : {30.0, kNoLimit}) {
    const auto one = nlohmann::json::parse(comparisonJson(reportOf(comparison, budget)));
    EXPECT_EQ(schema.faults(one), std::vector<std::string>());
  }
  auto wrong = json;
  wrong["ways"][1]["acted_on"] = {0, 1.5};
  EXPECT_NE(schema.faults(wrong), std::vector<std::string>());
#endif
}

}  // namespace
}  // namespace vauban::report
