#include "os/confinement.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <string_view>

#include "os/file_descriptor.h"
#include "os/system_failure.h"

namespace vauban::os {
namespace {

constexpr int kNamespaces = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS;
constexpr const char* kFolder = "/run/vauban";
// What the watcher and the confined process say to the caller: one letter, then the rest of the pipe.
constexpr char kFailed = 'F', kEnded = 'E';

struct Pipe {
  FileDescriptor read, write;

  static Result<Pipe> make() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) return systemFailure("making a pipe", errno);
    return Pipe{FileDescriptor(ends[0]), FileDescriptor(ends[1])};
  }
};

void say(int descriptor, char what, const std::string& text) {
  const std::string message = what + text;
  // Shorter than PIPE_BUF, so in one piece; nobody is left to be told of a failure.
  [[maybe_unused]] const ssize_t size = write(descriptor, message.data(), message.size());
}

[[noreturn]] void sayFailed(int descriptor, const std::string& text) {
  say(descriptor, kFailed, text + '\0');
  _exit(1);
}

[[noreturn]] void giveUp(int descriptor, const std::string& what, int error) {
  sayFailed(descriptor, fmt::format("{}: {}", what, systemError(error)));
}

int writeFile(const char* path, const std::string& text) {
  const FileDescriptor file(open(path, O_WRONLY | O_CLOEXEC));
  if (!file.valid()) return errno;
  return write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : errno;
}

// user_namespaces(7): without privileges one may map one's own user and group alone, and must give up
// setgroups.
void becomeRootInside(int report, uid_t user, gid_t group) {
  const int denied = writeFile("/proc/self/setgroups", "deny");
  if (denied != 0 && denied != ENOENT) giveUp(report, "giving up supplementary groups", denied);
  if (const int error = writeFile("/proc/self/uid_map", fmt::format("0 {} 1", user)); error != 0) {
    giveUp(report, "mapping the user into a user namespace", error);
  }
  if (const int error = writeFile("/proc/self/gid_map", fmt::format("0 {} 1", group)); error != 0) {
    giveUp(report, "mapping the group into a user namespace", error);
  }
}

// Returns whether a user namespace was needed.
bool isolate(int report, const ConfinementOptions& options) {
  const uid_t user = geteuid();
  const gid_t group = getegid();
  if (!options.userNamespace) {
    if (unshare(kNamespaces) == 0) return false;
    if (errno != EPERM) giveUp(report, "making namespaces", errno);
  }
  if (unshare(kNamespaces | CLONE_NEWUSER) != 0) {
    const int error = errno;
    sayFailed(report, "making a user namespace: " + whyNoUserNamespace(error));
  }
  prctl(PR_SET_DUMPABLE, 1);  // or, after a change of user, /proc/self belongs to root
  becomeRootInside(report, user, group);
  return true;
}

void mountTmpfs(int report, const char* where, const std::string& settings) {
  if (mount("tmpfs", where, "tmpfs", MS_NOSUID | MS_NODEV, settings.c_str()) != 0) {
    giveUp(report, fmt::format("mounting a tmpfs on {}", where), errno);
  }
}

void furnish(int report, const ConfinementOptions& options, Confinement& world) {
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    giveUp(report, "keeping mounts to oneself", errno);
  }
  world.ownProc = mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) == 0;
  mountTmpfs(report, "/run", fmt::format("mode=0755,size={}", options.folderBytes));
  if (access("/dev/shm", F_OK) == 0) {
    mountTmpfs(report, "/dev/shm", fmt::format("mode=1777,size={}", options.folderBytes));
  }
  for (const char* folder : {kFolder, "/run/lock"}) {  // /var/lock leads to the second
    if (mkdir(folder, 0755) != 0) giveUp(report, fmt::format("making {}", folder), errno);
  }
  chmod("/run/lock", 01777);
  world.folder = kFolder;
}

// The kernel forgets the death signal when credentials change, and does not send it if the parent died before
// it was asked to: so after the one, and with a look at the other.
void dieWithParent() { prctl(PR_SET_PDEATHSIG, SIGKILL); }

