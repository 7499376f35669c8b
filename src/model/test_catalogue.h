// A small catalogue of the tests' own, so that they do not move with knowledge/behaviours.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "model/behaviour.h"

namespace vauban::model::testing {

// Behaviours that take every configuration key and the properties of the design's example.
inline std::vector<std::pair<std::string, std::string>> catalogueTexts() {
  const auto behaviour = [](const std::string& name, const std::string& listens, const std::string& keys,
                            const std::string& properties, const std::string& more = "") {
    return std::pair(name + ".yaml", "behaviour: " + name +
                                         "\nsummary: for tests\nreference: none\nlistens: " + listens +
                                         "\nkeys: " + keys + "\nproperties: " + properties + "\n" + more);
  };
  const auto property = [](const std::string& name, const std::string& values, const std::string& best,
                           const std::string& more = "") {
    return name + ": {values: " + values + ", best: " + best + ", meaning: m, test: t" + more + "}";
  };
  const auto calls = property("calls-out", "[\"true\", \"false\"]", "[\"false\"]");
  const auto decides = property("decides", "[before-recursing, after-recursing]", "[before-recursing]");
  const auto dnssec = property("dnssec", "[validates, off]", "[validates]");
  return {
      behaviour("dns-forwarder", "dns", "[names, upstream, answers]", "{" + decides + ", " + dnssec + "}"),
      behaviour("dns-recursive", "dns", "[names]", "{" + decides + ", " + dnssec + "}"),
      behaviour("http-forward-proxy", "[tcp/3128, tcp/8080]", "[names, addresses, resolver, upstream]",
                "{" + property("resolves", "[after-allowing, before-allowing]", "[after-allowing]") + ", " +
                    property("reverse-lookups", "[never, always]", "[never]") + "}",
                "effects:\n"
                "  - {relay: by-name, emits: [tcp], outward-bits: 8000, inward-bits: 8000, "
                "messages-per-second: 100,\n"
                "     carrier: request body}\n"
                "  - {lookup: resolver, emits: [dns], outward-bits: 1000, inward-bits: 1000, names: ignore,\n"
                "     unless: {resolves: [after-allowing]}}\n"),
      behaviour("ntp-server", "udp/123", "[upstream]",
                "{" + property("modes", "[server, client, peer, control]", "[server]", ", list: true") + "}",
                "reflects: {udp: {bits: 64, carrier: origin timestamp}}\n"),
      behaviour("database", "tcp/5432", "[readers]", "{" + calls + "}", "effects:\n  - store: {}\n"),
      behaviour("modbus-device", "modbus", "[readers]", "{}"),
      behaviour("ot-gateway", "modbus", "[upstream]",
                "{" + property("functions", "[read, write, program]", "[read]", ", list: true") + "}"),
      behaviour("copier", "[]", "[from, upstream]", "{}",
                "accepts-only-from: true\nassumptions: [one way]\n"),
      behaviour("vpn-gateway", "[udp/500, udp/4500]", "[pool]", "{}"),
  };
}

inline BehaviourCatalogue catalogue() {
  auto parsed = BehaviourCatalogue::parse(catalogueTexts());
  VAUBAN_CHECK(parsed.has_value());
  return std::move(*parsed);
}

}  // namespace vauban::model::testing
