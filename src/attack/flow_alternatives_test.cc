#include "attack/flow_alternatives.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

namespace vauban::attack {
namespace {

using Before = std::vector<std::vector<std::uint32_t>>;

Before before(const FlowSequence& sequence, std::size_t action) {
  Before ways;
  for (const FlowAlternative& way : sequence.before[action]) {
    ways.emplace_back();
    for (const FlowActionId member : way) ways.back().push_back(member.value);
  }
  return ways;
}

std::vector<std::uint32_t> order(const FlowSequence& sequence) {
  std::vector<std::uint32_t> numbers;
  for (const FlowActionId action : sequence.order) numbers.push_back(action.value);
  return numbers;
}

FlowSequence sequence(const FlowDrawing& drawing) {
  auto made = sequenceOf(drawing);
  EXPECT_TRUE(made.has_value());
  return made.value_or(FlowSequence{});
}

TEST(FlowAlternatives, AnArrowIsAWayAndSeveralAreSeveral) {
  const auto made = sequence({3, {}, {{2, 0}, {1, 0}, {1, 0}, {2, 1}}});
  EXPECT_EQ(before(made, 0), (Before{{1}, {2}}));
  EXPECT_EQ(before(made, 1), (Before{{2}}));
  EXPECT_EQ(before(made, 2), Before{});
  EXPECT_EQ(order(made), (std::vector<std::uint32_t>{2, 1, 0}));
  EXPECT_TRUE(made.circular.empty());
}

TEST(FlowAlternatives, AllWantsAllOfAllItsWays) {
  // (0 or 1) and 2 before 3, by way of nodes 4 (any) and 5 (all).
  const auto made = sequence({4, {FlowGate::any, FlowGate::all}, {{0, 4}, {1, 4}, {4, 5}, {2, 5}, {5, 3}}});
  EXPECT_EQ(before(made, 3), (Before{{0, 2}, {1, 2}}));
}

TEST(FlowAlternatives, WhatHoldsAnotherAlternativeIsNone) {
  // 0, or 0 and 1: 0.
  const auto made = sequence({3, {FlowGate::all}, {{0, 3}, {1, 3}, {3, 2}, {0, 2}}});
  EXPECT_EQ(before(made, 2), (Before{{0}}));
}

TEST(FlowAlternatives, AGateThatNothingLeadsToHolds) {
  const auto made = sequence({3, {FlowGate::any, FlowGate::all}, {{3, 1}, {0, 1}, {3, 4}, {0, 4}, {4, 2}}});
  EXPECT_EQ(before(made, 1), Before{});       // the condition, or 0
  EXPECT_EQ(before(made, 2), (Before{{0}}));  // the condition, and 0
  EXPECT_TRUE(made.circular.empty());
}

TEST(FlowAlternatives, AnAsideSaysNothingUnlessAnActionLeadsToIt) {
  const FlowDrawing bare = {
      2, {FlowGate::aside, FlowGate::aside, FlowGate::all}, {{2, 3}, {3, 1}, {0, 1}, {3, 4}, {0, 4}, {4, 1}}};
  EXPECT_EQ(before(sequence(bare), 1), (Before{{0}}));
  const FlowDrawing told = {3, {FlowGate::aside}, {{0, 3}, {3, 2}, {1, 2}}};
  EXPECT_EQ(before(sequence(told), 2), (Before{{0}, {1}}));
}

TEST(FlowAlternatives, CirclesAreToldFromWhereTheyCanBeEntered) {
  // 1 and 2 lead to each other; 0 leads to 2.
  const auto entered = sequence({3, {}, {{1, 2}, {2, 1}, {0, 2}}});
  EXPECT_EQ(order(entered), (std::vector<std::uint32_t>{0, 2, 1}));
  EXPECT_TRUE(entered.circular.empty());
  const auto closed = sequence({2, {}, {{0, 1}, {1, 0}}});
  EXPECT_EQ(order(closed), (std::vector<std::uint32_t>{0, 1}));
  const auto self = sequence({2, {FlowGate::any}, {{0, 2}, {2, 0}, {1, 1}, {0, 1}}});
  EXPECT_EQ(self.circular, (std::vector{FlowActionId(0)}));
  EXPECT_EQ(before(self, 0), Before{});
  EXPECT_EQ(before(self, 1), (Before{{0}}));
}

TEST(FlowAlternatives, ACircleOfGatesAloneHoldsNothing) {
  const auto made = sequence({2, {FlowGate::any, FlowGate::any}, {{2, 3}, {3, 2}, {3, 0}, {3, 1}, {0, 1}}});
  EXPECT_EQ(made.circular, (std::vector{FlowActionId(0)}));
  EXPECT_EQ(before(made, 1), (Before{{0}}));
}

TEST(FlowAlternatives, LimitsHold) {
  FlowDrawing drawing = {8, {FlowGate::any, FlowGate::any, FlowGate::any, FlowGate::all}, {}};
  for (std::uint32_t i = 0; i < 6; ++i) drawing.arrows.push_back({i, 8 + i / 2});
  for (std::uint32_t gate = 8; gate < 11; ++gate) drawing.arrows.push_back({gate, 11});
  drawing.arrows.push_back({11, 7});
  EXPECT_EQ(before(sequence(drawing), 7).size(), 8u);
  EXPECT_TRUE(sequenceOf(drawing, {.alternatives = 8}).has_value());
  EXPECT_FALSE(sequenceOf(drawing, {.alternatives = 7}).has_value());
  EXPECT_FALSE(sequenceOf(drawing, {.work = 10}).has_value());
}

// The slow twin: which actions done let `action` be done, by the truth of each gate under them.
class Twin {
 public:
  explicit Twin(const FlowDrawing& drawing) : drawing_(drawing), told_(count(), false) {
    for (bool again = true; again;) {
      again = false;
      for (std::size_t node = 0; node < count(); ++node) {
        const bool says = !isAside(node) || std::ranges::any_of(drawing.arrows, [&](const auto& arrow) {
          return arrow.to == node && told_[arrow.from];
        });
        again = again || says != told_[node];
        told_[node] = says;
      }
    }
  }
  bool anythingLeadsTo(std::size_t node) const {
    return std::ranges::any_of(drawing_.arrows,
                               [&](const auto& arrow) { return arrow.to == node && told_[arrow.from]; });
  }
  bool canBeDone(std::size_t action, unsigned done) const {
    std::vector<bool> holds(count(), false);
    for (std::size_t i = 0; i < drawing_.actions; ++i) holds[i] = (done >> i & 1U) != 0;
    for (bool again = true; again;) {
      again = false;
      for (std::size_t node = drawing_.actions; node < count(); ++node) {
        const bool now = !anythingLeadsTo(node) ? !isAside(node) : gateHolds(node, holds);
        again = again || (now && !holds[node]);
        if (now) holds[node] = true;
      }
    }
    return std::ranges::any_of(drawing_.arrows, [&](const auto& arrow) {
      return arrow.to == action && told_[arrow.from] && holds[arrow.from];
    });
  }

