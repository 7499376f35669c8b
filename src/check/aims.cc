#include "check/aims.h"

#include <algorithm>

namespace vauban::check {
namespace {

using model::Destination;
using model::EffectKind;
using model::PlaceTerm;

bool holds(const model::Guard& guard, const model::ServiceInstance& service) {
  const auto stated = service.properties.find(guard.property);
  if (stated == service.properties.end() || !stated->second) return false;
  const auto& values = *stated->second.value;
  return std::ranges::all_of(values, [&](const std::string& value) {
    return std::ranges::find(guard.values, value) != guard.values.end();
  });
}

bool given(const std::string& key, const model::ServiceInstance& service) {
  if (key == "upstream") return service.upstream.has_value();
  if (key == "pool") return service.pool.has_value();
  if (key == "from") return service.from.has_value();
  if (key == "names") return service.names.has_value();
  return true;  // nothing else is evaluated: the effect may be there
}

const Names& reverseNames() {
  static const Names names = Names::below({"in-addr.arpa", "ip6.arpa"});
  return names;
}

}  // namespace

bool present(const model::Effect& effect, const model::ServiceInstance& service) {
  const auto stated = [&](const model::Guard& guard) { return holds(guard, service); };
  if (std::ranges::any_of(effect.unless, stated)) return false;
  if (!std::ranges::all_of(effect.when, stated)) return false;
  return effect.onlyWith.empty() || given(effect.onlyWith, service);
}

Names Aims::listed(const model::ServiceInstance& service) const {
  if (!service.names) return Names::all();
  const Names allow = service.names->allow ? Names::below(*service.names->allow) : Names::all();
  return allow - Names::below(service.names->deny);
}

Packets Aims::allowed(const model::ServiceInstance& service) const {
  if (!service.addresses) return bddtrue;
  const Packets allow =
      service.addresses->allow ? Addresses::of(*service.addresses->allow).destination : Packets(bddtrue);
  return allow - Addresses::of(service.addresses->deny).destination;
}

// Whether its list lets through an address that means whoever asks: loopback (RFC 1122 section 3.2.1.3, RFC
// 4291 section 2.5.3), or the unspecified one.
bool Aims::allowsItself(const model::ServiceInstance& service) const {
  if (!service.addresses) return true;
  const model::AddressList& list = *service.addresses;
  for (const char* range : {"127.0.0.0/8", "0.0.0.0/32", "::1/128", "::/128"}) {
    const space::AddressSet meant(*space::AddressRange::parse(range));
    const space::AddressSet left = meant - list.deny;
    if (list.allow ? list.allow->intersects(left) : !left.ranges().empty()) return true;
  }
  return false;
}

// Decision 0009: a listed range as narrow as a /16 or a /32 of IPv6 is a partner's.
Packets Aims::trusted(const model::ServiceInstance& service) const {
  if (!service.addresses || !service.addresses->allow) return bddfalse;
  std::vector<space::AddressRange> narrow;
  for (const space::AddressRange& range : service.addresses->allow->ranges()) {
    const space::Bits128 most =
        range.family == space::Family::ipv4 ? (space::Bits128{1} << 16U) - 1 : (space::Bits128{1} << 96U) - 1;
    if (range.last - range.first <= most) narrow.push_back(range);
  }
  return Addresses::of(narrow).destination;
}

void Aims::terms(const model::PlaceTerms& terms, const Names& names, const Names& told,
                 std::vector<Aim>& aims) const {
  const Names his = told & network_.trust().hostile;
  for (const PlaceTerm& term : terms) {
    if (term.kind != PlaceTerm::Kind::name) {
      const Packets there = network_.addressesOf({term}).destination;
      aims.push_back({there, there, there, names});
    } else if (network_.trust().hostile.says(term.text)) {
      aims.push_back({bddtrue, bddtrue, bddtrue, names});
    } else {
      const bool ours = network_.trust().ours.says(term.text);
      const Packets home = ours ? Packets(bddtrue) : Packets(bddfalse);
      aims.push_back({home, bddfalse, ours ? Packets(bddtrue) : outside(), names});
      // A trusted stranger asks on for the names that he is told.
      if (!ours && !his.empty()) aims.push_back({bddfalse, bddtrue, bddtrue, names & his});
    }
  }
}

// Semantics 4, "Names": his names lead anywhere he likes, ours to any host of ours, the rest only to those
// whom the list trusts.
void Aims::byName(const model::ServiceInstance& service, const Names& names, std::vector<Aim>& aims) const {
  const Packets there = allowed(service);
  const Names his = names & network_.trust().hostile, ours = names & network_.trust().ours;
  const bool itself = allowsItself(service);
  if (!his.empty()) aims.push_back({there, there - trusted(service), there, his, itself});
  if (!ours.empty()) aims.push_back({there, bddfalse, there, ours, itself});
  if (!names.empty()) aims.push_back({bddfalse, bddfalse, there & outside(), names});
}

// Where the trusted names are that are not ours: who is on the path there reads what goes to them.
Packets Aims::outside() const {
  Packets all = bddfalse;
  for (std::size_t z = 0; z < network_.model().zones.size(); ++z) {
    const model::ZoneId zone(z);
    if (network_.untrusted(zone)) all |= network_.ofZoneAddresses(zone).destination;
  }
  return all;
}

std::vector<Aim> Aims::of(const model::ServiceInstance& service, const model::Effect& effect,
                          const Names& carried) const {
  std::vector<Aim> aims;
  if (!present(effect, service)) return aims;
  const bool lookup = effect.kind == EffectKind::lookup;
  Names names = lookup ? Names::all() : carried;
  if (effect.names == model::NamesRule::filter) names = carried & listed(service);
  // What it answers from its own zones it asks nobody for.
  if (effect.keepsNames) names = names - Names::below(service.answers);
  if (effect.names == model::NamesRule::reverse) names = reverseNames();
  const Aim anywhere{bddtrue, bddtrue, bddtrue, Names::all()};
  if (effect.kind == EffectKind::read) {
    const auto& sources = effect.fromUpstream ? service.upstream : service.from;
    if (sources) {
      terms(*sources, Names::all(), {}, aims);
    } else {
      aims.push_back(anywhere);
    }
    return aims;
  }
  // Decision 0013: parents that see the same names are asked instead, other upstreams besides.
  const auto& effects = behaviour(service).effects;
  const bool parents = service.upstream && std::ranges::any_of(effects, [](const model::Effect& one) {
                         return one.destination == Destination::byName && one.keepsNames;
                       });
  const bool literals = !service.names || !service.names->allow;
  switch (effect.destination) {
    case Destination::fixed: {
      const Names kept = effect.keepsNames ? names : Names::all();
      if (kept.empty()) break;
      if (!service.upstream) {
        aims.push_back({bddtrue, bddtrue, bddtrue, kept});
      } else {
        terms(*service.upstream, kept, effect.keepsNames ? names : Names{}, aims);
      }
      break;
    }
    case Destination::byName:
      if (parents) {
        if (!names.empty()) terms(*service.upstream, names, names, aims);
        break;
      }
      byName(service, names, aims);
      if (service.upstream && !names.empty()) terms(*service.upstream, names, names, aims);
      break;
    case Destination::byAddress:
      // An allow-list of names refuses literals; a deny-list does not.
      if (!literals) break;
      if (parents) {
        terms(*service.upstream, Names::all(), Names::all(), aims);
      } else {
        const Packets there = allowed(service);
        aims.push_back({there, there - trusted(service), there, Names::all(), allowsItself(service)});
      }
      break;
    case Destination::anyone:
      aims.push_back(anywhere);
      break;
    case Destination::pool:
      if (!service.pool) {
        aims.push_back(anywhere);
      } else {
        terms(*service.pool, Names::all(), {}, aims);
      }
      break;
    case Destination::resolver:
      if (names.empty()) break;
      if (service.resolver) {
        terms(*service.resolver, names, names, aims);
      } else {
        aims.push_back({bddtrue, bddtrue, bddtrue, names});
      }
      break;
  }
  return aims;
}

Packets Aims::at(const Aim& aim, PartyId id) const {
  const Party& party = network_.parties()[id];
  if (!party.adversary) return aim.ours;
  return network_.model().at(party.zone).onPath ? aim.onPath : aim.strangers;
}

Packets Aims::senders(const model::ServiceInstance& service) const {
  if (!behaviour(service).acceptsOnlyFrom || !service.from) return bddtrue;
  for (const PlaceTerm& term : *service.from) {
    if (term.kind == PlaceTerm::Kind::name) return bddtrue;  // whatever address it has
  }
  return network_.addressesOf(*service.from).source;
}

// Semantics 4: `readers` narrows who gets what is stored. What answers bring back goes to whoever asks, and a
// state does not tell the two apart.
Packets Aims::readers(const model::ServiceInstance& service) const {
  if (!service.readers) return bddtrue;
  const bool answers = std::ranges::any_of(behaviour(service).effects, [&](const model::Effect& effect) {
    return effect.inwardBits > 0 && effect.kind != EffectKind::read && present(effect, service);
  });
  return answers ? Packets(bddtrue) : network_.addressesOf(*service.readers).source;
}

bool Aims::sameNames(const model::Effect& effect, const model::ServiceInstance& next) const {
  if (!effect.keepsNames && effect.kind != EffectKind::lookup) return false;
  const Packets emitted = ofServices(effect.emits);
  return std::ranges::any_of(behaviour(next).effects, [&](const model::Effect& one) {
    return one.keepsNames && ofServices(one.emits) == emitted;
  });
}

std::vector<model::ZoneId> Aims::poolZones(const model::ServiceInstance& service) const {
  std::vector<model::ZoneId> zones;
  const bool pools = std::ranges::any_of(behaviour(service).effects, [&](const model::Effect& effect) {
    return effect.destination == Destination::pool && present(effect, service);
  });
  if (!pools || !service.pool) return zones;
  const Addresses pool = network_.addressesOf(*service.pool);
  for (std::size_t i = 0; i < network_.model().zones.size(); ++i) {
    const model::ZoneId zone(i);
    // A pool of nothing but listed hosts' addresses has no room for a machine of its own.
    if (pool.meets(network_.parties()[network_.ofZone(zone)].own)) zones.push_back(zone);
  }
  return zones;
}

}  // namespace vauban::check
