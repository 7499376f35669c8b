// What can be asked of the network of a lab: links, bridges, addresses, routes, neighbours, as values.
// `Testbed::apply` carries a list of them out in order. Names of interfaces are the node's own, 1..15 bytes
// without
// '/' or blanks, and a node's interfaces are known by them; `lo` is there and up from the start.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/strong_id.h"
#include "os/internet_address.h"

namespace vauban::os {

// A host, router or switch of the lab: a network namespace.
using NodeId = StrongId<struct NodeTag>;

enum class NodeRole { host, router };  // whether it forwards

enum class Change { add, remove };

struct VethEnd {
  NodeId node;
  std::string name;
  std::optional<MacAddress> mac =
      std::nullopt;  // else one that node and interface number give: the same in each run
};

// A cable between two interfaces, made straight in their namespaces (veth(4)).
struct VethPair {
  VethEnd left, right;
  bool up = true;
  // Leave checksums and segmentation to a card that is not there: frames of up to 64 KiB without checksums.
  // Off, the frames are those that a wire would carry.
  bool offload = false;
};

// A switch inside a node, which as such has an interface of that name as well. Without spanning tree and
// without multicast snooping, so that it forwards from the start and takes nobody's neighbour discovery.
struct Bridge {
  NodeId node;
  std::string name;
  std::optional<MacAddress> mac = std::nullopt;
  bool up = true;
};

struct BridgePort {
  NodeId node;
  std::string interface;
  std::string bridge;
  bool isolated = false;  // talks to ports that are not isolated only (as of a switch with private VLANs)
  bool hairpin = false;   // may be sent back what came from it
  bool learning = true;
  bool flood = true;  // is sent frames for destinations that are not known
};

struct LinkState {
  NodeId node;
  std::string interface;
  bool up = true;
};

// Without duplicate address detection: usable at once (IPv6).
struct AddressChange {
  Change change = Change::add;
  NodeId node;
  std::string interface;
  AddressPrefix address;
};

struct RouteChange {
  enum class Kind { unicast, blackhole, unreachable, prohibit };
  Change change = Change::add;
  NodeId node;
  AddressPrefix destination;  // of length 0: the default route; its family is that of the route
  std::optional<InternetAddress> via = std::nullopt;  // the next hop, of the same family
  std::string interface;                              // may be empty where there is a next hop
  std::optional<InternetAddress> source =
      std::nullopt;     // that the node prefers when it opens conversations there
  bool onlink = false;  // the next hop is on the link though no address says so
  Kind kind = Kind::unicast;
};

// A fixed entry of the ARP or neighbour table. Adding replaces what is there.
struct NeighbourChange {
  Change change = Change::add;
  NodeId node;
  std::string interface;
  InternetAddress address;
  MacAddress mac;
};

using NetworkRequest =
    std::variant<VethPair, Bridge, BridgePort, LinkState, AddressChange, RouteChange, NeighbourChange>;

// What is wrong with the name of an interface; empty if nothing is.
std::string interfaceNameProblem(std::string_view name);

// "adding 198.51.100.1/27 to eth0": the operation in words, without its node.
std::string describe(const NetworkRequest& request);

}  // namespace vauban::os
