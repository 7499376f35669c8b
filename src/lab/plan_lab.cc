#include "lab/plan_lab.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "lab/planning.h"
#include "reach/network.h"

namespace vauban::lab {

using model::HostId;
using model::ZoneId;
using os::InternetAddress;
using reach::ClassIndex;
using space::AddressSet;
using space::Family;

os::InternetAddress toLab(const space::Address& address) {
  InternetAddress result;
  result.ipv6 = address.family == Family::ipv6;
  const std::size_t size = result.size();
  for (std::size_t i = 0; i < size; ++i)
    result.bytes[i] = static_cast<std::uint8_t>(address.value >> (8 * (size - 1 - i)));
  return result;
}

space::Address toSpace(const InternetAddress& address) {
  space::Address result;
  result.family = address.ipv6 ? Family::ipv6 : Family::ipv4;
  for (std::size_t i = 0; i < address.size(); ++i) result.value = (result.value << 8U) | address.bytes[i];
  return result;
}

MachineId LabPlan::machineOf(HostId host) const {
  for (std::size_t m = 0; m < machines.size(); ++m)
    if (machines[m].host == host) return MachineId(m);
  return {};
}

MachineId LabPlan::adversaryOf(ZoneId zone) const {
  for (std::size_t m = 0; m < machines.size(); ++m)
    if (machines[m].kind == Machine::Kind::adversary && machines[m].legs[0].zone == zone) return MachineId(m);
  return {};
}

MachineId LabPlan::holder(const InternetAddress& address) const {
  for (std::size_t m = 0; m < machines.size(); ++m)
    for (const Leg& leg : machines[m].legs)
      if (std::ranges::find(leg.addresses, address) != leg.addresses.end()) return MachineId(m);
  return {};
}

namespace {

constexpr std::size_t kToolAddresses = 3;

}  // namespace

std::vector<InternetAddress> toolAddresses(const Machine& machine) {
  std::vector<InternetAddress> ipv4;
  for (const InternetAddress& address : machine.legs[0].addresses)
    if (!address.ipv6) ipv4.push_back(address);
  if (ipv4.size() <= kToolAddresses) return {};
  return {ipv4.end() - kToolAddresses, ipv4.end()};
}

namespace {

// Addresses to give out, from the documentation ranges.
class Supply {
 public:
  std::optional<space::Address> trusted(Family family, ZoneId zone) {
    if (family == Family::ipv6) return ipv6(zone);
    if (trusted_ > kMostTrusted) return std::nullopt;
    return space::Address{Family::ipv4, kTrusted + trusted_++};
  }
  std::optional<space::Address> untrusted(Family family, ZoneId zone) {
    if (family == Family::ipv6) return ipv6(zone);
    if (untrusted_ > kMostUntrusted) return std::nullopt;
    return space::Address{Family::ipv4, kUntrusted + untrusted_++};
  }
  // Of the n-th router.
  static InternetAddress router(std::size_t n, Family family) {
    if (family == Family::ipv4) return toLab({Family::ipv4, kUntrusted + 254 - n});
    return toLab({Family::ipv6, (kDocumentation << 96U) | (space::Bits128{0xFFFFU} << 80U) | (n + 1)});
  }
  static constexpr std::size_t kMostRouters = 50;

 private:
  static constexpr space::Bits128 kTrusted = 0xC6336400U, kUntrusted = 0xCB007100U;  // RFC 5737
  static constexpr space::Bits128 kDocumentation = 0x20010DB8U;                      // RFC 3849
  static constexpr unsigned kMostTrusted = 254, kMostUntrusted = 200;

