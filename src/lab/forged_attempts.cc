// Forged sources: into live flows, and for what comes back to them.
#include <fmt/format.h>

#include <algorithm>

#include "lab/attempt_maker.h"
#include "lab/lab_wiring.h"

namespace vauban::lab {

using os::InternetAddress;
using space::Service;
using space::ServiceSet;

namespace {

class Forgeries : public AttemptMaker {
 public:
  Forgeries(RunningLab& lab, MachineId from, MachineId to, const std::vector<Service>& services)
      : AttemptMaker(lab, from, to), services_(services) {}

  std::vector<Attempt> all() {
    quotes();
    forgedReplies();
    reflections();
    for (const bool ipv6 : {false, true}) closedPorts(ipv6);
    for (const bool ipv6 : {false, true}) deviceErrors(ipv6);
    return std::move(attempts_);
  }

 private:
  // Flows that live between one of ours and him: who opens, with what.
  struct Flow {
    MachineId opener, other;
    InternetAddress source, destination;
    Service service;
  };
  std::vector<Flow> flows(bool heOpens) const {
    std::vector<Flow> result;
    auto find = [&](const std::vector<InternetAddress>& ours, MachineId inner, std::uint8_t protocol) {
      for (const InternetAddress& own : ours) {
        for (const InternetAddress& his : distinct(receiver(), own.ipv6)) {
          for (const Service& service : services_) {
            if (service.protocol != protocol) continue;
            // A conversation over TCP has to come about.
            if (protocol == space::kTcp &&
                !(heOpens && inner.valid() && servedBy(inner, service.destinationPort)))
              continue;
            const auto& source = heOpens ? his : own;
            const auto& destination = heOpens ? own : his;
            if (!hasPassage(source, destination, service)) continue;
            result.push_back({heOpens ? to_ : inner, heOpens ? inner : to_, source, destination, service});
            return;
          }
        }
      }
    };
    for (std::size_t m = 0; m < plan_.machines.size(); ++m) {
      if (plan_.machines[m].adversary) continue;
      for (const bool ipv6 : {false, true})
        for (const std::uint8_t protocol : {space::kUdp, space::kTcp})
          find(distinct(plan_.machines[m], ipv6), MachineId(m), protocol);
    }
    // To an address that nobody has, he opens alone.
    if (heOpens)
      for (const Leg& leg : sender().legs)
        for (const InternetAddress& spare : plan_.spares[leg.zone.index()])
          find({spare}, MachineId(), space::kUdp);
    return result;
  }
  bool servedBy(MachineId machine, std::uint16_t port) const {
    return std::ranges::any_of(plan_.services, [&](const ServiceSite& site) {
      return site.machine == machine && site.tcp == port && lab_.daemon(site.id) != nullptr;
    });
  }
  static LiveFlow live(const Flow& flow, bool heOpens, std::uint16_t port) {
    if (heOpens)
      return {flow.destination, flow.source, flow.service.protocol, flow.service.destinationPort, port};
    return {flow.source, flow.destination, flow.service.protocol, port, flow.service.destinationPort};
  }
  std::uint16_t nextPort() {
    return static_cast<std::uint16_t>(20'000 + (from_.index() * 64 + flowPorts_++) % 10'000);
  }

  void quotes() {
    for (const bool heOpens : {false, true}) {
      for (const Flow& flow : flows(heOpens)) {
        const InternetAddress* own = sender().address(flow.source.ipv6);
        if (own == nullptr) continue;
        if (flow.service.protocol != space::kUdp) continue;
        Attempt attempt =
            make(Carrier::icmpError, *own, heOpens ? flow.source : flow.destination, 0,
                 fmt::format("error of {} quoting the flow {} - {}{}", own->toString(),
                             flow.source.toString(), flow.destination.toString(), heOpens ? ", his" : ""));
        attempt.probe.flow = live(flow, heOpens, nextPort());
        attempt.flow = {flow.opener, flow.other};
        attempt.opener = reach::icmpErrors(flow.source.ipv6 ? space::Family::ipv6 : space::Family::ipv4);
        attempts_.push_back(std::move(attempt));
      }
    }
  }

