// Techniques by tactic, what they rest on, and each countermeasure by itself.
#include <algorithm>
#include <array>
#include <set>

#include "catalog/audit_parts.h"

namespace vauban::catalog {
namespace {

constexpr std::string_view kPatent = "PatentReference";
// MITRE's own count of the release of December 2025 (kPublishedVersion).
constexpr std::array<std::pair<std::string_view, Count>, 7> kPublished = {{{"Model", 27},
                                                                           {"Harden", 51},
                                                                           {"Detect", 90},
                                                                           {"Isolate", 57},
                                                                           {"Deceive", 11},
                                                                           {"Evict", 19},
                                                                           {"Restore", 12}}};

std::optional<Count> published(std::string_view tactic) {
  for (const auto& [name, techniques] : kPublished) {
    if (name == tactic) return techniques;
  }
  return std::nullopt;
}

// Citations of countermeasures: for each class with an id its references, each once.
std::vector<std::vector<ReferenceId>> citationsOf(const AuditGround& ground) {
  std::vector<std::vector<ReferenceId>> cites(ground.ontology().classes.size());
  for (const auto& [technique, reference] : ground.ontology().cites) {
    const OntologyClass& it = ground.ontology()[technique];
    if (it.kind == ClassKind::defensive && !it.id.empty()) cites[technique.index()].push_back(reference);
  }
  return cites;
}

class Provenance {
 public:
  Provenance(const AuditGround& ground, Audit& audit)
      : ground_(ground), audit_(audit), cites_(citationsOf(ground)) {}

  const std::vector<ReferenceId>& cites(ClassId technique) const { return cites_[technique.index()]; }

  Count patentsOf(ClassId technique) const {
    return static_cast<Count>(
        std::ranges::count_if(cites(technique), [&](ReferenceId id) { return type(id) == kPatent; }));
  }

  void count(ClassId technique, TacticFigures& figures) const {
    const auto references = static_cast<Count>(cites(technique).size());
    const Count patents = patentsOf(technique);
    ++figures.techniques;
    figures.citations += references;
    figures.patentCitations += patents;
    figures.noReference += references == 0 ? 1 : 0;
    figures.onPatent += patents != 0 ? 1 : 0;
    figures.onlyPatents += patents != 0 && patents == references ? 1 : 0;
    figures.noPatent += references != 0 && patents == 0 ? 1 : 0;
  }

  void byType() {
    std::map<std::string, ReferenceFigures> types;
    for (const Reference& reference : ground_.ontology().references) {
      ReferenceFigures& of = types[reference.type];
      ++of.references;
      if (reference.year == 0) continue;
      of.firstYear = of.dated == 0 ? reference.year : std::min(of.firstYear, reference.year);
      of.lastYear = std::max(of.lastYear, reference.year);
      ++of.dated;
    }
    std::map<std::string, std::set<ReferenceId>> cited;
    std::map<std::string, std::set<ClassId>> techniques;
    for (const ClassId technique : ground_.countermeasures) {
      for (const ReferenceId id : cites(technique)) {
        ++types[type(id)].citations;
        cited[type(id)].insert(id);
        techniques[type(id)].insert(technique);
      }
    }
    for (const ClassId technique : ground_.countermeasures) {
      for (const ReferenceId id : cites(technique)) {
        const Reference& reference = ground_.ontology().references[id.index()];
        audit_.citations.push_back(
            {ground_.ontology()[technique].id, reference.name, reference.type, reference.year});
      }
    }
    for (auto& [name, of] : types) {
      of.type = name;
      of.cited = static_cast<Count>(cited[name].size());
      of.techniques = static_cast<Count>(techniques[name].size());
      for (const TacticFigures& tactic : audit_.tactics)
        of.citationsByTactic.push_back(citationsIn(tactic.tactic, name));
      audit_.references.push_back(of);
    }
    std::ranges::stable_sort(audit_.references, std::ranges::greater(), &ReferenceFigures::citations);
  }

 private:
  const std::string& type(ReferenceId id) const { return ground_.ontology().references[id.index()].type; }

