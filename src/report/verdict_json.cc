#include <nlohmann/json.hpp>

#include "report/verdict_report.h"

namespace vauban::report {

using channel::ClaimResult;
using channel::Hop;
using channel::Judgement;
using channel::Verdict;
using Json = nlohmann::ordered_json;

namespace {

Json placeJson(const Place& place) {
  if (place.file.empty()) return nullptr;
  Json json = {{"file", place.file}, {"line", place.line}};
  if (place.column != 0) json["column"] = place.column;
  return json;
}

Json hopJson(const Hop& hop) {
  Json json = {{"from", hop.from},
               {"to", hop.to},
               {"service", serviceInWords(hop.packets)},
               {"example", hop.example.toString()},
               {"carrier", hop.carrier},
               {"answer", hop.answer},
               {"how", hop.how},
               {"bits_per_second", hop.bitsPerSecond}};
  if (hop.rule) {
    json["rule"] = {{"file", hop.rule->place.file},
                    {"line", hop.rule->place.line},
                    {"text", hop.rule->text},
                    {"device", hop.rule->device}};
  } else {
    json["rule"] = nullptr;
  }
  return json;
}

Json conditionsJson(const std::vector<reach::Atom>& atoms) {
  Json conditions = Json::array();
  for (const reach::Atom& atom : atoms) {
    conditions.push_back({{"line", atom.line},
                          {"where", atom.where},
                          {"text", atom.text},
                          {"test", atom.test},
                          {"place", placeJson(atom.place)}});
  }
  return conditions;
}

Json claimJson(const ClaimResult& result) {
  const Judgement& judgement = result.judgement;
  Json json = {{"id", result.claim->id},
               {"verdict", channel::toString(judgement.verdict)},
               {"place", placeJson(result.claim->place)}};
  if (!judgement.reason.empty()) json["reason"] = judgement.reason;
  Json assumptions = Json::array();
  for (const channel::Statement& statement : judgement.assumptions) {
    assumptions.push_back(
        {{"stated", statement.stated}, {"text", statement.text}, {"place", placeJson(statement.place)}});
  }
  json["assumptions"] = assumptions;
  if (!judgement.steps.empty()) json["steps"] = judgement.steps;
  if (!judgement.witness.empty()) {
    Json hops = Json::array();
    for (const Hop& hop : judgement.witness) hops.push_back(hopJson(hop));
    json["witness"] = {
        {"hops", hops}, {"bits_per_second", judgement.bitsPerSecond}, {"direct", judgement.direct}};
  }
  if (!judgement.conditions.empty()) {
    json["conditions"] = conditionsJson(judgement.conditions);
    json["other_conditions"] = Json::array();
    for (const auto& set : judgement.otherConditions) json["other_conditions"].push_back(conditionsJson(set));
    json["all_conditions_listed"] = judgement.allConditionsListed;
  }
  if (judgement.verdict == Verdict::kept) {
    Json shut = Json::array();
    for (const channel::Shut& edge : judgement.shut) {
      shut.push_back(
          {{"from", edge.from}, {"to", edge.to}, {"reason", edge.reason}, {"place", placeJson(edge.place)}});
    }
    json["certificate"] = {{"states", judgement.states}, {"shut", shut}};
  }
  if (!result.perCondition.empty()) {
    Json values = Json::array();
    for (const auto& [value, verdict] : result.perCondition) {
      Json conditions = Json::object();
      for (const auto& [name, open] : value) conditions[name] = open ? "open" : "closed";
      values.push_back({{"conditions", conditions}, {"verdict", channel::toString(verdict)}});
    }
    json["when"] = values;
  }
  return json;
}

}  // namespace

std::string verifyJson(const model::Model& model, const std::vector<ClaimResult>& results,
                       const channel::Trust& trust) {
  Json claims = Json::array();
  for (const ClaimResult& result : results) claims.push_back(claimJson(result));
  Json warnings = Json::array();
  for (const auto* list : {&model.warnings, &trust.warnings}) {
    for (const Diagnostic& warning : *list)
      warnings.push_back({{"text", warning.message}, {"place", placeJson(warning.place)}});
  }
  Json json = {{"schema", "vauban-verify-1"},
               {"model", model.name},
               {"claims", claims},
               {"outside", channel::Judge::outsideTheModel()},
               {"warnings", warnings}};
  return json.dump(2) + "\n";
}

std::string egressJson(const model::Model& model, const channel::EgressTable& table) {
  static const char* kinds[] = {"shut", "conditional", "relayed", "direct", "undecided"};
  Json rows = Json::array();
  for (const channel::EgressRow& row : table.rows) {
    Json cells = Json::object();
    for (std::size_t p = 0; p < row.cells.size(); ++p) {
      const channel::EgressCell& cell = row.cells[p];
      Json json = {{"verdict", kinds[static_cast<int>(cell.kind)]}};
      if (cell.kind != channel::EgressCell::Kind::shut) {
        json["relayed"] = cell.viaRelay;
        json["first_hop"] = cell.firstHop;
        json["bits_per_second"] = cell.bitsPerSecond;
      }
      if (!cell.conditions.empty()) json["conditions"] = conditionsJson(cell.conditions);
      cells[table.protocols[p]] = json;
    }
    rows.push_back({{"place", row.place}, {"kind", row.isZone ? "zone" : "host"}, {"protocols", cells}});
  }
  return Json({{"schema", "vauban-egress-1"},
               {"model", model.name},
               {"rows", rows},
               {"outside", channel::Judge::outsideTheModel()}})
             .dump(2) +
         "\n";
}

std::string reachJson(const model::Model& model, const std::vector<channel::ReachEntry>& entries) {
  Json rows = Json::array();
  for (const channel::ReachEntry& entry : entries) {
    rows.push_back({{"from", entry.from},
                    {"to", entry.to},
                    {"services", serviceInWords(entry.services)},
                    {"assumed", entry.assumed}});
  }
  return Json({{"schema", "vauban-reach-1"}, {"model", model.name}, {"reach", rows}}).dump(2) + "\n";
}

std::string servicesJson(const model::BehaviourCatalogue& behaviours) {
  Json services = Json::array(), list = Json::array();
  for (const model::BuiltInService& service : model::builtInServices()) {
    services.push_back({{"name", service.name},
                        {"services", service.services.toString()},
                        {"reference", service.reference}});
  }
  for (const model::Behaviour& behaviour : behaviours.all()) {
    Json properties = Json::object();
    for (const auto& [name, rule] : behaviour.properties) {
      properties[name] = {
          {"values", rule.values}, {"best", rule.best}, {"meaning", rule.meaning}, {"test", rule.test}};
    }
    list.push_back({{"name", behaviour.name},
                    {"summary", behaviour.summary},
                    {"listens", behaviour.listens.toString()},
                    {"keys", behaviour.keys},
                    {"properties", properties},
                    {"reference", behaviour.reference}});
  }
  return Json({{"schema", "vauban-services-1"}, {"services", services}, {"behaviours", list}}).dump(2) + "\n";
}

std::string diagnosticsJson(const Diagnostics& diagnostics) {
  static const char* words[] = {"error", "warning", "note"};
  Json list = Json::array();
  for (const Diagnostic& d : diagnostics) {
    Json json = {{"severity", words[static_cast<int>(d.severity)]},
                 {"place", placeJson(d.place)},
                 {"message", d.message}};
    if (!d.expected.empty()) json["expected"] = d.expected;
    if (!d.nearest.empty()) json["nearest"] = d.nearest;
    list.push_back(json);
  }
  return Json({{"schema", "vauban-diagnostics-1"}, {"diagnostics", list}}).dump(2) + "\n";
}

}  // namespace vauban::report
