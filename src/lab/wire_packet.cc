#include "lab/wire_packet.h"

#include <algorithm>

#include "base/result.h"
#include "space/service_set.h"

namespace vauban::lab {
namespace {

using os::Bytes;
using space::kDccp, space::kIcmp, space::kIcmpV6, space::kSctp, space::kTcp, space::kUdp, space::kUdpLite;

constexpr std::uint8_t kHops = 64;

void set16(Bytes& bytes, std::size_t at, std::uint16_t value) {
  bytes[at] = static_cast<std::uint8_t>(value >> 8U);
  bytes[at + 1] = static_cast<std::uint8_t>(value);
}

BytesView view(const os::InternetAddress& address) { return {address.bytes.data(), address.size()}; }

// The one's complement sum of the pseudo header, not yet folded.
std::uint32_t pseudoSum(const Ends& ends, std::uint8_t protocol, std::size_t length) {
  std::uint32_t sum = protocol + static_cast<std::uint32_t>(length);
  for (const os::InternetAddress* address : {&ends.source, &ends.destination}) {
    for (std::size_t i = 0; i < address->size(); i += 2)
      sum += static_cast<std::uint32_t>(address->bytes[i] << 8U | address->bytes[i + 1]);
  }
  return sum;
}

void ports(Bytes& bytes, const Ends& ends) {
  put16(bytes, ends.sourcePort);
  put16(bytes, ends.destinationPort);
}

std::uint16_t notZero(std::uint16_t checksum) { return checksum == 0 ? std::uint16_t{0xFFFF} : checksum; }

// CRC32c, bit by bit: a few hundred packets.
std::uint32_t crc32c(BytesView bytes) {
  std::uint32_t crc = ~0U;
  for (const std::uint8_t byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1U ^ ((crc & 1U) != 0 ? 0x82F63B78U : 0);
  }
  return ~crc;
}

Bytes sctpInit(const Ends& ends, std::uint32_t number, BytesView payload) {
  Bytes chunk;
  put8(chunk, 1);  // INIT
  put8(chunk, 0);
  const std::size_t parameter = 4 + payload.size();
  put16(chunk, 20 + parameter);
  put32(chunk, number | 1U);  // initiate tag, not zero
  put32(chunk, 65536);
  put16(chunk, 1);
  put16(chunk, 1);
  put32(chunk, number);
  put16(chunk, 0x8000U | 0x3FFFU);  // a parameter that nobody knows and all skip
  put16(chunk, parameter);
  put(chunk, payload);
  while (chunk.size() % 4 != 0) put8(chunk, 0);
  Bytes packet;
  ports(packet, ends);
  put32(packet, 0);
  put32(packet, 0);
  put(packet, chunk);
  const std::uint32_t crc = crc32c(packet);
  for (unsigned i = 0; i < 4; ++i) packet[8 + i] = static_cast<std::uint8_t>(crc >> (8 * i));
  return packet;
}

Bytes dccpRequest(const Ends& ends, std::uint32_t number, BytesView payload) {
  Bytes packet;
  ports(packet, ends);
  put8(packet, 5);  // data offset: 20 bytes
  put8(packet, 0);
  put16(packet, 0);
  put8(packet, 1);  // type 0 (request), extended sequence numbers
  put8(packet, 0);
  put16(packet, 0);
  put32(packet, number);
  put32(packet, 42);  // service code
  put(packet, payload);
  set16(packet, 6, internetChecksum(packet, pseudoSum(ends, kDccp, packet.size())));
  return packet;
}

Bytes udpMessage(const Ends& ends, std::uint8_t protocol, BytesView payload) {
  Bytes message;
  ports(message, ends);
  // UDP-Lite has its checksum's coverage in the place of the length; 0 means all.
  put16(message, protocol == kUdp ? 8 + payload.size() : 0);
  put16(message, 0);
  put(message, payload);
  set16(message, 6, notZero(internetChecksum(message, pseudoSum(ends, protocol, message.size()))));
  return message;
}

std::uint8_t icmpOf(const Ends& ends) { return ends.destination.ipv6 ? kIcmpV6 : kIcmp; }

Bytes icmpPacket(const Ends& ends, Bytes message) {
  const std::uint32_t before = ends.destination.ipv6 ? pseudoSum(ends, kIcmpV6, message.size()) : 0;
  set16(message, 2, internetChecksum(message, before));
  return ipPacket(ends, icmpOf(ends), message);
}

Bytes echoMessage(bool ipv6, std::uint16_t identifier, std::uint16_t number, BytesView payload) {
  Bytes message;
  put8(message, ipv6 ? 128 : 8);
  put8(message, 0);
  put16(message, 0);
  put16(message, identifier);
  put16(message, number);
  put(message, payload);
  return message;
}

}  // namespace

void put8(Bytes& bytes, std::uint64_t value) { bytes.push_back(static_cast<std::uint8_t>(value)); }
void put16(Bytes& bytes, std::uint64_t value) {
  put8(bytes, value >> 8U);
  put8(bytes, value);
}
void put32(Bytes& bytes, std::uint64_t value) {
  put16(bytes, value >> 16U);
  put16(bytes, value);
}
void put(Bytes& bytes, BytesView more) { bytes.insert(bytes.end(), more.begin(), more.end()); }

std::uint16_t internetChecksum(BytesView bytes, std::uint32_t sum) {
  for (std::size_t i = 0; i < bytes.size(); ++i)
    sum += static_cast<std::uint32_t>(bytes[i]) << (i % 2 == 0 ? 8U : 0U);
  while (sum >> 16U != 0) sum = (sum & 0xFFFFU) + (sum >> 16U);
  return static_cast<std::uint16_t>(~sum);
}

Bytes ipPacket(const Ends& ends, std::uint8_t protocol, BytesView payload) {
  VAUBAN_CHECK(ends.source.ipv6 == ends.destination.ipv6);
  Bytes packet;
  if (ends.source.ipv6) {
    put32(packet, 0x60000000U);
    put16(packet, payload.size());
    put8(packet, protocol);
    put8(packet, kHops);
  } else {
    put16(packet, 0x4500);
    put16(packet, 20 + payload.size());
    put32(packet, 0x4000);  // do not fragment: then no identification is needed (RFC 6864)
    put8(packet, kHops);
    put8(packet, protocol);
    put16(packet, 0);
  }
  put(packet, view(ends.source));
  put(packet, view(ends.destination));
  if (!ends.source.ipv6) set16(packet, 10, internetChecksum(packet));
  put(packet, payload);
  return packet;
}

Bytes udpPacket(const Ends& ends, BytesView payload) {
  return ipPacket(ends, kUdp, udpMessage(ends, kUdp, payload));
}

Bytes tcpPacket(const Ends& ends, const TcpFields& fields, BytesView payload) {
  Bytes segment;
  ports(segment, ends);
  put32(segment, fields.sequence);
  put32(segment, fields.acknowledgement);
  put8(segment, 0x50);
  put8(segment, (fields.syn ? 0x02U : 0x08U) | (fields.ack ? 0x10U : 0));
  put16(segment, 8192);
  put32(segment, 0);
  put(segment, payload);
  set16(segment, 16, internetChecksum(segment, pseudoSum(ends, kTcp, segment.size())));
  return ipPacket(ends, kTcp, segment);
}

Bytes echoRequest(const Ends& ends, std::uint16_t identifier, std::uint16_t number, BytesView payload) {
  return icmpPacket(ends, echoMessage(ends.destination.ipv6, identifier, number, payload));
}

Bytes icmpErrorPacket(const Ends& ends, const Ends& quoted, std::uint8_t protocol, BytesView behind) {
  Bytes inner;
  if (protocol == kTcp) {
    inner = tcpPacket(quoted, {.ack = true}, behind);
  } else if (protocol == kIcmp || protocol == kIcmpV6) {
    inner = echoRequest(quoted, quoted.sourcePort, 0, behind);
  } else {
    inner = udpPacket(quoted, behind);
  }
  Bytes message;
  put8(message, ends.destination.ipv6 ? 1 : 3);  // destination unreachable
  put8(message, ends.destination.ipv6 ? 4 : 3);  // port
  put16(message, 0);
  put32(message, 0);
  put(message, inner);
  return icmpPacket(ends, std::move(message));
}

Bytes openingPacket(const Ends& ends, std::uint8_t protocol, std::uint32_t number, BytesView payload) {
  switch (protocol) {
    case kUdp:
      return udpPacket(ends, payload);
    case kUdpLite:
      return ipPacket(ends, protocol, udpMessage(ends, protocol, payload));
    case kTcp:
      return tcpPacket(ends, {.sequence = number, .syn = true}, payload);
    case kDccp:
      return ipPacket(ends, protocol, dccpRequest(ends, number, payload));
    case kSctp:
      return ipPacket(ends, protocol, sctpInit(ends, number, payload));
    case kIcmp:
    case kIcmpV6:
      return echoRequest(ends, ends.sourcePort, static_cast<std::uint16_t>(number), payload);
    default:
      return ipPacket(ends, protocol, payload);
  }
}

}  // namespace vauban::lab
