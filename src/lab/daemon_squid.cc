#include "lab/daemon_squid.h"

#include <fmt/format.h>

#include <atomic>

#include "lab/daemon_names.h"

namespace vauban::lab {

namespace {

constexpr const char* kUser = "proxy";

}  // namespace

std::string squidRules(const ServiceSite& site) {
  const model::ServiceInstance& service = *site.service;
  const bool afterAllowing = states(service, "resolves", {"after-allowing"});
  const bool neverReverses = states(service, "reverse-lookups", {"never"});
  const char* flag = neverReverses ? " -n" : "";
  std::string acls, rules;
  // Matches no address that anybody has, and makes it look the name up. (A look-up that fails counts as
  // 255.255.255.255.)
  acls += "acl nowhere dst 240.0.0.1/32\n";
  if (!afterAllowing) rules += "http_access deny nowhere\n";
  if (!neverReverses) {
    acls += "acl no-name dstdomain .reverse.invalid\n";
    rules += "http_access deny no-name\n";
  }
  std::string inAddresses;  // behind a rule's names
  if (service.addresses) {
    const space::AddressSet listed =
        service.addresses->allow.value_or(space::AddressSet::all()) - service.addresses->deny;
    for (const space::AddressRange& range : listed.ranges()) {
      // One range of many prefixes is first-last to squid, which wants no prefix then.
      acls += fmt::format("acl listed dst {}\n", range.toString());
    }
    if (listed.empty()) acls += "acl listed dst 240.0.0.1/32\n";
    inAddresses = " listed";
  }
  // With a parent it would look nothing up; the behaviour does.
  const bool looksUp = !site.upstream.empty() && afterAllowing;
  const auto allow = [&](const std::string& names) {
    if (looksUp) rules += fmt::format("http_access deny{} nowhere\n", names);
    if (names.empty() && inAddresses.empty()) {
      rules += "http_access allow all\n";
      return;
    }
    rules += fmt::format("http_access allow{}{}\n", names, inAddresses);
    if (!inAddresses.empty() && !names.empty()) rules += fmt::format("http_access deny{}\n", names);
  };
  if (!service.names) {
    allow("");
  } else {
    int number = 0;
    for (const auto& [suffix, in] : listedSuffixes(service)) {
      if (suffix.empty()) {
        if (in) allow("");
        continue;
      }
      const std::string name = fmt::format("names{}", number++);
      acls += fmt::format("acl {} dstdomain{} .{}\n", name, flag, suffix);
      if (in) {
        allow(" " + name);
      } else {
        rules += fmt::format("http_access deny {}\n", name);
      }
    }
  }
  return acls + rules + "http_access deny all\n";
}

// A proxy may know names by more than its resolver. What its resolver refuses is no reason that it cannot get
// there: the verdicts do not count on it. Fresh names, as look-ups carry them, are not here; and nothing is
// where it may look up the names of literals, which it would find here too.
std::string hostsFile(const ServiceSite& site, const LabPlan& plan) {
  std::string text;
  if (!states(*site.service, "reverse-lookups", {"never"})) return text;
  for (const Domain& domain : plan.names.domains)
    for (const os::InternetAddress& address : domain.hosts)
      if (!address.ipv6) text += fmt::format("{0} www.{1} {1}\n", address.toString(), domain.name);
  return text;
}

std::string squidConfiguration(const ServiceSite& site, const std::vector<std::uint16_t>& ports,
                               const DaemonFolder& folder) {
  std::string text;
  for (const os::InternetAddress& address : site.addresses) {
    for (const std::uint16_t port : ports) text += fmt::format("http_port {}:{}\n", address.inUrl(), port);
  }
  text += fmt::format(
      "pid_filename {0}/squid.pid\ncache_log {0}/cache.log\naccess_log none\ncoredump_dir {0}\ncache deny "
      "all\n"
      "cache_mem 8 MB\nmemory_pools off\nhosts_file {0}/hosts\npinger_enable off\nnetdb_filename none\n"
      "shutdown_lifetime 0 seconds\nvisible_hostname {1}\nmax_filedescriptors 1024\nbuffered_logs off\n"
      "connect_timeout 3 seconds\nconnect_retries 0\ndns_timeout 3 seconds\ndns_retransmit_interval 1 "
      "seconds\n"
      "negative_dns_ttl 1 seconds\npositive_dns_ttl 2 seconds\nclient_db off\nvia off\nforwarded_for delete\n"
      "request_body_max_size 0\nhttpd_suppress_version_string on\n",
      folder.path(), site.node);
  text += "dns_nameservers";
  for (const os::InternetAddress& address : addressesOf(site.resolvers)) text += " " + address.toString();
  // Without one it would ask those of the machine.
  text += site.resolvers.empty() ? " 127.0.0.1\n" : "\n";
  text += squidRules(site);
  int number = 0;
  for (const ServiceSite::Target& target : site.upstream) {
    text += fmt::format("cache_peer {} parent {} 0 no-query no-digest no-netdb-exchange name=parent{}\n",
                        target.address.toString(), target.tcp.value_or(3128), number++);
  }
  if (!site.upstream.empty()) text += "never_direct allow all\n";
  return text;
}

Result<std::unique_ptr<Daemon>> startSquid(const DaemonPlace& place) {
  static std::atomic<int> instances{0};
  const std::vector<std::uint16_t> ports = tcpPortsOf(place.site, place.plan);
  Result<DaemonFolder> folder = DaemonFolder::make(place.testbed, siteName(place.site), kUser);
  if (!folder) return std::unexpected(std::move(folder.error()));
  if (Result<void> written = folder->write("hosts", hostsFile(place.site, place.plan)); !written)
    return std::unexpected(std::move(written.error()));
  if (Result<void> written = folder->write("squid.conf", squidConfiguration(place.site, ports, *folder));
      !written)
    return std::unexpected(std::move(written.error()));
  Program program;
  program.name = "squid";
  program.versionQuestion = {"squid", "-v"};
  // Its shared memory is named after the service, which must be one's own.
  program.spec =
      os::ProcessSpec({"squid", "-N", "-n", fmt::format("lab{}", ++instances), "-f", *folder / "squid.conf"});
  program.spec.user = kUser;
  program.spec.folder = folder->path();
  program.listeners = tcpListenersOf(place.site, ports);
  program.log = *folder / "cache.log";
  return startProgram(place.testbed, place.node, std::move(program));
}

}  // namespace vauban::lab
