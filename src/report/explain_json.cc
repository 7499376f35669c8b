#include <nlohmann/json.hpp>

#include "report/explain_report.h"

namespace vauban::report {

using Json = nlohmann::ordered_json;

namespace {

Json subjectJson(const catalog::Subject& subject) {
  return {{"kind", catalog::word(subject.kind)},
          {"framework", catalog::word(subject.framework)},
          {"id", subject.id},
          {"name", subject.name},
          {"class", subject.className},
          {"because", subject.because},
          {"say", catalog::sayExactly(subject)}};
}

Json pathJson(const catalog::Path& path) {
  Json steps = Json::array();
  for (const catalog::Step& step : path.steps)
    steps.push_back({{"from", step.from}, {"relation", step.relation}, {"to", step.to}, {"ours", step.ours}});
  Json json = {{"text", catalog::pathText(path)}, {"steps", steps}, {"rests_on_may", path.restsOnMay}};
  json["rule"] = path.rule ? Json(catalog::word(*path.rule)) : Json(nullptr);
  json["match"] = path.match ? Json(catalog::word(*path.match)) : Json(nullptr);
  return json;
}

Json linkJson(const catalog::Link& link) {
  Json json = {{"relation", link.relation}, {"inverse", link.inverse}};
  json["framework"] = link.framework ? Json(catalog::word(*link.framework)) : Json(nullptr);
  json["id"] = link.id;
  json["name"] = link.name;
  json["standing"] = link.standing;
  json["detail"] = link.detail;
  json["grade"] = link.grade ? Json(catalog::word(*link.grade)) : Json(nullptr);
  json["effect"] = link.effect;
  json["rests_on_may"] = link.restsOnMay;
  json["ours"] = link.ours;
  json["source"] = link.source;
  json["paths"] = Json::array();
  for (const catalog::Path& path : link.paths) json["paths"].push_back(pathJson(path));
  json["further_paths"] = link.furtherPaths;
  if (!link.scores.empty()) {
    json["scores"] = Json::array();
    for (const catalog::CapabilityScore& score : link.scores)
      json["scores"].push_back(
          {{"category", score.category}, {"values", score.values}, {"rows", score.rows}});
  }
  if (link.trial) {
    json["trial"] = {{"rounds", link.trial->rounds},
                     {"products", link.trial->products},
                     {"product_rounds", link.trial->productRounds},
                     {"substeps", link.trial->substeps},
                     {"detections", link.trial->detections},
                     {"p10", link.trial->p10},
                     {"p90", link.trial->p90}};
  }
  if (link.count) json["count"] = *link.count;
  return json;
}

Json explanationJson(const catalog::Explanation& explanation) {
  Json lines = Json::array(), groups = Json::array();
  for (const catalog::ExplainedLine& line : explanation.lines)
    lines.push_back({{"key", line.key}, {"values", line.values}});
  for (const catalog::LinkGroup& group : explanation.groups) {
    Json links = Json::array();
    for (const catalog::Link& link : group.links) links.push_back(linkJson(link));
    groups.push_back({{"key", group.key},
                      {"title", group.title},
                      {"note", group.note},
                      {"gap", group.gap},
                      {"links", links}});
  }
  return {{"subject", subjectJson(explanation.subject)},
          {"version", explanation.version},
          {"released", explanation.released},
          {"lines", lines},
          {"groups", groups}};
}

}  // namespace

std::string explainJson(const catalog::Answer& answer) {
  Json rules = Json::array({catalog::word(catalog::Rule::official)});
  for (const catalog::Rule rule : answer.options.beyond) rules.push_back(catalog::word(rule));
  Json explanations = Json::array(), choices = Json::array(), sources = Json::array();
  for (const catalog::Explanation& explanation : answer.explanations)
    explanations.push_back(explanationJson(explanation));
  for (const catalog::Subject& choice : answer.choices) choices.push_back(subjectJson(choice));
  for (const catalog::Source& source : answer.sources) {
    sources.push_back({{"id", source.id},
                       {"framework", catalog::word(source.framework)},
                       {"version", source.version},
                       {"date", source.date},
                       {"origin", source.origin},
                       {"licence", source.licence}});
  }
  const Json json = {{"schema", "vauban-explain-1"},
                     {"asked", answer.asked},
                     {"view", catalog::word(answer.options.view)},
                     {"rules", rules},
                     {"explanations", explanations},
                     {"choices", choices},
                     {"sources", sources}};
  // What was asked comes from a command line and may be no UTF-8.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace vauban::report
