#include "lab/daemon_names.h"

#include <algorithm>

#include "channel/trust.h"

namespace vauban::lab {

using space::NameSet;

namespace {

std::size_t labels(const std::string& name) {
  return name.empty() ? 0 : 1 + static_cast<std::size_t>(std::ranges::count(name, '.'));
}

constexpr int kMostHops = 16;

// The names that get from the service to a name server of the tree; empty where the way ends at the
// adversary.
NameSet namesThatPass(const ServiceSite& site, const LabPlan& plan, int hops) {
  if (hops == 0) return {};
  const NameSet own = channel::forwarded(*site.service, channel::allowedNames(*site.service));
  if (site.behaviour->name != "dns-forwarder") {
    return site.behaviour->name == "dns-recursive" ? own : NameSet();
  }
  NameSet onward;
  for (const ServiceSite::Target& target : site.upstream) {
    for (const ServiceSite& next : plan.services) {
      if (!next.behaviour->name.starts_with("dns-")) continue;
      if (std::ranges::find(next.addresses, target.address) == next.addresses.end()) continue;
      onward = onward | namesThatPass(next, plan, hops - 1);
    }
  }
  return own & onward;
}

}  // namespace

std::vector<Suffix> listedSuffixes(const model::ServiceInstance& service) {
  if (!service.names) return {};
  std::vector<Suffix> suffixes = channel::allowedNames(service).suffixes();
  std::ranges::stable_sort(
      suffixes, [](const Suffix& a, const Suffix& b) { return labels(a.first) > labels(b.first); });
  return suffixes;
}

bool states(const model::ServiceInstance& service, const std::string& property,
            const std::set<std::string>& good) {
  const auto found = service.properties.find(property);
  if (found == service.properties.end() || !found->second) return false;
  return std::ranges::all_of(*found->second.value,
                             [&](const std::string& value) { return good.contains(value); });
}

bool decidesAfter(const model::ServiceInstance& service) {
  return service.names.has_value() && !states(service, "decides", {"before-recursing"});
}

const Domain* answeredDomain(const ServiceSite& site, const LabPlan& plan) {
  const NameSet pass = namesThatPass(site, plan, kMostHops);
  for (const Domain& domain : plan.names.domains) {
    if (domain.trusted && domain.machine == plan.names.world && pass.contains("www." + domain.name))
      return &domain;
  }
  return nullptr;
}

std::vector<os::InternetAddress> addressesOf(const std::vector<ServiceSite::Target>& targets) {
  std::vector<os::InternetAddress> addresses;
  for (const ServiceSite::Target& target : targets) {
    if (std::ranges::find(addresses, target.address) == addresses.end()) addresses.push_back(target.address);
  }
  return addresses;
}

}  // namespace vauban::lab
