#include "lab/daemon_program.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>

#include "os/system_failure.h"
#include "os/user_account.h"

namespace vauban::lab {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

namespace {

constexpr std::size_t kMostLogBytes = 4096;

std::string tail(const std::string& text) {
  return text.size() <= kMostLogBytes ? text : text.substr(text.size() - kMostLogBytes);
}

// "1.17.1" of what the program says of itself; asked once per program.
std::string versionOf(os::Testbed& testbed, os::NodeId node, const std::vector<std::string>& question) {
  static std::mutex guard;
  static std::map<std::vector<std::string>, std::string> known;
  if (question.empty()) return {};
  {
    const std::lock_guard lock(guard);
    if (const auto found = known.find(question); found != known.end()) return found->second;
  }
  // Two that ask at the same time hear the same.
  os::ProcessSpec spec(question);
  // Some look up what the machine is called; a question that nobody answers would hold everything up.
  spec.overrides.push_back({"/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n"});
  const Result<os::ProcessResult> said = testbed.run(node, spec, milliseconds(10000));
  std::smatch match;
  static const std::regex number("[0-9]+(\\.[0-9]+)+(p[0-9]+)?");
  std::string version;
  if (said && std::regex_search(said->output, match, number)) version = match.str();
  const std::lock_guard lock(guard);
  known[question] = version;
  return version;
}

class ProgramDaemon : public Daemon {
 public:
  ProgramDaemon(Program program, std::unique_ptr<os::Process> process, std::string software)
      : program_(std::move(program)), process_(std::move(process)), software_(std::move(software)) {}
  ~ProgramDaemon() override { process_->stop(milliseconds(0)); }

  const std::string& software() const override { return software_; }
  bool running() override { return process_->running(); }
  std::string output() override {
    std::string text = process_->output(std::size_t{1} << 20U);
    if (!program_.log.empty()) text += storedBytes({program_.log});
    return tail(text);
  }
  std::string contents() override { return storedBytes(program_.stores); }
  std::optional<Login> login() const override { return program_.login; }

