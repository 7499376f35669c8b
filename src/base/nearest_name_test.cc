#include "base/nearest_name.h"

#include <gtest/gtest.h>

namespace vauban {
namespace {

TEST(NearestName, CountsEdits) {
  EXPECT_EQ(editDistance("kitten", "sitting", 5), 3U);
  EXPECT_EQ(editDistance("dsn", "dns", 5), 1U);
  EXPECT_EQ(editDistance("DMZ", "dmz", 5), 0U);
  EXPECT_EQ(editDistance("abc", "xyz", 1), 2U);
  EXPECT_EQ(nearestName("clinets", {"clients", "plant"}), "clients");
  EXPECT_EQ(nearestName("zebra", {"clients", "plant"}), "");
  EXPECT_EQ(nearestName("ab", {"ad", "ac"}), "ac");
}

}  // namespace
}  // namespace vauban
