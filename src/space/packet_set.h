// Sets of packets (semantics 1): a packet is a point in (family, source address, destination address,
// protocol, source port, destination port, ICMP type); a PacketSet is any set of them, exact, never sampled,
// canonical: equality is O(1). The universe is the product of the addresses of one family, twice, and the
// points of ServiceSet.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "space/address.h"
#include "space/service_set.h"

namespace vauban::space {

struct Packet {
  Address source;  // of the same family as destination
  Address destination;
  Service service;
  auto operator<=>(const Packet&) const = default;
  std::string toString() const;  // "10.0.0.1 -> 10.0.0.2 udp/53"
};

// What NAT does to a packet: each given part replaces the packet's own by any value of the set.
struct Rewrite {
  std::optional<AddressSet> source;       // SNAT, MASQUERADE
  std::optional<AddressSet> destination;  // DNAT, REDIRECT
  std::optional<PortRange> sourcePorts;
  std::optional<PortRange> destinationPorts;
};

class PacketSet {
 public:
  PacketSet();  // empty
  static PacketSet all();
  // {s -> d, v}: s in source, d in destination, of the same family, v in services.
  static PacketSet product(const AddressSet& source, const AddressSet& destination, ServiceSet services);
  static PacketSet single(const Packet& packet);  // empty where `packet` is no point of the universe

  bool empty() const;
  bool contains(const Packet& packet) const;
  bool contains(PacketSet other) const { return (other - *this).empty(); }
  bool intersects(PacketSet other) const { return !(*this & other).empty(); }
  std::optional<Packet> witness() const;  // the least packet
  // The number of packets as an exact decimal text (it can exceed 2^256).
  std::string cardinality() const;

  PacketSet operator|(PacketSet other) const;
  PacketSet operator&(PacketSet other) const;
  PacketSet operator-(PacketSet other) const;
  PacketSet operator~() const;
  PacketSet& operator|=(PacketSet other) { return *this = *this | other; }
  PacketSet& operator&=(PacketSet other) { return *this = *this & other; }
  PacketSet& operator-=(PacketSet other) { return *this = *this - other; }
  bool operator==(const PacketSet& other) const { return node_ == other.node_; }

  // The image under NAT. Families do not mix: a packet whose family has no address in a given part vanishes.
  PacketSet rewritten(const Rewrite& rewrite) const;
  PacketSet reversed() const;  // the answering packets: addresses and ports change places

  AddressSet sources() const;       // projection
  AddressSet destinations() const;  // projection
  ServiceSet services() const;      // projection: the services of some packet of the set
  // The services with which some address of `source` may send to some address of `destination`.
  ServiceSet services(const AddressSet& source, const AddressSet& destination) const;

  // services(sources[i], destinations[j]) for every pair, in rows by source: what a class matrix is made of.
  // Cheaper than asking pair by pair, because a source is looked up once for its whole row.
  std::vector<std::vector<ServiceSet>> services(const std::vector<AddressSet>& sources,
                                                const std::vector<AddressSet>& destinations) const;

  // The union of many sets. Joined in pairs of equal rank, so that a set is copied log n times and not n
  // times.
  static PacketSet unionOf(std::vector<PacketSet> sets);

  bool Validate() const;
  NodeRef node() const { return node_; }

 private:
  explicit PacketSet(NodeRef node) : node_(node) {}
  NodeRef node_;
};

}  // namespace vauban::space

template <>
struct std::hash<vauban::space::PacketSet> {
  std::size_t operator()(vauban::space::PacketSet set) const noexcept {
    return std::hash<const void*>{}(set.node());
  }
};
