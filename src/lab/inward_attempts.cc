#include "lab/inward_attempts.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <set>

#include "lab/attempt_maker.h"
#include "lab/relay_chains.h"

namespace vauban::lab {

using os::InternetAddress;
using space::Service;
using space::ServiceSet;

namespace {

constexpr std::size_t kMostForged = 6;  // victims whose address is borrowed, and flows, per family
constexpr std::size_t kMostPorts = 8;   // that a proxy is asked to connect to

// From the sender's code to the receiver: what the sender opens.
class Inward : public AttemptMaker {
 public:
  Inward(RunningLab& lab, MachineId from, MachineId to, const std::vector<Service>& services)
      : AttemptMaker(lab, from, to), services_(services) {}

  std::vector<Attempt> all() {
    converse(services_, attempts_);
    answers();
    for (const bool ipv6 : {false, true}) borrowed(ipv6);
    intoFlows();
    relays();
    forwards();
    lookups();
    pages();
    names();
    std::ranges::move(storeAttempts(lab_, from_, to_), std::back_inserter(attempts_));
    reflections();
    return std::move(attempts_);
  }

 private:
  bool othersHold(const ServiceSite& site) const {
    return site.machine != from_ && site.machine != to_ && !plan_.at(site.machine).adversary;
  }
  bool served(std::uint16_t number) const {
    return std::ranges::any_of(plan_.services, [&](const ServiceSite& site) {
      return site.machine == from_ && plays(site) &&
             site.service->listens.intersects(port(space::kTcp, number));
    });
  }
  // Whether code of his is on the sender's machine, which gives out what it is told to.
  bool gives() const { return lab_.adversary(from_) != nullptr; }

  void add(Attempt attempt) { attempts_.push_back(std::move(attempt)); }

  // The receiver's code opens, the sender's answers.
  void answers() {
    for (const bool ipv6 : {false, true}) {
      for (const InternetAddress& own : distinct(sender(), ipv6)) {
        for (const InternetAddress& its : distinct(receiver(), ipv6)) {
          for (const Service& service : services_) {
            if (service.protocol != space::kTcp) continue;
            if (!gives() && served(service.destinationPort)) continue;
            Attempt attempt =
                make(gives() ? Carrier::httpAnswer : Carrier::answer, own, its, service.destinationPort,
                     fmt::format("answer from {} to a conversation that {} opens over {}", own.toString(),
                                 its.toString(), service.toString()));
            attempt.opener = one(service);
            attempt.expected = hasPassage(its, own, service);
            add(std::move(attempt));
          }
        }
      }
    }
  }

  // Under a neighbour's address, or any other: one way, so that of TCP the bytes ride in the first packet.
  void borrowed(bool ipv6) {
    std::set<std::optional<reach::ClassIndex>> seen;
    for (const InternetAddress& own : distinct(sender(), ipv6)) seen.insert(reach_.classOf(own));
    std::size_t victims = 0;
    const auto borrow = [&](const InternetAddress& source) {
      const std::size_t before = attempts_.size();
      for (const InternetAddress& destination : distinct(receiver(), ipv6)) {
        for (const Service& service : services_) {
          if (!ofFamily(service, ipv6) || !hasPassage(source, destination, service)) continue;
          const bool tcp = service.protocol == space::kTcp;
          Attempt attempt =
              make(tcp ? Carrier::datagram : carrierOf(service), source, destination, service.destinationPort,
                   fmt::format("{} bearing {} to {}", service.toString(), source.toString(),
                               destination.toString()));
          attempt.probe.protocol = service.protocol;
          attempt.probe.sourcePort = service.sourcePort;
          attempt.probe.forged = true;
          attempt.opener = one(service);
          add(std::move(attempt));
        }
      }
      return attempts_.size() > before;
    };
    for (const Leg& leg : sender().legs) {
      for (const InternetAddress& address : plan_.zoneAddresses[leg.zone.index()]) {
        const MachineId holder = plan_.holder(address);
        if (address.ipv6 != ipv6 || holder == from_ || holder == to_) continue;
        if (seen.insert(reach_.classOf(address)).second) borrow(address);
      }
    }
    for (std::size_t m = 0; m < plan_.machines.size(); ++m) {
      if (MachineId(m) == from_ || MachineId(m) == to_) continue;
      for (const InternetAddress& address : distinct(plan_.machines[m], ipv6)) {
        if (victims >= kMostForged || !seen.insert(reach_.classOf(address)).second) continue;
        if (borrow(address)) ++victims;
      }
    }
  }

