#include "compile/nft_match.h"

#include <gtest/gtest.h>

namespace vauban::compile {
namespace {

using space::AddressRange;
using space::AddressSet;
using space::Family;
using space::ServiceSet;

AddressSet set(std::initializer_list<const char*> texts) {
  std::vector<AddressRange> ranges;
  for (const char* text : texts) ranges.push_back(*AddressRange::parse(text));
  return AddressSet::of(std::move(ranges));
}

using Matches = std::vector<std::string>;

TEST(NftMatch, addresses) {
  EXPECT_EQ(nftAddresses(set({"10.0.0.1"}), {}), "10.0.0.1");
  EXPECT_EQ(nftAddresses(set({"10.0.0.0/8"}), {}), "10.0.0.0/8");
  EXPECT_EQ(nftAddresses(set({"10.0.0.1", "10.0.0.5-10.0.0.9"}), {}), "{ 10.0.0.1, 10.0.0.5-10.0.0.9 }");
  const NamedSet named{"zone-a-ipv4", set({"10.0.0.1", "10.0.0.5-10.0.0.9"})};
  EXPECT_EQ(nftAddresses(named.addresses, {named}), "@zone-a-ipv4");
  EXPECT_EQ(nftAddresses(set({"10.0.0.1", "10.0.0.5-10.0.0.8"}), {named}), "{ 10.0.0.1, 10.0.0.5-10.0.0.8 }");
}

TEST(NftMatch, everything) {
  EXPECT_EQ(nftMatches(AddressSet::all(), AddressSet::all(), ServiceSet::all(), {}), Matches{""});
  EXPECT_EQ(nftMatches(AddressSet::all(Family::ipv4), AddressSet::all(), ServiceSet::all(), {}),
            Matches{"meta nfproto ipv4"});
  EXPECT_EQ(nftMatches(set({"10.0.0.1"}), set({"2001:db8::1"}), ServiceSet::all(), {}), Matches{});
  EXPECT_EQ(nftMatches(AddressSet::all(), AddressSet::all(), ServiceSet(), {}), Matches{});
}

TEST(NftMatch, familiesApart) {
  EXPECT_EQ(nftMatches(set({"10.0.0.1", "2001:db8::1"}), AddressSet::all(),
                       ServiceSet::ports(space::kTcp, {443, 443}), {}),
            (Matches{"ip saddr 10.0.0.1 tcp dport 443", "ip6 saddr 2001:db8::1 tcp dport 443"}));
}

TEST(NftMatch, services) {
  auto matches = [](ServiceSet services) {
    return nftMatches(AddressSet::all(), AddressSet::all(), services, {});
  };
  const ServiceSet tcp = ServiceSet::ports(space::kTcp, {53, 53}),
                   udp = ServiceSet::ports(space::kUdp, {53, 53});
  EXPECT_EQ(matches(tcp | udp), Matches{"meta l4proto { tcp, udp } th dport 53"});
  EXPECT_EQ(matches(tcp | ServiceSet::ports(space::kTcp, {80, 90})), Matches{"tcp dport { 53, 80-90 }"});
  EXPECT_EQ(matches(ServiceSet::ports(space::kUdp, {1024, 65535}, {53, 53})),
            Matches{"udp sport 1024-65535 udp dport 53"});
  EXPECT_EQ(matches(ServiceSet::ports(space::kUdp, {123, 123}, {})), Matches{"udp sport 123"});
  EXPECT_EQ(matches(ServiceSet::protocol(space::kTcp) | ServiceSet::protocol(50) | ServiceSet::protocol(47)),
            Matches{"meta l4proto { tcp, 47, esp }"});
  EXPECT_EQ(matches(ServiceSet::all() - ServiceSet::protocol(space::kTcp)),
            Matches{"meta l4proto { 0-5, 7-255 }"});
  EXPECT_EQ(matches(ServiceSet::icmp(space::kIcmp, 8, 8) | ServiceSet::icmp(space::kIcmpV6, 128, 129)),
            (Matches{"icmp type 8", "icmpv6 type 128-129"}));
}

TEST(NftMatch, messagesOfTheOtherFamilyAreLeftOut) {
  const ServiceSet echo = ServiceSet::icmp(space::kIcmp, 8, 8) | ServiceSet::icmp(space::kIcmpV6, 128, 128);
  EXPECT_EQ(nftMatches(set({"10.0.0.1"}), AddressSet::all(), echo, {}),
            Matches{"ip saddr 10.0.0.1 icmp type 8"});
  EXPECT_EQ(nftMatches(set({"10.0.0.1"}), AddressSet::all(), ServiceSet::icmp(space::kIcmpV6, 1, 1), {}),
            Matches{});
}

TEST(NftMatch, textThatIsSafeInARuleset) {
  EXPECT_EQ(nftText("a \"b\" \\ \n\xC3\xA4", 100), "a 'b' ? ???");
  EXPECT_EQ(nftText("flows.yaml:12", 6), "aml:12");
}

}  // namespace
}  // namespace vauban::compile
