#include "os/internet_address.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace vauban::os {

std::optional<InternetAddress> InternetAddress::parse(std::string_view text) {
  if (text.size() > 64) return std::nullopt;
  const std::string terminated(text);
  InternetAddress address;
  if (inet_pton(AF_INET, terminated.c_str(), address.bytes.data()) == 1) return address;
  address.ipv6 = true;
  if (inet_pton(AF_INET6, terminated.c_str(), address.bytes.data()) == 1) return address;
  return std::nullopt;
}

std::string InternetAddress::toString() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  return inet_ntop(family(), bytes.data(), text.data(), text.size());
}

std::string InternetAddress::inUrl() const { return ipv6 ? "[" + toString() + "]" : toString(); }

bool InternetAddress::unspecified() const {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

std::optional<AddressPrefix> AddressPrefix::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = InternetAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  unsigned length = address->ipv6 ? 128 : 32;
  if (slash != std::string_view::npos) {
    const char* begin = text.data() + slash + 1;
    const char* end = text.data() + text.size();
    const unsigned most = length;
    const auto [rest, error] = std::from_chars(begin, end, length);
    if (error != std::errc() || rest != end || length > most) return std::nullopt;
  }
  return AddressPrefix{*address, static_cast<std::uint8_t>(length)};
}

std::string AddressPrefix::toString() const { return fmt::format("{}/{}", address.toString(), length); }

std::optional<MacAddress> MacAddress::parse(std::string_view text) {
  MacAddress address;
  if (text.size() != 17) return std::nullopt;
  for (std::size_t i = 0; i < 6; ++i) {
    const char* begin = text.data() + 3 * i;
    const auto [rest, error] = std::from_chars(begin, begin + 2, address.bytes[i], 16);
    if (error != std::errc() || rest != begin + 2) return std::nullopt;
    if (i < 5 && *rest != ':') return std::nullopt;
  }
  return address;
}

std::string MacAddress::toString() const {
  return fmt::format("{:02x}:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", bytes[0], bytes[1], bytes[2], bytes[3],
                     bytes[4], bytes[5]);
}

SocketAddress::SocketAddress(const InternetAddress& address, std::uint16_t port) {
  if (address.ipv6) {
    auto* six = reinterpret_cast<sockaddr_in6*>(&storage);
    six->sin6_family = AF_INET6;
    six->sin6_port = htons(port);
    std::memcpy(&six->sin6_addr, address.bytes.data(), 16);
    length = sizeof *six;
  } else {
    auto* four = reinterpret_cast<sockaddr_in*>(&storage);
    four->sin_family = AF_INET;
    four->sin_port = htons(port);
    std::memcpy(&four->sin_addr, address.bytes.data(), 4);
    length = sizeof *four;
  }
}

}  // namespace vauban::os
