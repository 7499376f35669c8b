// The flow matrix and what enforces it: flows, enforcement, links, devices, conditions.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "model/model_reading.h"

namespace vauban::model {
namespace {

using space::AddressSet;

// What a rule says of one side. A host stands for its addresses; one without a stated address is named
// itself, because any of its zone's addresses may be its own.
struct Side {
  AddressSet addresses;
  std::vector<HostId> hosts;
};

Side readSide(ModelReading& reading, const yaml::Node* node) {
  if (node == nullptr) return {AddressSet::all(), {}};
  std::vector<space::AddressRange> ranges;
  Side side;
  const auto add = [&](const AddressSet& set) {
    ranges.insert(ranges.end(), set.ranges().begin(), set.ranges().end());
  };
  for (const auto& term : reading.places(*node)) {
    switch (term.kind) {
      case PlaceTerm::Kind::any:
        add(AddressSet::all());
        break;
      case PlaceTerm::Kind::zone:
        add(reading.model.at(term.zone).addresses);
        break;
      case PlaceTerm::Kind::host: {
        const Host& host = reading.model.at(term.host);
        for (const auto& address : host.addresses)
          ranges.push_back({address.family, address.value, address.value});
        if (host.addresses.empty()) side.hosts.push_back(term.host);
        break;
      }
      default:
        add(term.addresses);
    }
  }
  side.addresses = AddressSet::of(std::move(ranges));
  return side;
}

std::optional<FilterRule> readRule(ModelReading& reading, const yaml::Node& node) {
  Fields forms(reading, node, "a rule", {"allow", "deny", "reject"});
  const auto action = forms.oneOf({"allow", "deny", "reject"});
  if (!action) return std::nullopt;
  Fields fields(reading, *forms.find(*action), "a rule", {"from", "to", "service", "when"});
  if (!fields.isMapping()) return std::nullopt;
  FilterRule rule;
  Side source = readSide(reading, fields.find("from"));
  Side destination = readSide(reading, fields.find("to"));
  rule.source = std::move(source.addresses);
  rule.sourceHosts = std::move(source.hosts);
  rule.destination = std::move(destination.addresses);
  rule.destinationHosts = std::move(destination.hosts);
  rule.services = space::ServiceSet::all();
  if (const auto* service = fields.find("service")) {
    rule.services = reading.serviceSet(*service).value_or(space::ServiceSet());
  }
  if (const auto* when = fields.find("when")) rule.when = reading.condition(*when);
  rule.action = *action == "allow" ? Action::accept : *action == "deny" ? Action::drop : Action::reject;
  rule.place = node.place();
  rule.text = node.toLine();
  return rule;
}

void readStateful(ModelReading& reading, const yaml::Node& node, Enforcement& enforcement) {
  Fields fields(reading, node, "`stateful`", {"established", "related", "helpers"});
  if (const auto* established = fields.find("established")) {
    enforcement.established = {reading.boolean(*established), established->place()};
  }
  if (const auto* related = fields.find("related")) {
    if (const auto word = reading.word(*related, {"none", "from-untrusted", "all"})) {
      enforcement.related = {*word == "none"             ? Related::none
                             : *word == "from-untrusted" ? Related::fromUntrusted
                                                         : Related::all,
                             related->place()};
    }
  }
  if (const auto* helpers = fields.find("helpers"))
    enforcement.helpers = {reading.texts(*helpers), helpers->place()};
}

std::optional<RuleSource> readRuleSource(ModelReading& reading, const yaml::Node& node) {
  Words keys = ruleKinds();
  keys.push_back("chain");
  keys.push_back("columns");
  Fields fields(reading, node, "`rules`", keys);
  const auto kind = fields.oneOf(ruleKinds());
  if (!kind) return std::nullopt;
  RuleSource source;
  source.kind = *kind;
  source.place = node.place();
  if (const auto file = reading.text(*fields.find(*kind))) {
    source.file = (std::filesystem::path(reading.folder) / *file).lexically_normal().string();
  }
  if (const auto* chain = fields.find("chain")) source.chain = reading.text(*chain).value_or(source.chain);
  if (const auto* columns = fields.find("columns")) {
    for (const auto& [key, value] : reading.entries(*columns, "columns")) {
      if (auto heading = reading.text(*value)) source.columns.emplace(key->text(), std::move(*heading));
    }
  }
  return source;
}

bool readEnds(ModelReading& reading, Fields& fields, Link& link) {
  const auto* between = fields.find("between");
  const auto* from = fields.find("from");
  const auto* to = fields.find("to");
  if (between != nullptr && (from != nullptr || to != nullptr)) {
    reading.error(*fields.keyOf("between"), "a link cannot have both 'between' and 'from' or 'to'");
    return false;
  }
  if (between == nullptr && (from == nullptr || to == nullptr)) {
    if (fields.isMapping()) {
      reading.error(fields.node(), "a link must name two zones", "between: [ZONE, ZONE]");
    }
    return false;
  }
  if (between != nullptr) {
    if (!between->isSequence() || between->size() != 2) {
      reading.error(*between, "a link is between two zones", "[ZONE, ZONE]");
      return false;
    }
    from = &between->item(0);
    to = &between->item(1);
  }
  const auto first = reading.zone(*from), second = reading.zone(*to);
  if (!first || !second) return false;
  if (*first == *second) {
    reading.error(*to, fmt::format("a link cannot join zone '{}' to itself", to->text()));
    return false;
  }
  link.from = *first;
  link.to = *second;
  link.name = reading.model.at(*first).name + " - " + reading.model.at(*second).name;
  return true;
}

void readLink(ModelReading& reading, const yaml::Node& node) {
  Words keys = enforcementKeys();
  for (const std::string_view key : {"between", "from", "to", "device", "rules", "interfaces"})
    keys.push_back(key);
  Fields fields(reading, node, "a link", keys);
  Link link;
  link.place = node.place();
  const bool complete = readEnds(reading, fields, link);
  if (const auto* device = fields.find("device")) link.device = reading.device(*device);
  if (const auto* rules = fields.find("rules")) link.rules = readRuleSource(reading, *rules);
  if (const auto* interfaces = fields.find("interfaces")) {
    for (const auto& [key, value] : reading.entries(*interfaces, "interfaces")) {
      const auto zone = reading.zone(*key);
      auto names = reading.texts(*value, true);
      if (zone) link.interfaces.emplace(*zone, std::move(names));
    }
  }
  readEnforcement(reading, fields, link.enforcement);
  if (complete) reading.model.links.push_back(std::move(link));
}

}  // namespace

const Words& enforcementKeys() {
  static const Words keys{"anti-spoofing", "families", "uncovered", "stateful", "unmatched"};
  return keys;
}

const Words& ruleKinds() {
  static const Words kinds{"iptables", "nft-json", "kubernetes", "cisco-ios", "csv"};
  return kinds;
}

void readFlows(ModelReading& reading, const yaml::Node& node) {
  Chain& chain = reading.model.flows.chains.front();
  for (const auto* item : reading.list(node, "rules")) {
    if (auto rule = readRule(reading, *item)) chain.rules.push_back(std::move(*rule));
  }
}

void readEnforcement(ModelReading& reading, Fields& fields, Enforcement& enforcement) {
  if (const auto* spoofing = fields.find("anti-spoofing")) {
    if (const auto word = reading.word(*spoofing, {"off", "zone", "host"})) {
      enforcement.antiSpoofing = {*word == "off"    ? AntiSpoofing::off
                                  : *word == "zone" ? AntiSpoofing::zone
                                                    : AntiSpoofing::host,
                                  spoofing->place()};
    }
  }
  if (const auto* families = fields.find("families")) {
    enforcement.families = {std::vector<space::Family>(), families->place()};
    for (const auto& word : reading.words(*families, {"ipv4", "ipv6"})) {
      enforcement.families.value->push_back(word == "ipv4" ? space::Family::ipv4 : space::Family::ipv6);
    }
    std::ranges::sort(*enforcement.families.value);
  }
  if (const auto* uncovered = fields.find("uncovered")) {
    if (const auto word = reading.word(*uncovered, {"pass", "drop"})) {
      enforcement.uncoveredPasses = {*word == "pass", uncovered->place()};
    }
  }
  if (const auto* stateful = fields.find("stateful")) readStateful(reading, *stateful, enforcement);
  if (const auto* unmatched = fields.find("unmatched")) {
    if (const auto word = reading.word(*unmatched, {"drop", "reject"})) {
      enforcement.unmatchedRejects = {*word == "reject", unmatched->place()};
    }
  }
}

void readLinks(ModelReading& reading, const yaml::Node& node) {
  for (const auto* item : reading.list(node, "links")) readLink(reading, *item);
}

void readDevices(ModelReading& reading) {
  for (std::size_t i = 0; i < reading.deviceNodes.size(); ++i) {
    Device& device = reading.model.devices[i];
    Fields fields(reading, *reading.deviceNodes[i], "a device", {"operator", "product", "managed-from"});
    if (const auto* op = fields.find("operator")) device.op = reading.text(*op).value_or("");
    if (const auto* product = fields.find("product")) device.product = reading.text(*product).value_or("");
    if (const auto* from = fields.find("managed-from")) {
      device.managedFrom = reading.places(*from, ModelReading::Empty::accepted);
    }
  }
}

void readFailsWith(ModelReading& reading, const yaml::Node& node) {
  Words names = wordsOf(reading.devices);
  for (const auto& [name, id] : reading.hosts) names.push_back(name);
  for (const auto* group : reading.list(node, "groups")) {
    const auto members = reading.list(*group, "devices and hosts");
    if (group->isSequence() && members.size() < 2) {
      reading.error(*group, "what fails together is at least two", "[DEVICE, HOST, ...]");
    }
    std::vector<std::string> together;
    for (const auto* member : members) {
      const auto name = reading.text(*member);
      if (!name) continue;
      if (!reading.devices.contains(*name) && !reading.hosts.contains(*name)) {
        reading.unknown(*member, "device or host", names, "a device or a host");
      } else {
        together.push_back(*name);
      }
    }
    reading.model.failsWith.push_back(std::move(together));
  }
}

void readConditions(ModelReading& reading) {
  for (std::size_t i = 0; i < reading.conditionNodes.size(); ++i) {
    Condition& condition = reading.model.conditions[i];
    Fields fields(reading, *reading.conditionNodes[i], "a condition", {"default", "opened-by"});
    if (const auto* byDefault = fields.find("default")) {
      condition.defaultOpen = reading.word(*byDefault, {"open", "closed"}) == "open";
    }
    if (const auto* by = fields.find("opened-by")) condition.openedBy = reading.text(*by).value_or("");
  }
}

}  // namespace vauban::model
