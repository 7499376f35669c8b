// Frames between the threads that record them and one that looks them through, so that a recorder never
// waits for what is done with its frames: while it waits its ring fills, and what no longer fits is lost.
//
// Owns copies of the frames and the thread that takes them, in the order in which they were put. Bounded: at
// `mostBytes` of frames not yet begun, `put` waits, so that the ring behind it fills, and the recorder says
// what it lost; nothing is lost here. `put` and `drain` from any thread but that which takes.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "os/packet_recorder.h"

namespace vauban::lab {

class FrameQueue {
 public:
  explicit FrameQueue(std::function<void(const os::RecordedFrame&)> take,
                      std::size_t mostBytes = std::size_t{32} << 20U);
  ~FrameQueue();  // takes what was put first
  FrameQueue(const FrameQueue&) = delete;
  FrameQueue& operator=(const FrameQueue&) = delete;

  void put(const os::RecordedFrame& frame);
  // Returns when all has been taken that was put before the call.
  void drain();

 private:
  struct Head {
    std::uint64_t nanoseconds = 0;
    bool outgoing = false, cut = false;
    std::size_t size = 0;
  };
  struct Batch {
    std::vector<Head> heads;
    std::vector<std::uint8_t> bytes;  // of all its frames
  };

  void run();

  const std::function<void(const os::RecordedFrame&)> take_;
  const std::size_t mostBytes_;
  std::mutex mutex_;
  std::condition_variable filled_, taken_;
  Batch filling_;
  std::uint64_t framesPut_ = 0, framesTaken_ = 0;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace vauban::lab
