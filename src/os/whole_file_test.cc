#include "os/whole_file.h"

#include <gtest/gtest.h>
#include <lzma.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

namespace vauban::os {
namespace {

namespace fs = std::filesystem;

std::string packed(const std::string& text) {
  std::string bytes(lzma_stream_buffer_bound(text.size()), '\0');
  std::size_t size = 0;
  EXPECT_EQ(lzma_easy_buffer_encode(6, LZMA_CHECK_CRC64, nullptr,
                                    reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
                                    reinterpret_cast<std::uint8_t*>(bytes.data()), &size, bytes.size()),
            LZMA_OK);
  bytes.resize(size);
  return bytes;
}

class WholeFileTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("vauban-whole-" + std::to_string(getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  std::string file(const std::string& content) const {
    const std::string path = (folder_ / "file").string();
    std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
    return path;
  }
  static std::string errorOf(const Result<std::string>& result) {
    if (result) return "read " + std::to_string(result->size()) + " bytes";
    EXPECT_EQ(result.error().size(), 1U);
    return result.error().front().message;
  }

  fs::path folder_;
};

TEST_F(WholeFileTest, ReadsBytesAsTheyAre) {
  const std::string odd("a\0\xFF\r\n", 5);
  EXPECT_EQ(wholeFile(file(odd), 5).value(), odd);
  EXPECT_EQ(wholeFile(file(""), 0).value(), "");
  const std::string large(1'000'000, 'x');
  EXPECT_EQ(wholeFile(file(large), large.size()).value(), large);
}

TEST_F(WholeFileTest, UnpacksXzOfOneStreamAndOfSeveral) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += std::to_string(i) + "\n";
  EXPECT_EQ(wholeFile(file(packed(text)), text.size()).value(), text);
  EXPECT_EQ(wholeFile(file(packed("one ") + packed("") + packed("two")), 1000).value(), "one two");
}

TEST_F(WholeFileTest, MoreThanAllowedIsAnErrorBeforeItIsInMemory) {
  EXPECT_EQ(errorOf(wholeFile(file("12345"), 4)), "the file has more than 4 bytes");
  const std::string bomb = packed(std::string(8U << 20U, '\0'));
  EXPECT_LT(bomb.size(), 2000U);
  EXPECT_EQ(errorOf(wholeFile(file(bomb), 1U << 20U)), "the file, unpacked, has more than 1048576 bytes");
  EXPECT_EQ(errorOf(wholeFile("/dev/zero", 1U << 20U)), "the file has more than 1048576 bytes");
}

TEST_F(WholeFileTest, DamagedXzIsAnError) {
  const std::string whole = packed(std::string(5000, 'a') + "the end");
  for (std::size_t size = 6; size < whole.size(); ++size) {
    EXPECT_EQ(errorOf(wholeFile(file(whole.substr(0, size)), 10'000)), "the xz data is cut short") << size;
  }
  for (std::size_t at = 6; at < whole.size(); ++at) {  // each byte is under a checksum
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x20);
    EXPECT_FALSE(wholeFile(file(damaged), 10'000).has_value()) << at;
  }
  EXPECT_EQ(errorOf(wholeFile(file(whole + "and a tail of some bytes"), 10'000)), "the xz data is damaged");
}

TEST_F(WholeFileTest, WhatCannotBeReadSaysWhy) {
  const std::string missing = (folder_ / "none").string();
  const auto result = wholeFile(missing, 10);
  EXPECT_EQ(errorOf(result), "there is no such file");
  EXPECT_EQ(result.error().front().place.file, missing);
  EXPECT_EQ(errorOf(wholeFile(file("x") + "/below", 10)), "there is no such file");
  EXPECT_EQ(errorOf(wholeFile(folder_.string(), 10)), "this is a folder");
  EXPECT_EQ(errorOf(wholeFile("", 10)), "there is no such file");
  const std::string locked = file("secret");
  chmod(locked.c_str(), 0);
  if (geteuid() != 0) {  // root reads it all the same
    EXPECT_EQ(errorOf(wholeFile(locked, 10)), "the file cannot be opened: Permission denied");
  }
}

TEST_F(WholeFileTest, PipesAreReadToTheirEnd) {
  const std::string pipe = (folder_ / "pipe").string();
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const std::string text(300'000, 'p');
  std::thread writer([&] { std::ofstream(pipe, std::ios::binary) << packed(text); });
  EXPECT_EQ(wholeFile(pipe, text.size()).value(), text);
  writer.join();
}

}  // namespace
}  // namespace vauban::os
