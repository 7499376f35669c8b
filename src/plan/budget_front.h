// The best sets at several budgets, knowledge kept from one to the next.
#pragma once

#include "plan/selection.h"

namespace vauban::plan {

struct FrontPoint {
  double budgetDays = 0;
  SelectionAnswer answer;
};

// By budget, ascending, each once. The time and the evaluations of `limits` are for all of them together.
// Errors: those of Selector::best().
Result<std::vector<FrontPoint>> budgetFront(Selector& selector, std::vector<double> budgets,
                                            const SelectionLimits& limits);

}  // namespace vauban::plan
