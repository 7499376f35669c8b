#include "plan/selection_narrowing.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "plan/selection_test_ways.h"

namespace vauban::plan {
namespace {

using attack::IntegerProgram;
using attack::Solution;
using attack::Solver;
using attack::VariableId;

constexpr double kRounding = 1e-4;  // the solver's, of rows that are weighed

// A knapsack of a few limits, or as much as is wanted for as little as can be; some variables are not whole.
IntegerProgram someProgram(std::mt19937& random) {
  const auto below = [&](std::size_t n) { return static_cast<int>(random() % n); };
  IntegerProgram program;
  program.maximise = below(2) == 0;
  program.gap = below(2) == 0 ? 0.5 : 1e-6;
  const int count = 5 + below(20);
  for (int v = 0; v < count; ++v) {
    program.addVariable({.lower = below(8) == 0 ? -1.0 : 0.0,
                         .upper = below(4) == 0 ? 3.0 : 1.0,
                         .objective = static_cast<double>(below(10) == 0 ? -5 : 1 + below(100)),
                         .integer = below(5) != 0});
  }
  for (int r = 1 + below(4); r > 0; --r) {
    IntegerProgram::Row row;
    double all = 0;
    for (int v = 0; v < count; ++v) {
      if (below(3) == 0) continue;
      row.terms.emplace_back(VariableId(static_cast<std::size_t>(v)), 1.0 + below(60));
      all += row.terms.back().second;
    }
    const double limit = all * (10 + below(60)) / 100;
    (program.maximise ? row.upper : row.lower) = below(20) == 0 ? (program.maximise ? -all : 4 * all) : limit;
    program.rows.push_back(std::move(row));
  }
  return program;
}

TEST(SelectionNarrowing, AnswersAsTheSolverDoes) {
  std::size_t narrowed = 0, infeasible = 0;
  for (unsigned seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const IntegerProgram program = someProgram(random);
    const Solution plain = Solver::highs().solve(program, 60);
    const std::optional<Narrowing> narrowing = Narrowing::of(program, 60);
    if (!narrowing) {
      ASSERT_EQ(plain.status, Solution::Status::infeasible);
      ++infeasible;
      continue;
    }
    const Solution found = narrowing->solve(program, 60);
    ASSERT_EQ(found.status, plain.status);
    if (!found.hasValues()) continue;
    ASSERT_NEAR(found.objective, plain.objective, program.gap + kRounding);
    // Nothing that reaches the best is left out, and what is left has it.
    IntegerProgram rest = program;
    const std::size_t open = narrowing->leaveOut(plain.objective, rest);
    ASSERT_NEAR(Solver::highs().solve(rest, 60).objective, plain.objective, program.gap + kRounding);
    narrowed += open < program.variables.size() / 2;
  }
  EXPECT_GT(narrowed, 30U);
  EXPECT_GT(infeasible, 2U);
}

TEST(SelectionNarrowing, ACutoffThatNothingReachesIsInfeasibleAndAnotherChangesNothing) {
  for (unsigned seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    IntegerProgram program = someProgram(random);
    const Solution plain = Solver::highs().solve(program, 60);
    if (!plain.hasValues()) continue;
    const double better = program.maximise ? 1 : -1;
    program.cutoff = plain.objective;
    const Solution same = Solver::highs().solve(program, 60);
    ASSERT_EQ(same.status, Solution::Status::optimal);
    ASSERT_NEAR(same.objective, plain.objective, program.gap + kRounding);
    program.cutoff = plain.objective - better * 50;
    ASSERT_NEAR(Solver::highs().solve(program, 60).objective, plain.objective, program.gap + kRounding);
    program.cutoff = plain.objective + better * (2 * program.gap + 0.1);
    ASSERT_EQ(Solver::highs().solve(program, 60).status, Solution::Status::infeasible);
  }
}

// So many rungs that the selection narrows its programs; shares that are coarse make designs equal.
TEST(SelectionNarrowing, WhatALargeCoverageChoosesIsWhatBruteForceFinds) {
  std::size_t equal = 0;
  for (unsigned seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const auto below = [&](std::size_t n) { return static_cast<std::uint32_t>(random() % n); };
    WayInstance instance;
    SelectionProblem& problem = instance.problem;
    constexpr std::uint32_t kCount = 11;
    const bool coarse = seed % 3 == 0;
    for (std::uint32_t i = 0; i < kCount; ++i) {
      SelectionCandidate candidate;
      candidate.id = std::string(1, static_cast<char>('a' + (i * 7) % 26)) + std::to_string(i);
      candidate.days = 0.5 * (1 + below(coarse ? 3 : 12));
      candidate.roleDays = {candidate.days / 2};
      if (below(6) == 0) candidate.needs.push_back({below(kCount), below(kCount)});
      if (below(8) == 0) candidate.excludes.push_back((i + 1) % kCount);
      problem.candidates.push_back(std::move(candidate));
    }
    instance.world.effects.resize(kCount);
    const std::uint32_t tiers = 1 + below(2);
    for (std::uint32_t tier = 0; tier < tiers; ++tier) {
      CoverageTier coverage;
      coverage.tier = tier;
      for (std::size_t e = 0; e < 500; ++e) coverage.elements.push_back({0.5 * (1 + below(4)), 0});
      for (std::uint32_t r = 0; r < 2500; ++r) {
        coverage.relations.push_back({below(kCount), below(500), 0.05 * (1 + below(19))});
      }
      // A candidate and the next one cover the same.
      for (std::size_t r = coarse ? 2500 : 0; r > 0; --r) {
        const CoverageRelation& one = coverage.relations[r - 1];
        coverage.relations.push_back({(one.candidate ^ 1U) % kCount, one.element, one.share});
      }
      problem.coverage.push_back(std::move(coverage));
    }
    instance.limits.budgetDays = 2 + below(coarse ? 8 : 24);
    if (below(2) == 0) instance.limits.roleDays = {0.45 * instance.limits.budgetDays};
    const SlowSelection slow(instance);
    const Design best = slow.best(instance.limits);
    auto selector = Selector::make(problem, nullptr);
    ASSERT_TRUE(selector.has_value());
    const auto answer = selector->best(instance.limits);
    ASSERT_TRUE(answer.has_value() && answer->proven && answer->least);
    ASSERT_EQ(slow.ids(answer->chosen), slow.ids(best));
    ASSERT_EQ(thousandths(answer->value.tiers), slow.worth(best));
    equal += answer->rounds > tiers + 1;
  }
  EXPECT_GT(equal, 3U) << "no two designs were equal";
}

}  // namespace
}  // namespace vauban::plan
