#include "channel/trust.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <random>

namespace vauban::channel {
namespace {

using space::NameSet;

model::ServiceInstance listing(model::NameList list) {
  model::ServiceInstance service;
  service.names = std::move(list);
  return service;
}

Trust trust(std::vector<model::ServiceInstance> services, const SuffixLists& lists = {}) {
  model::Model model;
  model.services = std::move(services);
  return Trust::of(model, lists);
}

using Names = std::vector<std::string>;

TEST(Trust, ANameThatNobodyListsIsTheAdversarys) {
  EXPECT_TRUE(trust({}).hostile.full());
  const Trust one = trust({listing({Names{"vendor.example"}, {}, {}, {}, {}})});
  EXPECT_FALSE(one.hostile.contains("vendor.example"));
  EXPECT_FALSE(one.hostile.contains("www.vendor.example"));
  EXPECT_TRUE(one.hostile.contains("evilvendor.example"));
  EXPECT_TRUE(one.hostile.contains("example"));
  EXPECT_EQ(one.trusted, Names{"vendor.example"});
  EXPECT_TRUE(one.warnings.empty());
}

TEST(Trust, TheLongestSuffixWinsAndOfEqualOnesTheStranger) {
  const Trust nested = trust(
      {listing({Names{"vendor.example", "safe.cloud.vendor.example"}, {}, {}, {"cloud.vendor.example"}, {}}),
       listing({Names{"both.example"}, {}, {"both.example"}, {}, {}})});
  EXPECT_FALSE(nested.hostile.contains("www.vendor.example"));
  EXPECT_TRUE(nested.hostile.contains("x.cloud.vendor.example"));
  EXPECT_FALSE(nested.hostile.contains("x.safe.cloud.vendor.example"));
  EXPECT_TRUE(nested.hostile.contains("both.example"));
}

// Against the definition, name by name: of all suffixes of the name that somebody lists, the longest decides.
TEST(Trust, IsWhatTheLongestListedSuffixSays) {
  const unsigned seed = std::random_device{}();
  std::cout << "seed " << seed << "\n";
  std::mt19937 random(seed);
  auto name = [&] {
    std::string text = random() % 2 == 0 ? "x" : "y";
    for (unsigned labels = 1 + random() % 3; labels > 0; --labels) text = "abc"[random() % 3] + ("." + text);
    return text;
  };
  for (int round = 0; round < 300; ++round) {
    model::NameList list;
    list.allow.emplace();
    for (unsigned i = random() % 6; i > 0; --i) list.allow->push_back(name());
    for (unsigned i = random() % 3; i > 0; --i) list.delegated.push_back(name());
    for (unsigned i = random() % 3; i > 0; --i) list.shared.push_back(name());
    SuffixLists lists;
    for (unsigned i = random() % 3; i > 0; --i) lists.shared.push_back(name());
    const Trust made = trust({listing(list)}, lists);
    for (int sample = 0; sample < 20; ++sample) {
      const std::string asked = name();
      bool hostile = true;
      auto lists_ = [&](const Names& names, const std::string& suffix) {
        return std::ranges::find(names, suffix) != names.end();
      };
      for (std::string suffix = asked;;) {
        if (lists_(list.delegated, suffix) || lists_(list.shared, suffix) || lists_(lists.shared, suffix))
          break;
        if (lists_(*list.allow, suffix)) {
          hostile = false;
          break;
        }
        const auto dot = suffix.find('.');
        if (dot == std::string::npos) break;
        suffix = suffix.substr(dot + 1);
      }
      ASSERT_EQ(made.hostile.contains(asked), hostile) << asked << " in round " << round;
    }
  }
}

TEST(Trust, ListingWhatAnybodyRegistersBelowTrustsNobodyAndSaysSo) {
  const SuffixLists& builtIn = SuffixLists::builtIn();
  const Trust open =
      trust({listing({Names{"com", "co.uk", "vendor.co.uk"}, {}, {}, {}, {"m", 7, 1}})}, builtIn);
  EXPECT_TRUE(open.hostile.contains("evil.com"));
  EXPECT_TRUE(open.hostile.contains("evil.co.uk"));
  EXPECT_FALSE(open.hostile.contains("vendor.co.uk"));
  ASSERT_EQ(open.warnings.size(), 2U);
  EXPECT_EQ(open.warnings[0].place, (Place{"m", 7, 1}));
  EXPECT_EQ(open.trusted, Names{"vendor.co.uk"});
}

TEST(Trust, ATenantsOwnNameBelowASharedSuffixIsTrusted) {
  const SuffixLists& builtIn = SuffixLists::builtIn();
  const Trust shared = trust({listing({Names{"s3.amazonaws.com"}, {}, {}, {}, {}})}, builtIn);
  EXPECT_TRUE(shared.hostile.contains("bucket.s3.amazonaws.com"));
  EXPECT_EQ(shared.warnings.size(), 1U);
  const Trust own = trust({listing({Names{"ours.s3.amazonaws.com"}, {}, {}, {}, {}})}, builtIn);
  EXPECT_FALSE(own.hostile.contains("ours.s3.amazonaws.com"));
  EXPECT_TRUE(own.hostile.contains("theirs.s3.amazonaws.com"));
  EXPECT_TRUE(own.warnings.empty());
  // Listing a name above a shared one trusts what is not shared.
  const Trust above =
      trust({listing({Names{"cloud.example"}, {}, {}, {}, {}})}, {{"bucket.cloud.example"}, {}});
  EXPECT_TRUE(above.hostile.contains("x.bucket.cloud.example"));
  EXPECT_FALSE(above.hostile.contains("www.cloud.example"));
}

TEST(Trust, AnUpstreamByNameIsTrustedAndAnswersAreOurOwn) {
  model::ServiceInstance service;
  model::PlaceTerm term;
  term.kind = model::PlaceTerm::Kind::name;
  term.text = "Time.Vendor.example";
  service.upstream = model::PlaceTerms{term};
  service.answers = {"corp.example"};
  const Trust made = trust({service});
  EXPECT_FALSE(made.hostile.contains("time.vendor.example"));
  EXPECT_TRUE(made.own.contains("ws.corp.example"));
  EXPECT_FALSE(made.own.contains("example"));
}

TEST(Names, DenyIsTakenOffAllowAndAnswersStayAtHome) {
  model::ServiceInstance service = listing({Names{"vendor.example"}, {"evil.vendor.example"}, {}, {}, {}});
  EXPECT_TRUE(allowedNames(service).contains("vendor.example"));
  EXPECT_FALSE(allowedNames(service).contains("x.evil.vendor.example"));
  EXPECT_FALSE(allowedNames(service).contains("other.example"));
  EXPECT_TRUE(allowedNames({}).full());
  EXPECT_FALSE(allowedNames(listing({{}, {"evil.example"}, {}, {}, {}})).contains("evil.example"));
  EXPECT_TRUE(allowedNames(listing({{}, {"evil.example"}, {}, {}, {}})).contains("good.example"));
  EXPECT_TRUE(allowedNames(listing({Names{}, {}, {}, {}, {}})).empty());
  service.answers = {"corp.example"};
  EXPECT_EQ(forwarded(service, NameSet::all()), NameSet::all() - NameSet::suffix("corp.example"));
}

TEST(SuffixLists, AreNormalisedNames) {
  const SuffixLists& lists = SuffixLists::builtIn();
  EXPECT_GT(lists.shared.size(), 50U);
  EXPECT_GT(lists.publicly.size(), 50U);
  for (const auto* list : {&lists.shared, &lists.publicly}) {
    for (const std::string& name : *list) EXPECT_EQ(space::normaliseName(name), name);
  }
}

}  // namespace
}  // namespace vauban::channel
