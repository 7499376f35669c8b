// Clients that read what a held machine answers them, or has left in a store, and may carry it to what they
// write (semantics 4: a host with `services: {}` that does not say `client: isolated`).
#pragma once

#include <set>
#include <vector>

#include "lab/packet_matrix.h"

namespace vauban::lab {

struct Carry {
  MachineId from, by;
  // With which it can ask, as the matrix showed; of a store, with which the bytes got there and it asked.
  space::ServiceSet packets;
  std::size_t bytes = 0;           // that it read
  std::vector<MachineId> between;  // the store, and relays on the way
};

// For each held machine each client that can reach its listener, or reads a store that it can write to, as
// real conversations show. Of more than eight held machines: none.
std::vector<Carry> tryCarries(RunningLab& lab, const PacketMatrix& matrix, const std::set<MachineId>& held);

}  // namespace vauban::lab
