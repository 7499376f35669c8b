// The names of a model: what is declared, and what the words of its lists mean.
#include <fmt/format.h>

#include <algorithm>

#include "base/nearest_name.h"
#include "model/model_reading.h"

namespace vauban::model {
namespace {

// Gives each entry of a section its id. The values are read by the stage of the section.
template <class Id>
void declare(ModelReading& reading, const yaml::Node* section, std::string_view what, Names<Id>& names,
             std::vector<const yaml::Node*>& nodes, auto&& add) {
  if (section == nullptr) return;
  for (const auto& [key, value] : reading.entries(*section, what)) {
    if (!reading.name(*key)) continue;
    if (!names.emplace(key->text(), Id(nodes.size())).second) continue;  // twice: already reported
    nodes.push_back(value);
    add(*key);
  }
}

void declarePlace(ModelReading& reading, const yaml::Node& key, std::string_view what) {
  if (space::AddressRange::parse(key.text())) {
    reading.error(key, fmt::format("'{}' is an address and cannot name a {}", key.text(), what));
  }
  const auto [before, isNew] = reading.placeNames.emplace(key.text(), key.place());
  if (!isNew) {
    reading.error(key, fmt::format("'{}' names both a zone and a host; the zone is at {}", key.text(),
                                   before->second.toString()));
  }
}

// Names for packet sets may use each other in any order, but not in a circle.
class ServiceDeclarations {
 public:
  ServiceDeclarations(ModelReading& reading, const yaml::Node& section) : reading_(reading) {
    for (const auto& [key, value] : reading.entries(section, "services")) {
      if (!reading.name(*key)) continue;
      const auto& builtIn = builtInServices();
      if (std::ranges::find(builtIn, key->text(), &BuiltInService::name) != builtIn.end()) {
        reading.error(
            *key, fmt::format("'{}' is a built-in service and cannot be given another meaning", key->text()));
        continue;
      }
      entries_.emplace(key->text(), Entry{key, value, false, false});
    }
  }
  void readAll() {
    for (auto& [name, entry] : entries_) read(entry, 0);
  }

 private:
  static constexpr int kDeepest = 100;
  struct Entry {
    const yaml::Node* key;
    const yaml::Node* value;
    bool begun, done;
  };
  void read(Entry& entry, int depth) {
    if (entry.done) return;
    if (entry.begun || depth > kDeepest) {
      reading_.error(*entry.key, fmt::format("service '{}' is explained by itself", entry.key->text()));
      entry.done = true;
      // Known from here on, so that those who use it are not told that it is unknown.
      reading_.services.emplace(entry.key->text(), space::ServiceSet::all());
      return;
    }
    entry.begun = true;
    const auto use = [&](const yaml::Node& word) {
      if (const auto other = entries_.find(word.text()); other != entries_.end())
        read(other->second, depth + 1);
    };
    if (entry.value->isSequence()) {
      for (std::size_t i = 0; i < entry.value->size(); ++i) use(entry.value->item(i));
    } else {
      use(*entry.value);
    }
    if (entry.done) return;  // a circle came back here
    entry.done = true;
    if (auto set = reading_.serviceSet(*entry.value)) reading_.services.emplace(entry.key->text(), *set);
  }

