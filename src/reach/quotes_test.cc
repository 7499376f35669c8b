// Errors of points to the source that a packet bears (semantics 5.6).
#include <gtest/gtest.h>

#include <memory>

#include "model/model_reader.h"
#include "reach/network.h"

namespace vauban::reach {
namespace {

// a - r1 - b - r2 - net, with nothing allowed; r1 and r2 may be one device.
struct Chain {
  model::BehaviourCatalogue behaviours;
  std::unique_ptr<model::Model> model;
  Atoms atoms;
  std::unique_ptr<Network> network;

  explicit Chain(const std::string& enforcement, const std::string& flows = "[]",
                 const std::string& first = "r1", const std::string& ofFirst = "") {
    behaviours = *model::BehaviourCatalogue::builtIn();
    model::Vocabulary vocabulary;
    vocabulary.behaviours = &behaviours;
    auto read = model::readModelText(
        "model.yaml",
        "vauban: 1\nzones:\n  a: {networks: [10.1.0.0/24]}\n  b: {networks: [10.2.0.0/24]}\n"
        "  net: {networks: [0.0.0.0/0], untrusted: true}\nhosts:\n"
        "  one: {zone: a, address: 10.1.0.5, services: {}}\n"
        "  two: {zone: b, address: 10.2.0.5, services: {}}\nunlisted: none\nlinks:\n"
        "  - {between: [a, b], device: " +
            first + ofFirst + "}\n  - {between: [b, net], device: r2}\n" +
            "devices: {r1: {product: x}, r2: {product: x}}\nflows: " + flows +
            "\nenforcement: {families: [ipv4, ipv6], uncovered: drop, " + enforcement + "}\n",
        vocabulary);
    EXPECT_TRUE(read.has_value()) << (read ? "" : read.error().front().message);
    model = std::make_unique<model::Model>(std::move(*read));
    network = std::make_unique<Network>(*model, atoms, std::vector<std::vector<bool>>(1));
  }

  PartyId party(const std::string& name) const {
    for (std::size_t p = 0; p < network->parties().size(); ++p) {
      if (network->parties()[p].name == name) return PartyId(p);
    }
    ADD_FAILURE() << "no party " << name;
    return {};
  }

