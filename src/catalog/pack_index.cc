#include "catalog/pack_index.h"

#include <bit>

#include "catalog/short_text.h"

namespace vauban::catalog::pack {

void NameIndex::reserve(std::size_t names) {
  entries_.reserve(names);
  const std::size_t wanted = std::bit_ceil(names * 2 + 8);
  if (wanted <= slots_.size()) return;
  slots_.assign(wanted, kNone);
  for (std::size_t i = 0; i < entries_.size(); ++i)
    slots_[slotOf(entries_[i].name)] = static_cast<std::uint32_t>(i);
}

std::size_t NameIndex::slotOf(std::string_view name) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hashOfText(name) & mask;
  while (slots_[at] != kNone && !sameText(entries_[slots_[at]].name, name)) at = (at + 1) & mask;
  return at;
}

void NameIndex::add(std::string_view name, std::uint32_t number) {
  if (slots_.size() < entries_.size() * 2 + 2) reserve(entries_.size() * 2);
  const std::size_t slot = slotOf(name);
  if (slots_[slot] != kNone) return;
  slots_[slot] = static_cast<std::uint32_t>(entries_.size());
  entries_.push_back({name, number});
}

std::uint32_t NameIndex::find(std::string_view name) const {
  if (slots_.empty()) return kNone;
  const std::size_t slot = slotOf(name);
  return slots_[slot] == kNone ? kNone : entries_[slots_[slot]].number;
}

std::vector<std::string_view> NameIndex::names() const {
  std::vector<std::string_view> all;
  for (const Entry& entry : entries_) all.push_back(entry.name);
  return all;
}

bool PackIndex::knows(Framework framework, std::string_view id) const {
  const NameIndex& known = of(framework);
  if (known.empty()) return true;
  // The main clauses of ISO/IEC 27001, 4 to 10, are no controls and stand in no table.
  if (framework == Framework::iso27001 && !id.starts_with("A.")) return true;
  return known.find(id) != NameIndex::kNone;
}

bool PackIndex::knowsInAttack(std::string_view id) const {
  bool any = false;
  for (const Framework domain :
       {Framework::attackEnterprise, Framework::attackIcs, Framework::attackMobile}) {
    if (of(domain).empty()) continue;
    any = true;
    if (of(domain).find(id) != NameIndex::kNone) return true;
  }
  return !any;
}

std::vector<std::string_view> PackIndex::attackIds() const {
  std::vector<std::string_view> all;
  for (const Framework domain :
       {Framework::attackEnterprise, Framework::attackIcs, Framework::attackMobile}) {
    const auto more = of(domain).names();
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

}  // namespace vauban::catalog::pack
