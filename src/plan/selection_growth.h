// From a design at which a level is false to a cut that says as much as it can.
//
// A closing level that is false stays false while candidates that only shut are added, until one turns it:
// the larger the design, the fewer candidates are left on which a cut has to hope. Any other level is shrunk
// by the same reasoning. The search jumps: first all steps that never turned this level before, then all,
// then halves; the step at which it turns is blocked, and the rest is tried beyond it.
//
// It asks nothing itself: `query` says which design it would like to be judged, and is asked again once
// the knowledge has it. Stopped at any time, `cut` is valid. Refers to the knowledge.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "plan/selection_knowledge.h"
#include "plan/selection_relevance.h"

namespace vauban::plan {

class CutGrowth {
 public:
  // The level is false at `falseAt`, and not contradicted; the cut will exclude it.
  CutGrowth(SelectionKnowledge& knowledge, std::uint32_t level, const CandidateSet& falseAt);

  std::optional<CandidateSet> query();  // nothing: it is grown
  std::uint32_t level() const { return level_; }
  LevelCut cut() const { return knowledge_.cutOf(level_, after(low_)); }

 private:
  // One step: candidates that are added, or removed, together.
  using Step = Design;
  void plan();
  bool growStep(std::uint32_t candidate, const CandidateSet& design, Step& step) const;
  bool shrinkStep(std::uint32_t candidate, const CandidateSet& design, Step& step) const;
  CandidateSet after(std::size_t steps) const;
  std::size_t middle() const;

  SelectionKnowledge& knowledge_;
  std::uint32_t level_;
  bool grows_;
  CandidateSet design_;  // the level is false here
  CandidateSet blocked_;
  Relevance relevance_;
  std::vector<Step> steps_;          // from design_, each after those before
  std::vector<double> weight_;       // by step: what speaks for its turning the level
  std::size_t unlikely_ = 0;         // the first steps, not guessed to matter
  std::size_t low_ = 0;              // false after so many
  std::optional<std::size_t> high_;  // not false, or not buildable, after so many
};

}  // namespace vauban::plan
