#include "report/plan_report.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>
#include <sstream>

#include "catalog/embedded_pack.h"
#include "catalog/pack.h"
#include "catalog/workbook.h"
#include "report/test_schema.h"

namespace vauban::report {
namespace {

using channel::Verdict;
using measure::Interval;

constexpr double kNoLimit = std::numeric_limits<double>::infinity();
// Everything that means something in one of the formats.
const std::string kOdd = "a|b \"q\" <script>&amp; `c`, *d* ; =1+1 \x1b[31m \xff\n end";

const catalog::Catalogue& catalogue() {
  static const catalog::Catalogue pack = *catalog::readPack(catalog::embeddedPack());
  return pack;
}

plan::Candidate candidate(const std::string& id, const std::string& title, std::vector<plan::Effort> effort) {
  plan::Candidate it;
  it.id = id;
  it.title = title;
  it.effort = std::move(effort);
  it.accountable = "OG-WRL-014";
  it.members = {{"clients", {"hq-lan"}}, {"resolvers", {"dns-1", "dns-2"}}};
  it.d3fend = {"D3-DNSAL"};
  it.standards = {{catalog::Framework::nist80053, "AC-4"}, {catalog::Framework::cis, "9.2"}};
  it.maturity = 2;
  return it;
}

measure::Effectiveness known(std::optional<catalog::Grade> grade, Interval interval,
                             measure::Currency currency = measure::Currency::stopped) {
  measure::Effectiveness it;
  it.currency = currency;
  it.grade = grade;
  if (measure::isProbability(currency)) it.interval = interval;
  if (grade) it.from = {measure::Evidence{*grade, currency, interval, false, "somebody", "", "", "", "", {}}};
  return it;
}

// Two steps under a budget of 30 days; the second breaks a claim that was kept.
plan::Plan twoSteps() {
  plan::Plan plan;
  plan.candidates = {
      candidate("dns@hq-lan", "Names are asked in two zones", {{"IO-WRL-004", 10}, {"DD-WRL-001", 2.5}}),
      candidate("mfa@admin", "Two factors", {{"IO-WRL-005", 4}}),
      candidate("left-out", "Not chosen", {{"IO-WRL-005", 40}})};
  plan.candidates[1].kind = plan::Candidate::Kind::single;
  plan.candidates[1].needs = {{0, 2}};
  plan.candidates[1].excludes = {2};
  plan.goals = {model::Goal{"records", "", false, ""}};
  plan.goalWords = {"records gets outside"};
  plan.problem.tiers = {plan::TierKind::claims, plan::TierKind::depth, plan::TierKind::success,
                        plan::TierKind::coverage};
  for (std::size_t least = 1; least <= 3; ++least)
    plan.problem.levels.push_back({plan::TierKind::depth, "", 0, least, 0});
  plan.budgetDays = 30;
  plan.before.claims = {
      {"silent", Verdict::broken}, {"web-works", Verdict::kept}, {"admin", Verdict::conditional}};
  plan.before.goals = {{true, 0, true, {0, 1}}};
  plan.valueBefore = {1, 0, 0, 0};
  plan.answer.chosen = {0, 1};
  plan.answer.value.tiers = {1, 2, 0.4, 0.25};
  plan.answer.days = 16.5;
  plan.answer.proven = true;
  plan.answer.bounds = plan.answer.value.tiers;
  plan.answer.gaps = {0, 0, 0, 0};
  plan::PlanStep first;
  first.candidate = 0;
  first.end = 12.5;
  first.kept = {"silent"};
  first.provable = {"dns.no-dns-hq-lan"};
  first.goals = {{true, 1, true, {0, 0.9}}};
  first.value = {2, 1, 0.1, 0.25};
  first.loss = {0, 0, 0, 0};
  first.lossProven = true;
  first.effects = {{"D3-DNSAL", "T1048.003", known(catalog::Grade::e3, {0.2, 0.61})},
                   {"D3-DNSAL", "T1071.004", known(catalog::Grade::e1, {0, 1})}};
  first.owners = {"Harden", "Isolate"};
  first.why = "it needs nothing and two others need it";
  plan::PlanStep second = first;
  second.candidate = 1;
  second.start = 12.5;
  second.end = 16.5;
  second.kept = {};
  second.lost = {"web-works"};
  second.provable = {};
  second.unproven = {"mfa.no-reuse"};
  second.goals = {{true, 2, false, {0, 0.6}}};
  second.value = {1, 2, 0.4, 0.25};
  second.loss = {1, -1, 0, 0};
  second.lossProven = false;
  second.bestInstead = {"left-out"};
  second.effects = {{"D3-MFA", "T1078", known(catalog::Grade::e1, {0, 1})}};
  second.owners = {};
  second.why = "it waits for dns@hq-lan";
  plan.steps = {first, second};
  plan.orderProven = true;
  plan.area = {31.5, 20, 4, 6};
  plan.after.claims = {{"silent", Verdict::kept},
                       {"web-works", Verdict::broken},
                       {"admin", Verdict::conditional},
                       {"dns.no-dns-hq-lan", Verdict::kept}};
  plan.after.goals = second.goals;
  plan.front = {{0, 0, {}, {1, 0, 0, 0}, true},
                {kNoLimit, 56.5, {"dns@hq-lan", "left-out"}, {3, 3, 0.5, 0.3}, false}};
  plan.judged = 17;
  return plan;
}

plan::Plan nothingFits() {
  plan::Plan plan;
  plan.problem.tiers = {plan::TierKind::claims};
  plan.budgetDays = kNoLimit;
  plan.valueBefore = plan.answer.value.tiers = plan.answer.bounds = {0};
  plan.answer.gaps = {0};
  plan.answer.proven = true;
  plan.judged = 1;
  return plan;
}

plan::Plan unproven() {
  plan::Plan plan = twoSteps();
  plan.answer.proven = false;
  plan.answer.stop = plan::SelectionAnswer::Stop::time;
  plan.answer.bounds = {3, 2, 1, 0.25};
  plan.answer.gaps = {2, 0, 0.6, 0};
  plan.orderProven = false;
  plan.allPlaces = false;
  plan.answer.unbuildable = {{{0, 2}, {{Severity::error, {}, 0, "the name is taken", "", ""}}}};
  plan.answer.contradicted = {1};
  return plan;
}

plan::Plan odd() {
  plan::Plan plan = twoSteps();
  plan.candidates[0].id = plan.candidates[0].title = kOdd;
  plan.candidates[0].members = {{"clients", {kOdd}}};
  plan.goalWords = {kOdd};
  plan.steps[0].why = kOdd;
  plan.steps[0].kept = {kOdd};
  plan.front[1].chosen = {kOdd};
  return plan;
}

PlanReport reportOf(const plan::Plan& plan) { return {plan, catalogue(), "Bank", "2026-11-27"}; }
bool has(const std::string& whole, std::string_view part) { return whole.find(part) != std::string::npos; }

TEST(PlanText, TellsEachStepAndWhatItRestsOn) {
  const plan::Plan plan = twoSteps();
  const std::string text = planText(reportOf(plan));
  for (const char* part : {"Bank, 2026-11-27",
                           "Budget: 30 person-days",
                           "claims kept: 1 of 3 (1 conditional, 1 broken)",
                           "records gets outside: depth 0 (open), attack success 0..1 (nobody knows)",
                           "added over the goals, of each up to 3",
                           "Road map: 2 steps, 16.5 days",
                           "    1  0-12.5    Names are asked in two zones",
                           "dns@hq-lan (pattern) clients=hq-lan resolvers=dns-1,dns-2",
                           "12.5 days, a judgement: Network Operations 10, Cybersecurity Architecture 2.5",
                           "Harden, Isolate: not within a SOC's authority",
                           "records gets outside: 0 (open) -> 1",
                           "records gets outside: 1 -> at least 2",
                           "E3 0.2..0.61: that T1048.003 is stopped by D3-DNSAL",
                           "applicable (E1)",
                           "CIS 9.2",
                           "best at this cost",
                           "1 claim less, 1 layer more than the best known set of this cost: left-out",
                           "why:          it waits for dns@hq-lan",
                           "NOT kept now: web-works",
                           "Proven: no set",
                           "order is proven",
                           "no limit",
                           "17 designs were solved whole",
                           "a judgement of this project",
                           "dns.no-dns-hq-lan"})
    EXPECT_TRUE(has(text, part)) << part << "\n" << text;
  EXPECT_FALSE(has(text, "(--credit paths)"));
}

TEST(PlanText, AGradeThatDoesNotRankHasNoNumber) {
  plan::Plan plan = twoSteps();
  plan.steps[0].effects = {{"D3-DNSAL", "T1048.003", known(catalog::Grade::e0, {0.123, 0.456})}};
  plan.steps[1].effects = {};
  const std::string all = planText(reportOf(plan)) + planCsv(reportOf(plan)) + planMarkdown(reportOf(plan)) +
                          planJson(reportOf(plan));
  EXPECT_FALSE(has(all, "0.123"));
  EXPECT_TRUE(has(all, "applicable (E0)"));
  EXPECT_TRUE(has(all, "nobody says anything of what it does"));
}

TEST(PlanText, WhatIsNoProbabilityHasItsOwnMeasure) {
  plan::Plan plan = twoSteps();
  plan.steps[0].effects = {
      {"D3-RD", "T1486", known(catalog::Grade::e4, {}, measure::Currency::recoveryTime)}};
  const auto json = nlohmann::json::parse(planJson(reportOf(plan)));
  EXPECT_TRUE(json["steps"][0]["effects"][0]["interval"].is_null());
  EXPECT_EQ(json["steps"][0]["effects"][0]["words"], "E4 applicable, measured by recovery-time");
}

TEST(PlanText, SaysWhatIsNotProvenByTier) {
  const plan::Plan plan = unproven();
  const std::string text = planText(reportOf(plan));
  for (const char* part :
       {"NOT proven", "time ran out", "claims: 3 claims, 2 more than here", "depth: no more than here",
        "success: 1 of attack success, 0.6 more than here", "not proven to have the greatest area",
        "more places than were looked at", "1 set was left out", "declare of opening and closing"})
    EXPECT_TRUE(has(text, part)) << part << "\n" << text;
}

TEST(PlanText, NothingToBuild) {
  const plan::Plan none = nothingFits();
  const std::string text = planText(reportOf(none));
  EXPECT_TRUE(has(text, "Budget: no limit\n"));
  EXPECT_TRUE(has(text, "Nothing that is known fits"));
  EXPECT_TRUE(has(text, "the model makes none"));
  plan::Plan poor = nothingFits();
  poor.candidates = twoSteps().candidates;
  EXPECT_TRUE(has(planText(reportOf(poor)), "of 3 candidates nothing within the budget"));
  poor.answer.chosen = {1};
  EXPECT_TRUE(has(planText(reportOf(poor)), "The set, without an order: mfa@admin"));
}

TEST(PlanText, StandardAndCredit) {
  plan::Plan plan = twoSteps();
  plan.standard = plan::standardOfWord(catalogue(), "800-53:low").value();
  plan.problem.tiers.insert(plan.problem.tiers.begin(), plan::TierKind::controls);
  plan.problem.controls = {"AC-4", "AC-17"};
  plan.controlsReached = {"AC-4"};
  PlanReport report = reportOf(plan);
  report.credit = plan::Credit::paths;
  const std::string text = planText(report);
  EXPECT_TRUE(has(text, "Standard: 800-53:low; of its"));
  EXPECT_TRUE(has(text, "goes towards 2, this plan towards 1: AC-4"));
  EXPECT_TRUE(has(text, "(--credit paths)"));
  EXPECT_FALSE(has(text, "counts for nothing, and no effect"));
}

TEST(PlanText, OddNamesStayOnTheirLine) {
  const plan::Plan plan = odd(), plain = twoSteps();
  const std::string text = planText(reportOf(plan));
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find('\xff'), std::string::npos);
  const std::string fewer = planText(reportOf(plain));
  EXPECT_EQ(std::ranges::count(text, '\n'), std::ranges::count(fewer, '\n'));
}

// GFM: as many bars that are not escaped in each line of a table.
std::size_t bars(const std::string& line) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\')
      ++i;
    else if (line[i] == '|')
      ++count;
  }
  return count;
}

