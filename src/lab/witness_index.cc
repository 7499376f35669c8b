#include "lab/witness_index.h"

#include <algorithm>

#include "lab/wire_text.h"

namespace vauban::lab {
namespace {

constexpr std::size_t kKey = 8, kNumber = 4, kKeyCharacters = 13;
constexpr std::uint64_t kFilterBits = std::uint64_t{1} << 22U;

std::uint64_t bigEndian(const std::uint8_t* bytes, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8U | bytes[i];
  return value;
}

// Beginnings are random already.
std::uint64_t filterBit(std::uint64_t key) { return (key ^ key >> 29U) % kFilterBits; }

}  // namespace

WitnessIndex::WitnessIndex() : filter_(kFilterBits / 64, 0) {}

void WitnessIndex::add(std::uint64_t id, const Payload& payload) {
  const Payload& kept = payloads_.insert_or_assign(id, payload).first->second;
  for (std::size_t i = 0; i < kept.chunkCount(); ++i) {
    const auto chunk = kept.chunk(i);
    const Place place(id, static_cast<std::uint32_t>(i));
    if (chunk.size() >= kKey) {
      const std::uint64_t key = bigEndian(chunk.data(), kKey);
      byBeginning_[key].push_back(place);
      filter_[filterBit(key) / 64] |= std::uint64_t{1} << filterBit(key) % 64;
    } else if (chunk.size() == kNumber) {
      byNumber_[static_cast<std::uint32_t>(bigEndian(chunk.data(), kNumber))].push_back(place);
    }
  }
}

void WitnessIndex::remove(std::uint64_t id) {
  if (payloads_.erase(id) == 0) return;
  const auto clear = [&](auto& table) {
    for (auto it = table.begin(); it != table.end();) {
      std::erase_if(it->second, [&](const Place& place) { return place.first == id; });
      it = it->second.empty() ? table.erase(it) : std::next(it);
    }
  };
  clear(byBeginning_);
  clear(byNumber_);
  std::fill(filter_.begin(), filter_.end(), 0);
  for (const auto& [key, places] : byBeginning_)
    filter_[filterBit(key) / 64] |= std::uint64_t{1} << filterBit(key) % 64;
}

const std::vector<WitnessIndex::Place>* WitnessIndex::places(std::uint64_t key) const {
  const std::uint64_t bit = filterBit(key);
  if ((filter_[bit / 64] >> bit % 64 & 1U) == 0) return nullptr;
  const auto found = byBeginning_.find(key);
  return found == byBeginning_.end() ? nullptr : &found->second;
}

void WitnessIndex::findRaw(std::span<const std::uint8_t> bytes, std::vector<Find>& finds) const {
  if (bytes.size() < kKey || byBeginning_.empty()) return;
  std::uint64_t key = bigEndian(bytes.data(), kKey - 1);
  for (std::size_t at = 0; at + kKey <= bytes.size(); ++at) {
    key = key << 8U | bytes[at + kKey - 1];
    const std::vector<Place>* here = places(key);
    if (here == nullptr) continue;
    for (const auto& [id, chunk] : *here) {
      const auto wanted = payloads_.at(id).chunk(chunk);
      if (wanted.size() > bytes.size() - at) continue;
      if (!std::equal(wanted.begin(), wanted.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at)))
        continue;
      finds.push_back({id, chunk, at, at + wanted.size(), false});
      break;
    }
  }
}

void WitnessIndex::findText(std::string_view text, std::vector<Find>& finds) const {
  if (text.size() < kKeyCharacters || byBeginning_.empty()) return;
  // Runs of base32 without their dots, with where each character stood.
  std::string run;
  std::vector<std::size_t> places32;
  const auto search = [&] {
    unsigned __int128 window = 0;
    for (std::size_t i = 0; i < run.size(); ++i) {
      window = window << 5U | static_cast<unsigned>(base32Value(run[i]));
      if (i + 1 < kKeyCharacters) continue;
      // 13 characters are 65 bits; the last belongs to the ninth byte.
      const std::vector<Place>* here = places(static_cast<std::uint64_t>(window >> 1U));
      if (here == nullptr) continue;
      const std::size_t begin = i + 1 - kKeyCharacters;
      for (const auto& [id, chunk] : *here) {
        const auto wanted = payloads_.at(id).chunk(chunk);
        const std::size_t length = base32Length(wanted.size());
        if (length > run.size() - begin) continue;
        const auto bytes = fromBase32(std::string_view(run).substr(begin, length));
        if (!bytes || !std::equal(wanted.begin(), wanted.end(), bytes->begin(), bytes->end())) continue;
        finds.push_back({id, chunk, places32[begin], places32[begin + length - 1] + 1, true});
        break;
      }
    }
    run.clear();
    places32.clear();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (base32Value(text[i]) >= 0) {
      run += text[i];
      places32.push_back(i);
    } else if (text[i] != '.') {
      if (run.size() >= kKeyCharacters) search();
      run.clear();
      places32.clear();
    }
  }
  if (run.size() >= kKeyCharacters) search();
}

void WitnessIndex::findNumber(std::uint32_t number, std::vector<Find>& finds) const {
  const auto found = byNumber_.find(number);
  if (found == byNumber_.end()) return;
  for (const auto& [id, chunk] : found->second) finds.push_back({id, chunk, 0, kNumber, false});
}

}  // namespace vauban::lab
