#include "lab/claim_places.h"

#include <algorithm>

#include "lab/plan_lab.h"

namespace vauban::lab {

using model::PlaceTerm;

bool means(const model::PlaceTerms& terms, const Machine& machine, bool legs) {
  return std::ranges::any_of(terms, [&](const PlaceTerm& term) {
    switch (term.kind) {
      case PlaceTerm::Kind::any:
        return !machine.adversary;
      case PlaceTerm::Kind::zone:
        return machine.legs.front().zone == term.zone ||
               (legs && std::ranges::find(machine.legs, term.zone, &Leg::zone) != machine.legs.end());
      case PlaceTerm::Kind::host:
        return machine.host == term.host;
      case PlaceTerm::Kind::addresses:
        return std::ranges::any_of(machine.legs, [&](const Leg& leg) {
          return std::ranges::any_of(leg.addresses,
                                     [&](const auto& it) { return term.addresses.contains(toSpace(it)); });
        });
      case PlaceTerm::Kind::name:
        break;
    }
    return false;
  });
}

bool means(const model::PlaceTerms& terms, const Machine& machine, const os::InternetAddress& address) {
  return std::ranges::any_of(terms, [&](const PlaceTerm& term) {
    if (term.kind == PlaceTerm::Kind::addresses) return term.addresses.contains(toSpace(address));
    if (term.kind != PlaceTerm::Kind::zone) return means({term}, machine);
    return std::ranges::any_of(machine.legs,
                               [&](const Leg& leg) {
                                 return leg.zone == term.zone &&
                                        std::ranges::find(leg.addresses, address) != leg.addresses.end();
                               }) ||
           machine.legs.front().zone == term.zone;
  });
}

std::optional<std::vector<os::InternetAddress>> addressesMeant(const std::optional<model::PlaceTerms>& terms,
                                                               const LabPlan& plan) {
  if (!terms || std::ranges::find(*terms, PlaceTerm::Kind::any, &PlaceTerm::kind) != terms->end())
    return std::nullopt;
  std::vector<os::InternetAddress> addresses;
  for (const Machine& machine : plan.machines)
    for (const Leg& leg : machine.legs)
      for (const os::InternetAddress& address : leg.addresses)
        if (means(*terms, machine, address)) addresses.push_back(address);
  return addresses;
}

std::vector<MachineId> machinesOf(const LabPlan& plan, const model::PlaceTerms& terms, bool adversaries,
                                  bool legs) {
  std::vector<MachineId> result;
  for (std::size_t m = 0; m < plan.machines.size(); ++m)
    if (plan.machines[m].kind != Machine::Kind::world && plan.machines[m].adversary == adversaries &&
        means(terms, plan.machines[m], legs))
      result.emplace_back(m);
  return result;
}

space::Service ofClaims(const space::Service& sent) {
  return space::hasIcmpType(sent.protocol) ? space::Service{sent.protocol, 0, sent.destinationPort} : sent;
}

space::ServiceSet kindOf(const space::Service& sent) {
  if (!space::hasPorts(sent.protocol)) return space::ServiceSet::single(ofClaims(sent));
  return space::ServiceSet::ports(sent.protocol, {sent.destinationPort, sent.destinationPort});
}

bool ofClient(const Attempt& attempt) {
  const Probe& probe = attempt.probe;
  return !probe.forged && !probe.neighbour && probe.carrier != Carrier::answer &&
         probe.carrier != Carrier::icmpError;
}

bool isVia(const LabPlan& plan, const model::Claim& claim, MachineId machine) {
  return machine.valid() && plan.at(machine).host &&
         std::ranges::find(claim.via, *plan.at(machine).host) != claim.via.end();
}

bool passesVia(const LabPlan& plan, const model::Claim& claim, const Attempt& attempt) {
  return std::ranges::any_of(attempt.path, [&](MachineId machine) { return isVia(plan, claim, machine); });
}

}  // namespace vauban::lab
