#include "lab/payload.h"

#include <fmt/format.h>
#include <nettle/sha2.h>

#include <algorithm>
#include <array>

#include "base/result.h"

namespace vauban::lab {
namespace {

constexpr std::size_t kMostBytes = std::size_t{16} << 20U, kNumber = 4, kRecognised = 8;

// SplitMix64 (OOPSLA 2014): the same on every machine, unlike the distributions of
// <random>.
std::uint64_t next(std::uint64_t& state) {
  state += 0x9E3779B97F4A7C15U;
  std::uint64_t z = state;
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31U);
}

}  // namespace

Payload::Payload(std::uint64_t seed, std::size_t bytes, std::size_t chunkBytes) : seed_(seed) {
  const auto count = [&] { return (bytes + chunkBytes - 1) / chunkBytes; };
  bytes = std::min(bytes, kMostBytes);
  std::size_t unit = kRecognised;
  if (chunkBytes < kRecognised) unit = chunkBytes = kNumber;
  // A multiple of eight bytes cut into as few chunks as there can be has eight or more in each.
  if (count() > 0 && bytes / count() < unit) bytes = (bytes + unit - 1) / unit * unit;
  if (unit == kNumber) bytes = (bytes + unit - 1) / unit * unit;
  chunkCount_ = count();
  bytes_.reserve(bytes + 8);
  std::uint64_t state = seed;
  while (bytes_.size() < bytes) {
    std::uint64_t word = next(state);
    for (int i = 0; i < 8; ++i, word >>= 8U) bytes_.push_back(static_cast<std::uint8_t>(word));
  }
  bytes_.resize(bytes);
}

std::span<const std::uint8_t> Payload::chunk(std::size_t index) const {
  VAUBAN_CHECK(index < chunkCount_);
  const std::size_t least = bytes_.size() / chunkCount_, longer = bytes_.size() % chunkCount_;
  const std::size_t begin = index * least + std::min(index, longer);
  return bytes().subspan(begin, least + (index < longer ? 1 : 0));
}

std::string Payload::sha256() const {
  sha256_ctx context;
  sha256_init(&context);
  sha256_update(&context, bytes_.size(), bytes_.data());
  std::array<std::uint8_t, SHA256_DIGEST_SIZE> digest{};
  sha256_digest(&context, digest.size(), digest.data());
  std::string text;
  for (const std::uint8_t byte : digest) text += fmt::format("{:02x}", byte);
  return text;
}

}  // namespace vauban::lab