 private:
  std::size_t count() const { return drawing_.actions + drawing_.gates.size(); }
  bool isAside(std::size_t node) const {
    return node >= drawing_.actions && drawing_.gates[node - drawing_.actions] == FlowGate::aside;
  }
  bool gateHolds(std::size_t node, const std::vector<bool>& holds) const {
    const bool all = drawing_.gates[node - drawing_.actions] == FlowGate::all;
    for (const auto& arrow : drawing_.arrows) {
      if (arrow.to != node || !told_[arrow.from]) continue;
      if (holds[arrow.from] != all) return !all;
    }
    return all;
  }

  const FlowDrawing& drawing_;
  std::vector<bool> told_;
};

TEST(FlowAlternatives, AgreesWithTheSlowTwin) {
  for (unsigned seed = 1; seed <= 3000; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random(seed);
    FlowDrawing drawing;
    drawing.actions = 1 + random() % 5;
    for (std::size_t gates = random() % 6; gates > 0; --gates)
      drawing.gates.push_back(static_cast<FlowGate>(random() % 3));
    const auto nodes = static_cast<std::uint32_t>(drawing.actions + drawing.gates.size());
    for (std::size_t arrows = random() % 14; arrows > 0; --arrows)
      drawing.arrows.push_back(
          {static_cast<std::uint32_t>(random() % nodes), static_cast<std::uint32_t>(random() % nodes)});
    const auto made = sequence(drawing);
    const Twin twin(drawing);
    for (std::size_t action = 0; action < drawing.actions; ++action) {
      const unsigned others = ((1U << drawing.actions) - 1) & ~(1U << action);
      const bool never = twin.anythingLeadsTo(action) && !twin.canBeDone(action, others);
      EXPECT_EQ(std::ranges::count(made.circular, FlowActionId(action)), never ? 1 : 0);
      const bool first = never || !twin.anythingLeadsTo(action) || twin.canBeDone(action, 0);
      EXPECT_EQ(made.before[action].empty(), first);
      for (unsigned done = 0; done <= others; ++done) {
        if ((done & ~others) != 0) continue;
        const bool enough = std::ranges::any_of(made.before[action], [&](const FlowAlternative& way) {
          return std::ranges::all_of(way,
                                     [&](FlowActionId member) { return (done >> member.value & 1U) != 0; });
        });
        EXPECT_EQ(first || enough, first || twin.canBeDone(action, done)) << action << " after " << done;
      }
      for (const FlowAlternative& way : made.before[action]) {
        EXPECT_TRUE(!way.empty() && std::ranges::is_sorted(way));
        for (const FlowAlternative& other : made.before[action])
          EXPECT_TRUE(&way == &other || !std::ranges::includes(way, other));
      }
    }
    // Once each; and as long as something is enabled by what stands in front of it, nothing else is told.
    EXPECT_EQ(std::set(made.order.begin(), made.order.end()).size(), drawing.actions);
    std::set<FlowActionId> told;
    const auto enabled = [&](FlowActionId action) {
      const auto& ways = made.before[action.index()];
      return ways.empty() || std::ranges::any_of(ways, [&](const FlowAlternative& way) {
               return std::ranges::all_of(way, [&](FlowActionId member) { return told.contains(member); });
             });
    };
    for (const FlowActionId action : made.order) {
      if (!enabled(action)) {
        for (std::size_t other = 0; other < drawing.actions; ++other)
          EXPECT_TRUE(told.contains(FlowActionId(other)) || !enabled(FlowActionId(other)));
      }
      told.insert(action);
    }
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace vauban::attack
