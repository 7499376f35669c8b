#include "lab/daemon_exim.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "channel/trust.h"
#include "lab/daemon_check.h"
#include "lab/daemon_names.h"
#include "os/system_failure.h"
#include "os/user_account.h"

namespace vauban::lab {

namespace {

// The account that exim was built for; it takes no other for its own.
std::string eximUser() {
  for (const char* name : {"Debian-exim", "exim"})
    if (os::findUserAccount(name)) return name;
  return "mail";
}

std::string eximProgram() { return access("/usr/sbin/exim4", X_OK) == 0 ? "exim4" : "exim"; }

bool isMailbox(const ServiceSite& site) { return site.behaviour->name == "mailbox-server"; }

// The list as one of exim's, in which the first that matches decides.
std::string domainList(const model::ServiceInstance& service) {
  std::string list;
  for (const auto& [suffix, in] : listedSuffixes(service)) {
    const char* sign = in ? "" : "!";
    if (!list.empty()) list += " : ";
    list += suffix.empty() ? fmt::format("{}*", sign) : fmt::format("{0}{1} : {0}*.{1}", sign, suffix);
  }
  return list;
}

}  // namespace

std::string eximConfiguration(const ServiceSite& site, const std::vector<std::uint16_t>& ports,
                              const DaemonFolder& folder) {
  const model::ServiceInstance& service = *site.service;
  const bool checksSenders = !isMailbox(site) && !states(service, "sender-checks", {"false"});
  const bool neverBounces = isMailbox(site) || states(service, "bounces", {"never"});
  std::string interfaces;
  for (const os::InternetAddress& address : site.addresses) interfaces += " ; " + address.toString();
  std::string text = fmt::format(
      "primary_hostname = {1}.lab.test\nspool_directory = {0}/spool\nlog_file_path = {0}/log/%slog\n"
      "pid_file_path = {0}/exim.pid\nlocal_interfaces = <{2}\ndaemon_smtp_ports = {3}\nhost_lookup =\n"
      "rfc1413_query_timeout = 0s\ntls_advertise_hosts =\nkeep_environment =\nadd_environment =\n"
      "smtp_accept_max = 0\nsmtp_accept_queue_per_connection = 0\nsmtp_accept_max_nonmail = 1000000\n"
      "smtp_enforce_sync = false\nhelo_accept_junk_hosts = *\nhelo_allow_chars = _\nmessage_size_limit = "
      "50M\n"
      "check_spool_space = 0\ncheck_spool_inodes = 0\ncheck_log_space = 0\ncheck_log_inodes = 0\n"
      "deliver_drop_privilege = true\ndns_retrans = 1s\ndns_retry = 2\ndns_check_names_pattern =\n"
      "ignore_bounce_errors_after = 0s\nacl_smtp_rcpt = recipient\nacl_smtp_data = everything\nbegin acl\n"
      "everything:\n  accept\nrecipient:\n",
      folder.path(), site.node, interfaces.empty() ? "" : interfaces.substr(1), fmt::join(ports, " : "));
  if (checksSenders) {
    // Looked up, whatever is found: the sender's domain and what the client calls itself.
    text +=
        "  warn !verify = sender\n"
        "  warn set acl_c_seen = ${lookup dnsdb{defer_never,a=$sender_helo_name}{yes}{no}}\n";
  }
  if (service.names && !isMailbox(site)) text += fmt::format("  deny !domains = {}\n", domainList(service));
  if (!site.upstream.empty() && !isMailbox(site)) {
    // With a smart host it would look nothing up; the behaviour does.
    text += "  warn set acl_c_seen = ${lookup dnsdb{defer_never,a=$domain}{yes}{no}}\n";
  }
  if (neverBounces) text += "  deny !verify = recipient\n";
  text += "  accept\nbegin routers\n";
  if (neverBounces) text += "no_bounce:\n  driver = redirect\n  senders = :\n  data = :blackhole:\n";
  if (isMailbox(site)) {
    text += "mailbox:\n  driver = accept\n  transport = box\n";
  } else if (!site.upstream.empty()) {
    std::string hosts;
    for (const ServiceSite::Target& target : site.upstream) {
      hosts += fmt::format(";[{}]:{}", target.address.toString(), target.tcp.value_or(25));
    }
    text += fmt::format(
        "smart_host:\n  driver = manualroute\n  route_data = <{}\n  transport = relay\n  self = send\n",
        hosts);
  } else {
    text += "by_domain:\n  driver = dnslookup\n  transport = relay\n  self = fail\n";
  }
  text += fmt::format(
      "begin transports\nrelay:\n  driver = smtp\n  hosts_avoid_tls = *\n  hosts_try_fastopen = :\n"
      "  hosts_try_chunking = :\n  connect_timeout = 5s\n  dnssec_request_domains = :\n  "
      "tls_verify_certificates =\n"
      "box:\n  driver = appendfile\n  file = {}/box/mail\n  envelope_to_add\n  return_path_add\n"
      "begin retry\n* * F,1h,3s\n",
      folder.path());
  return text;
}

Result<std::unique_ptr<Daemon>> startExim(const DaemonPlace& place) {
  const std::string user = eximUser();
  const std::vector<std::uint16_t> ports = tcpPortsOf(place.site, place.plan);
  Result<DaemonFolder> folder = DaemonFolder::make(place.testbed, siteName(place.site), user);
  if (!folder) return std::unexpected(std::move(folder.error()));
  for (const char* name : {"spool", "log", "box"}) {
    if (Result<void> made = folder->makeFolder(name); !made) return std::unexpected(std::move(made.error()));
  }
  if (Result<void> written = folder->write("exim.conf", eximConfiguration(place.site, ports, *folder));
      !written)
    return std::unexpected(std::move(written.error()));
  Program program;
  program.name = "exim";
  program.versionQuestion = {eximProgram(), "--version"};
  program.spec = os::ProcessSpec({eximProgram(), "-bdf", "-q5s", "-C", *folder / "exim.conf"});
  program.spec.user = user;
  std::string resolvers;
  for (const os::InternetAddress& address : addressesOf(place.site.resolvers)) {
    resolvers += "nameserver " + address.toString() + "\n";
  }
  program.spec.overrides.push_back({"/etc/resolv.conf", resolvers + "options timeout:2 attempts:1\n"});
  program.listeners = tcpListenersOf(place.site, ports);
  program.log = *folder / "log";
  if (isMailbox(place.site)) program.stores = {*folder / "box"};
  return startProgram(place.testbed, place.node, std::move(program));
}

Result<std::string> checkExim(const DaemonPlace& place) {
  const os::InternetAddress& server = askedAddress(place.site);
  const Result<std::uint16_t> open = openPort(place);
  if (!open) return std::unexpected(open.error());
  const std::uint16_t port = *open;
  std::string domain = "check.test";
  const space::NameSet names = channel::allowedNames(*place.site.service);
  for (const Domain& it : place.plan.names.domains) {
    if (it.trusted && it.machine == place.plan.names.world && names.contains(it.name)) {
      domain = it.name;
      break;
    }
  }
  const std::string asked = fmt::format("mail for {} to {} port {}", domain, server.toString(), port);
  Result<os::FileDescriptor> socket =
      place.testbed.socket(place.node, server.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (!socket) return std::unexpected(std::move(socket.error()));
  const timeval patience{15, 0};
  setsockopt(socket->get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  setsockopt(socket->get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const os::SocketAddress there(server, port);
  if (connect(socket->get(), there.get(), there.length) != 0) return os::systemFailure(asked, errno);
  // The last line of a reply has a blank behind the code (RFC 5321 section 4.2).
  const auto reply = [&]() -> std::string {
    std::string text;
    char c = 0;
    for (std::string line; text.size() < 8192 && recv(socket->get(), &c, 1, 0) == 1;) {
      line += c;
      if (c != '\n') continue;
      text += line;
      if (line.size() > 3 && line[3] == ' ') return line.substr(0, 3);
      line.clear();
    }
    return {};
  };
  if (reply() != "220") return os::labFailure(asked + ": no greeting");
  std::string said;
  for (const std::string& word : {std::string("EHLO client.lab.test"), "MAIL FROM:<check@" + domain + ">",
                                  "RCPT TO:<check@" + domain + ">", std::string("QUIT")}) {
    const std::string line = word + "\r\n";
    if (send(socket->get(), line.data(), line.size(), MSG_NOSIGNAL) < 0)
      return os::systemFailure(asked, errno);
    const std::string code = reply();
    if (code.empty()) return os::labFailure(asked + ": no answer to " + word);
    if (word.starts_with("RCPT")) said = code;
  }
  // Where no trusted domain is on its list, that it refuses says that it works.
  if (domain != "check.test" && !said.starts_with("2")) return os::labFailure(asked + ": " + said);
  return asked + ": " + said;
}

}  // namespace vauban::lab
