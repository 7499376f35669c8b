// "100 kbit/s": bits a second, with the decimal prefixes of the SI.
#pragma once

#include <optional>
#include <string_view>

namespace vauban::model {

// What parseRate takes, as a regular expression (ECMA-262), for the schema.
inline constexpr const char* kRatePattern = "^[0-9]+(\\.[0-9]+)? ?(bit|kbit|Mbit|Gbit)/s$";

std::optional<double> parseRate(std::string_view text);

}  // namespace vauban::model
