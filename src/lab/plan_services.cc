// Where services of the model stand in the lab, and where their configuration leads there.
#include <algorithm>

#include "lab/claim_places.h"
#include "lab/lab_reach.h"
#include "lab/planning.h"

namespace vauban::lab {

using model::PlaceTerm;
using model::ServiceId;
using model::ServiceInstance;
using space::ServiceSet;

namespace {

std::optional<std::uint16_t> firstPort(const ServiceSet& set, std::uint8_t protocol) {
  const auto point = (set & ServiceSet::protocol(protocol)).witness();
  return point ? std::optional(point->destinationPort) : std::nullopt;
}

class Sites {
 public:
  Sites(LabPlan& plan, const model::BehaviourCatalogue& behaviours)
      : plan_(plan), behaviours_(behaviours), reach_(plan) {}

  void plan() {
    for (std::size_t s = 0; s < plan_.model.services.size(); ++s) {
      const ServiceInstance& service = plan_.model.services[s];
      ServiceSite site;
      site.id = ServiceId(s);
      site.behaviour = &behaviours_.at(service.behaviour);
      site.machine = plan_.machineOf(service.host);
      site.node = plan_.at(site.machine).node;
      for (const Leg& leg : plan_.at(site.machine).legs)
        site.addresses.insert(site.addresses.end(), leg.addresses.begin(), leg.addresses.end());
      site.udp = firstPort(service.listens, space::kUdp);
      site.tcp = firstPort(service.listens, space::kTcp);
      plan_.services.push_back(std::move(site));
    }
    for (ServiceSite& site : plan_.services) {
      const ServiceInstance& service = plan_.model.at(site.id);
      ServiceSet onward, queries, reads;
      for (const model::Effect& effect : site.behaviour->effects) {
        if (effect.destination == model::Destination::resolver)
          queries |= effect.emits;
        else if (effect.kind == model::EffectKind::read && !effect.fromUpstream)
          reads |= effect.emits;
        else
          onward |= effect.emits;
      }
      if (service.upstream) site.upstream = targets(site, *service.upstream, onward);
      if (service.from) site.from = targets(site, *service.from, reads.empty() ? onward : reads);
      if (service.resolver)
        site.resolvers = targets(site, *service.resolver, queries);
      else if (!queries.empty())
        site.resolvers = everyResolver(site, queries);
    }
    // Pointers into the plan's own model last, when nothing moves any more.
    for (ServiceSite& site : plan_.services) site.service = &plan_.model.at(site.id);
  }

 private:
  // Of the target's addresses, one that the sender shares a zone with, else of its home; IPv4 first.
  const os::InternetAddress& address(const ServiceSite& from, MachineId to) const {
    const Machine& sender = plan_.at(from.machine);
    const Machine& target = plan_.at(to);
    for (const Leg& leg : target.legs)
      for (const Leg& own : sender.legs)
        if (own.zone == leg.zone) return leg.addresses.front();
    return target.legs.front().addresses.front();
  }

  void add(std::vector<ServiceSite::Target>& targets, const ServiceSite& from, MachineId machine,
           const ServiceSet& emits) const {
    ServiceSite::Target target{address(from, machine), {}, {}, ""};
    bool serves = false;
    for (const ServiceSite& other : plan_.services) {
      if (other.machine != machine) continue;
      const ServiceSet heard = plan_.model.at(other.id).listens & emits;
      if (heard.empty()) continue;
      serves = true;
      if (!target.udp) target.udp = firstPort(heard, space::kUdp);
      if (!target.tcp) target.tcp = firstPort(heard, space::kTcp);
    }
    if (!serves && plan_.at(machine).kind == Machine::Kind::host && !plan_.at(machine).adversary) return;
    if (!serves) choosePorts(target, from, emits);
    targets.push_back(std::move(target));
  }

  // Of the ports that a service may send to, one that is let through: where nothing of the model listens it
  // is as good as another.
  void choosePorts(ServiceSite::Target& target, const ServiceSite& from, const ServiceSet& emits) const {
    const MachineId holder = plan_.holder(target.address);
    ServiceSet passes;
    for (const os::InternetAddress& own : from.addresses)
      if (own.ipv6 == target.address.ipv6) passes |= reach_.opens(own, target.address);
    passes &= emits;
    if (!holder.valid() || passes.empty()) return;
    target.udp = firstPort(passes, space::kUdp);
    for (const std::uint16_t usual : {std::uint16_t{80}, std::uint16_t{443}})
      if (!target.tcp && passes.intersects(ServiceSet::ports(space::kTcp, {usual, usual})))
        target.tcp = usual;
    if (!target.tcp) target.tcp = firstPort(passes, space::kTcp);
  }

  std::vector<ServiceSite::Target> targets(const ServiceSite& from, const model::PlaceTerms& terms,
                                           const ServiceSet& emits) const {
    std::vector<ServiceSite::Target> result;
    for (const PlaceTerm& term : terms) {
      if (term.kind == PlaceTerm::Kind::name) {
        addName(result, from, term.text, emits);
        continue;
      }
      for (std::size_t m = 0; m < plan_.machines.size(); ++m) {
        const Machine& machine = plan_.machines[m];
        if (machine.kind == Machine::Kind::world || MachineId(m) == from.machine) continue;
        // Of an upstream `any` is anybody, the adversary too.
        if (term.kind == PlaceTerm::Kind::any || means({term}, machine, true))
          add(result, from, MachineId(m), emits);
      }
    }
    return result;
  }

  void addName(std::vector<ServiceSite::Target>& result, const ServiceSite& from, const std::string& name,
               const ServiceSet& emits) const {
    for (const Domain& domain : plan_.names.domains) {
      if (space::NameSet::suffix(domain.name).contains(name)) {
        result.push_back({domain.hosts.front(), {}, {}, name});
        choosePorts(result.back(), from, emits);
        return;
      }
    }
    // A name that nobody vouches for is the adversary's.
    if (!plan_.outside.valid()) return;
    const Machine& his = plan_.at(plan_.adversaryOf(plan_.outside));
    const auto* address = his.address(false);
    if (address == nullptr) return;
    result.push_back({*address, {}, {}, name});
    choosePorts(result.back(), from, emits);
  }

  // Semantics 4: without `resolver` look-ups go to every DNS service that it can reach.
  std::vector<ServiceSite::Target> everyResolver(const ServiceSite& from, const ServiceSet& queries) const {
    std::vector<ServiceSite::Target> result;
    for (std::size_t m = 0; m < plan_.machines.size(); ++m) {
      const Machine& machine = plan_.machines[m];
      if (machine.kind == Machine::Kind::world || MachineId(m) == from.machine) continue;
      const bool serves = std::ranges::any_of(plan_.services, [&](const ServiceSite& other) {
        return other.machine == MachineId(m) && other.behaviour->name.starts_with("dns-") &&
               plan_.model.at(other.id).listens.intersects(queries);
      });
      if (!serves && machine.kind != Machine::Kind::adversary) continue;
      if (reach_.opens(from.machine, MachineId(m)).intersects(queries))
        add(result, from, MachineId(m), queries);
    }
    return result;
  }

  LabPlan& plan_;
  const model::BehaviourCatalogue& behaviours_;
  LabReach reach_;
};

}  // namespace

void planServices(LabPlan& plan, const model::BehaviourCatalogue& behaviours) {
  Sites(plan, behaviours).plan();
}

}  // namespace vauban::lab
