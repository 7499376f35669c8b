// Equality, first difference and hash of texts that are mostly short: ids and names, millions of them in a
// second. The library's own go through a call for each text, which costs more than the text does.
//
// Pure functions. The hash is for tables in memory: it differs between machines of different byte order.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace vauban::catalog {

namespace short_text {

template <class Word>
Word load(const char* at) {
  Word word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

inline std::uint64_t mixed(std::uint64_t hash, std::uint64_t word) {
  hash = (hash ^ word) * 0x9E3779B97F4A7C15ULL;
  return hash ^ (hash >> 29U);
}

}  // namespace short_text

inline bool sameText(std::string_view a, std::string_view b) {
  using short_text::load;
  const std::size_t size = a.size();
  if (size != b.size()) return false;
  const char *x = a.data(), *y = b.data();
  if (size > 16) return std::memcmp(x, y, size) == 0;
  // Two words that overlap cover what is longer than one.
  if (size >= 8)
    return ((load<std::uint64_t>(x) ^ load<std::uint64_t>(y)) |
            (load<std::uint64_t>(x + size - 8) ^ load<std::uint64_t>(y + size - 8))) == 0;
  if (size >= 4)
    return ((load<std::uint32_t>(x) ^ load<std::uint32_t>(y)) |
            (load<std::uint32_t>(x + size - 4) ^ load<std::uint32_t>(y + size - 4))) == 0;
  for (std::size_t i = 0; i < size; ++i) {
    if (x[i] != y[i]) return false;
  }
  return true;
}

// Where two texts differ first; the length of the shorter where one begins with the other.
inline std::size_t firstDifference(std::string_view a, std::string_view b) {
  using short_text::load;
  const std::size_t both = std::min(a.size(), b.size());
  std::size_t at = 0;
  for (; at + 8 <= both; at += 8) {
    const std::uint64_t bits = load<std::uint64_t>(a.data() + at) ^ load<std::uint64_t>(b.data() + at);
    if (bits == 0) continue;
    const int zeros =
        std::endian::native == std::endian::big ? std::countl_zero(bits) : std::countr_zero(bits);
    return at + static_cast<std::size_t>(zeros) / 8;
  }
  while (at < both && a[at] == b[at]) ++at;
  return at;
}

inline std::uint64_t hashOfText(std::string_view text) {
  using short_text::load;
  using short_text::mixed;
  const char* at = text.data();
  std::size_t left = text.size();
  std::uint64_t hash = mixed(0x2545F4914F6CDD1DULL, left);
  for (; left >= 8; at += 8, left -= 8) hash = mixed(hash, load<std::uint64_t>(at));
  if (left >= 4) {
    hash = mixed(hash, load<std::uint32_t>(at));
    at += 4, left -= 4;
  }
  std::uint64_t rest = 0;
  for (; left > 0; ++at, --left) rest = rest << 8U | static_cast<unsigned char>(*at);
  return mixed(hash, rest);
}

}  // namespace vauban::catalog
