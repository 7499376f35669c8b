#include <fmt/format.h>
#include <poll.h>

#include <cerrno>

#include "lab/probe_kinds.h"
#include "lab/wire_dns.h"
#include "lab/wire_packet.h"
#include "os/system_failure.h"
#include "space/service_set.h"

namespace vauban::lab {
namespace {

using os::Bytes;

constexpr std::uint16_t kNtp = 123, kDns = 53, kAnyPort = 40000, kFirstPort = 20000, kPorts = 20000;

// A client's request (RFC 5905 section 7.3), version 4, with the chunk as its transmit timestamp; or, with
// one, in an extension field of its own type behind it (RFC 7822), which says how long it is.
Bytes ntpRequest(BytesView chunk, bool extension) {
  Bytes packet = {0x23, 0, 6, 0xEC};
  packet.resize(40, 0);
  if (!extension) {
    put(packet, chunk);
    packet.resize(48, 0);
    return packet;
  }
  put32(packet, 0xE0000000U);
  put32(packet, 1);
  constexpr std::size_t kLeast = 28, kBefore = 6;
  const std::size_t length = std::max(kLeast, (kBefore + chunk.size() + 3) / 4 * 4);
  put16(packet, 0x5043);
  put16(packet, length);
  put16(packet, chunk.size());
  put(packet, chunk);
  packet.resize(48 + length, 0);
  return packet;
}

std::uint32_t numberOf(BytesView chunk) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; ++i) number = number << 8U | (i < chunk.size() ? chunk[i] : 0U);
  return number;
}

// Where the packets go, without the source port that varies.
Ends endsOf(const ProbeRun& run) {
  const Probe& probe = run.probe;
  Ends ends{probe.source, probe.to, probe.sourcePort, probe.port};
  const auto usual = [&](std::uint16_t source, std::uint16_t destination) {
    if (ends.sourcePort == 0) ends.sourcePort = source;
    if (ends.destinationPort == 0) ends.destinationPort = destination;
  };
  switch (probe.carrier) {
    case Carrier::ntpTimestamp:
    case Carrier::ntpExtension:
      usual(kAnyPort, kNtp);
      break;
    case Carrier::originTimestamp:
      usual(kNtp, kNtp);
      break;
    case Carrier::queryName:
      usual(kAnyPort, kDns);
      break;
    case Carrier::dnsReflection:
      usual(kDns, kDns);
      break;
    case Carrier::icmpError:
      ends.destination = probe.flow->outer;
      break;
    case Carrier::forgedReply:
      ends = {probe.flow->inner, probe.flow->outer, probe.flow->innerPort, probe.flow->outerPort};
      break;
    default:
      usual(kAnyPort, 0);
  }
  return ends;
}

Result<Bytes> packetOf(const ProbeRun& run, Ends ends, std::size_t index) {
  const Probe& probe = run.probe;
  const BytesView chunk = run.payload.chunk(index);
  const auto number = static_cast<std::uint16_t>(index);
  switch (probe.carrier) {
    case Carrier::echo:
    case Carrier::echoReply:
      return echoRequest(ends, ends.sourcePort, number, chunk);
    case Carrier::icmpError: {
      const LiveFlow& flow = *probe.flow;
      return icmpErrorPacket(ends, {flow.outer, flow.inner, flow.outerPort, flow.innerPort}, flow.protocol,
                             chunk);
    }
    case Carrier::forgedReply:
      if (probe.flow->protocol == space::kTcp) {
        // As if the inner end went on: filters hold the numbers against what they have seen.
        std::uint32_t before = 0;
        for (std::size_t i = 0; i < index; ++i)
          before += static_cast<std::uint32_t>(run.payload.chunk(i).size());
        return tcpPacket(ends,
                         {.sequence = probe.flow->innerNext + before,
                          .acknowledgement = probe.flow->outerNext,
                          .ack = true},
                         chunk);
      }
      return openingPacket(ends, probe.flow->protocol, number, chunk);
    case Carrier::ntpTimestamp:
    case Carrier::originTimestamp:
      return udpPacket(ends, ntpRequest(chunk, false));
    case Carrier::ntpExtension:
      return udpPacket(ends, ntpRequest(chunk, true));
    case Carrier::queryName:
    case Carrier::dnsReflection: {
      const Result<std::string> name = nameOfChunk(run, index);
      if (!name) return std::unexpected(name.error());
      return udpPacket(ends, dnsQuestion(number, *name, kDnsA));
    }
    case Carrier::synAck:
      // A connection that is half open keeps its first number, so each has a port of its own.
      if (probe.sourcePort == 0) ends.sourcePort = static_cast<std::uint16_t>(kFirstPort + index % kPorts);
      return tcpPacket(ends, {.sequence = numberOf(chunk), .syn = true}, {});
    default:
      return openingPacket(ends, probe.protocol, static_cast<std::uint32_t>(index), chunk);
  }
}

