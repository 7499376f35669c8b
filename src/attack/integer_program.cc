#include "attack/integer_program.h"

#include <interfaces/highs_c_api.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <memory>

#include "base/result.h"

namespace vauban::attack {
namespace {

using Status = Solution::Status;

// Integer variables. With a cutoff the search is short: where there are more, beginning anew at its root
// costs more than it gives (measured: docs/decisions/0031-plan-selection.md).
constexpr std::ptrdiff_t kFewOpen = 128;

// Columns and rows as HiGHS takes them: the matrix by rows, compressed.
struct Arrays {
  std::vector<double> objective, lower, upper, rowLower, rowUpper, coefficients;
  std::vector<HighsInt> integrality, starts, indices;

  explicit Arrays(const IntegerProgram& program) {
    for (const IntegerProgram::Variable& v : program.variables) {
      objective.push_back(v.objective);
      lower.push_back(v.lower);
      upper.push_back(v.upper);
      integrality.push_back(v.integer ? 1 : 0);
    }
    for (const IntegerProgram::Row& row : program.rows) {
      rowLower.push_back(row.lower);
      rowUpper.push_back(row.upper);
      starts.push_back(static_cast<HighsInt>(indices.size()));
      for (const auto& [variable, coefficient] : row.terms) {
        VAUBAN_CHECK(variable.index() < program.variables.size());
        indices.push_back(static_cast<HighsInt>(variable.index()));
        coefficients.push_back(coefficient);
      }
    }
    starts.push_back(static_cast<HighsInt>(indices.size()));
  }
};

class Highs : public Solver {
 public:
  Solution solve(const IntegerProgram& program, double seconds) const override {
    Solution solution;
    solution.bound = program.maximise ? IntegerProgram::kUnbounded : -IntegerProgram::kUnbounded;
    // HiGHS tells most of what fails by a status; what is out of memory it throws.
    try {
      run(program, seconds, solution);
    } catch (...) {
      solution.status = Status::unsolved;
      solution.values.clear();
    }
    return solution;
  }

 private:
  struct Destroy {
    void operator()(void* highs) const { Highs_destroy(highs); }
  };

  static void run(const IntegerProgram& program, double seconds, Solution& solution) {
    const Arrays arrays(program);
    const std::unique_ptr<void, Destroy> owned(Highs_create());
    void* highs = owned.get();
    // First: it would print what it is about to do.
    Highs_setBoolOptionValue(highs, "output_flag", 0);
    Highs_setIntOptionValue(highs, "threads", 1);
    Highs_setIntOptionValue(highs, "random_seed", 0);
    Highs_setDoubleOptionValue(highs, "time_limit", std::max(seconds, 0.0));
    // Its default stops within a hundredth of a percent of the best.
    Highs_setDoubleOptionValue(highs, "mip_rel_gap", 0);
    Highs_setDoubleOptionValue(highs, "mip_abs_gap", program.gap);
    const bool mixed = std::ranges::any_of(program.variables, &IntegerProgram::Variable::integer);
    const double direction = program.maximise ? -1 : 1;
    const double rounding = 1e-6 * std::max(1.0, std::abs(program.cutoff.value_or(0)));
    if (mixed && program.cutoff) {
      // It asks for less than this, and turns what is to be maximised round.
      const double slack = std::max(program.gap / 2, rounding);
      Highs_setDoubleOptionValue(highs, "objective_bound", direction * *program.cutoff + slack);
      const auto open = std::ranges::count_if(program.variables, [](const IntegerProgram::Variable& v) {
        return v.integer && v.lower < v.upper;
      });
      if (open > kFewOpen) Highs_setBoolOptionValue(highs, "mip_allow_restart", 0);
    }
    const HighsInt passed = Highs_passMip(
        highs, static_cast<HighsInt>(program.variables.size()), static_cast<HighsInt>(program.rows.size()),
        static_cast<HighsInt>(arrays.indices.size()), kHighsMatrixFormatRowwise,
        program.maximise ? kHighsObjSenseMaximize : kHighsObjSenseMinimize, 0, arrays.objective.data(),
        arrays.lower.data(), arrays.upper.data(), arrays.rowLower.data(), arrays.rowUpper.data(),
        arrays.starts.data(), arrays.indices.data(), arrays.coefficients.data(), arrays.integrality.data());
    VAUBAN_CHECK(passed != kHighsStatusError);
    if (Highs_run(highs) == kHighsStatusError) return;

    const HighsInt status = Highs_getModelStatus(highs);
    if (status == kHighsModelStatusInfeasible) {
      solution.status = Status::infeasible;
    } else if (status == kHighsModelStatusUnbounded || status == kHighsModelStatusUnboundedOrInfeasible) {
      solution.status = Status::unbounded;
    } else if (status == kHighsModelStatusOptimal || status == kHighsModelStatusModelEmpty) {
      solution.status = Status::optimal;
    } else {
      HighsInt primal = kHighsSolutionStatusNone;
      Highs_getIntInfoValue(highs, "primal_solution_status", &primal);
      if (primal == kHighsSolutionStatusFeasible) solution.status = Status::feasible;
      if (mixed) Highs_getDoubleInfoValue(highs, "mip_dual_bound", &solution.bound);
      // What is worse than the cutoff was not looked at.
      if (mixed && program.cutoff) {
        solution.bound = direction * std::min(direction * solution.bound, direction * *program.cutoff);
      }
    }
    if (!solution.hasValues()) return;
    solution.values.assign(program.variables.size(), 0);
    std::vector<double> activities(program.rows.size());
    if (!mixed && solution.status == Status::optimal) solution.prices.resize(program.rows.size());
    Highs_getSolution(highs, solution.values.data(), nullptr, activities.data(),
                      solution.prices.empty() ? nullptr : solution.prices.data());
    for (std::size_t v = 0; v < solution.values.size(); ++v) {
      if (program.variables[v].integer) solution.values[v] = std::round(solution.values[v]);
      solution.objective += solution.values[v] * program.variables[v].objective;
    }
    if (solution.status != Status::optimal) return;
    solution.bound = solution.objective;
    if (mixed && program.cutoff &&
        direction * (solution.objective - *program.cutoff) > program.gap + rounding) {
      solution.status = Status::infeasible;
      solution.values.clear();
    }
  }
};

IntegerProgram::Row sum(const std::vector<VariableId>& summed) {
  IntegerProgram::Row row;
  for (const VariableId variable : summed) row.terms.emplace_back(variable, 1.0);
  return row;
}

}  // namespace

void IntegerProgram::addAtLeast(double lower, const std::vector<VariableId>& summed) {
  rows.push_back(sum(summed));
  rows.back().lower = lower;
}

void IntegerProgram::addAtMost(double upper, const std::vector<VariableId>& summed) {
  rows.push_back(sum(summed));
  rows.back().upper = upper;
}

const Solver& Solver::highs() {
  static const Highs solver;
  return solver;
}

}  // namespace vauban::attack
