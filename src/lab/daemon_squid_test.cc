#include "lab/daemon_squid.h"

#include "lab/daemon_test_lab.h"

namespace vauban::lab {
namespace {

class DaemonSquidTest : public os::ConfinedTest {};
VAUBAN_CONFINED_TESTS(DaemonSquidTest);

constexpr const char* kResolver =
    "  rec: {zone: inside, address: 198.51.100.3, software: unbound, services: {dns: {behaviour: "
    "dns-recursive}}}\n";

// A proxy with more keys; the proxy and its resolver run, the check has passed.
struct Proxied {
  DaemonLab lab;
  std::unique_ptr<Daemon> resolver, squid;
  std::string said;

  Proxied(const os::Confinement& confinement, const std::string& keys)
      : lab(confinement, kResolver + ("  proxy: {zone: inside, address: [198.51.100.10, \"2001:db8:1::10\"], "
                                      "services: {web: {behaviour: "
                                      "http-forward-proxy, port: tcp/3128, resolver: rec" +
                                      keys + "}}}\n")) {
    resolver = lab.start("rec");
    squid = lab.start("proxy");
    if (squid) said = lab.check("proxy", *squid);
  }
  std::string get(const std::string& url) {
    return lab.curl(url, {"-x", "http://198.51.100.10:3128"}).substr(0, 3);
  }
  // What the proxy says to CONNECT.
  std::string tunnel(const std::string& to) {
    return lab.curl("http://" + to, {"-p", "-x", "http://198.51.100.10:3128"}).substr(4, 3);
  }
};

TEST_P(DaemonSquidTest, AnOpenProxyLooksUpAndReachesAll) {
  VAUBAN_NEEDS("squid", "unbound", "nsd", "nginx", "chronyd", "curl");
  run([](const os::Confinement& confinement) {
    Proxied open(confinement, "");
    EXPECT_EQ(open.said, "GET http://www.good.test/ through http://198.51.100.10:3128: 200");
    EXPECT_TRUE(open.squid->software().starts_with("squid ")) << open.squid->software();
    EXPECT_EQ(open.get("http://secret1.evil.test/"), "503");  // nobody serves there
    EXPECT_TRUE(open.lab.his->asked("secret1"));
    EXPECT_EQ(open.get("http://203.0.113.80/"), "200");
    EXPECT_EQ(open.tunnel("203.0.113.80:80"), "200");
    EXPECT_EQ(open.tunnel("www.good.test:443"), "200");
    // It looks for the name of a literal address, since nothing is said against it.
    EXPECT_TRUE(open.lab.his->asked("80.113.0.203.in-addr.arpa"));
  });
}

TEST_P(DaemonSquidTest, AListOfNamesThatResolvesAfterAllowingAsksNobodyAboutOthers) {
  VAUBAN_NEEDS("squid", "unbound", "nsd", "nginx", "chronyd", "curl");
  run([](const os::Confinement& confinement) {
    Proxied listed(confinement,
                   ", names: {allow: [good.test], deny: [no.good.test]}, resolves: after-allowing, "
                   "reverse-lookups: never");
    EXPECT_EQ(listed.said, "GET http://www.good.test/ through http://198.51.100.10:3128: 200");
    EXPECT_EQ(listed.get("http://secret1.evil.test/"), "403");
    EXPECT_EQ(listed.tunnel("secret2.evil.test:443"), "403");
    EXPECT_EQ(listed.get("http://secret3.no.good.test/"), "403");
    EXPECT_EQ(listed.get("http://203.0.113.80/"), "403");
    EXPECT_EQ(listed.tunnel("203.0.113.66:443"), "403");
    EXPECT_EQ(listed.tunnel("www.good.test:443"), "200");
    EXPECT_FALSE(listed.lab.his->asked("secret"));
    EXPECT_FALSE(listed.lab.his->asked("in-addr"));
  });
}

TEST_P(DaemonSquidTest, AListThatDoesNotSayWhenItResolvesLooksUpFirst) {
  VAUBAN_NEEDS("squid", "unbound", "nsd", "nginx", "chronyd", "curl");
  run([](const os::Confinement& confinement) {
    Proxied listed(confinement, ", names: {allow: [good.test]}, reverse-lookups: never");
    EXPECT_EQ(listed.get("http://secret1.evil.test/"), "403");
    EXPECT_TRUE(listed.lab.his->asked("secret1"));
    EXPECT_EQ(listed.get("http://203.0.113.66/"), "403");
    EXPECT_FALSE(listed.lab.his->asked("in-addr"));
  });
}

TEST_P(DaemonSquidTest, AListByAddressLooksUpBeforeItRefuses) {
  VAUBAN_NEEDS("squid", "unbound", "nsd", "nginx", "chronyd", "curl");
  run([](const os::Confinement& confinement) {
    Proxied listed(confinement,
                   ", addresses: {allow: [203.0.113.80]}, resolves: after-allowing, reverse-lookups: never");
    EXPECT_EQ(listed.said, "GET http://www.good.test/ through http://198.51.100.10:3128: 200");
    EXPECT_EQ(listed.get("http://www.other.test/"), "403");
    EXPECT_EQ(listed.get("http://secret1.evil.test/"), "403");
    EXPECT_TRUE(listed.lab.his->asked("secret1"));
    EXPECT_EQ(listed.get("http://203.0.113.80/"), "200");
    EXPECT_EQ(listed.get("http://203.0.113.81/"), "403");
  });
}

TEST_P(DaemonSquidTest, NamesAndAddressesMustBothPass) {
  VAUBAN_NEEDS("squid", "unbound", "nsd", "nginx", "chronyd", "curl");
  run([](const os::Confinement& confinement) {
    Proxied listed(confinement,
                   ", names: {allow: [good.test, other.test]}, addresses: {allow: [203.0.113.80]}, "
                   "resolves: after-allowing, reverse-lookups: never");
    EXPECT_EQ(listed.get("http://www.good.test/"), "200");
    EXPECT_EQ(listed.get("http://www.other.test/"), "403");
    EXPECT_EQ(listed.get("http://secret1.evil.test/"), "403");
    EXPECT_FALSE(listed.lab.his->asked("secret1"));
    EXPECT_EQ(listed.get("http://203.0.113.80/"), "403");
  });
}

// What a list of names lets through by a literal, where the name of the literal is looked up: whatever its
// owner calls it (docs/decisions/0027-reverse-names.md).
TEST_P(DaemonSquidTest, AReverseLookUpLetsHisAddressPassAsATrustedName) {
  VAUBAN_NEEDS("squid", "unbound", "nsd", "nginx", "chronyd", "curl");
  run([](const os::Confinement& confinement) {
    Proxied listed(confinement, ", names: {allow: [good.test]}, resolves: after-allowing");
    listed.lab.his->answerPointers("www.good.test");
    const std::string code = listed.get("http://203.0.113.66/");
    EXPECT_TRUE(listed.lab.his->asked("66.113.0.203.in-addr.arpa"));
    EXPECT_EQ(code, "503");  // allowed; nobody serves there
  });
}

TEST_P(DaemonSquidTest, AParentIsAskedForEverything) {
  VAUBAN_NEEDS("squid", "unbound", "nsd", "nginx", "chronyd", "curl");
  run([](const os::Confinement& confinement) {
    DaemonLab lab(confinement,
                  std::string(kResolver) +
                      "  top: {zone: inside, address: 198.51.100.11, services: {web: "
                      "{behaviour: http-forward-proxy, port: tcp/8080, resolver: rec}}}\n"
                      "  proxy: {zone: inside, address: [198.51.100.10, \"2001:db8:1::10\"], services: {web: "
                      "{behaviour: http-forward-proxy, port: tcp/3128, resolver: rec, "
                      "upstream: [top], names: {allow: [good.test]}, resolves: after-allowing, "
                      "reverse-lookups: never}}}\n");
    const auto resolver = lab.start("rec"), top = lab.start("top"), proxy = lab.start("proxy");
    ASSERT_TRUE(resolver && top && proxy);
    EXPECT_EQ(lab.check("proxy", *proxy), "GET http://www.good.test/ through http://198.51.100.10:3128: 200");
    EXPECT_EQ(lab.curl("http://secret1.evil.test/", {"-x", "http://198.51.100.10:3128"}).substr(0, 3), "403");
    EXPECT_FALSE(lab.his->asked("secret1"));
    EXPECT_EQ(lab.curl("http://secret2.sub.good.test/", {"-x", "http://198.51.100.10:3128"}).substr(0, 3),
              "503");
    EXPECT_TRUE(lab.his->asked("secret2"));
  });
}

}  // namespace
}  // namespace vauban::lab
