#include "plan/selection_program.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace vauban::plan {
namespace {

using attack::IntegerProgram;
using attack::Solution;
using attack::VariableId;

// Less than a unit: effort decides between designs that the program cannot tell apart.
constexpr double kEffortShare = 0.4;
constexpr double kGap =
    0.5;  // together with it less than a unit: the worth is the best, the effort need not be

// Variables. Smaller programs are solved before their relaxation has said anything.
constexpr std::size_t kLargeProgram = 1000;

using Sum = std::vector<std::pair<VariableId, Units>>;

Units divisorOf(const Sum& sum) {
  Units divisor = 0;
  for (const auto& [variable, units] : sum) divisor = std::gcd(divisor, units);
  return std::max<Units>(divisor, 1);
}

}  // namespace

struct SelectionProgram::Rows {
  IntegerProgram program;
  std::vector<VariableId> chosen;  // by candidate
  std::vector<Sum> worth;          // by tier, without its base
  Sum days;

  // sum >= least, sum <= most: half a unit is left to the solver's tolerance, since all is whole.
  void atLeast(const Sum& sum, Units least) { bound(sum, true, least); }
  void atMost(const Sum& sum, Units most) { bound(sum, false, most); }

  void bound(const Sum& sum, bool below, Units units) {
    if (sum.empty()) return;
    const Units divisor = divisorOf(sum);
    IntegerProgram::Row row;
    for (const auto& [variable, coefficient] : sum) {
      row.terms.emplace_back(variable, static_cast<double>(coefficient / divisor));
    }
    const double limit = static_cast<double>(units) / static_cast<double>(divisor);
    // Limits lie between two values of the sum, which are whole now.
    if (below) {
      row.lower = std::ceil(limit) - 0.5;
    } else {
      row.upper = std::floor(limit) + 0.5;
    }
    program.rows.push_back(std::move(row));
  }

  // 1 <= literals, or variable <= literals.
  void anyOf(const Design& in, const Design& out, std::optional<VariableId> unless) {
    IntegerProgram::Row row;
    for (const std::uint32_t i : in) row.terms.emplace_back(chosen[i], 1.0);
    for (const std::uint32_t i : out) row.terms.emplace_back(chosen[i], -1.0);
    row.lower = (unless ? 0.0 : 1.0) - static_cast<double>(out.size());
    if (unless) row.terms.emplace_back(*unless, -1.0);
    program.rows.push_back(std::move(row));
  }

  void exclude(const CandidateSet& design) {
    Design in, out;
    for (std::uint32_t i = 0; i < chosen.size(); ++i) (design.contains(i) ? out : in).push_back(i);
    anyOf(in, out, std::nullopt);
  }

  void objective(VariableId variable, double coefficient) {
    program.variables[variable.index()].objective += coefficient;
  }
};

SelectionProgram::SelectionProgram(const SelectionKnowledge& knowledge, const SelectionLimits& limits)
    : knowledge_(knowledge), limits_(limits) {}

