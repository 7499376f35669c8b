// Relays of transports, in process: every datagram or byte stream goes on to the upstreams, and what comes
// back to the caller (RFC 3234 section 2.6). To all upstreams at once, since the behaviour reaches all; what
// several answer comes back in the order in which it arrives.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "lab/own_server.h"

namespace vauban::lab {

struct RelayPlan {
  std::vector<os::InternetAddress> addresses;  // where it listens
  std::uint16_t port = 0;
  std::vector<Onward> upstream;
  bool answers = true;  // false: one way, as of a data diode
  // Whose datagrams and streams it takes; nullopt: everybody's.
  std::optional<std::vector<os::InternetAddress>> onlyFrom = std::nullopt;
};

// Datagrams. Each caller has a socket of his own towards each upstream, the 256 latest.
Result<std::unique_ptr<Daemon>> startUdpRelay(os::Testbed& testbed, os::NodeId node, const RelayPlan& plan);
// Streams: at most 256 at once. A caller is cut off when no upstream takes him.
Result<std::unique_ptr<Daemon>> startTcpRelay(os::Testbed& testbed, os::NodeId node, const RelayPlan& plan);

}  // namespace vauban::lab
