// The first moments of a program in the lab, between fork and exec: what the child does, and how it says what
// failed.
//
// The child is a fork of a process with threads, so it must not allocate, lock or print: all strings are made
// before, and everything here is system calls. It becomes PID 1 of the PID namespace of its tree, makes the
// view of the machine that the program gets, starts the program as its child, tells how that ended, and stays
// until nothing of the tree is left.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string_view>

namespace vauban::os {

// Borrowed pointers throughout: they outlive the call of fork. Lists end in a null pointer.
struct Birth {
  const char* program = nullptr;  // an absolute path
  char* const* arguments = nullptr;
  char* const* environment = nullptr;
  const char* folder = nullptr;
  const char* hostname = nullptr;  // null: the machine's
  int network = -1;                // the network namespace
  int input = -1;
  int output = -1;
  int link = -1;    // a socket; see `BirthWord`
  int report = -1;  // a pipe; closed without a word once the program runs, else a `BirthFailure`

  const char* const* writable = nullptr;
  const char* const* scratch = nullptr;
  const char* const* overrideSources = nullptr;
  const char* const* overrideTargets = nullptr;

  bool changeUser = false;
  bool mapUser = false;  // by a user namespace of its own: where we are, one user is all there is
  uid_t user = 0;
  gid_t group = 0;
  const gid_t* groups = nullptr;
  std::size_t groupCount = 0;
  const char* userMap = nullptr;  // for /proc/self/uid_map
  const char* groupMap = nullptr;
};

// The step that failed, which of its list, and errno.
struct BirthFailure {
  enum class Step : int {
    network,
    hostname,
    mounts,
    readOnly,
    writable,
    scratch,
    override_,
    fork,
    session,
    outputs,
    folder,
    user,
    exec
  };
  Step step = Step::exec;
  int item = 0;
  int error = 0;
};

std::string_view describe(BirthFailure::Step step);

// What comes through the link. The sender's PID is in the credentials of the first one (unix(7),
// SO_PASSCRED), translated by the kernel to the numbers of the receiver.
struct BirthWord {
  enum class Kind : int { born, ended };
  Kind kind = Kind::born;
  int status = 0;  // of waitpid
};

// Runs in the child of a fork into a new PID namespace.
[[noreturn]] void beBorn(const Birth& birth);

}  // namespace vauban::os
