// What D3FEND speaks of: countermeasures, and their tactics, with who answers for them.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "catalog/explain_crosswalks.h"
#include "catalog/explain_inferred.h"
#include "catalog/explain_parts.h"
#include "catalog/gap.h"

namespace vauban::catalog {
namespace {

// "PatentReference: 3 (2016 to 2019)", most first.
std::vector<std::string> referencesOf(const Ontology& ontology, ClassId id) {
  struct Kind {
    std::size_t count = 0;
    int first = 0, last = 0;
  };
  std::map<std::string, Kind> kinds;
  const auto [from, to] =
      std::ranges::equal_range(ontology.cites, id, {}, &std::pair<ClassId, ReferenceId>::first);
  for (auto it = from; it != to; ++it) {
    const Reference& reference = ontology.references[it->second.index()];
    Kind& kind = kinds[reference.type.empty() ? "of no type" : reference.type];
    ++kind.count;
    if (reference.year == 0) continue;
    kind.first = kind.first == 0 ? reference.year : std::min(kind.first, reference.year);
    kind.last = std::max(kind.last, reference.year);
  }
  std::vector<std::pair<std::string, Kind>> order(kinds.begin(), kinds.end());
  std::ranges::stable_sort(order,
                           [](const auto& a, const auto& b) { return a.second.count > b.second.count; });
  std::vector<std::string> texts;
  for (const auto& [type, kind] : order) {
    const std::string years = kind.first == 0           ? ""
                              : kind.first == kind.last ? fmt::format(" ({})", kind.first)
                                                        : fmt::format(" ({} to {})", kind.first, kind.last);
    texts.push_back(fmt::format("{} {}{}", kind.count, type, years));
  }
  if (texts.empty()) texts.push_back("none");
  return texts;
}

void addAttacks(ExplainContext& context, ClassId id, Explanation& made) {
  InferredLinks links = inferredLinks(context, id);
  const std::string version = context.ontology().version;
  LinkGroup official{"attack-techniques",
                     fmt::format("Attack techniques that it may answer, as D3FEND {} infers, {} view",
                                 version, word(context.options().view)),
                     "", std::move(links.official), ""};
  if (!official.links.empty()) {
    official.note = fmt::format("{}. It applies; nothing is said of how well", summaryOf(official.links));
  } else {
    const Gap gap = gapOf(context.hierarchy(), id, context.options().view);
    official.gap = fmt::format("it {}", inWords(gap.reason));
    std::string names;
    for (const ClassId artifact : gap.artifacts)
      names += (names.empty() ? "" : ", ") + context.ontology()[artifact].name;
    if (!names.empty()) official.gap += fmt::format(" ({})", names);
    if (gap.byInheritance)
      official.gap += fmt::format("; by the rule '{}' there are some", word(Rule::bothInherit));
  }
  addGroup(made, std::move(official));
  if (links.extension.empty()) return;
  LinkGroup ours{"attack-techniques-extension",
                 "Attack techniques by this project's extension: the traffic of protocols",
                 summaryOf(links.extension), std::move(links.extension), ""};
  if (links.left != 0) ours.note += fmt::format("; {} over any traffic stand above already", links.left);
  addGroup(made, std::move(ours));
}

}  // namespace

void addOwners(ExplainContext& context, const std::vector<std::string>& tactics, Explanation& made) {
  for (const std::string& tactic : tactics) {
    const auto owner = std::ranges::find(context.catalogue().owners, tactic, &TacticOwner::tactic);
    LinkGroup group{"owners", fmt::format("Who does what {} asks for", tactic), "", {}, ""};
    if (owner == context.catalogue().owners.end()) {
      group.gap = fmt::format("nobody is named for {}", tactic);
      addGroup(made, std::move(group));
      continue;
    }
    group.note = fmt::format("{} of this project; {} a security operations centre's authority", owner->basis,
                             owner->withinSoc ? "within" : "not within");
    const auto add = [&](std::string_view relation, const std::string& id) {
      Link link;
      link.relation = relation;
      link.inverse = true;
      link.framework = Framework::nice;
      link.id = id;
      link.name = context.nameOf(Framework::nice, id);
      for (const std::string& scope : owner->scope) {
        if (scope.starts_with(id + "=")) link.detail = scope.substr(id.size() + 1);
      }
      link.source = owner->source;
      group.links.push_back(std::move(link));
    };
    for (const std::string& id : owner->responsible) add("responsible", id);
    if (!owner->accountable.empty()) add("accountable", owner->accountable);
    for (const std::string& id : owner->consulted) add("consulted", id);
    addGroup(made, std::move(group));
  }
}

void explainCountermeasure(ExplainContext& context, Explanation& made) {
  const Ontology& ontology = context.ontology();
  const auto id = ontology.find(made.subject.className);
  if (!id) return;
  const OntologyClass& it = ontology[*id];
  const Hierarchy& hierarchy = context.hierarchy();
  std::vector<std::string> tactics;
  for (const ClassId tactic : hierarchy.tactics(*id)) tactics.push_back(ontology[tactic].name);
  addLine(made, "standing", {it.deprecated ? "deprecated" : "live"});
  addLine(made, "class", {it.name});
  addLine(made, "tactics", tactics);
  std::vector<std::string> synonyms;
  for (const auto& [of, synonym] : ontology.synonyms) {
    if (of == *id) synonyms.push_back(synonym);
  }
  addLine(made, "synonyms", std::move(synonyms));
  addLine(made, "references", referencesOf(ontology, *id));

  addOwners(context, tactics, made);
  addAttacks(context, *id, made);
  ExpertLinks experts = expertLinks(context, {{Framework::d3fend, it.id}});
  struct Expected {
    std::string_view key, title, none;
  };
  static constexpr Expected kExpected[] = {
      {"mitigations", "Mitigations of ATT&CK", "D3FEND relates it to no mitigation"},
      {"800-53", "Controls of NIST SP 800-53", "no source joins a control of 800-53 to it"},
  };
  for (const Expected& expected : kExpected) {
    if (std::ranges::find(experts.direct, expected.key, &LinkGroup::key) == experts.direct.end())
      experts.direct.push_back(
          {std::string(expected.key), std::string(expected.title), "", {}, std::string(expected.none)});
  }
  for (auto* list : {&experts.direct, &experts.twoSteps}) {
    for (LinkGroup& group : *list) addGroup(made, std::move(group));
  }
  // With what the extension adds to it, marked as such.
  const Hierarchy& extended = context.extendedHierarchy();
  if (const auto same = extended.ontology().find(it.name)) addRelations(context, extended, *same, made);
  addOrder(context, hierarchy, *id, made);
}

void explainDefensiveTactic(ExplainContext& context, Explanation& made) {
  const Ontology& ontology = context.ontology();
  const auto id = ontology.find(made.subject.className);
  if (!id) return;
  addOwners(context, {ontology[*id].name}, made);
  LinkGroup group{"techniques", "Techniques that serve it", "", {}, ""};
  for (std::size_t i = 0; i < ontology.classes.size(); ++i) {
    const OntologyClass& it = ontology.classes[i];
    if (it.kind != ClassKind::defensive || it.id.empty()) continue;
    const auto tactics = context.hierarchy().tactics(ClassId(i));
    if (std::ranges::binary_search(tactics, *id))
      group.links.push_back(classLink(context, context.hierarchy(), ClassId(i), "serves", true));
  }
  std::ranges::sort(group.links, naturalLess, &Link::id);
  if (group.links.empty()) group.gap = "no technique enables it";
  addGroup(made, std::move(group));
}

}  // namespace vauban::catalog
