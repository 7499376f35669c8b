#include "lab/lab_reach.h"

#include <set>

#include "lab/plan_lab.h"

namespace vauban::lab {

LabReach::LabReach(const LabPlan& plan)
    : plan_(plan), network_(plan.model, atoms_, {plan.model.conditionDefaults()}) {}

std::optional<reach::ClassIndex> LabReach::classOf(const os::InternetAddress& address) const {
  const auto [at, fresh] = classes_.try_emplace(address);
  if (fresh) at->second = findClass(address);
  return at->second;
}

std::vector<os::InternetAddress> LabReach::distinct(const Machine& machine, bool ipv6) const {
  std::vector<os::InternetAddress> result;
  std::set<std::optional<reach::ClassIndex>> seen;
  for (const Leg& leg : machine.legs)
    for (const os::InternetAddress& address : leg.addresses)
      if (address.ipv6 == ipv6 && seen.insert(classOf(address)).second) result.push_back(address);
  return result;
}

std::optional<reach::ClassIndex> LabReach::findClass(const os::InternetAddress& address) const {
  const space::Address wanted = toSpace(address);
  const MachineId holder = plan_.holder(address);
  const auto host = holder.valid() ? plan_.at(holder).host : std::nullopt;
  for (reach::ClassIndex c = 0; c < network_.endpointCount(); ++c) {
    const reach::EndpointClass& endpoint = network_.endpoint(c);
    if (endpoint.linkLocal || !endpoint.addresses.contains(wanted)) continue;
    const reach::Party& party = network_.at(endpoint.party);
    if (host ? party.kind == reach::Party::Kind::host && party.host == *host
             : party.kind != reach::Party::Kind::host)
      return c;
  }
  return std::nullopt;
}

space::ServiceSet LabReach::opens(const os::InternetAddress& from, const os::InternetAddress& to) const {
  const auto source = classOf(from), destination = classOf(to);
  if (!source || !destination) return {};
  const auto [at, fresh] = known_.try_emplace({*source, *destination});
  if (fresh)
    for (const auto& opening : network_.openings(*source, *destination, reach::Setting()))
      at->second |= opening.services;
  return at->second;
}

space::ServiceSet LabReach::opens(MachineId from, MachineId to) const {
  space::ServiceSet result;
  for (const Leg& own : plan_.at(from).legs)
    for (const os::InternetAddress& source : own.addresses)
      for (const Leg& leg : plan_.at(to).legs)
        for (const os::InternetAddress& destination : leg.addresses)
          if (source.ipv6 == destination.ipv6) result |= opens(source, destination);
  return result;
}

}  // namespace vauban::lab
