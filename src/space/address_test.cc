#include "space/address.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <bitset>

namespace vauban::space {
namespace {

TEST(AddressTest, ReadsAndWritesBothFamilies) {
  for (const char* text :
       {"0.0.0.0", "10.0.0.1", "255.255.255.255", "::", "::1", "2001:db8::1", "fe80::1:0:0:1",
        "2001:db8:0:1:1:1:1:1", "1::", "::ffff:192.0.2.1", "a:b:c:d:e:f:1:2", "0:0:1::"}) {
    const auto address = Address::parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->toString(), text);
  }
  EXPECT_EQ(Address::parse("2001:DB8:0:0:1:0:0:1")->toString(), "2001:db8::1:0:0:1");  // RFC 5952 4.2.3
}

TEST(AddressTest, RefusesWhatIsNoAddress) {
  for (const char* text :
       {"", "1.2.3", "1.2.3.256", "01.2.3.4", "1.2.3.4 ", ":::", "1::2::3", "fe80::1%eth0", "g::"}) {
    EXPECT_FALSE(Address::parse(text)) << text;
  }
  EXPECT_FALSE(Address::parse(std::string_view("1.2.3.4\0", 8)));
}

TEST(AddressRangeTest, ReadsPrefixesAndRanges) {
  EXPECT_EQ(AddressRange::parse("10.1.2.3/8")->toString(), "10.0.0.0/8");
  EXPECT_FALSE(AddressRange::parse("10.1.2.3/8", true));
  EXPECT_TRUE(AddressRange::parse("10.0.0.0/8", true));
  EXPECT_EQ(AddressRange::parse("10.0.0.1-10.0.0.9")->toString(), "10.0.0.1-10.0.0.9");
  EXPECT_EQ(AddressRange::parse("10.0.0.0-10.0.0.255")->toString(), "10.0.0.0/24");
  EXPECT_EQ(AddressRange::parse("10.0.0.7/32")->toString(), "10.0.0.7");
  EXPECT_EQ(AddressRange::parse("::/0")->last, ~Bits128{0});
  EXPECT_EQ(AddressRange::parse("0.0.0.0/0")->toString(), "0.0.0.0/0");
  for (const char* text : {"10.0.0.0/33", "10.0.0.0/", "10.0.0.0/08", "10.0.0.9-10.0.0.1", "10.0.0.1-::1",
                           "::/129", "10.0.0.0/+8", "-", "/8"}) {
    EXPECT_FALSE(AddressRange::parse(text)) << text;
  }
}

TEST(AddressSetTest, PrintsPrefixes) {
  EXPECT_EQ(AddressSet().toString(), "none");
  EXPECT_EQ(AddressSet::all().toString(), "0.0.0.0/0, ::/0");
  EXPECT_EQ(AddressSet(*AddressRange::parse("10.0.0.1-10.0.0.4")).toString(),
            "10.0.0.1, 10.0.0.2/31, 10.0.0.4");
}

// Sets over the first and last four addresses of each family, so that both ends of the families are met.
constexpr std::size_t kPoints = 16;
using Points = std::bitset<kPoints>;

Address pointAt(std::size_t i) {
  const Family family = i < 8 ? Family::ipv4 : Family::ipv6;
  return {family, i % 8 < 4 ? Bits128{i % 8} : maxAddress(family) - (7 - i % 8)};
}

AddressSet setOf(Points points) {
  std::vector<AddressRange> ranges;
  for (std::size_t i = kPoints; i-- > 0;) {
    if (points[i]) ranges.push_back({pointAt(i).family, pointAt(i).value, pointAt(i).value});
  }
  return AddressSet::of(std::move(ranges));
}

Points pointsOf(const AddressSet& set) {
  Points points;
  for (std::size_t i = 0; i < kPoints; ++i) points[i] = set.contains(pointAt(i));
  return points;
}

TEST(AddressSetTest, AgreesWithPoints) {
  EXPECT_TRUE(
      rc::check("set operations are operations on points", [](std::uint16_t left, std::uint16_t right) {
        const AddressSet a = setOf(left);
        const AddressSet b = setOf(right);
        for (const AddressSet& set : {a, b, a | b, a & b, a - b, ~a, a | ~b, ~a & ~b})
          RC_ASSERT(set.Validate());
        RC_ASSERT(pointsOf(a | b) == (Points(left) | Points(right)));
        RC_ASSERT(pointsOf(a & b) == (Points(left) & Points(right)));
        RC_ASSERT(pointsOf(a - b) == (Points(left) & ~Points(right)));
        RC_ASSERT(pointsOf(~a) == ~Points(left));
        RC_ASSERT(a.contains(b) == ((~Points(left) & Points(right)).none()));
        RC_ASSERT(a.intersects(b) == (Points(left) & Points(right)).any());
        RC_ASSERT((a | b) == setOf(Points(left) | Points(right)));
        RC_ASSERT(~~a == a);
        RC_ASSERT((a | ~a) == AddressSet::all());
        RC_ASSERT((~a & ~b) == ~(a | b));
        RC_ASSERT((a.only(Family::ipv4) | a.only(Family::ipv6)) == a);
        if (left != 0) RC_ASSERT(a.contains(*a.witness()));
      }));
}

TEST(AddressTest, TextGoesRound) {
  EXPECT_TRUE(
      rc::check("parse(toString(x)) == x", [](std::uint64_t high, std::uint64_t low, std::uint8_t zeros) {
        Bits128 value = (Bits128{high} << 64) | low;
        for (unsigned i = 0; i < 8; ++i) {
          if ((zeros >> i) & 1U) value &= ~(Bits128{0xFFFF} << (16 * i));
        }
        const Address v6{Family::ipv6, value};
        const Address v4{Family::ipv4, low & 0xFFFFFFFFU};
        RC_ASSERT(Address::parse(v6.toString()) == v6);
        RC_ASSERT(Address::parse(v4.toString()) == v4);
      }));
}

}  // namespace
}  // namespace vauban::space
