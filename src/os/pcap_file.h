// A file of captured frames in the pcap format (draft-ietf-opsawg-pcap): Ethernet, time stamps in
// microseconds, the machine's byte order. Owned by one thread at a time.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "os/file_descriptor.h"

namespace vauban::os {

class PcapFile {
 public:
  // Makes or empties the file at `path`. No frame is written that would take it beyond `mostBytes`.
  static Result<PcapFile> create(const std::string& path, std::uint64_t mostBytes);

  // `nanoseconds` since 1970. The original length is that of the bytes unless they were cut. False once the
  // limit is reached or the file cannot be written: from then on nothing is.
  bool add(std::uint64_t nanoseconds, std::span<const std::uint8_t> frame, std::uint32_t originalLength);
  // Hands what is held back to the kernel.
  Result<void> flush();
  bool full() const { return full_; }

 private:
  PcapFile(FileDescriptor file, std::string path, std::uint64_t most)
      : file_(std::move(file)), path_(std::move(path)), most_(most) {}

  FileDescriptor file_;
  std::string path_;
  std::uint64_t most_;
  std::uint64_t size_ = 0;  // with what is held back
  std::vector<std::uint8_t> held_;
  bool full_ = false;
  int error_ = 0;
};

}  // namespace vauban::os
