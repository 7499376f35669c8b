#include "attack/attack_graph.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/nearest_name.h"

namespace vauban::attack {

const char* toString(LayerKind kind) {
  switch (kind) {
    case LayerKind::device:
      return "device";
    case LayerKind::switches:
      return "switches";
    case LayerKind::restriction:
      return "restriction";
    case LayerKind::software:
      return "software";
    case LayerKind::secrecy:
      return "secrecy";
    case LayerKind::factor:
      return "second factor";
    case LayerKind::people:
      return "people";
    case LayerKind::premises:
      return "premises";
    case LayerKind::countermeasure:
      return "countermeasure";
  }
  return "";
}

std::optional<FactId> AttackGraph::find(FactKind kind, std::uint32_t about, const std::string& impact) const {
  const auto found = index.find({kind, about, 0, impact});
  return found == index.end() ? std::nullopt : std::optional(found->second);
}

std::optional<FactId> AttackGraph::goal(const model::Goal& goal) const {
  if (!goal.controls.empty()) {
    const auto host = std::ranges::find(model->hosts, goal.controls, &model::Host::name);
    if (host == model->hosts.end()) return std::nullopt;
    return find(FactKind::code, standIn[static_cast<std::size_t>(host - model->hosts.begin())].value);
  }
  const auto asset = std::ranges::find(model->assets, goal.asset, &model::Asset::name);
  const auto about = static_cast<std::uint32_t>(asset - model->assets.begin());
  return goal.impact ? find(FactKind::impact, about, goal.kind) : find(FactKind::data, about);
}

std::string AttackGraph::inWords(FactId id) const {
  const Fact& fact = facts[id.index()];
  auto party = [&] { return parties[fact.party.index()]; };
  auto service = [&] {
    const model::ServiceInstance& at = model->at(fact.service);
    return model->at(at.host).name + "." + at.name;
  };
  switch (fact.kind) {
    case FactKind::bytes: {
      const channel::FlowNode& node = flow.nodes[fact.index];
      if (node.atAddress) return "his bytes arrive at " + party();
      switch (node.kind) {
        case channel::StateKind::held:
          return outside[fact.party.index()] ? party() + " is his" : "he sends from " + party();
        case channel::StateKind::client:
          return party() + " reads his bytes";
        case channel::StateKind::told:
        case channel::StateKind::readable: {
          const model::ServiceInstance& at = model->at(node.service);
          return model->at(at.host).name + "." + at.name +
                 (node.kind == channel::StateKind::told ? " is told his bytes" : " answers with his bytes");
        }
      }
      return "";
    }
    case FactKind::escapes:
    case FactKind::leaves:
      return "bytes from " + party() + " get out to him";
    case FactKind::failed:
      return "something has failed";
    case FactKind::hears:
      return "he hears what arrives at " + party();
    case FactKind::told:
      return service() + " is told his bytes";
    case FactKind::written:
      return service() + " keeps his bytes";
    case FactKind::reads:
      return "he reads what " + service() + " answers";
    case FactKind::read:
      return party() + " reads his bytes";
    case FactKind::code:
      return "his code runs on " + party();
    case FactKind::admin:
      return "his code runs on " + party() + " with all privileges";
    case FactKind::commanded:
      return "he commands his code on " + party();
    case FactKind::found:
      return "he knows of " + party();
    case FactKind::holds:
      return "he holds " + credentials[fact.index].name;
    case FactKind::supplied:
      return "what " + parties[fact.index] + " runs was tampered with before it came";
    case FactKind::collected:
      return "he has read " + model->assets[fact.index].name;
    case FactKind::data:
      return model->assets[fact.index].name + " is outside";
    case FactKind::impact:
      if (fact.impact.empty()) return model->assets[fact.index].name + " has suffered";
      return fmt::format("{} of {} is lost", fact.impact, model->assets[fact.index].name);
  }
  return "";
}

std::string AttackGraph::inWords(StepId id) const {
  const AttackStep& step = steps[id.index()];
  if (step.start) return "he begins";
  if (step.rule.valid()) {
    std::string text = templates->at(step.rule).id + " on " + parties[step.party.index()];
    if (step.service.valid()) text += "." + model->at(step.service).name;
    if (step.credential.valid()) text += " with " + credentials[step.credential.index()].name;
    if (step.neighbour.valid()) text += " from " + parties[step.neighbour.index()];
    return text;
  }
  if (step.flow != UINT32_MAX) {
    const channel::FlowStep& moved = flow.steps[step.flow];
    if (moved.hops.empty()) return moved.borrowed ? "with a neighbour's address" : "by itself";
    const channel::Hop& hop = moved.hops.front();
    std::string text = hop.carrier + (hop.answer ? ", asked for by " : " to ") + hop.to;
    if (!hop.how.empty()) text += " (" + hop.how + ")";
    return text;
  }
  return "";
}

Result<Start> parseStart(const model::Model& model, const std::vector<std::string>& words) {
  Start start;
  Diagnostics problems;
  std::vector<std::string_view> names;
  for (const model::Zone& zone : model.zones) names.push_back(zone.name);
  for (const model::Host& host : model.hosts) names.push_back(host.name);
  std::vector<std::string_view> products;
  for (const model::Host& host : model.hosts) {
    if (!host.software.empty()) products.push_back(host.software);
  }
  auto unknown = [&](const std::string& what, const std::string& word,
                     const std::vector<std::string_view>& known) {
    Diagnostic problem;
    problem.message = fmt::format("--start: no {} '{}'", what, word);
    problem.nearest = nearestName(word, known);
    problems.push_back(std::move(problem));
  };
  for (const std::string& word : words) {
    const bool insider = word.starts_with("insider:"), supplied = word.starts_with("supply-chain:");
    const std::string name = insider || supplied ? word.substr(word.find(':') + 1) : word;
    if (supplied) {
      if (std::ranges::find(products, name) == products.end()) unknown("product", name, products);
      start.supplied.push_back(name);
      continue;
    }
    const auto host = std::ranges::find(model.hosts, name, &model::Host::name);
    if (host != model.hosts.end()) {
      (insider ? start.insiders : start.at)
          .emplace_back(static_cast<std::size_t>(host - model.hosts.begin()));
      continue;
    }
    const auto zone = std::ranges::find(model.zones, name, &model::Zone::name);
    if (zone == model.zones.end() || insider) {
      unknown(insider ? "host" : "zone or host", name, names);
      continue;
    }
    // Parties of a network: hosts first, then a zone's own machines (reach::Network).
    for (std::size_t h = 0; h < model.hosts.size(); ++h) {
      if (model.hosts[h].zone.index() == static_cast<std::size_t>(zone - model.zones.begin()))
        start.at.emplace_back(h);
    }
    start.at.emplace_back(model.hosts.size() + static_cast<std::size_t>(zone - model.zones.begin()));
  }
  if (!problems.empty()) return std::unexpected(problems);
  return start;
}

}  // namespace vauban::attack
