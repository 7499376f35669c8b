// Designs with which a search had better begin: for each claim that is not kept, and for each depth of a goal
// up to its target, a least set of candidates with which it is, found by leaving out of all of them whatever
// it does without; and such sets together, as long as the limits allow, claims first.
//
// They are guesses from what judges a design quickly: of claims the verifier alone, on what the candidates
// shut; of goals the attack graph of enforcement points that cannot fail. The search judges them whole and
// proves what is best. Without them a search on a model whose attack graph takes a second ends early with
// what it came across. Deterministic but for the time limit.
#pragma once

#include <vector>

#include "plan/plan_problem.h"

namespace vauban::plan {

class SelectionKnowledge;

struct FirstDesigns {
  std::vector<Design> least;     // for levels that do not hold today and could, in their order
  std::vector<Design> together;  // growing unions of these, within the limits
};

// `knowledge`: of the problem's selection, which knows what holds today. Claims about goals have no sets.
FirstDesigns firstForClaims(const PlanProblem& problem, const Designs& designs,
                            const SelectionKnowledge& knowledge, const SelectionLimits& limits,
                            double seconds);
// Beyond `base`: each of `least` and `together` has it. Sets with which a claim is lost that is kept with
// `base` are left out.
FirstDesigns firstForGoals(const PlanProblem& problem, const Designs& designs,
                           const SelectionKnowledge& knowledge, const SelectionLimits& limits,
                           const Design& base, double seconds);

}  // namespace vauban::plan
