#include "tests/support/slow_packet_set.h"

#include <algorithm>

namespace vauban::testing {

using space::Packet;
using space::PacketSet;
using space::Service;

SmallUniverse::SmallUniverse(const std::vector<space::Address>& addresses,
                             const std::vector<Service>& services) {
  for (const space::Address& source : addresses) {
    for (const space::Address& destination : addresses) {
      if (source.family != destination.family) continue;
      for (const Service& service : services) packets_.push_back({source, destination, service});
    }
  }
  std::sort(packets_.begin(), packets_.end());
  for (const Packet& packet : packets_) set_ |= PacketSet::single(packet);
}

SlowPacketSet::SlowPacketSet(const SmallUniverse& universe,
                             const std::function<bool(const Packet&)>& contains)
    : SlowPacketSet(universe) {
  for (std::size_t i = 0; i < in_.size(); ++i) in_[i] = contains(universe.packets()[i]);
}

SlowPacketSet SlowPacketSet::of(const SmallUniverse& universe, PacketSet set) {
  return {universe, [set](const Packet& packet) { return set.contains(packet); }};
}

SlowPacketSet SlowPacketSet::operator|(const SlowPacketSet& other) const { return ~(~*this & ~other); }

SlowPacketSet SlowPacketSet::operator&(const SlowPacketSet& other) const {
  SlowPacketSet both = *this;
  for (std::size_t i = 0; i < in_.size(); ++i) both.in_[i] = in_[i] && other.in_[i];
  return both;
}

SlowPacketSet SlowPacketSet::operator-(const SlowPacketSet& other) const { return *this & ~other; }

SlowPacketSet SlowPacketSet::operator~() const {
  SlowPacketSet others = *this;
  others.in_.flip();
  return others;
}

bool SlowPacketSet::contains(const Packet& packet) const {
  const auto& all = universe_->packets();
  const auto at = std::lower_bound(all.begin(), all.end(), packet);
  return at != all.end() && *at == packet && in_[static_cast<std::size_t>(at - all.begin())];
}

std::size_t SlowPacketSet::cardinality() const {
  return static_cast<std::size_t>(std::count(in_.begin(), in_.end(), true));
}

std::vector<Packet> SlowPacketSet::packets() const {
  std::vector<Packet> packets;
  for (std::size_t i = 0; i < in_.size(); ++i) {
    if (in_[i]) packets.push_back(universe_->packets()[i]);
  }
  return packets;
}

template <class Image>
SlowPacketSet SlowPacketSet::imageUnder(Image isImage) const {
  const std::vector<Packet> from = packets();
  return {*universe_, [&](const Packet& to) {
            return std::any_of(from.begin(), from.end(),
                               [&](const Packet& packet) { return isImage(packet, to); });
          }};
}

SlowPacketSet SlowPacketSet::rewritten(const space::Rewrite& rewrite) const {
  const auto addressMay = [](const std::optional<space::AddressSet>& part, space::Address from,
                             space::Address to) {
    return part ? from.family == to.family && part->contains(to) : from == to;
  };
  const auto portMay = [](const std::optional<space::PortRange>& part, std::uint16_t from, std::uint16_t to) {
    return part ? part->first <= to && to <= part->last : from == to;
  };
  return imageUnder([&](const Packet& from, const Packet& to) {
    if (from.source.family != to.source.family) return false;
    if (!addressMay(rewrite.source, from.source, to.source)) return false;
    if (!addressMay(rewrite.destination, from.destination, to.destination)) return false;
    if (from.service.protocol != to.service.protocol) return false;
    if (!space::hasPorts(from.service.protocol)) return from.service == to.service;
    return portMay(rewrite.sourcePorts, from.service.sourcePort, to.service.sourcePort) &&
           portMay(rewrite.destinationPorts, from.service.destinationPort, to.service.destinationPort);
  });
}

SlowPacketSet SlowPacketSet::reversed() const {
  return imageUnder([](const Packet& from, const Packet& to) {
    Service answer = from.service;
    if (space::hasPorts(answer.protocol)) {
      std::swap(answer.sourcePort, answer.destinationPort);
    } else if (answer.protocol == space::kIcmp) {
      switch (from.service.destinationPort) {
        case 0:
          answer.destinationPort = 8;
          break;
        case 8:
          answer.destinationPort = 0;
          break;
        case 13:
          answer.destinationPort = 14;
          break;
        case 14:
          answer.destinationPort = 13;
          break;
        case 17:
          answer.destinationPort = 18;
          break;
        case 18:
          answer.destinationPort = 17;
          break;
        default:
          break;
      }
    } else if (answer.protocol == space::kIcmpV6) {
      if (from.service.destinationPort == 128) answer.destinationPort = 129;
      if (from.service.destinationPort == 129) answer.destinationPort = 128;
    }
    return to == Packet{from.destination, from.source, answer};
  });
}

}  // namespace vauban::testing