TEST(PlanMarkdown, TablesStandWhateverIsInThem) {
  for (const plan::Plan& plan : {twoSteps(), odd(), unproven(), nothingFits()}) {
    std::istringstream lines(planMarkdown(reportOf(plan)));
    std::string line;
    std::size_t columns = 0, tables = 0;
    while (std::getline(lines, line)) {
      EXPECT_EQ(line.find("<script"), std::string::npos) << line;
      for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] != '`') continue;
        EXPECT_TRUE(i > 0 && line[i - 1] == '\\') << line;
      }
      if (line.starts_with("|")) {
        if (columns == 0) ++tables;
        if (columns != 0) {
          EXPECT_EQ(bars(line), columns) << line;
        }
        columns = bars(line);
      } else {
        columns = 0;
      }
    }
    EXPECT_EQ(tables, plan.steps.empty() ? 1U : 4U);
  }
  const plan::Plan plan = twoSteps();
  EXPECT_TRUE(has(planMarkdown(reportOf(plan)), "### 1. Names are asked in two zones"));
  EXPECT_TRUE(has(planMarkdown(reportOf(plan)), "**No longer kept**"));
}

// A reader of RFC 4180, as plain as can be.
std::vector<std::vector<std::string>> readCsv(const std::string& text) {
  std::vector<std::vector<std::string>> records(1, {""});
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string& field = records.back().back();
    if (quoted && text[i] == '"' && i + 1 < text.size() && text[i + 1] == '"') {
      field += text[i++];
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && text[i] == ',') {
      records.back().emplace_back();
    } else if (!quoted && text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') {
      ++i;
      records.push_back({""});
    } else {
      field += text[i];
    }
  }
  EXPECT_FALSE(quoted);
  records.pop_back();  // what follows the last line break
  return records;
}

