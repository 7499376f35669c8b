#include "os/net_namespace.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "os/system_failure.h"

namespace vauban::os {
namespace {

FileDescriptor openCurrent() {
  return FileDescriptor(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
}

// Nothing but settings of the network: the key comes from above, and a path must not lead elsewhere.
bool validKey(const std::string& key) {
  if (!key.starts_with("net/") || key.size() > 200 || key.ends_with("/")) return false;
  if (key.find("..") != std::string::npos || key.find("//") != std::string::npos) return false;
  return std::all_of(key.begin(), key.end(), [](unsigned char c) { return c > ' ' && c < 127; });
}

std::unexpected<Diagnostics> notASetting(const std::string& key) {
  return labFailure(fmt::format("\"{}\" is no setting of the network", key),
                    "a path such as net/ipv4/ip_forward");
}

FileDescriptor openSysctl(const std::string& key, int flags) {
  return FileDescriptor(open(("/proc/sys/" + key).c_str(), flags | O_CLOEXEC));
}

}  // namespace

Result<NetNamespace> NetNamespace::current() {
  FileDescriptor here = openCurrent();
  if (!here.valid()) return systemFailure("opening the thread's network namespace", errno);
  return NetNamespace(std::move(here));
}

Result<NetNamespace> NetNamespace::create() {
  FileDescriptor home = openCurrent();
  if (!home.valid()) return systemFailure("opening the thread's network namespace", errno);
  if (unshare(CLONE_NEWNET) != 0) return systemFailure("making a network namespace", errno);
  FileDescriptor made = openCurrent();
  const int error = errno;
  const Visit back(std::move(home));
  if (!made.valid()) return systemFailure("opening a new network namespace", error);
  return NetNamespace(std::move(made));
}

std::uint64_t NetNamespace::inode() const {
  struct stat state = {};
  return fstat(descriptor_.get(), &state) == 0 ? state.st_ino : 0;
}

NetNamespace::Visit::~Visit() {
  if (home_.valid()) VAUBAN_CHECK(setns(home_.get(), CLONE_NEWNET) == 0);
}

Result<NetNamespace::Visit> NetNamespace::enter() const {
  FileDescriptor home = openCurrent();
  if (!home.valid()) return systemFailure("opening the thread's network namespace", errno);
  if (setns(descriptor_.get(), CLONE_NEWNET) != 0) {
    return systemFailure("entering a network namespace", errno);
  }
  return Visit(std::move(home));
}

Result<FileDescriptor> NetNamespace::socket(int family, int type, int protocol) const {
  return inside([&]() -> Result<FileDescriptor> {
    FileDescriptor made(::socket(family, type | SOCK_CLOEXEC, protocol));
    if (!made.valid()) {
      return systemFailure(fmt::format("opening a socket ({}, {}, {})", family, type, protocol), errno);
    }
    return made;
  });
}

Result<void> NetNamespace::setSysctls(const std::vector<Sysctl>& settings) const {
  return inside([&]() -> Result<void> {
    for (const auto& [key, value, optional] : settings) {
      if (!validKey(key)) return notASetting(key);
      const FileDescriptor file = openSysctl(key, O_WRONLY);
      if (!file.valid() && optional && errno == ENOENT) continue;
      if (!file.valid()) return systemFailure(fmt::format("opening the setting {}", key), errno);
      if (write(file.get(), value.data(), value.size()) != static_cast<ssize_t>(value.size())) {
        return systemFailure(fmt::format("setting {} to {}", key, value), errno);
      }
    }
    return {};
  });
}

Result<std::string> NetNamespace::sysctl(const std::string& key) const {
  return inside([&]() -> Result<std::string> {
    if (!validKey(key)) return notASetting(key);
    const FileDescriptor file = openSysctl(key, O_RDONLY);
    if (!file.valid()) return systemFailure(fmt::format("opening the setting {}", key), errno);
    std::array<char, 4096> text{};
    const ssize_t size = read(file.get(), text.data(), text.size());
    if (size < 0) return systemFailure(fmt::format("reading the setting {}", key), errno);
    std::string value(text.data(), static_cast<std::size_t>(size));
    while (value.ends_with('\n')) value.pop_back();
    return value;
  });
}

}  // namespace vauban::os
