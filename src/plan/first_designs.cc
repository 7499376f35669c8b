#include "plan/first_designs.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <set>

#include "plan/selection_knowledge.h"

namespace vauban::plan {
namespace {

class LeavingOut {
 public:
  LeavingOut(const Designs& designs, const SelectionKnowledge& knowledge, double seconds)
      : designs_(designs),
        knowledge_(knowledge),
        end_(std::chrono::steady_clock::now() +
             std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                 std::chrono::duration<double>(seconds))) {}

  bool spent() const { return std::chrono::steady_clock::now() >= end_; }

  bool keeps(const CandidateSet& design, const std::string& claim) {
    const auto [known, fresh] = kept_.try_emplace(design);
    if (fresh) {
      if (const auto verdicts = designs_.verdictsShut(design.members())) {
        for (const auto& [id, verdict] : *verdicts)
          if (verdict == channel::Verdict::kept) known->second.insert(id);
      }
    }
    return known->second.contains(claim);
  }

  // All candidates but those that clash with others: the dear ones give way.
  CandidateSet everything() const {
    CandidateSet design = knowledge_.none();
    for (bool grew = true; grew;) {
      grew = false;
      for (const std::uint32_t i : byDays(false)) {
        if (design.contains(i) || knowledge_.excluded(i, design)) continue;
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
  std::optional<CandidateSet> least(CandidateSet design, const std::string& claim) {
    if (!keeps(design, claim)) return std::nullopt;
    for (std::size_t part = std::max<std::size_t>(1, design.count() / 2); part > 0 && !spent(); part /= 2) {
      const std::vector<std::uint32_t> order = byDays(true);
      for (std::size_t at = 0; at < order.size() && !spent();) {
        CandidateSet fewer = design;
        std::size_t taken = 0;
        for (; at < order.size() && taken < part; ++at) {
          if (!fewer.contains(order[at])) continue;
          fewer.remove(order[at]);
          ++taken;
        }
        if (taken == 0) break;
        leaveOutWhatNeeds(fewer);
        if (keeps(fewer, claim)) design = fewer;
      }
    }
    return design;
  }

 private:
  std::vector<std::uint32_t> byDays(bool dearFirst) const {
    std::vector<std::uint32_t> order = knowledge_.byId();
    std::ranges::stable_sort(
        order, {}, [&](std::uint32_t i) { return dearFirst ? -knowledge_.days(i) : knowledge_.days(i); });
    return order;
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

  const Designs& designs_;
  const SelectionKnowledge& knowledge_;
  std::chrono::steady_clock::time_point end_;
  std::map<CandidateSet, std::set<std::string>> kept_;  // by design: claims that it keeps
};

}  // namespace

FirstDesigns firstDesigns(const PlanProblem& problem, const Designs& designs,
                          const SelectionKnowledge& knowledge, const SelectionLimits& limits,
                          double seconds) {
  FirstDesigns made;
  LeavingOut search(designs, knowledge, seconds);
  const CandidateSet everything = search.everything();
  const Evaluation* nothing = knowledge.find(knowledge.none());
  std::vector<CandidateSet> sets;
  for (std::size_t l = 0; l < problem.levels.size() && !search.spent(); ++l) {
    if (problem.levels[l].tier != TierKind::claims || (nothing != nullptr && nothing->levels[l])) continue;
    const std::string& claim = problem.levels[l].claim;
    // What keeps another may keep this as well.
    if (std::ranges::any_of(sets, [&](const CandidateSet& known) { return search.keeps(known, claim); }))
      continue;
    const auto set = search.least(everything, claim);
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
  return made;
}

}  // namespace vauban::plan
