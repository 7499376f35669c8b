#include "os/process_tree.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <thread>

#include "os/process_birth.h"
#include "os/process_plan.h"
#include "os/system_failure.h"

namespace vauban::os {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kMostBirth(20'000);
constexpr std::size_t kMostSearched = std::size_t{64} << 20U;

int millisecondsUntil(Clock::time_point end) {
  const auto left = std::chrono::duration_cast<milliseconds>(end - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 1'000'000));
}

// Whether there is something to read, an end or an error, within the time.
bool readable(int descriptor, Clock::time_point end) {
  for (;;) {
    pollfd waiting{descriptor, POLLIN, 0};
    const int count = poll(&waiting, 1, millisecondsUntil(end));
    if (count > 0) return true;
    if (count == 0 || errno != EINTR) return false;
  }
}

class ProcessTree final : public Process {
 public:
  ProcessTree(pid_t root, FileDescriptor rootHandle, FileDescriptor link)
      : root_(root), rootHandle_(std::move(rootHandle)), link_(std::move(link)) {}
  ProcessTree(const ProcessTree&) = delete;
  ProcessTree& operator=(const ProcessTree&) = delete;
  ~ProcessTree() override { killAll(); }

  Result<void> awaitBirth(const ProcessPlan& plan, FileDescriptor report);
  void keepOutput(FileDescriptor log, off_t begin, FileDescriptor pipe);

  pid_t pid() const override { return program_; }
  bool running() override { return !gone(); }
  std::optional<ExitStatus> wait(milliseconds atMost) override;
  Result<void> signal(int number) override;
  ExitStatus stop(milliseconds grace) override;
  std::string output(std::size_t most) const override;
  Result<void> awaitOutput(std::string_view text, milliseconds atMost) override;
  FileDescriptor takePipe() override { return std::move(pipe_); }

 private:
  void killAll();
  bool gone();
  bool hear(Clock::time_point until);
  bool send(int number) const {
    return syscall(SYS_pidfd_send_signal, programHandle_.get(), number, nullptr, 0) == 0;
  }

  pid_t root_;                 // PID 1 of the tree
  FileDescriptor rootHandle_;  // a pidfd of it
  FileDescriptor link_;
  pid_t program_ = -1;
  FileDescriptor programHandle_;
  FileDescriptor log_, pipe_;
  off_t logBegin_ = 0;  // what an earlier program wrote there is not ours
  std::optional<ExitStatus> status_;
  bool gone_ = false;
};

// A word of the tree's PID 1, if one comes in time; false also at its end.
bool ProcessTree::hear(Clock::time_point until) {
  if (!readable(link_.get(), until)) return false;
  BirthWord word;
  iovec part{&word, sizeof word};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(ucred))> control{};
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  if (recvmsg(link_.get(), &message, MSG_DONTWAIT) != sizeof word) return false;
  if (word.kind == BirthWord::Kind::ended) {
    status_ = ExitStatus{WIFEXITED(word.status) ? WEXITSTATUS(word.status) : 0,
                         WIFSIGNALED(word.status) ? WTERMSIG(word.status) : 0};
    return true;
  }
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_CREDENTIALS) continue;
    ucred sender = {};
    std::memcpy(&sender, CMSG_DATA(header), sizeof sender);
    program_ = sender.pid;
    // Fails if it has ended already.
    programHandle_.reset(static_cast<int>(syscall(SYS_pidfd_open, program_, 0)));
  }
  return true;
}

Result<void> ProcessTree::awaitBirth(const ProcessPlan& plan, FileDescriptor report) {
  BirthFailure failed;
  if (!readable(report.get(), Clock::now() + kMostBirth)) {
    return labFailure(
        fmt::format("starting {}: nothing happened for {} s", plan.program(), kMostBirth.count() / 1000));
  }
  const ssize_t size = read(report.get(), &failed, sizeof failed);
  if (size == sizeof failed) return plan.failure(failed);
  while (program_ < 0 && hear(Clock::now() + milliseconds(1000))) {
  }
  if (program_ < 0) return labFailure(fmt::format("starting {}: it was killed", plan.program()));
  return {};
}

void ProcessTree::keepOutput(FileDescriptor log, off_t begin, FileDescriptor pipe) {
  logBegin_ = begin;
  log_ = std::move(log);
  pipe_ = std::move(pipe);
}

bool ProcessTree::gone() {
  if (gone_) return true;
  siginfo_t info = {};
  const auto handle = static_cast<id_t>(rootHandle_.get());
  if (waitid(P_PIDFD, handle, &info, WEXITED | WNOHANG) != 0) {
    gone_ = errno == ECHILD;
  } else {
    gone_ = info.si_pid != 0;
  }
  if (gone_) {
    while (!status_ && hear(Clock::now())) {
    }
    if (!status_) status_ = ExitStatus{0, SIGKILL};
  }
  return gone_;
}

void ProcessTree::killAll() {
  if (gone_) return;
  syscall(SYS_pidfd_send_signal, rootHandle_.get(), SIGKILL, nullptr, 0);
  // PID 1 can be waited for only after the last process of its namespace.
  readable(rootHandle_.get(), Clock::now() + kMostBirth);
  gone();
}

