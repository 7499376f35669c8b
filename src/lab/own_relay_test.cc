#include "lab/own_relay.h"

#include "lab/daemon_test_lab.h"

namespace vauban::lab {
namespace {

class OwnRelayTest : public os::ConfinedTest {};
VAUBAN_CONFINED_TESTS(OwnRelayTest);

constexpr const char* kHosts =
    "  relay: {zone: inside, address: 198.51.100.3, services: {r: {behaviour: udp-relay, port: udp/123, "
    "upstream: [outside]}}}\n"
    "  pipe: {zone: inside, address: 198.51.100.4, services: {r: {behaviour: tcp-relay, port: tcp/9000, "
    "upstream: [outside]}}}\n"
    "  diode: {zone: inside, address: 198.51.100.5, services: {r: {behaviour: data-diode, port: udp/7000, "
    "from: [client], upstream: [outside]}}}\n";

TEST_P(OwnRelayTest, DatagramsGoBothWays) {
  VAUBAN_NEEDS("nsd", "nginx", "chronyd");
  run([](const os::Confinement& confinement) {
    DaemonLab lab(confinement, kHosts);
    const auto relay = lab.start("relay");
    ASSERT_NE(relay, nullptr);
    EXPECT_NE(lab.check("relay", *relay).find("went on"), std::string::npos);
    const os::FileDescriptor there = os::udpSocket(*lab.testbed, lab.nodes.at("evil"), "203.0.113.66", 123);
    const os::FileDescriptor one = os::udpSocket(*lab.testbed, lab.nodes.at("client"), "198.51.100.2", 0);
    const os::FileDescriptor two = os::udpSocket(*lab.testbed, lab.nodes.at("client"), "198.51.100.2", 0);
    for (const os::FileDescriptor* client : {&one, &two}) {
      const std::string question(60000, 'q');
      EXPECT_TRUE(os::sendTo(*client, "198.51.100.3", 123, question));
      std::string from;
      EXPECT_EQ(os::receive(there, 3000, &from), question);
      EXPECT_EQ(from, "198.51.100.3");
    }
    // Each answer comes to him who asked, from the address that he asked.
    for (int turn = 0; turn < 2; ++turn) {
      const os::FileDescriptor& client = turn == 0 ? two : one;
      EXPECT_TRUE(os::sendTo(client, "198.51.100.3", 123, turn == 0 ? "two" : "one"));
      char block[100];
      sockaddr_storage back{};
      socklen_t length = sizeof back;
      ASSERT_TRUE(os::readable(there, 3000));
      const ssize_t size =
          recvfrom(there.get(), block, sizeof block, 0, reinterpret_cast<sockaddr*>(&back), &length);
      ASSERT_EQ(sendto(there.get(), block, static_cast<std::size_t>(size), 0,
                       reinterpret_cast<sockaddr*>(&back), length),
                size);
      std::string from;
      EXPECT_EQ(os::receive(client, 3000, &from), turn == 0 ? "two" : "one");
      EXPECT_EQ(from, "198.51.100.3");
    }
  });
}

TEST_P(OwnRelayTest, ADiodeTakesItsSourceOnlyAndBringsNothingBack) {
  VAUBAN_NEEDS("nsd", "nginx", "chronyd");
  run([](const os::Confinement& confinement) {
    DaemonLab lab(confinement, kHosts);
    const auto diode = lab.start("diode");
    ASSERT_NE(diode, nullptr);
    lab.check("diode", *diode);
    const os::FileDescriptor there = os::udpSocket(*lab.testbed, lab.nodes.at("evil"), "203.0.113.66", 7000);
    const os::FileDescriptor client =
        os::udpSocket(*lab.testbed, lab.nodes.at("client"), "198.51.100.2", 4000);
    const os::FileDescriptor other = os::udpSocket(*lab.testbed, lab.nodes.at("pipe"), "198.51.100.4", 4000);
    EXPECT_TRUE(os::sendTo(other, "198.51.100.5", 7000, "not from here"));
    EXPECT_TRUE(os::sendTo(client, "198.51.100.5", 7000, "from here"));
    char block[100];
    sockaddr_storage back{};
    socklen_t length = sizeof back;
    ASSERT_TRUE(os::readable(there, 3000));
    const ssize_t size =
        recvfrom(there.get(), block, sizeof block, 0, reinterpret_cast<sockaddr*>(&back), &length);
    EXPECT_EQ(std::string(block, static_cast<std::size_t>(size)), "from here");
    EXPECT_EQ(sendto(there.get(), "no", 2, 0, reinterpret_cast<sockaddr*>(&back), length), 2);
    EXPECT_EQ(os::receive(client, 200), "");
  });
}

TEST_P(OwnRelayTest, ADiodeForStreamsBringsNothingBackEither) {
  VAUBAN_NEEDS("nsd", "nginx", "chronyd");
  run([](const os::Confinement& confinement) {
    DaemonLab lab(confinement,
                  "  diode: {zone: inside, address: 198.51.100.5, services: {r: {behaviour: data-diode, "
                  "port: tcp/7000, "
                  "from: [client], upstream: [outside]}}}\n"
                  "  other: {zone: inside, address: 198.51.100.6, services: {}}\n");
    const os::FileDescriptor server =
        listeningTcp(*lab.testbed, lab.nodes.at("evil"), os::address("203.0.113.66"), 7000).value();
    const auto diode = lab.start("diode");
    ASSERT_NE(diode, nullptr);
    EXPECT_NE(lab.check("diode", *diode).find("went on"), std::string::npos);
    const os::FileDescriptor checked(accept(server.get(), nullptr, nullptr));
    const auto connected = [&](const char* host) {
      os::FileDescriptor client = lab.testbed->socket(lab.nodes.at(host), AF_INET, SOCK_STREAM, 0).value();
      const os::SocketAddress at(os::address("198.51.100.5"), 7000);
      EXPECT_EQ(connect(client.get(), at.get(), at.length), 0);
      return client;
    };
    const os::FileDescriptor client = connected("client");
    EXPECT_EQ(send(client.get(), "from here", 9, MSG_NOSIGNAL), 9);
    ASSERT_TRUE(os::readable(server, 3000));
    const os::FileDescriptor there(accept(server.get(), nullptr, nullptr));
    EXPECT_EQ(os::receive(there, 3000), "from here");
    EXPECT_EQ(send(there.get(), "no", 2, MSG_NOSIGNAL), 2);
    EXPECT_EQ(os::receive(client, 200), "");
    const os::FileDescriptor other = connected("other");
    EXPECT_TRUE(os::readable(other, 3000)) << "somebody else is not cut off";
    EXPECT_FALSE(os::readable(server, 200));
  });
}

TEST_P(OwnRelayTest, StreamsGoBothWaysWhole) {
  VAUBAN_NEEDS("nsd", "nginx", "chronyd");
  run([](const os::Confinement& confinement) {
    DaemonLab lab(confinement, kHosts);
    const auto pipe = lab.start("pipe");
    ASSERT_NE(pipe, nullptr);
    os::Testbed& testbed = *lab.testbed;
    const auto connected = [&] {
      os::FileDescriptor client = testbed.socket(lab.nodes.at("client"), AF_INET, SOCK_STREAM, 0).value();
      const os::SocketAddress at(os::address("198.51.100.4"), 9000);
      EXPECT_EQ(connect(client.get(), at.get(), at.length), 0);
      return client;
    };
    // Nobody serves there yet: the caller is cut off.
    const os::FileDescriptor refused = connected();
    EXPECT_TRUE(os::readable(refused, 3000));
    EXPECT_EQ(os::receive(refused, 3000), "");

    const os::FileDescriptor server =
        listeningTcp(testbed, lab.nodes.at("evil"), os::address("203.0.113.66"), 9000).value();
    EXPECT_NE(lab.check("pipe", *pipe).find("went on"), std::string::npos);
    os::FileDescriptor checked(accept(server.get(), nullptr, nullptr));
    const os::FileDescriptor client = connected();
    ASSERT_TRUE(os::readable(server, 3000));
    os::FileDescriptor there(accept(server.get(), nullptr, nullptr));
    if (!there.valid()) there = os::FileDescriptor(accept(server.get(), nullptr, nullptr));
    ASSERT_TRUE(there.valid());
    std::string sent(3000000, '\0');
    for (std::size_t i = 0; i < sent.size(); ++i) sent[i] = static_cast<char>(i * 31 % 251);
    const auto through = [&](const os::FileDescriptor& from, const os::FileDescriptor& to) {
      std::thread writer([&] {
        for (std::size_t at = 0; at < sent.size();) {
          const ssize_t size = send(from.get(), sent.data() + at, sent.size() - at, 0);
          if (size <= 0) break;
          at += static_cast<std::size_t>(size);
        }
        shutdown(from.get(), SHUT_WR);
      });
      std::string got, part;
      while (!(part = os::receive(to, 3000)).empty()) got += part;
      writer.join();
      EXPECT_EQ(got.size(), sent.size());
      EXPECT_TRUE(got == sent);
    };
    through(client, there);
    through(there, client);
  });
}

}  // namespace
}  // namespace vauban::lab
