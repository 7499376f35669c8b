// What holds: the least fixpoint of a derivation graph for the layers that have failed and what is barred.
//
// Each step counts what it still misses: premises that do not hold, layers that have not failed, times it was
// barred. At zero its conclusion holds (Dowling and Gallier, 1984: time and memory linear in the graph). Work
// goes by rounds; the *support* of a fact is the step that made it hold, the least one of its round.
// Following supports never runs in a circle.
//
// A closure keeps up with changes and does no more than they touch. What makes more hold can be taken back to
// a mark. What makes less hold (mending a layer, barring) first withdraws the facts whose support is gone,
// then looks for other steps that conclude them (delete and rederive; Gupta, Mumick, Subrahmanian, 1993). A
// rule, host or countermeasure that comes and goes is a set of steps to allow and to bar: the graph has the
// steps of both states.
//
// What holds, and the supports, depend on the calls alone, not on the number of threads. A value that refers
// to its graph, which must outlive it; one thread at a time may change it, many may read.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "attack/derivation_graph.h"

namespace vauban::attack {

class Closure {
 public:
  struct Start {
    std::vector<LayerId> failed = {};
    std::vector<StepId> barredSteps = {};
    std::vector<FactId> barredFacts = {};  // hold whatever concludes them: never
  };
  explicit Closure(const DerivationGraph& graph) : Closure(graph, Start{}) {}
  // Large rounds are shared out to that many threads, which end before the constructor does.
  Closure(const DerivationGraph& graph, const Start& start, unsigned threads = 1);

  const DerivationGraph& graph() const { return *graph_; }
  bool holds(FactId fact) const { return states_[fact.index()] == State::yes; }
  std::size_t holding() const;  // how many facts hold
  bool failed(LayerId layer) const { return failed_[layer.index()] != 0; }
  // Whether all that a step needs is there.
  bool fires(StepId step) const { return missing_[step.index()] == 0; }
  StepId support(FactId fact) const { return supports_[fact.index()]; }  // invalid where it does not hold

  // A layer fails at most once; failing a failed one changes nothing.
  void fail(std::span<const LayerId> layers);
  void fail(LayerId layer) { fail(std::span(&layer, 1)); }
  // Fails the layers, unless the goal would then hold: then nothing changes, and the answer is false.
  bool failUnless(std::span<const LayerId> layers, FactId goal);
  bool failUnless(LayerId layer, FactId goal) { return failUnless(std::span(&layer, 1), goal); }

  // undo() takes back all failing since the mark, and makes void the marks taken after it. Any of the changes
  // below makes void all marks.
  struct Mark {
    std::size_t facts = 0, layers = 0;
    std::uint64_t generation = 0;
  };
  Mark mark() const { return {trail_.size(), failedTrail_.size(), generation_}; }
  void undo(const Mark& mark);

  void mend(std::span<const LayerId> layers);  // the opposite of fail
  // A step that was barred n times is back once it was allowed n times.
  void bar(std::span<const StepId> steps);
  void allow(std::span<const StepId> steps);
  void bar(FactId fact);
  void allow(FactId fact);

 private:
  enum class State : std::uint8_t { no, yes, fresh, barred };  // fresh: came to hold in this round

  void fire(StepId step);
  void needLess(StepId step) {
    if (--missing_[step.index()] == 0) fire(step);
  }
  // Carries on what is fresh until nothing is; false as soon as `stopAt` is derived, with work left undone.
  bool propagate(FactId stopAt, unsigned threads = 1);
  void shareRound(std::size_t end, unsigned threads);
  void forgetTrail();
  void needMore(StepId step, std::vector<FactId>& withdrawn);
  void withdraw(FactId fact, std::vector<FactId>& withdrawn);
  void rederive(std::vector<FactId> withdrawn);

  const DerivationGraph* graph_;
  std::vector<State> states_;           // by fact
  std::vector<StepId> supports_;        // by fact
  std::vector<std::uint32_t> missing_;  // by step
  std::vector<std::uint32_t> bars_;     // by step; empty until one is barred
  std::vector<std::uint8_t> failed_;    // by layer
  // Facts in the order in which they came to hold; those before carried_ have told the steps that need them.
  std::vector<FactId> trail_;
  std::size_t carried_ = 0;
  std::vector<LayerId> failedTrail_;
  std::uint64_t generation_ = 0;
};

}  // namespace vauban::attack
