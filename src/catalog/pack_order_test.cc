#include "catalog/pack_order.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace vauban::catalog::pack {
namespace {

TEST(NaturalOrder, IsThatOfNaturalLess) {
  const std::string_view letters = "T.-(019a\xC3";
  for (unsigned seed = 0; seed < 30'000; ++seed) {
    std::mt19937 random(seed);
    const auto text = [&] {
      std::string made;
      for (unsigned i = random() % 8; i > 0; --i) made += letters[random() % letters.size()];
      return made;
    };
    const std::string a = text(), b = random() % 3 == 0 ? a + text() : text();
    const auto order = naturalOrder(a, b);
    ASSERT_EQ(order < 0, naturalLess(a, b)) << a << " " << b << " seed " << seed;
    ASSERT_EQ(order > 0, naturalLess(b, a)) << a << " " << b << " seed " << seed;
    ASSERT_EQ(order == 0, a == b) << a << " " << b << " seed " << seed;
  }
}

TEST(SameText, IsEquality) {
  std::mt19937 random(1);
  for (int i = 0; i < 50'000; ++i) {
    std::string a(random() % 24, 'x'), b(a);
    if (!b.empty() && random() % 2 == 0) b[random() % b.size()] = 'y';
    if (random() % 8 == 0) b += 'x';
    ASSERT_EQ(sameText(a, b), a == b) << a << " " << b;
    const auto differ = std::ranges::mismatch(a, b).in1 - a.begin();
    ASSERT_EQ(firstDifference(a, b), static_cast<std::size_t>(differ)) << a << " " << b;
    if (a == b) {
      ASSERT_EQ(hashOfText(a), hashOfText(std::string(b)));
    }
  }
}

TEST(HashOfText, TellsNeighboursApart) {
  std::vector<std::uint64_t> low;
  for (int i = 0; i < 4096; ++i) low.push_back(hashOfText("T1" + std::to_string(i)) & 0xFFFFU);
  std::ranges::sort(low);
  const auto repeated = std::ranges::unique(low);
  // 4096 values thrown into 65536 slots leave some 3970 of them taken.
  EXPECT_GT(repeated.begin() - low.begin(), 3'800);
}

TEST(Arrange, SortsRunsInAnyOrder) {
  const auto order = [](int a, int b) { return a / 10 <=> b / 10; };
  for (unsigned seed = 0; seed < 2'000; ++seed) {
    std::mt19937 random(seed);
    std::vector<int> rows;
    std::vector<std::size_t> runs;
    for (unsigned run = random() % 6; run > 0; --run) {
      const std::size_t before = rows.size();
      for (unsigned i = random() % 6; i > 0; --i) rows.push_back(static_cast<int>(random() % 500));
      if (random() % 2 == 0) std::sort(rows.begin() + static_cast<std::ptrdiff_t>(before), rows.end());
      runs.push_back(rows.size() - before);
    }
    const std::vector<int> was = rows;
    std::vector<int> sorted = rows;
    std::stable_sort(sorted.begin(), sorted.end(), [](int a, int b) { return a / 10 < b / 10; });
    std::size_t repeats = 0, found = 0;
    for (std::size_t i = 1; i < sorted.size(); ++i) repeats += sorted[i - 1] / 10 == sorted[i] / 10 ? 1U : 0U;
    arrange(rows, runs, order, [&](std::uint32_t first, std::uint32_t second) {
      ++found;
      ASSERT_LT(first, second) << "seed " << seed;
      ASSERT_EQ(was[first] / 10, was[second] / 10) << "seed " << seed;
    });
    ASSERT_EQ(rows, sorted) << "seed " << seed;
    ASSERT_EQ(found, repeats) << "seed " << seed;
  }
}

}  // namespace
}  // namespace vauban::catalog::pack
