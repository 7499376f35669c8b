#include "attack/closure.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/support/slow_derivation.h"

namespace vauban::attack {
namespace {

using testing::randomDerivation;
using testing::SlowDerivation;

std::uint32_t holding(const Closure& closure) {
  std::uint32_t mask = 0;
  for (std::size_t f = 0; f < closure.graph().factCount(); ++f) {
    if (closure.holds(FactId(f))) mask |= 1U << f;
  }
  return mask;
}

// Every fact that holds has a support that fires, and following supports ends.
void expectSoundSupports(const Closure& closure) {
  const DerivationGraph& graph = closure.graph();
  std::uint32_t grounded = 0, before = 1;
  while (grounded != before) {
    before = grounded;
    for (std::size_t f = 0; f < graph.factCount(); ++f) {
      const StepId step = closure.support(FactId(f));
      ASSERT_EQ(step.valid(), closure.holds(FactId(f)));
      if (!step.valid()) continue;
      ASSERT_EQ(graph.conclusion(step), FactId(f));
      ASSERT_TRUE(closure.fires(step));
      bool all = true;
      for (const FactId premise : graph.premises(step)) all = all && (grounded >> premise.index() & 1);
      if (all) grounded |= 1U << f;
    }
  }
  EXPECT_EQ(grounded, holding(closure));
}

template <class Id>
std::vector<Id> ids(std::uint64_t mask) {
  std::vector<Id> set;
  for (unsigned i = 0; i < 64; ++i) {
    if (mask >> i & 1) set.emplace_back(i);
  }
  return set;
}

TEST(Closure, AxiomsAndCircles) {
  DerivationGraph::Builder builder;
  const FactId a = builder.addFact(), b = builder.addFact(), c = builder.addFact(), d = builder.addFact();
  const LayerId layer = builder.addLayer();
  builder.addStep(a, {}, {});
  builder.addStep(b, {a}, {layer});
  builder.addStep(c, {d}, {});
  builder.addStep(d, {c}, {});
  const StepId enter = builder.addStep(c, {b}, {});
  const DerivationGraph graph = std::move(builder).build();

  Closure closure(graph);
  EXPECT_TRUE(closure.holds(a));
  EXPECT_FALSE(closure.holds(b));
  EXPECT_FALSE(closure.holds(c)) << "a circle supports nothing";
  closure.fail(layer);
  EXPECT_EQ(closure.holding(), 4U);
  closure.bar(std::span(&enter, 1));
  EXPECT_FALSE(closure.holds(c)) << "a circle does not keep itself up";
  EXPECT_FALSE(closure.holds(d));
  EXPECT_TRUE(closure.holds(b));
  closure.allow(std::span(&enter, 1));
  EXPECT_TRUE(closure.holds(d));
}

TEST(Closure, EmptyGraph) {
  const DerivationGraph graph = DerivationGraph::Builder().build();
  EXPECT_EQ(Closure(graph).holding(), 0U);
}

TEST(Closure, AgreesWithTwin) {
  for (unsigned seed = 0; seed < 10'000; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const SlowDerivation slow = randomDerivation(random, 24, 60, 10);
    const DerivationGraph graph = slow.graph();
    const std::uint32_t failed = random() & slow.allLayers();
    const std::uint64_t steps = random() & random() & random();
    const std::uint32_t facts = random() & random() & random() & random();
    const std::uint64_t barredSteps = steps & ((std::uint64_t{1} << slow.steps.size()) - 1);
    const std::uint32_t barredFacts = facts & ((1U << slow.facts) - 1);
    const Closure closure(graph, {ids<LayerId>(failed), ids<StepId>(barredSteps), ids<FactId>(barredFacts)});
    ASSERT_EQ(holding(closure), slow.holding(failed, barredSteps, barredFacts));
    if (seed % 10 == 0) expectSoundSupports(closure);
    ASSERT_FALSE(HasFatalFailure());
  }
}

// Any order of changes, each held against the whole computed anew.
TEST(Closure, IncrementalIsFromScratch) {
  for (unsigned seed = 0; seed < 2'000; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const SlowDerivation slow = randomDerivation(random, 20, 50, 8);
    const DerivationGraph graph = slow.graph();
    Closure closure(graph);
    std::uint32_t failed = 0, barredFacts = 0;
    std::uint64_t barredSteps = 0;
    for (unsigned change = 0; change < 20; ++change) {
      switch (random() % 4) {
        case 0: {
          const std::uint32_t layers = random() & slow.allLayers();
          if (random() % 2) {
            closure.fail(ids<LayerId>(layers));
            failed |= layers;
          } else {
            closure.mend(ids<LayerId>(layers));
            failed &= ~layers;
          }
          break;
        }
        case 1: {
          const std::uint64_t some = (std::uint64_t{random()} << 32 | random()) & random() * 0x100000001ULL &
                                     ((std::uint64_t{1} << slow.steps.size()) - 1);
          const std::uint64_t bar = some & ~barredSteps;
          if (random() % 2) {
            closure.bar(ids<StepId>(bar));
            barredSteps |= bar;
          } else {
            closure.allow(ids<StepId>(some & barredSteps));
            barredSteps &= ~some;
          }
          break;
        }
        case 2: {
          const std::uint32_t fact = random() % slow.facts;
          if (random() % 2) {
            closure.bar(FactId(fact));
            barredFacts |= 1U << fact;
          } else {
            closure.allow(FactId(fact));
            barredFacts &= ~(1U << fact);
          }
          break;
        }
        default: {
          // There and back again.
          const std::uint32_t before = holding(closure);
          const Closure::Mark mark = closure.mark();
          const FactId goal(random() % slow.facts);
          const std::uint32_t layers = random() & slow.allLayers();
          const bool would = slow.holding(failed | layers, barredSteps, barredFacts) >> goal.index() & 1;
          ASSERT_EQ(closure.failUnless(ids<LayerId>(layers), goal), !would);
          ASSERT_EQ(holding(closure),
                    would ? before : slow.holding(failed | layers, barredSteps, barredFacts));
          closure.fail(ids<LayerId>(random() & slow.allLayers()));
          closure.undo(mark);
          ASSERT_EQ(holding(closure), before);
        }
      }
      ASSERT_EQ(holding(closure), slow.holding(failed, barredSteps, barredFacts));
      expectSoundSupports(closure);
      ASSERT_FALSE(HasFailure());
      for (unsigned l = 0; l < slow.layers; ++l) ASSERT_EQ(closure.failed(LayerId(l)), failed >> l & 1);
    }
  }
}

TEST(Closure, BarsAreCounted) {
  DerivationGraph::Builder builder;
  const FactId a = builder.addFact();
  const StepId step = builder.addStep(a, {}, {});
  const DerivationGraph graph = std::move(builder).build();
  Closure closure(graph);
  const std::vector<StepId> twice{step, step};
  closure.bar(twice);
  closure.allow(std::span(&step, 1));
  EXPECT_FALSE(closure.holds(a));
  closure.allow(std::span(&step, 1));
  EXPECT_TRUE(closure.holds(a));
}

// Broad enough for rounds that are shared out.
TEST(Closure, ThreadsDoNotMatter) {
  constexpr std::size_t kFacts = 120'000, kLayers = 50;
  std::mt19937 random(7);
  DerivationGraph::Builder builder;
  for (std::size_t f = 0; f < kFacts; ++f) builder.addFact();
  for (std::size_t l = 0; l < kLayers; ++l) builder.addLayer();
  std::vector<LayerId> failed;
  for (std::size_t l = 0; l < kLayers; l += 3) failed.emplace_back(l);
  for (std::size_t f = 0; f < 20'000; ++f) builder.addStep(FactId(f), {}, {});
  for (std::size_t s = 0; s < 300'000; ++s) {
    builder.addStep(FactId(random() % kFacts), {FactId(random() % kFacts), FactId(random() % (kFacts / 2))},
                    random() % 2 ? std::vector<LayerId>{} : std::vector{LayerId(random() % kLayers)});
  }
  const DerivationGraph graph = std::move(builder).build();
  const Closure serial(graph, {.failed = failed});
  EXPECT_GT(serial.holding(), 50'000U);
  EXPECT_LT(serial.holding(), kFacts);
  for (const unsigned threads : {2U, 3U, 8U}) {
    Closure parallel(graph, {.failed = failed}, threads);
    for (std::size_t f = 0; f < kFacts; ++f) {
      ASSERT_EQ(serial.holds(FactId(f)), parallel.holds(FactId(f)));
      ASSERT_EQ(serial.support(FactId(f)), parallel.support(FactId(f)));
    }
    for (std::size_t s = 0; s < graph.stepCount(); ++s) {
      ASSERT_EQ(serial.fires(StepId(s)), parallel.fires(StepId(s)));
    }
  }
}

}  // namespace
}  // namespace vauban::attack
