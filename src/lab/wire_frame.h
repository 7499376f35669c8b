// What a recorded Ethernet frame says, as far as it can be believed: addresses, protocol, ports, payload.
// Views into the frame; nothing is copied. Lengths are held against the frame's own, so that any bytes may be
// given.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "os/internet_address.h"

namespace vauban::lab {

struct FrameView {
  os::InternetAddress source, destination;
  std::uint8_t protocol = 0;              // behind the IPv6 extension headers that are known
  std::span<const std::uint8_t> packet;   // from the IP header on, without the padding of short frames
  std::span<const std::uint8_t> message;  // behind the IP header
  bool fragment = false;                  // not the first one: `message` has no header of its own
  std::uint16_t sourcePort = 0,
                destinationPort = 0;      // of protocols with ports; of ICMP the type as the latter
  std::span<const std::uint8_t> payload;  // behind the header of UDP, UDP-Lite, TCP and ICMP; else `message`
  // TCP only.
  bool syn = false, ack = false, reset = false;
  std::uint32_t sequence = 0, acknowledgement = 0;
};

// Nothing for what is no IP (ARP), or cut short of its headers. A VLAN tag is passed over.
std::optional<FrameView> readFrame(std::span<const std::uint8_t> frame);

std::uint16_t get16(std::span<const std::uint8_t> bytes, std::size_t at);
std::uint32_t get32(std::span<const std::uint8_t> bytes, std::size_t at);

}  // namespace vauban::lab
