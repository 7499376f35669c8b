// One search for the best design under limits: the integer program proposes, the oracle disposes.
//
// Tier after tier: the program's best design with every level taken for true that is not cut off is judged;
// if it is as good as it looked, the tier is settled, and if not, each level that was believed in vain
// becomes a cut. Levels of later tiers are not asked about before their turn. Then the same for days, number
// and ids. An evaluation that contradicts the flags starts the search anew with the cuts of that level gone.
//
// Refers to the knowledge, which keeps what was learnt, and to the limits. Used once.
#pragma once

#include <optional>
#include <vector>

#include "plan/selection_knowledge.h"
#include "plan/selection_program.h"

namespace vauban::plan {

class SelectionSearch {
 public:
  SelectionSearch(SelectionKnowledge& knowledge, const SelectionLimits& limits);

  Result<SelectionAnswer> run();

 private:
  using Stop = SelectionAnswer::Stop;
  enum class Next : std::uint8_t { goOn, startAnew, stop };

  Next settleTiers(SelectionProgram& program);
  Next settleTies(SelectionProgram& program);
  Next stop(Stop why);
  // Judges what the program proposed; where it is less than it looked in the first `tiers`, adds cuts.
  Next dispose(const Relaxation& proposed, std::size_t tiers);
  Next addCuts(const std::vector<std::uint32_t>& levels, const CandidateSet& design);
  CandidateSet widestFalse(std::uint32_t level, const CandidateSet& design) const;
  void takeBest();
  Units most(std::size_t tier) const;
  double secondsLeft() const { return budget_.secondsLeft(); }
  const Evaluation& best() const { return knowledge_.evaluations()[best_]; }
  SelectionAnswer answer(SelectionProgram& program);

  SelectionKnowledge& knowledge_;
  const SelectionLimits& limits_;
  EvaluationBudget budget_;
  std::size_t contradictions_ = 0;  // when the pass began
  std::size_t best_ = 0;            // of the evaluations
  std::size_t seen_ = 0;            // evaluations that best_ takes into account
  std::vector<Units> reached_;      // by settled tier
  std::optional<Units> bound_;      // of the tier that is being settled
  std::size_t rounds_ = 0;
  Stop stop_ = Stop::proven;
};

}  // namespace vauban::plan
