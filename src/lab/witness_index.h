// Which chunks of which payloads a stretch of bytes has in it, at any place, raw or in base32.
//
// A chunk is found by its first eight bytes and then compared whole: no false find, and none missed that is
// there in one piece. Chunks below eight bytes are found as numbers only. Owns copies of what it looks for;
// one thread at a time.
//
// Cost: one look into a table for each byte, however many payloads there are; of `add` and `remove` one for
// each chunk of that payload, whatever else is looked for. Invariants: at most half of the table is taken;
// the entries of one home (the place that a key is hashed to) follow it without a gap; `filter_` has exactly
// the bits of the entries.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lab/payload.h"

namespace vauban::lab {

class WitnessIndex {
 public:
  WitnessIndex() { resize(kLeastCapacity); }

  // An id that is there already is replaced.
  void add(std::uint64_t id, const Payload& payload);
  void remove(std::uint64_t id);
  // Grows with each `add`: what was looked through before was not looked through for all that is here now.
  std::uint64_t version() const { return version_; }

  struct Find {
    std::uint64_t id = 0;
    std::size_t chunk = 0;
    std::size_t begin = 0, end = 0;  // of what was looked through
    bool text = false;               // in base32
  };
  using Finds = std::vector<Find>;
  // The bytes themselves. At one place one chunk: that of the payload that was added first.
  void findRaw(std::span<const std::uint8_t> bytes, Finds& finds) const { lookRaw(bytes, 0, finds, nullptr); }
  // Base32 in letters of either case; dots between labels are passed over.
  void findText(std::string_view letters, Finds& finds) const;
  // A number of four bytes.
  void findNumber(std::uint32_t number, Finds& finds) const;

  // A chunk that has begun and not ended where the bytes do.
  struct Begun {
    std::uint64_t id = 0;
    std::uint32_t chunk = 0;
    std::size_t at = 0;
    bool text = false;
  };
  // For streams: both, in bytes of which the first `known` were looked through by a call before; finds those
  // that end behind them. `begun` is what that call left, with places in these bytes, and becomes what this
  // one leaves. Costs what is new.
  void findOn(std::span<const std::uint8_t> bytes, std::size_t known, std::vector<Begun>& begun,
              Finds& finds) const;

 private:
  static constexpr std::size_t kLeastCapacity = 64;
  static constexpr std::uint32_t kNobody = ~std::uint32_t{0};

  struct Held {
    std::uint64_t id = 0, serial = 0;
    std::optional<Payload> payload;  // nothing: the number is free
  };
  struct Entry {
    std::uint64_t key = 0;
    std::uint32_t held = kNobody, chunk = 0;
  };
  struct Match {
    enum class State { none, begun, whole } state = State::none;
    std::size_t end = 0;
  };
  using Bytes = std::span<const std::uint8_t>;

  std::size_t homeOf(std::uint64_t key) const;
  std::uint16_t bitOf(std::uint64_t key) const;
  bool mayHave(std::uint64_t key) const { return (filter_[homeOf(key)] & bitOf(key)) != 0; }
  std::size_t after(std::size_t place) const { return (place + 1) & (entries_.size() - 1); }
  void enter(const Entry& entry);
  void erase(std::uint64_t key, std::uint32_t held, std::uint32_t chunk);
  void resize(std::size_t capacity);

  static Match matchRaw(Bytes bytes, std::size_t at, Bytes wanted);
  static Match matchText(Bytes bytes, std::size_t at, Bytes wanted);
  void lookAt(std::uint64_t key, Bytes bytes, std::size_t at, bool text, Finds& finds,
              std::vector<Begun>* begun) const;
  void lookRaw(Bytes bytes, std::size_t known, Finds& finds, std::vector<Begun>* begun) const;
  void lookText(Bytes bytes, std::size_t known, Finds& finds, std::vector<Begun>* begun) const;

  std::vector<Held> held_;
  std::vector<std::uint32_t> free_;  // numbers in held_
  std::unordered_map<std::uint64_t, std::uint32_t> byId_;
  std::uint64_t version_ = 0;
  std::vector<Entry> entries_;         // by beginning, open addressing; as many as a power of two
  std::vector<std::uint16_t> filter_;  // by home: a bit for each of 16 parts of it; most bytes end here
  unsigned shift_ = 0;                 // of a hash, to its home
  std::size_t taken_ = 0;
  std::unordered_map<std::uint32_t, std::vector<Entry>> byNumber_;
};

}  // namespace vauban::lab
