// A set of candidates as bits: fast to compare, to include and to hash.
//
// The size (how many candidates there are) is fixed at construction; sets that meet each other have the same
// one. A value; positions are below the size.
#pragma once

#include <bit>
#include <compare>
#include <cstdint>
#include <vector>

#include "plan/selection.h"

namespace vauban::plan {

class CandidateSet {
 public:
  CandidateSet() = default;
  explicit CandidateSet(std::size_t size) : words_((size + 63) / 64) {}
  CandidateSet(std::size_t size, const Design& members) : CandidateSet(size) {
    for (const std::uint32_t member : members) add(member);
  }

  bool contains(std::size_t i) const { return (words_[i / 64] >> (i % 64) & 1) != 0; }
  void add(std::size_t i) { words_[i / 64] |= std::uint64_t{1} << (i % 64); }
  void remove(std::size_t i) { words_[i / 64] &= ~(std::uint64_t{1} << (i % 64)); }

  bool intersects(const CandidateSet& other) const {
    for (std::size_t w = 0; w < words_.size(); ++w) {
      if ((words_[w] & other.words_[w]) != 0) return true;
    }
    return false;
  }
  bool isSubsetOf(const CandidateSet& other) const {
    for (std::size_t w = 0; w < words_.size(); ++w) {
      if ((words_[w] & ~other.words_[w]) != 0) return false;
    }
    return true;
  }
  CandidateSet without(const CandidateSet& other) const {
    CandidateSet rest = *this;
    for (std::size_t w = 0; w < words_.size(); ++w) rest.words_[w] &= ~other.words_[w];
    return rest;
  }
  CandidateSet with(const CandidateSet& other) const {
    CandidateSet both = *this;
    for (std::size_t w = 0; w < words_.size(); ++w) both.words_[w] |= other.words_[w];
    return both;
  }
  std::size_t count() const {
    std::size_t sum = 0;
    for (const std::uint64_t word : words_) sum += static_cast<std::size_t>(std::popcount(word));
    return sum;
  }
  // Whether `holds` for each member; stops at the first that does not.
  template <class Predicate>
  bool all(Predicate&& holds) const {
    for (std::size_t w = 0; w < words_.size(); ++w) {
      for (std::uint64_t rest = words_[w]; rest != 0; rest &= rest - 1) {
        if (!holds(static_cast<std::uint32_t>(w * 64 + static_cast<std::size_t>(std::countr_zero(rest))))) {
          return false;
        }
      }
    }
    return true;
  }
  template <class Visit>
  void forEach(Visit&& visit) const {
    all([&](std::uint32_t i) {
      visit(i);
      return true;
    });
  }
  Design members() const {
    Design design;
    forEach([&](std::uint32_t i) { design.push_back(i); });
    return design;
  }

  auto operator<=>(const CandidateSet&) const = default;

 private:
  std::vector<std::uint64_t> words_;
};

}  // namespace vauban::plan
