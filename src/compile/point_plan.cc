#include "compile/point_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "compile/enforcement_policy.h"
#include "compile/interface_names.h"

namespace vauban::compile {

using model::LinkId;
using model::ZoneId;
using space::AddressSet;

namespace {

constexpr std::size_t kMostInterfaces = 1000;
constexpr std::size_t kMostSteps = 20'000;
constexpr std::size_t kMostWays = 100;  // over the links of one device between two zones

class Planner {
 public:
  Planner(const model::Model& model, const CompileOptions& options) : model_(model), options_(options) {}

  Result<PointPlan> plan() {
    chooseConditions();
    choosePoint();
    if (hasErrors(problems_)) return std::unexpected(std::move(problems_));
    joinZones();
    lookBehind();
    checkPrograms();
    chooseInterfaces();
    lookBehindInterfaces();
    checkAddresses();
    noteSources();
    noteHosts();
    if (options_.unstated == Unstated::refuse) {
      for (const Note& note : plan_.notes)
        problems_.push_back({Severity::error, note.place, 0, note.text, {}, {}});
    }
    if (hasErrors(problems_)) {
      sortDiagnostics(problems_);
      return std::unexpected(std::move(problems_));
    }
    return std::move(plan_);
  }

 private:
  void error(Place place, std::string message, std::string expected = {}) {
    problems_.push_back({Severity::error, std::move(place), 0, std::move(message), std::move(expected), {}});
  }
  void differs(Place place, std::string text) {
    Note note{Note::Kind::differs, std::move(place), std::move(text)};
    if (std::ranges::find(plan_.notes, note) == plan_.notes.end()) plan_.notes.push_back(std::move(note));
  }
  Place modelPlace() const { return {model_.file, 0, 0}; }

  void chooseConditions() {
    if (options_.openConditions) {
      plan_.openConditions = *options_.openConditions;
      plan_.openConditions.resize(model_.conditions.size(), false);
      return;
    }
    plan_.openConditions = model_.conditionDefaults();
  }

  void choosePoint() {
    if (options_.device) {
      plan_.name = model_.devices[options_.device->index()].name;
      for (std::size_t l = 0; l < model_.links.size(); ++l) {
        if (model_.links[l].device == options_.device) links_.emplace_back(l);
      }
      if (links_.empty())
        error(modelPlace(), fmt::format("no link has the device '{}'", plan_.name), "a device of `links`");
    } else if (options_.link) {
      plan_.name = model_.at(*options_.link).name;
      links_ = {*options_.link};
    } else {
      plan_.name = "the ideal point";
    }
  }

  std::size_t policy(std::optional<LinkId> link) {
    return indexOf(policyOf(model_, options_, link, plan_.notes));
  }
  std::size_t indexOf(const Policy& made) {
    const auto known = std::ranges::find(plan_.policies, made);
    if (known != plan_.policies.end()) return static_cast<std::size_t>(known - plan_.policies.begin());
    plan_.policies.push_back(made);
    return plan_.policies.size() - 1;
  }

  void joinZones() {
    if (links_.empty()) {
      joinIdeally();
    } else {
      joinByLinks();
    }
    std::set<ZoneId> zones;
    for (const auto& [pair, index] : plan_.pairs) {
      zones.insert(pair.first);
      zones.insert(pair.second);
    }
    plan_.zones.assign(zones.begin(), zones.end());
  }

  void joinIdeally() {
    const auto count = model_.zones.size();
    std::set<std::pair<ZoneId, ZoneId>> linked;
    for (const model::Link& link : model_.links) linked.insert({{link.from, link.to}, {link.to, link.from}});
    for (std::size_t a = 0; a < count; ++a) {
      for (std::size_t b = 0; b < count; ++b) {
        const std::pair pair(ZoneId{a}, ZoneId{b});
        const bool joined =
            a == b ? model_.at(pair.first).isolated : model_.unlistedIdeal && !linked.contains(pair);
        if (!joined) continue;
        if (plan_.pairs.empty()) policy(std::nullopt);
        plan_.pairs[pair] = 0;
      }
    }
    if (!plan_.pairs.empty()) return;
    error(modelPlace(), "nothing crosses the ideal point: links join all zones, or `unlisted: none` does not",
          "a device of `links`");
  }

  void joinByLinks() {
    for (const LinkId id : links_) {
      const model::Link& link = model_.at(id);
      const std::size_t index = policy(id);
      for (const auto& pair : {std::pair(link.from, link.to), std::pair(link.to, link.from)}) {
        // Of two links of one device between two zones either lets pass what it lets pass.
        const auto [known, fresh] = plan_.pairs.emplace(pair, index);
        if (!fresh && known->second != index) {
          error(link.place, fmt::format("two links with different rules join {} on this device", link.name),
                "one link, or a device each");
        }
      }
    }
    joinThrough();
  }

