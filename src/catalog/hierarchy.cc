#include "catalog/hierarchy.h"

#include <algorithm>

namespace vauban::catalog {

namespace {

bool isTacticRoot(const OntologyClass& tactic) {
  return tactic.name == "DefensiveTactic" || tactic.name == "OffensiveTactic";
}

}  // namespace

template <class T, class Item, class Row, class Value>
Hierarchy::Rows<T> Hierarchy::rows(std::size_t count, const std::vector<Item>& items, Row row, Value value) {
  Rows<T> made;
  made.starts.assign(count + 1, 0);
  for (const Item& item : items) ++made.starts[row(item) + 1];
  for (std::size_t i = 0; i < count; ++i) made.starts[i + 1] += made.starts[i];
  made.items.resize(items.size());
  std::vector<std::uint32_t> next(made.starts.begin(), made.starts.end() - 1);
  for (const Item& item : items) made.items[next[row(item)]++] = value(item);
  return made;
}

Hierarchy::Hierarchy(const Ontology& ontology)
    : ontology_(&ontology), enables_(ontology.findProperty("enables")) {
  const std::size_t classes = ontology.classes.size();
  const auto child = [](const auto& pair) { return pair.first.index(); };
  const auto parent = [](const auto& pair) { return pair.second.index(); };
  parents_ = rows<ClassId>(classes, ontology.subClassOf, child, [](const auto& pair) { return pair.second; });
  children_ =
      rows<ClassId>(classes, ontology.subClassOf, parent, [](const auto& pair) { return pair.first; });
  const auto self = [](const Relation& relation) { return relation; };
  bySubject_ =
      rows<Relation>(classes, ontology.relations, [](const Relation& r) { return r.subject.index(); }, self);
  byObject_ =
      rows<Relation>(classes, ontology.relations, [](const Relation& r) { return r.object.index(); }, self);

  associates_.assign(ontology.properties.size(), false);
  const auto root = ontology.findProperty("may-be-associated-with");
  if (!root) return;
  const auto under = rows<PropertyId>(ontology.properties.size(), ontology.subPropertyOf, parent,
                                      [](const auto& pair) { return pair.first; });
  std::vector<PropertyId> todo{*root};
  associates_[root->index()] = true;
  while (!todo.empty()) {
    const PropertyId here = todo.back();
    todo.pop_back();
    for (const PropertyId below : under.of(here.index())) {
      if (associates_[below.index()]) continue;
      associates_[below.index()] = true;
      todo.push_back(below);
    }
  }
}

std::span<const Relation> Hierarchy::relationsOf(ClassId subject) const {
  return bySubject_.of(subject.index());
}

std::vector<ClassId> Hierarchy::closure(ClassId id, const Rows<ClassId>& next) const {
  std::vector<bool> seen(ontology_->classes.size(), false);
  seen[id.index()] = true;
  std::vector<ClassId> found{id};
  for (std::size_t at = 0; at < found.size(); ++at) {
    for (const ClassId other : next.of(found[at].index())) {
      if (seen[other.index()]) continue;
      seen[other.index()] = true;
      found.push_back(other);
    }
  }
  std::ranges::sort(found);
  return found;
}

std::vector<ClassId> Hierarchy::above(ClassId id) const { return closure(id, parents_); }
std::vector<ClassId> Hierarchy::below(ClassId id) const { return closure(id, children_); }

bool Hierarchy::isBelow(ClassId id, ClassId ancestor) const {
  return id == ancestor || std::ranges::binary_search(above(id), ancestor);
}

bool Hierarchy::isPossibility(PropertyId property) const {
  return ontology_->properties[property.index()].name.starts_with("may-");
}

std::vector<ClassId> Hierarchy::tactics(ClassId technique) const {
  std::vector<ClassId> found;
  if (!enables_) return found;
  for (const ClassId holder : above(technique)) {
    for (const Relation& relation : relationsOf(holder)) {
      // The root of all techniques enables the root of all tactics, which says nothing.
      if (relation.property == *enables_ && !isTacticRoot((*ontology_)[relation.object]))
        found.push_back(relation.object);
    }
  }
  std::ranges::sort(found);
  found.erase(std::ranges::unique(found).begin(), found.end());
  return found;
}

}  // namespace vauban::catalog
