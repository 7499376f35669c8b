// What the parts of an audit share: the catalogue, its hierarchy, and the rows of each view, each made once.
//
// Borrows the catalogue; lives as long as one call of audit(). Internal to the audit.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/audit.h"

namespace vauban::catalog {

struct AuditGround {
  AuditGround(const Catalogue& of, const AuditOptions& options);

  const Ontology& ontology() const { return catalogue.ontology; }
  // exact, narrower or generic; as matchOf, with each artifact looked at once.
  Match match(const Row& row) const;
  std::vector<std::string> names(const std::vector<ClassId>& classes) const;
  std::string label(ClassId id) const;  // its label, else its name

  const Catalogue& catalogue;
  Hierarchy hierarchy;
  Gaps gaps;
  IdHistory history;
  std::vector<View> views;
  std::vector<std::vector<Row>> rows;                      // one list a view
  std::vector<bool> generic;                               // by class, of artifacts
  std::vector<std::vector<ClassId>> tactics;               // by class, of both kinds of technique
  std::vector<ClassId> countermeasures, attackTechniques;  // with an id, in natural order of their ids
  std::map<std::string, ClassId, std::less<>> byDefenceId, byAttackId;
};

// Who joins whom in one view: for each class the parties of the other side, and whether some match is exact.
struct Meetings {
  explicit Meetings(const AuditGround& ground, std::size_t view);
  std::vector<std::map<ClassId, bool>> of;  // by class: other party -> exact
};

// The order in which D3FEND names its tactics, then others by name.
std::vector<std::string> tacticOrder(const AuditGround& ground);

void auditTechniques(const AuditGround& ground, const std::vector<Meetings>& meetings, Audit& audit);
void auditRows(const AuditGround& ground, Audit& audit);
void auditDomains(const AuditGround& ground, const std::vector<Meetings>& meetings, Audit& audit);
void auditEvidence(const AuditGround& ground, Audit& audit);  // after the two above
void auditProtocols(const AuditGround& ground, Audit& audit);

}  // namespace vauban::catalog
