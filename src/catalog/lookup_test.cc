#include "catalog/lookup.h"

#include <gtest/gtest.h>

#include "tests/support/example_catalogue.h"

namespace vauban::catalog {
namespace {

using Texts = std::vector<std::string>;

const Catalogue& example() {
  static const Catalogue catalogue = testing::exampleCatalogue();
  return catalogue;
}

// "kind framework:id" of each meaning; of a mistake its message and nearest name.
Texts meanings(std::string_view words) {
  const auto found = lookUp(example(), words);
  Texts texts;
  if (!found) {
    for (const Diagnostic& it : found.error()) texts.push_back(it.message + " / " + it.nearest);
    return texts;
  }
  for (const Subject& it : *found) texts.push_back(std::string(word(it.kind)) + " " + sayExactly(it));
  return texts;
}

TEST(LookUp, FindsIdsOfEachFramework) {
  EXPECT_EQ(meanings("T1048.003"), Texts{"attack-technique attack-enterprise:T1048.003"});
  EXPECT_EQ(meanings("t1048/003"), Texts{"attack-technique attack-enterprise:T1048.003"});
  EXPECT_EQ(meanings("D3-DNSAL"), Texts{"d3fend-technique d3fend:D3-DNSAL"});
  EXPECT_EQ(meanings("M1037"), Texts{"mitigation attack-enterprise:M1037"});
  EXPECT_EQ(meanings("ac-04"), Texts{"control 800-53:AC-4"});
  EXPECT_EQ(meanings("AC-4 (8)"), Texts{"control 800-53:AC-4(8)"});
  EXPECT_EQ(meanings("PR.DS-02"), Texts{"control csf:PR.DS-02"});
  EXPECT_EQ(meanings("A.8.20"), Texts{"control iso-27001:A.8.20"});
  EXPECT_EQ(meanings("TA0010"), Texts{"attack-tactic attack-enterprise:TA0010"});
  EXPECT_EQ(meanings("G0007"), Texts{"group attack-enterprise:G0007"});
  EXPECT_EQ(meanings("C0001"), Texts{"campaign attack-enterprise:C0001"});
  EXPECT_EQ(meanings("S0002"), Texts{"software attack-enterprise:S0002"});
  EXPECT_EQ(meanings("T0803"), Texts{"attack-technique attack-ics:T0803"});
  EXPECT_EQ(meanings("PD-WRL-001"), Texts{"role nice:PD-WRL-001"});
  EXPECT_EQ(meanings("CWE-79"), Texts{"weakness d3fend:CWE-79"});
  EXPECT_EQ(meanings("CAR-2021-01-007"), Texts{"analytic car:CAR-2021-01-007"});
  EXPECT_EQ(meanings("kev/CVE-2020-1"), Texts{"capability capability:kev/CVE-2020-1"});
  EXPECT_EQ(meanings("guard"), Texts{"capability capability:guard"});
}

TEST(LookUp, FindsAFrameworkAndAnId) {
  EXPECT_EQ(meanings("CIS 9.2"), Texts{"control cis:9.2"});
  EXPECT_EQ(meanings("cis:9.2"), Texts{"control cis:9.2"});
  EXPECT_EQ(meanings("ISO 9.2"), Texts{"control iso-27001:9.2"});
  EXPECT_EQ(meanings("iso 8.20"), Texts{"control iso-27001:A.8.20"});
  EXPECT_EQ(meanings("800-53 AC-4(8)"), Texts{"control 800-53:AC-4(8)"});
  EXPECT_EQ(meanings("attack-ics:T0803"), Texts{"attack-technique attack-ics:T0803"});
  EXPECT_EQ(meanings("attack T1048"), Texts{"attack-technique attack-enterprise:T1048"});
  EXPECT_EQ(meanings("d3fend:Harden"), Texts{"d3fend-tactic d3fend:Harden"});
  EXPECT_EQ(meanings("attack-mobile:M1013"), Texts{"mitigation attack-mobile:M1013"});
  EXPECT_EQ(meanings("service:ntp"), Texts{"protocol service:ntp"});
}

TEST(LookUp, FindsNamesLettersAndHyphensAside) {
  EXPECT_EQ(meanings("DNSAllowlisting"), Texts{"d3fend-technique d3fend:D3-DNSAL"});
  EXPECT_EQ(meanings("dns-allowlisting"), Texts{"d3fend-technique d3fend:D3-DNSAL"});
  EXPECT_EQ(meanings("DNS Whitelisting"), Texts{"d3fend-technique d3fend:D3-DNSAL"});
  EXPECT_EQ(meanings("DNSTraffic"), Texts{"artifact d3fend:DNSTraffic"});
  EXPECT_EQ(meanings("NTPTraffic"), Texts{"artifact d3fend:NTPTraffic"});
  EXPECT_EQ(meanings("ntp"), Texts{"protocol service:ntp"});
  EXPECT_EQ(meanings("exfiltration"), Texts{"attack-tactic attack-enterprise:TA0010"});
  EXPECT_EQ(meanings("apt28"), Texts{"group attack-enterprise:G0007"});
  EXPECT_EQ(meanings("information flow enforcement"), Texts{"control 800-53:AC-4"});
  EXPECT_EQ(meanings("Harden"), Texts{"d3fend-tactic d3fend:Harden"});
}

TEST(LookUp, FindsWhatControlsStandUnder) {
  EXPECT_EQ(meanings("CIS 9"), Texts{"control-group cis:9"});
  EXPECT_EQ(meanings("AC"), Texts{"control-group 800-53:AC"});
  EXPECT_EQ(meanings("PR"), Texts{"control-group csf:PR"});
  EXPECT_EQ(meanings("pr.ds"), Texts{"control-group csf:PR.DS"});
}

TEST(LookUp, AnswersEveryMeaning) {
  EXPECT_EQ(meanings("M1013"),
            (Texts{"mitigation attack-enterprise:M1013", "mitigation attack-mobile:M1013"}));
  EXPECT_EQ(meanings("9.2"), (Texts{"control cis:9.2", "control iso-27001:9.2"}));
}

TEST(LookUp, WhatItSaysExactlyIsFoundAgain) {
  for (const char* words :
       {"T1048.003", "D3-DNSAL", "M1013", "9.2", "AC-4(8)", "ntp", "Harden", "guard", "AC", "TA0010",
        "CWE-79", "CAR-2021-01-007", "NTPTraffic", "T1574.002", "DNSTraffic"}) {
    const auto found = lookUp(example(), words);
    ASSERT_TRUE(found) << words;
    const auto again = lookUp(example(), sayExactly(found->front()));
    ASSERT_TRUE(again) << sayExactly(found->front());
    EXPECT_EQ(again->front(), found->front());
  }
}

TEST(LookUp, ARetiredIdBringsWhatTookItsPlace) {
  const auto found = lookUp(example(), "T1574.002");
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 2U);
  EXPECT_EQ((*found)[0].id, "T1574.002");
  EXPECT_EQ((*found)[0].because, "");
  EXPECT_EQ((*found)[1].id, "T1574.001");
  EXPECT_EQ((*found)[1].because, "T1574.001 took the place of T1574.002 in ATT&CK");
}

TEST(LookUp, AnIdOfANewerAttackIsAnsweredWithWhatItReplaced) {
  const auto found = lookUp(example(), "T1685");
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 1U);
  EXPECT_EQ(found->front().id, "T1562.001");
  EXPECT_EQ(found->front().because, "T1685 is an id of a newer ATT&CK, where it replaced T1562.001");
  EXPECT_EQ(meanings("attack:T1685"), Texts{"attack-technique attack-enterprise:T1562.001"});
  EXPECT_EQ(
      meanings("T1027.018"),
      Texts{"T1027.018 came with a newer ATT&CK than ATT&CK Enterprise 18.1; nothing is known of it / "});
}