  space::Address ipv6(ZoneId zone) {
    return {Family::ipv6,
            (kDocumentation << 96U) | (space::Bits128{zone.index() + 1} << 80U) | ++ipv6_[zone.index()]};
  }
  unsigned trusted_ = 1, untrusted_ = 1;
  std::map<std::size_t, unsigned> ipv6_;
};

// What services and claims tell apart, as the judge does (channel/verdict.cc).
std::vector<const AddressSet*> toldApart(const model::Model& model) {
  std::vector<const AddressSet*> sets;
  auto addTerms = [&](const model::PlaceTerms& terms) {
    for (const model::PlaceTerm& term : terms)
      if (term.kind == model::PlaceTerm::Kind::addresses) sets.push_back(&term.addresses);
  };
  for (const model::Claim& claim : model.claims)
    for (const auto* terms : {&claim.from, &claim.to, &claim.heldByAdversary}) addTerms(*terms);
  for (const model::ServiceInstance& service : model.services) {
    for (const auto* terms :
         {&service.upstream, &service.resolver, &service.pool, &service.from, &service.readers})
      if (*terms) addTerms(**terms);
    if (!service.addresses) continue;
    if (service.addresses->allow) sets.push_back(&*service.addresses->allow);
    sets.push_back(&service.addresses->deny);
  }
  return sets;
}

class Planner {
 public:
  Planner(const model::Model& model, const model::BehaviourCatalogue& behaviours)
      : original_(model),
        behaviours_(behaviours),
        network_(model, atoms_, {model.conditionDefaults()}, toldApart(model)) {}

  Result<LabPlan> plan() {
    chooseOutside();
    makeMachines();
    giveAddresses();
    if (!wrong_.empty()) return std::unexpected(wrong_);
    relocate();
    const channel::Trust trust = channel::Trust::of(original_, channel::SuffixLists::builtIn());
    planNames(plan_, trust, listed_);
    planServices(plan_, behaviours_);
    planRouters();
    if (!wrong_.empty()) return std::unexpected(wrong_);
    return std::move(plan_);
  }

 private:
  // The untrusted zone that is "the rest of the world", or else the first.
  void chooseOutside() {
    for (std::size_t z = 0; z < original_.zones.size(); ++z) {
      const model::Zone& zone = original_.zones[z];
      if (!zone.untrusted) continue;
      const bool world = zone.networks.contains(AddressSet::all(Family::ipv4));
      if (!plan_.outside.valid() || world) plan_.outside = ZoneId(z);
      if (world) return;
    }
  }

  std::string nodeName(const std::string& wanted) {
    std::string plain;
    for (const char c : wanted.substr(0, 40))
      plain += std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.' ? c : '-';
    std::string name = plain;
    for (int n = 2; !nodeNames_.insert(name).second; ++n) name = fmt::format("{}-{}", plain, n);
    return name;
  }

  // Machines 0..hosts-1 are the hosts in order; then one for each untrusted zone, then the world.
  void makeMachines() {
    for (std::size_t p = 0; p < network_.parties().size(); ++p) {
      const reach::Party& party = network_.parties()[p];
      if (party.kind == reach::Party::Kind::unlisted) continue;
      Machine machine;
      const bool host = party.kind == reach::Party::Kind::host;
      machine.kind = host ? Machine::Kind::host : Machine::Kind::adversary;
      if (host) machine.host = party.host;
      machine.adversary = party.adversary;
      machine.node = nodeName(host ? party.name : "his." + party.name);
      for (std::size_t leg = 0; leg < party.zones.size(); ++leg)
        machine.legs.push_back({party.zones[leg], fmt::format("eth{}", leg), {}});
      machineOfParty_[p] = MachineId(plan_.machines.size());
      plan_.machines.push_back(std::move(machine));
    }
    if (!plan_.outside.valid()) return;
    Machine world;
    world.kind = Machine::Kind::world;
    world.node = nodeName("world");
    world.adversary = true;
    world.legs.push_back({plan_.outside, "eth0", {}});
    plan_.names.world = MachineId(plan_.machines.size());
    plan_.machines.push_back(std::move(world));
  }

