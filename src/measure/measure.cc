#include "measure/measure.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/nearest_name.h"

namespace vauban::measure {
namespace {

using model::PlaceTerm;
using model::PlaceTerms;

constexpr std::size_t kMostRows = 1'000'000;

class Measuring {
 public:
  Measuring(const model::Model& model, const CatalogueEvidence& catalogue,
            const attack::StepTemplates& templates, const MeasureOptions& options)
      : model_(model), catalogue_(catalogue), templates_(templates), options_(options) {}

  Result<Measurement> run() {
    if (auto good = readScope(); !good) return std::unexpected(good.error());
    result_.model = model_.name;
    result_.today = options_.today;
    result_.proven = provenBy(model_, templates_, options_.kept);
    used_.assign(model_.evidence.size(), false);
    for (const model::Countermeasure& one : model_.countermeasures)
      if (!one.technique.empty()) deployed(one);
    if (options_.possible) possible();
    if (tooMany_)
      return failure({Severity::error,
                      {model_.file, 0, 0},
                      0,
                      fmt::format("more than {} rows to measure", kMostRows),
                      "",
                      ""});
    rank();
    unusedEvidence();
    operate();
    auto detection = detect(result_.operation, options_.statements, result_.watched);
    if (!detection) return std::unexpected(detection.error());
    result_.detection = std::move(*detection);
    if (!options_.marginals) return std::move(result_);
    auto changes = marginals(result_.operation, options_.statements, result_.watched);
    if (!changes) return std::unexpected(changes.error());
    result_.marginals = std::move(*changes);
    return std::move(result_);
  }

 private:
  Result<void> readScope() {
    for (const attack::StepTemplate& rule : templates_.all()) {
      scope_.insert(rule.technique);
      scope_.insert(rule.covers.begin(), rule.covers.end());
      for (const std::string& judged : rule.judged) judged_[{judged, rule.technique}].insert(rule.id);
    }
    // What the organisation has tried it wants to see, template or not.
    for (const model::EvidenceRecord& record : model_.evidence) scope_.insert(record.against);
    if (model_.operations)
      for (const model::Sensor& sensor : model_.operations->sensors)
        scope_.insert(sensor.coversTechniques.begin(), sensor.coversTechniques.end());
    if (options_.technique.empty()) return {};
    if (!scope_.contains(options_.technique)) {
      const std::vector<std::string_view> names(scope_.begin(), scope_.end());
      return failure({Severity::error,
                      {"--technique", 0, 0},
                      0,
                      fmt::format("no step, sensor or trial speaks of '{}'", options_.technique),
                      "",
                      std::string(nearestName(options_.technique, names))});
    }
    scope_ = {options_.technique};
    return {};
  }

  std::vector<Evidence> own(const std::string& countermeasure, const std::string& technique,
                            const PlaceTerm* at) {
    std::vector<Evidence> all;
    for (std::size_t r = 0; r < model_.evidence.size(); ++r) {
      const model::EvidenceRecord& record = model_.evidence[r];
      if (record.countermeasure != countermeasure || record.against != technique) continue;
      if (at != nullptr && !covers(model_, record.at, *at)) continue;
      used_[r] = true;
      std::string where = "at";
      for (const PlaceTerm& term : record.at) where += " " + term.text;
      if (record.at.empty()) where = "where, is not said";
      Evidence one = ownTrials(record.source.empty() ? "the model" : record.source, std::move(where),
                               record.stopped, record.trials, record.date);
      one.place = record.place;
      all.push_back(std::move(one));
    }
    return all;
  }