  std::optional<Network::Quote> quote(const std::string& from, const std::string& victim) const {
    return network->quote(party(from), network->at(party(victim)).classes.front(), false,
                          space::ServiceSet::all(), {});
  }
};

constexpr const char* kShut =
    "anti-spoofing: off, unmatched: drop, stateful: {established: true, related: none, helpers: []}";
constexpr const char* kRelated =
    "anti-spoofing: off, unmatched: drop, stateful: {established: true, related: all, helpers: []}";

TEST(Quotes, GoIntoTheZonesBesideTheDevice) {
  const Chain chain(kShut);
  const auto quote = chain.quote("one", "two");
  ASSERT_TRUE(quote.has_value());
  EXPECT_FALSE(quote->rejected);
  EXPECT_TRUE(quote->atoms.empty());
  EXPECT_EQ(chain.network->points()[quote->point.index()].name, "r1");
  // No error answers an error (RFC 1122 section 3.2.2).
  EXPECT_FALSE(quote->packets.intersects(icmpErrors(space::Family::ipv4)));
  EXPECT_TRUE(quote->packets.contains(space::ServiceSet::protocol(space::kUdp)));
}

TEST(Quotes, NeedLeaveAtAnotherDevice) {
  EXPECT_FALSE(Chain(kShut).quote("one", "net").has_value());
  EXPECT_FALSE(Chain(kRelated).quote("one", "net").has_value());
  // A rule for errors from where the device stands, and no other, lets them pass.
  EXPECT_TRUE(Chain(kShut, "[{allow: {from: b, to: net, service: icmp/3}}]").quote("one", "net").has_value());
  EXPECT_FALSE(
      Chain(kShut, "[{allow: {from: b, to: net, service: icmp/8}}]").quote("one", "net").has_value());
}

TEST(Quotes, AreRelatedToAFlowThatTheDeviceKnows) {
  const std::string flows = "[{allow: {from: two, to: net, service: https}}]";
  EXPECT_FALSE(Chain(kShut, flows).quote("one", "net").has_value());
  const Chain chain(kRelated, flows);
  const auto quote = chain.quote("one", "net");
  ASSERT_TRUE(quote.has_value());
  // What it quotes looks like an answer of that flow.
  EXPECT_EQ(chain.network->endpoint(quote->destination).party, chain.party("two"));
  EXPECT_EQ(quote->packets, space::ServiceSet::ports(space::kTcp, {443, 443}).reversed());
}

TEST(Quotes, LeaveADeviceByAllOfItsLinks) {
  const Chain chain(kShut, "[]", "r2");
  const auto quote = chain.quote("one", "net");
  ASSERT_TRUE(quote.has_value());
  EXPECT_EQ(chain.network->points()[quote->point.index()].name, "r2");
}

TEST(Quotes, AnswerOnlyWhatIsToleratedOnEntry) {
  EXPECT_FALSE(Chain(kShut, "[]", "r1", ", anti-spoofing: zone").quote("one", "two").has_value());
  // r2 checks nothing.
  EXPECT_TRUE(Chain(kShut, "[]", "r1", ", anti-spoofing: zone").quote("two", "net").has_value());
  // In a family that passes uncovered every source is.
  EXPECT_TRUE(Chain(kShut, "[]", "r1", ", anti-spoofing: host, families: [ipv6], uncovered: pass")
                  .quote("one", "two")
                  .has_value());
  EXPECT_FALSE(
      Chain(kShut, "[]", "r1", ", families: [ipv6], uncovered: drop").quote("one", "two").has_value());
}

TEST(Quotes, NameTheStatementsThatWouldShutThem) {
  const Chain chain("unmatched: drop, stateful: {established: true, related: none, helpers: []}");
  const auto quote = chain.quote("one", "two");
  ASSERT_TRUE(quote.has_value());
  std::vector<std::string> lines;
  for (const AtomId atom : quote->atoms) lines.push_back(chain.atoms.at(atom).line);
  EXPECT_EQ(lines, (std::vector<std::string>{"anti-spoofing: zone", "anti-spoofing: host"}));
}

TEST(Quotes, FollowWhatTheFirstDeviceLetsPass) {
  // r1 tolerates any source; its own error would need leave at r2, r2's does not.
  const Chain chain(kShut, "[{allow: {from: net, to: two, service: dns}}]");
  EXPECT_FALSE(chain.quote("one", "net").has_value());  // two is not behind r2
  const Chain through(kShut, "[{allow: {from: b, to: net, service: dns}}]");
  EXPECT_FALSE(through.quote("one", "net").has_value());  // the source is not of b
  const Chain forged(kShut, "[{allow: {from: net, to: net, service: dns}}]");
  const auto quote = forged.quote("one", "net");
  ASSERT_TRUE(quote.has_value());
  EXPECT_EQ(forged.network->points()[quote->point.index()].name, "r2");
  EXPECT_TRUE(quote->packets.contains(space::ServiceSet::ports(space::kUdp, {53, 53})));
  EXPECT_FALSE(quote->packets.intersects(space::ServiceSet::ports(space::kUdp, {54, 54})));
}

TEST(Quotes, AreOfARejectedPacketWhereARuleRejects) {
  const Chain chain(kShut, "[{reject: {from: two, to: net, service: https}}]");
  const auto quote = chain.quote("one", "two");
  ASSERT_TRUE(quote.has_value());
  EXPECT_TRUE(quote->rejected);
  EXPECT_EQ(quote->packets, space::ServiceSet::ports(space::kTcp, {443, 443}));
}

}  // namespace
}  // namespace vauban::reach
