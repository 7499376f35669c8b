#include "lab/wire_text.h"

#include <fmt/format.h>

#include <atomic>

namespace vauban::lab {
namespace {

constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";
constexpr std::size_t kLabel = 60, kMostName = 253;

}  // namespace

std::string toBase32(std::span<const std::uint8_t> bytes) {
  std::string text;
  text.reserve(base32Length(bytes.size()));
  std::uint32_t held = 0;
  unsigned bits = 0;
  for (const std::uint8_t byte : bytes) {
    held = held << 8U | byte;
    for (bits += 8; bits >= 5; bits -= 5) text += kAlphabet[held >> (bits - 5) & 31U];
    held &= (1U << bits) - 1;
  }
  if (bits > 0) text += kAlphabet[held << (5 - bits) & 31U];
  return text;
}

int base32Value(char character) {
  if (character >= 'a' && character <= 'z') return character - 'a';
  if (character >= 'A' && character <= 'Z') return character - 'A';
  if (character >= '2' && character <= '7') return character - '2' + 26;
  return -1;
}

std::optional<std::vector<std::uint8_t>> fromBase32(std::string_view text) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(text.size() * 5 / 8);
  std::uint32_t held = 0;
  unsigned bits = 0;
  for (const char character : text) {
    const int value = base32Value(character);
    if (value < 0) return std::nullopt;
    held = held << 5U | static_cast<std::uint32_t>(value);
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push_back(static_cast<std::uint8_t>(held >> bits));
      held &= (1U << bits) - 1;
    }
  }
  return bytes;
}

std::optional<std::string> nameWith(std::span<const std::uint8_t> bytes, std::string_view nonce,
                                    std::string_view domain) {
  const std::string text = toBase32(bytes);
  std::string name(nonce);
  for (std::size_t at = 0; at < text.size(); at += kLabel) {
    name += '.';
    name += std::string_view(text).substr(at, kLabel);
  }
  name += '.';
  name += domain;
  if (name.size() > kMostName) return std::nullopt;
  return name;
}

std::string newNonce() {
  static std::atomic<std::uint64_t> given = 0;
  return fmt::format("n{:x}", given.fetch_add(1));
}

}  // namespace vauban::lab
