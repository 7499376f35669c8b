#include "lab/packet_matrix.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <tuple>

#include "lab/wire_frame.h"
#include "lab/wire_packet.h"

namespace vauban::lab {

using namespace std::chrono_literals;
using os::InternetAddress;
using space::Service;

namespace {

constexpr std::size_t kMostPackets = 120'000;
constexpr std::size_t kShare = 8;
constexpr double kPacketsPerSecond = 40'000;

// What tells a packet on arrival: addresses, protocol, ports; of echo identifier and number in their place.
using Key = std::tuple<InternetAddress, InternetAddress, std::uint8_t, std::uint16_t, std::uint16_t>;

Key keyOf(const FrameView& frame) {
  if (frame.protocol == space::kIcmp || frame.protocol == space::kIcmpV6)
    return {frame.source, frame.destination, frame.protocol,
            frame.message.size() >= 8 ? get16(frame.message, 4) : std::uint16_t{0}, frame.destinationPort};
  return {frame.source, frame.destination, frame.protocol, frame.sourcePort, frame.destinationPort};
}

class Arrivals {
 public:
  void see(const os::RecordedFrame& recorded) {
    if (recorded.outgoing) return;
    const auto frame = readFrame(recorded.bytes);
    if (!frame || frame->fragment) return;
    const std::scoped_lock lock(mutex_);
    seen_.insert(keyOf(*frame));
  }
  bool contains(const Key& key) const {
    const std::scoped_lock lock(mutex_);
    return seen_.contains(key);
  }

 private:
  mutable std::mutex mutex_;
  std::set<Key> seen_;
};

os::Bytes packetOf(const MatrixCell& cell) {
  const Ends ends{cell.source, cell.destination, cell.service.sourcePort, cell.service.destinationPort};
  static constexpr std::uint8_t kText[] = {'v', 'a', 'u', 'b', 'a', 'n', ' ', 'm'};
  switch (cell.service.protocol) {
    case space::kUdp:
      return udpPacket(ends, kText);
    case space::kTcp:
      return tcpPacket(ends, {1, 0, true, false}, {});
    case space::kIcmp:
    case space::kIcmpV6:
      return echoRequest(ends, cell.service.sourcePort, 1, kText);
    default:
      return ipPacket(ends, cell.service.protocol, kText);
  }
}

// What a matrix can be asked for: addresses that have a class.
std::vector<InternetAddress> addressesOf(const LabReach& reach, const Machine& machine) {
  std::vector<InternetAddress> result;
  for (const bool ipv6 : {false, true})
    for (const InternetAddress& address : reach.distinct(machine, ipv6))
      if (reach.classOf(address)) result.push_back(address);
  return result;
}

// Where a packet with this source leaves a machine, and to whose interface.
class Hops {
 public:
  explicit Hops(RunningLab& lab) : lab_(lab) {}

  struct Hop {
    std::string interface;
    std::optional<os::MacAddress> mac;  // none: by the machine's own routes
  };
  // nullopt: from that leg there is no way.
  std::optional<Hop> next(MachineId from, const InternetAddress& source, const InternetAddress& destination) {
    const LabPlan& plan = lab_.plan();
    const Machine& machine = plan.at(from);
    const MachineId to = plan.holder(destination);
    for (const Leg& leg : machine.legs) {
      if (std::ranges::find(leg.addresses, source) == leg.addresses.end()) continue;
      const auto& zone = plan.zoneAddresses[leg.zone.index()];
      const bool neighbour = std::ranges::find(zone, destination) != zone.end();
      if (machine.legs.size() == 1 && neighbour) return Hop{};
      // A neighbour takes what is meant for his address elsewhere.
      for (const Leg& other : plan.at(to).legs)
        if (other.zone == leg.zone && !plan.model.at(leg.zone).isolated)
          return Hop{leg.interface, macOf(lab_.nodes().of(to), other.interface)};
      if (machine.legs.size() == 1) return Hop{};
      for (const Leg& other : plan.at(to).legs) {
        if (std::ranges::find(other.addresses, destination) == other.addresses.end()) continue;
        const auto router = lab_.ways().firstRouter(leg.zone, other.zone);
        if (!router) return std::nullopt;
        return Hop{leg.interface,
                   macOf(lab_.nodes().routers[*router], plan.routers[*router].side(leg.zone)->interface)};
      }
    }
    return std::nullopt;
  }

 private:
  std::optional<os::MacAddress> macOf(os::NodeId node, const std::string& interface) {
    const auto [at, fresh] = known_.try_emplace({node, interface});
    if (!fresh) return at->second;
    if (const auto states = lab_.testbed().interfaces(node))
      for (const os::InterfaceState& state : *states)
        if (state.name == interface) at->second = state.mac;
    return at->second;
  }