  std::optional<InternetAddress> give(ClassIndex index, bool untrusted, ZoneId zone, Family family) {
    const auto address = untrusted ? supply_.untrusted(family, zone) : supply_.trusted(family, zone);
    if (!address) {
      if (wrong_.empty()) {
        wrong_.push_back({Severity::error, original_.zones[zone.index()].place, 0,
                          "the lab has too few addresses for the classes of this architecture",
                          "at most 254 classes in trusted zones and 200 in untrusted ones", ""});
      }
      return std::nullopt;
    }
    given_[index] = given_[index] | AddressSet(*address);
    plan_.zoneAddresses[zone.index()].push_back(toLab(*address));
    return toLab(*address);
  }

  void giveAddresses() {
    plan_.zoneAddresses.resize(original_.zones.size());
    plan_.spares.resize(original_.zones.size());
    given_.resize(network_.endpointCount());
    for (const model::ServiceInstance& service : original_.services)
      if (service.addresses && service.addresses->allow)
        listedAddresses_ = listedAddresses_ | *service.addresses->allow;
    for (const Family family : {Family::ipv4, Family::ipv6}) findRemainder(family);
    for (std::size_t p = 0; p < network_.parties().size(); ++p) {
      const reach::Party& party = network_.parties()[p];
      if (!party.zone.valid()) continue;
      if (party.kind == reach::Party::Kind::unlisted) {
        for (const ClassIndex index : party.classes) giveSpare(index);
      } else {
        for (Leg& leg : plan_.machines[machineOfParty_.at(p).index()].legs) giveLeg(p, leg);
      }
    }
  }

  // The class that everything unclaimed falls into: the largest of what is outside or nowhere.
  void findRemainder(Family family) {
    space::Bits128 most = 0;
    for (ClassIndex c = 0; c < network_.endpointCount(); ++c) {
      const reach::EndpointClass& endpoint = network_.endpoint(c);
      const bool outside = !endpoint.zone.valid() || original_.at(endpoint.zone).untrusted;
      if (!outside || endpoint.linkLocal || endpoint.family != family) continue;
      if (network_.at(endpoint.party).kind == reach::Party::Kind::host) continue;
      space::Bits128 size = 0;
      for (const space::AddressRange& range : endpoint.addresses.ranges())
        size += (range.last - range.first) / 2 + 1;
      if (size <= most) continue;
      most = size;
      remainder_[family] = c;
    }
  }

  void giveSpare(ClassIndex index) {
    const reach::EndpointClass& endpoint = network_.endpoint(index);
    if (endpoint.linkLocal) return;
    if (auto address = give(index, false, endpoint.zone, endpoint.family))
      plan_.spares[endpoint.zone.index()].push_back(*address);
  }

  // The class of an untrusted zone that has room for more addresses of ours: the remainder where it is there,
  // else the first.
  std::optional<ClassIndex> roomIn(const reach::Party& party, ZoneId zone, Family family) const {
    std::optional<ClassIndex> first;
    for (const ClassIndex index : party.classes) {
      const reach::EndpointClass& endpoint = network_.endpoint(index);
      if (endpoint.zone != zone || endpoint.family != family) continue;
      if (remainder_.contains(family) && remainder_.at(family) == index) return index;
      if (!first && !endpoint.linkLocal && !listedAddresses_.contains(endpoint.addresses)) first = index;
    }
    return first;
  }

