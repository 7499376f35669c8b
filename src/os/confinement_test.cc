#include "os/confinement.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <thread>
#include <vector>

#include "os/test_confinement.h"
#include "os/test_network.h"

namespace vauban::os {
namespace {

namespace fs = std::filesystem;

class ConfinementTest : public ConfinedTest {};
VAUBAN_CONFINED_TESTS(ConfinementTest);

TEST_P(ConfinementTest, IsAWorldOfItsOwn) {
  run([](const Confinement& world) {
    EXPECT_EQ(getpid(), 1);
    EXPECT_EQ(geteuid(), 0U);
    EXPECT_TRUE(world.userNamespace || !GetParam());
    EXPECT_GT(world.outerPid, 1);
    EXPECT_TRUE(fs::is_empty(world.folder));
    std::ofstream(world.folder + "/file") << "x";
    EXPECT_EQ(fs::file_size(world.folder + "/file"), 1U);
    EXPECT_TRUE(fs::is_empty("/dev/shm"));
    std::size_t interfaces = 0;
    for (const auto* all = if_nameindex(); all[interfaces].if_index != 0; ++interfaces) {
      EXPECT_STREQ(all[interfaces].if_name, "lo");
    }
    EXPECT_EQ(interfaces, 1U);
  });
  EXPECT_FALSE(fs::exists("/run/vauban"));
}

TEST_P(ConfinementTest, GivesBackTheExitCode) {
  run([](const Confinement&) {});
  if (IsSkipped()) return;
  ConfinementOptions options;
  options.userNamespace = GetParam();
  EXPECT_EQ(runConfined(options, [](const Confinement&) { return 42; }).value(), 42);
  EXPECT_EQ(runConfined(options, [](const Confinement&) -> int { raise(SIGKILL), _exit(7); }).value(), 7)
      << "PID 1 cannot be killed from inside";
  // By the signal that abort(3) ends with when nothing else works, or by a sanitizer that catches it.
  EXPECT_NE(runConfined(options, [](const Confinement&) -> int { std::abort(); }).value(), 0);
}

// Holders of the write end of a pipe: the read end ends when the last one is gone.
struct Holders {
  FileDescriptor read, write;
  Holders() {
    int ends[2];
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    read.reset(ends[0]);
    write.reset(ends[1]);
  }
  bool allGone(int milliseconds) {
    write.reset();
    pollfd waiting{read.get(), POLLIN, 0};
    return poll(&waiting, 1, milliseconds) == 1 && (waiting.revents & POLLHUP) != 0;
  }
};

// As daemons do: two forks, a session of its own, no parent.
void startDaemon() {
  const pid_t child = fork();
  if (child == 0) {
    setsid();
    if (fork() != 0) _exit(0);
    for (;;) pause();
  }
  waitpid(child, nullptr, 0);
}

TEST_P(ConfinementTest, DaemonsDieWithIt) {
  Holders holders;
  run([](const Confinement&) {
    startDaemon();
    startDaemon();
  });
  EXPECT_TRUE(holders.allGone(0)) << "all must be gone before the call returns";
}

TEST_P(ConfinementTest, EverythingDiesWithTheCaller) {
  run([](const Confinement&) {});
  if (IsSkipped()) return;
  for (const int number : {SIGKILL, SIGTERM, SIGINT}) {
    Holders holders;
    Holders started;
    const pid_t caller = fork();
    if (caller == 0) {
      ConfinementOptions options;
      options.userNamespace = GetParam();
      const auto body = [&](const Confinement&) -> int {
        startDaemon();
        EXPECT_EQ(write(started.write.get(), "x", 1), 1);
        for (;;) pause();
      };
      _exit(runConfined(options, body).value_or(1));
    }
    ASSERT_TRUE(readable(started.read, 10'000));
    kill(caller, number);
    waitpid(caller, nullptr, 0);
    EXPECT_TRUE(holders.allGone(5'000)) << "signal " << number;
  }
}

std::vector<pid_t> childrenOf(pid_t process) {
  const std::string number = std::to_string(process);
  std::ifstream list("/proc/" + number + "/task/" + number + "/children");
  return {std::istream_iterator<pid_t>(list), {}};
}

// The moments between a fork and the wish to die with the parent: whichever of the three is killed, in
// whatever order they were getting ready.
TEST_P(ConfinementTest, EverythingDiesAlsoInTheMiddleOfTheSetUp) {
  run([](const Confinement&) {});
  if (IsSkipped()) return;
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int turn = 0; turn < 200; ++turn) {
    Holders holders;
    const pid_t caller = fork();
    if (caller == 0) {
      ConfinementOptions options;
      options.userNamespace = GetParam();
      const auto body = [&](const Confinement&) -> int {
        std::this_thread::sleep_for(std::chrono::seconds(20));
        return 0;
      };
      _exit(runConfined(options, body).value_or(1));
    }
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 3000));
    std::vector<pid_t> chain = {caller};
    for (const pid_t watcher : childrenOf(caller)) {
      chain.push_back(watcher);
      for (const pid_t confined : childrenOf(watcher)) chain.push_back(confined);
    }
    kill(chain[random() % chain.size()], SIGKILL);
    waitpid(caller, nullptr, 0);
    ASSERT_TRUE(holders.allGone(5'000)) << "turn " << turn << ", " << chain.size() << " processes seen";
  }
}

TEST(Confinement, SaysWhyUserNamespacesCannotBeMade) {
  confined(
      [](const Confinement& world) {
        if (!world.ownProc) return;
        std::ofstream("/proc/sys/user/max_user_namespaces") << "0";
        ConfinementOptions options;
        options.userNamespace = true;
        const Result<int> ran = runConfined(options, [](const Confinement&) { return 0; });
        EXPECT_EQ(why(ran),
                  "the lab cannot be set up: making a user namespace: user namespaces are switched off "
                  "(user.max_user_namespaces=0)");
      },
      true);
}

TEST(Confinement, TheFolderHasAnEnd) {
  ConfinementOptions options;
  options.folderBytes = 1U << 20U;
  const Result<int> ran = runConfined(options, [](const Confinement& world) {
    std::ofstream file(world.folder + "/large");
    file << std::string(std::size_t{2} << 20U, 'x') << std::flush;
    return file.good() ? 1 : 0;
  });
  if (!ran) GTEST_SKIP() << why(ran);
  EXPECT_EQ(*ran, 0);
}

}  // namespace
}  // namespace vauban::os
