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
  for (const std::vector<PartyId>& origin : hisEnds()) {
    // Claims that lead to the same places ask the same.
    constexpr std::size_t kMostKept = 512;
    if (solver.hisEnds_.size() > kMostKept) solver.hisEnds_.clear();
    const auto [known, fresh] = solver.hisEnds_.try_emplace({origin, query.without, setting});
    if (fresh || closures != nullptr) {
      Query his;
      his.from = origin;
      his.without = query.without;
      Run before(solver.network_, solver.behaviours_, solver.trust_, his, setting);
      before.deadline = deadline;
      before.go();
      if (closures != nullptr) closures->push_back(before.closure(true));
      known->second = before.entered();
      if (before.stopped) {
        stopped = true;
        solver.hisEnds_.erase(known);
        return;
      }
    }
    for (const Entered& entered : known->second) {
      auto least = [&](std::map<PartyId, AtomIds>& map, PartyId id) {
        auto [first, isFirst] = map.try_emplace(id, entered.atoms);
        if (!isFirst && entered.atoms.size() < first->second.size()) first->second = entered.atoms;
      };
      if (!held[entered.party.index()]) least(controlled, entered.party);
      if (entered.tunnel) {
        for (PartyId opener : origin) least(hisTunnels[entered.party], opener);
      }
    }
  }
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
  return all;
}

}  // namespace vauban::channel
