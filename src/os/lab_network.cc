#include "os/lab_network.h"

#include <fmt/format.h>
#include <linux/ethtool.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <thread>

#include "os/system_failure.h"

namespace vauban::os {

using std::chrono::milliseconds;

std::vector<Sysctl> nodeSysctls(NodeRole role) {
  std::vector<Sysctl> settings = {
      {"net/ipv4/icmp_ratelimit", "0"},
      {"net/ipv4/icmp_msgs_per_sec", "1000000", true},  // of the namespace from Linux 6.13 on
      {"net/ipv4/icmp_msgs_burst", "1000000", true},
      {"net/ipv4/icmp_echo_ignore_broadcasts", "1"},
      {"net/ipv4/ip_unprivileged_port_start", "0"},
      {"net/ipv4/ping_group_range", "0 0"},
      {"net/ipv6/icmp/ratelimit", "0", true},  // no IPv6 setting is there where IPv6 is switched off
      {"net/bridge/bridge-nf-call-iptables", "0", true},
      {"net/bridge/bridge-nf-call-ip6tables", "0", true},
      {"net/bridge/bridge-nf-call-arptables", "0", true},
  };
  // IPv4's would be those of the machine.
  for (const char* key : {"rp_filter", "accept_redirects", "send_redirects", "accept_source_route",
                          "accept_local", "arp_ignore", "arp_announce", "arp_filter", "log_martians"}) {
    settings.push_back({fmt::format("net/ipv4/conf/all/{}", key), "0", false});
    settings.push_back({fmt::format("net/ipv4/conf/default/{}", key), "0", false});
  }
  // A link-local address there must be: without one, a router asks nobody for a neighbour.
  for (const char* key : {"accept_dad", "dad_transmits", "accept_ra", "router_solicitations",
                          "accept_redirects", "addr_gen_mode", "use_tempaddr"}) {
    settings.push_back({fmt::format("net/ipv6/conf/default/{}", key), "0", true});
  }
  const std::string forwards = role == NodeRole::router ? "1" : "0";
  settings.push_back({"net/ipv4/ip_forward", forwards, false});
  settings.push_back({"net/ipv6/conf/all/forwarding", forwards, true});
  return settings;
}

Result<NodeId> LabNetwork::addNode(const std::string& name, NodeRole role) {
  Result<NetNamespace> space = NetNamespace::create();
  if (!space) return std::unexpected(space.error());
  Result<NetlinkSocket> route = space->inside([] { return NetlinkSocket::open(NETLINK_ROUTE); });
  if (!route) return std::unexpected(route.error());
  Result<FileDescriptor> control = space->socket(AF_INET, SOCK_DGRAM, 0);
  if (!control) return std::unexpected(control.error());
  if (Result<void> set = space->setSysctls(nodeSysctls(role)); !set) return std::unexpected(set.error());
  Result<NodeId> node = table_.addNode(name);
  if (!node) return node;
  NetlinkBatch batch;
  addLinkState(batch, 1, true, fmt::format("node {}: setting lo up", name));
  if (Result<void> sent = route->send(batch); !sent) return std::unexpected(sent.error());
  nodes_.push_back({std::move(*space), std::move(*route), std::move(*control), {}, {}});
  return node;
}

// An interface that another node's batch makes must be there before its own node speaks of it. What a batch
// rests on is therefore sent before anything is added to it, so batches never wait for each other in a
// circle.
NetlinkBatch& LabNetwork::batchOf(NodeId node, Result<void>& state) {
  Node& here = nodes_[node.index()];
  for (const NodeId other : std::exchange(here.awaited, {})) {
    if (Result<void> sent = flush(other); !sent && state) state = sent;
  }
  return here.batch;
}

Result<void> LabNetwork::flush(NodeId node) {
  Node& here = nodes_[node.index()];
  if (here.batch.empty()) return {};
  Result<void> sent = here.route.send(here.batch);
  here.batch.clear();
  return sent;
}

Result<void> LabNetwork::flushAll() {
  Result<void> state;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    nodes_[i].awaited.clear();
    // The links of a failed batch are missing in others', so the first failure is the one to tell.
    if (Result<void> sent = flush(NodeId(i)); !sent && state) state = sent;
  }
  return state;
}