TEST(PlanCsv, OneRecordAStepAndAlwaysTheSameHeader) {
  const plan::Plan none = nothingFits(), plan = odd();
  const auto head = readCsv(planCsv(reportOf(none)));
  ASSERT_EQ(head.size(), 1U);
  const auto records = readCsv(planCsv(reportOf(plan)));
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[0], head[0]);
  std::map<std::string, std::string> first, second;
  for (std::size_t c = 0; c < head[0].size(); ++c) {
    ASSERT_EQ(records[1].size(), head[0].size());
    ASSERT_EQ(records[2].size(), head[0].size());
    first[head[0][c]] = records[1][c];
    second[head[0][c]] = records[2][c];
  }
  EXPECT_TRUE(has(first["title"], "a|b \"q\" <script>&amp; `c`, *d* ; =1+1"));
  EXPECT_TRUE(has(first["title"], "\n end"));
  EXPECT_EQ(first["effort_by_role"], "IO-WRL-004=10;DD-WRL-001=2.5");
  EXPECT_EQ(first["accountable"], "OG-WRL-014");
  EXPECT_EQ(first["grade"] + first["effect_low"] + "-" + first["effect_high"], "E30.2-0.61");
  EXPECT_EQ(second["grade"] + second["effect_low"] + "-" + second["effect_high"], "E1-");
  EXPECT_EQ(second["start_day"] + "-" + second["end_day"], "12.5-16.5");
  EXPECT_EQ(second["loss"], "claims=1;depth=-1;success=0;coverage=0");
  EXPECT_EQ(second["claims_lost"], "web-works");
  EXPECT_EQ(first["controls"], "800-53:AC-4;cis:9.2");
}

