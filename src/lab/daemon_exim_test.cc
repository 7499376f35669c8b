#include "lab/daemon_exim.h"

#include <thread>

#include "lab/daemon_test_lab.h"

namespace vauban::lab {
namespace {

class DaemonEximTest : public os::ConfinedTest {};
VAUBAN_CONFINED_TESTS(DaemonEximTest);

constexpr const char* kHosts =
    "  rec: {zone: inside, address: 198.51.100.9, software: unbound, services: {dns: {behaviour: "
    "dns-recursive}}}\n"
    "  open: {zone: inside, address: [198.51.100.3, \"2001:db8:1::3\"], services: {mail: {behaviour: "
    "smtp-relay, port: tcp/25, "
    "resolver: rec}}}\n"
    "  listed: {zone: inside, address: 198.51.100.4, services: {mail: {behaviour: mail-gateway, port: "
    "tcp/25, resolver: rec, "
    "names: {allow: [good.test]}, sender-checks: false, bounces: never}}}\n"
    "  smart: {zone: inside, address: 198.51.100.5, services: {mail: {behaviour: smtp-relay, port: tcp/2525, "
    "resolver: rec, upstream: [box]}}}\n"
    "  box: {zone: inside, address: [198.51.100.6, \"2001:db8:1::6\"], services: {mail: {behaviour: "
    "mailbox-server, port: "
    "tcp/25}}}\n";

class Mail {
 public:
  Mail(DaemonLab& lab) : lab_(lab) {}
  // curl's exit: whether the server took it.
  bool send(const std::string& server, const std::string& from, const std::string& to,
            const std::string& text) {
    os::ProcessSpec spec({"curl", "-s", "-m", "15", "smtp://" + server + "/client.lab.test", "--mail-from",
                          from, "--mail-rcpt", to, "-T", "-"});
    spec.input = "Subject: test\r\n\r\n" + text + "\r\n";
    const auto said = lab_.testbed->run(lab_.nodes.at("client"), spec, std::chrono::milliseconds(20000));
    return said && said->status.success();
  }

 private:
  DaemonLab& lab_;
};

template <class Condition>
bool within(std::chrono::milliseconds time, Condition condition) {
  const auto until = std::chrono::steady_clock::now() + time;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

TEST_P(DaemonEximTest, MailGoesWhereTheRecipientsDomainLeads) {
  VAUBAN_NEEDS("exim4", "unbound", "nsd", "nginx", "chronyd", "curl");
  run([](const os::Confinement& confinement) {
    DaemonLab lab(confinement, kHosts);
    const auto rec = lab.start("rec"), open = lab.start("open"), smart = lab.start("smart"),
               box = lab.start("box");
    ASSERT_TRUE(rec && open && smart && box);
    EXPECT_TRUE(open->software().starts_with("exim 4.")) << open->software();
    EXPECT_EQ(lab.check("open", *open), "mail for good.test to 198.51.100.3 port 25: 250");
    EXPECT_EQ(lab.check("box", *box), "mail for good.test to 198.51.100.6 port 25: 250");
    lab.check("smart", *smart);
    Mail mail(lab);
    // To him, where his domain leads.
    const os::FileDescriptor his =
        listeningTcp(*lab.testbed, lab.nodes.at("evil"), os::address("203.0.113.66"), 25).value();
    EXPECT_TRUE(mail.send("198.51.100.3", "a@secret1.evil.test", "b@secret2.evil.test", "hello"))
        << open->output();
    EXPECT_TRUE(os::readable(his, 8000)) << open->output();
    EXPECT_TRUE(lab.his->asked("secret1"));
    EXPECT_TRUE(lab.his->asked("secret2"));
    // To the smart host, whatever the domain; which is looked up nevertheless.
    EXPECT_TRUE(mail.send("198.51.100.5:2525", "a@good.test", "b@secret3.evil.test", "by the smart host"));
    EXPECT_TRUE(within(std::chrono::milliseconds(8000),
                       [&] { return box->contents().find("by the smart host") != std::string::npos; }))
        << smart->output() << box->output();
    EXPECT_TRUE(lab.his->asked("secret3"));
    EXPECT_EQ(smart->contents(), "");
  });
}

TEST_P(DaemonEximTest, AListRefusesOthersWithoutALookUp) {
  VAUBAN_NEEDS("exim4", "unbound", "nsd", "nginx", "chronyd", "curl");
  run([](const os::Confinement& confinement) {
    DaemonLab lab(confinement, kHosts);
    const auto rec = lab.start("rec"), listed = lab.start("listed");
    ASSERT_TRUE(rec && listed);
    EXPECT_EQ(lab.check("listed", *listed), "mail for good.test to 198.51.100.4 port 25: 250");
    Mail mail(lab);
    EXPECT_FALSE(mail.send("198.51.100.4", "a@secret1.evil.test", "b@secret2.evil.test", "no"));
    EXPECT_FALSE(lab.his->asked("secret"));
    EXPECT_TRUE(mail.send("198.51.100.4", "a@secret3.evil.test", "b@secret4.sub.good.test", "yes"))
        << listed->output();
    EXPECT_FALSE(lab.his->asked("secret3"));
    EXPECT_TRUE(lab.his->asked("secret4"));
  });
}

}  // namespace
}  // namespace vauban::lab
