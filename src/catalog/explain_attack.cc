// What ATT&CK speaks of: techniques, and their tactics.
#include <fmt/format.h>

#include <algorithm>

#include "catalog/explain_crosswalks.h"
#include "catalog/explain_inferred.h"
#include "catalog/explain_parts.h"
#include "catalog/framework_words.h"
#include "catalog/gap.h"

namespace vauban::catalog {
namespace {

// The class that stands for it in the ontology, which may be of another version of ATT&CK.
std::optional<ClassId> classOf(ExplainContext& context, const Subject& subject,
                               const std::vector<std::string>& ids) {
  const Ontology& ontology = context.ontology();
  if (const auto found = ontology.find(subject.className)) return found;
  for (const std::string& id : ids) {
    for (std::size_t i = 0; i < ontology.classes.size(); ++i) {
      if (ontology.classes[i].kind == ClassKind::offensive && ontology.classes[i].id == id) return ClassId(i);
    }
  }
  return std::nullopt;
}

std::string gapInWords(ExplainContext& context, const Subject& subject, std::optional<ClassId> id) {
  if (!id) return fmt::format("{} {}", subject.id, inWords(GapReason::notInOntology));
  const Gap gap = gapOf(context.hierarchy(), *id, context.options().view);
  std::string text = fmt::format("{} {}", context.ontology()[*id].id, inWords(gap.reason));
  std::string names;
  for (const ClassId artifact : gap.artifacts)
    names += (names.empty() ? "" : ", ") + context.ontology()[artifact].name;
  if (!names.empty()) text += fmt::format(" ({})", names);
  if (gap.widerView) text += fmt::format("; in the view '{}' there are some", word(*gap.widerView));
  return text;
}

void addCountermeasures(ExplainContext& context, std::optional<ClassId> id, Explanation& made) {
  InferredLinks links;
  if (id) links = inferredLinks(context, *id);
  LinkGroup official{"countermeasures",
                     fmt::format("Countermeasures that D3FEND {} infers, {} view", context.ontology().version,
                                 word(context.options().view)),
                     "", std::move(links.official), ""};
  if (official.links.empty()) {
    official.gap = gapInWords(context, made.subject, id);
  } else {
    official.note = fmt::format("{}. They apply; nothing is said of how well", summaryOf(official.links));
  }
  addGroup(made, std::move(official));
  LinkGroup ours{"countermeasures-extension",
                 "Countermeasures by this project's extension: the traffic of protocols", "",
                 std::move(links.extension), ""};
  if (!ours.links.empty()) ours.note = summaryOf(ours.links);
  if (links.left != 0) {
    ours.note += fmt::format("{}{} that act on any traffic stand above already",
                             ours.note.empty() ? "" : "; ", links.left);
    if (ours.links.empty()) ours.gap = "none that acts on the traffic of a particular protocol";
  }
  if (!ours.links.empty() || links.left != 0) addGroup(made, std::move(ours));
}

// The artifacts that it touches: its own, then those that the view takes over, with the way there.
void addArtifacts(ExplainContext& context, ClassId id, Explanation& made) {
  const Hierarchy& hierarchy = context.extendedHierarchy();
  const Ontology& ontology = hierarchy.ontology();
  const auto technique = ontology.find(context.ontology()[id].name);
  if (!technique) return;
  const std::string& own = ontology[*technique].id;
  std::vector<std::pair<ClassId, std::vector<Step>>> holders{{*technique, {}}};
  const auto isAttackTechnique = [&](ClassId other) {
    return other != *technique && ontology[other].kind == ClassKind::offensive && !ontology[other].id.empty();
  };
  if (context.options().view != View::direct) {
    for (const ClassId above : hierarchy.above(*technique)) {
      if (isAttackTechnique(above)) holders.push_back({above, {{own, "below", ontology[above].id, false}}});
    }
  }
  if (context.options().view == View::page) {
    for (const ClassId below : hierarchy.below(*technique)) {
      if (isAttackTechnique(below)) holders.push_back({below, {{ontology[below].id, "below", own, false}}});
    }
  }
  LinkGroup group{"artifacts", "What it touches", "", {}, ""};
  for (const auto& [holder, start] : holders) {
    for (const Relation& relation : hierarchy.relationsOf(holder)) {
      const std::string& property = ontology.properties[relation.property.index()].name;
      if (property == "enables") continue;
      Link link = classLink(context, hierarchy, relation.object, property, false);
      // Its own relation stands for what a parent or a sub-technique says once more.
      const auto known = std::ranges::find_if(group.links, [&](const Link& other) {
        return other.id == link.id && other.relation == link.relation;
      });
      if (known != group.links.end()) {
        ++known->furtherPaths;
        continue;
      }
      link.restsOnMay = hierarchy.isPossibility(relation.property);
      if (!start.empty()) {
        Path path{own, start, std::nullopt, std::nullopt, link.restsOnMay};
        path.steps.push_back({ontology[holder].id, property, link.id, context.isOurs(relation)});
        link.paths.push_back(std::move(path));
      }
      link.ours = context.isOurs(relation);
      if (holder != *technique) link.detail = fmt::format("of {}", ontology[holder].id);
      group.links.push_back(std::move(link));
    }
  }
  std::ranges::stable_partition(group.links, [](const Link& link) { return !link.ours; });
  if (group.links.empty())
    group.gap = fmt::format("D3FEND {} relates it to nothing", context.ontology().version);
  addGroup(made, std::move(group));
}

void addFamily(ExplainContext& context, Explanation& made) {
  const Attack* domain = context.catalogue().domain(made.subject.framework);
  if (!domain) return;
  const std::string_view id = made.subject.id;
  const std::size_t dot = id.find('.');
  if (dot != std::string_view::npos) {
    LinkGroup parent{"parents", "Sub-technique of", "", {}, ""};
    parent.links.push_back(attackLink(context, domain->domain, id.substr(0, dot), "sub-technique of", false));
    addGroup(made, std::move(parent));
    return;
  }
  LinkGroup children{"children", "Sub-techniques", "", {}, ""};
  for (const AttackTechnique& it : domain->techniques) {
    if (it.id.size() > id.size() && it.id.starts_with(id) && it.id[id.size()] == '.')
      children.links.push_back(attackLink(context, domain->domain, it.id, "sub-technique of", true));
  }
  addGroup(made, std::move(children));
}

std::string newerVersion(const Catalogue& catalogue) {
  // The table of revocations names no source by row; its source speaks of two versions: "18.1 to 19.1".
  for (const Source& source : catalogue.sources) {
    const std::size_t at = source.version.find(" to ");
    if (isAttack(source.framework) && at != std::string::npos)
      return "ATT&CK " + source.version.substr(at + 4);
  }
  return "a newer ATT&CK";
}

void addOtherVersions(ExplainContext& context, const AttackTechnique* technique, Explanation& made) {
  const Framework domain = made.subject.framework;
  LinkGroup group{"other-versions", "In other versions of ATT&CK", "", {}, ""};
  if (technique && !technique->revokedBy.empty()) {
    Link link = attackLink(context, domain, technique->revokedBy, "revoked by", false);
    link.source = context.attackSource(domain);
    group.links.push_back(std::move(link));
  }
  const std::string newer = newerVersion(context.catalogue());
  for (const Revocation& it : context.catalogue().revocations) {
    const bool old = it.oldId == made.subject.id, now = it.newId == made.subject.id;
    if (!old && !now) continue;
    Link link = attackLink(context, domain, old ? it.newId : it.oldId,
                           it.kind == "renamed" ? "renamed" : "replaced by", !old);
    if (it.kind == "renamed") link.name = "", link.standing = "";
    std::string evidence = it.evidence;
    for (std::size_t at = evidence.find(';'); at != std::string::npos; at = evidence.find(';', at))
      evidence.replace(at, 1, ", ");
    link.detail = fmt::format("in {}; known by {}", newer, evidence);
    link.source.clear();
    if (old || !it.oldId.empty()) group.links.push_back(std::move(link));
  }
  if (!context.ontology().find(made.subject.className)) {
    // Explained by the class of another id.
    for (const std::string& id : context.idsOf(made.subject.id)) {
      if (const auto found = context.ontology().find(id); found && id != made.subject.id) {
        Link link = classLink(context, context.hierarchy(), *found, "is in the ontology as", false);
        group.links.push_back(std::move(link));
      }
    }
  }
  addGroup(made, std::move(group));
}

std::string counted(std::uint32_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::vector<std::string> tacticNames(const Attack& domain, const std::vector<std::string>& shortNames) {
  std::vector<std::string> names;
  for (const std::string& shortName : shortNames) {
    const auto tactic = std::ranges::find(domain.tactics, shortName, &AttackObject::shortName);
    names.push_back(tactic == domain.tactics.end() ? shortName
                                                   : fmt::format("{} ({})", tactic->name, tactic->id));
  }
  return names;
}

// A gap for each kind of expert's mapping that one would look for.
void addExperts(ExplainContext& context, const std::vector<std::string>& ids, Explanation& made) {
  const Framework domain = made.subject.framework;
  std::vector<CrosswalkEnd> ends;
  for (const std::string& id : ids) ends.push_back({domain, id});
  ExpertLinks experts = expertLinks(context, ends);
  struct Expected {
    std::string_view key, title, none;
  };
  static constexpr Expected kExpected[] = {
      {"mitigations", "Mitigations of ATT&CK", "ATT&CK names no mitigation"},
      {"800-53", "Controls of NIST SP 800-53", "no source joins a control of 800-53 to it"},
      {"cis", "Safeguards of CIS", "no source joins a safeguard of CIS to it"},
  };
  for (const Expected& expected : kExpected) {
    const auto found = std::ranges::find(experts.direct, expected.key, &LinkGroup::key);
    if (found != experts.direct.end()) {
      addGroup(made, std::move(*found));
      experts.direct.erase(found);
      continue;
    }
    LinkGroup none{
        std::string(expected.key), std::string(expected.title), "", {}, std::string(expected.none)};
    const bool mitigations = expected.key == "mitigations";
    if (!mitigations && domain != Framework::attackEnterprise)
      none.gap += "; the sources speak of ATT&CK Enterprise";
    none.gap += relativesWith(context, domain, made.subject.id, [&](std::string_view id) {
      if (mitigations) {
        const Attack* attack = context.catalogue().domain(domain);
        return attack && std::ranges::find(attack->mitigates, id, &IdPair::first) != attack->mitigates.end();
      }
      const Framework framework = *frameworkOfWord(expected.key);
      return std::ranges::any_of(context.catalogue().crosswalks, [&](const Crosswalk& it) {
        return it.fromFramework == framework && it.toFramework == domain && it.to == id;
      });
    });
    addGroup(made, std::move(none));
  }
  for (auto* list : {&experts.direct, &experts.twoSteps}) {
    for (LinkGroup& group : *list) addGroup(made, std::move(group));
  }
}

}  // namespace

void explainAttackTechnique(ExplainContext& context, Explanation& made) {
  const Subject& subject = made.subject;
  const Attack* domain = context.catalogue().domain(subject.framework);
  const AttackTechnique* technique = domain ? domain->find(subject.id) : nullptr;
  const std::vector<std::string> ids = context.idsOf(subject.id);
  const std::optional<ClassId> id = classOf(context, subject, ids);
  if (technique) {
    addLine(made, "standing", {std::string(word(technique->standing))});
    addLine(made, "tactics", tacticNames(*domain, technique->tactics));
    addLine(made, "platforms", technique->platforms);
    addLine(made, "used by",
            {counted(technique->groups, "group"), counted(technique->campaigns, "campaign"),
             fmt::format("{} software", technique->software)});
  } else {
    addLine(made, "standing",
            {fmt::format("not in {} {}", title(subject.framework), domain ? domain->version : "")});
    if (id) {
      std::vector<std::string> tactics;
      for (const ClassId tactic : context.hierarchy().tactics(*id))
        tactics.push_back(context.ontology()[tactic].label);
      addLine(made, "tactics", std::move(tactics));
    }
  }
  if (id) {
    const OntologyClass& it = context.ontology()[*id];
    if (it.id != subject.id) addLine(made, "in D3FEND as", {it.id, it.label});
    if (it.deprecated) addLine(made, "in D3FEND", {"deprecated"});
    std::vector<std::string> synonyms;
    for (const auto& [of, synonym] : context.ontology().synonyms) {
      if (of == *id) synonyms.push_back(synonym);
    }
    addLine(made, "synonyms", std::move(synonyms));
  }
  addOtherVersions(context, technique, made);
  addCountermeasures(context, id, made);
  addExperts(context, ids, made);
  addEvidence(context, subject.framework, ids, made);
  if (id) addArtifacts(context, *id, made);
  addFamily(context, made);
}

void explainAttackTactic(ExplainContext& context, Explanation& made) {
  const Attack* domain = context.catalogue().domain(made.subject.framework);
  if (!domain) return;
  const auto tactic = std::ranges::find(domain->tactics, made.subject.id, &AttackObject::id);
  if (tactic == domain->tactics.end()) return;
  addLine(made, "standing", {std::string(word(tactic->standing))});
  addLine(made, "short name", {tactic->shortName});
  addOtherVersions(context, nullptr, made);
  LinkGroup group{
      "techniques", "Techniques that serve it", "live ones; sub-techniques stand by themselves", {}, ""};
  for (const AttackTechnique& it : domain->techniques) {
    if (it.standing == Standing::live && std::ranges::binary_search(it.tactics, tactic->shortName))
      group.links.push_back(attackLink(context, domain->domain, it.id, "serves", true));
  }
  if (group.links.empty()) group.gap = "no live technique names it";
  addGroup(made, std::move(group));
}

}  // namespace vauban::catalog
