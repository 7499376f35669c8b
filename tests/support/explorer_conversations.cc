// Who can open conversations with whom, packet by packet (semantics 5.1, 5.3, 5.5).
#include <algorithm>

#include "tests/support/explorer_walk.h"

namespace vauban::tests {

using model::EffectKind;

void ConcreteWalk::openAll() {
  openers_.clear();
  liveFlows_.clear();
  liveKnown_.clear();
  const auto& model = universe_.model();
  for (int p = 0; p < parties_; ++p) {
    if (!exists_[p] || question_.barred[p]) continue;
    const Party& party = universe_.parties()[p];
    if (his_[p]) openers_.push_back({Opener::Kind::code, p, -1, -1, anywhere, true, {}});
    if (question_.direct || his_[p] || party.kind != Party::Kind::host) continue;
    const auto& host = model.hosts[party.host];
    // Semantics 4: `services: {}` is a client; what it reads it may carry unless `client: isolated`.
    if (host.servicesStated && host.services.empty()) {
      const bool isolated = host.clientIsolated || unstated_ == Unstated::atBest;
      openers_.push_back({Opener::Kind::client, p, -1, -1, anywhere, !isolated, {}});
    }
  }
  if (!question_.direct) {
    for (int s = 0; s < services_; ++s) {
      const auto& service = model.services[s];
      const int p = universe_.ofHost(service.host);
      if (question_.barred[p]) continue;
      const auto& effects = universe_.behaviours().at(service.behaviour).effects;
      for (int e = 0; e < static_cast<int>(effects.size()); ++e) {
        const auto& effect = effects[e];
        if (effect.kind == EffectKind::store || effect.kind == EffectKind::shell) continue;
        if (!present(effect, service)) continue;
        for (const int leads : {anywhere, home, elsewhere}) {
          if (leads != anywhere && !goesByName(effect)) continue;
          openers_.push_back({Opener::Kind::effect, p, s, e, leads, true, {}});
        }
      }
    }
  }
  for (auto& opener : openers_) {
    converse(opener);
    if (opener.kind != Opener::Kind::code) continue;
    tellOnPath(opener);
    if (!question_.direct) tellServices(opener);
  }
}

// A packet from an address to itself: no service is told one from outside (RFC 1122 section 3.2.1.3 e; Linux
// calls it martian); code that listens on the wire hears it. Where hosts state no address, the same
// representative stands for several.
bool ConcreteWalk::sameMachine(int source, int destination) const {
  const auto& a = universe_.endpoints()[source];
  const auto& b = universe_.endpoints()[destination];
  if (a.address != b.address) return false;
  if (a.party < 0 || a.party != b.party) return false;
  return !universe_.parties()[a.party].group;
}

// Whether they have other addresses than link-local ones by which to meet.
bool ConcreteWalk::shareFamily(int party, int endpoint) const {
  const auto& endpoints = universe_.endpoints();
  return std::any_of(endpoints.begin(), endpoints.end(), [&](const Endpoint& a) {
    return a.party == party && !a.linkLocal &&
           std::any_of(endpoints.begin(), endpoints.end(), [&](const Endpoint& b) {
             return b.party == endpoints[endpoint].party && !b.linkLocal &&
                    a.address.family == b.address.family;
           });
  });
}

// Semantics 4: whether whoever tells the opener something chooses where it goes, and a list of addresses is
// what limits it. A deny-list refuses the addresses on it and no others, an allow-list may allow link-local
// ones only.
bool ConcreteWalk::chosenFromList(const Opener& opener) const {
  if (opener.kind != Opener::Kind::effect) return false;
  const auto& service = universe_.model().services[opener.service];
  const auto& effect = universe_.behaviours().at(service.behaviour).effects[opener.effect];
  if (!service.addresses || effect.kind != EffectKind::relay) return false;
  return effect.destination == model::Destination::byName ||
         effect.destination == model::Destination::byAddress;
}

// A list names addresses: those that mean the asking machine itself (loopback, unspecified) are addresses,
// too.
bool ConcreteWalk::meetsItself(const Opener& opener) const {
  if (!chosenFromList(opener)) return false;
  const auto& service = universe_.model().services[opener.service];
  const auto& effect = universe_.behaviours().at(service.behaviour).effects[opener.effect];
  if (universe_.behaviours().at(service.behaviour).name == "http-forward-proxy" && service.upstream)
    return false;
  if (effect.destination == model::Destination::byAddress && service.names && service.names->allow)
    return false;
  if (effect.destination == model::Destination::byName && opener.leads == elsewhere) return false;
  for (const char* text : {"127.0.0.0", "127.0.0.1", "127.255.255.255", "0.0.0.0", "::", "::1"}) {
    const auto address = *space::Address::parse(text);
    const auto& list = *service.addresses;
    if (!list.deny.contains(address) && (!list.allow || list.allow->contains(address))) return true;
  }
  return false;
}

// Decisions 0010 and 0017: no filter stands between two machines of one pool, be their zones isolated or not.
// At the end of a tunnel that the bytes opened nobody waits: how they move among such ends is no hop.
bool ConcreteWalk::throughPool(int source, int destination) const {
  const auto& endpoints = universe_.endpoints();
  const int there = endpoints[destination].party;
  if (there < 0 || universe_.parties()[there].kind == Party::Kind::tunnel) return false;
  for (int s = 0; s < services_; ++s) {
    if (universe_.inPool(s, endpoints[source]) && universe_.inPool(s, endpoints[destination])) return true;
  }
  return false;
}

bool ConcreteWalk::crossesOnPath(const Route& route) const {
  for (std::size_t i = 1; i + 1 < route.zones.size(); ++i) {
    const auto& zone = universe_.model().zones[route.zones[i]];
    if (zone.untrusted && zone.onPath) return true;
  }
  return false;
}

void ConcreteWalk::converse(Opener& opener) {
  opener.hops.assign(parties_ + services_, {});
  const auto& endpoints = universe_.endpoints();
  const Party& party = universe_.parties()[opener.party];
  const bool code = opener.kind == Opener::Kind::code;
  const bool chosen = chosenFromList(opener);
  std::vector<char> emits(universe_.kinds().size(), 1);
  if (opener.kind == Opener::Kind::effect) {
    const auto& behaviour = universe_.behaviours().at(universe_.model().services[opener.service].behaviour);
    emits = universe_.members(behaviour.effects[opener.effect].emits);
  }
  auto hasLeg = [&](int zone) {
    return std::find(party.zones.begin(), party.zones.end(), zone) != party.zones.end();
  };
  for (int d = 0; d < static_cast<int>(endpoints.size()); ++d) {
    const int to = endpoints[d].zone;
    if (to < 0) continue;
    if (endpoints[d].besides && !chosen) continue;
    const bool itself = endpoints[d].party == opener.party && meetsItself(opener);
    const int goes = itself ? 1 : goesTo(opener, d);
    if (goes == 0) continue;
    // What a machine sends to its own address stays inside it, but code may put it on the wire, and a group
    // has other members: whoever took that address hears it.
    const bool away = endpoints[d].party == opener.party;
    if (away) {
      // Decision 0008: what services of one host, or members of one group, tell each other meets no filter.
      static const Route inside{{}, {}};
      for (int k = 0; k < static_cast<int>(emits.size()); ++k) {
        if (!emits[k]) continue;
        for (int e = 0; e < static_cast<int>(endpoints.size()); ++e) {
          if (endpoints[e].party == opener.party && network_.family(e) == network_.family(d))
            hear(opener, inside, {e, d, k, opener.party}, true, 1);
        }
      }
      if (!code && !party.group) continue;
    }
    for (int e = 0; e < static_cast<int>(endpoints.size()); ++e) {
      if (network_.family(e) != network_.family(d)) continue;
      const bool own = network_.owns(opener.party, e);
      if (!own && !code) continue;
      if (endpoints[e].besides && !endpoints[d].linkLocal) continue;
      if (code && own && !away && !question_.direct && throughPool(e, d)) {
        static const Route tunnels{{}, {}};
        for (int k = 0; k < static_cast<int>(emits.size()); ++k)
          hear(opener, tunnels, {e, d, k, opener.party}, true, goes, true);
      }
      // Semantics 3: a neighbour's address, both ways, in a trusted zone; any other source one way.
      const bool neighbour = !own && party.kind != Party::Kind::untrusted && endpoints[e].zone >= 0 &&
                             hasLeg(endpoints[e].zone) && !endpoints[e].linkLocal;
      for (const int leg : party.zones) {
        // A neighbour with a leg elsewhere takes packets for any of its addresses (RFC 1122 section 3.3.4.2).
        const bool both = own || (neighbour && endpoints[e].zone == leg);
        if ((own || !network_.portSecurity(leg)) && !away && leg != to && network_.isFree(leg) &&
            endpoints[d].party >= 0 && !endpoints[d].linkLocal && !endpoints[e].linkLocal) {
          const auto& legs = universe_.parties()[endpoints[d].party].zones;
          if (std::find(legs.begin(), legs.end(), leg) != legs.end()) {
            const Route beside{{}, {leg}};
            for (int k = 0; k < static_cast<int>(emits.size()); ++k) {
              if (emits[k]) hear(opener, beside, {e, d, k, opener.party}, both, goes, true);
            }
          }
        }
        for (const Route& route : network_.routes(leg, to)) {
          if (route.crossings.empty()) {
            // Inside a zone: by ingress, whatever source, unless ports are secured.
            if (!own && network_.portSecurity(leg)) continue;
            // Uncovered traffic bears them, and what neighbours say to each other who meet by no others.
            if ((endpoints[e].linkLocal || endpoints[d].linkLocal) && !chosen && shareFamily(opener.party, d))
              continue;
            // The answer to the address of another leg does not come back inside the zone.
            const bool here = endpoints[e].zone == leg || endpoints[e].zone < 0 || endpoints[e].linkLocal;
            for (int k = 0; k < static_cast<int>(emits.size()); ++k) {
              if (emits[k])
                hear(opener, route, {e, d, k, opener.party}, both && here, goes, false, false, away);
            }
            continue;
          }
          // Link-local addresses are of one zone: an isolated one has a filter between its machines.
          if ((endpoints[e].besides || endpoints[d].besides) && to != leg) continue;
          const bool onPath = crossesOnPath(route);
          for (int k = 0; k < static_cast<int>(emits.size()); ++k) {
            if (!emits[k]) continue;
            const ConcretePacketOnWay packet{e, d, k, opener.party};
            for (unsigned value = 0; value < network_.conditionValues(); ++value) {
              if (onPath) {
                // Decision 0008: on the path he reads, and answers, what only crosses his zone.
                for (std::size_t i = 1; i + 1 < route.zones.size(); ++i) {
                  const int zone = route.zones[i];
                  if (!universe_.model().zones[zone].untrusted || !universe_.model().zones[zone].onPath)
                    continue;
                  if (!network_.opens(route, packet, value, i) &&
                      (!code || !both || !openedByHelper(route, packet, value, i)))
                    continue;
                  const int he = universe_.ofZone(zone);
                  mark(
                      opener, he, he, packet,
                      kTells | (both && network_.answers(route, packet, value, i) ? unsigned{kAnswers} : 0U));
                }
              }
              const bool opens = network_.opens(route, packet, value);
              if (!opens && (!both || !openedByHelper(route, packet, value))) continue;
              // On the path he hears what is answered to a source of somebody behind him.
              const bool heardBack =
                  both || (code && party.kind == Party::Kind::untrusted && network_.comesBackOver(route, e));
              // What his code at the other end has named to a helper, anybody opens; else only his code does.
              hear(opener, route, packet, heardBack && network_.answers(route, packet, value), goes, false,
                   !opens && !code, away);
            }
          }
        }
      }
    }
  }
}

int ConcreteWalk::partyOf(int responder) const {
  if (responder < parties_) return responder;
  return universe_.ofHost(universe_.model().services[responder - parties_].host);
}

bool ConcreteWalk::over(int fromParty, int toParty, int kind) const {
  if (question_.overAny) return true;
  // Inside a host, or among the machines of one group.
  if (fromParty == toParty && universe_.parties()[fromParty].kind == Party::Kind::host)
    return question_.over[kind] && (!question_.from[fromParty] || question_.to[fromParty]);
  // How he moves bytes between his own places is no hop (decision 0003).
  const Party& a = universe_.parties()[fromParty];
  const Party& b = universe_.parties()[toParty];
  if (a.kind == Party::Kind::untrusted && b.kind == Party::Kind::untrusted) return false;
  // But his tunnel, which he opened without their help, is no place of theirs.
  if (b.kind == Party::Kind::waitingTunnel && a.kind != Party::Kind::waitingTunnel && openedAlone_[b.service])
    return question_.over[kind];
  if (a.service >= 0 && b.service >= 0 && a.zones.front() == b.zones.front()) return false;
  // A tunnel that `from` opened ends at it, and so does one in a zone whose unlisted machines `from` means.
  auto inside = [&](const Party& there) {
    if (question_.from[universe_.ofZone(there.zones.front())]) return true;
    const auto& openers = tunnelOpeners_[there.service];
    return there.kind == Party::Kind::waitingTunnel &&
           std::all_of(openers.begin(), openers.end(),
                       [&](int opener) { return question_.from[opener] != 0; });
  };
  const bool both = a.service >= 0 && b.service >= 0;
  if (a.service >= 0 && inside(a) && (question_.from[toParty] || (both && inside(b)))) return false;
  if (b.service >= 0 && inside(b) && (question_.from[fromParty] || a.service >= 0)) return false;
  return question_.over[kind] &&
         (!(question_.from[fromParty] && question_.from[toParty]) || question_.to[toParty]);
}

void ConcreteWalk::mark(Opener& opener, int responder, int responderParty, const ConcretePacketOnWay& packet,
                        unsigned flags) {
  // How his code moves bytes among the machines of one group, or beside itself, is no hop.
  const Party& party = universe_.parties()[opener.party];
  const bool his = opener.kind == Opener::Kind::code || question_.held[opener.party] ||
                   (party.kind == Party::Kind::host && runsOpaque(party.host));
  const bool among = opener.party == responderParty && his && !question_.to[responderParty];
  constexpr unsigned kPlain = kTells | kAnswers | kReads | kCrossedBack;
  if (over(opener.party, responderParty, packet.kind) && (question_.overAny || !among))
    flags |= (flags & kPlain) << 1U;
  // What code beside a service tells it is told inside the machine.
  if (responder == opener.party && !question_.overAny) flags &= ~overFlag(kAnswers);
  Hop& hop = opener.hops[responder];
  if ((flags & ~hop.flags) == 0) return;
  const bool better = hop.kind < 0 || (flags & ~hop.flags & (overFlag(kTells) | overFlag(kAnswers))) != 0;
  hop.flags |= flags;
  if (!better) return;
  hop.source = packet.source;
  hop.destination = packet.destination;
  hop.kind = packet.kind;
}

// Semantics 3 and 4: who hears what comes to this address.
bool ConcreteWalk::hears(int party, int endpoint) const {
  const auto& there = universe_.endpoints()[endpoint];
  const Party& hearer = universe_.parties()[party];
  if (there.party == party) return true;
  if (there.linkLocal || hearer.kind == Party::Kind::untrusted) return false;
  if (universe_.model().zones[there.zone].untrusted) return false;
  if (std::find(hearer.zones.begin(), hearer.zones.end(), there.zone) == hearer.zones.end()) return false;
  // As a neighbour, unless ports are secured beside that zone.
  return !network_.portSecurity(there.zone);
}

void ConcreteWalk::hear(Opener& opener, const Route& route, const ConcretePacketOnWay& packet, bool answers,
                        int goes, bool ownerOnly, bool codeOnly, bool away) {
  const auto& model = universe_.model();
  const Endpoint& there = universe_.endpoints()[packet.destination];
  const unsigned crossed = crossesOnPath(route) ? unsigned{kCrossedBack} : 0U;
  const unsigned flags = kTells | (answers ? kAnswers | crossed : 0U);
  const bool outside = model.zones[there.zone].untrusted;
  if (outside && !away && (goes == 1 || model.zones[there.zone].onPath))
    mark(opener, universe_.ofZone(there.zone), universe_.ofZone(there.zone), packet, flags);
  const bool itself = there.party == opener.party && !away;
  for (int q = 0; q < parties_; ++q) {
    if (!his_[q] || !exists_[q] || question_.barred[q]) continue;
    if (universe_.parties()[q].kind == Party::Kind::untrusted) continue;
    if (q == opener.party) {
      // Another machine of the group, or his code beside the service that speaks.
      if (itself && (universe_.parties()[q].group || opener.kind == Opener::Kind::effect))
        mark(opener, q, q, packet, flags);
      continue;
    }
    if (!itself && (ownerOnly ? there.party == q : hears(q, packet.destination)))
      mark(opener, q, q, packet, flags);
  }
  if (there.party < 0 || question_.direct || codeOnly || away) return;
  if (!itself && sameMachine(packet.source, packet.destination)) return;
  const Party& owner = universe_.parties()[there.party];
  if (owner.kind != Party::Kind::host || question_.barred[there.party]) return;
  if (itself && opener.kind == Opener::Kind::code) return;
  // What a machine answers to another address of its own stays inside it.
  const bool kept = !itself && !owner.group && universe_.endpoints()[packet.source].party == there.party &&
                    there.party >= 0;
  const bool comesBack = answers && !kept;
  for (const auto id : model.hosts[owner.host].services) {
    const int s = static_cast<int>(id.index());
    if (!universe_.listens(s, packet.kind)) continue;
    const auto& service = model.services[s];
    auto among = [&](const std::optional<model::PlaceTerms>& terms) {
      return !terms || std::any_of(terms->begin(), terms->end(), [&](const auto& term) {
        return universe_.means(term, universe_.endpoints()[packet.source]);
      });
    };
    if (universe_.behaviours().at(service.behaviour).acceptsOnlyFrom && !among(service.from)) continue;
    // Decision 0017: where a service relays answers besides, `readers` narrows nothing.
    const auto& effects = universe_.behaviours().at(service.behaviour).effects;
    const bool relays = std::any_of(effects.begin(), effects.end(), [&](const model::Effect& effect) {
      return (effect.kind == EffectKind::relay || effect.kind == EffectKind::lookup) &&
             effect.inwardBits > 0 && present(effect, service);
    });
    mark(opener, parties_ + s, there.party, packet,
         kTells | (comesBack ? kAnswers | crossed : 0U) |
             (comesBack && (relays || among(service.readers)) ? unsigned{kReads} : 0U));
  }
}

}  // namespace vauban::tests
