// The bytes that an attempt sends: random, made from a seed, cut into chunks that each ride in one message
// and are recognised by their content wherever they arrive.
//
// A value. Invariants: at least one chunk where there are bytes; chunks differ in length by one at most and
// none is longer than `chunkBytes`; chunk(0), chunk(1), ... are bytes() without gaps. The same seed, bytes
// and chunk length give the same bytes. Two attempts of a lab need two seeds: a witness that expects both
// must be able to tell them apart, and names that were asked before are answered from caches.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace vauban::lab {

class Payload {
 public:
  // `chunkBytes` below eight counts as four. At most 16 MiB are made; a few bytes more than asked for where
  // chunks would otherwise be too short to be recognised.
  Payload(std::uint64_t seed, std::size_t bytes, std::size_t chunkBytes);

  std::span<const std::uint8_t> bytes() const { return bytes_; }
  std::size_t size() const { return bytes_.size(); }
  std::size_t chunkCount() const { return chunkCount_; }
  std::span<const std::uint8_t> chunk(std::size_t index) const;
  std::uint64_t seed() const { return seed_; }
  std::string sha256() const;  // of bytes(), in hexadecimal

 private:
  std::uint64_t seed_ = 0;
  std::size_t chunkCount_ = 0;
  std::vector<std::uint8_t> bytes_;
};

}  // namespace vauban::lab
