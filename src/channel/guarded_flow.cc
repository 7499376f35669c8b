#include "channel/guarded_flow.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "base/result.h"
#include "channel/run.h"

namespace vauban::channel {

using model::ServiceInstance;
using reach::AtomId;
using reach::AtomIds;
using reach::PartyId;
using space::NameSet;
using space::ServiceSet;

reach::Atom switchesAtom(const model::Zone& zone) {
  return {"switches " + zone.name,
          "",
          "",
          "a machine of " + zone.name + " can take the address of another",
          "",
          zone.place,
          true};
}

AtomId Solver::Run::failure(const std::string& key, const std::string& text, const Place& place) const {
  reach::Atom atom{key, "", "", text, "", place};
  atom.failure = true;
  return net.atoms().intern(std::move(atom));
}

const std::vector<Solver::Run::Face>& Solver::Run::faces(const ServiceInstance& service) {
  const auto [known, fresh] = faces_.try_emplace(&service);
  std::vector<Face>& all = known->second;
  if (!fresh) return all;
  all.push_back({&service, {}});
  if (!record) return all;
  const std::string where = model.at(service.host).name + "." + service.name;
  auto without = [&](bool names, bool addresses) {
    ServiceInstance& copy = withoutLists_.emplace_back(service);
    Face face{&copy, {}};
    if (names) {
      copy.names.reset();
      copy.answers.clear();
      face.failed = reach::join(face.failed, {failure("names " + where, where + " does not keep to its names",
                                                      service.names ? service.names->place : service.place)});
    }
    if (addresses) {
      copy.addresses.reset();
      face.failed =
          reach::join(face.failed, {failure("addresses " + where, where + " does not keep to its addresses",
                                            service.addresses->place)});
    }
    all.push_back(face);
  };
  const bool names = service.names.has_value() || !service.answers.empty();
  const bool addresses = service.addresses.has_value();
  if (names) without(true, false);
  if (addresses) without(false, true);
  if (names && addresses) without(true, true);
  return all;
}

namespace {

// Of steps between the same two nodes only those that need less, or speak more, than the others.
void prune(std::vector<FlowStep>& steps) {
  std::ranges::stable_sort(steps, {}, [](const FlowStep& step) {
    return std::tuple(step.from, step.to, step.atoms.size(), step.hops.size());
  });
  std::vector<FlowStep> kept;
  std::size_t first = 0;  // of the pair
  for (FlowStep& step : steps) {
    if (!kept.empty() && (kept.back().from != step.from || kept.back().to != step.to)) first = kept.size();
    const bool idle = std::ranges::any_of(
        kept.begin() + static_cast<std::ptrdiff_t>(first), kept.end(), [&](const FlowStep& other) {
          return other.packets.contains(step.packets) && std::ranges::includes(step.atoms, other.atoms);
        });
    if (!idle) kept.push_back(std::move(step));
  }
  steps = std::move(kept);
}

}  // namespace

// Bytes that arrive at a party's address are held by code there, or by a neighbour's once what keeps the two
// apart has failed; and by the same failure that neighbour sends as the party.
void Solver::Run::letSwitchesFail(const Run& run, GuardedFlow& flow) {
  const reach::Setting asWritten;
  std::vector<AtomIds> apart(run.model.zones.size());  // empty: nothing keeps them apart, or nobody is there
  for (std::size_t z = 0; z < run.model.zones.size(); ++z) {
    const model::Zone& zone = run.model.zones[z];
    if (zone.untrusted || run.net.takesNeighbours(model::ZoneId(z), asWritten)) continue;
    apart[z] = {run.net.atoms().intern(switchesAtom(zone))};
  }
  const std::size_t parties = flow.codeAt.size();
  std::vector<std::uint32_t> address(parties, UINT32_MAX);
  for (FlowStep& step : flow.steps) {
    if (step.to >= parties || step.hops.empty()) continue;
    const AtomId code = flow.codeAt[step.to];
    const auto found = code.valid() ? std::ranges::lower_bound(step.atoms, code) : step.atoms.end();
    if (found == step.atoms.end() || *found != code) continue;
    if (address[step.to] == UINT32_MAX) {
      address[step.to] = static_cast<std::uint32_t>(flow.nodes.size());
      flow.nodes.push_back({StateKind::held, PartyId(step.to), {}, NameSet::all(), true});
    }
    step.atoms.erase(found);
    step.to = address[step.to];
  }
  for (std::size_t p = 0; p < parties; ++p) {
    const auto node = static_cast<std::uint32_t>(p);
    if (address[p] != UINT32_MAX)
      flow.steps.push_back({address[p], node, {flow.codeAt[p]}, {}, ServiceSet::all()});
    const reach::Party& party = run.net.at(PartyId(p));
    for (std::size_t m = 0; m < parties; ++m) {
      const reach::Party& mate = run.net.at(PartyId(m));
      if (m == p || !flow.codeAt[p].valid() || !flow.codeAt[m].valid()) continue;
      for (const model::ZoneId zone : party.zones) {
        if (apart[zone.index()].empty() || std::ranges::find(mate.zones, zone) == mate.zones.end()) continue;
        const AtomIds& failed = apart[zone.index()];
        flow.steps.push_back({static_cast<std::uint32_t>(m), node, failed, {}, ServiceSet::all(), true});
        if (address[p] == UINT32_MAX) continue;
        flow.steps.push_back({address[p],
                              static_cast<std::uint32_t>(m),
                              reach::join(failed, {flow.codeAt[m]}),
                              {},
                              ServiceSet::all()});
      }
    }
  }
  prune(flow.steps);
}

GuardedFlow Solver::guardedFlow(const std::vector<bool>& absent) const {
  GuardedFlow flow;
  const reach::Setting asWritten;
  const Query nobody;
  Run run(network_, behaviours_, trust_, nobody, asWritten);
  run.everything = true;
  const std::size_t parties = network_.parties().size();
  run.absent = absent;
  auto left = [&](std::size_t p) { return !absent.empty() && absent[p]; };
  flow.codeAt.resize(parties);
  for (std::size_t p = 0; p < parties; ++p) {
    const reach::Party& party = network_.parties()[p];
    flow.nodes.push_back({StateKind::held, PartyId(p), {}, NameSet::all()});
    if (party.adversary || left(p)) continue;
    flow.codeAt[p] =
        network_.atoms().intern({"code " + party.name, "", "", "his code runs on " + party.name, "", {}});
    run.controlled.emplace(PartyId(p), AtomIds{flow.codeAt[p]});
    if (party.kind != reach::Party::Kind::unlisted) continue;
    // A machine of no list is his own: what it hears he has.
    for (std::size_t his = 0; his < parties; ++his) {
      if (network_.parties()[his].adversary)
        run.hisTunnels[PartyId(p)].emplace(PartyId(his), AtomIds{flow.codeAt[p]});
    }
  }

  std::map<std::pair<StateKind, std::uint32_t>, std::vector<std::uint32_t>> known;  // by all but the names
  for (std::size_t p = 0; p < parties; ++p)
    known[{StateKind::held, static_cast<std::uint32_t>(p)}].push_back(static_cast<std::uint32_t>(p));
  std::uint32_t current = 0;
  // Of the steps from the node: by party, what those take that bring any packets to code there.
  std::vector<std::vector<AtomIds>> wide(parties);
  run.record = [&](const State& to, const std::vector<Hop>& hops, const AtomIds& atoms) {
    auto& alike = known[{to.kind, to.index}];
    auto found =
        std::ranges::find_if(alike, [&](std::uint32_t node) { return flow.nodes[node].names == to.names; });
    if (found == alike.end()) {
      const bool service = to.kind == StateKind::told || to.kind == StateKind::readable;
      alike.push_back(static_cast<std::uint32_t>(flow.nodes.size()));
      found = alike.end() - 1;
      flow.nodes.push_back(
          {to.kind, run.partyOf(to), service ? model::ServiceId(to.index) : model::ServiceId(), to.names});
    }
    if (*found == current) return;
    if (*found < parties) {
      std::vector<AtomIds>& sets = wide[*found];
      if (std::ranges::any_of(sets, [&](const AtomIds& set) { return std::ranges::includes(atoms, set); }))
        return;
      if (hops.empty() || hops.front().packets.full()) {
        std::erase_if(sets, [&](const AtomIds& set) { return std::ranges::includes(set, atoms); });
        sets.push_back(atoms);
      }
    }
    flow.steps.push_back(
        {current, *found, atoms, hops, hops.empty() ? ServiceSet::all() : hops.front().packets});
  };
  std::size_t pruned = 0;
  run.recorded = [&](PartyId held, const AtomIds& atoms) {
    return std::ranges::any_of(wide[held.index()],
                               [&](const AtomIds& set) { return std::ranges::includes(atoms, set); });
  };
  for (; current < flow.nodes.size(); ++current) {
    const FlowNode node = flow.nodes[current];
    if (node.kind == StateKind::held && left(node.party.index())) continue;
    const bool service = node.kind == StateKind::told || node.kind == StateKind::readable;
    State state{node.kind, service ? node.service.value : node.party.value, false, node.names};
    for (auto& sets : wide) sets.clear();
    run.labels.assign(1, {state, {}, {}, -1, 0, 0, false});
    run.expand(state, 0);
    // Code of his tells its machine's services what it likes.
    if (const AtomId code = flow.codeAt[node.party.index()]; node.kind == StateKind::held && code.valid()) {
      for (const model::ServiceId id : run.servicesOf[node.party.index()])
        run.push({StateKind::told, id.value, false, NameSet::all()}, {}, {code}, 0, false);
    }
    std::vector<FlowStep> own(
        std::make_move_iterator(flow.steps.begin() + static_cast<std::ptrdiff_t>(pruned)),
        std::make_move_iterator(flow.steps.end()));
    flow.steps.resize(pruned);
    prune(own);
    flow.steps.insert(flow.steps.end(), std::make_move_iterator(own.begin()),
                      std::make_move_iterator(own.end()));
    pruned = flow.steps.size();
    VAUBAN_CHECK(flow.nodes.size() < 5'000'000);
  }
  Run::letSwitchesFail(run, flow);
  return flow;
}

}  // namespace vauban::channel
