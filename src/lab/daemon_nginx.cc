#include "lab/daemon_nginx.h"

#include <fmt/format.h>

#include <algorithm>

#include "lab/claim_places.h"
#include "lab/daemon_names.h"

namespace vauban::lab {

namespace {

constexpr const char* kUser = "nobody";

std::string listenLines(const std::vector<os::InternetAddress>& addresses,
                        const std::vector<std::uint16_t>& ports) {
  std::string text;
  for (const os::InternetAddress& address : addresses) {
    for (const std::uint16_t port : ports) text += fmt::format("    listen {}:{};\n", address.inUrl(), port);
  }
  return text;
}

std::string configuration(const DaemonFolder& folder, const std::string& http) {
  return fmt::format(
      "daemon off;\nmaster_process off;\npid {0}/nginx.pid;\nevents {{ worker_connections 256; }}\nhttp {{\n"
      "  access_log off;\n  client_max_body_size 0;\n  client_body_temp_path {0}/body;\n"
      "  proxy_temp_path {0}/proxy;\n  fastcgi_temp_path {0}/fastcgi;\n  uwsgi_temp_path {0}/uwsgi;\n"
      "  scgi_temp_path {0}/scgi;\n{1}}}\n",
      folder.path(), http);
}

Program programOf(const DaemonFolder& folder) {
  Program program;
  program.name = "nginx";
  program.versionQuestion = {"nginx", "-v"};
  program.spec = os::ProcessSpec({"nginx", "-e", "stderr", "-c", folder / "nginx.conf"});
  program.spec.user = kUser;
  return program;
}

bool isStore(const ServiceSite& site) {
  const std::string& behaviour = site.behaviour->name;
  return behaviour == "object-store" || behaviour == "file-share" ||
         (behaviour == "web-server" && states(*site.service, "accepts-uploads", {"true"}));
}

bool isMirror(const ServiceSite& site) {
  return site.behaviour->name == "update-mirror" || site.behaviour->name == "package-mirror";
}

// The location that fetches for whoever asks: by name, with look-ups of its own, and by address.
std::string fetchLocation(const ServiceSite& site) {
  std::string text = fmt::format("    location = {} {{\n", kFetchPath);
  std::string servers;
  for (const os::InternetAddress& address : addressesOf(site.resolvers)) servers += " " + address.inUrl();
  const bool ipv6 = std::ranges::any_of(site.addresses, &os::InternetAddress::ipv6);
  if (!servers.empty()) {
    text += fmt::format("      resolver{} valid=1s ipv6={};\n      resolver_timeout 3s;\n", servers,
                        ipv6 ? "on" : "off");
  }
  return text + "      proxy_connect_timeout 3s;\n      proxy_pass $arg_url;\n    }\n";
}

// Of a store's location: who may do more than write.
std::string readersOnly(const ServiceSite& site, const LabPlan& plan) {
  const auto readers = addressesMeant(site.service->readers, plan);
  if (!readers) return {};
  std::string text = "      limit_except PUT DELETE MKCOL {\n";
  for (const os::InternetAddress& address : *readers) text += "        allow " + address.toString() + ";\n";
  return text + "        deny all;\n      }\n";
}

}  // namespace

std::string pageOf(const ServiceSite& site) { return "the page of " + siteName(site); }

std::string nginxConfiguration(const ServiceSite& site, const LabPlan& plan,
                               const std::vector<std::uint16_t>& ports, const DaemonFolder& folder) {
  std::string http, server = listenLines(site.addresses, ports);
  if (!site.upstream.empty() && (isMirror(site) || site.behaviour->name == "http-reverse-proxy")) {
    http += "  upstream origin {\n";
    for (const ServiceSite::Target& target : site.upstream) {
      // Tried again at once after a failure: what was not up when the lab began may be now.
      http += fmt::format("    server {}:{} max_fails=0;\n", target.address.inUrl(), target.tcp.value_or(80));
    }
    http += "  }\n";
    std::string cache;
    if (isMirror(site)) {
      http +=
          fmt::format("  proxy_cache_path {}/cache keys_zone=mirror:1m use_temp_path=off;\n", folder.path());
      cache =
          "      proxy_cache mirror;\n      proxy_cache_valid any 10m;\n      proxy_ignore_headers "
          "Cache-Control Expires;\n";
    } else {
      cache = "      proxy_request_buffering off;\n      proxy_buffering off;\n";
    }
    server += fmt::format(
        "    location / {{\n      proxy_pass http://origin;\n      proxy_http_version 1.1;\n"
        "      proxy_set_header Host $http_host;\n      proxy_connect_timeout 3s;\n{}    }}\n",
        cache);
  } else if (isStore(site)) {
    server += fmt::format(
        "    root {}/files;\n    location / {{\n      dav_methods PUT DELETE MKCOL;\n      "
        "create_full_put_path on;\n"
        "      autoindex on;\n{}    }}\n",
        folder.path(), readersOnly(site, plan));
  } else {
    server +=
        fmt::format("    location / {{ default_type text/plain; return 200 \"{}\\n\"; }}\n", pageOf(site));
  }
  const bool web = site.behaviour->name == "web-server";
  if (web && !states(*site.service, "calls-out", {"false"})) server += fetchLocation(site);
  return configuration(folder, http + "  server {\n" + server + "  }\n");
}

Result<std::unique_ptr<Daemon>> startNginx(const DaemonPlace& place) {
  const ServiceSite& site = place.site;
  const std::vector<std::uint16_t> ports = tcpPortsOf(site, place.plan);
  Result<DaemonFolder> folder = DaemonFolder::make(place.testbed, siteName(site), kUser);
  if (!folder) return std::unexpected(std::move(folder.error()));
  for (const char* name : {"files", "cache"}) {
    if (Result<void> made = folder->makeFolder(name); !made) return std::unexpected(std::move(made.error()));
  }
  if (Result<void> written =
          folder->write("nginx.conf", nginxConfiguration(site, place.plan, ports, *folder));
      !written)
    return std::unexpected(std::move(written.error()));
  Program program = programOf(*folder);
  program.listeners = tcpListenersOf(site, ports);
  if (isStore(site)) program.stores = {*folder / "files"};
  if (isMirror(site)) program.stores = {*folder / "cache"};
  return startProgram(place.testbed, place.node, std::move(program));
}

Result<std::unique_ptr<Daemon>> startPages(os::Testbed& testbed, os::NodeId node, const std::string& name,
                                           const std::vector<os::InternetAddress>& addresses,
                                           const std::vector<std::uint16_t>& ports, const std::string& page) {
  Result<DaemonFolder> folder = DaemonFolder::make(testbed, name, kUser);
  if (!folder) return std::unexpected(std::move(folder.error()));
  const std::string server = fmt::format(
      "  server {{\n{}    location / {{ default_type text/plain; return 200 \"{}\\n\"; }}\n  }}\n",
      listenLines(addresses, ports), page);
  if (Result<void> written = folder->write("nginx.conf", configuration(*folder, server)); !written)
    return std::unexpected(std::move(written.error()));
  Program program = programOf(*folder);
  for (const os::InternetAddress& address : addresses) {
    for (const std::uint16_t port : ports)
      program.listeners.push_back({.tcp = true, .port = port, .address = address});
  }
  return startProgram(testbed, node, std::move(program));
}

}  // namespace vauban::lab