  // Zones that the device joins by way of others: what all links on the way accept passes.
  void joinThrough() {
    const auto direct = plan_.pairs;
    const std::size_t count = model_.zones.size();
    for (std::size_t a = 0; a < count; ++a) {
      for (std::size_t b = 0; b < count; ++b) {
        const ZoneId from(a), to(b);
        if (a == b || direct.contains({from, to})) continue;
        std::vector<std::vector<std::size_t>> ways;
        std::vector<std::size_t> way;
        std::vector<bool> visited(count, false);
        steps_ = 0;
        findWays(direct, from, to, visited, way, ways);
        if (ways.empty() && steps_ <= kMostSteps) continue;
        std::vector<Policy> merged;
        bool alike = ways.size() <= kMostWays && steps_ <= kMostSteps;
        for (const auto& policies : ways) {
          const auto policy = mergedPolicy(policies);
          alike = alike && policy && (merged.empty() || *policy == merged.front());
          if (policy) merged.push_back(*policy);
        }
        if (alike) {
          plan_.pairs[{from, to}] = indexOf(merged.front());
        } else if (a < b) {
          differs(modelPlace(),
                  fmt::format("{} passes nothing between {} and {}, which its links join by way "
                              "of other zones under rules that differ",
                              plan_.name, model_.at(from).name, model_.at(to).name));
        }
      }
    }
  }

  void findWays(const std::map<std::pair<ZoneId, ZoneId>, std::size_t>& direct, ZoneId at, ZoneId to,
                std::vector<bool>& visited, std::vector<std::size_t>& way,
                std::vector<std::vector<std::size_t>>& ways) {
    if (ways.size() > kMostWays || ++steps_ > kMostSteps) return;
    if (at == to) {
      ways.push_back(way);
      return;
    }
    visited[at.index()] = true;
    for (const auto& [pair, policy] : direct) {
      if (pair.first != at || visited[pair.second.index()]) continue;
      way.push_back(policy);
      findWays(direct, pair.second, to, visited, way, ways);
      way.pop_back();
    }
    visited[at.index()] = false;
  }

  // What several policies with the same rules accept one after the other.
  std::optional<Policy> mergedPolicy(const std::vector<std::size_t>& policies) const {
    Policy merged = plan_.policies[policies.front()];
    for (const std::size_t index : policies) {
      const Policy& next = plan_.policies[index];
      if (next.program != merged.program) return std::nullopt;
      for (std::size_t family = 0; family < 2; ++family) {
        Coverage& coverage = merged.coverage[family];
        if (next.coverage[family] == Coverage::drops || coverage == Coverage::passes)
          coverage = next.coverage[family];
      }
      merged.antiSpoofing = std::max(merged.antiSpoofing, next.antiSpoofing);
      merged.established = merged.established && next.established;
      merged.related = std::min(merged.related, next.related);
      std::erase_if(merged.helpers, [&](const std::string& helper) {
        return std::ranges::find(next.helpers, helper) == next.helpers.end();
      });
      merged.unmatchedRejects = merged.unmatchedRejects && next.unmatchedRejects;
    }
    return merged;
  }

  // As reach::Network::behindLink: what other devices' links lead to lies behind the zone.
  void lookBehind() {
    for (const ZoneId zone : plan_.zones) {
      AddressSet behind = model_.at(zone).addresses;
      if (!links_.empty()) {
        std::vector<bool> seen(model_.zones.size(), false);
        std::vector<ZoneId> open{zone};
        seen[zone.index()] = true;
        while (!open.empty()) {
          const ZoneId at = open.back();
          open.pop_back();
          behind = behind | model_.at(at).addresses;
          for (std::size_t l = 0; l < model_.links.size(); ++l) {
            if (std::ranges::find(links_, LinkId(l)) != links_.end()) continue;
            const model::Link& link = model_.links[l];
            const ZoneId next = link.from == at ? link.to : link.to == at ? link.from : ZoneId();
            if (!next.valid() || seen[next.index()]) continue;
            seen[next.index()] = true;
            open.push_back(next);
          }
        }
      }
      plan_.behind.emplace(zone, std::move(behind));
    }
  }

