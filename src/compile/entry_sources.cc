#include "compile/entry_sources.h"

#include <algorithm>

namespace vauban::compile {

using space::AddressSet;
using space::Family;

AddressSet unforwardedSources() {
  return AddressSet(*space::AddressRange::parse("0.0.0.0")) | AddressSet(*space::AddressRange::parse("::")) |
         AddressSet(*space::AddressRange::parse("fe80::/10"));
}

AddressSet entrySources(const model::Model& model, const CompileOptions& options, const PointPlan& plan,
                        const ZoneInterface& interface) {
  AddressSet sources;
  for (const Family family : {Family::ipv4, Family::ipv6}) {
    AddressSet tolerated;
    bool decided = false;  // some policy has rules for the family
    for (const auto& [pair, index] : plan.pairs) {
      if (pair.first != interface.zone) continue;
      const Policy& policy = plan.policies[index];
      if (policy.of(family) == Coverage::passes) tolerated = AddressSet::all(family);
      if (policy.of(family) != Coverage::byRules) continue;
      decided = true;
      tolerated = tolerated | plan.sources(policy, interface).only(family);
    }
    if (PointPlan::freeInside(model, interface.zone)) {
      const bool looked = std::ranges::find(plan.lookedInside, interface.zone) != plan.lookedInside.end();
      // An uncovered family that is dropped leads to no other zone, and so need nobody's behind it.
      const AddressSet& own = looked    ? plan.behindInterface.at(interface.name)
                              : decided ? plan.behind.at(interface.zone)
                                        : model.at(interface.zone).addresses;
      tolerated = tolerated | own.only(family);
    }
    if (const auto others = options.neighbours.find(interface.zone); others != options.neighbours.end())
      tolerated = tolerated | others->second.only(family);
    sources = sources | tolerated;
  }
  return sources;
}

}  // namespace vauban::compile
