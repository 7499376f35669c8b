// Who acts and what is offered: mitigations, groups, campaigns, software, roles, capabilities, analytics.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "catalog/explain_crosswalks.h"
#include "catalog/explain_parts.h"
#include "catalog/framework_words.h"

namespace vauban::catalog {
namespace {

void addExperts(ExplainContext& context, const std::vector<CrosswalkEnd>& ends, Explanation& made) {
  ExpertLinks experts = expertLinks(context, ends);
  for (auto* list : {&experts.direct, &experts.twoSteps}) {
    for (LinkGroup& group : *list) addGroup(made, std::move(group));
  }
}

const AttackObject* objectOf(const Attack& domain, const Subject& subject) {
  const auto& list = subject.kind == SubjectKind::mitigation ? domain.mitigations
                     : subject.kind == SubjectKind::group    ? domain.groups
                     : subject.kind == SubjectKind::campaign ? domain.campaigns
                                                             : domain.software;
  const auto found = std::ranges::find(list, subject.id, &AttackObject::id);
  return found == list.end() ? nullptr : &*found;
}

void addStanding(ExplainContext& context, Explanation& made) {
  const Attack* domain = context.catalogue().domain(made.subject.framework);
  if (const AttackObject* object = domain ? objectOf(*domain, made.subject) : nullptr)
    addLine(made, "standing", {std::string(word(object->standing))});
}

}  // namespace

void explainMitigation(ExplainContext& context, Explanation& made) {
  addStanding(context, made);
  ExpertLinks experts = expertLinks(context, {{made.subject.framework, made.subject.id}});
  const auto has = [&](std::string_view key) {
    return std::ranges::find(experts.direct, key, &LinkGroup::key) != experts.direct.end();
  };
  if (!has("d3fend")) {
    std::string gap = fmt::format("D3FEND {} relates no technique to it", context.ontology().version);
    if (made.subject.framework != Framework::attackEnterprise) gap += "; it speaks of ATT&CK Enterprise";
    experts.direct.insert(experts.direct.begin(),
                          {"d3fend", "D3FEND techniques that experts relate to it", "", {}, std::move(gap)});
  }
  if (!has(word(made.subject.framework))) {
    experts.direct.push_back({std::string(word(made.subject.framework)),
                              fmt::format("{} techniques", title(made.subject.framework)),
                              "",
                              {},
                              "it mitigates no live technique"});
  }
  for (auto* list : {&experts.direct, &experts.twoSteps}) {
    for (LinkGroup& group : *list) addGroup(made, std::move(group));
  }
}

void explainActor(ExplainContext& context, Explanation& made) {
  addStanding(context, made);
  const Attack* domain = context.catalogue().domain(made.subject.framework);
  if (!domain) return;
  LinkGroup group{
      "techniques", "Techniques it was seen to use", "what was published, not how often it happens", {}, ""};
  if (made.subject.kind == SubjectKind::software) {
    group.gap = "the catalogue keeps how many software use a technique, not which";
    return addGroup(made, std::move(group));
  }
  for (const auto& [user, technique] :
       made.subject.kind == SubjectKind::group ? domain->groupUses : domain->campaignUses) {
    if (user == made.subject.id)
      group.links.push_back(attackLink(context, domain->domain, technique, "uses", false));
  }
  if (group.links.empty())
    group.gap = fmt::format("{} {} joins no live technique to it", title(domain->domain), domain->version);
  addGroup(made, std::move(group));
}

void explainRole(ExplainContext& context, Explanation& made) {
  const auto role = std::ranges::find(context.catalogue().roles, made.subject.id, &WorkRole::id);
  if (role != context.catalogue().roles.end()) addLine(made, "category", {role->categoryName});
  LinkGroup group{"tactics", "D3FEND tactics it has a part in", "judgement of this project", {}, ""};
  for (const TacticOwner& owner : context.catalogue().owners) {
    const auto add = [&](std::string_view relation) {
      Link link;
      link.relation = relation;
      link.framework = Framework::d3fend;
      link.id = owner.tactic;
      for (const std::string& scope : owner.scope) {
        if (scope.starts_with(made.subject.id + "=")) link.detail = scope.substr(made.subject.id.size() + 1);
      }
      link.source = owner.source;
      group.links.push_back(std::move(link));
    };
    if (std::ranges::find(owner.responsible, made.subject.id) != owner.responsible.end()) add("responsible");
    if (owner.accountable == made.subject.id) add("accountable");
    if (std::ranges::find(owner.consulted, made.subject.id) != owner.consulted.end()) add("consulted");
  }
  if (group.links.empty()) group.gap = "no tactic names it";
  addGroup(made, std::move(group));
}

namespace {

// Pairs of a countermeasure and an attack technique that rest on the analytic.
void addPairs(ExplainContext& context, Explanation& made) {
  LinkGroup group{"pairs", "Countermeasures and attack techniques that it pairs", "", {}, ""};
  for (const Crosswalk& it : context.catalogue().crosswalks) {
    const auto analytics = analyticsOf(it);
    if (std::ranges::find(analytics, made.subject.id) == analytics.end()) continue;
    Link link;
    link.relation = "names";
    link.framework = it.fromFramework;
    link.id = it.from;
    link.name = context.nameOf(it.fromFramework, it.from);
    link.standing = context.standingOf(it.fromFramework, it.from);
    link.detail = fmt::format("{} {}", it.relation, it.to);
    link.grade = Grade::e1;
    link.effect = "breadth only";
    link.source = it.source;
    link.paths.push_back({made.subject.id,
                          {{made.subject.id, "names", it.from, false}, {it.from, it.relation, it.to, false}},
                          std::nullopt,
                          std::nullopt,
                          false});
    group.links.push_back(std::move(link));
  }
  addGroup(made, std::move(group));
}

}  // namespace

void explainCapability(ExplainContext& context, Explanation& made) {
  if (made.subject.kind == SubjectKind::analytic) addPairs(context, made);
  addExperts(context, {{made.subject.framework, made.subject.id}}, made);
  LinkGroup group{"scores",
                  "What it does to attack techniques, as experts score it",
                  "ordinal; they do not say how much is stopped",
                  {},
                  ""};
  std::map<std::pair<std::string, std::string>, std::map<std::string, CapabilityScore>>
      found;  // source, technique
  for (const Score& it : context.catalogue().scores) {
    if (it.capability != made.subject.id) continue;
    CapabilityScore& score = found[{it.source, it.technique}][it.category];
    score.category = it.category;
    if (std::ranges::find(score.values, it.value) == score.values.end()) score.values.push_back(it.value);
    score.rows += it.rows;
  }
  for (auto& [key, categories] : found) {
    Link link = attackLink(context, context.domainOf(key.second), key.second, "acts on", false);
    link.grade = Grade::e2;
    link.source = key.first;
    for (auto& [category, score] : categories) {
      std::ranges::sort(score.values);
      link.effect +=
          fmt::format("{}{} {}", link.effect.empty() ? "" : "; ", category, fmt::join(score.values, " or "));
      link.scores.push_back(std::move(score));
    }
    group.links.push_back(std::move(link));
  }
  std::ranges::stable_sort(group.links, naturalLess, &Link::id);
  addGroup(made, std::move(group));
}

}  // namespace vauban::catalog
