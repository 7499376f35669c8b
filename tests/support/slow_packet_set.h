// The slow, obvious twin of space::PacketSet: one truth value for every point of a small universe. It shares
// no idea with the diagrams; every operation is a loop over points. For tests only.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "space/packet_set.h"

namespace vauban::testing {

// Every packet between the addresses (of one family) with the services. For rewrites and answers to stay
// inside, the services have to be closed under them.
class SmallUniverse {
 public:
  SmallUniverse(const std::vector<space::Address>& addresses, const std::vector<space::Service>& services);

  const std::vector<space::Packet>& packets() const { return packets_; }
  space::PacketSet asSet() const { return set_; }

 private:
  std::vector<space::Packet> packets_;  // sorted
  space::PacketSet set_;
};

class SlowPacketSet {
 public:
  explicit SlowPacketSet(const SmallUniverse& universe)
      : universe_(&universe), in_(universe.packets().size()) {}
  SlowPacketSet(const SmallUniverse& universe, const std::function<bool(const space::Packet&)>& contains);

  // What `set` says of each point, asked one by one.
  static SlowPacketSet of(const SmallUniverse& universe, space::PacketSet set);

  SlowPacketSet operator|(const SlowPacketSet& other) const;
  SlowPacketSet operator&(const SlowPacketSet& other) const;
  SlowPacketSet operator-(const SlowPacketSet& other) const;
  SlowPacketSet operator~() const;
  bool operator==(const SlowPacketSet& other) const { return in_ == other.in_; }

  bool contains(const space::Packet& packet) const;
  std::size_t cardinality() const;
  std::vector<space::Packet> packets() const;

  // The union of the images of the points, each computed from the definition.
  SlowPacketSet rewritten(const space::Rewrite& rewrite) const;
  SlowPacketSet reversed() const;

 private:
  template <class Image>
  SlowPacketSet imageUnder(Image isImage) const;  // isImage(from, to)

  const SmallUniverse* universe_;
  std::vector<bool> in_;
};

}  // namespace vauban::testing