SelectionProgram::Rows SelectionProgram::rows(std::size_t tiers) const {
  Rows rows;
  const SelectionProblem& problem = knowledge_.problem();
  for (std::uint32_t i = 0; i < problem.candidates.size(); ++i) {
    rows.chosen.push_back(rows.program.addVariable({}));
    if (knowledge_.days(i) > 0) rows.days.emplace_back(rows.chosen[i], knowledge_.days(i));
  }
  if (std::isfinite(limits_.budgetDays)) rows.atMost(rows.days, unitsOf(limits_.budgetDays));
  for (std::size_t r = 0; r < std::min(knowledge_.roleCount(), limits_.roleDays.size()); ++r) {
    if (!std::isfinite(limits_.roleDays[r])) continue;
    Sum effort;
    for (std::uint32_t i = 0; i < problem.candidates.size(); ++i) {
      if (knowledge_.roleDays(i, r) > 0) effort.emplace_back(rows.chosen[i], knowledge_.roleDays(i, r));
    }
    rows.atMost(effort, unitsOf(limits_.roleDays[r]));
  }
  for (std::uint32_t i = 0; i < problem.candidates.size(); ++i) {
    for (const Design& group : problem.candidates[i].needs) {
      if (std::ranges::find(group, i) == group.end()) rows.anyOf(group, {}, rows.chosen[i]);
    }
    for (std::uint32_t j = i; j < problem.candidates.size(); ++j) {
      if (!knowledge_.excluded(i, knowledge_.setOf({j}))) continue;
      if (i == j) {
        rows.program.variables[rows.chosen[i].index()].upper = 0;
      } else {
        rows.program.addAtMost(1, {rows.chosen[i], rows.chosen[j]});
      }
    }
  }
  for (const Evaluation& evaluation : knowledge_.evaluations()) {
    if (!evaluation.buildable) rows.exclude(evaluation.design);
  }
  for (const CandidateSet& design : forbidden_) rows.exclude(design);

  rows.worth.resize(tiers);
  std::vector<std::optional<VariableId>> holds(problem.levels.size());
  for (std::size_t l = 0; l < problem.levels.size(); ++l) {
    const std::uint32_t tier = problem.levels[l].tier;
    if (tier >= tiers || knowledge_.levelWeight(l) == 0) continue;
    holds[l] = rows.program.addVariable({});
    rows.worth[tier].emplace_back(*holds[l], knowledge_.levelWeight(l));
  }
  for (const LevelCut& cut : knowledge_.cuts()) {
    if (holds[cut.level]) rows.anyOf(cut.chosen, cut.left, *holds[cut.level]);
  }
  for (const SelectionKnowledge::Rung& rung : knowledge_.rungs()) {
    if (rung.tier >= tiers) continue;
    const Design candidates = rung.candidates.members();
    if (candidates.size() == 1) {
      rows.worth[rung.tier].emplace_back(rows.chosen[candidates[0]], rung.gain);
    } else {
      const VariableId reached = rows.program.addVariable({.integer = false});
      rows.worth[rung.tier].emplace_back(reached, rung.gain);
      rows.anyOf(candidates, {}, reached);
    }
  }
  // A candidate that covers some elements alone has several gains.
  for (Sum& worth : rows.worth) {
    std::ranges::sort(worth);
    Sum merged;
    for (const auto& [variable, units] : worth) {
      if (!merged.empty() && merged.back().first == variable) {
        merged.back().second += units;
      } else {
        merged.emplace_back(variable, units);
      }
    }
    worth = std::move(merged);
  }
  return rows;
}

void SelectionProgram::keep(Rows& rows, const std::vector<Units>& reached,
                            std::optional<std::size_t> but) const {
  for (std::size_t t = 0; t < reached.size(); ++t) {
    if (but != t) rows.atLeast(rows.worth[t], reached[t] - knowledge_.base(t));
  }
}

Relaxation SelectionProgram::solve(Rows& rows, const std::vector<Units>& reached, double seconds,
                                   std::optional<std::size_t> but, const Narrowing* narrowing) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(std::min(seconds, 1e7));
  Relaxation relaxation;
  while (true) {
    const double left = std::chrono::duration<double>(end - std::chrono::steady_clock::now()).count();
    const Solution solution = narrowing != nullptr ? narrowing->solve(rows.program, left)
                                                   : attack::Solver::highs().solve(rows.program, left);
    ++solved_;
    if (solution.status == Solution::Status::infeasible) {
      relaxation.status = Relaxation::Status::impossible;
      return relaxation;
    }
    if (solution.status != Solution::Status::optimal) {
      relaxation.status = Relaxation::Status::bounded;
      constexpr double kMost = 1e15;
      relaxation.bound =
          static_cast<Units>(std::isnan(solution.bound) ? kMost : std::clamp(solution.bound, -kMost, kMost));
      return relaxation;
    }
    relaxation.design = knowledge_.none();
    for (std::uint32_t i = 0; i < rows.chosen.size(); ++i) {
      if (solution.isOne(rows.chosen[i])) relaxation.design.add(i);
    }
    relaxation.levels.assign(knowledge_.levelCount(), true);
    for (const LevelCut& cut : knowledge_.cuts()) {
      if (relaxation.levels[cut.level] && !cut.allows(relaxation.design))
        relaxation.levels[cut.level] = false;
    }
    relaxation.worth = knowledge_.worth(relaxation.design, relaxation.levels);
    bool allowed = knowledge_.fits(relaxation.design, limits_) && knowledge_.respects(relaxation.design);
    for (std::size_t t = 0; t < reached.size(); ++t) {
      allowed &= but == t || relaxation.worth[t] >= reached[t];
    }
    if (allowed) {
      relaxation.status = Relaxation::Status::best;
      return relaxation;
    }
    // The solver's tolerance let it through.
    forbidden_.push_back(relaxation.design);
    rows.exclude(relaxation.design);
  }
}

// The worth of a tier, and where that is equal little effort.
Units SelectionProgram::maximise(Rows& rows, std::size_t tier) {
  rows.program.maximise = true;
  rows.program.gap = kGap;
  const Units divisor = divisorOf(rows.worth[tier]);
  for (const auto& [variable, units] : rows.worth[tier]) {
    rows.objective(variable, static_cast<double>(units / divisor));
  }
  Units total = 1;
  for (const auto& [variable, units] : rows.days) total += units;
  for (const auto& [variable, units] : rows.days) {
    rows.objective(variable, -kEffortShare * static_cast<double>(units) / static_cast<double>(total));
  }
  return divisor;
}

