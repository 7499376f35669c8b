#include "lab/daemon.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "lab/claim_places.h"
#include "lab/daemon_check.h"
#include "lab/daemon_chronyd.h"
#include "lab/daemon_dns.h"
#include "lab/daemon_exim.h"
#include "lab/daemon_names.h"
#include "lab/daemon_nginx.h"
#include "lab/daemon_squid.h"
#include "lab/daemon_sshd.h"
#include "lab/daemon_vsftpd.h"
#include "lab/own_log_collector.h"
#include "lab/own_modbus.h"
#include "lab/own_relay.h"
#include "os/system_failure.h"

namespace vauban::lab {

namespace {

// What plays a behaviour.
enum class Player {
  none,
  dns,
  clock,
  udpRelay,
  tcpRelay,
  diode,
  proxy,
  gateway,
  web,
  store,  // FTP where `isFtpShare`
  ftp,
  kernel,
  ssh,
  mail,
  modbus,
  otGateway,
  log,
};

struct Played {
  std::string_view behaviour;
  Player player;
  const char* whyNot;  // of those that nobody plays
};

constexpr std::array kPlayed = {
    Played{"api-gateway", Player::none,
           "an API gateway that also calls out, stores and joins its upstreams is no program"},
    Played{"application", Player::none, "an application of the owner's is no program that the lab has"},
    Played{"bacnet-device", Player::none, "the lab has no BACnet device"},
    Played{"bastion", Player::ssh, nullptr},
    Played{"content-gateway", Player::none, "what is rebuilt depends on the product"},
    Played{"copier", Player::none, "what is copied, and when, depends on the product"},
    Played{"data-diode", Player::diode, nullptr},
    Played{"database", Player::none, "the lab has no database that connects to other places"},
    Played{"directory-server", Player::none, "the lab has no directory that can be made to call out"},
    Played{"dnp3-outstation", Player::none, "the lab has no DNP3 outstation"},
    Played{"dns-authoritative", Player::dns, nullptr},
    Played{"dns-forwarder", Player::dns, nullptr},
    Played{"dns-recursive", Player::dns, nullptr},
    Played{"dns-sinkhole", Player::dns, nullptr},
    Played{"file-share", Player::store, nullptr},
    Played{"historian", Player::none, "the lab has no historian"},
    Played{"http-forward-proxy", Player::proxy, nullptr},
    Played{"http-reverse-proxy", Player::gateway, nullptr},
    Played{"icmp-responder", Player::kernel, nullptr},
    Played{"log-collector", Player::log, nullptr},
    Played{"mail-gateway", Player::mail, nullptr},
    Played{"mailbox-server", Player::mail, nullptr},
    Played{"message-broker", Player::none, "the lab has no message broker"},
    Played{"modbus-device", Player::modbus, nullptr},
    Played{"monitoring-poller", Player::none, "what is polled, and how, depends on the product"},
    Played{"ntp-server", Player::clock, nullptr},
    Played{"object-store", Player::store, nullptr},
    Played{"opaque", Player::none, "a host of which nothing is known is the adversary's, not a service"},
    Played{"opcua-server", Player::none, "the lab has no OPC UA server"},
    Played{"ot-gateway", Player::otGateway, nullptr},
    Played{"package-mirror", Player::gateway, nullptr},
    Played{"rdp-server", Player::none, "the lab has no RDP server"},
    Played{"s7-plc", Player::none, "the lab has no S7 controller"},
    Played{"smtp-relay", Player::mail, nullptr},
    Played{"ssh-server", Player::ssh, nullptr},
    Played{"tcp-relay", Player::tcpRelay, nullptr},
    Played{"udp-relay", Player::udpRelay, nullptr},
    Played{"update-mirror", Player::gateway, nullptr},
    Played{"vpn-gateway", Player::none, "the lab has no VPN gateway"},
    Played{"web-server", Player::web, nullptr},
};

Player playerOf(const ServiceSite& site, const char** whyNot = nullptr) {
  for (const Played& played : kPlayed) {
    if (played.behaviour != site.behaviour->name) continue;
    if (whyNot != nullptr) *whyNot = played.whyNot;
    return played.player == Player::store && isFtpShare(site) ? Player::ftp : played.player;
  }
  if (whyNot != nullptr) *whyNot = "no program plays this behaviour";
  return Player::none;
}

bool needsUpstream(const ServiceSite& site) {
  switch (playerOf(site)) {
    case Player::dns:
      return site.behaviour->name == "dns-forwarder";
    case Player::udpRelay:
    case Player::tcpRelay:
    case Player::diode:
    case Player::gateway:
    case Player::otGateway:
      return true;
    default:
      return false;
  }
}

// The kernel answers echo requests by itself.
class KernelEcho : public Daemon {
 public:
  KernelEcho() {
    utsname kernel = {};
    software_ = uname(&kernel) == 0 ? fmt::format("Linux {}", kernel.release) : "Linux";
  }
  const std::string& software() const override { return software_; }
  bool running() override { return true; }
  std::string output() override { return {}; }

