// Probes against programs that are not ours: what a proxy, an SSH server and a file server make of them.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "lab/probe.h"
#include "lab/wire_test_lab.h"

namespace vauban::lab {
namespace {

using std::chrono::milliseconds;

class ProbeDaemonsTest : public os::ConfinedTest {
 protected:
  static bool installed(const char* program) {
    for (const char* folder : {"/usr/sbin/", "/usr/bin/"}) {
      if (access((std::string(folder) + program).c_str(), X_OK) == 0) return true;
    }
    return false;
  }
};
VAUBAN_CONFINED_TESTS(ProbeDaemonsTest);

std::string write(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
  return path;
}

std::unique_ptr<os::Process> started(TestLab& lab, const os::ProcessSpec& spec, std::uint16_t port) {
  auto process = lab.testbed->start(lab.server, spec);
  EXPECT_TRUE(process) << os::why(process);
  if (!process) return nullptr;
  const Result<void> listening = lab.testbed->awaitListener(lab.server, {.tcp = true, .port = port},
                                                            milliseconds(10'000), process->get());
  EXPECT_TRUE(listening) << os::why(listening);
  return std::move(*process);
}

Probe toServer(const TestLab& lab, Carrier carrier) {
  Probe probe = lab.probe(carrier);
  probe.to = os::address("198.51.100.66");
  probe.port = 0;
  return probe;
}

TEST_P(ProbeDaemonsTest, AProxyCarriesBodiesTunnelsAndHostNames) {
  if (!installed("squid")) GTEST_SKIP() << "squid is not installed";
  run([](const os::Confinement& world) {
    TestLab lab(world);
    ASSERT_TRUE(lab.adversary);
    const std::string folder = lab.testbed->makeFolder("squid", "proxy").value();
    const std::string common =
        "http_port 3128\npid_filename none\naccess_log none\ncache_log " + folder +
        "/log\ncache deny all\ndns_nameservers 203.0.113.2\nshutdown_lifetime 0 seconds\npinger_enable off\n"
        "netdb_filename none\ncoredump_dir " +
        folder + "\nvisible_hostname proxy\n";
    for (const bool closed : {false, true}) {
      // By address: the proxy has to look the name up before it can refuse.
      const std::string conf =
          write(folder + "/conf", common + (closed ? "acl good dst 198.51.100.200\nhttp_access "
                                                     "allow good\nhttp_access deny all\n"
                                                   : "http_access allow all\n"));
      os::ProcessSpec spec({"squid", "-N", "-n", "lab", "-f", conf});
      spec.user = "proxy";
      const auto squid = started(lab, spec, 3128);
      ASSERT_TRUE(squid);
      Probe post = toServer(lab, Carrier::httpBody);
      post.port = 3128;
      post.target = "http://203.0.113.2/drop";
      Probe connect = toServer(lab, Carrier::httpConnect);
      connect.target = "203.0.113.2:443";
      Probe names = toServer(lab, Carrier::hostName);
      TestLab::Outcome outcome = lab.attempt(post);
      EXPECT_EQ(outcome.seen.complete, !closed) << outcome.sent.note;
      EXPECT_EQ(outcome.sent.note, closed ? "403 Forbidden" : "");
      if (!closed) {
        EXPECT_EQ(joined(outcome.seen.packets), "tcp/80");
      }
      outcome = lab.attempt(connect);
      EXPECT_EQ(outcome.seen.complete, !closed) << outcome.sent.note;
      EXPECT_EQ(outcome.sent.note, closed ? "403 Forbidden" : "");
      outcome = lab.attempt(names);
      EXPECT_TRUE(outcome.seen.complete) << outcome.seen.bytes << " " << outcome.sent.note;
      EXPECT_EQ(outcome.sent.note, closed ? "403 Forbidden 656 times" : "200 OK 656 times");
      EXPECT_EQ(outcome.seen.packets.count({space::kUdp, 0, 53}), 1U) << joined(outcome.seen.packets);
      squid->stop(milliseconds(1000));
    }
  });
}

TEST_P(ProbeDaemonsTest, AnSshServerThatForwardsCarriesAStream) {
  if (!installed("sshd") || !installed("ssh") || !installed("ssh-keygen"))
    GTEST_SKIP() << "OpenSSH is not installed";
  if (GetParam()) GTEST_SKIP() << "sshd gives up its powers, which a user namespace does not let it";
  run([](const os::Confinement& world) {
    TestLab lab(world);
    ASSERT_TRUE(lab.adversary);
    const std::string folder = lab.testbed->makeFolder("ssh", {}).value();
    std::filesystem::create_directories("/run/sshd");
    for (const char* name : {"host", "key"}) {
      const auto made = lab.testbed->run(
          lab.server,
          os::ProcessSpec({"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder + "/" + name}),
          milliseconds(5000));
      ASSERT_TRUE(made && made->status.success()) << (made ? made->output : os::why(made));
    }
    for (const bool forwards : {true, false}) {
      const std::string conf =
          write(folder + "/conf", "HostKey " + folder + "/host\nPidFile none\nUsePAM no\nStrictModes no\n" +
                                      "AuthorizedKeysFile " + folder + "/key.pub\nAllowTcpForwarding " +
                                      (forwards ? "yes" : "no") + "\n");
      const auto sshd = started(lab, os::ProcessSpec({"/usr/sbin/sshd", "-D", "-e", "-f", conf}), 22);
      ASSERT_TRUE(sshd);
      Probe probe = toServer(lab, Carrier::sshForward);
      probe.login = "root";
      probe.identity = folder + "/key";
      probe.target = "203.0.113.2:4444";
      const TestLab::Outcome outcome = lab.attempt(probe);
      EXPECT_EQ(outcome.seen.complete, forwards)
          << outcome.seen.bytes << " " << outcome.sent.note << sshd->output(4000);
      if (forwards) {
        EXPECT_EQ(joined(outcome.seen.packets), "tcp/4444");
      }
      if (!forwards) {
        EXPECT_NE(outcome.sent.note, "");
      }
      sshd->stop(milliseconds(500));
    }
  });
}

TEST_P(ProbeDaemonsTest, AFileServerTakesADrop) {
  if (!installed("vsftpd")) GTEST_SKIP() << "vsftpd is not installed";
  if (GetParam()) GTEST_SKIP() << "vsftpd changes to another user, of which a user namespace has none";
  run([](const os::Confinement& world) {
    TestLab lab(world);
    ASSERT_TRUE(lab.adversary);
    const std::string root = lab.testbed->makeFolder("ftp", {}).value();
    std::filesystem::create_directories("/run/vsftpd/empty");
    std::filesystem::create_directory(root + "/in");
    ASSERT_EQ(chmod((root + "/in").c_str(), 0777), 0);
    ASSERT_EQ(chmod(root.c_str(), 0755), 0);
    const std::string conf =
        write(lab.testbed->folder() + "/vsftpd.conf",
              "listen=YES\nbackground=NO\nanonymous_enable=YES\nlocal_enable=NO\nwrite_enable=YES\n"
              "anon_upload_enable=YES\nanon_root=" +
                  root +
                  "\nanon_umask=022\nno_anon_password=YES\nseccomp_sandbox=NO\n"
                  "secure_chroot_dir=/run/vsftpd/empty\n");
    const auto server = started(lab, os::ProcessSpec({"vsftpd", conf}), 21);
    ASSERT_TRUE(server);
    Probe probe = toServer(lab, Carrier::fileDrop);
    probe.ftp = true;
    probe.path = "in/drop.bin";
    const Payload payload(77, 65536, chunkBytesFor(probe.carrier));
    const Result<Sent> sent = sendProbe(*lab.testbed, probe, payload, milliseconds(10'000));
    ASSERT_TRUE(sent) << os::why(sent);
    EXPECT_EQ(sent->bytes, 65536U) << sent->note;
    EXPECT_EQ(sent->note, "");
    std::ifstream file(root + "/in/drop.bin");
    std::ostringstream content;
    content << file.rdbuf();
    const auto bytes = payload.bytes();
    EXPECT_TRUE(content.str() == std::string(bytes.begin(), bytes.end())) << content.str().size();
    // Whoever may read it there has it.
    Probe left = probe;
    left.carrier = Carrier::storeRead;
    left.path = "in/left.bin";
    left.receiver = lab.adversaryNode;
    left.fetch = Fetch{os::address("203.0.113.2"), left.to, 21, 1};
    left.hearer = &lab.adversary->witness();
    const TestLab::Outcome outcome = lab.attempt(left);
    EXPECT_TRUE(outcome.seen.complete) << outcome.seen.bytes << " " << outcome.sent.note;
    EXPECT_EQ(joined(outcome.seen.carriedIn), "FTP");
    probe.path = "nowhere/drop.bin";
    const Result<Sent> refused = sendProbe(*lab.testbed, probe, payload, milliseconds(10'000));
    ASSERT_TRUE(refused) << os::why(refused);
    EXPECT_EQ(refused->bytes, 0U);
    EXPECT_TRUE(refused->note.starts_with("550")) << refused->note;  // nor as names of folders
  });
}

}  // namespace
}  // namespace vauban::lab
