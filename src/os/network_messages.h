// The requests of `os/network_request.h` as messages of rtnetlink(7). Every function adds one or more to the
// batch, with `operation` for its errors; interfaces are the kernel's numbers.
#pragma once

#include <string>

#include "os/netlink.h"
#include "os/network_request.h"

namespace vauban::os {

struct NewInterface {
  std::string name;
  int number = 0;
  MacAddress mac;
};

void addVethPair(NetlinkBatch& batch, const NewInterface& here, const NewInterface& there, int thereNamespace,
                 const std::string& operation);
void addBridge(NetlinkBatch& batch, const NewInterface& bridge, const std::string& operation);
void addBridgePort(NetlinkBatch& batch, int interface, int bridge, const BridgePort& port,
                   const std::string& operation);
void addLinkState(NetlinkBatch& batch, int interface, bool up, const std::string& operation);
void addAddressChange(NetlinkBatch& batch, int interface, const AddressChange& change,
                      const std::string& operation);
// Interface 0: as the next hop says.
void addRouteChange(NetlinkBatch& batch, int interface, const RouteChange& route,
                    const std::string& operation);
void addNeighbourChange(NetlinkBatch& batch, int interface, const NeighbourChange& change,
                        const std::string& operation);

// A link as the kernel lists it (RTM_NEWLINK).
struct InterfaceState {
  std::string name;
  int number = 0;
  std::string kind;  // "veth", "bridge"; empty for others
  int master = 0;    // of a port: the number of its bridge
  MacAddress mac;
  bool up = false;         // as it was set
  bool running = false;    // and carries frames (RFC 2863, ifOperStatus; of lo nobody knows)
  bool forwarding = true;  // false for a port of a bridge that does not forward yet
};

InterfaceState readInterface(const nlmsghdr& message);

// An address, or a multicast group that was joined, as the kernel lists it (RTM_NEWADDR, RTM_GETMULTICAST).
struct ListedAddress {
  int interface = 0;
  InternetAddress address;
  bool tentative = false;  // cannot be used yet (RFC 4862)

  auto operator<=>(const ListedAddress&) const = default;
};

ListedAddress readAddress(const nlmsghdr& message);

// The group that is asked for the neighbour with this IPv6 address (RFC 4291, 2.7.1).
InternetAddress solicitedNode(const InternetAddress& address);

}  // namespace vauban::os
