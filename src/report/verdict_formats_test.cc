// SARIF, JUnit and HTML: what each reader of them stands on, and hostile text in every field.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "model/model_reader.h"
#include "report/claim_words.h"
#include "report/markup.h"
#include "report/verdict_html.h"
#include "report/verdict_junit.h"
#include "report/verdict_sarif.h"

namespace vauban::report {
namespace {

using channel::ClaimResult;
using channel::Judge;
using nlohmann::json;

const model::BehaviourCatalogue& catalogue() {
  static const auto read = model::BehaviourCatalogue::builtIn();
  return *read;
}

// One claim of each verdict.
const std::string kText = R"(vauban: 1
name: "</title><script>alert(1)</script>"
zones:
  a: {networks: [10.1.0.0/24]}
  b: {networks: [10.2.0.0/24]}
  net: {networks: [0.0.0.0/0], untrusted: true}
hosts:
  ws: {zone: a, address: 10.1.0.5, services: {}, client: isolated}
  dns: {zone: b, address: 10.2.0.2, services: {dns: {behaviour: dns-recursive, names: {allow: [vendor.example]}}}}
flows:
  - allow: {from: a, to: dns, service: dns}
  - allow: {from: dns, to: net, service: dns}
enforcement: {anti-spoofing: host, families: [ipv4, ipv6], uncovered: drop, unmatched: drop,
              stateful: {established: true, related: none, helpers: []}}
assets: {data: {at: [dns]}}
claims:
  - {id: kept, never: {reach: {from: net, to: dns, service: any}}}
  - {id: conditional, never: {channel: {from: ws, to: net, over: dns}}}
  - {id: broken, never: {channel: {from: dns, to: net, over: dns}}}
  - {id: waived, never: {channel: {from: dns, to: net, over: dns}}, waived-until: 2030-01-01,
     because: "]]><img src=x onerror=alert(1)> & \"quoted\""}
  - {id: undecided, never: {goal: {data: data}}}
  - {id: passes, always: {reach: {from: ws, to: dns, service: ssh}}}
)";

struct Case {
  Case() {
    model::Vocabulary vocabulary;
    vocabulary.behaviours = &catalogue();
    auto read = model::readModelText("model.yaml", kText, vocabulary);
    EXPECT_TRUE(read.has_value());
    if (read) model = std::move(*read);
    judge = std::make_unique<Judge>(model, catalogue(), "2026-01-01");
    results = judge->judgeAll();
  }
  model::Model model;
  std::unique_ptr<Judge> judge;
  std::vector<ClaimResult> results;
};

const Case& sample() {
  static const Case one;
  return one;
}

json sarif() {
  const Case& c = sample();
  return json::parse(verifySarif(c.model, c.results, c.judge->trust(), {"1.2.3", "/work"}));
}

TEST(Sarif, HasAResultForEachClaimThatIsNotKept) {
  const json run = sarif().at("runs").at(0);
  EXPECT_EQ(run.at("tool").at("driver").at("name"), "vauban");
  EXPECT_EQ(run.at("tool").at("driver").at("version"), "1.2.3");
  std::map<std::string, std::string> levels;
  const json& rules = run.at("tool").at("driver").at("rules");
  for (const json& result : run.at("results")) {
    levels[result.at("properties").at("claim")] = result.at("level");
    EXPECT_EQ(rules.at(result.at("ruleIndex").get<std::size_t>()).at("id"), result.at("ruleId"));
    EXPECT_FALSE(result.at("message").at("text").get<std::string>().empty());
    const json& where = result.at("locations").at(0).at("physicalLocation");
    EXPECT_EQ(where.at("artifactLocation").at("uri"), "model.yaml");
    EXPECT_GE(where.at("region").at("startLine"), 17);
    EXPECT_EQ(where.at("region").at("startColumn"), 5);
    EXPECT_EQ(result.contains("suppressions"), result.at("properties").at("verdict") == "waived");
  }
  EXPECT_EQ(levels, (std::map<std::string, std::string>{{"conditional", "warning"},
                                                        {"broken", "error"},
                                                        {"waived", "note"},
                                                        {"undecided", "warning"},
                                                        {"passes", "error"}}));
}

TEST(Sarif, ShowsEachHopAtItsRule) {
  const json log = sarif();
  for (const json& result : log.at("runs").at(0).at("results")) {
    if (result.at("properties").at("claim") != "conditional") continue;
    const json& steps = result.at("codeFlows").at(0).at("threadFlows").at(0).at("locations");
    ASSERT_EQ(steps.size(), 2U);
    const int lines[] = {11, 12};
    for (std::size_t i = 0; i < 2; ++i) {
      EXPECT_EQ(steps[i].at("location").at("physicalLocation").at("region").at("startLine"), lines[i]);
      EXPECT_EQ(result.at("relatedLocations").at(i).at("physicalLocation").at("region").at("startLine"),
                lines[i]);
      EXPECT_EQ(result.at("relatedLocations").at(i).at("id"), i + 1);
    }
    return;
  }
  FAIL() << "no conditional result";
}

TEST(Sarif, UrisAreRelativeBelowTheFolderAndEscaped) {
  EXPECT_EQ(sarifUri("m/a b#é.yaml", "/work").uri, "m/a%20b%23%C3%A9.yaml");
  EXPECT_TRUE(sarifUri("m/../x.yaml", "/work").relative);
  EXPECT_EQ(sarifUri("m/../x.yaml", "/work").uri, "x.yaml");
  EXPECT_EQ(sarifUri("/work/x.yaml", "/work").uri, "x.yaml");
  EXPECT_EQ(sarifUri("../x.yaml", "/work").uri, "file:///x.yaml");
  EXPECT_FALSE(sarifUri("/elsewhere/x.yaml", "/work").relative);
  EXPECT_EQ(sarifUri("a:b.yaml", "/work").uri, "a%3Ab.yaml");
}

TEST(Sarif, MistakesOfTheModelAreResultsOfARunThatFailed) {
  const json run =
      json::parse(diagnosticsSarif({{Severity::error, {"m.yaml", 3, 5}, 2, "no zone '\xFF'", "a zone", "dmz"},
                                    {Severity::error, {"--claim", 0, 0}, 0, "no claim", "", ""}},
                                   {"1", "/work"}))
          .at("runs")
          .at(0);
  EXPECT_EQ(run.at("invocations").at(0).at("executionSuccessful"), false);
  ASSERT_EQ(run.at("results").size(), 2U);
  EXPECT_EQ(run.at("results")[0].at("locations").at(0).at("physicalLocation").at("region").at("startLine"),
            3);
  EXPECT_FALSE(run.at("results")[1].contains("locations"));
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t number = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++number;
  return number;
}

TEST(Junit, CountsAgreeWithTheExitCode) {
  const Case& c = sample();
  const std::string strict = verifyJunit(c.model, c.results, c.judge->trust(), false);
  EXPECT_NE(strict.find("tests=\"6\" failures=\"3\" errors=\"1\" skipped=\"1\""), std::string::npos);
  EXPECT_EQ(count(strict, "<testcase "), 6U);
  EXPECT_EQ(count(strict, "<failure "), 3U);
  EXPECT_EQ(count(strict, "<error "), 1U);
  EXPECT_EQ(count(strict, "<skipped "), 1U);
  EXPECT_EQ(strict.find("<script>"), std::string::npos);
  EXPECT_EQ(strict.find("<img"), std::string::npos);
  EXPECT_EQ(strict.find("]]>"), std::string::npos);
  const std::string lenient = verifyJunit(c.model, c.results, c.judge->trust(), true);
  EXPECT_NE(lenient.find("failures=\"2\""), std::string::npos);
}

TEST(Html, IsOnePageWithoutScriptsOrAnythingFetched) {
  const Case& c = sample();
  const std::string page = verifyHtml(c.model, c.results, c.judge->trust(), "1.2.3");
  for (const char* bad : {"<script", "<img", "http:", "https:", "<link", "@import", "url("}) {
    EXPECT_EQ(page.find(bad), std::string::npos) << bad;
  }
  for (const ClaimResult& result : c.results) {
    EXPECT_GE(count(page, "<bdi>" + result.claim->id + "</bdi>"), 2U) << result.claim->id;
  }
  EXPECT_NE(page.find("2 of 6 claims are broken"), std::string::npos);
  EXPECT_NE(page.find("decides: before-recursing"), std::string::npos);
  EXPECT_NE(page.find("- deny: {from: dns, to: net, service: dns}"), std::string::npos);
  EXPECT_NE(page.find("- allow: {from: ws, to: dns, service: ssh}"), std::string::npos);
  EXPECT_NE(page.find("model.yaml:11"), std::string::npos);
  for (const std::string& words : Judge::outsideTheModel()) {
    EXPECT_NE(page.find(markupText(words)), std::string::npos);
  }
}

TEST(Formats, SameInputSameBytes) {
  const Case one, two;
  auto print = [](const Case& c) {
    const auto& trust = c.judge->trust();
    return verifySarif(c.model, c.results, trust, {"1", "/"}) +
           verifyJunit(c.model, c.results, trust, false) + verifyHtml(c.model, c.results, trust, "1") +
           egressHtml(c.model, c.judge->egress(), "1");
  };
  EXPECT_EQ(print(one), print(two));
}

// Claim ids are names, and the reader refuses others; what prints does not rely on it.
TEST(Formats, AHostileIdIsOnlyText) {
  const Case c;
  model::Claim claim = c.model.claims[2];
  claim.id = "<script>alert('x')</script>\x01\xFF\n\"";
  std::vector<ClaimResult> results{c.results[2]};
  results[0].claim = &claim;
  results[0].judgement.witness[0].rule->text = "-m comment --comment \"<b>\" \xC3\x28 ]]> `";
  const auto& trust = c.judge->trust();
  const std::string html = verifyHtml(c.model, results, trust, "1");
  EXPECT_EQ(html.find("<script"), std::string::npos);
  EXPECT_EQ(html.find("<b>"), std::string::npos);
  EXPECT_NE(html.find("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;\xEF\xBF\xBD\xEF\xBF\xBD\n&quot;"),
            std::string::npos);
  const std::string junit = verifyJunit(c.model, results, trust, false);
  EXPECT_EQ(junit.find("<script"), std::string::npos);
  EXPECT_EQ(junit.find('\x01'), std::string::npos);
  EXPECT_NE(junit.find("&#10;&quot;\" file="), std::string::npos);
  EXPECT_NO_THROW(json::parse(verifySarif(c.model, results, trust, {"1", "/"})));
}

TEST(Markup, KeepsTextAndReplacesWhatIsNone) {
  EXPECT_EQ(validText("a\u00E9\u20AC\U0001F600"), "a\u00E9\u20AC\U0001F600");
  EXPECT_EQ(validText(std::string_view("\0\x0B\x1F\x7F\t\n", 6)),
            "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\t\n");
  // Overlong, a surrogate, beyond Unicode, cut short, a lone continuation (RFC 3629), and a noncharacter.
  for (const char* bad :
       {"\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "\x80", "\xEF\xBF\xBF"}) {
    const std::string text = validText(bad);
    EXPECT_EQ(text.size() % 3, 0U);
    EXPECT_EQ(text.substr(0, 3), "\xEF\xBF\xBD") << bad;
  }
  EXPECT_EQ(markupText("<a href=\"x\">&'\n"), "&lt;a href=&quot;x&quot;&gt;&amp;&#39;\n");
  EXPECT_EQ(markupAttribute("a\n\tb"), "a&#10;&#9;b");
}

TEST(ClaimWords, SayWhatIsClaimed) {
  const Case& c = sample();
  EXPECT_EQ(claimInWords(c.model, c.model.claims[0]), "net can never open any service to dns");
  EXPECT_EQ(claimInWords(c.model, c.model.claims[1]), "Nothing can get from ws to net over dns");
  EXPECT_EQ(claimInWords(c.model, c.model.claims[4]), "No attacker gets the data of data");
  EXPECT_EQ(claimInWords(c.model, c.model.claims[5]), "ws can always open ssh to dns");
  EXPECT_EQ(countsInWords(c.results), "1 kept, 1 waived, 1 conditional, 1 undecided, 2 broken");
}

}  // namespace
}  // namespace vauban::report
