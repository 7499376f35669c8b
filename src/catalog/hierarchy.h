// What stands below and above what, once for a whole ontology: the reflexive and transitive closures of
// subClassOf and subPropertyOf, and which tactic a defensive technique enables.
//
// Borrows the ontology, which must outlive it. Immutable after construction; reading it from several threads
// is fine. Costs O(classes + edges) to make; a closure is walked when it is asked for.
#pragma once

#include <span>
#include <vector>

#include "catalog/ontology.h"

namespace vauban::catalog {

class Hierarchy {
 public:
  explicit Hierarchy(const Ontology& ontology);

  const Ontology& ontology() const { return *ontology_; }
  std::span<const ClassId> parents(ClassId id) const { return parents_.of(id.index()); }
  std::span<const ClassId> children(ClassId id) const { return children_.of(id.index()); }
  std::span<const Relation> relationsOf(ClassId subject) const;  // in the ontology's order
  std::span<const Relation> relationsTo(ClassId object) const { return byObject_.of(object.index()); }

  // `id` itself and all above (below) it, each once, in ascending order of id.
  std::vector<ClassId> above(ClassId id) const;
  std::vector<ClassId> below(ClassId id) const;
  bool isBelow(ClassId id, ClassId ancestor) const;  // reflexive

  // Under d3f:may-be-associated-with: a relation by it joins a technique and an artifact. Reflexive.
  bool associates(PropertyId property) const { return associates_[property.index()]; }
  // By a property whose every reading is a possibility: the name begins with "may-".
  bool isPossibility(PropertyId property) const;

  // The classes that `technique`, or a class above it, enables: defensive tactics of a defensive technique,
  // offensive ones of an offensive. Ascending.
  std::vector<ClassId> tactics(ClassId technique) const;

 private:
  // A list of lists of T, flat.
  template <class T>
  struct Rows {
    std::vector<std::uint32_t> starts;
    std::vector<T> items;
    std::span<const T> of(std::size_t row) const {
      return {items.data() + starts[row], items.data() + starts[row + 1]};
    }
  };
  template <class T, class Item, class Row, class Value>
  static Rows<T> rows(std::size_t count, const std::vector<Item>& items, Row row, Value value);
  std::vector<ClassId> closure(ClassId id, const Rows<ClassId>& next) const;

  const Ontology* ontology_;
  Rows<ClassId> parents_, children_;
  Rows<Relation> bySubject_, byObject_;
  std::vector<bool> associates_;
  std::optional<PropertyId> enables_;
};

}  // namespace vauban::catalog
