// The services of a host: behaviour, configuration, stated properties.
#include <fmt/format.h>

#include <algorithm>

#include "base/nearest_name.h"
#include "model/behaviour_keys.h"
#include "model/model_reading.h"

namespace vauban::model {
namespace {

std::vector<std::string> readSuffixes(ModelReading& reading, const yaml::Node& node) {
  std::vector<std::string> suffixes;
  for (const auto* item : reading.oneOrMany(node)) {
    const auto word = reading.text(*item);
    if (!word) continue;
    auto name = space::normaliseName(*word);
    if (!name || name->empty() || space::AddressRange::parse(*word)) {
      reading.error(*item, fmt::format("'{}' is no domain name", *word), "a name as vendor.example");
      continue;
    }
    if (std::ranges::find(suffixes, *name) == suffixes.end()) suffixes.push_back(std::move(*name));
  }
  return suffixes;
}

NameList readNameList(ModelReading& reading, const yaml::Node& node) {
  NameList list;
  list.place = node.place();
  Fields fields(reading, node, "a name list", {"allow", "deny", "delegated", "shared"});
  if (const auto* allow = fields.find("allow")) list.allow = readSuffixes(reading, *allow);
  if (const auto* deny = fields.find("deny")) list.deny = readSuffixes(reading, *deny);
  if (const auto* delegated = fields.find("delegated")) list.delegated = readSuffixes(reading, *delegated);
  if (const auto* shared = fields.find("shared")) list.shared = readSuffixes(reading, *shared);
  return list;
}

AddressList readAddressList(ModelReading& reading, const yaml::Node& node) {
  AddressList list;
  list.place = node.place();
  Fields fields(reading, node, "an address list", {"allow", "deny"});
  if (const auto* allow = fields.find("allow")) list.allow = reading.addressSet(*allow);
  if (const auto* deny = fields.find("deny"))
    list.deny = reading.addressSet(*deny).value_or(space::AddressSet());
  return list;
}

// A boolean is its word: `true`. A rule whose value is `off` takes the boolean false for it.
std::optional<std::string> readValue(ModelReading& reading, const yaml::Node& node,
                                     const PropertyRule& rule) {
  std::string written;
  if (const auto flag = node.boolean()) {
    written = *flag ? "true" : "false";
    if (!*flag && std::ranges::find(rule.values, written) == rule.values.end()) written = "off";
  } else if (node.isText()) {
    written = node.text();
  }
  if (std::ranges::find(rule.values, written) != rule.values.end()) return written;
  const Words values(rule.values.begin(), rule.values.end());
  reading.error(node,
                node.isScalar() ? fmt::format("'{}' is not a value of this property", node.text())
                                : std::string("a word belongs here"),
                alternatives(values), nearestName(node.text(), values));
  return std::nullopt;
}

Stated<std::vector<std::string>> readProperty(ModelReading& reading, const yaml::Node& node,
                                              const PropertyRule& rule) {
  Stated<std::vector<std::string>> stated{std::vector<std::string>(), node.place()};
  if (!rule.isList) {
    if (auto value = readValue(reading, node, rule)) stated.value->push_back(std::move(*value));
    return stated;
  }
  for (const auto* item : reading.oneOrMany(node, true)) {
    auto value = readValue(reading, *item, rule);
    if (value && std::ranges::find(*stated.value, *value) == stated.value->end()) {
      stated.value->push_back(std::move(*value));
    }
  }
  return stated;
}

void readConfiguration(ModelReading& reading, Fields& fields, const Behaviour& behaviour,
                       ServiceInstance& service) {
  const auto takes = [&](std::string_view key) {
    return std::ranges::find(behaviour.keys, key) != behaviour.keys.end() ? fields.find(key) : nullptr;
  };
  const auto terms = [&](std::string_view key, std::optional<PlaceTerms>& into,
                         ModelReading::Domains domains) {
    if (const auto* node = takes(key)) into = reading.places(*node, ModelReading::Empty::accepted, domains);
  };
  terms("upstream", service.upstream, ModelReading::Domains::accepted);
  terms("resolver", service.resolver, ModelReading::Domains::accepted);
  terms("pool", service.pool, ModelReading::Domains::refused);
  terms("from", service.from, ModelReading::Domains::accepted);
  terms("readers", service.readers, ModelReading::Domains::refused);
  if (const auto* names = takes("names")) service.names = readNameList(reading, *names);
  if (const auto* addresses = takes("addresses")) service.addresses = readAddressList(reading, *addresses);
  if (const auto* answers = takes("answers")) service.answers = readSuffixes(reading, *answers);
}

std::optional<ServiceInstance> readInstance(ModelReading& reading, HostId host, const yaml::Node& key,
                                            const yaml::Node& node) {
  if (!node.isMapping()) {
    Fields refused(reading, node, "a service", {});
    return std::nullopt;
  }
  const auto* word = node.find("behaviour");
  if (word == nullptr) {
    reading.error(key, fmt::format("service '{}' has no behaviour", key.text()), "behaviour: NAME");
    return std::nullopt;
  }
  const auto name = reading.text(*word);
  if (!name) return std::nullopt;
  const auto id = reading.behaviours.find(*name);
  if (!id) {
    Words names;
    for (const auto& behaviour : reading.behaviours.all()) names.push_back(behaviour.name);
    reading.unknown(*word, "behaviour", names);
    return std::nullopt;
  }
  const Behaviour& behaviour = reading.behaviours.at(*id);
  Words keys{"behaviour", "port"};
  for (const auto& configuration : behaviour.keys) keys.push_back(configuration);
  for (const auto& [property, rule] : behaviour.properties) keys.push_back(property);
  Fields fields(reading, node, behaviour.name, keys);

  ServiceInstance service;
  service.name = key.text();
  service.host = host;
  service.behaviour = *id;
  service.place = key.place();
  service.listens = behaviour.listens;
  if (const auto* port = fields.find("port")) {
    if (const auto set = reading.serviceSet(*port)) service.listens = *set;
  }
  readConfiguration(reading, fields, behaviour, service);
  for (const auto& [property, rule] : behaviour.properties) {
    if (const auto* value = fields.find(property)) {
      service.properties.emplace(property, readProperty(reading, *value, rule));
    }
  }
  return service;
}

}  // namespace

void readServiceInstances(ModelReading& reading, HostId host, const yaml::Node& node) {
  for (const auto& [key, value] : reading.entries(node, "services")) {
    if (!reading.name(*key)) continue;
    auto service = readInstance(reading, host, *key, *value);
    if (!service) continue;
    const ServiceId id(reading.model.services.size());
    reading.model.hosts[host.index()].services.push_back(id);
    reading.model.services.push_back(std::move(*service));
  }
}

}  // namespace vauban::model