// OWASP, CSV injection: what begins like a formula is none; numbers stay numbers.
TEST(PlanCsv, NoFieldIsAFormula) {
  const auto titleOf = [](const std::string& title) {
    plan::Plan plan = twoSteps();
    plan.candidates[0].title = title;
    return readCsv(planCsv(reportOf(plan)))[1][5];
  };
  ASSERT_EQ(readCsv(planCsv(reportOf(twoSteps())))[0][5], "title");
  for (const char* formula :
       {"=1+1", "+A1", "-A1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "-", "-inf", "-1-1",
        "=HYPERLINK(\"http://x\",\"y\")", "\uFF1D1+1", "\uFF0B1", "\uFF0DA1", "\uFF20A1"})
    EXPECT_EQ(titleOf(formula), "'" + std::string(formula));
  for (const char* harmless : {"-1", "-0.25", "-1e-3", "", " =1", "a=1", "'=1", "12.5", "1-1"})
    EXPECT_EQ(titleOf(harmless), harmless);
  plan::Plan plan = twoSteps();
  plan.steps[1].start = -2.5;
  plan.steps[1].kept = {"=cmd", "other"};
  plan.steps[1].owners = {"@everybody"};
  const auto records = readCsv(planCsv(reportOf(plan)));
  EXPECT_EQ(records[2][1], "-2.5");
  EXPECT_EQ(records[2][12], "'@everybody");
  EXPECT_EQ(records[2][13], "'=cmd;other");
}

