#include <cmath>
#include <nlohmann/json.hpp>

#include "report/measure_report.h"

namespace vauban::report {
namespace {

using Json = nlohmann::ordered_json;

// Twelve decimals: what two machines agree on, and more than anybody knows.
Json number(double value) {
  if (!std::isfinite(value)) return nullptr;  // unbounded, or nobody says
  const double rounded = std::round(value * 1e12) / 1e12;
  return rounded == 0 ? 0.0 : rounded;
}

Json interval(const measure::Interval& it) { return {number(it.lo), number(it.hi)}; }
Json range(const measure::Range& it) { return {number(it.lo), number(it.hi)}; }

Json maybe(const std::optional<measure::Interval>& it) { return it ? interval(*it) : Json(nullptr); }

Json place(const Place& it) {
  if (it.file.empty()) return nullptr;
  return {{"file", it.file}, {"line", it.line}, {"column", it.column}};
}

Json evidence(const std::vector<measure::Evidence>& all) {
  Json list = Json::array();
  for (const measure::Evidence& it : all)
    list.push_back({{"grade", word(it.grade)},
                    {"of", word(it.of)},
                    {"interval", isProbability(it.of) ? interval(it.interval) : Json(nullptr)},
                    {"upper_bound", it.upperBound},
                    {"source", it.source},
                    {"scope", it.scope},
                    {"date", it.date},
                    {"expires", it.expires},
                    {"note", it.note},
                    {"place", place(it.place)}});
  return list;
}

Json row(const measure::Measured& it) {
  const measure::Effectiveness& known = it.effectiveness;
  return {{"countermeasure", it.countermeasure},
          {"name", it.name},
          {"tactic", it.tactic},
          {"against", it.technique},
          {"against_name", it.techniqueName},
          {"deployed", it.deployed},
          {"at", it.at},
          {"place", place(it.place)},
          {"coverage", maybe(it.coverage)},
          {"measured_by", word(known.currency)},
          {"grade", known.grade ? Json(word(*known.grade)) : Json(nullptr)},
          {"proven_by", known.proven},
          {"interval", maybe(known.interval)},
          {"interval_at_place", maybe(it.atPlace)},
          {"upper_bound", known.upperBound},
          {"conflict", known.conflict},
          {"ranks", known.ranks()},
          {"ranked_above_it", it.rankedAbove},
          {"from", evidence(known.from)},
          {"replaced", evidence(known.replaced)},
          {"set_aside", evidence(known.setAside)}};
}

Json queueClass(const measure::QueueClass& it) {
  return {{"load_seats", number(it.load)},
          {"looked_at", number(it.lookedAt)},
          {"in_time", interval(it.inTime)},
          {"mean_wait_hours", number(it.meanWait)}};
}

Json queueState(const measure::QueueState& it) {
  Json classes = Json::array();
  for (const measure::QueueClass& one : it.classes) classes.push_back(queueClass(one));
  return {{"utilisation", number(it.utilisation)},
          {"overloaded", it.overloaded()},
          {"classes", std::move(classes)}};
}

Json outlook(const measure::QueueOutlook& it) {
  return {{"known", it.known},
          {"origin", word(it.origin)},
          {"from", it.from},
          {"seats", range(it.seats)},
          {"alerts_per_day", range(it.alertsPerDay)},
          {"true_alerts_per_day", range(it.trueAlertsPerDay)},
          {"in_time", interval(it.ordinary)},
          {"decoys_in_time", interval(it.decoys)},
          {"worst", it.known ? queueState(it.worst) : Json(nullptr)},
          {"best", it.known ? queueState(it.best) : Json(nullptr)}};
}

Json acted(const measure::ActedOn& it) {
  Json chains = Json::array();
  for (const measure::DetectorChain& one : it.chains) {
    Json factors = Json::array();
    for (const measure::Factor& factor : one.factors)
      factors.push_back({{"name", factor.name},
                         {"value", interval(factor.value)},
                         {"origin", word(factor.origin)},
                         {"from", factor.from}});
    chains.push_back(
        {{"detector", one.detector}, {"acted_on", interval(one.actedOn)}, {"factors", std::move(factors)}});
  }
  return {{"technique", it.watched.technique},
          {"at", it.watched.at},
          {"acted_on", interval(it.total)},
          {"detectors", std::move(chains)}};
}

Json marginal(const measure::Marginal& it) {
  Json differences = Json::array();
  for (const auto& one : it.differences)
    differences.push_back({{"technique", one.watched.technique},
                           {"at", one.watched.at},
                           {"at_worst", number(one.atWorst)},
                           {"at_best", number(one.atBest)}});
  return {{"change", it.change},
          {"mean_at_worst", number(it.meanAtWorst)},
          {"mean_at_best", number(it.meanAtBest)},
          {"queue_then", outlook(it.after)},
          {"differences", std::move(differences)}};
}

Json paths(const std::vector<measure::GoalPaths>& all) {
  Json list = Json::array();
  for (const measure::GoalPaths& it : all) {
    Json measured = nullptr;
    if (it.measured)
      measured = {{"shared_state", interval(it.measured->sharedState)},
                  {"frechet", interval(it.measured->frechet)},
                  {"exact", it.measured->exact},
                  {"seed", it.measured->exact ? Json(nullptr) : Json(it.measured->seed)},
                  {"samples", it.measured->samples},
                  {"error", number(it.measured->error)}};
    list.push_back({{"goal", it.goal},
                    {"words", it.words},
                    {"standing", word(it.standing)},
                    {"depth", it.depth},
                    {"all_ways", it.allWays},
                    {"ways", it.ways},
                    {"success", std::move(measured)}});
  }
  return list;
}

}  // namespace

std::string measureJson(const measure::Measurement& measurement, const MeasureView& view) {
  Json root;
  root["schema"] = "vauban-measure-1";
  root["model"] = measurement.model;
  root["today"] = measurement.today;
  root["proven"] = Json::array();
  for (const measure::Proven& it : measurement.proven)
    root["proven"].push_back({{"claim", it.claim}, {"takes_away", it.techniques}});
  if (!view.queueOnly) {
    root["countermeasures"] = Json::array();
    for (const measure::Measured& it : measurement.rows) root["countermeasures"].push_back(row(it));
    root["unused_evidence"] = Json::array();
    for (const Diagnostic& it : measurement.unused)
      root["unused_evidence"].push_back({{"place", place(it.place)}, {"message", it.message}});
  }
  root["queue"] = outlook(measurement.detection.queue);
  root["acted_on"] = Json::array();
  for (const measure::ActedOn& it : measurement.detection.acted) root["acted_on"].push_back(acted(it));
  root["marginals"] = Json::array();
  for (const measure::Marginal& it : measurement.marginals) root["marginals"].push_back(marginal(it));
  if (view.paths != nullptr) root["paths"] = paths(*view.paths);
  root["assumptions"] = measurement.detection.assumptions;
  root["offers"] = measurement.detection.offers;
  return root.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace vauban::report
