// What a packet says above its addresses: (protocol, source port, destination port or ICMP type).
//
// The universe: protocols 0..255. Protocols with ports (TCP 6, UDP 17, DCCP 33, SCTP 132, UDP-Lite 136) have
// all 65,536 x 65,536 port pairs; ICMP (1) and ICMPv6 (58) have a type 0..255 in the place of the destination
// port and source port 0; every other protocol is the single point (protocol, 0, 0). A ServiceSet is any set
// of such points, exact and canonical: equality is O(1).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "space/diagram.h"

namespace vauban::space {

inline constexpr std::uint8_t kIcmp = 1, kTcp = 6, kUdp = 17, kDccp = 33, kIcmpV6 = 58, kSctp = 132,
                              kUdpLite = 136;

bool hasPorts(std::uint8_t protocol);
bool hasIcmpType(std::uint8_t protocol);

struct PortRange {
  std::uint16_t first = 0;
  std::uint16_t last = 65535;
  auto operator<=>(const PortRange&) const = default;
};

struct Service {  // one point
  std::uint8_t protocol = 0;
  std::uint16_t sourcePort = 0;
  std::uint16_t destinationPort = 0;  // or the ICMP type
  auto operator<=>(const Service&) const = default;
  std::string toString() const;  // "udp/53", "tcp/443", "icmp/8", "icmpv6/128", "ip/50"
};

class ServiceSet {
 public:
  ServiceSet();  // empty
  static ServiceSet all();
  static ServiceSet protocol(std::uint8_t protocol);  // all its points
  // Of a protocol with ports; VAUBAN_CHECKs otherwise.
  static ServiceSet ports(std::uint8_t protocol, PortRange source, PortRange destination);
  static ServiceSet ports(std::uint8_t protocol, PortRange destination) {
    return ports(protocol, {}, destination);
  }
  static ServiceSet icmp(std::uint8_t protocol, std::uint8_t firstType, std::uint8_t lastType);
  static ServiceSet single(Service service);  // empty where `service` is no point of the universe

  bool empty() const;
  bool full() const { return *this == all(); }
  bool contains(Service service) const;
  bool contains(ServiceSet other) const { return (other - *this).empty(); }
  bool intersects(ServiceSet other) const { return !(*this & other).empty(); }
  // The least point; with `preferEphemeral`, of the points with the least protocol, the least that has a
  // source port in 49152..65535 if there is one.
  std::optional<Service> witness(bool preferEphemeral = true) const;
  unsigned __int128 cardinality() const;  // points; at most 5 x 2^32 + 2 x 256 + 249

  ServiceSet operator|(ServiceSet other) const;
  ServiceSet operator&(ServiceSet other) const;
  ServiceSet operator-(ServiceSet other) const;
  ServiceSet operator~() const;
  ServiceSet& operator|=(ServiceSet other) { return *this = *this | other; }
  ServiceSet& operator&=(ServiceSet other) { return *this = *this & other; }
  ServiceSet& operator-=(ServiceSet other) { return *this = *this - other; }
  bool operator==(const ServiceSet& other) const { return node_ == other.node_; }

  // The answering packets: source and destination ports change places; ICMP requests become their answers
  // (8<->0, 13<->14, 17<->18 in ICMP; 128<->129 in ICMPv6), other types stay.
  ServiceSet reversed() const;
  // All points with the same protocol and destination port (or type), whatever the source port.
  ServiceSet anySourcePort() const;
  // Image under a rewrite of the destination port (DNAT to a port range): every point of a protocol with
  // ports may have any destination port of `to`; others unchanged.
  ServiceSet withDestinationPorts(PortRange to) const;
  ServiceSet withSourcePorts(PortRange to) const;

  bool Validate() const;
  // A short text in the notation of the model file: "dns" is not known here; "udp/53, tcp/53, icmp/8",
  // "any", "none"; source ports shown as "tcp/1024-65535>443" only where they are restricted.
  std::string toString() const;
  // The set as disjoint boxes, for printing and tests; sorted.
  struct Box {
    std::uint8_t firstProtocol, lastProtocol;
    PortRange source, destination;
    auto operator<=>(const Box&) const = default;
  };
  std::vector<Box> boxes() const;

  NodeRef node() const { return node_; }
  static ServiceSet fromNode(NodeRef node);  // of the protocol level

 private:
  explicit ServiceSet(NodeRef node) : node_(node) {}
  NodeRef node_;
};

}  // namespace vauban::space

template <>
struct std::hash<vauban::space::ServiceSet> {
  std::size_t operator()(vauban::space::ServiceSet set) const noexcept {
    return std::hash<const void*>{}(set.node());
  }
};
