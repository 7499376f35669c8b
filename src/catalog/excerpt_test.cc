#include "catalog/excerpt.h"

#include <gtest/gtest.h>

#include "base/utf8.h"

namespace vauban::catalog {
namespace {

TEST(Excerpt, IsShortOneLineAndUtf8) {
  EXPECT_EQ(excerpt(""), "");
  EXPECT_EQ(excerpt("T1048\n\x01\x7F"), "T1048???");
  EXPECT_EQ(excerpt(std::string(100, 'x')), std::string(100, 'x'));
  EXPECT_EQ(excerpt(std::string(101, 'x')), std::string(100, 'x') + "...");
  for (std::size_t before = 96; before <= 101; ++before) {
    const std::string cut = excerpt(std::string(before, 'x') + "\xF0\x9F\x94\x92\xC3\xA9");
    EXPECT_EQ(firstInvalidUtf8(cut), std::string_view::npos) << before;
    EXPECT_LE(cut.size(), 106U);
  }
}

}  // namespace
}  // namespace vauban::catalog
