#include "os/listener.h"

#include <gtest/gtest.h>

#include "os/test_network.h"

namespace vauban::os {
namespace {

using std::chrono::milliseconds;

class ListenerTest : public ConfinedTest {};
VAUBAN_CONFINED_TESTS(ListenerTest);

TEST_P(ListenerTest, KnowsProtocolAddressAndPort) {
  run([](const Confinement& world) {
    const TwoHosts net(world);
    Testbed& testbed = *net.testbed;
    const auto is = [&](NodeId node, bool tcp, std::uint16_t port, const char* at = nullptr) {
      Listener listener{.tcp = tcp, .port = port};
      if (at != nullptr) listener.address = address(at);
      return testbed.listens(node, listener).value();
    };
    EXPECT_FALSE(is(net.left, false, 53));
    const FileDescriptor four = udpSocket(testbed, net.left, "198.51.100.2", 53);
    EXPECT_TRUE(is(net.left, false, 53));
    EXPECT_TRUE(is(net.left, false, 53, "198.51.100.2"));
    EXPECT_FALSE(is(net.left, false, 53, "198.51.100.3"));
    EXPECT_FALSE(is(net.left, false, 53, "2001:db8:1::2"));
    EXPECT_FALSE(is(net.left, true, 53));
    EXPECT_FALSE(is(net.left, false, 54));
    EXPECT_FALSE(is(net.right, false, 53)) << "another node's sockets are not this one's";
    const FileDescriptor six = udpSocket(testbed, net.left, "2001:db8:1::2", 123);
    EXPECT_TRUE(is(net.left, false, 123, "2001:db8:1::2"));
    EXPECT_FALSE(is(net.left, false, 123, "2001:db8:1::3"));
    const FileDescriptor any = udpSocket(testbed, net.left, "0.0.0.0", 514);
    EXPECT_TRUE(is(net.left, false, 514, "198.51.100.2"));
    const FileDescriptor anySix = udpSocket(testbed, net.left, "::", 515);
    EXPECT_TRUE(is(net.left, false, 515, "2001:db8:1::2"));
    const FileDescriptor tcp = testbed.socket(net.left, AF_INET, SOCK_STREAM, 0).value();
    const SocketAddress at(address("198.51.100.2"), 80);
    ASSERT_EQ(bind(tcp.get(), at.get(), at.length), 0);
    EXPECT_FALSE(is(net.left, true, 80)) << "bound is not listening";
    ASSERT_EQ(listen(tcp.get(), 1), 0);
    EXPECT_TRUE(is(net.left, true, 80, "198.51.100.2"));
    EXPECT_EQ((Listener{.tcp = true, .port = 80, .address = address("198.51.100.2")}).toString(),
              "tcp 198.51.100.2 port 80");
  });
}

TEST_P(ListenerTest, WaitsAndSaysWhyInVain) {
  run([](const Confinement& world) {
    const TwoHosts net(world);
    Testbed& testbed = *net.testbed;
    const Listener dns{.tcp = false, .port = 53};
    EXPECT_EQ(why(testbed.awaitListener(net.left, dns, milliseconds(30), nullptr)),
              "node left: nobody listens at udp port 53 after 30 ms");
    const auto dead =
        testbed.start(net.left, ProcessSpec({"sh", "-c", "echo cannot read the zone; exit 4"})).value();
    EXPECT_EQ(
        why(testbed.awaitListener(net.left, dns, milliseconds(60'000), dead.get())),
        "node left: the program that should listen at udp port 53 ended (exit code 4); its output ends in:\n"
        "cannot read the zone\n");
    if (access("/usr/bin/python3", X_OK) != 0) return;
    const auto server = testbed.start(
        net.left, ProcessSpec({"python3", "-c",
                               "import socket, time\ntime.sleep(0.1)\ns = socket.socket(socket.AF_INET, "
                               "socket.SOCK_DGRAM)\ns.bind(('198.51.100.2', 53))\ntime.sleep(60)"}));
    ASSERT_TRUE(server) << why(server);
    const Result<void> there = testbed.awaitListener(net.left, dns, milliseconds(20'000), server->get());
    EXPECT_TRUE(there) << why(there);
  });
}

}  // namespace
}  // namespace vauban::os