TEST(PlanWorkbook, IsReadBackCellByCell) {
  const plan::Plan plan = odd();
  const auto bytes = planWorkbook(reportOf(plan));
  ASSERT_TRUE(bytes);
  ASSERT_TRUE(catalog::isWorkbook(*bytes));
  const auto sheets = catalog::readWorkbook(*bytes, "plan.xlsx");
  ASSERT_TRUE(sheets);
  ASSERT_EQ(sheets->size(), 3U);
  EXPECT_EQ((*sheets)[0].name, "Road map");
  EXPECT_EQ((*sheets)[1].name, "Before and after");
  EXPECT_EQ((*sheets)[2].name, "Alternatives");
  const auto& rows = (*sheets)[0].rows;
  ASSERT_GE(rows.size(), 3U);
  EXPECT_EQ(rows[0].at(1), "step");
  EXPECT_EQ(rows[2].at(1), "2");
  EXPECT_EQ(rows[2].at(2), "12.5");
  EXPECT_EQ(rows[2].at(4), "Two factors");
  EXPECT_TRUE(has(std::string(rows[1].at(4)), "<script>&amp; `c`, *d* ; =1+1"));
  EXPECT_EQ((*sheets)[2].rows[2].at(1), "no limit");
  EXPECT_EQ((*sheets)[2].rows[2].at(2), "56.5");
}

TEST(PlanWorkbook, SameBytesOnAnyDayAndInAnyZone) {
  const plan::Plan plan = twoSteps();
  const char* zone = std::getenv("TZ");
  const std::string was = zone == nullptr ? "" : zone;
  setenv("TZ", "Pacific/Auckland", 1);
  tzset();
  const auto there = planWorkbook(reportOf(plan));
  zone == nullptr ? unsetenv("TZ") : setenv("TZ", was.c_str(), 1);
  tzset();
  const auto here = planWorkbook(reportOf(plan));
  ASSERT_TRUE(here && there);
  EXPECT_TRUE(*here == *there);
  PlanReport other = reportOf(plan);
  other.today = "2026-11-28";
  EXPECT_FALSE(planWorkbook(other).value() == *here);  // the day is in it, so it is what fixes the bytes
  other.today = "no day";
  EXPECT_TRUE(planWorkbook(other).value() == planWorkbook(other).value());
}

