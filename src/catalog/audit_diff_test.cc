#include "catalog/audit_diff.h"

#include <gtest/gtest.h>

#include "tests/support/read_ontology.h"

namespace vauban::catalog {
namespace {

using testing::d3f;
using testing::literal;
using testing::OntologyBuilder;
using testing::rdfs;

void label(OntologyBuilder& made, const char* name, const char* text) {
  made.say(d3f(name), rdfs("label"), literal(text));
}

OntologyBuilder base() {
  OntologyBuilder made = testing::smallD3fend();
  made.artifact("File").artifact("Dust");
  made.offensive("T1001").restricted("T1001", "modifies", "File");
  made.offensive("T1002").restricted("T1002", "modifies", "Dust");
  return made;
}

Catalogue before() {
  OntologyBuilder made = base();
  made.artifact("Packets", "File");
  label(made, "Packets", "Packet");
  made.offensive("T1562").restricted("T1562", "modifies", "Packets");
  made.defensive("FileAnalysis", "D3-FA").restricted("FileAnalysis", "enables", "Detect");
  made.restricted("FileAnalysis", "analyzes", "File");
  label(made, "FileAnalysis", "File Analysis");
  made.defensive("Moving", "D3-MO").restricted("Moving", "enables", "Detect");
  made.restricted("Moving", "analyzes", "Packets");
  made.defensive("Going", "D3-GO").restricted("Going", "enables", "Detect");
  made.restricted("Going", "analyzes", "Dust");
  Catalogue catalogue;
  catalogue.ontology = testing::ontologyOf(made);
  catalogue.ontology.references = {{"Reference-a", "PatentReference", 0}, {"Reference-b", "", 0}};
  catalogue.ontology.cites = {{*catalogue.ontology.find("FileAnalysis"), ReferenceId(0)}};
  Attack attack;
  attack.techniques.resize(2);
  attack.techniques[0].id = "T1001";
  attack.techniques[0].name = "Old name";
  attack.techniques[0].tactics = {"execution"};
  attack.techniques[1].id = "T1562";
  catalogue.attack = {attack};
  return catalogue;
}

// D3-GO gone and D3-NE new; D3-FA under another label and class name; D3-MO in another tactic; the artifact
// Packets called NetworkPacket; T1562 called T1685.
Catalogue after() {
  OntologyBuilder made = base();
  made.artifact("NetworkPacket", "File");
  label(made, "NetworkPacket", "Packet");
  made.offensive("T1685").restricted("T1685", "modifies", "NetworkPacket");
  made.defensive("FileContentAnalysis", "D3-FA").restricted("FileContentAnalysis", "enables", "Detect");
  made.restricted("FileContentAnalysis", "analyzes", "File");
  label(made, "FileContentAnalysis", "File Content Analysis");
  made.defensive("Moving", "D3-MO").restricted("Moving", "enables", "Harden");
  made.restricted("Moving", "analyzes", "NetworkPacket");
  made.defensive("New", "D3-NE").restricted("New", "enables", "Harden");
  Catalogue catalogue;
  catalogue.ontology = testing::ontologyOf(made);
  catalogue.ontology.references = {{"Reference-b", "BookReference", 0}, {"Reference-c", "", 0}};
  catalogue.ontology.cites = {{*catalogue.ontology.find("New"), ReferenceId(1)}};
  Attack attack;
  attack.techniques.resize(3);
  attack.techniques[0].id = "T1001";
  attack.techniques[0].name = "New name";
  attack.techniques[0].tactics = {"impact"};
  attack.techniques[1].id = "T1562";
  attack.techniques[1].standing = Standing::revoked;
  attack.techniques[1].revokedBy = "T1685";
  attack.techniques[2].id = "T1685";
  catalogue.attack = {attack};
  return catalogue;
}

AuditDiff compared(const Catalogue& old, const Catalogue& now) {
  return compare(audit(old), old, audit(now), now);
}

TEST(AuditDiff, OfTheSameIsEmpty) {
  const AuditDiff diff = compared(before(), before());
  EXPECT_TRUE(diff.empty());
  EXPECT_EQ(diff.rows.size(), 2U);
  EXPECT_TRUE(compared(Catalogue(), Catalogue()).empty());
}

TEST(AuditDiff, Countermeasures) {
  const AuditDiff diff = compared(before(), after());
  EXPECT_FALSE(diff.empty());
  EXPECT_EQ(diff.countermeasures.before, 3U);
  EXPECT_EQ(diff.countermeasures.after, 3U);
  EXPECT_EQ(diff.countermeasures.added, (std::vector<Named>{{"D3-NE", "New"}}));
  EXPECT_EQ(diff.countermeasures.removed, (std::vector<Named>{{"D3-GO", "Going"}}));
  EXPECT_EQ(diff.countermeasures.renamed,
            (std::vector<Renamed>{{"D3-FA", "D3-FA", "File Analysis", "File Content Analysis"}}));
  EXPECT_EQ(diff.countermeasures.moved, (std::vector<Moved>{{"D3-MO", "Moving", {"Detect"}, {"Harden"}}}));
  EXPECT_EQ(diff.tactics, (std::vector<TacticChange>{{"Harden", 0, 2}, {"Detect", 3, 1}}));
}

TEST(AuditDiff, WhatWasOnlyRenamedChangesNoRelation) {
  const AuditDiff diff = compared(before(), after());
  EXPECT_EQ(diff.artifacts.renamed, (std::vector<Renamed>{{"Packets", "NetworkPacket", "Packet", "Packet"}}));
  EXPECT_TRUE(diff.artifacts.added.empty());
  EXPECT_TRUE(diff.artifacts.removed.empty());
  EXPECT_EQ(diff.ontologyTechniques.renamed, (std::vector<Renamed>{{"T1562", "T1685", "T1562", "T1685"}}));
  EXPECT_EQ(diff.relationsAdded,
            (std::vector<RelationText>{{"Moving", "enables", "Harden"}, {"New", "enables", "Harden"}}));
  EXPECT_EQ(diff.relationsRemoved, (std::vector<RelationText>{{"Going", "analyzes", "Dust"},
                                                              {"Going", "enables", "Detect"},
                                                              {"Moving", "enables", "Detect"}}));
}

TEST(AuditDiff, Rows) {
  const AuditDiff diff = compared(before(), after());
  const RowChanges& direct = diff.rows.at(0);
  EXPECT_EQ(direct.view, View::direct);
  EXPECT_EQ(direct.rowsBefore, 4U);
  EXPECT_EQ(direct.rowsAfter, 3U);
  EXPECT_EQ(direct.added, (std::vector<RowText>{{"Harden", "D3-MO", "analyzes", "NetworkPacket",
                                                 "NetworkPacket", "modifies", "T1685"}}));
  EXPECT_EQ(direct.removed,
            (std::vector<RowText>{
                {"Detect", "D3-GO", "analyzes", "Dust", "Dust", "modifies", "T1002"},
                {"Detect", "D3-MO", "analyzes", "NetworkPacket", "NetworkPacket", "modifies", "T1685"}}));
  EXPECT_EQ(direct.pairsAdded, 0U) << "D3-MO answers T1685 as it answered T1562";
  EXPECT_EQ(direct.pairsRemoved, 1U);
  EXPECT_EQ(direct.unanswered, std::vector<std::string>{"T1002"});
  EXPECT_TRUE(direct.answered.empty());
}

TEST(AuditDiff, ReferencesAndAttack) {
  const AuditDiff diff = compared(before(), after());
  EXPECT_EQ(diff.references.added, std::vector<std::string>{"Reference-c"});
  EXPECT_EQ(diff.references.removed, std::vector<std::string>{"Reference-a"});
  EXPECT_EQ(diff.references.retyped,
            (std::vector<Renamed>{{"Reference-b", "Reference-b", "", "BookReference"}}));
  EXPECT_EQ(diff.references.citationsAdded, 1U);
  EXPECT_EQ(diff.references.citationsRemoved, 1U);
  ASSERT_EQ(diff.attack.size(), 1U);
  const Changes& attack = diff.attack[0].second;
  EXPECT_EQ(attack.before, 2U);
  EXPECT_EQ(attack.after, 2U);
  EXPECT_EQ(attack.renamed.size(), 2U);
  EXPECT_EQ(attack.renamed[1], (Renamed{"T1562", "T1685", "", ""}));
  EXPECT_EQ(attack.moved, (std::vector<Moved>{{"T1001", "New name", {"execution"}, {"impact"}}}));
  EXPECT_TRUE(attack.added.empty());
}

TEST(AuditDiff, OneSideWithoutAttack) {
  Catalogue bare = before();
  bare.attack.clear();
  const AuditDiff diff = compared(bare, before());
  ASSERT_EQ(diff.attack.size(), 1U);
  EXPECT_EQ(diff.attack[0].second.added.size(), 2U);
  EXPECT_FALSE(diff.empty());
}

// What both directions say is one and the same.
TEST(AuditDiff, BackwardsIsTheMirrorImage) {
  const AuditDiff forth = compared(before(), after()), back = compared(after(), before());
  EXPECT_EQ(forth.countermeasures.added, back.countermeasures.removed);
  EXPECT_EQ(forth.countermeasures.removed, back.countermeasures.added);
  EXPECT_EQ(forth.relationsAdded.size(), back.relationsRemoved.size());
  EXPECT_EQ(forth.rows[0].pairsAdded, back.rows[0].pairsRemoved);
  EXPECT_EQ(forth.rows[0].unanswered, back.rows[0].answered);
}

}  // namespace
}  // namespace vauban::catalog
