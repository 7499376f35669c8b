#include "lab/wire_frame.h"

#include <algorithm>

#include "space/service_set.h"

namespace vauban::lab {
namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::size_t kEthernet = 14, kTag = 4, kIpv4 = 20, kIpv6 = 40;
constexpr int kMostExtensions = 8;

os::InternetAddress addressAt(Bytes bytes, std::size_t at, bool ipv6) {
  os::InternetAddress address;
  address.ipv6 = ipv6;
  std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), address.size(), address.bytes.begin());
  return address;
}

bool readIpv4(Bytes bytes, FrameView& view) {
  if (bytes.size() < kIpv4 || bytes[0] >> 4U != 4) return false;
  const std::size_t header = std::size_t{bytes[0] & 15U} * 4;
  const std::size_t length = std::min<std::size_t>(get16(bytes, 2), bytes.size());
  if (header < kIpv4 || length < header) return false;
  view.packet = bytes.first(length);
  view.message = view.packet.subspan(header);
  view.protocol = bytes[9];
  view.fragment = (get16(bytes, 6) & 0x1FFFU) != 0;
  view.source = addressAt(bytes, 12, false);
  view.destination = addressAt(bytes, 16, false);
  return true;
}

bool readIpv6(Bytes bytes, FrameView& view) {
  if (bytes.size() < kIpv6 || bytes[0] >> 4U != 6) return false;
  view.packet = bytes.first(std::min(kIpv6 + get16(bytes, 4), bytes.size()));
  view.message = view.packet.subspan(kIpv6);
  view.protocol = bytes[6];
  view.source = addressAt(bytes, 8, true);
  view.destination = addressAt(bytes, 24, true);
  for (int i = 0; i < kMostExtensions; ++i) {
    const bool fragment = view.protocol == 44;
    // Hop-by-hop options, routing, destination options (RFC 8200 section 4.1).
    if (!fragment && view.protocol != 0 && view.protocol != 43 && view.protocol != 60) break;
    if (view.message.size() < 8) return false;
    const std::size_t length = fragment ? 8 : std::size_t{view.message[1]} * 8 + 8;
    if (view.message.size() < length) return false;
    view.protocol = view.message[0];
    const bool later = fragment && (get16(view.message, 2) & 0xFFF8U) != 0;
    view.message = view.message.subspan(length);
    if (later) {
      view.fragment = true;
      break;
    }
  }
  return true;
}

void readMessage(FrameView& view) {
  view.payload = view.message;
  if (view.fragment) return;
  const Bytes message = view.message;
  const bool icmp = space::hasIcmpType(view.protocol);
  if (space::hasPorts(view.protocol) && message.size() >= 4) {
    view.sourcePort = get16(message, 0);
    view.destinationPort = get16(message, 2);
  }
  if (icmp && !message.empty()) view.destinationPort = message[0];
  if ((icmp || view.protocol == space::kUdp || view.protocol == space::kUdpLite) && message.size() >= 8)
    view.payload = message.subspan(8);
  if (view.protocol == space::kTcp && message.size() >= 20) {
    view.sequence = get32(message, 4);
    view.acknowledgement = get32(message, 8);
    view.reset = (message[13] & 4U) != 0;
    view.syn = (message[13] & 2U) != 0;
    view.ack = (message[13] & 16U) != 0;
    const std::size_t header = std::size_t{message[12]} / 16 * 4;
    view.payload = message.subspan(std::clamp<std::size_t>(header, 20, message.size()));
  }
}

}  // namespace

std::uint16_t get16(Bytes bytes, std::size_t at) {
  return static_cast<std::uint16_t>(bytes[at] << 8U | bytes[at + 1]);
}
std::uint32_t get32(Bytes bytes, std::size_t at) {
  return std::uint32_t{get16(bytes, at)} << 16U | get16(bytes, at + 2);
}

std::optional<FrameView> readFrame(Bytes frame) {
  if (frame.size() < kEthernet) return std::nullopt;
  std::uint16_t type = get16(frame, kEthernet - 2);
  Bytes rest = frame.subspan(kEthernet);
  if ((type == 0x8100 || type == 0x88A8) && rest.size() >= kTag) {
    type = get16(rest, 2);
    rest = rest.subspan(kTag);
  }
  FrameView view;
  const bool good = type == 0x0800 ? readIpv4(rest, view) : type == 0x86DD ? readIpv6(rest, view) : false;
  if (!good) return std::nullopt;
  readMessage(view);
  return view;
}

}  // namespace vauban::lab
