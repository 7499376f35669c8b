#include "catalog/ontology.h"

#include <algorithm>
#include <array>

namespace vauban::catalog {
namespace {

constexpr std::array<std::string_view, 6> kKinds = {"defensive", "offensive", "artifact",
                                                    "weakness",  "event",     "other"};

template <class Id, class Row>
std::optional<Id> findNamed(const std::vector<Row>& rows, std::string_view name) {
  const auto found = std::ranges::lower_bound(rows, name, {}, &Row::name);
  if (found == rows.end() || found->name != name) return std::nullopt;
  return Id(static_cast<std::size_t>(found - rows.begin()));
}

}  // namespace

std::string_view word(ClassKind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

std::optional<ClassKind> classKindOfWord(std::string_view word) {
  const auto found = std::ranges::find(kKinds, word);
  if (found == kKinds.end()) return std::nullopt;
  return static_cast<ClassKind>(found - kKinds.begin());
}

std::optional<ClassId> Ontology::find(std::string_view name) const {
  return findNamed<ClassId>(classes, name);
}

std::optional<PropertyId> Ontology::findProperty(std::string_view name) const {
  return findNamed<PropertyId>(properties, name);
}

}  // namespace vauban::catalog
