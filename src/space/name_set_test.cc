#include "space/name_set.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <set>

namespace vauban::space {
namespace {

// All names of up to three labels over {a, b}, the slow twin's universe. Four labels are asked for too: what
// holds of a suffix of three labels holds below it.
std::vector<std::string> namesUpTo(unsigned labels) {
  std::vector<std::string> names;
  std::vector<std::string> last{""};
  for (unsigned i = 0; i < labels; ++i) {
    std::vector<std::string> next;
    for (const std::string& name : last) {
      for (const char* label : {"a", "b"}) next.push_back(name.empty() ? label : label + ("." + name));
    }
    names.insert(names.end(), next.begin(), next.end());
    last = std::move(next);
  }
  return names;
}

const std::vector<std::string>& names() {
  static const std::vector<std::string> all = namesUpTo(3);
  return all;
}

using Twin = std::set<std::string>;

bool below(const std::string& name, const std::string& suffix) {
  return name == suffix || name.ends_with("." + suffix);
}

struct Pair {
  NameSet set;
  Twin twin;
};

// A recipe is a list of steps over suffixes: union with or removal of one, or complement.
Pair built(const std::vector<std::uint8_t>& recipe) {
  Pair pair;
  for (const std::uint8_t step : recipe) {
    const std::string& suffix = names()[step % names().size()];
    const unsigned kind = step / names().size() % 5;
    if (kind == 4) {
      pair.set = ~pair.set;
      Twin others;
      for (const std::string& name : names()) {
        if (!pair.twin.contains(name)) others.insert(name);
      }
      pair.twin = std::move(others);
      continue;
    }
    pair.set = kind < 2 ? pair.set | NameSet::suffix(suffix) : pair.set - NameSet::suffix(suffix);
    for (const std::string& name : names()) {
      if (!below(name, suffix)) continue;
      if (kind < 2) {
        pair.twin.insert(name);
      } else {
        pair.twin.erase(name);
      }
    }
  }
  return pair;
}

Twin asked(const NameSet& set) {
  Twin twin;
  for (const std::string& name : names()) {
    if (set.contains(name)) twin.insert(name);
  }
  return twin;
}

TEST(NormaliseNameTest, FollowsTheRules) {
  EXPECT_EQ(normaliseName("WWW.Example.COM."), "www.example.com");
  EXPECT_EQ(normaliseName("*.example.com"), "example.com");
  EXPECT_EQ(normaliseName(".example.com"), "example.com");
  EXPECT_EQ(normaliseName("_dmarc.a-b.example"), "_dmarc.a-b.example");
  EXPECT_EQ(normaliseName(std::string(63, 'a')), std::string(63, 'a'));
  for (const std::string& text :
       {std::string(), std::string("."), std::string("a..b"), std::string("a b"), std::string(64, 'a'),
        std::string("..a"), std::string("*."), std::string("a..")}) {
    EXPECT_FALSE(normaliseName(text)) << text;
  }
  std::string longest;
  for (int i = 0; i < 126; ++i) longest += "a.";
  EXPECT_TRUE(normaliseName(longest + "a"));
  EXPECT_FALSE(normaliseName(longest + "ab"));
}

TEST(NameSetTest, SuffixesMatchOnLabelBoundaries) {
  const NameSet set = NameSet::suffix("vendor.example");
  EXPECT_TRUE(set.contains("vendor.example"));
  EXPECT_TRUE(set.contains("A.Vendor.Example."));
  EXPECT_FALSE(set.contains("evilvendor.example"));
  EXPECT_FALSE(set.contains("vendor-x.example"));
  EXPECT_FALSE(set.contains("example"));
}

TEST(NameSetTest, LongestSuffixWinsAndPrints) {
  const NameSet set = NameSet::suffix("vendor.example") - NameSet::suffix("evil.vendor.example");
  EXPECT_EQ(set.toString(), "vendor.example, !evil.vendor.example");
  EXPECT_EQ(NameSet().toString(), "none");
  EXPECT_EQ(NameSet::all().toString(), "any");
  EXPECT_EQ((~NameSet::suffix("x.example")).toString(), "any but x.example");
  EXPECT_EQ(NameSet::suffix(".").toString(), "any");
  EXPECT_TRUE(NameSet::suffix("no name").empty());
  EXPECT_EQ(NameSet::suffixes({"a.b", "b", "c"}).toString(), "b, c");
}

TEST(NameSetTest, WitnessIsShortestAndInside) {
  EXPECT_EQ(NameSet::suffixes({"bb.example", "aa.example", "long.name.example"}).witness(), "aa.example");
  EXPECT_FALSE(NameSet().witness());
  std::vector<std::string> letters;
  for (char c = 'a'; c <= 'z'; ++c) letters.emplace_back(1, c);
  EXPECT_EQ((~NameSet::suffixes(letters)).witness(), "x0");
}

TEST(NameSetTest, EverySetOfThreeSuffixesAgreesWithItsTwin) {
  for (unsigned i = 0; i < names().size(); ++i) {
    for (unsigned j = 0; j < names().size(); ++j) {
      for (unsigned k = 0; k < names().size(); ++k) {
        const std::uint8_t n = static_cast<std::uint8_t>(names().size());
        const Pair pair = built({static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(2 * n + j),
                                 static_cast<std::uint8_t>(n + k), static_cast<std::uint8_t>(4 * n)});
        ASSERT_EQ(asked(pair.set), pair.twin) << pair.set.toString();
        ASSERT_TRUE(pair.set.Validate());
      }
    }
  }
}

TEST(NameSetTest, ObeysTheLaws) {
  using Recipe = std::vector<std::uint8_t>;
  EXPECT_TRUE(rc::check("name sets form a Boolean algebra and agree with their twin",
                        [](const Recipe& left, const Recipe& right, const Recipe& third) {
                          const auto [a, slowA] = built(left);
                          const auto [b, slowB] = built(right);
                          const NameSet c = built(third).set;
                          RC_ASSERT(asked(a) == slowA);
                          for (const NameSet& set : {a, b, c, a | b, a & b, a - b, ~a}) {
                            RC_ASSERT(set.Validate());
                            RC_ASSERT(set.empty() == !set.witness().has_value());
                            if (!set.empty()) RC_ASSERT(set.contains(*set.witness()));
                          }
                          for (const std::string& name : namesUpTo(4)) {
                            RC_ASSERT((a | b).contains(name) == (a.contains(name) || b.contains(name)));
                            RC_ASSERT((a & b).contains(name) == (a.contains(name) && b.contains(name)));
                            RC_ASSERT((a - b).contains(name) == (a.contains(name) && !b.contains(name)));
                          }
                          RC_ASSERT((a | b) == (b | a));
                          RC_ASSERT((a & (b | c)) == ((a & b) | (a & c)));
                          RC_ASSERT(~(a & b) == (~a | ~b));
                          RC_ASSERT(~~a == a);
                          RC_ASSERT((a | ~a) == NameSet::all());
                          RC_ASSERT((a & ~a) == NameSet());
                          RC_ASSERT(a.contains(b) == ((a | b) == a));
                          RC_ASSERT(a.intersects(b) == !(a & b).empty());
                        }));
}

}  // namespace
}  // namespace vauban::space