std::optional<ExitStatus> ProcessTree::wait(milliseconds atMost) {
  const auto end = Clock::now() + atMost;
  while (!status_ && hear(end)) {
  }
  if (!status_) {  // or PID 1 was killed before it could tell
    readable(rootHandle_.get(), end);
    gone();
  }
  return status_;
}

Result<void> ProcessTree::signal(int number) {
  if (wait(milliseconds(0))) return labFailure("the program that is sent a signal has ended");
  if (!send(number)) return systemFailure(fmt::format("sending signal {}", number), errno);
  return {};
}

ExitStatus ProcessTree::stop(milliseconds grace) {
  if (!wait(milliseconds(0)) && grace.count() > 0 && send(SIGTERM)) wait(grace);
  killAll();
  return status_.value_or(ExitStatus{0, SIGKILL});
}

std::string readFrom(int file, off_t begin, std::size_t most) {
  std::string text;
  std::array<char, 65536> block{};
  while (text.size() < most) {
    const std::size_t wanted = std::min(block.size(), most - text.size());
    const ssize_t size = pread(file, block.data(), wanted, begin + static_cast<off_t>(text.size()));
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;
    text.append(block.data(), static_cast<std::size_t>(size));
  }
  return text;
}

std::string ProcessTree::output(std::size_t most) const {
  return log_.valid() ? readFrom(log_.get(), logBegin_, most) : std::string();
}

Result<void> ProcessTree::awaitOutput(std::string_view text, milliseconds atMost) {
  if (!log_.valid()) return labFailure("the output goes into a pipe and cannot be searched");
  const auto end = Clock::now() + atMost;
  milliseconds pause(1);
  std::string seen;
  for (;;) {
    // Asked before looking: what is put out last is seen by the look that follows.
    const bool last = gone() || Clock::now() >= end;
    const std::size_t from = seen.size() < text.size() ? 0 : seen.size() - text.size();
    seen += readFrom(log_.get(), logBegin_ + static_cast<off_t>(seen.size()), kMostSearched - seen.size());
    if (seen.find(text, from) != std::string::npos) return {};
    if (last) break;
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, milliseconds(20));
  }
  const std::string tail = seen.substr(seen.size() - std::min<std::size_t>(seen.size(), 400));
  return labFailure(fmt::format("the program {} without putting out \"{}\"; its output ends in:\n{}",
                                gone_ ? "ended" : fmt::format("ran for {} ms", atMost.count()), text, tail));
}

// Forks a child into a new PID namespace. It is the children of this thread alone that the namespace is for.
pid_t forkIntoPidNamespace(const Birth& birth, int& error) {
  const FileDescriptor home(open("/proc/thread-self/ns/pid", O_RDONLY | O_CLOEXEC));
  if (!home.valid() || unshare(CLONE_NEWPID) != 0) {
    error = errno;
    return -1;
  }
  const pid_t child = _Fork();
  error = errno;
  if (child == 0) beBorn(birth);
  VAUBAN_CHECK(setns(home.get(), CLONE_NEWPID) == 0);
  return child;
}

}  // namespace

std::string ExitStatus::toString() const {
  if (signal == 0) return fmt::format("exit code {}", code);
  const char* name = sigdescr_np(signal);
  return fmt::format("signal {} ({})", signal, name == nullptr ? "unknown" : name);
}

Result<std::unique_ptr<Process>> startProcess(const ProcessPlace& place, const ProcessSpec& spec) {
  Result<ProcessPlan> plan = ProcessPlan::make(place, spec);
  if (!plan) return std::unexpected(std::move(plan.error()));

  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return systemFailure("making a socket pair", errno);
  }
  FileDescriptor link(ends[0]);
  const FileDescriptor theirLink(ends[1]);
  const int on = 1;
  if (setsockopt(link.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0) {
    return systemFailure("asking for credentials", errno);
  }
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return systemFailure("making a pipe", errno);
  FileDescriptor report(ends[0]);
  FileDescriptor theirReport(ends[1]);

  int error = 0;
  const pid_t root = forkIntoPidNamespace(plan->birth(theirLink.get(), theirReport.get()), error);
  if (root < 0) return systemFailure(fmt::format("starting {}", plan->program()), error);
  theirReport.reset();
  FileDescriptor handle(static_cast<int>(syscall(SYS_pidfd_open, root, 0)));
  if (!handle.valid()) {
    error = errno;
    kill(root, SIGKILL);
    waitpid(root, nullptr, 0);
    return systemFailure("opening a handle of a process", error);
  }
  auto tree = std::make_unique<ProcessTree>(root, std::move(handle), std::move(link));
  if (Result<void> born = tree->awaitBirth(*plan, std::move(report)); !born) {
    return std::unexpected(std::move(born.error()));
  }
  tree->keepOutput(plan->takeLog(), plan->logBegin(), plan->takePipe());
  return std::unique_ptr<Process>(std::move(tree));
}

}  // namespace vauban::os
