#include "catalog/explain.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "catalog/gap.h"
#include "tests/support/example_catalogue.h"

namespace vauban::catalog {
namespace {

using Texts = std::vector<std::string>;

const Catalogue& example() {
  static const Catalogue catalogue = testing::exampleCatalogue();
  return catalogue;
}

class Explained {
 public:
  explicit Explained(std::string_view words, const ExplainOptions& options = {},
                     const Catalogue& catalogue = example()) {
    auto made = answer(catalogue, words, options);
    if (!made || made->explanations.empty()) {
      ADD_FAILURE() << words << " is not explained";
      return;
    }
    answer_ = std::move(*made);
  }

  const Explanation& first() const { return answer_.explanations.front(); }
  const Answer& whole() const { return answer_; }

  const LinkGroup* group(std::string_view key) const {
    const auto found = std::ranges::find(first().groups, key, &LinkGroup::key);
    return found == first().groups.end() ? nullptr : &*found;
  }
  std::string gap(std::string_view key) const { return group(key) ? group(key)->gap : "no group"; }
  Texts ids(std::string_view key) const {
    Texts ids;
    if (const LinkGroup* found = group(key)) {
      for (const Link& link : found->links) ids.push_back(link.id);
    }
    return ids;
  }
  Link link(std::string_view key, std::string_view id) const {
    if (const LinkGroup* found = group(key)) {
      for (const Link& link : found->links) {
        if (link.id == id) return link;
      }
    }
    ADD_FAILURE() << "no link to " << id << " in " << key;
    return {};
  }
  Texts line(std::string_view key) const {
    const auto found = std::ranges::find(first().lines, key, &ExplainedLine::key);
    return found == first().lines.end() ? Texts{} : found->values;
  }

