#include "plan/budget_front.h"

#include <algorithm>
#include <chrono>

namespace vauban::plan {

Result<std::vector<FrontPoint>> budgetFront(Selector& selector, std::vector<double> budgets,
                                            const SelectionLimits& limits) {
  using Clock = std::chrono::steady_clock;
  std::ranges::sort(budgets);
  budgets.erase(std::ranges::unique(budgets).begin(), budgets.end());
  const auto end = Clock::now() + std::chrono::duration<double>(limits.seconds);
  std::vector<FrontPoint> front;
  std::size_t asked = 0;
  for (std::size_t b = 0; b < budgets.size(); ++b) {
    SelectionLimits each = limits;
    each.budgetDays = budgets[b];
    const double left = std::chrono::duration<double>(end - Clock::now()).count();
    each.seconds = std::max(0.05, left / static_cast<double>(budgets.size() - b));
    each.tieSeconds = each.seconds / 4;
    each.maxEvaluations = limits.maxEvaluations > asked ? limits.maxEvaluations - asked : 0;
    auto answer = selector.best(each);
    if (!answer) return std::unexpected(answer.error());
    asked += answer->evaluations;
    front.push_back({budgets[b], std::move(*answer)});
  }
  return front;
}

}  // namespace vauban::plan
