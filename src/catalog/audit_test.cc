#include "catalog/audit.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/read_ontology.h"

namespace vauban::catalog {
namespace {

using testing::OntologyBuilder;

AttackTechnique technique(const char* id, const char* tactic, Count groups, Count campaigns) {
  AttackTechnique made;
  made.id = id;
  made.name = std::string("Technique ") + id;
  made.tactics = {tactic};
  made.groups = groups;
  made.campaigns = campaigns;
  return made;
}

// Two tactics, four countermeasures, five attack techniques; every figure below was counted by hand.
Catalogue example() {
  OntologyBuilder made = testing::smallD3fend();
  made.artifact("File").artifact("ExecutableFile", "File").artifact("Traffic");
  made.artifact("DNSTraffic", "Traffic").artifact("Dust");
  made.defensive("FileAnalysis", "D3-FA").restricted("FileAnalysis", "enables", "Detect");
  made.restricted("FileAnalysis", "analyzes", "File");
  made.defensive("Dusting", "D3-DU").restricted("Dusting", "enables", "Harden");
  made.restricted("Dusting", "modifies", "Dust");
  made.defensive("Hardening", "D3-HA").restricted("Hardening", "enables", "Harden");
  made.restricted("Hardening", "may-modify", "ExecutableFile");
  made.defensive("DNSFiltering", "D3-DF").restricted("DNSFiltering", "enables", "Harden");
  made.restricted("DNSFiltering", "modifies", "DNSTraffic");
  made.direct("DNSFiltering", "related", "Dusting");
  made.offensive("T1001").restricted("T1001", "modifies", "ExecutableFile");
  made.restricted("T1001", "may-produce", "File");
  made.offensive("T1001.001", "T1001");
  made.offensive("T1003").restricted("T1003", "modifies", "Traffic");
  made.offensive("T1004");
  made.offensive("T1562").restricted("T1562", "may-modify", "File");
  Catalogue catalogue;
  catalogue.ontology = testing::ontologyOf(made);
  Ontology& ontology = catalogue.ontology;
  ontology.version = "9.9";
  ontology.references = {{"Reference-a", "PatentReference", 2004},
                         {"Reference-b", "PatentReference", 2010},
                         {"Reference-c", "BookReference", 0},
                         {"Reference-d", "PatentReference", 0}};
  const auto id = [&](const char* name) { return *ontology.find(name); };
  ontology.cites = {{id("FileAnalysis"), ReferenceId(0)},
                    {id("FileAnalysis"), ReferenceId(2)},
                    {id("Hardening"), ReferenceId(0)},
                    {id("Hardening"), ReferenceId(1)},
                    {id("Dusting"), ReferenceId(2)}};
  ontology.mitigations = {{id("FileAnalysis"), "M1049"}};

  Attack attack;
  attack.version = "18.1";
  attack.tactics = {{"TA0002", "Execution", "execution", Standing::live},
                    {"TA0010", "Exfiltration", "exfiltration", Standing::live}};
  attack.techniques = {technique("T1001", "execution", 3, 1),    technique("T1001.001", "execution", 1, 0),
                       technique("T1002", "execution", 50, 50),  technique("T1003", "exfiltration", 2, 0),
                       technique("T1004", "exfiltration", 0, 0), technique("T1005", "exfiltration", 5, 0),
                       technique("T1685", "exfiltration", 0, 2)};
  attack.techniques[2].standing = Standing::deprecated;
  attack.mitigates = {{"T1004", "M1049"}};
  catalogue.attack = {attack};
  catalogue.revocations = {{"T1562", "T1685", "replaced", ""}};
  catalogue.crosswalks = {
      {Framework::nist80053, "AC-4", "narrower", Framework::d3fend, "D3-DF", "", ""},
      {Framework::nist80053, "AC-5", "narrower", Framework::d3fend, "D3-DF", "", ""},
      {Framework::nist80053, "AC-4", "narrower", Framework::d3fend, "D3-GONE", "", ""},
      {Framework::cci, "CCI-1", "broader", Framework::d3fend, "D3-FA", "", ""},
      {Framework::d3fend, "D3-HA", "covers", Framework::attackEnterprise, "T1001", "CAR-1", ""},
      {Framework::capability, "kev/CVE-1", "exploitation_technique", Framework::attackEnterprise, "T1005", "",
       ""},
      {Framework::capability, "cri/A", "mitigates", Framework::attackEnterprise, "T1003", "", ""},
      {Framework::cis, "1.1", "related", Framework::attackEnterprise, "T1999", "", ""}};
  catalogue.scores = {{"T1003", "one", "detect", "minimal", 1, ""}};
  catalogue.trialRates.resize(1);
  catalogue.trialRates[0].technique = "T1562";  // lives on as T1685
  catalogue.ruleCounts = {{"T1001", "sigma", 3, ""},
                          {"T1001", "atomic", 1, ""},
                          {"T1003", "sigma", 0, ""},
                          {"T1004", "atomic", 2, ""},
                          {"T1777", "sigma", 1, ""}};
  catalogue.protocols = {{"dns", "DNSTraffic", "Traffic", false, "RFC 1035", ""},
                         {"ntp", "NTPTraffic", "Traffic", true, "RFC 5905", ""}};
  catalogue.protocolUses = {{"ntp", "T1003", ""}};
  catalogue.roles = {{"PD-WRL-001", "Defensive Cybersecurity", "PD", "", ""}};
  catalogue.owners = {{"Detect", {"PD-WRL-001"}, {}, "OG-WRL-014", {}, true, "judgement", ""},
                      {"Harden", {"IO-WRL-005"}, {}, "OG-WRL-014", {}, false, "judgement", ""}};
  catalogue.sources = {{"nist", Framework::nist80053, "r5", "2020", "", "", "", ""}};
  Control control;
  control.framework = Framework::nist80053;
  control.id = "AC-4";
  control.profiles = {"moderate", "high"};
  control.source = "nist";
  catalogue.controls = {control, control};
  catalogue.controls[1].id = "AC-5";
  catalogue.controls[1].profiles = {"high"};
  catalogue.controls[1].withdrawn = true;
  return catalogue;
}

class AuditTest : public ::testing::Test {
 protected:
  const CountermeasureFigures& countermeasure(const char* id) const {
    return *std::ranges::find(audit_.countermeasures, id, &CountermeasureFigures::id);
  }
  const AttackFigures& attack(const char* id) const {
    return *std::ranges::find(audit_.domains.at(0).techniques, id, &AttackFigures::id);
  }

