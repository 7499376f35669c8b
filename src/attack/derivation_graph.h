// What follows from what: facts, steps that conclude a fact from others, layers that must fail for a step.
//
// An AND/OR graph with guards (semantics 7 and 8). A step may be taken once all its premises hold and all its
// layers have failed; its conclusion then holds. A step without premises and layers is an axiom. Cycles are
// fine: what holds is the least fixpoint. Ids are dense, in the order of adding; what a fact or a step means
// is the builder's business.
//
// Invariants: premises and layers of a step are sorted, each once; no step concludes one of its premises.
// A value, built by DerivationGraph::Builder, then immutable: any number of threads may read it. Memory: 4
// bytes a premise, layer, and conclusion, twice (forward and by what uses it).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/strong_id.h"

namespace vauban::attack {

using FactId = StrongId<struct FactTag>;
using StepId = StrongId<struct StepTag>;
using LayerId = StrongId<struct LayerTag>;

// Sets of one kind of id, each holding its members in increasing order.
class DerivationGraph {
 public:
  class Builder;

  std::size_t factCount() const { return concluding_.starts.size() - 1; }
  std::size_t stepCount() const { return conclusions_.size(); }
  std::size_t layerCount() const { return guardedBy_.starts.size() - 1; }

  FactId conclusion(StepId step) const { return conclusions_[step.index()]; }
  std::span<const FactId> premises(StepId step) const { return premises_.of(step.index()); }
  std::span<const LayerId> layers(StepId step) const { return layers_.of(step.index()); }
  // The steps that conclude a fact, that need a fact, that need a layer to have failed.
  std::span<const StepId> concluding(FactId fact) const { return concluding_.of(fact.index()); }
  std::span<const StepId> needing(FactId fact) const { return needing_.of(fact.index()); }
  std::span<const StepId> guardedBy(LayerId layer) const { return guardedBy_.of(layer.index()); }

 private:
  template <class Id>
  struct Rows {  // row r: items[starts[r], starts[r+1])
    std::vector<std::uint32_t> starts{0};
    std::vector<Id> items;
    std::span<const Id> of(std::size_t row) const {
      return std::span(items).subspan(starts[row], starts[row + 1] - starts[row]);
    }
  };
  std::vector<FactId> conclusions_;
  Rows<FactId> premises_;
  Rows<LayerId> layers_;
  Rows<StepId> concluding_, needing_, guardedBy_;
};

class DerivationGraph::Builder {
 public:
  FactId addFact() { return FactId(facts_++); }
  LayerId addLayer() { return LayerId(layerCount_++); }
  std::size_t factCount() const { return facts_; }
  std::size_t stepCount() const { return graph_.conclusions_.size(); }
  // Not valid where the step would conclude one of its premises: that adds nothing.
  StepId addStep(FactId conclusion, std::vector<FactId> premises, std::vector<LayerId> layers);
  // The same; but the step that needs the same for the same, if this function has added one before.
  StepId addStepOnce(FactId conclusion, std::vector<FactId> premises, std::vector<LayerId> layers);
  DerivationGraph build() &&;

 private:
  bool tidied(FactId conclusion, std::vector<FactId>& premises, std::vector<LayerId>& layers) const;
  StepId append(FactId conclusion, const std::vector<FactId>& premises, const std::vector<LayerId>& layers);
  void grow();

  DerivationGraph graph_;
  std::size_t facts_ = 0, layerCount_ = 0;
  // Steps added once, by what they are: open addressing, a power of two of slots, at most half of them taken.
  struct Slot {
    std::uint64_t hash = 0;
    StepId step;  // not valid: free
  };
  std::vector<Slot> slots_;
  std::size_t taken_ = 0;
};

}  // namespace vauban::attack
