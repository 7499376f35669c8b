#include "os/ring_recorder.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <latch>
#include <set>
#include <thread>

#include "os/test_network.h"

namespace vauban::os {
namespace {

using std::chrono::milliseconds;

struct PcapFrame {
  std::uint32_t seconds = 0, microseconds = 0, length = 0, original = 0;
  std::string bytes;
};

// The other side of pcap_file.cc, written from the format.
std::vector<PcapFrame> readPcap(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(file), {});
  EXPECT_GE(text.size(), 24U);
  std::uint32_t magic = 0, link = 0;
  std::memcpy(&magic, text.data(), 4);
  std::memcpy(&link, text.data() + 20, 4);
  EXPECT_EQ(magic, 0xA1B2C3D4U);
  EXPECT_EQ(link, 1U);
  std::vector<PcapFrame> frames;
  std::size_t at = 24;
  while (at + 16 <= text.size()) {
    PcapFrame frame;
    std::uint32_t* const fields[] = {&frame.seconds, &frame.microseconds, &frame.length, &frame.original};
    for (std::size_t i = 0; i < 4; ++i) std::memcpy(fields[i], text.data() + at + 4 * i, 4);
    frame.bytes = text.substr(at + 16, frame.length);
    EXPECT_EQ(frame.bytes.size(), frame.length);
    at += 16 + frame.length;
    frames.push_back(frame);
  }
  EXPECT_EQ(at, text.size());
  return frames;
}

class RingRecorderTest : public ConfinedTest {};
VAUBAN_CONFINED_TESTS(RingRecorderTest);

TEST_P(RingRecorderTest, NothingIsMissing) {
  run([](const Confinement& world) {
    constexpr std::size_t kPackets = 10'000;
    const TwoHosts net(world);
    const std::string path = world.folder + "/outside.pcap";
    RecorderSpec spec("eth0", path);
    std::size_t called = 0;
    spec.each = [&](const RecordedFrame& frame) {
      if (frame.bytes.size() > 42 && frame.bytes[23] == IPPROTO_UDP && !frame.outgoing) ++called;
    };
    const auto recorder = net.testbed->record(net.right, spec).value();
    EXPECT_TRUE(recorder->alive());
    RawTraffic traffic;
    for (std::size_t i = 0; i < kPackets; ++i) {
      traffic.packets.push_back(udpPacket("198.51.100.77", "203.0.113.2", 4000, 9,
                                          "number " + std::to_string(i) + std::string(i % 1000, '.')));
    }
    const Result<SendReport> sent = net.testbed->send(net.left, traffic);
    ASSERT_TRUE(sent) << why(sent);
    EXPECT_EQ(sent->sent, kPackets);
    const RecorderReport report = recorder->stop();  // at once: the tail is what others lose
    EXPECT_TRUE(report.complete()) << report.toString();
    EXPECT_EQ(called, kPackets) << report.toString();
    EXPECT_FALSE(recorder->alive());
    EXPECT_EQ(recorder->stop(), report);
    std::set<std::string> numbers;
    std::uint64_t before = 0;
    const std::vector<PcapFrame> frames = readPcap(path);
    EXPECT_EQ(frames.size(), report.frames);
    for (const PcapFrame& frame : frames) {
      EXPECT_EQ(frame.length, frame.original);
      const std::uint64_t time = std::uint64_t{frame.seconds} * 1'000'000 + frame.microseconds;
      EXPECT_GE(time, before);
      before = time;
      if (frame.bytes.size() > 42 && frame.bytes.compare(42, 7, "number ") == 0) {
        numbers.insert(frame.bytes.substr(42, frame.bytes.find('.', 42) - 42));
      }
    }
    EXPECT_EQ(numbers.size(), kPackets);
    EXPECT_NEAR(static_cast<double>(before) / 1e6, static_cast<double>(time(nullptr)), 60);
  });
}

TEST_P(RingRecorderTest, TheTailOfEveryStopIsThere) {
  run([](const Confinement& world) {
    const TwoHosts net(world);
    for (int turn = 0; turn < 20; ++turn) {
      const auto recorder = net.testbed->record(net.router, RecorderSpec("l")).value();
      RawTraffic traffic;
      traffic.kind = RawTraffic::Kind::framesOnWire;
      traffic.interface = "eth0";
      traffic.packets.assign(1 + 7 * turn, Bytes(60, 0x88));
      ASSERT_TRUE(net.testbed->send(net.left, traffic)->complete());
      const RecorderReport report = recorder->stop(milliseconds(20), milliseconds(2000));
      EXPECT_TRUE(report.complete());
      EXPECT_GE(report.frames, traffic.packets.size());
    }
  });
}

TEST_P(RingRecorderTest, KnowsWhenItIsNoWitness) {
  run([](const Confinement& world) {
    const TwoHosts net(world);
    const auto recorder = net.testbed->record(net.right, RecorderSpec("eth0")).value();
    EXPECT_TRUE(pings(*net.testbed, net.left, "203.0.113.2"));
    EXPECT_TRUE(recorder->alive());
    EXPECT_GE(recorder->stop().frames, 2U);
    const auto broken = net.testbed->record(net.right, RecorderSpec("eth0")).value();
    ASSERT_TRUE(net.testbed->apply({LinkState{net.right, "eth0", false}}));
    for (int i = 0; i < 500 && broken->alive(); ++i) std::this_thread::sleep_for(milliseconds(10));
    EXPECT_FALSE(broken->alive());
    EXPECT_FALSE(broken->soFar().complete());
    EXPECT_EQ(broken->stop().failure, "the interface eth0 is gone or down: Network is down (ENETDOWN)");
    EXPECT_EQ(why(net.testbed->record(net.right, RecorderSpec("eth9"))),
              "node right: recording at eth9: finding the interface: No such device (ENODEV)");
    EXPECT_FALSE(net.testbed->record(net.right, RecorderSpec("eth0", "/no/such/folder/file.pcap")));
  });
}

// With few frames the ring runs out of blocks by time: a reader that is kept from its work for most of a
// second has lost nothing.
TEST_P(RingRecorderTest, ATrickleWaitsForItsReader) {
  run([](const Confinement& world) {
    constexpr std::size_t kPackets = 120;
    const TwoHosts net(world);
    RecorderSpec spec("eth0");
    std::latch sent(1);
    std::size_t called = 0;
    spec.each = [&](const RecordedFrame& frame) {
      sent.wait();
      if (frame.bytes.size() > 42 && frame.bytes[23] == IPPROTO_UDP && !frame.outgoing) ++called;
    };
    const auto recorder = net.testbed->record(net.right, spec).value();
    RawTraffic traffic;
    traffic.perSecond = 200;  // more than a block's time between them
    for (std::size_t i = 0; i < kPackets; ++i)
      traffic.packets.push_back(udpPacket("198.51.100.77", "203.0.113.2", 4000, 9, "trickle"));
    const Result<SendReport> report = net.testbed->send(net.left, traffic);
    sent.count_down();
    ASSERT_TRUE(report) << why(report);
    EXPECT_TRUE(recorder->stop().complete());
    EXPECT_EQ(called, kPackets);
  });
}

TEST_P(RingRecorderTest, AFileHasAnEndAndSaysSo) {
  run([](const Confinement& world) {
    const TwoHosts net(world);
    RecorderSpec spec("l", world.folder + "/small.pcap");
    spec.mostFileBytes = 24 + 10 * (16 + 60);
    std::size_t called = 0;
    spec.each = [&](const RecordedFrame&) { ++called; };
    const auto recorder = net.testbed->record(net.router, spec).value();
    RawTraffic traffic;
    traffic.kind = RawTraffic::Kind::framesOnWire;
    traffic.interface = "eth0";
    traffic.packets.assign(50, Bytes(60, 0x88));
    ASSERT_TRUE(net.testbed->send(net.left, traffic)->complete());
    const RecorderReport report = recorder->stop();
    EXPECT_TRUE(report.fileFull);
    EXPECT_FALSE(report.complete());
    EXPECT_EQ(report.lost, 0U);
    EXPECT_GE(called, 50U);
    EXPECT_LE(readPcap(spec.file).size(), 10U);
    EXPECT_NE(report.toString().find("the file is full"), std::string::npos);
  });
}

TEST_P(RingRecorderTest, VlanTagsStayInTheirPlace) {
  run([](const Confinement& world) {
    const TwoHosts net(world);
    RecorderSpec spec("l", world.folder + "/vlan.pcap");
    spec.incomingOnly = true;
    const auto recorder = net.testbed->record(net.router, spec).value();
    RawTraffic traffic;
    traffic.kind = RawTraffic::Kind::framesOnWire;
    traffic.interface = "eth0";
    Bytes frame(64, 0x11);
    const Bytes tag = {0x81, 0x00, 0x20, 0x2A, 0x88, 0xB5};  // priority 1, VLAN 42
    std::copy(tag.begin(), tag.end(), frame.begin() + 12);
    traffic.packets = {frame};
    ASSERT_TRUE(net.testbed->send(net.left, traffic)->complete());
    EXPECT_TRUE(recorder->stop().complete());
    bool seen = false;
    for (const PcapFrame& one : readPcap(spec.file))
      seen = seen || one.bytes == std::string(frame.begin(), frame.end());
    EXPECT_TRUE(seen);
  });
}

}  // namespace
}  // namespace vauban::os
