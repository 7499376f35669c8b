// Which chunks of which payloads a stretch of bytes has in it, at any place, raw or in base32.
//
// A chunk is found by its first eight bytes and then compared whole: no false find, and none missed that is
// there in one piece. Chunks below eight bytes are found as numbers only. Owns copies of what it looks for;
// one thread at a time. Cost: a table look-up for each byte.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "lab/payload.h"

namespace vauban::lab {

class WitnessIndex {
 public:
  WitnessIndex();

  void add(std::uint64_t id, const Payload& payload);
  void remove(std::uint64_t id);

  struct Find {
    std::uint64_t id = 0;
    std::size_t chunk = 0;
    std::size_t begin = 0, end = 0;  // of what was looked through
    bool text = false;               // in base32
  };
  // The bytes themselves.
  void findRaw(std::span<const std::uint8_t> bytes, std::vector<Find>& finds) const;
  // Base32 in letters of either case; dots between labels are passed over.
  void findText(std::string_view text, std::vector<Find>& finds) const;
  // A number of four bytes.
  void findNumber(std::uint32_t number, std::vector<Find>& finds) const;

 private:
  using Place = std::pair<std::uint64_t, std::uint32_t>;  // payload, chunk

  const std::vector<Place>* places(std::uint64_t key) const;

  std::map<std::uint64_t, Payload> payloads_;
  std::unordered_map<std::uint64_t, std::vector<Place>> byBeginning_;
  std::unordered_map<std::uint32_t, std::vector<Place>> byNumber_;
  std::vector<std::uint64_t> filter_;  // a bit for each beginning: most bytes end here
};

}  // namespace vauban::lab
