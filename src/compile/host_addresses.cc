// Hosts as addresses: stated, given, or whatever of their zones nobody has.
#include "compile/point_plan.h"

namespace vauban::compile {

using model::HostId;
using model::ZoneId;
using space::AddressSet;

AddressSet addressesOf(const model::Model& model, const CompileOptions& options, HostId id, ZoneId zone) {
  const model::Host& host = model.at(id);
  const AddressSet& all = model.at(zone).addresses;
  const auto given = options.addresses.find(id);
  const auto& own =
      host.addresses.empty() && given != options.addresses.end() ? given->second : host.addresses;
  AddressSet here;
  for (const space::Address& address : own) here = here | (AddressSet(address) & all);
  if (!here.empty()) return here;
  // As reach::Network has it: any that no host states; in a full zone he shares one.
  AddressSet claimed;
  for (const model::Host& other : model.hosts) {
    for (const space::Address& address : other.addresses) claimed = claimed | AddressSet(address);
  }
  const AddressSet unclaimed = all - claimed;
  return unclaimed.empty() ? all : unclaimed;
}

model::FilterProgram withAddresses(const model::Model& model, const CompileOptions& options,
                                   const model::FilterProgram& program) {
  model::FilterProgram copy = program;
  auto resolve = [&](AddressSet& side, std::vector<HostId>& hosts) {
    for (const HostId id : hosts) {
      if (const auto given = options.addresses.find(id); given != options.addresses.end()) {
        for (const space::Address& address : given->second) side = side | AddressSet(address);
        continue;
      }
      const model::Host& host = model.at(id);
      side = side | addressesOf(model, options, id, host.zone);
      for (const ZoneId zone : host.alsoIn) side = side | addressesOf(model, options, id, zone);
    }
    hosts.clear();
  };
  for (model::Chain& chain : copy.chains) {
    for (model::FilterRule& rule : chain.rules) {
      resolve(rule.source, rule.sourceHosts);
      resolve(rule.destination, rule.destinationHosts);
    }
  }
  return copy;
}

}  // namespace vauban::compile