  Count citationsIn(const std::string& tactic, const std::string& ofType) const {
    std::size_t citations = 0;
    for (const ClassId technique : ground_.countermeasures) {
      const auto& tactics = ground_.tactics[technique.index()];
      const bool inTactic = tactic.empty() ? tactics.empty() : std::ranges::any_of(tactics, [&](ClassId id) {
        return ground_.ontology()[id].name == tactic;
      });
      if (!inTactic) continue;
      citations += static_cast<std::size_t>(
          std::ranges::count_if(cites(technique), [&](ReferenceId id) { return type(id) == ofType; }));
    }
    return static_cast<Count>(citations);
  }

  const AuditGround& ground_;
  Audit& audit_;
  std::vector<std::vector<ReferenceId>> cites_;
};

std::vector<ClassId> artifactsOf(const AuditGround& ground, ClassId technique) {
  const Ontology& ontology = ground.ontology();
  std::vector<ClassId> artifacts;
  for (const Relation& relation : ground.hierarchy.relationsOf(technique)) {
    if (ground.hierarchy.associates(relation.property) &&
        ontology[relation.object].kind == ClassKind::artifact)
      artifacts.push_back(relation.object);
  }
  std::ranges::sort(artifacts);
  artifacts.erase(std::ranges::unique(artifacts).begin(), artifacts.end());
  return artifacts;
}

CountermeasureFigures oneByOne(const AuditGround& ground, const std::vector<Meetings>& meetings,
                               const Provenance& provenance, ClassId id) {
  const OntologyClass& it = ground.ontology()[id];
  CountermeasureFigures figures;
  figures.id = it.id;
  figures.className = it.name;
  figures.name = ground.label(id);
  figures.tactics = ground.names(ground.tactics[id.index()]);
  figures.references = static_cast<Count>(provenance.cites(id).size());
  figures.patents = provenance.patentsOf(id);
  figures.artifacts = ground.names(artifactsOf(ground, id));
  for (std::size_t view = 0; view < ground.views.size(); ++view) {
    Answers answers;
    answers.view = ground.views[view];
    for (const auto& [other, exact] : meetings[view].of[id.index()]) {
      ++answers.any;
      answers.exact += exact ? 1 : 0;
    }
    const Gap gap = ground.gaps.of(id, answers.view);
    answers.gap = gap.reason;
    answers.deadEnds = ground.names(gap.artifacts);
    figures.byInheritance = gap.byInheritance;
    figures.answers.push_back(std::move(answers));
  }
  return figures;
}

void among(const AuditGround& ground, Audit& audit) {
  const Ontology& ontology = ground.ontology();
  const auto isCountermeasure = [&](ClassId id) {
    return ontology[id].kind == ClassKind::defensive && !ontology[id].id.empty();
  };
  std::map<std::string, Count> found;
  for (const Relation& relation : ontology.relations) {
    if (isCountermeasure(relation.subject) && isCountermeasure(relation.object))
      ++found[ontology.properties[relation.property.index()].name];
  }
  audit.amongCountermeasures.assign(found.begin(), found.end());
}

}  // namespace

void auditTechniques(const AuditGround& ground, const std::vector<Meetings>& meetings, Audit& audit) {
  Provenance provenance(ground, audit);
  std::map<std::string, TacticFigures> byTactic;
  for (const ClassId id : ground.countermeasures) {
    const auto count = [&](TacticFigures& figures) {
      provenance.count(id, figures);
      figures.withArtifact += artifactsOf(ground, id).empty() ? 0 : 1;
    };
    count(audit.all);
    for (const ClassId tactic : ground.tactics[id.index()]) count(byTactic[ground.ontology()[tactic].name]);
    if (ground.tactics[id.index()].empty()) count(byTactic[""]);
    audit.countermeasures.push_back(oneByOne(ground, meetings, provenance, id));
  }
  Count total = 0;
  for (const auto& [tactic, techniques] : kPublished) total += techniques;
  audit.all.published = total;
  std::vector<std::string> order = tacticOrder(ground);
  if (byTactic.contains("")) order.emplace_back();
  for (const std::string& tactic : order) {
    TacticFigures& figures = byTactic[tactic];
    figures.tactic = tactic;
    figures.published = published(tactic);
    audit.tactics.push_back(figures);
  }
  provenance.byType();
  among(ground, audit);
}

}  // namespace vauban::catalog