double SelectionProgram::leastObjective(const Rows& rows, std::size_t tier, Units worth) const {
  const Units divisor = divisorOf(rows.worth[tier]);
  return static_cast<double>(worth - knowledge_.base(tier)) / static_cast<double>(divisor) - kEffortShare;
}

Relaxation SelectionProgram::best(std::uint32_t tier, const std::vector<Units>& reached, double seconds) {
  Rows rows = this->rows(tier + 1);
  const Units divisor = maximise(rows, tier);
  keep(rows, reached);
  narrowing_.reset();
  // Of levels a relaxation says little.
  if (knowledge_.levelCount() == 0 && rows.program.variables.size() >= kLargeProgram) {
    const auto start = std::chrono::steady_clock::now();
    narrowing_ = Narrowing::of(rows.program, seconds);
    narrowedTier_ = tier;
    seconds -= std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  Relaxation relaxation = solve(rows, reached, seconds, std::nullopt, narrowing_ ? &*narrowing_ : nullptr);
  if (relaxation.status == Relaxation::Status::best) {
    relaxation.bound = relaxation.worth[tier];
  } else {
    Units all = 0;
    for (const auto& [variable, units] : rows.worth[tier]) all += units;
    const Units most = all / divisor;
    // Effort took less than a unit away, so that what is below the next whole number is no unit more.
    const Units found = std::min(relaxation.bound, most) + 1;
    relaxation.bound = knowledge_.base(tier) + std::min(found, most) * divisor;
  }
  return relaxation;
}

Relaxation SelectionProgram::other(const CandidateSet& than, const std::vector<Units>& reached, Order order,
                                   double seconds) {
  Rows rows = this->rows(reached.size());
  rows.exclude(than);
  rows.atMost(rows.days, knowledge_.daysOf(than));
  if (narrowing_) {
    narrowing_->leaveOut(leastObjective(rows, narrowedTier_, reached[narrowedTier_]), rows.program);
  }
  if (order == Order::worth) {
    const std::size_t tier = knowledge_.rungs().back().tier;
    keep(rows, reached, tier);
    maximise(rows, tier);
    rows.program.cutoff = leastObjective(rows, tier, reached[tier]);
    Relaxation relaxation = solve(rows, reached, seconds, tier);
    if (relaxation.status == Relaxation::Status::best && relaxation.worth[tier] < reached[tier]) {
      relaxation.status = Relaxation::Status::impossible;
    }
    return relaxation;
  }
  keep(rows, reached);
  if (order == Order::days) {
    const Units divisor = divisorOf(rows.days);
    for (const auto& [variable, units] : rows.days) {
      rows.objective(variable, static_cast<double>(units / divisor));
    }
    return solve(rows, reached, seconds);
  }
  rows.program.addAtMost(static_cast<double>(than.count()), rows.chosen);
  if (order == Order::count) {
    for (const VariableId variable : rows.chosen) rows.objective(variable, 1);
    return solve(rows, reached, seconds);
  }
  // Ids: one place is the first that differs, and there the other has a candidate that this one lacks.
  // `later` is 1 as long as the place is still to come, and up to it both agree.
  rows.program.addAtLeast(static_cast<double>(than.count()), rows.chosen);
  VariableId later = rows.program.addVariable({.lower = 1, .integer = false});
  double place = 0;
  for (const std::uint32_t i : knowledge_.byId()) {
    const VariableId next = rows.program.addVariable({.integer = false});
    if (than.contains(i)) {
      // next = later, and chosen while it is to come
      rows.program.rows.push_back({.lower = 0, .upper = 0, .terms = {{later, 1.0}, {next, -1.0}}});
      rows.program.rows.push_back({.lower = 0, .terms = {{rows.chosen[i], 1.0}, {next, -1.0}}});
    } else {
      const VariableId here = rows.program.addVariable({.objective = ++place});
      rows.program.rows.push_back(
          {.lower = 0, .upper = 0, .terms = {{later, 1.0}, {next, -1.0}, {here, -1.0}}});
      rows.program.rows.push_back({.lower = 0, .terms = {{rows.chosen[i], 1.0}, {here, -1.0}}});
      rows.program.rows.push_back({.upper = 1, .terms = {{rows.chosen[i], 1.0}, {next, 1.0}}});
    }
    later = next;
  }
  rows.program.variables[later.index()].upper = 0;
  return solve(rows, reached, seconds);
}

}  // namespace vauban::plan
