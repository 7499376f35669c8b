#include "lab/daemon_dns.h"

#include "lab/daemon_test_lab.h"

namespace vauban::lab {
namespace {

class DaemonDnsTest : public os::ConfinedTest {};
VAUBAN_CONFINED_TESTS(DaemonDnsTest);

constexpr const char* kRecursive =
    "  rec: {zone: inside, address: [198.51.100.3, \"2001:db8:1::3\"], services: {dns: {behaviour: "
    "dns-recursive}}}\n";

TEST_P(DaemonDnsTest, ARecursiveResolverAsksHisNameServerToo) {
  VAUBAN_NEEDS("named", "nsd", "nginx", "chronyd", "dig");
  run([](const os::Confinement& confinement) {
    DaemonLab lab(confinement, kRecursive);
    const auto named = lab.start("rec");
    ASSERT_NE(named, nullptr);
    EXPECT_TRUE(named->software().starts_with("named 9.")) << named->software();
    EXPECT_EQ(lab.check("rec", *named), "dig @198.51.100.3 www.good.test A: NOERROR 203.0.113.80");
    EXPECT_EQ(lab.dig("198.51.100.3", "secret1.evil.test"), "NOERROR");
    EXPECT_TRUE(lab.his->asked("secret1"));
    // A sub-zone of a trusted name that is delegated to him.
    EXPECT_EQ(lab.dig("198.51.100.3", "secret2.sub.good.test"), "NOERROR");
    EXPECT_TRUE(lab.his->asked("secret2"));
    EXPECT_EQ(lab.dig("198.51.100.3", "66.113.0.203.in-addr.arpa", "PTR"), "NOERROR");
    EXPECT_TRUE(lab.his->asked("in-addr.arpa"));
    EXPECT_EQ(lab.dig("198.51.100.3", "no.such"), "NXDOMAIN");
  });
}

TEST_P(DaemonDnsTest, UnboundIsTakenWhereTheHostSaysSo) {
  VAUBAN_NEEDS("unbound", "nsd", "nginx", "chronyd", "dig");
  run([](const os::Confinement& confinement) {
    DaemonLab lab(confinement,
                  "  rec: {zone: inside, address: [198.51.100.3, \"2001:db8:1::3\"], software: unbound, "
                  "services: {dns: {behaviour: dns-recursive}}}\n");
    const auto unbound = lab.start("rec");
    ASSERT_NE(unbound, nullptr);
    EXPECT_TRUE(unbound->software().starts_with("unbound 1.")) << unbound->software();
    EXPECT_NE(lab.check("rec", *unbound).find("NOERROR 203.0.113.80"), std::string::npos);
    EXPECT_EQ(lab.dig("198.51.100.3", "secret1.evil.test"), "NOERROR");
    EXPECT_TRUE(lab.his->asked("secret1"));
    EXPECT_EQ(lab.dig("198.51.100.3", "66.113.0.203.in-addr.arpa", "PTR"), "NOERROR");
    EXPECT_TRUE(lab.his->asked("in-addr.arpa"));
  });
}

constexpr const char* kListed =
    "  fwd: {zone: inside, address: 198.51.100.4, services: {dns: {behaviour: dns-forwarder, upstream: "
    "[rec], "
    "answers: [corp.test], names: {allow: [good.test], deny: [bad.good.test]}, decides: "
    "before-recursing}}}\n";

TEST_P(DaemonDnsTest, AListThatDecidesBeforeRecursingAsksNobodyAboutOthers) {
  VAUBAN_NEEDS("unbound", "named", "nsd", "nginx", "chronyd", "dig");
  run([](const os::Confinement& confinement) {
    DaemonLab lab(confinement, std::string(kRecursive) + kListed);
    const auto named = lab.start("rec");
    const auto unbound = lab.start("fwd");
    ASSERT_NE(unbound, nullptr);
    EXPECT_TRUE(unbound->software().starts_with("unbound")) << unbound->software();
    EXPECT_EQ(lab.check("fwd", *unbound),
              "dig @198.51.100.4 app.corp.test A: NOERROR 198.51.100.4; dig @198.51.100.4 www.good.test A: "
              "NOERROR 203.0.113.80");
    EXPECT_EQ(lab.dig("198.51.100.4", "secret1.evil.test"), "REFUSED");
    EXPECT_EQ(lab.dig("198.51.100.4", "secret2.evil.test", "TXT"), "REFUSED");
    EXPECT_EQ(lab.dig("198.51.100.4", "www.bad.good.test"), "REFUSED");
    EXPECT_EQ(lab.dig("198.51.100.4", "66.113.0.203.in-addr.arpa", "PTR"), "REFUSED");
    EXPECT_EQ(lab.dig("198.51.100.4", "no.corp.test"), "NXDOMAIN");
    EXPECT_FALSE(lab.his->asked("secret"));
    EXPECT_FALSE(lab.his->asked("in-addr"));
    EXPECT_EQ(lab.dig("198.51.100.4", "secret3.sub.good.test"), "NOERROR");
    EXPECT_TRUE(lab.his->asked("secret3"));
  });
}

TEST_P(DaemonDnsTest, AListThatDoesNotSayWhenItDecidesAsksFirstAndRefusesThen) {
  VAUBAN_NEEDS("named", "nsd", "nginx", "chronyd", "dig");
  run([](const os::Confinement& confinement) {
    std::string listed = kListed;
    listed.replace(listed.find(", decides: before-recursing"), 27, "");
    DaemonLab lab(confinement, std::string(kRecursive) + listed);
    const auto recursive = lab.start("rec");
    const auto named = lab.start("fwd");
    ASSERT_NE(named, nullptr);
    EXPECT_TRUE(named->software().starts_with("named")) << named->software();
    EXPECT_EQ(lab.check("fwd", *named),
              "dig @198.51.100.4 app.corp.test A: NOERROR 198.51.100.4; dig @198.51.100.4 www.good.test A: "
              "NOERROR 203.0.113.80");
    EXPECT_EQ(lab.dig("198.51.100.4", "secret1.evil.test"), "NXDOMAIN");
    EXPECT_TRUE(lab.his->asked("secret1"));
    EXPECT_EQ(lab.dig("198.51.100.4", "secret2.evil.test", "TXT"), "NXDOMAIN");
    EXPECT_TRUE(lab.his->asked("secret2"));
    EXPECT_EQ(lab.dig("198.51.100.4", "x.bad.good.test"), "NXDOMAIN");
    EXPECT_EQ(lab.dig("198.51.100.4", "www.good.test"), "NOERROR");
  });
}

TEST_P(DaemonDnsTest, ADenyListClosesNothing) {
  VAUBAN_NEEDS("unbound", "named", "nsd", "nginx", "chronyd", "dig");
  run([](const os::Confinement& confinement) {
    DaemonLab lab(confinement, std::string(kRecursive) +
                                   "  fwd: {zone: inside, address: 198.51.100.4, services: {dns: {behaviour: "
                                   "dns-forwarder, upstream: [rec], "
                                   "names: {deny: [other.test]}, decides: before-recursing}}}\n");
    const auto recursive = lab.start("rec");
    const auto unbound = lab.start("fwd");
    ASSERT_NE(unbound, nullptr);
    EXPECT_EQ(lab.dig("198.51.100.4", "www.other.test"), "REFUSED");
    EXPECT_EQ(lab.dig("198.51.100.4", "secret1.evil.test"), "NOERROR");
    EXPECT_TRUE(lab.his->asked("secret1"));
    EXPECT_NE(lab.check("fwd", *unbound).find("www.good.test"), std::string::npos);
  });
}

TEST_P(DaemonDnsTest, AuthoritativeServersAskNobody) {
  VAUBAN_NEEDS("named", "nsd", "nginx", "chronyd", "dig");
  run([](const os::Confinement& confinement) {
    DaemonLab lab(confinement,
                  "  auth: {zone: inside, address: [198.51.100.5, \"2001:db8:1::5\"], services: {dns: "
                  "{behaviour: dns-authoritative, "
                  "answers: [corp.test]}}}\n"
                  "  hole: {zone: inside, address: [198.51.100.6, \"2001:db8:1::6\"], services: {dns: "
                  "{behaviour: dns-sinkhole}}}\n"
                  "  upd: {zone: inside, address: [198.51.100.7, \"2001:db8:1::7\"], services: {dns: "
                  "{behaviour: dns-authoritative, "
                  "answers: [corp.test], updates: true}}}\n");
    const auto auth = lab.start("auth"), hole = lab.start("hole"), updated = lab.start("upd");
    ASSERT_TRUE(auth && hole && updated);
    EXPECT_TRUE(auth->software().starts_with("nsd")) << auth->software();
    EXPECT_EQ(lab.check("auth", *auth), "dig @198.51.100.5 app.corp.test A: NOERROR 198.51.100.5");
    EXPECT_EQ(lab.check("hole", *hole), "dig @198.51.100.6 any.name.test A: NOERROR 198.51.100.6");
    lab.check("upd", *updated);
    EXPECT_EQ(lab.dig("198.51.100.5", "secret.evil.test"), "REFUSED");
    EXPECT_EQ(lab.dig("198.51.100.6", "secret.evil.test"), "NOERROR");
    EXPECT_EQ(lab.dig("198.51.100.7", "secret.evil.test"), "REFUSED");
    EXPECT_FALSE(lab.his->asked("secret"));
    EXPECT_EQ(updated->contents().find("a stranger's words"), std::string::npos);
    if (!installed("nsupdate")) GTEST_SKIP() << "nsupdate is not installed";
    os::ProcessSpec update({"nsupdate"});
    update.input =
        "server 198.51.100.7\nzone corp.test\nupdate add note.corp.test 60 TXT \"a stranger's "
        "words\"\nsend\n";
    const auto sent = lab.testbed->run(lab.nodes.at("client"), update, std::chrono::milliseconds(10000));
    ASSERT_TRUE(sent) << os::why(sent);
    EXPECT_NE(updated->contents().find("a stranger's words"), std::string::npos)
        << sent->output << updated->output();
    // The same is refused by one that does not say so.
    update.input.replace(update.input.find(".7"), 2, ".5");
    EXPECT_FALSE(
        lab.testbed->run(lab.nodes.at("client"), update, std::chrono::milliseconds(10000))->status.success());
  });
}

}  // namespace
}  // namespace vauban::lab
