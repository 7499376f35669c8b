#include "attack/derivation_graph.h"

#include <algorithm>
#include <utility>

#include "base/result.h"

namespace vauban::attack {
namespace {

template <class T>
void tidy(std::vector<T>& ids) {
  std::ranges::sort(ids);
  ids.erase(std::ranges::unique(ids).begin(), ids.end());
}

}  // namespace

StepId DerivationGraph::Builder::addStep(FactId conclusion, std::vector<FactId> premises,
                                         std::vector<LayerId> layers) {
  VAUBAN_CHECK(conclusion.index() < facts_);
  tidy(premises);
  tidy(layers);
  VAUBAN_CHECK(premises.empty() || premises.back().index() < facts_);
  VAUBAN_CHECK(layers.empty() || layers.back().index() < layerCount_);
  if (std::ranges::binary_search(premises, conclusion)) return {};
  const StepId step(graph_.conclusions_.size());
  graph_.conclusions_.push_back(conclusion);
  auto append = [](auto& rows, const auto& items) {
    rows.items.insert(rows.items.end(), items.begin(), items.end());
    rows.starts.push_back(static_cast<std::uint32_t>(rows.items.size()));
  };
  append(graph_.premises_, premises);
  append(graph_.layers_, layers);
  return step;
}

DerivationGraph DerivationGraph::Builder::build() && {
  const std::size_t steps = graph_.conclusions_.size();
  // Counting sort by what a step touches, so that rows are in the order of steps.
  auto invert = [&](auto& rows, std::size_t count, const auto& touched) {
    std::vector<std::uint32_t> starts(count + 1, 0);
    for (std::size_t s = 0; s < steps; ++s) {
      for (const auto id : touched(StepId(s))) ++starts[id.index() + 1];
    }
    for (std::size_t i = 0; i < count; ++i) starts[i + 1] += starts[i];
    rows.starts = starts;
    rows.items.resize(starts.back());
    for (std::size_t s = 0; s < steps; ++s) {
      for (const auto id : touched(StepId(s))) rows.items[starts[id.index()]++] = StepId(s);
    }
  };
  invert(graph_.concluding_, facts_,
         [&](StepId step) { return std::span(&graph_.conclusions_[step.index()], 1); });
  invert(graph_.needing_, facts_, [&](StepId step) { return graph_.premises(step); });
  invert(graph_.guardedBy_, layerCount_, [&](StepId step) { return graph_.layers(step); });
  return std::move(graph_);
}

}  // namespace vauban::attack
