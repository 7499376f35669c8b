// Days as other people's files write them, as ISO 8601 does: "2025-08-28". Pure functions; nothing where the
// text is no day of the Gregorian calendar.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vauban::catalog {

std::optional<std::string> dayOfTimestamp(std::string_view text);  // RFC 3339: "2024-02-13T17:43:40.74Z"
std::optional<std::string> dayOfUsDate(std::string_view text);     // "08/28/2025", "8/28/2025"

}  // namespace vauban::catalog
