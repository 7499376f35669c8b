#include "catalog/well_formed_id.h"

#include <gtest/gtest.h>

#include <vector>

namespace vauban::catalog {
namespace {

TEST(WellFormedId, WritesIdsAsTheirFrameworkDoes) {
  const auto control = [](std::string_view text) {
    return wellFormedId(Framework::nist80053, text).value_or("none");
  };
  for (const std::string_view text : {"AC-4(8)", "ac-4.8", "AC-04(08)", "AC-4 (8)", "Ac-004.08"}) {
    EXPECT_EQ(control(text), "AC-4(8)") << text;
  }
  EXPECT_EQ(control("ac-10"), "AC-10");
  EXPECT_EQ(control("CM-07"), "CM-7");
  for (const std::string_view text :
       {"", "AC", "AC-", "AC-4(", "AC-4()", "AC-4(8", "AC-4(8)(9)", "ac-4_smt", "ac-4.8_prm_1", "A-4", "AC4",
        "ACC-4", "AC-4-8", "AC-12345", " AC-4", "AC-4\n", "4-4"}) {
    EXPECT_EQ(control(text), "none") << text;
  }
  EXPECT_EQ(wellFormedId(Framework::cci, "CCI-000015"), "CCI-000015");
  EXPECT_EQ(wellFormedId(Framework::cci, "CCI-00001X"), std::nullopt);
  EXPECT_EQ(wellFormedId(Framework::d3fend, "D3-NTA"), "D3-NTA");
  EXPECT_EQ(wellFormedId(Framework::d3fend, "D3A-X1"), "D3A-X1");
  for (const std::string_view text : {"D3-", "D3", "D3-nta", "D3-A B", "D4-NTA"})
    EXPECT_EQ(wellFormedId(Framework::d3fend, text), std::nullopt) << text;
}

TEST(WellFormedId, KnowsTheIdsOfAttack) {
  for (const std::string_view text :
       {"T1048", "T1048.003", "M1037", "G0007", "C0001", "S0002", "TA0010", "DS0017"})
    EXPECT_EQ(wellFormedId(Framework::attackEnterprise, text), text);
  EXPECT_EQ(wellFormedId(Framework::attackIcs, "T0801/001"), "T0801.001");
  for (const std::string_view text :
       {"T104", "T10480", "T1048.", "T1048.03", "T1048.0003", "TA001", "X1048", "T1048 ", "M1037.001"})
    EXPECT_EQ(wellFormedId(Framework::attackEnterprise, text), std::nullopt) << text;
}

TEST(WellFormedId, ElsewhereAnythingThatFitsIntoATable) {
  EXPECT_EQ(wellFormedId(Framework::capability, "veris/action.Evade Defenses"),
            "veris/action.Evade Defenses");
  EXPECT_EQ(wellFormedId(Framework::capability, "a\tb"), std::nullopt);
  EXPECT_EQ(wellFormedId(Framework::capability, ""), std::nullopt);
  EXPECT_TRUE(isIdText(std::string(200, 'x')));
  EXPECT_FALSE(isIdText(std::string(201, 'x')));
}

}  // namespace
}  // namespace vauban::catalog
