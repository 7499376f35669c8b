#include "catalog/gap.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "tests/support/random_ontology.h"
#include "tests/support/read_ontology.h"

namespace vauban::catalog {
namespace {

using testing::OntologyBuilder;

OntologyBuilder example() {
  OntologyBuilder made = testing::smallD3fend();
  made.artifact("File").artifact("ExecutableFile", "File").artifact("Traffic").artifact("Dust");
  made.defensive("FileAnalysis", "D3-FA").restricted("FileAnalysis", "enables", "Detect");
  made.restricted("FileAnalysis", "analyzes", "File");
  made.defensive("FileHashing", "D3-FH", "FileAnalysis");
  made.defensive("Dusting", "D3-DU", "FileAnalysis").restricted("Dusting", "modifies", "Dust");
  made.defensive("Idling", "D3-ID").restricted("Idling", "analyzes", "File");
  made.defensive("Wishing", "D3-WI").restricted("Wishing", "enables", "Harden");
  made.restricted("Wishing", "related", "File");
  made.offensive("T1001").restricted("T1001", "modifies", "ExecutableFile");
  made.offensive("T1001.001", "T1001");
  made.offensive("T1002").offensive("T1002.001", "T1002");
  made.restricted("T1002.001", "may-modify", "File");
  made.offensive("T1003").restricted("T1003", "modifies", "Traffic");
  return made;
}

class GapTest : public ::testing::Test {
 protected:
  Gap of(const char* name, View view = View::page) const { return gaps_.of(*ontology_.find(name), view); }
  std::vector<ClassId> ids(std::initializer_list<const char*> names) const {
    std::vector<ClassId> found;
    for (const char* name : names) found.push_back(*ontology_.find(name));
    return found;
  }

  Ontology ontology_ = testing::ontologyOf(example());
  Hierarchy hierarchy_{ontology_};
  Gaps gaps_{hierarchy_};
};

TEST_F(GapTest, AnsweredTechniquesHaveNone) {
  EXPECT_EQ(of("T1001", View::direct), Gap());
  EXPECT_FALSE(of("T1001"));
  EXPECT_FALSE(of("FileAnalysis"));
}

TEST_F(GapTest, NothingIsAssertedOnTheTechniqueItself) {
  const Gap direct = of("T1001.001", View::direct);
  EXPECT_EQ(direct.reason, GapReason::noArtifact);
  EXPECT_EQ(direct.widerView, View::parent);
  EXPECT_FALSE(of("T1001.001", View::parent));

  const Gap parent = of("T1002", View::parent);
  EXPECT_EQ(parent.reason, GapReason::noArtifact);
  EXPECT_EQ(parent.widerView, View::page);
  EXPECT_FALSE(of("T1002", View::page));
}

TEST_F(GapTest, NobodyActsOnWhatATechniqueTouches) {
  const Gap gap = of("T1003", View::direct);
  EXPECT_EQ(gap.reason, GapReason::unanswered);
  EXPECT_EQ(gap.artifacts, ids({"Traffic"}));
  EXPECT_EQ(gap.widerView, std::nullopt);
}

TEST_F(GapTest, NobodyTouchesWhatACountermeasureActsOn) {
  const Gap gap = of("Dusting");
  EXPECT_EQ(gap.reason, GapReason::untouched);
  EXPECT_EQ(gap.artifacts, ids({"Dust"}));
  EXPECT_TRUE(gap.byInheritance);
}

TEST_F(GapTest, ACountermeasureActsOnNothing) {
  EXPECT_EQ(of("FileHashing").reason, GapReason::noArtifact);
  EXPECT_TRUE(of("FileHashing").byInheritance);
  EXPECT_EQ(of("Wishing").reason, GapReason::noArtifact) << "`related` is no association";
  EXPECT_FALSE(of("Wishing").byInheritance);
}

TEST_F(GapTest, WhatEnablesNoTacticAnswersNothing) { EXPECT_EQ(of("Idling").reason, GapReason::noTactic); }

TEST_F(GapTest, ClassesThatAreNoTechniques) {
  EXPECT_EQ(of("File").reason, GapReason::notATechnique);
  EXPECT_EQ(of("DefensiveTechnique").reason, GapReason::notATechnique);
}

TEST(GapReasons, HaveWords) {
  for (int i = 0; i <= static_cast<int>(GapReason::untouched); ++i) {
    const auto reason = static_cast<GapReason>(i);
    EXPECT_EQ(gapReasonOfWord(word(reason)), reason);
    EXPECT_FALSE(inWords(reason).empty());
  }
  EXPECT_EQ(gapReasonOfWord("nothing"), std::nullopt);
}

// Gaps walk closures of artifacts; the inference makes rows. They may not disagree on anything.
TEST(Gaps, AgreeWithTheInferenceOnRandomOntologies) {
  const unsigned first = std::random_device{}() / 2;
  std::size_t gaps = 0, answered = 0, inherited = 0;
  for (unsigned seed = first; seed != first + 400; ++seed) {
    std::mt19937 random(seed);
    const Ontology ontology =
        testing::ontologyOf(testing::statementsOf(testing::randomOntology(random), random));
    const Hierarchy hierarchy(ontology);
    const Gaps all(hierarchy);
    std::set<ClassId> parties[3], inheriting;
    for (const View view : {View::direct, View::parent, View::page}) {
      InferenceOptions options;
      options.view = view;
      for (const Row& row : infer(hierarchy, options)) {
        parties[static_cast<int>(view)].insert(row.defensive);
        parties[static_cast<int>(view)].insert(row.offensive);
      }
    }
    InferenceOptions options;
    options.beyond = {Rule::bothInherit};
    for (const Row& row : infer(hierarchy, options)) inheriting.insert(row.defensive);
    for (std::size_t i = 0; i < ontology.classes.size(); ++i) {
      const OntologyClass& it = ontology.classes[i];
      const ClassId id(i);
      const bool defends = it.kind == ClassKind::defensive;
      if (it.id.empty() || (!defends && it.kind != ClassKind::offensive)) continue;
      for (const View view : {View::direct, View::parent, View::page}) {
        const Gap gap = all.of(id, view);
        ASSERT_EQ(!gap, parties[static_cast<int>(view)].contains(id))
            << "seed " << seed << ", " << it.name << ", " << word(view) << ": " << word(gap.reason);
        ASSERT_EQ(gap, gapOf(hierarchy, id, view));
        ++(gap ? gaps : answered);
        if (!gap) continue;
        ASSERT_NE(gap.reason, GapReason::notInOntology);
        ASSERT_EQ(gap.artifacts.empty(),
                  gap.reason == GapReason::noArtifact || gap.reason == GapReason::noTactic);
        if (defends) {
          ASSERT_EQ(gap.byInheritance, inheriting.contains(id)) << "seed " << seed << ", " << it.name;
        } else if (gap.widerView) {
          ASSERT_TRUE(parties[static_cast<int>(*gap.widerView)].contains(id));
        } else {
          ASSERT_TRUE(all.of(id, View::page));
        }
        inherited += gap.byInheritance ? 1 : 0;
      }
    }
  }
  EXPECT_GT(gaps, 100U);
  EXPECT_GT(answered, 100U);
  EXPECT_GT(inherited, 10U);
}

}  // namespace
}  // namespace vauban::catalog
