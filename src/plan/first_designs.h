// Designs with which a search had better begin: for each claim that is not kept, a least set of candidates
// with which it is, found by leaving out of all of them whatever it does without; and such sets together, as
// long as the limits allow, those first that give most a day.
//
// They are guesses: the verifier alone judges what they shut, which is quick. The search judges them whole
// and proves what is best. Without them a search on a model whose attack graph takes a second ends early with
// what it came across. Deterministic but for the time limit.
#pragma once

#include <vector>

#include "plan/plan_problem.h"

namespace vauban::plan {

class SelectionKnowledge;

struct FirstDesigns {
  std::vector<Design> least;     // for claims that are not kept today and could be, in the order of levels
  std::vector<Design> together;  // growing unions of these, within the limits
};

// `knowledge`: of the problem's selection. Claims about goals, which the verifier alone does not judge, have
// no sets.
FirstDesigns firstDesigns(const PlanProblem& problem, const Designs& designs,
                          const SelectionKnowledge& knowledge, const SelectionLimits& limits, double seconds);

}  // namespace vauban::plan
