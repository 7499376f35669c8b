#include "catalog/attack.h"

#include <algorithm>
#include <array>

namespace vauban::catalog {
namespace {

constexpr std::array<std::string_view, 3> kStandings = {"live", "deprecated", "revoked"};

bool isDigit(char c) { return c >= '0' && c <= '9'; }

// The digits that `text` begins with, without leading zeros (of zero itself: none); cuts them off `text`.
std::string_view takeNumber(std::string_view& text) {
  std::size_t end = 0;
  while (end < text.size() && isDigit(text[end])) ++end;
  std::string_view number = text.substr(0, end);
  text.remove_prefix(end);
  number.remove_prefix(std::min(number.find_first_not_of('0'), number.size()));
  return number;
}

}  // namespace

std::string_view word(Standing standing) { return kStandings[static_cast<std::size_t>(standing)]; }

std::optional<Standing> standingOfWord(std::string_view word) {
  const auto found = std::ranges::find(kStandings, word);
  if (found == kStandings.end()) return std::nullopt;
  return static_cast<Standing>(found - kStandings.begin());
}

const AttackTechnique* Attack::find(std::string_view id) const {
  const auto found = std::ranges::lower_bound(techniques, id, naturalLess, &AttackTechnique::id);
  return found == techniques.end() || found->id != id ? nullptr : &*found;
}

bool naturalLess(std::string_view a, std::string_view b) {
  std::string_view left = a, right = b;
  while (!left.empty() && !right.empty()) {
    if (isDigit(left.front()) && isDigit(right.front())) {
      const std::string_view one = takeNumber(left), other = takeNumber(right);
      if (one.size() != other.size()) return one.size() < other.size();
      if (one != other) return one < other;
    } else {
      if (left.front() != right.front()) {
        return static_cast<unsigned char>(left.front()) < static_cast<unsigned char>(right.front());
      }
      left.remove_prefix(1);
      right.remove_prefix(1);
    }
  }
  if (left.empty() != right.empty()) return left.empty();
  return a < b;  // "T1" and "T01" are two ids, and one has to come first
}

}  // namespace vauban::catalog
