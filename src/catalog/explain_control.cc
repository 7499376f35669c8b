// What prescribes: controls, safeguards, subcategories, clauses, and the groups they stand in.
#include <fmt/format.h>

#include <algorithm>

#include "catalog/explain_crosswalks.h"
#include "catalog/explain_parts.h"
#include "catalog/framework_words.h"

namespace vauban::catalog {
namespace {

bool isIn(const Control& control, std::string_view group) {
  if (control.group == group) return true;
  // CSF's categories stand between its functions and subcategories: PR.DS holds PR.DS-02.
  return control.id.size() > group.size() && control.id.starts_with(group) && control.id[group.size()] == '-';
}

Link controlLink(const Control& it, std::string_view relation, bool inverse) {
  Link link;
  link.relation = relation;
  link.inverse = inverse;
  link.framework = it.framework;
  link.id = it.id;
  link.name = it.title;
  link.standing = it.withdrawn ? "withdrawn" : "";
  link.detail = fmt::format("{}", fmt::join(it.profiles, " "));
  link.source = it.source;
  return link;
}

void explainGroup(ExplainContext& context, Explanation& made) {
  LinkGroup group{"members", "What stands in it", "", {}, ""};
  for (const Control& it : context.catalogue().controls) {
    if (it.framework == made.subject.framework && isIn(it, made.subject.id))
      group.links.push_back(controlLink(it, "stands in", true));
  }
  if (group.links.empty()) group.gap = "nothing";
  addGroup(made, std::move(group));
}

// What carries its id and more: enhancements of a control of 800-53, or the control of an enhancement.
void addEnhancements(ExplainContext& context, Explanation& made) {
  const std::string_view id = made.subject.id;
  const std::size_t open = id.find('(');
  LinkGroup group{open == std::string_view::npos ? "children" : "parents",
                  open == std::string_view::npos ? "Enhancements" : "Enhances",
                  "",
                  {},
                  ""};
  for (const Control& it : context.catalogue().controls) {
    if (it.framework != made.subject.framework) continue;
    if (open != std::string_view::npos ? it.id == id.substr(0, open)
                                       : it.id.starts_with(std::string(id) + "(")) {
      group.links.push_back(controlLink(it, "enhances", open == std::string_view::npos));
    }
  }
  addGroup(made, std::move(group));
}

}  // namespace

void explainControl(ExplainContext& context, Explanation& made) {
  if (made.subject.kind == SubjectKind::controlGroup) return explainGroup(context, made);
  const Subject& subject = made.subject;
  const auto& controls = context.catalogue().controls;
  const auto control = std::ranges::find_if(
      controls, [&](const Control& it) { return it.framework == subject.framework && it.id == subject.id; });
  if (control == controls.end()) {
    addLine(made, "standing", {"known only by what is joined to it"});
  } else {
    addLine(made, "standing", {control->withdrawn ? "withdrawn" : "live"});
    addLine(made, "stands in", {control->group});
    addLine(made, subject.framework == Framework::cis ? "groups" : "baselines",
            control->profiles.empty() && subject.framework == Framework::nist80053
                ? std::vector<std::string>{"none"}
                : control->profiles);
    addLine(made, "attributes", control->attributes);
    const bool closed = subject.framework == Framework::cis || subject.framework == Framework::iso27001;
    if (control->title.empty() && closed) {
      addLine(made, "title", {fmt::format("not shipped: {} has terms of its own", title(subject.framework))});
    }
  }
  ExpertLinks experts = expertLinks(context, {{subject.framework, subject.id}});
  const auto has = [&](std::string_view key) {
    return std::ranges::any_of(experts.direct, [&](const LinkGroup& group) { return group.key == key; }) ||
           std::ranges::any_of(experts.twoSteps, [&](const LinkGroup& group) {
             return group.key == fmt::format("two-steps-{}", key);
           });
  };
  if (!has("d3fend")) {
    experts.direct.push_back({"d3fend",
                              "D3FEND techniques that experts relate to it",
                              "",
                              {},
                              "no source leads from it to a D3FEND technique, in one step or in two"});
  }
  if (!has("attack-enterprise")) {
    experts.direct.push_back({"attack-enterprise",
                              "ATT&CK Enterprise techniques",
                              "",
                              {},
                              "no source leads from it to an attack technique, in one step or in two"});
  }
  for (auto* list : {&experts.direct, &experts.twoSteps}) {
    for (LinkGroup& group : *list) addGroup(made, std::move(group));
  }
  if (subject.framework == Framework::nist80053) addEnhancements(context, made);
}

}  // namespace vauban::catalog
