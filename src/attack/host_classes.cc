#include "attack/host_classes.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

namespace vauban::attack {

using model::HostId;
using model::PlaceTerm;
using model::PlaceTerms;
using space::AddressSet;

namespace {

// What of a model can tell hosts apart: sets of addresses, and lists that name hosts.
class Tellings {
 public:
  explicit Tellings(const model::Model& model) : model_(model), named_(model.hosts.size()) {
    add(model.flows);
    for (const auto& program : model.linkPrograms) {
      if (program) add(*program);
    }
    for (const model::ServiceInstance& service : model.services) {
      for (const auto* terms :
           {&service.upstream, &service.resolver, &service.pool, &service.from, &service.readers}) {
        if (*terms) add(**terms);
      }
      if (!service.addresses) continue;
      if (service.addresses->allow) add(*service.addresses->allow);
      add(service.addresses->deny);
    }
    for (const model::Claim& claim : model.claims) {
      add(claim.from);
      add(claim.to);
      add(claim.heldByAdversary);
      for (const HostId host : claim.via) name(host, "via " + claim.id);
      name(claim.goal.controls);
    }
    for (const model::Asset& asset : model.assets) add(asset.at);
    for (const model::Credential& credential : model.credentials) {
      for (std::size_t g = 0; g < credential.grants.size(); ++g) {
        for (const HostId host : credential.grants[g].hosts)
          name(host, "grant " + credential.name + " " + std::to_string(g));
      }
      for (const HostId host : credential.exposedOn) name(host, "exposed " + credential.name);
    }
    for (std::size_t m = 0; m < model.countermeasures.size(); ++m) {
      add(model.countermeasures[m].at);
      for (const auto& [member, host] : model.countermeasures[m].members)
        name(host, "member " + member + " " + std::to_string(m));
    }
    for (const model::EvidenceRecord& record : model.evidence) add(record.at);
    add(model.threats.start);
    for (const HostId host : model.threats.insiders) name(host, "insider");
    for (const model::Device& device : model.devices) {
      if (device.managedFrom) add(*device.managedFrom);
    }
    for (const auto& group : model.failsWith) {
      for (const std::string& word : group) name(word);
    }
  }

  // All that is said of the host, in words.
  std::string of(HostId id) const {
    const model::Host& host = model_.at(id);
    std::string said;
    for (const std::string& name : named_[id.index()]) said += name + ";";
    for (const AddressSet* set : sets_) {
      for (const space::Address& address : host.addresses) said += set->contains(address) ? '1' : '0';
      said += '.';
    }
    return said;
  }

 private:
  void add(const AddressSet& set) { sets_.push_back(&set); }
  void add(const model::FilterProgram& program) {
    for (const model::Chain& chain : program.chains) {
      for (const model::FilterRule& rule : chain.rules) {
        add(rule.source);
        add(rule.destination);
        ++lists_;
        for (const HostId host : rule.sourceHosts) name(host, "from " + std::to_string(lists_));
        for (const HostId host : rule.destinationHosts) name(host, "to " + std::to_string(lists_));
        if (rule.rewrite.source) add(*rule.rewrite.source);
        if (rule.rewrite.destination) add(*rule.rewrite.destination);
      }
    }
  }
  void add(const PlaceTerms& terms) {
    ++lists_;
    for (const PlaceTerm& term : terms) {
      if (term.kind == PlaceTerm::Kind::host) name(term.host, "list " + std::to_string(lists_));
      if (term.kind == PlaceTerm::Kind::addresses) add(term.addresses);
    }
  }
  void name(HostId host, const std::string& where) { named_[host.index()].insert(where); }
  void name(const std::string& word) {
    const auto host = std::ranges::find(model_.hosts, word, &model::Host::name);
    if (host != model_.hosts.end())
      name(HostId(static_cast<std::size_t>(host - model_.hosts.begin())), "alone " + word);
  }

  const model::Model& model_;
  std::vector<std::set<std::string>> named_;
  std::vector<const AddressSet*> sets_;
  std::size_t lists_ = 0;
};

std::string words(const std::optional<PlaceTerms>& terms) {
  std::string text = terms ? "[" : "-";
  if (terms) {
    for (const PlaceTerm& term : *terms) text += term.text + ",";
  }
  return text;
}

std::string words(const std::vector<std::string>& list) {
  std::string text;
  for (const std::string& word : list) text += word + ",";
  return text + "|";
}

// What a host runs, whichever host it is.
std::string runs(const model::Model& model, const model::Host& host) {
  std::string text;
  for (const model::ServiceId id : host.services) {
    const model::ServiceInstance& service = model.at(id);
    text += service.name + " " + std::to_string(service.behaviour.value) + " " + service.listens.toString() +
            " " + words(service.upstream) + words(service.resolver) + words(service.pool) +
            words(service.from) + words(service.readers) + words(service.answers);
    if (service.names) {
      text += service.names->allow ? words(*service.names->allow) : "-";
      text += words(service.names->deny) + words(service.names->delegated) + words(service.names->shared);
    }
    if (service.addresses) {
      text += service.addresses->allow ? service.addresses->allow->toString() : "-";
      text += service.addresses->deny.toString();
    }
    for (const auto& [property, values] : service.properties)
      text += property + "=" + (values.value ? words(*values.value) : "-");
    text += "/";
  }
  return text;
}

}  // namespace

std::vector<HostId> representatives(const model::Model& model) {
  const Tellings tellings(model);
  std::map<std::string, HostId> first;
  std::vector<HostId> classes;
  for (std::size_t h = 0; h < model.hosts.size(); ++h) {
    const model::Host& host = model.hosts[h];
    std::string said = std::to_string(host.zone.value) + " " + host.platform + "|" + host.software + "|" +
                       words(host.accounts) + (host.servicesStated ? "s" : "-") +
                       (host.clientIsolated ? (*host.clientIsolated.value ? "i" : "c") : "-") +
                       std::to_string(host.addresses.size()) + "|";
    for (const model::ZoneId zone : host.alsoIn) said += std::to_string(zone.value) + ",";
    said += runs(model, host) + tellings.of(HostId(h));
    classes.push_back(first.try_emplace(std::move(said), HostId(h)).first->second);
  }
  return classes;
}

}  // namespace vauban::attack
