// A daemon that is a program of the machine: its files in a folder of its own, its process, its version.
//
// `DaemonFolder` is a value; what it writes is gone with the testbed. A ProgramDaemon owns its process, which
// ends with it.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "lab/daemon.h"

namespace vauban::lab {

// What is started, and where.
struct DaemonPlace {
  os::Testbed& testbed;
  os::NodeId node;
  const ServiceSite& site;
  const LabPlan& plan;
};

class DaemonFolder {
 public:
  // Named after the node and the service; a second one of that name gets a number. `user` owns it (empty:
  // root).
  static Result<DaemonFolder> make(os::Testbed& testbed, const std::string& name,
                                   const std::string& user = {});

  const std::string& path() const { return path_; }
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }
  Result<void> write(std::string_view name, std::string_view text) const;
  Result<void> makeFolder(std::string_view name) const;  // owned by the same user

 private:
  std::string path_;
  std::string user_;
};

// What is to run.
struct Program {
  std::string name;                          // "unbound", as in its version
  std::vector<std::string> versionQuestion;  // {"unbound", "-V"}: what it says has its version in it
  os::ProcessSpec spec;
  std::vector<os::Listener> listeners;  // it is up when all of these listen
  std::string ready;                    // and its output has this in it; empty: no such line
  std::vector<std::string> stores;      // files and folders that hold what strangers put there
  std::optional<Login> login;
  std::string log;  // a file it logs to besides its output; may be empty
};

// On a busy machine a program may take long to start; nobody waits so long for one that has ended.
inline constexpr std::chrono::milliseconds kStartTime{20000};

Result<std::unique_ptr<Daemon>> startProgram(os::Testbed& testbed, os::NodeId node, Program program);

// The files at the paths, and in and below the folders there, one after the other in order of their names,
// then the names of the folders below; at most kMostStoredBytes.
std::string storedBytes(const std::vector<std::string>& paths);

// The TCP ports of its listening set that the daemon takes, `site.tcp` first: at most 8, none that another
// service of its machine takes before it. A range of more than 8 is its first port only.
std::vector<std::uint16_t> tcpPortsOf(const ServiceSite& site, const LabPlan& plan);

// Each of the site's addresses with each port.
std::vector<os::Listener> tcpListenersOf(const ServiceSite& site, const std::vector<std::uint16_t>& ports);

// Each of the site's addresses with the port.
std::vector<os::Listener> listenersOf(const ServiceSite& site, std::optional<std::uint16_t> udp,
                                      std::optional<std::uint16_t> tcp);

// The site's service on the lab's node, for messages and folders: "dns-int-dns".
std::string siteName(const ServiceSite& site);

}  // namespace vauban::lab
