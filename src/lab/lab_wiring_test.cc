#include "lab/lab_wiring.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <tuple>

#include "lab/plan_lab.h"
#include "model/model_reader.h"
#include "os/fake_testbed.h"
#include "os/test_confinement.h"

namespace vauban::lab {
namespace {

using model::ZoneId;
using os::InternetAddress;

const model::BehaviourCatalogue& behaviours() {
  static const auto catalogue = model::BehaviourCatalogue::builtIn();
  return *catalogue;
}

model::Vocabulary words() {
  model::Vocabulary vocabulary;
  vocabulary.behaviours = &behaviours();
  return vocabulary;
}

// What the requests come to: packets are led from node to node as the kernel's tables would.
class Wires {
 public:
  explicit Wires(const LabPlan& plan) : plan_(plan) {
    nodes_.wire = testbed_.addNode("wire", os::NodeRole::host).value();
    for (const Machine& machine : plan.machines)
      nodes_.machines.push_back(testbed_.addNode(machine.node, os::NodeRole::host).value());
    for (const Router& router : plan.routers)
      nodes_.routers.push_back(testbed_.addNode(router.node, os::NodeRole::router).value());
    requests_ = wiring(plan, nodes_);
    const auto applied = testbed_.apply(requests_);
    EXPECT_TRUE(applied) << os::why(applied);
    std::map<std::string, std::string> bridgeOf;
    for (const os::NetworkRequest& request : requests_)
      if (const auto* port = std::get_if<os::BridgePort>(&request)) bridgeOf[port->interface] = port->bridge;
    for (const os::NetworkRequest& request : requests_) {
      if (const auto* cable = std::get_if<os::VethPair>(&request)) {
        EXPECT_EQ(cable->right.node, nodes_.wire);
        wireOf_[{cable->left.node, cable->left.name}] = bridgeOf.at(cable->right.name);
      } else if (const auto* address = std::get_if<os::AddressChange>(&request)) {
        holders_[address->address.address].push_back({address->node, address->interface});
      } else if (const auto* route = std::get_if<os::RouteChange>(&request)) {
        routes_[route->node].push_back(*route);
      }
    }
  }

  // How many routers a packet passes from the node to the address; nullopt: it is lost.
  std::optional<std::size_t> routersTo(os::NodeId from, const InternetAddress& to) const {
    os::NodeId node = from;
    for (std::size_t passed = 0; passed <= plan_.routers.size(); ++passed) {
      const os::RouteChange* route = lookUp(node, to);
      if (route == nullptr) return std::nullopt;
      const auto next = onWire(wireOf_.at({node, route->interface}), route->via.value_or(to));
      if (!next) return std::nullopt;
      if (!route->via) return passed;
      if (std::ranges::find(nodes_.routers, *next) == nodes_.routers.end()) return std::nullopt;
      node = *next;
    }
    return std::nullopt;
  }

  const LabNodes& nodes() const { return nodes_; }
  const std::vector<os::NetworkRequest>& requests() const { return requests_; }

 private:
  struct Holder {
    os::NodeId node;
    std::string interface;
  };

  static bool covers(const os::AddressPrefix& prefix, const InternetAddress& address) {
    if (prefix.address.ipv6 != address.ipv6) return false;
    for (std::size_t bit = 0; bit < prefix.length; ++bit) {
      const std::uint8_t mask = static_cast<std::uint8_t>(0x80U >> (bit % 8));
      if (((prefix.address.bytes[bit / 8] ^ address.bytes[bit / 8]) & mask) != 0) return false;
    }
    return true;
  }
  const os::RouteChange* lookUp(os::NodeId node, const InternetAddress& to) const {
    const os::RouteChange* best = nullptr;
    const auto found = routes_.find(node);
    if (found == routes_.end()) return nullptr;
    for (const os::RouteChange& route : found->second)
      if (covers(route.destination, to) &&
          (best == nullptr || route.destination.length > best->destination.length))
        best = &route;
    return best;
  }
  std::optional<os::NodeId> onWire(const std::string& bridge, const InternetAddress& address) const {
    const auto found = holders_.find(address);
    if (found == holders_.end()) return std::nullopt;
    for (const Holder& holder : found->second)
      if (wireOf_.at({holder.node, holder.interface}) == bridge) return holder.node;
    return std::nullopt;
  }

