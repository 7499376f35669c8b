#include "lab/witness_index.h"

#include <algorithm>
#include <array>
#include <bit>

#include "base/result.h"
#include "lab/wire_text.h"

namespace vauban::lab {
namespace {

constexpr std::size_t kKey = 8, kNumber = 4, kKeyCharacters = 13;
constexpr unsigned kBitsOfHome = 4;  // 16 bits of a filter word

std::uint64_t bigEndian(const std::uint8_t* bytes, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8U | bytes[i];
  return value;
}

// What is looked for is random, what is looked through is not (Fibonacci hashing).
std::uint64_t hashOf(std::uint64_t key) { return key * 0x9E3779B97F4A7C15U; }

constexpr std::uint8_t kDot = 0xFE, kOther = 0xFF;  // anything else is a value of base32

const std::array<std::uint8_t, 256>& characters() {
  static const std::array<std::uint8_t, 256> table = [] {
    std::array<std::uint8_t, 256> made{};
    for (std::size_t i = 0; i < made.size(); ++i) {
      const int value = base32Value(static_cast<char>(i));
      made[i] = value >= 0 ? static_cast<std::uint8_t>(value) : i == '.' ? kDot : kOther;
    }
    return made;
  }();
  return table;
}

}  // namespace

std::size_t WitnessIndex::homeOf(std::uint64_t key) const { return hashOf(key) >> shift_; }
std::uint16_t WitnessIndex::bitOf(std::uint64_t key) const {
  return static_cast<std::uint16_t>(1U << (hashOf(key) >> (shift_ - kBitsOfHome) & 15U));
}

void WitnessIndex::enter(const Entry& entry) {
  std::size_t place = homeOf(entry.key);
  filter_[place] |= bitOf(entry.key);
  while (entries_[place].held != kNobody) place = after(place);
  entries_[place] = entry;
}

void WitnessIndex::resize(std::size_t capacity) {
  const std::vector<Entry> before = std::move(entries_);
  entries_.assign(capacity, {});
  filter_.assign(capacity, 0);
  shift_ = 64U - static_cast<unsigned>(std::countr_zero(capacity));
  for (const Entry& entry : before)
    if (entry.held != kNobody) enter(entry);
}

void WitnessIndex::erase(std::uint64_t key, std::uint32_t held, std::uint32_t chunk) {
  const std::size_t home = homeOf(key);
  std::size_t gap = home;
  while (entries_[gap].held != held || entries_[gap].chunk != chunk) {
    VAUBAN_CHECK(entries_[gap].held != kNobody);
    gap = after(gap);
  }
  entries_[gap] = {};
  --taken_;
  // Those behind it move up, unless that were before their home.
  const std::size_t mask = entries_.size() - 1;
  for (std::size_t place = after(gap); entries_[place].held != kNobody; place = after(place)) {
    const std::size_t fromHome = (place - homeOf(entries_[place].key)) & mask;
    if (fromHome < ((place - gap) & mask)) continue;
    entries_[gap] = entries_[place];
    entries_[place] = {};
    gap = place;
  }
  filter_[home] = 0;
  for (std::size_t place = home; entries_[place].held != kNobody; place = after(place))
    if (homeOf(entries_[place].key) == home) filter_[home] |= bitOf(entries_[place].key);
}

void WitnessIndex::add(std::uint64_t id, const Payload& payload) {
  remove(id);
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(held_.size()));
    held_.emplace_back();
  }
  const std::uint32_t number = free_.back();
  free_.pop_back();
  byId_[id] = number;
  held_[number] = {id, ++version_, payload};
  const Payload& kept = *held_[number].payload;
  if (const std::size_t most = taken_ + kept.chunkCount(); most * 2 > entries_.size())
    resize(std::bit_ceil(most * 2));
  for (std::size_t i = 0; i < kept.chunkCount(); ++i) {
    const Bytes chunk = kept.chunk(i);
    if (chunk.size() >= kKey) {
      enter({bigEndian(chunk.data(), kKey), number, static_cast<std::uint32_t>(i)});
      ++taken_;
    } else if (chunk.size() == kNumber) {
      const auto value = static_cast<std::uint32_t>(bigEndian(chunk.data(), kNumber));
      byNumber_[value].push_back({value, number, static_cast<std::uint32_t>(i)});
    }
  }
}

void WitnessIndex::remove(std::uint64_t id) {
  const auto found = byId_.find(id);
  if (found == byId_.end()) return;
  const std::uint32_t number = found->second;
  const Payload& payload = *held_[number].payload;
  for (std::size_t i = 0; i < payload.chunkCount(); ++i) {
    const Bytes chunk = payload.chunk(i);
    if (chunk.size() >= kKey) {
      erase(bigEndian(chunk.data(), kKey), number, static_cast<std::uint32_t>(i));
    } else if (const auto at = byNumber_.find(static_cast<std::uint32_t>(bigEndian(chunk.data(), kNumber)));
               chunk.size() == kNumber && at != byNumber_.end()) {
      std::erase_if(at->second, [&](const Entry& entry) { return entry.held == number; });
      if (at->second.empty()) byNumber_.erase(at);
    }
  }
  held_[number] = {};
  free_.push_back(number);
  byId_.erase(found);
  // A wide table is slow to look into.
  if (entries_.size() > kLeastCapacity && taken_ * 16 < entries_.size())
    resize(std::max(kLeastCapacity, std::bit_ceil(taken_ * 4)));
}

