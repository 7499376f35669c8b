#include "report/reach_diff.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "reach/network.h"

namespace vauban::report {

using reach::ClassIndex;
using reach::Network;
using space::AddressSet;
using space::ServiceSet;

namespace {

using Values = std::vector<std::vector<bool>>;

// An address that a person would try: not the network's own, where there is another.
std::string exampleOf(const AddressSet& addresses) {
  static const AddressSet unusual =
      AddressSet(*space::AddressRange::parse("0.0.0.0/8")) | AddressSet(*space::AddressRange::parse("::/16"));
  const AddressSet usual = addresses - unusual;
  const AddressSet& set = usual.empty() ? addresses : usual;
  if (set.empty()) return {};
  const space::AddressRange& range = set.ranges().front();
  return space::Address{range.family, range.first == range.last ? range.first : range.first + 1}.toString();
}

// All values of the conditions; the defaults where there are too many.
Values allOf(const model::Model& model) {
  constexpr std::size_t kMost = 10;
  const std::size_t count = model.conditions.size();
  if (count > kMost) return Values{model.conditionDefaults()};
  Values values;
  for (std::size_t bits = 0; bits < (std::size_t{1} << count); ++bits) {
    std::vector<bool> value(count);
    for (std::size_t c = 0; c < count; ++c) value[c] = ((bits >> c) & 1U) != 0;
    values.push_back(std::move(value));
  }
  return values;
}

// A version's network, with what of it is asked again and again.
class Version {
 public:
  Version(const model::Model& model, const Values& values) : network_(model, atoms_, values) {
    for (std::size_t p = 0; p < network_.parties().size(); ++p) {
      const reach::Party& party = network_.parties()[p];
      // A zone and its unlisted machines have the zone's name; no host bears it.
      byName_[party.name] = reach::PartyId(p);
    }
  }

  const Network& network() const { return network_; }

  // Classes of the party of that name, none where there is no such party. Link-local ones only matter to
  // channels: reach is about own addresses.
  std::vector<ClassIndex> classesOf(const std::string& name) const {
    std::vector<ClassIndex> classes;
    const auto found = byName_.find(name);
    if (found == byName_.end()) return classes;
    for (const ClassIndex c : network_.at(found->second).classes) {
      if (!network_.endpoint(c).linkLocal) classes.push_back(c);
    }
    return classes;
  }

  bool has(const std::string& name) const { return byName_.contains(name); }

  ServiceSet reach(ClassIndex from, ClassIndex to) const {
    const auto [entry, fresh] = reach_.try_emplace({from, to});
    if (fresh) {
      for (const Network::Opening& opening : network_.openings(from, to, reach::Setting{})) {
        entry->second |= opening.services;
      }
    }
    return entry->second;
  }

 private:
  reach::Atoms atoms_;
  Network network_;
  std::map<std::string, reach::PartyId, std::less<>> byName_;
  mutable std::map<std::pair<ClassIndex, ClassIndex>, ServiceSet> reach_;
};

// The classes of the other version that have addresses of this one; all of the party and family where none
// has: the party has moved, or its zone has grown.
struct Counterparts {
  std::vector<ClassIndex> classes;
  bool moved = false;
};

class Comparison {
 public:
  Comparison(const model::Model& before, const Values& beforeValues, const model::Model& after,
             const Values& afterValues)
      : before_(before, beforeValues), after_(after, afterValues) {}

  std::map<std::pair<std::string, std::string>, ReachChange> gained() {
    const Network& network = after_.network();
    std::map<std::pair<std::string, std::string>, ReachChange> changes;
    for (ClassIndex a = 0; a < network.endpointCount(); ++a) {
      if (network.endpoint(a).linkLocal) continue;
      for (ClassIndex b = 0; b < network.endpointCount(); ++b) {
        const auto& from = network.endpoint(a);
        const auto& to = network.endpoint(b);
        if (to.linkLocal || from.party == to.party || from.family != to.family) continue;
        compare(a, b, changes);
      }
    }
    return changes;
  }

