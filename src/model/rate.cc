#include "model/rate.h"

#include <charconv>
#include <cmath>

namespace vauban::model {

std::optional<double> parseRate(std::string_view text) {
  const auto end = text.find_first_not_of("0123456789.");
  if (end == std::string_view::npos || end == 0) return std::nullopt;
  const auto digits = text.substr(0, end);
  const auto dot = digits.find('.');
  if (dot == 0 || dot + 1 == digits.size() ||
      digits.find('.', dot == std::string_view::npos ? dot : dot + 1) != std::string_view::npos) {
    return std::nullopt;
  }
  auto unit = text.substr(end);
  if (unit.starts_with(' ')) unit.remove_prefix(1);
  double factor = 0;
  if (unit == "bit/s") factor = 1;
  if (unit == "kbit/s") factor = 1e3;
  if (unit == "Mbit/s") factor = 1e6;
  if (unit == "Gbit/s") factor = 1e9;
  double value = 0;
  const auto [last, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (factor == 0 || error != std::errc() || last != digits.data() + digits.size()) return std::nullopt;
  return std::isfinite(value * factor) ? std::optional(value * factor) : std::nullopt;
}

}  // namespace vauban::model
