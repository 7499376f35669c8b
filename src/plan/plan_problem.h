// What a plan is chosen for, as tiers of the selection engine (semantics 11), in this order:
//
//   controls   of a chosen standard towards which something goes, where one is chosen
//   claims     of the model's own, kept without conditions. Guarantees that patterns bring are no demands of
//   the
//              architect: they are told with each step and count for nothing
//   depth      layers that must fail for each goal, up to a target
//   success    what is taken from the attacker's best way to each goal, surely (the lower end), in twentieths
//   coverage   techniques of the attack steps, each by the best lower end of what stops it, weighted by how
//   often it is
//              seen (weight classes, no probabilities)
#pragma once

#include <string>
#include <vector>

#include "plan/design.h"

namespace vauban::plan {

struct Standard {  // the part of it that is asked for
  catalog::Framework framework{};
  std::string profile;                // "moderate", "ig2"; "" all of it
  std::vector<std::string> controls;  // ids, sorted; withdrawn ones are left out
};
// "800-53:low", "800-53:moderate", "800-53:high", "800-53:privacy", "cis:ig1" .. "cis:ig3", "csf",
// "iso-27001". Errors: no such standard or profile.
Result<Standard> standardOfWord(const catalog::Catalogue& catalogue, const std::string& word);
std::string inWords(const Standard& standard);

enum class TierKind : std::uint8_t { controls, claims, depth, success, coverage };
std::string_view word(TierKind kind);

struct LevelMeaning {
  TierKind tier = TierKind::claims;
  std::string claim;      // of claims
  std::size_t goal = 0;   // of depth, success: position in Designs::goals()
  std::size_t least = 0;  // of depth: at least so many layers
  double removed = 0;     // of success: 1 less the upper end is at least so much
};

struct PlanProblem {
  SelectionProblem selection;
  std::vector<TierKind> tiers;          // by number
  std::vector<LevelMeaning> levels;     // of SelectionProblem::levels
  std::vector<std::string> controls;    // elements of the tier of controls
  std::vector<std::string> techniques;  // of coverage

  std::optional<std::uint32_t> tier(TierKind kind) const;
};

inline constexpr std::size_t kTargetDepth = 3;

// `roles`: which role each number of SelectionCandidate::roleDays is of. `target`: of every goal.
PlanProblem planProblem(const model::Model& model, const Designs& designs, const PatternCatalogue& patterns,
                        const std::vector<Candidate>& candidates, const std::vector<std::string>& roles,
                        const std::optional<Standard>& standard, std::size_t target,
                        const DesignJudging& judging);

// The levels of a problem, judged on designs.
class PlanOracle : public DesignOracle {
 public:
  PlanOracle(const PlanProblem& problem, const Designs& designs) : problem_(problem), designs_(designs) {}
  Result<std::vector<bool>> evaluate(const Design& design) override;

 private:
  const PlanProblem& problem_;
  const Designs& designs_;
};

// The problem with each level at its best (Designs::shut, Designs::open), in which only mixed candidates open
// anything: few designs of it say much. No real design has a level that the same design has not here, so what
// cuts a level off here cuts it off in the problem itself.
SelectionProblem boundOf(const PlanProblem& problem, const std::vector<Candidate>& candidates);

class BoundOracle : public DesignOracle {
 public:
  BoundOracle(const PlanProblem& problem, const Designs& designs) : problem_(problem), designs_(designs) {}
  // Never an error: of what cannot be built every level is taken for true.
  Result<std::vector<bool>> evaluate(const Design& design) override;

 private:
  const PlanProblem& problem_;
  const Designs& designs_;
};

// The part that the verifier alone judges: tiers up to claims, of these those that are not about goals.
struct ClaimsPart {
  PlanProblem problem;
  std::vector<std::uint32_t> levels;  // by level of `problem`: which one of the whole
};
ClaimsPart claimsOf(const PlanProblem& whole, const model::Model& model);

// Levels of a claims part, or of the bound of one.
class ClaimsOracle : public DesignOracle {
 public:
  enum class Of : std::uint8_t { problem, bound };
  ClaimsOracle(const PlanProblem& claims, const Designs& designs, Of of)
      : problem_(claims), designs_(designs), of_(of) {}
  Result<std::vector<bool>> evaluate(const Design& design) override;

 private:
  const PlanProblem& problem_;
  const Designs& designs_;
  const Of of_;
};

// Whether a level holds in a state.
bool holds(const LevelMeaning& level, const DesignState& state);

}  // namespace vauban::plan
