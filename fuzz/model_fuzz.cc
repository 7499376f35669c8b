// Any bytes as a model file: read, or refused with places; and the same answer the second time.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/result.h"
#include "model/model_reader.h"

namespace {

using namespace vauban;

const model::BehaviourCatalogue& behaviours() {
  static const auto catalogue = model::BehaviourCatalogue::builtIn();
  VAUBAN_CHECK(catalogue.has_value());
  return *catalogue;
}

void checkDiagnostics(const Diagnostics& diagnostics, std::size_t lines) {
  for (const Diagnostic& diagnostic : diagnostics) {
    VAUBAN_CHECK(!diagnostic.message.empty());
    VAUBAN_CHECK(diagnostic.place.line <= lines);
  }
}

// What model.h promises of a model that was read: every id leads somewhere, every set is in its normal form.
void checkModel(const model::Model& model) {
  for (const model::Zone& zone : model.zones) {
    VAUBAN_CHECK(zone.networks.Validate());
    VAUBAN_CHECK(zone.addresses.Validate());
  }
  for (const model::Host& host : model.hosts) {
    VAUBAN_CHECK(host.zone.index() < model.zones.size());
    for (model::ZoneId zone : host.alsoIn) VAUBAN_CHECK(zone.index() < model.zones.size());
    for (model::ServiceId service : host.services) VAUBAN_CHECK(service.index() < model.services.size());
  }
  for (const model::ServiceInstance& service : model.services) {
    VAUBAN_CHECK(service.host.index() < model.hosts.size());
    VAUBAN_CHECK(service.behaviour.index() < behaviours().all().size());
    VAUBAN_CHECK(service.listens.Validate());
  }
  VAUBAN_CHECK(model.flows.entry.index() < model.flows.chains.size());
  for (const model::Chain& chain : model.flows.chains) {
    for (const model::FilterRule& rule : chain.rules) {
      VAUBAN_CHECK(rule.source.Validate());
      VAUBAN_CHECK(rule.destination.Validate());
      VAUBAN_CHECK(rule.services.Validate());
    }
  }
  for (const model::Link& link : model.links) {
    VAUBAN_CHECK(link.from.index() < model.zones.size());
    VAUBAN_CHECK(link.to.index() < model.zones.size());
    if (link.device) VAUBAN_CHECK(link.device->index() < model.devices.size());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  std::size_t lines = 2;  // a mistake may be found behind the last line
  for (char c : text) lines += c == '\n' || c == '\r';
  model::ReadLimits limits;
  limits.nodes = 20'000;
  model::Vocabulary vocabulary;
  vocabulary.behaviours = &behaviours();

  const auto first = model::readModelText("model.yaml", text, vocabulary, limits);
  const auto second = model::readModelText("model.yaml", text, vocabulary, limits);
  VAUBAN_CHECK(first.has_value() == second.has_value());
  if (first) {
    VAUBAN_CHECK(first->warnings == second->warnings);
    VAUBAN_CHECK(!hasErrors(first->warnings));
    checkDiagnostics(first->warnings, lines);
    checkModel(*first);
  } else {
    VAUBAN_CHECK(first.error() == second.error());
    VAUBAN_CHECK(hasErrors(first.error()));
    checkDiagnostics(first.error(), lines);
  }
  return 0;
}
