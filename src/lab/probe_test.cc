#include "lab/probe.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "lab/wire_dns.h"
#include "lab/wire_test_lab.h"
#include "os/system_failure.h"

namespace vauban::lab {
namespace {

using std::chrono::milliseconds;

class ProbeTest : public os::ConfinedTest {};
VAUBAN_CONFINED_TESTS(ProbeTest);

void arrives(TestLab& lab, Probe probe, const std::string& packets, const std::string& carriedIn) {
  const TestLab::Outcome outcome = lab.attempt(probe);
  const std::string what = std::string(carrierName(probe.carrier)) + (probe.to.ipv6 ? " IPv6" : " IPv4") +
                           ": " + outcome.sent.note;
  EXPECT_EQ(outcome.seen.bytes, probe.bytes) << what;
  EXPECT_TRUE(outcome.seen.complete) << what;
  EXPECT_EQ(outcome.sent.bytes, probe.bytes) << what;
  EXPECT_EQ(joined(outcome.seen.packets), packets) << what;
  EXPECT_EQ(joined(outcome.seen.carriedIn), carriedIn) << what;
}

TEST_P(ProbeTest, OneWayCarriersArriveWhole) {
  run([](const os::Confinement& world) {
    TestLab lab(world);
    ASSERT_TRUE(lab.adversary);
    for (const bool ipv6 : {false, true}) {
      const char* echo = ipv6 ? "icmpv6/128" : "icmp/8";
      arrives(lab, lab.probe(Carrier::datagram, ipv6), "udp/4444", "UDP payload");
      arrives(lab, lab.probe(Carrier::echo, ipv6), echo, "echo payload");
      arrives(lab, lab.probe(Carrier::ntpTimestamp, ipv6), "udp/123", "NTP transmit timestamp");
      arrives(lab, lab.probe(Carrier::ntpExtension, ipv6), "udp/123", "NTP extension field");
      Probe forged = lab.probe(Carrier::queryName, ipv6);
      forged.forged = true;
      forged.source = os::address(ipv6 ? "2001:db8:2::77" : "198.51.100.77");
      arrives(lab, forged, "udp/53", "query name");
      for (const int protocol : {6, 33, 47, 132, 136}) {
        Probe other = lab.probe(Carrier::datagram, ipv6);
        other.protocol = static_cast<std::uint8_t>(protocol);
        const TestLab::Outcome outcome = lab.attempt(other);
        EXPECT_TRUE(outcome.seen.complete) << "protocol " << protocol << " " << outcome.seen.bytes;
        EXPECT_EQ(outcome.seen.packets.size(), 1U);
      }
    }
    EXPECT_TRUE(lab.adversary->alive()) << lab.adversary->failure();
  });
}

TEST_P(ProbeTest, ConversationsArriveWhole) {
  run([](const os::Confinement& world) {
    TestLab lab(world);
    ASSERT_TRUE(lab.adversary);
    for (const bool ipv6 : {false, true}) {
      arrives(lab, lab.probe(Carrier::stream, ipv6), "tcp/4444", "TCP stream");
      Probe question = lab.probe(Carrier::queryName, ipv6);
      arrives(lab, question, "udp/53", "query name");
      arrives(lab, lab.probe(Carrier::httpBody, ipv6), "tcp/80", "HTTP");
      arrives(lab, lab.probe(Carrier::fileDrop, ipv6), "tcp/80", "HTTP");
      arrives(lab, lab.probe(Carrier::registers, ipv6), "tcp/502", "Modbus");
      Probe connect = lab.probe(Carrier::httpConnect, ipv6);
      connect.target = "203.0.113.2:443";
      arrives(lab, connect, "tcp/3128", "TCP stream");
      arrives(lab, lab.probe(Carrier::smtpBody, ipv6), "tcp/25", "SMTP");
      Probe answer = lab.probe(Carrier::answer, ipv6);
      answer.receiver = lab.adversaryNode;
      answer.port = 8080;
      arrives(lab, answer, "tcp/8080", "TCP segment");
      arrives(lab, lab.probe(Carrier::hostName, ipv6), "tcp/3128", "HTTP");
      arrives(lab, lab.probe(Carrier::smtpSender, ipv6), "tcp/25", "SMTP");
    }
    EXPECT_TRUE(lab.adversary->alive()) << lab.adversary->failure();
  });
}

TEST_P(ProbeTest, ErrorsAndForgedRepliesRideALiveFlow) {
  run([](const os::Confinement& world) {
    TestLab lab(world);
    ASSERT_TRUE(lab.adversary);
    for (const bool related : {true, false}) {
      lab.rules(related ? "ct state established,related accept\niifname s udp dport 53 accept"
                        : "ct state established accept\niifname s udp dport 53 accept");
      for (const bool ipv6 : {false, true}) {
        // The server asks the adversary; the client is allowed nothing.
        const std::string server = ipv6 ? "2001:db8:2::2" : "198.51.100.66";
        const os::FileDescriptor asker = os::udpSocket(*lab.testbed, lab.server, server, 5353);
        const os::Bytes question = dnsQuestion(1, "a.evil.example", kDnsA);
        ASSERT_TRUE(os::sendTo(asker, ipv6 ? "2001:db8:3::2" : "203.0.113.2", 53,
                               std::string(question.begin(), question.end())));
        ASSERT_FALSE(os::receive(asker, 1000).empty());  // answered: the flow is established
        Probe error = lab.probe(Carrier::icmpError, ipv6);
        error.flow = LiveFlow{os::address(server), error.to, 17, 5353, 53};
        if (related) {
          arrives(lab, error, ipv6 ? "icmpv6/1" : "icmp/3", "ICMP quote");
        } else {
          EXPECT_EQ(lab.attempt(error).seen.bytes, 0U);
        }
        Probe reply = lab.probe(Carrier::forgedReply, ipv6);
        reply.flow = error.flow;
        reply.forged = true;
        arrives(lab, reply, "udp/53", "UDP payload");
      }
    }
  });
}

TEST_P(ProbeTest, ReflectionsComeBackToTheForgedSource) {
  run([](const os::Confinement& world) {
    TestLab lab(world);
    ASSERT_TRUE(lab.adversary);
    const auto listener = [&](bool ipv6) {
      os::FileDescriptor socket =
          lab.testbed->socket(lab.server, ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0).value();
      const os::SocketAddress at(os::address(ipv6 ? "2001:db8:2::2" : "198.51.100.66"), 8123);
      EXPECT_EQ(bind(socket.get(), at.get(), at.length), 0);
      EXPECT_EQ(listen(socket.get(), 512), 0);
      return socket;
    };
    const os::FileDescriptor four = listener(false), six = listener(true);
    for (const bool guarded : {false, true}) {
      const std::string guard = guarded ? "iifname c ip saddr != 198.51.100.0/26 drop\n"
                                          "iifname c ip6 saddr != 2001:db8:1::/64 drop\n"
                                        : "";
      lab.rules(
          guard +
          "ct state established accept\niifname c tcp dport 8123 accept\niifname c meta l4proto { icmp, "
          "icmpv6 } accept");
      for (const bool ipv6 : {false, true}) {
        for (const Carrier carrier : {Carrier::synAck, Carrier::echoReply}) {
          Probe probe = lab.probe(carrier, ipv6);
          probe.source = probe.to;
          probe.forged = true;
          probe.to = os::address(ipv6 ? "2001:db8:2::2" : "198.51.100.66");
          probe.port = 8123;
          if (guarded) {
            EXPECT_EQ(lab.attempt(probe).seen.bytes, 0U);
          } else if (carrier == Carrier::synAck) {
            arrives(lab, probe, "tcp/8123", "acknowledgement number of a SYN-ACK");
          } else {
            arrives(lab, probe, ipv6 ? "icmpv6/128" : "icmp/8", "echo reply payload");
          }
        }
      }
    }
  });
}

TEST_P(ProbeTest, NothingPassesARouterThatDrops) {
  run([](const os::Confinement& world) {
    TestLab lab(world);
    ASSERT_TRUE(lab.adversary);
    lab.rules("");
    const auto begin = std::chrono::steady_clock::now();
    std::vector<std::thread> attempts;
    for (const Carrier carrier :
         {Carrier::datagram, Carrier::echo, Carrier::ntpTimestamp, Carrier::ntpExtension, Carrier::queryName,
          Carrier::stream, Carrier::httpBody, Carrier::httpConnect, Carrier::hostName, Carrier::smtpSender}) {
      attempts.emplace_back([&lab, carrier] {
        const TestLab::Outcome outcome = lab.attempt(lab.probe(carrier), milliseconds(6000));
        EXPECT_EQ(outcome.seen.bytes, 0U) << carrierName(carrier);
        EXPECT_EQ(outcome.seen.frames, 0U);
      });
    }
    for (std::thread& attempt : attempts) attempt.join();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(8000));
    EXPECT_EQ(lab.adversary->witness().framesFrom(os::address("198.51.100.2")), 0U);
    EXPECT_TRUE(lab.adversary->alive());
  });
}

TEST_P(ProbeTest, WhatCannotBeSentIsRefusedWithItsReason) {
  run([](const os::Confinement& world) {
    TestLab lab(world);
    ASSERT_TRUE(lab.adversary);
    const auto refusal = [&](const Probe& probe) {
      const Payload payload(7, 1000, chunkBytesFor(probe.carrier));
      const Result<Sent> sent = sendProbe(*lab.testbed, probe, payload, milliseconds(1000));
      return os::why(sent);
    };
    Probe forged = lab.probe(Carrier::stream);
    forged.forged = true;
    EXPECT_EQ(refusal(forged), "probe of stream: it needs answers, which a forged source does not get");
    EXPECT_EQ(refusal(lab.probe(Carrier::icmpError)), "probe of ICMP error: it needs a live flow");
    Probe mixed = lab.probe(Carrier::datagram);
    mixed.to = os::address("2001:db8:3::2");
    EXPECT_EQ(refusal(mixed), "probe of datagram: source and destination are of two families");
    Probe foreign = lab.probe(Carrier::datagram);
    foreign.source = os::address("198.51.100.77");
    EXPECT_NE(refusal(foreign), "no failure");
    Probe longName = lab.probe(Carrier::queryName);
    longName.domain = std::string(60, 'a') + "." + std::string(60, 'b');
    EXPECT_NE(refusal(longName).find("is longer than a name may be"), std::string::npos);
    Probe neighbour = lab.probe(Carrier::datagram);
    neighbour.neighbour = true;
    neighbour.interface = "eth9";
    neighbour.source = os::address("198.51.100.9");
    EXPECT_NE(refusal(neighbour).find("no interface \"eth9\""), std::string::npos);
    // Nobody listens: the node's kernel refuses, which is an observation.
    Probe refused = lab.probe(Carrier::stream);
    refused.to = os::address("198.51.100.66");
    const TestLab::Outcome outcome = lab.attempt(refused);
    EXPECT_EQ(outcome.sent.bytes, 0U);
    EXPECT_NE(outcome.sent.note.find("ECONNREFUSED"), std::string::npos) << outcome.sent.note;
  });
}

TEST_P(ProbeTest, ANeighboursAddressIsTakenOverAndGivenBack) {
  run([](const os::Confinement& world) {
    TestLab lab(world);
    ASSERT_TRUE(lab.adversary);
    // A switch between router, client and its neighbour, who alone may ask the adversary.
    os::Testbed& testbed = *lab.testbed;
    const os::NodeId hub = testbed.addNode("hub", os::NodeRole::host).value();
    const os::NodeId held = testbed.addNode("held", os::NodeRole::host).value();
    const os::NodeId victim = testbed.addNode("victim", os::NodeRole::host).value();
    const Result<void> applied = testbed.apply({
        os::Bridge{hub, "lan"},
        os::VethPair{{lab.router, "l"}, {hub, "p1"}},
        os::VethPair{{held, "eth0"}, {hub, "p2"}},
        os::VethPair{{victim, "eth0"}, {hub, "p3"}},
        os::BridgePort{hub, "p1", "lan"},
        os::BridgePort{hub, "p2", "lan"},
        os::BridgePort{hub, "p3", "lan"},
        os::addAddress(lab.router, "l", "198.51.100.129/26"),
        os::addAddress(held, "eth0", "198.51.100.130/26"),
        os::addAddress(victim, "eth0", "198.51.100.131/26"),
        os::addRoute(held, "0.0.0.0/0", "198.51.100.129"),
        os::addRoute(victim, "0.0.0.0/0", "198.51.100.129"),
        os::addAddress(lab.router, "l", "2001:db8:4::1/64"),
        os::addAddress(held, "eth0", "2001:db8:4::2/64"),
        os::addAddress(victim, "eth0", "2001:db8:4::3/64"),
        os::addRoute(held, "::/0", "2001:db8:4::1"),
        os::addRoute(victim, "::/0", "2001:db8:4::1"),
    });
    ASSERT_TRUE(applied) << os::why(applied);
    ASSERT_TRUE(testbed.awaitLinks(milliseconds(3000)));
    lab.rules("ct state established accept\nip saddr 198.51.100.131 accept\nip6 saddr 2001:db8:4::3 accept");
    EXPECT_TRUE(os::pings(testbed, victim, "203.0.113.2"));
    EXPECT_TRUE(os::pings(testbed, victim, "2001:db8:3::2"));
    for (const bool ipv6 : {false, true}) {
      Probe probe = lab.probe(Carrier::queryName, ipv6);
      probe.from = held;
      probe.interface = "eth0";
      probe.source = os::address(ipv6 ? "2001:db8:4::2" : "198.51.100.130");
      EXPECT_EQ(lab.attempt(probe, milliseconds(4000)).seen.bytes, 0U);
      probe.source = os::address(ipv6 ? "2001:db8:4::3" : "198.51.100.131");
      probe.neighbour = true;
      const TestLab::Outcome outcome = lab.attempt(probe);
      EXPECT_TRUE(outcome.seen.complete) << outcome.seen.bytes << " " << outcome.sent.note;
      // The answers came to the taker.
      EXPECT_GT(outcome.sent.answers, 600U) << outcome.sent.note;
      // It is the victim's again, at once: nobody else's kernel takes it, and answers find the victim.
      EXPECT_TRUE(os::pings(testbed, victim, ipv6 ? "2001:db8:3::2" : "203.0.113.2", 300));
      EXPECT_FALSE(testbed.inside(held, [&] {
        const os::FileDescriptor socket = testbed.socket(held, probe.source.family(), SOCK_DGRAM, 0).value();
        const os::SocketAddress at(probe.source, 0);
        if (bind(socket.get(), at.get(), at.length) == 0) return Result<void>();
        return Result<void>(os::labFailure("no address of the node"));
      }));
    }
  });
}

}  // namespace
}  // namespace vauban::lab