  const LabPlan& plan_;
  os::FakeTestbed testbed_;
  LabNodes nodes_;
  std::vector<os::NetworkRequest> requests_;
  std::map<std::pair<os::NodeId, std::string>, std::string> wireOf_;
  std::map<InternetAddress, std::vector<Holder>> holders_;
  std::map<os::NodeId, std::vector<os::RouteChange>> routes_;
};

// The slow twin: all ways over the fewest links, and how many points each passes; a device that two links in
// a row have is passed once.
std::set<std::size_t> fewestPoints(const model::Model& model, ZoneId from, ZoneId to) {
  if (from == to) return {model.at(from).isolated ? 1U : 0U};
  std::set<std::tuple<ZoneId, ZoneId, std::string>> borders;
  std::set<std::pair<ZoneId, ZoneId>> linked;
  for (std::size_t l = 0; l < model.links.size(); ++l) {
    const model::Link& link = model.links[l];
    const std::string point =
        link.device ? "device " + std::to_string(link.device->index()) : "link " + std::to_string(l);
    for (const auto& [a, b] : {std::pair(link.from, link.to), std::pair(link.to, link.from)}) {
      borders.emplace(a, b, point);
      linked.emplace(a, b);
    }
  }
  for (std::size_t a = 0; a < model.zones.size() && model.unlistedIdeal; ++a)
    for (std::size_t b = 0; b < model.zones.size(); ++b)
      if (a != b && !linked.contains({ZoneId(a), ZoneId(b)})) borders.emplace(ZoneId(a), ZoneId(b), "ideal");
  // Zones, the last point passed, how many so far; one link further each round.
  std::set<std::tuple<ZoneId, std::string, std::size_t>> here{{from, "", 0}};
  std::set<ZoneId> seen{from};
  while (!here.empty() && !seen.contains(to)) {
    std::set<std::tuple<ZoneId, std::string, std::size_t>> next;
    for (const auto& [zone, last, passed] : here)
      for (const auto& [a, b, point] : borders)
        if (a == zone && !seen.contains(b)) next.emplace(b, point, passed + (point == last ? 0 : 1));
    for (const auto& state : next) seen.insert(std::get<0>(state));
    here = std::move(next);
  }
  std::set<std::size_t> counts;
  for (const auto& [zone, last, passed] : here)
    if (zone == to) counts.insert(passed);
  return counts;
}

// Between any two machines; those of several zones as receivers only, since they choose where they send.
std::size_t checkWays(const LabPlan& plan) {
  const Wires wires(plan);
  std::size_t longest = 0;
  for (std::size_t a = 0; a < plan.machines.size(); ++a) {
    const Machine& from = plan.machines[a];
    if (from.legs.size() != 1) continue;
    for (std::size_t b = 0; b < plan.machines.size(); ++b) {
      if (a == b) continue;
      for (const Leg& leg : plan.machines[b].legs) {
        for (const InternetAddress& address : leg.addresses) {
          if (from.address(address.ipv6) == nullptr) continue;
          const auto wanted = fewestPoints(plan.model, from.legs[0].zone, leg.zone);
          const auto taken = wires.routersTo(wires.nodes().machines[a], address);
          EXPECT_EQ(taken.has_value(), !wanted.empty()) << from.node << " to " << plan.machines[b].node;
          if (!taken) continue;
          EXPECT_TRUE(wanted.contains(*taken))
              << from.node << " to " << plan.machines[b].node << " at " << address.toString() << " over "
              << *taken << " instead of " << *wanted.begin();
          longest = std::max(longest, taken.value_or(0));
        }
      }
    }
  }
  return longest;
}

LabPlan planned(const std::string& text) {
  const auto model = model::readModelText("model.yaml", text, words());
  EXPECT_TRUE(model) << os::why(model);
  if (!model) return {};
  return planLab(*model, behaviours()).value();
}

TEST(LabWiringTest, chainsOfLinksOfTheWaterUtility) {
  const auto model = model::readModel(VAUBAN_SOURCE_DIR "/examples/water-utility", words());
  ASSERT_TRUE(model) << os::why(model);
  const auto plan = planLab(*model, behaviours());
  ASSERT_TRUE(plan) << os::why(plan);
  // The office is four conduits away from a controller.
  EXPECT_GE(checkWays(*plan), 4U);
}

// Two ways from a to d: over b and c, or over e.
constexpr const char* kDetour = R"(vauban: 1
zones:
  a: {networks: [10.1.0.0/24, "2001:db8:a::/64"]}
  b: {networks: [10.2.0.0/24]}
  c: {networks: [10.3.0.0/24]}
  d: {networks: [10.4.0.0/24, "2001:db8:d::/64"], isolated: true}
  e: {networks: [10.5.0.0/24]}
  internet: {networks: [0.0.0.0/0, "::/0"], untrusted: true}
hosts:
  ha: {zone: a, services: {}}
  hb: {zone: b, services: {}}
  hc: {zone: c, services: {}}
  hd: {zone: d, address: 10.4.0.4, services: {}}
  hd2: {zone: d, address: 10.4.0.5, services: {}}
  both: {zone: a, also-in: [e], address: [10.1.0.9, 10.5.0.9], services: {}}
devices:
  one: {}
  two: {}
  three: {}
  four: {}
  five: {}
  six: {}
links:
  - {between: [a, b], device: one}
  - {between: [b, c], device: two}
  - {between: [c, d], device: three}
  - {between: [a, e], device: four}
  - {between: [e, d], device: five}
  - {between: [d, internet], device: six}
)";

TEST(LabWiringTest, theShortestOfSeveralWays) {
  const LabPlan plan = planned(std::string(kDetour) + "unlisted: none\n");
  EXPECT_EQ(checkWays(plan), 3U);  // from hb to the internet
  const ZoneId a(std::size_t{0}), d(std::size_t{3}), internet(std::size_t{5});
  const auto router = Ways(plan).firstRouter(a, d);
  ASSERT_TRUE(router);
  EXPECT_EQ(plan.routers[*router].point, "four");
  EXPECT_EQ(Ways(plan).firstRouter(internet, a), Ways(plan).firstRouter(internet, d));
}

// Where a link or a chain of them is not all there is, what no link joins is one point away.
TEST(LabWiringTest, theIdealPointIsAsShortAsAWayCanBe) { EXPECT_EQ(checkWays(planned(kDetour)), 1U); }

TEST(LabWiringTest, noWayIsNoWay) {
  std::string text(kDetour);
  text.erase(text.find("  - {between: [d, internet]"));
  const LabPlan plan = planned(text + "unlisted: none\n");
  checkWays(plan);
  EXPECT_FALSE(Ways(plan).firstRouter(ZoneId(std::size_t{0}), ZoneId(std::size_t{5})));
}

// Members of an isolated zone have ports that do not speak to each other; all others do.
TEST(LabWiringTest, portsOfIsolatedZones) {
  const LabPlan plan = planned(std::string(kDetour) + "unlisted: none\n");
  const Wires wires(plan);
  std::size_t isolated = 0;
  for (const os::NetworkRequest& request : wires.requests()) {
    const auto* port = std::get_if<os::BridgePort>(&request);
    if (port == nullptr) continue;
    const bool expected =
        port->bridge == bridgeName(ZoneId(std::size_t{3})) && port->interface.starts_with("m");
    EXPECT_EQ(port->isolated, expected) << port->interface << " of " << port->bridge;
    isolated += port->isolated ? 1 : 0;
  }
  EXPECT_EQ(isolated, 2U);
}

}  // namespace
}  // namespace vauban::lab
