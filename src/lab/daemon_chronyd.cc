#include "lab/daemon_chronyd.h"

#include <fmt/format.h>

namespace vauban::lab {

namespace {

std::string common(const DaemonFolder& folder, std::uint16_t port) {
  return fmt::format("port {1}\ncmdport 0\nbindcmdaddress /\npidfile {0}/chronyd.pid\nallow\nmakestep 0 -1\n",
                     folder.path(), port);
}

Result<std::unique_ptr<Daemon>> startWith(os::Testbed& testbed, os::NodeId node, const DaemonFolder& folder,
                                          const std::string& configuration,
                                          std::vector<os::Listener> listeners) {
  if (Result<void> written = folder.write("chrony.conf", configuration); !written)
    return std::unexpected(std::move(written.error()));
  Program program;
  program.name = "chronyd";
  program.versionQuestion = {"chronyd", "--version"};
  program.spec = os::ProcessSpec({"chronyd", "-x", "-d", "-u", "root", "-f", folder / "chrony.conf"});
  program.listeners = std::move(listeners);
  return startProgram(testbed, node, std::move(program));
}

}  // namespace

std::string chronyConfiguration(const ServiceSite& site, const DaemonFolder& folder) {
  std::string text = common(folder, site.udp.value_or(123));
  // It binds one address of each family, or all.
  bool bound[2] = {false, false}, several = false;
  for (const os::InternetAddress& address : site.addresses) {
    several = several || bound[address.ipv6 ? 1 : 0];
    bound[address.ipv6 ? 1 : 0] = true;
  }
  if (!several) {
    for (const os::InternetAddress& address : site.addresses)
      text += "bindaddress " + address.toString() + "\n";
  }
  for (const ServiceSite::Target& target : site.upstream) {
    text += fmt::format("server {} port {} iburst minpoll 0 maxpoll 0\n", target.address.toString(),
                        target.udp.value_or(123));
  }
  if (site.upstream.empty()) text += "local stratum 2\n";
  return text;
}

Result<std::unique_ptr<Daemon>> startChronyd(const DaemonPlace& place) {
  Result<DaemonFolder> folder = DaemonFolder::make(place.testbed, siteName(place.site));
  if (!folder) return std::unexpected(std::move(folder.error()));
  return startWith(place.testbed, place.node, *folder, chronyConfiguration(place.site, *folder),
                   listenersOf(place.site, place.site.udp.value_or(123), std::nullopt));
}

Result<std::unique_ptr<Daemon>> startClock(os::Testbed& testbed, os::NodeId node, const std::string& name) {
  Result<DaemonFolder> folder = DaemonFolder::make(testbed, name);
  if (!folder) return std::unexpected(std::move(folder.error()));
  return startWith(testbed, node, *folder, common(*folder, 123) + "local stratum 1\n",
                   {{.tcp = false, .port = 123}});
}

}  // namespace vauban::lab