 private:
  Program program_;
  std::unique_ptr<os::Process> process_;
  std::string software_;
};

}  // namespace

Result<DaemonFolder> DaemonFolder::make(os::Testbed& testbed, const std::string& name,
                                        const std::string& user) {
  std::string plain;
  for (const char c : name) {
    const bool kept = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
    plain += kept ? c : '_';
  }
  // A daemon that is started again must not find the files of the one before.
  for (int attempt = 1;; ++attempt) {
    const std::string unique = attempt == 1 ? plain : fmt::format("{}.{}", plain, attempt);
    if (fs::exists(testbed.folder() + "/" + unique) && attempt < 1000) continue;
    Result<std::string> made = testbed.makeFolder(unique, user);
    if (!made) return std::unexpected(std::move(made.error()));
    DaemonFolder folder;
    folder.path_ = *made;
    folder.user_ = user;
    return folder;
  }
}

Result<void> DaemonFolder::write(std::string_view name, std::string_view text) const {
  const std::string path = *this / name;
  std::ofstream file(path, std::ios::binary);
  file.write(text.data(), static_cast<std::streamsize>(text.size()));
  file.close();
  if (!file) return os::labFailure(fmt::format("{} cannot be written", path));
  return {};
}

Result<void> DaemonFolder::makeFolder(std::string_view name) const {
  const std::string path = *this / name;
  if (mkdir(path.c_str(), 0755) != 0)
    return os::systemFailure(fmt::format("making the folder {}", path), errno);
  struct stat owner = {};
  // As the folder itself, whoever owns it in this user namespace.
  if (stat(path_.c_str(), &owner) != 0 || chown(path.c_str(), owner.st_uid, owner.st_gid) != 0) {
    return os::systemFailure(fmt::format("giving {} to its user", path), errno);
  }
  return {};
}

Result<std::unique_ptr<Daemon>> startProgram(os::Testbed& testbed, os::NodeId node, Program program) {
  Result<std::unique_ptr<os::Process>> process = testbed.start(node, program.spec);
  if (!process) return std::unexpected(std::move(process.error()));
  const std::string version = versionOf(testbed, node, program.versionQuestion);
  std::string software = version.empty() ? program.name : program.name + " " + version;
  os::Process* const running = process->get();
  const std::vector<os::Listener> listeners = program.listeners;
  const std::string ready = program.ready;
  auto daemon = std::make_unique<ProgramDaemon>(std::move(program), std::move(*process), std::move(software));
  for (const os::Listener& listener : listeners) {
    Result<void> listens = testbed.awaitListener(node, listener, kStartTime, running);
    if (!listens) {
      // A log of its own says more than an output that is empty.
      for (Diagnostic& diagnostic : listens.error())
        diagnostic.message =
            fmt::format("{}: {}; it said: {}", daemon->software(), diagnostic.message, daemon->output());
      return std::unexpected(std::move(listens.error()));
    }
  }
  if (!ready.empty()) {
    Result<void> serves = running->awaitOutput(ready, kStartTime);
    if (!serves) return std::unexpected(std::move(serves.error()));
  }
  return daemon;
}

std::string storedBytes(const std::vector<std::string>& paths) {
  std::string all;
  const auto add = [&](const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::vector<char> block(65536);
    while (all.size() < kMostStoredBytes &&
           (file.read(block.data(), static_cast<std::streamsize>(block.size())), file.gcount() > 0)) {
      const auto size = std::min(static_cast<std::size_t>(file.gcount()), kMostStoredBytes - all.size());
      all.append(block.data(), size);
    }
  };
  for (const std::string& path : paths) {
    std::error_code error;
    if (fs::is_regular_file(path, error)) add(path);
    std::vector<fs::path> files;
    std::vector<std::string> folders;
    for (fs::recursive_directory_iterator it(path, error), end; !error && it != end; it.increment(error)) {
      std::error_code ignored;
      if (it->is_regular_file(ignored)) files.push_back(it->path());
      if (it->is_directory(ignored)) folders.push_back(it->path().lexically_relative(path).string());
    }
    std::ranges::sort(files);
    std::ranges::sort(folders);
    for (const fs::path& file : files) add(file);
    for (const std::string& folder : folders)
      all.append(folder + "\n", 0, kMostStoredBytes - std::min(all.size(), kMostStoredBytes));
  }
  return all;
}

std::vector<os::Listener> listenersOf(const ServiceSite& site, std::optional<std::uint16_t> udp,
                                      std::optional<std::uint16_t> tcp) {
  std::vector<os::Listener> listeners;
  for (const os::InternetAddress& address : site.addresses) {
    if (udp) listeners.push_back({.tcp = false, .port = *udp, .address = address});
    if (tcp) listeners.push_back({.tcp = true, .port = *tcp, .address = address});
  }
  return listeners;
}

std::vector<std::uint16_t> tcpPortsOf(const ServiceSite& site, const LabPlan& plan) {
  constexpr std::size_t kMostPorts = 8;
  std::vector<std::uint16_t> ports;
  const auto add = [&](std::uint16_t port) {
    if (ports.size() < kMostPorts && std::ranges::find(ports, port) == ports.end()) ports.push_back(port);
  };
  if (site.tcp) add(*site.tcp);
  for (const space::ServiceSet::Box& box : site.service->listens.boxes()) {
    if (box.firstProtocol > space::kTcp || box.lastProtocol < space::kTcp) continue;
    if (box.destination.last - box.destination.first >= static_cast<int>(kMostPorts)) continue;
    for (std::uint32_t port = box.destination.first; port <= box.destination.last; ++port) {
      const bool others = std::ranges::any_of(plan.services, [&](const ServiceSite& other) {
        if (other.machine != site.machine || other.id == site.id || !other.tcp) return false;
        const auto listens = (other.service->listens &
                              space::ServiceSet::ports(space::kTcp, {static_cast<std::uint16_t>(port),
                                                                     static_cast<std::uint16_t>(port)}));
        return *other.tcp == port || (!listens.empty() && other.id < site.id);
      });
      if (!others) add(static_cast<std::uint16_t>(port));
    }
  }
  return ports;
}

std::vector<os::Listener> tcpListenersOf(const ServiceSite& site, const std::vector<std::uint16_t>& ports) {
  std::vector<os::Listener> listeners;
  for (const os::InternetAddress& address : site.addresses) {
    for (const std::uint16_t port : ports)
      listeners.push_back({.tcp = true, .port = port, .address = address});
  }
  return listeners;
}

std::string siteName(const ServiceSite& site) { return site.node + "-" + site.service->name; }

}  // namespace vauban::lab
