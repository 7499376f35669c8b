// What is known of a selection: the problem in whole units, the designs that the oracle has judged, and what
// follows from them by the law of `opens` and `reopens` (selection.h).
//
// Invariants: numbers are whole thousandths; `excludes` is symmetric; no design is asked of the oracle twice;
// evaluations are only added. Owns the problem, refers to the oracle. One thread at a time; `judge` makes its
// own.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "plan/selection.h"
#include "plan/selection_set.h"

namespace vauban::plan {

using Units = std::int64_t;  // thousandths
Units unitsOf(double value);
double inNumbers(Units units);

// k <= the sum of x over `chosen` + the sum of (1 - x) over `left`, k the level.
struct LevelCut {
  std::uint32_t level = 0;
  Design chosen, left;

  bool allows(const CandidateSet& design) const;
};

struct Evaluation {
  CandidateSet design;
  bool buildable = true;
  std::vector<bool> levels;  // empty where not buildable
  std::vector<Units> worth;  // by tier; empty where not buildable
};

// What the searches of one call may still ask.
struct EvaluationBudget {
  std::size_t left = 0;
  std::chrono::steady_clock::time_point end;
  unsigned threads = 1;
  std::size_t asked = 0;

  explicit EvaluationBudget(const SelectionLimits& limits);
  double secondsLeft() const;
  void endWithin(double seconds);
  bool spent() const { return left == 0 || secondsLeft() <= 0; }
};

class SelectionKnowledge {
 public:
  // A checked problem; Selector::make is who checks.
  SelectionKnowledge(SelectionProblem problem, DesignOracle* oracle);

  const SelectionProblem& problem() const { return problem_; }
  std::size_t candidateCount() const { return problem_.candidates.size(); }
  std::size_t levelCount() const { return problem_.levels.size(); }
  std::size_t tierCount() const { return tierCount_; }
  std::size_t roleCount() const { return roleCount_; }
  CandidateSet none() const { return CandidateSet(candidateCount()); }
  CandidateSet setOf(const Design& design) const { return CandidateSet(candidateCount(), design); }

  Units days(std::size_t candidate) const { return days_[candidate]; }
  Units roleDays(std::size_t candidate, std::size_t role) const { return roleDays_[candidate][role]; }
  Units daysOf(const CandidateSet& design) const;
  Units levelWeight(std::size_t level) const { return levelWeights_[level]; }
  // What coverage adds beyond its base when one of `candidates` is chosen. The shares of an element are a
  // ladder: the higher rung has fewer candidates. Rungs of the same candidates are one.
  struct Rung {
    std::uint32_t tier;
    Units gain;
    CandidateSet candidates;
  };
  const std::vector<Rung>& rungs() const { return rungs_; }  // by tier
  Units base(std::size_t tier) const { return base_[tier]; }
  const std::vector<std::uint32_t>& byId() const { return byId_; }  // candidates in the order of their ids

  // Needs and excludes.
  bool respects(const CandidateSet& design) const;
  bool needsMet(std::uint32_t candidate, const CandidateSet& design) const;
  bool excluded(std::uint32_t candidate, const CandidateSet& design) const {
    return excludes_[candidate].intersects(design);
  }
  const CandidateSet& reopens(std::uint32_t candidate) const { return reopens_[candidate]; }
  bool opens(std::uint32_t candidate) const { return problem_.candidates[candidate].opens; }
  bool onReopenCycle(std::uint32_t candidate) const { return onCycle_[candidate]; }
  bool fits(const CandidateSet& design, const SelectionLimits& limits) const;

  std::vector<Units> worth(const CandidateSet& design, const std::vector<bool>& levels) const;
  // Whether the first is to be preferred: tiers, days, count, ids. Both are buildable.
  bool better(const Evaluation& a, const Evaluation& b) const;
  // Of as many members.
  bool idsBefore(const CandidateSet& a, const CandidateSet& b) const;

  const std::vector<Evaluation>& evaluations() const { return evaluations_; }
  const Evaluation* find(const CandidateSet& design) const;
  // Of each level, what the evaluations say of a design: known true, known false, or nothing.
  std::vector<std::optional<bool>> infer(const CandidateSet& design) const;
  std::optional<bool> infer(std::size_t level, const CandidateSet& design) const;
  // Asks the oracle for those designs that are not known, as many as the budget has; false: not all. Designs
  // respect needs and excludes.
  bool judge(const std::vector<CandidateSet>& designs, EvaluationBudget& budget);

  const std::vector<UnbuildableDesign>& unbuildable() const { return unbuildable_; }  // the first hundred
  Diagnostics whyNot(const CandidateSet& unbuildable) const;
  bool contradicted(std::size_t level) const { return contradicted_[level]; }
  std::vector<std::uint32_t> contradictedLevels() const;
  std::size_t contradictions() const { return contradictions_; }  // grows with each new level

  // The cut that a design at which the level is false proves.
  LevelCut cutOf(std::size_t level, const CandidateSet& falseAt) const;
  void addCut(LevelCut cut);                                   // takes the place of those it is stronger than
  const std::vector<LevelCut>& cuts() const { return cuts_; }  // none of a contradicted level but exact ones

  // By level: candidates that turned it when they were tried. Later growths try the others first.
  CandidateSet& turning(std::size_t level) { return turning_[level]; }
  const CandidateSet& turning(std::size_t level) const { return turning_[level]; }

 private:
  void readCoverage();
  void findCycles();
  // Whether what is added to `fewer` is known to open nothing.
  bool onlyShuts(const CandidateSet& fewer, const CandidateSet& more) const;
  void add(const CandidateSet& design, Result<std::vector<bool>> answer);

  SelectionProblem problem_;
  DesignOracle* oracle_;
  std::size_t tierCount_ = 0, roleCount_ = 0;
  std::vector<Units> days_, levelWeights_, base_;
  std::vector<std::vector<Units>> roleDays_;
  std::vector<Rung> rungs_;
  std::vector<std::uint32_t> byId_;
  std::vector<CandidateSet> excludes_, reopens_, turning_;
  std::vector<bool> onCycle_;

  std::vector<Evaluation> evaluations_;
  std::map<CandidateSet, std::size_t> byDesign_;
  std::vector<UnbuildableDesign> unbuildable_;
  std::vector<bool> contradicted_;
  std::size_t contradictions_ = 0;
  std::vector<LevelCut> cuts_;
};

}  // namespace vauban::plan
