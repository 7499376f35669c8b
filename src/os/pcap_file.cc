#include "os/pcap_file.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <array>
#include <cerrno>

#include "os/system_failure.h"

namespace vauban::os {
namespace {

constexpr std::size_t kHeldBack = std::size_t{256} << 10U;
constexpr std::uint32_t kMagic = 0xA1B2C3D4, kSnapLength = 262144, kEthernet = 1;

template <class Number>
void append(std::vector<std::uint8_t>& bytes, Number number) {
  const auto* begin = reinterpret_cast<const std::uint8_t*>(&number);
  bytes.insert(bytes.end(), begin, begin + sizeof number);
}

}  // namespace

Result<PcapFile> PcapFile::create(const std::string& path, std::uint64_t mostBytes) {
  FileDescriptor made(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!made.valid()) return systemFailure(fmt::format("making the capture file {}", path), errno);
  PcapFile file(std::move(made), path, mostBytes);
  append(file.held_, kMagic);
  append(file.held_, std::uint16_t{2});  // version 2.4
  append(file.held_, std::uint16_t{4});
  append(file.held_, std::uint32_t{0});  // reserved
  append(file.held_, std::uint32_t{0});
  append(file.held_, kSnapLength);
  append(file.held_, kEthernet);
  file.size_ = file.held_.size();
  if (Result<void> written = file.flush(); !written) return std::unexpected(written.error());
  return file;
}

bool PcapFile::add(std::uint64_t nanoseconds, std::span<const std::uint8_t> frame,
                   std::uint32_t originalLength) {
  constexpr std::uint64_t kSecond = 1'000'000'000;
  const std::uint64_t more = 16 + frame.size();
  full_ = full_ || size_ + more > most_;
  if (full_ || error_ != 0) return false;
  append(held_, static_cast<std::uint32_t>(nanoseconds / kSecond));
  append(held_, static_cast<std::uint32_t>(nanoseconds % kSecond / 1000));
  append(held_, static_cast<std::uint32_t>(frame.size()));
  append(held_, originalLength);
  held_.insert(held_.end(), frame.begin(), frame.end());
  size_ += more;
  return held_.size() < kHeldBack || flush().has_value();
}

Result<void> PcapFile::flush() {
  std::size_t done = 0;
  while (error_ == 0 && done < held_.size()) {
    const ssize_t size = write(file_.get(), held_.data() + done, held_.size() - done);
    if (size < 0 && errno != EINTR) error_ = errno;
    if (size > 0) done += static_cast<std::size_t>(size);
  }
  held_.clear();
  if (error_ != 0) return systemFailure(fmt::format("writing the capture file {}", path_), error_);
  return {};
}

}  // namespace vauban::os
