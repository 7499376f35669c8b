// A program that runs on a node of the lab, with everything it starts, behind an interface. The real one is
// made by `os/process_tree.h`, the fake by `os/fake_testbed.h`.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "os/file_descriptor.h"

namespace vauban::os {

// How a program ended. A value.
struct ExitStatus {
  int code = 0;    // 0..255
  int signal = 0;  // the signal that ended it, else 0

  bool success() const { return code == 0 && signal == 0; }
  bool operator==(const ExitStatus&) const = default;
  std::string toString() const;  // "exit code 1", "signal 9 (Killed)"
};

// What to start and what it sees. The file tree is the machine's, read-only, but for the lab's folder, /run,
// /dev/shm and the folders named here: a program cannot leave anything behind, and what it cannot do without
// has to be named. Root lacks the powers to change that, to set the clock, to load modules and the like; its
// network is its own.
struct ProcessSpec {
  ProcessSpec() = default;
  explicit ProcessSpec(std::vector<std::string> argv) : arguments(std::move(argv)) {}

  // argv[0] without a slash is looked for in /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin.
  std::vector<std::string> arguments;
  // "NAME=value"; nothing of the runner's own environment comes through. PATH, LANG=C.UTF-8 and HOME=/ are
  // there unless named.
  std::vector<std::string> environment;
  std::string folder = "/";  // where it starts
  std::string user;          // name or number; empty: root. See `Testbed::start` for user namespaces
  std::string hostname;      // empty: the machine's

  // Folders that are empty and writable (tmpfs, mode 1777); they must exist on the machine.
  std::vector<std::string> scratch = {"/tmp", "/var/tmp"};
  // Folders of the machine that it may write into, such as one for evidence. Use with care.
  std::vector<std::string> writable;
  // A file with this content in the place of one that exists, such as /etc/resolv.conf; nobody else sees it.
  struct Override {
    std::string path;
    std::string content;
  };
  std::vector<Override> overrides;

  std::string input;        // what it reads as standard input; empty: /dev/null
  std::string log;          // file that its two outputs are appended to; empty: one without a name
  bool pipeOutput = false;  // its two outputs into a pipe instead: `Process::takePipe`
};

class Process {
 public:
  // Kills what is left of the tree, and waits until it is gone.
  virtual ~Process() = default;

  // The program itself, as the runner's PID namespace numbers it.
  virtual pid_t pid() const = 0;
  // Whether the program or anything that it started, however detached, still runs.
  virtual bool running() = 0;
  // How the program itself ended, waiting for it at most so long; nothing if it still runs. A daemon that
  // goes to the background has ended, and `running` is still true.
  virtual std::optional<ExitStatus> wait(std::chrono::milliseconds atMost) = 0;
  // To the program itself.
  virtual Result<void> signal(int number) = 0;
  // SIGTERM to the program; after `grace`, or as soon as it has ended, SIGKILL to the whole tree. All are
  // gone when it returns. How the program ended.
  virtual ExitStatus stop(std::chrono::milliseconds grace) = 0;
  // What it has put out so far: the first `most` bytes. Empty with a pipe.
  virtual std::string output(std::size_t most) const = 0;
  // Waits until the output has `text` in it. Fails at once when everything has ended without it, else after
  // `atMost`; the failure quotes the end of the output.
  virtual Result<void> awaitOutput(std::string_view text, std::chrono::milliseconds atMost) = 0;
  // The read end of the pipe, once.
  virtual FileDescriptor takePipe() = 0;
};

// What a program that ran to its end has to say.
struct ProcessResult {
  ExitStatus status;
  bool timedOut = false;  // it was killed, with all it had started
  std::string output;     // both outputs; at most `kMostResultBytes`
};

inline constexpr std::size_t kMostResultBytes = std::size_t{4} << 20U;

}  // namespace vauban::os
