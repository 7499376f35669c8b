#include "os/process_tree.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "os/test_network.h"

namespace vauban::os {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// A node, and the shell on it.
struct OneNode {
  std::unique_ptr<Testbed> testbed;
  NodeId node;

  explicit OneNode(const Confinement& world)
      : testbed(openTestbed(world)), node(testbed->addNode("n", NodeRole::host).value()) {}
  static ProcessSpec shell(const std::string& script) { return ProcessSpec({"sh", "-c", script}); }
  Result<ProcessResult> run(const ProcessSpec& spec, int atMost = 10'000) {
    return testbed->run(node, spec, milliseconds(atMost));
  }
  std::string output(const std::string& script) { return outputOf(shell(script)); }
  std::string outputOf(const ProcessSpec& spec) {
    const Result<ProcessResult> ran = run(spec);
    return ran ? ran->output : why(ran);
  }
  std::unique_ptr<Process> start(const ProcessSpec& spec) {
    Result<std::unique_ptr<Process>> started = testbed->start(node, spec);
    EXPECT_TRUE(started) << why(started);
    return started ? std::move(*started) : nullptr;
  }
};

// All processes that the lab can see.
std::set<std::string> processes() {
  std::set<std::string> numbers;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") == std::string::npos) numbers.insert(name);
  }
  return numbers;
}

class ProcessTreeTest : public ConfinedTest {};
VAUBAN_CONFINED_TESTS(ProcessTreeTest);

