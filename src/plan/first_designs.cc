#include "plan/first_designs.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <set>

#include "plan/selection_knowledge.h"

namespace vauban::plan {
namespace {

using Levels = std::set<std::uint32_t>;

class LeavingOut {
 public:
  using Judge = std::function<Levels(const Design&)>;  // which levels hold

  LeavingOut(const SelectionKnowledge& knowledge, Judge judge, double seconds)
      : knowledge_(knowledge),
        judge_(std::move(judge)),
        end_(std::chrono::steady_clock::now() +
             std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                 std::chrono::duration<double>(seconds))) {}

  bool spent() const { return std::chrono::steady_clock::now() >= end_; }

  bool holds(const CandidateSet& design, std::uint32_t level) { return levels(design).contains(level); }
  bool holdsAllOf(const CandidateSet& design, const CandidateSet& other) {
    return std::ranges::includes(levels(design), levels(other));
  }

  // Where it may be found that a level holds: all together; without those that open as much as they shut; and
  // each of these with the others.
  std::vector<CandidateSet> widest(const CandidateSet& base) const {
    const CandidateSet shutting = everything(base, false);
    std::vector<CandidateSet> all{everything(base, true), shutting};
    for (const std::uint32_t i : byDays(false)) {
      CandidateSet one = base;
      one.add(i);
      if (knowledge_.opens(i) && !shutting.contains(i) && knowledge_.respects(one))
        all.push_back(everything(one, false));
    }
    return all;
  }

  // All candidates beyond these but those that clash with others: the dear ones give way.
  CandidateSet everything(CandidateSet design, bool opening) const {
    for (bool grew = true; grew;) {
      grew = false;
      for (const std::uint32_t i : byDays(false)) {
        if (design.contains(i) || knowledge_.excluded(i, design)) continue;
        if (!opening && knowledge_.opens(i)) continue;
        CandidateSet more = design;
        more.add(i);
        if (!knowledge_.respects(more)) continue;
        design = more;
        grew = true;
      }
    }
    return design;
  }

  // Halves, quarters and so on are left out, the dear ones first, until each that is left is needed.
  std::optional<CandidateSet> least(const CandidateSet& base, std::uint32_t level) {
    const std::vector<CandidateSet> wide = widest(base);
    const auto holding = std::ranges::find_if(
        wide, [&](const CandidateSet& design) { return !spent() && holds(design, level); });
    if (holding == wide.end()) return std::nullopt;
    CandidateSet design = *holding;
    for (std::size_t part = std::max<std::size_t>(1, design.count() / 2); part > 0 && !spent(); part /= 2) {
      const std::vector<std::uint32_t> order = byDays(true);
      for (std::size_t at = 0; at < order.size() && !spent();) {
        CandidateSet fewer = design;
        std::size_t taken = 0;
        for (; at < order.size() && taken < part; ++at) {
          if (!fewer.contains(order[at]) || base.contains(order[at])) continue;
          fewer.remove(order[at]);
          ++taken;
        }
        if (taken == 0) break;
        leaveOutWhatNeeds(fewer);
        if (base.isSubsetOf(fewer) && holds(fewer, level)) design = fewer;
      }
    }
    return design;
  }

  std::vector<std::uint32_t> byDays(bool dearFirst) const {
    std::vector<std::uint32_t> order = knowledge_.byId();
    std::ranges::stable_sort(
        order, {}, [&](std::uint32_t i) { return dearFirst ? -knowledge_.days(i) : knowledge_.days(i); });
    return order;
  }

 private:
  const Levels& levels(const CandidateSet& design) {
    const auto [known, fresh] = known_.try_emplace(design);
    if (fresh) known->second = judge_(design.members());
    return known->second;
  }

  void leaveOutWhatNeeds(CandidateSet& design) const {
    for (bool changed = true; changed;) {
      changed = false;
      for (const std::uint32_t i : design.members()) {
        if (knowledge_.needsMet(i, design)) continue;
        design.remove(i);
        changed = true;
      }
    }
  }

  const SelectionKnowledge& knowledge_;
  Judge judge_;
  std::chrono::steady_clock::time_point end_;
  std::map<CandidateSet, Levels> known_;
};

bool holdsToday(const SelectionKnowledge& knowledge, std::uint32_t level) {
  const Evaluation* nothing = knowledge.find(knowledge.none());
  return nothing != nullptr && nothing->levels[level];
}

}  // namespace

