#include "attack/what_if.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "attack/closure.h"
#include "base/nearest_name.h"

namespace vauban::attack {
namespace {

template <class Row>
std::vector<std::string_view> namesOf(const std::vector<Row>& rows) {
  std::vector<std::string_view> names;
  for (const Row& row : rows) names.push_back(row.name);
  return names;
}

std::unexpected<Diagnostics> wrong(const std::string& message, const std::string& expected,
                                   const std::string& nearest) {
  return failure({Severity::error, {"--what-if", 0, 0}, 0, message, expected, nearest});
}

// What a step is, whatever the numbers of its graph.
using StepName = std::tuple<std::string, std::string, std::string, std::string, std::string, std::string>;

struct Taken {
  std::multiset<StepName> steps;
  std::set<std::string> techniques;
  std::set<LostStep> at;
};

// `held`: the layer that does not fail where all others do; nullptr: none fails.
Taken takenIn(const AttackGraph& graph, const std::string* held) {
  Closure::Start start;
  for (std::size_t l = 0; held != nullptr && l < graph.graph.layerCount(); ++l) {
    if (graph.layers[l].name != *held) start.failed.emplace_back(l);
  }
  const Closure closure(graph.graph, start);
  Taken taken;
  auto party = [&](reach::PartyId id) { return id.valid() ? graph.parties[id.index()] : ""; };
  for (std::size_t s = 0; s < graph.steps.size(); ++s) {
    const AttackStep& step = graph.steps[s];
    if (!step.rule.valid() || !closure.fires(StepId(s))) continue;
    std::vector<TemplateId> rules{step.rule};
    rules.insert(rules.end(), step.also.begin(), step.also.end());
    for (const TemplateId id : rules) {
      const StepTemplate& rule = graph.templates->at(id);
      const std::string service = step.service.valid() ? graph.model->at(step.service).name : "";
      const std::string credential =
          step.credential.valid() ? graph.credentials[step.credential.index()].name : "";
      const std::string asset = step.asset.valid() ? graph.model->assets[step.asset.index()].name : "";
      taken.steps.emplace(rule.id, party(step.party), service, credential, asset, party(step.neighbour));
      taken.techniques.insert(rule.technique);
      taken.at.insert({rule.technique, party(step.party)});
    }
  }
  return taken;
}

StepsLost lost(const AttackGraph& before, const AttackGraph& after, const std::string* held) {
  const Taken was = takenIn(before, held), is = takenIn(after, held);
  StepsLost made;
  made.before = was.steps.size();
  made.after = is.steps.size();
  std::vector<StepName> gone, fresh;
  std::ranges::set_difference(was.steps, is.steps, std::back_inserter(gone));
  std::ranges::set_difference(is.steps, was.steps, std::back_inserter(fresh));
  made.lost = gone.size();
  made.gained = fresh.size();
  std::ranges::set_difference(was.techniques, is.techniques, std::back_inserter(made.techniques));
  std::ranges::set_difference(was.at, is.at, std::back_inserter(made.at));
  return made;
}

// The layer that the change adds, or takes away: by its name in the graph.
std::string layerOf(const std::string& change, const AttackGraph& after) {
  const std::string name = change.substr(change.find(':') + 1);
  if (change.starts_with("mfa:")) return "second factor of " + name;
  if (change.starts_with("deploy:"))
    return fmt::format("countermeasure {} #{}", name.substr(0, name.find('@')),
                       after.model->countermeasures.size());
  return "switches " + name;
}

std::size_t instances(const AttackGraph& graph) {
  return static_cast<std::size_t>(
      std::ranges::count_if(graph.steps, [](const AttackStep& step) { return step.rule.valid(); }));
}

}  // namespace

Result<model::Model> changed(const model::Model& model, const std::string& change) {
  const auto colon = change.find(':');
  const std::string form = change.substr(0, colon);
  const std::string name = colon == std::string::npos ? "" : change.substr(colon + 1);
  model::Model made = model;
  if (form == "isolated") {
    const auto zone = std::ranges::find(made.zones, name, &model::Zone::name);
    if (zone == made.zones.end())
      return wrong(fmt::format("no zone '{}'", name), "", nearestName(name, namesOf(model.zones)));
    zone->isolated = true;
    return made;
  }
  if (form == "shared") {
    const auto zone = std::ranges::find(made.zones, name, &model::Zone::name);
    if (zone == made.zones.end())
      return wrong(fmt::format("no zone '{}'", name), "", nearestName(name, namesOf(model.zones)));
    zone->isolated = false;
    return made;
  }
  if (form == "mfa") {
    const auto credential = std::ranges::find(made.credentials, name, &model::Credential::name);
    if (credential == made.credentials.end())
      return wrong(fmt::format("no credential '{}'", name), "",
                   nearestName(name, namesOf(model.credentials)));
    credential->mfa = true;
    return made;
  }
  if (form == "deploy" && name.find('@') != std::string::npos) {
    const std::string place = name.substr(name.find('@') + 1);
    model::Countermeasure measure;
    measure.place = {"--what-if", 0, 0};
    measure.technique = name.substr(0, name.find('@'));
    measure.coverage = 1;
    model::PlaceTerm term;
    term.text = place;
    const auto host = std::ranges::find(made.hosts, place, &model::Host::name);
    const auto zone = std::ranges::find(made.zones, place, &model::Zone::name);
    if (host != made.hosts.end()) {
      term.kind = model::PlaceTerm::Kind::host;
      term.host = model::HostId(static_cast<std::size_t>(host - made.hosts.begin()));
    } else if (zone != made.zones.end()) {
      term.kind = model::PlaceTerm::Kind::zone;
      term.zone = model::ZoneId(static_cast<std::size_t>(zone - made.zones.begin()));
    } else {
      auto names = namesOf(model.zones);
      for (const auto& it : namesOf(model.hosts)) names.push_back(it);
      return wrong(fmt::format("no zone or host '{}'", place), "", nearestName(place, names));
    }
    measure.at = {term};
    made.countermeasures.push_back(std::move(measure));
    return made;
  }
  return wrong(fmt::format("'{}' is no change that can be tried", change),
               "isolated:ZONE, shared:ZONE, mfa:CREDENTIAL or deploy:D3-ID@PLACE",
               nearestName(form, {"isolated", "shared", "mfa", "deploy"}));
}

std::optional<Start> startInside(const AttackGraph& before, const std::string& change) {
  if (!change.starts_with("isolated:") && !change.starts_with("shared:")) return std::nullopt;
  const auto inside = parseStart(*before.model, {change.substr(change.find(':') + 1)});
  if (!inside) return std::nullopt;
  Start start = before.start;
  start.at.insert(start.at.end(), inside->at.begin(), inside->at.end());
  return start;
}

StepsLost stepsLostToday(const AttackGraph& before, const AttackGraph& after) {
  return lost(before, after, nullptr);
}

WhatIf compare(const AttackGraph& before, const AttackGraph& after, const TechniqueUse& use,
               const AttackQuestion& question, const std::string& change) {
  WhatIf made;
  made.change = change;
  made.stepsBefore = instances(before);
  made.stepsAfter = instances(after);
  const std::string held = layerOf(change, after);
  made.today = lost(before, after, nullptr);
  made.ever = lost(before, after, &held);
  AttackQuestion depths = question;
  depths.paths = 0;
  AttackAnswers was = answer(before, use, depths), is = answer(after, use, depths);
  for (std::size_t g = 0; g < was.goals.size(); ++g)
    made.goals.push_back({std::move(was.goals[g]), std::move(is.goals[g])});
  return made;
}

}  // namespace vauban::attack
