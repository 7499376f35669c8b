#include "catalog/extension.h"

#include <gtest/gtest.h>

#include <iostream>
#include <random>

#include "catalog/inference.h"
#include "tests/support/naive_inference.h"
#include "tests/support/random_ontology.h"
#include "tests/support/read_ontology.h"

namespace vauban::catalog {
namespace {

using testing::ontologyOf;
using testing::smallD3fend;

using Lines = std::vector<std::string>;

// Rows as text, so that rows of two ontologies compare.
Lines rows(const Ontology& ontology, View view, const std::vector<Rule>& beyond) {
  const Hierarchy hierarchy(ontology);
  Lines found;
  for (const Row& row : infer(hierarchy, {view, beyond, ""})) {
    found.push_back(ontology[row.tactic].name + " " + ontology[row.defensive].name + " " +
                    ontology.properties[row.defensiveProperty.index()].name + " " +
                    ontology[row.defensiveArtifact].name + " / " + ontology[row.offensiveArtifact].name +
                    " " + ontology.properties[row.offensiveProperty.index()].name + " " +
                    ontology[row.offensive].name + " by " + std::string(word(row.rule)));
  }
  return found;
}

// DNS has an artifact in D3FEND, NTP has none; a filter acts on all traffic.
Catalogue someCatalogue() {
  auto made = smallD3fend().artifact("NetworkTraffic").artifact("DNSNetworkTraffic", "NetworkTraffic");
  made.artifact("DNSLookup", "DNSNetworkTraffic");
  made.defensive("Filter", "D3-F")
      .direct("Filter", "enables", "Harden")
      .property("filters", "associated-with");
  made.restricted("Filter", "filters", "NetworkTraffic");
  made.defensive("Inspect", "D3-I")
      .direct("Inspect", "enables", "Detect")
      .restricted("Inspect", "analyzes", "DNSNetworkTraffic");
  made.offensive("T1").offensive("T2").restricted("T2", "may-produce", "DNSLookup");
  made.offensive("T3").restricted("T3", "may-produce", "NetworkTraffic");
  made.say(testing::d3f("Filter"), testing::d3f("synonym"), testing::literal("Z"));
  made.direct("Filter", "kb-reference", "Reference-1").direct("M1037", "related", "Filter");
  Catalogue catalogue;
  catalogue.ontology = ontologyOf(made);
  catalogue.protocols = {{"dns", "DNSNetworkTraffic", "NetworkTraffic", false, "RFC 1035", "v"},
                         {"ntp", "ANTPNetworkTraffic", "NetworkTraffic", true, "RFC 5905", "v"}};
  catalogue.protocolUses = {{"dns", "T1", "v"}, {"ntp", "T1", "v"}};
  catalogue.protocolCountermeasures = {{"dns", "D3-F", "filters", "r", "v"},
                                       {"dns", "D3-I", "analyzes", "r", "v"},
                                       {"ntp", "D3-F", "filters", "r", "v"}};
  return catalogue;
}

TEST(Extension, addsArtifactsPropertyAndRelations) {
  const Catalogue catalogue = someCatalogue();
  std::vector<std::string> missing;
  const Ontology made = extended(catalogue, &missing);
  EXPECT_TRUE(missing.empty());
  EXPECT_EQ(testing::brokenInvariant(made), "");
  EXPECT_EQ(made.classes.size(), catalogue.ontology.classes.size() + 1);
  const auto ntp = made.find("ANTPNetworkTraffic");
  ASSERT_TRUE(ntp);
  EXPECT_EQ(made[*ntp].kind, ClassKind::artifact);
  EXPECT_TRUE(Hierarchy(made).isBelow(*ntp, *made.find("NetworkTraffic")));
  EXPECT_TRUE(Hierarchy(made).associates(*made.findProperty(kSendsOver)));
  Lines ours;
  for (const Relation& it : made.extension)
    ours.push_back(made[it.subject].name + " " + made.properties[it.property.index()].name + " " +
                   made[it.object].name);
  // What D3FEND says itself is not the extension's.
  EXPECT_EQ(ours, (Lines{"Filter filters ANTPNetworkTraffic", "Filter filters DNSNetworkTraffic",
                         "T1 may-send-over ANTPNetworkTraffic", "T1 may-send-over DNSNetworkTraffic"}));
}

TEST(Extension, protocolRows) {
  const Catalogue catalogue = someCatalogue();
  const Ontology made = extended(catalogue);
  const Lines official = {"Detect Inspect analyzes DNSNetworkTraffic / DNSLookup may-produce T2 by official",
                          "Harden Filter filters NetworkTraffic / DNSLookup may-produce T2 by official",
                          "Harden Filter filters NetworkTraffic / NetworkTraffic may-produce T3 by official"};
  EXPECT_EQ(rows(catalogue.ontology, View::direct, {}), official);
  EXPECT_EQ(rows(made, View::direct, {}), official);
  EXPECT_EQ(
      rows(made, View::direct, {Rule::protocol}),
      (Lines{"Detect Inspect analyzes DNSNetworkTraffic / DNSLookup may-produce T2 by official",
             "Detect Inspect analyzes DNSNetworkTraffic / DNSNetworkTraffic may-send-over T1 by protocol",
             "Harden Filter filters ANTPNetworkTraffic / ANTPNetworkTraffic may-send-over T1 by protocol",
             "Harden Filter filters DNSNetworkTraffic / DNSLookup may-produce T2 by protocol",
             "Harden Filter filters DNSNetworkTraffic / DNSNetworkTraffic may-send-over T1 by protocol",
             "Harden Filter filters NetworkTraffic / ANTPNetworkTraffic may-send-over T1 by protocol",
             "Harden Filter filters NetworkTraffic / DNSLookup may-produce T2 by official",
             "Harden Filter filters NetworkTraffic / DNSNetworkTraffic may-send-over T1 by protocol",
             "Harden Filter filters NetworkTraffic / NetworkTraffic may-produce T3 by official"}));
}

TEST(Extension, whatThisVersionLacksIsLeftOutAndTold) {
  Catalogue catalogue = someCatalogue();
  catalogue.protocols.push_back({"tftp", "TFTPNetworkTraffic", "NoSuchTraffic", true, "r", "v"});
  catalogue.protocolUses.push_back({"tftp", "T1", "v"});
  catalogue.protocolUses.push_back({"ntp", "T9999", "v"});
  catalogue.protocolCountermeasures.push_back({"ntp", "D3-I", "weighs", "r", "v"});
  catalogue.protocolCountermeasures.push_back({"ntp", "D3-XX", "filters", "r", "v"});
  std::vector<std::string> missing;
  EXPECT_EQ(extended(catalogue, &missing), extended(someCatalogue()));
  ASSERT_EQ(missing.size(), 4U);
  for (const char* name : {"NoSuchTraffic", "T9999", "weighs", "D3-XX"}) {
    EXPECT_TRUE(std::ranges::any_of(missing, [&](const auto& it) { return it.contains(name); })) << name;
  }
}

TEST(Extension, withoutTablesOnlyThePropertyIsNew) {
  Catalogue catalogue = someCatalogue();
  catalogue.protocols.clear();
  catalogue.protocolUses.clear();
  catalogue.protocolCountermeasures.clear();
  const Ontology made = extended(catalogue);
  EXPECT_EQ(made.classes, catalogue.ontology.classes);
  EXPECT_EQ(made.subClassOf, catalogue.ontology.subClassOf);
  EXPECT_EQ(made.relations.size(), catalogue.ontology.relations.size());
  EXPECT_EQ(made.properties.size(), catalogue.ontology.properties.size() + 1);
  EXPECT_TRUE(made.extension.empty());
  EXPECT_EQ(testing::brokenInvariant(extended(Catalogue{})), "");
}

TEST(Extension, extendingTwiceIsExtendingOnce) {
  Catalogue catalogue = someCatalogue();
  const Ontology once = extended(catalogue);
  catalogue.ontology = once;
  EXPECT_EQ(extended(catalogue), once);
  EXPECT_EQ(testing::brokenInvariant(extended(catalogue)), "");
}

TEST(Extension, whatWasThereStays) {
  const Catalogue catalogue = someCatalogue();
  const Ontology &old = catalogue.ontology, made = extended(catalogue);
  const auto named = [](const Ontology& ontology) {
    Lines found;
    for (const auto& [child, parent] : ontology.subClassOf)
      found.push_back(ontology[child].name + " < " + ontology[parent].name);
    for (const Relation& it : ontology.relations)
      found.push_back(ontology[it.subject].name + " " + ontology.properties[it.property.index()].name + " " +
                      ontology[it.object].name);
    for (const auto& [child, parent] : ontology.subPropertyOf)
      found.push_back(ontology.properties[child.index()].name + " < " +
                      ontology.properties[parent.index()].name);
    for (const auto& [technique, reference] : ontology.cites)
      found.push_back(ontology[technique].name + " cites " + ontology.references[reference.index()].name);
    for (const auto& [subject, synonym] : ontology.synonyms)
      found.push_back(ontology[subject].name + " = " + synonym);
    for (const auto& [technique, mitigation] : ontology.mitigations)
      found.push_back(ontology[technique].name + " ~ " + mitigation);
    std::ranges::sort(found);
    return found;
  };
  const Lines before = named(old), after = named(made);
  EXPECT_TRUE(std::ranges::includes(after, before));
  // A class, a property and four relations, each under its parent.
  EXPECT_EQ(after.size(), before.size() + 1 + 1 + 4);
}

// The extension's tables at random, held against the twin, which is told the same in words.
TEST(Extension, agreesWithTheTwinOnRandomTables) {
  const unsigned first = std::random_device{}() / 2;
  std::cout << "first seed " << first << "\n";
  std::size_t protocolRows = 0;
  for (unsigned seed = first; seed < first + 500; ++seed) {
    std::mt19937 random(seed);
    testing::NaiveOntology naive = testing::randomOntology(random);
    Catalogue catalogue;
    catalogue.ontology = ontologyOf(testing::statementsOf(naive, random));
    const auto some = [&](const auto& from) {
      auto at = from.begin();
      std::advance(at, random() % from.size());
      return *at;
    };
    std::vector<std::string> artifacts, verbs;
    for (const std::string& name : naive.properties)
      if (name != "enables") verbs.push_back(name);
    for (const std::string& name : naive.classes)
      if (name.starts_with("Artifact")) artifacts.push_back(name);
    for (int i = 0; i < 3; ++i) {
      const bool isNew = random() % 2 == 0;
      catalogue.protocols.push_back({"s" + std::to_string(i),
                                     isNew ? "Ours" + std::to_string(i) : some(artifacts), some(artifacts),
                                     isNew, "", ""});
    }
    for (int i = 0; i < 5; ++i) {
      const std::string service = "s" + std::to_string(random() % 3);
      if (!naive.attackIds.empty())
        catalogue.protocolUses.push_back({service, some(naive.attackIds).second, ""});
      if (!naive.d3fendIds.empty())
        catalogue.protocolCountermeasures.push_back(
            {service, some(naive.d3fendIds).second, some(verbs), "", ""});
    }

    std::map<std::string, std::string> artifactOf, classOf;
    for (const auto& [name, id] : naive.attackIds) classOf[id] = name;
    for (const auto& [name, id] : naive.d3fendIds) classOf[id] = name;
    for (const auto& it : catalogue.protocols) {
      artifactOf[it.service] = it.artifact;
      if (naive.classes.insert(it.artifact).second) naive.subClassOf.insert({it.artifact, it.parent});
    }
    const auto before = naive.relations;
    naive.properties.insert("may-send-over");
    for (const char* parent : {"may-produce", "may-be-associated-with"}) {
      if (!naive.properties.contains(parent)) continue;
      naive.subPropertyOf.insert({"may-send-over", parent});
      break;
    }
    for (const auto& it : catalogue.protocolUses)
      naive.relations.insert({classOf[it.technique], "may-send-over", artifactOf[it.service]});
    for (const auto& it : catalogue.protocolCountermeasures)
      naive.relations.insert({classOf[it.technique], it.property, artifactOf[it.service]});
    std::ranges::set_difference(naive.relations, before,
                                std::inserter(naive.extension, naive.extension.end()));

    const Ontology made = extended(catalogue);
    ASSERT_EQ(testing::brokenInvariant(made), "") << "seed " << seed;
    for (const View view : {View::direct, View::parent, View::page}) {
      std::map<std::string, testing::NaiveWitnesses> byRule;
      std::set<std::string> beyond;
      for (const Rule rule :
           {Rule::official, Rule::bothInherit, Rule::partialCoverage, Rule::wholeToPart, Rule::protocol}) {
        byRule[std::string(word(rule))] =
            testing::naiveRows(naive, std::string(word(view)), std::string(word(rule)));
        if (rule != Rule::official) beyond.emplace(word(rule));
      }
      Lines expected;
      for (const auto& [row, finding] : testing::naiveInference(byRule, beyond)) {
        expected.push_back(row.tactic + " " + row.defensive + " " + row.defensiveProperty + " " +
                           row.defensiveArtifact + " / " + row.offensiveArtifact + " " +
                           row.offensiveProperty + " " + row.offensive + " by " + finding.rule);
        protocolRows += finding.rule == "protocol" ? 1 : 0;
      }
      Lines found =
          rows(made, view, {Rule::bothInherit, Rule::partialCoverage, Rule::wholeToPart, Rule::protocol});
      std::ranges::sort(found);
      std::ranges::sort(expected);
      ASSERT_EQ(found, expected) << "seed " << seed << ", " << word(view);
    }
    // Nothing but the protocol's rows changes.
    if (!catalogue.ontology.findProperty(kSendsOver)) {
      const std::vector<Rule> others = {Rule::bothInherit, Rule::partialCoverage, Rule::wholeToPart};
      ASSERT_EQ(rows(made, View::page, others), rows(catalogue.ontology, View::page, others))
          << "seed " << seed;
    }
  }
  std::cout << protocolRows << " rows of the protocols agree\n";
  EXPECT_GT(protocolRows, 1000U);
}

}  // namespace
}  // namespace vauban::catalog
