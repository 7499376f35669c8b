#include "lab/lab_wiring.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>

namespace vauban::lab {

using model::ZoneId;
using os::AddressPrefix;
using os::InternetAddress;
using os::NetworkRequest;

std::string portName(MachineId machine, std::size_t leg) {
  return fmt::format("m{}.{}", machine.index(), leg);
}
std::string bridgeName(ZoneId zone) { return fmt::format("z{}", zone.index()); }

Ways::Ways(const LabPlan& plan) {
  const model::Model& model = plan.model;
  const auto join = [&](ZoneId a, ZoneId b, std::size_t router) {
    next_[a].try_emplace(b, router);
    next_[b].try_emplace(a, router);
  };
  const auto routerOf = [&](const model::Link& link, model::LinkId id) {
    const auto found = std::ranges::find_if(plan.routers, [&](const Router& router) {
      return link.device ? router.device == link.device : router.link == id;
    });
    VAUBAN_CHECK(found != plan.routers.end());
    return static_cast<std::size_t>(found - plan.routers.begin());
  };
  std::set<std::pair<ZoneId, ZoneId>> linked;
  for (std::size_t l = 0; l < model.links.size(); ++l) {
    const model::Link& link = model.links[l];
    linked.insert(std::minmax(link.from, link.to));
    join(link.from, link.to, routerOf(link, model::LinkId(l)));
  }
  for (std::size_t r = 0; r < plan.routers.size(); ++r) {
    if (plan.routers[r].device || plan.routers[r].link) continue;
    ideal_ = r;
    if (!model.unlistedIdeal) continue;
    for (const Router::Side& a : plan.routers[r].sides)
      for (const Router::Side& b : plan.routers[r].sides)
        if (a.zone < b.zone && !linked.contains({a.zone, b.zone})) join(a.zone, b.zone, r);
  }
}

std::vector<Ways::Step> Ways::way(ZoneId from, ZoneId to) const {
  std::map<ZoneId, std::pair<ZoneId, std::size_t>> cameFrom;
  std::deque<ZoneId> todo{from};
  while (!todo.empty()) {
    const ZoneId zone = todo.front();
    todo.pop_front();
    if (zone == to) break;
    const auto next = next_.find(zone);
    if (next == next_.end()) continue;
    for (const auto& [other, router] : next->second)
      if (other != from && cameFrom.try_emplace(other, zone, router).second) todo.push_back(other);
  }
  std::vector<Step> steps;
  for (ZoneId zone = to; zone != from; zone = cameFrom.at(zone).first) {
    if (!cameFrom.contains(zone)) return {};
    steps.push_back({cameFrom.at(zone).second, zone});
  }
  std::ranges::reverse(steps);
  return steps;
}

std::optional<std::size_t> Ways::firstRouter(ZoneId from, ZoneId to) const {
  const auto steps = way(from, to);
  return steps.empty() ? std::nullopt : std::optional(steps.front().router);
}

namespace {

AddressPrefix alone(const InternetAddress& address) {
  return {address, static_cast<std::uint8_t>(address.ipv6 ? 128 : 32)};
}

AddressPrefix everywhere(bool ipv6) {
  InternetAddress any;
  any.ipv6 = ipv6;
  return {any, 0};
}

class Wiring {
 public:
  Wiring(const LabPlan& plan, const LabNodes& nodes) : plan_(plan), nodes_(nodes), ways_(plan) {}

  std::vector<NetworkRequest> make() {
    for (std::size_t z = 0; z < plan_.model.zones.size(); ++z)
      requests_.emplace_back(os::Bridge{nodes_.wire, bridgeName(ZoneId(z))});
    for (std::size_t m = 0; m < plan_.machines.size(); ++m)
      for (std::size_t leg = 0; leg < plan_.machines[m].legs.size(); ++leg) plugIn(MachineId(m), leg);
    for (std::size_t r = 0; r < plan_.routers.size(); ++r) plugInRouter(r);
    for (std::size_t m = 0; m < plan_.machines.size(); ++m) routeMachine(MachineId(m));
    for (std::size_t r = 0; r < plan_.routers.size(); ++r) routeRouter(r);
    return std::move(requests_);
  }

 private:
  void cable(os::NodeId node, const std::string& interface, const std::string& port, ZoneId zone,
             bool isolated) {
    requests_.emplace_back(os::VethPair{{node, interface}, {nodes_.wire, port}});
    requests_.emplace_back(os::BridgePort{nodes_.wire, port, bridgeName(zone), isolated});
  }

  void plugIn(MachineId id, std::size_t number) {
    const Leg& leg = plan_.at(id).legs[number];
    cable(nodes_.of(id), leg.interface, portName(id, number), leg.zone, plan_.model.at(leg.zone).isolated);
    for (const InternetAddress& address : leg.addresses)
      requests_.emplace_back(
          os::AddressChange{os::Change::add, nodes_.of(id), leg.interface, alone(address)});
  }

  void plugInRouter(std::size_t r) {
    const Router& router = plan_.routers[r];
    for (const Router::Side& side : router.sides) {
      cable(nodes_.routers[r], side.interface, fmt::format("r{}.{}", r, side.zone.index()), side.zone, false);
      for (const InternetAddress* address : {&side.v4, &side.v6})
        requests_.emplace_back(
            os::AddressChange{os::Change::add, nodes_.routers[r], side.interface, alone(*address)});
    }
  }

