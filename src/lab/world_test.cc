#include "lab/world.h"

#include <regex>

#include "lab/daemon_test_lab.h"

namespace vauban::lab {
namespace {

class WorldTest : public os::ConfinedTest {};
VAUBAN_CONFINED_TESTS(WorldTest);

TEST_P(WorldTest, NamesAreDelegatedFromTheRootDown) {
  VAUBAN_NEEDS("nsd", "nginx", "chronyd", "dig", "curl");
  run([](const os::Confinement& confinement) {
    DaemonLab lab(confinement, "");
    ASSERT_EQ(lab.world.size(), 3U);
    for (const auto& daemon : lab.world) EXPECT_TRUE(daemon->running()) << daemon->output();
    const auto ask = [&](const std::string& server, const std::string& name, const std::string& type) {
      const std::string said =
          lab.run("client", {"dig", "+norecurse", "+tries=1", "+time=3", "@" + server, name, type});
      return std::regex_replace(said, std::regex("[ \\t]+"), " ");
    };
    // The server has all zones of the world, and the nearest answers, whatever address was asked.
    EXPECT_NE(ask("203.0.113.10", "x.evil.test", "A").find("ns.evil.test. 60 IN A 203.0.113.66"),
              std::string::npos);
    EXPECT_NE(ask("203.0.113.10", ".", "NS").find("ns.root. 60 IN A 203.0.113.10"), std::string::npos);
    EXPECT_NE(ask("203.0.113.10", "test", "NS").find("ns.test. 60 IN A 203.0.113.11"), std::string::npos);
    EXPECT_NE(ask("203.0.113.11", "x.evil.test", "A").find("ns.evil.test. 60 IN A 203.0.113.66"),
              std::string::npos);
    EXPECT_NE(ask("203.0.113.80", "a.b.sub.good.test", "A").find("ns.sub.good.test. 60 IN A 203.0.113.66"),
              std::string::npos);
    EXPECT_NE(ask("203.0.113.80", "any.good.test", "A").find("any.good.test. 60 IN A 203.0.113.80"),
              std::string::npos);
    EXPECT_NE(ask("203.0.113.11", "1.113.0.203.in-addr.arpa", "PTR").find("203.0.113.66"), std::string::npos);
    for (const char* port : {"80", "443"})
      EXPECT_EQ(lab.run("client", {"curl", "-s", std::string("http://203.0.113.80:") + port}),
                std::string(kTrustedPage) + "\n");
  });
}

TEST(World, ServesItsOwnZonesOnly) {
  VAUBAN_NEEDS("nsd", "nginx", "chronyd");
  os::confined([](const os::Confinement& confinement) {
    DaemonLab lab(confinement, "");
    const auto zones = worldZones(lab.plan);
    std::vector<std::string> origins;
    for (const auto& [origin, text] : zones) origins.push_back(origin);
    EXPECT_EQ(origins, (std::vector<std::string>{"", "arpa", "good.test", "other.test", "test"}));
    EXPECT_EQ(zones.at("test").find("sub.good"), std::string::npos) << "delegated by the wrong zone";
    EXPECT_EQ(
        zones.at("good.test"),
        "$ORIGIN good.test.\n$TTL 60\n@ SOA ns.good.test. hostmaster.ns.good.test. 1 3600 600 86400 60\n"
        "@ NS ns.good.test.\nns.good.test. A 203.0.113.80\n@ A 203.0.113.80\n* A 203.0.113.80\n"
        "sub.good.test. NS ns.sub.good.test.\nns.sub.good.test. A 203.0.113.66\n");
  });
}

}  // namespace
}  // namespace vauban::lab
