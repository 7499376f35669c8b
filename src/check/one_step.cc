#include "check/one_step.h"

#include <algorithm>

namespace vauban::check {

using model::EffectKind;

namespace {

constexpr double kErrors = 8e6, kReflectionsPerSecond = 1e5;

// Bits a message, and messages a second as the catalogue says, else 1,000.
double rateOf(const model::Effect& effect, bool outward) {
  const double bits = static_cast<double>(outward ? effect.outwardBits : effect.inwardBits);
  return bits * (effect.messagesPerSecond > 0 ? effect.messagesPerSecond : 1000);
}

Sink sendingBack(const Sink& sink) {
  return [&sink](Landing landing) {
    landing.back = true;
    sink(landing);
  };
}

}  // namespace

std::string textOf(const Network& network, const State& state) {
  const std::string& party = network.parties()[state.party].text;
  if (state.holding == Holding::code) return "code " + party;
  if (state.holding == Holding::client) return "client " + party;
  const model::ServiceInstance& service = network.model().at(*state.service);
  return (state.holding == Holding::told ? "told service " : "readable service ") +
         network.model().at(service.host).name + "." + service.name;
}

std::vector<model::ServiceId> OneStep::servicesOf(PartyId party) const {
  const auto& host = network_.parties()[party].host;
  if (!host || stance_.holds[party] || stance_.barred[party]) return {};
  return network_.model().at(*host).services;
}

// Whether the machine that somebody of his end has through a tunnel is one of these.
bool OneStep::tunnelEnds(PartyId machine) const {
  return std::ranges::any_of(stance_.tunnels, [&](const auto& tunnel) {
    return tunnel.first == machine && tunnel.second != machine;
  });
}

// Likewise, and nobody in `from` has helped to open it: it is no place of theirs.
bool OneStep::endsAlone(PartyId machine) const {
  return machine < stance_.openedAlone.size() && stance_.openedAlone[machine];
}

// A hop counts for `over` unless both its ends are of `from`; into a place where he waits it counts always.
void OneStep::land(const State& state, State to, Packets packets, const Carrier& how, const Sink& sink,
                   const Packets* over) const {
  if (stance_.barred[to.party]) return;
  const bool inside = stance_.starts[state.party] && stance_.starts[to.party] && !stance_.waits[to.party] &&
                      !endsAlone(to.party);
  to.over = !stance_.distinguishes || state.over ||
            (!inside && (packets & (over == nullptr ? stance_.over : *over)) != bddfalse);
  const bool arrives = to.holding == Holding::code && stance_.waits[to.party] && to.over;
  sink({std::move(to), arrives, false, how, packets});
}

void OneStep::arrive(const State& state, PartyId to, Packets packets, const Carrier& how, const Sink& sink,
                     const Packets* over) const {
  if (packets == bddfalse || !stance_.takes[to]) return;
  land(state, {Holding::code, to, std::nullopt, true, Names::all()}, packets, how, sink, over);
}

// Whether some machine of a zone that the model does not list is his, besides those that the bytes get into.
bool OneStep::othersIn(PartyId machine) const {
  return stance_.waits[machine] || (stance_.holds[machine] && !stance_.known[machine]);
}

// Decision 0010. Others of the pool wait there, or are his: from one machine of a pool to another he sends
// whatever packets he likes.
void OneStep::landInPool(const State& state, model::ZoneId zone, const Sink& sink) const {
  const PartyId machine = network_.ofZone(zone);
  land(state, {Holding::code, machine, std::nullopt, true, Names::all()},
       othersIn(machine) || endsAlone(machine) ? network_.sent() : Packets(bddfalse),
       {"a machine of the pool", kWithinAMachine}, sink);
}

// Decision 0017. So do the machines of a pool that the model does not list, where it is one of these that has
// the bytes: to each other, isolated or not, and to the ends of his tunnels in other zones. A machine that
// has the bytes in a zone where his tunnel ends may be that end: how he moves bytes between his own places is
// no hop (decision 0003), unless the machine is of `from` and the tunnel is not.
void OneStep::toPoolMates(const State& state, const Sink& sink) const {
  const Party& here = network_.parties()[state.party];
  if (here.host || here.adversary) return;
  for (const model::ServiceInstance& gateway : network_.model().services) {
    const auto zones = aims_.poolZones(gateway);
    if (std::ranges::find(zones, here.zone) == zones.end()) continue;
    for (const model::ZoneId zone : zones) {
      const PartyId machine = network_.ofZone(zone);
      const bool his =
          machine == state.party ? endsAlone(machine) && stance_.starts[machine] : tunnelEnds(machine);
      if (!othersIn(machine) && !his) continue;
      arrive(state, machine, network_.sent(), {"from one machine of a pool to another", kWithinAMachine},
             sink);
    }
  }
}

// Packets that get to a party tell its services what they listen for.
void OneStep::tell(const State& state, PartyId to, Packets packets, const Carrier& how, const Sink& sink,
                   const model::Effect* effect, const Names& names, const Packets* over) const {
  if (packets == bddfalse || stance_.direct) return;
  for (const model::ServiceId id : servicesOf(to)) {
    const model::ServiceInstance& service = network_.model().at(id);
    const Packets heard = packets & ofServices(service.listens) & aims_.senders(service);
    if (heard == bddfalse) continue;
    State told{Holding::told, to, id, true, Names::all()};
    if (effect != nullptr && aims_.sameNames(*effect, service)) told.names = names;
    land(state, std::move(told), heard, how, sink, over);
  }
}

// What an effect emits that way, as it leaves or as it gets there (decision 0015).
Packets OneStep::aimed(const model::Effect& effect, const Aim& aim, PartyId to) const {
  const Packets emitted = ofServices(effect.emits), there = aims_.at(aim, to);
  return network_.rewrites() ? network_.either(emitted) & network_.either(there) : emitted & there;
}

void OneStep::from(const State& state, const Sink& sink) const {
  switch (state.holding) {
    case Holding::code:
      return fromCode(state, sink);
    case Holding::client:
      return fromClient(state, sink);
    case Holding::told:
      return fromTold(state, sink);
    case Holding::readable:
      return fromReadable(state, sink);
  }
}

// Semantics 5.1 to 5.6.
void OneStep::fromCode(const State& state, const Sink& sink) const {
  const Party& here = network_.parties()[state.party];
  for (PartyId to = 0; to < network_.parties().size(); ++to) {
    if (to == state.party) {
      // Another member of the group; in an isolated zone the matrix decides between members, too.
      if (here.group && stance_.waits[to] && stance_.starts[to] && !here.adversary) {
        const End member{to, true};
        arrive(state, to, ways_.oneWay(member, member), "from one member of the group to another", sink);
        if (!stance_.direct) quotes(state, to, sink);
      }
      continue;
    }
    if (stance_.barred[to]) continue;
    // Decision 0003: the adversary is one.
    if (here.adversary && network_.parties()[to].adversary && stance_.takes[to]) {
      if (!stance_.waits[to] || !stance_.starts[state.party]) {
        State known{Holding::code, to, std::nullopt, state.over, Names::all()};
        sink({std::move(known), false, false, {"the adversary is one", kWithinAMachine}, bddfalse});
      }
      continue;
    }
    codeTo(state, to, sink);
  }
  // Decision 0010: code on a gateway has a machine in its pool.
  if (here.host && !stance_.direct) {
    for (const model::ServiceId id : network_.model().at(*here.host).services) {
      for (const model::ZoneId zone : aims_.poolZones(network_.model().at(id))) {
        landInPool(state, zone, sink);
      }
    }
  }
  if (!stance_.direct) toPoolMates(state, sink);
  // Decision 0010: a machine of a pool sits where the tunnel's opener sits.
  for (const auto& [machine, opener] : stance_.tunnels) {
    if (machine != state.party || opener == machine) continue;
    // What the opener's packets may be is what the gateways into that pool listen for.
    Packets tunnel = bddfalse;
    for (const model::ServiceInstance& gateway : network_.model().services) {
      for (const model::ZoneId zone : aims_.poolZones(gateway)) {
        if (network_.ofZone(zone) == machine) tunnel |= ofServices(gateway.listens);
      }
    }
    arrive(state, opener, tunnel & network_.sent(), "back through the tunnel", sink);
  }
  overheard(state, network_.real(), sink);
  if (!stance_.direct) reflections(state, sink);
}

void OneStep::codeTo(const State& state, PartyId to, const Sink& sink) const {
  const End me{state.party, true};
  if (stance_.takes[to]) {
    const End him{to, true};
    arrive(state, to, ways_.oneWay(me, him), "sent by his code (semantics 5.1, 5.3 to 5.5)", sink);
    arrive(state, to, ways_.asAnswers(me, him), "put into a live flow (semantics 5.4)", sink,
           &stance_.overInAnswers);
    arrive(state, to, ways_.conversation(him, me), "as an answer (semantics 5.1)", sendingBack(sink));
  }
  if (stance_.direct) return;
  const Packets martian = fromItself(to);
  tell(state, to, ways_.oneWay(me, {to, false}) - martian, "sent by his code (semantics 5.1, 5.3 to 5.5)",
       sink);
  tell(state, to, ways_.asAnswers(me, {to, false}) - martian, "put into a live flow (semantics 5.4)", sink,
       nullptr, Names::all(), &stance_.overInAnswers);
  answersTo(state, to, sink);
}

// Packets from an address of one machine to the same: no service takes them (RFC 1122 section 3.2.1.3 e).
Packets OneStep::fromItself(PartyId id) const {
  const Party& party = network_.parties()[id];
  if (!party.host || party.group) return bddfalse;
  Packets all = bddfalse;
  for (const space::Address& address : network_.model().at(*party.host).addresses) {
    const Addresses one =
        Addresses::of(std::vector<space::AddressRange>{{address.family, address.value, address.value}});
    all |= one.source & one.destination;
  }
  return all & party.own.source & party.own.destination;
}

// What somebody asks his code, by a conversation of its own, it may answer (semantics 5.1).
void OneStep::answersTo(const State& state, PartyId asker, const Sink& sink) const {
  const Packets asked = ways_.conversation({asker, false}, {state.party, true});
  if (asked == bddfalse) return;
  if (mayBeClient(asker)) {
    land(state, {Holding::client, asker, std::nullopt, true, Names::all()}, asked,
         "a client reads from his code", sink);
  }
  for (const model::ServiceId id : servicesOf(asker)) {
    const model::ServiceInstance& service = network_.model().at(id);
    for (const model::Effect& effect : aims_.behaviour(service).effects) {
      if (effect.inwardBits == 0 || !present(effect, service)) continue;
      for (const Aim& aim : aims_.of(service, effect, Names::all())) {
        const Packets packets = asked & aimed(effect, aim, state.party);
        if (packets == bddfalse) continue;
        if (effect.kind == EffectKind::read) {
          land(state, {Holding::told, asker, id, true, Names::all()}, packets, "it reads from his code",
               sink);
          continue;
        }
        const bool chosen = effect.keepsNames || effect.destination == model::Destination::byName ||
                            (effect.kind == EffectKind::lookup && effect.names == model::NamesRule::filter);
        land(state, {Holding::readable, asker, id, true, chosen ? aim.names : Names::all()}, packets,
             {"its " + effect.carrier + " is answered by his code", rateOf(effect, false)}, sink);
      }
    }
  }
}

// Semantics 5.6: what the points quote.
void OneStep::quotes(const State& state, PartyId to, const Sink& sink) const {
  // What arrives is the error, whatever was sent.
  Packets over = stance_.over;
  for (const space::Family family : {space::Family::ipv4, space::Family::ipv6}) {
    if ((over & icmpErrors() & ofFamily(family)) != bddfalse) over |= ofFamily(family);
  }
  arrive(state, to, ways_.quoted(state.party, {to, true}), {"quoted by an enforcement point", kErrors},
         sendingBack(sink), &over);
}

// Semantics 4 `reflects`, 5.6 and decision 0008: services, closed ports and enforcement points answer forged
// packets.
void OneStep::reflections(const State& state, const Sink& sink) const {
  for (PartyId to = 0; to < network_.parties().size(); ++to) {
    if (to == state.party || !stance_.takes[to] || stance_.barred[to]) continue;
    if (network_.parties()[state.party].adversary && network_.parties()[to].adversary) continue;
    const End him{to, true};
    quotes(state, to, sink);
    for (PartyId mirror = 0; mirror < network_.model().hosts.size(); ++mirror) {
      if (mirror == state.party || mirror == to || stance_.barred[mirror]) continue;
      const auto [answering, erring, bits] = reflecting(mirror);
      const Packets packets = ways_.reflected(state.party, mirror, him, answering, erring);
      if (packets == bddfalse) continue;
      // What goes to a mirror inside `from` is no hop outside it; what comes out of there is.
      const bool inside = stance_.starts[state.party] && stance_.starts[mirror];
      arrive(state, to, packets, {"reflected by " + network_.parties()[mirror].text, bits}, sendingBack(sink),
             inside ? &stance_.overSentBack : &stance_.over);
    }
  }
}

// What a host answers to the source that a packet bears: in kind, and with an ICMP error that quotes. A
// closed TCP port answers with a reset (RFC 9293 section 3.10.7.1), any other closed one with an error.
OneStep::Reflecting OneStep::reflecting(PartyId mirror) const {
  const model::Host& host = network_.model().at(*network_.parties()[mirror].host);
  // Code there answers whatever it likes, as a reply where its point has seen the question.
  if (stance_.takes[mirror])
    return {network_.real() - icmpErrors(), network_.real() - tcp() - icmp(), kConversation};
  Packets open = bddfalse, answering = bddfalse;
  std::uint64_t bits = 32;  // the sequence number in a closed port's reset
  for (const model::ServiceId id : host.services) {
    const model::ServiceInstance& service = network_.model().at(id);
    const model::Behaviour& behaviour = aims_.behaviour(service);
    const Packets listens = ofServices(service.listens);
    open |= listens;
    const auto reflects = [&](const model::Reflection& reflection, Packets packets) {
      if (reflection.bits == 0) return;
      answering |= listens & packets;
      bits = std::max(bits, reflection.bits);
    };
    reflects(behaviour.reflectsTcp, tcp());
    reflects(behaviour.reflectsUdp, udp());
    reflects(behaviour.reflectsIcmp, icmp());
  }
  const Packets closed = network_.real() - open - icmp();
  return {answering | (closed & tcp()), closed - tcp(), static_cast<double>(bits) * kReflectionsPerSecond};
}

// Semantics 4: what a client reads it may carry to what it writes, in conversations of its own.
void OneStep::fromClient(const State& state, const Sink& sink) const {
  const End me{state.party, false};
  for (PartyId to = 0; to < network_.parties().size(); ++to) {
    if (to == state.party || stance_.barred[to]) continue;
    if (stance_.takes[to]) arrive(state, to, ways_.oneWay(me, {to, true}), "written by a client", sink);
    tell(state, to, ways_.oneWay(me, {to, false}), "written by a client", sink);
  }
}

void OneStep::fromTold(const State& state, const Sink& sink) const {
  const model::ServiceInstance& service = network_.model().at(*state.service);
  const End me{state.party, false};
  const Packets inside = network_.parties()[state.party].own.source &
                         network_.parties()[state.party].own.destination & network_.sent();
  for (const model::Effect& effect : aims_.behaviour(service).effects) {
    if (!present(effect, service)) continue;
    if (effect.kind == EffectKind::store) {
      land(state, {Holding::readable, state.party, state.service, true, Names::all()}, bddfalse,
           {"stored", kWithinAMachine}, sink);
      continue;
    }
    if (effect.kind == EffectKind::shell) {
      land(state, {Holding::code, state.party, std::nullopt, true, Names::all()}, bddfalse,
           {"a shell", kWithinAMachine}, sink);
      continue;
    }
    if (effect.outwardBits == 0 || effect.kind == EffectKind::read) continue;
    if (effect.destination == model::Destination::pool) {
      for (const model::ZoneId zone : aims_.poolZones(service)) {
        landInPool(state, zone, sink);
      }
    }
    for (const Aim& aim : aims_.of(service, effect, state.names)) {
      for (PartyId to = 0; to < network_.parties().size(); ++to) {
        if (stance_.barred[to]) continue;
        const bool itself = aim.itself && to == state.party;
        const Packets aimed = itself ? ofServices(effect.emits) : this->aimed(effect, aim, to);
        if (aimed == bddfalse) continue;
        if (to == state.party) {
          tell(state, to, inside & aimed, {effect.carrier + ", inside the host", rateOf(effect, true)}, sink,
               &effect, aim.names);
          continue;
        }
        if (stance_.takes[to]) {
          arrive(state, to, aimed & ways_.oneWay(me, {to, true}), {effect.carrier, rateOf(effect, true)},
                 sink);
        }
        tell(state, to, aimed & ways_.oneWay(me, {to, false}), {effect.carrier, rateOf(effect, true)}, sink,
             &effect, aim.names);
      }
    }
  }
}

// What a party opens conversations to another with: code and clients anything, services what they emit.
Packets OneStep::emitted(PartyId asker, PartyId to) const {
  const auto& host = network_.parties()[asker].host;
  if (stance_.takes[asker]) return bddtrue;
  if (!host || stance_.barred[asker]) return bddfalse;
  const model::Host& machine = network_.model().at(*host);
  // An isolated client reads as well; only what it reads goes nowhere.
  if (!machine.servicesStated || machine.services.empty()) return bddtrue;
  Packets all = bddfalse;
  for (const model::ServiceId id : machine.services) {
    const model::ServiceInstance& service = network_.model().at(id);
    for (const model::Effect& effect : aims_.behaviour(service).effects) {
      if (effect.kind == EffectKind::store || effect.kind == EffectKind::shell) continue;
      for (const Aim& aim : aims_.of(service, effect, Names::all())) all |= aimed(effect, aim, to);
    }
  }
  return all;
}

// Whoever is on the path reads what is answered, whoever has asked (decision 0008).
void OneStep::overheard(const State& state, Packets served, const Sink& sink) const {
  for (PartyId reader = 0; reader < network_.parties().size(); ++reader) {
    const Party& party = network_.parties()[reader];
    if (!party.adversary || !network_.model().at(party.zone).onPath || !stance_.takes[reader]) continue;
    for (PartyId asker = 0; asker < network_.parties().size(); ++asker) {
      if (asker == state.party || asker == reader || stance_.barred[asker]) continue;
      const Packets asked = served & ways_.crossing(asker, state.party, reader);
      if (asked == bddfalse) continue;
      arrive(state, reader, asked & emitted(asker, state.party), "overheard on the path", sink);
    }
  }
}

// Whoever asks gets it: code of his, clients, services that ask on somebody's behalf.
void OneStep::fromReadable(const State& state, const Sink& sink) const {
  const model::ServiceInstance& service = network_.model().at(*state.service);
  const Packets served = ofServices(service.listens) & aims_.readers(service);
  overheard(state, served, sink);
  for (PartyId to = 0; to < network_.parties().size(); ++to) {
    if (stance_.barred[to]) continue;
    if (to != state.party) {
      if (stance_.takes[to]) {
        arrive(state, to, served & ways_.conversation({to, true}, {state.party, false}), "read",
               sendingBack(sink));
      }
      if (mayBeClient(to)) {
        const Packets asked = served & ways_.conversation({to, false}, {state.party, false});
        if (asked != bddfalse) {
          land(state, {Holding::client, to, std::nullopt, true, Names::all()}, asked, "read by a client",
               sink);
        }
      }
    }
    for (const model::ServiceId id : servicesOf(to)) readBy(state, network_.model().at(id), id, sink);
  }
}

void OneStep::readBy(const State& state, const model::ServiceInstance& reader, model::ServiceId id,
                     const Sink& sink) const {
  const model::ServiceInstance& service = network_.model().at(*state.service);
  const PartyId by = network_.ofHost(reader.host);
  const Packets served = ofServices(service.listens) & aims_.readers(service);
  const Party& host = network_.parties()[state.party];
  const Packets asked = served & (by == state.party ? host.own.source & host.own.destination & network_.sent()
                                                    : ways_.conversation({by, false}, {state.party, false}));
  if (asked == bddfalse) return;
  for (const model::Effect& effect : aims_.behaviour(reader).effects) {
    if (effect.inwardBits == 0 || !present(effect, reader)) continue;
    for (const Aim& aim : aims_.of(reader, effect, Names::all())) {
      const bool itself = aim.itself && by == state.party;
      const Packets packets = asked & (itself ? ofServices(effect.emits) : aimed(effect, aim, state.party));
      if (packets == bddfalse) continue;
      if (effect.kind == EffectKind::read) {
        land(state, {Holding::told, by, id, true, Names::all()}, packets, effect.carrier, sink);
        continue;
      }
      Names names = Names::all();
      const bool same = aims_.sameNames(effect, service);
      const Names common = same ? aim.names & state.names : aim.names;
      if (common.empty()) continue;
      const bool chosen = effect.keepsNames || effect.destination == model::Destination::byName ||
                          (effect.kind == EffectKind::lookup && effect.names == model::NamesRule::filter);
      if (chosen) names = common;
      land(state, {Holding::readable, by, id, true, names}, packets,
           {effect.carrier + " brings it back", rateOf(effect, false)}, sink);
    }
  }
}

}  // namespace vauban::check
