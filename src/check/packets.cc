#include "check/packets.h"

#include <array>

namespace vauban::check {
namespace {

constexpr int kFamily = 0, kSource = 1, kSender = kSource + 128, kDestination = kSender + 12,
              kReceiver = kDestination + 128, kProtocol = kReceiver + 12, kPort = kProtocol + 8,
              kSourcePort = kPort + 16, kVariables = kSourcePort + 16;

constexpr bool withPorts(int protocol) {
  return protocol == 6 || protocol == 17 || protocol == 33 || protocol == 132 || protocol == 136;
}

bool bitOf(space::Bits128 value, int width, int i) { return ((value >> (width - 1 - i)) & 1U) != 0; }

// The numbers of `width` bits, most significant first at variable `at`, that lie between the two.
Packets between(int at, int width, space::Bits128 first, space::Bits128 last) {
  Packets low = bddtrue, high = bddtrue;
  for (int i = width - 1; i >= 0; --i) {
    const Packets one = bdd_ithvar(at + i), zero = bdd_nithvar(at + i);
    low = bitOf(first, width, i) ? one & low : one | low;
    high = bitOf(last, width, i) ? zero | high : zero & high;
  }
  return low & high;
}

Packets range(int at, const space::AddressRange& range) {
  const int width = range.family == space::Family::ipv4 ? 32 : 128;
  return ofFamily(range.family) & between(at, width, range.first, range.last);
}

// Joined in pairs of equal rank: a long list is not copied once for each of its members.
Packets joined(std::vector<Packets> sets) {
  if (sets.empty()) return bddfalse;
  while (sets.size() > 1) {
    std::vector<Packets> half;
    for (std::size_t i = 0; i < sets.size(); i += 2) {
      half.push_back(i + 1 < sets.size() ? sets[i] | sets[i + 1] : sets[i]);
    }
    sets = std::move(half);
  }
  return sets.front();
}

Packets protocols(int first, int last) {
  return between(kProtocol, 8, static_cast<unsigned>(first), static_cast<unsigned>(last));
}
Packets ports(int at, const space::PortRange& range) { return between(at, 16, range.first, range.last); }

int requestOf(int protocol, int type) {
  constexpr std::array<std::array<int, 3>, 4> kPairs{{{1, 0, 8}, {1, 13, 14}, {1, 17, 18}, {58, 128, 129}}};
  for (const auto& pair : kPairs) {
    if (pair[0] != protocol) continue;
    if (type == pair[1]) return pair[2];
    if (type == pair[2]) return pair[1];
  }
  return type;
}

Packets answeredBy(const space::ServiceSet::Box& box, int protocol) {
  const Packets here = protocols(protocol, protocol);
  if (withPorts(protocol)) return here & ports(kPort, box.source) & ports(kSourcePort, box.destination);
  if (protocol != 1 && protocol != 58) {
    return here & ports(kPort, box.destination) & ports(kSourcePort, box.source);
  }
  std::vector<Packets> types;
  for (int type = box.destination.first; type <= box.destination.last && type < 256; ++type) {
    const auto request = static_cast<std::uint16_t>(requestOf(protocol, type));
    types.push_back(ports(kPort, {request, request}));
  }
  return here & joined(std::move(types)) & ports(kSourcePort, {0, 0});
}

}  // namespace

void startPackets() {
  if (bdd_isrunning() == 0) {
    bdd_init(400'000, 100'000);
    bdd_setmaxincrease(2'000'000);
    bdd_setcacheratio(16);
    bdd_gbc_hook(nullptr);
    bdd_resize_hook(nullptr);
  }
  if (bdd_varnum() < kVariables) bdd_setvarnum(kVariables);
}

Addresses::Addresses() : source(bddfalse), destination(bddfalse) {}
Addresses Addresses::all() { return {bddtrue, bddtrue}; }

Addresses Addresses::of(const space::AddressSet& set) { return of(set.ranges()); }

Addresses Addresses::of(const std::vector<space::AddressRange>& ranges) {
  std::vector<Packets> sources, destinations;
  for (const space::AddressRange& one : ranges) {
    sources.push_back(range(kSource, one));
    destinations.push_back(range(kDestination, one));
  }
  return {joined(std::move(sources)), joined(std::move(destinations))};
}

Addresses Addresses::host(std::size_t number) {
  return {between(kSender, 12, number, number), between(kReceiver, 12, number, number)};
}

Packets ofFamily(space::Family family) {
  return family == space::Family::ipv4 ? bdd_nithvar(kFamily) : bdd_ithvar(kFamily);
}

Packets ofServices(const space::ServiceSet& services) {
  std::vector<Packets> boxes;
  for (const auto& box : services.boxes()) {
    boxes.push_back(protocols(box.firstProtocol, box.lastProtocol) & ports(kPort, box.destination) &
                    ports(kSourcePort, box.source));
  }
  return joined(std::move(boxes));
}

Packets answeredBy(const space::ServiceSet& services) {
  std::vector<Packets> boxes;
  for (const auto& box : services.boxes()) {
    for (int protocol = box.firstProtocol; protocol <= box.lastProtocol; ++protocol) {
      boxes.push_back(answeredBy(box, protocol));
    }
  }
  return joined(std::move(boxes));
}

Packets realServices() {
  std::vector<Packets> all;
  for (int protocol = 0; protocol < 256; ++protocol) {
    const Packets here = protocols(protocol, protocol);
    if (withPorts(protocol)) {
      all.push_back(here);
    } else {
      const std::uint16_t last = protocol == 1 || protocol == 58 ? 255 : 0;
      all.push_back(here & ports(kPort, {0, last}) & ports(kSourcePort, {0, 0}));
    }
  }
  return joined(std::move(all));
}

Packets icmp() { return protocols(1, 1) | protocols(58, 58); }

Packets icmpErrors() {
  // RFC 792: 3, 4, 5, 11, 12. RFC 4443 section 2.1: all types below 128.
  const Packets v4 = ports(kPort, {3, 5}) | ports(kPort, {11, 12});
  return ((protocols(1, 1) & v4) | (protocols(58, 58) & ports(kPort, {0, 127}))) & ports(kSourcePort, {0, 0});
}

Packets tcp() { return protocols(6, 6); }
Packets udp() { return protocols(17, 17); }

}  // namespace vauban::check
