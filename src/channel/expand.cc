// The steps of the fixpoint, one function a kind of state. Each step cites its clause of semantics 4 or 5.
#include <algorithm>
#include <limits>

#include "base/result.h"
#include "channel/run.h"

namespace vauban::channel {

using model::Destination;
using model::Effect;
using model::EffectKind;
using model::NamesRule;
using model::PlaceTerm;
using model::ServiceInstance;
using reach::AtomIds;
using reach::ClassIndex;
using reach::PartyId;
using reach::Powers;
using reach::SourceKind;
using reach::Way;
using reach::WayKind;
using space::NameSet;
using space::ServiceSet;

// Whether nothing that arrives at a party one hop further could add to its states, or be a shorter way there.
bool Solver::Run::settled(PartyId id, int parent, int leastOddity) const {
  if (everything || anyOnPath) return false;
  const int length = labels[static_cast<std::size_t>(parent)].length + kHopCost + leastOddity;
  auto known = [&](StateKind kind, std::uint32_t index) {
    const StateKey key{kind, index, true};
    if (const auto found = reached.find(key); found != reached.end() && found->second.full()) return true;
    const auto waiting = pending.find(key);
    return waiting != pending.end() && waiting->second.first <= length && waiting->second.second.full();
  };
  if (known(StateKind::held, id.value)) return true;
  if (held[id.index()] || query.direct || opaque(id) || controlled.contains(id) || tunnelled.contains(id))
    return false;
  return std::ranges::all_of(servicesOf[id.index()],
                             [&](model::ServiceId service) { return known(StateKind::told, service.value); });
}

void Solver::Run::expand(const State& state, int index) {
  switch (state.kind) {
    case StateKind::held:
      return expandHeld(state, index);
    case StateKind::client:
      return expandClient(state, index);
    case StateKind::told:
      return expandTold(state, index);
    case StateKind::readable:
      return expandReadable(state, index);
  }
}

// Whether a service asks onward for the names it is asked for, in messages like these.
bool Solver::Run::keepsNames(const ServiceInstance& service, ServiceSet emits) const {
  return std::ranges::any_of(catalogue.at(service.behaviour).effects, [&](const Effect& effect) {
    return effect.keepsNames && effect.emits == emits;
  });
}

// The bytes arrive at an address of `to` in what the opener emits.
void Solver::Run::arrive(PartyId from, PartyId to, const Way& way, ServiceSet emits,
                         const std::string& carrier, double bits, const NameSet& names, bool seen,
                         const AtomIds& atoms, int parent, bool relayed) {
  const reach::Fit all = way.fit(emits, ServiceSet::all());
  if (all.empty()) return;
  const AtomIds gaps = reach::join(way.atoms, atoms);
  auto land = [&](StateKind kind, PartyId where, std::uint32_t index, const NameSet& left,
                  const reach::Fit& fit, const AtomIds& more, bool relays) {
    if (!adds(kind, index, seen, left, parent, from, where, way, fit)) return;
    bool flag = seen;
    Hop hop = makeHop(from, where, way, fit, carrier, bits, flag);
    if (way.tapped.valid()) hop.how = "on the way to " + net.at(to).name;
    push({kind, index, flag, left}, {hop}, reach::join(gaps, more), parent, relays);
  };
  if (way.tapped.valid()) {
    for (std::size_t p = 0; p < held.size(); ++p) {
      if (net.parties()[p].kind != reach::Party::Kind::outside || net.parties()[p].zone != way.tapped)
        continue;
      land(StateKind::held, PartyId(p), static_cast<std::uint32_t>(p), NameSet::all(), all, {}, relayed);
    }
    return;
  }
  if (!exists(to)) return;
  if (held[to.index()]) return land(StateKind::held, to, to.value, NameSet::all(), all, {}, relayed);
  if (query.direct) return;
  // Of a zone only the machines of a pool are his, which have its addresses.
  const bool ofPool = record || net.at(to).kind != reach::Party::Kind::unlisted || inPool(way.to);
  if (auto gap = takeover(to); gap && ofPool)
    land(StateKind::held, to, to.value, NameSet::all(), all, *gap, true);
  if (const auto there = tunnelled.find(to); there != tunnelled.end() && inPool(way.to))
    land(StateKind::held, to, to.value, NameSet::all(), all, there->second, true);
  // A neighbour's address was taken by whoever has the powers for it; his services do not hear it.
  if (net.endpoint(way.to).party != to) return;
  for (model::ServiceId id : servicesOf[to.index()]) {
    const ServiceInstance& service = model.at(id);
    const reach::Fit fit = way.fit(emits, service.listens);
    if (fit.empty()) continue;
    if (catalogue.at(service.behaviour).acceptsOnlyFrom && service.from &&
        !net.named(*service.from, way.bears))
      continue;
    // Of another protocol it hears whatever names the bytes inside say.
    const bool sameNames = names.full() || keepsNames(service, emits);
    land(StateKind::told, to, id.value, sameNames ? names : NameSet::all(), fit, {}, true);
  }
}

// An address that some gateway's pool has, or one in a zone whose machines take their neighbours'.
bool Solver::Run::inPool(ClassIndex address) const {
  const model::ZoneId zone = net.endpoint(address).zone;
  if (net.takesNeighbours(zone, setting)) return true;
  return std::ranges::any_of(model.services, [&](const ServiceInstance& service) {
    return service.pool && net.named(*service.pool, address);
  });
}

// Semantics 5.1 to 5.6, from a place he holds.
void Solver::Run::expandHeld(const State& state, int index) {
  const PartyId here(state.index);
  if (query.direct && !source[here.index()]) return;
  // The adversary is one: what he knows in one untrusted zone he knows in all.
  if (net.at(here).adversary) {
    for (std::size_t p = 0; p < held.size(); ++p) {
      if (p != here.index() && net.parties()[p].adversary) {
        push({StateKind::held, static_cast<std::uint32_t>(p), state.seen, NameSet::all()}, {}, {}, index,
             false);
      }
    }
  }
  if (auto mine = hisTunnels.find(here); mine != hisTunnels.end()) {
    const ServiceSet tunnels = record ? ServiceSet::all() : tunnelPackets();
    for (const auto& [opener, gaps] : mine->second) {
      Hop hop;
      hop.from = net.at(here).name;
      hop.to = net.at(opener).name;
      hop.packets = tunnels;
      hop.example = *tunnels.witness();
      hop.carrier = "the tunnel that he opened";
      hop.bitsPerSecond = kConversationBitsPerSecond;
      push({StateKind::held, opener.value, state.seen || tunnels.intersects(query.over), NameSet::all()},
           {hop}, gaps, index, true);
    }
  }
  // Whoever holds a gateway has machines in its pool.
  for (const model::ServiceId id : servicesOf[here.index()]) {
    if (!query.direct && opensTunnels(model.at(id))) enterPool(model.at(id), state.seen, {}, index);
  }
  // The machines of a pool reach each other through it, whichever of them is his (decision 0017).
  if (!query.direct && net.at(here).kind == reach::Party::Kind::unlisted) {
    for (const ServiceInstance& gateway : model.services) {
      if (opensTunnels(gateway) && inPoolOf(gateway, here)) enterPool(gateway, state.seen, {}, index, true);
    }
  }
  // A group on both sides: one machine of it sends to another.
  const bool member = (record || (target[here.index()] && source[here.index()])) && net.several(here);
  for (const PartyId other : net.adjacency(setting).out[here.index()]) {
    if ((other == here && !member) || !mayMeet(other)) continue;
    for (const Powers powers : {Powers::neighbour, Powers::forger}) {
      // A forged source brings the bytes no further than a plain one does.
      if (settled(other, index, powers == Powers::forger ? 2 : 0)) break;
      for (const Way& way : net.ways(here, other, powers, powerful(other), setting)) {
        if (powers == Powers::forger && way.source != SourceKind::forged) continue;
        arrive(here, other, way, ServiceSet::all(),
               way.kind == WayKind::related ? "quoted data of an ICMP error" : "anything", rateOf(way),
               NameSet::all(), state.seen, {}, index, false);
      }
    }
    if (record && net.mayFail()) expandForged(here, other, state.seen, index);
  }
  consume(here, ServiceSet::all(), NameSet::all(), nullptr, state.seen, index, false);
  if (!query.direct) reflect(here, state.seen, index, member, {});
}

// Where all on the way fail he gets there with any source; that matters to what listens to certain sources
// only.
void Solver::Run::expandForged(PartyId from, PartyId to, bool seen, int parent) {
  for (const model::ServiceId id : servicesOf[to.index()]) {
    const ServiceInstance& service = model.at(id);
    if (!catalogue.at(service.behaviour).acceptsOnlyFrom || !service.from) continue;
    for (ClassIndex bears = 0; bears < net.endpointCount(); ++bears) {
      if (!net.named(*service.from, bears)) continue;
      for (const Way& way : net.waysBearing(from, to, bears, setting))
        arrive(from, to, way, ServiceSet::all(), "anything", rateOf(way), NameSet::all(), seen, {}, parent,
               false);
    }
  }
}

// Semantics 5.3, 5.4 and 5.6: what is sent back to the source that a packet bears.
void Solver::Run::reflect(PartyId from, bool seen, int parent, bool among, const AtomIds& gaps) {
  std::vector<Victim> victims;
  for (std::size_t v = 0; v < held.size(); ++v) {
    const PartyId victim(v);
    if (victim == from ? !among : source[v]) continue;
    if (barred[v] || !exists(victim)) continue;
    const auto taken = held[v] ? AtomIds{} : takeover(victim);
    if (!taken) continue;
    for (auto& hears : net.heardAt(victim, setting)) {
      if (net.endpoint(hears.address).linkLocal) continue;
      if (record && ((!net.mayFail() && !net.mayBear(from, hears.address, setting)) ||
                     recorded(victim, reach::join(hears.atoms, *taken)))) {
        continue;
      }
      victims.push_back({victim, hears.address, reach::join(reach::join(hears.atoms, *taken), gaps)});
    }
  }
  byMirrors(from, victims, seen, parent);
  byQuotes(from, victims, seen, parent);
}

void Solver::Run::byMirrors(PartyId from, const std::vector<Victim>& victims, bool seen, int parent) {
  // By mirror, then in the order of victims.
  std::vector<std::pair<const Victim*, const Reflection*>> all;
  std::deque<std::vector<Reflection>> own;  // of this party alone
  for (const Victim& victim : victims) {
    if (settled(victim.party, parent, 2)) continue;
    const std::vector<Reflection>* found = nullptr;
    if (net.endpoint(victim.address).party == from || !record) {
      found = &own.emplace_back(reflections(from, victim.address, false));
    } else {
      const auto [known, fresh] = reflected.try_emplace({net.at(from).zones, families(from), victim.address});
      if (fresh) known->second = reflections(from, victim.address, true);
      found = &known->second;
    }
    for (const Reflection& reflection : *found) {
      if (reflection.mirror != from) all.emplace_back(&victim, &reflection);
    }
  }
  std::ranges::stable_sort(all, {}, [](const auto& pair) { return pair.second->mirror; });
  for (const auto& [victim, reflection] : all) {
    const AtomIds atoms = reach::join(reflection->atoms, victim->atoms);
    if (settled(victim->party, parent, 2) || (record && recorded(victim->party, atoms))) continue;
    bool flag = seen;
    Hop there = makeHop(from, reflection->mirror, reflection->way, reflection->packets, reflection->carrier,
                        static_cast<double>(reflection->bits) * kReflectionsPerSecond, flag);
    Hop answer = there;
    answer.from = net.at(reflection->mirror).name;
    answer.to = net.at(victim->party).name;
    answer.how = "reflected to the source that the packet bore";
    answer.rule.reset();
    answer.packets = reflection->byError ? reach::icmpErrors(net.endpoint(victim->address).family)
                                         : there.packets.reversed();
    answer.example = *answer.packets.witness(false);
    flag = flag || (reflection->byError && answer.packets.intersects(query.over));
    push({StateKind::held, victim->party.value, flag, NameSet::all()}, {there, answer}, atoms, parent, true);
  }
}

// By zone of the party and family, whether it has an address there.
std::vector<bool> Solver::Run::families(PartyId id) const {
  const reach::Party& party = net.at(id);
  std::vector<bool> has(2 * party.zones.size());
  for (const ClassIndex c : party.classes) {
    const auto zone = std::ranges::find(party.zones, net.endpoint(c).zone);
    if (net.endpoint(c).linkLocal || zone == party.zones.end()) continue;
    has[2 * static_cast<std::size_t>(zone - party.zones.begin()) +
        (net.endpoint(c).family == space::Family::ipv4 ? 0 : 1)] = true;
  }
  return has;
}

std::vector<AtomIds> Solver::Run::direct(PartyId from, ClassIndex address) const {
  std::vector<AtomIds> all;
  if (!record) return all;
  const std::vector<bool> has = families(from);
  for (std::size_t z = 0; z < net.at(from).zones.size(); ++z) {
    if (!has[2 * z + (net.endpoint(address).family == space::Family::ipv4 ? 0 : 1)]) continue;
    for (AtomIds& failed : net.failedRoutes(net.at(from).zones[z], net.endpoint(address).zone))
      all.push_back(std::move(failed));
  }
  return all;
}

std::vector<Solver::Run::Reflection> Solver::Run::reflections(PartyId from, ClassIndex address, bool shared) {
  std::vector<Reflection> all;
  // With these failures he needs no mirror.
  const std::vector<AtomIds> past = direct(from, address);
  auto needless = [&](const AtomIds& atoms) {
    return std::ranges::any_of(past,
                               [&](const AtomIds& failed) { return std::ranges::includes(atoms, failed); });
  };
  std::vector<PartyId> mirrors = net.adjacency(setting).out[from.index()];
  if (shared && std::ranges::find(mirrors, from) == mirrors.end())
    mirrors.insert(std::ranges::lower_bound(mirrors, from), from);
  for (const PartyId mirror : mirrors) {
    const std::size_t p = mirror.index();
    if ((mirror == from && !shared) || held[p] || barred[p] ||
        net.at(mirror).kind != reach::Party::Kind::host)
      continue;
    if (net.endpoint(address).party == mirror && !net.several(mirror)) continue;
    // What must fail on the way there and back then leads past the mirror, too: but through one of several
    // legs there is no such way.
    if (record && net.at(mirror).zones.size() == 1 && !net.mayBear(from, address, mirror, setting) &&
        !net.answersUnasked(mirror, address))
      continue;
    for (const Way& way : net.waysBearing(from, mirror, address, setting)) {
      if (way.kind == WayKind::related || way.tapped.valid() || needless(way.atoms)) continue;
      auto attempt = [&](ServiceSet heard, std::uint64_t bits, const std::string& carrier,
                         bool byError = false) {
        const reach::Fit packets = way.fit(ServiceSet::all(), heard);
        if (packets.empty() || bits == 0) return;
        for (const AtomIds& back : net.answerPasses(way, packets.heard, byError, setting)) {
          Reflection made{mirror, way, packets, reach::join(way.atoms, back), bits, carrier, byError};
          if (needless(made.atoms)) continue;
          if (!shared || !idle(all, made)) all.push_back(std::move(made));
        }
      };
      ServiceSet heard;
      for (model::ServiceId id : servicesOf[p]) {
        const ServiceInstance& service = model.at(id);
        const model::Behaviour& behaviour = catalogue.at(service.behaviour);
        const ServiceSet packets = way.packets & service.listens;
        heard |= packets;
        attempt(packets & ServiceSet::protocol(space::kTcp), behaviour.reflectsTcp.bits,
                behaviour.reflectsTcp.carrier);
        attempt(packets & ServiceSet::protocol(space::kUdp), behaviour.reflectsUdp.bits,
                behaviour.reflectsUdp.carrier);
        attempt(packets & (ServiceSet::protocol(space::kIcmp) | ServiceSet::protocol(space::kIcmpV6)),
                behaviour.reflectsIcmp.bits, behaviour.reflectsIcmp.carrier);
      }
      // A closed port answers too: a reset carries the sequence number (RFC 9293 3.10.7.1), an unreachable
      // error quotes.
      attempt((way.packets - heard) & ServiceSet::protocol(space::kTcp), 32, "reset of a closed port");
      // A protocol that is not spoken is answered by an error as well (RFC 1122 section 3.2.2.1).
      ServiceSet byErrors = way.packets - heard;
      for (const std::uint8_t protocol : {space::kTcp, space::kIcmp, space::kIcmpV6})
        byErrors -= ServiceSet::protocol(protocol);
      attempt(byErrors, 32, "error of a closed port", true);
    }
  }
  return all;
}

// Whether others do the same with no more: one of its own mirror, or of two others, of which the sender is
// one at most.
bool Solver::Run::idle(const std::vector<Reflection>& known, const Reflection& made) {
  PartyId one;
  return std::ranges::any_of(known, [&](const Reflection& other) {
    if (!other.packets.sent.contains(made.packets.sent) || !std::ranges::includes(made.atoms, other.atoms))
      return false;
    if (other.mirror == made.mirror || (one.valid() && one != other.mirror)) return true;
    one = other.mirror;
    return false;
  });
}

const std::vector<reach::Network::Quote>& Solver::Run::quotesTo(PartyId from, PartyId victim,
                                                                ClassIndex address, const AtomIds& taking) {
  if (!net.mayFail() || net.endpoint(address).party == from) {
    auto idle = [&](const AtomIds& atoms) { return recorded(victim, reach::join(atoms, taking)); };
    return quotedToOwner = net.quotes(from, address, victim == from, setting, idle);
  }
  const auto [known, fresh] = quoted.try_emplace({net.at(from).zones, families(from), address});
  if (fresh) {
    const std::vector<AtomIds> past = direct(from, address);
    auto idle = [&](const AtomIds& atoms) {
      return std::ranges::any_of(past,
                                 [&](const AtomIds& failed) { return std::ranges::includes(atoms, failed); });
    };
    known->second = net.quotes(from, address, false, setting, idle);
  }
  return known->second;
}

void Solver::Run::byQuotes(PartyId from, const std::vector<Victim>& victims, bool seen, int parent) {
  for (const auto& [victim, address, taking] : victims) {
    if (settled(victim, parent, 2)) continue;
    auto quotedBack = [&](const reach::Network::Quote& quote) {
      bool flag = seen;
      Way way;
      way.source = SourceKind::forged;
      way.from = address;
      way.to = quote.destination;
      way.bears = address;
      way.sentTo = quote.destination;
      way.fromZone = net.at(from).zone;
      way.packets = quote.packets;
      Hop hop = makeHop(
          from, victim, way, {quote.packets, quote.packets},
          quote.rejected ? "error that quotes a rejected packet" : "error of a device that quotes the packet",
          kErrorBitsPerSecond, flag);
      hop.how = "with the forged source of " + net.at(net.endpoint(address).party).name +
                ", quoted back by " + net.points()[quote.point.index()].name;
      // What arrives is the error, whatever was sent.
      flag = flag || reach::icmpErrors(net.endpoint(address).family).intersects(query.over);
      push({StateKind::held, victim.value, flag, NameSet::all()}, {hop}, reach::join(quote.atoms, taking),
           parent, true);
    };
    if (record) {
      for (const auto& quote : quotesTo(from, victim, address, taking)) {
        if (!recorded(victim, reach::join(quote.atoms, taking))) quotedBack(quote);
      }
    } else if (const auto quote = net.quote(from, address, victim == from, query.over, setting)) {
      quotedBack(*quote);
    }
  }
}

// A client that has read the bytes may carry them to what it writes (semantics 4).
void Solver::Run::expandClient(const State& state, int index) {
  const PartyId here(state.index);
  for (const PartyId other : net.adjacency(setting).out[here.index()]) {
    if (other == here || !mayMeet(other) || settled(other, index)) continue;
    for (const Way& way : net.ways(here, other, Powers::plain, powerful(other), setting)) {
      arrive(here, other, way, ServiceSet::all(), "what a client carries on", rateOf(way), NameSet::all(),
             state.seen, {}, index, true);
    }
  }
}

// What a service does with what it is told (semantics 4).
void Solver::Run::expandTold(const State& state, int index) {
  const ServiceInstance& service = model.services[state.index];
  const PartyId here = net.partyOf(service.host);
  for (const std::string& text : catalogue.at(service.behaviour).assumptions) {
    rests.insert({false, net.at(here).name + "." + service.name + ": " + text, service.place});
  }
  for (const Effect& effect : catalogue.at(service.behaviour).effects) {
    if (effect.kind == EffectKind::read) continue;
    if (effect.kind == EffectKind::relay && effect.outwardBits == 0) continue;
    const auto gaps = present(service, effect);
    if (!gaps) continue;
    if (effect.kind == EffectKind::shell) {
      // Whoever gets a shell has the powers of a held host; where each login is a step of its own, only once
      // it was made.
      push({StateKind::held, here.value, state.seen, NameSet::all()}, {},
           record ? reach::join(*gaps, controlled.at(here)) : *gaps, index, true);
      continue;
    }
    if (effect.kind == EffectKind::store) {
      push({StateKind::readable, state.index, state.seen, NameSet::all()}, {}, *gaps, index, true);
      continue;
    }
    const double rate = rateOf(effect, true);
    const std::vector<Face>& asSaid = faces(service);
    for (const PartyId other : net.adjacency(setting).out[here.index()]) {
      if (!mayMeet(other) || settled(other, index)) continue;
      auto send = [&](const std::vector<Way>& ways) {
        for (const Way& way : ways) {
          if (way.fit(effect.emits, ServiceSet::all()).empty()) continue;
          for (const Face& face : asSaid) {
            const auto onward = leadsTo(*face.service, effect, state.names, way);
            if (!onward) continue;
            arrive(here, other, way, effect.emits, effect.carrier, rate, onward->names, state.seen,
                   reach::join(*gaps, face.failed), index, true);
          }
        }
      };
      if (other == here) {
        send(loopback(here));
        continue;
      }
      send(net.ways(here, other, Powers::plain, powerful(other), setting));
      if (service.addresses) send(toLinkLocal(here, other));
    }
    if (effect.destination == Destination::pool) enterPool(service, state.seen, *gaps, index);
  }
}

// Whether the party has an address of the gateway's pool.
bool Solver::Run::inPoolOf(const ServiceInstance& gateway, PartyId id) const {
  return gateway.pool && std::ranges::any_of(net.at(id).classes, [&](ClassIndex address) {
           return !net.endpoint(address).linkLocal && net.named(*gateway.pool, address);
         });
}

// The far end of a tunnel is a machine with an address of the pool.
void Solver::Run::enterPool(const ServiceInstance& gateway, bool seen, const AtomIds& gaps, int parent,
                            bool member) {
  if (!gateway.pool) return;
  const State at = labels[static_cast<std::size_t>(parent)].state;
  for (std::size_t p = 0; p < held.size(); ++p) {
    const PartyId end(p);
    const reach::Party& party = net.at(end);
    if (party.kind == reach::Party::Kind::host || !inPoolOf(gateway, end)) continue;
    // Others of the pool wait there, or his tunnel ends there. The gateway has the ends of all tunnels, and
    // no filter stands between two machines of one pool, an isolated one neither (decisions 0010 and 0017).
    // Among the machines of one zone only where he opened it by himself: else it is no other place than
    // that which has the bytes (decision 0003).
    const bool waits = held[p] && (!source[p] || target[p]);
    const AtomIds* his = nullptr;
    if (const auto alone = openedAlone.find(end); alone != openedAlone.end()) {
      if (!member || at.index != p || source[p]) his = &alone->second;
    } else if (const auto tunnel = hisTunnels.find(end);
               tunnel != hisTunnels.end() && member && at.index != p) {
      his = &std::ranges::min_element(tunnel->second, {}, [](const auto& opened) {
               return opened.second.size();
             })->second;
    }
    if (waits || his != nullptr) {
      Hop hop;
      hop.from = model.at(gateway.host).name;
      hop.to = party.name;
      hop.packets = query.over;
      hop.example = *hop.packets.witness();
      hop.carrier = "a packet through the tunnel";
      hop.bitsPerSecond = kConversationBitsPerSecond;
      push({StateKind::held, end.value, true, NameSet::all()}, {hop}, waits ? gaps : reach::join(gaps, *his),
           parent, true);
      // How much goes through it nobody has said (docs/formats/certificate.md, Rates).
      if (everything)
        edges[{{at.kind, at.index, at.seen}, {StateKind::held, end.value, true}}] =
            std::numeric_limits<double>::infinity();
    }
    if (waits || source[p] || member) continue;  // a member opens no tunnel of its own
    if (!record) {
      const AtomIds needed = reach::join(gaps, gapsTo(parent));
      const auto [there, fresh] = tunnelled.try_emplace(end, needed);
      if (!fresh && needed.size() < there->second.size()) there->second = needed;
    }
    push({StateKind::held, end.value, seen, NameSet::all()}, {}, gaps, parent, true);
  }
}

}  // namespace vauban::channel
