// Predicted against observed, claim by claim.
//
// The comparison never weakens an observation: bytes that arrived where the verifier says that none can are a
// disagreement whatever else failed. The other way round a dead observer, a failed control or a service that
// does not work makes the result inconclusive, never "blocked".
#pragma once

#include "lab/experiment.h"

namespace vauban::lab {

// What became of the claim in the experiment so far (its matrix, carries, trials, services).
ClaimOutcome compareClaim(const LabPlan& plan, const LabReach& reach, const Experiment& experiment,
                          const model::Claim& claim, const channel::Judgement& judgement);

}  // namespace vauban::lab
