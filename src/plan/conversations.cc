#include "plan/conversations.h"

#include "reach/network.h"

namespace vauban::plan {

Conversations::Conversations(const model::Model& model) {
  // Reach names the unlisted machines of a zone, and an untrusted zone, by the zone.
  for (const model::Zone& zone : model.zones) {
    parties_[zone.name].insert(zone.name);
    everybody_.insert(zone.name);
  }
  for (const model::Host& host : model.hosts) {
    parties_[host.name].insert(host.name);
    parties_[model.at(host.zone).name].insert(host.name);
    for (const model::ZoneId zone : host.alsoIn) parties_[model.at(zone).name].insert(host.name);
    everybody_.insert(host.name);
  }
  reach::Atoms atoms;
  const reach::Network network(model, atoms, {model.conditionDefaults()});
  for (reach::ClassIndex a = 0; a < network.endpointCount(); ++a) {
    for (reach::ClassIndex b = 0; b < network.endpointCount(); ++b) {
      const auto& from = network.endpoint(a);
      const auto& to = network.endpoint(b);
      if (from.party == to.party || from.family != to.family || !from.zone.valid() || !to.zone.valid())
        continue;
      for (const auto& opening : network.openings(a, b, reach::Setting::best()))
        table_[{network.at(from.party).name, network.at(to.party).name}] |= opening.services;
    }
  }
}

const std::set<std::string>& Conversations::partiesOf(const std::string& place) const {
  const auto found = parties_.find(place);
  return found == parties_.end() ? everybody_ : found->second;
}

space::ServiceSet Conversations::between(const std::string& from, const std::string& to) const {
  space::ServiceSet services;
  const auto& receivers = partiesOf(to);
  for (const std::string& a : partiesOf(from)) {
    for (auto row = table_.lower_bound({a, ""}); row != table_.end() && row->first.first == a; ++row)
      if (receivers.contains(row->first.second)) services |= row->second;
  }
  return services;
}

space::ServiceSet Conversations::between(const std::vector<std::string>& from,
                                         const std::vector<std::string>& to) const {
  space::ServiceSet services;
  for (const std::string& a : from)
    for (const std::string& b : to) services |= between(a, b);
  return services;
}

bool Conversations::all(const std::vector<std::string>& from, const std::vector<std::string>& to,
                        space::ServiceSet services) const {
  for (const std::string& place : from) {
    for (const std::string& sender : partiesOf(place)) {
      for (const std::string& target : to) {
        for (const std::string& receiver : partiesOf(target)) {
          if (sender == receiver) continue;
          const auto row = table_.find({sender, receiver});
          if (row == table_.end() || !row->second.contains(services)) return false;
        }
      }
    }
  }
  return true;
}

}  // namespace vauban::plan
