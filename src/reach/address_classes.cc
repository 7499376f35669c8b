#include "reach/address_classes.h"

#include <algorithm>
#include <map>
#include <random>

namespace vauban::reach {

using space::AddressRange;
using space::AddressSet;
using space::Bits128;
using space::Family;

// A sweep over the ends of all ranges; the signature of an elementary interval is the exclusive or of random
// 128-bit words of the sets that cover it (two different signatures agree with probability 2^-128).
AddressClasses::AddressClasses(const std::vector<const AddressSet*>& distinguish) {
  std::mt19937_64 random(0x9e3779b97f4a7c15ULL);
  std::vector<Cut> ends;
  for (const AddressSet* set : distinguish) {
    const Bits128 high = random();
    const Bits128 word = (high << 64) | random();
    for (const AddressRange& range : set->ranges()) {
      ends.push_back({range.family, range.first, word});
      if (range.last != space::maxAddress(range.family)) ends.push_back({range.family, range.last + 1, word});
    }
  }
  std::ranges::sort(ends, [](const Cut& a, const Cut& b) {
    return a.family != b.family ? a.family < b.family : a.first < b.first;
  });
  for (const Cut& end : ends) {
    if (!cuts_.empty() && cuts_.back().family == end.family) {
      if (cuts_.back().first == end.first) {
        cuts_.back().signature ^= end.signature;
      } else {
        cuts_.push_back({end.family, end.first, cuts_.back().signature ^ end.signature});
      }
    } else {
      cuts_.push_back(end);
    }
  }
}

std::vector<AddressSet> AddressClasses::of(const AddressSet& universe) const {
  std::vector<std::vector<AddressRange>> classes;
  std::map<std::pair<Family, Bits128>, std::size_t> bySignature;
  for (const AddressRange& piece : universe.ranges()) {
    auto next = std::ranges::upper_bound(cuts_, std::pair(piece.family, piece.first), {},
                                         [](const Cut& cut) { return std::pair(cut.family, cut.first); });
    Bits128 signature = 0, at = piece.first;
    if (next != cuts_.begin() && std::prev(next)->family == piece.family)
      signature = std::prev(next)->signature;
    auto emit = [&](Bits128 last) {
      auto [entry, fresh] = bySignature.try_emplace({piece.family, signature}, classes.size());
      if (fresh) classes.emplace_back();
      classes[entry->second].push_back({piece.family, at, last});
    };
    for (; next != cuts_.end() && next->family == piece.family && next->first <= piece.last; ++next) {
      emit(next->first - 1);
      at = next->first;
      signature = next->signature;
    }
    emit(piece.last);
  }
  std::vector<AddressSet> sets;
  sets.reserve(classes.size());
  for (auto& ranges : classes) sets.push_back(AddressSet::of(std::move(ranges)));
  return sets;
}

}  // namespace vauban::reach
