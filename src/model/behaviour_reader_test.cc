#include <gtest/gtest.h>

#include "model/diagnostic_text.h"
#include "model/test_catalogue.h"

namespace vauban::model {
namespace {

const std::string kProxy = R"(behaviour: http-forward-proxy
summary: relays by name and by address
reference: RFC 9110 section 7.3
listens: [tcp/3128, tcp/8080]
keys: [names, addresses, resolver, upstream]
properties:
  resolves: {values: [after-allowing, before-allowing], best: [after-allowing], meaning: "m", test: "t"}
  modes: {values: [server, peer], best: [server], list: true, meaning: "m", test: "t"}
  updates: {values: ["true", "false"], best: ["false"], hardens: false, meaning: "m", test: "t"}
reflects: {tcp: {bits: 32, carrier: SYN-ACK number}, udp: {bits: 64, carrier: origin timestamp}}
accepts-only-from: true
assumptions: ["one"]
effects:
  - relay: by-name
    emits: [tcp]
    outward-bits: 8000
    inward-bits: 4000
    messages-per-second: 100
    names: filter
    keeps-names: true
    only-with: upstream
    unless: {resolves: [after-allowing]}
    when: {updates: ["true"]}
    carrier: request body
  - {lookup: resolver, emits: dns, names: ignore}
  - {read: from, emits: tcp}
  - store: {}
  - shell: {}
)";

TEST(BehaviourReader, ReadsEveryPart) {
  const auto parsed = BehaviourCatalogue::parse({{"p.yaml", kProxy}});
  ASSERT_TRUE(parsed.has_value()) << diagnosticText(parsed.error());
  const auto id = parsed->find("http-forward-proxy");
  ASSERT_TRUE(id.has_value());
  const Behaviour& b = parsed->at(*id);
  EXPECT_TRUE(b.listens.contains(space::Service{space::kTcp, 1, 3128}));
  EXPECT_EQ(b.keys, (std::vector<std::string>{"names", "addresses", "resolver", "upstream"}));
  EXPECT_TRUE(b.properties.at("modes").isList);
  EXPECT_FALSE(b.properties.at("updates").hardens);
  EXPECT_TRUE(b.properties.at("resolves").hardens);
  EXPECT_EQ(b.reflectsTcp.bits, 32U);
  EXPECT_EQ(b.reflectsUdp.carrier, "origin timestamp");
  EXPECT_EQ(b.reflectsIcmp.bits, 0U);
  EXPECT_TRUE(b.acceptsOnlyFrom);
  ASSERT_EQ(b.effects.size(), 5U);
  EXPECT_EQ(b.effects[0].destination, Destination::byName);
  EXPECT_EQ(b.effects[0].outwardBits, 8000U);
  EXPECT_TRUE(b.effects[0].keepsNames);
  EXPECT_EQ(b.effects[0].onlyWith, "upstream");
  EXPECT_EQ(b.effects[1].onlyWith, "");
  ASSERT_EQ(b.effects[0].unless.size(), 1U);
  EXPECT_EQ(b.effects[0].unless[0].property, "resolves");
  EXPECT_EQ(b.effects[0].when[0].values, std::vector<std::string>{"true"});
  EXPECT_EQ(b.effects[1].kind, EffectKind::lookup);
  EXPECT_EQ(b.effects[1].destination, Destination::resolver);
  EXPECT_EQ(b.effects[1].names, NamesRule::ignore);
  EXPECT_EQ(b.effects[2].kind, EffectKind::read);
  EXPECT_EQ(b.effects[3].kind, EffectKind::store);
  EXPECT_EQ(b.effects[4].kind, EffectKind::shell);
}

std::string mistakes(std::string text, const std::string& right, const std::string& wrong) {
  const auto at = text.find(right);
  if (at == std::string::npos) return "the test is wrong";
  text.replace(at, right.size(), wrong);
  const auto parsed = BehaviourCatalogue::parse({{"p.yaml", text}});
  if (parsed) return "";
  std::string all;
  for (const auto& d : parsed.error()) {
    all += d.place.toString() + " " + d.message + (d.nearest.empty() ? "" : " -> " + d.nearest) + "\n";
  }
  return all;
}

TEST(BehaviourReader, SaysWhatIsWrong) {
  EXPECT_EQ(mistakes(kProxy, "names: filter", "names: filtr"),
            "p.yaml:19:12 'filtr' is not a word that goes here -> filter\n");
  EXPECT_EQ(mistakes(kProxy, "unless: {resolves", "unless: {resolvs"),
            "p.yaml:22:14 no property 'resolvs' -> resolves\n");
  EXPECT_EQ(mistakes(kProxy, "{resolves: [after-allowing]}", "{resolves: [later]}"),
            "p.yaml:22:25 'later' is not a word that goes here\n");
  EXPECT_EQ(mistakes(kProxy, "    emits: [tcp]\n", ""), "p.yaml:14:5 an effect lacks the key 'emits'\n");
  EXPECT_EQ(mistakes(kProxy, "emits: [tcp]", "emits: [tpc/1]"), "p.yaml:15:13 no protocol 'tpc' -> tcp/1\n");
  EXPECT_EQ(mistakes(kProxy, "best: [server]", "best: [sever]"),
            "p.yaml:8:42 'sever' is not a word that goes here -> server\n");
  EXPECT_EQ(mistakes(kProxy, "only-with: upstream", "only-with: pool"),
            "p.yaml:21:16 'pool' is not a word that goes here\n");
  EXPECT_EQ(mistakes(kProxy, "keys: [names", "keys: [name"),
            "p.yaml:5:8 'name' is not a word that goes here -> names\n");
  EXPECT_EQ(mistakes(kProxy, "relay: by-name", "realy: by-name"),
            "p.yaml:14:5 an effect has no key 'realy' -> relay\np.yaml:14:5 an effect says nothing\n");
}

TEST(BehaviourReader, ABehaviourIsThereOnce) {
  const auto parsed = BehaviourCatalogue::parse({{"p.yaml", kProxy}, {"q.yaml", kProxy}});
  ASSERT_FALSE(parsed.has_value());
  EXPECT_EQ(parsed.error()[0].message, "behaviour 'http-forward-proxy' is also at p.yaml:1:12");
}

TEST(BehaviourReader, TheBuiltInCatalogueIsGood) {
  const auto parsed = BehaviourCatalogue::builtIn();
  ASSERT_TRUE(parsed.has_value()) << diagnosticText(parsed.error(), [](const std::string& file) {
    return sourceFromDisk(VAUBAN_SOURCE_DIR "/knowledge/" + file);
  });
  for (const auto& behaviour : parsed->all())
    EXPECT_EQ(parsed->at(*parsed->find(behaviour.name)).name, behaviour.name);
}

}  // namespace
}  // namespace vauban::model