  ModelReading& reading_;
  std::map<std::string, Entry, std::less<>> entries_;
};

// "10.0.0.300" is a mistaken address, not a domain: a name's last label is never all digits (RFC 3696 section
// 2).
bool isDomain(std::string_view text) {
  const auto dot = text.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return false;
  const auto last = text.substr(dot + 1);
  if (!last.empty() && last.find_first_not_of("0123456789") == std::string_view::npos) return false;
  return space::normaliseName(text).has_value();
}

bool looksLikeAddress(std::string_view text) {
  return text.find_first_of("/:") != std::string_view::npos ||
         text.find_first_not_of("0123456789.-") == std::string_view::npos;
}

}  // namespace

void declareNames(ModelReading& reading, Fields& root) {
  auto& model = reading.model;
  declare(reading, root.find("zones"), "zones", reading.zones, reading.zoneNodes, [&](const yaml::Node& key) {
    declarePlace(reading, key, "zone");
    auto& zone = model.zones.emplace_back();
    zone.name = key.text();
    zone.place = key.place();
  });
  declare(reading, root.find("hosts"), "hosts", reading.hosts, reading.hostNodes, [&](const yaml::Node& key) {
    declarePlace(reading, key, "host");
    auto& host = model.hosts.emplace_back();
    host.name = key.text();
    host.place = key.place();
  });
  declare(reading, root.find("devices"), "devices", reading.devices, reading.deviceNodes,
          [&](const yaml::Node& key) {
            auto& device = model.devices.emplace_back();
            device.name = key.text();
            device.place = key.place();
          });
  declare(reading, root.find("conditions"), "conditions", reading.conditions, reading.conditionNodes,
          [&](const yaml::Node& key) {
            auto& condition = model.conditions.emplace_back();
            condition.name = key.text();
            condition.place = key.place();
          });
  declare(reading, root.find("assets"), "assets", reading.assets, reading.assetNodes,
          [&](const yaml::Node& key) {
            auto& asset = model.assets.emplace_back();
            asset.name = key.text();
            asset.place = key.place();
          });
  declare(reading, root.find("accounts"), "accounts", reading.accounts, reading.accountNodes,
          [&](const yaml::Node& key) {
            auto& account = model.accounts.emplace_back();
            account.name = key.text();
            account.place = key.place();
          });
  if (const auto* services = root.find("services")) ServiceDeclarations(reading, *services).readAll();
}

std::optional<PlaceTerm> ModelReading::place(const yaml::Node& node, Domains domains) {
  const auto word = text(node);
  if (!word) return std::nullopt;
  PlaceTerm term;
  term.text = *word;
  term.place = node.place();
  if (*word == "any") return term;
  if (const auto found = zones.find(*word); found != zones.end()) {
    term.kind = PlaceTerm::Kind::zone;
    term.zone = found->second;
    return term;
  }
  if (const auto found = hosts.find(*word); found != hosts.end()) {
    term.kind = PlaceTerm::Kind::host;
    term.host = found->second;
    return term;
  }
  if (space::AddressRange::parse(*word) || looksLikeAddress(*word)) {
    const auto range = addressRange(node);
    if (!range) return std::nullopt;
    term.kind = PlaceTerm::Kind::addresses;
    term.addresses = space::AddressSet(*range);
    return term;
  }
  if (domains == Domains::accepted && isDomain(*word)) {
    term.kind = PlaceTerm::Kind::name;
    term.text = *space::normaliseName(*word);
    return term;
  }
  Words names{"any"};
  for (const auto& [name, id] : zones) names.push_back(name);
  for (const auto& [name, id] : hosts) names.push_back(name);
  unknown(node, "zone or host", names,
          domains == Domains::accepted ? "a zone, a host, an address, a domain name or any"
                                       : "a zone, a host, an address or any");
  return std::nullopt;
}

PlaceTerms ModelReading::places(const yaml::Node& node, Empty empty, Domains domains) {
  PlaceTerms terms;
  for (const auto* item : oneOrMany(node, empty == Empty::refused)) {
    if (auto term = place(*item, domains)) terms.push_back(std::move(*term));
  }
  return terms;
}

std::optional<ZoneId> ModelReading::zone(const yaml::Node& node) {
  const auto word = text(node);
  if (!word) return std::nullopt;
  if (const auto found = zones.find(*word); found != zones.end()) return found->second;
  unknown(node, "zone", wordsOf(zones), hosts.contains(*word) ? "a zone; this is a host" : "a zone");
  return std::nullopt;
}

std::optional<HostId> ModelReading::host(const yaml::Node& node) {
  const auto word = text(node);
  if (!word) return std::nullopt;
  if (const auto found = hosts.find(*word); found != hosts.end()) return found->second;
  unknown(node, "host", wordsOf(hosts), zones.contains(*word) ? "a host; this is a zone" : "a host");
  return std::nullopt;
}

std::vector<HostId> ModelReading::hostList(const yaml::Node& node, bool someAtLeast) {
  std::vector<HostId> ids;
  for (const auto* item : oneOrMany(node, someAtLeast)) {
    if (const auto id = host(*item)) ids.push_back(*id);
  }
  return ids;
}

std::optional<DeviceId> ModelReading::device(const yaml::Node& node) {
  const auto word = text(node);
  if (!word) return std::nullopt;
  if (const auto found = devices.find(*word); found != devices.end()) return found->second;
  unknown(node, "device", wordsOf(devices), "a device");
  return std::nullopt;
}

std::optional<ConditionId> ModelReading::condition(const yaml::Node& node) {
  const auto word = text(node);
  if (!word) return std::nullopt;
  if (const auto found = conditions.find(*word); found != conditions.end()) return found->second;
  unknown(node, "condition", wordsOf(conditions), "a condition");
  return std::nullopt;
}

std::optional<std::string> ModelReading::asset(const yaml::Node& node) {
  const auto word = text(node);
  if (!word) return std::nullopt;
  if (assets.contains(*word)) return word;
  unknown(node, "asset", wordsOf(assets), "an asset");
  return std::nullopt;
}

std::optional<space::AddressRange> ModelReading::addressRange(const yaml::Node& node) {
  const auto word = text(node);
  if (!word) return std::nullopt;
  if (const auto range = space::AddressRange::parse(*word, true)) return range;
  if (const auto loose = space::AddressRange::parse(*word)) {
    error(node, fmt::format("{} has bits set below its prefix", *word), "the network or the address alone",
          loose->toString());
  } else {
    error(node, fmt::format("'{}' is no address", *word),
          "an address, a prefix as 10.0.0.0/8 or 2001:db8::/32, or first-last");
  }
  return std::nullopt;
}

std::optional<space::AddressSet> ModelReading::addressSet(const yaml::Node& node) {
  std::vector<space::AddressRange> ranges;
  for (const auto* item : oneOrMany(node)) {
    if (const auto range = addressRange(*item)) ranges.push_back(*range);
  }
  return space::AddressSet::of(std::move(ranges));
}

std::optional<space::ServiceSet> ModelReading::serviceSet(const yaml::Node& node) {
  return readServices(*this, node, services, true);
}

std::optional<std::string> ModelReading::outside(const yaml::Node& node, std::string_view what,
                                                 const std::set<std::string>& names) {
  const auto word = text(node);
  if (word && !names.empty() && !names.contains(*word)) {
    unknown(node, what, Words(names.begin(), names.end()));
    return std::nullopt;
  }
  return word;
}

}  // namespace vauban::model
