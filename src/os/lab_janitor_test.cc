// What is left when a lab is killed at any moment: nothing. There is no janitor that could be killed as well;
// the kernel cleans up (os/confinement.h).
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <thread>

#include "os/test_network.h"

namespace vauban::os {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

// Of a file of /proc: what it says may go while it is read.
std::string contentOf(const fs::path& path) {
  const FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  char block[4096];
  for (ssize_t size; file.valid() && (size = read(file.get(), block, sizeof block)) > 0;) {
    text.append(block, static_cast<std::size_t>(size));
  }
  return text;
}

// Processes of the machine that are this program, or that were started by it for this test, but for this one.
std::set<std::string> leftProcesses(const std::string& marker) {
  std::set<std::string> left;
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  for (const auto& entry : fs::directory_iterator("/proc", error)) {
    const std::string number = entry.path().filename();
    if (number.find_first_not_of("0123456789") != std::string::npos || number == std::to_string(getpid()))
      continue;
    const bool same = fs::read_symlink(entry.path() / "exe", error) == self && !error &&
                      contentOf(entry.path() / "stat").find(") Z ") == std::string::npos;
    if (same || contentOf(entry.path() / "cmdline").find(marker) != std::string::npos) left.insert(number);
  }
  return left;
}

std::vector<pid_t> childrenOf(pid_t process) {
  const std::string number = std::to_string(process);
  std::ifstream list("/proc/" + number + "/task/" + number + "/children");
  return {std::istream_iterator<pid_t>(list), {}};
}

// All names below the folders into which a lab could write.
std::set<std::string> files() {
  std::set<std::string> names;
  std::error_code error;
  for (const char* folder : {"/run", "/etc", "/dev/shm", "/var/lib", "/var/run"}) {
    for (auto it =
             fs::recursive_directory_iterator(folder, fs::directory_options::skip_permission_denied, error);
         it != fs::recursive_directory_iterator(); it.increment(error)) {
      names.insert(it->path());
    }
  }
  return names;
}

// A lab that is in the middle of something, for far longer than the test takes.
int busyLab(const Confinement& world, const std::string& marker) {
  for (int turn = 0; turn < 300; ++turn) {
    const TwoHosts net(world);
    if (!net.testbed->loadRules(net.router, "table inet t {\n}\n", "rules")) return 1;
    const auto recorder = net.testbed->record(
        net.right, RecorderSpec("eth0", world.folder + "/" + std::to_string(turn) + ".pcap"));
    if (!recorder) return 1;
    std::vector<std::unique_ptr<Process>> processes;
    for (const NodeId node : {net.left, net.right, net.router}) {
      ProcessSpec spec({"sh", "-c",
                        "(setsid sh -c 'sleep 1000 & sleep 1000' " + marker + " &) & exec sleep 1000",
                        marker});
      spec.overrides = {{"/etc/hosts", marker}};
      auto started = net.testbed->start(node, spec);
      if (!started) return 1;
      processes.push_back(std::move(*started));
    }
    RawTraffic traffic;
    traffic.packets.assign(100, udpPacket("198.51.100.77", "203.0.113.2", 1, 2, marker));
    if (!net.testbed->send(net.left, traffic)) return 1;
  }
  return 1;
}

class LabJanitorTest : public ConfinedTest {};
VAUBAN_CONFINED_TESTS(LabJanitorTest);

TEST_P(LabJanitorTest, NothingIsLeftOfALabKilledAtAnyMoment) {
  run([](const Confinement&) {});
  if (IsSkipped()) return;
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const std::string marker = "vauban-janitor-" + std::to_string(getpid()) + (GetParam() ? "-user" : "-root");
  const std::set<std::string> filesBefore = files();
  const std::set<std::string> processesBefore = leftProcesses(marker);  // another run of the same program
  int reached = 0;
  for (int turn = 0; turn < 20; ++turn) {
    int ends[2];
    ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
    const FileDescriptor begun(ends[0]);
    FileDescriptor begin(ends[1]);
    const pid_t caller = fork();
    if (caller == 0) {
      ConfinementOptions options;
      options.userNamespace = GetParam();
      const Result<int> ran = runConfined(options, [&](const Confinement& world) {
        [[maybe_unused]] const ssize_t size = write(begin.get(), "x", 1);
        return busyLab(world, marker);
      });
      _exit(ran.value_or(1));
    }
    begin.reset();
    // The first half anywhere, also before there is a lab; the second half inside it.
    if (turn >= 10) readable(begun, 20'000);
    std::this_thread::sleep_for(std::chrono::microseconds(random() % (turn < 10 ? 20'000 : 150'000)));
    std::vector<pid_t> chain = {caller};
    for (const pid_t watcher : childrenOf(caller)) {
      chain.push_back(watcher);
      for (const pid_t confined : childrenOf(watcher)) chain.push_back(confined);
    }
    reached += chain.size() == 3 ? 1 : 0;
    const pid_t victim = chain[random() % chain.size()];
    kill(victim, SIGKILL);
    // Whoever waits for the victim notices, and ends as well.
    int status = 0;
    waitpid(caller, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) != 0);
    std::set<std::string> left;
    for (int i = 0; i < 500; ++i) {
      left = leftProcesses(marker);
      for (const std::string& old : processesBefore) left.erase(old);
      if (left.empty()) break;
      std::this_thread::sleep_for(milliseconds(10));
    }
    // Without a process that has one open, no namespace, no interface and no file of a lab exists but by a
    // mount.
    for (const std::string& number : left) {
      kill(static_cast<pid_t>(std::stol(number)), SIGKILL);
      ADD_FAILURE() << "turn " << turn << ": left is " << number << ": "
                    << contentOf("/proc/" + number + "/cmdline");
    }
  }
  EXPECT_GT(reached, 9);
  EXPECT_EQ(contentOf("/proc/self/mountinfo").find("/run/vauban"), std::string::npos);
  EXPECT_EQ(contentOf("/proc/self/mountinfo").find(" nsfs "), std::string::npos);
  EXPECT_FALSE(fs::exists("/run/vauban"));
  EXPECT_EQ(files(), filesBefore);
}

}  // namespace
}  // namespace vauban::os
