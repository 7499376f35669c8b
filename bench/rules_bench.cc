// First-match rules to the full class matrix, against BuDDy building the accepted set of the same rules in
// the same run. Prints one line a size and the ratio; arguments: number of rules, number of host addresses
// (defaults 10000 1000).
#include <bdd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "reach/class_matrix.h"

namespace {

using vauban::model::Action;
using vauban::model::FilterProgram;
using vauban::model::FilterRule;
using vauban::space::AddressRange;
using vauban::space::AddressSet;
using vauban::space::Family;
using vauban::space::ServiceSet;

struct Rule {
  std::uint32_t source, destination;
  int sourceLength, destinationLength;
  std::uint8_t protocol;
  std::uint16_t firstPort, lastPort;
  bool permit;
};

// An enterprise as its firewalls list it: half of the sides are hosts, a third networks of /24, the rest
// wider; most services are well-known ports, one in ten is all ports; wide rules mostly deny.
std::vector<Rule> enterprise(std::size_t count, std::uint32_t hosts) {
  std::mt19937 random(7);
  static constexpr std::uint16_t kPorts[] = {22,  25,  53,   80,   88,   123,  135,  389,  443,
                                             445, 636, 1433, 1521, 3128, 3306, 3389, 5432, 8443};
  const std::uint32_t networks = std::max<std::uint32_t>(8, hosts / 50);
  auto side = [&](std::uint32_t& address, int& length) {
    const auto kind = random() % 10;
    address = (10U << 24) | ((random() % networks) << 8);
    length = 24;
    if (kind < 5) {
      address |= random() % 50 + 1;
      length = 32;
    } else if (kind == 8) {
      address &= ~0xFFFU;
      length = 20;
    } else if (kind == 9) {
      address = 10U << 24;
      length = 8;
    }
  };
  std::vector<Rule> rules;
  for (std::size_t r = 0; r < count; ++r) {
    Rule rule{};
    side(rule.source, rule.sourceLength);
    side(rule.destination, rule.destinationLength);
    rule.protocol = random() % 4 == 0 ? vauban::space::kUdp : vauban::space::kTcp;
    const auto ports = random() % 10;
    if (ports < 7) {
      rule.firstPort = rule.lastPort = kPorts[random() % std::size(kPorts)];
    } else if (ports < 9) {
      rule.firstPort = static_cast<std::uint16_t>(1024 + random() % 40000);
      rule.lastPort = static_cast<std::uint16_t>(rule.firstPort + random() % 2000);
    } else {
      rule.lastPort = 65535;  // any port
    }
    const bool wide = rule.sourceLength < 24 || rule.destinationLength < 24;
    rule.permit = wide ? random() % 3 == 0 : random() % 6 != 0;
    rules.push_back(rule);
  }
  return rules;
}

FilterProgram programOf(const std::vector<Rule>& rules) {
  FilterProgram program;
  program.chains.push_back({"FORWARD", {}, Action::drop, {}});
  program.entry = vauban::model::ChainId(0);
  auto prefix = [](std::uint32_t address, int length) {
    const std::uint32_t host = length == 32 ? 0 : (length == 0 ? ~0U : (1U << (32 - length)) - 1);
    return AddressSet(AddressRange{Family::ipv4, address & ~host, address | host});
  };
  for (const Rule& rule : rules) {
    FilterRule made;
    made.source = prefix(rule.source, rule.sourceLength);
    made.destination = prefix(rule.destination, rule.destinationLength);
    made.services = ServiceSet::ports(rule.protocol, {rule.firstPort, rule.lastPort});
    made.action = rule.permit ? Action::accept : Action::drop;
    program.chains.front().rules.push_back(std::move(made));
  }
  return program;
}

bdd prefixBits(int base, std::uint32_t value, int length) {
  bdd bits = bddtrue;
  for (int i = length - 1; i >= 0; --i)
    bits = ((value >> (31 - i)) & 1U ? bdd_ithvar(base + i) : bdd_nithvar(base + i)) & bits;
  return bits;
}

bdd compare(int base, std::uint32_t value, bool least) {
  bdd bits = bddtrue;
  for (int i = 15; i >= 0; --i) {
    const bool one = (value >> (15 - i)) & 1U;
    const bdd variable = least ? bdd_ithvar(base + i) : bdd_nithvar(base + i);
    bits = one == least ? variable & bits : variable | bits;
  }
  return bits;
}

double seconds(std::chrono::steady_clock::time_point since) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 10'000;
  const auto hosts = static_cast<std::uint32_t>(argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 1'000);
  const std::vector<Rule> rules = enterprise(count, hosts);

  auto start = std::chrono::steady_clock::now();
  const vauban::reach::ClassMatrix matrix = vauban::reach::classMatrix(programOf(rules), Family::ipv4);
  const double ours = seconds(start);
  std::size_t open = 0;
  std::size_t pairs = 0;
  for (const auto& row : matrix.cells) {
    for (const ServiceSet& cell : row) open += cell.empty() ? 0 : 1;
    pairs += row.size();
  }
  std::printf("%zu rules: %zu x %zu classes, %zu of %zu pairs open; ours (full matrix) %.3f s", rules.size(),
              matrix.sources.size(), matrix.destinations.size(), open, pairs, ours);
  std::fflush(stdout);

  bdd_init(4'000'000, 400'000);
  bdd_setmaxincrease(2'000'000);
  bdd_setvarnum(88);
  bdd_gbc_hook(nullptr);
  start = std::chrono::steady_clock::now();
  bdd accepted = bddfalse;
  for (std::size_t r = rules.size(); r-- > 0;) {
    const Rule& rule = rules[r];
    const bdd match = prefixBits(0, rule.source, rule.sourceLength) &
                      prefixBits(32, rule.destination, rule.destinationLength) &
                      prefixBits(64, std::uint32_t{rule.protocol} << 24, 8) &
                      compare(72, rule.firstPort, true) & compare(72, rule.lastPort, false);
    accepted = rule.permit ? (accepted | match) : bdd_apply(accepted, match, bddop_diff);
  }
  const double peer = seconds(start);
  std::printf(", BuDDy (set only) %.3f s, ratio %.1f\n", peer, peer / ours);
  return 0;
}
