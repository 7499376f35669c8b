#include "lab/lab_reach.h"

#include "lab/plan_lab.h"

namespace vauban::lab {

namespace {

std::vector<bool> defaults(const model::Model& model) {
  std::vector<bool> open;
  for (const model::Condition& condition : model.conditions) open.push_back(condition.defaultOpen);
  return open;
}

}  // namespace

LabReach::LabReach(const LabPlan& plan) : plan_(plan), network_(plan.model, atoms_, {defaults(plan.model)}) {}

std::optional<reach::ClassIndex> LabReach::classOf(const os::InternetAddress& address) const {
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
