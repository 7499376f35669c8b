// A second oracle: random first-match rule lists computed by these diagrams and by BuDDy, which share no
// code.
#include <bdd.h>
#include <gtest/gtest.h>

#include <cmath>
#include <iostream>
#include <random>

#include "space/packet_set.h"

namespace vauban::space {
namespace {

// Boolean variables: source 32, destination 32, protocol 8, source port 16, destination port 16.
constexpr int kSourceAt = 0, kDestinationAt = 32, kProtocolAt = 64, kSourcePortAt = 72,
              kDestinationPortAt = 88;
constexpr int kVariables = 104;

struct Rule {
  bool allow;
  AddressRange source, destination;
  std::uint8_t protocol;
  PortRange sourcePorts, destinationPorts;
};

bdd atLeast(int at, int width, std::uint64_t value) {
  bdd result = bddtrue;
  for (int i = width - 1; i >= 0; --i) {
    const bool one = ((value >> (width - 1 - i)) & 1U) != 0;
    result = one ? bdd_ithvar(at + i) & result : bdd_ithvar(at + i) | result;
  }
  return result;
}

bdd atMost(int at, int width, std::uint64_t value) {
  bdd result = bddtrue;
  for (int i = width - 1; i >= 0; --i) {
    const bool one = ((value >> (width - 1 - i)) & 1U) != 0;
    result = one ? bdd_nithvar(at + i) | result : bdd_nithvar(at + i) & result;
  }
  return result;
}

bdd between(int at, int width, Bits128 first, Bits128 last) {
  return atLeast(at, width, static_cast<std::uint64_t>(first)) &
         atMost(at, width, static_cast<std::uint64_t>(last));
}

bdd asBdd(const Rule& rule) {
  return between(kSourceAt, 32, rule.source.first, rule.source.last) &
         between(kDestinationAt, 32, rule.destination.first, rule.destination.last) &
         between(kProtocolAt, 8, rule.protocol, rule.protocol) &
         between(kSourcePortAt, 16, rule.sourcePorts.first, rule.sourcePorts.last) &
         between(kDestinationPortAt, 16, rule.destinationPorts.first, rule.destinationPorts.last);
}

PacketSet asSet(const Rule& rule) {
  return PacketSet::product(AddressSet(rule.source), AddressSet(rule.destination),
                            ServiceSet::ports(rule.protocol, rule.sourcePorts, rule.destinationPorts));
}

bool holds(bdd f, const Packet& packet) {
  const auto bit = [&](int variable) {
    if (variable < kDestinationAt) return (packet.source.value >> (31 - variable)) & 1U;
    if (variable < kProtocolAt) return (packet.destination.value >> (63 - variable)) & 1U;
    if (variable < kSourcePortAt) return Bits128{(packet.service.protocol >> (71 - variable)) & 1U};
    if (variable < kDestinationPortAt) return Bits128{(packet.service.sourcePort >> (87 - variable)) & 1U};
    return Bits128{(packet.service.destinationPort >> (103 - variable)) & 1U};
  };
  while (f != bddtrue && f != bddfalse) f = bit(bdd_var(f)) != 0 ? bdd_high(f) : bdd_low(f);
  return f == bddtrue;
}

class Generator {
 public:
  explicit Generator(std::uint32_t seed) : random_(seed) {}

  std::uint32_t below(std::uint32_t end) { return random_() % end; }

  AddressRange addresses() {
    const std::uint32_t address = 0x0A000000U | (below(4) << 16) | (below(8) << 8) | below(256);
    static constexpr unsigned kHostBits[] = {0, 0, 3, 8, 13, 16, 24, 32};
    const unsigned bits = kHostBits[below(8)];
    if (below(6) == 0) return {Family::ipv4, address, address + below(70000)};
    const Bits128 mask = (Bits128{1} << bits) - 1;
    return {Family::ipv4, address & ~mask, address | mask};
  }

  PortRange ports() {
    const auto port = static_cast<std::uint16_t>(below(3) == 0 ? below(65536) : 20 + below(10));
    if (below(3) == 0) return {};
    if (below(3) == 0) return {port, static_cast<std::uint16_t>(port + below(65536U - port))};
    return {port, port};
  }

  Rule rule() {
    return {below(3) != 0,
            addresses(),
            addresses(),
            below(2) == 0 ? kTcp : kUdp,
            below(4) == 0 ? ports() : PortRange{},
            ports()};
  }

  // A point at, or one off, the corner of a rule: where an error of a boundary would show.
  Packet near(const Rule& rule) {
    const auto address = [&](const AddressRange& range) {
      return Address{Family::ipv4, ((below(2) == 0 ? range.first : range.last) + below(3) - 1) & 0xFFFFFFFFU};
    };
    const auto port = [&](PortRange range) {
      return static_cast<std::uint16_t>((below(2) == 0 ? range.first : range.last) + below(3) - 1);
    };
    return {address(rule.source),
            address(rule.destination),
            {rule.protocol, port(rule.sourcePorts), port(rule.destinationPorts)}};
  }

 private:
  std::mt19937 random_;
};

TEST(PacketSetBuddyTest, FirstMatchRuleListsAgree) {
  ASSERT_GE(bdd_init(1000000, 100000), 0);
  bdd_setvarnum(kVariables);
  bdd_setmaxincrease(1000000);
  bdd_gbc_hook(nullptr);
  const std::uint32_t seed = std::random_device{}();
  std::cout << "seed " << seed << "\n";
  {  // BuDDy's handles must be gone before bdd_done
    for (std::uint32_t round = 0; round < 40; ++round) {
      Generator generator(seed + round);
      std::vector<Rule> rules(1 + generator.below(60));
      for (Rule& rule : rules) rule = generator.rule();
      bdd accepted = bddfalse, decided = bddfalse;
      PacketSet ours, oursDecided;
      for (const Rule& rule : rules) {
        const bdd theirs = asBdd(rule);
        const PacketSet set = asSet(rule);
        if (rule.allow) {
          accepted |= theirs - decided;
          ours |= set - oursDecided;
        }
        ASSERT_EQ(set - oursDecided == PacketSet(), (theirs - decided) == bddfalse);
        decided |= theirs;
        oursDecided |= set;
      }
      ASSERT_TRUE(ours.Validate());
      const double count = std::stod(ours.cardinality());
      ASSERT_NEAR(count, bdd_satcount(accepted), 1e-9 * count) << "seed " << seed + round;
      for (int i = 0; i < 2000; ++i) {
        const Packet packet =
            generator.near(rules[generator.below(static_cast<std::uint32_t>(rules.size()))]);
        ASSERT_EQ(ours.contains(packet), holds(accepted, packet))
            << "seed " << seed + round << " " << packet.toString();
      }
    }
  }
  bdd_done();
}

}  // namespace
}  // namespace vauban::space
