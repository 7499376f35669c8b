// What changed between two catalogues: techniques, artifacts, relations, references, and what of it the
// inference makes.
//
// Techniques are matched by their id, all other classes by their name. What is gone under one id or name and
// new under another counts as renamed where the two bear the same class name or the same label and nothing
// else does, or where ATT&CK says that one took the other's place. Relations and rows are compared after
// that: a technique or an artifact that was only renamed changes none.
//
// Invariants: lists are sorted in natural order of what they begin with. A value that borrows nothing.
#pragma once

#include <string>
#include <vector>

#include "catalog/audit.h"

namespace vauban::catalog {

struct Named {
  std::string id, name;
  auto operator<=>(const Named&) const = default;
};

struct Renamed {
  std::string id, newId;      // the same where only the name changed
  std::string before, after;  // names
  auto operator<=>(const Renamed&) const = default;
};

struct Moved {
  std::string id, name;                    // of the new version
  std::vector<std::string> before, after;  // tactics; of an artifact: parents
  auto operator<=>(const Moved&) const = default;
};

struct Changes {  // of one kind of thing
  Count before = 0, after = 0;
  std::vector<Named> added, removed;
  std::vector<Renamed> renamed;
  std::vector<Moved> moved;
  std::vector<Named> deprecated;  // in the new version and not in the old
  bool empty() const;
  bool operator==(const Changes&) const = default;
};

struct RelationText {
  std::string subject, property,
      object;  // names of classes, those of the new version where they were renamed
  auto operator<=>(const RelationText&) const = default;
};

struct RowText {
  std::string tactic, defensive, defensiveProperty, defensiveArtifact;
  std::string offensiveArtifact, offensiveProperty, offensive;  // ids of techniques
  auto operator<=>(const RowText&) const = default;
};

struct ReferenceChanges {
  Count before = 0, after = 0;
  std::vector<std::string> added, removed;
  std::vector<Renamed> retyped;  // `before` and `after` are types
  Count citationsAdded = 0, citationsRemoved = 0;
  bool operator==(const ReferenceChanges&) const = default;
};

struct RowChanges {
  View view = View::direct;
  Count rowsBefore = 0, rowsAfter = 0, pairsBefore = 0, pairsAfter = 0;
  std::vector<RowText> added, removed;
  Count pairsAdded = 0, pairsRemoved = 0;
  // Of techniques that both versions have: answered now and not before, and the other way.
  std::vector<std::string> answered, unanswered;
  bool operator==(const RowChanges&) const = default;
};

struct TacticChange {
  std::string tactic;
  Count before = 0, after = 0;
  bool operator==(const TacticChange&) const = default;
};

struct AuditDiff {
  std::vector<AuditedVersion> before, after;
  std::vector<TacticChange> tactics;  // all that either version has
  Changes countermeasures, ontologyTechniques, artifacts;
  Count relationsBefore = 0, relationsAfter = 0;
  std::vector<RelationText> relationsAdded, relationsRemoved;
  ReferenceChanges references;
  std::vector<RowChanges> rows;                       // the views that both audits have
  std::vector<std::pair<Framework, Changes>> attack;  // live techniques; the domains that either has
  bool empty() const;
  bool operator==(const AuditDiff&) const = default;
};

// `before` is the audit of `old`, `after` that of `now`.
AuditDiff compare(const Audit& before, const Catalogue& old, const Audit& after, const Catalogue& now);

}  // namespace vauban::catalog
