#include "compile/interface_names.h"

#include <gtest/gtest.h>

#include <set>

namespace vauban::compile {
namespace {

TEST(InterfaceNames, legalOnes) {
  for (const char* name : {"eth0", "wan.100", "fwd", "a", "123456789012345", "lo"})
    EXPECT_TRUE(isInterfaceName(name)) << name;
  for (const char* name :
       {"", "1234567890123456", "a b", "a/b", "a:1", "eth*", "a\"b", ".", "..", "t\xC3\xA4"})
    EXPECT_FALSE(isInterfaceName(name)) << name;
}

TEST(InterfaceNames, staysWithTheNameWhereItCan) {
  EXPECT_EQ(interfaceNames({"clients", "fwd", "internet"}),
            (std::vector<std::string>{"clients", "fwd", "internet"}));
}

TEST(InterfaceNames, longOnesAreCutAndTold) {
  const std::vector<std::string> names{
      "plant-north-cell-one", "plant-north-cell-two", "plant-north-1", "lo", "default", "eth0"};
  const auto made = interfaceNames(names, {"eth0"});
  EXPECT_EQ(made, (std::vector<std::string>{"plant-north-c-1", "plant-north-c-2", "plant-north-1", "lo-1",
                                            "default-1", "eth0-1"}));
  EXPECT_EQ(interfaceNames(names, {"eth0"}), made);
}

TEST(InterfaceNames, manyOfOneBeginning) {
  std::vector<std::string> names;
  for (int i = 0; i < 2000; ++i) names.push_back("a-very-long-name-of-a-zone-" + std::to_string(i));
  std::set<std::string> seen;
  for (const std::string& name : interfaceNames(names)) {
    EXPECT_TRUE(isInterfaceName(name)) << name;
    EXPECT_TRUE(seen.insert(name).second) << name;
  }
}

}  // namespace
}  // namespace vauban::compile
