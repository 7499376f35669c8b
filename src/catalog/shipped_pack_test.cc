// What ships: knowledge/pack, as it is compiled in. The counts are those of the sources
// (docs/formats/knowledge-pack.md).
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "catalog/embedded_pack.h"
#include "catalog/hierarchy.h"
#include "catalog/pack.h"

namespace vauban::catalog {
namespace {

using Counts = std::map<std::string, std::size_t>;

const Catalogue& shipped() {
  static const Catalogue catalogue = [] {
    auto read = readPack(embeddedPack());
    if (!read) {
      for (const Diagnostic& it : read.error())
        ADD_FAILURE() << it.place.toString() << ": " << it.message << " " << it.nearest;
      return Catalogue();
    }
    return *std::move(read);
  }();
  return catalogue;
}

template <class Row>
std::size_t countIf(const std::vector<Row>& rows, auto holds) {
  return static_cast<std::size_t>(std::ranges::count_if(rows, holds));
}

std::size_t crosswalksOf(std::string_view source) {
  return countIf(shipped().crosswalks, [&](const Crosswalk& it) { return it.source == source; });
}

const Control* control(Framework framework, std::string_view id) {
  const auto found = std::ranges::find_if(
      shipped().controls, [&](const Control& it) { return it.framework == framework && it.id == id; });
  return found == shipped().controls.end() ? nullptr : &*found;
}

std::size_t controlsWith(Framework framework, std::string_view profile) {
  return countIf(shipped().controls, [&](const Control& it) {
    return it.framework == framework &&
           (profile.empty() || std::ranges::find(it.profiles, profile) != it.profiles.end());
  });
}

TEST(ShippedPack, IsWrittenAsItStands) {
  std::vector<std::pair<std::string, std::string>> files;
  for (const auto& [name, text] : embeddedPack()) files.emplace_back(name, text);
  ASSERT_FALSE(files.empty());
  const auto written = writePack(shipped());
  ASSERT_EQ(written.size(), files.size());
  for (std::size_t i = 0; i < files.size(); ++i) {
    EXPECT_EQ(written[i].first, files[i].first);
    EXPECT_TRUE(written[i].second == files[i].second) << files[i].first;
  }
}

TEST(ShippedPack, HasTheTechniquesOfD3fendByTactic) {
  const Ontology& ontology = shipped().ontology;
  const Hierarchy hierarchy(ontology);
  Counts byTactic;
  std::size_t techniques = 0;
  for (std::size_t i = 0; i < ontology.classes.size(); ++i) {
    const OntologyClass& it = ontology.classes[i];
    if (it.kind != ClassKind::defensive || it.id.empty()) continue;
    ++techniques;
    for (const ClassId tactic : hierarchy.tactics(ClassId(i))) ++byTactic[ontology[tactic].name];
  }
  EXPECT_EQ(techniques, 249U);
  EXPECT_EQ(byTactic, (Counts{{"Model", 27},
                              {"Harden", 48},
                              {"Detect", 79},
                              {"Isolate", 53},
                              {"Deceive", 11},
                              {"Evict", 19},
                              {"Restore", 12}}));
}

TEST(ShippedPack, HasTheOntology) {
  const Ontology& ontology = shipped().ontology;
  EXPECT_EQ(ontology.version, "1.2.0+9");
  EXPECT_EQ(ontology.classes.size(), 3496U);
  EXPECT_EQ(ontology.subClassOf.size(), 3878U);
  // Of the 5,390 edges of the facts 14 end in a datatype; five direct triples between classes come to them.
  EXPECT_EQ(ontology.subClassOf.size() + ontology.relations.size(), 5390U - 14U + 5U);
  EXPECT_EQ(ontology.references.size(), 371U);
  EXPECT_EQ(ontology.cites.size(), 505U);
  EXPECT_EQ(ontology.mitigations.size(), 89U);
  for (const OntologyClass& it : ontology.classes) {
    EXPECT_TRUE(it.kind != ClassKind::weakness || it.id.empty() || it.label.empty()) << it.name;
  }
}

TEST(ShippedPack, HasAttack) {
  const std::map<Framework, std::size_t> live = {
      {Framework::attackEnterprise, 691}, {Framework::attackIcs, 83}, {Framework::attackMobile, 124}};
  ASSERT_EQ(shipped().attack.size(), live.size());
  std::size_t mitigates = 0, groupUses = 0, campaignUses = 0, mitigations = 0;
  std::set<std::string> groups, campaigns;
  for (const Attack& attack : shipped().attack) {
    EXPECT_EQ(attack.version, "18.1");
    EXPECT_EQ(countIf(attack.techniques, [](const auto& it) { return it.standing == Standing::live; }),
              live.at(attack.domain));
    mitigates += attack.mitigates.size();
    groupUses += attack.groupUses.size();
    campaignUses += attack.campaignUses.size();
    mitigations += countIf(attack.mitigations, [](const auto& it) { return it.standing == Standing::live; });
    for (const auto& [group, technique] : attack.groupUses) groups.insert(group);
    for (const auto& [campaign, technique] : attack.campaignUses) campaigns.insert(campaign);
  }
  EXPECT_EQ(mitigates, 1943U);
  EXPECT_EQ(groupUses, 4413U);
  EXPECT_EQ(campaignUses, 1126U);
  EXPECT_EQ(mitigations, 109U);
  EXPECT_LE(groups.size(), 176U);
  EXPECT_LE(campaigns.size(), 55U);

  const Attack& enterprise = shipped().attack[0];
  for (const AttackTechnique& it : enterprise.techniques) {
    if (it.standing != Standing::live) continue;
    EXPECT_FALSE(it.tactics.empty()) << it.id;
    EXPECT_EQ(it.groups,
              countIf(enterprise.groupUses, [&](const IdPair& use) { return use.second == it.id; }))
        << it.id;
  }
  const AttackTechnique* const sideLoading = enterprise.find("T1574.002");
  ASSERT_NE(sideLoading, nullptr);
  EXPECT_EQ(sideLoading->standing, Standing::revoked);
  EXPECT_EQ(sideLoading->revokedBy, "T1574.001");
}

TEST(ShippedPack, HasControls) {
  // One more than the list of r5 has: IA-13 came later, and 17 mappings name it.
  EXPECT_EQ(controlsWith(Framework::nist80053, ""), 1189U + 1U);
  EXPECT_EQ(controlsWith(Framework::nist80053, "low"), 149U);
  EXPECT_EQ(controlsWith(Framework::nist80053, "moderate"), 287U);
  EXPECT_EQ(controlsWith(Framework::nist80053, "high"), 370U);
  EXPECT_EQ(controlsWith(Framework::nist80053, "privacy"), 96U);
  EXPECT_EQ(countIf(shipped().controls, [](const Control& it) { return it.withdrawn; }), 182U);
  EXPECT_EQ(controlsWith(Framework::cis, ""), 153U);
  EXPECT_EQ(controlsWith(Framework::cis, "ig1"), 56U);
  EXPECT_EQ(controlsWith(Framework::cis, "ig2"), 130U);
  EXPECT_EQ(controlsWith(Framework::cis, "ig3"), 153U);
  EXPECT_EQ(controlsWith(Framework::nistCsf, ""), 106U);
  EXPECT_EQ(controlsWith(Framework::iso27001, ""), 93U);
  ASSERT_NE(control(Framework::nist80053, "AC-4(8)"), nullptr);
  EXPECT_EQ(control(Framework::nist80053, "AC-4(8)")->group, "AC");
  ASSERT_NE(control(Framework::cis, "9.2"), nullptr);
  EXPECT_EQ(control(Framework::cis, "9.2")->profiles, (std::vector<std::string>{"ig1", "ig2", "ig3"}));
  ASSERT_NE(control(Framework::nist80053, "IA-13"), nullptr);
  EXPECT_EQ(control(Framework::nist80053, "IA-13")->source, "ctid-800-53");
}

// Titles of frameworks whose licence does not let them, and an AGPL selection of pairs.
TEST(ShippedPack, LeavesOutWhatMayNotShip) {
  for (const Control& it : shipped().controls) {
    if (it.framework == Framework::nist80053) continue;
    EXPECT_EQ(it.title, "") << it.id;
  }
  for (const Crosswalk& it : shipped().crosswalks)
    EXPECT_FALSE(it.fromFramework == Framework::cis && it.toFramework == Framework::iso27001) << it.from;
}

TEST(ShippedPack, HasCrosswalks) {
  const Counts expected = {{"cis-800-53", 313},  {"cis-attack", 2918},   {"olir-800-53-iso", 642},
                           {"csf-iso", 341},     {"d3fend-800-53", 180}, {"d3fend-cci", 426},
                           {"car-d3fend", 152},  {"ctid-800-53", 5264},  {"ctid-cri", 2152},
                           {"ctid-csa-ccm", 790}};
  for (const auto& [source, count] : expected) EXPECT_EQ(crosswalksOf(source), count) << source;
  EXPECT_GT(crosswalksOf("ctid-kev"), 1'000U);
  EXPECT_GT(crosswalksOf("ctid-veris"), 1'000U);
  std::size_t identityProviders = 0, defaulted = 0, mobile = 0;
  for (const Crosswalk& it : shipped().crosswalks) {
    identityProviders += it.from == "IA-13" ? 1U : 0U;
    defaulted += it.source == "d3fend-800-53" && it.detail == "defaulted" ? 1U : 0U;
    if (it.toFramework == Framework::attackMobile) {
      ++mobile;
      EXPECT_EQ(it.to, "T1521.003");
    }
  }
  EXPECT_EQ(identityProviders, 17U);
  EXPECT_EQ(defaulted, 21U);
  EXPECT_GT(mobile, 0U);
}

TEST(ShippedPack, HasEvidence) {
  EXPECT_EQ(shipped().scores.size(), 2951U);
  std::size_t rows = 0;
  for (const Score& it : shipped().scores) rows += it.rows;
  EXPECT_EQ(rows, 3044U);
  EXPECT_EQ(shipped().trialRates.size(), 95U);
  std::set<std::string> counted;
  for (const RuleCount& it : shipped().ruleCounts) {
    counted.insert(it.technique);
    EXPECT_GT(it.rules, 0U) << it.technique;
  }
  EXPECT_EQ(counted.size(), 556U);
  EXPECT_EQ(shipped().revocations.size(), 46U);
}

TEST(ShippedPack, HasPeople) {
  EXPECT_EQ(shipped().roles.size(), 41U);
  std::map<std::string, bool> withinSoc;
  for (const TacticOwner& it : shipped().owners) {
    withinSoc[it.tactic] = it.withinSoc;
    EXPECT_EQ(it.basis, "judgement") << it.tactic;
    EXPECT_FALSE(it.responsible.empty()) << it.tactic;
  }
  EXPECT_EQ(withinSoc, (std::map<std::string, bool>{{"Model", false},
                                                    {"Harden", false},
                                                    {"Detect", true},
                                                    {"Isolate", false},
                                                    {"Deceive", false},
                                                    {"Evict", true},
                                                    {"Restore", false}}));
}

TEST(ShippedPack, GivesEveryFactASource) {
  std::set<std::string_view> known;
  for (const Source& it : shipped().sources) {
    known.insert(it.id);
    EXPECT_FALSE(it.licence.empty()) << it.id;
    EXPECT_FALSE(it.origin.empty()) << it.id;
  }
  for (const Attack& attack : shipped().attack) {
    const bool has = std::ranges::any_of(shipped().sources, [&](const Source& it) {
      return it.framework == attack.domain && it.version == attack.version && !it.notice.empty();
    });
    EXPECT_TRUE(has) << word(attack.domain);
  }
  EXPECT_TRUE(known.contains("d3fend"));
}

TEST(ShippedPack, HasProtocols) {
  const Ontology& ontology = shipped().ontology;
  std::map<std::string, std::string> parents;
  for (const ProtocolArtifact& it : shipped().protocols) {
    const auto parent = ontology.find(it.parent);
    ASSERT_TRUE(parent) << it.service;
    EXPECT_EQ(ontology.find(it.artifact).has_value(), !it.ours) << it.service;
    EXPECT_FALSE(it.reference.empty()) << it.service;
    // One artifact has one parent, and D3FEND's own have the parent that D3FEND gives them.
    EXPECT_EQ(parents.try_emplace(it.artifact, it.parent).first->second, it.parent) << it.service;
    if (const auto artifact = ontology.find(it.artifact)) {
      EXPECT_TRUE(std::ranges::binary_search(ontology.subClassOf, std::pair(*artifact, *parent)))
          << it.service;
    } else {
      EXPECT_EQ(ontology[*parent].kind, ClassKind::artifact) << it.service;
    }
  }
  EXPECT_EQ(parents.at("NTPNetworkTraffic"), "NetworkTraffic");
  EXPECT_EQ(parents.at("ModbusNetworkTraffic"), "OTNetworkTraffic");
  std::set<std::string> carried, countered;
  for (const ProtocolUse& it : shipped().protocolUses) carried.insert(it.service);
  for (const ProtocolCountermeasure& it : shipped().protocolCountermeasures) {
    countered.insert(it.service);
    EXPECT_TRUE(ontology.findProperty(it.property)) << it.service;
  }
  for (const ProtocolArtifact& it : shipped().protocols) {
    if (it.service == "any") continue;  // no protocol
    EXPECT_TRUE(carried.contains(it.service)) << it.service;
    EXPECT_TRUE(countered.contains(it.service)) << it.service;
  }
}

TEST(ShippedPack, StaysSmall) {
  std::size_t bytes = 0;
  for (const auto& [name, text] : embeddedPack()) bytes += text.size();
  EXPECT_LT(bytes, 4'000'000U);  // 2 MB compressed is the limit; text like this shrinks to an eighth
}

}  // namespace
}  // namespace vauban::catalog
