// One budget spent four ways on one architecture: more detection; what the catalogue lists, one thing at a
// time; compositions; compositions with deception. What holds afterwards, side by side.
//
// Each way is a plan of its own (plan.h), the best that can be had of its candidates, and every design in it
// has been solved by the verifier, the attack graph and the alert queue. What is acted on is asked of the
// same techniques at the same places in all of them and today: those that any of them watches. Nothing is
// said of what any of it costs in money.
#pragma once

#include <string>
#include <vector>

#include "plan/plan.h"

namespace vauban::plan {

struct Way {
  std::string name;  // "detection", "atomic", "composition", "composition-with-deception"
  Plan plan;
  measure::Detection detection;  // of the design, as measured
  std::size_t claimsKept = 0;    // of the model's own, not waived
  double days = 0;
};

struct Comparison {
  std::size_t claims = 0;      // that count
  std::size_t claimsKept = 0;  // today
  DesignState before;
  measure::Detection detection;  // today
  std::vector<Way> ways;         // in the order above
};

// `question.scope` and `front` are set by each way. Errors: those of planOf() and of measureModel().
Result<Comparison> compareWays(const PlanGround& ground, const PlanQuestion& question);

}  // namespace vauban::plan
