// Classes of the ontology: artifacts with who acts on them from both sides, weaknesses, events, protocols,
// and whatever else there is.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "catalog/explain_inferred.h"
#include "catalog/explain_parts.h"
#include "catalog/extension.h"
#include "catalog/framework_words.h"

namespace vauban::catalog {
namespace {

bool isTechnique(const OntologyClass& it) {
  return (it.kind == ClassKind::defensive || it.kind == ClassKind::offensive) && !it.id.empty();
}

// Techniques of `kind` that relate to any of `artifacts`; each with the way from `artifact`.
std::vector<Link> actingOn(ExplainContext& context, const Hierarchy& hierarchy, ClassId artifact,
                           const std::vector<ClassId>& artifacts, ClassKind kind) {
  const Ontology& ontology = hierarchy.ontology();
  const bool extended = isExtended(context, hierarchy);
  std::map<ClassId, std::vector<Path>> ways;  // by technique
  std::map<ClassId, std::string> relations;
  std::map<ClassId, bool> ours, onlyMay;
  const std::string& name = ExplainContext::shown(ontology[artifact]);
  for (const ClassId touched : artifacts) {
    for (const Relation& relation : hierarchy.relationsTo(touched)) {
      const OntologyClass& it = ontology[relation.subject];
      if (it.kind != kind || it.id.empty() || !hierarchy.associates(relation.property)) continue;
      const std::string& property = ontology.properties[relation.property.index()].name;
      Path path;
      path.start = name;
      if (touched != artifact) {
        // A countermeasure acts on what stands above, an attack touches what stands below.
        const bool above = kind == ClassKind::defensive;
        const std::string& other = ExplainContext::shown(ontology[touched]);
        const bool classesOurs = extended && (context.isOurs(touched) || context.isOurs(artifact));
        path.steps.push_back(above ? Step{name, "below", other, classesOurs}
                                   : Step{other, "below", name, classesOurs});
      }
      const bool relationOurs = extended && context.isOurs(relation);
      path.steps.push_back({it.id, property, ExplainContext::shown(ontology[touched]), relationOurs});
      path.restsOnMay = hierarchy.isPossibility(relation.property);
      path.match = touched == artifact             ? Match::exact
                   : isGeneric(hierarchy, touched) ? Match::generic
                                                   : Match::narrower;
      const auto [at, fresh] = onlyMay.try_emplace(relation.subject, true);
      at->second = at->second && path.restsOnMay;
      ways[relation.subject].push_back(std::move(path));
      relations.try_emplace(relation.subject, property);
    }
  }
  std::vector<Link> links;
  for (auto& [technique, paths] : ways) {
    std::ranges::stable_sort(paths, [](const Path& a, const Path& b) {
      return std::pair(a.match, a.restsOnMay) < std::pair(b.match, b.restsOnMay);
    });
    Link link = classLink(context, hierarchy, technique, paths.front().steps.back().relation, true);
    if (kind == ClassKind::defensive) {
      for (const ClassId tactic : hierarchy.tactics(technique))
        link.detail += (link.detail.empty() ? "" : ", ") + ontology[tactic].name;
    }
    link.ours = std::ranges::all_of(
        paths, [](const Path& path) { return std::ranges::any_of(path.steps, &Step::ours); });
    link.restsOnMay = onlyMay[technique];
    if (!context.options().allPaths && paths.size() > 1) {
      link.furtherPaths = paths.size() - 1;
      paths.resize(1);
    }
    link.paths = std::move(paths);
    links.push_back(std::move(link));
  }
  std::ranges::stable_sort(links, [](const Link& a, const Link& b) {
    const Match one = *a.paths.front().match, two = *b.paths.front().match;
    return one != two ? one < two : naturalLess(a.id, b.id);
  });
  return links;
}

void addActing(ExplainContext& context, const Hierarchy& hierarchy, ClassId artifact, Explanation& made) {
  LinkGroup defence{"countermeasures",
                    "Countermeasures that act on it",
                    "on itself, or on something it is a kind of",
                    {},
                    ""};
  defence.links = actingOn(context, hierarchy, artifact, hierarchy.above(artifact), ClassKind::defensive);
  if (defence.links.empty())
    defence.gap = fmt::format("no technique of D3FEND {} acts on it or on anything above it",
                              context.ontology().version);
  addGroup(made, std::move(defence));

  LinkGroup attack{"attack-techniques", "Attack techniques that touch it", "itself, or a kind of it", {}, ""};
  attack.links = actingOn(context, hierarchy, artifact, hierarchy.below(artifact), ClassKind::offensive);
  if (attack.links.empty()) {
    attack.gap = fmt::format("no attack technique of D3FEND {} touches it or anything below it",
                             context.ontology().version);
  }
  addGroup(made, std::move(attack));
}

void addProtocolLines(ExplainContext& context, std::string_view artifact, Explanation& made) {
  for (const ProtocolArtifact& it : context.catalogue().protocols) {
    const bool asked = made.subject.kind == SubjectKind::protocol && it.service == made.subject.id;
    if (it.artifact != artifact || (made.subject.kind == SubjectKind::protocol && !asked)) continue;
    addLine(made, "traffic of", {fmt::format("service {}", it.service)});
    addLine(made, "artifact", {it.artifact});
    addLine(made, "reference", {it.reference});
    if (!context.ontology().find(it.artifact)) {
      addLine(made, "origin",
              {fmt::format("this project's extension: D3FEND {} has no artifact for it",
                           context.ontology().version)});
    }
  }
}

}  // namespace

bool isExtended(ExplainContext& context, const Hierarchy& hierarchy) {
  return &hierarchy.ontology() != &context.ontology();
}

Link classLink(ExplainContext& context, const Hierarchy& hierarchy, ClassId id, std::string_view relation,
               bool inverse) {
  const OntologyClass& it = hierarchy.ontology()[id];
  Link link;
  link.relation = relation;
  link.inverse = inverse;
  link.id = ExplainContext::shown(it);
  link.framework =
      it.kind == ClassKind::offensive && !it.id.empty() ? context.domainOf(it.id) : Framework::d3fend;
  link.name = it.label;
  link.standing = it.deprecated               ? "deprecated"
                  : isAttack(*link.framework) ? context.standingOf(*link.framework, it.id)
                                              : "";
  link.ours = isExtended(context, hierarchy) && context.isOurs(id);
  link.source = context.ontologySource();
  return link;
}

void addOrder(ExplainContext& context, const Hierarchy& hierarchy, ClassId id, Explanation& made) {
  LinkGroup parents{"parents", "Is a kind of", "", {}, ""};
  for (const ClassId parent : hierarchy.parents(id))
    parents.links.push_back(classLink(context, hierarchy, parent, "below", false));
  LinkGroup children{"children", "Kinds of it", "", {}, ""};
  for (const ClassId child : hierarchy.children(id))
    children.links.push_back(classLink(context, hierarchy, child, "below", true));
  addGroup(made, std::move(parents));
  addGroup(made, std::move(children));
}

void addRelations(ExplainContext& context, const Hierarchy& hierarchy, ClassId id, Explanation& made) {
  const Ontology& ontology = hierarchy.ontology();
  const bool extended = isExtended(context, hierarchy);
  const bool artifact = ontology[id].kind == ClassKind::artifact;
  const auto link = [&](const Relation& relation, ClassId other, bool inverse) {
    Link one =
        classLink(context, hierarchy, other, ontology.properties[relation.property.index()].name, inverse);
    one.restsOnMay = hierarchy.isPossibility(relation.property);
    one.ours = extended && context.isOurs(relation);
    return one;
  };
  LinkGroup relations{"relations", "Relates to", "", {}, ""};
  for (const Relation& relation : hierarchy.relationsOf(id)) {
    // Tactics stand in the head.
    if (ontology.properties[relation.property.index()].name != "enables")
      relations.links.push_back(link(relation, relation.object, false));
  }
  LinkGroup inverse{"related-by", "What relates to it", "", {}, ""};
  for (const Relation& relation : hierarchy.relationsTo(id)) {
    const bool acts =
        artifact && isTechnique(ontology[relation.subject]) && hierarchy.associates(relation.property);
    if (!acts) inverse.links.push_back(link(relation, relation.subject, true));
  }
  addGroup(made, std::move(relations));
  addGroup(made, std::move(inverse));
}

void explainClass(ExplainContext& context, Explanation& made) {
  const Hierarchy& hierarchy = context.extendedHierarchy();
  const auto id = hierarchy.ontology().find(made.subject.className);
  addProtocolLines(context, made.subject.className, made);
  if (!id) {
    // A protocol whose artifact would stand below a class that this version of the ontology does not have.
    addGroup(
        made,
        {"parents", "Is a kind of", "", {}, "the ontology has no class that its artifact could stand below"});
    return;
  }
  const OntologyClass& it = hierarchy.ontology()[*id];
  if (made.subject.kind == SubjectKind::protocol) made.subject.name = it.label;
  addLine(made, "kind", {std::string(word(it.kind))});
  if (!it.id.empty() && it.id != made.subject.id) addLine(made, "id", {it.id});
  if (it.kind == ClassKind::artifact) {
    addActing(context, hierarchy, *id, made);
  } else if (it.kind == ClassKind::weakness && it.label.empty()) {
    addLine(made, "name", {"not shipped: CWE has terms of its own"});
  }
  addRelations(context, hierarchy, *id, made);
  addOrder(context, hierarchy, *id, made);
}

}  // namespace vauban::catalog
