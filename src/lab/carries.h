// Clients that read what a held machine answers them, and may carry it to what they write (semantics 4: a
// host with `services: {}` that does not say `client: isolated`).
#pragma once

#include <set>
#include <vector>

#include "lab/packet_matrix.h"

namespace vauban::lab {

struct Carry {
  MachineId from, by;
  space::ServiceSet packets;  // with which it can ask, as the matrix showed
  std::size_t bytes = 0;      // that it read
};

// One client for each held machine whose listener it can reach, as a real conversation shows. Of more than
// eight held machines: none.
std::vector<Carry> tryCarries(RunningLab& lab, const PacketMatrix& matrix, const std::set<MachineId>& held);

}  // namespace vauban::lab
