#include "attack/derivation_graph.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/result.h"

namespace vauban::attack {
namespace {

template <class T>
void tidy(std::vector<T>& ids) {
  std::ranges::sort(ids);
  ids.erase(std::ranges::unique(ids).begin(), ids.end());
}

std::uint64_t hashOf(FactId conclusion, const std::vector<FactId>& premises,
                     const std::vector<LayerId>& layers) {
  std::uint64_t hash = conclusion.value;
  auto add = [&](std::uint64_t value) {
    hash = (hash ^ value) * 0x9e3779b97f4a7c15ULL;
    hash ^= hash >> 29;
  };
  for (const FactId premise : premises) add(premise.value);
  add(premises.size() + (std::uint64_t{1} << 32));
  for (const LayerId layer : layers) add(layer.value);
  return hash;
}

}  // namespace

// False where the step adds nothing.
bool DerivationGraph::Builder::tidied(FactId conclusion, std::vector<FactId>& premises,
                                      std::vector<LayerId>& layers) const {
  VAUBAN_CHECK(conclusion.index() < facts_);
  tidy(premises);
  tidy(layers);
  VAUBAN_CHECK(premises.empty() || premises.back().index() < facts_);
  VAUBAN_CHECK(layers.empty() || layers.back().index() < layerCount_);
  return !std::ranges::binary_search(premises, conclusion);
}

StepId DerivationGraph::Builder::append(FactId conclusion, const std::vector<FactId>& premises,
                                        const std::vector<LayerId>& layers) {
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

StepId DerivationGraph::Builder::addStep(FactId conclusion, std::vector<FactId> premises,
                                         std::vector<LayerId> layers) {
  return tidied(conclusion, premises, layers) ? append(conclusion, premises, layers) : StepId();
}

StepId DerivationGraph::Builder::addStepOnce(FactId conclusion, std::vector<FactId> premises,
                                             std::vector<LayerId> layers) {
  if (!tidied(conclusion, premises, layers)) return {};
  if (2 * taken_ >= slots_.size()) grow();
  const std::uint64_t hash = hashOf(conclusion, premises, layers);
  std::size_t at = hash & (slots_.size() - 1);
  for (; slots_[at].step.valid(); at = (at + 1) & (slots_.size() - 1)) {
    const StepId step = slots_[at].step;
    if (slots_[at].hash == hash && graph_.conclusion(step) == conclusion &&
        std::ranges::equal(graph_.premises(step), premises) &&
        std::ranges::equal(graph_.layers(step), layers))
      return step;
  }
  ++taken_;
  return (slots_[at] = {hash, append(conclusion, premises, layers)}).step;
}

void DerivationGraph::Builder::grow() {
  std::vector<Slot> before(std::max<std::size_t>(1024, 2 * slots_.size()));
  std::swap(before, slots_);
  for (const Slot& slot : before) {
    if (!slot.step.valid()) continue;
    std::size_t at = slot.hash & (slots_.size() - 1);
    while (slots_[at].step.valid()) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = slot;
  }
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
