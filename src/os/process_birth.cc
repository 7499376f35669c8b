#include "os/process_birth.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

namespace vauban::os {
namespace {

using Step = BirthFailure::Step;

// All that touches descriptors goes straight to the kernel: thread sanitizers look at what the C library does
// with them, and do not know that the other threads are gone.
int duplicate(int from, int to, int flags) { return static_cast<int>(syscall(SYS_dup3, from, to, flags)); }
void shut(int descriptor) { syscall(SYS_close, descriptor); }

[[noreturn]] void fail(const Birth& birth, Step step, int item = 0) {
  const BirthFailure failure{step, item, errno};
  syscall(SYS_write, birth.report, &failure, sizeof failure);
  _exit(127);
}

void tell(const Birth& birth, BirthWord word) {
  syscall(SYS_sendto, birth.link, &word, sizeof word, MSG_NOSIGNAL, nullptr, 0);
}

int setReadOnly(const char* path, bool readOnly, unsigned flags) {
  mount_attr change = {};
  (readOnly ? change.attr_set : change.attr_clr) = MOUNT_ATTR_RDONLY;
  return static_cast<int>(syscall(SYS_mount_setattr, AT_FDCWD, path, flags, &change, sizeof change));
}

int writeFile(const char* path, const char* text) {
  const int file = static_cast<int>(syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CLOEXEC));
  if (file < 0) return -1;
  const long size = syscall(SYS_write, file, text, std::strlen(text));
  shut(file);
  return size < 0 ? -1 : 0;
}

void resetSignals() {
  struct sigaction usual = {};
  usual.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) sigaction(number, &usual, nullptr);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

void viewTheMachine(const Birth& birth) {
  if (unshare(CLONE_NEWNS) != 0) fail(birth, Step::mounts);
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) fail(birth, Step::mounts);
  if (setReadOnly("/", true, AT_RECURSIVE) != 0) fail(birth, Step::readOnly);
  for (int i = 0; birth.writable[i] != nullptr; ++i) {
    const char* path = birth.writable[i];
    if (mount(path, path, nullptr, MS_BIND, nullptr) != 0 || setReadOnly(path, false, 0) != 0) {
      fail(birth, Step::writable, i);
    }
  }
  // Of the tree's own PID namespace. Refused inside some containers; then what is there serves.
  mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr);
  for (int i = 0; birth.scratch[i] != nullptr; ++i) {
    if (mount("tmpfs", birth.scratch[i], "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777,size=512m") != 0) {
      fail(birth, Step::scratch, i);
    }
  }
  for (int i = 0; birth.overrideTargets[i] != nullptr; ++i) {
    if (mount(birth.overrideSources[i], birth.overrideTargets[i], nullptr, MS_BIND, nullptr) != 0) {
      fail(birth, Step::override_, i);
    }
  }
}

// Root here is root of the machine, or of a part of it: what a program of a lab has no business with goes.
// Mounts could undo the read-only view; the clock is everybody's, and time servers would set it.
void giveUpPowers() {
  for (const int power :
       {CAP_SYS_ADMIN, CAP_SYS_TIME, CAP_SYS_MODULE, CAP_SYS_BOOT, CAP_SYS_RAWIO, CAP_MKNOD, CAP_SYSLOG,
        CAP_MAC_ADMIN, CAP_MAC_OVERRIDE, CAP_LINUX_IMMUTABLE, CAP_PERFMON, CAP_BPF}) {
    prctl(PR_CAPBSET_DROP, power, 0, 0, 0);  // fails where the kernel does not know it
  }
}