  void giveLeg(std::size_t party, Leg& leg) {
    const reach::Party& of = network_.parties()[party];
    for (const Family family : {Family::ipv4, Family::ipv6}) {
      for (const ClassIndex index : of.classes) {
        const reach::EndpointClass& endpoint = network_.endpoint(index);
        if (endpoint.zone != leg.zone || endpoint.family != family) continue;
        const bool his = of.kind == reach::Party::Kind::outside;
        // What a service of ours lists is held by nobody hostile.
        const bool listed = his && !endpoint.linkLocal && listedAddresses_.contains(endpoint.addresses);
        Leg& holder = listed && plan_.outside == leg.zone ? plan_.machines.back().legs[0] : leg;
        if (auto address = give(index, of.adversary, leg.zone, family)) {
          holder.addresses.push_back(*address);
          if (listed) listed_.push_back({endpoint.addresses, *address});
        }
        if (!his || roomIn(of, leg.zone, family) != index) continue;
        // Room for tunnel servers, which want port 53 each.
        for (std::size_t extra = 0; extra < kToolAddresses && family == Family::ipv4; ++extra)
          if (auto address = give(index, true, leg.zone, family)) leg.addresses.push_back(*address);
        if (leg.zone != plan_.outside) continue;
        for (int n = 0; n < (family == Family::ipv4 ? 4 : 1); ++n)
          if (auto address = give(index, true, leg.zone, family)) world_.push_back(*address);
      }
    }
    if (of.kind != reach::Party::Kind::outside || leg.zone != plan_.outside) return;
    Leg& world = plan_.machines.back().legs[0];
    world.addresses.insert(world.addresses.begin(), world_.begin(), world_.end());
  }

  // The lab's addresses that play those of a set.
  AddressSet relocated(const AddressSet& set) const {
    // Link-local addresses are what they are everywhere.
    AddressSet result = set & (AddressSet(*space::AddressRange::parse("fe80::/10")) |
                               AddressSet(*space::AddressRange::parse("169.254.0.0/16")));
    for (ClassIndex c = 0; c < network_.endpointCount(); ++c) {
      const reach::EndpointClass& endpoint = network_.endpoint(c);
      if (!endpoint.linkLocal && set.contains(endpoint.addresses)) result = result | given_[c];
    }
    return result;
  }

  // So are those that mean whoever asks.
  AddressSet relocatedList(const AddressSet& set) const {
    return relocated(set) | (set & (AddressSet(*space::AddressRange::parse("127.0.0.0/8")) |
                                    AddressSet(*space::AddressRange::parse("0.0.0.0/32")) |
                                    AddressSet(*space::AddressRange::parse("::/127"))));
  }

  void relocateTerms(model::PlaceTerms& terms) const {
    for (model::PlaceTerm& term : terms)
      if (term.kind == model::PlaceTerm::Kind::addresses) term.addresses = relocated(term.addresses);
  }

  void relocateProgram(model::FilterProgram& program) const {
    for (model::Chain& chain : program.chains) {
      for (model::FilterRule& rule : chain.rules) {
        rule.source = relocated(rule.source) | relocated(rule.sourceHosts);
        rule.destination = relocated(rule.destination) | relocated(rule.destinationHosts);
        rule.sourceHosts.clear();
        rule.destinationHosts.clear();
        if (rule.rewrite.source) rule.rewrite.source = relocated(*rule.rewrite.source);
        if (rule.rewrite.destination) rule.rewrite.destination = relocated(*rule.rewrite.destination);
      }
    }
  }

  AddressSet relocated(const std::vector<HostId>& hosts) const {
    AddressSet result;
    for (const HostId host : hosts)
      for (const space::Address& address : plan_.model.at(host).addresses)
        result = result | AddressSet(address);
    return result;
  }