[[noreturn]] void confined(int report, FileDescriptor watcher, const ConfinementOptions& options,
                           Confinement world, const std::function<int(const Confinement&)>& work) {
  if (read(watcher.get(), &world.outerPid, sizeof world.outerPid) != sizeof world.outerPid) _exit(1);
  // If the watcher died before this, its end of the pipe is closed already; if later, the kernel sends the
  // signal.
  dieWithParent();
  pollfd hungUp{watcher.get(), POLLIN, 0};
  if (poll(&hungUp, 1, 0) != 0) _exit(1);
  furnish(report, options, world);
  close(report);
  const int code = work(world);
  std::cout.flush();
  std::fflush(nullptr);
  _exit(code);
}

[[noreturn]] void watch(int report, pid_t caller, const ConfinementOptions& options,
                        const std::function<int(const Confinement&)>& work) {
  Confinement world;
  world.userNamespace = isolate(report, options);
  dieWithParent();
  if (getppid() != caller) _exit(1);
  signal(SIGCHLD, SIG_DFL);
  Result<Pipe> life = Pipe::make();
  if (!life) giveUp(report, "making a pipe", errno);
  const pid_t child = fork();
  if (child < 0) giveUp(report, "starting the confined process", errno);
  if (child == 0) {
    life->write.reset();  // so that the death of the watcher ends the pipe
    confined(report, std::move(life->read), options, std::move(world), work);
  }
  // It waits for this before it begins: if we are killed earlier, there is nothing to clean up; if later, it
  // has asked for its death signal.
  if (write(life->write.get(), &child, sizeof child) != sizeof child) _exit(1);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  say(report, kEnded, std::string(reinterpret_cast<const char*>(&status), sizeof status));
  _exit(0);
}

std::string readAll(int descriptor) {
  std::string text;
  std::array<char, 4096> block{};
  for (;;) {
    const ssize_t size = read(descriptor, block.data(), block.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return text;
    text.append(block.data(), static_cast<std::size_t>(size));
  }
}

std::string firstLine(const char* path) {
  const FileDescriptor file(open(path, O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return {};
  const std::string text = readAll(file.get());
  return text.substr(0, text.find('\n'));
}

}  // namespace

std::string whyNoUserNamespace(int error) {
  if (firstLine("/proc/sys/kernel/unprivileged_userns_clone") == "0") {
    return "user namespaces are switched off for all but root (kernel.unprivileged_userns_clone=0)";
  }
  if (firstLine("/proc/sys/user/max_user_namespaces") == "0") {
    return "user namespaces are switched off (user.max_user_namespaces=0)";
  }
  if (firstLine("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1") {
    return "user namespaces are without powers (kernel.apparmor_restrict_unprivileged_userns=1)";
  }
  if (error == EINVAL)
    return "the kernel has no user namespaces (CONFIG_USER_NS), or this process has threads";
  if (error == ENOSYS) return "the kernel has no user namespaces";
  if (error == ENOSPC || error == EUSERS) return "there are too many namespaces (user_namespaces(7))";
  return "neither root with CAP_SYS_ADMIN nor user namespaces are allowed, as in many containers: " +
         systemError(error);
}

Result<int> runConfined(const ConfinementOptions& options,
                        const std::function<int(const Confinement&)>& work) {
  Result<Pipe> report = Pipe::make();
  if (!report) return std::unexpected(report.error());
  std::cout.flush();
  std::fflush(nullptr);  // or both would write what is still held back
  const pid_t caller = getpid();
  const pid_t watcher = fork();
  if (watcher < 0) return systemFailure("starting the watcher of the lab", errno);
  if (watcher == 0) {
    report->read.reset();
    watch(report->write.release(), caller, options, work);
  }
  report->write.reset();
  const std::string said = readAll(report->read.get());
  while (waitpid(watcher, nullptr, 0) < 0 && errno == EINTR) {
  }
  int status = 0;
  if (said.starts_with(kFailed)) {
    // Up to the zero: the watcher tells of the end of the confined process as well.
    const std::string text = said.c_str() + 1;
    return labFailure("the lab cannot be set up: " + text);
  }
  if (!said.starts_with(kEnded) || said.size() != 1 + sizeof status) {
    return labFailure("the watcher of the lab was killed, and the lab with it");
  }
  std::memcpy(&status, said.data() + 1, sizeof status);
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace vauban::os
