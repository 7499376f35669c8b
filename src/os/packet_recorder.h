// A recorder of all frames that pass an interface of the lab, behind an interface. The real one is made by
// `os/ring_recorder.h`, the fake by `os/fake_testbed.h`.
//
// It is a witness: what it has not seen counts as not sent. So it says when it is no witness: not alive,
// frames lost, file cut short. A probe whose recorder is not `complete` at the end proves nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>

namespace vauban::os {

struct RecordedFrame {
  std::uint64_t nanoseconds = 0;        // since 1970, by the kernel's clock
  bool outgoing = false;                // sent by the node itself
  bool cut = false;                     // longer than the recorder can hold
  std::span<const std::uint8_t> bytes;  // from the Ethernet header on; only during the call
};

struct RecorderSpec {
  RecorderSpec() = default;
  explicit RecorderSpec(std::string at, std::string pcap = {})
      : interface(std::move(at)), file(std::move(pcap)) {}

  std::string interface;
  std::string file;  // pcap; none where empty
  std::uint64_t mostFileBytes = std::uint64_t{256} << 20U;
  bool incomingOnly = false;
  // Called by the recorder's thread for each frame, in order. Must be quick, and not call the recorder.
  std::function<void(const RecordedFrame&)> each;
};

struct RecorderReport {
  std::uint64_t frames = 0;
  std::uint64_t bytes = 0;
  std::uint64_t lost = 0;  // dropped by the kernel as the ring was full, or left behind at the stop
  std::uint64_t cut = 0;   // not recorded to their end
  bool fileFull = false;   // the file lacks frames; `each` was told of them
  std::string failure;     // why it could not go on; empty if it could

  bool complete() const { return lost == 0 && cut == 0 && !fileFull && failure.empty(); }
  bool operator==(const RecorderReport&) const = default;
  std::string toString() const;  // "412 frames, 38,114 bytes, complete"
};

class PacketRecorder {
 public:
  virtual ~PacketRecorder() = default;  // stops it

  // It records, and nothing has been lost so far.
  virtual bool alive() const = 0;
  virtual RecorderReport soFar() const = 0;
  // Waits until nothing has passed for `quiet` (at most `atMost`), closes the entrance, records everything
  // that came in before, to the last frame, and ends. Later calls return the same.
  virtual RecorderReport stop(std::chrono::milliseconds quiet = std::chrono::milliseconds(20),
                              std::chrono::milliseconds atMost = std::chrono::milliseconds(2000)) = 0;
};

}  // namespace vauban::os
