#include "compile/nft_kernel.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string_view>

#include "compile/enforcement_policy.h"

namespace vauban::compile {
namespace {

constexpr int kNoNamespace = 120, kNoProgram = 121, kNoFile = 122;
constexpr std::size_t kMostBytes = 256U << 20U;

class File {
 public:
  explicit File(const char* name) : descriptor_(memfd_create(name, MFD_CLOEXEC)) {}
  ~File() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  int descriptor() const { return descriptor_; }
  bool write(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t written = ::write(descriptor_, text.data(), text.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(written));
    }
    return lseek(descriptor_, 0, SEEK_SET) == 0;
  }
  std::string content() const {
    std::string text;
    if (lseek(descriptor_, 0, SEEK_SET) != 0) return text;
    std::array<char, 65536> buffer{};
    while (text.size() < kMostBytes) {
      const ssize_t got = read(descriptor_, buffer.data(), buffer.size());
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) break;
      text.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return text;
  }

 private:
  int descriptor_;
};

std::optional<std::string> programPath() {
  std::string path = std::getenv("PATH") == nullptr ? "" : std::getenv("PATH");
  path += ":/usr/local/sbin:/usr/sbin:/sbin";
  std::size_t begin = 0;
  while (begin <= path.size()) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    const std::string candidate = path.substr(begin, end - begin) + "/nft";
    if (end > begin && access(candidate.c_str(), X_OK) == 0) return candidate;
    begin = end + 1;
  }
  return std::nullopt;
}

// Everything below runs between fork and exec of a process that may have had threads: system calls only.

bool writeFile(const char* path, const char* text) {
  const int file = open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0) return false;
  const std::size_t length = std::strlen(text);
  const bool written = ::write(file, text, length) == static_cast<ssize_t>(length);
  close(file);
  return written;
}

bool leaveNamespace(const char* uidMap, const char* gidMap) {
  if (unshare(CLONE_NEWNET) == 0) return true;
  if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return false;
  return writeFile("/proc/self/setgroups", "deny") && writeFile("/proc/self/uid_map", uidMap) &&
         writeFile("/proc/self/gid_map", gidMap);
}

// The exit code of a child of this process.
int runProgram(char* const arguments[], int input, int output, int errors) {
  const pid_t child = fork();
  if (child < 0) return kNoProgram;
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int null = input >= 0 ? input : open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (dup2(null, 0) < 0 || dup2(output, 1) < 0 || dup2(errors, 2) < 0) _exit(kNoFile);
    execv(arguments[0], arguments);
    _exit(kNoProgram);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return kNoProgram;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : kNoProgram;
}

}  // namespace

LoadResult loadAndList(const std::string& ruleset, std::chrono::seconds seconds) {
  auto program = programPath();
  if (!program) return Unavailable{"there is no program nft"};
  const File input("ruleset"), listing("listing"), errors("errors");
  if (input.descriptor() < 0 || listing.descriptor() < 0 || errors.descriptor() < 0 || !input.write(ruleset))
    return Unavailable{"no memory for the ruleset"};
  const std::string uidMap = fmt::format("0 {} 1", geteuid()), gidMap = fmt::format("0 {} 1", getegid());
  std::string dash = "-", file = "-f", json = "-j", list = "list", what = "ruleset";
  const std::array<char*, 4> load{program->data(), file.data(), dash.data(), nullptr};
  const std::array<char*, 5> show{program->data(), json.data(), list.data(), what.data(), nullptr};
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) return Unavailable{"no process for nft"};
  if (child == 0) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(kNoProgram);
    if (!leaveNamespace(uidMap.c_str(), gidMap.c_str())) _exit(kNoNamespace);
    const int loaded = runProgram(load.data(), input.descriptor(), errors.descriptor(), errors.descriptor());
    if (loaded != 0) _exit(loaded);
    _exit(runProgram(show.data(), -1, listing.descriptor(), errors.descriptor()));
  }
  setpgid(child, child);
  const auto end = std::chrono::steady_clock::now() + seconds;
  int status = 0;
  useconds_t pause = 200;
  while (waitpid(child, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > end) {
      kill(-child, SIGKILL);
      waitpid(child, &status, 0);
      return Unavailable{fmt::format("nft was not done after {} seconds", seconds.count())};
    }
    usleep(pause);
    pause = std::min<useconds_t>(pause * 2, 10'000);
  }
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : kNoProgram;
  if (code == kNoNamespace) return Unavailable{"the kernel lets this user make no network namespace"};
  if (code == kNoProgram || code == kNoFile) return Unavailable{"nft could not be started"};
  if (code != 0) return Rejected{errors.content()};
  return Listed{listing.content()};
}

std::vector<std::string> kernelHelpers() {
  std::vector<std::string> known, missing;
  for (const HelperObject& helper : linuxHelpers()) {
    known.emplace_back(helper.name);
    const auto result =
        loadAndList(fmt::format("table inet t {{\n ct helper h {{\n  type \"{}\" protocol {}\n }}\n}}\n",
                                helper.kernel, helper.protocol == 6 ? "tcp" : "udp"));
    if (std::holds_alternative<Rejected>(result)) missing.emplace_back(helper.name);
  }
  std::erase_if(known,
                [&](const std::string& name) { return std::ranges::find(missing, name) != missing.end(); });
  known.erase(std::ranges::unique(known).begin(), known.end());
  return known;
}

}  // namespace vauban::compile