Result<void> LabNetwork::withoutOffload(NodeId node, const std::string& interface) {
  for (const std::uint32_t command : {ETHTOOL_STXCSUM, ETHTOOL_SGSO, ETHTOOL_SGRO}) {
    ethtool_value value{command, 0};
    ifreq request = {};
    interface.copy(request.ifr_name, IFNAMSIZ - 1);
    request.ifr_data = reinterpret_cast<char*>(&value);
    if (ioctl(nodes_[node.index()].control.get(), SIOCETHTOOL, &request) != 0) {
      return systemFailure(
          fmt::format("node {}: switching off the offloads of {}", table_.nodeName(node), interface), errno);
    }
  }
  return {};
}

Result<void> LabNetwork::encode(const NetworkRequest& request) {
  const auto operation = [&](NodeId node) {
    return fmt::format("node {}: {}", table_.nodeName(node), describe(request));
  };
  const auto created = [&](NodeId node, const std::string& name, const std::optional<MacAddress>& mac) {
    const int number = table_.number(node, name);
    return NewInterface{name, number, mac.value_or(table_.defaultMac(node, number))};
  };
  Result<void> state;
  const auto write = [&](const auto& one) {
    using Kind = std::decay_t<decltype(one)>;
    if constexpr (std::is_same_v<Kind, VethPair>) {
      const NodeId left = one.left.node, right = one.right.node;
      addVethPair(batchOf(left, state), created(left, one.left.name, one.left.mac),
                  created(right, one.right.name, one.right.mac), space(right).descriptor(), operation(left));
      peers_[{left, one.left.name}] = {right, one.right.name};
      peers_[{right, one.right.name}] = {left, one.left.name};
      if (left != right) nodes_[right.index()].awaited.insert(left);
      if (one.up) {
        for (const VethEnd* end : {&one.left, &one.right}) {
          addLinkState(batchOf(end->node, state), table_.number(end->node, end->name), true,
                       operation(end->node));
        }
      }
    } else if constexpr (std::is_same_v<Kind, Bridge>) {
      const NewInterface bridge = created(one.node, one.name, one.mac);
      NetlinkBatch& batch = batchOf(one.node, state);
      addBridge(batch, bridge, operation(one.node));
      if (one.up) addLinkState(batch, bridge.number, true, operation(one.node));
    } else {
      NetlinkBatch& batch = batchOf(one.node, state);
      const int number = one.interface.empty() ? 0 : table_.number(one.node, one.interface);
      if constexpr (std::is_same_v<Kind, BridgePort>) {
        addBridgePort(batch, number, table_.number(one.node, one.bridge), one, operation(one.node));
      } else if constexpr (std::is_same_v<Kind, LinkState>) {
        addLinkState(batch, number, one.up, operation(one.node));
      } else if constexpr (std::is_same_v<Kind, AddressChange>) {
        addAddressChange(batch, number, one, operation(one.node));
      } else if constexpr (std::is_same_v<Kind, RouteChange>) {
        addRouteChange(batch, number, one, operation(one.node));
      } else {
        addNeighbourChange(batch, number, one, operation(one.node));
      }
    }
  };
  std::visit(write, request);
  return state;
}

Result<void> LabNetwork::apply(const std::vector<NetworkRequest>& requests) {
  Result<void> state;
  for (const NetworkRequest& request : requests) {
    state = table_.enter(request);
    if (state) state = encode(request);
    if (!state) break;
  }
  Result<void> sent = flushAll();
  if (!state) return state;
  if (!sent) return sent;
  for (const NetworkRequest& request : requests) {
    const auto* pair = std::get_if<VethPair>(&request);
    if (pair == nullptr || pair->offload) continue;
    for (const VethEnd* end : {&pair->left, &pair->right}) {
      if (Result<void> done = withoutOffload(end->node, end->name); !done) return done;
    }
  }
  return {};
}

