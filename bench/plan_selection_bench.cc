// The choice under a budget by itself: a flat selection of 300 candidates over 700 techniques and 5,000
// relations, with needs, exclusions and two roles; and random selections whose levels only an oracle can
// judge, of which the number of evaluations counts, since one costs a verifier's run. Prints one line each.
// The target stands beside the figure. Exit 1: a flat selection is not proven.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <random>

#include "plan/selection.h"

namespace {

using namespace vauban::plan;

// Of the processor: all is one thread, and others may be at work.
double seconds(auto&& work) {
  const std::clock_t start = std::clock();
  work();
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

// Shaped as the catalogue is: few candidates cover much, most techniques are covered by several.
SelectionProblem flat(std::size_t candidates, std::size_t techniques, std::size_t relations, unsigned seed) {
  std::mt19937 random(seed);
  const auto below = [&](std::size_t n) { return static_cast<std::uint32_t>(random() % n); };
  const auto skewed = [&](std::size_t n) {
    const double u = static_cast<double>(random() % 10'000) / 10'000;
    return static_cast<std::uint32_t>(u * u * static_cast<double>(n));
  };
  SelectionProblem problem;
  for (std::uint32_t i = 0; i < candidates; ++i) {
    SelectionCandidate candidate;
    candidate.id = "candidate-" + std::to_string(i);
    candidate.days = 0.5 * (1 + below(60));
    candidate.roleDays = {candidate.days * 0.75, candidate.days * 0.25};
    if (i > 0 && below(5) == 0) candidate.needs.push_back({below(i), below(i)});
    if (i > 0 && below(10) == 0) candidate.excludes.push_back(below(i));
    problem.candidates.push_back(std::move(candidate));
  }
  CoverageTier coverage;
  for (std::size_t t = 0; t < techniques; ++t) {
    coverage.elements.push_back({static_cast<double>(1 + below(4)), below(4) == 0 ? 0.3 : 0.0});
  }
  for (std::size_t r = 0; r < relations; ++r) {
    coverage.relations.push_back({skewed(candidates), below(techniques), 0.05 * (1 + below(19))});
  }
  problem.coverage.push_back(std::move(coverage));
  return problem;
}

// Levels as claims are: each holds once all candidates of one of a few small sets are built.
struct Claims : DesignOracle {
  std::vector<std::vector<Design>> sufficient;
  vauban::Result<std::vector<bool>> evaluate(const Design& design) override {
    std::vector<bool> levels;
    for (const std::vector<Design>& sets : sufficient) {
      levels.push_back(
          std::ranges::any_of(sets, [&](const Design& set) { return std::ranges::includes(design, set); }));
    }
    return levels;
  }
};

struct Shape {
  std::size_t candidates = 80, levels = 20;
  std::size_t sets = 2, size = 2;  // sufficient sets of a level, and candidates of one, at most
  double budget = 60;
};

void judged(const Shape& shape) {
  std::size_t evaluations = 0, rounds = 0, proven = 0, most = 0;
  constexpr unsigned kSeeds = 5;
  const double spent = seconds([&] {
    for (unsigned seed = 1; seed <= kSeeds; ++seed) {
      SelectionProblem problem = flat(shape.candidates, 100, 600, seed);
      problem.coverage[0].tier = 2;
      std::mt19937 random(seed);
      Claims claims;
      for (std::size_t l = 0; l < shape.levels; ++l) {
        problem.levels.push_back({static_cast<std::uint32_t>(l % 2), 1.0, true});
        std::vector<Design> sets;
        for (std::size_t s = 1 + random() % shape.sets; s > 0; --s) {
          Design set;
          for (std::size_t i = 1 + random() % shape.size; i > 0; --i) {
            set.push_back(static_cast<std::uint32_t>(random() % shape.candidates));
          }
          std::ranges::sort(set);
          sets.push_back(std::move(set));
        }
        claims.sufficient.push_back(std::move(sets));
      }
      auto selector = Selector::make(std::move(problem), &claims);
      const auto answer =
          selector->best({.budgetDays = shape.budget, .maxEvaluations = 100'000, .seconds = 600});
      evaluations += answer->evaluations;
      most = std::max(most, answer->evaluations);
      rounds += answer->rounds;
      proven += answer->proven;
    }
  });
  std::printf(
      "judged: %zu candidates, %zu levels of up to %zu sets of %zu, %.0f days: %.0f evaluations (most %zu), "
      "%.0f "
      "programs, %.2f s; %zu of %u proven\n",
      shape.candidates, shape.levels, shape.sets, shape.size, shape.budget,
      static_cast<double>(evaluations) / kSeeds, most, static_cast<double>(rounds) / kSeeds, spent / kSeeds,
      proven, kSeeds);
}

}  // namespace

int main() {
  bool good = true;
  for (const double budget : {50.0, 100.0, 250.0, 500.0, 1000.0}) {
    auto selector = Selector::make(flat(300, 700, 5000, 7), nullptr);
    std::size_t chosen = 0, rounds = 0;
    double worth = 0;
    bool proven = false;
    const double spent = seconds([&] {
      const auto answer = selector->best({.budgetDays = budget, .roleDays = {budget * 0.74, budget * 0.27}});
      chosen = answer->chosen.size();
      worth = answer->value.tiers[0];
      proven = answer->proven;
      rounds = answer->rounds;
    });
    std::printf(
        "flat: 300 candidates, 700 techniques, 5,000 relations, %.0f days: %zu chosen, worth %.2f, %zu "
        "programs, %.2f s (target: under 1), %s\n",
        budget, chosen, worth, rounds, spent, proven ? "proven" : "not proven");
    good &= proven;
  }
  for (const std::size_t candidates : {20, 40, 80, 160}) judged({.candidates = candidates});
  for (const double budget : {20.0, 120.0}) judged({.budget = budget});
  judged({.candidates = 40, .sets = 3, .size = 3});
  return good ? 0 : 1;
}