  void route(os::NodeId node, AddressPrefix to, std::optional<InternetAddress> via,
             const std::string& interface, const std::optional<InternetAddress>& source) {
    requests_.emplace_back(os::RouteChange{os::Change::add, node, to, via, interface, source});
  }

  // The source that a leg has for destinations of the family.
  static std::optional<InternetAddress> sourceOf(const Leg& leg, bool ipv6) {
    for (const InternetAddress& address : leg.addresses)
      if (address.ipv6 == ipv6) return address;
    return std::nullopt;
  }

  void routeMachine(MachineId id) {
    const Machine& machine = plan_.at(id);
    const os::NodeId node = nodes_.of(id);
    std::set<InternetAddress> routed, gateways;
    for (const Leg& leg : machine.legs) routed.insert(leg.addresses.begin(), leg.addresses.end());
    // Neighbours on the wire.
    for (const Leg& leg : machine.legs) {
      if (plan_.model.at(leg.zone).isolated) continue;
      for (const InternetAddress& address : plan_.zoneAddresses[leg.zone.index()])
        if (routed.insert(address).second)
          route(node, alone(address), {}, leg.interface, sourceOf(leg, address.ipv6));
    }
    auto gateway = [&](const Leg& leg, std::size_t r, bool ipv6) {
      const Router::Side* side = plan_.routers[r].side(leg.zone);
      const InternetAddress& via = ipv6 ? side->v6 : side->v4;
      if (gateways.insert(via).second) route(node, alone(via), {}, leg.interface, sourceOf(leg, ipv6));
      return via;
    };
    // The default: where the outside lies, else where most does.
    const std::optional<Exit> standard = exitOf(machine, plan_.outside);
    std::optional<Exit> common = standard;
    for (std::size_t z = 0; z < plan_.model.zones.size() && !common; ++z)
      if (!inZone(machine, ZoneId(z))) common = exitOf(machine, ZoneId(z));
    for (const bool ipv6 : {false, true}) {
      for (std::size_t z = 0; z < plan_.model.zones.size(); ++z) {
        const ZoneId zone(z);
        const Leg* own = legIn(machine, zone);
        if (own != nullptr && !plan_.model.at(zone).isolated) continue;
        const auto exit = own != nullptr ? isolatedExit(*own) : exitOf(machine, zone);
        if (!exit || (common && exit->leg == common->leg && exit->router == common->router)) continue;
        for (const InternetAddress& address : plan_.zoneAddresses[z])
          if (address.ipv6 == ipv6 && sourceOf(*exit->leg, ipv6) && routed.insert(address).second)
            route(node, alone(address), gateway(*exit->leg, exit->router, ipv6), exit->leg->interface,
                  sourceOf(*exit->leg, ipv6));
      }
      if (common && sourceOf(*common->leg, ipv6))
        route(node, everywhere(ipv6), gateway(*common->leg, common->router, ipv6), common->leg->interface,
              sourceOf(*common->leg, ipv6));
    }
  }

  struct Exit {
    const Leg* leg;
    std::size_t router;
  };

  static const Leg* legIn(const Machine& machine, ZoneId zone) {
    for (const Leg& leg : machine.legs)
      if (leg.zone == zone) return &leg;
    return nullptr;
  }
  static bool inZone(const Machine& machine, ZoneId zone) { return legIn(machine, zone) != nullptr; }

  std::optional<Exit> exitOf(const Machine& machine, ZoneId to) const {
    if (!to.valid()) return std::nullopt;
    for (const Leg& leg : machine.legs) {
      if (const auto router = ways_.firstRouter(leg.zone, to)) return Exit{&leg, *router};
    }
    return std::nullopt;
  }
  std::optional<Exit> isolatedExit(const Leg& leg) const {
    if (!ways_.ideal() || plan_.routers[*ways_.ideal()].side(leg.zone) == nullptr) return std::nullopt;
    return Exit{&leg, *ways_.ideal()};
  }

  void routeRouter(std::size_t r) {
    const Router& router = plan_.routers[r];
    const os::NodeId node = nodes_.routers[r];
    std::set<InternetAddress> gateways;
    for (std::size_t z = 0; z < plan_.model.zones.size(); ++z) {
      const ZoneId zone(z);
      const bool rest = zone == plan_.outside;
      std::optional<InternetAddress> via[2];
      const Router::Side* out = router.side(zone);
      if (out == nullptr) {
        std::size_t best = SIZE_MAX;
        for (const Router::Side& side : router.sides) {
          const auto way = ways_.way(side.zone, zone);
          if (way.empty() || way.size() >= best || way.front().router == r) continue;
          const Router::Side* next = plan_.routers[way.front().router].side(side.zone);
          best = way.size();
          out = &side;
          via[0] = next->v4;
          via[1] = next->v6;
        }
        if (out == nullptr) continue;
        for (const auto& gateway : via)
          if (gateways.insert(*gateway).second) route(node, alone(*gateway), {}, out->interface, {});
      }
      for (const InternetAddress& address : plan_.zoneAddresses[z])
        route(node, alone(address), via[address.ipv6 ? 1 : 0], out->interface, {});
      if (!rest) continue;
      for (const bool ipv6 : {false, true})
        route(node, everywhere(ipv6), via[ipv6 ? 1 : 0], out->interface, {});
    }
  }

  const LabPlan& plan_;
  const LabNodes& nodes_;
  Ways ways_;
  std::vector<NetworkRequest> requests_;
};

}  // namespace

std::vector<NetworkRequest> wiring(const LabPlan& plan, const LabNodes& nodes) {
  return Wiring(plan, nodes).make();
}

}  // namespace vauban::lab