// Until no answer has come for a while: one that came to a closed port would be quoted in an ICMP error,
// which is a channel, but not the one that is tried.
void awaitLastAnswers(const ProbeRun& run, const os::FileDescriptor& socket) {
  constexpr int kQuiet = 60, kMost = 500;
  const auto end = ProbeClock::now() + run.atMost(kMost);
  std::uint8_t block[2048];
  for (pollfd waiting{socket.get(), POLLIN, 0}; ProbeClock::now() < end && poll(&waiting, 1, kQuiet) == 1;) {
    while (recv(socket.get(), block, sizeof block, MSG_DONTWAIT) >= 0) {
    }
  }
}

}  // namespace

Result<Sent> sendPackets(const ProbeRun& run) {
  const Probe& probe = run.probe;
  Ends ends = endsOf(run);
  // While packets bear an address of the sender, somebody has to be there for the answers: its kernel would
  // tell relays on the way that the port is unreachable.
  os::FileDescriptor holder;
  const bool own = !isReflection(probe.carrier) && (!probe.forged || probe.neighbour);
  if (own && probe.carrier != Carrier::icmpError && probe.carrier != Carrier::forgedReply) {
    Result<os::FileDescriptor> socket = run.testbed.socket(probe.from, probe.source.family(), SOCK_DGRAM, 0);
    if (!socket) return std::unexpected(std::move(socket.error()));
    holder = std::move(*socket);
    const os::SocketAddress wanted(probe.source, probe.sourcePort);
    if (bind(holder.get(), wanted.get(), wanted.length) != 0) {
      return os::systemFailure(
          fmt::format("binding to {} port {}", probe.source.toString(), probe.sourcePort), errno);
    }
    sockaddr_storage bound{};
    socklen_t length = sizeof bound;
    getsockname(holder.get(), reinterpret_cast<sockaddr*>(&bound), &length);
    // The port is at the same place in both families.
    ends.sourcePort = ntohs(reinterpret_cast<const sockaddr_in*>(&bound)->sin_port);
  }
  os::RawTraffic traffic;
  traffic.perSecond = run.perSecond();
  traffic.atMost = run.left();
  for (std::size_t i = 0; i < run.payload.chunkCount(); ++i) {
    Result<Bytes> packet = packetOf(run, ends, i);
    if (!packet) return std::unexpected(std::move(packet.error()));
    // Time to live and hop limit; the kernel sums up IPv4 headers again.
    if (probe.hopLimit != 0) (*packet)[probe.source.ipv6 ? 7 : 8] = probe.hopLimit;
    traffic.packets.push_back(std::move(*packet));
  }
  const Result<os::SendReport> report = run.testbed.send(probe.from, traffic);
  if (!report) return std::unexpected(report.error());
  if (holder.valid()) awaitLastAnswers(run, holder);
  Sent sent;
  sent.note = report->refusal;
  if (report->unsent > 0) sent.note += fmt::format("{} packets out of time", report->unsent);
  // Of those refused it is not known which they were: all are of one length, or one byte less.
  for (std::size_t i = 0; i < report->sent; ++i) sent.bytes += run.payload.chunk(i).size();
  return sent;
}

}  // namespace vauban::lab
