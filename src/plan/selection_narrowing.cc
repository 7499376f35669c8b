#include "plan/selection_narrowing.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace vauban::plan {
namespace {

using attack::IntegerProgram;
using attack::Solution;
using attack::Solver;

// Of the bound: the first guess of what the best values stay below it. A guess too small costs a program that
// is soon known to have no such values, one too great a program with more variables.
constexpr double kFirstGuess = 0.0005;

bool isOpen(const IntegerProgram::Variable& variable) {
  return variable.integer && variable.lower < variable.upper;
}

}  // namespace

std::optional<Narrowing> Narrowing::of(const IntegerProgram& program, double seconds) {
  IntegerProgram relaxed = program;
  for (IntegerProgram::Variable& variable : relaxed.variables) variable.integer = false;
  const Solution relaxation = Solver::highs().solve(relaxed, seconds);
  if (relaxation.status != Solution::Status::optimal) return std::nullopt;
  Narrowing narrowing(program, relaxation.prices);
  if (!std::isfinite(narrowing.bound_)) return std::nullopt;
  return narrowing;
}

Narrowing::Narrowing(const IntegerProgram& program, const std::vector<double>& prices)
    : direction_(program.maximise ? 1 : -1) {
  // As if to be maximised.
  double bound = 0;
  for (const IntegerProgram::Variable& variable : program.variables) {
    losses_.push_back(direction_ * variable.objective);
  }
  for (std::size_t r = 0; r < program.rows.size(); ++r) {
    const IntegerProgram::Row& row = program.rows[r];
    const double price = direction_ * prices[r];
    const double limit = price > 0 ? row.upper : row.lower;
    // Without a limit there is nothing to pay for, whatever rounding says.
    if (price == 0 || !std::isfinite(limit)) continue;
    bound += price * limit;
    for (const auto& [variable, coefficient] : row.terms) losses_[variable.index()] -= price * coefficient;
  }
  for (std::size_t v = 0; v < program.variables.size(); ++v) {
    const IntegerProgram::Variable& variable = program.variables[v];
    ends_.push_back(losses_[v] > 0 ? variable.upper : variable.lower);
    if (losses_[v] != 0) bound += losses_[v] * ends_[v];
    losses_[v] = std::abs(losses_[v]);
  }
  bound_ = direction_ * bound;
}

std::size_t Narrowing::leaveOut(double reached, IntegerProgram& program) const {
  const double rounding = 1e-7 * std::max(1.0, std::abs(bound_));
  const double allowed = std::max(direction_ * (bound_ - reached), 0.0) + rounding;
  std::size_t open = 0;
  for (std::size_t v = 0; v < program.variables.size(); ++v) {
    IntegerProgram::Variable& variable = program.variables[v];
    if (!isOpen(variable)) continue;
    if (v < losses_.size() && losses_[v] > allowed) {
      variable.lower = variable.upper = ends_[v];
    } else {
      ++open;
    }
  }
  return open;
}

Solution Narrowing::solve(const IntegerProgram& program, double seconds) const {
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(std::min(seconds, 1e7));
  const auto solve = [&](const IntegerProgram& narrowed) {
    const double left = std::chrono::duration<double>(end - std::chrono::steady_clock::now()).count();
    Solution solution = Solver::highs().solve(narrowed, left);
    solution.bound = direction_ * std::min(direction_ * solution.bound, direction_ * bound_);
    return solution;
  };
  const auto all = static_cast<std::size_t>(std::ranges::count_if(program.variables, isOpen));
  for (double below = std::max(kFirstGuess * std::abs(bound_), program.gap);; below *= 3) {
    IntegerProgram narrowed = program;
    narrowed.cutoff = bound_ - direction_ * below;
    // Where most are left, it is the program itself.
    if (leaveOut(*narrowed.cutoff, narrowed) * 4 >= all * 3) return solve(program);
    Solution found = solve(narrowed);
    if (found.status != Solution::Status::infeasible) return found;
  }
}

}  // namespace vauban::plan
