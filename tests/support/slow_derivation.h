// The slow, obvious twin of attack::Closure and of the searches above it: a derivation graph as bit masks,
// steps tried until nothing new follows, questions answered by trying all subsets. At most 32 facts, 32
// layers, 64 steps. Written from semantics 7 and 8; of src/attack it knows only what a graph is, to make one.
// For tests only.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <functional>
#include <random>
#include <vector>

#include "attack/derivation_graph.h"

namespace vauban::testing {

struct SlowDerivation {
  struct Step {
    unsigned conclusion = 0;
    std::uint32_t premises = 0, layers = 0;
  };
  unsigned facts = 0, layers = 0;
  std::vector<Step> steps;

  std::uint32_t allLayers() const { return layers == 32 ? UINT32_MAX : (1U << layers) - 1; }

  // The facts that hold, as a mask.
  std::uint32_t holding(std::uint32_t failed, std::uint64_t barredSteps = 0,
                        std::uint32_t barredFacts = 0) const {
    std::uint32_t holds = 0, before = 1;
    while (holds != before) {
      before = holds;
      for (std::size_t s = 0; s < steps.size(); ++s) {
        const Step& step = steps[s];
        if ((barredSteps >> s & 1) == 0 && (step.premises & ~holds) == 0 && (step.layers & ~failed) == 0 &&
            (barredFacts >> step.conclusion & 1) == 0) {
          holds |= 1U << step.conclusion;
        }
      }
    }
    return holds;
  }

  attack::DerivationGraph graph() const {
    attack::DerivationGraph::Builder builder;
    for (unsigned f = 0; f < facts; ++f) builder.addFact();
    for (unsigned l = 0; l < layers; ++l) builder.addLayer();
    for (const Step& step : steps) {
      std::vector<attack::FactId> needs;
      std::vector<attack::LayerId> guards;
      for (unsigned f = 0; f < facts; ++f) {
        if (step.premises >> f & 1) needs.emplace_back(f);
      }
      for (unsigned l = 0; l < layers; ++l) {
        if (step.layers >> l & 1) guards.emplace_back(l);
      }
      builder.addStep(attack::FactId(step.conclusion), needs, guards);
    }
    return std::move(builder).build();
  }
};

// Fact 0 is where it starts, the last one some steps away more often than not; circles, steps that conclude
// the same, facts that nothing concludes and layers that guard nothing all occur.
inline SlowDerivation randomDerivation(std::mt19937& random, unsigned mostFacts, unsigned mostSteps,
                                       unsigned mostLayers) {
  auto below = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
  SlowDerivation graph;
  graph.facts = 2 + below(mostFacts - 1);
  graph.layers = below(8) == 0 ? below(mostLayers + 1) : mostLayers - below(mostLayers / 2 + 1);
  const unsigned steps = std::min(mostSteps, graph.facts + below(3 * graph.facts + 1));
  const unsigned guards = 1 + below(3), joins = 1 + below(4);
  graph.steps.push_back({0, 0, 0});
  while (graph.steps.size() < steps) {
    SlowDerivation::Step step;
    step.conclusion = below(graph.facts);
    // Most steps lead from lower facts to higher ones nearby.
    const bool onward = below(6) != 0 && step.conclusion > 0;
    for (unsigned p = below(joins) == 0 ? 1 : 2; p > 0; --p) {
      const unsigned near = onward ? std::min(step.conclusion, 3U) : 0;
      step.premises |= 1U << (onward ? step.conclusion - 1 - below(near) : below(graph.facts));
    }
    step.premises &= ~(1U << step.conclusion);
    for (unsigned l = graph.layers > 0 ? below(guards + 1) : 0; l > 0; --l) {
      step.layers |= 1U << below(graph.layers);
    }
    if (step.premises == 0 && step.layers == 0 && below(8) != 0) continue;
    graph.steps.push_back(step);
  }
  return graph;
}

// The minimal members among the subsets of n things of a property that more things never undo; by size, then
// number.
inline std::vector<std::uint32_t> minimalSets(unsigned n, const std::function<bool(std::uint32_t)>& has) {
  std::vector<std::uint32_t> minimal;
  for (unsigned size = 0; size <= n; ++size) {
    for (std::uint32_t set = 0; set < 1U << n; ++set) {
      if (static_cast<unsigned>(std::popcount(set)) != size) continue;
      bool contains = false;
      for (const std::uint32_t smaller : minimal) contains = contains || (smaller & ~set) == 0;
      if (!contains && has(set)) minimal.push_back(set);
    }
  }
  return minimal;
}

template <class Ids>
std::uint32_t maskOf(const Ids& ids) {
  std::uint32_t mask = 0;
  for (const auto id : ids) mask |= 1U << id.index();
  return mask;
}

}  // namespace vauban::testing