  void relocate() {
    AddressSet claimed;
    for (const AddressSet& set : given_) claimed = claimed | set;
    for (const auto& [family, index] : remainder_) given_[index] = given_[index] | (~claimed).only(family);

    plan_.model = original_;
    model::Model& model = plan_.model;
    for (std::size_t z = 0; z < model.zones.size(); ++z) {
      model.zones[z].addresses = relocated(original_.zones[z].addresses);
      model.zones[z].networks = model.zones[z].addresses;
    }
    for (std::size_t h = 0; h < model.hosts.size(); ++h) {
      model::Host& host = model.hosts[h];
      host.addresses.clear();
      const reach::Party& party = network_.at(network_.partyOf(HostId(h)));
      for (const ClassIndex index : party.classes)
        if (!network_.endpoint(index).linkLocal)
          for (const space::AddressRange& range : given_[index].ranges())
            for (auto value = range.first; value <= range.last; ++value)
              host.addresses.push_back({range.family, value});
      std::ranges::sort(host.addresses);
    }
    relocateProgram(model.flows);
    for (auto& program : model.linkPrograms)
      if (program) relocateProgram(*program);
    for (model::ServiceInstance& service : model.services) {
      for (auto* terms :
           {&service.upstream, &service.resolver, &service.pool, &service.from, &service.readers})
        if (*terms) relocateTerms(**terms);
      if (!service.addresses) continue;
      if (service.addresses->allow) service.addresses->allow = relocatedList(*service.addresses->allow);
      service.addresses->deny = relocatedList(service.addresses->deny);
    }
    for (model::Claim& claim : model.claims)
      for (auto* terms : {&claim.from, &claim.to, &claim.heldByAdversary}) relocateTerms(*terms);
  }

  void planRouters() {
    std::map<std::string, std::size_t> byPoint;
    auto router = [&](const std::string& point, std::optional<model::DeviceId> device,
                      std::optional<model::LinkId> link) -> Router& {
      const auto [at, fresh] = byPoint.try_emplace(point, plan_.routers.size());
      if (fresh) plan_.routers.push_back({nodeName("router." + point), point, device, link, {}});
      return plan_.routers[at->second];
    };
    auto join = [&](Router& at, ZoneId zone) {
      if (at.side(zone) != nullptr) return;
      const auto n = static_cast<std::size_t>(&at - plan_.routers.data());
      at.sides.push_back({zone, fmt::format("z{}", zone.index()), Supply::router(n, Family::ipv4),
                          Supply::router(n, Family::ipv6)});
    };
    const model::Model& model = plan_.model;
    std::set<std::pair<ZoneId, ZoneId>> linked;
    for (std::size_t l = 0; l < model.links.size(); ++l) {
      const model::Link& link = model.links[l];
      Router& at = link.device ? router(model.devices[link.device->index()].name, link.device, std::nullopt)
                               : router(link.name, std::nullopt, model::LinkId(l));
      join(at, link.from);
      join(at, link.to);
      linked.insert(std::minmax(link.from, link.to));
    }
    for (std::size_t a = 0; a < model.zones.size(); ++a) {
      const ZoneId one(a);
      if (model.at(one).isolated) join(router("ideal point", std::nullopt, std::nullopt), one);
      for (std::size_t b = a + 1; b < model.zones.size() && model.unlistedIdeal; ++b) {
        if (linked.contains({one, ZoneId(b)})) continue;
        Router& ideal = router("ideal point", std::nullopt, std::nullopt);
        join(ideal, one);
        join(ideal, ZoneId(b));
      }
    }
    if (plan_.routers.size() > Supply::kMostRouters) {
      wrong_.push_back({Severity::error, model.links.front().place, 0,
                        "the lab has too few addresses for these devices",
                        fmt::format("at most {} enforcement points", Supply::kMostRouters), ""});
    }
  }

  const model::Model& original_;
  const model::BehaviourCatalogue& behaviours_;
  reach::Atoms atoms_;
  reach::Network network_;
  LabPlan plan_;
  Diagnostics wrong_;
  Supply supply_;
  std::set<std::string> nodeNames_{"wire"};
  std::map<std::size_t, MachineId> machineOfParty_;
  std::map<Family, ClassIndex> remainder_;
  std::vector<AddressSet> given_;  // by class
  AddressSet listedAddresses_;     // of the model, by some service
  std::vector<ListedAddress> listed_;
  std::vector<InternetAddress> world_;
};

}  // namespace

Result<LabPlan> planLab(const model::Model& model, const model::BehaviourCatalogue& behaviours) {
  return Planner(model, behaviours).plan();
}

}  // namespace vauban::lab
