// Any bytes as a certificate: read and followed against a small model, or refused with a reason; the same
// answer the second time.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/result.h"
#include "check/check.h"
#include "model/model_reader.h"

namespace {

using namespace vauban;

// The one that the corpus' certificates are about.
const char* const kModel = R"(vauban: 1
name: tiny
zones:
  lan: {networks: [10.1.0.0/24]}
  dmz: {networks: [10.2.0.0/24]}
  net: {networks: [0.0.0.0/0, "::/0"], untrusted: true}
hosts:
  ws: {zone: lan, address: 10.1.0.4, services: {}, client: isolated}
  dns: {zone: dmz, address: 10.2.0.4, services: {dns: {behaviour: dns-forwarder, names: {allow: [a.example]}, decides: before-recursing}}}
flows:
  - allow: {from: ws, to: dns, service: dns}
  - allow: {from: dns, to: net, service: dns}
enforcement: {anti-spoofing: host, families: [ipv4, ipv6], uncovered: drop, stateful: {established: true, related: none, helpers: []}, unmatched: drop}
claims:
  - {id: out, never: {channel: {from: ws, to: net, over: any}}}
  - {id: ask, always: {reach: {from: ws, to: dns, service: dns}}}
)";

const model::BehaviourCatalogue& behaviours() {
  static const auto catalogue = model::BehaviourCatalogue::builtIn();
  VAUBAN_CHECK(catalogue.has_value());
  return *catalogue;
}

const model::Model& small() {
  static const auto read = [] {
    model::Vocabulary vocabulary;
    vocabulary.behaviours = &behaviours();
    return model::readModelText("m.yaml", kModel, vocabulary);
  }();
  VAUBAN_CHECK(read.has_value());
  return *read;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const check::Result first = check::check(text, "c.json", small(), behaviours());
  const check::Result second = check::check(text, "c.json", small(), behaviours());
  VAUBAN_CHECK(first.accepted() == second.accepted());
  VAUBAN_CHECK(first.diagnostics == second.diagnostics);
  VAUBAN_CHECK(first.rejections == second.rejections);
  for (const Diagnostic& diagnostic : first.diagnostics) VAUBAN_CHECK(!diagnostic.message.empty());
  return 0;
}
