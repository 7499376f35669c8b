#include "channel/solver.h"

#include <algorithm>
#include <limits>
#include <queue>
#include <set>

#include "base/result.h"
#include "channel/run.h"

namespace vauban::channel {

using model::Effect;
using model::ServiceId;
using reach::AtomIds;
using reach::PartyId;
using reach::SourceKind;
using reach::Way;
using reach::WayKind;
using space::NameSet;
using space::ServiceSet;

Solver::Solver(const reach::Network& network, const model::BehaviourCatalogue& behaviours, const Trust& trust,
               Deadline deadline)
    : network_(network), behaviours_(behaviours), trust_(trust), deadline_(deadline) {}

Outcome Solver::solve(const Query& query, const reach::Setting& setting, bool everything) const {
  Run run(network_, behaviours_, trust_, query, setting);
  run.everything = everything;
  run.deadline = deadline_;
  if (!query.direct) run.lookFromHisEnd(*this);
  return run.go();
}

std::vector<Closure> Solver::closures(const Query& query, bool everything) const {
  const reach::Setting asWritten;
  Run run(network_, behaviours_, trust_, query, asWritten);
  std::vector<Closure> closures;
  run.everything = everything;
  if (!query.direct) run.lookFromHisEnd(*this, &closures);
  run.go();
  closures.push_back(run.closure(false));
  if (everything) run.total(&closures.back());
  return closures;
}

Closure Solver::Run::closure(bool hisEnd) const {
  Closure closure{hisEnd, query.from, held, target, source, barred, {}, {}, {}, {}};
  for (std::size_t p = 0; p < held.size(); ++p) {
    if (exists(PartyId(p))) closure.present.insert(PartyId(p));
  }
  for (const auto& [key, names] : reached) {
    if (!names.empty()) closure.reached.emplace(key, names);
  }
  return closure;
}

Solver::Run::Run(const reach::Network& network, const model::BehaviourCatalogue& behaviours,
                 const Trust& trusted, const Query& asked, const reach::Setting& supposed)
    : net(network),
      model(network.model()),
      catalogue(behaviours),
      trust(trusted),
      query(asked),
      setting(supposed) {
  const std::size_t parties = net.parties().size();
  held.assign(parties, false);
  target.assign(parties, false);
  source.assign(parties, false);
  barred.assign(parties, false);
  bool adversaryAwaits = false, adversarySends = false;
  for (PartyId id : query.to) {
    held[id.index()] = target[id.index()] = true;
    adversaryAwaits = adversaryAwaits || net.at(id).adversary;
  }
  for (PartyId id : query.held) held[id.index()] = true;
  for (PartyId id : query.from) {
    held[id.index()] = source[id.index()] = true;
    adversarySends = adversarySends || net.at(id).adversary;
  }
  // The adversary is one, wherever he sits.
  for (std::size_t p = 0; p < parties; ++p) {
    if (!net.parties()[p].adversary) continue;
    held[p] = true;
    if (adversarySends) source[p] = true;
    if (adversaryAwaits && !adversarySends) target[p] = true;
  }
  for (PartyId id : query.without) barred[id.index()] = !source[id.index()] && !target[id.index()];
  anyOnPath = std::ranges::any_of(model.zones, &model::Zone::onPath);
  servicesOf.resize(parties);
  opaqueKnown.resize(parties);
  clientKnown.resize(parties);
  for (std::size_t s = 0; s < model.services.size(); ++s) {
    servicesOf[net.partyOf(model.services[s].host).index()].push_back(ServiceId(s));
  }
}

bool Solver::Run::exists(PartyId id) const {
  // Machines that the model does not list are there only where a claim names their zone.
  if (!absent.empty() && absent[id.index()]) return false;
  const reach::Party& party = net.at(id);
  return party.kind != reach::Party::Kind::unlisted || held[id.index()] || tunnelled.contains(id) ||
         controlled.contains(id);
}

std::optional<AtomIds> Solver::Run::takeover(PartyId id) const {
  if (auto gap = opaque(id)) return gap;
  auto found = controlled.find(id);
  if (found == controlled.end() || held[id.index()]) return std::nullopt;
  return found->second;
}

// What a host sends to itself meets no filter.
std::vector<Way> Solver::Run::loopback(PartyId id) const {
  std::vector<Way> ways;
  for (reach::ClassIndex c : net.at(id).classes) {
    if (net.endpoint(c).linkLocal) continue;
    Way way;
    way.kind = WayKind::free;
    way.from = way.to = way.bears = way.sentTo = c;
    way.fromZone = net.endpoint(c).zone;
    way.packets = ServiceSet::all();
    way.answered = true;
    ways.push_back(way);
    // A list of addresses may refuse those that it has, and forget those that mean whoever asks.
    way.loopback = true;
    ways.push_back(way);
  }
  return ways;
}

bool Solver::Run::opensTunnels(const model::ServiceInstance& service) const {
  const auto& effects = catalogue.at(service.behaviour).effects;
  return std::ranges::find(effects, model::Destination::pool, &Effect::destination) != effects.end();
}

ServiceSet Solver::Run::tunnelPackets() const {
  ServiceSet packets;
  for (const model::ServiceInstance& service : model.services) {
    if (opensTunnels(service)) packets |= service.listens;
  }
  return packets;
}

std::uint64_t Solver::Run::machines(const State& state) const {
  const reach::Party& party = net.at(partyOf(state));
  return party.kind == reach::Party::Kind::host ? std::max<std::uint64_t>(1, model.at(party.host).count) : 1;
}

void Solver::Run::push(State state, std::vector<Hop> hops, const AtomIds& atoms, int parent, bool relayed) {
  if (setting.supposesAny(atoms)) return;
  if (state.names.empty()) return;
  if (record) return record(state, hops, atoms);
  const PartyId party = partyOf(state);
  if (barred[party.index()]) return;
  // What comes back to code of `from` was there already: how it came is no part of the channel (decision
  // 0003).
  // But of the machines of a zone one may be his, by a tunnel.
  if (state.kind == StateKind::held && parent >= 0 && source[party.index()] && !target[party.index()] &&
      !hisTunnels.contains(party))
    return;
  double rate =
      parent < 0 ? std::numeric_limits<double>::infinity() : labels[static_cast<std::size_t>(parent)].rate;
  int length = parent < 0 ? 0 : labels[static_cast<std::size_t>(parent)].length;
  for (const Hop& hop : hops) {
    rate = std::min(rate, hop.bitsPerSecond);
    length += kHopCost + std::min(hop.oddity, 4);
  }
  if (everything && parent >= 0) {
    double step = std::numeric_limits<double>::infinity();
    const State& from = labels[static_cast<std::size_t>(parent)].state;
    for (const Hop& hop : hops)
      step = std::min(step, hop.bitsPerSecond * static_cast<double>(machines(from)));
    double& widest = edges[{{from.kind, from.index, from.seen}, {state.kind, state.index, state.seen}}];
    widest = hops.empty() ? step : std::max(widest, 0.0) + step;
  }
  NameSet& known = reached[{state.kind, state.index, state.seen}];
  if (known.contains(state.names)) return;
  // Where all is summed, each state needs its own steps.
  if (!state.seen && !everything) {
    auto better = reached.find({state.kind, state.index, true});
    if (better != reached.end() && better->second.contains(state.names)) return;
  }
  auto [waiting, first] = pending.try_emplace({state.kind, state.index, state.seen}, length, state.names);
  if (!first && length < waiting->second.first) waiting->second = {length, state.names};
  const bool wasRelayed = parent >= 0 && labels[static_cast<std::size_t>(parent)].relayed;
  labels.push_back({std::move(state), std::move(hops), atoms, parent, length, rate, wasRelayed || relayed});
  open.emplace(length, static_cast<int>(labels.size()) - 1);
}

std::pair<ServiceSet, ServiceSet> Solver::Run::shown(const Way& way, const reach::Fit& packets) const {
  std::pair<ServiceSet, ServiceSet> both{packets.sent & query.over, packets.heard & query.over};
  // Behind a source rewrite the port that the flow's opener asked for can no longer be told.
  if (way.kind == WayKind::liveFlow) {
    const ServiceSet opened = query.over.reversed();
    both.first |= packets.sent & opened;
    if (!way.sent) both.second |= packets.heard & opened;
  }
  return both;
}

// A source that is not one's own is odder than anything else.
int Solver::Run::oddityOf(const Way& way) {
  if (way.source != SourceKind::own) return 2;
  return way.kind == WayKind::rule || way.kind == WayKind::free ? 0 : 1;
}

bool Solver::Run::adds(StateKind kind, std::uint32_t index, bool seen, const NameSet& names, int parent,
                       PartyId from, PartyId to, const Way& way, const reach::Fit& packets) const {
  if (everything) return true;
  if (!seen && outward(from, to)) {
    const auto [sent, heard] = shown(way, packets);
    seen = !sent.empty() || !heard.empty();
  }
  for (bool flag : {seen, true}) {
    auto known = reached.find({kind, index, flag});
    if (known != reached.end() && known->second.contains(names)) return false;
  }
  auto waiting = pending.find({kind, index, seen});
  if (waiting == pending.end()) return true;
  const int length = labels[static_cast<std::size_t>(parent)].length + kHopCost + oddityOf(way);
  return length < waiting->second.first || !waiting->second.second.contains(names);
}

// A hop of the given way, and whether the protocol in question is seen with it.
Hop Solver::Run::makeHop(PartyId from, PartyId to, const Way& way, const reach::Fit& packets,
                         const std::string& carrier, double bits, bool& seen) const {
  Hop hop;
  hop.from = net.at(from).name;
  hop.to = net.at(to).name;
  hop.packets = packets.sent;
  if (outward(from, to) && !seen) {
    // A rewrite may make it the protocol in question, or make something else of it.
    const auto [sent, heard] = shown(way, packets);
    for (const ServiceSet part : {sent, heard}) {
      if (part.empty() || seen) continue;
      hop.packets = part;
      seen = true;
    }
  }
  hop.example = *hop.packets.witness();
  hop.carrier = carrier;
  hop.bitsPerSecond = bits;
  switch (way.source) {
    case SourceKind::own:
      break;
    case SourceKind::neighbour:
      hop.how = net.endpoint(way.from).party == from
                    ? "as another of " + hop.from
                    : "as " + net.at(net.endpoint(way.from).party).name + " (a neighbour's address)";
      break;
    case SourceKind::forged:
      hop.how = "with the forged source of " + net.at(net.endpoint(way.from).party).name;
      break;
  }
  auto add = [&](const std::string& text) { hop.how += (hop.how.empty() ? "" : ", ") + text; };
  if (net.endpoint(way.to).party != to)
    add("taking the address of " + net.at(net.endpoint(way.to).party).name);
  if (way.bears != way.from)
    add("its source rewritten to that of " + net.at(net.endpoint(way.bears).party).name);
  if (way.sentTo != way.to) add("sent to " + net.at(net.endpoint(way.sentTo).party).name + ", rewritten");
  if (way.retargeted) add("its port rewritten");
  switch (way.kind) {
    case WayKind::free:
      add("inside the zone");
      break;
    case WayKind::rule:
      break;
    case WayKind::uncovered:
      add(std::string("over ") + (net.endpoint(way.from).family == space::Family::ipv6 ? "IPv6" : "IPv4") +
          ", which the filter does not cover");
      break;
    case WayKind::liveFlow:
      add("into a live flow");
      break;
    case WayKind::related:
      add("as an ICMP error related to a live flow");
      break;
    case WayKind::helper:
      add("as a conversation named by a tracking helper");
      break;
    case WayKind::failed:
      add("past what has failed");
      break;
  }
  hop.oddity = oddityOf(way);
  hop.rule = net.letsPass(way, hop.example);
  return hop;
}

double Solver::Run::rateOf(const Way& way) {
  return way.kind == WayKind::related ? kErrorBitsPerSecond : kConversationBitsPerSecond;
}

double Solver::Run::rateOf(const Effect& effect, bool outward) {
  const double bits = static_cast<double>(outward ? effect.outwardBits : effect.inwardBits);
  return bits * (effect.messagesPerSecond > 0 ? effect.messagesPerSecond : 1000);
}

std::optional<AtomIds> Solver::Run::opaque(PartyId id) const {
  auto& known = opaqueKnown[id.index()];
  if (!known) known = askOpaque(id);
  return *known;
}

std::optional<AtomIds> Solver::Run::client(PartyId id) {
  auto& known = clientKnown[id.index()];
  if (!known) known = askClient(id);
  return *known;
}

std::optional<AtomIds> Solver::Run::askOpaque(PartyId id) const {
  const reach::Party& party = net.at(id);
  if (party.kind != reach::Party::Kind::host || held[id.index()]) return std::nullopt;
  const model::Host& host = model.at(party.host);
  if (host.servicesStated) return std::nullopt;
  if (!host.services.empty()) return AtomIds{};  // it says so itself
  const reach::AtomId atom =
      net.atoms().intern({"services " + host.name, "services: {}", "hosts." + host.name,
                          host.name + " offers nothing to anybody (or list the services it runs)",
                          "scan " + host.name + " for listening ports", host.place});
  if (setting.supposes(atom)) return std::nullopt;
  return AtomIds{atom};
}

std::optional<AtomIds> Solver::Run::askClient(PartyId id) {
  const reach::Party& party = net.at(id);
  if (party.kind != reach::Party::Kind::host || held[id.index()]) return std::nullopt;
  const model::Host& host = model.at(party.host);
  if (!servicesOf[id.index()].empty()) return std::nullopt;
  if (!host.servicesStated && opaque(id)) return std::nullopt;
  if (host.clientIsolated && *host.clientIsolated.value) {
    if (record) {
      return AtomIds{failure("client " + host.name, host.name + " carries what it reads on to what it writes",
                             host.clientIsolated.place)};
    }
    rests.insert({true, host.name + " is an isolated client: nothing it reads goes on to what it writes",
                  host.clientIsolated.place});
    return std::nullopt;
  }
  const reach::AtomId atom = net.atoms().intern(
      {"client " + host.name, "client: isolated", "hosts." + host.name,
       "nothing that " + host.name + " reads can go on to what it writes",
       "open a marked document on " + host.name + " and look for the mark in what it sends", host.place});
  if (setting.supposes(atom)) return std::nullopt;
  return AtomIds{atom};
}

std::optional<AtomIds> Solver::Run::present(const model::ServiceInstance& service, const Effect& effect) {
  const model::Behaviour& behaviour = catalogue.at(service.behaviour);
  const std::string where = model.at(service.host).name + "." + service.name;
  if (!effect.onlyWith.empty()) {
    const bool given = effect.onlyWith == "upstream" ? service.upstream.has_value()
                       : effect.onlyWith == "pool"   ? service.pool.has_value()
                       : effect.onlyWith == "from"   ? service.from.has_value()
                       : effect.onlyWith == "names"  ? service.names.has_value()
                                                     : true;
    if (!given) return std::nullopt;
  }
  auto holds = [&](const model::Guard& guard, const model::Stated<std::vector<std::string>>& stated) {
    return !stated.value->empty() && std::ranges::all_of(*stated.value, [&](const std::string& value) {
      return std::ranges::find(guard.values, value) != guard.values.end();
    });
  };
  for (const model::Guard& guard : effect.when) {
    auto stated = service.properties.find(guard.property);
    if (stated == service.properties.end() || !stated->second || !holds(guard, stated->second)) {
      if (stated == service.properties.end() || !stated->second) {
        rests.insert(
            {false, where + " does not state " + guard.property + ": by default it does not", service.place});
      }
      return std::nullopt;
    }
  }
  AtomIds atoms;
  for (const model::Guard& guard : effect.unless) {
    auto stated = service.properties.find(guard.property);
    if (stated != service.properties.end() && stated->second) {
      if (holds(guard, stated->second)) {
        if (record) {
          atoms = reach::join(atoms, {failure("property " + where + " " + guard.property,
                                              where + " does not do as it says: " + guard.property + ": " +
                                                  join(*stated->second.value),
                                              stated->second.place)});
          continue;
        }
        auto rule = behaviour.properties.find(guard.property);
        rests.insert({true,
                      where + ": " + guard.property + ": " + join(*stated->second.value) +
                          (rule != behaviour.properties.end() && !rule->second.meaning.empty()
                               ? " (" + rule->second.meaning + ")"
                               : ""),
                      stated->second.place});
        return std::nullopt;
      }
      continue;
    }
    auto rule = behaviour.properties.find(guard.property);
    if (rule != behaviour.properties.end() && !rule->second.gap) continue;
    // A property is stated once: with the best of its values or not to any use here.
    const bool closes = rule == behaviour.properties.end() ||
                        std::ranges::all_of(rule->second.best, [&](const std::string& value) {
                          return std::ranges::find(guard.values, value) != guard.values.end();
                        });
    if (!closes) continue;
    const bool list = rule != behaviour.properties.end() && rule->second.isList;
    const std::string values = join(guard.values);
    const reach::AtomId atom =
        net.atoms().intern({"property " + where + " " + guard.property + " " + values,
                            guard.property + ": " + (list ? "[" + values + "]" : values),
                            "hosts." + model.at(service.host).name + ".services." + service.name,
                            rule != behaviour.properties.end() ? rule->second.meaning : "",
                            rule != behaviour.properties.end() ? rule->second.test : "", service.place});
    if (setting.supposes(atom)) return std::nullopt;
    atoms = reach::join(atoms, {atom});
  }
  return atoms;
}

std::string Solver::Run::join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

// The greatest flow from the sources to the targets over the edges taken (Edmonds and Karp 1972): never below
// what all channels together carry. Into the closure, where it is narrowest.
double Solver::Run::total(Closure* closure) const {
  constexpr double kInfinite = 1e18;
  std::map<StateKey, std::map<StateKey, double>> room;
  const StateKey start{StateKind::held, UINT32_MAX, false}, end{StateKind::held, UINT32_MAX, true};
  for (std::size_t p = 0; p < source.size(); ++p) {
    if (source[p]) room[start][{StateKind::held, static_cast<std::uint32_t>(p), false}] = kInfinite;
  }
  for (const auto& [edge, rate] : edges) {
    room[edge.first][edge.second] += std::min(rate, kInfinite);
    const auto& [kind, index, seen] = edge.second;
    if (kind == StateKind::held && target[index] && seen) room[edge.second][end] = kInfinite;
  }
  double sum = 0;
  constexpr int kMostRounds = 100'000;
  for (int round = 0; round < kMostRounds; ++round) {
    std::map<StateKey, StateKey> from;
    std::vector<StateKey> queue{start};
    from[start] = start;
    for (std::size_t q = 0; q < queue.size() && !from.contains(end); ++q) {
      for (const auto& [next, left] : room[queue[q]]) {
        if (left > 1e-6 && from.try_emplace(next, queue[q]).second) queue.push_back(next);
      }
    }
    if (!from.contains(end)) {
      if (closure == nullptr) return sum;
      for (const auto& [key, names] : closure->reached) {
        if (!names.empty() && !from.contains(key)) closure->far.insert(key);
      }
      for (const auto& [edge, rate] : edges) {
        if (from.contains(edge.first) && !from.contains(edge.second)) closure->cut.emplace(edge, rate);
      }
      return sum;
    }
    double through = kInfinite;
    for (StateKey at = end; at != start; at = from[at]) through = std::min(through, room[from[at]][at]);
    for (StateKey at = end; at != start; at = from[at]) {
      room[from[at]][at] -= through;
      room[at][from[at]] += through;
    }
    sum += through;
    if (sum >= kInfinite) return sum;
  }
  return kInfinite;
}

// The fixpoint; the label that arrived first, or -1.
int Solver::Run::explore() {
  for (std::size_t p = 0; p < held.size(); ++p) {
    if (source[p])
      push({StateKind::held, static_cast<std::uint32_t>(p), false, NameSet::all()}, {}, {}, -1, false);
  }
  int arrival = -1;
  while (!open.empty()) {
    if (deadline && std::chrono::steady_clock::now() > *deadline) {
      stopped = true;
      break;
    }
    const int index = open.top().second;
    open.pop();
    const State state = labels[static_cast<std::size_t>(index)].state;
    NameSet& known = reached[{state.kind, state.index, state.seen}];
    if (known.contains(state.names)) continue;
    known = known | state.names;
    // A source that lies in `to` as well starts there: for the others of `to` its bytes have yet to move.
    const bool start = labels[static_cast<std::size_t>(index)].parent < 0;
    if (state.kind == StateKind::held && target[state.index] && !start) {
      // A channel ends where the bytes first arrive: what he does with them afterwards is no part of it.
      if (!state.seen) continue;
      if (arrival < 0) arrival = index;
      if (!everything) break;
      continue;
    }
    expand(state, index);
    VAUBAN_CHECK(labels.size() < 50'000'000);
  }
  return arrival;
}

// Code that the bytes brought somewhere hears there too, and so does the far end of a tunnel: whether some
// party is to be taken for held from the start, where this run did not know yet.
bool Solver::Run::learnt() {
  bool grew = tunnelled.size() > tunnelsKnown;
  tunnelsKnown = tunnelled.size();
  // Elsewhere it hears nothing that it has not got.
  if (query.direct || query.over.full()) return grew;
  for (const Entered& place : entered()) {
    const PartyId id = place.party;
    if (held[id.index()] || reached.contains({StateKind::held, id.value, true}) || opaque(id)) continue;
    grew = controlled.try_emplace(id, place.atoms).second || grew;
  }
  return grew;
}

Outcome Solver::Run::go() {
  Outcome outcome;
  int arrival = explore();
  while ((arrival < 0 || everything) && !stopped && learnt()) {
    labels.clear();
    open = {};
    reached.clear();
    pending.clear();
    edges.clear();
    arrival = explore();
  }
  for (const auto& [key, names] : reached) {
    if (!names.empty()) outcome.states.push_back(inWords(key));
  }
  std::ranges::sort(outcome.states);
  outcome.states.erase(std::ranges::unique(outcome.states).begin(), outcome.states.end());
  outcome.rests.assign(rests.begin(), rests.end());
  outcome.stopped = stopped;
  if (arrival < 0 || stopped) return outcome;
  outcome.reached = true;
  outcome.bitsPerSecond = labels[static_cast<std::size_t>(arrival)].rate;
  for (int at = arrival; at >= 0; at = labels[static_cast<std::size_t>(at)].parent) {
    Label& label = labels[static_cast<std::size_t>(at)];
    outcome.atoms = reach::join(outcome.atoms, label.atoms);
    outcome.hops.insert(outcome.hops.begin(), label.hops.begin(), label.hops.end());
    outcome.direct = outcome.direct && !label.relayed;
  }
  if (everything) outcome.totalBitsPerSecond = total(nullptr);
  return outcome;
}

std::string Solver::Run::inWords(const StateKey& key) const {
  const auto& [kind, index, seen] = key;
  (void)seen;
  switch (kind) {
    case StateKind::held:
      return net.parties()[index].name + " holds the bytes";
    case StateKind::client:
      return net.parties()[index].name + " has read the bytes";
    case StateKind::told:
      return model.at(model.services[index].host).name + "." + model.services[index].name +
             " is told the bytes";
    case StateKind::readable:
      return model.at(model.services[index].host).name + "." + model.services[index].name +
             " answers with the bytes";
  }
  return "";
}

}  // namespace vauban::channel