WitnessIndex::Match WitnessIndex::matchRaw(Bytes bytes, std::size_t at, Bytes wanted) {
  const std::size_t there = std::min(wanted.size(), bytes.size() - at);
  if (!std::equal(wanted.begin(), wanted.begin() + static_cast<std::ptrdiff_t>(there),
                  bytes.begin() + static_cast<std::ptrdiff_t>(at)))
    return {};
  return {there == wanted.size() ? Match::State::whole : Match::State::begun, at + wanted.size()};
}

WitnessIndex::Match WitnessIndex::matchText(Bytes bytes, std::size_t at, Bytes wanted) {
  std::size_t left = base32Length(wanted.size()), next = 0;
  std::uint32_t held = 0;
  unsigned bits = 0;
  for (; at < bytes.size(); ++at) {
    const std::uint8_t value = characters()[bytes[at]];
    if (value == kDot) continue;
    if (value == kOther) return {};
    held = held << 5U | value;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      if (static_cast<std::uint8_t>(held >> bits) != wanted[next++]) return {};
    }
    if (--left == 0) return {Match::State::whole, at + 1};
  }
  return {Match::State::begun, 0};
}

void WitnessIndex::lookAt(std::uint64_t key, Bytes bytes, std::size_t at, bool text, Finds& finds,
                          std::vector<Begun>* begun) const {
  const Entry* first = nullptr;
  std::size_t end = 0;
  for (std::size_t place = homeOf(key); entries_[place].held != kNobody; place = after(place)) {
    const Entry& entry = entries_[place];
    if (entry.key != key) continue;
    const Held& held = held_[entry.held];
    const Bytes wanted = held.payload->chunk(entry.chunk);
    const Match match = text ? matchText(bytes, at, wanted) : matchRaw(bytes, at, wanted);
    if (match.state == Match::State::begun && begun != nullptr)
      begun->push_back({held.id, entry.chunk, at, text});
    if (match.state != Match::State::whole) continue;
    const auto order = [&](const Entry& one) { return std::pair(held_[one.held].serial, one.chunk); };
    if (first != nullptr && order(*first) < order(entry)) continue;
    first = &entry;
    end = match.end;
  }
  if (first != nullptr) finds.push_back({held_[first->held].id, first->chunk, at, end, text});
}

void WitnessIndex::lookRaw(Bytes bytes, std::size_t known, Finds& finds, std::vector<Begun>* begun) const {
  if (bytes.size() < kKey || taken_ == 0) return;
  const std::size_t from = known < kKey ? 0 : known - (kKey - 1);
  if (from + kKey > bytes.size()) return;
  std::uint64_t key = bigEndian(bytes.data() + from, kKey - 1);
  for (std::size_t last = from + kKey - 1; last < bytes.size(); ++last) {
    key = key << 8U | bytes[last];
    if (last >= known && mayHave(key)) lookAt(key, bytes, last + 1 - kKey, false, finds, begun);
  }
}

void WitnessIndex::lookText(Bytes bytes, std::size_t known, Finds& finds, std::vector<Begun>* begun) const {
  if (bytes.size() < kKeyCharacters || taken_ == 0) return;
  const std::array<std::uint8_t, 256>& values = characters();
  // As far back as a beginning may reach that ends in what is new.
  std::size_t from = known;
  for (std::size_t run = 0; from > 0 && run + 1 < kKeyCharacters; --from) {
    const std::uint8_t value = values[bytes[from - 1]];
    if (value == kOther) break;
    if (value != kDot) ++run;
  }
  std::array<std::size_t, 16> places{};  // of the last characters of the run
  std::size_t run = 0;
  unsigned __int128 window = 0;
  for (std::size_t at = from; at < bytes.size(); ++at) {
    const std::uint8_t value = values[bytes[at]];
    if (value >= kDot) {
      if (value == kOther) run = 0;
      continue;
    }
    places[run % places.size()] = at;
    window = window << 5U | value;
    if (++run < kKeyCharacters || at < known) continue;
    // 13 characters are 65 bits; the last belongs to the ninth byte.
    const auto key = static_cast<std::uint64_t>(window >> 1U);
    if (mayHave(key)) lookAt(key, bytes, places[(run - kKeyCharacters) % places.size()], true, finds, begun);
  }
}

void WitnessIndex::findText(std::string_view letters, Finds& finds) const {
  lookText({reinterpret_cast<const std::uint8_t*>(letters.data()), letters.size()}, 0, finds, nullptr);
}

void WitnessIndex::findOn(Bytes bytes, std::size_t known, std::vector<Begun>& begun, Finds& finds) const {
  const std::vector<Begun> before = std::move(begun);
  begun.clear();
  for (const Begun& one : before) {
    const auto found = byId_.find(one.id);
    if (found == byId_.end()) continue;
    const Bytes wanted = held_[found->second].payload->chunk(one.chunk);
    const Match match = one.text ? matchText(bytes, one.at, wanted) : matchRaw(bytes, one.at, wanted);
    if (match.state == Match::State::begun) begun.push_back(one);
    if (match.state == Match::State::whole) finds.push_back({one.id, one.chunk, one.at, match.end, one.text});
  }
  lookRaw(bytes, known, finds, &begun);
  lookText(bytes, known, finds, &begun);
}

void WitnessIndex::findNumber(std::uint32_t number, Finds& finds) const {
  const auto found = byNumber_.find(number);
  if (found == byNumber_.end()) return;
  for (const Entry& entry : found->second)
    finds.push_back({held_[entry.held].id, entry.chunk, 0, kNumber, false});
}

}  // namespace vauban::lab
