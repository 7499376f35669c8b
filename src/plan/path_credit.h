// What a planner would credit that solves nothing again: of each candidate today's shortest ways that it
// cuts.
//
// For comparison with a plan whose designs have been solved (plan.h): an attacker whose shortest way is cut
// takes the next, and what was credited here was worth nothing.
#pragma once

#include "plan/plan_problem.h"

namespace vauban::plan {

// Puts in the place of the tiers of depth and success one of ways: an element for each goal, reached by each
// candidate after which the shortest way of today (the same techniques at the same places) no longer leads
// there. Errors: a design that cannot be read; those that cannot be built cut nothing.
Result<void> creditPaths(PlanProblem& problem, const Designs& designs,
                         const std::vector<Candidate>& candidates, const DesignJudging& judging);

}  // namespace vauban::plan
