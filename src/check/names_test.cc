#include "check/names.h"

#include <gtest/gtest.h>

namespace vauban::check {
namespace {

TEST(Names, LongestSuffixWinsOnLabelBoundaries) {
  Names names = Names::below({"vendor.example"});
  names.mark("shop.vendor.example", false);
  EXPECT_TRUE(names.says("vendor.example"));
  EXPECT_TRUE(names.says("a.vendor.example"));
  EXPECT_FALSE(names.says("a.shop.vendor.example"));
  EXPECT_FALSE(names.says("evilvendor.example"));
  EXPECT_FALSE(names.says("example"));
}

TEST(Names, LawsOfSets) {
  const Names a = Names::below({"x.example"}), b = Names::below({"y.x.example", "z"});
  EXPECT_TRUE(a.meets(b));
  EXPECT_FALSE(a.contains(b));
  EXPECT_TRUE((a | b).contains(b));
  EXPECT_TRUE((a & ~a).empty());
  EXPECT_TRUE((a | ~a).full());
  EXPECT_TRUE((b - a).says("z"));
  EXPECT_FALSE((b - a).says("y.x.example"));
  EXPECT_TRUE(Names().empty());
  EXPECT_TRUE(Names::all().full());
}

}  // namespace
}  // namespace vauban::check
