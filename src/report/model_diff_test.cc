#include "report/model_diff.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "model/model_reader.h"

namespace vauban::report {
namespace {

using channel::Judge;
using nlohmann::json;

const model::BehaviourCatalogue& catalogue() {
  static const auto read = model::BehaviourCatalogue::builtIn();
  return *read;
}

struct Side {
  Side(const std::string& file, const std::string& text) {
    model::Vocabulary vocabulary;
    vocabulary.behaviours = &catalogue();
    auto read = model::readModelText(file, text, vocabulary);
    EXPECT_TRUE(read.has_value()) << (read ? "" : read.error().front().message) << text;
    if (read) model = std::move(*read);
    judge = std::make_unique<Judge>(model, catalogue(), "2026-01-01");
  }
  Judged judged() const { return {&model, judge.get(), judge->judgeAll()}; }
  model::Model model;
  std::unique_ptr<Judge> judge;
};

std::string modelOf(const std::string& flows, const std::string& claims, const std::string& more = "",
                    const std::string& zoneA = "10.1.0.0/16", const std::string& wsAddress = "10.1.0.5") {
  return "vauban: 1\nzones:\n  a: {networks: [" + zoneA +
         "]}\n  b: {networks: [10.2.0.0/24]}\n  net: {networks: [0.0.0.0/0], untrusted: true}\nhosts:\n  ws: "
         "{zone: a, "
         "address: " +
         wsAddress +
         ", services: {}, client: isolated}\n  srv: {zone: b, address: 10.2.0.2, services: {}, client: "
         "isolated}\n" +
         more +
         "enforcement: {anti-spoofing: host, families: [ipv4, ipv6], uncovered: drop, unmatched: drop, "
         "stateful: "
         "{established: true, related: none, helpers: []}}\nflows:\n" +
         flows + "claims:\n" + claims;
}

const std::string kBase = "  - allow: {from: a, to: srv, service: https}\n";
const std::string kClaim = "  - {id: shut, never: {channel: {from: a, to: net, over: any}}}\n";

// A difference points into the two models: they live as long as the test.
struct Pair {
  Pair(const std::string& before, const std::string& after)
      : old("old.yaml", before), now("new.yaml", after), diff(diffModels(old.judged(), now.judged())) {}
  Side old, now;
  ModelDiff diff;
};

TEST(ModelDiff, TheSameModelHasNone) {
  const Pair pair(modelOf(kBase, kClaim), modelOf(kBase, kClaim));
  EXPECT_TRUE(pair.diff.empty());
  EXPECT_FALSE(pair.diff.gotWorse());
  EXPECT_EQ(pair.diff.unchangedClaims, 1U);
  EXPECT_NE(diffMarkdown(pair.diff).find("No change"), std::string::npos);
}

TEST(ModelDiff, WhatARuleOpensIsGainedWithItsPlaceAndAPacket) {
  const Pair pair(modelOf(kBase, kClaim),
                  modelOf(kBase + "  - allow: {from: ws, to: net, service: ssh}\n", kClaim));
  ASSERT_EQ(pair.diff.gained.size(), 1U);
  const ReachChange& change = pair.diff.gained[0];
  EXPECT_EQ(change.from, "ws");
  EXPECT_EQ(change.to, "net");
  EXPECT_EQ(change.source, "10.1.0.5");
  EXPECT_EQ(change.example.toString(), "tcp/22");
  EXPECT_EQ(change.services, space::ServiceSet::ports(space::kTcp, {22, 22}));
  ASSERT_TRUE(change.passes && change.shuts);
  EXPECT_EQ(change.passes->place.toString(), "new.yaml:12:5");
  EXPECT_EQ(change.shuts->place.file, "old.yaml");
  EXPECT_TRUE(pair.diff.lost.empty());
  EXPECT_TRUE(pair.diff.gotWorse());
  ASSERT_FALSE(pair.diff.opened.empty());
  EXPECT_EQ(pair.diff.opened[0].place, "a");
  EXPECT_EQ(pair.diff.opened[0].protocol, "ssh");
  EXPECT_EQ(pair.diff.opened[0].after->kind, channel::EgressCell::Kind::direct);
  ASSERT_EQ(pair.diff.claims.size(), 1U);
  EXPECT_EQ(pair.diff.claims[0].step, ClaimStep::worse);
}

TEST(ModelDiff, IsItsOwnMirror) {
  const std::string one = modelOf(kBase, kClaim);
  const std::string two = modelOf("  - allow: {from: ws, to: net, service: ssh}\n", kClaim);
  const Pair there(one, two), back(two, one);
  ASSERT_EQ(there.diff.gained.size(), back.diff.lost.size());
  ASSERT_EQ(there.diff.lost.size(), back.diff.gained.size());
  for (std::size_t i = 0; i < there.diff.gained.size(); ++i) {
    EXPECT_EQ(there.diff.gained[i].services, back.diff.lost[i].services);
    EXPECT_EQ(there.diff.gained[i].from, back.diff.lost[i].from);
  }
  EXPECT_EQ(there.diff.opened.size(), back.diff.shut.size());
  EXPECT_FALSE(back.diff.gotWorse());
}

TEST(ModelDiff, ARuleThatGrowsOverOtherAddressesIsSeen) {
  // The zone as a whole could do this before: some address of it could not.
  const Pair pair(modelOf("  - allow: {from: 10.1.7.0/24, to: srv, service: https}\n", kClaim),
                  modelOf("  - allow: {from: a, to: srv, service: https}\n", kClaim));
  ASSERT_EQ(pair.diff.gained.size(), 2U);
  EXPECT_EQ(pair.diff.gained[0].from, "a");
  EXPECT_EQ(pair.diff.gained[0].source, "10.1.0.1");
  EXPECT_EQ(pair.diff.gained[1].from, "ws");
  EXPECT_TRUE(pair.diff.lost.empty());
}

TEST(ModelDiff, AHostThatMovesIsStillTheSameHost) {
  const Pair pair(modelOf(kBase, kClaim), modelOf(kBase, kClaim, "", "10.9.0.0/16", "10.9.0.5"));
  EXPECT_TRUE(pair.diff.empty()) << diffMarkdown(pair.diff);
}

TEST(ModelDiff, WhatOnlyAConditionOpensIsMarked) {
  const std::string when = "conditions: {night: {default: closed}}\n";
  const Pair pair(
      modelOf(kBase, kClaim),
      modelOf(kBase + "  - allow: {from: ws, to: net, service: ssh, when: night}\n", kClaim, when));
  ASSERT_EQ(pair.diff.gained.size(), 1U);
  EXPECT_TRUE(pair.diff.gained[0].whileSwitched);
  EXPECT_TRUE(pair.diff.gotWorse());
}

TEST(ModelDiff, ClaimsThatComeAndGo) {
  const std::string open = "  - {id: open, never: {channel: {from: srv, to: net, over: any}}}\n";
  const std::string flows = kBase + "  - allow: {from: srv, to: net, service: https}\n";
  const std::string looser = "  - {id: shut, never: {channel: {from: a, to: net, over: dns}}}\n";
  const Pair added(modelOf(flows, kClaim), modelOf(flows, kClaim + open));
  EXPECT_TRUE(added.diff.gotWorse());
  EXPECT_NE(summaryOf(added.diff).find("1 new claim is not kept"), std::string::npos);
  const Pair removed(modelOf(flows, kClaim + open), modelOf(flows, kClaim));
  EXPECT_FALSE(removed.diff.gotWorse());
  EXPECT_NE(summaryOf(removed.diff).find("1 claim was removed"), std::string::npos);
  // The same verdict about less is worth a look.
  const Pair rewritten(modelOf(flows, kClaim), modelOf(flows, looser));
  ASSERT_EQ(rewritten.diff.claims.size(), 1U);
  EXPECT_EQ(rewritten.diff.claims[0].step, ClaimStep::rewritten);
  EXPECT_FALSE(rewritten.diff.gotWorse());
}

TEST(ModelDiff, PlacesOfOneVersionOnlyAreSaidToBe) {
  const std::string host = "  extra: {zone: b, address: 10.2.0.9, services: {}}\n";
  const Pair pair(modelOf(kBase, kClaim), modelOf(kBase, kClaim, host));
  ASSERT_FALSE(pair.diff.gained.empty());
  for (const ReachChange& change : pair.diff.gained) {
    EXPECT_TRUE(change.from == "extra" || change.to == "extra") << change.from << change.to;
    EXPECT_TRUE(change.placeIsNew);
  }
}

TEST(ModelDiff, JsonAndMarkdownHoldTheSame) {
  const Pair pair(modelOf(kBase, kClaim),
                  modelOf(kBase + "  - allow: {from: ws, to: net, service: ssh}\n", kClaim));
  const json root = json::parse(diffJson(pair.diff));
  EXPECT_EQ(root.at("schema"), "vauban-diff-1");
  EXPECT_EQ(root.at("worse"), true);
  EXPECT_EQ(root.at("claims")[0].at("after").at("verdict"), "broken");
  EXPECT_EQ(root.at("claims")[0].at("after").at("witness").at("hops")[0].at("rule").at("line"), 12);
  EXPECT_EQ(root.at("reach").at("gained")[0].at("passes_by").at("line"), 12);
  const std::string text = diffMarkdown(pair.diff);
  for (const char* part : {"**Worse**", "| `shut` | kept | broken | **worse** |", "`new.yaml:12`",
                           "| zone `a` | ssh | shut | direct"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  }
}

TEST(ModelDiff, TextOfTheModelIsNoMarkup) {
  Pair pair(modelOf(kBase, kClaim),
            modelOf(kBase + "  - allow: {from: ws, to: net, service: ssh}\n", kClaim));
  pair.diff.gained[0].passes->text = "a|b `` @team <img src=x>\nnext";
  pair.diff.name = "@all `x`";
  const std::string text = diffMarkdown(pair.diff);
  EXPECT_NE(text.find("``` a\\|b `` @team <img src=x> next ```"), std::string::npos) << text;
  EXPECT_NE(text.find("`` @all `x` ``"), std::string::npos) << text;
}

}  // namespace
}  // namespace vauban::report
