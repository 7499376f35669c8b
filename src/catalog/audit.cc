#include "catalog/audit.h"

#include <algorithm>
#include <array>
#include <set>

#include "catalog/audit_parts.h"

namespace vauban::catalog {
namespace {

constexpr std::array<std::string_view, 7> kTactics = {"Model",   "Harden", "Detect", "Isolate",
                                                      "Deceive", "Evict",  "Restore"};

// A date that the table itself does not have: its source's, where one of this very version says it.
AuditedVersion dated(const Catalogue& catalogue, Framework framework, const std::string& version,
                     std::string released) {
  const auto source = std::ranges::find_if(catalogue.sources, [&](const Source& it) {
    return it.framework == framework && it.version == version && !it.date.empty();
  });
  if (released.empty() && !version.empty() && source != catalogue.sources.end()) released = source->date;
  return {framework, version, std::move(released)};
}

std::vector<AuditedVersion> versionsOf(const Catalogue& catalogue) {
  const Ontology& ontology = catalogue.ontology;
  std::vector<AuditedVersion> versions{
      dated(catalogue, Framework::d3fend, ontology.version, ontology.releaseDate)};
  for (const Attack& attack : catalogue.attack)
    versions.push_back(dated(catalogue, attack.domain, attack.version, attack.released));
  return versions;
}

void auditOwners(const AuditGround& ground, Audit& audit) {
  const auto named = [&](const std::string& id) {
    const auto role = std::ranges::find(ground.catalogue.roles, id, &WorkRole::id);
    return std::pair(id, role == ground.catalogue.roles.end() ? std::string() : role->name);
  };
  std::set<std::string> within;
  for (const TacticFigures& tactic : audit.tactics) {
    const auto owner = std::ranges::find(ground.catalogue.owners, tactic.tactic, &TacticOwner::tactic);
    if (owner == ground.catalogue.owners.end()) continue;
    OwnerFigures figures;
    figures.tactic = tactic.tactic;
    figures.techniques = tactic.techniques;
    for (const std::string& id : owner->responsible) figures.responsible.push_back(named(id));
    for (const std::string& id : owner->consulted) figures.consulted.push_back(named(id));
    figures.accountable = named(owner->accountable);
    figures.withinSoc = owner->withinSoc;
    figures.basis = owner->basis;
    if (owner->withinSoc) within.insert(owner->tactic);
    audit.owners.push_back(std::move(figures));
  }
  audit.withinSoc =
      static_cast<Count>(std::ranges::count_if(audit.countermeasures, [&](const CountermeasureFigures& it) {
        return std::ranges::any_of(it.tactics,
                                   [&](const std::string& tactic) { return within.contains(tactic); });
      }));
}

void auditFrameworks(const AuditGround& ground, Audit& audit) {
  std::map<Framework, FrameworkFigures> figures;
  std::map<Framework, std::map<std::string, Count>> profiles;
  for (const Control& control : ground.catalogue.controls) {
    FrameworkFigures& of = figures[control.framework];
    if (of.controls == 0) {
      of.version.framework = control.framework;
      if (const Source* source = ground.catalogue.source(control.source))
        of.version = {control.framework, source->version, source->date};
    }
    ++of.controls;
    of.withdrawn += control.withdrawn ? 1 : 0;
    for (const std::string& profile : control.profiles) ++profiles[control.framework][profile];
  }
  for (auto& [framework, of] : figures) {
    of.profiles.assign(profiles[framework].begin(), profiles[framework].end());
    std::ranges::stable_sort(of.profiles, {}, &std::pair<std::string, Count>::second);  // narrow before wide
    audit.frameworks.push_back(std::move(of));
  }
}

}  // namespace

AuditGround::AuditGround(const Catalogue& of, const AuditOptions& options)
    : catalogue(of), hierarchy(of.ontology), gaps(hierarchy), history(of), views(options.views) {
  std::ranges::sort(views);
  views.erase(std::ranges::unique(views).begin(), views.end());
  const std::size_t count = ontology().classes.size();
  tactics.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    const OntologyClass& it = ontology().classes[i];
    const ClassId id(i);
    if (it.id.empty() || (it.kind != ClassKind::defensive && it.kind != ClassKind::offensive)) continue;
    tactics[i] = hierarchy.tactics(id);
    const bool defends = it.kind == ClassKind::defensive;
    (defends ? countermeasures : attackTechniques).push_back(id);
    (defends ? byDefenceId : byAttackId)[it.id] = id;
  }
  const auto byId = [&](ClassId a, ClassId b) { return naturalLess(ontology()[a].id, ontology()[b].id); };
  std::ranges::sort(countermeasures, byId);
  std::ranges::sort(attackTechniques, byId);
  generic.assign(count, false);
  std::vector<bool> looked(count, false);
  for (const View view : views) {
    InferenceOptions inference;
    inference.view = view;
    rows.push_back(infer(hierarchy, inference));
    for (const Row& row : rows.back()) {
      const std::size_t artifact = row.defensiveArtifact.index();
      if (looked[artifact]) continue;
      looked[artifact] = true;
      generic[artifact] = isGeneric(hierarchy, row.defensiveArtifact);
    }
  }
}

Match AuditGround::match(const Row& row) const {
  if (generic[row.defensiveArtifact.index()]) return Match::generic;
  return row.defensiveArtifact == row.offensiveArtifact ? Match::exact : Match::narrower;
}

std::vector<std::string> AuditGround::names(const std::vector<ClassId>& classes) const {
  std::vector<std::string> found;
  for (const ClassId id : classes) found.push_back(ontology()[id].name);
  std::ranges::sort(found);
  return found;
}

std::string AuditGround::label(ClassId id) const {
  const OntologyClass& it = ontology()[id];
  return it.label.empty() ? it.name : it.label;
}

Meetings::Meetings(const AuditGround& ground, std::size_t view) : of(ground.ontology().classes.size()) {
  for (const Row& row : ground.rows[view]) {
    const bool exact = ground.match(row) == Match::exact;
    for (const auto& [one, other] :
         {std::pair(row.defensive, row.offensive), std::pair(row.offensive, row.defensive)}) {
      bool& so = of[one.index()].try_emplace(other, false).first->second;
      so = so || exact;
    }
  }
}

std::vector<std::string> tacticOrder(const AuditGround& ground) {
  std::set<std::string> found;
  for (const ClassId id : ground.countermeasures) {
    for (const ClassId tactic : ground.tactics[id.index()]) found.insert(ground.ontology()[tactic].name);
  }
  std::vector<std::string> order;
  for (const std::string_view tactic : kTactics) {
    if (found.erase(std::string(tactic)) != 0) order.emplace_back(tactic);
  }
  order.insert(order.end(), found.begin(), found.end());
  return order;
}

Audit audit(const Catalogue& catalogue, const AuditOptions& options) {
  const AuditGround ground(catalogue, options);
  std::vector<Meetings> meetings;
  for (std::size_t view = 0; view < ground.views.size(); ++view) meetings.emplace_back(ground, view);
  Audit audit;
  audit.versions = versionsOf(catalogue);
  auditTechniques(ground, meetings, audit);
  auditRows(ground, audit);
  auditDomains(ground, meetings, audit);
  auditEvidence(ground, audit);
  auditProtocols(ground, audit);
  auditOwners(ground, audit);
  auditFrameworks(ground, audit);
  return audit;
}

}  // namespace vauban::catalog
