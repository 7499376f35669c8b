#include "os/lab_network.h"

#include <gtest/gtest.h>

#include "os/test_network.h"

namespace vauban::os {
namespace {

using std::chrono::milliseconds;

class LabNetworkTest : public ConfinedTest {};
VAUBAN_CONFINED_TESTS(LabNetworkTest);

TEST_P(LabNetworkTest, FailuresNameTheOperationAndTheKernelsError) {
  run([](const Confinement&) {
    LabNetwork network;
    const NodeId a = network.addNode("a", NodeRole::host).value(),
                 b = network.addNode("b", NodeRole::router).value();
    ASSERT_TRUE(
        network.apply({VethPair{{a, "eth0"}, {b, "inside"}}, addAddress(a, "eth0", "198.51.100.2/27")}));
    const std::string again = why(network.apply({addAddress(a, "eth0", "198.51.100.2/27")}));
    EXPECT_TRUE(again.starts_with("node a: adding 198.51.100.2/27 to eth0")) << again;
    EXPECT_TRUE(again.ends_with("File exists (EEXIST)")) << again;
    const std::string far = why(network.apply({addRoute(a, "203.0.113.0/24", "203.0.113.1")}));
    EXPECT_TRUE(far.starts_with("node a: adding the route to 203.0.113.0/24 via 203.0.113.1")) << far;
    EXPECT_TRUE(far.ends_with("Network is unreachable (ENETUNREACH)")) << far;
    // The rest of a batch does not hide which one it was.
    std::vector<NetworkRequest> many;
    for (int i = 3; i < 203; ++i)
      many.emplace_back(addAddress(a, "eth0", "203.0.113." + std::to_string(i) + "/24"));
    many.emplace_back(addAddress(a, "eth0", "203.0.113.100/24"));
    const std::string one = why(network.apply(many));
    EXPECT_TRUE(one.starts_with("node a: adding 203.0.113.100/24 to eth0")) << one;
    EXPECT_EQ(why(network.apply({LinkState{a, "eht0", false}})), "node a has no interface \"eht0\"");
    EXPECT_EQ(network.apply({LinkState{a, "eht0", false}}).error().front().nearest, "eth0");
    EXPECT_EQ(why(network.apply({LinkState{NodeId(9), "eth0", false}})), "there is no such node");
  });
}

TEST_P(LabNetworkTest, WhatWasAskedForIsThere) {
  run([](const Confinement&) {
    LabNetwork network;
    const NodeId a = network.addNode("a", NodeRole::host).value(),
                 b = network.addNode("b", NodeRole::host).value();
    VethPair pair{{a, "eth0"}, {b, "peer"}};
    pair.left.mac = MacAddress::parse("02:00:00:00:00:01");
    VethPair down{{a, "eth1"}, {b, "eth1"}};
    down.up = false;
    // Links in both directions in one go: neither node's messages can all be sent first.
    ASSERT_TRUE(network.apply({pair, Bridge{b, "br0"}, BridgePort{b, "peer", "br0"}, down,
                               VethPair{{b, "x"}, {a, "x"}}, VethPair{{a, "own"}, {a, "nwo"}},
                               addAddress(a, "x", "198.51.100.1/31")}));
    ASSERT_TRUE(network.awaitLinks(milliseconds(3000)));
    const auto states = network.interfaces(a).value();
    ASSERT_EQ(states.size(), 6U);
    EXPECT_EQ(states[0].name, "lo");
    EXPECT_TRUE(states[0].up);
    EXPECT_EQ(states[1].name, "eth0");
    EXPECT_EQ(states[1].kind, "veth");
    EXPECT_EQ(states[1].mac.toString(), "02:00:00:00:00:01");
    EXPECT_TRUE(states[1].up && states[1].running);
    EXPECT_EQ(states[2].name, "eth1");
    EXPECT_FALSE(states[2].up);
    const auto others = network.interfaces(b).value();
    EXPECT_EQ(others[1].mac, network.table().defaultMac(b, others[1].number));
    EXPECT_EQ(others[2].kind, "bridge");
    ASSERT_TRUE(network.apply({LinkState{b, "peer", false}}));
    ASSERT_TRUE(network.awaitLinks(milliseconds(3000)));
    EXPECT_FALSE(network.interfaces(b)->at(1).up);
  });
}

TEST_P(LabNetworkTest, WhatIsRemovedIsGone) {
  run([](const Confinement& world) {
    const TwoHosts net(world);
    Testbed& testbed = *net.testbed;
    EXPECT_TRUE(pings(testbed, net.left, "203.0.113.2"));
    RouteChange route = addRoute(net.left, "0.0.0.0/0", "198.51.100.1");
    route.change = Change::remove;
    ASSERT_TRUE(testbed.apply({route}));
    EXPECT_FALSE(pings(testbed, net.left, "203.0.113.2", 50));
    route.change = Change::add;
    ASSERT_TRUE(testbed.apply({route}));
    EXPECT_TRUE(pings(testbed, net.left, "203.0.113.2"));
    for (const std::string to : {"203.0.113.2/32", "2001:db8:2::2/128"}) {
      RouteChange hole;
      hole.node = net.router;
      hole.destination = prefix(to);
      hole.kind = RouteChange::Kind::blackhole;
      const std::string host = hole.destination.address.toString();
      EXPECT_TRUE(pings(testbed, net.left, host));
      Result<void> dug = testbed.apply({hole});
      ASSERT_TRUE(dug) << why(dug);
      EXPECT_FALSE(pings(testbed, net.left, host, 50));
      hole.change = Change::remove;
      dug = testbed.apply({hole});
      ASSERT_TRUE(dug) << why(dug);
      EXPECT_TRUE(pings(testbed, net.left, host));
    }
    AddressChange gone = addAddress(net.right, "eth0", "203.0.113.2/24");
    gone.change = Change::remove;
    ASSERT_TRUE(testbed.apply({gone}));
    EXPECT_FALSE(pings(testbed, net.left, "203.0.113.2", 50));
  });
}

TEST(InterfaceTable, RefusesWhatCannotBe) {
  InterfaceTable table;
  const NodeId a = table.addNode("a").value();
  EXPECT_EQ(why(table.addNode("a")), "there are two nodes with the name \"a\"");
  for (const char* name : {"", "..", "a b", "a/b", "\xC3\xA4"}) EXPECT_FALSE(table.addNode(name)) << name;
  ASSERT_TRUE(table.enter(Bridge{a, "br0"}));
  EXPECT_EQ(why(table.enter(Bridge{a, "br0"})), "node a has an interface \"br0\" already");
  EXPECT_EQ(why(table.enter(Bridge{a, "sixteen-letters-"})),
            "the name \"sixteen-letters-\" of an interface is longer than 15 bytes");
  for (const char* name : {"", "a b", "a/b", "..", "a:b", "%d"})
    EXPECT_FALSE(table.enter(Bridge{a, name})) << name;
  EXPECT_FALSE(table.enter(VethPair{{a, "x"}, {a, "x"}}));
  EXPECT_FALSE(table.find(a, "x")) << "a refused link enters nothing";
  EXPECT_FALSE(table.enter(VethPair{{a, "x"}, {NodeId(), "y"}}));
  EXPECT_EQ(why(table.enter(addRoute(a, "203.0.113.0/24", "2001:db8::1"))),
            "node a: the route to 203.0.113.0/24 mixes IPv4 and IPv6");
  RouteChange nowhere;
  nowhere.node = a;
  EXPECT_EQ(why(table.enter(nowhere)),
            "node a: the route to 0.0.0.0/0 has neither a next hop nor an interface");
}

}  // namespace
}  // namespace vauban::os
