#include "os/whole_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <lzma.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace vauban::os {
namespace {

constexpr std::string_view kXzMagic(
    "\xFD"
    "7zXZ\0",
    6);
// xz -9 asks for 65 MiB; what asks for more was not packed for exchange.
constexpr std::uint64_t kMostXzMemory = 128ULL << 20U;
constexpr std::size_t kBlock = 256U << 10U;

std::unexpected<Diagnostics> refused(const std::string& path, std::string message,
                                     std::string expected = {}) {
  return failure({Severity::error, {path, 0, 0}, 0, std::move(message), std::move(expected), {}});
}

std::unexpected<Diagnostics> tooLarge(const std::string& path, std::size_t most, std::string_view state) {
  return refused(path, fmt::format("the file{} has more than {} bytes", state, most));
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

Result<std::string> bytesOf(const std::string& path, std::size_t most) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.number() < 0) {
    if (errno == ENOENT || errno == ENOTDIR) return refused(path, "there is no such file");
    return refused(path, fmt::format("the file cannot be opened: {}", std::strerror(errno)));
  }
  struct stat about{};
  if (fstat(file.number(), &about) != 0)
    return refused(path, fmt::format("the file cannot be read: {}", std::strerror(errno)));
  if (S_ISDIR(about.st_mode)) return refused(path, "this is a folder", "a file");

  std::string bytes;
  if (S_ISREG(about.st_mode) && about.st_size > 0) {
    if (static_cast<std::uintmax_t>(about.st_size) > most) return tooLarge(path, most, "");
    bytes.reserve(static_cast<std::size_t>(about.st_size));
  }
  std::vector<char> block(kBlock);
  while (true) {
    const ssize_t count = read(file.number(), block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return refused(path, fmt::format("the file cannot be read: {}", std::strerror(errno)));
    if (count == 0) return bytes;
    if (static_cast<std::size_t>(count) > most - bytes.size()) return tooLarge(path, most, "");
    bytes.append(block.data(), static_cast<std::size_t>(count));
  }
}

class XzStream {
 public:
  XzStream() : state_(lzma_stream_decoder(&stream_, kMostXzMemory, LZMA_CONCATENATED)) {}
  ~XzStream() { lzma_end(&stream_); }
  XzStream(const XzStream&) = delete;
  XzStream& operator=(const XzStream&) = delete;

  Result<std::string> unpack(const std::string& path, std::string_view packed, std::size_t most) {
    std::string bytes;
    std::vector<std::uint8_t> block(kBlock);
    stream_.next_in = reinterpret_cast<const std::uint8_t*>(packed.data());
    stream_.avail_in = packed.size();
    while (state_ == LZMA_OK) {
      stream_.next_out = block.data();
      stream_.avail_out = block.size();
      state_ = lzma_code(&stream_, LZMA_FINISH);
      const std::size_t count = block.size() - stream_.avail_out;
      if (count > most - bytes.size()) return tooLarge(path, most, ", unpacked,");
      bytes.append(reinterpret_cast<const char*>(block.data()), count);
    }
    switch (state_) {
      case LZMA_STREAM_END:
        return bytes;
      case LZMA_BUF_ERROR:  // all of the input is used up and the end has not come
        return refused(path, "the xz data is cut short");
      case LZMA_MEMLIMIT_ERROR:
        return refused(path,
                       fmt::format("the xz data asks for more than {} MiB of memory", kMostXzMemory >> 20U));
      case LZMA_OPTIONS_ERROR:
        return refused(path, "the xz data uses a filter that is not known");
      case LZMA_MEM_ERROR:
        return refused(path, "there is not enough memory to unpack the xz data");
      default:
        return refused(path, "the xz data is damaged");
    }
  }

 private:
  lzma_stream stream_ = LZMA_STREAM_INIT;
  lzma_ret state_;
};

}  // namespace

Result<std::string> wholeFile(const std::string& path, std::size_t most) {
  Result<std::string> bytes = bytesOf(path, most);
  if (!bytes || !bytes->starts_with(kXzMagic)) return bytes;
  return XzStream().unpack(path, *bytes, most);
}

}  // namespace vauban::os
