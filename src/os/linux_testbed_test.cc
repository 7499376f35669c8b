#include "os/linux_testbed.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <regex>
#include <thread>

#include "os/test_network.h"

namespace vauban::os {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

class LinuxTestbedTest : public ConfinedTest {};
VAUBAN_CONFINED_TESTS(LinuxTestbedTest);

TEST_P(LinuxTestbedTest, HostsTalkThroughARouterInBothFamilies) {
  run([](const Confinement& world) {
    const TwoHosts net(world);
    Testbed& testbed = *net.testbed;
    EXPECT_TRUE(pings(testbed, net.left, "203.0.113.2"));
    EXPECT_TRUE(pings(testbed, net.left, "2001:db8:2::2"));
    EXPECT_TRUE(pings(testbed, net.right, "198.51.100.2"));
    EXPECT_FALSE(pings(testbed, net.left, "203.0.113.9", 50));
    for (const bool ipv6 : {false, true}) {
      const std::string there = ipv6 ? "2001:db8:2::2" : "203.0.113.2";
      const std::string here = ipv6 ? "2001:db8:1::2" : "198.51.100.2";
      const FileDescriptor server = udpSocket(testbed, net.right, there, 53);
      const FileDescriptor client = udpSocket(testbed, net.left, here, 4000);
      std::string from;
      EXPECT_TRUE(sendTo(client, there, 53, "question"));
      EXPECT_EQ(receive(server, 1000, &from), "question");
      EXPECT_EQ(from, here);
      EXPECT_TRUE(sendTo(server, here, 4000, "answer"));
      EXPECT_EQ(receive(client, 1000), "answer");
    }
    // A host does not forward.
    EXPECT_EQ(testbed.sysctl(net.left, "net/ipv4/ip_forward").value(), "0");
    ASSERT_TRUE(testbed.setSysctls(net.router, {{"net/ipv4/ip_forward", "0"}}));
    EXPECT_FALSE(pings(testbed, net.left, "203.0.113.2", 50));
    EXPECT_TRUE(pings(testbed, net.left, "2001:db8:2::2"));
  });
}

TEST_P(LinuxTestbedTest, ForgedSourcesArrive) {
  run([](const Confinement& world) {
    const TwoHosts net(world);
    Testbed& testbed = *net.testbed;
    for (const bool ipv6 : {false, true}) {
      const std::string there = ipv6 ? "2001:db8:2::2" : "203.0.113.2";
      const std::string forged = ipv6 ? "2001:db8:1::77" : "198.51.100.77";
      const FileDescriptor server = udpSocket(testbed, net.right, there, 53);
      std::string from;
      RawTraffic traffic;
      traffic.packets = {udpPacket(forged, there, 4000, 53, "by its routes")};
      Result<SendReport> sent = testbed.send(net.left, traffic);
      ASSERT_TRUE(sent) << why(sent);
      EXPECT_TRUE(sent->complete()) << sent->refusal;
      EXPECT_EQ(receive(server, 1000, &from), "by its routes");
      EXPECT_EQ(from, forged);
      traffic.kind = RawTraffic::Kind::packetsOnWire;
      traffic.packets = {udpPacket(forged, there, 4000, 53, "on the wire")};
      traffic.interface = "eth0";
      traffic.nextHop = net.macOf(net.router, "l");
      sent = testbed.send(net.left, traffic);
      ASSERT_TRUE(sent) << why(sent);
      EXPECT_EQ(receive(server, 1000, &from), "on the wire");
      EXPECT_EQ(from, forged);
    }
  });
}

TEST_P(LinuxTestbedTest, ANeighboursAddressCanBeTakenOver) {
  run([](const Confinement& world) {
    const TwoHosts net(world);
    Testbed& testbed = *net.testbed;
    NeighbourChange lie;
    lie.node = net.right;
    lie.interface = "eth0";
    lie.address = address("203.0.113.1");
    lie.mac = MacAddress::parse("02:00:00:00:00:66").value();
    EXPECT_TRUE(pings(testbed, net.right, "203.0.113.1"));
    ASSERT_TRUE(testbed.apply({lie}));
    EXPECT_FALSE(pings(testbed, net.right, "203.0.113.1", 50));
    lie.mac = net.macOf(net.router, "r");
    ASSERT_TRUE(testbed.apply({lie}));
    EXPECT_TRUE(pings(testbed, net.right, "203.0.113.1"));
  });
}

TEST_P(LinuxTestbedTest, BridgesForwardAndKeepIsolatedPortsApart) {
  run([](const Confinement& world) {
    const auto testbed = openTestbed(world);
    const NodeId hub = testbed->addNode("switch", NodeRole::host).value();
    std::vector<NodeId> hosts;
    std::vector<NetworkRequest> requests = {Bridge{hub, "ix"}};
    for (int i = 1; i <= 3; ++i) {
      const std::string number = std::to_string(i);
      hosts.push_back(testbed->addNode("h" + number, NodeRole::host).value());
      requests.emplace_back(VethPair{{hosts.back(), "eth0"}, {hub, "p" + number}});
      BridgePort port{hub, "p" + number, "ix"};
      port.isolated = i <= 2;
      requests.emplace_back(port);
      requests.emplace_back(addAddress(hosts.back(), "eth0", "203.0.113." + number + "/24"));
      requests.emplace_back(addAddress(hosts.back(), "eth0", "2001:db8::" + number + "/64"));
    }
    const Result<void> applied = testbed->apply(requests);
    ASSERT_TRUE(applied) << why(applied);
    const Result<void> ready = testbed->awaitLinks(milliseconds(3000));
    ASSERT_TRUE(ready) << why(ready);
    EXPECT_TRUE(pings(*testbed, hosts[0], "203.0.113.3"));
    EXPECT_TRUE(pings(*testbed, hosts[0], "2001:db8::3"));
    EXPECT_TRUE(pings(*testbed, hosts[2], "203.0.113.2"));
    EXPECT_FALSE(pings(*testbed, hosts[0], "203.0.113.2", 50));
    EXPECT_FALSE(pings(*testbed, hosts[0], "2001:db8::2", 50));
    // Bridged frames are none of the forward hook's.
    ASSERT_TRUE(testbed->loadRules(
        hub, "table inet f {\nchain c {\ntype filter hook forward priority 0; policy drop\n}\n}", "rules"));
    EXPECT_TRUE(pings(*testbed, hosts[0], "203.0.113.3"));
  });
}

TEST_P(LinuxTestbedTest, LinksCarryTheFramesOfAWire) {
  run([](const Confinement& world) {
    const TwoHosts net(world);
    std::size_t longest = 0, checked = 0;
    RecorderSpec spec("eth0");
    spec.each = [&](const RecordedFrame& frame) {
      longest = std::max(longest, frame.bytes.size());
      const auto bytes = frame.bytes;
      if (bytes.size() < 42 || bytes[12] != 8 || bytes[13] != 0 || bytes[23] != IPPROTO_TCP) return;
      Bytes summed(bytes.begin() + 26, bytes.begin() + 34);  // the addresses
      const std::size_t length = (std::size_t{bytes[16]} << 8U) + bytes[17] - 20;
      summed.insert(summed.end(), {0, IPPROTO_TCP, static_cast<std::uint8_t>(length >> 8U),
                                   static_cast<std::uint8_t>(length)});
      summed.insert(summed.end(), bytes.begin() + 34,
                    bytes.begin() + 34 + static_cast<std::ptrdiff_t>(length));
      EXPECT_EQ(checksum(summed), 0) << "a TCP segment with a wrong checksum";
      ++checked;
    };
    const auto recorder = net.testbed->record(net.right, spec).value();
    const FileDescriptor server = net.testbed->socket(net.right, AF_INET, SOCK_STREAM, 0).value();
    const SocketAddress at(address("203.0.113.2"), 80);
    ASSERT_EQ(bind(server.get(), at.get(), at.length), 0);
    ASSERT_EQ(listen(server.get(), 1), 0);
    const FileDescriptor client = net.testbed->socket(net.left, AF_INET, SOCK_STREAM, 0).value();
    ASSERT_EQ(connect(client.get(), at.get(), at.length), 0);
    const FileDescriptor accepted(accept(server.get(), nullptr, nullptr));
    const std::string text(65536, 'x');
    std::thread sender([&] { EXPECT_EQ(send(client.get(), text.data(), text.size(), 0), 65536); });
    std::size_t got = 0;
    while (got < text.size()) {
      const std::string part = receive(accepted, 2000);
      if (part.empty()) break;
      got += part.size();
    }
    sender.join();
    EXPECT_EQ(got, text.size());
    EXPECT_TRUE(recorder->stop().complete());
    EXPECT_LE(longest, 1514U);
    EXPECT_GT(checked, 40U);
  });
}

TEST_P(LinuxTestbedTest, FoldersBelongToTheirUser) {
  run([](const Confinement& world) {
    const auto testbed = openTestbed(world);
    const NodeId node = testbed->addNode("n", NodeRole::host).value();
    const std::string folder = testbed->makeFolder("squid", "nobody").value();
    ProcessSpec spec({"sh", "-c", "id -u && touch " + folder + "/mine && ls " + folder});
    spec.user = "nobody";
    const Result<ProcessResult> ran = testbed->run(node, spec, milliseconds(5000));
    ASSERT_TRUE(ran) << why(ran);
    EXPECT_TRUE(ran->status.success());
    EXPECT_EQ(ran->output, "65534\nmine\n");
    EXPECT_FALSE(testbed->makeFolder("squid", ""));
    EXPECT_FALSE(testbed->makeFolder("../x", ""));
    EXPECT_EQ(why(testbed->makeFolder("other", "nobody-of-that-name")),
              "there is no user \"nobody-of-that-name\"");
  });
}

TEST_P(LinuxTestbedTest, APersonCanEnterANode) {
  run([](const Confinement& world) {
    if (access("/usr/bin/nsenter", X_OK) != 0 || !world.ownProc) GTEST_SKIP() << "there is no nsenter";
    const auto testbed = openTestbed(world);
    const NodeId node = testbed->addNode("n", NodeRole::host).value();
    std::string command = testbed->enterCommand(node);
    // As it is typed outside; here the number is another one, and the user namespace is entered already.
    const std::string outer = std::to_string(world.outerPid);
    EXPECT_NE(command.find("--target " + outer), std::string::npos) << command;
    command = std::regex_replace(command, std::regex(outer), "1");
    command = std::regex_replace(command, std::regex(" --user --preserve-credentials"), "");
    FILE* pipe = popen((command + " readlink /proc/self/ns/net 2>&1").c_str(), "r");
    ASSERT_NE(pipe, nullptr);
    char line[256] = {};
    EXPECT_NE(fgets(line, sizeof line, pipe), nullptr);
    pclose(pipe);
    std::uint64_t inode = 0;
    ASSERT_TRUE(testbed->inside(node, [&]() -> Result<void> {
      inode = NetNamespace::current()->inode();
      return {};
    }));
    EXPECT_EQ(std::string(line), "net:[" + std::to_string(inode) + "]\n");
  });
}

TEST(LinuxTestbed, ThirteenNodesAreUpAtOnce) {
  for (int turn = 0; turn < 3; ++turn) {
    confined([&](const Confinement& world) {
      using Clock = std::chrono::steady_clock;
      const auto since = [](Clock::time_point begin) {
        return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
      };
      const auto begin = Clock::now();
      const auto testbed = openTestbed(world);
      std::vector<NodeId> nodes;
      for (int i = 0; i < 13; ++i) {
        nodes.push_back(
            testbed->addNode("n" + std::to_string(i), i == 0 ? NodeRole::router : NodeRole::host).value());
      }
      const double made = since(begin);
      std::vector<NetworkRequest> requests;
      for (std::size_t i = 1; i < 13; ++i) {
        const std::string number = std::to_string(i), net = "198.51.100." + std::to_string(16 * i + 1);
        requests.emplace_back(VethPair{{nodes[i], "eth0"}, {nodes[0], "f" + number}});
        requests.emplace_back(addAddress(nodes[0], "f" + number, net + "/28"));
        requests.emplace_back(addAddress(nodes[0], "f" + number, "2001:db8:" + number + "::1/64"));
        requests.emplace_back(
            addAddress(nodes[i], "eth0", "198.51.100." + std::to_string(16 * i + 2) + "/28"));
        requests.emplace_back(addAddress(nodes[i], "eth0", "2001:db8:" + number + "::2/64"));
        requests.emplace_back(addRoute(nodes[i], "0.0.0.0/0", net));
        requests.emplace_back(addRoute(nodes[i], "::/0", "2001:db8:" + number + "::1"));
      }
      const Result<void> applied = testbed->apply(requests);
      ASSERT_TRUE(applied) << why(applied);
      const double connected = since(begin);
      const Result<void> ready = testbed->awaitLinks(milliseconds(3000));
      ASSERT_TRUE(ready) << why(ready);
      const double up = since(begin);
      // The first packet of each, with nothing in between that could hide a link that is not ready.
      for (std::size_t i = 2; i < 13; ++i) {
        const std::string number = std::to_string(i);
        EXPECT_TRUE(pings(*testbed, nodes[1], "198.51.100." + std::to_string(16 * i + 2))) << number;
        EXPECT_TRUE(pings(*testbed, nodes[1], "2001:db8:" + number + "::2")) << number;
      }
      std::printf(
          "13 nodes after %.1f ms, 12 links, 48 addresses, 24 routes after %.1f ms, all up after %.1f ms\n",
          made, connected, up);
    });
  }
}

// What the machine says of its own network, without what changes by itself.
std::string networkOfTheMachine() {
  std::string text;
  for (const char* command :
       {"ip -d link", "ip address", "ip route show table all", "ip -6 route show table all", "ip rule",
        "ip -6 rule", "ip neighbour show nud permanent"}) {
    FILE* pipe = popen((std::string(command) + " 2>&1").c_str(), "r");
    if (pipe == nullptr) continue;
    char block[4096];
    for (std::size_t size; (size = fread(block, 1, sizeof block, pipe)) > 0;) text.append(block, size);
    pclose(pipe);
  }
  return std::regex_replace(
      text, std::regex("expires [0-9]+sec|_lft [0-9]+sec|qlen [0-9]+|(timer|gc_timer) +[0-9.]+"), "");
}

TEST_P(LinuxTestbedTest, TheMachinesOwnNetworkIsNotTouched) {
  if (access("/usr/sbin/ip", X_OK) != 0 && access("/sbin/ip", X_OK) != 0)
    GTEST_SKIP() << "there is no ip (iproute2)";
  const std::string before = networkOfTheMachine();
  ASSERT_NE(before.find("lo"), std::string::npos);
  run([&](const Confinement& world) {
    const TwoHosts net(world);
    ASSERT_TRUE(net.testbed->loadRules(net.router, "table inet t {\n}\n", "rules"));
    EXPECT_TRUE(pings(*net.testbed, net.left, "203.0.113.2"));
    // Also while the lab is there, and in the runner's own namespace.
    EXPECT_EQ(networkOfTheMachine().find("veth"), std::string::npos);
  });
  EXPECT_EQ(networkOfTheMachine(), before);
}

}  // namespace
}  // namespace vauban::os
