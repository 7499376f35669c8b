#include "catalog/excerpt.h"

#include <algorithm>

namespace vauban::catalog {

std::string excerpt(std::string_view text) {
  constexpr std::size_t kMost = 100;
  std::size_t end = std::min(text.size(), kMost);
  const auto continues = [&](std::size_t at) {
    return (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80;
  };
  while (end > 0 && end < text.size() && continues(end)) --end;
  std::string kept(text.substr(0, end));
  std::ranges::replace_if(
      kept, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, '?');
  return end < text.size() ? kept + "..." : kept;
}

}  // namespace vauban::catalog
