// For tests: a client and a server inside, the adversary and a bystander on one wire outside, a router
// between them.
//
//   client 198.51.100.2  --- (c) router (o) --- wire (bridge) --- adversary 203.0.113.2, .3
//   server 198.51.100.66 --- (s)                              --- bystander 203.0.113.9
// and the same in 2001:db8:1::/64, :2::/64, :3::/64.
#pragma once

#include <atomic>
#include <memory>
#include <set>
#include <string>

#include "lab/adversary.h"
#include "lab/probe.h"
#include "os/test_network.h"

namespace vauban::lab {

struct TestLab {
  std::unique_ptr<os::Testbed> testbed;
  os::NodeId router, client, server, wire, adversaryNode, bystander;
  std::unique_ptr<Adversary> adversary;

  explicit TestLab(const os::Confinement& world) : testbed(os::openTestbed(world)) {
    using os::addAddress, os::addRoute;
    const auto node = [&](const char* name, os::NodeRole role) {
      return testbed->addNode(name, role).value();
    };
    router = node("router", os::NodeRole::router);
    client = node("client", os::NodeRole::host);
    server = node("server", os::NodeRole::host);
    wire = node("wire", os::NodeRole::host);
    adversaryNode = node("adversary", os::NodeRole::host);
    bystander = node("bystander", os::NodeRole::host);
    const Result<void> applied = testbed->apply({
        os::VethPair{{client, "eth0"}, {router, "c"}},
        os::VethPair{{server, "eth0"}, {router, "s"}},
        os::Bridge{wire, "ix"},
        os::VethPair{{router, "o"}, {wire, "p1"}},
        os::VethPair{{adversaryNode, "eth0"}, {wire, "p2"}},
        os::VethPair{{bystander, "eth0"}, {wire, "p3"}},
        os::BridgePort{wire, "p1", "ix"},
        os::BridgePort{wire, "p2", "ix"},
        os::BridgePort{wire, "p3", "ix"},
        addAddress(router, "c", "198.51.100.1/26"),
        addAddress(router, "s", "198.51.100.65/26"),
        addAddress(router, "o", "203.0.113.1/24"),
        addAddress(client, "eth0", "198.51.100.2/26"),
        addAddress(server, "eth0", "198.51.100.66/26"),
        addAddress(adversaryNode, "eth0", "203.0.113.2/24"),
        addAddress(adversaryNode, "eth0", "203.0.113.3/24"),
        addAddress(bystander, "eth0", "203.0.113.9/24"),
        addAddress(router, "c", "2001:db8:1::1/64"),
        addAddress(router, "s", "2001:db8:2::1/64"),
        addAddress(router, "o", "2001:db8:3::1/64"),
        addAddress(client, "eth0", "2001:db8:1::2/64"),
        addAddress(server, "eth0", "2001:db8:2::2/64"),
        addAddress(adversaryNode, "eth0", "2001:db8:3::2/64"),
        addAddress(bystander, "eth0", "2001:db8:3::9/64"),
        addRoute(client, "0.0.0.0/0", "198.51.100.1"),
        addRoute(server, "0.0.0.0/0", "198.51.100.65"),
        addRoute(adversaryNode, "0.0.0.0/0", "203.0.113.1"),
        addRoute(client, "::/0", "2001:db8:1::1"),
        addRoute(server, "::/0", "2001:db8:2::1"),
        addRoute(adversaryNode, "::/0", "2001:db8:3::1"),
    });
    EXPECT_TRUE(applied) << os::why(applied);
    const Result<void> ready = testbed->awaitLinks(std::chrono::milliseconds(3000));
    EXPECT_TRUE(ready) << os::why(ready);
    Domain domain;
    domain.name = "evil.example";
    domain.nameServer = os::address("203.0.113.2");
    domain.hosts = {os::address("203.0.113.2"), os::address("2001:db8:3::2")};
    auto started = Adversary::start(
        *testbed, adversaryNode, "eth0",
        {os::address("203.0.113.2"), os::address("203.0.113.3"), os::address("2001:db8:3::2")}, {domain}, {});
    EXPECT_TRUE(started) << os::why(started);
    if (started) adversary = std::move(*started);
  }

  void rules(const std::string& forward) {
    const Result<void> loaded = testbed->loadRules(
        router,
        "flush ruleset\ntable inet t {\nchain f {\ntype filter hook forward priority 0; policy drop\n" +
            forward + "\n}\n}\n",
        "test");
    EXPECT_TRUE(loaded) << os::why(loaded);
  }

  Probe probe(Carrier carrier, bool ipv6 = false) const {
    Probe made;
    made.carrier = carrier;
    made.from = client;
    made.source = os::address(ipv6 ? "2001:db8:1::2" : "198.51.100.2");
    made.to = os::address(ipv6 ? "2001:db8:3::2" : "203.0.113.2");
    made.port = carrier == Carrier::datagram || carrier == Carrier::stream ? 4444 : 0;
    made.domain = "evil.example";
    made.bytes = bytesFor(carrier);
    return made;
  }

  struct Outcome {
    Sent sent;
    Witness::Seen seen;
  };
  Outcome attempt(const Probe& probe, std::chrono::milliseconds atMost = std::chrono::seconds(20)) {
    static std::atomic<std::uint64_t> seed = 1;
    const Payload payload(++seed, probe.bytes, chunkBytesFor(probe.carrier));
    const Witness::Id id = adversary->witness().expect(payload);
    const Result<Sent> sent = sendProbe(*testbed, probe, payload, atMost);
    EXPECT_TRUE(sent) << carrierName(probe.carrier) << ": " << os::why(sent);
    const Witness::Seen seen = adversary->witness().await(id, std::chrono::milliseconds(300));
    adversary->witness().forget(id);
    return {sent ? *sent : Sent(), seen};
  }
};

inline std::string joined(const std::set<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : ", ") + text;
  return all;
}
inline std::string joined(const std::set<space::Service>& packets) {
  std::set<std::string> texts;
  for (const space::Service& packet : packets) texts.insert(packet.toString());
  return joined(texts);
}

}  // namespace vauban::lab
