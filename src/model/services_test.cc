#include <gtest/gtest.h>

#include <algorithm>

#include "model/model_reader.h"
#include "model/rate.h"
#include "model/service_words.h"

namespace vauban::model {
namespace {

using space::ServiceSet;

std::string meaning(std::string_view word) {
  WordProblem problem;
  const auto set = serviceOfWord(word, {}, problem);
  return set ? set->toString() : "! " + problem.message;
}

TEST(Services, BuiltInsAreSortedNamedOnceAndReferenced) {
  const auto& all = builtInServices();
  EXPECT_TRUE(std::ranges::is_sorted(all, {}, &BuiltInService::name));
  EXPECT_EQ(std::ranges::adjacent_find(all, {}, &BuiltInService::name), all.end());
  for (const auto& service : all) {
    EXPECT_FALSE(service.services.empty()) << service.name;
    EXPECT_FALSE(service.reference.empty()) << service.name;
    EXPECT_EQ(meaning(service.name), service.services.toString());
  }
}

TEST(Services, Words) {
  WordProblem problem;
  EXPECT_EQ(*serviceOfWord("dns", {}, problem),
            ServiceSet::ports(space::kUdp, {53, 53}) | ServiceSet::ports(space::kTcp, {53, 53}));
  EXPECT_EQ(*serviceOfWord("tcp/1000-2000", {}, problem), ServiceSet::ports(space::kTcp, {1000, 2000}));
  EXPECT_EQ(*serviceOfWord("ip/50", {}, problem), ServiceSet::protocol(50));
  EXPECT_EQ(*serviceOfWord("tcp", {}, problem), ServiceSet::protocol(space::kTcp));
  EXPECT_EQ(*serviceOfWord("any", {}, problem), ServiceSet::all());
  const auto echo = ServiceSet::icmp(space::kIcmp, 8, 8) | ServiceSet::icmp(space::kIcmpV6, 128, 128);
  EXPECT_EQ(*serviceOfWord("icmp/echo", {}, problem), echo);
  EXPECT_EQ(*serviceOfWord("icmp/8", {}, problem), echo);
  EXPECT_EQ(*serviceOfWord("ping", {}, problem), echo);
  EXPECT_EQ(*serviceOfWord("icmp/13", {}, problem), ServiceSet::icmp(space::kIcmp, 13, 13));
  EXPECT_EQ(*serviceOfWord("icmpv6/135", {}, problem), ServiceSet::icmp(space::kIcmpV6, 135, 135));
  EXPECT_EQ(*serviceOfWord("icmp", {}, problem),
            ServiceSet::protocol(space::kIcmp) | ServiceSet::protocol(space::kIcmpV6));
  for (const auto* wrong :
       {"", "/", "tcp/", "tcp/x", "tcp/1-", "tcp/-1", "tcp/65536", "ip/256", "icmp/256", "foo/1", "TCP/1"}) {
    EXPECT_EQ(meaning(wrong)[0], '!') << wrong;
  }
}

TEST(Rate, Units) {
  EXPECT_EQ(parseRate("100 kbit/s"), 100'000);
  EXPECT_EQ(parseRate("1 Mbit/s"), 1e6);
  EXPECT_EQ(parseRate("10 bit/s"), 10);
  EXPECT_EQ(parseRate("2.5Gbit/s"), 2.5e9);
  for (const auto* wrong : {"", "1", "kbit/s", "1 kb/s", "1  bit/s", "-1 bit/s", "1. bit/s", ".5 bit/s",
                            "1.2.3 bit/s", "1 Kbit/s"}) {
    EXPECT_FALSE(parseRate(wrong).has_value()) << wrong;
  }
}

}  // namespace
}  // namespace vauban::model
