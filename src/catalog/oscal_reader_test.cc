#include "catalog/oscal_reader.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "tests/support/shared_file.h"

namespace vauban::catalog {
namespace {

std::string said(const Result<OscalReading>& result) {
  if (result) return "read";
  std::string all;
  for (const Diagnostic& d : result.error()) all += d.place.toString() + ": " + d.message + "\n";
  return all;
}

std::string catalog(std::string_view title, std::string_view body) {
  return fmt::format(
      "{{\"catalog\": {{\"uuid\": \"u\", \"metadata\": {{\"title\": \"{}\", \"version\": \"5.9\", "
      "\"last-modified\": "
      "\"2030-01-02T03:04:05.6Z\"}},\n{}}}}}",
      title, body);
}

std::string profile(std::string_view title, std::string_view imports) {
  return fmt::format("{{\"profile\": {{\"metadata\": {{\"title\": \"{}\"}},\n\"imports\": {}}}}}", title,
                     imports);
}

const std::string kGroups = R"("groups": [
{"id": "ac", "title": "A family", "controls": [
  {"id": "ac-10", "title": "Ten", "parts": [{"name": "statement", "prose": "x"}]},
  {"id": "ac-2", "class": "c", "title": "Two", "props": [{"name": "label", "value": "AC-02"}], "controls": [
    {"id": "ac-2.10", "title": "Two ten"},
    {"id": "ac-2.1", "title": "Two one", "props": [{"name": "status", "value": "withdrawn"}]}]}]},
{"groups": [{"id": "x", "controls": [{"title": "Nested", "id": "si-1"}]}]}])";

TEST(OscalReader, MakesControlsOfACatalog) {
  const auto read = readOscal(catalog("Controls", kGroups), "c.json");
  ASSERT_TRUE(read.has_value()) << said(read);
  EXPECT_EQ(read->kind, OscalReading::Kind::catalog);
  EXPECT_EQ(read->profile, "");
  EXPECT_TRUE(read->members.empty());
  EXPECT_EQ(read->source.id, "oscal-800-53-catalog");
  EXPECT_EQ(read->source.version, "5.9");
  EXPECT_EQ(read->source.date, "2030-01-02");
  EXPECT_EQ(read->source.origin, "c.json");
  const auto control = [](const std::string& id, const std::string& title, const std::string& group,
                          bool withdrawn) {
    return Control{Framework::nist80053, id, title, group, {}, {}, withdrawn, "oscal-800-53-catalog"};
  };
  EXPECT_EQ(read->controls,
            (std::vector<Control>{
                control("AC-2", "Two", "AC", false), control("AC-2(1)", "Two | Two one", "AC", true),
                control("AC-2(10)", "Two | Two ten", "AC", false), control("AC-10", "Ten", "AC", false),
                control("SI-1", "Nested", "SI", false)}));
}

TEST(OscalReader, ABaselineIsNamedByItsTitleOrByTheCaller) {
  const auto low =
      readOscal(catalog("NIST Special Publication 800-53 Revision 9 LOW IMPACT BASELINE", kGroups), "c");
  ASSERT_TRUE(low.has_value()) << said(low);
  EXPECT_EQ(low->profile, "low");
  EXPECT_EQ(low->source.id, "oscal-800-53-low");
  EXPECT_EQ(low->members, (std::vector<std::string>{"AC-2", "AC-2(10)", "AC-10", "SI-1"}));
  EXPECT_EQ(low->controls[0].profiles, std::vector<std::string>{"low"});
  EXPECT_TRUE(low->controls[1].withdrawn);
  EXPECT_TRUE(low->controls[1].profiles.empty());

  for (const std::string title : {"Somebody's High Baseline", "SP 800-53 low and high baseline",
                                  "SP 800-53 high", "SP 800-53 HIGHER BASELINE"}) {
    EXPECT_EQ(readOscal(catalog(title, kGroups), "c")->profile, "") << title;
  }
  OscalOptions options;
  options.profile = "ours-high";
  options.source = "ours";
  const auto ours = readOscal(catalog("Somebody's High Baseline", kGroups), "c", options);
  EXPECT_EQ(ours->profile, "ours-high");
  EXPECT_EQ(ours->source.id, "ours");
  EXPECT_EQ(ours->controls[0].source, "ours");
}

