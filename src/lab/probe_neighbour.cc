#include "lab/probe_neighbour.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <mutex>

#include "lab/wire_frame.h"
#include "lab/wire_packet.h"
#include "os/system_failure.h"
#include "space/service_set.h"

namespace vauban::lab {
namespace {

using os::Bytes;
using std::chrono::milliseconds;

constexpr milliseconds kEvery(50);

Bytes ethernet(const os::MacAddress& to, const os::MacAddress& from, std::uint16_t type, BytesView content) {
  Bytes frame;
  put(frame, to.bytes);
  put(frame, from.bytes);
  put16(frame, type);
  put(frame, content);
  return frame;
}

// The frames say that `mac` has the address, and are `sender`'s own: a switch shall not look for `mac` at its
// port.
Bytes arp(const os::MacAddress& sender, const os::MacAddress& mac, const os::InternetAddress& address,
          bool reply) {
  const os::MacAddress everybody{{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}};
  const BytesView own(address.bytes.data(), address.size());
  Bytes message = {0, 1, 8, 0, 6, 4, 0, static_cast<std::uint8_t>(reply ? 2 : 1)};
  put(message, mac.bytes);
  put(message, own);
  put(message, reply ? everybody.bytes : os::MacAddress{}.bytes);
  put(message, own);
  return ethernet(everybody, sender, 0x0806, message);
}

Bytes advertisement(const os::MacAddress& sender, const os::MacAddress& mac,
                    const os::InternetAddress& address) {
  Ends ends;
  ends.source = address;
  ends.destination = *os::InternetAddress::parse("ff02::1");
  Bytes message = {136, 0, 0, 0, 0x20, 0, 0, 0};  // override
  put(message, address.bytes);
  put8(message, 2);  // the target's link-layer address
  put8(message, 1);
  put(message, mac.bytes);
  Bytes summed;
  put(summed, ends.source.bytes);
  put(summed, ends.destination.bytes);
  put32(summed, message.size());
  put32(summed, space::kIcmpV6);
  put(summed, message);
  const std::uint16_t checksum = internetChecksum(summed);
  message[2] = static_cast<std::uint8_t>(checksum >> 8U);
  message[3] = static_cast<std::uint8_t>(checksum);
  Bytes packet = ipPacket(ends, space::kIcmpV6, message);
  packet[7] = 255;  // else it came from afar, and is not believed
  return ethernet({{0x33, 0x33, 0, 0, 0, 1}}, sender, 0x86DD, packet);
}

}  // namespace

Result<std::optional<os::MacAddress>> TakenAddress::learnHolder() const {
  const os::InternetAddress address = change_.address.address;
  std::mutex mutex;
  std::optional<os::MacAddress> found;
  os::RecorderSpec spec(change_.interface);
  spec.each = [&](const os::RecordedFrame& frame) {
    const std::optional<FrameView> view = readFrame(frame.bytes);
    if (!frame.outgoing || !view || view->destination != address || view->protocol != space::kUdp) return;
    const std::lock_guard lock(mutex);
    found.emplace();
    std::copy_n(frame.bytes.begin(), found->bytes.size(), found->bytes.begin());
  };
  const Result<std::unique_ptr<os::PacketRecorder>> recorder = testbed_.record(change_.node, spec);
  if (!recorder) return std::unexpected(recorder.error());
  const Result<os::FileDescriptor> socket = testbed_.socket(change_.node, address.family(), SOCK_DGRAM, 0);
  if (!socket) return std::unexpected(socket.error());
  constexpr std::uint16_t kDiscard = 9;
  const os::SocketAddress there(address, kDiscard);
  const char byte = 0;
  // Nobody there, or no way there: then there is nobody to give it back to.
  if (sendto(socket->get(), &byte, 1, 0, there.get(), there.length) == 1) {
    for (int i = 0; i < 40; ++i) {
      std::this_thread::sleep_for(milliseconds(5));
      const std::lock_guard lock(mutex);
      if (found) break;
    }
  }
  (*recorder)->stop(milliseconds(0), milliseconds(100));
  return found;
}

os::RawTraffic TakenAddress::announcement(const os::MacAddress& holder) const {
  const os::InternetAddress& address = change_.address.address;
  os::RawTraffic traffic;
  traffic.kind = os::RawTraffic::Kind::framesOnWire;
  traffic.interface = change_.interface;
  if (address.ipv6) {
    traffic.packets = {advertisement(own_, holder, address)};
  } else {
    traffic.packets = {arp(own_, holder, address, false), arp(own_, holder, address, true)};
  }
  return traffic;
}

Result<std::unique_ptr<TakenAddress>> TakenAddress::take(os::Testbed& testbed, os::NodeId node,
                                                         const std::string& interface,
                                                         const os::InternetAddress& address) {
  const Result<std::vector<os::InterfaceState>> states = testbed.interfaces(node);
  if (!states) return std::unexpected(states.error());
  const auto state = std::find_if(states->begin(), states->end(),
                                  [&](const os::InterfaceState& each) { return each.name == interface; });
  if (state == states->end()) {
    return os::labFailure(fmt::format("taking over {}: node {} has no interface \"{}\"", address.toString(),
                                      testbed.nodeName(node), interface));
  }
  os::AddressChange change;
  change.node = node;
  change.interface = interface;
  change.address = {address, static_cast<std::uint8_t>(address.ipv6 ? 128 : 32)};
  std::unique_ptr<TakenAddress> taken(new TakenAddress(testbed, change));
  taken->given_ = true;  // until it is taken
  taken->own_ = state->mac;
  Result<std::optional<os::MacAddress>> holder = taken->learnHolder();
  if (!holder) return std::unexpected(std::move(holder.error()));
  taken->neighbour_ = *holder;
  if (Result<void> added = testbed.apply({change}); !added) return std::unexpected(std::move(added.error()));
  taken->given_ = false;
  const os::RawTraffic traffic = taken->announcement(taken->own_);
  for (int i = 0; i < 2; ++i) {
    if (Result<os::SendReport> sent = testbed.send(node, traffic); !sent)
      return std::unexpected(std::move(sent.error()));
  }
  taken->announcer_ = std::thread([&testbed, node, traffic, stop = &taken->stop_] {
    while (!stop->load()) {
      std::this_thread::sleep_for(kEvery);
      if (!testbed.send(node, traffic)) return;
    }
  });
  return taken;
}

Result<void> TakenAddress::giveBack() {
  if (given_) return {};
  given_ = true;
  stop_ = true;
  if (announcer_.joinable()) announcer_.join();
  change_.change = os::Change::remove;
  if (Result<void> removed = testbed_.apply({change_}); !removed) return removed;
  if (!neighbour_) return {};
  const os::RawTraffic traffic = announcement(*neighbour_);
  for (int i = 0; i < 2; ++i) {
    if (Result<os::SendReport> sent = testbed_.send(change_.node, traffic); !sent)
      return std::unexpected(std::move(sent.error()));
  }
  return {};
}

TakenAddress::~TakenAddress() {
  // A failure is told by who calls `giveBack`; here the lab is going down anyway.
  static_cast<void>(giveBack());
}

}  // namespace vauban::lab
