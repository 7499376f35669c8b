// Which protocols that a flow matrix can name have traffic in the ontology, and who acts on it.
#include <algorithm>
#include <set>

#include "catalog/audit_parts.h"

namespace vauban::catalog {
namespace {

bool naturally(const std::string& a, const std::string& b) { return naturalLess(a, b); }

// Ids of the techniques of one kind that relate to one of the artifacts.
std::vector<std::string> relatedTo(const AuditGround& ground, const std::vector<ClassId>& artifacts,
                                   ClassKind kind) {
  std::set<std::string> found;
  for (const ClassId artifact : artifacts) {
    for (const Relation& relation : ground.hierarchy.relationsTo(artifact)) {
      const OntologyClass& subject = ground.ontology()[relation.subject];
      if (subject.kind != kind || subject.id.empty() || !ground.hierarchy.associates(relation.property))
        continue;
      if (!std::ranges::binary_search(ground.ontology().extension, relation)) found.insert(subject.id);
    }
  }
  std::vector<std::string> ids(found.begin(), found.end());
  std::ranges::sort(ids, naturally);
  return ids;
}

}  // namespace

void auditProtocols(const AuditGround& ground, Audit& audit) {
  const Ontology& ontology = ground.ontology();
  for (const ProtocolArtifact& protocol : ground.catalogue.protocols) {
    ProtocolFigures figures;
    figures.service = protocol.service;
    figures.artifact = protocol.artifact;
    figures.parent = protocol.parent;
    figures.reference = protocol.reference;
    const auto artifact = ontology.find(protocol.artifact);
    figures.inOntology = artifact.has_value();
    std::vector<ClassId> below, above;
    if (artifact) {
      below = ground.hierarchy.below(*artifact);
      above = ground.hierarchy.above(*artifact);
    } else if (const auto parent = ontology.find(protocol.parent)) {
      above = ground.hierarchy.above(*parent);
    }
    std::erase_if(above, [&](ClassId id) {
      return ontology[id].kind != ClassKind::artifact || (artifact && id == *artifact);
    });
    figures.particular = relatedTo(ground, below, ClassKind::defensive);
    for (std::string& id : relatedTo(ground, above, ClassKind::defensive)) {
      if (std::ranges::find(figures.particular, id) == figures.particular.end())
        figures.general.push_back(std::move(id));
    }
    figures.attackTechniques = static_cast<Count>(relatedTo(ground, below, ClassKind::offensive).size());
    figures.uses = static_cast<Count>(
        std::ranges::count(ground.catalogue.protocolUses, protocol.service, &ProtocolUse::service));
    figures.countermeasures = static_cast<Count>(std::ranges::count(
        ground.catalogue.protocolCountermeasures, protocol.service, &ProtocolCountermeasure::service));
    audit.protocols.push_back(std::move(figures));
  }
}

}  // namespace vauban::catalog
