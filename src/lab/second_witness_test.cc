#include "lab/second_witness.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <functional>

#include "lab/wire_test_lab.h"

namespace vauban::lab {
namespace {

using std::chrono::milliseconds;

// As root where we are; each takes seconds.
void confined(const std::function<void(const os::Confinement&)>& body) { os::confined(body, geteuid() != 0); }

// Leaves 203.0.113.3 to tunnel servers, and delegates to it.
void leaveRoom(TestLab& lab) {
  lab.adversary.reset();
  ASSERT_TRUE(lab.testbed->loadRules(lab.adversaryNode, "flush ruleset", "test"));
  Domain evil, tunnel;
  evil.name = "evil.example";
  evil.nameServer = os::address("203.0.113.2");
  tunnel.name = "t.evil.example";
  tunnel.nameServer = os::address("203.0.113.3");
  auto started =
      Adversary::start(*lab.testbed, lab.adversaryNode, "eth0", {evil.nameServer, tunnel.nameServer},
                       {evil, tunnel}, {}, {tunnel.nameServer});
  ASSERT_TRUE(started) << os::why(started);
  lab.adversary = std::move(*started);
}

ToolPlace placeOf(const TestLab& lab, Tool tool) {
  ToolPlace place;
  place.client = lab.client;
  place.server = os::address(tool == Tool::ptunnel ? "203.0.113.2" : "203.0.113.3");
  place.via = os::address(tool == Tool::dig ? "203.0.113.2" : "203.0.113.3");
  place.domain = tool == Tool::dig ? "evil.example" : "t.evil.example";
  place.url = "http://203.0.113.2/drop";
  place.tunnel = os::prefix("203.0.113.240/28");
  return place;
}

void tries(Tool tool, const os::Confinement& world) {
  TestLab lab(world);
  ASSERT_TRUE(lab.adversary);
  leaveRoom(lab);
  const Payload payload(31 + static_cast<std::uint64_t>(tool), 65536, tool == Tool::dig ? 100 : 512);
  const Result<ToolRun> run =
      runTool(*lab.testbed, *lab.adversary, tool, placeOf(lab, tool), payload, milliseconds(60'000));
  ASSERT_TRUE(run) << os::why(run);
  EXPECT_TRUE(run->established) << run->note;
  EXPECT_TRUE(run->complete) << run->bytes << " " << run->note;
  EXPECT_EQ(run->bytes, 65536U);
  lab.rules("");
  const Payload second(61 + static_cast<std::uint64_t>(tool), 65536, tool == Tool::dig ? 100 : 512);
  const auto begin = std::chrono::steady_clock::now();
  const milliseconds most(tool == Tool::dns2tcp ? 9000 : 3000);
  const Result<ToolRun> shut = runTool(*lab.testbed, *lab.adversary, tool, placeOf(lab, tool), second, most);
  ASSERT_TRUE(shut) << os::why(shut);
  EXPECT_FALSE(shut->established);
  EXPECT_EQ(shut->bytes, 0U);
  EXPECT_NE(shut->note, "");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, most + milliseconds(3000));
  EXPECT_TRUE(lab.adversary->alive()) << lab.adversary->failure();
}

#define VAUBAN_TOOL_TEST(name, tool)                                                              \
  TEST(SecondWitnessTest, name) {                                                                 \
    for (const std::string& what : missingFor(tool)) GTEST_SKIP() << what << " is not installed"; \
    confined([](const os::Confinement& world) { tries(tool, world); });                           \
  }
VAUBAN_TOOL_TEST(Iodine, Tool::iodine)
VAUBAN_TOOL_TEST(Dns2tcp, Tool::dns2tcp)
VAUBAN_TOOL_TEST(Ptunnel, Tool::ptunnel)
VAUBAN_TOOL_TEST(Curl, Tool::curl)
VAUBAN_TOOL_TEST(Dig, Tool::dig)

}  // namespace
}  // namespace vauban::lab