TEST(OscalReader, AProfileThatListsItsControlsIsMembership) {
  const auto read = readOscal(profile("NIST SP 800-53 PRIVACY BASELINE", R"([
{"href": "#u", "include-controls": [{"with-ids": ["ac-2", "ac-2.10", "ac-10"]}, {"with-child-controls": "no", "with-ids": ["si-1"]}],
 "exclude-controls": [{"with-ids": ["ac-10"]}]},
{"href": "#v", "include-controls": [{"with-ids": ["si-1", "pm-1"]}]}])"),
                              "p.json");
  ASSERT_TRUE(read.has_value()) << said(read);
  EXPECT_EQ(read->kind, OscalReading::Kind::profile);
  EXPECT_EQ(read->profile, "privacy");
  EXPECT_TRUE(read->controls.empty());
  EXPECT_EQ(read->members, (std::vector<std::string>{"AC-2", "AC-2(10)", "PM-1", "SI-1"}));
}

TEST(OscalReader, AProfileThatNeedsItsCatalogIsRefused) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"([{"href": "#u", "include-all": {}}])",
       "p.json:2:43: the profile takes all controls of its catalog"},
      {R"([{"href": "#u"}])", "p.json:2:13: the profile takes all controls of its catalog"},
      {R"([{"include-controls": [{"matching": [{"pattern": "ac-*"}]}]}])",
       "p.json:2:48: the profile takes controls by a pattern"},
      {R"([{"include-controls": [{"with-child-controls": "yes", "with-ids": ["ac-2"]}]}])",
       "p.json:2:59: the profile takes controls with all of their enhancements"},
      {R"([{"include-controls": [{"with-ids": []}]}])", "p.json:1:13: the profile has no controls"},
      {R"([])", "p.json:1:13: the profile has no controls"},
      {R"([{"include-controls": [{"with-ids": ["ac_2", "ac-2_smt"]}]}])",
       "p.json:2:49: \"ac_2\" is no id of 800-53"},
  };
  for (const auto& [imports, expected] : cases) {
    EXPECT_EQ(said(readOscal(profile("800-53 LOW BASELINE", imports), "p.json")).substr(0, expected.size()),
              expected)
        << imports;
  }
  EXPECT_EQ(said(readOscal(profile("Ours", R"([{"include-controls": [{"with-ids": ["ac-2"]}]}])"), "p.json")),
            "p.json:1:13: the title \"Ours\" does not say which baseline this is\n");
}

TEST(OscalReader, OtherFrameworksKeepTheirIdsAndGroups) {
  OscalOptions options;
  options.framework = Framework::nistCsf;
  const auto read = readOscal(
      catalog(
          "CSF",
          R"("groups": [{"id": "PR", "controls": [{"id": "PR.DS", "title": "D", "controls": [{"id": "PR.DS-02", "title": "T"}]}]}])"),
      "c", options);
  ASSERT_TRUE(read.has_value()) << said(read);
  ASSERT_EQ(read->controls.size(), 2U);
  EXPECT_EQ(read->controls[1].id, "PR.DS-02");
  EXPECT_EQ(read->controls[1].title, "T");
  EXPECT_EQ(read->controls[1].group, "PR");
  EXPECT_EQ(read->source.id, "oscal-csf-catalog");
}