  RunningLab& lab_;
  std::map<std::pair<os::NodeId, std::string>, std::optional<os::MacAddress>> known_;
};

}  // namespace

Result<PacketMatrix> probeMatrix(RunningLab& lab, const std::vector<Service>& services) {
  const LabPlan& plan = lab.plan();
  PacketMatrix matrix;
  Arrivals arrivals;
  std::vector<std::unique_ptr<os::PacketRecorder>> recorders;
  for (std::size_t m = 0; m < plan.machines.size(); ++m) {
    for (const Leg& leg : plan.machines[m].legs) {
      os::RecorderSpec spec(leg.interface);
      spec.incomingOnly = true;
      spec.each = [&arrivals](const os::RecordedFrame& frame) { arrivals.see(frame); };
      auto recorder = lab.testbed().record(lab.nodes().machines[m], spec);
      if (!recorder) return std::unexpected(recorder.error());
      recorders.push_back(std::move(*recorder));
    }
  }
  std::vector<std::vector<InternetAddress>> addresses;
  for (const Machine& machine : plan.machines)
    addresses.push_back(machine.kind == Machine::Kind::world ? std::vector<InternetAddress>()
                                                             : addressesOf(lab.reach(), machine));

  std::size_t pairs = 0;
  for (std::size_t a = 0; a < addresses.size(); ++a)
    for (std::size_t b = 0; b < addresses.size(); ++b)
      if (a != b) pairs += addresses[a].size() * addresses[b].size();
  const bool sparse = pairs * services.size() > kMostPackets;

  // What a machine with several legs sends leaves by the leg whose address it bears.
  std::map<std::tuple<std::size_t, std::string, std::optional<os::MacAddress>>, os::RawTraffic> traffic;
  Hops hops(lab);
  std::vector<Key> keys;
  for (std::size_t a = 0; a < plan.machines.size(); ++a) {
    std::uint16_t port = 30'000;  // a packet of each sender has its own
    for (std::size_t b = 0; b < plan.machines.size(); ++b) {
      if (a == b) continue;
      for (const InternetAddress& source : addresses[a]) {
        for (const InternetAddress& destination : addresses[b]) {
          if (source.ipv6 != destination.ipv6) continue;
          const space::ServiceSet opens = lab.reach().opens(source, destination);
          for (std::size_t kind = 0; kind < services.size(); ++kind) {
            Service service = services[kind];
            if (service.protocol == (source.ipv6 ? space::kIcmp : space::kIcmpV6)) continue;
            // Between pairs that nothing opens a share is enough: another one for each pair.
            if (sparse && opens.empty() && (a + b + kind) % kShare != 0) {
              ++matrix.left;
              continue;
            }
            if (keys.size() == kMostPackets) {
              ++matrix.left;
              continue;
            }
            const bool echo = space::hasIcmpType(service.protocol);
            if (service.sourcePort == 0 && (space::hasPorts(service.protocol) || echo))
              service.sourcePort = port = port == 60'000 ? 30'001 : static_cast<std::uint16_t>(port + 1);
            MatrixCell cell{MachineId(a), MachineId(b), source, destination, service, false, false};
            cell.expected =
                opens.contains(echo ? Service{service.protocol, 0, service.destinationPort} : service);
            const auto hop = hops.next(MachineId(a), source, destination);
            if (!hop) continue;
            traffic[{a, hop->interface, hop->mac}].packets.push_back(packetOf(cell));
            keys.emplace_back(source, destination, service.protocol, service.sourcePort,
                              service.destinationPort);
            matrix.cells.push_back(cell);
          }
        }
      }
    }
  }
  for (auto& [key, packets] : traffic) {
    const auto& [a, interface, mac] = key;
    packets.perSecond = kPacketsPerSecond;
    if (mac) {
      packets.kind = os::RawTraffic::Kind::packetsOnWire;
      packets.interface = interface;
      packets.nextHop = mac;
    }
    auto sent = lab.testbed().send(lab.nodes().machines[a], packets);
    if (!sent) return std::unexpected(sent.error());
    if (!sent->complete())
      matrix.inconclusive = fmt::format("{} could not send: {}", plan.machines[a].node, sent->refusal);
  }
  for (auto& recorder : recorders) {
    const os::RecorderReport report = recorder->stop(60ms, 3000ms);
    if (!report.complete()) matrix.inconclusive = "a recorder was no witness: " + report.toString();
  }
  for (std::size_t i = 0; i < keys.size(); ++i) matrix.cells[i].arrived = arrivals.contains(keys[i]);
  return matrix;
}

}  // namespace vauban::lab
