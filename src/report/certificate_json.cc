#include "report/certificate_json.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

namespace vauban::report {

using channel::Certificate;
using Json = nlohmann::ordered_json;

namespace {

Json sorted(std::vector<std::string> words) {
  std::ranges::sort(words);
  return words;
}

Json claimJson(const model::Model& model, const model::Claim& claim) {
  static constexpr const char* kKinds[] = {"never",    "always", "only",    "at-most",
                                           "only-via", "depth",  "tripwire"};
  static constexpr const char* kSubjects[] = {"reach", "channel", "goal"};
  auto terms = [](const model::PlaceTerms& list) {
    std::vector<std::string> words;
    for (const model::PlaceTerm& term : list) words.push_back(term.text);
    return sorted(words);
  };
  std::vector<std::string> via;
  for (const model::HostId host : claim.via) via.push_back(model.at(host).name);
  Json json = {{"id", claim.id},
               {"kind", kKinds[static_cast<int>(claim.kind)]},
               {"subject", kSubjects[static_cast<int>(claim.subject)]},
               {"from", terms(claim.from)},
               {"to", terms(claim.to)},
               {"held-by-adversary", terms(claim.heldByAdversary)},
               {"via", sorted(via)},
               {"over", claim.overText},
               {"direct", claim.direct},
               {"both-ways", claim.bothWays}};
  if (claim.kind == model::ClaimKind::atMost) json["at-most"] = claim.bitsPerSecond;
  return json;
}

Json because(const Certificate::Reasons& reasons) {
  std::vector<std::string> ids;
  for (const std::size_t reason : reasons) ids.push_back("r" + std::to_string(reason + 1));
  return sorted(ids);
}

Json reasonJson(const channel::Reason& reason) {
  Json place = {{"file", reason.place.file}, {"line", reason.place.line}, {"column", reason.place.column}};
  const bool host = reason.kind == "services" || reason.kind == "client";
  const bool service = reason.kind == "property" || reason.kind == "configuration";
  return {{"kind", reason.kind},
          {host      ? "host"
           : service ? "service"
                     : "point",
           reason.owner},
          {"layer", reason.layer},
          {"place", place},
          {"text", reason.text}};
}

Json closureJson(const Certificate::Part& part) {
  Json states = Json::array(), steps = Json::array(), hosts = Json::array(), services = Json::array();
  for (const auto& state : part.states) {
    Json json = {{"state", state.text}, {"over", state.over}};
    if (!state.names.empty()) {
      json["names"] = Json::array();
      for (const auto& [suffix, in] : state.names) json["names"].push_back(Json::array({suffix, in}));
    }
    if (state.far) json["far"] = true;
    states.push_back(std::move(json));
  }
  for (const auto& step : part.steps) {
    steps.push_back(
        {{"from", step.from}, {"to", step.to}, {"shut", step.shut}, {"because", because(step.because)}});
  }
  for (const auto& host : part.hosts)
    hosts.push_back({{"host", host.name}, {"because", because(host.because)}});
  for (const auto& service : part.services)
    services.push_back({{"service", service.name}, {"because", because(service.because)}});
  Json json = {{"role", part.hisEnd ? "his-end" : "claim"}, {"from", part.from}};
  if (part.backwards) json["backwards"] = true;
  json["states"] = std::move(states);
  json["steps"] = std::move(steps);
  json["hosts"] = std::move(hosts);
  json["services"] = std::move(services);
  for (const auto& cut : part.cut) {
    json["cut"].push_back({{"from", cut.from},
                           {"from-over", cut.fromOver},
                           {"to", cut.to},
                           {"to-over", cut.toOver},
                           {"bits-per-second", cut.bitsPerSecond}});
  }
  return json;
}

}  // namespace

std::string certificateJson(const model::Model& model, const Certificate& certificate) {
  Json reasons = Json::object(), rules = Json::object();
  for (std::size_t r = 0; r < certificate.reasons.size(); ++r)
    reasons["r" + std::to_string(r + 1)] = reasonJson(certificate.reasons[r]);
  for (const auto& [point, count] : certificate.cone.rules) rules[point] = count;
  Json json = {{"format", "vauban-certificate"},
               {"version", 1},
               {"model", model.name},
               {"claim", claimJson(model, *certificate.claim)},
               {"cone",
                {{"hash", certificate.cone.hash},
                 {"zones", certificate.cone.zones},
                 {"hosts", certificate.cone.hosts},
                 {"rules", rules}}},
               {"reasons", reasons}};
  if (!certificate.closures.empty()) {
    json["closures"] = Json::array();
    for (const auto& part : certificate.closures) json["closures"].push_back(closureJson(part));
  } else {
    json["pairs"] = Json::array();
    for (const auto& pair : certificate.pairs)
      json["pairs"].push_back({{"from", pair.from}, {"to", pair.to}, {"because", because(pair.because)}});
  }
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string certificateFileName(const std::string& claimId) {
  std::string name;
  for (const char c : claimId) {
    const bool plain = (std::isalnum(static_cast<unsigned char>(c)) != 0) || c == '-' || c == '_' ||
                       (c == '.' && !name.empty());
    name += plain ? c : '_';
  }
  return name + ".json";
}

}  // namespace vauban::report
