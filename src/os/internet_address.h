// Addresses as the kernel takes them: IPv4 and IPv6 (network order), prefixes of interfaces, MAC addresses.
// Values; the default is 0.0.0.0. `space/address.h` is for sets of them; this room knows nothing of that one,
// and the text is what both share.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vauban::os {

struct InternetAddress {
  bool ipv6 = false;
  std::array<std::uint8_t, 16> bytes{};  // network order; an IPv4 address is the first four, the rest is zero

  auto operator<=>(const InternetAddress&) const = default;

  static std::optional<InternetAddress> parse(std::string_view text);  // no zone, no prefix
  std::string toString() const;
  std::string inUrl() const;  // "[2001:db8::1]", "198.51.100.2" (RFC 3986 section 3.2.2)
  int family() const { return ipv6 ? AF_INET6 : AF_INET; }
  std::size_t size() const { return ipv6 ? 16 : 4; }
  bool unspecified() const;
};

// An address and the length of its network: 198.51.100.1/27 as an interface has it, 0.0.0.0/0 as a route
// does. Invariant: length <= 32, or 128.
struct AddressPrefix {
  InternetAddress address;
  std::uint8_t length = 0;

  auto operator<=>(const AddressPrefix&) const = default;

  // "ADDRESS/LENGTH", or "ADDRESS" for all its bits. Bits beyond the length are kept.
  static std::optional<AddressPrefix> parse(std::string_view text);
  std::string toString() const;
};

struct MacAddress {
  std::array<std::uint8_t, 6> bytes{};

  auto operator<=>(const MacAddress&) const = default;

  static std::optional<MacAddress> parse(std::string_view text);  // "02:00:5e:10:00:01"
  std::string toString() const;
};

// What the calls of sockets want: an address and a port.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  SocketAddress(const InternetAddress& address, std::uint16_t port);
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

}  // namespace vauban::os
