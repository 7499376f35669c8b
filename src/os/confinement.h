// A world of its own for a lab: a function that runs in new network, mount, PID, IPC and UTS namespaces, as
// root or, where the caller is not root, in a new user namespace.
//
// Three processes: the caller, who waits; a watcher; and the confined one, which is PID 1 of its PID
// namespace. Each is sent SIGKILL by the kernel when the one before it dies, and with PID 1 the kernel kills
// every process of the namespace, whatever sessions they made or how often they forked. So nothing outlives
// the caller, not even when he is killed by SIGKILL in the middle of anything. What else there is hangs on
// those processes: network namespaces on their descriptors, files on a tmpfs that only they see.
//
// Inside: no interface but `lo`, which is down; /run and /dev/shm are empty tmpfs (so no socket of a daemon
// of the machine is in reach); /proc shows the processes of the lab. All other files are the machine's, and
// writable as the user may: `os/process.h` says what of them programs started there may touch. PID 1 ignores
// signals without a handler; Ctrl-C ends the caller and so everything.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/result.h"

namespace vauban::os {

struct ConfinementOptions {
  std::uint64_t folderBytes = std::uint64_t{2} << 30U;  // most that the files of the lab may take, in memory
  bool userNamespace = false;                           // make one even where the caller is root
};

// What the confined function is told. A value.
struct Confinement {
  std::string folder;          // the lab's own: empty, writable, gone with the last process
  bool userNamespace = false;  // root only here: one user is mapped, the caller
  int outerPid = 0;            // the number of this process for those outside
  bool ownProc = false;        // /proc shows this PID namespace; not possible inside some containers
};

// Runs `work` there and returns its exit code (0..255; 128 + N if signal N ended it) once every process of
// the namespace is gone. May be called while the process has other threads: `work` runs in a fork, in which
// they are not. It must not throw. The failure is of the set-up, or that somebody killed the watcher.
Result<int> runConfined(const ConfinementOptions& options,
                        const std::function<int(const Confinement&)>& work);

// Why a user namespace cannot be made, as far as the settings of the kernel tell: a clause such as "user
// namespaces are switched off (user.max_user_namespaces=0)".
std::string whyNoUserNamespace(int error);

}  // namespace vauban::os
