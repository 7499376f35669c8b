#include "lab/attempt_maker.h"

#include <set>

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

std::vector<InternetAddress> AttemptMaker::distinct(const Machine& machine, bool ipv6) const {
  std::vector<InternetAddress> result;
  std::set<std::optional<reach::ClassIndex>> classes;
  for (const Leg& leg : machine.legs) {
    for (const InternetAddress& address : leg.addresses)
      if (address.ipv6 == ipv6 && classes.insert(reach_.classOf(address)).second) result.push_back(address);
  }
  return result;
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
