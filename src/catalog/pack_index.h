// Which names a pack defines, while it is read: what rows of other tables may refer to.
//
// Keys are borrowed from the texts and the rows they were taken from, which must outlive the index. One
// thread.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "catalog/framework.h"

namespace vauban::catalog::pack {

// Names -> numbers; open addressing, because a pack is read at every start of the program.
class NameIndex {
 public:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  void reserve(std::size_t names);
  void add(std::string_view name, std::uint32_t number = 0);  // the first of equal names stays
  std::uint32_t find(std::string_view name) const;            // kNone where it is not there
  bool empty() const { return entries_.empty(); }
  std::vector<std::string_view> names() const;  // in the order in which they came

 private:
  struct Entry {
    std::string_view name;
    std::uint32_t number;
  };
  std::size_t slotOf(std::string_view name) const;

  std::vector<std::uint32_t> slots_;  // -> entries_; kNone: free. Small, because most of it is empty
  std::vector<Entry> entries_;
};

struct PackIndex {
  NameIndex sources;
  NameIndex classes, properties, references;  // -> their ids
  bool keepForeign = false;

  // Of the ATT&CK domain that is being read: live objects that its pairs may name -> 1, others -> 0.
  NameIndex techniques, mitigations, groups, campaigns;

  std::array<NameIndex, 14> ids;  // by framework
  NameIndex& of(Framework framework) { return ids[static_cast<std::size_t>(framework)]; }
  const NameIndex& of(Framework framework) const { return ids[static_cast<std::size_t>(framework)]; }

  // False only where the pack has a table of this framework and the id is not in it.
  bool knows(Framework framework, std::string_view id) const;
  bool knowsInAttack(std::string_view id) const;  // in any domain
  std::vector<std::string_view> attackIds() const;
};

}  // namespace vauban::catalog::pack