  void add(const std::string& countermeasure, const std::string& technique, const PlaceTerm* at,
           const model::Countermeasure* entry) {
    if (result_.rows.size() >= kMostRows) {
      tooMany_ = true;
      return;
    }
    Measured row;
    row.countermeasure = countermeasure;
    row.name = catalogue_.name(countermeasure);
    row.tactic = catalogue_.tactic(countermeasure);
    row.technique = technique;
    row.techniqueName = catalogue_.techniqueName(technique);
    std::vector<Evidence> all = catalogue_.of(countermeasure, technique);
    if (const auto judged = judged_.find({countermeasure, technique}); judged != judged_.end())
      all.push_back(expertMapping("knowledge/steps",
                                  fmt::format("this project's judgement: {}", *judged->second.begin())));
    if (entry != nullptr) {
      for (Evidence& one : own(countermeasure, technique, at)) all.push_back(std::move(one));
      row.deployed = true;
      row.place = entry->place;
      row.at = at != nullptr ? at->text : "";
      row.coverage = entry->coverage ? point(*entry->coverage) : Interval();
    }
    row.effectiveness = settle(std::move(all), currencyOf(row.tactic), options_.today);
    if (at != nullptr) row.effectiveness.proven = provenAt(technique, *at);
    if (row.effectiveness.interval) {
      const bool own = row.effectiveness.grade == Grade::e5;
      const std::vector<Interval> both = {row.coverage.value_or(point(1)), *row.effectiveness.interval};
      row.atPlace = own ? *row.effectiveness.interval : chain(both);
    }
    result_.rows.push_back(std::move(row));
  }

  std::vector<std::string> provenAt(const std::string& technique, const PlaceTerm& at) const {
    std::vector<std::string> claims;
    for (const Proven& one : result_.proven) {
      const auto claim = std::ranges::find(model_.claims, one.claim, &model::Claim::id);
      if (std::ranges::binary_search(one.techniques, technique) && covers(model_, claim->from, at))
        claims.push_back(one.claim);
    }
    return claims;
  }

  std::vector<std::string> techniquesOf(const std::string& countermeasure) const {
    std::set<std::string> techniques;
    for (const std::string& one : catalogue_.against(countermeasure))
      if (scope_.contains(one)) techniques.insert(one);
    for (const auto& [pair, rules] : judged_)
      if (pair.first == countermeasure && scope_.contains(pair.second)) techniques.insert(pair.second);
    for (const model::EvidenceRecord& record : model_.evidence)
      if (record.countermeasure == countermeasure && scope_.contains(record.against))
        techniques.insert(record.against);
    return {techniques.begin(), techniques.end()};
  }

  void deployed(const model::Countermeasure& entry) {
    for (const std::string& technique : techniquesOf(entry.technique)) {
      if (entry.at.empty()) add(entry.technique, technique, nullptr, &entry);
      for (const PlaceTerm& term : entry.at) add(entry.technique, technique, &term, &entry);
    }
  }

  void possible() {
    std::set<std::string> have;
    for (const model::Countermeasure& one : model_.countermeasures) have.insert(one.technique);
    std::set<std::pair<std::string, std::string>> pairs;  // technique, countermeasure
    for (const attack::StepTemplate& rule : templates_.all())
      for (const std::string& one : rule.counteredBy)
        if (!have.contains(one) && scope_.contains(rule.technique)) pairs.insert({rule.technique, one});
    for (const auto& [technique, countermeasure] : pairs) add(countermeasure, technique, nullptr, nullptr);
  }

  void rank() {
    std::map<std::string, std::vector<std::size_t>> byTechnique;
    for (std::size_t r = 0; r < result_.rows.size(); ++r) byTechnique[result_.rows[r].technique].push_back(r);
    for (const auto& [technique, rows] : byTechnique) {
      std::vector<Effectiveness> all;
      for (const std::size_t r : rows) all.push_back(result_.rows[r].effectiveness);
      const std::vector<std::size_t> above = rankedAbove(all);
      for (std::size_t i = 0; i < rows.size(); ++i) result_.rows[rows[i]].rankedAbove = above[i];
    }
  }

  void unusedEvidence() {
    if (!options_.technique.empty()) return;
    for (std::size_t r = 0; r < model_.evidence.size(); ++r) {
      if (used_[r]) continue;
      const model::EvidenceRecord& record = model_.evidence[r];
      result_.unused.push_back(
          {Severity::warning, record.place, 0,
           fmt::format("trials of {} against {} count for nothing: it is not deployed where they were made",
                       record.countermeasure, record.against),
           "an entry of `countermeasures` within the place of the trials", ""});
    }
  }