Result<std::vector<InterfaceState>> LabNetwork::interfaces(NodeId node) {
  if (Result<void> there = known(node); !there) return std::unexpected(there.error());
  if (Result<void> sent = flushAll(); !sent) return std::unexpected(sent.error());
  std::vector<InterfaceState> states;
  Result<void> listed = nodes_[node.index()].route.dump(
      RTM_GETLINK, AF_UNSPEC, [&](const nlmsghdr& message) { states.push_back(readInterface(message)); });
  if (!listed) return std::unexpected(listed.error());
  std::sort(states.begin(), states.end(), [](const auto& a, const auto& b) { return a.number < b.number; });
  return states;
}

// Interfaces with an IPv6 address that is not ready. Even where there is nothing to detect, the kernel
// finishes an address later, in a queue: only then does it join the group in which neighbours ask for it.
Result<std::set<int>> LabNetwork::unready(NodeId node) {
  std::vector<ListedAddress> addresses;
  std::set<std::pair<int, InternetAddress>> joined;
  NetlinkSocket& route = nodes_[node.index()].route;
  Result<void> read = route.dump(RTM_GETADDR, AF_INET6,
                                 [&](const nlmsghdr& message) { addresses.push_back(readAddress(message)); });
  if (!read) return std::unexpected(read.error());
  read = route.dump(RTM_GETMULTICAST, AF_INET6, [&](const nlmsghdr& message) {
    const ListedAddress group = readAddress(message);
    joined.emplace(group.interface, group.address);
  });
  if (!read) return std::unexpected(read.error());
  std::set<int> interfaces;  // numbers are unique in the lab
  for (const ListedAddress& one : addresses) {
    if (one.tentative || !joined.contains({one.interface, solicitedNode(one.address)})) {
      interfaces.insert(one.interface);
    }
  }
  return interfaces;
}

Result<std::vector<std::string>> LabNetwork::waiting() {
  std::vector<std::vector<InterfaceState>> states(nodes_.size());
  std::set<int> tentative;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    Result<std::vector<InterfaceState>> listed = interfaces(NodeId(i));
    if (!listed) return std::unexpected(listed.error());
    states[i] = std::move(*listed);
    Result<std::set<int>> some = unready(NodeId(i));
    if (!some) return std::unexpected(some.error());
    tentative.merge(*some);
  }
  const auto peerIsUp = [&](NodeId node, const std::string& name) {
    const auto peer = peers_.find({node, name});
    if (peer == peers_.end()) return false;
    const auto& there = states[peer->second.first.index()];
    return std::any_of(there.begin(), there.end(), [&](const InterfaceState& other) {
      return other.name == peer->second.second && other.up;
    });
  };
  std::vector<std::string> names;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    std::set<int> bridges;  // with a port that has a peer
    for (const InterfaceState& state : states[i]) {
      if (state.up && state.master != 0 && peerIsUp(NodeId(i), state.name)) bridges.insert(state.master);
    }
    for (const InterfaceState& state : states[i]) {
      if (!state.up || (!bridges.contains(state.number) && !peerIsUp(NodeId(i), state.name))) continue;
      if (!state.running || !state.forwarding || tentative.contains(state.number)) {
        names.push_back(table_.nodeName(NodeId(i)) + ":" + state.name);
      }
    }
  }
  return names;
}

// The kernel marks a link as running before it lets the first frame through and gives it its link-local
// address, all under one lock; this asks for something that changes nothing and needs the same lock.
Result<void> LabNetwork::settle(Node& node) {
  NetlinkBatch batch;
  addLinkState(batch, 1, true, "waiting for links");
  return node.route.send(batch);
}

Result<void> LabNetwork::awaitLinks(milliseconds atMost) {
  const auto end = std::chrono::steady_clock::now() + atMost;
  for (bool settled = nodes_.empty();;) {
    const bool last = std::chrono::steady_clock::now() >= end;
    const Result<std::vector<std::string>> names = waiting();
    if (!names) return std::unexpected(names.error());
    if (names->empty() && settled) return {};
    if (names->empty()) {
      if (Result<void> done = settle(nodes_.front()); !done) return done;
      settled = true;
      continue;
    }
    if (last) {
      return labFailure(
          fmt::format("after {} ms these links carry nothing: {}", atMost.count(), fmt::join(*names, ", ")));
    }
    settled = false;
    std::this_thread::sleep_for(milliseconds(1));
  }
}

}  // namespace vauban::os