FirstDesigns firstForClaims(const PlanProblem& problem, const Designs& designs,
                            const SelectionKnowledge& knowledge, const SelectionLimits& limits,
                            double seconds) {
  const auto judge = [&](const Design& design) {
    Levels levels;
    const auto verdicts = designs.verdictsShut(design);
    for (std::uint32_t l = 0; verdicts && l < problem.levels.size(); ++l) {
      if (problem.levels[l].tier != TierKind::claims) continue;
      const auto found = verdicts->find(problem.levels[l].claim);
      if (found != verdicts->end() && found->second == channel::Verdict::kept) levels.insert(l);
    }
    return levels;
  };
  LeavingOut search(knowledge, judge, seconds);
  FirstDesigns made;
  std::vector<CandidateSet> sets;
  for (std::uint32_t l = 0; l < problem.levels.size() && !search.spent(); ++l) {
    if (problem.levels[l].tier != TierKind::claims || holdsToday(knowledge, l)) continue;
    // What keeps another may keep this as well.
    if (std::ranges::any_of(sets, [&](const CandidateSet& known) { return search.holds(known, l); }))
      continue;
    const auto set = search.least(knowledge.none(), l);
    if (!set) continue;
    made.least.push_back(set->members());
    sets.push_back(*set);
  }
  std::ranges::stable_sort(sets, {}, [&](const CandidateSet& set) { return knowledge.daysOf(set); });
  CandidateSet together = knowledge.none();
  for (const CandidateSet& set : sets) {
    const CandidateSet more = together.with(set);
    if (more == together || !knowledge.respects(more) || !knowledge.fits(more, limits)) continue;
    together = more;
    made.together.push_back(together.members());
  }
  // What one set is for another may give as well.
  const CandidateSet all = together;
  for (const std::uint32_t i : search.byDays(true)) {
    if (!together.contains(i) || search.spent()) continue;
    CandidateSet fewer = together;
    fewer.remove(i);
    if (knowledge.respects(fewer) && search.holdsAllOf(fewer, all)) together = fewer;
  }
  if (!(together == all)) made.together.push_back(together.members());
  return made;
}

FirstDesigns firstForGoals(const PlanProblem& problem, const Designs& designs,
                           const SelectionKnowledge& knowledge, const SelectionLimits& limits,
                           const Design& base, double seconds) {
  const auto judge = [&](const Design& design) {
    Levels levels;
    const auto goals = designs.goalsAtBest(design);
    if (!goals) return levels;
    DesignState state;
    state.goals = *goals;
    for (std::uint32_t l = 0; l < problem.levels.size(); ++l)
      if (problem.levels[l].tier == TierKind::depth && holds(problem.levels[l], state)) levels.insert(l);
    return levels;
  };
  const auto kept = [&](const Design& design) {
    std::set<std::string> claims;
    const auto verdicts = designs.verdicts(design);
    if (!verdicts) return claims;
    for (const auto& [claim, verdict] : *verdicts)
      if (verdict == channel::Verdict::kept) claims.insert(claim);
    return claims;
  };
  LeavingOut search(knowledge, judge, seconds);
  FirstDesigns made;
  CandidateSet together = knowledge.setOf(base);
  const auto keptBefore = kept(base);
  std::vector<std::uint32_t> levels;
  for (std::uint32_t l = 0; l < problem.levels.size(); ++l)
    if (problem.levels[l].tier == TierKind::depth && !holdsToday(knowledge, l)) levels.push_back(l);
  std::ranges::stable_sort(levels, {}, [&](std::uint32_t l) { return problem.levels[l].least; });
  for (const std::uint32_t l : levels) {
    if (search.spent()) break;
    if (search.holds(together, l)) continue;
    const auto set = search.least(together, l);
    if (!set) continue;
    made.least.push_back(set->members());
    if (!knowledge.fits(*set, limits) || !std::ranges::includes(kept(set->members()), keptBefore)) continue;
    together = *set;
    made.together.push_back(together.members());
  }
  return made;
}

}  // namespace vauban::plan
