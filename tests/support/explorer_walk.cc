#include "tests/support/explorer_walk.h"

#include <algorithm>
#include <deque>

namespace vauban::tests {

using model::Destination;
using model::EffectKind;

ConcreteWalk::ConcreteWalk(const Universe& universe, const ConcreteNetwork& network, Unstated unstated,
                           const Question& question)
    : universe_(universe),
      network_(network),
      unstated_(unstated),
      question_(question),
      parties_(static_cast<int>(universe.parties().size())),
      services_(static_cast<int>(universe.model().services.size())) {
  his_.assign(parties_, 0);
  exists_.assign(parties_, 0);
  tunnelOpeners_.assign(services_, {});
  openedAlone_.assign(services_, 0);
  for (int p = 0; p < parties_; ++p) {
    const Party& party = universe_.parties()[p];
    // What starts in `from` does so in the claim's own walk, below: from his end it is nobody's yet.
    const bool named = (question_.to[p] || question_.held[p]) && party.service < 0;
    // Decision 0004: unlisted machines are there only where a claim names their zone; the far end of a tunnel
    // once there is a tunnel.
    exists_[p] = party.kind == Party::Kind::host || party.kind == Party::Kind::untrusted || named;
    his_[p] = party.kind == Party::Kind::untrusted ? 1 : 0;
    // Semantics 4: a host with no `services` key is opaque, with all the powers of a held host; but it is a
    // relay.
    if (party.kind == Party::Kind::host && !universe_.model().hosts[party.host].servicesStated &&
        unstated_ == Unstated::atWorst && !question_.direct)
      his_[p] = 1;
    if (party.kind == Party::Kind::host && runsOpaque(party.host) && !question_.direct) his_[p] = 1;
    if (question_.barred[p]) his_[p] = 0;
  }
  nobodys_ = his_;
  for (int p = 0; p < parties_; ++p) {
    if ((question_.to[p] || question_.held[p]) && universe_.parties()[p].service < 0 && !question_.barred[p])
      his_[p] = 1;
  }
}

// The behaviour of that name says of a service what a missing key says of the host
// (found-explicit-opaque-asks).
bool ConcreteWalk::runsOpaque(int host) const {
  const auto& services = universe_.model().hosts[host].services;
  return std::any_of(services.begin(), services.end(), [&](const model::ServiceId id) {
    return universe_.behaviours().at(universe_.model().at(id).behaviour).name == "opaque";
  });
}

Path ConcreteWalk::run() {
  takeFromHisEnd();
  findOpenedAlone();
  for (int p = 0; p < parties_; ++p) {
    if (!question_.from[p] || universe_.parties()[p].service >= 0) continue;
    exists_[p] = 1;
    his_[p] = question_.barred[p] ? 0 : 1;
  }
  phase_ = Phase::claim;
  while (true) {
    const bool found = explore(Phase::claim, question_.from, question_.to);
    if (found) return {true, tell(arrived_)};
    // Code that the bytes brought somewhere can hear there, too.
    bool grew = false;
    for (const State& state : states_) {
      if (state.holds != Holds::code || his_[state.who]) continue;
      his_[state.who] = 1;
      exists_[state.who] = 1;
      grew = true;
    }
    if (!grew) return {};
  }
}

// Who opens a tunnel from where he waits though nobody in `from` helps him, by gateway.
void ConcreteWalk::findOpenedAlone() {
  const auto some = [](const auto& openers) { return !openers.empty(); };
  if (std::none_of(tunnelOpeners_.begin(), tunnelOpeners_.end(), some)) return;
  Question question = question_;
  for (int p = 0; p < parties_; ++p) question.barred[p] = question.barred[p] || question.from[p];
  ConcreteWalk alone(universe_, network_, unstated_, question);
  alone.takeFromHisEnd();
  for (int s = 0; s < services_; ++s) openedAlone_[s] = alone.tunnelOpeners_[s].empty() ? 0 : 1;
}

// Decision 0008: shells and tunnels count from both ends, also those that he takes from where he waits.
void ConcreteWalk::takeFromHisEnd() {
  if (question_.direct) return;
  const std::vector<char> nowhere(parties_, 0);
  for (bool grew = true; grew;) {
    grew = false;
    std::vector<char> waits(parties_, 0);
    for (int p = 0; p < parties_; ++p) {
      const bool outside = universe_.parties()[p].kind == Party::Kind::untrusted;
      waits[p] = (outside || question_.to[p] || question_.held[p]) && !question_.barred[p] &&
                 universe_.parties()[p].service < 0;
    }
    explore(Phase::commands, waits, nowhere);
    for (const State& state : states_) {
      if (state.holds != Holds::code || his_[state.who]) continue;
      if (universe_.parties()[state.who].kind == Party::Kind::tunnel) continue;  // of each by itself, below
      his_[state.who] = 1;
      grew = true;
    }
    // Decision 0010: who opens a tunnel from where he waits has a machine in the pool; what comes to it has
    // arrived. Whatever gets a packet to the gateway may have opened one, answered or not.
    const std::vector<char> everything = his_;
    for (int w = 0; w < parties_; ++w) {
      if (!waits[w]) continue;
      std::vector<char> one(parties_, 0);
      one[w] = 1;
      // Of each by itself: a tunnel ends where its opener sits.
      his_ = nobodys_;
      his_[w] = 1;
      for (bool more = true; more;) {
        more = false;
        explore(Phase::commands, one, nowhere);
        for (const State& state : states_) {
          if (state.holds != Holds::code || his_[state.who]) continue;
          if (universe_.parties()[state.who].service >= 0) continue;
          his_[state.who] = 1;
          more = true;
        }
      }
      his_ = everything;
      for (const State& state : states_) {
        if (state.holds != Holds::told) continue;
        auto& openers = tunnelOpeners_[state.who];
        if (std::find(openers.begin(), openers.end(), w) != openers.end()) continue;
        for (const int end : universe_.tunnelsOf(state.who, true)) {
          openers.push_back(w);
          his_[end] = 1;
          exists_[end] = 1;
          grew = true;
        }
      }
    }
  }
}

// An effect is there unless a guard of `unless` holds, and only where all of `when` do
// (docs/formats/behaviour.md).
bool ConcreteWalk::present(const model::Effect& effect, const model::ServiceInstance& service) const {
  const auto& behaviour = universe_.behaviours().at(service.behaviour);
  auto holds = [&](const model::Guard& guard) {
    std::vector<std::string> values;
    const auto stated = service.properties.find(guard.property);
    if (stated != service.properties.end() && stated->second) {
      values = *stated->second.value;
    } else {
      // Only hardening properties can be unstated; the best they can be is their best values.
      const auto& rule = behaviour.properties.at(guard.property);
      if (unstated_ == Unstated::atWorst || !rule.gap || !rule.hardens) return false;
      values = rule.best;
    }
    return !values.empty() && std::all_of(values.begin(), values.end(), [&](const std::string& value) {
      return std::find(guard.values.begin(), guard.values.end(), value) != guard.values.end();
    });
  };
  if (std::any_of(effect.unless.begin(), effect.unless.end(), holds)) return false;
  if (!std::all_of(effect.when.begin(), effect.when.end(), holds)) return false;
  if (effect.onlyWith == "upstream") return service.upstream.has_value();
  if (effect.onlyWith == "pool") return service.pool.has_value();
  if (effect.onlyWith == "from") return service.from.has_value();
  if (effect.onlyWith == "names") return service.names.has_value();
  return true;
}

// Does the next service see the name that this one was asked for? A resolver sees the name that is looked up,
// and a proxy's parent what the proxy was asked for; but in a tunnel to a named host (CONNECT) anything can
// be said.
bool ConcreteWalk::keepsName(int service, const model::Effect& effect) const {
  if (effect.kind == EffectKind::lookup) return true;
  const auto& instance = universe_.model().services[service];
  const bool tunnels =
      universe_.behaviours().at(instance.behaviour).name == "http-forward-proxy" && !instance.upstream;
  return effect.keepsNames && !tunnels;
}

// Names are kept from hop to hop within one protocol (decision 0017): whether a service asks onward for the
// names it is asked for in what the opener sends.
bool ConcreteWalk::speaks(int service, const Opener& opener) const {
  if (opener.kind != Opener::Kind::effect) return false;
  auto effects = [&](int of) -> const auto& {
    return universe_.behaviours().at(universe_.model().services[of].behaviour).effects;
  };
  const auto& sent = effects(opener.service)[opener.effect].emits;
  return std::any_of(effects(service).begin(), effects(service).end(),
                     [&](const model::Effect& effect) { return effect.keepsNames && effect.emits == sent; });
}

int ConcreteWalk::leadsOf(int name) const {
  const auto& judged = universe_.names()[name];
  if (judged.hostile) return anywhere;  // he points it at any address
  return judged.own ? home : elsewhere;
}

bool goesByName(const model::Effect& effect) {
  return effect.destination == Destination::byName || effect.keepsNames || effect.kind == EffectKind::lookup;
}

// `asksOn`: a trusted name that is told others is a resolver or a proxy outside: it asks on for them, his
// included (decision 0019).
int ConcreteWalk::byTerms(const model::PlaceTerms& terms, int endpoint, bool asksOn) const {
  const Endpoint& there = universe_.endpoints()[endpoint];
  int goes = 0;
  for (const auto& term : terms) {
    if (term.kind == model::PlaceTerm::Kind::name) {
      const auto judged = universe_.judgeName(term.text);
      const bool outside = universe_.model().zones[there.zone].untrusted;
      if (judged.hostile || (judged.own && there.party >= 0 && !outside)) return 1;
      if (outside && !judged.own && asksOn) return 1;
      if (outside && !judged.own) goes = 2;
    } else if (universe_.means(term, there)) {
      return 1;
    }
  }
  return goes;
}

// A service's own list of addresses; what it allows outside is a partner's, unless the range is too broad to
// be one partner's (decision 0009).
bool ConcreteWalk::listed(const model::ServiceInstance& service, int endpoint, bool& trusted) const {
  if (!service.addresses) return true;
  const Endpoint& there = universe_.endpoints()[endpoint];
  if (service.addresses->deny.contains(there.address)) return false;
  if (!service.addresses->allow) return true;
  if (!service.addresses->allow->contains(there.address)) return false;
  for (const auto& range : service.addresses->allow->ranges()) {
    if (range.family != there.address.family || there.address.value < range.first ||
        there.address.value > range.last)
      continue;
    const space::Bits128 most =
        range.family == space::Family::ipv4 ? space::Bits128{1} << 16U : space::Bits128{1} << 96U;
    if (range.last - range.first < most) trusted = true;
  }
  return true;
}

int ConcreteWalk::goesTo(const Opener& opener, int endpoint) const {
  if (opener.kind != Opener::Kind::effect) return 1;
  const auto& service = universe_.model().services[opener.service];
  const auto& behaviour = universe_.behaviours().at(service.behaviour);
  const auto& effect = behaviour.effects[opener.effect];
  const Endpoint& there = universe_.endpoints()[endpoint];
  const bool outside = universe_.model().zones[there.zone].untrusted;
  // Decision 0013: a proxy with parents asks nobody else.
  const bool parents = behaviour.name == "http-forward-proxy" && service.upstream;
  const bool told = opener.leads == anywhere;  // a name of his
  if (effect.kind == EffectKind::read) {
    const auto& terms = effect.fromUpstream ? service.upstream : service.from;
    return terms ? byTerms(*terms, endpoint) : 1;
  }
  if (effect.kind == EffectKind::lookup)
    return service.resolver ? byTerms(*service.resolver, endpoint, told) : 1;
  bool trusted = false;
  switch (effect.destination) {
    case Destination::fixed:
      return service.upstream ? byTerms(*service.upstream, endpoint, effect.keepsNames && told) : 1;
    case Destination::byName: {
      if (parents) return byTerms(*service.upstream, endpoint, told);
      // Decision 0013: of a mail relay, `upstream` adds destinations.
      if (service.upstream && byTerms(*service.upstream, endpoint, told) == 1) return 1;
      if (!listed(service, endpoint, trusted)) return 0;
      if (opener.leads == home) return !outside && there.party >= 0 ? 1 : 0;
      if (opener.leads == elsewhere) return outside ? 2 : 0;
      return outside && trusted ? 2 : 1;
    }
    case Destination::byAddress:
      // Semantics 4: an allow-list of names refuses literals; a deny-list does not.
      if (service.names && service.names->allow) return 0;
      if (parents) return byTerms(*service.upstream, endpoint, true);  // a literal that the parent goes to
      if (!listed(service, endpoint, trusted)) return 0;
      return outside && trusted ? 2 : 1;
    case Destination::pool:
      return service.pool ? byTerms(*service.pool, endpoint) : 1;
    default:
      return 1;
  }
}

int ConcreteWalk::indexOf(const State& state) const {
  const int names = static_cast<int>(universe_.names().size());
  const int slot = state.name < 0 ? names : state.name;
  const int most = std::max(parties_, services_);
  return ((static_cast<int>(state.holds) * most + state.who) * (names + 1) + slot) * 2 + (state.over ? 1 : 0);
}

bool ConcreteWalk::explore(Phase phase, const std::vector<char>& start, const std::vector<char>& goal) {
  phase_ = phase;
  goal_ = goal;
  openAll();
  states_.clear();
  arrived_ = -1;
  known_.assign(5 * std::max(parties_, services_) * (universe_.names().size() + 1) * 2, -1);
  for (int p = 0; p < parties_; ++p) {
    if (start[p] && !question_.barred[p])
      reach({Holds::code, p, -1, question_.overAny, -1, "starts there"}, false);
    // The far end of a tunnel that he opened is one of the machines of its zone.
    const Party& party = universe_.parties()[p];
    if (phase == Phase::claim && party.kind == Party::Kind::waitingTunnel && his_[p] &&
        start[universe_.ofZone(party.zones.front())])
      reach({Holds::code, p, -1, question_.overAny, -1, "starts there, as a machine of the zone"}, false);
  }
  for (std::size_t index = 0; index < states_.size() && arrived_ < 0; ++index) step(static_cast<int>(index));
  return arrived_ >= 0;
}

// `arrival`: by a hop between machines, which ends the channel where he waits.
void ConcreteWalk::reach(State state, bool arrival) {
  if (arrived_ >= 0) return;
  if (state.holds == Holds::code && arrival && goal_[state.who]) {
    // Decision 0003: a channel ends where the bytes first arrive; they do not leave again to come back over
    // P.
    if (!state.over) return;
    states_.push_back(state);
    arrived_ = static_cast<int>(states_.size()) - 1;
    return;
  }
  // What comes back to `from` was there already (example-multi-zone-dns: a
  // question that a resolver answers, and bytes that leave another way, are no channel over dns).
  auto ofFrom = [&](int who) {
    const Party& party = universe_.parties()[who];
    if (party.kind == Party::Kind::waitingTunnel && openedAlone_[party.service]) return false;
    return question_.from[who] ||
           (party.kind == Party::Kind::tunnel && question_.from[universe_.ofZone(party.zones.front())]);
  };
  if (phase_ == Phase::claim && state.holds == Holds::code && arrival && ofFrom(state.who)) return;
  // Services and clients of the machines where he waits: his code there has it first.
  if (state.holds != Holds::code) {
    const int at = state.holds == Holds::client ? state.who : partyOf(parties_ + state.who);
    if (goal_[at]) return;
    // And what comes back to services of `from` was there already.
    if (phase_ == Phase::claim && arrival && question_.from[at]) return;
  }
  // `direct`: without relays, stores, look-ups; a machine of his own that passes it on relays, too.
  if (question_.direct && arrival && !sameAdversary(state)) return;
  int& known = known_[indexOf(state)];
  if (known >= 0) return;
  if (!state.over) {
    State with = state;
    with.over = true;
    if (known_[indexOf(with)] >= 0) return;
  }
  known = static_cast<int>(states_.size());
  states_.push_back(std::move(state));
}

// How he moves bytes between untrusted zones is nothing (decision 0003).
bool ConcreteWalk::sameAdversary(const State& state) const {
  auto outside = [&](const State& one) {
    return one.holds == Holds::code && universe_.parties()[one.who].kind == Party::Kind::untrusted;
  };
  return outside(state) && state.before >= 0 && outside(states_[state.before]);
}

void ConcreteWalk::step(int index) {
  const State state = states_[index];
  switch (state.holds) {
    case Holds::code:
      stepCode(index);
      return;
    case Holds::client:
      for (const Opener& opener : openers_) {
        if (opener.kind == Opener::Kind::client && opener.carries && opener.party == state.who)
          follow(index, opener, false);
      }
      return;
    case Holds::told:
      stepTold(index);
      return;
    case Holds::stored:
      readBy(index, parties_ + state.who, kReads);
      return;
    case Holds::yields:
      readBy(index, parties_ + state.who, kAnswers);
      return;
  }
}

// What an opener that has the bytes sends gets to whoever hears it.
void ConcreteWalk::follow(int index, const Opener& opener, bool sameName) {
  const State state = states_[index];
  for (int r = 0; r < parties_ + services_; ++r) {
    const Hop& hop = opener.hops[r];
    if ((hop.flags & kTells) == 0) continue;
    const bool with = state.over || (hop.flags & overFlag(kTells)) != 0;
    const std::string how = "sent " + universe_.endpoints()[hop.source].address.toString() + " > " +
                            universe_.endpoints()[hop.destination].address.toString() + " " +
                            universe_.kinds()[hop.kind].service.toString();
    if (r < parties_) {
      reach({Holds::code, r, -1, with, index, how}, true);
    } else if (sameName && speaks(r - parties_, opener)) {
      reach({Holds::told, r - parties_, state.name, with, index, how}, true);
    } else {
      for (int n = 0; n < static_cast<int>(universe_.names().size()); ++n)
        reach({Holds::told, r - parties_, n, with, index, how}, true);
    }
  }
}

void ConcreteWalk::stepCode(int index) {
  const State state = states_[index];
  const int p = state.who;
  const Party& party = universe_.parties()[p];
  // The adversary is one (decision 0003).
  if (party.kind == Party::Kind::untrusted) {
    for (int q = 0; q < parties_; ++q) {
      if (q != p && universe_.parties()[q].kind == Party::Kind::untrusted && !question_.barred[q])
        reach({Holds::code, q, -1, state.over, index, "is the same adversary"}, true);
    }
  }
  if (party.kind == Party::Kind::waitingTunnel) {
    // The tunnel is a conversation of its opener with the gateway.
    bool shows = state.over;
    for (int k = 0; k < static_cast<int>(universe_.kinds().size()); ++k)
      shows = shows || (question_.over[k] && universe_.listens(party.service, k));
    for (const int w : tunnelOpeners_[party.service])
      reach({Holds::code, w, -1, shows, index, "through his tunnel"}, true);
  }
  for (const Opener& opener : openers_) {
    if (opener.kind == Opener::Kind::code && opener.party == p) follow(index, opener, false);
  }
  // What runs beside his code does what he tells it (decision 0008: no filter stands inside a host). It
  // matters where a service can do what its host cannot: a gateway has machines in its pool.
  if (party.kind == Party::Kind::host && !question_.direct) {
    for (const auto service : universe_.model().hosts[party.host].services) {
      if (!universe_.model().at(service).pool) continue;
      for (int n = 0; n < static_cast<int>(universe_.names().size()); ++n)
        reach({Holds::told, static_cast<int>(service.index()), n, state.over, index, "runs beside his code"},
              false);
    }
  }
  readBy(index, p, kAnswers);
  for (int q = 0; q < parties_; ++q) {
    const bool another = q == p && party.group && question_.from[p] && goal_[p];  // machine of the group
    if ((q == p && !another) || !his_[q] || !exists_[q] || question_.barred[q]) continue;
    State there{Holds::code, q, -1, true, index, {}};
    if (known_[indexOf(there)] >= 0 && !goal_[q]) continue;
    there.over = state.over;
    if (state.over && known_[indexOf(there)] >= 0 && !goal_[q]) continue;
    std::string how;
    Hop hop;
    if (!another) {
      hop = without(p, q, how);
    } else if (!question_.direct) {
      how = "quoted by a point to another of the group";
      quoted(p, q, hop);
    }
    if ((hop.flags & kTells) == 0) continue;
    there.over = state.over || (hop.flags & overFlag(kTells)) != 0;
    there.how = how + " " + universe_.endpoints()[hop.source].address.toString() + " > " +
                universe_.endpoints()[hop.destination].address.toString() + " " +
                universe_.kinds()[hop.kind].service.toString();
    reach(there, true);
  }
}

void ConcreteWalk::stepTold(int index) {
  const State state = states_[index];
  const auto& service = universe_.model().services[state.who];
  const auto& effects = universe_.behaviours().at(service.behaviour).effects;
  const int host = universe_.ofHost(service.host);
  if (question_.barred[host]) return;
  for (int e = 0; e < static_cast<int>(effects.size()); ++e) {
    const auto& effect = effects[e];
    if (!present(effect, service)) continue;
    switch (effect.kind) {
      case EffectKind::store:
        reach({Holds::stored, state.who, -1, state.over, index, "keeps it"}, true);
        break;
      case EffectKind::shell:
        reach({Holds::code, host, -1, state.over, index, "gives a shell"}, true);
        break;
      case EffectKind::read:
        break;
      case EffectKind::relay:
      case EffectKind::lookup: {
        if (effect.outwardBits == 0) break;
        if (!universe_.passes(state.who, state.name, effect.names)) break;
        const bool sameName = keepsName(state.who, effect);
        for (const Opener& opener : openers_) {
          if (opener.kind != Opener::Kind::effect || opener.service != state.who || opener.effect != e)
            continue;
          if (goesByName(effect) && opener.leads != leadsOf(state.name)) continue;
          follow(index, opener, sameName);
        }
        if (effect.destination == Destination::pool) {
          for (const int end : universe_.tunnelsOf(state.who, phase_ == Phase::commands))
            reach({Holds::code, end, -1, state.over, index, "through a tunnel"}, true);
          // The gateway has the other ends of all its tunnels: his too.
          for (const int end : universe_.tunnelsOf(state.who, true)) {
            if (phase_ == Phase::claim && his_[end])
              reach({Holds::code, end, -1, state.over, index, "through his tunnel's gateway"}, true);
          }
        }
        break;
      }
    }
  }
}

// Whoever opens a conversation with `responder` takes what it has.
void ConcreteWalk::readBy(int index, int responder, HopFlag flag) {
  const State state = states_[index];
  const int names = static_cast<int>(universe_.names().size());
  for (const Opener& opener : openers_) {
    const Hop& hop = opener.hops[responder];
    if ((hop.flags & flag) == 0) continue;
    const bool with = state.over || (hop.flags & overFlag(flag)) != 0;
    const std::string how = "asked " + universe_.endpoints()[hop.source].address.toString() + " > " +
                            universe_.endpoints()[hop.destination].address.toString() + " " +
                            universe_.kinds()[hop.kind].service.toString();
    if ((hop.flags & kCrossedBack) != 0) {
      for (int q = 0; q < parties_; ++q) {
        const Party& party = universe_.parties()[q];
        if (party.kind == Party::Kind::untrusted && universe_.model().zones[party.zones.front()].onPath)
          reach({Holds::code, q, -1, with, index, how + ", on whose path it comes back"}, true);
      }
    }
    if (opener.kind == Opener::Kind::code) {
      reach({Holds::code, opener.party, -1, with, index, how}, true);
      continue;
    }
    if (opener.kind == Opener::Kind::client) {
      if (opener.carries) reach({Holds::client, opener.party, -1, with, index, how}, true);
      continue;
    }
    const auto& service = universe_.model().services[opener.service];
    const auto& effect = universe_.behaviours().at(service.behaviour).effects[opener.effect];
    if (effect.inwardBits == 0) continue;
    for (int n = 0; n < names; ++n) {
      if (effect.kind == EffectKind::read) {
        reach({Holds::told, opener.service, n, with, index, how}, true);
        continue;
      }
      if (!universe_.passes(opener.service, n, effect.names)) continue;
      if (goesByName(effect) && opener.leads != leadsOf(n)) continue;
      // The name that the next service is asked for is the one that this service is asked for.
      if (keepsName(opener.service, effect) && state.holds == Holds::yields && state.name != n &&
          speaks(state.who, opener))
        continue;
      reach({Holds::yields, opener.service, n, with, index, how}, true);
    }
  }
}

std::string ConcreteWalk::nameOf(const State& state) const {
  const auto& model = universe_.model();
  auto service = [&] {
    const auto& instance = model.services[state.who];
    std::string text = model.at(instance.host).name + "." + instance.name;
    if (state.name >= 0) text += " [" + universe_.names()[state.name].name + "]";
    return text;
  };
  switch (state.holds) {
    case Holds::code:
      return "code at " + universe_.parties()[state.who].name;
    case Holds::client:
      return "client " + universe_.parties()[state.who].name;
    case Holds::told:
      return "told " + service();
    case Holds::stored:
      return "kept at " + service();
    case Holds::yields:
      return "to be asked of " + service();
  }
  return {};
}

std::string ConcreteWalk::tell(int index) const {
  std::vector<std::string> lines;
  for (int at = index; at >= 0; at = states_[at].before)
    lines.push_back("    " + nameOf(states_[at]) + (states_[at].over ? " (over)" : "") + ": " +
                    states_[at].how);
  std::string text;
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) text += *line + "\n";
  return text;
}

}  // namespace vauban::tests
