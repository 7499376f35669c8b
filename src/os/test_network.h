// For tests: a router between two hosts, packets made by hand, questions asked over real sockets.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <cstring>
#include <string>

#include "os/linux_testbed.h"
#include "os/test_confinement.h"

namespace vauban::os {

inline AddressPrefix prefix(const std::string& text) { return AddressPrefix::parse(text).value(); }
inline InternetAddress address(const std::string& text) { return InternetAddress::parse(text).value(); }

inline AddressChange addAddress(NodeId node, const std::string& interface, const std::string& text) {
  return {Change::add, node, interface, prefix(text)};
}
inline RouteChange addRoute(NodeId node, const std::string& to, const std::string& via) {
  RouteChange route;
  route.node = node;
  route.destination = prefix(to);
  route.via = address(via);
  return route;
}

// left 198.51.100.2, 2001:db8:1::2 --- (l) router (r) --- 203.0.113.2, 2001:db8:2::2 right
struct TwoHosts {
  std::unique_ptr<Testbed> testbed;
  NodeId router, left, right;

  explicit TwoHosts(const Confinement& world) : testbed(openTestbed(world)) {
    router = testbed->addNode("router", NodeRole::router).value();
    left = testbed->addNode("left", NodeRole::host).value();
    right = testbed->addNode("right", NodeRole::host).value();
    const Result<void> applied = testbed->apply({
        VethPair{{left, "eth0"}, {router, "l"}},
        VethPair{{right, "eth0"}, {router, "r"}},
        addAddress(router, "l", "198.51.100.1/24"),
        addAddress(router, "l", "2001:db8:1::1/64"),
        addAddress(router, "r", "203.0.113.1/24"),
        addAddress(router, "r", "2001:db8:2::1/64"),
        addAddress(left, "eth0", "198.51.100.2/24"),
        addAddress(left, "eth0", "2001:db8:1::2/64"),
        addAddress(right, "eth0", "203.0.113.2/24"),
        addAddress(right, "eth0", "2001:db8:2::2/64"),
        addRoute(left, "0.0.0.0/0", "198.51.100.1"),
        addRoute(left, "::/0", "2001:db8:1::1"),
        addRoute(right, "0.0.0.0/0", "203.0.113.1"),
        addRoute(right, "::/0", "2001:db8:2::1"),
    });
    EXPECT_TRUE(applied) << why(applied);
    const Result<void> ready = testbed->awaitLinks(std::chrono::milliseconds(3000));
    EXPECT_TRUE(ready) << why(ready);
  }
  MacAddress macOf(NodeId node, const std::string& interface) const {
    const std::vector<InterfaceState> states = testbed->interfaces(node).value();
    for (const InterfaceState& state : states) {
      if (state.name == interface) return state.mac;
    }
    return {};
  }
};

inline bool readable(const FileDescriptor& socket, int milliseconds) {
  pollfd waiting{socket.get(), POLLIN, 0};
  return poll(&waiting, 1, milliseconds) == 1;
}

// A UDP socket of the node, bound; port 0: any.
inline FileDescriptor udpSocket(Testbed& testbed, NodeId node, const std::string& at, std::uint16_t port) {
  const InternetAddress own = address(at);
  FileDescriptor socket = testbed.socket(node, own.family(), SOCK_DGRAM, 0).value();
  const SocketAddress bound(own, port);
  EXPECT_EQ(bind(socket.get(), bound.get(), bound.length), 0) << at << ": " << std::strerror(errno);
  return socket;
}
inline bool sendTo(const FileDescriptor& socket, const std::string& to, std::uint16_t port,
                   const std::string& text) {
  const SocketAddress there(address(to), port);
  return sendto(socket.get(), text.data(), text.size(), 0, there.get(), there.length) ==
         static_cast<ssize_t>(text.size());
}
// What comes within the time; and from whom, if asked for.
inline std::string receive(const FileDescriptor& socket, int milliseconds, std::string* from = nullptr) {
  if (!readable(socket, milliseconds)) return {};
  char block[65536];
  sockaddr_storage source{};
  socklen_t length = sizeof source;
  const ssize_t size =
      recvfrom(socket.get(), block, sizeof block, 0, reinterpret_cast<sockaddr*>(&source), &length);
  if (from != nullptr) {
    InternetAddress sender;
    sender.ipv6 = source.ss_family == AF_INET6;
    const void* bytes = sender.ipv6
                            ? static_cast<const void*>(&reinterpret_cast<sockaddr_in6*>(&source)->sin6_addr)
                            : &reinterpret_cast<sockaddr_in*>(&source)->sin_addr;
    std::memcpy(sender.bytes.data(), bytes, sender.size());
    *from = sender.toString();
  }
  return size < 0 ? std::string() : std::string(block, static_cast<std::size_t>(size));
}

// Whether an ICMP echo is answered.
inline bool pings(Testbed& testbed, NodeId node, const std::string& to, int milliseconds = 1000) {
  const InternetAddress there = address(to);
  const FileDescriptor socket =
      testbed.socket(node, there.family(), SOCK_DGRAM, there.ipv6 ? int{IPPROTO_ICMPV6} : int{IPPROTO_ICMP})
          .value();
  std::string echo = {static_cast<char>(there.ipv6 ? 128 : 8), 0, 0, 0, 0, 0, 0, 1};
  echo += "echo";
  return sendTo(socket, to, 0, echo) && receive(socket, milliseconds).ends_with("echo");
}

inline std::uint16_t checksum(const Bytes& bytes, std::uint32_t sum = 0) {
  for (std::size_t i = 0; i < bytes.size(); ++i)
    sum += static_cast<std::uint32_t>(bytes[i]) << (i % 2 == 0 ? 8 : 0);
  while (sum >> 16U != 0) sum = (sum & 0xFFFFU) + (sum >> 16U);
  return static_cast<std::uint16_t>(~sum);
}

// A UDP packet from its IP header on, checksums included (RFC 791, RFC 8200, RFC 768).
inline Bytes udpPacket(const std::string& from, const std::string& to, std::uint16_t fromPort,
                       std::uint16_t toPort, const std::string& text) {
  const InternetAddress source = address(from), destination = address(to);
  const auto put16 = [](Bytes& bytes, std::size_t value) {
    bytes.push_back(static_cast<std::uint8_t>(value >> 8U));
    bytes.push_back(static_cast<std::uint8_t>(value));
  };
  Bytes udp;
  put16(udp, fromPort);
  put16(udp, toPort);
  put16(udp, 8 + text.size());
  put16(udp, 0);
  udp.insert(udp.end(), text.begin(), text.end());
  Bytes pseudo(source.bytes.begin(), source.bytes.begin() + static_cast<std::ptrdiff_t>(source.size()));
  pseudo.insert(pseudo.end(), destination.bytes.begin(),
                destination.bytes.begin() + static_cast<std::ptrdiff_t>(destination.size()));
  put16(pseudo, IPPROTO_UDP);
  put16(pseudo, udp.size());
  Bytes summed = pseudo;
  summed.insert(summed.end(), udp.begin(), udp.end());
  const std::uint16_t sum = checksum(summed);
  udp[6] = static_cast<std::uint8_t>(sum >> 8U);
  udp[7] = static_cast<std::uint8_t>(sum);
  Bytes packet;
  if (source.ipv6) {
    packet = {0x60, 0, 0, 0};
    put16(packet, udp.size());
    packet.insert(packet.end(), {IPPROTO_UDP, 64});
  } else {
    packet = {0x45, 0};
    put16(packet, 20 + udp.size());
    packet.insert(packet.end(), {0, 1, 0, 0, 64, IPPROTO_UDP, 0, 0});
  }
  packet.insert(packet.end(), pseudo.begin(), pseudo.end() - 4);
  if (!source.ipv6) {
    const std::uint16_t header = checksum(packet);
    packet[10] = static_cast<std::uint8_t>(header >> 8U);
    packet[11] = static_cast<std::uint8_t>(header);
  }
  packet.insert(packet.end(), udp.begin(), udp.end());
  return packet;
}

}  // namespace vauban::os
