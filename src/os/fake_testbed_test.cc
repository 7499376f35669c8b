#include "os/fake_testbed.h"

#include <gtest/gtest.h>

#include "os/test_confinement.h"

namespace vauban::os {
namespace {

using std::chrono::milliseconds;

class FakeTestbedTest : public testing::Test {
 protected:
  void SetUp() override {
    router = testbed.addNode("fw", NodeRole::router).value();
    client = testbed.addNode("client", NodeRole::host).value();
    ASSERT_TRUE(testbed.apply(
        {VethPair{{client, "eth0"}, {router, "clients"}},
         AddressChange{Change::add, client, "eth0", *AddressPrefix::parse("198.51.100.2/27")}}));
  }

  FakeTestbed testbed;
  NodeId router, client;
};

TEST_F(FakeTestbedTest, KeepsAJournal) {
  testbed.programs["dig"] = {"NOERROR", ExitStatus{}, {}};
  ASSERT_TRUE(testbed.awaitLinks(milliseconds(1)));
  ASSERT_TRUE(testbed.loadRules(router, "flush ruleset", "m.yaml"));
  EXPECT_EQ(testbed.run(client, ProcessSpec({"dig", "@198.51.100.34"}), milliseconds(1))->output, "NOERROR");
  EXPECT_EQ(testbed.journal(),
            (std::vector<std::string>{"node fw (router)", "node client (host)",
                                      "client: making the link eth0 to clients",
                                      "client: adding 198.51.100.2/27 to eth0", "await links",
                                      "fw: rules of m.yaml", "client: run dig @198.51.100.34"}));
  EXPECT_EQ(testbed.rulesText(router).value(), "flush ruleset");
  EXPECT_EQ(testbed.interfaces(client)->back().name, "eth0");
}

TEST_F(FakeTestbedTest, RefusesWhatTheTestSaysAndWhatCannotBe) {
  EXPECT_EQ(why(testbed.apply({LinkState{router, "client", false}})), "node fw has no interface \"client\"");
  testbed.refuse("rules of", "the kernel has no nftables");
  EXPECT_EQ(why(testbed.loadRules(router, "", "m.yaml")), "the kernel has no nftables");
  EXPECT_TRUE(testbed.loadRules(router, "", "m.yaml"));
  EXPECT_EQ(why(testbed.start(client, ProcessSpec({"squid"}))), "there is no program \"squid\"");
  EXPECT_FALSE(testbed.interfaces(NodeId(7)));
}

TEST_F(FakeTestbedTest, ProgramsListenWhileTheyRun) {
  testbed.programs["unbound"] = {"ready\n", std::nullopt, {{.tcp = false, .port = 53}}};
  const Listener dns{.tcp = false, .port = 53};
  EXPECT_FALSE(testbed.listens(client, dns).value());
  {
    auto process = testbed.start(client, ProcessSpec({"unbound"})).value();
    EXPECT_TRUE(process->running());
    EXPECT_TRUE(process->awaitOutput("ready", milliseconds(1)));
    EXPECT_TRUE(testbed.awaitListener(client, dns, milliseconds(1), process.get()));
    EXPECT_FALSE(testbed.listens(router, dns).value());
    process->stop(milliseconds(1));
    EXPECT_FALSE(process->running());
    EXPECT_FALSE(testbed.awaitListener(client, dns, milliseconds(1), process.get()));
  }
  EXPECT_FALSE(testbed.listens(client, dns).value());
}

TEST_F(FakeTestbedTest, WhatIsSentCanBeDeliveredToRecorders) {
  testbed.onSend = [&](NodeId, const RawTraffic& traffic) {
    for (const Bytes& packet : traffic.packets) testbed.deliver(router, "clients", packet);
  };
  std::size_t seen = 0;
  RecorderSpec spec("clients");
  spec.each = [&](const RecordedFrame& frame) { seen += frame.bytes.size(); };
  const auto recorder = testbed.record(router, spec).value();
  RawTraffic traffic;
  traffic.packets = {Bytes(40, 1), Bytes(2, 2)};
  EXPECT_EQ(testbed.send(client, traffic)->sent, 2U);
  EXPECT_EQ(seen, 42U);
  EXPECT_TRUE(recorder->alive());
  testbed.killRecorders(router, "clients", "the observer died");
  EXPECT_FALSE(recorder->alive());
  EXPECT_FALSE(recorder->stop().complete());
}

}  // namespace
}  // namespace vauban::os
