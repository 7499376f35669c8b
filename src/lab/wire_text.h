// Bytes as text that names can bear: base32 (RFC 4648 section 6, lower case, no padding) in labels of a
// domain name. Letters may change their case on the way, and do: resolvers randomise it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vauban::lab {

std::string toBase32(std::span<const std::uint8_t> bytes);
// Characters that `bytes` bytes take.
constexpr std::size_t base32Length(std::size_t bytes) { return (bytes * 8 + 4) / 5; }
// 0..31, or -1 for what is none.
int base32Value(char character);
// All that whole bytes can be made of; nothing where a character is none.
std::optional<std::vector<std::uint8_t>> fromBase32(std::string_view text);

// NONCE.LABELS.DOMAIN with the bytes in labels of at most 60 characters; the nonce makes the name new.
// Nothing where the name would be longer than the 253 characters of RFC 1035 section 2.3.4.
std::optional<std::string> nameWith(std::span<const std::uint8_t> bytes, std::string_view nonce,
                                    std::string_view domain);
// A label that this process has not given out before: "n1f".
std::string newNonce();

}  // namespace vauban::lab
