// A model measured, queue and marginals included, on a shipped example; and the queue and a path by
// themselves. Prints one line each, and what the catalogue costs once. Argument: the model
// (examples/water-utility); run from the project's folder. The target stands beside the figure.
#include <chrono>
#include <cstdio>

#include "catalog/embedded_pack.h"
#include "catalog/pack.h"
#include "import/load_rules.h"
#include "measure/measure.h"
#include "measure/path_measure.h"
#include "model/model_reader.h"

namespace {

using namespace vauban;

double milliseconds(auto&& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

// What the examples do not say: a staffed queue, countermeasures at every zone.
void staff(model::Model& model) {
  model::Operations operations;
  operations.analysts = 6;
  operations.minutesPerAlert = 25;
  for (int s = 0; s < 4; ++s) {
    model::Sensor sensor;
    sensor.name = "sensor-" + std::to_string(s);
    sensor.alertsPerDay = 40.0 * (s + 1);
    sensor.falsePositiveShare = 0.9;
    sensor.coversTechniques = {"T1003.001", "T1021.001", "T1059.001", "T1078"};
    operations.sensors.push_back(std::move(sensor));
  }
  model.operations = std::move(operations);
  for (const char* technique : {"D3-NTF", "D3-DUC", "D3-PSA", "D3-MFA"}) {
    model::Countermeasure one;
    one.technique = technique;
    one.coverage = 0.8;
    for (std::size_t z = 0; z < model.zones.size() && z < 6; ++z) {
      model::PlaceTerm term;
      term.kind = model::PlaceTerm::Kind::zone;
      term.zone = model::ZoneId(z);
      term.text = model.zones[z].name;
      one.at.push_back(std::move(term));
    }
    model.countermeasures.push_back(std::move(one));
  }
}

}  // namespace

int main(int count, char** words) {
  const std::string path = count > 1 ? words[1] : "examples/water-utility";
  const auto behaviours = model::BehaviourCatalogue::builtIn();
  model::Vocabulary vocabulary;
  vocabulary.behaviours = &*behaviours;
  auto model = model::readModel(path, vocabulary);
  if (!model) {
    std::fprintf(stderr, "%s cannot be read\n", path.c_str());
    return 2;
  }
  staff(*model);
  const auto templates = attack::StepTemplates::builtIn();
  const auto knowledge = catalog::readPack(catalog::embeddedPack());
  if (!templates || !knowledge) return 2;

  std::optional<measure::CatalogueEvidence> evidence;
  std::printf("evidence of the catalogue, once: %.1f ms\n",
              milliseconds([&] { evidence.emplace(*knowledge); }));
  Result<measure::Measurement> measured;
  const double took = milliseconds([&] { measured = measure::measureModel(*model, *evidence, *templates); });
  if (!measured) return 2;
  std::printf(
      "measure %s, queue and changes: %.1f ms (target: under 100), %zu rows, %zu watched, %zu changes\n",
      path.c_str(), took, measured->rows.size(), measured->watched.size(), measured->marginals.size());
  double sum = 0;
  const double thousand = milliseconds([&] {
    for (int i = 0; i < 1000; ++i)
      sum += measure::queueState({{2, 10 + i * 0.001}, 6, 25}, 2).classes[1].inTime.lo;
  });
  std::printf("queue of two classes: %.2f us each (%.3f)\n", thousand, sum / 1000);
  measure::AttackPaths attack;
  attack.stops.assign(40, measure::Interval{0.1, 0.6});
  for (std::uint32_t p = 0; p < 60; ++p)
    attack.paths.push_back({p % 40, (p * 7 + 1) % 40, (p * 11 + 3) % 40});
  std::printf("60 paths over 40 steps: %.1f ms\n",
              milliseconds([&] { sum += measure::measurePaths(attack)->error; }));
  return 0;
}
