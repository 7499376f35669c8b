// How much of ATT&CK the ontology speaks of: by domain and tactic, as many techniques and as much observed
// use.
#include <algorithm>
#include <array>

#include "catalog/audit_parts.h"

namespace vauban::catalog {
namespace {

void add(Weight& weight, const AttackFigures& technique) {
  ++weight.techniques;
  weight.observed += technique.use() != 0 ? 1 : 0;
  weight.groups += technique.groups;
  weight.campaigns += technique.campaigns;
}

// What answers the classes that one id is joined to. Of several reasons for nothing, the one that comes
// nearest to an answer.
Answers answersOf(const AuditGround& ground, const std::vector<Meetings>& meetings, std::size_t view,
                  const std::vector<ClassId>& classes) {
  Answers answers;
  answers.view = ground.views[view];
  std::map<ClassId, bool> others;
  for (const ClassId id : classes) {
    for (const auto& [other, exact] : meetings[view].of[id.index()]) {
      bool& so = others.try_emplace(other, false).first->second;
      so = so || exact;
    }
  }
  for (const auto& [other, exact] : others) {
    ++answers.any;
    answers.exact += exact ? 1 : 0;
  }
  if (answers.any != 0) return answers;
  answers.gap = classes.empty() ? GapReason::notInOntology : GapReason::noArtifact;
  for (const ClassId id : classes) {
    const Gap gap = ground.gaps.of(id, answers.view);
    if (gap.reason != GapReason::unanswered) continue;
    answers.gap = gap.reason;
    for (std::string& name : ground.names(gap.artifacts)) answers.deadEnds.push_back(std::move(name));
  }
  std::ranges::sort(answers.deadEnds);
  answers.deadEnds.erase(std::ranges::unique(answers.deadEnds).begin(), answers.deadEnds.end());
  return answers;
}

AttackFigures oneByOne(const AuditGround& ground, const std::vector<Meetings>& meetings,
                       const AttackTechnique& technique) {
  AttackFigures figures;
  figures.id = technique.id;
  figures.name = technique.name;
  figures.tactics = technique.tactics;
  figures.groups = technique.groups;
  figures.campaigns = technique.campaigns;
  figures.ontology = ground.history.join(
      technique.id, [&](const std::string& id) { return ground.byAttackId.contains(id); });
  std::vector<ClassId> classes;
  for (const std::string& id : figures.ontology.ids) classes.push_back(ground.byAttackId.at(id));
  for (std::size_t view = 0; view < ground.views.size(); ++view)
    figures.answers.push_back(answersOf(ground, meetings, view, classes));
  if (std::ranges::any_of(figures.answers, [](const Answers& answers) { return answers.any != 0; }))
    figures.grade = Grade::e0;
  return figures;
}

template <class Chosen>
Coverage coverageOf(View view, std::size_t at, const std::vector<AttackFigures>& techniques, Chosen chosen) {
  Coverage coverage;
  coverage.view = view;
  std::map<GapReason, Weight> gaps;
  for (const AttackFigures& technique : techniques) {
    if (!chosen(technique)) continue;
    const Answers& answers = technique.answers[at];
    if (answers.any != 0) add(coverage.any, technique);
    if (answers.exact != 0) add(coverage.exact, technique);
    if (answers.any == 0) add(gaps[answers.gap], technique);
  }
  coverage.gaps.assign(gaps.begin(), gaps.end());
  return coverage;
}

// ATT&CK's order of ids is near the order of the matrix.
std::vector<std::string> tacticsOf(const Attack& attack) {
  std::vector<std::string> order;
  const auto add = [&](const std::string& tactic) {
    if (!tactic.empty() && std::ranges::find(order, tactic) == order.end()) order.push_back(tactic);
  };
  for (const AttackObject& tactic : attack.tactics) {
    if (tactic.standing == Standing::live) add(tactic.shortName);
  }
  for (const AttackTechnique& technique : attack.techniques) {
    if (technique.standing != Standing::live) continue;
    for (const std::string& tactic : technique.tactics) add(tactic);
  }
  return order;
}

}  // namespace

void auditDomains(const AuditGround& ground, const std::vector<Meetings>& meetings, Audit& audit) {
  for (std::size_t i = 0; i < ground.catalogue.attack.size(); ++i) {
    const Attack& attack = ground.catalogue.attack[i];
    DomainFigures domain;
    domain.version = audit.versions[i + 1];
    for (const AttackTechnique& technique : attack.techniques) {
      if (technique.standing != Standing::live) continue;
      domain.techniques.push_back(oneByOne(ground, meetings, technique));
      const AttackFigures& figures = domain.techniques.back();
      add(domain.all, figures);
      add(figures.ontology.by == JoinedBy::none     ? domain.notJoined
          : figures.ontology.by == JoinedBy::sameId ? domain.sameId
                                                    : domain.otherId,
          figures);
    }
    for (std::size_t view = 0; view < ground.views.size(); ++view) {
      domain.coverage.push_back(
          coverageOf(ground.views[view], view, domain.techniques, [](const AttackFigures&) { return true; }));
    }
    for (const std::string& name : tacticsOf(attack)) {
      const auto inTactic = [&](const AttackFigures& technique) {
        return std::ranges::find(technique.tactics, name) != technique.tactics.end();
      };
      DomainFigures::Tactic tactic;
      tactic.tactic = name;
      for (const AttackFigures& technique : domain.techniques) {
        if (inTactic(technique)) add(tactic.all, technique);
      }
      for (std::size_t view = 0; view < ground.views.size(); ++view)
        tactic.coverage.push_back(coverageOf(ground.views[view], view, domain.techniques, inTactic));
      domain.byTactic.push_back(std::move(tactic));
    }
    audit.domains.push_back(std::move(domain));
  }
  for (const ClassId id : ground.attackTechniques) {
    const OntologyClass& it = ground.ontology()[id];
    OntologyAttackFigures figures;
    figures.id = it.id;
    figures.name = ground.label(id);
    figures.tactics = ground.names(ground.tactics[id.index()]);
    figures.deprecated = it.deprecated;
    for (std::size_t view = 0; view < ground.views.size(); ++view)
      figures.answers.push_back(answersOf(ground, meetings, view, {id}));
    audit.ontologyTechniques.push_back(std::move(figures));
  }
}

}  // namespace vauban::catalog
