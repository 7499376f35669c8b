// Sends bytes as they are, from inside a namespace: whole IP packets, with any source address, or whole
// Ethernet frames. This is how the lab forges.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "os/internet_address.h"
#include "os/net_namespace.h"

namespace vauban::os {

using Bytes = std::vector<std::uint8_t>;

// What to send, in order.
struct RawTraffic {
  // By the node's routes and through its own filter (output): IP packets from their header on. The kernel
  // fills in an IPv4 packet's length, checksum, and identification where that is zero (raw(7)); of IPv6 it
  // changes nothing. On the wire: past routes and filters, out of `interface`; IP packets get an Ethernet
  // header to `nextHop`, and frames are sent as they are.
  enum class Kind { routed, packetsOnWire, framesOnWire };
  Kind kind = Kind::routed;
  std::vector<Bytes> packets;
  std::string interface;                     // on the wire: which
  std::optional<MacAddress> nextHop;         // `packetsOnWire`: to whom; the sender is the interface
  double perSecond = 0;                      // at most so many; 0: as fast as it goes
  std::chrono::milliseconds atMost{60'000};  // then the rest is not sent
};

struct SendReport {
  std::size_t sent = 0;     // taken by the kernel
  std::size_t refused = 0;  // not taken, such as by a filter of the node itself
  std::size_t unsent = 0;   // out of time
  std::string refusal;      // the first
  std::chrono::microseconds took{0};

  bool complete() const { return refused == 0 && unsent == 0; }
};

// The limits: 1,000,000 packets of at most 65,535 bytes. A packet that cannot be sent at all (of no family,
// too short) is a failure before anything is sent. Blocks; from any thread.
Result<SendReport> sendRaw(const NetNamespace& network, const RawTraffic& traffic);

}  // namespace vauban::os