TEST(LookUp, ATechniqueOfTheOntologyAloneIsOneOfAttack) {
  Catalogue catalogue = example();
  catalogue.attack.clear();
  const auto found = lookUp(catalogue, "T1048");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->front().kind, SubjectKind::attackTechnique);
  EXPECT_EQ(found->front().framework, Framework::attackEnterprise);
}

TEST(LookUp, NothingFoundNamesTheNearest) {
  EXPECT_EQ(meanings("T1048.009"), Texts{"the catalogue has nothing called 'T1048.009' / T1048.003"});
  EXPECT_EQ(meanings("DNSAlowlisting"),
            Texts{"the catalogue has nothing called 'DNSAlowlisting' / DNSAllowlisting"});
  EXPECT_EQ(meanings("cis:9.3"), Texts{"CIS Controls has nothing called '9.3' / 9.2"});
  EXPECT_EQ(meanings("attack:T1049"), Texts{"ATT&CK has nothing called 'T1049' / T1048"});
  EXPECT_EQ(meanings("cis:AC-4").front(), "CIS Controls has nothing called 'AC-4' / ");
  EXPECT_EQ(meanings("").size(), 1U);
  EXPECT_EQ(meanings(" - ").size(), 1U);
  EXPECT_EQ(meanings(std::string(100'000, 'a')), Texts{"100000 bytes are no name / "});
  EXPECT_EQ(meanings("\xff\xfe").size(), 1U);
}

TEST(LookUp, AnEmptyCatalogueHasNothing) {
  const auto found = lookUp(Catalogue(), "T1048");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().size(), 1U);
}

}  // namespace
}  // namespace vauban::catalog
