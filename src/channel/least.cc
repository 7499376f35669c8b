#include <algorithm>

#include "channel/verdict.h"

namespace vauban::channel {

using reach::AtomId;
using reach::AtomIds;
using reach::Setting;

namespace {

// A hitting set of at most `size` atoms, the first in order of the atoms; depth-first on the first clause not
// hit.
bool hit(const std::vector<AtomIds>& clauses, std::size_t size, AtomIds& chosen) {
  const AtomIds* open = nullptr;
  for (const AtomIds& clause : clauses) {
    const bool done =
        std::ranges::any_of(clause, [&](AtomId a) { return std::ranges::find(chosen, a) != chosen.end(); });
    if (!done) {
      open = &clause;
      break;
    }
  }
  if (open == nullptr) return true;
  if (size == 0) return false;
  for (AtomId atom : *open) {
    chosen.push_back(atom);
    if (hit(clauses, size - 1, chosen)) return true;
    chosen.pop_back();
  }
  return false;
}

}  // namespace

Least leastStatements(const std::function<std::optional<AtomIds>(const Setting&)>& attempt) {
  if (attempt(Setting::best())) return {Least::Kind::always, {}};
  std::vector<AtomIds> clauses;
  AtomIds chosen;
  std::size_t size = 0;
  while (true) {
    Setting setting;
    for (AtomId atom : chosen) setting.suppose(atom);
    const auto gaps = attempt(setting);
    if (!gaps) break;
    if (gaps->empty()) return {Least::Kind::always, {}};
    clauses.push_back(*gaps);
    // The size never shrinks as clauses are added.
    for (;; ++size) {
      chosen.clear();
      if (hit(clauses, size, chosen)) break;
    }
  }
  std::ranges::sort(chosen);
  if (clauses.empty()) return {Least::Kind::never, {}};
  return {Least::Kind::conditional, chosen};
}

}  // namespace vauban::channel
