#include "lab/frame_queue.h"

#include <csignal>
#include <span>
#include <utility>

namespace vauban::lab {

FrameQueue::FrameQueue(std::function<void(const os::RecordedFrame&)> take, std::size_t mostBytes)
    : take_(std::move(take)), mostBytes_(mostBytes) {
  // Signals are for the threads of those who want them.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

FrameQueue::~FrameQueue() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  filled_.notify_one();
  thread_.join();
}

void FrameQueue::put(const os::RecordedFrame& frame) {
  std::unique_lock lock(mutex_);
  taken_.wait(lock, [&] {
    return filling_.heads.empty() || filling_.bytes.size() + frame.bytes.size() <= mostBytes_;
  });
  filling_.heads.push_back({frame.nanoseconds, frame.outgoing, frame.cut, frame.bytes.size()});
  filling_.bytes.insert(filling_.bytes.end(), frame.bytes.begin(), frame.bytes.end());
  ++framesPut_;
  const bool first = filling_.heads.size() == 1;
  lock.unlock();
  if (first) filled_.notify_one();
}

void FrameQueue::drain() {
  std::unique_lock lock(mutex_);
  taken_.wait(lock, [&, put = framesPut_] { return framesTaken_ >= put; });
}

void FrameQueue::run() {
  Batch batch;
  for (std::unique_lock lock(mutex_);;) {
    framesTaken_ += batch.heads.size();
    taken_.notify_all();
    batch.heads.clear();
    batch.bytes.clear();
    filled_.wait(lock, [&] { return ending_ || !filling_.heads.empty(); });
    if (filling_.heads.empty()) return;
    std::swap(batch, filling_);
    lock.unlock();
    taken_.notify_all();
    std::span<const std::uint8_t> rest = batch.bytes;
    for (const Head& head : batch.heads) {
      take_({head.nanoseconds, head.outgoing, head.cut, rest.first(head.size)});
      rest = rest.subspan(head.size);
    }
    lock.lock();
  }
}

}  // namespace vauban::lab
