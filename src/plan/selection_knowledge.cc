#include "plan/selection_knowledge.h"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <numeric>
#include <system_error>
#include <thread>

namespace vauban::plan {
namespace {

constexpr std::size_t kUnbuildableKept = 100;

}  // namespace

Units unitsOf(double value) { return std::llround(value * 1000); }
double inNumbers(Units units) { return static_cast<double>(units) / 1000; }

bool LevelCut::allows(const CandidateSet& design) const {
  return std::ranges::any_of(chosen, [&](std::uint32_t i) { return design.contains(i); }) ||
         std::ranges::any_of(left, [&](std::uint32_t i) { return !design.contains(i); });
}

EvaluationBudget::EvaluationBudget(const SelectionLimits& limits)
    : left(limits.maxEvaluations),
      end(std::chrono::steady_clock::time_point::max()),
      threads(std::max(limits.threads, 1U)) {
  endWithin(limits.seconds);
}

void EvaluationBudget::endWithin(double seconds) {
  // A year is for ever, and does not overflow the clock.
  const std::chrono::duration<double> allowed(std::clamp(seconds, 0.0, 3.15e7));
  end = std::min(end, std::chrono::steady_clock::now() +
                          std::chrono::duration_cast<std::chrono::steady_clock::duration>(allowed));
}

double EvaluationBudget::secondsLeft() const {
  return std::chrono::duration<double>(end - std::chrono::steady_clock::now()).count();
}

SelectionKnowledge::SelectionKnowledge(SelectionProblem problem, DesignOracle* oracle)
    : problem_(std::move(problem)), oracle_(oracle) {
  const std::size_t count = candidateCount();
  for (const SelectionCandidate& candidate : problem_.candidates) {
    roleCount_ = std::max(roleCount_, candidate.roleDays.size());
  }
  excludes_.assign(count, none());
  for (std::uint32_t i = 0; i < count; ++i) {
    const SelectionCandidate& candidate = problem_.candidates[i];
    days_.push_back(unitsOf(candidate.days));
    roleDays_.emplace_back(roleCount_, 0);
    for (std::size_t r = 0; r < candidate.roleDays.size(); ++r) {
      roleDays_[i][r] = unitsOf(candidate.roleDays[r]);
    }
    for (const std::uint32_t other : candidate.excludes) {
      excludes_[i].add(other);
      excludes_[other].add(i);
    }
    reopens_.push_back(setOf(candidate.reopens));
    reopens_.back().remove(i);
  }
  for (const Level& level : problem_.levels) {
    levelWeights_.push_back(unitsOf(level.weight));
    tierCount_ = std::max<std::size_t>(tierCount_, level.tier + 1);
  }
  for (const CoverageTier& coverage : problem_.coverage) {
    tierCount_ = std::max<std::size_t>(tierCount_, coverage.tier + 1);
  }
  base_.assign(tierCount_, 0);
  readCoverage();
  byId_.resize(count);
  std::iota(byId_.begin(), byId_.end(), 0U);
  std::ranges::sort(byId_, {},
                    [&](std::uint32_t i) -> const std::string& { return problem_.candidates[i].id; });
  findCycles();
  turning_.assign(levelCount(), none());
  contradicted_.assign(levelCount(), false);
}

void SelectionKnowledge::readCoverage() {
  std::map<std::pair<std::uint32_t, CandidateSet>, Units> gains;
  for (const CoverageTier& coverage : problem_.coverage) {
    std::vector<std::map<Units, CandidateSet>> ladders(coverage.elements.size());
    for (const CoverageRelation& relation : coverage.relations) {
      const Units value = unitsOf(coverage.elements[relation.element].weight * relation.share);
      ladders[relation.element].try_emplace(value, none()).first->second.add(relation.candidate);
    }
    for (std::size_t e = 0; e < coverage.elements.size(); ++e) {
      const Units base = unitsOf(coverage.elements[e].weight * coverage.elements[e].baseShare);
      base_[coverage.tier] += base;
      CandidateSet above = none();
      for (auto rung = ladders[e].rbegin(); rung != ladders[e].rend() && rung->first > base; ++rung) {
        above = above.with(rung->second);
        const auto below = std::next(rung);
        const Units gain = rung->first - (below == ladders[e].rend() ? base : std::max(base, below->first));
        gains[{coverage.tier, above}] += gain;
      }
    }
  }
  for (const auto& [key, gain] : gains) rungs_.push_back({key.first, gain, key.second});
}

void SelectionKnowledge::findCycles() {
  const std::size_t count = candidateCount();
  // Whatever has no reopener left that reopens it, or nothing left to reopen, is on no cycle.
  onCycle_.assign(count, true);
  for (bool changed = true; changed;) {
    changed = false;
    CandidateSet rest = none(), reopened = none();
    for (std::uint32_t i = 0; i < count; ++i) {
      if (!onCycle_[i]) continue;
      rest.add(i);
      reopened = reopened.with(reopens_[i]);
    }
    for (std::uint32_t i = 0; i < count; ++i) {
      if (onCycle_[i] && (!reopened.contains(i) || !reopens_[i].intersects(rest))) {
        onCycle_[i] = false;
        changed = true;
      }
    }
  }
}

Units SelectionKnowledge::daysOf(const CandidateSet& design) const {
  Units sum = 0;
  design.forEach([&](std::uint32_t i) { sum += days_[i]; });
  return sum;
}

bool SelectionKnowledge::needsMet(std::uint32_t candidate, const CandidateSet& design) const {
  return std::ranges::all_of(problem_.candidates[candidate].needs, [&](const Design& group) {
    return std::ranges::any_of(group, [&](std::uint32_t i) { return design.contains(i); });
  });
}

bool SelectionKnowledge::respects(const CandidateSet& design) const {
  return design.all([&](std::uint32_t i) { return !excluded(i, design) && needsMet(i, design); });
}

bool SelectionKnowledge::fits(const CandidateSet& design, const SelectionLimits& limits) const {
  if (std::isfinite(limits.budgetDays) && daysOf(design) > unitsOf(limits.budgetDays)) return false;
  for (std::size_t r = 0; r < std::min(roleCount_, limits.roleDays.size()); ++r) {
    if (!std::isfinite(limits.roleDays[r])) continue;
    Units sum = 0;
    design.forEach([&](std::uint32_t i) { sum += roleDays_[i][r]; });
    if (sum > unitsOf(limits.roleDays[r])) return false;
  }
  return true;
}

std::vector<Units> SelectionKnowledge::worth(const CandidateSet& design,
                                             const std::vector<bool>& levels) const {
  std::vector<Units> worth = base_;
  for (std::size_t l = 0; l < levels.size(); ++l) {
    if (levels[l]) worth[problem_.levels[l].tier] += levelWeights_[l];
  }
  for (const Rung& rung : rungs_) {
    if (rung.candidates.intersects(design)) worth[rung.tier] += rung.gain;
  }
  return worth;
}

bool SelectionKnowledge::idsBefore(const CandidateSet& a, const CandidateSet& b) const {
  for (const std::uint32_t i : byId_) {
    if (a.contains(i) != b.contains(i)) return a.contains(i);
  }
  return false;
}

bool SelectionKnowledge::better(const Evaluation& a, const Evaluation& b) const {
  if (a.worth != b.worth) return a.worth > b.worth;
  const Units daysOfA = daysOf(a.design), daysOfB = daysOf(b.design);
  if (daysOfA != daysOfB) return daysOfA < daysOfB;
  const std::size_t countOfA = a.design.count(), countOfB = b.design.count();
  if (countOfA != countOfB) return countOfA < countOfB;
  return idsBefore(a.design, b.design);
}

const Evaluation* SelectionKnowledge::find(const CandidateSet& design) const {
  const auto found = byDesign_.find(design);
  return found == byDesign_.end() ? nullptr : &evaluations_[found->second];
}

bool SelectionKnowledge::onlyShuts(const CandidateSet& fewer, const CandidateSet& more) const {
  return fewer.isSubsetOf(more) && more.all([&](std::uint32_t i) {
    // Added last, or (nobody on a cycle) before what it reopens.
    return fewer.contains(i) ||
           (!opens(i) && (!reopens_[i].intersects(more) || (!onCycle_[i] && !reopens_[i].intersects(fewer))));
  });
}

std::vector<std::optional<bool>> SelectionKnowledge::infer(const CandidateSet& design) const {
  std::vector<std::optional<bool>> known(levelCount());
  if (const Evaluation* evaluation = find(design); evaluation != nullptr && evaluation->buildable) {
    for (std::size_t l = 0; l < levelCount(); ++l) known[l] = evaluation->levels[l];
    return known;
  }
  for (const Evaluation& evaluation : evaluations_) {
    if (!evaluation.buildable) continue;
    const bool shutsMore = onlyShuts(evaluation.design, design);
    const bool shutsLess = onlyShuts(design, evaluation.design);
    if (!shutsMore && !shutsLess) continue;
    for (std::size_t l = 0; l < levelCount(); ++l) {
      if (known[l] || contradicted_[l]) continue;
      const bool holds = evaluation.levels[l], closing = problem_.levels[l].closing;
      if (holds == closing ? shutsMore : shutsLess) known[l] = holds;
    }
  }
  return known;
}

std::optional<bool> SelectionKnowledge::infer(std::size_t level, const CandidateSet& design) const {
  if (const Evaluation* evaluation = find(design); evaluation != nullptr) {
    if (evaluation->buildable) return evaluation->levels[level];
    return std::nullopt;
  }
  if (contradicted_[level]) return std::nullopt;
  for (const Evaluation& evaluation : evaluations_) {
    if (!evaluation.buildable) continue;
    const bool holds = evaluation.levels[level];
    if (holds == problem_.levels[level].closing ? onlyShuts(evaluation.design, design)
                                                : onlyShuts(design, evaluation.design)) {
      return holds;
    }
  }
  return std::nullopt;
}

void SelectionKnowledge::add(const CandidateSet& design, Result<std::vector<bool>> answer) {
  Evaluation evaluation;
  evaluation.design = design;
  if (answer) {
    VAUBAN_CHECK(answer->size() == levelCount());
    const std::vector<std::optional<bool>> expected = infer(design);
    for (std::uint32_t l = 0; l < levelCount(); ++l) {
      if (!expected[l] || *expected[l] == (*answer)[l]) continue;
      contradicted_[l] = true;
      ++contradictions_;
      std::erase_if(cuts_, [&](const LevelCut& cut) { return cut.level == l; });
    }
    evaluation.worth = worth(design, *answer);
    evaluation.levels = *std::move(answer);
  } else {
    evaluation.buildable = false;
    if (unbuildable_.size() < kUnbuildableKept) {
      unbuildable_.push_back({design.members(), std::move(answer.error())});
    }
  }
  byDesign_.emplace(design, evaluations_.size());
  evaluations_.push_back(std::move(evaluation));
}

bool SelectionKnowledge::judge(const std::vector<CandidateSet>& designs, EvaluationBudget& budget) {
  std::vector<CandidateSet> asked;
  bool all = true;
  for (const CandidateSet& design : designs) {
    if (find(design) != nullptr || std::ranges::find(asked, design) != asked.end()) continue;
    if (oracle_ == nullptr) {
      add(design, std::vector<bool>());
      continue;
    }
    if (asked.size() == budget.left || budget.secondsLeft() <= 0) {
      all = false;
      break;
    }
    asked.push_back(design);
  }
  budget.left -= asked.size();
  budget.asked += asked.size();
  std::vector<std::optional<Result<std::vector<bool>>>> answers(asked.size());
  std::mutex mutex;
  std::size_t next = 0;
  const auto work = [&] {
    while (true) {
      std::size_t mine = 0;
      {
        const std::scoped_lock lock(mutex);
        if (next == asked.size()) return;
        mine = next++;
      }
      answers[mine] = oracle_->evaluate(asked[mine].members());
    }
  };
  {
    std::vector<std::jthread> others;
    for (std::size_t t = 1; t < std::min<std::size_t>(budget.threads, asked.size()); ++t) {
      try {
        others.emplace_back(work);
      } catch (const std::system_error&) {
        break;  // those there are do the work
      }
    }
    work();
  }
  for (std::size_t a = 0; a < asked.size(); ++a) add(asked[a], std::move(*answers[a]));
  return all;
}

Diagnostics SelectionKnowledge::whyNot(const CandidateSet& unbuildable) const {
  const auto found = std::ranges::find(unbuildable_, unbuildable.members(), &UnbuildableDesign::design);
  if (found != unbuildable_.end()) return found->why;
  return {{Severity::error, {}, 0, "this design cannot be built", {}, {}}};
}

std::vector<std::uint32_t> SelectionKnowledge::contradictedLevels() const {
  std::vector<std::uint32_t> levels;
  for (std::uint32_t l = 0; l < levelCount(); ++l) {
    if (contradicted_[l]) levels.push_back(l);
  }
  return levels;
}

LevelCut SelectionKnowledge::cutOf(std::size_t level, const CandidateSet& falseAt) const {
  LevelCut cut;
  cut.level = static_cast<std::uint32_t>(level);
  const bool closing = problem_.levels[level].closing;
  for (std::uint32_t i = 0; i < candidateCount(); ++i) {
    const bool inside = falseAt.contains(i);
    const bool mayOpen = opens(i) || reopens_[i].intersects(falseAt);
    if (contradicted_[level]) {
      (inside ? cut.left : cut.chosen).push_back(i);
    } else if (closing) {
      if (!inside) cut.chosen.push_back(i);
      if (inside && mayOpen) cut.left.push_back(i);
    } else {
      if (inside) cut.left.push_back(i);
      if (!inside && (mayOpen || onCycle_[i])) cut.chosen.push_back(i);
    }
  }
  return cut;
}

void SelectionKnowledge::addCut(LevelCut cut) {
  std::erase_if(cuts_, [&](const LevelCut& old) {
    return old.level == cut.level && std::ranges::includes(old.chosen, cut.chosen) &&
           std::ranges::includes(old.left, cut.left);
  });
  cuts_.push_back(std::move(cut));
}

}  // namespace vauban::plan
