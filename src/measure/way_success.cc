#include "measure/way_success.h"

#include <algorithm>
#include <map>
#include <queue>

#include "measure/measure.h"

namespace vauban::measure {
namespace {

using attack::AttackGraph;
using attack::FactId;
using attack::StepId;
using model::PlaceTerm;

// The party as a place of the model; none where it is neither a listed host nor a zone.
std::optional<PlaceTerm> placeOf(const AttackGraph& graph, reach::PartyId party) {
  if (!party.valid()) return std::nullopt;
  const std::string& name = graph.parties[party.index()];
  PlaceTerm term;
  term.text = name;
  const auto& hosts = graph.model->hosts;
  if (const auto host = std::ranges::find(hosts, name, &model::Host::name); host != hosts.end()) {
    term.kind = PlaceTerm::Kind::host;
    term.host = model::HostId(static_cast<std::size_t>(host - hosts.begin()));
    return term;
  }
  const auto& zones = graph.model->zones;
  if (const auto zone = std::ranges::find(zones, name, &model::Zone::name); zone != zones.end()) {
    term.kind = PlaceTerm::Kind::zone;
    term.zone = model::ZoneId(static_cast<std::size_t>(zone - zones.begin()));
    return term;
  }
  return std::nullopt;
}

// What is said of a technique at a place of the model.
struct Stop {
  model::PlaceTerms at;  // empty: everywhere
  Interval stopped;
};

std::map<std::string, std::vector<Stop>> stopsByTechnique(const model::Model& model,
                                                          const Measurement& measured) {
  std::map<std::string, std::vector<Stop>> stops;
  const auto termsOf = [&](const std::string& at, const Place* entry) {
    model::PlaceTerms terms;
    for (const model::Countermeasure& one : model.countermeasures)
      for (const PlaceTerm& term : one.at)
        if (term.text == at && (entry == nullptr || one.place == *entry)) return model::PlaceTerms{term};
    return terms;
  };
  for (const Measured& row : measured.rows)
    if (row.deployed && row.atPlace && row.effectiveness.currency == Currency::stopped &&
        row.effectiveness.ranks())
      stops[row.technique].push_back(
          {row.at.empty() ? model::PlaceTerms() : termsOf(row.at, &row.place), *row.atPlace});
  for (const ActedOn& one : measured.detection.acted) {
    if (one.watched.technique.empty() || one.total.hi <= 0) continue;
    stops[one.watched.technique].push_back(
        {one.watched.at.empty() ? model::PlaceTerms() : termsOf(one.watched.at, nullptr), one.total});
  }
  return stops;
}

}  // namespace

Result<std::vector<Interval>> stopsOf(const AttackGraph& graph, const CatalogueEvidence& evidence,
                                      const attack::StepTemplates& templates, const std::string& today) {
  MeasureOptions options;
  options.today = today;
  options.possible = false;
  options.marginals = false;
  const auto measured = measureModel(*graph.model, evidence, templates, options);
  if (!measured) return std::unexpected(measured.error());
  const auto known = stopsByTechnique(*graph.model, *measured);
  const auto of = [&](attack::TemplateId rule, const std::optional<PlaceTerm>& place) {
    const auto found = known.find(graph.templates->at(rule).technique);
    std::vector<Interval> here;
    if (found != known.end())
      for (const Stop& stop : found->second)
        if (stop.at.empty() || (place && covers(*graph.model, stop.at, *place))) here.push_back(stop.stopped);
    return here.empty() ? point(0) : anyOf(here);
  };
  std::vector<Interval> stops(graph.steps.size(), point(0));
  std::map<std::pair<std::size_t, std::size_t>, Interval> remembered;
  for (std::size_t s = 0; s < graph.steps.size(); ++s) {
    const attack::AttackStep& step = graph.steps[s];
    if (!step.rule.valid()) continue;
    const auto place = placeOf(graph, step.party);
    const auto recall = [&](attack::TemplateId rule) {
      const std::pair key(rule.index(), step.party.valid() ? step.party.index() + 1 : 0);
      if (const auto found = remembered.find(key); found != remembered.end()) return found->second;
      return remembered.emplace(key, of(rule, place)).first->second;
    };
    Interval stop = recall(step.rule);
    // He takes of several techniques the one that is stopped least.
    for (const attack::TemplateId other : step.also) {
      const Interval its = recall(other);
      stop = {std::min(stop.lo, its.lo), std::min(stop.hi, its.hi)};
    }
    stops[s] = stop;
  }
  return stops;
}

namespace {

// Knuth's algorithm: facts are settled best first, `better` says which of two values that is; a step's value
// is made of its own and of its premises' by `join`, which never betters one of them.
template <class Join, class Better>
std::vector<double> settleFacts(const attack::DerivationGraph& graph, const std::vector<double>& own,
                                double worst, double axiom, const Join& join, const Better& better) {
  std::vector<double> value(graph.factCount(), worst);
  std::vector<bool> settled(graph.factCount(), false);
  std::vector<std::uint32_t> missing(graph.stepCount());
  std::vector<double> so(graph.stepCount(), axiom);
  using Entry = std::pair<double, std::uint32_t>;
  const auto later = [&](const Entry& a, const Entry& b) {
    return a.first != b.first ? better(b.first, a.first) : a.second > b.second;
  };
  std::priority_queue<Entry, std::vector<Entry>, decltype(later)> queue(later);
  const auto taken = [&](StepId step) {
    const FactId fact = graph.conclusion(step);
    const double now = join(so[step.index()], own[step.index()]);
    if (settled[fact.index()] || !better(now, value[fact.index()])) return;
    value[fact.index()] = now;
    queue.emplace(now, static_cast<std::uint32_t>(fact.index()));
  };
  for (std::size_t s = 0; s < graph.stepCount(); ++s) {
    missing[s] = static_cast<std::uint32_t>(graph.premises(StepId(s)).size());
    if (missing[s] == 0) taken(StepId(s));
  }
  while (!queue.empty()) {
    const auto [best, index] = queue.top();
    queue.pop();
    if (settled[index]) continue;
    settled[index] = true;
    for (const StepId step : graph.needing(FactId(index))) {
      so[step.index()] = join(so[step.index()], best);
      if (--missing[step.index()] == 0) taken(step);
    }
  }
  return value;
}

}  // namespace

Interval bestWay(const AttackGraph& graph, FactId goal, const std::vector<Interval>& stops) {
  std::vector<double> pass(graph.steps.size()), cost(graph.steps.size());
  for (std::size_t s = 0; s < graph.steps.size(); ++s) {
    pass[s] = 1 - stops[s].lo;
    cost[s] = graph.graph.layers(StepId(s)).empty() ? stops[s].hi : 1;
  }
  constexpr double kNever = 1e9;
  const auto widest = settleFacts(
      graph.graph, pass, -1, 1, [](double a, double b) { return std::min(a, b); },
      [](double a, double b) { return a > b; });
  const auto cheapest = settleFacts(
      graph.graph, cost, kNever, 0, [](double a, double b) { return std::min(a + b, kNever - 1); },
      [](double a, double b) { return a < b; });
  const std::size_t at = goal.index();
  if (widest[at] < 0) return {0, 0};
  return {std::min(widest[at], std::max(0.0, 1 - cheapest[at])), widest[at]};
}

}  // namespace vauban::measure
