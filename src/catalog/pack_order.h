// The order of a pack's rows, and how rows that come in any order are put into it.
//
// For the pack's own files. Pure functions.
#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <numeric>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "catalog/attack.h"
#include "catalog/short_text.h"

namespace vauban::catalog::pack {

// naturalLess with three answers: a total order in which only equal texts are equal. Most texts of a pack are
// decided by the first number or byte in which they differ, without a call.
inline std::strong_ordering naturalOrder(std::string_view a, std::string_view b) {
  if (sameText(a, b)) return std::strong_ordering::equal;
  const auto isDigit = [](std::string_view text, std::size_t at) {
    return at < text.size() && text[at] >= '0' && text[at] <= '9';
  };
  const std::size_t both = std::min(a.size(), b.size());
  const std::size_t differ = firstDifference(a, b);
  std::size_t at = differ;  // of the number that the difference lies in, the first digit
  while (at > 0 && isDigit(a, at - 1)) --at;
  std::size_t endA = differ, endB = differ;
  if (isDigit(a, at) && isDigit(b, at)) {
    while (isDigit(a, endA)) ++endA;
    while (isDigit(b, endB)) ++endB;
  }
  if (endA == endB) {  // no numbers, or two of as many digits
    if (differ == both) return a.size() <=> b.size();
    return static_cast<unsigned char>(a[differ]) <=> static_cast<unsigned char>(b[differ]);
  }
  if (a[at] != '0' && b[at] != '0') return endA <=> endB;
  return naturalLess(a.substr(at), b.substr(at)) ? std::strong_ordering::less : std::strong_ordering::greater;
}

// By the first of these members in which the rows differ.
template <class Row, class... Members>
std::strong_ordering naturalBy(const Row& a, const Row& b, Members... members) {
  auto order = std::strong_ordering::equal;
  static_cast<void>((((order = naturalOrder(a.*members, b.*members)) != 0) || ...));
  return order;
}

// Puts `rows` into order. `runs` are the lengths of parts that are likely to be in order already (the files
// they were read from): those are merged, only others are sorted. `twice(first, second)` is called for each
// row that `order` calls equal to another, with the places that both had before; the second is the later one.
template <class Row, class Order, class Twice>
void arrange(std::vector<Row>& rows, std::span<const std::size_t> runs, Order order, Twice twice) {
  std::vector<std::size_t> ends{0}, unsorted;  // unsorted: numbers of runs
  bool inOrder = true;
  for (const std::size_t run : runs) {
    const std::size_t begin = ends.back();
    ends.push_back(begin + run);
    for (std::size_t i = begin + 1; i < ends.back(); ++i) {
      if (order(rows[i - 1], rows[i]) < 0) continue;
      unsorted.push_back(ends.size() - 2);
      break;
    }
    if (begin > 0 && run > 0) inOrder = inOrder && order(rows[begin - 1], rows[begin]) < 0;
  }
  if (inOrder && unsorted.empty()) return;

  const auto less = [&](std::uint32_t a, std::uint32_t b) {
    const auto found = order(rows[a], rows[b]);
    return found != 0 ? found < 0 : a < b;
  };
  std::vector<std::uint32_t> places(rows.size());  // of each row to be: where it is
  std::iota(places.begin(), places.end(), 0U);
  const auto at = [&](std::size_t end) { return places.begin() + static_cast<std::ptrdiff_t>(end); };
  for (const std::size_t run : unsorted) std::sort(at(ends[run]), at(ends[run + 1]), less);
  while (ends.size() > 2) {  // neighbours, two and two
    std::vector<std::size_t> fewer{0};
    for (std::size_t i = 2; i < ends.size(); i += 2) {
      const std::size_t begin = ends[i - 2], middle = ends[i - 1], end = ends[i];
      if (begin < middle && middle < end && less(places[middle], places[middle - 1]))
        std::inplace_merge(at(begin), at(middle), at(end), less);
      fewer.push_back(end);
    }
    if (fewer.back() != ends.back() || ends.size() % 2 == 0) fewer.push_back(ends.back());
    ends = std::move(fewer);
  }

  for (std::size_t i = 1; i < places.size(); ++i) {
    if (order(rows[places[i - 1]], rows[places[i]]) == 0) twice(places[i - 1], places[i]);
  }
  // In place, one circle of the permutation after the other: a second vector would cost more than all the
  // rest.
  for (std::size_t start = 0; start < places.size(); ++start) {
    if (places[start] == start) continue;
    Row first = std::move(rows[start]);
    std::size_t to = start;
    while (places[to] != start) {
      const std::size_t from = places[to];
      rows[to] = std::move(rows[from]);
      places[to] = static_cast<std::uint32_t>(to);
      to = from;
    }
    rows[to] = std::move(first);
    places[to] = static_cast<std::uint32_t>(to);
  }
}

}  // namespace vauban::catalog::pack