TEST(OscalReader, WhatIsWrongHasAPlace) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"("controls": [{"id": "ac-1", "title": "A"}, {"id": "AC-01", "title": "B"}])",
       "c.json:2:44: control AC-1 stands here for the second time\n"},
      {R"("controls": [{"title": "A"}, {"id": "ac-1"}])",
       "c.json:2:14: a control without an id\nc.json:2:30: control AC-1 has no title\n"},
      {R"("controls": [{"id": "ac-1_smt", "title": "A"}])", "c.json:2:21: \"ac-1_smt\" is no id of 800-53\n"},
      {R"("controls": [{"id": 1, "title": ["A"]}])",
       "c.json:2:21: the id of a control is a number\nc.json:2:33: the title of a control is an array\n"},
      {R"("controls": [{"id": "ac-1", "title": "A\nB"}])", "c.json:2:38: this is no title of a control\n"},
      {R"("controls": {})", "c.json:2:13: controls is an object\n"},
      {R"("groups": ["ac"])", "c.json:2:12: a group is a string\n"},
      {R"("groups": [])", "c.json:1:13: the catalog has no controls\n"},
      {R"("groups": [{"id": "a\tb", "controls": []}])", "c.json:2:19: this is no id of a group\n"},
  };
  for (const auto& [body, expected] : cases)
    EXPECT_EQ(said(readOscal(catalog("C", body), "c.json")), expected) << body;
  EXPECT_EQ(said(readOscal("{}", "c.json")), "c.json:1:1: this is not OSCAL\n");
  EXPECT_EQ(said(readOscal(R"({"system-security-plan": {}})", "c.json")),
            "c.json:1:1: this is not OSCAL, or nothing that has controls: system-security-plan\n");
  EXPECT_EQ(said(readOscal(R"({"catalog": {}, "profile": {}})", "c.json")),
            "c.json:1:1: the file holds more than one document\n");
  EXPECT_EQ(said(readOscal(R"({"catalog": {"metadata": {"last-modified": "today"}}})", "c.json")),
            "c.json:1:44: last-modified is no time\n");
  const std::string whole = catalog("Controls", kGroups);
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(readOscal(whole.substr(0, size), "c.json").has_value()) << size;
}

TEST(OscalReader, DepthAndCountAreLimited) {
  std::string deep, ends;
  for (int i = 0; i < 10'000; ++i) {
    deep += "\"groups\": [{";
    ends += "}]";
  }
  EXPECT_NE(said(readOscal(catalog("C", deep + ends), "c.json")).find("nested more than 64 deep"),
            std::string::npos);
  OscalOptions options;
  options.controls = 2;
  EXPECT_EQ(
      said(readOscal(
          catalog(
              "C",
              R"("controls": [{"id": "ac-1", "title": "A"}, {"id": "ac-2", "title": "B"}, {"id": "ac-3", "title": "C"}, {"id": "ac-4", "title": "D"}])"),
          "c.json", options)),
      "c.json:2:74: the catalog has more than 2 controls\n");
  options.profile = "p";
  EXPECT_EQ(said(readOscal(
                profile("P", R"([{"include-controls": [{"with-ids": ["ac-1", "ac-2", "ac-3", "ac-4"]}]}])"),
                "p.json", options)),
            "p.json:2:65: the profile names more than 2 controls\n");
}

// NIST's resolved baselines, against a table that another program made of their profiles.
TEST(OscalReader, ReadsNistsBaselines) {
  const std::map<std::string, std::size_t> sizes = {{"low", 149}, {"moderate", 287}, {"high", 370}};
  for (const auto& [name, size] : sizes) {
    std::string upper = name;
    for (char& c : upper) c = static_cast<char>(c - 'a' + 'A');
    const std::string file = "oscal/NIST_SP-800-53_rev5_" + upper + "-baseline.json.xz";
    VAUBAN_NEEDS_SHARED(file);
    const auto read = readOscal(test::sharedFile(file), file);
    ASSERT_TRUE(read.has_value()) << said(read);
    EXPECT_EQ(read->profile, name);
    EXPECT_EQ(read->members.size(), size);
    EXPECT_EQ(read->controls.size(), size);
    EXPECT_EQ(read->source.version, "5.1.1+u4");
    EXPECT_EQ(read->source.date, "2024-02-13");
    std::map<std::string, std::string> titles;
    for (auto& row : test::sharedTable("facts/nist-800-53-r5.tsv"))
      if (row[name] == "1") titles[row["control"]] = row["title"];
    EXPECT_EQ(titles.size(), size);
    const auto letters =
        [](const std::string& text) {  // the table and NIST differ in letter case and punctuation
          std::string folded;
          for (const char c : text)
            if (std::isalnum(static_cast<unsigned char>(c)) != 0)
              folded += static_cast<char>(std::tolower(c));
          return folded;
        };
    std::size_t otherTitles = 0;
    for (const Control& control : read->controls) {
      ASSERT_TRUE(titles.contains(control.id)) << control.id;
      if (letters(titles[control.id]) != letters(control.title)) ++otherTitles;
      EXPECT_EQ(control.group, control.id.substr(0, 2));
    }
    EXPECT_EQ(otherTitles, 0U) << name;
  }
}

}  // namespace
}  // namespace vauban::catalog
