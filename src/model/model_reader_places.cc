// Zones and hosts: who has which addresses.
#include <fmt/format.h>

#include <algorithm>

#include "model/model_reading.h"

namespace vauban::model {
namespace {

using space::AddressRange;
using space::AddressSet;

struct Claimed {  // a network as written
  AddressRange range;
  ZoneId zone;
  const yaml::Node* node;
};

void readZone(ModelReading& reading, ZoneId id, const yaml::Node& node, std::vector<Claimed>& claimed) {
  Zone& zone = reading.model.zones[id.index()];
  Fields fields(reading, node, "a zone",
                {"networks", "people", "untrusted", "isolated", "on-path", "level", "security-level"});
  if (const auto* networks = fields.need("networks")) {
    std::vector<AddressRange> ranges;
    for (const auto* item : reading.oneOrMany(*networks, true)) {
      const auto range = reading.addressRange(*item);
      if (!range) continue;
      ranges.push_back(*range);
      claimed.push_back({*range, id, item});
    }
    zone.networks = AddressSet::of(std::move(ranges));
  }
  const auto flag = [&](std::string_view key, bool& into) {
    if (const auto* value = fields.find(key)) into = reading.boolean(*value).value_or(false);
  };
  flag("people", zone.people);
  flag("untrusted", zone.untrusted);
  flag("isolated", zone.isolated);
  flag("on-path", zone.onPath);
  if (const auto* level = fields.find("level")) {
    if (const auto value = reading.integer(*level, 0, 5)) zone.level = static_cast<int>(*value);
  }
  if (const auto* security = fields.find("security-level")) {
    Fields levels(reading, *security, "a security level", {"target"});
    if (const auto* target = levels.need("target")) {
      if (const auto value = reading.integer(*target, 0, 4))
        zone.securityLevelTarget = static_cast<int>(*value);
    }
  }
}

// Trusted zones share no address with each other. One pass over the networks in order of their first address
// meets every overlap: the network that reaches farthest so far is the only one that needs to be looked at.
void checkTrustedOverlaps(ModelReading& reading, std::vector<Claimed> claimed) {
  std::ranges::stable_sort(claimed, {}, &Claimed::range);
  const Claimed* farthest = nullptr;
  for (const auto& next : claimed) {
    const bool overlaps = farthest != nullptr && farthest->range.family == next.range.family &&
                          next.range.first <= farthest->range.last;
    if (overlaps && farthest->zone != next.zone) {
      const bool inOrder = farthest->node->place() < next.node->place();
      const auto& later = inOrder ? next : *farthest;
      const auto& earlier = inOrder ? *farthest : next;
      reading.error(*later.node,
                    fmt::format("{} overlaps {} of zone '{}'", later.range.toString(),
                                earlier.range.toString(), reading.model.at(earlier.zone).name),
                    "zones without a common address");
    }
    if (!overlaps || next.range.last > farthest->range.last) farthest = &next;
  }
}

bool inside(const AddressRange& inner, const AddressRange& outer) {
  return inner.family == outer.family && outer.first <= inner.first && inner.last <= outer.last;
}

// An untrusted zone has what no trusted zone claims; of two untrusted networks the narrower has what it
// names.
void settleUntrusted(ModelReading& reading, const std::vector<Claimed>& claimed, const AddressSet& trusted) {
  for (std::size_t i = 0; i < reading.model.zones.size(); ++i) {
    Zone& zone = reading.model.zones[i];
    if (!zone.untrusted) continue;
    AddressSet addresses;
    for (const auto& own : claimed) {
      if (own.zone != ZoneId(i)) continue;
      std::vector<AddressRange> narrower;
      for (const auto& other : claimed) {
        if (other.zone == own.zone || other.range.family != own.range.family) continue;
        if (other.range.first > own.range.last || own.range.first > other.range.last) continue;
        const bool otherInside = inside(other.range, own.range), ownInside = inside(own.range, other.range);
        if (otherInside && !ownInside) {
          narrower.push_back(other.range);
        } else if (otherInside == ownInside && other.node->place() < own.node->place()) {
          reading.error(*own.node, fmt::format("{} overlaps {} of zone '{}', and neither is the narrower",
                                               own.range.toString(), other.range.toString(),
                                               reading.model.at(other.zone).name));
        }
      }
      addresses = addresses | (AddressSet(own.range) - AddressSet::of(std::move(narrower)));
    }
    zone.addresses = addresses - trusted;
    if (!zone.networks.empty() && zone.addresses.empty()) {
      reading.add({Severity::error,
                   zone.place,
                   static_cast<std::uint32_t>(zone.name.size()),
                   fmt::format("other zones claim every address of zone '{}'", zone.name),
                   {},
                   {}});
    }
  }
}

class HostReader {
 public:
  explicit HostReader(ModelReading& reading) : reading_(reading) {}

