#include "lab/tool_runs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "lab/plan_lab.h"
#include "model/model_reader.h"
#include "os/linux_testbed.h"
#include "os/privilege.h"
#include "os/test_confinement.h"

namespace vauban::lab {
namespace {

using Against = ToolOutcome::Against;
using std::chrono::milliseconds;

// {flows} is what the matrix lets pass.
std::string model(const std::string& flows, const std::string& names) {
  return R"(vauban: 1
zones:
  clients: {networks: [10.20.0.0/24]}
  servers: {networks: [10.30.0.0/24]}
  internet: {networks: [0.0.0.0/0, "::/0"], untrusted: true}
hosts:
  ws: {zone: clients, services: {}}
  dns: {zone: servers, address: 10.30.0.2, services: {d: {behaviour: dns-recursive)" +
         names + R"(}}}
  proxy:
    zone: servers
    address: 10.30.0.3
    services: {web: {behaviour: http-forward-proxy, port: tcp/3128, resolver: dns}}
flows:
)" + flows +
         R"(enforcement:
  anti-spoofing: host
  families: [ipv4, ipv6]
  uncovered: drop
  stateful: {established: true, related: none, helpers: []}
  unmatched: drop
claims:
  - {id: c, never: {channel: {from: clients, to: internet, over: any}}}
)";
}

constexpr const char* kThroughServices = R"(  - allow: {from: clients, to: dns, service: dns}
  - allow: {from: dns, to: internet, service: dns}
  - allow: {from: clients, to: proxy, service: tcp/3128}
  - allow: {from: proxy, to: internet, service: http}
)";

std::vector<ToolOutcome> ranIn(const os::Confinement& world, const std::string& text, milliseconds atMost) {
  const auto behaviours = model::BehaviourCatalogue::builtIn();
  model::Vocabulary words;
  words.behaviours = &*behaviours;
  const auto model = model::readModelText("model.yaml", text, words);
  EXPECT_TRUE(model) << os::why(model);
  if (!model) return {};
  const LabPlan plan = planLab(*model, *behaviours).value();
  const auto testbed = os::openTestbed(world);
  const auto lab = RunningLab::start(*testbed, plan, {});
  EXPECT_TRUE(lab) << os::why(lab);
  if (!lab) return {};
  ToolOptions options;
  options.atMost = atMost;
  return runTools(**lab, plan.machineOf(model::HostId(std::size_t{0})), plan.adversaryOf(plan.outside),
                  options);
}

std::string inWords(const ToolOutcome& outcome) {
  return outcome.text + ": " + toString(outcome.against()) + ", " + std::to_string(outcome.run.bytes) +
         " bytes and the probe " + std::to_string(outcome.probeBytes) + "; " + outcome.run.note +
         outcome.failure + "; " + outcome.probeNote;
}

std::vector<const ToolOutcome*> of(const std::vector<ToolOutcome>& outcomes, Tool tool, bool direct) {
  std::vector<const ToolOutcome*> found;
  for (const ToolOutcome& outcome : outcomes)
    if (outcome.tool == tool && outcome.direct() == direct) found.push_back(&outcome);
  return found;
}

class ToolRunsTest : public testing::Test {
 protected:
  void SetUp() override {
    const os::Privilege privilege = os::probePrivilege();
    if (!privilege.possible) GTEST_SKIP() << privilege.summary();
    for (const Tool tool : {Tool::iodine, Tool::dns2tcp, Tool::ptunnel, Tool::curl, Tool::dig})
      for (const std::string& what : missingFor(tool)) GTEST_SKIP() << what << " is not installed";
  }
};

TEST(TunnelDomainsTest, oneForEachServerBelowEachOfHis) {
  const auto address = [](const char* text) { return os::InternetAddress::parse(text).value(); };
  const std::vector<os::InternetAddress> tools{address("203.0.113.2"), address("203.0.113.3"),
                                               address("203.0.113.4")};
  const std::vector<Domain> his{{"his.test", false, {}, address("203.0.113.1"), {address("203.0.113.1")}},
                                {"good.test", true, {}, address("203.0.113.9"), {}}};
  const auto tunnels = tunnelDomains(his, tools);
  ASSERT_EQ(tunnels.size(), 2U);
  EXPECT_EQ(tunnels[0].name, "i.his.test");
  EXPECT_EQ(tunnels[0].nameServer, tools[0]);
  EXPECT_EQ(tunnels[1].nameServer, tools[1]);
  EXPECT_TRUE(tunnelDomains(his, {tools[0]}).empty());
}

// What goes through services does so with real tools too; what is shut stays shut.
TEST_F(ToolRunsTest, throughServices) {
  os::confined([](const os::Confinement& world) {
    const auto outcomes = ranIn(world, model(kThroughServices, ""), milliseconds(8000));
    for (const ToolOutcome& outcome : outcomes) {
      EXPECT_TRUE(outcome.tried) << inWords(outcome);
      EXPECT_NE(outcome.against(), Against::toolOnly) << inWords(outcome);
      std::printf("%s\n", inWords(outcome).c_str());
    }
    for (const Tool tool : {Tool::dig, Tool::curl}) {
      const auto found = of(outcomes, tool, false);
      EXPECT_FALSE(found.empty()) << toolName(tool);
      for (const ToolOutcome* outcome : found) {
        EXPECT_EQ(outcome->against(), Against::both) << inWords(*outcome);
        EXPECT_TRUE(outcome->run.complete) << inWords(*outcome);
      }
    }
    // They may give up for reasons of their own, but not where nothing is in their way.
    for (const Tool tool : {Tool::iodine, Tool::dns2tcp}) {
      const auto found = of(outcomes, tool, false);
      ASSERT_EQ(found.size(), 1U);
      EXPECT_GT(found[0]->probeBytes, 0U) << inWords(*found[0]);
    }
    for (const Tool tool : {Tool::iodine, Tool::dns2tcp, Tool::ptunnel}) {
      const auto found = of(outcomes, tool, true);
      ASSERT_EQ(found.size(), 1U);
      EXPECT_EQ(found[0]->against(), Against::neither) << inWords(*found[0]);
      EXPECT_FALSE(found[0]->expected) << inWords(*found[0]);
    }
  });
}

TEST_F(ToolRunsTest, directWhereThatIsOpen) {
  os::confined([](const os::Confinement& world) {
    const std::string flows = "  - allow: {from: clients, to: internet, service: [dns, icmp/echo]}\n";
    const auto outcomes = ranIn(world, model(flows, ""), milliseconds(12'000));
    ASSERT_EQ(outcomes.size(), 3U) << "no service is in reach";
    for (const ToolOutcome& outcome : outcomes) {
      EXPECT_TRUE(outcome.direct() && outcome.expected) << inWords(outcome);
      EXPECT_EQ(outcome.against(), Against::both) << inWords(outcome);
      std::printf("%s\n", inWords(outcome).c_str());
    }
  });
}

// A resolver that is told to refuse stops all of them.
TEST_F(ToolRunsTest, nothingThroughAResolverThatRefuses) {
  os::confined([](const os::Confinement& world) {
    const std::string flows =
        "  - allow: {from: clients, to: dns, service: dns}\n  - allow: {from: dns, to: internet, service: "
        "dns}\n";
    const auto outcomes =
        ranIn(world, model(flows, ", names: {allow: [vendor.example]}, decides: before-recursing"),
              milliseconds(3000));
    EXPECT_FALSE(outcomes.empty());
    for (const ToolOutcome& outcome : outcomes) {
      EXPECT_EQ(outcome.run.bytes, 0U) << inWords(outcome);
      EXPECT_EQ(outcome.probeBytes, 0U) << inWords(outcome);
    }
  });
}

}  // namespace
}  // namespace vauban::lab
