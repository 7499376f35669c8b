#include "lab/frame_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>

namespace vauban::lab {
namespace {

using std::chrono::milliseconds;

using Bytes = std::vector<std::uint8_t>;

os::RecordedFrame frame(std::uint64_t number, const Bytes& bytes) {
  return {number, number % 3 == 0, number % 5 == 0, bytes};
}

TEST(FrameQueueTest, FramesAreTakenWholeAndInOrder) {
  std::uint64_t next = 0;
  bool same = true;
  FrameQueue queue([&](const os::RecordedFrame& taken) {
    const Bytes bytes(next % 1500, static_cast<std::uint8_t>(next));
    same = same && taken.nanoseconds == next && taken.outgoing == (next % 3 == 0) &&
           taken.cut == (next % 5 == 0) &&
           std::equal(taken.bytes.begin(), taken.bytes.end(), bytes.begin(), bytes.end());
    ++next;
  });
  queue.drain();  // of nothing
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    queue.put(frame(i, Bytes(i % 1500, static_cast<std::uint8_t>(i))));
    if (i % 1000 != 999) continue;
    queue.drain();
    EXPECT_EQ(next, i + 1);
  }
  EXPECT_TRUE(same);
}

TEST(FrameQueueTest, WhoPutsDoesNotWaitForWhoTakes) {
  std::latch looked(1);
  std::atomic<int> taken = 0;
  FrameQueue queue([&](const os::RecordedFrame&) {
    looked.wait();
    ++taken;
  });
  for (int i = 0; i < 1000; ++i) queue.put(frame(1, Bytes(1000)));  // would wait for ever
  EXPECT_EQ(taken, 0);
  looked.count_down();
  queue.drain();
  EXPECT_EQ(taken, 1000);
}

TEST(FrameQueueTest, ItIsBoundedAndLosesNothing) {
  std::latch looked(1);
  std::atomic<int> taken = 0, put = 0;
  FrameQueue queue(
      [&](const os::RecordedFrame&) {
        looked.wait();
        ++taken;
      },
      10'000);
  std::jthread puts([&] {
    queue.put(frame(1, Bytes(50'000)));  // longer than the bound: it goes alone
    ++put;
    for (; put < 101; ++put) queue.put(frame(1, Bytes(1000)));
  });
  std::this_thread::sleep_for(milliseconds(100));
  // One batch is being looked at, and no more than the bound waits behind it.
  EXPECT_GE(put, 1);
  EXPECT_LE(put, 21);
  looked.count_down();
  puts.join();
  queue.drain();
  EXPECT_EQ(taken, 101);
}

TEST(FrameQueueTest, WhatWasPutIsTakenBeforeTheEnd) {
  std::atomic<int> taken = 0;
  {
    FrameQueue queue([&](const os::RecordedFrame&) {
      std::this_thread::sleep_for(milliseconds(1));
      ++taken;
    });
    for (int i = 0; i < 50; ++i) queue.put(frame(1, Bytes(10)));
  }
  EXPECT_EQ(taken, 50);
}

}  // namespace
}  // namespace vauban::lab
