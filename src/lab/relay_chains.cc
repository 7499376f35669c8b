#include "lab/relay_chains.h"

#include <algorithm>
#include <string_view>

#include "lab/daemon_program.h"
#include "lab/daemon_vsftpd.h"
#include "lab/wire_ftp.h"

namespace vauban::lab {
namespace {

constexpr std::size_t kMostServices = 4, kMostChains = 64;

bool among(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::ranges::find(names, name) != names.end();
}

bool isHttp(const ServiceSite& site) {
  return among(site.behaviour->name, {"http-reverse-proxy", "update-mirror", "package-mirror"});
}
bool isModbus(const ServiceSite& site) { return site.behaviour->name == "ot-gateway"; }

bool isDiode(const ServiceSite& site) { return site.behaviour->name == "data-diode"; }

bool isOf(RelayKind kind, const ServiceSite& site) {
  const std::string& name = site.behaviour->name;
  switch (kind) {
    case RelayKind::streams:
      if (isDiode(site) && site.udp.value_or(0) != 0) return false;
      return site.tcp.value_or(0) != 0 &&
             (name == "tcp-relay" || isDiode(site) || isHttp(site) || isModbus(site));
    case RelayKind::datagrams:
      return site.udp.value_or(0) != 0 && (name == "udp-relay" || isDiode(site));
    case RelayKind::questions:
      return site.udp && name == "dns-forwarder";
    case RelayKind::mail:
      return site.tcp && among(name, {"smtp-relay", "mail-gateway"});
  }
  return false;
}

bool overTcp(RelayKind kind) { return kind == RelayKind::streams || kind == RelayKind::mail; }

class Search {
 public:
  Search(const LabPlan& plan, MachineId goal, MachineId around, RelayKind kind)
      : plan_(plan), goal_(goal), around_(around), kind_(kind) {}

  std::vector<RelayChain> run() {
    for (const ServiceSite& site : plan_.services) follow(site);
    std::ranges::stable_sort(chains_, {}, [](const RelayChain& chain) { return chain.sites.size(); });
    return std::move(chains_);
  }

 private:
  void follow(const ServiceSite& site) {
    if (!isOf(kind_, site) || site.machine == goal_ || site.machine == around_) return;
    if (plan_.at(site.machine).adversary || chains_.size() >= kMostChains) return;
    const bool again =
        std::ranges::any_of(way_, [&](const ServiceSite* it) { return it->machine == site.machine; });
    if (again || way_.size() == kMostServices) return;
    way_.push_back(&site);
    for (const ServiceSite::Target& target : site.upstream) {
      const auto& own = overTcp(kind_) ? site.tcp : site.udp;
      const std::uint16_t port = (overTcp(kind_) ? target.tcp : target.udp).value_or(own.value_or(0));
      const MachineId holder = plan_.holder(target.address);
      if (holder == goal_) {
        add(target.address, port);
        continue;
      }
      for (const ServiceSite& next : plan_.services)
        if (next.machine == holder && listens(next, port)) follow(next);
    }
    way_.pop_back();
  }

  bool listens(const ServiceSite& site, std::uint16_t port) const {
    if (!overTcp(kind_)) return site.udp == port;
    const std::vector<std::uint16_t> ports = tcpEntrancesOf(site, plan_);
    return std::ranges::find(ports, port) != ports.end();
  }

  void add(const os::InternetAddress& target, std::uint16_t port) {
    RelayChain chain{way_, target, port};
    for (const ServiceSite* site : way_) {
      chain.http = chain.http || isHttp(*site);
      chain.modbus = chain.modbus || isModbus(*site);
      chain.oneWay = chain.oneWay || isDiode(*site);
    }
    if (chain.http && chain.modbus) return;
    if (chains_.size() < kMostChains) chains_.push_back(std::move(chain));
  }

  const LabPlan& plan_;
  MachineId goal_, around_;
  RelayKind kind_;
  std::vector<const ServiceSite*> way_;
  std::vector<RelayChain> chains_;
};

}  // namespace

std::vector<std::uint16_t> tcpEntrancesOf(const ServiceSite& site, const LabPlan& plan) {
  if (!site.tcp) return {};
  if (site.behaviour->name == "tcp-relay" || isDiode(site)) return {*site.tcp};
  if (isFtpShare(site)) return {kFtpPort};
  return tcpPortsOf(site, plan);
}

std::vector<RelayChain> chainsTo(const LabPlan& plan, MachineId goal, MachineId around, RelayKind kind) {
  return Search(plan, goal, around, kind).run();
}

bool leadsTo(const LabPlan& plan, const std::vector<ServiceSite::Target>& targets, MachineId goal) {
  const std::vector<RelayChain> chains = chainsTo(plan, goal, MachineId(), RelayKind::questions);
  return std::ranges::any_of(targets, [&](const ServiceSite::Target& target) {
    const MachineId holder = plan.holder(target.address);
    return holder == goal || std::ranges::any_of(chains, [&](const RelayChain& chain) {
             return chain.first().machine == holder && chain.first().udp == target.udp;
           });
  });
}

}  // namespace vauban::lab
