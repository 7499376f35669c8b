#include "catalog/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "catalog/explain_parts.h"
#include "catalog/framework_words.h"

namespace vauban::catalog {
namespace {

void explainInto(ExplainContext& context, Explanation& made) {
  switch (made.subject.kind) {
    case SubjectKind::attackTechnique:
      return explainAttackTechnique(context, made);
    case SubjectKind::attackTactic:
      return explainAttackTactic(context, made);
    case SubjectKind::mitigation:
      return explainMitigation(context, made);
    case SubjectKind::group:
    case SubjectKind::campaign:
    case SubjectKind::software:
      return explainActor(context, made);
    case SubjectKind::defensiveTechnique:
      return explainCountermeasure(context, made);
    case SubjectKind::defensiveTactic:
      return explainDefensiveTactic(context, made);
    case SubjectKind::artifact:
    case SubjectKind::weakness:
    case SubjectKind::event:
    case SubjectKind::ontologyClass:
    case SubjectKind::protocol:
      return explainClass(context, made);
    case SubjectKind::control:
    case SubjectKind::controlGroup:
      return explainControl(context, made);
    case SubjectKind::capability:
    case SubjectKind::analytic:
      return explainCapability(context, made);
    case SubjectKind::role:
      return explainRole(context, made);
  }
}

Explanation explained(ExplainContext& context, const Subject& subject) {
  Explanation made;
  made.subject = subject;
  made.version = versionOf(context.catalogue(), subject, &made.released);
  explainInto(context, made);
  return made;
}

}  // namespace

std::string pathText(const Path& path, bool inner) {
  std::string text = inner ? std::string() : path.start;
  std::string_view here = path.start;
  for (std::size_t i = 0; i < path.steps.size(); ++i) {
    const Step& step = path.steps[i];
    const bool forward = step.from == here;
    here = forward ? step.to : step.from;
    if (!text.empty()) text += ' ';
    text += forward ? fmt::format("-{}->", step.relation) : fmt::format("<-{}-", step.relation);
    if (!inner || i + 1 < path.steps.size()) text += fmt::format(" {}", here);
  }
  return text;
}

void addLine(Explanation& made, std::string_view key, std::vector<std::string> values) {
  std::erase(values, std::string());
  if (!values.empty()) made.lines.push_back({std::string(key), std::move(values)});
}

void addGroup(Explanation& made, LinkGroup group) {
  if (!group.links.empty() || !group.gap.empty()) made.groups.push_back(std::move(group));
}

Link attackLink(ExplainContext& context, Framework domain, std::string_view id, std::string_view relation,
                bool inverse) {
  Link link;
  link.relation = relation;
  link.inverse = inverse;
  link.framework = domain;
  link.id = id;
  link.name = context.nameOf(domain, id);
  link.standing = context.standingOf(domain, id);
  link.source = context.attackSource(domain);
  return link;
}

Explanation explain(const Catalogue& catalogue, const Subject& subject, const ExplainOptions& options) {
  ExplainContext context(catalogue, options);
  return explained(context, subject);
}

Result<Answer> answer(const Catalogue& catalogue, std::string_view words, const ExplainOptions& options) {
  auto subjects = lookUp(catalogue, words);
  if (!subjects) return std::unexpected(subjects.error());
  Answer made;
  made.asked = words;
  made.options = options;
  if (isBareNumber(words) && subjects->size() > 1) {
    made.choices = std::move(*subjects);
    return made;
  }
  ExplainContext context(catalogue, options);
  std::set<std::string> named;
  for (const Subject& subject : *subjects) {
    made.explanations.push_back(explained(context, subject));
    for (const LinkGroup& group : made.explanations.back().groups) {
      for (const Link& link : group.links) named.insert(link.source);
    }
  }
  for (const std::string& id : named) {
    if (const Source* source = catalogue.source(id)) made.sources.push_back(*source);
  }
  return made;
}

}  // namespace vauban::catalog
