#include "attack/integer_program.h"

#include <gtest/gtest.h>

#include <cmath>
#include <optional>
#include <random>
#include <thread>

namespace vauban::attack {
namespace {

using Status = Solution::Status;
constexpr double kUnbounded = IntegerProgram::kUnbounded;

double value(const IntegerProgram& program, const std::vector<double>& values) {
  double sum = 0;
  for (std::size_t v = 0; v < values.size(); ++v) sum += values[v] * program.variables[v].objective;
  return sum;
}

bool satisfies(const IntegerProgram& program, const std::vector<double>& values) {
  for (const IntegerProgram::Row& row : program.rows) {
    double sum = 0;
    for (const auto& [variable, coefficient] : row.terms) sum += coefficient * values[variable.index()];
    if (sum < row.lower - 1e-6 || sum > row.upper + 1e-6) return false;
  }
  return true;
}

// The best of all 0-1 values.
std::optional<double> bestOfAll(const IntegerProgram& program) {
  std::optional<double> best;
  const std::size_t n = program.variables.size();
  for (std::uint32_t set = 0; set < 1U << n; ++set) {
    std::vector<double> values(n);
    for (std::size_t v = 0; v < n; ++v) values[v] = set >> v & 1;
    if (!satisfies(program, values)) continue;
    const double here = value(program, values);
    if (!best || (program.maximise ? here > *best : here < *best)) best = here;
  }
  return best;
}

IntegerProgram randomProgram(unsigned seed) {
  std::mt19937 random(seed);
  auto between = [&](int low, int high) {
    return static_cast<double>(low + static_cast<int>(random() % static_cast<unsigned>(high - low + 1)));
  };
  IntegerProgram program;
  program.maximise = random() % 2;
  for (unsigned v = 1 + random() % 10; v > 0; --v) program.addVariable({.objective = between(-9, 9)});
  for (unsigned r = random() % 8; r > 0; --r) {
    IntegerProgram::Row row;
    for (std::size_t v = 0; v < program.variables.size(); ++v) {
      if (random() % 2) row.terms.emplace_back(VariableId(v), between(-5, 5));
    }
    if (random() % 3) row.upper = between(-3, 10);
    if (random() % 3 == 0) row.lower = between(-10, row.upper < 3 ? -5 : 3);
    program.rows.push_back(std::move(row));
  }
  return program;
}

TEST(IntegerProgram, AgreesWithAllSubsets) {
  std::size_t infeasible = 0;
  for (unsigned seed = 0; seed < 500; ++seed) {
    SCOPED_TRACE(seed);
    const IntegerProgram program = randomProgram(seed);
    const auto expected = bestOfAll(program);
    const Solution solution = Solver::highs().solve(program, 60);
    if (!expected) {
      ++infeasible;
      ASSERT_EQ(solution.status, Status::infeasible);
      continue;
    }
    ASSERT_EQ(solution.status, Status::optimal);
    ASSERT_TRUE(satisfies(program, solution.values));
    ASSERT_NEAR(solution.objective, *expected, 1e-6);
    ASSERT_EQ(solution.objective, value(program, solution.values));
    ASSERT_EQ(solution.bound, solution.objective);
    for (const double v : solution.values) ASSERT_EQ(v, std::round(v));
  }
  EXPECT_GT(infeasible, 10U);
}

TEST(IntegerProgram, ContinuousAndWideVariables) {
  IntegerProgram program;
  program.maximise = true;
  const VariableId whole = program.addVariable({.lower = -4, .upper = 20, .objective = 3});
  const VariableId part = program.addVariable({.upper = kUnbounded, .objective = 2, .integer = false});
  program.rows.push_back({.upper = 7.5, .terms = {{whole, 2.0}, {part, 1.0}}});
  // 2 of the part weigh more than 3 of the whole for the room they take.
  const Solution solution = Solver::highs().solve(program, 60);
  ASSERT_EQ(solution.status, Status::optimal);
  EXPECT_EQ(solution.values[whole.index()], -4);
  EXPECT_NEAR(solution.values[part.index()], 15.5, 1e-6);
}

TEST(IntegerProgram, Statuses) {
  IntegerProgram program;
  EXPECT_EQ(Solver::highs().solve(program, 60).status, Status::optimal) << "nothing to choose";
  program.addVariable({.upper = kUnbounded, .objective = -1});
  EXPECT_EQ(Solver::highs().solve(program, 60).status, Status::unbounded);
  program.addAtMost(-1, {VariableId(0)});
  EXPECT_EQ(Solver::highs().solve(program, 60).status, Status::infeasible);
}

// A covering of triples (Steiner triples are hard to prove) that takes longer than it is given.
IntegerProgram triples(std::size_t points) {
  IntegerProgram program;
  for (std::size_t p = 0; p < points; ++p) program.addVariable({.objective = 1});
  std::mt19937 random(11);
  for (std::size_t t = 0; t < points * 6; ++t) {
    const std::size_t a = random() % points, b = (a + 1 + random() % (points - 2)) % points;
    const std::size_t c = (b + 1 + random() % (points - 2)) % points;
    if (c != a) program.addAtLeast(1, {VariableId(a), VariableId(b), VariableId(c)});
  }
  return program;
}

TEST(IntegerProgram, TimeRunsOut) {
  const IntegerProgram program = triples(300);
  const Solution solution = Solver::highs().solve(program, 0.5);
  ASSERT_TRUE(solution.status == Status::feasible || solution.status == Status::unsolved);
  EXPECT_GT(solution.bound, 1);
  if (solution.hasValues()) {
    EXPECT_TRUE(satisfies(program, solution.values));
    EXPECT_LE(solution.bound, solution.objective);
  }
  EXPECT_FALSE(Solver::highs().solve(program, 0).status == Status::optimal);
}

TEST(IntegerProgram, SameAnswerInEveryThread) {
  const IntegerProgram program = triples(24);
  const Solution expected = Solver::highs().solve(program, 60);
  ASSERT_EQ(expected.status, Status::optimal);
  std::vector<Solution> found(4);
  {
    std::vector<std::jthread> threads;
    for (Solution& mine : found) threads.emplace_back([&] { mine = Solver::highs().solve(program, 60); });
  }
  for (const Solution& mine : found) EXPECT_EQ(mine.values, expected.values);
}

}  // namespace
}  // namespace vauban::attack