  // The point's own rules can be written down only where they were read exactly.
  void checkPrograms() {
    for (const LinkId id : links_) {
      if (id.index() >= model_.linkPrograms.size() || !model_.linkPrograms[id.index()]) continue;
      const model::FilterProgram& program = *model_.linkPrograms[id.index()];
      if (program.prerouting || program.postrouting)
        error({program.name, 0, 0},
              fmt::format("the rules of {} rewrite addresses, which is not compiled", model_.at(id).name));
      for (const model::Chain& chain : program.chains) {
        for (const model::FilterRule& rule : chain.rules) {
          if (!rule.exact) {
            error(rule.place, "a rule that was not read exactly cannot be compiled",
                  "the device's own ruleset in its place");
          }
          interfaceRules_ = interfaceRules_ || rule.in || rule.out;
        }
      }
      if (interfaceRules_ && (!model_.at(id).interfaces.contains(model_.at(id).from) ||
                              !model_.at(id).interfaces.contains(model_.at(id).to))) {
        error(model_.at(id).place, "its rules name interfaces, and the link does not say where they lead",
              fmt::format("interfaces: {{{}: [eth0], {}: [eth1]}}", model_.at(model_.at(id).from).name,
                          model_.at(model_.at(id).to).name));
      }
    }
  }

  void checkInterface(const std::string& name, std::set<std::string>& taken) {
    if (!isInterfaceName(name)) {
      error({"interfaces", 0, 0}, fmt::format("'{}' is no name of an interface", name),
            "1 to 15 characters without blanks, '/' and ':'");
    } else if (!taken.insert(name).second) {
      error({"interfaces", 0, 0}, fmt::format("interface '{}' twice", name));
    }
  }

  void chooseInterfaces() {
    std::set<std::string> taken;
    std::map<ZoneId, std::vector<std::string>> byZone;
    for (const ZoneInterface& given : options_.zoneInterfaces) {
      if (!plan_.behind.contains(given.zone)) continue;  // of another point
      checkInterface(given.name, taken);
      byZone[given.zone].push_back(given.name);
    }
    for (const LinkId id : links_) {
      for (const auto& [zone, names] : model_.at(id).interfaces) {
        auto& known = byZone[zone];
        if (!known.empty() && !stated_.contains(zone)) {
          if (interfaceRules_ && known != names)
            error(model_.at(id).place, fmt::format("the rules know {} by other interfaces than those given",
                                                   model_.at(zone).name));
          continue;
        }
        stated_.insert(zone);
        for (const std::string& name : names) {
          if (std::ranges::find(known, name) != known.end()) continue;
          checkInterface(name, taken);
          known.push_back(name);
        }
      }
    }
    for (const HostInterface& given : options_.hostInterfaces) {
      const model::Host& host = model_.at(given.host);
      if (given.zone != host.zone && std::ranges::find(host.alsoIn, given.zone) == host.alsoIn.end()) {
        error({"interfaces", 0, 0},
              fmt::format("host '{}' does not stand in zone '{}'", host.name, model_.at(given.zone).name));
      }
      if (!plan_.behind.contains(given.zone)) continue;
      checkInterface(given.name, taken);
      if (!given.bridgePort) byZone[given.zone].push_back(given.name);
    }
    // Names by default are those of all zones, so that two points agree about them.
    std::vector<std::string> names;
    for (const model::Zone& zone : model_.zones) names.push_back(zone.name);
    const auto defaults = interfaceNames(names, {taken.begin(), taken.end()});
    for (const ZoneId zone : plan_.zones) {
      auto& known = byZone[zone];
      if (known.empty()) known.push_back(defaults[zone.index()]);
      for (const std::string& name : known) plan_.interfaces.push_back({zone, name});
    }
    if (plan_.interfaces.size() > kMostInterfaces)
      error({"interfaces", 0, 0}, fmt::format("more than {} interfaces", kMostInterfaces));
  }

  void lookBehindInterfaces() {
    auto interfaceOf = [&](const std::string& name) {
      return std::ranges::find_if(options_.hostInterfaces, [&](const HostInterface& interface) {
        return !interface.bridgePort && interface.name == name;
      });
    };
    for (const ZoneInterface& interface : plan_.interfaces) {
      AddressSet sources;
      if (const auto own = interfaceOf(interface.name); own != options_.hostInterfaces.end()) {
        sources = addressesOf(model_, options_, own->host, own->zone);
      } else {
        sources = plan_.behind.at(interface.zone);
        for (const HostInterface& other : options_.hostInterfaces) {
          const bool known =
              !model_.at(other.host).addresses.empty() || options_.addresses.contains(other.host);
          if (known && !other.bridgePort && other.zone == interface.zone)
            sources = sources - addressesOf(model_, options_, other.host, other.zone);
        }
      }
      plan_.behindInterface.emplace(interface.name, std::move(sources));
    }
    if (!byHost()) return;
    for (const ZoneId zone : plan_.zones) {
      const bool looked = std::ranges::any_of(options_.hostInterfaces, [&](const HostInterface& interface) {
        return !interface.bridgePort && interface.zone == zone;
      });
      if (looked && PointPlan::freeInside(model_, zone)) plan_.lookedInside.push_back(zone);
    }
  }

