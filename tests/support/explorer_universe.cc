#include "tests/support/explorer_universe.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

namespace vauban::tests {
namespace {

using model::PlaceTerm;
using space::Address;
using space::AddressSet;
using space::Family;

// Source ports: an opener may take any; this one stands for those that no rule names.
constexpr std::uint16_t kEphemeral = 50123;
// Control ports that connection-tracking helpers of Linux read (nf_conntrack_*): a rule may single them out.
constexpr std::uint16_t kHelperPorts[] = {21, 69, 137, 161, 1719, 1720, 1723, 5060, 6566, 6667, 10080};

void forEachTerms(const model::Model& model, const std::function<void(const model::PlaceTerms&)>& visit) {
  for (const auto& service : model.services) {
    for (const auto* terms :
         {&service.upstream, &service.resolver, &service.pool, &service.from, &service.readers}) {
      if (*terms) visit(**terms);
    }
  }
  for (const auto& claim : model.claims) {
    visit(claim.from);
    visit(claim.to);
    visit(claim.heldByAdversary);
  }
}

// Every set of addresses that the model mentions.
std::vector<AddressSet> mentionedAddresses(const model::Model& model) {
  std::vector<AddressSet> sets;
  for (const auto& zone : model.zones) sets.push_back(zone.addresses);
  for (const auto& chain : model.flows.chains) {
    for (const auto& rule : chain.rules) {
      sets.push_back(rule.source);
      sets.push_back(rule.destination);
    }
  }
  for (const auto& service : model.services) {
    if (!service.addresses) continue;
    if (service.addresses->allow) {
      sets.push_back(*service.addresses->allow);
      // Each range by itself: how broad it is matters (decision 0009).
      for (const auto& range : service.addresses->allow->ranges()) sets.emplace_back(range);
    }
    sets.push_back(service.addresses->deny);
  }
  forEachTerms(model, [&](const model::PlaceTerms& terms) {
    for (const auto& term : terms) {
      if (term.kind == PlaceTerm::Kind::addresses) sets.push_back(term.addresses);
    }
  });
  std::sort(sets.begin(), sets.end());
  sets.erase(std::unique(sets.begin(), sets.end()), sets.end());
  return sets;
}

std::string signatureOf(const std::vector<AddressSet>& sets, const Address& address) {
  std::string signature;
  for (const auto& set : sets) signature += set.contains(address) ? '1' : '0';
  return signature;
}

std::vector<Address> borders(const std::vector<AddressSet>& sets, Family family) {
  std::vector<Address> found;
  auto add = [&](space::Bits128 value) { found.push_back({family, value}); };
  for (const auto& set : sets) {
    for (const auto& range : set.ranges()) {
      if (range.family != family) continue;
      // Beside the first address, two inside: hosts may stand on the borders.
      add(range.first);
      add(range.last);
      if (range.last - range.first > 8) {
        add(range.first + 7);
        add(range.last - 3);
      }
      if (range.first > 0) add(range.first - 1);
      if (range.last < space::maxAddress(family)) add(range.last + 1);
    }
  }
  return found;
}

// One that is nobody else's, and those that some word of the model singles out (RFC 3927 section 2.1; RFC
// 4291 section 2.5.6, of which we take all of fe80::/10).
std::vector<Address> linkLocals(const std::vector<Address>& candidates, Family family, std::size_t party) {
  const bool four = family == Family::ipv4;
  const space::Bits128 first = four ? space::Bits128{0xA9FE0000U} : space::Bits128{0xFE80U} << 112U;
  const space::Bits128 last = first + (four ? space::Bits128{0xFFFFU} : (space::Bits128{1} << 118U) - 1);
  std::vector<Address> found{{family, first + party + 1}};
  for (const auto& address : candidates) {
    if (address.value >= first && address.value <= last) found.push_back(address);
  }
  return found;
}

}  // namespace

bool belowSuffix(const std::string& name, const std::string& suffix) {
  if (name == suffix || suffix.empty()) return true;
  return name.size() > suffix.size() && name.ends_with(suffix) &&
         name[name.size() - suffix.size() - 1] == '.';
}

Universe::Universe(const model::Model& model, const model::BehaviourCatalogue& behaviours,
                   const KnownSuffixes& known)
    : model_(model), behaviours_(behaviours), known_(known) {
  addParties();
  addEndpoints();
  addKinds();
  addNames();
}

void Universe::addParties() {
  for (std::size_t h = 0; h < model_.hosts.size(); ++h) {
    const auto& host = model_.hosts[h];
    Party party{Party::Kind::host, static_cast<int>(h), -1, host.count > 1, {}, host.name};
    party.zones.push_back(static_cast<int>(host.zone.index()));
    for (const auto zone : host.alsoIn) party.zones.push_back(static_cast<int>(zone.index()));
    parties_.push_back(party);
  }
  for (std::size_t z = 0; z < model_.zones.size(); ++z) {
    const auto& zone = model_.zones[z];
    parties_.push_back({zone.untrusted ? Party::Kind::untrusted : Party::Kind::unlisted,
                        -1,
                        -1,
                        true,
                        {static_cast<int>(z)},
                        zone.name});
  }
  // Decision 0010: a tunnel ends in the pool; in one zone of it, where that lies in several.
  for (std::size_t s = 0; s < model_.services.size(); ++s) {
    const auto& service = model_.services[s];
    if (!service.pool) continue;
    for (std::size_t z = 0; z < model_.zones.size(); ++z) {
      if (model_.zones[z].untrusted) continue;
      const bool inside = std::any_of(service.pool->begin(), service.pool->end(), [&](const PlaceTerm& term) {
        return (term.kind == PlaceTerm::Kind::zone && term.zone.index() == z) ||
               (term.kind == PlaceTerm::Kind::addresses &&
                term.addresses.intersects(model_.zones[z].addresses)) ||
               term.kind == PlaceTerm::Kind::any;
      });
      if (!inside) continue;
      Party party{Party::Kind::tunnel,   -1,
                  static_cast<int>(s),   false,
                  {static_cast<int>(z)}, "tunnel of " + model_.at(service.host).name};
      parties_.push_back(party);
      party.kind = Party::Kind::waitingTunnel;
      party.name = "his " + party.name;
      parties_.push_back(party);
    }
  }
}

bool Universe::inPool(int service, const Endpoint& endpoint) const {
  const auto& pool = model_.services[service].pool;
  if (!pool || endpoint.linkLocal || endpoint.party < 0 || model_.zones[endpoint.zone].untrusted)
    return false;
  const Party& party = parties_[endpoint.party];
  if (party.kind == Party::Kind::host || (party.service >= 0 && party.service != service)) return false;
  return std::any_of(pool->begin(), pool->end(),
                     [&](const PlaceTerm& term) { return means(term, endpoint); });
}

std::vector<int> Universe::tunnelsOf(int service, bool waiting) const {
  // Where hosts state all addresses of the pool, nobody else can have one.
  auto hasAddress = [&](std::size_t p) {
    return std::any_of(endpoints_.begin(), endpoints_.end(), [&](const Endpoint& endpoint) {
      return endpoint.party == static_cast<int>(p) && !endpoint.linkLocal;
    });
  };
  std::vector<int> ends;
  for (std::size_t p = 0; p < parties_.size(); ++p) {
    const auto kind = waiting ? Party::Kind::waitingTunnel : Party::Kind::tunnel;
    if (parties_[p].kind == kind && parties_[p].service == service && hasAddress(p))
      ends.push_back(static_cast<int>(p));
  }
  return ends;
}

void Universe::addEndpoints() {
  const auto sets = mentionedAddresses(model_);
  const bool listsAddresses = std::any_of(model_.services.begin(), model_.services.end(),
                                          [](const auto& service) { return service.addresses.has_value(); });
  AddressSet claimed;  // by hosts that state an address
  for (const auto& host : model_.hosts) {
    for (const auto& address : host.addresses)
      claimed = claimed | AddressSet({address.family, address.value, address.value});
  }
  for (const Family family : {Family::ipv4, Family::ipv6}) {
    const auto candidates = borders(sets, family);
    // What nobody states, by zone: one address of each class.
    std::vector<std::vector<Address>> free(model_.zones.size());
    std::set<std::string> strange;
    for (std::size_t z = 0; z < model_.zones.size(); ++z) {
      std::set<std::string> seen;
      for (const auto& address : candidates) {
        if (!model_.zones[z].addresses.contains(address) || claimed.contains(address)) continue;
        if (seen.insert(signatureOf(sets, address)).second) free[z].push_back(address);
      }
    }
    for (const auto& address : candidates) {
      const bool placed = std::any_of(model_.zones.begin(), model_.zones.end(),
                                      [&](const auto& zone) { return zone.addresses.contains(address); });
      if (!placed && strange.insert(signatureOf(sets, address)).second)
        endpoints_.push_back({address, -1, -1, false});
    }
    for (std::size_t p = 0; p < parties_.size(); ++p) {
      const auto& party = parties_[p];
      bool any = false;
      std::set<int> legs;
      auto bear = [&](const Address& address, int zone) {
        legs.insert(zone);
        endpoints_.push_back({address, zone, static_cast<int>(p), false});
        any = true;
      };
      for (const int zone : party.zones) {
        if (party.kind == Party::Kind::host) {
          // Semantics 3: its address in that zone's networks; without one, any that nobody claims there. A
          // stated address in the zone, of either family, is all it has there.
          const auto& stated = model_.hosts[party.host].addresses;
          const bool here = std::any_of(stated.begin(), stated.end(), [&](const Address& address) {
            return model_.zones[zone].addresses.contains(address);
          });
          for (const auto& address : stated) {
            if (address.family == family && model_.zones[zone].addresses.contains(address))
              bear(address, zone);
          }
          if (!here) {
            for (const auto& address : free[zone]) bear(address, zone);
          }
          continue;
        }
        for (const auto& address : free[zone]) {
          if (party.service >= 0) {
            const auto& pool = *model_.services[party.service].pool;
            const Endpoint there{address, zone, -1, false};
            if (std::none_of(pool.begin(), pool.end(), [&](const auto& term) { return means(term, there); }))
              continue;
          }
          bear(address, zone);
        }
      }
      // Decision 0011: in a family that passes uncovered every machine may speak. The address is nobody
      // else's.
      // In IPv6 every machine has one beside the others (RFC 4291 section 2.1), in IPv4 it has not (RFC 3927
      // section 1.9).
      if (any && !listsAddresses) continue;
      for (const int zone : party.zones) {
        if (family == Family::ipv4 && legs.contains(zone)) continue;
        std::set<std::string> seen;
        for (const auto& address : linkLocals(candidates, family, p)) {
          if (!claimed.contains(address) && seen.insert(signatureOf(sets, address)).second)
            endpoints_.push_back({address, zone, static_cast<int>(p), true, any});
        }
      }
    }
    // Addresses that nobody bears; senders may still forge them, and rules may still decide them.
    for (std::size_t z = 0; z < model_.zones.size(); ++z) {
      if (model_.zones[z].untrusted) continue;
      for (const auto& address : free[z]) endpoints_.push_back({address, static_cast<int>(z), -1, false});
    }
  }
  // A host in an untrusted zone stands where the adversary is: he has its address as well (semantics 3).
  for (std::size_t e = 0, n = endpoints_.size(); e < n; ++e) {
    const Endpoint endpoint = endpoints_[e];
    if (endpoint.zone >= 0 && endpoint.party >= 0 && !endpoint.linkLocal &&
        parties_[endpoint.party].kind == Party::Kind::host && model_.zones[endpoint.zone].untrusted)
      endpoints_.push_back({endpoint.address, endpoint.zone, ofZone(endpoint.zone), false});
  }
}

void Universe::addKinds() {
  std::vector<space::ServiceSet> sets;
  for (const auto& chain : model_.flows.chains) {
    for (const auto& rule : chain.rules) sets.push_back(rule.services);
  }
  for (const auto& service : model_.services) {
    sets.push_back(service.listens);
    for (const auto& effect : behaviours_.at(service.behaviour).effects) sets.push_back(effect.emits);
  }
  for (const auto& claim : model_.claims) sets.push_back(claim.over);
  for (const auto port : kHelperPorts) {
    sets.push_back(space::ServiceSet::ports(space::kTcp, {port, port}));
    sets.push_back(space::ServiceSet::ports(space::kUdp, {port, port}));
  }
  std::vector<space::ServiceSet> distinct;
  for (const auto& set : sets) {
    if (!set.empty() && std::find(distinct.begin(), distinct.end(), set) == distinct.end())
      distinct.push_back(set);
  }
  std::set<space::Service> candidates;
  auto add = [&](int protocol, int port) {
    if (protocol < 0 || protocol > 255 || port < 0 || port > 65535) return;
    space::Service service{static_cast<std::uint8_t>(protocol), 0, 0};
    if (space::hasPorts(service.protocol)) {
      service.sourcePort = kEphemeral;
      service.destinationPort = static_cast<std::uint16_t>(port);
    } else if (space::hasIcmpType(service.protocol)) {
      if (port > 255) return;
      service.destinationPort = static_cast<std::uint16_t>(port);
    }
    candidates.insert(service);
  };
  for (const auto& set : distinct) {
    for (const auto& box : set.boxes()) {
      std::set<int> protocols = {box.firstProtocol, box.lastProtocol, box.lastProtocol + 1};
      if (box.firstProtocol <= space::kTcp && space::kTcp <= box.lastProtocol) protocols.insert(space::kTcp);
      if (box.firstProtocol <= space::kUdp && space::kUdp <= box.lastProtocol) protocols.insert(space::kUdp);
      for (const int protocol : protocols) {
        for (const int port :
             {int{box.destination.first}, int{box.destination.last}, box.destination.last + 1})
          add(protocol, port);
      }
    }
  }
  add(space::kTcp, kEphemeral);
  add(space::kUdp, kEphemeral);
  add(253, 0);  // for experiments (RFC 3692): a protocol that nobody names
  for (const int type : {3, 11, 12, 0, 8}) add(space::kIcmp, type);
  for (const int type : {1, 2, 3, 4, 128, 129}) add(space::kIcmpV6, type);

  std::set<std::string> seen;
  for (const auto& service : candidates) {
    std::string signature;
    for (const auto& set : distinct) signature += set.contains(service) ? '1' : '0';
    PacketKind kind{service, false, -1};
    const int type = service.destinationPort;
    // RFC 792 and RFC 4443: the errors that quote what they answer.
    if (service.protocol == space::kIcmp) kind.icmpError = type == 3 || type == 11 || type == 12;
    if (service.protocol == space::kIcmpV6) kind.icmpError = type >= 1 && type <= 4;
    const bool echo = (service.protocol == space::kIcmp && (type == 0 || type == 8)) ||
                      (service.protocol == space::kIcmpV6 && (type == 128 || type == 129));
    signature += kind.icmpError ? 'e' : '-';
    if (service.protocol == space::kTcp) signature += 't';
    if (service.protocol == space::kUdp) signature += 'u';
    if (service.protocol == space::kIcmp) signature += 'i';
    if (service.protocol == space::kIcmpV6) signature += 'j';
    if (echo) signature += std::to_string(type);
    if (seen.insert(signature).second) kinds_.push_back(kind);
  }
  auto find = [&](int protocol, int type) {
    for (std::size_t k = 0; k < kinds_.size(); ++k) {
      if (kinds_[k].service.protocol == protocol && kinds_[k].service.destinationPort == type)
        return static_cast<int>(k);
    }
    return -1;
  };
  for (auto& kind : kinds_) {
    if (kind.service.protocol == space::kIcmp && kind.service.destinationPort == 8)
      kind.reply = find(space::kIcmp, 0);
    if (kind.service.protocol == space::kIcmpV6 && kind.service.destinationPort == 128)
      kind.reply = find(space::kIcmpV6, 129);
  }
  for (const auto& service : model_.services) listens_.push_back(members(service.listens));
}

std::vector<char> Universe::members(const space::ServiceSet& set) const {
  std::vector<char> members;
  for (const auto& kind : kinds_) members.push_back(set.contains(kind.service) ? 1 : 0);
  return members;
}

bool Universe::means(const PlaceTerm& term, const Endpoint& endpoint) const {
  switch (term.kind) {
    case PlaceTerm::Kind::any:
      return true;
    case PlaceTerm::Kind::zone:
      return endpoint.zone == static_cast<int>(term.zone.index());
    case PlaceTerm::Kind::host: {
      if (endpoint.party == ofHost(term.host)) return true;
      const auto& stated = model_.at(term.host).addresses;
      return std::find(stated.begin(), stated.end(), endpoint.address) != stated.end();
    }
    case PlaceTerm::Kind::addresses:
      return !endpoint.linkLocal && term.addresses.contains(endpoint.address);
    case PlaceTerm::Kind::name:
      return false;
  }
  return false;
}

// Semantics 4, Names: a public suffix or a bare top-level name on a list trusts nobody.
bool Universe::trustsNobody(const std::string& suffix) const {
  return suffix.find('.') == std::string::npos ||
         std::find(known_.publicly.begin(), known_.publicly.end(), suffix) != known_.publicly.end();
}

// Semantics 4, Names: the longest suffix wins, trust is model-wide, and at equal length the stranger's word
// does.
NameRepresentative Universe::judgeName(const std::string& name) const {
  NameRepresentative judged{name, true, false,
                            belowSuffix(name, "in-addr.arpa") || belowSuffix(name, "ip6.arpa")};
  std::size_t trusted = 0, stranger = 0;  // length of the longest suffix that says so, plus one
  auto hear = [&](const std::string& suffix, std::size_t& longest) {
    if (belowSuffix(name, suffix)) longest = std::max(longest, suffix.size() + 1);
  };
  for (const auto& suffix : known_.shared) hear(suffix, stranger);
  for (const auto& service : model_.services) {
    if (service.names) {
      for (const auto& suffix : service.names->delegated) hear(suffix, stranger);
      for (const auto& suffix : service.names->shared) hear(suffix, stranger);
      if (service.names->allow) {
        for (const auto& suffix : *service.names->allow) {
          if (!trustsNobody(suffix)) hear(suffix, trusted);
        }
      }
    }
    for (const auto& suffix : service.answers) {
      if (trustsNobody(suffix)) continue;
      hear(suffix, trusted);
      judged.own = judged.own || belowSuffix(name, suffix);
    }
    // "A name written as `upstream` is trusted like an allow-listed one."
    if (!service.upstream) continue;
    for (const auto& term : *service.upstream) {
      if (term.kind == PlaceTerm::Kind::name && !trustsNobody(term.text)) hear(term.text, trusted);
    }
  }
  judged.hostile = trusted <= stranger;
  return judged;
}

void Universe::addNames() {
  std::set<std::string> mentioned = {"hostile-stranger.example", "7.2.0.192.in-addr.arpa"};
  auto mention = [&](const std::string& suffix) {
    mentioned.insert(suffix);
    mentioned.insert("below." + suffix);
    const auto dot = suffix.find('.');
    if (dot != std::string::npos) {
      mentioned.insert(suffix.substr(dot + 1));
      mentioned.insert("sibling" + suffix.substr(dot));
      mentioned.insert("x" + suffix);  // no label boundary
    }
  };
  for (const auto& service : model_.services) {
    if (service.names) {
      for (const auto* list : {&service.names->deny, &service.names->delegated, &service.names->shared}) {
        for (const auto& suffix : *list) mention(suffix);
      }
      if (service.names->allow) {
        for (const auto& suffix : *service.names->allow) mention(suffix);
      }
    }
    for (const auto& suffix : service.answers) mention(suffix);
  }
  forEachTerms(model_, [&](const model::PlaceTerms& terms) {
    for (const auto& term : terms) {
      if (term.kind == PlaceTerm::Kind::name) mention(term.text);
    }
  });
  // Shared suffixes below something that is listed.
  for (const auto& suffix : known_.shared) {
    for (const auto& name : std::set<std::string>(mentioned)) {
      if (belowSuffix(suffix, name)) mentioned.insert("below." + suffix);
    }
  }
  std::set<std::string> seen;
  for (const auto& name : mentioned) {
    names_.push_back(judgeName(name));
    std::string signature{names_.back().hostile ? 'h' : '-', names_.back().own ? 'o' : '-',
                          names_.back().reverse ? 'r' : '-'};
    for (std::size_t s = 0; s < model_.services.size(); ++s) {
      for (const auto rule : {model::NamesRule::filter, model::NamesRule::ignore})
        signature += passes(static_cast<int>(s), static_cast<int>(names_.size()) - 1, rule) ? '1' : '0';
    }
    if (!seen.insert(signature).second) names_.pop_back();
  }
}

bool Universe::passes(int service, int name, model::NamesRule rule) const {
  const auto& instance = model_.services[service];
  const auto& asked = names_[name].name;
  auto below = [&](const std::vector<std::string>& suffixes) {
    return std::any_of(suffixes.begin(), suffixes.end(),
                       [&](const std::string& suffix) { return belowSuffix(asked, suffix); });
  };
  if (below(instance.answers)) return false;  // its own zones: answered at home
  if (rule == model::NamesRule::reverse) return names_[name].reverse;
  if (rule == model::NamesRule::ignore || !instance.names) return true;
  // Model: `deny` is subtracted from `allow`.
  if (instance.names->allow && !below(*instance.names->allow)) return false;
  return !below(instance.names->deny);
}

}  // namespace vauban::tests
