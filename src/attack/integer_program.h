// Linear programs with integer variables, and who solves them.
//
// An `IntegerProgram` is a value: variables with bounds, rows that bound linear sums of them, a linear
// objective. A `Solver` takes one and is asked nothing else, so that a search does not know which solver it
// stands on; `Solver::highs()` is HiGHS (MIT), one thread, fixed seed: the same program has the same answer
// each time, unless time runs out. Solvers have no state; any number of threads may use one. No exception
// leaves a solver.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "base/strong_id.h"

namespace vauban::attack {

using VariableId = StrongId<struct VariableTag>;

struct IntegerProgram {
  static constexpr double kUnbounded = std::numeric_limits<double>::infinity();

  struct Variable {
    double lower = 0;
    double upper = 1;
    double objective = 0;  // what one unit adds to the objective
    bool integer = true;
  };
  struct Row {  // lower <= sum of coefficient * variable <= upper; each variable at most once
    double lower = -kUnbounded;
    double upper = kUnbounded;
    std::vector<std::pair<VariableId, double>> terms;
  };

  std::vector<Variable> variables;  // VariableId: position
  std::vector<Row> rows;
  bool maximise = false;
  double gap = 1e-6;  // an objective that is worse by so much is as good as the best one
  // With integer variables: values with a worse objective are of no use, and where there are no others the
  // program may be called infeasible.
  std::optional<double> cutoff = {};

  VariableId addVariable(Variable variable) {
    variables.push_back(variable);
    return VariableId(variables.size() - 1);
  }
  // lower <= the sum of some variables.
  void addAtLeast(double lower, const std::vector<VariableId>& summed);
  void addAtMost(double upper, const std::vector<VariableId>& summed);
};

struct Solution {
  enum class Status : std::uint8_t {
    optimal,     // values are best
    feasible,    // time ran out: values satisfy all rows, and no values beat `bound`
    infeasible,  // no values satisfy all rows
    unbounded,   // the objective has no end (or, where presolve cannot tell, the rows have no values)
    unsolved,    // time or memory ran out and no values are known; `bound` still holds
  };
  Status status = Status::unsolved;
  std::vector<double> values =
      {};  // of each variable, where status is optimal or feasible; integers are exact
  double objective = 0;
  double bound = 0;  // no values are better than this; infinite where nothing is known
  // Of each row, what the objective gains as its limits grow by one; where no variable is integer and status
  // is optimal.
  std::vector<double> prices = {};

  bool hasValues() const { return status == Status::optimal || status == Status::feasible; }
  bool isOne(VariableId variable) const { return values[variable.index()] > 0.5; }
};

class Solver {
 public:
  virtual ~Solver() = default;
  virtual Solution solve(const IntegerProgram& program, double seconds) const = 0;

  static const Solver& highs();
};

}  // namespace vauban::attack