  // Errors that quote a live flow between the receiver and somebody, and packets forged into one.
  void intoFlows() {
    for (const bool ipv6 : {false, true}) {
      std::size_t flows = 0;
      for (std::size_t m = 0; m < plan_.machines.size() && flows < kMostForged; ++m) {
        const Machine& other = plan_.machines[m];
        if (MachineId(m) == to_ || other.kind == Machine::Kind::world) continue;
        for (const bool receiverOpens : {true, false}) {
          if (intoFlow(MachineId(m), receiverOpens, ipv6)) ++flows;
        }
      }
    }
  }

  bool intoFlow(MachineId other, bool receiverOpens, bool ipv6) {
    for (const InternetAddress& theirs : distinct(plan_.at(other), ipv6)) {
      for (const InternetAddress& its : distinct(receiver(), ipv6)) {
        for (const Service& service : services_) {
          if (service.protocol != space::kUdp || service.sourcePort != 0) continue;
          if (!hasPassage(receiverOpens ? its : theirs, receiverOpens ? theirs : its, service)) continue;
          const std::uint16_t chosen = static_cast<std::uint16_t>(
              20'000 + (from_.index() * 97 + to_.index() * 13 + flowPorts_++) % 10'000);
          const LiveFlow flow{theirs, its, space::kUdp, receiverOpens ? service.destinationPort : chosen,
                              receiverOpens ? chosen : service.destinationPort};
          quote(other, receiverOpens, flow);
          if (other != from_) forgeReply(other, receiverOpens, flow, one(service));
          return true;
        }
      }
    }
    return false;
  }

  void quote(MachineId other, bool receiverOpens, const LiveFlow& flow) {
    const InternetAddress* own = sender().address(flow.outer.ipv6);
    if (own == nullptr) return;
    Attempt attempt =
        make(Carrier::icmpError, *own, flow.outer, 0,
             fmt::format("error of {} quoting the flow {} port {} - {} port {}", own->toString(),
                         flow.inner.toString(), flow.innerPort, flow.outer.toString(), flow.outerPort));
    attempt.probe.flow = flow;
    attempt.flow = receiverOpens ? std::pair(to_, other) : std::pair(other, to_);
    attempt.opener = reach::icmpErrors(flow.outer.ipv6 ? space::Family::ipv6 : space::Family::ipv4);
    add(std::move(attempt));
  }

  void forgeReply(MachineId other, bool receiverOpens, const LiveFlow& flow, const ServiceSet& opener) {
    Attempt attempt =
        make(Carrier::forgedReply, flow.inner, flow.outer, 0,
             fmt::format("packet forged into the flow {} port {} - {} port {}", flow.inner.toString(),
                         flow.innerPort, flow.outer.toString(), flow.outerPort));
    attempt.probe.forged = true;
    attempt.probe.flow = flow;
    attempt.flow = receiverOpens ? std::pair(to_, other) : std::pair(other, to_);
    attempt.opener = opener;
    add(std::move(attempt));
  }

  // The sender uses the first of the services, if the filters let him.
  void through(const std::vector<const ServiceSite*>& sites, Carrier carrier, std::uint8_t protocol,
               const std::string& what, const std::function<void(Probe&)>& also) {
    const ServiceSite& first = *sites.front();
    const auto in = entrance(from_, first, protocol);
    if (!in) return;
    Attempt attempt =
        make(carrier, in->own, in->its, in->port,
             fmt::format("{} by {}{} to {}", carrierName(carrier), namesOf(sites), what, receiver().node));
    attempt.via = first.id;
    attempt.direct = false;
    attempt.opener = port(protocol, in->port);
    attempt.path = {from_};
    for (const ServiceSite* site : sites) attempt.path.push_back(site->machine);
    attempt.path.push_back(to_);
    attempt.expected = true;
    also(attempt.probe);
    add(std::move(attempt));
  }

  // Those that lead to the receiver by configuration.
  void relays() {
    const auto each = [&](RelayKind kind, const std::function<void(const RelayChain&)>& use) {
      for (const RelayChain& chain : chainsTo(plan_, to_, from_, kind))
        if (play(chain)) use(chain);
    };
    each(RelayKind::streams, [&](const RelayChain& chain) {
      const Carrier carrier = chain.http     ? Carrier::httpBody
                              : chain.modbus ? Carrier::registers
                                             : Carrier::stream;
      through(chain.sites, carrier, space::kTcp, "", [](Probe&) {});
    });
    each(RelayKind::datagrams, [&](const RelayChain& chain) {
      through(chain.sites, Carrier::datagram, space::kUdp, "",
              [](Probe& probe) { probe.protocol = space::kUdp; });
    });
    each(RelayKind::questions, [&](const RelayChain& chain) {
      for (const std::string& domain : hostileDomains())
        through(chain.sites, Carrier::queryName, space::kUdp, " below " + domain,
                [&](Probe& probe) { probe.domain = domain; });
    });
    each(RelayKind::mail, [&](const RelayChain& chain) {
      through(chain.sites, Carrier::smtpBody, space::kTcp, "",
              [&](Probe& probe) { probe.domain = hostileDomains().front(); });
    });
  }

