// What every ontology keeps to (catalog/ontology.h).
#pragma once

#include <algorithm>
#include <functional>
#include <string>

#include "catalog/ontology.h"

namespace vauban::testing {

template <class Rows>
bool sortedOnce(const Rows& rows) {
  return std::ranges::adjacent_find(rows, std::ranges::greater_equal()) == rows.end();
}

template <class Rows>
bool sortedOnceByName(const Rows& rows) {
  return std::ranges::adjacent_find(rows, [](const auto& a, const auto& b) { return a.name >= b.name; }) ==
         rows.end();
}

// The first invariant that is broken; "" where all hold.
inline std::string brokenInvariant(const catalog::Ontology& it) {
  const auto isClass = [&](catalog::ClassId id) { return id.index() < it.classes.size(); };
  const auto isProperty = [&](catalog::PropertyId id) { return id.index() < it.properties.size(); };
  if (!sortedOnceByName(it.classes)) return "classes are not sorted by name";
  if (!sortedOnceByName(it.properties)) return "properties are not sorted by name";
  if (!sortedOnceByName(it.references)) return "references are not sorted by name";
  for (const auto& [child, parent] : it.subClassOf)
    if (!isClass(child) || !isClass(parent)) return "subClassOf of no class";
  for (const auto& relation : it.relations)
    if (!isClass(relation.subject) || !isProperty(relation.property) || !isClass(relation.object))
      return "a relation of no class";
  for (const auto& [child, parent] : it.subPropertyOf)
    if (!isProperty(child) || !isProperty(parent)) return "subPropertyOf of no property";
  for (const auto& [one, other] : it.inverseOf)
    if (!isProperty(one) || !isProperty(other)) return "inverseOf of no property";
  for (const auto& [technique, reference] : it.cites)
    if (!isClass(technique) || reference.index() >= it.references.size()) return "cites nothing";
  for (const auto& [subject, synonym] : it.synonyms)
    if (!isClass(subject)) return "a synonym of no class";
  for (const auto& [technique, mitigation] : it.mitigations)
    if (!isClass(technique)) return "a mitigation of no class";
  if (!sortedOnce(it.subClassOf)) return "subClassOf is not sorted";
  if (!sortedOnce(it.relations)) return "relations are not sorted";
  if (!sortedOnce(it.subPropertyOf)) return "subPropertyOf is not sorted";
  if (!sortedOnce(it.inverseOf)) return "inverseOf is not sorted";
  if (!sortedOnce(it.cites)) return "cites is not sorted";
  if (!sortedOnce(it.synonyms)) return "synonyms are not sorted";
  if (!sortedOnce(it.mitigations)) return "mitigations are not sorted";
  if (!sortedOnce(it.extension)) return "the extension is not sorted";
  if (!std::ranges::includes(it.relations, it.extension)) return "the extension is not in the relations";
  return "";
}

}  // namespace vauban::testing