 private:
  std::string software_;
};

RelayPlan relayPlan(const ServiceSite& site, bool tcp) {
  RelayPlan plan;
  plan.addresses = site.addresses;
  plan.port = tcp ? site.tcp.value_or(0) : site.udp.value_or(0);
  for (const ServiceSite::Target& target : site.upstream) {
    const std::optional<std::uint16_t>& port = tcp ? target.tcp : target.udp;
    plan.upstream.push_back({target.address, port.value_or(plan.port)});
  }
  return plan;
}

bool diodeOnTcp(const ServiceSite& site) { return site.udp.value_or(0) == 0; }

// Whether the node is a machine that the service takes messages from.
bool isSource(const DaemonPlace& place) {
  const auto sources = addressesMeant(place.site.service->from, place.plan);
  if (!sources) return true;
  const std::string& name = place.testbed.nodeName(place.node);
  const auto machine = std::ranges::find(place.plan.machines, name, &Machine::node);
  if (machine == place.plan.machines.end()) return false;
  return std::ranges::any_of(machine->legs, [&](const Leg& leg) {
    return std::ranges::any_of(leg.addresses, [&](const os::InternetAddress& address) {
      return std::ranges::find(*sources, address) != sources->end();
    });
  });
}

ModbusPlan modbusPlan(const ServiceSite& site, const LabPlan& lab) {
  ModbusPlan plan;
  plan.addresses = site.addresses;
  plan.ports = tcpPortsOf(site, lab);
  const std::pair<const char*, FunctionClass> classes[] = {
      {"read", FunctionClass::read}, {"write", FunctionClass::write}, {"program", FunctionClass::program}};
  const auto stated = site.service->properties.find("functions");
  for (const auto& [word, functions] : classes) {
    const bool open = stated == site.service->properties.end() || !stated->second ||
                      std::ranges::find(*stated->second.value, word) != stated->second.value->end();
    if (open) plan.functions.insert(functions);
  }
  for (const ServiceSite::Target& target : site.upstream)
    plan.upstream.push_back({target.address, target.tcp.value_or(502)});
  return plan;
}

// S7, OPC UA, DNP3, and not Modbus.
bool speaksAnother(const ServiceSite& site) {
  const auto modbus = space::ServiceSet::ports(space::kTcp, {502, 502});
  const bool others = site.tcp == 102 || site.tcp == 4840 || site.tcp == 20000;
  return others && !site.service->listens.intersects(modbus);
}

LogPlan logPlan(const ServiceSite& site) {
  LogPlan plan{site.addresses, site.udp, site.tcp, {}};
  if (!states(*site.service, "enriches", {"false"})) plan.resolvers = addressesOf(site.resolvers);
  return plan;
}

}  // namespace

std::optional<std::string> whyNotReproduced(const ServiceSite& site) {
  const char* whyNot = nullptr;
  const Player player = playerOf(site, &whyNot);
  if (player == Player::none) return whyNot;
  if (site.addresses.empty()) return "it has no address in the lab";
  if (needsUpstream(site) && site.upstream.empty())
    return "without an upstream it sends to anyone it can reach";
  switch (player) {
    case Player::dns:
      if (!site.udp) return "it has no UDP port";
      break;
    case Player::clock:
    case Player::udpRelay:
      if (!site.udp) return "it has no UDP port";
      if (*site.udp == 0) return "the model does not say its port";
      break;
    case Player::tcpRelay:
    case Player::proxy:
    case Player::gateway:
    case Player::web:
    case Player::store:
    case Player::ftp:
    case Player::mail:
    case Player::modbus:
    case Player::otGateway:
    case Player::ssh:
      if (!site.tcp) return "it has no TCP port";
      if (*site.tcp == 0) return "the model does not say its port";
      if (player == Player::otGateway && speaksAnother(site)) return "the lab's gateways speak Modbus alone";
      if (player == Player::ssh && !openAddresses(site))
        return "its list has too many addresses for sshd's PermitOpen";
      break;
    case Player::diode:
      if (site.udp.value_or(0) == 0 && site.tcp.value_or(0) == 0) return "the model does not say its port";
      break;
    case Player::log:
      if (!site.udp && !site.tcp) return "it has no port";
      break;
    case Player::none:
    case Player::kernel:
      break;
  }
  return std::nullopt;
}

std::vector<std::string> limitsOf(const ServiceSite& site, const LabPlan& plan) {
  std::vector<std::string> limits;
  const model::ServiceInstance& service = *site.service;
  switch (playerOf(site)) {
    case Player::dns:
      if (states(service, "dnssec", {"validates"}))
        limits.emplace_back("no signature is validated: no zone of the lab is signed");
      if (!site.tcp && dnsSoftwareOf(site, plan) != DnsSoftware::unbound)
        limits.emplace_back("it also listens on TCP");
      break;
    case Player::clock:
      if (!states(service, "modes", {"server"}))
        limits.emplace_back(
            "chronyd takes no time from a peer that it was not told of, whatever modes are stated");
      break;
    case Player::diode:
      if (diodeOnTcp(site)) {
        limits.emplace_back(
            "a stream is taken and acknowledged at its near end, and goes one way from there");
      }
      break;
    case Player::ssh:
      if (site.behaviour->name == "bastion") limits.emplace_back("SSH alone of what a bastion may speak");
      break;
    case Player::modbus:
    case Player::otGateway:
      limits.emplace_back("Modbus alone, without TLS");
      break;
    case Player::mail:
      if (site.behaviour->name == "mailbox-server")
        limits.emplace_back("mail is kept, and fetched by nobody");
      break;
    case Player::log:
      limits.emplace_back("lines are kept and looked up, and read by nobody");
      break;
    case Player::store:
      limits.emplace_back("files are kept by HTTP (PUT and GET), whatever the port");
      break;
    case Player::ftp:
      if (!ftpDataPorts(site))
        limits.emplace_back("names of folders alone are kept: it has no ports for data connections");
      if (service.readers)
        limits.emplace_back("whoever may write hears whether a name is taken, though he may not read");
      break;
    case Player::web:
    case Player::gateway:
      if (!states(service, "calls-out", {"false"}) && site.behaviour->name == "web-server")
        limits.emplace_back(
            fmt::format("of what a request can make it fetch, HTTP by GET {}?url=...", "/fetch"));
      limits.emplace_back("HTTP without TLS and QUIC");
      break;
    default:
      break;
  }
  return limits;
}

std::vector<std::string> programsOf(const ServiceSite& site, const LabPlan& plan) {
  switch (playerOf(site)) {
    case Player::dns:
      switch (dnsSoftwareOf(site, plan)) {
        case DnsSoftware::unbound:
          return {"unbound", "dig"};
        case DnsSoftware::named:
          return {"named", "dig"};
        case DnsSoftware::nsd:
          return {"nsd", "dig"};
      }
      return {};
    case Player::clock:
      return {"chronyd"};
    case Player::proxy:
      return {"squid", "curl"};
    case Player::gateway:
    case Player::web:
    case Player::store:
      return {"nginx", "curl"};
    case Player::ftp:
      return {"vsftpd"};
    case Player::ssh:
      return {"sshd", "ssh", "ssh-keygen"};
    case Player::mail:
      return {"exim4"};
    default:
      return {};
  }
}

Result<std::unique_ptr<Daemon>> startDaemon(os::Testbed& testbed, os::NodeId node, const ServiceSite& site,
                                            const LabPlan& plan) {
  if (const auto why = whyNotReproduced(site)) {
    return os::labFailure(
        fmt::format("{} ({}) is not reproduced: {}", siteName(site), site.behaviour->name, *why));
  }
  const DaemonPlace place{testbed, node, site, plan};
  switch (playerOf(site)) {
    case Player::dns:
      return startDns(place);
    case Player::clock:
      return startChronyd(place);
    case Player::udpRelay:
      return startUdpRelay(testbed, node, relayPlan(site, false));
    case Player::tcpRelay:
      return startTcpRelay(testbed, node, relayPlan(site, true));
    case Player::diode: {
      RelayPlan oneWay = relayPlan(site, diodeOnTcp(site));
      oneWay.answers = false;
      oneWay.onlyFrom = addressesMeant(site.service->from, plan);
      return diodeOnTcp(site) ? startTcpRelay(testbed, node, oneWay) : startUdpRelay(testbed, node, oneWay);
    }
    case Player::proxy:
      return startSquid(place);
    case Player::gateway:
    case Player::web:
    case Player::store:
      return startNginx(place);
    case Player::ftp:
      return startVsftpd(place);
    case Player::ssh:
      return startSshd(place);
    case Player::mail:
      return startExim(place);
    case Player::modbus:
      return startModbusDevice(testbed, node, modbusPlan(site, plan));
    case Player::otGateway:
      return startModbusGateway(testbed, node, modbusPlan(site, plan));
    case Player::log:
      return startLogCollector(testbed, node, logPlan(site));
    case Player::kernel:
      return std::make_unique<KernelEcho>();
    case Player::none:
      break;
  }
  return os::labFailure(siteName(site) + " is not reproduced");
}

Result<std::string> checkDaemon(os::Testbed& testbed, os::NodeId client, const ServiceSite& site,
                                const LabPlan& plan, Daemon& daemon) {
  if (!daemon.running()) {
    return os::labFailure(
        fmt::format("{} of {} has ended: {}", daemon.software(), siteName(site), daemon.output()));
  }
  const DaemonPlace place{testbed, client, site, plan};
  switch (playerOf(site)) {
    case Player::dns:
      return checkDns(place);
    case Player::clock:
      return checkClock(place);
    case Player::udpRelay:
      return checkRelay(place, daemon, false);
    case Player::diode:
      if (!isSource(place)) return "whoever may send to it is not one of its sources, and is not heard";
      return checkRelay(place, daemon, diodeOnTcp(site));
    case Player::tcpRelay:
      return checkRelay(place, daemon, true);
    case Player::proxy:
      return checkProxy(place);
    case Player::gateway:
    case Player::web:
      return checkWeb(place);
    case Player::store:
      return checkStore(place);
    case Player::ftp:
      return checkVsftpd(place);
    case Player::kernel:
      return checkEcho(place);
    case Player::ssh:
      return checkSshd(place, daemon.login().value_or(Login{}));
    case Player::mail:
      return checkExim(place);
    case Player::modbus:
    case Player::otGateway:
      return checkModbus(place, modbusPlan(site, plan).functions.contains(FunctionClass::read));
    case Player::log:
      return checkLog(place, daemon);
    case Player::none:
      break;
  }
  return os::labFailure(siteName(site) + " is not reproduced");
}

}  // namespace vauban::lab
