#include "os/nft_ruleset.h"

#include <gtest/gtest.h>

#include "os/test_network.h"

namespace vauban::os {
namespace {

class NftRulesetTest : public ConfinedTest {
 protected:
  void SetUp() override {
    if (!nftablesProblem().empty()) GTEST_SKIP() << nftablesProblem();
  }
};
VAUBAN_CONFINED_TESTS(NftRulesetTest);

constexpr const char* kMatrix = R"(flush ruleset
table inet lab {
  counter denied { }
  chain forward {
    type filter hook forward priority 0; policy drop;
    ct state established accept
    iifname "l" oifname "r" udp dport 53 counter accept comment "model.yaml:12"
    iifname "l" oifname "r" ip6 nexthdr icmpv6 accept
    counter name denied
  }
}
)";

TEST_P(NftRulesetTest, FiltersAndCounts) {
  run([](const Confinement& world) {
    const TwoHosts net(world);
    Testbed& testbed = *net.testbed;
    EXPECT_TRUE(pings(testbed, net.left, "203.0.113.2"));
    const Result<void> loaded = testbed.loadRules(net.router, kMatrix, "model.yaml");
    ASSERT_TRUE(loaded) << why(loaded);
    EXPECT_FALSE(pings(testbed, net.left, "203.0.113.2", 50));
    EXPECT_TRUE(pings(testbed, net.left, "2001:db8:2::2"));
    const FileDescriptor server = udpSocket(testbed, net.right, "203.0.113.2", 53);
    const FileDescriptor client = udpSocket(testbed, net.left, "198.51.100.2", 4000);
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(sendTo(client, "203.0.113.2", 53, "12345678"));
      EXPECT_EQ(receive(server, 1000), "12345678");
    }
    ASSERT_TRUE(sendTo(server, "198.51.100.2", 4000, "answer"));
    EXPECT_EQ(receive(client, 1000), "answer");
    const auto counters = testbed.ruleCounters(net.router);
    ASSERT_TRUE(counters) << why(counters);
    ASSERT_EQ(counters->size(), 2U);
    EXPECT_EQ(counters->at(0).name, "denied");
    EXPECT_EQ(counters->at(0).table, "lab");
    EXPECT_EQ(counters->at(0).packets, 1U);
    EXPECT_EQ(counters->at(1).comment, "model.yaml:12");
    EXPECT_EQ(counters->at(1).chain, "forward");
    EXPECT_EQ(counters->at(1).family, "inet");
    EXPECT_GE(counters->at(1).packets, 1U);
    EXPECT_EQ(counters->at(1).bytes, 36 * counters->at(1).packets);
    EXPECT_TRUE(testbed.ruleCounters(net.left)->empty());
  });
}

TEST_P(NftRulesetTest, ListsWhatCanBeLoadedAgain) {
  run([](const Confinement& world) {
    const TwoHosts net(world);
    Testbed& testbed = *net.testbed;
    ASSERT_TRUE(testbed.loadRules(net.router, kMatrix, "model.yaml"));
    const std::string text = testbed.rulesText(net.router).value();
    EXPECT_NE(text.find("comment \"model.yaml:12\""), std::string::npos) << text;
    ASSERT_TRUE(testbed.loadRules(net.left, text, "again"));
    EXPECT_EQ(testbed.rulesText(net.left).value(), text);
    const std::string json = testbed.rulesJson(net.router).value();
    EXPECT_EQ(json.substr(0, 13), "{\"nftables\": ");
    EXPECT_NE(json.find("\"model.yaml:12\""), std::string::npos);
    EXPECT_EQ(testbed.rulesText(net.right).value(), "");
  });
}

TEST_P(NftRulesetTest, ErrorsHaveTheirLineAndChangeNothing) {
  run([](const Confinement& world) {
    const TwoHosts net(world);
    Testbed& testbed = *net.testbed;
    ASSERT_TRUE(testbed.loadRules(net.router, kMatrix, "model.yaml"));
    const std::string before = testbed.rulesText(net.router).value();
    // `fwd` is a keyword.
    Result<void> loaded =
        testbed.loadRules(net.router, "flush ruleset\ntable inet t {\n  chain fwd {\n  }\n}\n", "m.nft");
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().front().place, (Place{"m.nft", 3, 9})) << why(loaded);
    EXPECT_EQ(loaded.error().front().length, 3U);
    EXPECT_NE(why(loaded).find("syntax error"), std::string::npos) << why(loaded);
    loaded = testbed.loadRules(net.router, "add rule inet lab nowhere accept\n", "m.nft");
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().front().place.line, 1U);
    loaded = testbed.loadRules(net.router, std::string("table inet t { }\0", 17), "m.nft");
    EXPECT_EQ(why(loaded), "node router: the ruleset has a zero byte");
    loaded = testbed.loadRules(net.router, std::string((16U << 20U) + 1, ' '), "m.nft");
    EXPECT_EQ(why(loaded), "node router: the ruleset is too long");
    EXPECT_EQ(testbed.rulesText(net.router).value(), before);
  });
}

}  // namespace
}  // namespace vauban::os
