#include "catalog/framework_words.h"

#include <gtest/gtest.h>

namespace vauban::catalog {
namespace {

using Frameworks = std::vector<Framework>;

TEST(FrameworkWords, SplitsAFrameworkFromItsId) {
  const struct {
    std::string_view words;
    Frameworks frameworks;
    std::string_view rest;
  } cases[] = {
      {"CIS 9.2", {Framework::cis}, "9.2"},
      {"cis:9.2", {Framework::cis}, "9.2"},
      {"CIS-9.2", {Framework::cis}, "9.2"},
      {"CIS Controls v8 9.2", {Framework::cis}, "9.2"},
      {"800-53 AC-4(8)", {Framework::nist80053}, "AC-4(8)"},
      {"NIST SP 800-53 r5: AC-4 (8)", {Framework::nist80053}, "AC-4 (8)"},
      {"ISO/IEC 27001:2022 A.8.20", {Framework::iso27001}, "A.8.20"},
      {"iso A.8.20", {Framework::iso27001}, "A.8.20"},
      {"NIST CSF 2.0 PR.DS-02", {Framework::nistCsf}, "PR.DS-02"},
      {"attack-ics:T0803", {Framework::attackIcs}, "T0803"},
      {"ATT&CK v18.1 T1048",
       {Framework::attackEnterprise, Framework::attackIcs, Framework::attackMobile},
       "T1048"},
      {"CCI-15", {Framework::cci}, "15"},
      {"62443 SR 1.1", {Framework::iec62443}, "SR 1.1"},
      {"800-82: AC-4", {Framework::nist80082}, "AC-4"},
  };
  for (const auto& it : cases) {
    const FrameworkWords split = splitFramework(it.words);
    EXPECT_EQ(split.frameworks, it.frameworks) << it.words;
    EXPECT_EQ(split.rest, it.rest) << it.words;
  }
}

TEST(FrameworkWords, LeavesAloneWhatNamesNoFramework) {
  for (const std::string_view words :
       {"", "T1048", "D3-DNSAL", "AC-4", "DNS Allowlisting", "cis", "cis:", "cis ", "cisco asa",
        "isolation 9", "attackers all", "9.2", "icsx T0803"}) {
    EXPECT_TRUE(splitFramework(words).frameworks.empty()) << words;
  }
}

TEST(FrameworkWords, WritesIdsAsTheirFrameworkDoes) {
  const struct {
    Framework framework;
    std::string_view written, id;
  } cases[] = {
      {Framework::nist80053, "ac-4 (8)", "AC-4(8)"},
      {Framework::nist80053, "AC-04", "AC-4"},
      {Framework::nist80053, "ac-4.8", "AC-4(8)"},
      {Framework::nist80053, "AC-4(08)", "AC-4(8)"},
      {Framework::nist80053, "AC-10", "AC-10"},
      {Framework::nist80053, "AC-4(8", "AC-4(8"},
      {Framework::nist80053, "AC-4(8)x", "AC-4(8)x"},
      {Framework::nist80053, "AC-", "AC-"},
      {Framework::nist80053, "AC-4.8.1", "AC-4.8.1"},
      {Framework::cci, "15", "CCI-000015"},
      {Framework::cci, "cci-000015", "CCI-000015"},
      {Framework::cci, "CCI-", "CCI-"},
      {Framework::cci, "1234567", "1234567"},
      {Framework::attackEnterprise, "t1048/003", "t1048.003"},
      {Framework::attackEnterprise, " M1037 ", "M1037"},
      {Framework::cis, " 9.2", "9.2"},
  };
  for (const auto& it : cases) EXPECT_EQ(idOfFramework(it.framework, it.written), it.id) << it.written;
}

TEST(FrameworkWords, FoldsNames) {
  EXPECT_EQ(foldedName("  DNS-Allow_Listing  x "), "dns allow listing x");
  EXPECT_EQ(foldedName(" - "), "");
  for (const std::string_view name :
       {"DNS Allowlisting", "DNS--Allowlisting", " dns_allowlisting ", "-a-b-", "", "-"})
    EXPECT_TRUE(isFolded(name, foldedName(name))) << name;
  EXPECT_FALSE(isFolded("DNS Allowlisting", "dns allowlistin"));
  EXPECT_FALSE(isFolded("DNS Allowlistin", "dns allowlisting"));
  EXPECT_FALSE(isFolded("DNSAllowlisting", "dns allowlisting"));
}

TEST(FrameworkWords, KnowsBareNumbers) {
  EXPECT_TRUE(isBareNumber("9.2"));
  EXPECT_TRUE(isBareNumber(" 9 "));
  EXPECT_FALSE(isBareNumber("A.8.20"));
  EXPECT_FALSE(isBareNumber(""));
}

}  // namespace
}  // namespace vauban::catalog
