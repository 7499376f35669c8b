#include "lab/daemon_sshd.h"

#include "lab/daemon_test_lab.h"

namespace vauban::lab {
namespace {

class DaemonSshdTest : public os::ConfinedTest {};
VAUBAN_CONFINED_TESTS(DaemonSshdTest);

struct Ssh {
  DaemonLab& lab;
  std::string operator()(const Daemon& daemon, const std::string& server,
                         const std::vector<std::string>& more) {
    const Login login = daemon.login().value();
    std::vector<std::string> arguments = {"ssh", "-T",
                                          "-F",  "none",
                                          "-o",  "BatchMode=yes",
                                          "-o",  "StrictHostKeyChecking=no",
                                          "-o",  "UserKnownHostsFile=/dev/null",
                                          "-o",  "LogLevel=ERROR",
                                          "-i",  login.keyFile,
                                          "-l",  login.user,
                                          server};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return lab.run("client", arguments);
  }
};

TEST_P(DaemonSshdTest, WhatIsNotStatedIsOnAndWhatIsStatedIsOff) {
  VAUBAN_NEEDS("sshd", "ssh", "ssh-keygen", "unbound", "nsd", "nginx", "chronyd");
  run([](const os::Confinement& confinement) {
    DaemonLab lab(confinement,
                  "  rec: {zone: inside, address: 198.51.100.9, software: unbound, services: {dns: "
                  "{behaviour: dns-recursive}}}\n"
                  "  open: {zone: inside, address: [198.51.100.3, \"2001:db8:1::3\"], services: {ssh: "
                  "{behaviour: ssh-server, "
                  "resolver: rec}}}\n"
                  "  listed: {zone: inside, address: 198.51.100.4, services: {ssh: {behaviour: bastion, "
                  "port: tcp/22, shell: false, redirection: false, "
                  "addresses: {allow: [203.0.113.80]}}}}\n"
                  "  shut: {zone: inside, address: 198.51.100.5, services: {ssh: {behaviour: ssh-server, "
                  "port-forwarding: false}}}\n");
    const auto rec = lab.start("rec"), open = lab.start("open"), listed = lab.start("listed"),
               shut = lab.start("shut");
    ASSERT_TRUE(rec && open && listed && shut);
    EXPECT_TRUE(open->software().starts_with("sshd 9") || open->software().starts_with("sshd 1"))
        << open->software();
    EXPECT_TRUE(lab.check("open", *open).ends_with(": a shell"));
    EXPECT_TRUE(lab.check("listed", *listed).ends_with("without a shell"));
    EXPECT_TRUE(lab.check("shut", *shut).ends_with(": a shell"));
    Ssh ssh{lab};
    // Through it to a page: the words of the page come back.
    const auto page = [&](const Daemon& daemon, const std::string& server, const std::string& target) {
      os::ProcessSpec spec({"ssh", "-F", "none", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no",
                            "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-i",
                            daemon.login()->keyFile, "-l", daemon.login()->user, "-W", target, server});
      spec.input = "GET / HTTP/1.0\r\n\r\n";
      const auto said = lab.testbed->run(lab.nodes.at("client"), spec, std::chrono::milliseconds(10000));
      return said && said->output.find(kTrustedPage) != std::string::npos;
    };
    EXPECT_TRUE(page(*open, "198.51.100.3", "203.0.113.80:80"));
    EXPECT_TRUE(page(*open, "198.51.100.3", "www.good.test:443"));
    page(*open, "198.51.100.3", "secret1.evil.test:80");
    EXPECT_TRUE(lab.his->asked("secret1"));
    EXPECT_TRUE(page(*listed, "198.51.100.4", "203.0.113.80:80"));
    EXPECT_FALSE(page(*listed, "198.51.100.4", "203.0.113.81:80"));
    EXPECT_FALSE(page(*shut, "198.51.100.5", "203.0.113.80:80"));
    EXPECT_EQ(ssh(*open, "198.51.100.3", {"hostname >/dev/null; expr 6 '*' 7"}), "42\n");
    EXPECT_EQ(ssh(*listed, "198.51.100.4", {"expr 6 '*' 7"}), "no shell here\n");
  });
}

TEST(DaemonSshd, ALongListIsNotReproduced) {
  model::ServiceInstance service;
  service.addresses.emplace();
  service.addresses->allow = space::AddressSet(*space::AddressRange::parse("203.0.113.0/30"));
  ServiceSite site;
  site.service = &service;
  ASSERT_TRUE(openAddresses(site));
  EXPECT_EQ(openAddresses(site)->size(), 4U);
  EXPECT_EQ(openAddresses(site)->back().toString(), "203.0.113.3");
  service.addresses->allow = space::AddressSet::all();
  EXPECT_FALSE(openAddresses(site));
}

}  // namespace
}  // namespace vauban::lab
