#include "lab/daemon_dns.h"

#include <fmt/format.h>

#include <algorithm>

#include "lab/daemon_names.h"

namespace vauban::lab {

namespace {

const std::string& softwareWord(const ServiceSite& site, const LabPlan& plan) {
  return plan.model.at(site.service->host).software;
}

// The list as a response policy zone. Wildcards of a zone match only below the nearest name that the zone has
// (RFC 4592 section 3.3.1), and "a.test" makes it have "test": what is above an entry needs one of its own.
std::string policyZone(const std::vector<Suffix>& list, const std::vector<std::string>& answers) {
  const auto above = [](const std::string& name) {
    const std::size_t dot = name.find('.');
    return dot == std::string::npos ? std::string() : name.substr(dot + 1);
  };
  std::map<std::string, bool> decided(list.begin(), list.end());
  for (const std::string& answer : answers) decided[answer] = true;
  std::map<std::string, bool> entries = decided;
  for (const auto& [suffix, in] : decided) {
    for (std::string name = suffix; !name.empty(); name = above(name)) {
      std::string nearest = name;
      while (!nearest.empty() && !decided.contains(nearest)) nearest = above(nearest);
      entries.try_emplace(name, decided.at(nearest));
    }
  }
  std::string text = "$TTL 60\n@ SOA localhost. hostmaster.localhost. 1 3600 600 86400 60\n@ NS localhost.\n";
  for (const auto& [suffix, in] : entries) {
    const char* action = in ? "rpz-passthru." : ".";
    if (suffix.empty()) {
      text += fmt::format("* CNAME {}\n", action);
    } else {
      text += fmt::format("{0} CNAME {1}\n*.{0} CNAME {1}\n", suffix, action);
    }
  }
  return text;
}

bool mentions(const std::string& text, std::string_view word) { return text.find(word) != std::string::npos; }

}  // namespace

DnsSoftware dnsSoftwareOf(const ServiceSite& site, const LabPlan& plan) {
  const std::string& behaviour = site.behaviour->name;
  const std::string& word = softwareWord(site, plan);
  if (behaviour == "dns-authoritative" || behaviour == "dns-sinkhole") {
    return states(*site.service, "updates", {"true"}) ? DnsSoftware::named : DnsSoftware::nsd;
  }
  if (decidesAfter(*site.service)) return DnsSoftware::named;
  if (mentions(word, "bind") || mentions(word, "named")) return DnsSoftware::named;
  if (mentions(word, "unbound") || site.service->names || behaviour == "dns-forwarder")
    return DnsSoftware::unbound;
  return DnsSoftware::named;
}

std::string zoneHead(const std::string& origin, const os::InternetAddress& nameServer) {
  const std::string dotted = origin + ".";
  const std::string server = origin.empty() ? "ns.root." : "ns." + dotted;
  return fmt::format(
      "$ORIGIN {0}\n$TTL 60\n@ SOA {1} hostmaster.{1} 1 3600 600 86400 60\n@ NS {1}\n{1} {2} {3}\n", dotted,
      server, nameServer.ipv6 ? "AAAA" : "A", nameServer.toString());
}

std::string addressRecords(const std::string& owner, const std::vector<os::InternetAddress>& addresses) {
  std::string text;
  for (const os::InternetAddress& address : addresses) {
    text += fmt::format("{} {} {}\n", owner, address.ipv6 ? "AAAA" : "A", address.toString());
  }
  return text;
}

Zones ownZones(const ServiceSite& site, const LabPlan& plan) {
  Zones zones;
  if (site.addresses.empty()) return zones;
  const os::InternetAddress& own = site.addresses.front();
  const auto add = [&](const std::string& origin, const std::vector<os::InternetAddress>& hosts) {
    if (zones.contains(origin)) return;
    std::string text = zoneHead(origin, own) + addressRecords("@", hosts) + addressRecords("*", hosts);
    zones.emplace(origin, std::move(text));
  };
  if (site.behaviour->name == "dns-sinkhole") add("", {own});
  for (const std::string& answer : site.service->answers) add(answer, {own});
  if (site.behaviour->name == "dns-authoritative") {
    for (const Domain& domain : plan.names.domains) {
      if (domain.machine == site.machine) add(domain.name, domain.hosts);
    }
    // One without a zone of its own in the model has one in the lab, so that there is something to ask it
    // for.
    if (zones.empty()) add("own.test", {own});
  }
  return zones;
}

std::map<std::string, std::string> nsdFiles(const Zones& zones, const std::vector<os::Listener>& listeners,
                                            const DaemonFolder& folder) {
  std::map<std::string, std::string> files;
  std::string text = "server:\n";
  for (const os::Listener& listener : listeners) {
    if (listener.address && !listener.tcp) {
      text += fmt::format("  ip-address: {}@{}\n", listener.address->toString(), listener.port);
    }
  }
  text += fmt::format(
      "  username: \"\"\n  chroot: \"\"\n  zonesdir: \"{0}\"\n  database: \"\"\n  pidfile: \"{0}/nsd.pid\"\n"
      "  xfrdfile: \"{0}/xfrd\"\n  xfrdir: \"{0}\"\n  zonelistfile: \"{0}/zonelist\"\n"
      "  cookie-secret-file: \"{0}/cookie\"\n  server-count: 1\n  rrl-ratelimit: 0\n"
      "remote-control:\n  control-enable: no\n",
      folder.path());
  int number = 0;
  for (const auto& [origin, zone] : zones) {
    const std::string file = fmt::format("zone-{}", number++);
    files[file] = zone;
    text += fmt::format("zone:\n  name: \"{}.\"\n  zonefile: \"{}\"\n", origin, file);
  }
  files["nsd.conf"] = std::move(text);
  return files;
}

std::string unboundConfiguration(const ServiceSite& site, const DaemonFolder& folder) {
  const std::uint16_t port = site.udp ? *site.udp : site.tcp.value_or(53);
  const bool ipv6 = std::ranges::any_of(site.addresses, &os::InternetAddress::ipv6);
  std::string text = "server:\n";
  for (const os::InternetAddress& address : site.addresses) {
    text += fmt::format("  interface: {}@{}\n", address.toString(), port);
  }
  text += fmt::format(
      "  port: {1}\n  do-ip6: {2}\n  do-tcp: {3}\n  do-daemonize: no\n  chroot: \"\"\n  username: \"\"\n"
      "  directory: \"{0}\"\n  pidfile: \"{0}/unbound.pid\"\n  use-syslog: no\n  logfile: \"\"\n"
      "  module-config: \"iterator\"\n  access-control: 0.0.0.0/0 allow\n  access-control: ::/0 allow\n"
      "  num-threads: 1\n  msg-cache-size: 4m\n  rrset-cache-size: 4m\n  outgoing-range: 512\n"
      "  num-queries-per-thread: 1024\n  so-reuseport: no\n  val-log-level: 0\n"
      // A name server that did not answer while the lab came up must be asked again.
      "  infra-keep-probing: yes\n  infra-host-ttl: 30\n"
      // Reverse zones of documentation ranges are answered by itself unless it is told not to.
      "  unblock-lan-zones: yes\n  insecure-lan-zones: yes\n",
      folder.path(), port, ipv6 ? "yes" : "no", site.tcp ? "yes" : "no");
  // Reverse zones of documentation ranges and special-use names (RFC 6303, RFC 6761) are not its own in the
  // lab.
  for (const char* zone :
       {"100.51.198.in-addr.arpa", "113.0.203.in-addr.arpa", "8.b.d.0.1.0.0.2.ip6.arpa", "test"}) {
    text += fmt::format("  local-zone: \"{}.\" nodefault\n", zone);
  }
  const space::NameSet own = space::NameSet::suffixes(site.service->answers);
  for (const auto& [suffix, in] : listedSuffixes(*site.service)) {
    if (own.contains(suffix)) continue;
    text += fmt::format("  local-zone: \"{}.\" {}\n", suffix, in ? "transparent" : "refuse");
  }
  for (const std::string& answer : site.service->answers) {
    text += fmt::format("  local-zone: \"{}.\" static\n", answer);
    for (const std::string& name : {answer, "app." + answer, "www." + answer}) {
      for (const os::InternetAddress& address : site.addresses) {
        text += fmt::format("  local-data: \"{}. 60 IN {} {}\"\n", name, address.ipv6 ? "AAAA" : "A",
                            address.toString());
      }
    }
  }
  if (site.behaviour->name == "dns-recursive") {
    text += fmt::format("  root-hints: \"{}/hints\"\n", folder.path());
  }
  text += "remote-control:\n  control-enable: no\n";
  if (site.behaviour->name == "dns-forwarder") {
    text += "forward-zone:\n  name: \".\"\n  forward-first: no\n";
    for (const ServiceSite::Target& target : site.upstream) {
      text += fmt::format("  forward-addr: {}@{}\n", target.address.toString(), target.udp.value_or(53));
    }
  }
  return text;
}

std::map<std::string, std::string> namedFiles(const ServiceSite& site, const LabPlan& plan,
                                              const DaemonFolder& folder) {
  std::map<std::string, std::string> files;
  const std::uint16_t port = site.udp ? *site.udp : site.tcp.value_or(53);
  const bool forwards = site.behaviour->name == "dns-forwarder";
  const bool recurses = forwards || site.behaviour->name == "dns-recursive";
  std::string listen[2];
  for (const os::InternetAddress& address : site.addresses) {
    listen[address.ipv6 ? 1 : 0] += address.toString() + "; ";
  }
  std::string text = fmt::format(
      "options {{\n  directory \"{0}\";\n  pid-file \"{0}/named.pid\";\n  session-keyfile \"{0}/session\";\n"
      "  managed-keys-directory \"{0}\";\n  listen-on port {1} {{ {2}}};\n  listen-on-v6 port {1} {{ {3}}};\n"
      "  recursion {4};\n  allow-query {{ any; }};\n  allow-query-cache {{ any; }};\n  allow-recursion {{ "
      "any; }};\n"
      "  dnssec-validation no;\n  empty-zones-enable no;\n  querylog no;\n  max-cache-size 16m;\n"
      "  servfail-ttl 0;\n  lame-ttl 0;\n  notify no;\n  interface-interval 0;\n",
      folder.path(), port, listen[0].empty() ? "none; " : listen[0], listen[1].empty() ? "none; " : listen[1],
      recurses ? "yes" : "no");
  if (forwards) {
    text += "  forward only;\n  forwarders {";
    for (const ServiceSite::Target& target : site.upstream) {
      text += fmt::format(" {} port {};", target.address.toString(), target.udp.value_or(53));
    }
    text += " };\n";
  }
  const std::vector<Suffix> list = recurses ? listedSuffixes(*site.service) : std::vector<Suffix>();
  if (!list.empty()) {
    text += fmt::format(
        "  response-policy {{ zone \"policy.invalid\" policy given; }} qname-wait-recurse {} break-dnssec "
        "yes;\n",
        decidesAfter(*site.service) ? "yes" : "no");
    files["policy"] = policyZone(list, site.service->answers);
  }
  text += "};\ncontrols { };\n";
  if (!list.empty()) {
    text += fmt::format(
        "zone \"policy.invalid\" {{ type primary; file \"{}/policy\"; allow-query {{ none; }}; }};\n",
        folder.path());
  }
  if (site.behaviour->name == "dns-recursive") {
    text += fmt::format("zone \".\" {{ type hint; file \"{}/hints\"; }};\n", folder.path());
  }
  const bool updates = states(*site.service, "updates", {"true"});
  int number = 0;
  for (const auto& [origin, zone] : ownZones(site, plan)) {
    const std::string file = fmt::format("zones/zone-{}", number++);
    files[file] = zone;
    text += fmt::format("zone \"{}\" {{ type primary; file \"{}/{}\"; allow-update {{ {}; }}; }};\n",
                        origin.empty() ? "." : origin, folder.path(), file, updates ? "any" : "none");
  }
  files["named.conf"] = std::move(text);
  return files;
}

namespace {

std::string rootHints(const LabPlan& plan) {
  return fmt::format(". 3600 NS ns.root.\nns.root. 3600 A {}\n", plan.names.root.toString());
}

Result<void> writeAll(const DaemonFolder& folder, const std::map<std::string, std::string>& files) {
  for (const auto& [name, text] : files) {
    if (Result<void> written = folder.write(name, text); !written) return written;
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Daemon>> startNsd(os::Testbed& testbed, os::NodeId node, const DaemonFolder& folder,
                                         const Zones& zones, const std::vector<os::Listener>& listeners) {
  const Result<void> written = writeAll(folder, nsdFiles(zones, listeners, folder));
  if (!written) return std::unexpected(written.error());
  Program program;
  program.name = "nsd";
  program.versionQuestion = {"nsd", "-v"};
  program.spec = os::ProcessSpec({"nsd", "-d", "-c", folder / "nsd.conf"});
  program.listeners = listeners;
  return startProgram(testbed, node, std::move(program));
}

Result<std::unique_ptr<Daemon>> startDns(const DaemonPlace& place) {
  const ServiceSite& site = place.site;
  Result<DaemonFolder> made = DaemonFolder::make(place.testbed, siteName(site));
  if (!made) return std::unexpected(std::move(made.error()));
  const DaemonFolder& folder = *made;
  const std::uint16_t port = site.udp ? *site.udp : site.tcp.value_or(53);
  std::vector<os::Listener> listeners = listenersOf(site, port, port);
  const DnsSoftware software = dnsSoftwareOf(site, place.plan);
  if (software == DnsSoftware::nsd) {
    return startNsd(place.testbed, place.node, folder, ownZones(site, place.plan), listeners);
  }
  if (Result<void> written = folder.write("hints", rootHints(place.plan)); !written)
    return std::unexpected(std::move(written.error()));
  Program program;
  if (software == DnsSoftware::unbound) {
    if (Result<void> written = folder.write("unbound.conf", unboundConfiguration(site, folder)); !written)
      return std::unexpected(std::move(written.error()));
    program.name = "unbound";
    program.versionQuestion = {"unbound", "-V"};
    program.spec = os::ProcessSpec({"unbound", "-d", "-c", folder / "unbound.conf"});
    if (!site.tcp) std::erase_if(listeners, &os::Listener::tcp);
    program.listeners = listeners;
    return startProgram(place.testbed, place.node, std::move(program));
  }
  if (Result<void> zones = folder.makeFolder("zones"); !zones)
    return std::unexpected(std::move(zones.error()));
  if (Result<void> written = writeAll(folder, namedFiles(site, place.plan, folder)); !written)
    return std::unexpected(std::move(written.error()));
  program.name = "named";
  program.versionQuestion = {"named", "-v"};
  program.spec = os::ProcessSpec({"named", "-g", "-n", "1", "-c", folder / "named.conf"});
  program.listeners = listeners;
  // It listens before it has loaded its zones.
  program.ready = "running";
  if (states(*site.service, "updates", {"true"})) program.stores = {folder / "zones"};
  return startProgram(place.testbed, place.node, std::move(program));
}

}  // namespace vauban::lab