  Factor firesOf(const Effectiveness& known) const {
    Factor fires{"fires", known.interval.value_or(Interval()), Origin::evidence, ""};
    if (known.upperBound) fires.value.lo = 0;  // what a lab saw is no promise for the field
    if (known.currency == Currency::stopped)
      fires.value.hi = 1;  // what was stopped had fired, and maybe more
    for (const Evidence& one : known.from) fires.from += (fires.from.empty() ? "" : "; ") + one.source;
    if (known.grade) fires.from = fmt::format("{}: {}", word(*known.grade), fires.from);
    if (fires.value.unknown()) fires.origin = Origin::unknown;
    return fires;
  }

  void operate() {
    Operation& operation = result_.operation;
    if (model_.operations) {
      operation.analysts = model_.operations->analysts;
      operation.minutesPerAlert = model_.operations->minutesPerAlert;
      for (const model::Sensor& sensor : model_.operations->sensors)
        operation.detectors.push_back(detectorOf(sensor));
    }
    addDecoys();
    std::set<Watched> watched;
    bool shares = false;
    std::set<std::string> places;
    for (const Detector& one : operation.detectors) {
      shares = shares || (!one.decoy && one.techniques.empty());
      for (const std::string& technique : one.techniques)
        if (scope_.contains(technique)) watched.insert({technique, ""});
      if (!one.decoy) continue;
      places.insert(one.at);
      for (const auto& [technique, fires] : one.fires) watched.insert({technique, one.at});
    }
    for (const Watched& what : std::set<Watched>(watched))
      if (what.at.empty())
        for (const std::string& place : places) watched.insert({what.technique, place});
    if (shares && options_.technique.empty()) watched.insert({"", ""});
    if (shares && !options_.technique.empty()) watched.insert({options_.technique, ""});
    watched.insert(options_.watched.begin(), options_.watched.end());
    result_.watched.assign(watched.begin(), watched.end());
    for (Detector& one : operation.detectors) {
      if (one.decoy) continue;
      for (const Watched& what : result_.watched) {
        const auto trials = catalogue_.trials(what.technique);
        if (!trials.empty())
          one.fires.emplace(what.technique, firesOf(settle(trials, Currency::fired, options_.today)));
      }
    }
  }

  static Detector detectorOf(const model::Sensor& sensor) {
    Detector one;
    one.name = sensor.name;
    one.place = sensor.place;
    if (sensor.alertsPerDay) one.alertsPerDay = Range{*sensor.alertsPerDay, *sensor.alertsPerDay};
    if (sensor.falsePositiveShare) one.falsePositiveShare = point(*sensor.falsePositiveShare);
    one.coveredShare = sensor.coversShare;
    one.techniques = sensor.coversTechniques;
    std::ranges::sort(one.techniques);
    return one;
  }

  // Each deployed Deceive technique is a decoy at each of its places.
  void addDecoys() {
    for (const model::Countermeasure& entry : model_.countermeasures) {
      if (catalogue_.tactic(entry.technique) != "Deceive") continue;
      for (const PlaceTerm& term : entry.at) {
        Detector decoy;
        decoy.name = fmt::format("{} at {}", entry.technique, term.text);
        decoy.place = entry.place;
        decoy.decoy = true;
        decoy.at = term.text;
        decoy.alertsPerDay = Range{deception().alertsPerDay.lo, deception().alertsPerDay.hi};
        decoy.falsePositiveShare = deception().falsePositiveShare;
        for (const Measured& row : result_.rows)
          if (row.deployed && row.countermeasure == entry.technique && row.at == term.text &&
              row.place == entry.place)
            decoy.fires.emplace(row.technique, firesOf(row.effectiveness));
        result_.operation.detectors.push_back(std::move(decoy));
      }
    }
  }

  const model::Model& model_;
  const CatalogueEvidence& catalogue_;
  const attack::StepTemplates& templates_;
  const MeasureOptions& options_;
  std::set<std::string> scope_;
  std::map<std::pair<std::string, std::string>, std::set<std::string>> judged_;  // -> templates
  std::vector<bool> used_;  // by evidence record of the model
  bool tooMany_ = false;
  Measurement result_;
};

}  // namespace

Result<Measurement> measureModel(const model::Model& model, const CatalogueEvidence& catalogue,
                                 const attack::StepTemplates& templates, const MeasureOptions& options) {
  return Measuring(model, catalogue, templates, options).run();
}

}  // namespace vauban::measure
