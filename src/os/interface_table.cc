#include "os/interface_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/nearest_name.h"
#include "os/system_failure.h"

namespace vauban::os {
namespace {

bool validNodeName(const std::string& name) {
  const auto fits = [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  return !name.empty() && name.size() <= 64 && name != "." && name != ".." &&
         std::all_of(name.begin(), name.end(), fits);
}

}  // namespace

Result<NodeId> InterfaceTable::addNode(const std::string& name) {
  if (!validNodeName(name)) {
    return labFailure(fmt::format("\"{}\" cannot be the name of a node", name),
                      "1 to 64 letters, digits, '-', '_' or '.'");
  }
  const auto same = [&](const Node& node) { return node.name == name; };
  if (std::any_of(nodes_.begin(), nodes_.end(), same)) {
    return labFailure(fmt::format("there are two nodes with the name \"{}\"", name));
  }
  if (nodes_.size() >= kMostNodes) return labFailure(fmt::format("a lab has at most {} nodes", kMostNodes));
  nodes_.push_back({name, {{"lo", 1}}});
  return NodeId(nodes_.size() - 1);
}

Result<void> InterfaceTable::known(NodeId node) const {
  if (node.valid() && node.index() < nodes_.size()) return {};
  return labFailure("there is no such node");
}

Result<int> InterfaceTable::find(NodeId node, const std::string& interface) const {
  if (Result<void> there = known(node); !there) return std::unexpected(there.error());
  const auto& interfaces = nodes_[node.index()].interfaces;
  const auto found = interfaces.find(interface);
  if (found != interfaces.end()) return found->second;
  std::vector<std::string_view> names;
  for (const auto& [name, number] : interfaces) names.push_back(name);
  return labFailure(fmt::format("node {} has no interface \"{}\"", nodeName(node), interface), {},
                    nearestName(interface, names));
}

int InterfaceTable::number(NodeId node, const std::string& interface) const {
  return nodes_[node.index()].interfaces.at(interface);
}

MacAddress InterfaceTable::defaultMac(NodeId node, int number) const {
  const auto byte = [](std::size_t value) { return static_cast<std::uint8_t>(value & 0xFFU); };
  const auto interface = static_cast<std::size_t>(number);
  // 0x02: given locally, to one interface (IEEE 802).
  return {{0x02, 0x56, byte(node.index() >> 8U), byte(node.index()), byte(interface >> 8U), byte(interface)}};
}

Result<void> InterfaceTable::free(NodeId node, const std::string& interface) const {
  if (Result<void> there = known(node); !there) return there;
  if (const std::string problem = interfaceNameProblem(interface); !problem.empty())
    return labFailure(problem);
  if (nodes_[node.index()].interfaces.contains(interface)) {
    return labFailure(fmt::format("node {} has an interface \"{}\" already", nodeName(node), interface));
  }
  if (static_cast<std::size_t>(next_) >= kMostInterfaces) {
    return labFailure(fmt::format("a lab has at most {} interfaces", kMostInterfaces));
  }
  return {};
}

Result<void> InterfaceTable::check(const VethPair& pair) const {
  if (Result<void> left = free(pair.left.node, pair.left.name); !left) return left;
  if (pair.left.node == pair.right.node && pair.left.name == pair.right.name) {
    return labFailure(fmt::format("both ends of a link on node {} are called \"{}\"",
                                  nodeName(pair.left.node), pair.left.name));
  }
  return free(pair.right.node, pair.right.name);
}

Result<void> InterfaceTable::check(const Bridge& bridge) const { return free(bridge.node, bridge.name); }

Result<void> InterfaceTable::check(const BridgePort& port) const {
  if (Result<int> found = find(port.node, port.bridge); !found) return std::unexpected(found.error());
  if (Result<int> found = find(port.node, port.interface); !found) return std::unexpected(found.error());
  return {};
}

Result<void> InterfaceTable::check(const LinkState& state) const {
  if (Result<int> found = find(state.node, state.interface); !found) return std::unexpected(found.error());
  return {};
}

Result<void> InterfaceTable::check(const AddressChange& change) const {
  if (Result<int> found = find(change.node, change.interface); !found) return std::unexpected(found.error());
  return {};
}

Result<void> InterfaceTable::check(const RouteChange& route) const {
  if (Result<void> there = known(route.node); !there) return there;
  const bool ipv6 = route.destination.address.ipv6;
  if ((route.via && route.via->ipv6 != ipv6) || (route.source && route.source->ipv6 != ipv6)) {
    return labFailure(fmt::format("node {}: the route to {} mixes IPv4 and IPv6", nodeName(route.node),
                                  route.destination.toString()));
  }
  if (route.kind == RouteChange::Kind::unicast && !route.via && route.interface.empty()) {
    return labFailure(fmt::format("node {}: the route to {} has neither a next hop nor an interface",
                                  nodeName(route.node), route.destination.toString()));
  }
  if (!route.interface.empty()) {
    if (Result<int> found = find(route.node, route.interface); !found) return std::unexpected(found.error());
  }
  return {};
}

Result<void> InterfaceTable::check(const NeighbourChange& change) const {
  if (Result<int> found = find(change.node, change.interface); !found) return std::unexpected(found.error());
  return {};
}

void InterfaceTable::add(NodeId node, const std::string& interface) {
  nodes_[node.index()].interfaces.emplace(interface, next_++);
}

Result<void> InterfaceTable::enter(const NetworkRequest& request) {
  if (Result<void> good = std::visit([this](const auto& one) { return check(one); }, request); !good)
    return good;
  if (const auto* pair = std::get_if<VethPair>(&request)) {
    add(pair->left.node, pair->left.name);
    add(pair->right.node, pair->right.name);
  } else if (const auto* bridge = std::get_if<Bridge>(&request)) {
    add(bridge->node, bridge->name);
  }
  return {};
}

}  // namespace vauban::os