  // Names that nobody vouches for, so that lists of trusted ones do not answer them.
  std::vector<std::string> hostileDomains() const {
    std::vector<std::string> result;
    for (const Domain& domain : plan_.names.domains)
      if (!domain.trusted) result.push_back(domain.name);
    if (result.empty()) result.emplace_back("unheard.test");
    return result;
  }

  // Ports at which the service may open a conversation with the receiver; one that it may not.
  std::vector<std::uint16_t> portsFrom(const ServiceSite& site, const InternetAddress& its) const {
    std::vector<std::uint16_t> open, shut;
    ServiceSet passes;
    for (const InternetAddress& address : site.addresses)
      if (address.ipv6 == its.ipv6) passes |= reach_.opens(address, its);
    for (const Service& service : services_) {
      if (service.protocol != space::kTcp) continue;
      (passes.intersects(one(service)) ? open : shut).push_back(service.destinationPort);
    }
    if (open.size() > kMostPorts) open.resize(kMostPorts);
    if (!shut.empty()) open.push_back(shut.front());
    return open;
  }

  // Those that go wherever the sender says.
  void forwards() {
    for (const ServiceSite& site : plan_.services) {
      const std::string& behaviour = site.behaviour->name;
      const bool shell = behaviour == "ssh-server" || behaviour == "bastion";
      if (!othersHold(site) || !site.tcp || !plays(site)) continue;
      if (!shell && behaviour != "http-forward-proxy") continue;
      for (const InternetAddress& its : addressesOf(receiver())) {
        for (const std::uint16_t number : portsFrom(site, its)) {
          const std::string target = fmt::format("{}:{}", its.inUrl(), number);
          through({&site}, shell ? Carrier::sshForward : Carrier::httpConnect, space::kTcp, " to " + target,
                  [&](Probe& probe) { probe.target = target; });
          if (shell) continue;
          through({&site}, Carrier::httpBody, space::kTcp, " to http://" + target,
                  [&](Probe& probe) { probe.target = "http://" + target + "/"; });
        }
      }
    }
  }

  // Those that look up what they are told, at the receiver.
  void lookups() {
    for (const ServiceSite& site : plan_.services) {
      const std::string& behaviour = site.behaviour->name;
      const bool proxy = behaviour == "http-forward-proxy";
      const bool mail = behaviour == "smtp-relay" || behaviour == "mail-gateway";
      if ((!proxy && !mail) || !othersHold(site) || !site.tcp || !plays(site)) continue;
      if (!leadsTo(plan_, site.resolvers, to_)) continue;
      for (const std::string& domain : hostileDomains())
        through({&site}, proxy ? Carrier::hostName : Carrier::smtpSender, space::kTcp, " below " + domain,
                [&](Probe& probe) { probe.domain = domain; });
    }
  }

  // The receiver asks the last of the services (the first of his way), the way leads to the sender.
  void asked(const std::vector<const ServiceSite*>& way, Carrier carrier, std::uint8_t protocol,
             const InternetAddress& server, std::uint16_t serverPort, const std::string& what,
             const std::function<void(Probe&)>& also) {
    const ServiceSite& first = *way.front();
    const auto out = entrance(to_, first, protocol);
    if (!out) return;
    Attempt attempt =
        make(carrier, server, out->own, serverPort,
             fmt::format("{} by {}{} to {}", carrierName(carrier), namesOf(way), what, receiver().node));
    attempt.probe.fetch = Fetch{out->own, out->its, out->port, 1};
    attempt.via = first.id;
    attempt.direct = false;
    attempt.path = {from_};
    for (auto site = way.rbegin(); site != way.rend(); ++site) attempt.path.push_back((*site)->machine);
    attempt.path.push_back(to_);
    attempt.opener = port(protocol, serverPort);
    const auto last = ends(plan_.at(way.back()->machine), {server}, attempt.opener);
    attempt.expected = last && last->passes;
    also(attempt.probe);
    add(std::move(attempt));
  }

