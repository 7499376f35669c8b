#include "channel/least.h"

#include <algorithm>
#include <set>

namespace vauban::channel {

using reach::AtomId;
using reach::AtomIds;
using reach::Setting;

namespace {

// Hitting sets of at most `size` atoms that are not in `known`, depth-first on the first clause not hit.
bool hit(const std::vector<AtomIds>& clauses, std::size_t size, const std::set<AtomIds>& known,
         AtomIds& chosen) {
  const AtomIds* open = nullptr;
  for (const AtomIds& clause : clauses) {
    const bool done =
        std::ranges::any_of(clause, [&](AtomId a) { return std::ranges::find(chosen, a) != chosen.end(); });
    if (!done) {
      open = &clause;
      break;
    }
  }
  if (open == nullptr) {
    AtomIds sorted = chosen;
    std::ranges::sort(sorted);
    return !known.contains(sorted);
  }
  if (size == 0) return false;
  for (AtomId atom : *open) {
    chosen.push_back(atom);
    if (hit(clauses, size - 1, known, chosen)) return true;
    chosen.pop_back();
  }
  return false;
}

}  // namespace

Least leastStatements(const std::function<std::optional<AtomIds>(const Setting&)>& attempt,
                      const std::function<bool(AtomId, AtomId)>& before, std::size_t mostOthers) {
  if (attempt(Setting::best())) return {Least::Kind::always, {}, {}, true};
  std::vector<AtomIds> clauses;
  std::set<AtomIds> found;
  AtomIds chosen;
  std::size_t size = 0, looks = 0;
  bool complete = false;
  // Listing the others costs further attempts, most of which find a way that was not known.
  constexpr std::size_t kMostLooks = 24;
  while (true) {
    Setting setting;
    for (AtomId atom : chosen) setting.suppose(atom);
    const auto gaps = attempt(setting);
    if (gaps) {
      if (gaps->empty()) return {Least::Kind::always, {}, {}, true};
      AtomIds clause = *gaps;
      std::ranges::sort(clause, before);
      clauses.push_back(std::move(clause));
    } else {
      if (clauses.empty()) return {Least::Kind::never, {}, {}, true};
      std::ranges::sort(chosen);
      found.insert(chosen);
    }
    if (!found.empty() && (found.size() > mostOthers || ++looks > kMostLooks)) break;
    chosen.clear();
    if (!found.empty()) {
      if (!hit(clauses, size, found, chosen)) {
        complete = true;
        break;
      }
      continue;
    }
    // The size never shrinks as clauses are added.
    while (!hit(clauses, size, found, chosen)) {
      chosen.clear();
      ++size;
    }
  }
  Least least{Least::Kind::conditional, {}, {}, complete};
  for (AtomIds set : found) {
    std::ranges::sort(set, before);
    least.others.push_back(std::move(set));
  }
  std::ranges::sort(least.others, [&](const AtomIds& a, const AtomIds& b) {
    return std::ranges::lexicographical_compare(a, b, before);
  });
  least.statements = least.others.front();
  least.others.erase(least.others.begin());
  return least;
}

}  // namespace vauban::channel
