// A small world in which candidates open and shut ways, so that their flags are true by construction; for
// tests.
//
// A candidate shuts some ways and opens others; a design applies its candidates in the order of their
// positions, and what a later one does counts. A level is a condition on what is open, a disjunction of sets
// of ways that must all be shut (closing) or all be open (others).
#pragma once

#include <algorithm>
#include <atomic>
#include <cmath>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "plan/selection.h"

namespace vauban::plan {

struct WayWorld : DesignOracle {
  struct Effect {
    std::uint32_t shuts = 0, opens = 0;
  };
  std::uint32_t open = 0;  // with nothing built
  std::vector<Effect> effects;
  std::vector<std::vector<std::uint32_t>> conditions;  // by level
  std::vector<Level> levels;
  std::set<Design> unbuildable;
  std::atomic<std::size_t> asked = 0;

  std::uint32_t openAfter(const Design& design) const {
    std::uint32_t now = open;
    for (const std::uint32_t i : design) now = (now & ~effects[i].shuts) | effects[i].opens;
    return now;
  }
  bool holds(std::size_t level, std::uint32_t now) const {
    const std::uint32_t good = levels[level].closing ? ~now : now;
    return std::ranges::any_of(conditions[level], [&](std::uint32_t ways) { return (ways & ~good) == 0; });
  }
  Result<std::vector<bool>> evaluate(const Design& design) override {
    ++asked;
    if (unbuildable.contains(design)) {
      return failure({Severity::error, {}, 0, "names clash", {}, {}});
    }
    const std::uint32_t now = openAfter(design);
    std::vector<bool> all;
    for (std::size_t l = 0; l < levels.size(); ++l) all.push_back(holds(l, now));
    return all;
  }
};

struct WayInstance {
  SelectionProblem problem;
  SelectionLimits limits;
  WayWorld world;
};

struct WayShape {
  std::size_t most = 14, ways = 10, levels = 8;
  std::uint32_t tiers = 3;
  bool restricted = true;  // needs, excludes, roles, designs that cannot be built
};

inline void makeInstance(WayInstance& instance, std::mt19937& random, const WayShape& shape = {}) {
  const auto below = [&](std::size_t n) { return static_cast<std::uint32_t>(random() % n); };
  const auto chance = [&](int percent) { return static_cast<int>(random() % 100) < percent; };
  // Half of them small: there everything happens sooner.
  const std::size_t count =
      1 + (chance(50) ? below(std::min<std::size_t>(shape.most, 7)) : below(shape.most));
  WayWorld& world = instance.world;
  const std::uint32_t mask = (1U << shape.ways) - 1;
  world.open = static_cast<std::uint32_t>(random()) & mask;
  const int opening = chance(40) ? 0 : 25;
  for (std::size_t i = 0; i < count; ++i) {
    WayWorld::Effect effect;
    for (std::size_t s = 1 + below(3); s > 0; --s) effect.shuts |= 1U << below(shape.ways);
    if (chance(opening)) effect.opens = 1U << below(shape.ways);
    effect.shuts &= ~effect.opens;
    world.effects.push_back(effect);
  }
  SelectionProblem& problem = instance.problem;
  for (std::uint32_t i = 0; i < count; ++i) {
    SelectionCandidate candidate;
    candidate.id = std::string(1, static_cast<char>('a' + (i * 7) % 26)) + std::to_string(i);
    candidate.days = 0.5 * below(8);
    candidate.opens = (world.effects[i].opens & ~world.open) != 0 || chance(3);
    for (std::uint32_t j = 0; j < count; ++j) {
      const bool undoes = j < i && (world.effects[j].shuts & world.effects[i].opens) != 0;
      if (undoes || (i != j && chance(1))) candidate.reopens.push_back(j);
    }
    if (shape.restricted) {
      candidate.roleDays = {candidate.days / 2, candidate.days / 4};
      while (chance(15)) {
        Design group;
        for (std::size_t g = below(12) == 0 ? 0 : 1 + below(2); g > 0; --g) group.push_back(below(count));
        candidate.needs.push_back(group);
      }
      if (chance(10)) candidate.excludes.push_back(below(count));
      std::erase(candidate.excludes, i);
    }
    problem.candidates.push_back(std::move(candidate));
  }
  for (std::size_t l = below(shape.levels + 1); l > 0; --l) {
    Level level;
    level.tier = below(shape.tiers);
    level.weight = 0.5 * below(4);
    level.closing = chance(70);
    std::vector<std::uint32_t> condition;
    for (std::size_t c = 1 + below(3); c > 0; --c) {
      std::uint32_t ways = 0;
      for (std::size_t w = 1 + below(3); w > 0; --w) ways |= 1U << below(shape.ways);
      condition.push_back(ways);
    }
    world.conditions.push_back(std::move(condition));
    world.levels.push_back(level);
  }
  problem.levels = world.levels;
  for (std::size_t c = below(3); c > 0; --c) {
    CoverageTier coverage;
    coverage.tier = below(shape.tiers);
    for (std::size_t e = 1 + below(5); e > 0; --e)
      coverage.elements.push_back({0.5 * below(5), 0.1 * below(5)});
    for (std::size_t r = below(count * 3); r > 0; --r) {
      coverage.relations.push_back(
          {below(count), below(coverage.elements.size()), chance(30) ? 1.0 : 0.1 * below(10)});
    }
    problem.coverage.push_back(std::move(coverage));
  }
  instance.limits.budgetDays = chance(5) ? SelectionLimits::kUnlimited : 0.5 * below(1 + 4 * count);
  instance.limits.maxEvaluations = 100'000;
  instance.limits.seconds = 3600;
  if (shape.restricted && chance(30))
    instance.limits.roleDays = {0.25 * below(3 * count), 0.25 * below(2 * count)};
  if (shape.restricted && chance(30)) {
    for (std::size_t d = 1 + below(20); d > 0; --d) {
      Design design;
      for (std::uint32_t i = 0; i < count; ++i) {
        if (chance(30)) design.push_back(i);
      }
      if (!design.empty()) world.unbuildable.insert(design);
    }
  }
}

// Everything about one design, the slow way: the tiers in thousandths, then less effort, fewer, smaller ids.
class SlowSelection {
 public:
  explicit SlowSelection(const WayInstance& instance) : in_(instance) {
    for (const Level& level : in_.world.levels) tiers_ = std::max<std::size_t>(tiers_, level.tier + 1);
    for (const CoverageTier& coverage : in_.problem.coverage) {
      tiers_ = std::max<std::size_t>(tiers_, coverage.tier + 1);
    }
  }

