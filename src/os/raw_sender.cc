#include "os/raw_sender.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <thread>

#include "os/system_failure.h"

namespace vauban::os {
namespace {

using Clock = std::chrono::steady_clock;
using Kind = RawTraffic::Kind;

constexpr std::size_t kMostPackets = 1'000'000, kMostBytes = 65'535;
constexpr std::size_t kIpv4Header = 20, kIpv6Header = 40, kEthernetHeader = 14;

int versionOf(const Bytes& packet) {
  if (packet.size() >= kIpv4Header && packet[0] >> 4U == 4) return 4;
  if (packet.size() >= kIpv6Header && packet[0] >> 4U == 6) return 6;
  return 0;
}

Result<void> check(const RawTraffic& traffic) {
  if (traffic.packets.size() > kMostPackets) {
    return labFailure(fmt::format("{} packets are too many to send at once", traffic.packets.size()),
                      fmt::format("at most {}", kMostPackets));
  }
  if (traffic.perSecond < 0) return labFailure("a rate below zero");
  for (std::size_t i = 0; i < traffic.packets.size(); ++i) {
    const Bytes& packet = traffic.packets[i];
    if (packet.size() > kMostBytes)
      return labFailure(fmt::format("packet {} is longer than {} bytes", i, kMostBytes));
    if (traffic.kind == Kind::framesOnWire ? packet.size() < kEthernetHeader : versionOf(packet) == 0) {
      return labFailure(fmt::format("packet {} has no header", i),
                        traffic.kind == Kind::framesOnWire ? "an Ethernet frame" : "an IPv4 or IPv6 packet");
    }
  }
  return {};
}

// The sockets of one call, and where its packets go.
class Sender {
 public:
  explicit Sender(const RawTraffic& traffic) : traffic_(traffic) {}

  Result<void> open() { return traffic_.kind == Kind::routed ? openRouted() : openWire(); }

  // 0 or the error.
  int send(const Bytes& packet) {
    switch (traffic_.kind) {
      case Kind::routed:
        return sendRouted(packet);
      case Kind::framesOnWire:
        return write(wire_, packet.data(), packet.size(), {});
      case Kind::packetsOnWire:
        break;
    }
    frame_.assign(traffic_.nextHop->bytes.begin(), traffic_.nextHop->bytes.end());
    frame_.insert(frame_.end(), own_.bytes.begin(), own_.bytes.end());
    const std::uint16_t type = versionOf(packet) == 6 ? ETH_P_IPV6 : ETH_P_IP;
    frame_.push_back(static_cast<std::uint8_t>(type >> 8U));
    frame_.push_back(static_cast<std::uint8_t>(type & 0xFFU));
    frame_.insert(frame_.end(), packet.begin(), packet.end());
    return write(wire_, frame_.data(), frame_.size(), {});
  }

 private:
  Result<void> openRouted() {
    for (const bool ipv6 : {false, true}) {
      const int wanted = ipv6 ? 6 : 4;
      const auto isWanted = [&](const Bytes& packet) { return versionOf(packet) == wanted; };
      if (std::none_of(traffic_.packets.begin(), traffic_.packets.end(), isWanted)) continue;
      FileDescriptor& raw = ipv6 ? six_ : four_;
      raw.reset(socket(ipv6 ? AF_INET6 : AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW));
      if (!raw.valid()) return systemFailure("opening a raw socket", errno);
      const int on = 1;
      const int level = ipv6 ? IPPROTO_IPV6 : IPPROTO_IP;
      if (setsockopt(raw.get(), level, ipv6 ? IPV6_HDRINCL : IP_HDRINCL, &on, sizeof on) != 0) {
        return systemFailure("asking to write the IP header", errno);
      }
      // A forged broadcast or multicast is a packet like any other.
      setsockopt(raw.get(), SOL_SOCKET, SO_BROADCAST, &on, sizeof on);
    }
    return {};
  }

  Result<void> openWire() {
    const auto refused = [&](const char* what) {
      return systemFailure(fmt::format("sending at {}: {}", traffic_.interface, what), errno);
    };
    if (traffic_.kind == Kind::packetsOnWire && !traffic_.nextHop) {
      return labFailure("packets on the wire need the MAC address of a next hop");
    }
    const unsigned number = if_nametoindex(traffic_.interface.c_str());
    if (number == 0) return refused("finding the interface");
    wire_.reset(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));  // no protocol: receives nothing
    if (!wire_.valid()) return refused("opening a packet socket");
    ifreq request = {};
    traffic_.interface.copy(request.ifr_name, IFNAMSIZ - 1);
    if (ioctl(wire_.get(), SIOCGIFHWADDR, &request) != 0) return refused("asking for its address");
    std::memcpy(own_.bytes.data(), request.ifr_hwaddr.sa_data, own_.bytes.size());
    sockaddr_ll address = {};
    address.sll_family = AF_PACKET;
    address.sll_ifindex = static_cast<int>(number);
    if (bind(wire_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      return refused("binding to the interface");
    }
    return {};
  }

  int sendRouted(const Bytes& packet) {
    InternetAddress destination;
    destination.ipv6 = versionOf(packet) == 6;
    std::copy_n(packet.begin() + (destination.ipv6 ? 24 : 16), destination.size(), destination.bytes.begin());
    // Of raw IPv6 sockets the port is a protocol number, which must be 0 here.
    return write(destination.ipv6 ? six_ : four_, packet.data(), packet.size(),
                 SocketAddress(destination, 0));
  }

  static int write(const FileDescriptor& socket, const std::uint8_t* bytes, std::size_t size,
                   const std::optional<SocketAddress>& to) {
    const auto patience = Clock::now() + std::chrono::milliseconds(1000);
    for (;;) {
      const ssize_t done =
          sendto(socket.get(), bytes, size, 0, to ? to->get() : nullptr, to ? to->length : 0);
      if (done >= 0) return 0;
      const bool full = errno == ENOBUFS || errno == EAGAIN;
      if (errno != EINTR && (!full || Clock::now() > patience)) return errno;
      if (full) std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
  }

  const RawTraffic& traffic_;
  FileDescriptor four_, six_, wire_;
  MacAddress own_;
  Bytes frame_;
};

}  // namespace

Result<SendReport> sendRaw(const NetNamespace& network, const RawTraffic& traffic) {
  if (Result<void> good = check(traffic); !good) return std::unexpected(good.error());
  Sender sender(traffic);
  if (Result<void> open = network.inside([&] { return sender.open(); }); !open)
    return std::unexpected(open.error());
  SendReport report;
  const auto begin = Clock::now();
  for (std::size_t i = 0; i < traffic.packets.size(); ++i) {
    if (traffic.perSecond > 0) {
      const std::chrono::duration<double> offset(static_cast<double>(i) / traffic.perSecond);
      std::this_thread::sleep_until(begin + std::chrono::duration_cast<Clock::duration>(std::min(
                                                offset, std::chrono::duration<double>(traffic.atMost))));
    }
    if (Clock::now() - begin >= traffic.atMost) {
      report.unsent = traffic.packets.size() - i;
      break;
    }
    const int error = sender.send(traffic.packets[i]);
    if (error == 0) {
      ++report.sent;
    } else {
      ++report.refused;
      if (report.refusal.empty()) report.refusal = fmt::format("packet {}: {}", i, systemError(error));
    }
  }
  report.took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin);
  return report;
}

}  // namespace vauban::os
