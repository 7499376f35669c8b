#include "space/service_set.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace vauban::space {
namespace {

using Recipe = std::vector<std::array<std::uint8_t, 4>>;

PortRange portsAt(std::uint8_t at) {
  static constexpr PortRange kRanges[] = {{0, 65535},    {53, 53},   {0, 0},         {65535, 65535},
                                          {1024, 65535}, {443, 443}, {49152, 65535}, {1000, 2000},
                                          {15, 16},      {255, 4096}};
  return kRanges[at % std::size(kRanges)];
}

ServiceSet part(const std::array<std::uint8_t, 4>& step) {
  static constexpr std::uint8_t kProtocols[] = {kTcp,  kUdp,    kDccp, kSctp, kUdpLite,
                                                kIcmp, kIcmpV6, 0,     50,    255};
  const std::uint8_t protocol = kProtocols[step[1] % std::size(kProtocols)];
  if (hasPorts(protocol)) return ServiceSet::ports(protocol, portsAt(step[2]), portsAt(step[3]));
  if (hasIcmpType(protocol)) {
    return ServiceSet::icmp(protocol, std::min(step[2], step[3]), std::max(step[2], step[3]));
  }
  return ServiceSet::protocol(protocol);
}

ServiceSet built(const Recipe& recipe) {
  ServiceSet set;
  for (const auto& step : recipe) {
    switch (step[0] % 8) {
      case 0:
        set = ~set;
        break;
      case 1:
      case 2:
        set -= part(step);
        break;
      default:
        set |= part(step);
    }
  }
  return set;
}

// Points at and next to the edges of everything `part` makes.
std::vector<Service> probes() {
  std::vector<Service> points;
  const std::uint16_t ports[] = {0, 1, 14, 16, 53, 54, 443, 999, 2000, 4096, 4097, 49151, 49152, 65535};
  for (unsigned p = 0; p < 256; ++p) {
    const auto protocol = static_cast<std::uint8_t>(p);
    if (hasPorts(protocol)) {
      for (const std::uint16_t source : ports) {
        for (const std::uint16_t destination : ports) points.push_back({protocol, source, destination});
      }
    } else if (hasIcmpType(protocol)) {
      for (std::uint16_t type = 0; type < 256; ++type) points.push_back({protocol, 0, type});
    } else {
      points.push_back({protocol, 0, 0});
    }
  }
  return points;
}

TEST(ServiceSetTest, TheUniverseHasTheStatedSize) {
  const unsigned __int128 expected = 5 * (static_cast<unsigned __int128>(1) << 32) + 2 * 256 + 249;
  EXPECT_TRUE(ServiceSet::all().cardinality() == expected);
  ServiceSet every;
  for (unsigned p = 0; p < 256; ++p) every |= ServiceSet::protocol(static_cast<std::uint8_t>(p));
  EXPECT_TRUE(every.full());
  EXPECT_TRUE(ServiceSet::single({kIcmp, 0, 256}).empty());
  EXPECT_TRUE(ServiceSet::single({50, 1, 0}).empty());
  EXPECT_FALSE(ServiceSet::all().contains({kIcmp, 1, 8}));
}

TEST(ServiceSetTest, Prints) {
  EXPECT_EQ(ServiceSet().toString(), "none");
  EXPECT_EQ(ServiceSet::all().toString(), "any");
  EXPECT_EQ(ServiceSet::ports(kTcp, {443, 443}).toString(), "tcp/443");
  EXPECT_EQ(ServiceSet::ports(kUdp, {1000, 2000}).toString(), "udp/1000-2000");
  EXPECT_EQ(ServiceSet::icmp(kIcmp, 8, 8).toString(), "icmp/8");
  EXPECT_EQ(ServiceSet::icmp(kIcmpV6, 128, 128).toString(), "icmpv6/128");
  EXPECT_EQ(ServiceSet::protocol(kTcp).toString(), "tcp");
  EXPECT_EQ(ServiceSet::protocol(50).toString(), "ip/50");
  EXPECT_EQ((ServiceSet::protocol(50) | ServiceSet::protocol(51)).toString(), "ip/50-51");
  EXPECT_EQ(ServiceSet::ports(kTcp, {1024, 65535}, {443, 443}).toString(), "tcp/1024-65535>443");
  EXPECT_EQ((~ServiceSet::ports(kUdp, {53, 53})).toString(), "ip/0-16, udp/0-52, udp/54-65535, ip/18-255");
  EXPECT_EQ((Service{kUdp, 50000, 53}).toString(), "udp/53");
  EXPECT_EQ((Service{50, 0, 0}).toString(), "ip/50");
}

TEST(ServiceSetTest, WitnessPrefersAnEphemeralSourcePort) {
  EXPECT_EQ(ServiceSet::ports(kTcp, {443, 443}).witness(), (Service{kTcp, 49152, 443}));
  EXPECT_EQ(ServiceSet::ports(kTcp, {443, 443}).witness(false), (Service{kTcp, 0, 443}));
  EXPECT_EQ(ServiceSet::ports(kTcp, {22, 22}, {443, 443}).witness(), (Service{kTcp, 22, 443}));
  EXPECT_FALSE(ServiceSet().witness());
}

TEST(ServiceSetTest, AnswersComeBack) {
  const ServiceSet dns = ServiceSet::ports(kUdp, {1024, 65535}, {53, 53});
  EXPECT_EQ(dns.reversed(), ServiceSet::ports(kUdp, {53, 53}, {1024, 65535}));
  EXPECT_EQ(ServiceSet::icmp(kIcmp, 8, 8).reversed(), ServiceSet::icmp(kIcmp, 0, 0));
  EXPECT_EQ(ServiceSet::icmp(kIcmp, 13, 14).reversed(), ServiceSet::icmp(kIcmp, 13, 14));
  EXPECT_EQ(ServiceSet::icmp(kIcmpV6, 128, 128).reversed(), ServiceSet::icmp(kIcmpV6, 129, 129));
  EXPECT_EQ(ServiceSet::icmp(kIcmpV6, 8, 8).reversed(), ServiceSet::icmp(kIcmpV6, 8, 8));
  EXPECT_EQ(ServiceSet::all().reversed(), ServiceSet::all());
}

TEST(ServiceSetTest, ObeysTheLaws) {
  EXPECT_TRUE(rc::check("service sets form a Boolean algebra", [](const Recipe& left, const Recipe& right,
                                                                  const Recipe& third) {
    const ServiceSet a = built(left);
    const ServiceSet b = built(right);
    const ServiceSet c = built(third);
    for (const ServiceSet set : {a, b, c, a | b, a & b, a - b, ~a, a.reversed(), a.anySourcePort()}) {
      RC_ASSERT(set.Validate());
    }
    RC_ASSERT((a | b) == (b | a));
    RC_ASSERT(((a | b) | c) == (a | (b | c)));
    RC_ASSERT((a & (b | c)) == ((a & b) | (a & c)));
    RC_ASSERT(~(a & b) == (~a | ~b));
    RC_ASSERT((a - b) == (a & ~b));
    RC_ASSERT(~~a == a);
    RC_ASSERT((a | ~a).full());
    RC_ASSERT((a & ~a).empty());
    RC_ASSERT(a.contains(b) == ((a | b) == a));
    RC_ASSERT((a | b).cardinality() + (a & b).cardinality() == a.cardinality() + b.cardinality());
    RC_ASSERT(a.reversed().reversed() == a);
    RC_ASSERT((a | b).reversed() == (a.reversed() | b.reversed()));
    RC_ASSERT(a.anySourcePort().contains(a));
    RC_ASSERT(ServiceSet::fromNode(a.node()) == a);
  }));
}

TEST(ServiceSetTest, AgreesWithPoints) {
  const std::vector<Service> points = probes();
  EXPECT_TRUE(rc::check("operations are operations on points", [&](const Recipe& left, const Recipe& right,
                                                                   std::uint8_t ports) {
    const ServiceSet a = built(left);
    const ServiceSet b = built(right);
    const PortRange to = portsAt(ports);
    const ServiceSet both = a & b, either = a | b, less = a - b, answers = a.reversed(),
                     any = a.anySourcePort();
    const ServiceSet sourced = a.withSourcePorts(to), destined = a.withDestinationPorts(to);
    RC_ASSERT(sourced.Validate() && destined.Validate());
    for (const Service& point : points) {
      const bool inA = a.contains(point);
      const bool inB = b.contains(point);
      RC_ASSERT(both.contains(point) == (inA && inB));
      RC_ASSERT(either.contains(point) == (inA || inB));
      RC_ASSERT(less.contains(point) == (inA && !inB));
      if (!hasPorts(point.protocol)) {
        RC_ASSERT(any.contains(point) == inA && sourced.contains(point) == inA &&
                  destined.contains(point) == inA);
        continue;
      }
      RC_ASSERT(answers.contains({point.protocol, point.destinationPort, point.sourcePort}) == inA);
      const auto within = [&](std::uint16_t port) { return to.first <= port && port <= to.last; };
      const bool someSource =
          !(a & ServiceSet::ports(point.protocol, {point.destinationPort, point.destinationPort})).empty();
      const bool someDestination =
          !(a & ServiceSet::ports(point.protocol, {point.sourcePort, point.sourcePort}, {})).empty();
      RC_ASSERT(any.contains(point) == someSource);
      RC_ASSERT(sourced.contains(point) == (someSource && within(point.sourcePort)));
      RC_ASSERT(destined.contains(point) == (someDestination && within(point.destinationPort)));
    }
    if (!a.empty()) {
      RC_ASSERT(a.contains(*a.witness()));
      for (const Service& point : points) {
        if (a.contains(point)) RC_ASSERT(*a.witness(false) <= point);
      }
    }
  }));
}

TEST(ServiceSetTest, BoxesAreDisjointSortedAndExact) {
  EXPECT_TRUE(rc::check("the union of the boxes is the set", [](const Recipe& recipe) {
    const ServiceSet set = built(recipe);
    const auto boxes = set.boxes();
    RC_ASSERT(std::is_sorted(boxes.begin(), boxes.end()));
    ServiceSet sum;
    for (const ServiceSet::Box& box : boxes) {
      ServiceSet one;
      for (unsigned p = box.firstProtocol; p <= box.lastProtocol; ++p) {
        const auto protocol = static_cast<std::uint8_t>(p);
        if (hasPorts(protocol)) {
          one |= ServiceSet::ports(protocol, box.source, box.destination);
        } else if (hasIcmpType(protocol)) {
          one |= ServiceSet::icmp(protocol, static_cast<std::uint8_t>(box.destination.first),
                                  static_cast<std::uint8_t>(box.destination.last));
        } else {
          one |= ServiceSet::protocol(protocol);
        }
      }
      RC_ASSERT(!one.empty() && !one.intersects(sum));
      sum |= one;
    }
    RC_ASSERT(sum == set);
  }));
}

}  // namespace
}  // namespace vauban::space
