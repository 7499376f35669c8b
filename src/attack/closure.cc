#include "attack/closure.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include "base/result.h"

namespace vauban::attack {
namespace {

// Below this many facts a round is over before threads have started.
constexpr std::size_t kSharedRound = 1 << 14;
constexpr std::size_t kChunk = 1 << 10;

}  // namespace

Closure::Closure(const DerivationGraph& graph, const Start& start, unsigned threads)
    : graph_(&graph),
      states_(graph.factCount(), State::no),
      supports_(graph.factCount()),
      missing_(graph.stepCount()),
      failed_(graph.layerCount(), 0) {
  for (std::size_t s = 0; s < missing_.size(); ++s) {
    missing_[s] =
        static_cast<std::uint32_t>(graph.premises(StepId(s)).size() + graph.layers(StepId(s)).size());
  }
  for (const FactId fact : start.barredFacts) states_[fact.index()] = State::barred;
  if (!start.barredSteps.empty()) bars_.assign(graph.stepCount(), 0);
  for (const StepId step : start.barredSteps) {
    ++bars_[step.index()];
    ++missing_[step.index()];
  }
  // Before any step may fire: one that a layer sets free has no other chance, an axiom has only this one.
  for (const LayerId layer : start.failed) {
    if (failed_[layer.index()]) continue;
    failed_[layer.index()] = 1;
    for (const StepId step : graph.guardedBy(layer)) --missing_[step.index()];
  }
  for (std::size_t s = 0; s < missing_.size(); ++s) {
    if (missing_[s] == 0) fire(StepId(s));
  }
  propagate(FactId{}, std::clamp(threads, 1U, 64U));
  forgetTrail();
}

std::size_t Closure::holding() const {
  return static_cast<std::size_t>(std::ranges::count(states_, State::yes));
}

void Closure::fire(StepId step) {
  const FactId fact = graph_->conclusion(step);
  State& state = states_[fact.index()];
  StepId& support = supports_[fact.index()];
  if (state == State::no) {
    state = State::fresh;
    support = step;
    trail_.push_back(fact);
  } else if (state == State::fresh) {
    support = std::min(support, step);
  }
}

bool Closure::propagate(FactId stopAt, unsigned threads) {
  while (carried_ < trail_.size()) {
    const std::size_t end = trail_.size();
    for (std::size_t f = carried_; f < end; ++f) states_[trail_[f].index()] = State::yes;
    if (stopAt.valid() && holds(stopAt)) return false;
    if (threads > 1 && end - carried_ >= kSharedRound) {
      shareRound(end, threads);
      continue;
    }
    while (carried_ < end) {
      const FactId fact = trail_[carried_++];
      for (const StepId step : graph_->needing(fact)) needLess(step);
    }
  }
  return true;
}

// One round by many threads. Which of them sees a counter reach zero is a matter of luck; that one does, and
// which steps have fired by the end of the round, is not.
void Closure::shareRound(std::size_t end, unsigned threads) {
  std::atomic<std::size_t> next{carried_};
  std::vector<std::vector<FactId>> fresh(threads);
  auto work = [&](std::vector<FactId>& mine) {
    for (std::size_t begin = next.fetch_add(kChunk); begin < end; begin = next.fetch_add(kChunk)) {
      for (std::size_t f = begin; f < std::min(begin + kChunk, end); ++f) {
        for (const StepId step : graph_->needing(trail_[f])) {
          if (std::atomic_ref(missing_[step.index()]).fetch_sub(1, std::memory_order_relaxed) != 1) continue;
          const FactId fact = graph_->conclusion(step);
          if (states_[fact.index()] != State::no) continue;  // nobody writes states during a shared round
          std::atomic_ref support(supports_[fact.index()]);
          StepId before = support.load(std::memory_order_relaxed);
          // An invalid id is greater than all others.
          while (step < before && !support.compare_exchange_weak(before, step, std::memory_order_relaxed)) {
          }
          if (!before.valid()) mine.push_back(fact);
        }
      }
    }
  };
  {
    std::vector<std::jthread> others;
    for (unsigned t = 1; t < threads; ++t) others.emplace_back([&, t] { work(fresh[t]); });
    work(fresh[0]);
  }
  carried_ = end;
  for (const std::vector<FactId>& facts : fresh) {
    for (const FactId fact : facts) states_[fact.index()] = State::fresh;
    trail_.insert(trail_.end(), facts.begin(), facts.end());
  }
}

void Closure::fail(std::span<const LayerId> layers) {
  for (const LayerId layer : layers) {
    if (failed_[layer.index()]) continue;
    failed_[layer.index()] = 1;
    failedTrail_.push_back(layer);
    for (const StepId step : graph_->guardedBy(layer)) needLess(step);
  }
  propagate(FactId{});
}

bool Closure::failUnless(std::span<const LayerId> layers, FactId goal) {
  if (holds(goal)) return false;
  const Mark before = mark();
  for (const LayerId layer : layers) {
    if (failed_[layer.index()]) continue;
    failed_[layer.index()] = 1;
    failedTrail_.push_back(layer);
    for (const StepId step : graph_->guardedBy(layer)) needLess(step);
  }
  if (propagate(goal)) return true;
  undo(before);
  return false;
}

void Closure::undo(const Mark& mark) {
  VAUBAN_CHECK(mark.generation == generation_ && mark.facts <= trail_.size() &&
               mark.layers <= failedTrail_.size());
  for (std::size_t f = mark.facts; f < trail_.size(); ++f) {
    const FactId fact = trail_[f];
    states_[fact.index()] = State::no;
    supports_[fact.index()] = StepId{};
    if (f >= carried_) continue;  // its steps have not been told
    for (const StepId step : graph_->needing(fact)) ++missing_[step.index()];
  }
  trail_.resize(mark.facts);
  carried_ = trail_.size();
  for (std::size_t l = mark.layers; l < failedTrail_.size(); ++l) {
    failed_[failedTrail_[l].index()] = 0;
    for (const StepId step : graph_->guardedBy(failedTrail_[l])) ++missing_[step.index()];
  }
  failedTrail_.resize(mark.layers);
}

void Closure::forgetTrail() {
  trail_.clear();
  failedTrail_.clear();
  carried_ = 0;
  ++generation_;
}

void Closure::needMore(StepId step, std::vector<FactId>& withdrawn) {
  if (missing_[step.index()]++ != 0) return;
  const FactId fact = graph_->conclusion(step);
  if (holds(fact) && supports_[fact.index()] == step) withdraw(fact, withdrawn);
}

void Closure::withdraw(FactId fact, std::vector<FactId>& withdrawn) {
  states_[fact.index()] = State::no;
  supports_[fact.index()] = StepId{};
  withdrawn.push_back(fact);
}

// What rests on withdrawn facts goes as well; then each of them is concluded by what is left, where it can
// be.
void Closure::rederive(std::vector<FactId> withdrawn) {
  for (std::size_t f = 0; f < withdrawn.size(); ++f) {
    for (const StepId step : graph_->needing(withdrawn[f])) needMore(step, withdrawn);
  }
  for (const FactId fact : withdrawn) {
    for (const StepId step : graph_->concluding(fact)) {
      if (fires(step)) fire(step);
    }
  }
  propagate(FactId{});
  forgetTrail();
}

void Closure::mend(std::span<const LayerId> layers) {
  forgetTrail();
  std::vector<FactId> withdrawn;
  for (const LayerId layer : layers) {
    if (!failed_[layer.index()]) continue;
    failed_[layer.index()] = 0;
    for (const StepId step : graph_->guardedBy(layer)) needMore(step, withdrawn);
  }
  rederive(std::move(withdrawn));
}

void Closure::bar(std::span<const StepId> steps) {
  forgetTrail();
  if (bars_.empty()) bars_.assign(graph_->stepCount(), 0);
  std::vector<FactId> withdrawn;
  for (const StepId step : steps) {
    ++bars_[step.index()];
    needMore(step, withdrawn);
  }
  rederive(std::move(withdrawn));
}

void Closure::allow(std::span<const StepId> steps) {
  forgetTrail();
  for (const StepId step : steps) {
    VAUBAN_CHECK(!bars_.empty() && bars_[step.index()] > 0);
    --bars_[step.index()];
    needLess(step);
  }
  propagate(FactId{});
  forgetTrail();
}

void Closure::bar(FactId fact) {
  forgetTrail();
  std::vector<FactId> withdrawn;
  if (holds(fact)) withdraw(fact, withdrawn);
  states_[fact.index()] = State::barred;
  rederive(std::move(withdrawn));
}

void Closure::allow(FactId fact) {
  if (states_[fact.index()] != State::barred) return;
  forgetTrail();
  states_[fact.index()] = State::no;
  for (const StepId step : graph_->concluding(fact)) {
    if (fires(step)) fire(step);
  }
  propagate(FactId{});
  forgetTrail();
}

}  // namespace vauban::attack
