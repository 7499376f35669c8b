#include "report/lab_record.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/utsname.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <set>

#include "lab/attempts.h"
#include "lab/daemon.h"
#include "lab/world.h"

namespace vauban::report {

using Json = nlohmann::ordered_json;

namespace {

double milliseconds(std::chrono::microseconds time) { return static_cast<double>(time.count() / 100) / 10; }

Json probeJson(const lab::LabPlan& plan, const lab::Trial& trial) {
  Json carried = Json::array(), packets = Json::array(), path = Json::array();
  for (const std::string& field : trial.seen.carriedIn) carried.push_back(field);
  for (const space::Service& service : trial.seen.packets) packets.push_back(service.toString());
  for (const lab::MachineId machine : trial.attempt.path) path.push_back(plan.at(machine).node);
  Json json{{"probe", trial.attempt.text},
            {"carrier", lab::carrierName(trial.attempt.probe.carrier)},
            {"path", path},
            {"direct", trial.attempt.direct},
            {"bytes", trial.attempt.probe.bytes},
            {"sent", trial.sent.bytes},
            {"arrived", trial.seen.bytes},
            {"whole", trial.seen.complete}};
  if (trial.seen.bytes > 0) {
    json["carried_in"] = carried;
    json["packets"] = packets;
    json["bits_per_second"] = static_cast<std::uint64_t>(trial.bitsPerSecond());
  }
  if (!trial.sent.note.empty()) json["note"] = trial.sent.note;
  if (!trial.failure.empty()) json["failure"] = trial.failure;
  return json;
}

Json hopsJson(const channel::Judgement& judgement) {
  Json hops = Json::array();
  for (const channel::Hop& hop : judgement.witness) {
    Json json{{"from", hop.from},
              {"to", hop.to},
              {"packets", serviceInWords(hop.packets)},
              {"carrier", hop.carrier}};
    if (!hop.how.empty()) json["how"] = hop.how;
    if (hop.rule) json["rule"] = {{"file", hop.rule->place.file}, {"line", hop.rule->place.line}};
    hops.push_back(std::move(json));
  }
  return hops;
}

Json claimJson(const lab::LabPlan& plan, const lab::Experiment& experiment, const lab::ClaimOutcome& claim,
               const std::vector<channel::ClaimResult>& results) {
  Json json{{"id", claim.id},
            {"predicted", channel::toString(claim.predicted)},
            {"status", lab::toString(claim.status)},
            {"cone", claim.coneHash}};
  if (claim.cells > 0) json["packets"] = {{"sent", claim.cells}, {"arrived", claim.arrived}};
  std::size_t tried = 0, sent = 0;
  for (const std::size_t trial : claim.trials) {
    tried += experiment.trials[trial].tried ? 1 : 0;
    sent += experiment.trials[trial].sent.bytes;
  }
  if (!claim.trials.empty()) {
    json["probes"] = tried;
    json["bytes_sent"] = sent;
    json["observed"] = claim.best ? probeJson(plan, experiment.trials[*claim.best]) : Json{{"arrived", 0}};
    if (claim.carry) json["observed"]["carried_from"] = plan.at(experiment.carries[*claim.carry].from).node;
  }
  if (!claim.note.empty()) json["note"] = claim.note;
  // Both sides' evidence.
  for (const channel::ClaimResult& result : results)
    if (result.claim->id == claim.id && !result.judgement.witness.empty())
      json["witness"] = hopsJson(result.judgement);
  return json;
}

Json matrixJson(const lab::LabPlan& plan, const lab::PacketMatrix& matrix) {
  std::size_t arrived = 0, expected = 0;
  Json differ = Json::array();
  for (const lab::MatrixCell& cell : matrix.cells) {
    arrived += cell.arrived ? 1 : 0;
    expected += cell.expected ? 1 : 0;
    if (cell.arrived == cell.expected) continue;
    differ.push_back({{"from", plan.at(cell.from).node},
                      {"to", plan.at(cell.to).node},
                      {"source", cell.source.toString()},
                      {"destination", cell.destination.toString()},
                      {"packet", cell.service.toString()},
                      {"predicted", cell.expected},
                      {"arrived", cell.arrived}});
  }
  Json json{
      {"packets", matrix.cells.size()}, {"predicted", expected}, {"arrived", arrived}, {"differ", differ}};
  if (matrix.left > 0) json["left"] = matrix.left;
  if (!matrix.inconclusive.empty()) json["inconclusive"] = matrix.inconclusive;
  return json;
}

Json toolsJson(const lab::LabPlan& plan, const lab::Experiment& experiment) {
  Json tools = Json::array();
  for (const lab::ToolOutcome& tool : experiment.tools) {
    Json json{{"tool", tool.text},
              {"from", plan.at(tool.from).node},
              {"to", plan.at(tool.to).node},
              {"established", tool.run.established},
              {"arrived", tool.run.bytes},
              {"probe_arrived", tool.probeBytes},
              {"against_probe", lab::toString(tool.against())}};
    if (!tool.failure.empty()) json["failure"] = tool.failure;
    if (!tool.run.note.empty()) json["note"] = tool.run.note;
    tools.push_back(std::move(json));
  }
  return tools;
}

Json siteJson(const lab::LabPlan& plan, const lab::ServiceSite& site) {
  return {{"host", site.node},
          {"service", site.service->name},
          {"behaviour", site.behaviour->name},
          {"limits", lab::limitsOf(site, plan)}};
}

Json servicesJson(const lab::LabPlan& plan, const lab::Experiment& experiment) {
  Json services = Json::array();
  for (const lab::ServiceState& state : experiment.services) {
    const lab::ServiceSite& site = plan.services[state.service.index()];
    Json json = siteJson(plan, site);
    if (!state.software.empty()) json["software"] = state.software;
    if (!state.check.empty()) json["check"] = state.check;
    if (!state.notReproduced.empty()) json["not_reproduced"] = state.notReproduced;
    if (!state.failure.empty()) json["failure"] = state.failure;
    services.push_back(std::move(json));
  }
  return services;
}

}  // namespace

Json labScenario(const std::string& name, const lab::LabPlan& plan, const lab::Experiment& experiment,
                 const std::vector<channel::ClaimResult>& results, bool all) {
  Json claims = Json::array(), probes = Json::array();
  std::set<std::size_t> evidence;
  bool differs = false;
  for (const lab::ClaimOutcome& claim : experiment.claims) {
    claims.push_back(claimJson(plan, experiment, claim, results));
    differs = differs || claim.status == lab::ClaimOutcome::Status::disagrees;
  }
  for (const lab::Trial& trial : experiment.trials)
    if (all || trial.seen.bytes > 0 || trial.attempt.expected) probes.push_back(probeJson(plan, trial));
  Json json{{"name", name},
            {"nodes", experiment.nodes},
            {"agrees", experiment.agrees()},
            {"inconclusive", experiment.inconclusiveAtAll()},
            {"claims", claims},
            {"matrix", matrixJson(plan, experiment.matrix)},
            {"services", servicesJson(plan, experiment)},
            {"tools", toolsJson(plan, experiment)},
            {"probes_tried", experiment.trials.size()},
            {"probes_left", experiment.trialsLeft},
            {"probes", probes},
            {"milliseconds",
             {{"topology", milliseconds(experiment.lab.topology)},
              {"daemons", milliseconds(experiment.lab.daemons)},
              {"all", milliseconds(experiment.took)}}}};
  if (!experiment.inconclusive.empty()) json["why_inconclusive"] = experiment.inconclusive;
  if (all || !experiment.agrees()) {
    Json rules = Json::object();
    for (std::size_t r = 0; r < experiment.rulesets.size(); ++r)
      rules[experiment.routers[r]] = experiment.rulesets[r];
    json["rules"] = rules;
  }
  return json;
}

Json labFailure(const std::string& name, const std::string& why) {
  return {{"name", name},
          {"agrees", true},
          {"inconclusive", true},
          {"why_inconclusive", why},
          {"claims", Json::array()}};
}

Json labOutlook(const std::string& name, const lab::LabPlan& plan) {
  Json machines = Json::array(), services = Json::array(), points = Json::array(), sampled = Json::array();
  for (const lab::Machine& machine : plan.machines) {
    Json addresses = Json::array();
    for (const lab::Leg& leg : machine.legs)
      for (const os::InternetAddress& address : leg.addresses) addresses.push_back(address.toString());
    machines.push_back({{"node", machine.node},
                        {"zone", plan.model.at(machine.legs[0].zone).name},
                        {"addresses", addresses}});
  }
  std::set<std::string> programs;
  if (plan.outside.valid())
    for (const std::string& program : lab::programsOfWorld()) programs.insert(program);
  for (const lab::ServiceSite& site : plan.services) {
    Json json = siteJson(plan, site);
    const auto why = plan.at(site.machine).adversary ? std::optional<std::string>("the adversary holds it")
                                                     : lab::whyNotReproduced(site);
    if (why) {
      json["not_reproduced"] = *why;
    } else {
      json["programs"] = lab::programsOf(site, plan);
      for (const std::string& program : lab::programsOf(site, plan)) programs.insert(program);
    }
    services.push_back(std::move(json));
  }
  for (const lab::Router& router : plan.routers) points.push_back(router.point);
  for (const space::Service& service : lab::sampledServices(plan.model))
    sampled.push_back(service.toString());
  Json claims = Json::array();
  for (const model::Claim& claim : plan.model.claims) claims.push_back(claim.id);
  return {{"name", name},         {"claims", claims},   {"machines", machines}, {"points", points},
          {"services", services}, {"packets", sampled}, {"programs", programs}};
}

Json labRecord(std::vector<Json> scenarios) {
  utsname system{};
  uname(&system);
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  Json record{{"format", "vauban-lab-record"},
              {"version", 1},
              {"made", fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(now))},
              {"kernel", fmt::format("{} {}", system.sysname, system.release)}};
  record["scenarios"] = std::move(scenarios);
  return record;
}

}  // namespace vauban::report