  bool byHost() const {
    return std::ranges::any_of(plan_.policies, [](const Policy& policy) {
      return policy.antiSpoofing == model::AntiSpoofing::host;
    });
  }

  void checkAddresses() {
    std::set<space::Address> taken;
    for (const model::Host& host : model_.hosts) taken.insert(host.addresses.begin(), host.addresses.end());
    for (const auto& [id, addresses] : options_.addresses) {
      const model::Host& host = model_.at(id);
      if (!host.addresses.empty()) {
        error({"addresses", 0, 0}, fmt::format("host '{}' states its addresses itself", host.name));
        continue;
      }
      for (const space::Address& address : addresses) {
        const bool inside = model_.at(host.zone).addresses.contains(address) ||
                            std::ranges::any_of(host.alsoIn, [&](ZoneId z) {
                              return model_.at(z).addresses.contains(address);
                            });
        if (!inside) {
          error({"addresses", 0, 0},
                fmt::format("{} lies in no zone of host '{}'", address.toString(), host.name));
        } else if (!taken.insert(address).second) {
          error({"addresses", 0, 0}, fmt::format("{} belongs to two hosts", address.toString()));
        }
      }
      if (addresses.empty())
        error({"addresses", 0, 0}, fmt::format("host '{}' is given no address", host.name));
    }
  }

  // Inside a zone, sources are looked at only where each host has an interface of its own.
  void noteSources() {
    if (!byHost()) return;
    std::string zones;
    for (const ZoneId zone : plan_.zones) {
      if (model_.at(zone).untrusted) continue;
      const bool all = std::ranges::all_of(model_.hosts, [&](const model::Host& host) {
        const bool here = host.zone == zone || std::ranges::find(host.alsoIn, zone) != host.alsoIn.end();
        const model::HostId id(static_cast<std::size_t>(&host - model_.hosts.data()));
        return !here || std::ranges::any_of(options_.hostInterfaces, [&](const HostInterface& interface) {
          return interface.host == id && interface.zone == zone;
        });
      });
      if (!all) zones += (zones.empty() ? "" : ", ") + model_.at(zone).name;
    }
    if (!zones.empty()) {
      differs(modelPlace(), fmt::format("`anti-spoofing: host` is kept between zones only: in {} the switch "
                                        "has to look at sources, or hosts need an interface each",
                                        zones));
    }
  }

  // Rules about hosts whose addresses nobody knows, and about headers that the kernel reads through.
  void noteHosts() {
    std::set<model::HostId> named;
    const auto headers = space::ServiceSet::protocol(0) | space::ServiceSet::protocol(43) |
                         space::ServiceSet::protocol(44) | space::ServiceSet::protocol(51) |
                         space::ServiceSet::protocol(60);
    const AddressSet six = AddressSet::all(space::Family::ipv6);
    for (const Policy& policy : plan_.policies) {
      for (const model::Chain& chain : policy.program->chains) {
        for (const model::FilterRule& rule : chain.rules) {
          named.insert(rule.sourceHosts.begin(), rule.sourceHosts.end());
          named.insert(rule.destinationHosts.begin(), rule.destinationHosts.end());
          const bool sixes = rule.source.intersects(six) && rule.destination.intersects(six);
          if (sixes && rule.services.intersects(headers) && !rule.services.contains(headers)) {
            differs(rule.place,
                    "in IPv6 the headers 0, 43, 44, 51 and 60 are read through: the rule meets "
                    "what is behind them");
          }
        }
      }
    }
    for (const model::HostId id : named) {
      if (options_.addresses.contains(id)) continue;
      differs(model_.at(id).place,
              fmt::format("host '{}' has no address: its rules are about every address of "
                          "its zones that no host has",
                          model_.at(id).name));
    }
  }

  const model::Model& model_;
  const CompileOptions& options_;
  PointPlan plan_;
  std::vector<LinkId> links_;  // of the device; none: the ideal point
  std::set<ZoneId> stated_;    // whose interfaces a link names
  bool interfaceRules_ = false;
  std::size_t steps_ = 0;
  Diagnostics problems_;
};

}  // namespace

AddressSet PointPlan::sources(const Policy& policy, const ZoneInterface& interface) const {
  switch (policy.antiSpoofing) {
    case model::AntiSpoofing::off:
      return AddressSet::all();
    case model::AntiSpoofing::zone:
      return behind.at(interface.zone);
    case model::AntiSpoofing::host:
      break;
  }
  return behindInterface.at(interface.name);
}

Result<PointPlan> planPoint(const model::Model& model, const CompileOptions& options) {
  return Planner(model, options).plan();
}

}  // namespace vauban::compile
