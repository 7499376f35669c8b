// What is written as an Attack Flow is read as the same one.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "attack/attack_flow.h"
#include "report/attack_flow_stix.h"

namespace vauban::report {
namespace {

constexpr FlowTime kTime{std::chrono::milliseconds{1'700'000'000'123}};

AttackFlowDrawing drawingOf(const attack::AttackFlow& flow) {
  AttackFlowDrawing drawing = {flow.name, "", {}};
  for (const attack::FlowAction& action : flow.actions) {
    drawing.steps.push_back({action.technique, action.tactic, action.name, "", "", {}});
    for (const attack::FlowAlternative& way : action.before) {
      auto& places = drawing.steps.back().before.emplace_back();
      for (const attack::FlowActionId member : way) places.push_back(member.index());
    }
  }
  return drawing;
}

void expectSame(const attack::AttackFlow& flow) {
  const auto text = attackFlowStix(drawingOf(flow), kTime);
  ASSERT_TRUE(text.has_value());
  const auto again = attack::readAttackFlow(*text, "again.json");
  ASSERT_TRUE(again.has_value()) << again.error().front().message;
  EXPECT_TRUE(again->warnings.empty());
  EXPECT_EQ(again->name, flow.name);
  EXPECT_EQ(again->order, flow.order);
  ASSERT_EQ(again->actions.size(), flow.actions.size());
  for (std::size_t i = 0; i < flow.actions.size(); ++i) {
    EXPECT_EQ(again->actions[i].name, flow.actions[i].name);
    EXPECT_EQ(again->actions[i].technique, flow.actions[i].technique);
    EXPECT_EQ(again->actions[i].tactic, flow.actions[i].tactic);
    EXPECT_EQ(again->actions[i].before, flow.actions[i].before);
  }
}

TEST(AttackFlowRoundTrip, RandomFlowsStayTheSame) {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random(seed);
    attack::FlowDrawing arrows;
    arrows.actions = 1 + random() % 7;
    for (std::size_t gates = random() % 5; gates > 0; --gates)
      arrows.gates.push_back(random() % 2 == 0 ? attack::FlowGate::all : attack::FlowGate::any);
    const std::size_t nodes = arrows.actions + arrows.gates.size();
    for (std::size_t count = random() % 16; count > 0; --count)
      arrows.arrows.push_back(
          {static_cast<std::uint32_t>(random() % nodes), static_cast<std::uint32_t>(random() % nodes)});
    const auto sequence = attack::sequenceOf(arrows);
    ASSERT_TRUE(sequence.has_value());
    attack::AttackFlow flow;
    flow.name = "F";
    flow.order = sequence->order;
    for (std::size_t i = 0; i < arrows.actions; ++i) {
      attack::FlowAction& action = flow.actions.emplace_back();
      action.name = "\"\\\n\xc3\xa9" + std::to_string(i);
      if (random() % 2 == 0) action.technique = "T1021.001";
      if (random() % 2 == 0) action.tactic = "TA0008";
      action.before = sequence->before[i];
    }
    expectSame(flow);
    if (testing::Test::HasFailure()) return;
  }
}

TEST(AttackFlowRoundTrip, PublishedFlowsStayTheSame) {
  const std::filesystem::path folder = std::filesystem::path(VAUBAN_SHARED_DIR) / "data" / "attack-flow";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "needs ../shared/data/attack-flow";
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    SCOPED_TRACE(entry.path().filename());
    if (entry.path().extension() != ".afb") continue;
    ++files;
    std::ifstream stream(entry.path(), std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
    const auto flow = attack::readAttackFlow(text, "f.afb");
    ASSERT_TRUE(flow.has_value());
    EXPECT_FALSE(flow->actions.empty());
    expectSame(*flow);
  }
  EXPECT_GE(files, 11U);
}

}  // namespace
}  // namespace vauban::report