  Design designOf(std::uint32_t bits) const {
    Design design;
    for (std::uint32_t i = 0; i < in_.problem.candidates.size(); ++i) {
      if ((bits >> i & 1) != 0) design.push_back(i);
    }
    return design;
  }
  bool respects(const Design& design) const {
    const auto has = [&](std::uint32_t i) { return std::ranges::binary_search(design, i); };
    for (const std::uint32_t i : design) {
      const SelectionCandidate& candidate = in_.problem.candidates[i];
      if (std::ranges::any_of(candidate.excludes, has)) return false;
      for (const Design& group : candidate.needs) {
        if (std::ranges::none_of(group, has)) return false;
      }
    }
    return true;
  }
  bool fits(const Design& design, const SelectionLimits& limits) const {
    double days = 0;
    std::vector<double> roles(limits.roleDays.size());
    for (const std::uint32_t i : design) {
      days += in_.problem.candidates[i].days;
      for (std::size_t r = 0; r < roles.size(); ++r) {
        // Thousandths, as the engine has them.
        roles[r] += std::round(in_.problem.candidates[i].roleDays[r] * 1000) / 1000;
      }
    }
    if (days > limits.budgetDays + 1e-9) return false;
    for (std::size_t r = 0; r < roles.size(); ++r) {
      if (roles[r] > limits.roleDays[r] + 1e-9) return false;
    }
    return true;
  }
  bool allowed(const Design& design, const SelectionLimits& limits) const {
    return respects(design) && fits(design, limits) && !in_.world.unbuildable.contains(design);
  }
  std::vector<long> worth(const Design& design) const {
    std::vector<long> worth(tiers_);
    const std::uint32_t now = in_.world.openAfter(design);
    for (std::size_t l = 0; l < in_.world.levels.size(); ++l) {
      if (in_.world.holds(l, now))
        worth[in_.world.levels[l].tier] += std::lround(in_.world.levels[l].weight * 1000);
    }
    for (const CoverageTier& coverage : in_.problem.coverage) {
      std::vector<double> best;
      for (const CoverageElement& element : coverage.elements) best.push_back(element.baseShare);
      for (const CoverageRelation& relation : coverage.relations) {
        if (std::ranges::binary_search(design, relation.candidate)) {
          best[relation.element] = std::max(best[relation.element], relation.share);
        }
      }
      for (std::size_t e = 0; e < best.size(); ++e) {
        worth[coverage.tier] += std::lround(coverage.elements[e].weight * best[e] * 1000);
      }
    }
    return worth;
  }
  double days(const Design& design) const {
    double sum = 0;
    for (const std::uint32_t i : design) sum += in_.problem.candidates[i].days;
    return sum;
  }
  std::vector<std::string> ids(const Design& design) const {
    std::vector<std::string> ids;
    for (const std::uint32_t i : design) ids.push_back(in_.problem.candidates[i].id);
    std::ranges::sort(ids);
    return ids;
  }
  bool better(const Design& a, const Design& b) const {
    const std::vector<long> worthOfA = worth(a), worthOfB = worth(b);
    if (worthOfA != worthOfB) return worthOfA > worthOfB;
    if (days(a) != days(b)) return days(a) < days(b);
    if (a.size() != b.size()) return a.size() < b.size();
    return ids(a) < ids(b);
  }
  Design best(const SelectionLimits& limits) const {
    Design best;
    for (std::uint32_t bits = 1; bits < 1U << in_.problem.candidates.size(); ++bits) {
      const Design design = designOf(bits);
      if (allowed(design, limits) && better(design, best)) best = design;
    }
    return best;
  }

 private:
  const WayInstance& in_;
  std::size_t tiers_ = 0;
};

inline std::vector<long> thousandths(const std::vector<double>& values) {
  std::vector<long> whole;
  for (const double value : values) whole.push_back(std::lround(value * 1000));
  return whole;
}

}  // namespace vauban::plan
