#include "check/packets.h"

#include <fmt/format.h>

#include <array>
#include <memory>

namespace vauban::check {
namespace {

// A machine is its number, and whether it bears a link-local address.
constexpr int kNumber = 20, kMachine = 1 + kNumber, kAddress = 128 + kMachine;
constexpr int kFamily = 0, kSource = 1, kSender = kSource + 128, kDestination = kSource + kAddress,
              kReceiver = kDestination + 128, kProtocol = kDestination + kAddress, kPort = kProtocol + 8,
              kSourcePort = kPort + 16, kSent = kSourcePort + 16;
constexpr int kMarks = kSent + 2 * (kAddress + 16);

// The parts that NAT rewrites: where they stand, where they are remembered as sent, and the mark that says
// so.
struct Part {
  int at, width, sent, mark;
};
constexpr Part kSources{kSource, kAddress, kSent, kMarks};
constexpr Part kDestinations{kDestination, kAddress, kSent + kAddress, kMarks + 1};
constexpr Part kPorts{kPort, 16, kSent + 2 * kAddress, kMarks + 2};
constexpr Part kSourcePorts{kSourcePort, 16, kSent + 2 * kAddress + 16, kMarks + 3};
constexpr std::array kParts{kSources, kDestinations, kPorts, kSourcePorts};
constexpr int kVariables = kMarks + 4;

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

// The packets with their part of the same name where it is remembered.
Packets moved(Packets packets, const Part& part) {
  const std::unique_ptr<bddPair, void (*)(bddPair*)> pair(bdd_newpair(), bdd_freepair);
  for (int i = 0; i < part.width; ++i) bdd_setpair(pair.get(), part.at + i, part.sent + i);
  return bdd_replace(packets, pair.get());
}

// The packets with any value in that part, the one that was sent remembered.
Packets released(Packets packets, const Part& part) {
  std::vector<int> variables;
  for (int i = 0; i < part.width; ++i) variables.push_back(part.at + i);
  const Packets here = bdd_makeset(variables.data(), part.width);
  const Packets first = moved(bdd_restrict(packets, bdd_nithvar(part.mark)), part) & bdd_ithvar(part.mark);
  return first | bdd_exist(packets & bdd_ithvar(part.mark), here);
}

Packets portProtocols() {
  return protocols(6, 6) | protocols(17, 17) | protocols(33, 33) | protocols(132, 132) | protocols(136, 136);
}

// The parts that a rewrite changes, and what to.
std::vector<std::pair<Part, Packets>> changed(const space::Rewrite& to, Role role, bool withPorts) {
  const bool turned = role == Role::answered;
  std::vector<std::pair<Part, Packets>> parts;
  const auto address = [&](const std::optional<space::AddressSet>& set, bool source) {
    if (!set) return;
    const Addresses all = Addresses::of(*set);
    if (source) {
      parts.emplace_back(kSources, all.source);
    } else {
      parts.emplace_back(kDestinations, all.destination);
    }
  };
  const auto port = [&](const std::optional<space::PortRange>& range, bool source) {
    if (!range || !withPorts) return;
    const Part& part = source ? kSourcePorts : kPorts;
    parts.emplace_back(part, ports(part.at, *range));
  };
  address(to.source, !turned);
  address(to.destination, turned);
  port(to.destinationPorts, turned);
  // The kernel takes another source port where the packet's own is in use.
  port(to.source && !to.sourcePorts ? std::optional(space::PortRange{}) : to.sourcePorts, !turned);
  return parts;
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
  return {between(kSender, kMachine, number, number), between(kReceiver, kMachine, number, number)};
}

Addresses Addresses::linkLocal() { return {bdd_ithvar(kSender), bdd_ithvar(kReceiver)}; }

Addresses Addresses::linkLocal(std::size_t number) { return host(number | (std::size_t{1} << kNumber)); }

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
  return ((protocols(1, 1) & v4 & ofFamily(space::Family::ipv4)) |
          (protocols(58, 58) & ports(kPort, {0, 127}) & ofFamily(space::Family::ipv6))) &
         ports(kSourcePort, {0, 0});
}

Packets unchanged() {
  Packets all = bddtrue;
  for (const Part& part : kParts) all &= bdd_nithvar(part.mark);
  return all;
}

Packets sourceRewritten() { return bdd_ithvar(kSources.mark); }

Packets asSent(Packets packets) {
  for (const Part& part : kParts) packets = bdd_ite(bdd_ithvar(part.mark), moved(packets, part), packets);
  return packets;
}

Packets rewritten(Packets packets, const space::Rewrite& to, Role role) {
  Packets all = bddfalse;
  for (const bool withPorts : {true, false}) {
    Packets some = withPorts ? packets & portProtocols() : packets - portProtocols();
    for (const auto& [part, values] : changed(to, role, withPorts)) some = released(some, part) & values;
    all |= some;
  }
  return all;
}

Packets undone(Packets packets, const space::Rewrite& to, Role role) {
  Packets all = bddfalse;
  for (const bool withPorts : {true, false}) {
    Packets some = withPorts ? packets & portProtocols() : packets - portProtocols();
    for (const auto& [part, values] : changed(to, role, withPorts)) some = released(some & values, part);
    all |= some;
  }
  return all;
}

Packets withAnyService(Packets packets) {
  std::vector<int> variables;
  for (int i = kProtocol; i < kSent; ++i) variables.push_back(i);
  return bdd_exist(packets, bdd_makeset(variables.data(), static_cast<int>(variables.size())));
}

Packets toAny(Packets packets) {
  std::vector<int> variables;
  for (int i = kSource; i < kDestination; ++i) variables.push_back(i);
  return withAnyService(
      bdd_exist(packets, bdd_makeset(variables.data(), static_cast<int>(variables.size()))));
}

Packets tcp() { return protocols(6, 6); }
Packets udp() { return protocols(17, 17); }

std::string oneOf(Packets packets) {
  const auto number = [&](int at, int width) {
    space::Bits128 value = 0;
    for (int i = 0; i < width; ++i) {
      const Packets zero = packets & bdd_nithvar(at + i);
      const bool one = zero == bddfalse;
      packets = one ? packets & bdd_ithvar(at + i) : zero;
      value = (value << 1) | (one ? 1U : 0U);
    }
    return value;
  };
  const auto family = number(kFamily, 1) == 0 ? space::Family::ipv4 : space::Family::ipv6;
  const int width = family == space::Family::ipv4 ? 32 : 128;
  const space::Address source{family, number(kSource, width)};
  const space::Address destination{family, number(kDestination, width)};
  const auto protocol = static_cast<unsigned>(number(kProtocol, 8));
  const auto port = static_cast<unsigned>(number(kPort, 16));
  const auto sourcePort = static_cast<unsigned>(number(kSourcePort, 16));
  return fmt::format("{}:{} > {}:{} protocol {}", source.toString(), sourcePort, destination.toString(), port,
                     protocol);
}

}  // namespace vauban::check
