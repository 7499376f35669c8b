#include "os/file_watch.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

namespace vauban::os {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using Paths = std::vector<std::string>;

class FileWatchTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("vauban-watch-" + std::to_string(getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  std::string in(const std::string& name) const { return (folder_ / name).string(); }
  static void write(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::trunc) << text;
  }
  Paths next(FileWatch& watch) { return watch.wait(milliseconds(5000), milliseconds(20)); }

  fs::path folder_;
};

TEST_F(FileWatchTest, TellsWhatWasWrittenReplacedMadeAndDeleted) {
  write(in("a"), "1");
  write(in("b"), "1");
  FileWatch watch;
  watch.watch({in("a"), in("b"), in("new"), in("folder/deep")});
  EXPECT_EQ(watch.wait(milliseconds(50)), Paths{});
  write(in("a"), "2");
  EXPECT_EQ(next(watch), Paths{in("a")});
  EXPECT_EQ(watch.wait(milliseconds(50)), Paths{});
  write(in("b.tmp"), "2");  // as editors save
  fs::rename(in("b.tmp"), in("b"));
  EXPECT_EQ(next(watch), Paths{in("b")});
  write(in("new"), "");
  EXPECT_EQ(next(watch), Paths{in("new")});
  fs::remove(in("a"));
  EXPECT_EQ(next(watch), Paths{in("a")});
  fs::create_directory(in("folder"));
  write(in("folder/deep"), "1");
  EXPECT_EQ(next(watch), Paths{in("folder/deep")});
}

TEST_F(FileWatchTest, FilesThatAreNotWatchedSayNothing) {
  write(in("a"), "1");
  FileWatch watch;
  watch.watch({in("a")});
  write(in("other"), "1");
  EXPECT_EQ(watch.wait(milliseconds(100)), Paths{});
}

TEST_F(FileWatchTest, AChangeBetweenTwoWaitsIsNotLost) {
  write(in("a"), "1");
  FileWatch watch;
  watch.watch({in("a")});
  write(in("a"), "22");
  watch.watch({in("a"), in("b")});
  EXPECT_EQ(next(watch), Paths{in("a")});
}

TEST_F(FileWatchTest, FollowsSymbolicLinks) {
  fs::create_directory(in("real"));
  write(in("real/a"), "1");
  fs::create_symlink("real/a", in("link"));
  FileWatch watch;
  watch.watch({in("link")});
  write(in("real/a"), "2");
  EXPECT_EQ(next(watch), Paths{in("link")});
}

TEST_F(FileWatchTest, SeveralWritesInARowAreOneChange) {
  write(in("a"), "1");
  FileWatch watch;
  watch.watch({in("a")});
  std::thread writer([this] {
    for (int i = 0; i < 5; ++i) {
      std::this_thread::sleep_for(milliseconds(20));
      write(in("a"), std::string(static_cast<std::size_t>(i) + 2, 'x'));
    }
  });
  EXPECT_EQ(watch.wait(milliseconds(5000), milliseconds(300)), Paths{in("a")});
  writer.join();
  EXPECT_EQ(watch.wait(milliseconds(50)), Paths{});
}

}  // namespace
}  // namespace vauban::os