  void forgedReplies() {
    for (const bool heOpens : {false, true}) {
      for (const Flow& flow : flows(heOpens)) {
        const MachineId inner = heOpens ? flow.other : flow.opener;
        if (inner == from_) continue;
        const InternetAddress& victim = heOpens ? flow.destination : flow.source;
        const InternetAddress& his = heOpens ? flow.source : flow.destination;
        // He may open it from any port, so what is forged into it may go to any.
        std::vector<std::uint16_t> ports{nextPort()};
        for (const Service& service : services_)
          if (heOpens && service.protocol == flow.service.protocol) ports.push_back(service.destinationPort);
        for (const std::uint16_t port : ports) {
          Attempt attempt =
              make(Carrier::forgedReply, victim, his, 0,
                   fmt::format("packet forged into the flow {} - {}, his port {}", flow.source.toString(),
                               flow.destination.toString(), heOpens ? port : flow.service.destinationPort));
          attempt.probe.forged = true;
          attempt.probe.flow = live(flow, heOpens, port);
          attempt.flow = {flow.opener, flow.other};
          attempt.opener = ServiceSet::ports(flow.service.protocol,
                                             {attempt.probe.flow->outerPort, attempt.probe.flow->outerPort});
          if (!heOpens) attempt.opener |= one(flow.service);
          attempts_.push_back(std::move(attempt));
        }
      }
    }
  }

  // What a service answers goes to the source that the request bears: his.
  void reflections() {
    for (const ServiceSite& site : plan_.services) {
      if (site.machine == from_ || plan_.at(site.machine).adversary || lab_.daemon(site.id) == nullptr)
        continue;
      for (const InternetAddress& its : site.addresses) {
        const InternetAddress* his = receiver().address(its.ipv6);
        if (his == nullptr) continue;
        if (site.tcp) reflect(site, Carrier::synAck, *his, its, space::kTcp, *site.tcp);
        if (site.udp && site.behaviour->name == "ntp-server")
          reflect(site, Carrier::originTimestamp, *his, its, space::kUdp, *site.udp);
        if (site.udp && site.behaviour->name.starts_with("dns-"))
          reflect(site, Carrier::dnsReflection, *his, its, space::kUdp, *site.udp);
      }
    }
    for (const Machine& other : plan_.machines) {
      if (other.adversary || other.node == sender().node) continue;
      for (const bool ipv6 : {false, true}) {
        const InternetAddress* its = other.address(ipv6);
        const InternetAddress* his = receiver().address(ipv6);
        if (its == nullptr || his == nullptr) continue;
        Attempt attempt = make(Carrier::echoReply, *his, *its, 0,
                               fmt::format("echo of {} to a forged source", its->toString()));
        attempt.probe.forged = true;
        attempt.direct = false;
        attempt.opener =
            one({ipv6 ? space::kIcmpV6 : space::kIcmp, 0, static_cast<std::uint16_t>(ipv6 ? 128 : 8)});
        attempt.path = {from_, plan_.holder(*its), to_};
        attempts_.push_back(std::move(attempt));
      }
    }
  }

  void reflect(const ServiceSite& site, Carrier carrier, const InternetAddress& his,
               const InternetAddress& its, std::uint8_t protocol, std::uint16_t port) {
    Attempt attempt = make(carrier, his, its, port,
                           fmt::format("{} of {} on {} ({}) to a forged source", carrierName(carrier),
                                       site.service->name, site.node, its.toString()));
    attempt.probe.forged = true;
    attempt.via = site.id;
    attempt.direct = false;
    attempt.opener = ServiceSet::ports(protocol, {port, port});
    attempt.path = {from_, site.machine, to_};
    if (carrier == Carrier::dnsReflection) attempt.probe.domain = "reflected.test";
    attempts_.push_back(std::move(attempt));
  }

