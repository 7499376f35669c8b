#include "model/cone.h"

#include <gtest/gtest.h>

#include "model/model_reader.h"

namespace vauban::model {
namespace {

const BehaviourCatalogue& catalogue() {
  static const auto behaviours = BehaviourCatalogue::builtIn();
  return *behaviours;
}

std::string hashOf(const std::string& text, const std::vector<std::string>& parties) {
  Vocabulary vocabulary;
  vocabulary.behaviours = &catalogue();
  const auto model = readModelText("m.yaml", text, vocabulary);
  EXPECT_TRUE(model.has_value()) << text;
  if (!model) return "";
  return coneOf(*model, catalogue(), model->claims.front(), parties).hash;
}

const std::string kZones = R"(vauban: 1
zones:
  a: {networks: [10.1.0.0/24]}
  b: {networks: [10.2.0.0/24]}
  c: {networks: [10.3.0.0/24]}
  d: {networks: [10.4.0.0/24]}
)";
const std::string kHosts = R"(hosts:
  one: {zone: a, address: 10.1.0.1, services: {}, client: isolated}
  two: {zone: b, address: 10.2.0.1, services: {web: {behaviour: web-server, calls-out: false}}}
  far: {zone: d, address: 10.4.0.1, services: {web: {behaviour: web-server, calls-out: false}}}
)";
const std::string kFlows = R"(flows:
  - allow: {from: one, to: two, service: https}
  - allow: {from: c, to: far, service: https}
)";
const std::string kStated = R"(enforcement:
  {anti-spoofing: zone, families: [ipv4, ipv6], uncovered: drop, stateful: {related: none}}
)";
const std::string kClaims = "claims:\n  - {id: x, never: {channel: {from: one, to: c, over: any}}}\n";

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const auto at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), with);
}

// FIPS 180-4, examples of SHA-256.
TEST(Sha256, GivesThePublishedDigests) {
  EXPECT_EQ(sha256("abc"), "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256(""), "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Cone, ChangesWithWhatTheVerdictRestsOnAndWithNothingElse) {
  const std::vector<std::string> parties{"host one", "host two"};
  const std::string model = kZones + kHosts + kFlows + kStated + kClaims;
  const std::string hash = hashOf(model, parties);
  EXPECT_EQ(hash.size(), 71U);
  // Other order, other layout, an edit far away.
  EXPECT_EQ(hash,
            hashOf(kClaims + kFlows + kStated + kHosts + replaced(kZones, "vauban: 1\n", "") + "vauban: 1\n",
                   parties));
  EXPECT_EQ(hash, hashOf("# a comment\n\n" + model, parties));
  EXPECT_EQ(hash, hashOf(replaced(model, "to: far, service: https", "to: far, service: ssh"), parties));
  EXPECT_EQ(hash,
            hashOf(replaced(model, "10.4.0.1, services: {web: {behaviour: web-server, calls-out: false}}",
                            "10.4.0.1, services: {web: {behaviour: database}}"),
                   parties));
  // What it rests on.
  for (const auto& [what, with] : std::vector<std::pair<std::string, std::string>>{
           {"from: one, to: two, service: https", "from: one, to: two, service: ssh"},
           {"anti-spoofing: zone", "anti-spoofing: host"},
           {"10.2.0.1, services: {web: {behaviour: web-server, calls-out: false}}",
            "10.2.0.1, services: {web: {behaviour: web-server}}"},
           {"from: one, to: c, over: any", "from: one, to: c, over: dns"},
           {"services: {}, client: isolated", "services: {}"},
           {"from: c, to: far", "from: c, to: two"}}) {
    EXPECT_NE(hash, hashOf(replaced(model, what, with), parties)) << what << " -> " << with;
  }
}

// Where a source may be forged, a rule between two others matters too.
TEST(Cone, HoldsEveryRuleWhereSourcesAreNotChecked) {
  const std::vector<std::string> parties{"host one", "host two"};
  const std::string model =
      kZones + kHosts + kFlows + replaced(kStated, "anti-spoofing: zone, ", "") + kClaims;
  EXPECT_NE(hashOf(model, parties),
            hashOf(replaced(model, "to: far, service: https", "to: far, service: ssh"), parties));
}

}  // namespace
}  // namespace vauban::model
