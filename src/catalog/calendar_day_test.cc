#include "catalog/calendar_day.h"

#include <gtest/gtest.h>

namespace vauban::catalog {
namespace {

TEST(CalendarDay, OfTimestamps) {
  EXPECT_EQ(dayOfTimestamp("2024-02-13T17:43:40.74643Z"), "2024-02-13");
  EXPECT_EQ(dayOfTimestamp("2024-02-29T00:00:00+01:00"), "2024-02-29");
  for (const std::string_view text :
       {"", "2024-02-13", "2023-02-29T00:00:00Z", "2024-13-01T00:00:00Z", "2024-00-01T0", "yesterday at noon",
        "20240213T174340Z", "2024-2-13T17:43:40Z", "-024-02-13T1"})
    EXPECT_EQ(dayOfTimestamp(text), std::nullopt) << text;
}

TEST(CalendarDay, OfAmericanDates) {
  EXPECT_EQ(dayOfUsDate("08/28/2025"), "2025-08-28");
  EXPECT_EQ(dayOfUsDate("8/2/2025"), "2025-08-02");
  for (const std::string_view text :
       {"", "28/08/2025", "08/28/25", "08/28/2025x", "08-28-2025", "02/30/2025", "//", "1/1/"})
    EXPECT_EQ(dayOfUsDate(text), std::nullopt) << text;
}

}  // namespace
}  // namespace vauban::catalog
