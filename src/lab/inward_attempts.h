// What is tried to bring bytes from a machine, the adversary's or a held one, to code that waits on a machine
// of ours (semantics 5): it may listen, open conversations of its own to fetch, ask resolvers, proxies and
// stores.
//
// As in attempts.h: from the plan and the verifier's view of who may talk to whom, never from its verdicts.
#pragma once

#include <vector>

#include "lab/attempts.h"

namespace vauban::lab {

// `to`: a machine of ours. What is fetched from a machine on which his code is (`RunningLab::adversary`)
// wants an offer of his (`Probe::offer`) before it is sent: all of httpAnswer and queryAnswer there.
std::vector<Attempt> attemptsInto(RunningLab& lab, MachineId from, MachineId to,
                                  const std::vector<space::Service>& services);

}  // namespace vauban::lab
