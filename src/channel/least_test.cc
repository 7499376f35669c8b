// The least set of statements against every subset of them.
#include "channel/least.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <random>

namespace vauban::channel {
namespace {

constexpr std::size_t kAtoms = 7;

std::vector<reach::AtomIds> someWays(std::mt19937& random, unsigned one, std::size_t least) {
  std::vector<reach::AtomIds> ways;
  for (std::size_t w = 0, count = random() % 8; w < count; ++w) {
    reach::AtomIds way;
    for (std::size_t a = 0; a < kAtoms; ++a) {
      if (random() % one == 0) way.push_back(reach::AtomId(a));
    }
    if (way.size() >= least) ways.push_back(way);
  }
  return ways;
}

bool shuts(const std::vector<reach::AtomIds>& ways, unsigned statements) {
  return std::ranges::all_of(ways, [&](const auto& way) {
    return std::ranges::any_of(way, [&](reach::AtomId a) { return (statements >> a.index()) & 1U; });
  });
}

// The size of a smallest set that shuts all ways, by trying each; nullopt: none does.
std::optional<int> smallest(const std::vector<reach::AtomIds>& ways) {
  std::optional<int> size;
  for (unsigned bits = 0; bits < (1U << kAtoms); ++bits) {
    if (shuts(ways, bits) && (!size || __builtin_popcount(bits) < *size)) size = __builtin_popcount(bits);
  }
  return size;
}

void agrees(const std::vector<reach::AtomIds>& ways, std::mt19937& random) {
  std::size_t asked = 0;
  const Least least = leastStatements([&](const reach::Setting& setting) -> std::optional<reach::AtomIds> {
    ++asked;
    std::vector<reach::AtomIds> open;
    for (const auto& way : ways) {
      if (!setting.supposesAny(way)) open.push_back(way);
    }
    if (open.empty()) return std::nullopt;
    return open[random() % open.size()];  // whichever way the solver happens to find
  });
  EXPECT_LE(asked, ways.size() + 2);  // each open way is found once at most
  const auto expected = smallest(ways);
  if (!expected) {
    EXPECT_EQ(least.kind, Least::Kind::always);
    EXPECT_TRUE(least.statements.empty());
    return;
  }
  EXPECT_EQ(least.kind, *expected == 0 ? Least::Kind::never : Least::Kind::conditional);
  EXPECT_EQ(least.statements.size(), static_cast<std::size_t>(*expected));
  EXPECT_TRUE(std::ranges::is_sorted(least.statements));
  unsigned bits = 0;
  for (reach::AtomId atom : least.statements) bits |= 1U << atom.index();
  EXPECT_TRUE(shuts(ways, bits));
}

TEST(Least, IsASmallestHittingSet) {
  const unsigned seed = std::random_device{}();
  std::cout << "seed " << seed << "\n";
  std::mt19937 random(seed);
  for (int round = 0; round < 1000; ++round) agrees(someWays(random, 3, 0), random);
  for (int round = 0; round < 1000; ++round) agrees(someWays(random, 4, 1), random);
}

TEST(Least, OfEquallySmallSetsTheEarliestStatementIsProposed) {
  const reach::AtomIds way{reach::AtomId(2), reach::AtomId(4)};
  const Least least = leastStatements([&](const reach::Setting& setting) {
    return setting.supposesAny(way) ? std::nullopt : std::optional(way);
  });
  EXPECT_EQ(least.statements, reach::AtomIds{reach::AtomId(2)});
}

TEST(Least, AWayThatNeedsNoGapIsOpenWhateverIsStated) {
  EXPECT_EQ(leastStatements([](const reach::Setting&) { return std::optional(reach::AtomIds{}); }).kind,
            Least::Kind::always);
  EXPECT_EQ(leastStatements([](const reach::Setting&) -> std::optional<reach::AtomIds> {
              return std::nullopt;
            }).kind,
            Least::Kind::never);
}

}  // namespace
}  // namespace vauban::channel