TEST(PlanWorkbook, LongTextsAreCutAndEmptyPlansWritten) {
  plan::Plan plan = twoSteps();
  plan.steps[0].why.clear();
  for (int i = 0; i < 20'000; ++i) plan.steps[0].why += "\u00e9\u20ac";
  const auto bytes = planWorkbook(reportOf(plan));
  ASSERT_TRUE(bytes);
  const auto sheets = catalog::readWorkbook(*bytes, "plan.xlsx");
  ASSERT_TRUE(sheets);
  const std::string why((*sheets)[0].rows[1].at(20));
  EXPECT_LE(why.size(), 32'767U);
  EXPECT_TRUE(why.ends_with("..."));
  EXPECT_FALSE(has(why, "\xEF\xBF\xBD"));
  const plan::Plan none = nothingFits();
  EXPECT_TRUE(planWorkbook(reportOf(none)));
}

TEST(PlanWorkbook, SaysWhereNoFolderCanBeMade) {
  const char* folder = std::getenv("TMPDIR");
  const std::string was = folder == nullptr ? "" : folder;
  setenv("TMPDIR", "/no/such/folder", 1);
  const plan::Plan plan = twoSteps();
  const auto bytes = planWorkbook(reportOf(plan));
  folder == nullptr ? unsetenv("TMPDIR") : setenv("TMPDIR", was.c_str(), 1);
  ASSERT_FALSE(bytes);
  EXPECT_EQ(bytes.error().front().message, "no temporary folder can be made for the workbook");
}

TEST(PlanSvg, IsWellFormedWithABarAStepAndACurve) {
  plan::Plan many = twoSteps();
  for (int i = 0; i < 30; ++i) many.steps.push_back(many.steps[1]);
  for (const plan::Plan& plan : {twoSteps(), odd(), unproven(), nothingFits(), many}) {
    const std::string svg = planSvg(reportOf(plan));
    pugi::xml_document document;
    const auto read = document.load_buffer(svg.data(), svg.size(), pugi::parse_full, pugi::encoding_utf8);
    ASSERT_TRUE(read) << read.description() << "\n" << svg;
    const pugi::xml_node root = document.child("svg");
    EXPECT_STREQ(root.attribute("xmlns").value(), "http://www.w3.org/2000/svg");
    std::size_t bars = 0;
    for (const pugi::xml_node bar : root.children("rect")) {
      if (std::string_view(bar.attribute("class").value()) == "ground") continue;
      ++bars;
      EXPECT_GE(bar.attribute("width").as_double(), 2);
      EXPECT_TRUE(bar.child("title"));
    }
    EXPECT_EQ(bars, plan.steps.size());
    EXPECT_STREQ(root.child("path").attribute("class").value(), "curve");
    EXPECT_TRUE(has(root.child("style").text().get(), "prefers-color-scheme:dark"));
    // Nothing that runs, nothing that is fetched.
    EXPECT_TRUE(
        document.select_nodes("//script | //image | //a | //use | //foreignObject | //*[@href]").empty());
    EXPECT_FALSE(has(svg, "nan"));
    EXPECT_FALSE(has(svg, "inf"));
  }
}

TEST(PlanSvg, BarsStandAtTheirDaysAndTheCurveRises) {
  const plan::Plan plan = twoSteps();
  pugi::xml_document document;
  ASSERT_TRUE(document.load_string(planSvg(reportOf(plan)).c_str()));
  std::vector<pugi::xml_node> bars;
  for (const pugi::xml_node bar : document.child("svg").children("rect"))
    if (std::string_view(bar.attribute("class").value()) != "ground") bars.push_back(bar);
  ASSERT_EQ(bars.size(), 2U);
  const double end = bars[0].attribute("x").as_double() + bars[0].attribute("width").as_double();
  EXPECT_NEAR(end, bars[1].attribute("x").as_double(), 0.2);
  EXPECT_NEAR(bars[0].attribute("width").as_double() / bars[1].attribute("width").as_double(), 12.5 / 4,
              0.01);
  // One of three claims, two of three after the first step, one again after the second.
  const std::string curve = document.child("svg").child("path").attribute("d").value();
  double x = 0, start = 0, afterFirst = 0, afterSecond = 0, ignored = 0;
  ASSERT_EQ(std::sscanf(curve.c_str(), "M%lf %lfH%lfV%lfH%lfV%lf", &x, &start, &ignored, &afterFirst,
                        &ignored, &afterSecond),
            6)
      << curve;
  EXPECT_LT(afterFirst, start);
  EXPECT_EQ(afterSecond, start);
}

TEST(PlanFormats, SameBytesTwice) {
  const plan::Plan plan = unproven();
  EXPECT_EQ(planJson(reportOf(plan)), planJson(reportOf(plan)));
  EXPECT_EQ(planText(reportOf(plan)), planText(reportOf(plan)));
  EXPECT_EQ(planSvg(reportOf(plan)), planSvg(reportOf(plan)));
  EXPECT_EQ(planMarkdown(reportOf(plan)), planMarkdown(reportOf(plan)));
}

TEST(PlanJson, NumbersThatAreNoneAreNull) {
  const plan::Plan none = nothingFits(), plan = twoSteps();
  EXPECT_TRUE(nlohmann::json::parse(planJson(reportOf(none)))["budget_days"].is_null());
  const auto json = nlohmann::json::parse(planJson(reportOf(plan)));
  EXPECT_TRUE(json["alternatives"][1]["budget_days"].is_null());
  EXPECT_EQ(json["steps"][0]["depth_gained"], nlohmann::json({1}));
  EXPECT_TRUE(json["steps"][1]["depth_gained"][0].is_null());  // at least 2 is no exact number
  EXPECT_EQ(json["steps"][0]["effects"][0]["interval"], nlohmann::json({0.2, 0.61}));
  EXPECT_TRUE(json["steps"][0]["effects"][1]["interval"].is_null());
  EXPECT_EQ(json["candidates"][1]["needs"], nlohmann::json::parse(R"([["dns@hq-lan", "left-out"]])"));
  EXPECT_EQ(json["effort_by_role"].size(), 3U);
}

TEST(PlanJson, IsWhatTheSchemaSays) {
#ifndef VAUBAN_HAS_VALIJSON
  GTEST_SKIP() << "valijson is not installed";
#else
  const testing::PublishedSchema schema("plan");
  plan::Plan standard = twoSteps();
  standard.standard = plan::standardOfWord(catalogue(), "cis:ig1").value();
  for (const plan::Plan& plan : {twoSteps(), unproven(), odd(), nothingFits(), standard}) {
    const auto json = nlohmann::json::parse(planJson(reportOf(plan)));
    EXPECT_EQ(schema.faults(json), std::vector<std::string>());
  }
  // The schema can say no.
  auto wrong = nlohmann::json::parse(planJson(reportOf(standard)));
  wrong["steps"][0]["effects"][1]["interval"] = {0, 1};  // a number of grade E1
  EXPECT_NE(schema.faults(wrong), std::vector<std::string>());
#endif
}

}  // namespace
}  // namespace vauban::report
