#include "reach/statements.h"

#include <algorithm>
#include <iterator>

namespace vauban::reach {

AtomId Atoms::intern(Atom atom) {
  auto [entry, fresh] = byKey_.try_emplace(atom.key, AtomId(atoms_.size()));
  if (fresh) atoms_.push_back(std::move(atom));
  return entry->second;
}

bool Atoms::before(AtomId a, AtomId b) const {
  // Those of enforcement are interned by the network, before all others and in the order of preference.
  auto enforcement = [&](AtomId id) { return at(id).key.starts_with("enforcement "); };
  if (enforcement(a) != enforcement(b)) return enforcement(a);
  return enforcement(a) ? a < b : at(a).key < at(b).key;
}

bool Setting::supposesAny(const AtomIds& atoms) const {
  return std::ranges::any_of(atoms, [this](AtomId atom) { return supposes(atom); });
}

AtomIds join(const AtomIds& a, const AtomIds& b) {
  if (a.empty()) return b;
  if (b.empty()) return a;
  AtomIds both;
  both.reserve(a.size() + b.size());
  std::ranges::set_union(a, b, std::back_inserter(both));
  return both;
}

}  // namespace vauban::reach
