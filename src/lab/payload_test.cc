#include "lab/payload.h"

#include <gtest/gtest.h>

#include <set>

namespace vauban::lab {
namespace {

TEST(PayloadTest, ChunksAreTheBytesWithoutGapsAndOfNearlyOneLength) {
  for (const std::size_t bytes : {1UL, 7UL, 8UL, 9UL, 100UL, 101UL, 800UL, 65536UL}) {
    for (const std::size_t most : {0UL, 1UL, 4UL, 8UL, 100UL, 512UL, 100000UL}) {
      const Payload payload(bytes * 31 + most, bytes, most);
      ASSERT_GE(payload.size(), bytes);
      ASSERT_LT(payload.size(), bytes + 8);
      std::vector<std::uint8_t> joined;
      std::size_t least = payload.size(), longest = 0;
      for (std::size_t i = 0; i < payload.chunkCount(); ++i) {
        const auto chunk = payload.chunk(i);
        joined.insert(joined.end(), chunk.begin(), chunk.end());
        least = std::min(least, chunk.size());
        longest = std::max(longest, chunk.size());
      }
      EXPECT_EQ(joined, std::vector(payload.bytes().begin(), payload.bytes().end()));
      EXPECT_LE(longest, most < 8 ? 4 : most);
      EXPECT_GE(least, most < 8 ? 4U : 8U);
      EXPECT_LE(longest - least, 1U);
    }
  }
  EXPECT_EQ(Payload(1, 0, 8).chunkCount(), 0U);
}

TEST(PayloadTest, TheSeedAloneDecides) {
  EXPECT_EQ(Payload(5, 4096, 100).sha256(), Payload(5, 4096, 7).sha256());
  EXPECT_NE(Payload(5, 4096, 100).sha256(), Payload(6, 4096, 100).sha256());
  // As SplitMix64 has it, on every machine.
  const Payload zero(0, 8, 8);
  const auto bytes = zero.bytes();
  EXPECT_EQ(std::vector(bytes.rbegin(), bytes.rend()),
            (std::vector<std::uint8_t>{0xE2, 0x20, 0xA8, 0x39, 0x7B, 0x1D, 0xCD, 0xAF}));
}

TEST(PayloadTest, NeighbouringSeedsHaveNoChunkInCommon) {
  std::set<std::vector<std::uint8_t>> chunks;
  std::size_t count = 0;
  for (std::uint64_t seed = 0; seed < 32; ++seed) {
    const Payload payload(seed, 4096, 8);
    for (std::size_t i = 0; i < payload.chunkCount(); ++i, ++count) {
      const auto chunk = payload.chunk(i);
      chunks.emplace(chunk.begin(), chunk.end());
    }
  }
  EXPECT_EQ(chunks.size(), count);
}

}  // namespace
}  // namespace vauban::lab
