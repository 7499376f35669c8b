// One packet of each sampled kind between every two addresses of the lab: which arrive, held against the
// matrix.
//
// A conversation's opening packet (UDP datagram, SYN, echo request, bare IP) from each machine's own
// addresses to every other machine's; recorders on all machines say which came. This is the evidence for
// claims about reach.
#pragma once

#include <vector>

#include "lab/running_lab.h"

namespace vauban::lab {

struct MatrixCell {
  MachineId from, to;
  os::InternetAddress source, destination;
  space::Service service;  // as sent, with its source port
  bool expected = false, arrived = false;
};

struct PacketMatrix {
  std::vector<MatrixCell> cells;  // by sender, receiver, address, service
  std::string inconclusive;       // why what did not arrive shows nothing; empty: it shows something
  std::size_t left = 0;           // cells not tried, as there were too many
};

// At most 120,000 packets; of pairs that nothing opens a share of the kinds where there are many.
Result<PacketMatrix> probeMatrix(RunningLab& lab, const std::vector<space::Service>& services);

}  // namespace vauban::lab
