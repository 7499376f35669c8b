#include "lab/live_flow.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <thread>

#include "lab/wire_packet.h"

namespace vauban::lab {

using namespace std::chrono_literals;

namespace {

Result<os::FileDescriptor> openStream(os::Testbed& testbed, os::NodeId opener, const Ends& ends,
                                      LiveFlow& flow, bool heOpens) {
  auto socket = testbed.socket(opener, ends.source.family(), SOCK_STREAM, 0);
  if (!socket) return socket;
  const int on = 1;
  setsockopt(socket->get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const timeval patience{1, 0};
  setsockopt(socket->get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  const os::SocketAddress own(ends.source, ends.sourcePort), other(ends.destination, ends.destinationPort);
  if (bind(socket->get(), own.get(), own.length) != 0 ||
      connect(socket->get(), other.get(), other.length) != 0)
    return failure({Severity::error, {"lab", 0, 0}, 0, "no conversation could be opened", "", ""});
  // tcp(7), TCP_REPAIR: what comes next in either direction.
  bool known = true;
  auto next = [&](int queue) {
    std::uint32_t number = 0;
    socklen_t length = sizeof number;
    const bool told = setsockopt(socket->get(), IPPROTO_TCP, TCP_REPAIR_QUEUE, &queue, sizeof queue) == 0 &&
                      getsockopt(socket->get(), IPPROTO_TCP, TCP_QUEUE_SEQ, &number, &length) == 0;
    known = known && told;
    return number;
  };
  const int repair = 1, normal = -1;
  known = setsockopt(socket->get(), IPPROTO_TCP, TCP_REPAIR, &repair, sizeof repair) == 0;
  if (known) {
    const std::uint32_t sends = next(2), receives = next(1);
    flow.outerNext = heOpens ? sends : receives;
    flow.innerNext = heOpens ? receives : sends;
    setsockopt(socket->get(), IPPROTO_TCP, TCP_REPAIR, &normal, sizeof normal);
  }
  if (!known)
    return failure({Severity::error, {"lab", 0, 0}, 0, "the numbers of a conversation are not told", "", ""});
  return socket;
}

}  // namespace

Result<os::FileDescriptor> openFlow(RunningLab& lab, Attempt& attempt) {
  LiveFlow& flow = *attempt.probe.flow;
  const bool heOpens = attempt.flow->first == attempt.to;
  const os::NodeId opener = lab.nodes().of(attempt.flow->first);
  const auto& source = heOpens ? flow.outer : flow.inner;
  const auto& destination = heOpens ? flow.inner : flow.outer;
  const std::uint16_t from = heOpens ? flow.outerPort : flow.innerPort,
                      to = heOpens ? flow.innerPort : flow.outerPort;
  if (flow.protocol == space::kTcp)
    return openStream(lab.testbed(), opener, {source, destination, from, to}, flow, heOpens);
  // By hand, as his port may be one that a server of his holds.
  static constexpr std::uint8_t kText[] = {'f', 'l', 'o', 'w'};
  os::RawTraffic traffic;
  traffic.packets.push_back(udpPacket({source, destination, from, to}, kText));
  const auto sent = lab.testbed().send(opener, traffic);
  if (!sent) return std::unexpected(sent.error());
  std::this_thread::sleep_for(20ms);
  return os::FileDescriptor();
}

}  // namespace vauban::lab