  // By proxies and gateways that the receiver asks, from a server of the sender.
  void pages() {
    for (const ServiceSite& site : plan_.services) {
      if (site.behaviour->name != "http-forward-proxy" || !othersHold(site) || !site.tcp || !plays(site))
        continue;
      for (const Domain& domain : plan_.names.domains) {
        if (domain.machine != from_ || domain.trusted || !gives()) continue;
        asked({&site}, Carrier::httpAnswer, space::kTcp, domain.hosts.front(), 80, " from www." + domain.name,
              [&](Probe& probe) { probe.target = "http://www." + domain.name + "/"; });
      }
      for (const InternetAddress& own : addressesOf(sender())) {
        std::vector<std::uint16_t> ports{80, 443, kHighPort};
        std::erase_if(ports, [&](std::uint16_t number) { return served(number); });
        for (const std::uint16_t number : ports) {
          const std::string target = fmt::format("http://{}:{}/", own.inUrl(), number);
          asked({&site}, Carrier::httpAnswer, space::kTcp, own, number, " from " + target,
                [&](Probe& probe) { probe.target = target; });
        }
      }
    }
    for (const RelayChain& chain : chainsTo(plan_, from_, to_, RelayKind::streams)) {
      if (!play(chain) || chain.modbus || chain.oneWay || served(chain.port)) continue;
      asked(chain.sites, Carrier::httpAnswer, space::kTcp, chain.target, chain.port, "", [](Probe&) {});
    }
  }

  // In answers to questions below the sender's domains.
  void names() {
    if (!gives()) return;
    for (const ServiceSite& site : plan_.services) {
      if (!site.behaviour->name.starts_with("dns-") || !othersHold(site) || !site.udp || !plays(site))
        continue;
      for (const Domain& domain : plan_.names.domains) {
        if (domain.trusted || domain.machine != from_) continue;
        asked({&site}, Carrier::queryAnswer, space::kUdp, domain.nameServer, 53, " below " + domain.name,
              [&](Probe& probe) { probe.domain = domain.name; });
      }
    }
  }

  // What a service answers goes to the source that the request bears: the receiver's.
  void reflections() {
    for (const ServiceSite& site : plan_.services) {
      if (!othersHold(site) || !plays(site)) continue;
      for (const InternetAddress& its : site.addresses) {
        for (const InternetAddress& victim : distinct(receiver(), its.ipv6)) {
          if (site.tcp) reflect(site, Carrier::synAck, victim, its, space::kTcp, *site.tcp);
          if (site.udp && site.behaviour->name == "ntp-server")
            reflect(site, Carrier::originTimestamp, victim, its, space::kUdp, *site.udp);
          if (site.udp && site.behaviour->name.starts_with("dns-"))
            reflect(site, Carrier::dnsReflection, victim, its, space::kUdp, *site.udp);
        }
      }
    }
    for (std::size_t m = 0; m < plan_.machines.size(); ++m) {
      const Machine& other = plan_.machines[m];
      if (other.adversary || MachineId(m) == from_ || MachineId(m) == to_) continue;
      for (const bool ipv6 : {false, true}) {
        const Service echo{ipv6 ? space::kIcmpV6 : space::kIcmp, 0,
                           static_cast<std::uint16_t>(ipv6 ? 128 : 8)};
        for (const InternetAddress& its : distinct(other, ipv6)) {
          for (const InternetAddress& victim : distinct(receiver(), ipv6)) {
            if (!hasPassage(victim, its, echo)) continue;
            Attempt attempt =
                make(Carrier::echoReply, victim, its, 0,
                     fmt::format("echo of {} to the forged source {}", its.toString(), victim.toString()));
            attempt.probe.forged = true;
            attempt.direct = false;
            attempt.opener = one(echo);
            attempt.path = {from_, MachineId(m), to_};
            add(std::move(attempt));
          }
        }
      }
    }
  }

  void reflect(const ServiceSite& site, Carrier carrier, const InternetAddress& victim,
               const InternetAddress& its, std::uint8_t protocol, std::uint16_t number) {
    const ServiceSet packets = port(protocol, number);
    if (!reach_.opens(victim, its).intersects(packets)) return;
    Attempt attempt = make(carrier, victim, its, number,
                           fmt::format("{} of {} on {} ({}) to the forged source {}", carrierName(carrier),
                                       site.service->name, site.node, its.toString(), victim.toString()));
    attempt.probe.forged = true;
    attempt.via = site.id;
    attempt.direct = false;
    attempt.opener = packets;
    attempt.path = {from_, site.machine, to_};
    if (carrier == Carrier::dnsReflection) attempt.probe.domain = "reflected.test";
    add(std::move(attempt));
  }

  const std::vector<Service>& services_;
  std::vector<Attempt> attempts_;
  std::size_t flowPorts_ = 0;
};

}  // namespace

std::vector<Attempt> attemptsInto(RunningLab& lab, MachineId from, MachineId to,
                                  const std::vector<Service>& services) {
  return Inward(lab, from, to, services).all();
}

}  // namespace vauban::lab
