// Which names lead where in the lab.
#include <algorithm>
#include <set>

#include "lab/planning.h"

namespace vauban::lab {

using model::ServiceInstance;
using space::NameSet;

namespace {

constexpr std::size_t kMostNameSets = 64;

// What chains of services let through: each list, and what several have in common.
std::vector<NameSet> nameSets(const model::Model& model) {
  std::vector<NameSet> sets{NameSet::all()};
  for (const ServiceInstance& service : model.services) {
    const NameSet own = channel::forwarded(service, channel::allowedNames(service));
    const std::size_t before = sets.size();
    for (std::size_t i = 0; i < before && sets.size() < kMostNameSets; ++i) {
      NameSet both = sets[i] & own;
      if (!both.empty() && std::ranges::find(sets, both) == sets.end()) sets.push_back(std::move(both));
    }
  }
  return sets;
}

// A name of the set that has at least two labels, as one can register it.
std::optional<std::string> registrable(const NameSet& set, const std::string& label) {
  if (const std::string usual = label + ".test"; set.contains(NameSet::suffix(usual))) return usual;
  const auto found = set.witness();
  if (!found) return std::nullopt;
  const std::string below = label + "." + *found;
  if (set.contains(NameSet::suffix(below))) return below;
  return *found;
}

std::string labelOf(const std::string& zone) {
  std::string label;
  for (const char c : zone)
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) label += static_cast<char>(std::tolower(c));
  return "his-" + label.substr(0, 20);
}

const os::InternetAddress* firstIpv4(const Machine& machine) { return machine.address(false); }

}  // namespace

void planNames(LabPlan& plan, const channel::Trust& trust, const std::vector<ListedAddress>& listed) {
  if (!plan.outside.valid()) return;
  const Leg& world = plan.at(plan.names.world).legs[0];
  std::vector<os::InternetAddress> own;
  for (const os::InternetAddress& address : world.addresses)
    if (std::ranges::none_of(listed, [&](const ListedAddress& it) { return it.address == address; }))
      own.push_back(address);
  std::vector<os::InternetAddress> ipv4;
  std::ranges::copy_if(own, std::back_inserter(ipv4), [](const auto& address) { return !address.ipv6; });
  if (ipv4.size() < 3) return;  // an outside without IPv4: names are not played
  plan.names.root = ipv4[0];
  plan.names.tld = ipv4[1];

  std::set<std::string> taken;
  for (const std::string& name : trust.trusted) {
    Domain domain{name, true, plan.names.world, ipv4[2], {ipv4[2]}};
    for (const os::InternetAddress& address : own)
      if (address.ipv6) domain.hosts.push_back(address);
    // A service that lists names and addresses wants both.
    for (const ServiceInstance& service : plan.model.services) {
      if (!service.names || !service.addresses || !service.addresses->allow) continue;
      if (!channel::allowedNames(service).contains(name)) continue;
      for (const ListedAddress& it : listed)
        if (service.addresses->allow->contains(toSpace(it.address))) domain.hosts = {it.address};
    }
    if (taken.insert(name).second) plan.names.domains.push_back(std::move(domain));
  }
  for (const NameSet& set : nameSets(plan.model)) {
    for (std::size_t m = 0; m < plan.machines.size(); ++m) {
      const Machine& his = plan.machines[m];
      if (his.kind != Machine::Kind::adversary || firstIpv4(his) == nullptr) continue;
      const auto name = registrable(set & trust.hostile, labelOf(plan.model.at(his.legs[0].zone).name));
      if (!name || !taken.insert(*name).second) continue;
      Domain domain{*name, false, MachineId(m), *firstIpv4(his), {*firstIpv4(his)}};
      if (const auto* ipv6 = his.address(true)) domain.hosts.push_back(*ipv6);
      plan.names.domains.push_back(std::move(domain));
    }
  }
}

}  // namespace vauban::lab