 private:
  Answer answer_{"", {}, {Explanation{}}, {}, {}};
};

std::string bestPath(const Link& link) { return link.paths.empty() ? "" : pathText(link.paths.front()); }

TEST(Explain, AnAttackTechniqueHasItsHead) {
  const Explained it("T1048.003");
  EXPECT_EQ(it.first().version, "18.1");
  EXPECT_EQ(it.first().released, "2025-10-28");
  EXPECT_EQ(it.line("standing"), Texts{"live"});
  EXPECT_EQ(it.line("tactics"), Texts{"Exfiltration (TA0010)"});
  EXPECT_EQ(it.line("used by"), (Texts{"1 group", "1 campaign", "0 software"}));
  EXPECT_EQ(it.ids("parents"), Texts{"T1048"});
  EXPECT_EQ(it.ids("use"), (Texts{"G0007", "C0001"}));
  EXPECT_EQ(Explained("T1048").ids("children"), Texts{"T1048.003"});
}

TEST(Explain, CountermeasuresAreInferredWithPathRuleAndMatch) {
  const Explained it("T1048.003");
  EXPECT_EQ(it.ids("countermeasures"), (Texts{"D3-NTA", "D3-DNSAL"}));
  const Link analysis = it.link("countermeasures", "D3-NTA");
  // T1048.003 may produce outbound DNS, and T1048 above it produces any traffic: the exact way comes first.
  EXPECT_EQ(bestPath(analysis), "T1048.003 -below-> T1048 -produces-> NetworkTraffic <-analyzes- D3-NTA");
  EXPECT_EQ(pathText(analysis.paths.front(), true), "-below-> T1048 -produces-> NetworkTraffic <-analyzes-");
  EXPECT_EQ(analysis.paths.size(), 1U);
  EXPECT_EQ(analysis.furtherPaths, 1U);
  EXPECT_EQ(analysis.relation, "may-detect");
  EXPECT_TRUE(analysis.inverse);
  EXPECT_EQ(analysis.detail, "Detect");
  EXPECT_EQ(analysis.grade, Grade::e0);
  EXPECT_EQ(analysis.effect, "applicable");
  EXPECT_FALSE(analysis.restsOnMay);
  EXPECT_FALSE(analysis.ours);
  EXPECT_EQ(analysis.source, "d3fend");
  EXPECT_EQ(analysis.paths.front().rule, Rule::official);
  EXPECT_EQ(analysis.paths.front().match, Match::exact);

  const Link list = it.link("countermeasures", "D3-DNSAL");
  EXPECT_EQ(bestPath(list), "T1048.003 -may-produce-> OutboundDNS <-blocks- D3-DNSAL");
  EXPECT_TRUE(list.restsOnMay);
  EXPECT_EQ(list.relation, "may-isolate");
}

TEST(Explain, AllPathsAreThereWhereAskedFor) {
  const Link link = Explained("T1048.003", {View::page, {}, true}).link("countermeasures", "D3-NTA");
  ASSERT_EQ(link.paths.size(), 2U);
  EXPECT_EQ(link.furtherPaths, 0U);
  EXPECT_EQ(pathText(link.paths[1]),
            "T1048.003 -may-produce-> OutboundDNS -below-> NetworkTraffic <-analyzes- D3-NTA");
  EXPECT_EQ(link.paths[1].match, Match::narrower);
  EXPECT_TRUE(link.paths[1].restsOnMay);
}

TEST(Explain, TheViewSaysWhoseRelationsCount) {
  EXPECT_EQ(Explained("T1048", {View::direct, {}, false}).ids("countermeasures"), Texts{"D3-NTA"});
  const Explained page("T1048");
  EXPECT_EQ(page.ids("countermeasures"), (Texts{"D3-NTA", "D3-DNSAL"}));
  EXPECT_EQ(bestPath(page.link("countermeasures", "D3-DNSAL")),
            "T1048 <-below- T1048.003 -may-produce-> OutboundDNS <-blocks- D3-DNSAL");
}

TEST(Explain, OtherRulesAreNamed) {
  const Explained it("T1048", {View::direct, {Rule::partialCoverage}, false});
  const Link link = it.link("countermeasures", "D3-DNSAL");
  EXPECT_EQ(link.paths.front().rule, Rule::partialCoverage);
  EXPECT_EQ(bestPath(link), "T1048 -produces-> NetworkTraffic <-below- OutboundDNS <-blocks- D3-DNSAL");
}

TEST(Explain, TheExtensionStandsApartAndIsMarked) {
  const Explained it("T1048");
  EXPECT_EQ(it.ids("countermeasures-extension"), (Texts{"D3-NI", "D3-NTA"}));
  const Link link = it.link("countermeasures-extension", "D3-NI");
  EXPECT_TRUE(link.ours);
  EXPECT_TRUE(link.restsOnMay);
  EXPECT_EQ(link.paths.front().rule, Rule::protocol);
  EXPECT_EQ(bestPath(link), "T1048 -may-send-over-> NTPTraffic <-filters- D3-NI");
  EXPECT_TRUE(link.paths.front().steps.front().ours);
  EXPECT_EQ(Explained("T1071").group("countermeasures-extension"), nullptr);
}

TEST(Explain, EmptySectionsSayWhy) {
  EXPECT_EQ(Explained("T1071").gap("countermeasures"),
            "T1071 " + std::string(inWords(GapReason::noArtifact)));
  EXPECT_EQ(Explained("T1600").gap("countermeasures"),
            fmt::format("T1600 {} (Unanswered)", inWords(GapReason::unanswered)));
  EXPECT_EQ(Explained("T1900").gap("countermeasures"),
            "T1900 " + std::string(inWords(GapReason::notInOntology)));
  EXPECT_EQ(Explained("D3-IDLE").gap("attack-techniques"),
            "it " + std::string(inWords(GapReason::noArtifact)));
  EXPECT_EQ(Explained("D3-DUST").gap("attack-techniques"),
            fmt::format("it {} (Untouched)", inWords(GapReason::untouched)));
  EXPECT_EQ(Explained("T1071").gap("mitigations"), "ATT&CK names no mitigation");
  EXPECT_EQ(Explained("T0803").gap("800-53"),
            "no source joins a control of 800-53 to it; the sources speak of ATT&CK Enterprise");
  EXPECT_EQ(Explained("S0002").gap("techniques"),
            "the catalogue keeps how many software use a technique, not which");
  EXPECT_EQ(Explained("AC-2").gap("d3fend"),
            "no source leads from it to a D3FEND technique, in one step or in two");
}

TEST(Explain, GapsNameWhatRelativesHave) {
  const Explained child("T1048.003");
  EXPECT_EQ(child.gap("trials"),
            "T1048.003 is not among the 1 techniques of the trials known; there is for its parent T1048");
  EXPECT_EQ(child.gap("800-53"), "no source joins a control of 800-53 to it; there is for its parent T1048");
  EXPECT_EQ(Explained("T1048").gap("use"),
            "ATT&CK Enterprise 18.1 joins no group and no campaign to it; there is for its sub-technique "
            "T1048.003");
}

TEST(Explain, GradesFollowTheKindOfEvidence) {
  const Explained it("T1048");
  const Link mitigation = it.link("mitigations", "M1037");
  EXPECT_EQ(mitigation.grade, Grade::e1);
  EXPECT_EQ(mitigation.effect, "breadth only");
  EXPECT_EQ(mitigation.relation, "mitigates");
  EXPECT_TRUE(mitigation.inverse);
  EXPECT_EQ(mitigation.source, "attack-18.1");
  EXPECT_EQ(it.link("cis", "9.2").detail, "relation not the source's own");
  EXPECT_EQ(it.link("capability", "kev/CVE-2020-1").grade, Grade::e1);

  const Link score = it.link("scores", "guard");
  EXPECT_EQ(score.grade, Grade::e2);
  EXPECT_EQ(score.effect, "detect partial or significant; protect minimal");
  ASSERT_EQ(score.scores.size(), 2U);
  EXPECT_EQ(score.scores[0].values, (Texts{"partial", "significant"}));
  EXPECT_EQ(score.scores[0].rows, 3U);

  ASSERT_TRUE(it.group("trials"));
  const Link trial = it.group("trials")->links.front();
  EXPECT_EQ(trial.grade, Grade::e3);
  ASSERT_TRUE(trial.trial);
  EXPECT_EQ(trial.trial->p10, 0.4);
  EXPECT_EQ(trial.effect, "detected at 0.40 to 1.00 (P10, P90 of 58 product rounds)");

  ASSERT_TRUE(it.group("rules"));
  const Link rules = it.group("rules")->links.front();
  EXPECT_FALSE(rules.grade);
  EXPECT_EQ(rules.count, 3U);
  EXPECT_EQ(rules.effect, "breadth only");
}

TEST(Explain, TwoStepsNameBoth) {
  const Explained safeguard("CIS 9.2");
  const Link list = safeguard.link("two-steps-d3fend", "D3-DNSAL");
  EXPECT_EQ(list.relation, kInTwoSteps);
  EXPECT_EQ(list.grade, Grade::e1);
  EXPECT_EQ(bestPath(list), "CIS 9.2 -subset-of-> AC-4 -narrower-> D3-DNSAL");
  EXPECT_EQ(bestPath(safeguard.link("two-steps-iso-27001", "9.2")),
            "CIS 9.2 -subset-of-> AC-4 -intersect-> ISO 9.2");
  // What one step reaches is not reached in two, and nothing of the subject's own framework is.
  EXPECT_EQ(safeguard.group("two-steps-attack-enterprise")->links.size(), 1U);
  EXPECT_EQ(safeguard.ids("two-steps-attack-enterprise"), Texts{"T1574.002"});
  EXPECT_EQ(Explained("PR.DS-02").ids("two-steps-800-53"), Texts{"AC-4"});

  // Through a mitigation, and through a control.
  const Explained technique("T1048");
  EXPECT_EQ(bestPath(technique.link("two-steps-d3fend", "D3-NI")),
            "T1048 <-mitigates- M1037 -related-> D3-NI");
  EXPECT_EQ(bestPath(technique.link("two-steps-d3fend", "D3-DNSAL")),
            "T1048 <-mitigates- AC-4 -narrower-> D3-DNSAL");
  // Never through an attack technique: M1037 and AC-4 both mitigate T1048.
  EXPECT_EQ(Explained("M1037").group("two-steps-800-53"), nullptr);
}

TEST(Explain, AControlHasItsBaselinesAndCrosswalksBothWays) {
  const Explained it("AC-4");
  EXPECT_EQ(it.first().version, "r5");
  EXPECT_EQ(it.line("baselines"), (Texts{"moderate", "high"}));
  EXPECT_EQ(it.ids("d3fend"), Texts{"D3-DNSAL"});
  EXPECT_FALSE(it.link("d3fend", "D3-DNSAL").inverse);
  EXPECT_TRUE(it.link("cis", "9.2").inverse);
  EXPECT_EQ(it.link("cis", "9.2").relation, "subset-of");
  EXPECT_EQ(it.ids("children"), Texts{"AC-4(8)"});
  EXPECT_EQ(it.link("attack-enterprise", "T1574.002").standing, "revoked");
  EXPECT_EQ(Explained("AC-4(8)").ids("parents"), Texts{"AC-4"});
  EXPECT_EQ(Explained("AC-2").line("standing"), Texts{"withdrawn"});
  EXPECT_EQ(Explained("CIS 9.2").line("title"), Texts{"not shipped: CIS Controls has terms of its own"});
  EXPECT_EQ(Explained("ISO 9.2").line("standing"), Texts{"known only by what is joined to it"});
  EXPECT_EQ(Explained("CIS 9").ids("members"), Texts{"9.2"});
  EXPECT_EQ(Explained("PR.DS").ids("members"), Texts{"PR.DS-02"});
}

TEST(Explain, ACountermeasureHasOwnerReferencesAndAttacks) {
  const Explained it("D3-DNSAL");
  EXPECT_EQ(it.first().version, "1.2.0");
  EXPECT_EQ(it.line("tactics"), Texts{"Isolate"});
  EXPECT_EQ(it.line("synonyms"), Texts{"DNS Whitelisting"});
  EXPECT_EQ(it.line("references"), Texts{"2 PatentReference"});
  ASSERT_TRUE(it.group("owners"));
  EXPECT_EQ(it.group("owners")->note,
            "judgement of this project; not within a security operations centre's authority");
  EXPECT_EQ(it.link("owners", "PD-WRL-001").relation, "responsible");
  EXPECT_EQ(it.link("owners", "PD-WRL-001").detail, "operation");
  EXPECT_EQ(it.link("owners", "OG-1").relation, "accountable");
  EXPECT_EQ(it.ids("attack-techniques"), (Texts{"T1048", "T1048.003"}));
  EXPECT_EQ(bestPath(it.link("attack-techniques", "T1048")),
            "D3-DNSAL -blocks-> OutboundDNS <-may-produce- T1048.003 -below-> T1048");
  EXPECT_FALSE(it.link("attack-techniques", "T1048").inverse);
  EXPECT_EQ(it.ids("800-53"), Texts{"AC-4"});
  EXPECT_EQ(it.ids("relations"), Texts{"OutboundDNS"});
  EXPECT_EQ(it.ids("parents"), Texts{"D3-NI"});
  EXPECT_EQ(Explained("D3-NI").ids("mitigations"), Texts{"M1037"});
  EXPECT_EQ(Explained("D3-NI").ids("attack-techniques-extension"), (Texts{"T1048", "T1048.003"}));
  EXPECT_EQ(Explained("D3-NTA").link("attack-enterprise", "T1048.003").detail,
            "CAR-2013-04-002, CAR-2021-01-007");
  EXPECT_EQ(Explained("D3-NTA").gap("owners"), "nobody is named for Detect");
}

TEST(Explain, AnArtifactHasBothSides) {
  const Explained it("DNSTraffic");
  EXPECT_EQ(it.ids("countermeasures"), Texts{"D3-NTA"});
  EXPECT_EQ(bestPath(it.link("countermeasures", "D3-NTA")),
            "DNSTraffic -below-> NetworkTraffic <-analyzes- D3-NTA");
  EXPECT_EQ(it.ids("attack-techniques"), Texts{"T1048.003"});
  EXPECT_EQ(bestPath(it.link("attack-techniques", "T1048.003")),
            "DNSTraffic <-below- OutboundDNS <-may-produce- T1048.003");
  EXPECT_TRUE(it.link("attack-techniques", "T1048.003").restsOnMay);
  EXPECT_EQ(it.ids("parents"), Texts{"NetworkTraffic"});
  EXPECT_EQ(it.ids("children"), Texts{"OutboundDNS"});
  EXPECT_EQ(it.line("traffic of"), Texts{"service dns"});
  EXPECT_EQ(it.line("origin"), Texts{});
  EXPECT_EQ(Explained("File").gap("countermeasures"),
            "no technique of D3FEND 1.2.0 acts on it or on anything above it");
  EXPECT_EQ(Explained("Untouched").gap("attack-techniques"),
            "no attack technique of D3FEND 1.2.0 touches it or anything below it");
}

TEST(Explain, AProtocolOfOursSaysSo) {
  for (const char* words : {"ntp", "NTPTraffic"}) {
    const Explained it(words);
    EXPECT_EQ(it.line("reference"), Texts{"RFC 5905"}) << words;
    EXPECT_EQ(it.line("origin"), Texts{"this project's extension: D3FEND 1.2.0 has no artifact for it"})
        << words;
    EXPECT_EQ(it.ids("countermeasures"), (Texts{"D3-NI", "D3-NTA"})) << words;
    EXPECT_TRUE(it.link("countermeasures", "D3-NI").ours) << words;
    EXPECT_EQ(it.ids("attack-techniques"), Texts{"T1048"}) << words;
    EXPECT_EQ(it.ids("parents"), Texts{"NetworkTraffic"}) << words;
  }
  const Explained parent("NetworkTraffic");
  EXPECT_TRUE(parent.link("children", "NTPTraffic").ours);
  EXPECT_FALSE(parent.link("children", "DNSTraffic").ours);
}

TEST(Explain, WhoActsAndWhatIsOffered) {
  EXPECT_EQ(Explained("G0007").ids("techniques"), Texts{"T1048.003"});
  EXPECT_EQ(Explained("C0001").ids("techniques"), Texts{"T1048.003"});
  EXPECT_EQ(Explained("M1037").ids("d3fend"), Texts{"D3-NI"});
  EXPECT_EQ(Explained("M1037").ids("attack-enterprise"), (Texts{"T1048", "T1048.003"}));
  EXPECT_EQ(Explained("attack-mobile:M1013").gap("d3fend"),
            "D3FEND 1.2.0 relates no technique to it; it speaks of ATT&CK Enterprise");
  EXPECT_EQ(Explained("PD-WRL-001").ids("tactics"), Texts{"Isolate"});
  EXPECT_EQ(Explained("guard").link("scores", "T1048").effect,
            "detect partial or significant; protect minimal");
  EXPECT_EQ(Explained("CAR-2021-01-007").link("pairs", "D3-NTA").detail, "covers T1048.003");
  EXPECT_EQ(Explained("Isolate").ids("techniques"), (Texts{"D3-DNSAL", "D3-NI"}));
  const Texts exfiltration = Explained("TA0010").ids("techniques");
  EXPECT_EQ(exfiltration.size(), 7U);  // the revoked one is not among them
  EXPECT_EQ(std::ranges::count(exfiltration, "T1574.002"), 0);
}

TEST(Explain, VersionsOfAttackAreJoinedAndSaid) {
  const Explained renamed("T1562.001");
  EXPECT_EQ(renamed.link("other-versions", "T1685").detail, "in ATT&CK 19.1; known by same-name, rule-move");
  ASSERT_TRUE(renamed.group("rules"));
  ASSERT_EQ(renamed.group("rules")->links.size(), 1U);  // none is no link
  EXPECT_EQ(renamed.group("rules")->links.front().detail, "under T1685");
  EXPECT_EQ(renamed.group("rules")->links.front().count, 164U);

  const Explained retired("T1574.002");
  EXPECT_EQ(retired.line("standing"), Texts{"revoked"});
  EXPECT_EQ(retired.ids("other-versions"), Texts{"T1574.001"});
  EXPECT_EQ(retired.ids("800-53"), Texts{"AC-4"});
  ASSERT_EQ(retired.whole().explanations.size(), 2U);
  EXPECT_EQ(retired.whole().explanations[1].subject.id, "T1574.001");
  EXPECT_EQ(Explained("T1574.001").link("800-53", "AC-4").detail, "under T1574.002");
}

TEST(Explain, ABareNumberIsOnlyListed) {
  const auto made = answer(example(), "9.2");
  ASSERT_TRUE(made);
  EXPECT_TRUE(made->explanations.empty());
  ASSERT_EQ(made->choices.size(), 2U);
  EXPECT_EQ(sayExactly(made->choices[1]), "iso-27001:9.2");
  const auto both = answer(example(), "M1013");
  ASSERT_TRUE(both);
  EXPECT_EQ(both->explanations.size(), 2U);
  EXPECT_FALSE(answer(example(), "T9999"));
}

TEST(Explain, SourcesAreThoseThatLinksName) {
  const Explained it("T1048");
  Texts ids;
  for (const Source& source : it.whole().sources) ids.push_back(source.id);
  EXPECT_EQ(ids, (Texts{"attack-18.1", "ctid", "d3fend", "evals", "tables"}));
}

TEST(Explain, CataloguesWithPartsMissingAreExplained) {
  Catalogue bare;
  bare.ontology = example().ontology;
  const Explained technique("T1048", {}, bare);
  EXPECT_EQ(technique.ids("countermeasures"), (Texts{"D3-NTA", "D3-DNSAL"}));
  EXPECT_EQ(technique.line("standing"), Texts{"not in ATT&CK Enterprise "});
  EXPECT_EQ(Explained("D3-DNSAL", {}, bare).ids("attack-techniques"), (Texts{"T1048", "T1048.003"}));
  Catalogue controls;
  controls.controls = example().controls;
  EXPECT_EQ(Explained("AC-4", {}, controls).line("standing"), Texts{"live"});
  Catalogue attack;
  attack.attack = example().attack;
  EXPECT_EQ(Explained("T1048", {}, attack).gap("countermeasures"),
            "T1048 " + std::string(inWords(GapReason::notInOntology)));
  EXPECT_EQ(Explained("M1037", {}, attack).ids("attack-enterprise"), (Texts{"T1048", "T1048.003"}));
  Catalogue protocol;
  protocol.protocols = example().protocols;
  EXPECT_EQ(Explained("ntp", {}, protocol).gap("parents"),
            "the ontology has no class that its artifact could stand below");
}

}  // namespace
}  // namespace vauban::catalog