  const Catalogue catalogue_ = example();
  const Audit audit_ = audit(catalogue_);
};

TEST_F(AuditTest, Versions) {
  ASSERT_EQ(audit_.versions.size(), 2U);
  EXPECT_EQ(audit_.versions[0], (AuditedVersion{Framework::d3fend, "9.9", ""}));
  EXPECT_EQ(audit_.versions[1], (AuditedVersion{Framework::attackEnterprise, "18.1", ""}));
}

TEST_F(AuditTest, TechniquesAndProvenanceByTactic) {
  ASSERT_EQ(audit_.tactics.size(), 2U);
  const TacticFigures& harden = audit_.tactics[0];
  EXPECT_EQ(harden.tactic, "Harden");  // before Detect, as D3FEND has it
  EXPECT_EQ(harden.techniques, 3U);
  EXPECT_EQ(harden.published, 51U);
  EXPECT_EQ(harden.onPatent, 1U);
  EXPECT_EQ(harden.onlyPatents, 1U);
  EXPECT_EQ(harden.noPatent, 1U);
  EXPECT_EQ(harden.noReference, 1U);
  EXPECT_EQ(harden.citations, 3U);
  EXPECT_EQ(harden.patentCitations, 2U);
  const TacticFigures& detect = audit_.tactics[1];
  EXPECT_EQ(detect.techniques, 1U);
  EXPECT_EQ(detect.onPatent, 1U);
  EXPECT_EQ(detect.onlyPatents, 0U);
  EXPECT_EQ(audit_.all.techniques, 4U);
  EXPECT_EQ(audit_.all.published, 267U);
  EXPECT_EQ(audit_.all.citations, 5U);
  EXPECT_EQ(audit_.all.withArtifact, 4U);
  EXPECT_EQ(audit_.amongCountermeasures, (std::vector<std::pair<std::string, Count>>{{"related", 1}}));
}

TEST_F(AuditTest, References) {
  ASSERT_EQ(audit_.references.size(), 2U);
  const ReferenceFigures& patents = audit_.references[0];
  EXPECT_EQ(patents.type, "PatentReference");
  EXPECT_EQ(patents.references, 3U);
  EXPECT_EQ(patents.cited, 2U);
  EXPECT_EQ(patents.citations, 3U);
  EXPECT_EQ(patents.techniques, 2U);
  EXPECT_EQ(patents.citationsByTactic, (std::vector<Count>{2, 1}));
  EXPECT_EQ(patents.dated, 2U);
  EXPECT_EQ(patents.firstYear, 2004);
  EXPECT_EQ(patents.lastYear, 2010);
  EXPECT_EQ(audit_.references[1].dated, 0U);
  EXPECT_EQ(audit_.citations.size(), 5U);
  EXPECT_EQ(audit_.citations[0], (Citation{"D3-DU", "Reference-c", "BookReference", 0}));
}

// direct: D3-FA/T1001 by File-ExecutableFile and by File-File (may-produce); D3-FA/T1562 (may-modify);
// D3-HA/T1001 by ExecutableFile (may-modify).
TEST_F(AuditTest, RowsOfTheDirectView) {
  ASSERT_EQ(audit_.views.size(), 2U);
  const RowCounts& rows = audit_.views[0].all;
  EXPECT_EQ(rows.rows, 4U);
  EXPECT_EQ(rows.mayRows, 3U);
  EXPECT_EQ(rows.exactRows, 3U);
  EXPECT_EQ(rows.narrowerRows, 1U);
  EXPECT_EQ(rows.genericRows, 0U);
  EXPECT_EQ(rows.pairs, 3U);
  EXPECT_EQ(rows.mayPairs, 2U);
  EXPECT_EQ(rows.exactPairs, 3U);
  EXPECT_EQ(rows.firmPairs, 0U) << "the exact row of D3-FA and T1001 rests on may-produce";
  EXPECT_EQ(rows.countermeasures, 2U);
  EXPECT_EQ(rows.attackTechniques, 2U);
  ASSERT_EQ(audit_.views[0].byTactic.size(), 2U);
  EXPECT_EQ(audit_.views[0].byTactic[0].first, "Harden");
  EXPECT_EQ(audit_.views[0].byTactic[0].second.rows, 1U);
  ASSERT_EQ(audit_.views[0].artifacts.size(), 2U);
  const ArtifactFigures& file = audit_.views[0].artifacts[0];
  EXPECT_EQ(file.artifact, "File");
  EXPECT_EQ(file.below, 2U);
  EXPECT_EQ(file.touchedKinds, 2U);
  EXPECT_EQ(file.pairs, 2U);
  EXPECT_EQ(file.onlyPairs, 2U);
}

TEST_F(AuditTest, RowsOfThePageView) {
  const RowCounts& rows = audit_.views[1].all;
  EXPECT_EQ(rows.rows, 7U);  // T1001.001 takes its parent's three
  EXPECT_EQ(rows.attackTechniques, 3U);
}

TEST_F(AuditTest, Countermeasures) {
  EXPECT_EQ(countermeasure("D3-FA").answers[0].any, 2U);
  EXPECT_EQ(countermeasure("D3-FA").answers[0].exact, 2U);
  EXPECT_EQ(countermeasure("D3-FA").answers[1].any, 3U);
  EXPECT_EQ(countermeasure("D3-FA").patents, 1U);
  EXPECT_EQ(countermeasure("D3-FA").bridges, (std::vector<std::string>{"mitigations", "cci"}));
  EXPECT_EQ(countermeasure("D3-DU").answers[1].gap, GapReason::untouched);
  EXPECT_EQ(countermeasure("D3-DU").answers[1].deadEnds, std::vector<std::string>{"Dust"});
  // T1003 touches all traffic, and the countermeasure acts on a part of it: no official row.
  EXPECT_EQ(countermeasure("D3-DF").answers[1].gap, GapReason::untouched);
}

TEST_F(AuditTest, CoverageByUse) {
  const DomainFigures& domain = audit_.domains.at(0);
  EXPECT_EQ(domain.all.techniques, 6U) << "without the deprecated one";
  EXPECT_EQ(domain.all.observed, 5U);
  EXPECT_EQ(domain.all.groups, 11U);
  EXPECT_EQ(domain.all.campaigns, 3U);
  EXPECT_EQ(domain.sameId.techniques, 4U);
  EXPECT_EQ(domain.otherId.techniques, 1U);
  EXPECT_EQ(domain.notJoined.techniques, 1U);
  const Coverage &direct = domain.coverage[0], &page = domain.coverage[1];
  EXPECT_EQ(direct.any.techniques, 2U);
  EXPECT_EQ(direct.any.use(), 6U);
  EXPECT_EQ(page.any.techniques, 3U);
  EXPECT_EQ(page.any.use(), 7U);
  EXPECT_EQ(page.exact.use(), 7U);
  ASSERT_EQ(page.gaps.size(), 3U);
  EXPECT_EQ(page.gaps[0].first, GapReason::notInOntology);
  EXPECT_EQ(page.gaps[0].second.use(), 5U);
  EXPECT_EQ(page.gaps[1].first, GapReason::noArtifact);
  EXPECT_EQ(page.gaps[2].first, GapReason::unanswered);
  ASSERT_EQ(domain.byTactic.size(), 2U);
  EXPECT_EQ(domain.byTactic[1].tactic, "exfiltration");
  EXPECT_EQ(domain.byTactic[1].all.techniques, 4U);
  EXPECT_EQ(domain.byTactic[1].coverage[1].any.techniques, 1U);
  EXPECT_EQ(attack("T1685").ontology, (IdJoin{JoinedBy::earlierId, {"T1562"}}));
  EXPECT_EQ(attack("T1685").answers[0].any, 1U);
  EXPECT_EQ(attack("T1003").answers[0].deadEnds, std::vector<std::string>{"Traffic"});
  EXPECT_EQ(audit_.ontologyTechniques.size(), 5U);
}

TEST_F(AuditTest, EvidenceByGrade) {
  const DomainFigures& domain = audit_.domains.at(0);
  EXPECT_EQ(domain.mitigations, 1U);
  EXPECT_EQ(domain.scores, 1U);
  EXPECT_EQ(domain.trials, 1U);
  EXPECT_EQ(domain.rules, 1U);
  EXPECT_EQ(domain.rulesAndTests, 1U);
  EXPECT_EQ(domain.collections, (std::vector<std::pair<std::string, Count>>{{"atomic", 2}, {"sigma", 1}}));
  EXPECT_EQ(domain.controls,
            (std::vector<std::pair<Framework, Count>>{{Framework::d3fend, 1}, {Framework::capability, 1}}));
  EXPECT_EQ(attack("T1001").grade, Grade::e1);
  EXPECT_EQ(attack("T1001.001").grade, Grade::e0);
  EXPECT_EQ(attack("T1003").grade, Grade::e2);
  EXPECT_EQ(attack("T1005").grade, std::nullopt) << "how a vulnerability is exploited answers nothing";
  EXPECT_EQ(attack("T1685").grade, Grade::e3);
  EXPECT_EQ(domain.byGrade, (std::vector<std::pair<std::string, Count>>{
                                {"E0", 1}, {"E1", 2}, {"E2", 1}, {"E3", 1}, {"none", 1}}));
  EXPECT_EQ(audit_.notJoined,
            (std::vector<std::pair<std::string, Count>>{{"crosswalks", 1}, {"rule-counts", 1}}));
}

TEST_F(AuditTest, Bridges) {
  ASSERT_EQ(audit_.bridges.size(), 4U);
  EXPECT_EQ(audit_.bridges[0], (BridgeFigures{"800-53", 2, 1, 1, 1}));
  EXPECT_EQ(audit_.bridges[1], (BridgeFigures{"mitigations", 1, 1, 2, 0}));
  EXPECT_EQ(audit_.bridges[2], (BridgeFigures{"attack techniques", 1, 1, 3, 0}));
  EXPECT_EQ(audit_.bridges[3], (BridgeFigures{"cci", 1, 1, 3, 0}));
  EXPECT_EQ(audit_.bridged, 3U);
}

TEST_F(AuditTest, ProtocolsWithAndWithoutArtifact) {
  ASSERT_EQ(audit_.protocols.size(), 2U);
  const ProtocolFigures &dns = audit_.protocols[0], &ntp = audit_.protocols[1];
  EXPECT_TRUE(dns.inOntology);
  EXPECT_EQ(dns.particular, std::vector<std::string>{"D3-DF"});
  EXPECT_TRUE(dns.general.empty());
  EXPECT_FALSE(ntp.inOntology);
  EXPECT_TRUE(ntp.particular.empty());
  EXPECT_EQ(ntp.attackTechniques, 0U);
  EXPECT_EQ(ntp.uses, 1U);
}

TEST_F(AuditTest, OwnersAndFrameworks) {
  ASSERT_EQ(audit_.owners.size(), 2U);
  EXPECT_EQ(audit_.owners[1].tactic, "Detect");
  EXPECT_EQ(audit_.owners[1].responsible[0].second, "Defensive Cybersecurity");
  EXPECT_EQ(audit_.owners[0].responsible[0], (std::pair<std::string, std::string>{"IO-WRL-005", ""}));
  EXPECT_EQ(audit_.withinSoc, 1U);
  ASSERT_EQ(audit_.frameworks.size(), 1U);
  const FrameworkFigures& nist = audit_.frameworks[0];
  EXPECT_EQ(nist.version, (AuditedVersion{Framework::nist80053, "r5", "2020"}));
  EXPECT_EQ(nist.controls, 2U);
  EXPECT_EQ(nist.withdrawn, 1U);
  EXPECT_EQ(nist.profiles, (std::vector<std::pair<std::string, Count>>{{"moderate", 1}, {"high", 2}}));
}

TEST(Audit, OfNothing) {
  const Audit nothing = audit(Catalogue());
  EXPECT_EQ(nothing.all.techniques, 0U);
  EXPECT_TRUE(nothing.tactics.empty());
  EXPECT_EQ(nothing.views.size(), 2U);
  EXPECT_EQ(nothing.views[0].all, RowCounts());
  EXPECT_EQ(audit(Catalogue(), {.views = {}}).views.size(), 0U);
}

TEST(Audit, ViewsAreOrderedAndOnce) {
  const Audit made = audit(example(), {.views = {View::page, View::direct, View::page}});
  ASSERT_EQ(made.views.size(), 2U);
  EXPECT_EQ(made.views[0].view, View::direct);
  EXPECT_EQ(made, audit(example()));
}

// Twelve kinds that attack techniques touch make an artifact generic, however many nobody touches.
TEST(Generic, CountsTheKindsThatAreTouched) {
  for (const int kinds : {11, 12}) {
    OntologyBuilder made = testing::smallD3fend();
    made.artifact("File").artifact("Untouched");
    for (int i = 0; i < 30; ++i) made.artifact("Untouched" + std::to_string(i), "Untouched");
    for (int i = 0; i < 20; ++i) made.artifact("Kind" + std::to_string(i), "File");
    for (int i = 0; i < kinds; ++i) {
      const std::string id = "T" + std::to_string(1001 + i);
      made.offensive(id).restricted(id, i % 2 == 0 ? "modifies" : "may-produce", "Kind" + std::to_string(i));
      made.restricted(id, "modifies", "Kind0");  // many techniques on one kind are one kind
    }
    made.offensive("T2000").restricted("T2000", "related", "Kind19");
    const Ontology ontology = testing::ontologyOf(made);
    const Hierarchy hierarchy(ontology);
    EXPECT_EQ(touchedKinds(hierarchy, *ontology.find("File")), static_cast<std::size_t>(kinds));
    EXPECT_EQ(isGeneric(hierarchy, *ontology.find("File")), kinds == 12);
    EXPECT_FALSE(isGeneric(hierarchy, *ontology.find("Untouched")));
    EXPECT_EQ(touchedKinds(hierarchy, *ontology.find("Kind0")), 1U);
  }
}

}  // namespace
}  // namespace vauban::catalog
