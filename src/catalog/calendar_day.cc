#include "catalog/calendar_day.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>

namespace vauban::catalog {
namespace {

// A number of at most `most` digits that ends at `end` (all of the rest where that is 0); cut off with it.
std::optional<int> number(std::string_view& text, std::size_t most, char end) {
  const std::size_t size = end == '\0' ? text.size() : text.find(end);
  if (size == 0 || size == std::string_view::npos || size > most) return std::nullopt;
  int value = 0;
  const std::string_view digits = text.substr(0, size);
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || stop != digits.data() + digits.size() || value < 0) return std::nullopt;
  text.remove_prefix(end == '\0' ? size : size + 1);
  return value;
}

std::optional<std::string> day(std::optional<int> year, std::optional<int> month, std::optional<int> day) {
  if (!year || !month || !day || *year < 1000) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return fmt::format("{:04}-{:02}-{:02}", *year, *month, *day);
}

}  // namespace

std::optional<std::string> dayOfTimestamp(std::string_view text) {
  if (text.size() < 11 || text[4] != '-' || text[7] != '-' || (text[10] != 'T' && text[10] != 't'))
    return std::nullopt;
  const auto year = number(text, 4, '-'), month = number(text, 2, '-');
  return day(year, month, number(text, 2, text[2]));
}

std::optional<std::string> dayOfUsDate(std::string_view text) {
  const auto month = number(text, 2, '/'), dayOfMonth = number(text, 2, '/');
  return day(number(text, 4, '\0'), month, dayOfMonth);
}

}  // namespace vauban::catalog
