// Who works with what: operations, evidence, threats, budget.
#include <fmt/format.h>

#include <cmath>

#include "model/model_reading.h"

namespace vauban::model {
namespace {

constexpr double kUnbounded = HUGE_VAL;

Sensor readSensor(ModelReading& reading, const yaml::Node& key, const yaml::Node& node) {
  Sensor sensor;
  sensor.name = key.text();
  sensor.place = key.place();
  Fields fields(reading, node, "a sensor", {"alerts-per-day", "false-positive-share", "covers"});
  if (const auto* alerts = fields.find("alerts-per-day"))
    sensor.alertsPerDay = reading.number(*alerts, 0, kUnbounded);
  if (const auto* share = fields.find("false-positive-share")) {
    sensor.falsePositiveShare = reading.number(*share, 0, 1);
  }
  if (const auto* covers = fields.find("covers")) {
    Fields parts(reading, *covers, "`covers`", {"share", "techniques"});
    if (const auto* share = parts.find("share")) sensor.coversShare = reading.number(*share, 0, 1);
    if (const auto* techniques = parts.find("techniques")) {
      for (const auto* item : reading.oneOrMany(*techniques)) {
        if (auto id = reading.outside(*item, "technique", reading.vocabulary.techniques)) {
          sensor.coversTechniques.push_back(std::move(*id));
        }
      }
    }
  }
  return sensor;
}

}  // namespace

void readOperations(ModelReading& reading, const yaml::Node& node) {
  Fields fields(reading, node, "`operations`", {"analysts", "minutes-per-alert", "sensors"});
  Operations operations;
  operations.place = node.place();
  if (const auto* analysts = fields.find("analysts"))
    operations.analysts = reading.number(*analysts, 0, kUnbounded);
  if (const auto* minutes = fields.find("minutes-per-alert")) {
    operations.minutesPerAlert = reading.number(*minutes, 0, kUnbounded);
  }
  if (const auto* sensors = fields.find("sensors")) {
    for (const auto& [key, value] : reading.entries(*sensors, "sensors")) {
      if (reading.name(*key)) operations.sensors.push_back(readSensor(reading, *key, *value));
    }
  }
  reading.model.operations = std::move(operations);
}

void readEvidence(ModelReading& reading, const yaml::Node& node) {
  for (const auto* item : reading.list(node, "evidence")) {
    Fields fields(reading, *item, "evidence",
                  {"countermeasure", "against", "at", "trials", "stopped", "source", "date"});
    EvidenceRecord record;
    record.place = item->place();
    const auto& techniques = reading.vocabulary.techniques;
    if (const auto* what = fields.need("countermeasure")) {
      record.countermeasure = reading.outside(*what, "technique", techniques).value_or("");
    }
    if (const auto* against = fields.need("against")) {
      record.against = reading.outside(*against, "technique", techniques).value_or("");
    }
    if (const auto* at = fields.find("at")) record.at = reading.places(*at);
    const auto* trials = fields.need("trials");
    const auto* stopped = fields.need("stopped");
    if (trials != nullptr) record.trials = reading.integer(*trials, 1, 1'000'000'000'000).value_or(0);
    if (stopped != nullptr) {
      const auto count = reading.integer(*stopped, 0, 1'000'000'000'000);
      record.stopped = count.value_or(0);
      if (record.trials != 0 && record.stopped > record.trials) {
        reading.error(*stopped,
                      fmt::format("{} of {} trials cannot have been stopped", record.stopped, record.trials));
      }
    }
    if (const auto* source = fields.find("source")) record.source = reading.text(*source).value_or("");
    if (const auto* date = fields.need("date")) record.date = reading.date(*date).value_or("");
    reading.model.evidence.push_back(std::move(record));
  }
}

void readThreats(ModelReading& reading, const yaml::Node& node) {
  Threats& threats = reading.model.threats;
  threats.place = node.place();
  Fields fields(reading, node, "`threats`", {"start", "groups", "goals"});
  if (const auto* start = fields.find("start")) {
    std::vector<const yaml::Node*> items;
    if (start->isSequence()) {
      for (std::size_t i = 0; i < start->size(); ++i) items.push_back(&start->item(i));
    } else {
      items.push_back(start);
    }
    for (const auto* item : items) {
      if (!item->isMapping()) {
        auto terms = item->isSequence() ? PlaceTerms() : reading.places(*item);
        if (item->isSequence()) reading.error(*item, "a list inside a list", "a place or {insider: HOST}");
        threats.start.insert(threats.start.end(), terms.begin(), terms.end());
        continue;
      }
      Fields insider(reading, *item, "a start", {"insider"});
      if (const auto* hosts = insider.need("insider")) {
        const auto ids = reading.hostList(*hosts, true);
        threats.insiders.insert(threats.insiders.end(), ids.begin(), ids.end());
      }
    }
  }
  if (const auto* groups = fields.find("groups")) {
    for (const auto* item : reading.oneOrMany(*groups)) {
      if (auto id = reading.outside(*item, "group", reading.vocabulary.groups))
        threats.groups.push_back(std::move(*id));
    }
  }
  if (const auto* goals = fields.find("goals")) {
    for (const auto* item : reading.oneOrMany(*goals)) {
      if (auto name = reading.asset(*item)) threats.goals.push_back(std::move(*name));
    }
  }
}

void readBudget(ModelReading& reading, const yaml::Node& node) {
  Fields fields(reading, node, "`budget`", {"effort-days", "roles"});
  Budget budget;
  budget.place = node.place();
  if (const auto* days = fields.find("effort-days")) budget.effortDays = reading.number(*days, 0, kUnbounded);
  if (const auto* roles = fields.find("roles")) {
    for (const auto& [key, value] : reading.entries(*roles, "roles")) {
      const auto& known = reading.vocabulary.roles;
      if (!known.empty() && !known.contains(key->text())) {
        reading.unknown(*key, "role", Words(known.begin(), known.end()));
      }
      if (const auto days = reading.number(*value, 0, kUnbounded)) budget.roles.emplace(key->text(), *days);
    }
  }
  reading.model.budget = std::move(budget);
}

}  // namespace vauban::model
