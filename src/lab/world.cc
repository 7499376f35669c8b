#include "lab/world.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "lab/daemon_chronyd.h"
#include "lab/daemon_dns.h"
#include "lab/daemon_nginx.h"

namespace vauban::lab {

namespace {

// Whether `name` lies below `zone` ("": the root), and is not it.
bool below(const std::string& name, const std::string& zone) {
  if (zone.empty()) return !name.empty();
  return name.size() > zone.size() && name.ends_with("." + zone);
}

struct Delegated {
  os::InternetAddress nameServer;
  const Domain* domain = nullptr;  // nullptr: the root or a top-level domain
};

// Every zone of the tree with its name server.
std::map<std::string, Delegated> allZones(const NameTree& tree) {
  std::map<std::string, Delegated> zones;
  zones[""] = {tree.root, nullptr};
  for (const Domain& domain : tree.domains) zones[domain.name] = {domain.nameServer, &domain};
  for (const Domain& domain : tree.domains) {
    const std::size_t dot = domain.name.rfind('.');
    if (dot != std::string::npos)
      zones.try_emplace(domain.name.substr(dot + 1), Delegated{tree.tld, nullptr});
  }
  return zones;
}

std::vector<os::InternetAddress> worldAddresses(const LabPlan& plan) {
  std::vector<os::InternetAddress> addresses;
  for (const Leg& leg : plan.at(plan.names.world).legs)
    addresses.insert(addresses.end(), leg.addresses.begin(), leg.addresses.end());
  return addresses;
}

}  // namespace

std::map<std::string, std::string> worldZones(const LabPlan& plan) {
  const std::map<std::string, Delegated> zones = allZones(plan.names);
  std::map<std::string, std::string> texts;
  for (const auto& [origin, zone] : zones) {
    if (zone.domain != nullptr && zone.domain->machine != plan.names.world) continue;
    std::string text = zoneHead(origin, zone.nameServer);
    if (zone.domain != nullptr) {
      text += addressRecords("@", zone.domain->hosts) + addressRecords("*", zone.domain->hosts);
    }
    for (const auto& [name, child] : zones) {
      if (!below(name, origin)) continue;
      const bool nearer = std::ranges::any_of(
          zones, [&](const auto& other) { return below(name, other.first) && below(other.first, origin); });
      if (nearer) continue;
      text +=
          fmt::format("{0}. NS ns.{0}.\n{1}", name, addressRecords("ns." + name + ".", {child.nameServer}));
    }
    texts.emplace(origin, std::move(text));
  }
  return texts;
}

std::vector<std::string> programsOfWorld() { return {"nsd", "nginx", "chronyd"}; }

Result<std::vector<std::unique_ptr<Daemon>>> startWorld(os::Testbed& testbed, os::NodeId node,
                                                        const LabPlan& plan) {
  std::vector<std::unique_ptr<Daemon>> daemons;
  if (!plan.names.world.valid()) return daemons;
  const auto keep = [&](Result<std::unique_ptr<Daemon>> daemon) -> Result<void> {
    if (!daemon) return std::unexpected(std::move(daemon.error()));
    daemons.push_back(std::move(*daemon));
    return {};
  };
  std::set<os::InternetAddress> servers{plan.names.root, plan.names.tld}, pages;
  for (const Domain& domain : plan.names.domains) {
    if (domain.machine != plan.names.world) continue;
    servers.insert(domain.nameServer);
    pages.insert(domain.hosts.begin(), domain.hosts.end());
  }
  const std::vector<os::InternetAddress> own = worldAddresses(plan);
  const auto foreign = [&](const os::InternetAddress& address) {
    return std::ranges::find(own, address) == own.end();
  };
  std::erase_if(servers, foreign);  // an outside without IPv4 has no root
  std::erase_if(pages, foreign);
  if (!servers.empty()) {
    Result<DaemonFolder> folder = DaemonFolder::make(testbed, "world-dns");
    if (!folder) return std::unexpected(std::move(folder.error()));
    std::vector<os::Listener> listeners;
    for (const os::InternetAddress& address : servers) {
      listeners.push_back({.tcp = false, .port = 53, .address = address});
      listeners.push_back({.tcp = true, .port = 53, .address = address});
    }
    if (Result<void> kept = keep(startNsd(testbed, node, *folder, worldZones(plan), listeners)); !kept)
      return std::unexpected(std::move(kept.error()));
  }
  if (!pages.empty()) {
    Result<void> kept =
        keep(startPages(testbed, node, "world-web", {pages.begin(), pages.end()}, {80, 443}, kTrustedPage));
    if (!kept) return std::unexpected(std::move(kept.error()));
  }
  if (Result<void> kept = keep(startClock(testbed, node, "world-time")); !kept)
    return std::unexpected(std::move(kept.error()));
  return daemons;
}

}  // namespace vauban::lab
