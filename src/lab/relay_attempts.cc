// Through services that pass on what they are told (semantics 4).
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>

#include "lab/attempt_maker.h"
#include "lab/lab_wiring.h"

namespace vauban::lab {

using os::InternetAddress;
using space::Service;
using space::ServiceSet;

namespace {

class Relays : public AttemptMaker {
 public:
  Relays(RunningLab& lab, MachineId from, MachineId to, const std::vector<Service>& services)
      : AttemptMaker(lab, from, to), services_(services) {}

  std::vector<Attempt> all() {
    relays();
    return std::move(attempts_);
  }

 private:
  void relay(const ServiceSite& site, Carrier carrier, std::uint8_t protocol, std::uint16_t port,
             const std::string& what, const std::function<void(Probe&)>& also) {
    const ServiceSet packets = ServiceSet::ports(protocol, {port, port});
    const auto between = ends(sender(), site.addresses, packets & site.service->listens);
    // What does not even reach the service is tried by the matrix of packets.
    if (!between || !between->passes) return;
    Attempt attempt =
        make(carrier, between->own, between->its, port,
             fmt::format("{} by {} on {}{}", carrierName(carrier), site.service->name, site.node, what));
    attempt.via = site.id;
    attempt.direct = false;
    attempt.opener = packets;
    attempt.path = {from_, site.machine, to_};
    attempt.expected = true;
    also(attempt.probe);
    attempts_.push_back(std::move(attempt));
  }

  std::vector<const Domain*> hisDomains() const {
    std::vector<const Domain*> result;
    for (const Domain& domain : plan_.names.domains)
      if (!domain.trusted && domain.machine == to_) result.push_back(&domain);
    return result;
  }

  void relays() {
    for (const ServiceSite& site : plan_.services) {
      if (site.machine == from_ || plan_.at(site.machine).adversary) continue;
      const std::string& behaviour = site.behaviour->name;
      if (behaviour.starts_with("dns-"))
        throughResolver(site);
      else if (behaviour == "ntp-server")
        throughTimeServer(site);
      else if (behaviour == "http-forward-proxy")
        throughProxy(site);
      else if (behaviour == "smtp-relay" || behaviour == "mail-gateway")
        throughMail(site);
      else if (behaviour == "ssh-server" || behaviour == "bastion")
        throughShell(site);
      else if (behaviour == "udp-relay" || behaviour == "data-diode" || behaviour == "tcp-relay" ||
               behaviour == "http-reverse-proxy" || behaviour == "ot-gateway" ||
               behaviour == "update-mirror" || behaviour == "package-mirror")
        throughFixed(site);
    }
  }

  void throughResolver(const ServiceSite& site) {
    if (!site.udp) return;
    for (const Domain* domain : hisDomains())
      relay(site, Carrier::queryName, space::kUdp, *site.udp, " below " + domain->name,
            [&](Probe& probe) { probe.domain = domain->name; });
  }

  void throughTimeServer(const ServiceSite& site) {
    if (!site.udp) return;
    for (const Carrier carrier : {Carrier::ntpTimestamp, Carrier::ntpExtension})
      relay(site, carrier, space::kUdp, *site.udp, "", [](Probe&) {});
  }

  void throughProxy(const ServiceSite& site) {
    if (!site.tcp) return;
    std::vector<std::string> hosts;
    for (const Domain* domain : hisDomains()) hosts.push_back("www." + domain->name);
    for (const InternetAddress& address : distinct(receiver(), false)) hosts.push_back(address.toString());
    for (const std::string& host : hosts) {
      relay(site, Carrier::httpBody, space::kTcp, *site.tcp, " to " + host,
            [&](Probe& probe) { probe.target = "http://" + host + "/"; });
      for (const std::uint16_t port : {std::uint16_t{443}, std::uint16_t{53}, kHighPort})
        relay(site, Carrier::httpConnect, space::kTcp, *site.tcp, fmt::format(" to {}:{}", host, port),
              [&](Probe& probe) { probe.target = fmt::format("{}:{}", host, port); });
    }
    for (const Domain* domain : hisDomains())
      relay(site, Carrier::hostName, space::kTcp, *site.tcp, " below " + domain->name,
            [&](Probe& probe) { probe.domain = domain->name; });
  }

  void throughMail(const ServiceSite& site) {
    if (!site.tcp) return;
    for (const Domain* domain : hisDomains()) {
      relay(site, Carrier::smtpBody, space::kTcp, *site.tcp, " to " + domain->name,
            [&](Probe& probe) { probe.domain = domain->name; });
      relay(site, Carrier::smtpSender, space::kTcp, *site.tcp, " below " + domain->name,
            [&](Probe& probe) { probe.domain = domain->name; });
    }
  }

  void throughShell(const ServiceSite& site) {
    if (!site.tcp) return;
    for (const InternetAddress& his : distinct(receiver(), false))
      for (const Service& service : services_)
        if (service.protocol == space::kTcp)
          relay(site, Carrier::sshForward, space::kTcp, *site.tcp,
                fmt::format(" to {}:{}", his.toString(), service.destinationPort), [&](Probe& probe) {
                  probe.target = fmt::format("{}:{}", his.toString(), service.destinationPort);
                });
  }

  void throughFixed(const ServiceSite& site) {
    if (site.udp && site.behaviour->name != "tcp-relay")
      relay(site, Carrier::datagram, space::kUdp, *site.udp, "",
            [](Probe& probe) { probe.protocol = space::kUdp; });
    if (!site.tcp || site.behaviour->name == "udp-relay") return;
    if (site.behaviour->name == "tcp-relay")
      relay(site, Carrier::stream, space::kTcp, *site.tcp, "", [](Probe&) {});
    else if (site.behaviour->name == "ot-gateway")
      relay(site, Carrier::registers, space::kTcp, *site.tcp, "", [](Probe&) {});
    else
      relay(site, Carrier::httpBody, space::kTcp, *site.tcp, "", [](Probe& probe) { probe.path = "/"; });
  }

  const std::vector<Service>& services_;
  std::vector<Attempt> attempts_;
};

}  // namespace

std::vector<Attempt> relayAttempts(RunningLab& lab, MachineId from, MachineId to,
                                   const std::vector<space::Service>& services) {
  return Relays(lab, from, to, services).all();
}

}  // namespace vauban::lab
