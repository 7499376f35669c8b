#include "catalog/id_history.h"

#include <algorithm>
#include <array>
#include <set>

namespace vauban::catalog {
namespace {

constexpr std::array<std::string_view, 4> kJoinedBy = {"none", "same-id", "later-id", "earlier-id"};

using Steps = std::map<std::string, std::vector<std::string>, std::less<>>;

// Ring by ring; the first ring with a known id ends it. Ids seen are not walked again, so cycles end, too.
std::vector<std::string> nearest(const Steps& steps, const std::string& id,
                                 const std::function<bool(const std::string&)>& isKnown) {
  std::set<std::string> seen{id};
  std::vector<std::string> ring{id};
  while (!ring.empty()) {
    std::vector<std::string> next, known;
    for (const std::string& here : ring) {
      const auto found = steps.find(here);
      if (found == steps.end()) continue;
      for (const std::string& there : found->second) {
        if (!seen.insert(there).second) continue;
        next.push_back(there);
        if (isKnown(there)) known.push_back(there);
      }
    }
    if (!known.empty()) {
      std::ranges::sort(known, naturalLess);
      return known;
    }
    ring = std::move(next);
  }
  return {};
}

}  // namespace

std::string_view word(JoinedBy by) { return kJoinedBy[static_cast<std::size_t>(by)]; }

IdHistory::IdHistory(const Catalogue& catalogue) {
  const auto add = [&](const std::string& before, const std::string& after) {
    if (before.empty() || after.empty() || before == after) return;
    later_[before].push_back(after);
    earlier_[after].push_back(before);
  };
  for (const Revocation& row : catalogue.revocations) add(row.oldId, row.newId);
  for (const Attack& attack : catalogue.attack) {
    for (const AttackTechnique& technique : attack.techniques) add(technique.id, technique.revokedBy);
  }
}

IdJoin IdHistory::join(const std::string& id, const std::function<bool(const std::string&)>& isKnown) const {
  if (isKnown(id)) return {JoinedBy::sameId, {id}};
  if (auto known = nearest(later_, id, isKnown); !known.empty()) return {JoinedBy::laterId, std::move(known)};
  if (auto known = nearest(earlier_, id, isKnown); !known.empty())
    return {JoinedBy::earlierId, std::move(known)};
  return {};
}

}  // namespace vauban::catalog
