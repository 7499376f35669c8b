#include "os/raw_sender.h"

#include <gtest/gtest.h>

#include "os/test_network.h"

namespace vauban::os {
namespace {

using std::chrono::milliseconds;
using Kind = RawTraffic::Kind;

class RawSenderTest : public ConfinedTest {};
VAUBAN_CONFINED_TESTS(RawSenderTest);

TEST_P(RawSenderTest, KeepsToTheRateAndTheTime) {
  run([](const Confinement& world) {
    const TwoHosts net(world);
    RawTraffic traffic;
    traffic.packets.assign(20, udpPacket("198.51.100.77", "203.0.113.2", 1, 2, "x"));
    traffic.perSecond = 200;
    const Result<SendReport> slow = net.testbed->send(net.left, traffic);
    ASSERT_TRUE(slow) << why(slow);
    EXPECT_EQ(slow->sent, 20U);
    EXPECT_GE(slow->took, milliseconds(95));
    traffic.perSecond = 10;
    traffic.atMost = milliseconds(250);
    const Result<SendReport> cut = net.testbed->send(net.left, traffic);
    EXPECT_LE(cut->sent, 3U);
    EXPECT_EQ(cut->sent + cut->unsent, 20U);
    EXPECT_FALSE(cut->complete());
  });
}

TEST_P(RawSenderTest, SaysWhatWasRefused) {
  run([](const Confinement& world) {
    const TwoHosts net(world);
    ASSERT_TRUE(net.testbed->loadRules(net.left,
                                       "table inet t {\nchain o {\ntype filter hook output priority 0\n"
                                       "ip saddr != 198.51.100.2 drop\n}\n}\n",
                                       "host"));
    RawTraffic traffic;
    traffic.packets = {udpPacket("198.51.100.77", "203.0.113.2", 1, 2, "x"),
                       udpPacket("198.51.100.2", "203.0.113.2", 1, 2, "x")};
    Result<SendReport> sent = net.testbed->send(net.left, traffic);
    ASSERT_TRUE(sent) << why(sent);
    EXPECT_EQ(sent->sent, 1U);
    EXPECT_EQ(sent->refused, 1U);
    EXPECT_EQ(sent->refusal, "packet 0: Operation not permitted (EPERM)");
    // What is put on the wire passes no filter of the node.
    traffic.kind = Kind::packetsOnWire;
    traffic.interface = "eth0";
    EXPECT_EQ(why(net.testbed->send(net.left, traffic)),
              "node left: packets on the wire need the MAC address of a next hop");
    traffic.nextHop = net.macOf(net.router, "l");
    sent = net.testbed->send(net.left, traffic);
    ASSERT_TRUE(sent) << why(sent);
    EXPECT_TRUE(sent->complete());
    traffic.interface = "eth9";
    EXPECT_EQ(why(net.testbed->send(net.left, traffic)),
              "node left: sending at eth9: finding the interface: No such device (ENODEV)");
  });
}

TEST_P(RawSenderTest, FramesAreSentAsTheyAre) {
  run([](const Confinement& world) {
    const TwoHosts net(world);
    Bytes seen;
    RecorderSpec spec("l");
    spec.each = [&](const RecordedFrame& frame) {
      if (frame.bytes[12] == 0x88 && frame.bytes[13] == 0xB5)
        seen.assign(frame.bytes.begin(), frame.bytes.end());
    };
    const auto recorder = net.testbed->record(net.router, spec).value();
    RawTraffic traffic;
    traffic.kind = Kind::framesOnWire;
    traffic.interface = "eth0";
    Bytes frame(60, 0x2A);
    std::fill_n(frame.begin(), 6, 0xFF);
    frame[12] = 0x88;  // a type for experiments (IEEE 802)
    frame[13] = 0xB5;
    traffic.packets = {frame};
    ASSERT_TRUE(net.testbed->send(net.left, traffic)->complete());
    EXPECT_TRUE(recorder->stop().complete());
    EXPECT_EQ(seen, frame);
  });
}

TEST(RawSender, LooksBeforeItSends) {
  confined([](const Confinement& world) {
    const TwoHosts net(world);
    const auto refusal = [&](Kind kind, Bytes packet) {
      RawTraffic traffic;
      traffic.kind = kind;
      traffic.packets = {std::move(packet)};
      traffic.interface = "eth0";
      return why(net.testbed->send(net.left, traffic));
    };
    EXPECT_EQ(refusal(Kind::routed, {}), "node left: packet 0 has no header");
    EXPECT_EQ(refusal(Kind::routed, Bytes(39, 0x60)), "node left: packet 0 has no header");
    EXPECT_EQ(refusal(Kind::routed, Bytes(100, 0x50)), "node left: packet 0 has no header");
    EXPECT_EQ(refusal(Kind::framesOnWire, Bytes(13, 0)), "node left: packet 0 has no header");
    EXPECT_EQ(refusal(Kind::routed, Bytes(65'536, 0x45)), "node left: packet 0 is longer than 65535 bytes");
    RawTraffic traffic;
    traffic.perSecond = -1;
    EXPECT_FALSE(net.testbed->send(net.left, traffic));
  });
}

}  // namespace
}  // namespace vauban::os
