#include "catalog/extension.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace vauban::catalog {
namespace {

// Ids of `before` in an ontology that has all of its names and more.
template <class Id, class Row>
std::vector<Id> moved(const std::vector<Row>& before, const std::vector<Row>& now) {
  std::vector<Id> to;
  std::size_t at = 0;
  for (const Row& row : before) {
    while (now[at].name != row.name) ++at;
    to.push_back(Id(at));
  }
  return to;
}

bool byName(const OntologyClass& a, const OntologyClass& b) { return a.name < b.name; }

}  // namespace

Ontology extended(const Catalogue& catalogue, std::vector<std::string>* missing) {
  const Ontology& old = catalogue.ontology;
  const auto misses = [&](std::string what) {
    if (missing) missing->push_back(std::move(what));
  };
  std::map<std::string_view, std::string_view> artifactOf, idOf;
  std::set<std::string_view> added;
  Ontology made = old;
  for (const ProtocolArtifact& protocol : catalogue.protocols) {
    if (old.find(protocol.artifact)) {
      artifactOf[protocol.service] = protocol.artifact;
    } else if (!old.find(protocol.parent)) {
      misses(fmt::format("no class {} for the traffic of {}", protocol.parent, protocol.service));
    } else {
      artifactOf[protocol.service] = protocol.artifact;
      if (added.insert(protocol.artifact).second)
        made.classes.push_back({protocol.artifact, "", "", ClassKind::artifact, false});
    }
  }
  if (!old.findProperty(kSendsOver)) made.properties.push_back({std::string(kSendsOver)});
  // The old ones are in order already.
  const auto fresh = made.classes.begin() + static_cast<std::ptrdiff_t>(old.classes.size());
  std::sort(fresh, made.classes.end(), byName);
  std::inplace_merge(made.classes.begin(), fresh, made.classes.end(), byName);
  std::ranges::sort(made.properties, {}, &OntologyProperty::name);

  const auto classes = moved<ClassId>(old.classes, made.classes);
  const auto properties = moved<PropertyId>(old.properties, made.properties);
  for (auto& [child, parent] : made.subClassOf)
    child = classes[child.index()], parent = classes[parent.index()];
  for (auto& [child, parent] : made.subPropertyOf)
    child = properties[child.index()], parent = properties[parent.index()];
  for (auto& [one, other] : made.inverseOf) one = properties[one.index()], other = properties[other.index()];
  for (auto* relations : {&made.relations, &made.extension}) {
    for (Relation& relation : *relations) {
      relation = {classes[relation.subject.index()], properties[relation.property.index()],
                  classes[relation.object.index()]};
    }
  }
  for (auto& row : made.cites) row.first = classes[row.first.index()];
  for (auto& row : made.synonyms) row.first = classes[row.first.index()];
  for (auto& row : made.mitigations) row.first = classes[row.first.index()];

  for (const ProtocolArtifact& protocol : catalogue.protocols) {
    if (added.contains(protocol.artifact))
      made.subClassOf.emplace_back(*made.find(protocol.artifact), *made.find(protocol.parent));
  }
  const PropertyId sends = *made.findProperty(kSendsOver);
  if (const auto produces = made.findProperty("may-produce")) {
    made.subPropertyOf.emplace_back(sends, *produces);
  } else if (const auto root = made.findProperty("may-be-associated-with")) {
    made.subPropertyOf.emplace_back(sends, *root);
  }
  std::map<std::string_view, ClassId> byId;
  for (std::size_t i = 0; i < made.classes.size(); ++i) {
    const OntologyClass& it = made.classes[i];
    if (!it.id.empty() && (it.kind == ClassKind::defensive || it.kind == ClassKind::offensive))
      byId[it.id] = ClassId(i);
  }
  const std::vector<Relation> asserted = made.relations;
  const auto relate = [&](std::string_view technique, PropertyId property, std::string_view service) {
    const auto subject = byId.find(technique);
    const auto artifact = artifactOf.find(service);
    if (subject == byId.end()) return misses(fmt::format("no technique {} for {}", technique, service));
    if (artifact == artifactOf.end()) return;
    const Relation relation{subject->second, property, *made.find(artifact->second)};
    if (std::ranges::binary_search(asserted, relation)) return;
    made.relations.push_back(relation);
    made.extension.push_back(relation);
  };
  for (const ProtocolUse& use : catalogue.protocolUses) relate(use.technique, sends, use.service);
  for (const ProtocolCountermeasure& row : catalogue.protocolCountermeasures) {
    if (const auto property = made.findProperty(row.property)) {
      relate(row.technique, *property, row.service);
    } else {
      misses(fmt::format("no property {} for {} and {}", row.property, row.technique, row.service));
    }
  }
  const auto sortedOnce = [](auto& rows) {
    std::ranges::sort(rows);
    rows.erase(std::ranges::unique(rows).begin(), rows.end());
  };
  sortedOnce(made.relations);
  sortedOnce(made.extension);
  sortedOnce(made.subClassOf);
  sortedOnce(made.subPropertyOf);
  return made;
}

}  // namespace vauban::catalog