void becomeUser(const Birth& birth) {
  if (!birth.changeUser) return;
  if (birth.mapUser) {
    if (unshare(CLONE_NEWUSER) != 0) fail(birth, Step::user);
    writeFile("/proc/self/setgroups", "deny");  // it already is in the namespace above, where one is
    if (writeFile("/proc/self/uid_map", birth.userMap) != 0) fail(birth, Step::user);
    if (writeFile("/proc/self/gid_map", birth.groupMap) != 0) fail(birth, Step::user);
    return;
  }
  // The system calls of this thread; glibc's functions would ask other threads, of which there are none, for
  // the same.
  if (syscall(SYS_setgroups, birth.groupCount, birth.groups) != 0) fail(birth, Step::user);
  if (syscall(SYS_setresgid, birth.group, birth.group, birth.group) != 0) fail(birth, Step::user);
  if (syscall(SYS_setresuid, birth.user, birth.user, birth.user) != 0) fail(birth, Step::user);
}

[[noreturn]] void become(const Birth& birth) {
  if (setsid() < 0) fail(birth, Step::session);
  if (duplicate(birth.input, 0, 0) < 0 || duplicate(birth.output, 1, 0) < 0 ||
      duplicate(birth.output, 2, 0) < 0) {
    fail(birth, Step::outputs);
  }
  if (chdir(birth.folder) != 0) fail(birth, Step::folder);
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  giveUpPowers();
  becomeUser(birth);
  tell(birth, {BirthWord::Kind::born, 0});
  execve(birth.program, birth.arguments, birth.environment);
  fail(birth, Step::exec);
}

// Everything of the runner that the fork has copied goes: a pipe of another program must end when that one
// ends.
void keepOnly(Birth& birth) {
  const int first = 10;
  for (int* kept : {&birth.network, &birth.input, &birth.output, &birth.link, &birth.report}) {
    const int moved = fcntl(*kept, F_DUPFD_CLOEXEC, first + 5);
    if (moved < 0) _exit(127);
    *kept = moved;
  }
  int next = first;
  for (int* kept : {&birth.network, &birth.input, &birth.output, &birth.link, &birth.report}) {
    if (duplicate(*kept, next, O_CLOEXEC) < 0) _exit(127);
    *kept = next++;
  }
  if (syscall(SYS_close_range, next, ~0U, 0) != 0) {
    for (int descriptor = next; descriptor < 65536; ++descriptor) shut(descriptor);
  }
  for (int descriptor = 0; descriptor < first; ++descriptor) shut(descriptor);
}

}  // namespace

std::string_view describe(Step step) {
  switch (step) {
    case Step::network:
      return "entering the network namespace";
    case Step::hostname:
      return "setting the host name";
    case Step::mounts:
      return "making a mount namespace";
    case Step::readOnly:
      return "making the file tree read-only";
    case Step::writable:
      return "making a folder writable";
    case Step::scratch:
      return "mounting a scratch folder";
    case Step::override_:
      return "putting a file in the place of another";
    case Step::fork:
      return "forking";
    case Step::session:
      return "making a session";
    case Step::outputs:
      return "connecting input and output";
    case Step::folder:
      return "entering the folder";
    case Step::user:
      return "becoming the user";
    case Step::exec:
      break;
  }
  return "running the program";
}

void beBorn(const Birth& given) {
  Birth birth = given;
  resetSignals();
  keepOnly(birth);
  umask(022);
  if (setns(birth.network, CLONE_NEWNET) != 0) fail(birth, Step::network);
  shut(birth.network);
  if (birth.hostname != nullptr &&
      (unshare(CLONE_NEWUTS) != 0 || sethostname(birth.hostname, std::strlen(birth.hostname)) != 0)) {
    fail(birth, Step::hostname);
  }
  viewTheMachine(birth);
  const pid_t program = _Fork();
  if (program < 0) fail(birth, Step::fork);
  if (program == 0) become(birth);
  shut(birth.report);
  shut(birth.input);
  shut(birth.output);
  if (chdir("/") != 0) _exit(127);
  for (;;) {
    int status = 0;
    const pid_t ended = waitpid(-1, &status, 0);
    if (ended < 0 && errno == ECHILD) _exit(0);
    if (ended == program) tell(birth, {BirthWord::Kind::ended, status});
  }
}

}  // namespace vauban::os
