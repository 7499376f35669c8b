#include "lab/daemon_sshd.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

#include "lab/daemon_check.h"
#include "lab/daemon_names.h"
#include "os/system_failure.h"

namespace vauban::lab {

using std::chrono::milliseconds;

namespace {

constexpr const char* kNoShell = "no shell here";
constexpr const char* kUnprivileged = "nobody";  // 65534 everywhere

// In a user namespace groups cannot be set, which a server of root's does for each session.
bool unprivileged() {
  std::ifstream file("/proc/self/setgroups");
  std::string word;
  return (file >> word) && word == "deny";
}

// It starts itself again for each session and wants to know where it is.
std::string pathOf(const std::string& program) {
  for (const char* folder :
       {"/usr/local/sbin/", "/usr/sbin/", "/usr/local/bin/", "/usr/bin/", "/sbin/", "/bin/"}) {
    if (access((folder + program).c_str(), X_OK) == 0) return folder + program;
  }
  return "/usr/sbin/" + program;
}

os::InternetAddress toAddress(space::Family family, space::Bits128 value) {
  os::InternetAddress address;
  address.ipv6 = family == space::Family::ipv6;
  for (std::size_t i = 0; i < address.size(); ++i) {
    address.bytes[address.size() - 1 - i] = static_cast<std::uint8_t>(value >> (8 * i));
  }
  return address;
}

}  // namespace

std::optional<std::vector<os::InternetAddress>> openAddresses(const ServiceSite& site) {
  std::vector<os::InternetAddress> addresses;
  if (!site.service->addresses) return addresses;
  const model::AddressList& list = *site.service->addresses;
  const space::AddressSet open = list.allow.value_or(space::AddressSet::all()) - list.deny;
  for (const space::AddressRange& range : open.ranges()) {
    if (range.last - range.first >= kMostOpenAddresses) return std::nullopt;
    for (space::Bits128 value = range.first;; ++value) {
      addresses.push_back(toAddress(range.family, value));
      if (value == range.last) break;
    }
    if (addresses.size() > kMostOpenAddresses) return std::nullopt;
  }
  return addresses;
}

std::string sshdConfiguration(const ServiceSite& site, const std::vector<std::uint16_t>& ports,
                              const DaemonFolder& folder) {
  const model::ServiceInstance& service = *site.service;
  std::string text;
  for (const std::uint16_t port : ports) text += fmt::format("Port {}\n", port);
  for (const os::InternetAddress& address : site.addresses)
    text += "ListenAddress " + address.toString() + "\n";
  text += fmt::format(
      "HostKey {0}/host_key\nPidFile {0}/sshd.pid\nAuthorizedKeysFile {0}/client_key.pub\nStrictModes "
      "no\nUsePAM no\n"
      "PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin yes\nUseDNS no\n"
      "MaxStartups 200\nMaxSessions 200\nLogLevel VERBOSE\nPrintMotd no\nPrintLastLog no\n",
      folder.path());
  const bool shell = !states(service, "shell", {"false"});
  const bool files = !states(service, "redirection", {"false"});
  const std::string transfer = fmt::format("internal-sftp -d {}/files", folder.path());
  if (files) text += "Subsystem sftp " + transfer + "\n";
  if (!shell)
    text += files ? "ForceCommand " + transfer + "\n" : fmt::format("ForceCommand echo {}\n", kNoShell);
  if (states(service, "port-forwarding", {"false"})) {
    text += "DisableForwarding yes\n";
  } else {
    text +=
        "AllowTcpForwarding yes\nAllowStreamLocalForwarding yes\nGatewayPorts clientspecified\nPermitTunnel "
        "yes\n";
    if (service.addresses) {
      text += "PermitOpen";
      const auto open = openAddresses(site);
      for (const os::InternetAddress& address : open.value_or(std::vector<os::InternetAddress>())) {
        text += " " + address.inUrl() + ":*";
      }
      text += !open || open->empty() ? " none\n" : "\n";
    }
  }
  return text;
}

Result<std::unique_ptr<Daemon>> startSshd(const DaemonPlace& place) {
  const ServiceSite& site = place.site;
  const bool asNobody = unprivileged();
  const std::vector<std::uint16_t> ports = tcpPortsOf(site, place.plan);
  Result<DaemonFolder> made = DaemonFolder::make(place.testbed, siteName(site));
  if (!made) return std::unexpected(std::move(made.error()));
  const DaemonFolder& folder = *made;
  if (Result<void> files = folder.makeFolder("files"); !files)
    return std::unexpected(std::move(files.error()));
  for (const char* key : {"host_key", "client_key"}) {
    const Result<os::ProcessResult> keys = place.testbed.run(
        place.node,
        os::ProcessSpec({"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", folder / key}),
        milliseconds(10000));
    if (!keys) return std::unexpected(keys.error());
    if (!keys->status.success()) return os::labFailure("ssh-keygen made no key: " + keys->output);
  }
  if (!asNobody) {
    // Where it locks up what talks to strangers.
    const Result<os::ProcessResult> locked =
        place.testbed.run(place.node, os::ProcessSpec({"mkdir", "-p", "/run/sshd"}), milliseconds(5000));
    if (!locked) return std::unexpected(locked.error());
  }
  if (Result<void> written = folder.write("sshd_config", sshdConfiguration(site, ports, folder)); !written)
    return std::unexpected(std::move(written.error()));
  Program program;
  program.name = "sshd";
  program.versionQuestion = {"ssh", "-V"};
  program.spec = os::ProcessSpec({pathOf("sshd"), "-D", "-e", "-f", folder / "sshd_config"});
  // Accounts of the machine are none of the lab's; the shell is one that everybody has.
  std::string accounts = "root:x:0:0:root:/:/bin/sh\nsshd:x:65533:65533:sshd:/run/sshd:/usr/sbin/nologin\n";
  if (asNobody) {
    program.spec.user = kUnprivileged;
    accounts += "lab:x:65534:65534:lab:/:/bin/sh\n";
  }
  program.spec.overrides.push_back({"/etc/passwd", accounts});
  std::string resolvers;
  for (const os::InternetAddress& address : addressesOf(site.resolvers)) {
    resolvers += "nameserver " + address.toString() + "\n";
  }
  program.spec.overrides.push_back({"/etc/resolv.conf", resolvers + "options timeout:2 attempts:1\n"});
  program.listeners = tcpListenersOf(site, ports);
  program.stores = {folder / "files"};
  program.login = Login{asNobody ? "lab" : "root", folder / "client_key"};
  return startProgram(place.testbed, place.node, std::move(program));
}

Result<std::string> checkSshd(const DaemonPlace& place, const Login& login) {
  const std::string server = askedAddress(place.site).toString();
  const Result<std::uint16_t> port = openPort(place);
  if (!port) return std::unexpected(port.error());
  const os::ProcessSpec spec({"ssh",        "-T",
                              "-F",         "none",
                              "-o",         "BatchMode=yes",
                              "-o",         "StrictHostKeyChecking=no",
                              "-o",         "UserKnownHostsFile=/dev/null",
                              "-o",         "LogLevel=ERROR",
                              "-o",         "ConnectTimeout=5",
                              "-i",         login.keyFile,
                              "-p",         std::to_string(*port),
                              "-l",         login.user,
                              server,       "echo",
                              "functional", "check"});
  const std::string asked = fmt::format("ssh {}@{} echo", login.user, server);
  const Result<os::ProcessResult> said = place.testbed.run(place.node, spec, milliseconds(15000));
  if (!said) return std::unexpected(said.error());
  if (said->timedOut || !said->status.success()) return os::labFailure(asked + ": " + said->output);
  const bool shell = said->output.find("functional check") != std::string::npos;
  return asked + (shell ? ": a shell" : ": let in, without a shell");
}

}  // namespace vauban::lab
