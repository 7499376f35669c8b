#include <nlohmann/json.hpp>

#include "report/claim_words.h"
#include "report/model_diff.h"
#include "report/verdict_report.h"

namespace vauban::report {

using Json = nlohmann::ordered_json;

namespace {

Json siteJson(const std::optional<reach::RuleSite>& site) {
  if (!site) return nullptr;
  return {
      {"file", site->place.file}, {"line", site->place.line}, {"text", site->text}, {"device", site->device}};
}

Json reachJson(const std::vector<ReachChange>& changes) {
  Json list = Json::array();
  for (const ReachChange& change : changes) {
    list.push_back({{"from", change.from},
                    {"to", change.to},
                    {"services", serviceInWords(change.services)},
                    {"packets", change.services.toString()},
                    {"example",
                     {{"source", change.source},
                      {"destination", change.destination},
                      {"service", change.example.toString()}}},
                    {"passes_by", siteJson(change.passes)},
                    {"shut_by", siteJson(change.shuts)},
                    {"assumed", change.assumed},
                    {"only_while_switched", change.whileSwitched},
                    {"place_in_one_version_only", change.placeIsNew}});
  }
  return list;
}

Json cellJson(const std::optional<channel::EgressCell>& cell) {
  if (!cell) return nullptr;
  Json json = {{"verdict", toString(cell->kind)}};
  if (cell->kind != channel::EgressCell::Kind::shut) {
    json["relayed"] = cell->viaRelay;
    json["first_hop"] = cell->firstHop;
    json["bits_per_second"] = cell->bitsPerSecond;
  }
  return json;
}

Json egressJson(const std::vector<EgressChange>& changes) {
  Json list = Json::array();
  for (const EgressChange& change : changes) {
    list.push_back({{"place", change.place},
                    {"kind", change.isZone ? "zone" : "host"},
                    {"protocol", change.protocol},
                    {"before", cellJson(change.before)},
                    {"after", cellJson(change.after)}});
  }
  return list;
}

Json claimJson(const ClaimChange& change) {
  static constexpr const char* kSteps[] = {"worse", "better", "added", "removed", "rewritten"};
  Json json = {{"id", change.id},
               {"change", kSteps[static_cast<int>(change.step)]},
               {"worse", change.isWorse()},
               {"rewritten", change.rewritten}};
  auto verdict = [](const std::optional<channel::ClaimResult>& result) -> Json {
    if (!result) return nullptr;
    const channel::Judgement& judgement = result->judgement;
    Json side = {{"verdict", channel::toString(judgement.verdict)},
                 {"place",
                  {{"file", result->claim->place.file},
                   {"line", result->claim->place.line},
                   {"column", result->claim->place.column}}}};
    if (!judgement.reason.empty()) side["reason"] = judgement.reason;
    if (!judgement.witness.empty()) {
      Json hops = Json::array();
      for (const channel::Hop& hop : judgement.witness) {
        hops.push_back({{"from", hop.from},
                        {"to", hop.to},
                        {"service", serviceInWords(hop.packets)},
                        {"example", hop.example.toString()},
                        {"carrier", hop.carrier},
                        {"answer", hop.answer},
                        {"how", hop.how},
                        {"rule", siteJson(hop.rule)}});
      }
      side["witness"] = {
          {"hops", hops}, {"bits_per_second", judgement.bitsPerSecond}, {"direct", judgement.direct}};
    }
    Json conditions = Json::array();
    for (const reach::Atom& atom : judgement.conditions) {
      conditions.push_back({{"line", atom.line}, {"where", atom.where}, {"test", atom.test}});
    }
    if (!conditions.empty()) side["conditions"] = conditions;
    return side;
  };
  json["before"] = verdict(change.before);
  json["after"] = verdict(change.after);
  return json;
}

}  // namespace

std::string diffJson(const ModelDiff& diff) {
  Json claims = Json::array();
  for (const ClaimChange& change : diff.claims) claims.push_back(claimJson(change));
  const Json json = {{"schema", "vauban-diff-1"},
                     {"old", diff.oldFile},
                     {"new", diff.newFile},
                     {"model", diff.name},
                     {"summary", summaryOf(diff)},
                     {"worse", diff.gotWorse()},
                     {"claims", claims},
                     {"unchanged_claims", diff.unchangedClaims},
                     {"reach", {{"gained", reachJson(diff.gained)}, {"lost", reachJson(diff.lost)}}},
                     {"egress",
                      {{"opened", egressJson(diff.opened)},
                       {"shut", egressJson(diff.shut)},
                       {"removed", egressJson(diff.removed)}}}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace vauban::report
