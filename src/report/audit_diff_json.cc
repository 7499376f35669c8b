// docs/formats/audit.md, vauban-audit-diff-1.
#include <nlohmann/json.hpp>

#include "report/audit_report.h"

namespace vauban::report {

using catalog::AuditDiff;
using catalog::Changes;

namespace {

using Json = nlohmann::ordered_json;

Json versionsJson(const std::vector<catalog::AuditedVersion>& versions) {
  Json list = Json::array();
  for (const auto& it : versions) {
    list.push_back({{"framework", word(it.framework)},
                    {"version", it.version.empty() ? Json(nullptr) : Json(it.version)},
                    {"released", it.released.empty() ? Json(nullptr) : Json(it.released)}});
  }
  return list;
}

Json namedJson(const std::vector<catalog::Named>& named) {
  Json list = Json::array();
  for (const auto& it : named) list.push_back({{"id", it.id}, {"name", it.name}});
  return list;
}

Json changesJson(const Changes& changes) {
  Json renamed = Json::array(), moved = Json::array();
  for (const auto& it : changes.renamed)
    renamed.push_back({{"id", it.id}, {"new_id", it.newId}, {"before", it.before}, {"after", it.after}});
  for (const auto& it : changes.moved)
    moved.push_back({{"id", it.id}, {"name", it.name}, {"before", it.before}, {"after", it.after}});
  return {{"before", changes.before},
          {"after", changes.after},
          {"added", namedJson(changes.added)},
          {"removed", namedJson(changes.removed)},
          {"renamed", renamed},
          {"moved", moved},
          {"deprecated", namedJson(changes.deprecated)}};
}

Json relationsJson(const std::vector<catalog::RelationText>& relations) {
  Json list = Json::array();
  for (const auto& it : relations)
    list.push_back({{"subject", it.subject}, {"property", it.property}, {"object", it.object}});
  return list;
}

Json rowsJson(const std::vector<catalog::RowText>& rows) {
  Json list = Json::array();
  for (const auto& row : rows) {
    list.push_back({{"tactic", row.tactic},
                    {"countermeasure", row.defensive},
                    {"does", row.defensiveProperty},
                    {"artifact", row.defensiveArtifact},
                    {"touched_artifact", row.offensiveArtifact},
                    {"touches", row.offensiveProperty},
                    {"technique", row.offensive}});
  }
  return list;
}

Json referencesJson(const catalog::ReferenceChanges& changes) {
  Json retyped = Json::array();
  for (const auto& it : changes.retyped)
    retyped.push_back({{"reference", it.id}, {"before", it.before}, {"after", it.after}});
  return {{"before", changes.before},
          {"after", changes.after},
          {"added", changes.added},
          {"removed", changes.removed},
          {"retyped", retyped},
          {"citations_added", changes.citationsAdded},
          {"citations_removed", changes.citationsRemoved}};
}

}  // namespace

std::string auditDiffJson(const AuditDiff& diff) {
  Json tactics = Json::array(), rows = Json::array(), attack = Json::array();
  for (const auto& it : diff.tactics)
    tactics.push_back({{"tactic", it.tactic.empty() ? Json(nullptr) : Json(it.tactic)},
                       {"before", it.before},
                       {"after", it.after}});
  for (const auto& it : diff.rows) {
    rows.push_back({{"view", word(it.view)},
                    {"rows", {{"before", it.rowsBefore}, {"after", it.rowsAfter}}},
                    {"pairs",
                     {{"before", it.pairsBefore},
                      {"after", it.pairsAfter},
                      {"added", it.pairsAdded},
                      {"removed", it.pairsRemoved}}},
                    {"answered", it.answered},
                    {"unanswered", it.unanswered},
                    {"added", rowsJson(it.added)},
                    {"removed", rowsJson(it.removed)}});
  }
  for (const auto& [domain, changes] : diff.attack) {
    Json json = {{"framework", word(domain)}};
    json.update(changesJson(changes));
    attack.push_back(std::move(json));
  }
  const Json json = {{"schema", "vauban-audit-diff-1"},
                     {"old", versionsJson(diff.before)},
                     {"new", versionsJson(diff.after)},
                     {"changed", !diff.empty()},
                     {"tactics", tactics},
                     {"countermeasures", changesJson(diff.countermeasures)},
                     {"ontology_techniques", changesJson(diff.ontologyTechniques)},
                     {"artifacts", changesJson(diff.artifacts)},
                     {"relations",
                      {{"before", diff.relationsBefore},
                       {"after", diff.relationsAfter},
                       {"added", relationsJson(diff.relationsAdded)},
                       {"removed", relationsJson(diff.relationsRemoved)}}},
                     {"references", referencesJson(diff.references)},
                     {"rows", rows},
                     {"attack", attack}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace vauban::report
