// D3FEND as the catalogue holds it: classes, their order, and who relates to which artifact by which
// property.
//
// Two encodings say that a class relates to an artifact (docs/semantics.md, 10): a restriction
// `subClassOf [onProperty p; someValuesFrom A]`, and the direct triple `C p A`. Both become a Relation. What
// is not between two named classes is left out.
//
// Invariants: classes, properties and references are sorted by name, each once; every id is in range; pairs
// are sorted, each once. Names are local names of the d3fend.owl namespace. A value; reading it from several
// threads is fine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/strong_id.h"

namespace vauban::catalog {

using ClassId = StrongId<struct OntologyClassTag>;
using PropertyId = StrongId<struct OntologyPropertyTag>;
using ReferenceId = StrongId<struct OntologyReferenceTag>;

enum class ClassKind : std::uint8_t {
  defensive,  // below DefensiveTechnique, or that itself
  offensive,  // below OffensiveTechnique
  artifact,   // below DigitalArtifact
  weakness,   // has a CWE id, or below Weakness
  event,      // below Event, as DigitalEvent is
  other,
};
std::string_view word(ClassKind kind);
std::optional<ClassKind> classKindOfWord(std::string_view word);

struct OntologyClass {
  std::string name;   // "DNSAllowlisting", "T1048.003"
  std::string id;     // d3fend-id, attack-id, cwe-id; "" where it has none
  std::string label;  // rdfs:label; "" where the name alone may be shipped (weaknesses)
  ClassKind kind = ClassKind::other;
  bool deprecated = false;

  bool operator==(const OntologyClass&) const = default;
};

struct Relation {
  ClassId subject;
  PropertyId property;
  ClassId object;
  auto operator<=>(const Relation&) const = default;
};

struct OntologyProperty {
  std::string name;  // "may-be-associated-with"
  bool operator==(const OntologyProperty&) const = default;
};

struct Reference {
  std::string name;  // "Reference-CNNSI-4009"
  std::string type;  // "PatentReference", "AcademicPaperReference", ...; "" where it has none
  int year = 0;      // 0: unknown
  bool operator==(const Reference&) const = default;
};

struct Ontology {
  std::string version;      // owl:versionInfo, or of owl:versionIRI; "" where the file does not say
  std::string releaseDate;  // d3f:release-date; ISO 8601; ""
  std::vector<OntologyClass> classes;
  std::vector<std::pair<ClassId, ClassId>> subClassOf;  // (child, parent)
  std::vector<Relation> relations;
  std::vector<OntologyProperty> properties;
  std::vector<std::pair<PropertyId, PropertyId>> subPropertyOf;  // (child, parent)
  std::vector<std::pair<PropertyId, PropertyId>> inverseOf;
  std::vector<Reference> references;
  std::vector<std::pair<ClassId, ReferenceId>> cites;  // kb-reference and kb-reference-of together
  std::vector<std::pair<ClassId, std::string>> synonyms;
  std::vector<std::pair<ClassId, std::string>> mitigations;  // (technique, ATT&CK mitigation id): d3f:related
  std::vector<Relation> extension;  // those of `relations` that D3FEND does not have: extension.h; sorted

  std::optional<ClassId> find(std::string_view name) const;             // by local name
  std::optional<PropertyId> findProperty(std::string_view name) const;  // by local name
  const OntologyClass& operator[](ClassId id) const { return classes[id.index()]; }
  bool operator==(const Ontology&) const = default;
};

}  // namespace vauban::catalog
