// Packets made by hand, from their IP header on, checksums included (RFC 791, 8200, 768, 9293, 792, 4443).
// What is forged is made of these and sent by `os::Testbed::send`. Source and destination are of one family.
#pragma once

#include <cstdint>
#include <span>

#include "os/internet_address.h"
#include "os/raw_sender.h"

namespace vauban::lab {

using BytesView = std::span<const std::uint8_t>;

// Big-endian numbers at the end of a message.
void put8(os::Bytes& bytes, std::uint64_t value);
void put16(os::Bytes& bytes, std::uint64_t value);
void put32(os::Bytes& bytes, std::uint64_t value);
void put(os::Bytes& bytes, BytesView more);

// RFC 1071, over the bytes and what was summed before.
std::uint16_t internetChecksum(BytesView bytes, std::uint32_t sum = 0);

struct Ends {
  os::InternetAddress source, destination;
  std::uint16_t sourcePort = 0, destinationPort = 0;
};

os::Bytes ipPacket(const Ends& ends, std::uint8_t protocol, BytesView payload);
os::Bytes udpPacket(const Ends& ends, BytesView payload);

struct TcpFields {
  std::uint32_t sequence = 0, acknowledgement = 0;
  bool syn = false, ack = false;
};
os::Bytes tcpPacket(const Ends& ends, const TcpFields& fields, BytesView payload);

// A request; 8 and 128. `number` is the sequence number.
os::Bytes echoRequest(const Ends& ends, std::uint16_t identifier, std::uint16_t number, BytesView payload);
// Port unreachable, quoting a packet of `quoted` (UDP or TCP ports, or an ICMP echo) with the bytes behind
// its header.
os::Bytes icmpErrorPacket(const Ends& ends, const Ends& quoted, std::uint8_t protocol, BytesView behind);
// The least packet of the protocol that opens a conversation and has the payload in it: UDP, UDP-Lite (RFC
// 3828), a SYN with data, a DCCP request (RFC 4340), an SCTP INIT (RFC 9260), an echo request; else the bytes
// themselves.
os::Bytes openingPacket(const Ends& ends, std::uint8_t protocol, std::uint32_t number, BytesView payload);

}  // namespace vauban::lab
