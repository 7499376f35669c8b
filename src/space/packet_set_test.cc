#include "space/packet_set.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <random>
#include <thread>

#include "tests/support/slow_packet_set.h"

namespace vauban::space {
namespace {

using testing::SlowPacketSet;
using testing::SmallUniverse;

Address v4(std::uint32_t value) { return {Family::ipv4, value}; }

AddressSet addresses(std::uint32_t first, std::uint32_t last) {
  return AddressSet(AddressRange{Family::ipv4, first, last});
}

// Four neighbouring addresses across the edge of a digit.
constexpr std::uint32_t kBase = 0x0A00000E;
std::vector<Address> fourAddresses() { return {v4(kBase), v4(kBase + 1), v4(kBase + 2), v4(kBase + 3)}; }

std::vector<Service> sixServices() {
  return {{kIcmp, 0, 0}, {kIcmp, 0, 8}, {kTcp, 0, 15}, {kTcp, 0, 16}, {kUdp, 7, 53}, {50, 0, 0}};
}

struct Box {
  PacketSet set;
  SlowPacketSet twin;
};

std::vector<Box> allBoxes(const SmallUniverse& universe, const std::vector<Service>& services) {
  std::vector<Box> boxes;
  for (std::uint32_t s = 0; s < 16; ++s) {
    for (std::uint32_t d = 0; d < 16; ++d) {
      if (s % 4 < s / 4 || d % 4 < d / 4) continue;
      for (std::size_t first = 0; first < services.size(); ++first) {
        ServiceSet chosen;
        for (std::size_t last = first; last < services.size(); ++last) {
          chosen |= ServiceSet::single(services[last]);
          const AddressSet source = addresses(kBase + s / 4, kBase + s % 4);
          const AddressSet destination = addresses(kBase + d / 4, kBase + d % 4);
          boxes.push_back({PacketSet::product(source, destination, chosen),
                           SlowPacketSet(universe, [&](const Packet& packet) {
                             const auto at = std::find(services.begin(), services.end(), packet.service);
                             const auto index = static_cast<std::size_t>(at - services.begin());
                             return source.contains(packet.source) &&
                                    destination.contains(packet.destination) && first <= index &&
                                    index <= last;
                           })});
        }
      }
    }
  }
  return boxes;
}

void expectAgreement(const SmallUniverse& universe, const Box& a, const Box& b) {
  ASSERT_EQ(SlowPacketSet::of(universe, a.set | b.set), a.twin | b.twin);
  ASSERT_EQ(SlowPacketSet::of(universe, a.set & b.set), a.twin & b.twin);
  ASSERT_EQ(SlowPacketSet::of(universe, a.set - b.set), a.twin - b.twin);
}

TEST(PacketSetTest, EveryPairOfBoxesOverTwoServicesAgreesWithItsTwin) {
  const std::vector<Service> services{{kTcp, 0, 15}, {kTcp, 0, 16}};
  const SmallUniverse universe(fourAddresses(), services);
  const std::vector<Box> boxes = allBoxes(universe, services);
  ASSERT_EQ(boxes.size(), 300U);
  for (const Box& a : boxes) {
    for (const Box& b : boxes) expectAgreement(universe, a, b);
  }
}

TEST(PacketSetTest, EveryBoxOverSixServicesAgreesWithItsTwin) {
  const SmallUniverse universe(fourAddresses(), sixServices());
  const std::vector<Box> boxes = allBoxes(universe, sixServices());
  ASSERT_EQ(boxes.size(), 2100U);
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    const Box& box = boxes[i];
    ASSERT_TRUE(box.set.Validate());
    ASSERT_EQ(SlowPacketSet::of(universe, box.set), box.twin);
    ASSERT_EQ(SlowPacketSet::of(universe, universe.asSet() - box.set), ~box.twin);
    ASSERT_EQ(SlowPacketSet::of(universe, ~box.set), ~box.twin);
    ASSERT_EQ(box.set.cardinality(), std::to_string(box.twin.cardinality()));
    ASSERT_EQ(*box.set.witness(), box.twin.packets().front());
    for (std::size_t j = i % 97; j < boxes.size(); j += 97) expectAgreement(universe, box, boxes[j]);
  }
}

// Random sets over both families, closed under rewriting and answering within the universe.
const SmallUniverse& mixedUniverse() {
  static const SmallUniverse universe(
      {v4(0x0A00000F), v4(0x0A000010), v4(0xFFFFFFFF), {Family::ipv6, 0}, {Family::ipv6, ~Bits128{0}}},
      {{kTcp, 443, 443},
       {kTcp, 443, 49200},
       {kTcp, 49200, 443},
       {kTcp, 49200, 49200},
       {kIcmp, 0, 0},
       {kIcmp, 0, 8},
       {kIcmp, 0, 3},
       {kIcmpV6, 0, 128},
       {kIcmpV6, 0, 129},
       {50, 0, 0}});
  return universe;
}

PacketSet chosen(const std::vector<std::uint8_t>& picks) {
  PacketSet set;
  const auto& packets = mixedUniverse().packets();
  for (const std::uint8_t pick : picks) set |= PacketSet::single(packets[pick % packets.size()]);
  return set;
}

AddressSet someAddresses(std::uint8_t mask) {
  std::vector<AddressRange> ranges;
  const Address all[] = {
      v4(0x0A00000F), v4(0x0A000010), v4(0xFFFFFFFF), {Family::ipv6, 0}, {Family::ipv6, ~Bits128{0}}};
  for (unsigned i = 0; i < 5; ++i) {
    if ((mask >> i) & 1U) ranges.push_back({all[i].family, all[i].value, all[i].value});
  }
  return AddressSet::of(std::move(ranges));
}

TEST(PacketSetTest, RewritesAndAnswersAreImagesOfPoints) {
  using Picks = std::vector<std::uint8_t>;
  EXPECT_TRUE(rc::check(
      "images agree with the twin",
      [](const Picks& picks, std::uint8_t parts, std::uint8_t source, std::uint8_t destination, bool high) {
        const SmallUniverse& universe = mixedUniverse();
        const PacketSet set = chosen(picks);
        const SlowPacketSet slow = SlowPacketSet::of(universe, set);
        const PortRange port = high ? PortRange{49200, 49200} : PortRange{443, 443};
        Rewrite rewrite;
        if (parts & 1U) rewrite.source = someAddresses(source);
        if (parts & 2U) rewrite.destination = someAddresses(destination);
        if (parts & 4U) rewrite.sourcePorts = port;
        if (parts & 8U) rewrite.destinationPorts = port;
        for (const PacketSet image : {set.rewritten(rewrite), set.reversed()}) {
          RC_ASSERT(image.Validate());
          RC_ASSERT(universe.asSet().contains(image));
        }
        RC_ASSERT(SlowPacketSet::of(universe, set.rewritten(rewrite)) == slow.rewritten(rewrite));
        RC_ASSERT(SlowPacketSet::of(universe, set.reversed()) == slow.reversed());
        RC_ASSERT(set.reversed().reversed() == set);
        RC_ASSERT((~set).reversed() == ~set.reversed());
      }));
}

TEST(PacketSetTest, ProjectionsAgreeWithPoints) {
  EXPECT_TRUE(rc::check("projections", [](const std::vector<std::uint8_t>& picks, std::uint8_t s,
                                          std::uint8_t d) {
    const PacketSet set = chosen(picks);
    const AddressSet source = someAddresses(s);
    const AddressSet destination = someAddresses(d);
    AddressSet sources, destinations;
    ServiceSet services, between;
    for (const Packet& packet : SlowPacketSet::of(mixedUniverse(), set).packets()) {
      sources = sources | AddressSet({packet.source.family, packet.source.value, packet.source.value});
      destinations = destinations |
                     AddressSet({packet.source.family, packet.destination.value, packet.destination.value});
      services |= ServiceSet::single(packet.service);
      if (source.contains(packet.source) && destination.contains(packet.destination)) {
        between |= ServiceSet::single(packet.service);
      }
    }
    RC_ASSERT(set.sources() == sources && set.destinations() == destinations && set.services() == services);
    RC_ASSERT(set.services(source, destination) == between);
    const auto matrix = set.services(std::vector{source, destination}, std::vector{destination, source});
    RC_ASSERT(matrix[0][0] == between);
    // The row of a source is not its services to anyone, though both come from the same two diagrams.
    const ServiceSet toAnyone = set.services(source, AddressSet::all());
    RC_ASSERT(set.services(std::vector{source}, std::vector{destination})[0][0] == between);
    RC_ASSERT(set.services(source, AddressSet::all()) == toAnyone && toAnyone.contains(between));
    RC_ASSERT(matrix[0][1] == set.services(source, source));
    RC_ASSERT(matrix[1][0] == set.services(destination, destination));
    RC_ASSERT((~set).sources() == AddressSet::all() && (~set).services().full());
  }));
}

// Sets made of products of prefixes, ranges and services of both families.
using Recipe = std::vector<std::array<std::uint8_t, 6>>;

AddressSet part(std::uint8_t kind, std::uint8_t at) {
  const Bits128 base = (Bits128{0x20010DB8} << 96) | (Bits128{at} << 60);
  switch (kind % 6) {
    case 0:
      return AddressSet::all();
    case 1:
      return addresses(0x0A000000 + 256U * at, 0x0A0000FF + 256U * at);
    case 2:
      return addresses(0x0A000000 + at, 0x0A000000 + 3U * at);
    case 3:
      return addresses(at, 0xFFFFFFFFU - at);
    case 4:
      return AddressSet(AddressRange{Family::ipv6, base, base + (at << 4)});
    default:
      return addresses(0xC0A80000 + at, 0xC0A80000 + at) | AddressSet::all(Family::ipv6);
  }
}

PacketSet built(const Recipe& recipe) {
  PacketSet set;
  for (const auto& [operation, sourceKind, source, destinationKind, destination, service] : recipe) {
    ServiceSet services =
        ServiceSet::ports(service % 2 ? kTcp : kUdp, {service, static_cast<std::uint16_t>(service * 5)});
    if (service % 7 == 0) services = ServiceSet::all() - ServiceSet::icmp(kIcmp, 0, service);
    const PacketSet product =
        PacketSet::product(part(sourceKind, source), part(destinationKind, destination), services);
    set = operation % 8 == 0 ? ~set : operation % 8 < 3 ? set - product : set | product;
  }
  return set;
}

TEST(PacketSetTest, ObeysTheLaws) {
  EXPECT_TRUE(rc::check(
      "packet sets form a Boolean algebra", [](const Recipe& left, const Recipe& right, const Recipe& third) {
        const PacketSet a = built(left);
        const PacketSet b = built(right);
        const PacketSet c = built(third);
        for (const PacketSet set : {a, b, c, a | b, a & b, a - b, ~a, a.reversed()})
          RC_ASSERT(set.Validate());
        RC_ASSERT((a | b) == (b | a));
        RC_ASSERT(((a | b) | c) == (a | (b | c)));
        RC_ASSERT((a & (b | c)) == ((a & b) | (a & c)));
        RC_ASSERT(~(a & b) == (~a | ~b));
        RC_ASSERT((a - b) == (a & ~b));
        RC_ASSERT(~~a == a);
        RC_ASSERT((a | ~a) == PacketSet::all());
        RC_ASSERT((a & ~a).empty());
        RC_ASSERT(a.contains(b) == ((a | b) == a));
        RC_ASSERT(PacketSet::unionOf({a, b, c}) == (a | b | c));
        RC_ASSERT(a.reversed().reversed() == a);
        RC_ASSERT((a | b).reversed() == (a.reversed() | b.reversed()));
        RC_ASSERT(a.reversed().sources() == a.destinations());
        RC_ASSERT(a.reversed().cardinality() == a.cardinality());
        if (!a.empty())
          RC_ASSERT(a.contains(*a.witness()) && PacketSet::single(*a.witness()).cardinality() == "1");
      }));
}

TEST(PacketSetTest, CountsTheWholeUniverseExactly) {
  // (2^64 + 2^256) x (5 x 2^32 + 2 x 256 + 249)
  EXPECT_EQ(PacketSet::all().cardinality(),
            "2486616270166713120374535958071623792113778630325196917755185259319628209012619222188032");
  EXPECT_EQ(PacketSet().cardinality(), "0");
  EXPECT_EQ(PacketSet::product(addresses(0, 0xFFFFFFFF), addresses(0, 0xFFFFFFFF), ServiceSet::protocol(50))
                .cardinality(),
            "18446744073709551616");
  EXPECT_TRUE(PacketSet::single({v4(1), {Family::ipv6, 1}, {kTcp, 1, 1}}).empty());
  EXPECT_EQ((Packet{v4(0x0A000001), v4(0x0A000002), {kUdp, 5000, 53}}).toString(),
            "10.0.0.1 -> 10.0.0.2 udp/53");
}

TEST(PacketSetTest, ThreadsMeetInTheSameNodes) {
  const auto work = [] {
    std::vector<PacketSet> sets;
    std::mt19937 random(20);
    PacketSet set;
    for (int i = 0; i < 300; ++i) {
      Recipe recipe(2);
      for (auto& step : recipe)
        std::generate(step.begin(), step.end(), [&] { return static_cast<std::uint8_t>(random()); });
      set = i % 3 == 0 ? set - built(recipe) : set | built(recipe);
      sets.push_back(set);
    }
    return sets;
  };
  std::vector<std::vector<PacketSet>> results(4);
  std::vector<std::thread> threads;
  for (auto& result : results) threads.emplace_back([&result, &work] { result = work(); });
  for (std::thread& thread : threads) thread.join();
  for (const auto& result : results) EXPECT_TRUE(result == results[0]);
}

}  // namespace
}  // namespace vauban::space
