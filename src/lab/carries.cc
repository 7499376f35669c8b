#include "lab/carries.h"

#include <sys/socket.h>

#include <algorithm>

#include "lab/attempt_maker.h"
#include "lab/claim_places.h"

namespace vauban::lab {

namespace {

constexpr std::size_t kMostHeld = 8;

// The reader connects to a listener of the held machine, as the cell's packet did, and reads what it is
// given.
std::size_t read(RunningLab& lab, const MatrixCell& cell) {
  const auto listener =
      lab.testbed().socket(lab.nodes().of(cell.to), cell.destination.family(), SOCK_STREAM, 0);
  const auto reader = lab.testbed().socket(lab.nodes().of(cell.from), cell.source.family(), SOCK_STREAM, 0);
  if (!listener || !reader) return 0;
  const int on = 1;
  setsockopt(listener->get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const os::SocketAddress at(cell.destination, cell.service.destinationPort), own(cell.source, 0);
  timeval patience{1, 0};
  for (const auto* socket : {&*listener, &*reader}) {
    setsockopt(socket->get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    setsockopt(socket->get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  if (bind(listener->get(), at.get(), at.length) != 0 || listen(listener->get(), 1) != 0 ||
      bind(reader->get(), own.get(), own.length) != 0 || connect(reader->get(), at.get(), at.length) != 0)
    return 0;
  const os::FileDescriptor accepted(accept(listener->get(), nullptr, nullptr));
  if (!accepted.valid()) return 0;
  const Payload payload(0, 1024, 1024);
  if (send(accepted.get(), payload.bytes().data(), payload.size(), MSG_NOSIGNAL) < 0) return 0;
  std::vector<std::uint8_t> block(payload.size());
  const ssize_t size = recv(reader->get(), block.data(), block.size(), MSG_WAITALL);
  return size > 0 && std::ranges::equal(block, payload.bytes()) ? static_cast<std::size_t>(size) : 0;
}

space::ServiceSet portOf(std::uint16_t number) {
  return space::ServiceSet::ports(space::kTcp, {number, number});
}

// The held machine leaves something, the reader fetches it.
std::size_t readFromStore(RunningLab& lab, Attempt& attempt) {
  constexpr std::chrono::milliseconds kMost{5000};
  attempt.probe.bytes = 1024;
  const Payload payload(0, attempt.probe.bytes, chunkBytesFor(attempt.probe.carrier));
  const Result<Sent> sent = sendProbe(lab.testbed(), attempt.probe, payload, kMost);
  return sent ? sent->bytes : 0;
}

}  // namespace

std::vector<Carry> tryCarries(RunningLab& lab, const PacketMatrix& matrix, const std::set<MachineId>& held) {
  std::vector<Carry> carries;
  const LabPlan& plan = lab.plan();
  if (held.size() > kMostHeld) return carries;
  for (const MachineId from : held) {
    for (std::size_t m = 0; m < plan.machines.size(); ++m) {
      const Machine& reader = plan.machines[m];
      if (!reader.host || reader.adversary || MachineId(m) == from) continue;
      const model::Host& host = plan.model.at(*reader.host);
      // A host with services runs those and nothing else.
      if (host.clientIsolated || !host.servicesStated || !host.services.empty()) continue;
      for (Attempt& attempt : storeAttempts(lab, from, MachineId(m))) {
        Carry carry{from, MachineId(m), attempt.opener, readFromStore(lab, attempt), {}};
        if (carry.bytes == 0) continue;
        carry.packets |= portOf(attempt.probe.fetch->port);
        carry.between.assign(attempt.path.begin() + 1, attempt.path.end() - 1);
        carries.push_back(std::move(carry));
      }
      Carry carry{from, MachineId(m), {}, 0, {}};
      const MatrixCell* best = nullptr;
      for (const MatrixCell& cell : matrix.cells) {
        if (!cell.arrived || cell.from != MachineId(m) || cell.to != from) continue;
        carry.packets |= kindOf(cell.service);
        if (cell.service.protocol == space::kTcp && best == nullptr) best = &cell;
      }
      if (best == nullptr) continue;
      carry.bytes = read(lab, *best);
      if (carry.bytes > 0) carries.push_back(carry);
    }
  }
  return carries;
}

}  // namespace vauban::lab