  // A port where nobody listens answers a forged source too: with a reset, or an error that quotes.
  void closedPorts(bool ipv6) {
    const InternetAddress* his = receiver().address(ipv6);
    if (his == nullptr) return;
    for (std::size_t m = 0; m < plan_.machines.size(); ++m) {
      const Machine& other = plan_.machines[m];
      if (other.adversary || MachineId(m) == from_) continue;
      for (const InternetAddress& its : distinct(other, ipv6)) {
        for (const Service& service : services_) {
          const bool tcp = service.protocol == space::kTcp;
          if (!tcp && service.protocol != space::kUdp) continue;
          if (!neighbours(its) && !hasPassage(*his, its, service)) continue;
          if (std::ranges::any_of(plan_.services, [&](const ServiceSite& site) {
                return site.machine == MachineId(m) && (tcp ? site.tcp : site.udp) == service.destinationPort;
              }))
            continue;
          Attempt attempt =
              make(tcp ? Carrier::synAck : Carrier::datagram, *his, its, service.destinationPort,
                   fmt::format("closed port {} of {} ({}) to a forged source", service.toString(), other.node,
                               its.toString()));
          attempt.probe.forged = true;
          attempt.probe.protocol = service.protocol;
          attempt.chunkBytes = tcp ? 0 : kQuotedBytes;
          attempt.direct = false;
          attempt.opener = one(service);
          attempt.path = {from_, MachineId(m), to_};
          attempts_.push_back(std::move(attempt));
        }
      }
    }
  }
  bool neighbours(const InternetAddress& address) const {
    return std::ranges::any_of(sender().legs, [&](const Leg& leg) {
      const auto& zone = plan_.zoneAddresses[leg.zone.index()];
      return !plan_.model.at(leg.zone).isolated && std::ranges::find(zone, address) != zone.end();
    });
  }

  // A device tells the source of a packet why it does not forward it, and quotes it: because a rule rejects
  // it, because its hop limit is used up, because nobody is there (RFC 792, RFC 4443 section 3).
  void deviceErrors(bool ipv6) {
    const InternetAddress* his = receiver().address(ipv6);
    if (his == nullptr) return;
    bool first = true;  // any zone will do for packets whose hop limit is used up
    for (std::size_t z = 0; z < plan_.model.zones.size(); ++z) {
      const model::ZoneId zone(z);
      if (!lab_.ways().firstRouter(sender().legs[0].zone, zone)) continue;
      const InternetAddress* target = nullptr;
      for (const InternetAddress& address : plan_.zoneAddresses[z])
        if (address.ipv6 == ipv6 && plan_.holder(address) != to_ &&
            (target == nullptr || !plan_.holder(address).valid()))
          target = &address;
      if (target == nullptr) continue;
      for (const std::uint8_t hopLimit : {std::uint8_t{1}, std::uint8_t{64}}) {
        if (hopLimit == 1 && !first) continue;
        for (const Service& service : services_) {
          if (!ofFamily(service, ipv6)) continue;
          // Any packet will do where the hop limit is used up; a rule may reject some.
          Attempt attempt =
              make(space::hasIcmpType(service.protocol) ? Carrier::echoReply : Carrier::datagram, *his,
                   *target, service.destinationPort,
                   fmt::format("error of a device about {} to {}{}, to a forged source", service.toString(),
                               target->toString(), hopLimit == 1 ? " with one hop left" : ""));
          attempt.probe.forged = true;
          attempt.probe.protocol = service.protocol;
          attempt.probe.hopLimit = hopLimit;
          attempt.chunkBytes = kQuotedBytes;
          attempt.direct = false;
          attempt.opener = one(service);
          attempts_.push_back(std::move(attempt));
        }
      }
      first = false;
    }
  }
  static constexpr std::size_t kQuotedBytes =
      400;  // that every error has room for (RFC 1812 section 4.3.2.3)
  std::size_t flowPorts_ = 0;

  const std::vector<Service>& services_;
  std::vector<Attempt> attempts_;
};

}  // namespace

std::vector<Attempt> forgedAttempts(RunningLab& lab, MachineId from, MachineId to,
                                    const std::vector<space::Service>& services) {
  return Forgeries(lab, from, to, services).all();
}

}  // namespace vauban::lab
