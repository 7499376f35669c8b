// Programs of the lab, for real: each in a PID namespace of its own together with all that it starts, in a
// mount namespace of its own, and in the network namespace of its node.
//
// A daemon that forks twice and makes a session of its own leaves its parent, its group and its session, not
// its PID namespace: killing that namespace's PID 1 kills it, and the kernel says when the last one is gone.
// If the runner itself dies, the PID namespace around all of them dies with it (`os/confinement.h`); no death
// signal of each process is needed, which would also come when a mere thread of the runner ends.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "os/net_namespace.h"
#include "os/process.h"

namespace vauban::os {

// Where a program is started. Borrowed for the call.
struct ProcessPlace {
  const NetNamespace& network;
  std::string labFolder;  // on a tmpfs of the lab; logs without a name and overrides are kept there
  std::vector<std::string> labRoots;  // where the tmpfs of the lab are mounted: programs may write there
  bool userNamespace = false;         // we are in one with a single user
};

// Returns once the program runs, or says what stood in its way. From any thread; the process that comes back
// is for one thread at a time.
Result<std::unique_ptr<Process>> startProcess(const ProcessPlace& place, const ProcessSpec& spec);

}  // namespace vauban::os