 private:
  const Counterparts& counterparts(ClassIndex index) {
    const auto [entry, fresh] = counterparts_.try_emplace(index);
    if (!fresh) return entry->second;
    const reach::EndpointClass& own = after_.network().endpoint(index);
    std::vector<ClassIndex> family;
    for (const ClassIndex c : before_.classesOf(after_.network().at(own.party).name)) {
      const reach::EndpointClass& other = before_.network().endpoint(c);
      if (other.family != own.family) continue;
      family.push_back(c);
      if (other.addresses.intersects(own.addresses)) entry->second.classes.push_back(c);
    }
    if (entry->second.classes.empty()) {
      entry->second.moved = true;
      entry->second.classes = std::move(family);
    }
    return entry->second;
  }

  AddressSet shared(ClassIndex index, ClassIndex other, bool moved) const {
    const AddressSet& own = after_.network().endpoint(index).addresses;
    return moved ? own : own & before_.network().endpoint(other).addresses;
  }

  void compare(ClassIndex a, ClassIndex b,
               std::map<std::pair<std::string, std::string>, ReachChange>& changes) {
    const ServiceSet now = after_.reach(a, b);
    if (now.empty()) return;
    const Network& network = after_.network();
    const Counterparts& sources = counterparts(a);
    const Counterparts& destinations = counterparts(b);
    if (sources.classes.empty() || destinations.classes.empty()) {
      return add(a, b, now, network.endpoint(a).addresses, network.endpoint(b).addresses, std::nullopt,
                 changes);
    }
    // Of a party that moved, what it could do before from any address.
    std::map<std::pair<ClassIndex, ClassIndex>, ServiceSet> was;
    for (const ClassIndex x : sources.classes) {
      for (const ClassIndex y : destinations.classes) {
        was[{sources.moved ? sources.classes.front() : x,
             destinations.moved ? destinations.classes.front() : y}] |= before_.reach(x, y);
      }
    }
    for (const auto& [pair, services] : was) {
      const ServiceSet more = now - services;
      if (more.empty()) continue;
      add(a, b, more, shared(a, pair.first, sources.moved), shared(b, pair.second, destinations.moved), pair,
          changes);
    }
  }

  void add(ClassIndex a, ClassIndex b, ServiceSet services, const AddressSet& sources,
           const AddressSet& destinations, std::optional<std::pair<ClassIndex, ClassIndex>> otherwise,
           std::map<std::pair<std::string, std::string>, ReachChange>& changes) const {
    const Network& network = after_.network();
    const std::string& from = network.at(network.endpoint(a).party).name;
    const std::string& to = network.at(network.endpoint(b).party).name;
    const auto [entry, fresh] = changes.try_emplace({from, to});
    ReachChange& change = entry->second;
    change.services |= services;
    if (!fresh) return;
    change.from = from;
    change.to = to;
    change.placeIsNew = !before_.has(from) || !before_.has(to);
    // The rule of a way that has such a packet; of several the one that needs no gap.
    const Network::Opening* chosen = nullptr;
    const std::vector<Network::Opening> openings = network.openings(a, b, reach::Setting{});
    for (const Network::Opening& opening : openings) {
      if (!opening.services.intersects(services)) continue;
      if (chosen == nullptr || opening.way.atoms.size() < chosen->way.atoms.size()) chosen = &opening;
    }
    if (chosen == nullptr) return;
    change.example = *(chosen->services & services).witness();
    change.source = exampleOf(sources);
    change.destination = exampleOf(destinations);
    change.assumed = !chosen->way.atoms.empty();
    change.passes = network.letsPass(chosen->way, change.example);
    if (otherwise)
      change.shuts = before_.network().shuts(otherwise->first, otherwise->second, change.example);
  }

  Version before_, after_;
  std::map<ClassIndex, Counterparts> counterparts_;
};

}  // namespace

std::vector<ReachChange> reachGained(const model::Model& before, const model::Model& after) {
  auto changes =
      Comparison(before, Values{before.conditionDefaults()}, after, Values{after.conditionDefaults()})
          .gained();
  if (!before.conditions.empty() || !after.conditions.empty()) {
    for (auto& [names, change] : Comparison(before, allOf(before), after, allOf(after)).gained()) {
      change.whileSwitched = true;
      const auto known = changes.find(names);
      if (known == changes.end()) {
        changes.emplace(names, std::move(change));
      } else {
        known->second.services |= change.services;
      }
    }
  }
  std::vector<ReachChange> list;
  for (auto& [names, change] : changes) list.push_back(std::move(change));
  return list;
}

}  // namespace vauban::report
