// What the linear relaxation of an integer program says about where its best values are.
//
// The prices of the relaxation bound what any values reach, and say of each integer variable how much of that
// bound is lost where it leaves the end of its range that they prefer. So values that reach a certain
// objective have all those variables at their ends whose loss is greater than what there is between it and
// the bound, and a solver is left with the few others. That holds for whatever prices: the solver's tolerance
// is not in it. A value; any number of threads may use one.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "attack/integer_program.h"

namespace vauban::plan {

class Narrowing {
 public:
  // Nothing where the relaxation has no best values, or time runs out.
  static std::optional<Narrowing> of(const attack::IntegerProgram& program, double seconds);

  // Solves the program, or one that differs from it in having more rows: guesses what its best values reach,
  // leaves out what cannot reach that, and where nothing does, guesses less. Answers as Solver::highs() does,
  // by status and objective; sooner where the relaxation is near the best values, later where it is not.
  attack::Solution solve(const attack::IntegerProgram& program, double seconds) const;

  // Leaves out of a program with the same variables first, and the same rows among its rows, only values of
  // which the objective of the program that this is of is worse than `reached`. Returns how many integer
  // variables are still to be decided.
  std::size_t leaveOut(double reached, attack::IntegerProgram& program) const;

 private:
  Narrowing(const attack::IntegerProgram& program, const std::vector<double>& prices);

  double direction_;            // 1 to maximise, -1 to minimise
  double bound_ = 0;            // no values have a better objective
  std::vector<double> ends_;    // by variable: where the bound has it
  std::vector<double> losses_;  // by variable: what the bound loses as it leaves that end by 1
};

}  // namespace vauban::plan