  void read(HostId id, const yaml::Node& node) {
    Host& host = reading_.model.hosts[id.index()];
    Fields fields(
        reading_, node, "a host",
        {"zone", "also-in", "address", "count", "platform", "software", "accounts", "client", "services"});
    if (const auto* zone = fields.need("zone")) host.zone = reading_.zone(*zone).value_or(ZoneId());
    if (const auto* also = fields.find("also-in")) readAlsoIn(host, *also);
    if (const auto* address = fields.find("address")) {
      for (const auto* item : reading_.oneOrMany(*address, true)) readAddress(host, *item);
    }
    if (const auto* count = fields.find("count")) {
      host.count = reading_.integer(*count, 1, 1'000'000'000'000).value_or(1);
    }
    if (const auto* platform = fields.find("platform")) host.platform = reading_.text(*platform).value_or("");
    if (const auto* software = fields.find("software")) host.software = reading_.text(*software).value_or("");
    if (const auto* accounts = fields.find("accounts")) {
      for (const auto* item : reading_.oneOrMany(*accounts)) {
        const auto account = reading_.text(*item);
        if (account && !reading_.accounts.contains(*account)) {
          reading_.unknown(*item, "account", wordsOf(reading_.accounts), "an account");
        } else if (account) {
          host.accounts.push_back(*account);
        }
      }
    }
    if (const auto* client = fields.find("client");
        client != nullptr && reading_.word(*client, {"isolated"})) {
      host.clientIsolated = {true, client->place()};
    }
    if (const auto* services = fields.find("services")) {
      host.servicesStated = true;
      host.servicesPlace = fields.keyOf("services")->place();
      readServiceInstances(reading_, id, *services);
      // A host that says it is opaque states nothing of what it does.
      for (const ServiceId service : reading_.model.hosts[id.index()].services) {
        const BehaviourId behaviour = reading_.model.at(service).behaviour;
        if (behaviour.valid() && reading_.vocabulary.behaviours->at(behaviour).name == "opaque")
          reading_.model.hosts[id.index()].servicesStated = false;
      }
    }
  }

 private:
  void readAlsoIn(Host& host, const yaml::Node& node) {
    for (const auto* item : reading_.oneOrMany(node)) {
      const auto zone = reading_.zone(*item);
      if (!zone) continue;
      if (*zone == host.zone || std::ranges::find(host.alsoIn, *zone) != host.alsoIn.end()) {
        reading_.error(*item, fmt::format("host '{}' is in zone '{}' already", host.name, item->text()));
      } else {
        host.alsoIn.push_back(*zone);
      }
    }
  }

  void readAddress(Host& host, const yaml::Node& node) {
    const auto word = reading_.text(node);
    if (!word) return;
    const auto address = space::Address::parse(*word);
    if (!address) {
      reading_.error(node, fmt::format("'{}' is no address", *word),
                     "one address as 10.0.0.1 or 2001:db8::1");
      return;
    }
    if (host.zone.valid()) {
      AddressSet allowed = reading_.model.at(host.zone).addresses;
      for (const auto zone : host.alsoIn) allowed = allowed | reading_.model.at(zone).addresses;
      if (!allowed.contains(*address)) {
        reading_.error(node, fmt::format("{} is not in zone '{}'", *word, reading_.model.at(host.zone).name),
                       allowed.empty() ? std::string() : "an address of " + shortened(allowed));
      }
    }
    const auto [before, isNew] = taken_.emplace(*address, host.name);
    if (!isNew) {
      reading_.error(node, before->second == host.name
                               ? fmt::format("{} is there twice", *word)
                               : fmt::format("{} is the address of host '{}'", *word, before->second));
      return;
    }
    host.addresses.push_back(*address);
  }

  static std::string shortened(const AddressSet& set) {
    if (set.ranges().size() > 4) return "the zone's networks";
    return set.toString();
  }

  ModelReading& reading_;
  std::map<space::Address, std::string> taken_;
};

}  // namespace

void readZones(ModelReading& reading) {
  std::vector<Claimed> claimed;
  for (std::size_t i = 0; i < reading.zoneNodes.size(); ++i)
    readZone(reading, ZoneId(i), *reading.zoneNodes[i], claimed);
  std::vector<Claimed> trusted, untrusted;
  std::vector<AddressRange> trustedRanges;
  for (auto& network : claimed) {
    const bool isUntrusted = reading.model.at(network.zone).untrusted;
    if (!isUntrusted) trustedRanges.push_back(network.range);
    (isUntrusted ? untrusted : trusted).push_back(network);
  }
  for (auto& zone : reading.model.zones) {
    if (!zone.untrusted) zone.addresses = zone.networks;
  }
  checkTrustedOverlaps(reading, std::move(trusted));
  settleUntrusted(reading, untrusted, AddressSet::of(std::move(trustedRanges)));
}

void readHosts(ModelReading& reading) {
  HostReader reader(reading);
  for (std::size_t i = 0; i < reading.hostNodes.size(); ++i) reader.read(HostId(i), *reading.hostNodes[i]);
}

}  // namespace vauban::model
