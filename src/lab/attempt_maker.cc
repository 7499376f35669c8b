#include "lab/attempt_maker.h"

#include <fmt/format.h>

#include <algorithm>

namespace vauban::lab {

using os::InternetAddress;
using space::Service;
using space::ServiceSet;

ServiceSet AttemptMaker::one(const Service& service) {
  if (!space::hasPorts(service.protocol) || service.sourcePort != 0) return ServiceSet::single(service);
  return port(service.protocol, service.destinationPort);
}

bool AttemptMaker::ofFamily(const Service& service, bool ipv6) {
  return service.protocol != (ipv6 ? space::kIcmp : space::kIcmpV6);
}

Carrier AttemptMaker::carrierOf(const Service& service) {
  if (service.protocol == space::kTcp) return Carrier::stream;
  return space::hasIcmpType(service.protocol) ? Carrier::echo : Carrier::datagram;
}

std::vector<InternetAddress> AttemptMaker::addressesOf(const Machine& machine) const {
  std::vector<InternetAddress> result = distinct(machine, false);
  const std::vector<InternetAddress> ipv6 = distinct(machine, true);
  result.insert(result.end(), ipv6.begin(), ipv6.end());
  return result;
}

std::optional<AttemptMaker::Ends> AttemptMaker::ends(const Machine& machine,
                                                     const std::vector<InternetAddress>& place,
                                                     const ServiceSet& packets) const {
  std::optional<Ends> result;
  for (const Leg& leg : machine.legs) {
    for (const InternetAddress& own : leg.addresses) {
      for (const InternetAddress& its : place) {
        if (own.ipv6 != its.ipv6) continue;
        if (result && result->passes) return result;
        const bool passes = reach_.opens(own, its).intersects(packets);
        if (!result || passes) result = Ends{own, its, passes};
      }
    }
  }
  return result;
}

std::optional<AttemptMaker::Entrance> AttemptMaker::entrance(MachineId machine, const ServiceSite& site,
                                                             std::uint8_t protocol) const {
  std::vector<std::uint16_t> ports;
  if (protocol == space::kTcp)
    ports = tcpEntrancesOf(site, plan_);
  else if (site.udp)
    ports = {*site.udp};
  for (const std::uint16_t number : ports) {
    const auto between =
        ends(plan_.at(machine), site.addresses, port(protocol, number) & site.service->listens);
    if (between && between->passes) return Entrance{between->own, between->its, number};
  }
  return std::nullopt;
}

bool AttemptMaker::play(const RelayChain& chain) const {
  return std::ranges::all_of(chain.sites, [&](const ServiceSite* site) { return plays(*site); });
}

std::string AttemptMaker::namesOf(const std::vector<const ServiceSite*>& sites) {
  std::string text;
  for (const ServiceSite* site : sites)
    text += fmt::format("{}{} on {}", text.empty() ? "" : ", ", site->service->name, site->node);
  return text;
}

void AttemptMaker::converse(const std::vector<Service>& services, std::vector<Attempt>& attempts) const {
  for (const bool ipv6 : {false, true}) {
    for (const InternetAddress& source : distinct(sender(), ipv6)) {
      for (const InternetAddress& destination : distinct(receiver(), ipv6)) {
        for (const Service& service : services) {
          if (!ofFamily(service, ipv6)) continue;
          Attempt attempt = make(
              carrierOf(service), source, destination, service.destinationPort,
              fmt::format("{} from {} to {}", service.toString(), source.toString(), destination.toString()));
          attempt.probe.protocol = service.protocol;
          attempt.probe.sourcePort = service.sourcePort;
          attempt.opener = one(service);
          attempt.expected = hasPassage(source, destination, service);
          attempts.push_back(std::move(attempt));
        }
      }
    }
  }
}

Attempt AttemptMaker::make(Carrier carrier, const InternetAddress& source, const InternetAddress& destination,
                           std::uint16_t port, std::string text) const {
  Attempt attempt;
  attempt.text = std::move(text);
  attempt.from = from_;
  attempt.to = to_;
  attempt.path = {from_, to_};
  attempt.probe.carrier = carrier;
  attempt.probe.from = lab_.nodes().of(from_);
  attempt.probe.source = source;
  attempt.probe.to = destination;
  attempt.probe.port = port;
  attempt.probe.interface = sender().legs[0].interface;
  attempt.probe.bytes = bytesFor(carrier);
  if (isFetched(carrier)) attempt.probe.receiver = lab_.nodes().of(to_);
  return attempt;
}

}  // namespace vauban::lab
