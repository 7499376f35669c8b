// Ways that are no conversation of their own (semantics 5.3, 5.4; decision 0008): errors and helper
// conversations that are `related` to a live flow, packets forged into one, what a forged source is answered,
// what an enforcement point quotes.
#include <algorithm>
#include <utility>

#include "tests/support/explorer_walk.h"

namespace vauban::tests {
namespace {

bool fits(const PacketKind& kind, bool six) {
  return kind.icmpError && (kind.service.protocol == space::kIcmpV6) == six;
}

bool enters(const Crossing& crossing, const FilterPoint& point) {
  return point.related == model::Related::all ||
         (point.related == model::Related::fromUntrusted && crossing.fromUntrusted);
}

}  // namespace

void ConcreteWalk::note(Hop& hop, int from, int to, int source, int destination, int kind, bool over) {
  const unsigned flags = kTells | (over ? overFlag(kTells) : 0U);
  if ((flags & ~hop.flags) == 0) return;
  hop.flags |= flags;
  hop.source = source;
  hop.destination = destination;
  hop.kind = kind;
  (void)from;
  (void)to;
}

Hop ConcreteWalk::without(int from, int to, std::string& how) {
  Hop hop;
  auto done = [&] { return (hop.flags & overFlag(kTells)) != 0; };
  auto attempt = [&](const char* what, auto method) {
    if (done()) return;
    const unsigned before = hop.flags;
    (this->*method)(from, to, hop);
    if (hop.flags != before) how = what;
  };
  attempt("as an error related to a live flow", &ConcreteWalk::related);
  attempt("as a helper's conversation", &ConcreteWalk::helped);
  attempt("forged into a live flow", &ConcreteWalk::forgedIntoFlows);
  if (!question_.direct) {
    attempt("reflected to a forged source", &ConcreteWalk::reflected);
    attempt("quoted by a point to a forged source", &ConcreteWalk::quoted);
  }
  return hop;
}

bool ConcreteWalk::isHelperPort(const FilterPoint& point, int kind) const {
  struct Control {
    const char* helper;
    std::uint8_t protocol;
    std::uint16_t port;
  };
  static constexpr Control kControls[] = {
      {"amanda", space::kUdp, 10080}, {"ftp", space::kTcp, 21},    {"h323", space::kTcp, 1720},
      {"h323", space::kUdp, 1719},    {"irc", space::kTcp, 6667},  {"netbios-ns", space::kUdp, 137},
      {"pptp", space::kTcp, 1723},    {"sane", space::kTcp, 6566}, {"sip", space::kUdp, 5060},
      {"sip", space::kTcp, 5060},     {"snmp", space::kUdp, 161},  {"tftp", space::kUdp, 69}};
  const auto& service = universe_.kinds()[kind].service;
  return std::any_of(std::begin(kControls), std::end(kControls), [&](const Control& control) {
    return control.protocol == service.protocol && control.port == service.destinationPort &&
           (point.anyHelper ||
            std::find(point.helpers.begin(), point.helpers.end(), control.helper) != point.helpers.end());
  });
}

// Flows between two addresses that some filter accepts, whoever opens them (any value of the conditions: a
// flow lives on). `states` are the tables of the points that saw it.
const std::vector<ConcreteWalk::LiveFlow>& ConcreteWalk::liveFlows(int stranger, int endpoint, int owner) {
  const int count = static_cast<int>(universe_.endpoints().size());
  if (liveFlows_.empty()) {
    liveFlows_.assign(count, std::vector<std::vector<LiveFlow>>(count));
    liveKnown_.assign(count, std::vector<char>(count, 0));
  }
  auto& flows = liveFlows_[stranger][endpoint];
  if (liveKnown_[stranger][endpoint]) return flows;
  liveKnown_[stranger][endpoint] = 1;
  const auto& a = universe_.endpoints()[stranger];
  const auto& b = universe_.endpoints()[endpoint];
  if (a.zone < 0 || b.zone < 0 || a.besides || b.besides || a.address.family != b.address.family)
    return flows;
  if (a.party >= 0 && a.party == b.party && !universe_.parties()[a.party].group)
    return flows;  // inside a machine
  // Any flow that the filters accept may be live, whoever may have opened it
  // (found-too-open-flow-nobody-opens).
  for (int k = 0; k < static_cast<int>(universe_.kinds().size()); ++k) {
    for (const bool back : {false, true}) {
      const ConcretePacketOnWay packet{back ? endpoint : stranger, back ? stranger : endpoint, k,
                                       back ? owner : a.party};
      // Whoever has the address may send from another leg.
      const Endpoint &opener = back ? b : a, &other = back ? a : b;
      std::vector<int> legs{opener.zone};
      if (opener.party >= 0) {
        for (const int leg : universe_.parties()[opener.party].zones) {
          if (leg != opener.zone) legs.push_back(leg);
        }
      }
      for (const int leg : legs) {
        for (const Route& route : network_.routes(leg, other.zone)) {
          for (unsigned value = 0; value < network_.conditionValues(); ++value) {
            LiveFlow flow;
            // Once it is through a device, that one knows it, whatever drops it further on.
            bool through = true;
            std::uint64_t later = 0;
            for (const Crossing& crossing : route.crossings) {
              const auto state = std::uint64_t{1} << static_cast<unsigned>(network_.pointOf(crossing).state);
              through = through && network_.opens(crossing, packet, value);
              (through ? flow.states : later) |= state;
            }
            flow.states &= ~later;
            if (flow.states == 0) continue;
            flow.over =
                question_.overAny || (a.party >= 0 ? over(a.party, owner, k) : question_.over[k] != 0);
            FilterPoint every;
            flow.helper = isHelperPort(every, k);
            flow.kind = k;
            flow.opened = back;
            // A flow may take one way today and another tomorrow: every device on either knows it.
            const auto same = std::find_if(flows.begin(), flows.end(), [&](const LiveFlow& known) {
              return known.kind == flow.kind && known.opened == flow.opened;
            });
            if (same == flows.end()) {
              flows.push_back(flow);
            } else {
              same->states |= flow.states;
            }
          }
        }
      }
    }
  }
  return flows;
}

// 5.4: whether an ICMP error of `packet.sender` gets over the route: by rules, or as one that quotes a live
// flow of `owner`, who has the address it goes to.
bool ConcreteWalk::relatedPasses(const Route& route, const ConcretePacketOnWay& packet, int owner) {
  const auto& endpoints = universe_.endpoints();
  const bool six = network_.family(packet.destination);
  for (unsigned value = 0; value < network_.conditionValues(); ++value) {
    std::uint64_t needs = 0;
    const bool passes =
        std::all_of(route.crossings.begin(), route.crossings.end(), [&](const Crossing& crossing) {
          const auto& point = network_.pointOf(crossing);
          if (network_.opens(crossing, packet, value)) return true;
          needs |= std::uint64_t{1} << static_cast<unsigned>(point.state);
          return point.covered[six] && !endpoints[packet.source].linkLocal && enters(crossing, point) &&
                 network_.sourcePasses(crossing, packet.source, packet.sender);
        });
    if (!passes) continue;
    for (int x = 0; x < static_cast<int>(endpoints.size()); ++x) {
      const auto& flows = liveFlows(x, packet.destination, owner);
      if (std::any_of(flows.begin(), flows.end(),
                      [&](const LiveFlow& flow) { return (needs & ~flow.states) == 0; }))
        return true;
    }
  }
  return false;
}

void ConcreteWalk::related(int from, int to, Hop& hop) {
  const auto& endpoints = universe_.endpoints();
  for (int d = 0; d < static_cast<int>(endpoints.size()); ++d) {
    if (endpoints[d].zone < 0 || endpoints[d].besides) continue;
    for (const int leg : universe_.parties()[from].zones) {
      for (const Route& route : network_.routes(leg, endpoints[d].zone)) {
        if (route.crossings.empty() || !hears(to, d)) continue;
        for (int e = 0; e < static_cast<int>(endpoints.size()); ++e) {
          if (endpoints[e].besides || !network_.owns(from, e) || network_.family(e) != network_.family(d))
            continue;
          for (int k = 0; k < static_cast<int>(universe_.kinds().size()); ++k) {
            if (!fits(universe_.kinds()[k], network_.family(d))) continue;
            if ((hop.flags & kTells) != 0 && !over(from, to, k)) continue;
            if (relatedPasses(route, {e, d, k, from}, to)) note(hop, from, to, e, d, k, over(from, to, k));
          }
        }
      }
    }
  }
}

// What bears its own address it has not forged; where a party may have any address that nobody claims, those
// that stand for nobody are its own.
bool ConcreteWalk::ownConversation(int party, int endpoint) const {
  const auto& endpoints = universe_.endpoints();
  const Party& bearer = universe_.parties()[party];
  if (network_.owns(party, endpoint)) return !bearer.group || bearer.kind == Party::Kind::untrusted;
  return endpoints[endpoint].party < 0 && std::any_of(
                                              endpoints.begin(), endpoints.end(),
                                              [&](const Endpoint& other) {
                                                return other.party == party &&
                                                       other.address == endpoints[endpoint].address;
                                              });
}

// 5.4: the kinds of packets that get over the route as part of a live flow between the address they bear and
// that they go to; each with the flow. A filter cannot tell them from replies.
void ConcreteWalk::forgedThrough(const Route& route, int source, int destination, int from, int owner,
                                 const std::function<void(const LiveFlow&, int)>& pass) {
  const bool six = network_.family(destination);
  // Of a group it is another member's: that one's only neighbours, and past no filter that knows each of
  // them.
  const bool members = network_.owns(from, source);
  if (members && network_.portSecurity(route.zones.front())) return;
  const auto flows = liveFlows(source, destination, owner);
  for (int k = 0; k < static_cast<int>(universe_.kinds().size()); ++k) {
    const ConcretePacketOnWay packet{source, destination, k, from};
    for (const LiveFlow& flow : flows) {
      // What is forged may go to whatever port the flow was opened from.
      if (flow.opened ? !network_.answerIs(flow.kind, k) : k != flow.kind) continue;
      for (unsigned value = 0; value < network_.conditionValues(); ++value) {
        const bool passes =
            std::all_of(route.crossings.begin(), route.crossings.end(), [&](const Crossing& crossing) {
              const auto& point = network_.pointOf(crossing);
              return point.passes[six] || network_.opens(crossing, packet, value) ||
                     (point.covered[six] && point.established &&
                      (!members || point.antiSpoofing != model::AntiSpoofing::host) &&
                      network_.sourcePasses(crossing, source, from) &&
                      ((flow.states >> static_cast<unsigned>(point.state)) & 1U) != 0);
            });
        if (!passes) continue;
        pass(flow, k);
        break;
      }
    }
  }
}

// Decision 0008: he reads what only crosses his zone, also where it is no conversation of its own.
void ConcreteWalk::tellOnPath(Opener& opener) {
  const auto& endpoints = universe_.endpoints();
  const auto& model = universe_.model();
  const int from = opener.party;
  for (int d = 0; d < static_cast<int>(endpoints.size()); ++d) {
    if (endpoints[d].zone < 0 || endpoints[d].linkLocal) continue;
    const int owner = endpoints[d].party >= 0 ? endpoints[d].party : universe_.ofZone(endpoints[d].zone);
    for (const int leg : universe_.parties()[from].zones) {
      for (const Route& route : network_.routes(leg, endpoints[d].zone)) {
        for (std::size_t i = 1; i + 1 < route.zones.size(); ++i) {
          const auto& zone = model.zones[route.zones[i]];
          if (!zone.untrusted || !zone.onPath) continue;
          const int he = universe_.ofZone(route.zones[i]);
          const auto cut = route.crossings.begin() + static_cast<std::ptrdiff_t>(i);
          const Route there{{route.crossings.begin(), cut},
                            {route.zones.begin(), route.zones.begin() + static_cast<std::ptrdiff_t>(i) + 1}};
          for (int x = 0; x < static_cast<int>(endpoints.size()); ++x) {
            if (endpoints[x].linkLocal || network_.family(x) != network_.family(d)) continue;
            for (int k = 0; k < static_cast<int>(universe_.kinds().size()); ++k) {
              if (network_.owns(from, x) && fits(universe_.kinds()[k], network_.family(d)) &&
                  relatedPasses(there, {x, d, k, from}, owner))
                mark(opener, he, he, {x, d, k, from}, kTells);
            }
            if (ownConversation(from, x) || sameMachine(x, d)) continue;
            forgedThrough(there, x, d, from, owner, [&](const LiveFlow& flow, int k) {
              mark(opener, he, he, {x, d, k, from}, kTells | (flow.over ? overFlag(kTells) : 0U));
            });
          }
        }
      }
    }
  }
}

// What is no conversation of its own is heard by services as well.
void ConcreteWalk::tellServices(Opener& opener) {
  const auto& endpoints = universe_.endpoints();
  const auto& model = universe_.model();
  const int from = opener.party;
  for (int d = 0; d < static_cast<int>(endpoints.size()); ++d) {
    const int host = endpoints[d].party;
    if (host < 0 || endpoints[d].zone < 0 || endpoints[d].linkLocal || host == from) continue;
    if (universe_.parties()[host].kind != Party::Kind::host || question_.barred[host]) continue;
    auto tell = [&](int source, int k, bool ofFlow) {
      for (const auto id : model.hosts[universe_.parties()[host].host].services) {
        const int s = static_cast<int>(id.index());
        if (!universe_.listens(s, k)) continue;
        const auto& service = model.services[s];
        if (universe_.behaviours().at(service.behaviour).acceptsOnlyFrom && service.from &&
            std::none_of(service.from->begin(), service.from->end(),
                         [&](const auto& term) { return universe_.means(term, endpoints[source]); }))
          continue;
        mark(opener, parties_ + s, host, {source, d, k, from}, kTells | (ofFlow ? overFlag(kTells) : 0U));
      }
    };
    for (const int leg : universe_.parties()[from].zones) {
      for (const Route& route : network_.routes(leg, endpoints[d].zone)) {
        if (route.crossings.empty()) continue;
        for (int x = 0; x < static_cast<int>(endpoints.size()); ++x) {
          if (endpoints[x].linkLocal || network_.family(x) != network_.family(d)) continue;
          if (network_.owns(from, x)) {
            for (int k = 0; k < static_cast<int>(universe_.kinds().size()); ++k) {
              if (fits(universe_.kinds()[k], network_.family(d)) &&
                  relatedPasses(route, {x, d, k, from}, host))
                tell(x, k, false);
            }
          }
          if (ownConversation(from, x) || sameMachine(x, d)) continue;
          forgedThrough(route, x, d, from, host, [&](const LiveFlow& flow, int k) { tell(x, k, flow.over); });
        }
      }
    }
  }
}

// 5.4: a further conversation between the two ends of a flow that a helper reads, opened by his code: to
// whatever listens there.
bool ConcreteWalk::openedByHelper(const Route& route, const ConcretePacketOnWay& packet, unsigned value,
                                  std::size_t crossings) {
  const auto& endpoints = universe_.endpoints();
  if (!space::hasPorts(universe_.kinds()[packet.kind].service.protocol)) return false;
  const int e = packet.source, d = packet.destination;
  if (endpoints[e].linkLocal || endpoints[d].linkLocal || endpoints[d].party < 0) return false;
  const bool six = network_.family(d);
  const auto& flows = liveFlows(e, d, endpoints[d].party);
  return std::any_of(flows.begin(), flows.end(), [&](const LiveFlow& flow) {
    if (!flow.helper) return false;
    const auto end =
        route.crossings.begin() + static_cast<std::ptrdiff_t>(std::min(crossings, route.crossings.size()));
    return std::all_of(route.crossings.begin(), end, [&](const Crossing& crossing) {
      const auto& point = network_.pointOf(crossing);
      return network_.opens(crossing, packet, value) ||
             (point.covered[six] && enters(crossing, point) && isHelperPort(point, flow.kind) &&
              ((flow.states >> static_cast<unsigned>(point.state)) & 1U) != 0 &&
              network_.sourcePasses(crossing, e, packet.sender));
    });
  });
}

// 5.4: a further conversation between the two ends of a flow that a helper reads, whoever opens it.
void ConcreteWalk::helped(int from, int to, Hop& hop) {
  const auto& endpoints = universe_.endpoints();
  const Party& sender = universe_.parties()[from];
  const int kinds = static_cast<int>(universe_.kinds().size());
  for (int d = 0; d < static_cast<int>(endpoints.size()); ++d) {
    if (endpoints[d].zone < 0 || endpoints[d].besides) continue;
    for (int e = 0; e < static_cast<int>(endpoints.size()); ++e) {
      if (endpoints[e].zone < 0 || endpoints[e].linkLocal || network_.family(e) != network_.family(d))
        continue;
      const bool own = network_.owns(from, e);
      const bool leg =
          std::find(sender.zones.begin(), sender.zones.end(), endpoints[e].zone) != sender.zones.end();
      if (!own && (!leg || sender.kind == Party::Kind::untrusted)) continue;
      if (!hears(to, d)) continue;
      bool any = false;
      for (const LiveFlow& flow : liveFlows(e, d, to)) any = any || flow.helper;
      if (!any) continue;
      for (const bool back : {false, true}) {
        const int source = back ? d : e, destination = back ? e : d;
        for (const Route& route : network_.routes(endpoints[source].zone, endpoints[destination].zone)) {
          if (route.crossings.empty() || (back ? !hears(from, e) : !hears(to, d))) continue;
          for (int k = 0; k < kinds; ++k) {
            if (!space::hasPorts(universe_.kinds()[k].service.protocol)) continue;
            const ConcretePacketOnWay packet{source, destination, k, back ? to : from};
            for (unsigned value = 0; value < network_.conditionValues(); ++value) {
              for (const LiveFlow& flow : liveFlows(e, d, to)) {
                if (!flow.helper) continue;
                bool passes = true;
                for (const Crossing& crossing : route.crossings) {
                  const auto& point = network_.pointOf(crossing);
                  if (network_.opens(crossing, packet, value)) continue;
                  passes = passes && point.covered[network_.family(d)] && !endpoints[source].linkLocal &&
                           enters(crossing, point) && isHelperPort(point, flow.kind) &&
                           ((flow.states >> static_cast<unsigned>(point.state)) & 1U) != 0 &&
                           network_.sourcePasses(crossing, source, packet.sender);
                }
                if (passes && (!back || network_.answers(route, packet, value)))
                  note(hop, from, to, e, d, k, over(from, to, k));
              }
            }
          }
        }
      }
    }
  }
}

// 5.4: a packet forged into a live flow of the one it goes to.
void ConcreteWalk::forgedIntoFlows(int from, int to, Hop& hop) {
  const auto& endpoints = universe_.endpoints();
  for (int d = 0; d < static_cast<int>(endpoints.size()); ++d) {
    if (endpoints[d].zone < 0 || endpoints[d].linkLocal) continue;
    for (const int leg : universe_.parties()[from].zones) {
      for (const Route& route : network_.routes(leg, endpoints[d].zone)) {
        if (route.crossings.empty() || !hears(to, d)) continue;
        for (int x = 0; x < static_cast<int>(endpoints.size()); ++x) {
          if (endpoints[x].linkLocal || network_.family(x) != network_.family(d) || sameMachine(x, d))
            continue;
          if (ownConversation(from, x)) continue;
          forgedThrough(route, x, d, from, to, [&](const LiveFlow& flow, int k) {
            note(hop, from, to, x, d, flow.kind, flow.over || over(from, to, k));
          });
        }
      }
    }
  }
}

// Semantics 4 and 5.4: what is sent with a forged source is answered to that source: by a service that
// reflects, or by a closed port (decision 0008). The answer passes as a reply where the request was seen, or
// by a rule of its own.
void ConcreteWalk::reflected(int from, int to, Hop& hop) {
  const auto& endpoints = universe_.endpoints();
  const auto& model = universe_.model();
  const int kinds = static_cast<int>(universe_.kinds().size());
  for (int f = 0; f < static_cast<int>(endpoints.size()); ++f) {
    if (endpoints[f].zone < 0 || endpoints[f].linkLocal) continue;
    for (int d = 0; d < static_cast<int>(endpoints.size()); ++d) {
      const Endpoint& there = endpoints[d];
      if (there.party < 0 || there.zone < 0 || there.linkLocal || network_.family(f) != network_.family(d))
        continue;
      const Party& machine = universe_.parties()[there.party];
      if (sameMachine(f, d) || there.party == from || there.party == to || question_.barred[there.party] ||
          machine.kind != Party::Kind::host || question_.from[there.party] || question_.to[there.party] ||
          question_.held[there.party])  // what code answers is its own conversation
        continue;
      const bool six = network_.family(d);
      for (const int leg : universe_.parties()[from].zones) {
        std::vector<Route> ways = network_.routes(leg, there.zone);
        // A neighbour with a leg elsewhere takes packets for any of its addresses (RFC 1122 section 3.3.4.2).
        if (leg != there.zone && network_.isFree(leg) &&
            std::find(machine.zones.begin(), machine.zones.end(), leg) != machine.zones.end())
          ways.push_back({{}, {leg}});
        for (const Route& there_ : ways) {
          if (there_.crossings.empty() && network_.portSecurity(leg) && !network_.owns(from, f)) continue;
          // Who answers may send from any of its legs.
          std::vector<Route> backs;
          for (const int from_ : machine.zones) {
            for (const Route& one : network_.routes(from_, endpoints[f].zone)) backs.push_back(one);
          }
          for (const Route& back : backs) {
            if (!hears(to, f)) continue;
            for (int k = 0; k < kinds; ++k) {
              const auto protocol = universe_.kinds()[k].service.protocol;
              // What comes back: an answer of the protocol, or an error that quotes.
              bool answer = false, error = false, open = false;
              if (machine.kind == Party::Kind::host) {
                for (const auto id : model.hosts[machine.host].services) {
                  if (!universe_.listens(static_cast<int>(id.index()), k)) continue;
                  open = true;
                  const auto& behaviour = universe_.behaviours().at(model.at(id).behaviour);
                  answer = answer || (protocol == space::kTcp && behaviour.reflectsTcp.bits > 0) ||
                           (protocol == space::kUdp && behaviour.reflectsUdp.bits > 0) ||
                           (space::hasIcmpType(protocol) && behaviour.reflectsIcmp.bits > 0);
                }
              }
              if (!open && protocol == space::kTcp) answer = true;
              if (!open && protocol != space::kTcp && !space::hasIcmpType(protocol)) error = true;
              if (!answer && !error) continue;
              bool intoFlow = false;
              if (!there_.crossings.empty() && !network_.owns(from, f)) {
                forgedThrough(there_, f, d, from, there.party,
                              [&](const LiveFlow&, int kind) { intoFlow = intoFlow || kind == k; });
              }
              for (unsigned value = 0; value < network_.conditionValues(); ++value) {
                if (!intoFlow && !network_.opens(there_, {f, d, k, from}, value)) continue;
                std::uint64_t saw = 0;
                for (const Crossing& crossing : there_.crossings)
                  saw |= std::uint64_t{1} << static_cast<unsigned>(network_.pointOf(crossing).state);
                for (int a = 0; a < kinds; ++a) {
                  const bool asAnswer = answer && network_.answerIs(k, a);
                  const bool asError = error && fits(universe_.kinds()[a], six);
                  if (!asAnswer && !asError) continue;
                  bool byRule = false;
                  const bool passes = std::all_of(
                      back.crossings.begin(), back.crossings.end(), [&](const Crossing& crossing) {
                        const auto& point = network_.pointOf(crossing);
                        if (network_.opens(crossing, {d, f, a, there.party}, value)) return byRule = true;
                        const bool seen = ((saw >> static_cast<unsigned>(point.state)) & 1U) != 0;
                        return seen && point.covered[six] &&
                               (asAnswer ? point.established : enters(crossing, point));
                      });
                  // The request is the hop's opener, and so are an error, which is ICMP whatever was asked,
                  // and an answer that passes by a rule of its own.
                  const bool asked =
                      over(from, there.party, k) || ((byRule || asError) && over(there.party, to, a));
                  if (passes) note(hop, from, to, f, d, k, asked);
                }
              }
            }
          }
        }
      }
    }
  }
}

// Semantics 5.6: whether the error with which the point quotes the packet gets to the source that it bears.
bool ConcreteWalk::errorReturns(const Crossing& quoting, const ConcretePacketOnWay& packet, int to,
                                unsigned value) {
  const auto& endpoints = universe_.endpoints();
  const auto& links = universe_.model().links;
  const bool six = network_.family(packet.source);
  const int home = endpoints[packet.source].zone;
  // At once in the zones beside the device, by any of its links; on to others it needs leave.
  std::uint64_t beside = quoting.sides[0] | quoting.sides[1];
  for (std::size_t l = 0; quoting.point != 0 && l < links.size(); ++l) {
    if (network_.points()[l + 1].state != network_.pointOf(quoting).state) continue;
    beside |= std::uint64_t{1} << links[l].from.index() | std::uint64_t{1} << links[l].to.index();
  }
  if (((beside >> static_cast<unsigned>(home)) & 1U) != 0) return true;
  const auto& flows = liveFlows(packet.destination, packet.source, to);
  auto related = [&](const Crossing& crossing) {
    const auto& filter = network_.pointOf(crossing);
    if (!filter.covered[six] || !enters(crossing, filter)) return false;
    return std::any_of(flows.begin(), flows.end(), [&](const LiveFlow& flow) {
      return ((flow.states >> static_cast<unsigned>(filter.state)) & 1U) != 0 &&
             (flow.opened ? flow.kind == packet.kind : network_.answerIs(flow.kind, packet.kind));
    });
  };
  for (int z = 0; z < static_cast<int>(universe_.model().zones.size()); ++z) {
    if (((beside >> static_cast<unsigned>(z)) & 1U) == 0) continue;
    for (const Route& on : network_.routes(z, home)) {
      // The device's own address is not in the model: any of those zones, or none of these.
      for (int s = -1; s < static_cast<int>(endpoints.size()); ++s) {
        if (s >= 0 && (endpoints[s].zone < 0 || endpoints[s].linkLocal || network_.family(s) != six ||
                       ((beside >> static_cast<unsigned>(endpoints[s].zone)) & 1U) == 0))
          continue;
        for (int a = 0; a < static_cast<int>(universe_.kinds().size()); ++a) {
          if (!fits(universe_.kinds()[a], six)) continue;
          if (std::all_of(on.crossings.begin(), on.crossings.end(), [&](const Crossing& next) {
                const auto& filter = network_.pointOf(next);
                return filter.passes[six] || related(next) ||
                       (s >= 0 && filter.covered[six] &&
                        network_.rules(filter, s, packet.source, a, value) == RuleWord::accept);
              }))
            return true;
        }
      }
    }
  }
  return false;
}

// Semantics 5.6: a point that a packet reaches may quote it to the source that it bears, whatever its rules
// say.
void ConcreteWalk::quoted(int from, int to, Hop& hop) {
  const auto& endpoints = universe_.endpoints();
  const int kinds = static_cast<int>(universe_.kinds().size());
  const int zones = static_cast<int>(universe_.model().zones.size());
  // `goal`: the zone to which the packet is bound; -1: whatever it is bound for it comes here.
  auto quotedAt = [&](const Route& route, std::size_t c, int f, int goal) {
    const Crossing& crossing = route.crossings[c];
    const auto& point = network_.pointOf(crossing);
    const bool six = network_.family(f);
    // Another machine's address is not the sender's own, of one group or not.
    const int sender = from == to ? -1 : from;
    if (!point.passes[six] && !(point.covered[six] && network_.sourcePasses(crossing, f, sender))) return;
    // What arrives is the error, whatever was sent.
    bool errorIsOver = false;
    for (int a = 0; a < kinds; ++a)
      errorIsOver = errorIsOver || (fits(universe_.kinds()[a], six) && over(from, to, a));
    for (int d = 0; d < static_cast<int>(endpoints.size()); ++d) {
      if (endpoints[d].linkLocal || network_.family(d) != six) continue;
      if (goal >= 0 && endpoints[d].zone != goal) continue;
      std::vector<char> intoFlow(kinds, 0);
      if (c > 0) {
        const Route before{{route.crossings.begin(), route.crossings.begin() + static_cast<long>(c)},
                           {route.zones.begin(), route.zones.begin() + static_cast<long>(c) + 1}};
        forgedThrough(before, f, d, from, to, [&](const LiveFlow&, int k) { intoFlow[k] = 1; });
      }
      for (int k = 0; k < kinds; ++k) {
        // RFC 1122 section 3.2.2: no error is sent because of an error.
        if (universe_.kinds()[k].icmpError) continue;
        const bool counts = errorIsOver || over(from, to, k);
        if ((hop.flags & kTells) != 0 && !counts) continue;
        for (unsigned value = 0; value < network_.conditionValues(); ++value) {
          const ConcretePacketOnWay packet{f, d, k, from};
          if (intoFlow[k] == 0 && !network_.opens(route, packet, value, c)) continue;
          if (!errorReturns(crossing, packet, to, value)) continue;
          note(hop, from, to, f, d, k, counts);
          if ((hop.flags & overFlag(kTells)) != 0) return;
          break;
        }
      }
    }
  };
  for (int f = 0; f < static_cast<int>(endpoints.size()); ++f) {
    if (endpoints[f].zone < 0 || endpoints[f].linkLocal || !hears(to, f)) continue;
    for (const int leg : universe_.parties()[from].zones) {
      std::vector<char> first(network_.points().size(), 0);
      for (int z = 0; z < zones; ++z) {
        for (const Route& route : network_.routes(leg, z)) {
          for (std::size_t c = 0; c < route.crossings.size(); ++c) {
            if ((hop.flags & overFlag(kTells)) != 0) return;
            if (c == 0 && std::exchange(first[route.crossings[0].point], 1) != 0) continue;
            quotedAt(route, c, f, c == 0 ? -1 : z);
          }
        }
      }
    }
  }
}

}  // namespace vauban::tests