TEST_P(ProcessTreeTest, GivesBackOutputsAndExitStatus) {
  run([](const Confinement& world) {
    OneNode lab(world);
    Result<ProcessResult> ran = lab.run(OneNode::shell("echo out; echo err >&2; exit 3"));
    ASSERT_TRUE(ran) << why(ran);
    EXPECT_EQ(ran->output, "out\nerr\n");
    EXPECT_EQ(ran->status, (ExitStatus{3, 0}));
    EXPECT_EQ(ran->status.toString(), "exit code 3");
    EXPECT_FALSE(ran->timedOut);
    ran = lab.run(OneNode::shell("kill -9 $$"));
    EXPECT_EQ(ran->status.toString(), "signal 9 (Killed)");
    const auto begin = Clock::now();
    ran = lab.run(OneNode::shell("echo before; sleep 60; echo after"), 100);
    EXPECT_TRUE(ran->timedOut);
    EXPECT_EQ(ran->output, "before\n");
    EXPECT_LT(Clock::now() - begin, milliseconds(5000));
    EXPECT_EQ(lab.output("head -c 100000 /dev/zero | tr '\\0' x").size(), 100'000U);
  });
}

TEST_P(ProcessTreeTest, SaysWhatStandsInTheWay) {
  run([](const Confinement& world) {
    OneNode lab(world);
    EXPECT_EQ(why(lab.run(ProcessSpec({"no-such-program"}))).substr(0, 49),
              "node n: there is no program \"no-such-program\" in ");
    EXPECT_EQ(why(lab.run(ProcessSpec({"/etc/passwd"}))),
              "node n: /etc/passwd is not a program that can be run");
    EXPECT_EQ(why(lab.run(ProcessSpec({"./sh"}))), "node n: \"./sh\" is not an absolute path");
    EXPECT_EQ(why(lab.run(ProcessSpec())), "node n: there is no program to start");
    std::ofstream(world.folder + "/garbage") << "\x01\x02\x03";
    fs::permissions(world.folder + "/garbage", fs::perms::owner_all);
    const std::string bad = why(lab.run(ProcessSpec({world.folder + "/garbage"})));
    EXPECT_TRUE(bad.ends_with("running the program: Exec format error (ENOEXEC)")) << bad;
    ProcessSpec spec = OneNode::shell("true");
    spec.folder = "/no/such/folder";
    const std::string folder = why(lab.run(spec));
    EXPECT_TRUE(folder.ends_with("entering the folder /no/such/folder: No such file or directory (ENOENT)"))
        << folder;
    spec = OneNode::shell("true");
    spec.scratch = {"/no/such/folder"};
    EXPECT_EQ(why(lab.run(spec)), "node n: \"/no/such/folder\" is not a folder of this machine");
    spec.scratch = {"/usr"};
    const std::string hidden = why(lab.run(spec));
    EXPECT_TRUE(hidden.find("lies in /usr, which") != std::string::npos) << hidden;
    spec = OneNode::shell("true");
    spec.user = "nobody-of-that-name";
    EXPECT_EQ(why(lab.run(spec)), "node n: there is no user \"nobody-of-that-name\"");
    spec = OneNode::shell("true");
    spec.overrides = {{"/etc/no-such-file", "x"}};
    EXPECT_EQ(why(lab.run(spec)),
              "node n: /etc/no-such-file is not a file of this machine, so nothing can take its place");
  });
}

TEST_P(ProcessTreeTest, GetsWhatTheSpecSaysAndNothingElse) {
  run([](const Confinement& world) {
    OneNode lab(world);
    setenv("VAUBAN_SECRET", "x", 1);
    ProcessSpec spec =
        OneNode::shell("env | sort; pwd; cat; hostname 2>/dev/null || uname -n; ls /proc/self/fd | wc -l");
    spec.environment = {"LANG=de", "MODE=test"};
    spec.folder = "/usr";
    spec.input = "typed\n";
    spec.hostname = "resolver";
    EXPECT_EQ(lab.outputOf(spec),
              "HOME=/\nLANG=de\nMODE=test\n"
              "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nPWD=/usr\n/"
              "usr\ntyped\nresolver\n4\n");
    EXPECT_EQ(lab.output("cat; ulimit -c"), "0\n") << "no input is an empty one";
    EXPECT_NE(lab.output("uname -n"), "resolver\n");
    EXPECT_EQ(lab.output("echo $$"), "2\n");
    EXPECT_EQ(lab.output("cat /proc/net/dev | grep -c eth"), "0\n");
  });
}

TEST_P(ProcessTreeTest, CannotWriteIntoTheMachine) {
  const auto before = fs::last_write_time("/etc");
  run([](const Confinement& world) {
    OneNode lab(world);
    EXPECT_EQ(
        lab.output(
            "for f in /etc/x /usr/x /var/x /root/x /x; do (echo x > $f) 2>/dev/null && echo $f; done; true"),
        "");
    EXPECT_EQ(lab.output("echo x > /tmp/file && echo x > /var/tmp/file && ls /tmp /var/tmp"),
              "/tmp:\nfile\n\n/var/tmp:\nfile\n");
    EXPECT_EQ(lab.output("ls /tmp"), "") << "each has its own";
    EXPECT_EQ(lab.output("echo x > /run/pid && echo x > /dev/shm/y && cat /run/pid"), "x\n");
    EXPECT_EQ(lab.output("mount -o remount,rw,bind / 2>/dev/null && echo remounted; umount /tmp 2>/dev/null "
                         "&& echo unmounted"),
              "");
    EXPECT_EQ(lab.output("date -s '2001-01-01' >/dev/null 2>&1 && echo set"), "");
    const std::string evidence = "/var/tmp/vauban-test-" + std::to_string(world.outerPid);
    fs::create_directory(evidence);
    ProcessSpec spec = OneNode::shell("echo x > " + evidence + "/file");
    spec.writable = {evidence};
    EXPECT_FALSE(lab.run(spec)) << "it lies in a scratch folder";
    spec.scratch = {"/tmp"};
    EXPECT_TRUE(lab.run(spec)->status.success());
    EXPECT_TRUE(fs::exists(evidence + "/file"));
    fs::remove_all(evidence);
  });
  EXPECT_EQ(fs::last_write_time("/etc"), before);
}

TEST_P(ProcessTreeTest, SeesOtherFilesInTheirPlace) {
  struct stat real = {};
  const bool has = stat("/etc/resolv.conf", &real) == 0;
  run([&](const Confinement& world) {
    OneNode lab(world);
    ProcessSpec spec = OneNode::shell("cat /etc/hosts /etc/resolv.conf");
    spec.overrides = {{"/etc/hosts", "198.51.100.34 resolver\n"}};
    if (has) spec.overrides.push_back({"/etc/resolv.conf", "nameserver 198.51.100.34\n"});
    EXPECT_EQ(lab.outputOf(spec).substr(0, 48),
              has ? "198.51.100.34 resolver\nnameserver 198.51.100.34\n" : "198.51.100.34 resolver\n");
    EXPECT_EQ(lab.output("cat /etc/hosts").find("resolver"), std::string::npos)
        << "only that program sees it";
    // A link into /run, as of systemd's resolver, leads into the lab's own /run.
    fs::create_symlink("/run/resolve/stub.conf", world.folder + "/resolv.conf");
    spec = OneNode::shell("cat " + world.folder + "/resolv.conf");
    spec.overrides = {{world.folder + "/resolv.conf", "nameserver 203.0.113.53\n"}};
    EXPECT_EQ(lab.outputOf(spec), "nameserver 203.0.113.53\n");
  });
}

TEST_P(ProcessTreeTest, GivesUpItsPowersWithItsUser) {
  run([](const Confinement& world) {
    OneNode lab(world);
    // In a user namespace the files are still those of the one user there is.
    const std::string read = GetParam() ? "" : "; cat /etc/shadow >/dev/null 2>&1 && echo read";
    ProcessSpec spec = OneNode::shell("id -u; id -g; grep CapEff /proc/self/status" + read);
    spec.user = "nobody";
    EXPECT_EQ(lab.outputOf(spec), "65534\n65534\nCapEff:\t0000000000000000\n");
    spec.user = "12345";
    EXPECT_EQ(lab.outputOf(spec), "12345\n12345\nCapEff:\t0000000000000000\n");
    spec.user = "root";
    EXPECT_EQ(lab.outputOf(spec).substr(0, 4), "0\n0\n");
  });
}

TEST_P(ProcessTreeTest, DaemonsDieWithTheirTree) {
  run([](const Confinement& world) {
    if (!world.ownProc) GTEST_SKIP() << "/proc shows other processes here";
    OneNode lab(world);
    const std::set<std::string> before = processes();
    // Two forks, sessions of their own, no parent, all signals ignored, not even the working folder is kept.
    const std::string daemon =
        "(trap '' HUP TERM INT; setsid sh -c 'trap \"\" TERM; sleep 1000 & setsid sleep 1000 & sleep 1000' "
        "&) & "
        "sleep 0.1; exit 5";
    {
      const auto process = lab.start(OneNode::shell(daemon));
      ASSERT_NE(process, nullptr);
      EXPECT_EQ(process->wait(milliseconds(10'000)), (ExitStatus{5, 0}));
      EXPECT_TRUE(process->running()) << "the daemon is still there";
      EXPECT_GE(processes().size(), before.size() + 4);
      EXPECT_EQ(process->stop(milliseconds(0)), (ExitStatus{5, 0}));
      EXPECT_FALSE(process->running());
      EXPECT_EQ(processes(), before);
    }
    {
      const auto process = lab.start(OneNode::shell(daemon));
      process->wait(milliseconds(10'000));
    }
    EXPECT_EQ(processes(), before);
    EXPECT_EQ(lab.run(OneNode::shell(daemon))->status, (ExitStatus{5, 0}));
    EXPECT_EQ(processes(), before);
  });
}

TEST_P(ProcessTreeTest, IsSentSignals) {
  run([](const Confinement& world) {
    OneNode lab(world);
    auto process =
        lab.start(OneNode::shell("trap 'echo reloaded' HUP; trap 'echo bye; exit 0' TERM; echo ready; "
                                 "while :; do sleep 0.02; done"));
    ASSERT_TRUE(process->awaitOutput("ready\n", milliseconds(5000)));
    EXPECT_GT(process->pid(), 1);
    EXPECT_EQ(getpgid(process->pid()), process->pid()) << "a group and session of its own";
    EXPECT_TRUE(process->signal(SIGHUP));
    EXPECT_TRUE(process->awaitOutput("reloaded", milliseconds(5000)));
    EXPECT_FALSE(process->wait(milliseconds(0)));
    EXPECT_EQ(process->stop(milliseconds(5000)), (ExitStatus{0, 0}));
    EXPECT_EQ(process->output(1000), "ready\nreloaded\nbye\n");
    EXPECT_EQ(process->output(3), "rea");
    EXPECT_EQ(why(process->signal(SIGHUP)), "the program that is sent a signal has ended");
    process = lab.start(OneNode::shell("trap '' TERM; echo ready; while :; do sleep 1; done"));
    ASSERT_TRUE(process->awaitOutput("ready", milliseconds(5000)));
    EXPECT_EQ(process->stop(milliseconds(50)), (ExitStatus{0, SIGKILL}));
  });
}

TEST_P(ProcessTreeTest, WaitsForLinesOfItsOutput) {
  run([](const Confinement& world) {
    OneNode lab(world);
    auto process =
        lab.start(OneNode::shell("sleep 0.05; printf 'Change to'; sleep 0.05; echo ' user'; sleep 60"));
    EXPECT_TRUE(process->awaitOutput("Change to user", milliseconds(5000)));
    EXPECT_TRUE(process->awaitOutput("Change", milliseconds(0)));
    EXPECT_EQ(
        why(process->awaitOutput("never", milliseconds(50))),
        "the program ran for 50 ms without putting out \"never\"; its output ends in:\nChange to user\n");
    process = lab.start(OneNode::shell("echo cannot bind; exit 1"));
    const auto begin = Clock::now();
    EXPECT_EQ(why(process->awaitOutput("ready", milliseconds(60'000))),
              "the program ended without putting out \"ready\"; its output ends in:\ncannot bind\n");
    EXPECT_LT(Clock::now() - begin, milliseconds(30'000));
  });
}

TEST_P(ProcessTreeTest, WritesLogsAndPipes) {
  run([](const Confinement& world) {
    OneNode lab(world);
    ProcessSpec spec = OneNode::shell("echo second");
    spec.log = world.folder + "/named.log";
    std::ofstream(spec.log) << "first\n";
    EXPECT_EQ(lab.outputOf(spec), "second\n");
    std::ifstream log(spec.log);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(log), {}), "first\nsecond\n");
    spec = OneNode::shell("echo through; echo the pipe");
    spec.pipeOutput = true;
    const auto process = lab.start(spec);
    // Started while the pipe is open: it must not keep it open.
    const auto other = lab.start(OneNode::shell("sleep 60"));
    const FileDescriptor pipe = process->takePipe();
    std::string text;
    char block[100];
    for (ssize_t size; (size = read(pipe.get(), block, sizeof block)) > 0;) text.append(block, size);
    EXPECT_EQ(text, "through\nthe pipe\n");
  });
}

TEST_P(ProcessTreeTest, StartsFromManyThreads) {
  run([](const Confinement& world) {
    OneNode lab(world);
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&, i] {
        for (int turn = 0; turn < 5; ++turn) {
          const std::string text = std::to_string(10 * i + turn) + "\n";
          EXPECT_EQ(lab.output("echo " + text), text);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    std::thread([] {}).join();  // a thread that started programs may make others
  });
}

}  // namespace
}  // namespace vauban::os
