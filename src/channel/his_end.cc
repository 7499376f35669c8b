// What the adversary takes from where he waits, before anything is sent to him (decision 0010).
#include "channel/run.h"

namespace vauban::channel {

using reach::AtomIds;
using reach::PartyId;

// Where he waits. A tunnel ends where its opener sits, so where there are tunnels each of these places is
// looked at by itself; the untrusted zones are one.
std::vector<std::vector<PartyId>> Solver::Run::hisEnds() const {
  std::vector<std::vector<PartyId>> origins;
  std::vector<PartyId> adversary, others;
  for (std::size_t p = 0; p < held.size(); ++p) {
    if (held[p] && !source[p]) (net.parties()[p].adversary ? adversary : others).emplace_back(p);
  }
  if (tunnelPackets().empty()) {
    adversary.insert(adversary.end(), others.begin(), others.end());
    others.clear();
  }
  if (!adversary.empty()) origins.push_back(adversary);
  for (PartyId id : others) origins.push_back({id});
  return origins;
}

// Shells and tunnels that he takes from where he waits: the same fixpoint, from his end.
void Solver::Run::lookFromHisEnd(const Solver& solver, std::vector<Closure>* closures) {
  auto least = [](std::map<PartyId, AtomIds>& map, PartyId id, const AtomIds& atoms) {
    auto [first, isFirst] = map.try_emplace(id, atoms);
    if (!isFirst && atoms.size() < first->second.size()) first->second = atoms;
  };
  for (const std::vector<PartyId>& origin : hisEnds()) {
    const std::vector<Entered>* places = entersFrom(solver, origin, query.without, closures);
    if (places == nullptr) return;
    bool tunnels = false;
    for (const Entered& entered : *places) {
      if (!held[entered.party.index()]) least(controlled, entered.party, entered.atoms);
      if (!entered.tunnel) continue;
      tunnels = true;
      for (PartyId opener : origin) least(hisTunnels[entered.party], opener, entered.atoms);
    }
    if (!tunnels) continue;
    std::vector<PartyId> alone = query.without;
    for (std::size_t p = 0; p < source.size(); ++p) {
      if (source[p] && std::ranges::find(origin, PartyId(p)) == origin.end()) alone.emplace_back(p);
    }
    std::ranges::sort(alone);
    alone.erase(std::ranges::unique(alone).begin(), alone.end());
    places = entersFrom(solver, origin, alone, nullptr);
    if (places == nullptr) return;
    for (const Entered& entered : *places) {
      if (entered.tunnel) least(openedAlone, entered.party, entered.atoms);
    }
  }
}

// Null where time ran out.
const std::vector<Solver::Entered>* Solver::Run::entersFrom(const Solver& solver,
                                                            const std::vector<PartyId>& origin,
                                                            const std::vector<PartyId>& without,
                                                            std::vector<Closure>* closures) {
  // Claims that lead to the same places ask the same.
  constexpr std::size_t kMostKept = 512;
  if (solver.hisEnds_.size() > kMostKept) solver.hisEnds_.clear();
  const auto [known, fresh] = solver.hisEnds_.try_emplace({origin, without, setting});
  if (fresh || closures != nullptr) {
    Query his;
    his.from = origin;
    his.without = without;
    Run before(solver.network_, solver.behaviours_, solver.trust_, his, setting);
    before.deadline = deadline;
    before.go();
    if (closures != nullptr) closures->push_back(before.closure(true));
    known->second = before.entered();
    if (before.stopped) {
      stopped = true;
      solver.hisEnds_.erase(known);
      return nullptr;
    }
  }
  return &known->second;
}

// The places that a run has got into, besides those it began with, and the gaps each time.
std::vector<Solver::Entered> Solver::Run::entered() const {
  std::vector<Entered> all;
  for (std::size_t l = 0; l < labels.size(); ++l) {
    const State& state = labels[l].state;
    if (state.kind != StateKind::held || labels[l].parent < 0) continue;
    Entered entered{PartyId(state.index), {}, tunnelled.contains(PartyId(state.index))};
    entered.atoms = gapsTo(static_cast<int>(l));
    all.push_back(std::move(entered));
  }
  // Where nobody may help who is there already, a tunnel ends all the same.
  for (const auto& [end, atoms] : tunnelled) {
    if (barred[end.index()]) all.push_back({end, atoms, true});
  }
  return all;
}

}  // namespace vauban::channel
