#include "catalog/hierarchy.h"

#include <gtest/gtest.h>

#include "tests/support/read_ontology.h"

namespace vauban::catalog {
namespace {

using testing::d3f;
using testing::OntologyBuilder;
using testing::ontologyOf;
using testing::rdfs;
using testing::smallD3fend;

using Names = std::vector<std::string>;

class World {
 public:
  explicit World(const OntologyBuilder& made) : ontology_(ontologyOf(made)), hierarchy_(ontology_) {}

  const Hierarchy& hierarchy() const { return hierarchy_; }
  ClassId of(std::string_view name) const { return *ontology_.find(name); }
  PropertyId property(std::string_view name) const { return *ontology_.findProperty(name); }
  Names names(const auto& ids) const {
    Names found;
    for (const ClassId id : ids) found.push_back(ontology_[id].name);
    return found;
  }
  Names above(std::string_view name) const { return names(hierarchy_.above(of(name))); }
  Names below(std::string_view name) const { return names(hierarchy_.below(of(name))); }
  Names tactics(std::string_view name) const { return names(hierarchy_.tactics(of(name))); }
  bool isBelow(std::string_view name, std::string_view other) const {
    return hierarchy_.isBelow(of(name), of(other));
  }

 private:
  Ontology ontology_;
  Hierarchy hierarchy_;
};

TEST(Hierarchy, closuresAreReflexiveTransitiveAndAscending) {
  auto made =
      smallD3fend().artifact("Z").artifact("M", "Z").artifact("N", "Z").artifact("A", "M").below("A", "N");
  made.isClass("Alone");
  const World world(made);
  EXPECT_EQ(world.above("A"), (Names{"A", "DigitalArtifact", "M", "N", "Z"}));
  EXPECT_EQ(world.below("Z"), (Names{"A", "M", "N", "Z"}));
  EXPECT_EQ(world.above("Alone"), Names{"Alone"});
  EXPECT_EQ(world.below("Alone"), Names{"Alone"});
  EXPECT_EQ(world.names(world.hierarchy().parents(world.of("A"))), (Names{"M", "N"}));
  EXPECT_EQ(world.names(world.hierarchy().children(world.of("Z"))), (Names{"M", "N"}));
  EXPECT_TRUE(world.isBelow("A", "A"));
  EXPECT_TRUE(world.isBelow("A", "DigitalArtifact"));
  EXPECT_FALSE(world.isBelow("Z", "A"));
  EXPECT_FALSE(world.isBelow("M", "N"));
}

TEST(Hierarchy, restrictionsAreNoSubclasses) {
  const World world(smallD3fend().artifact("A").artifact("B").restricted("A", "contains", "B"));
  EXPECT_FALSE(world.isBelow("A", "B"));
  EXPECT_FALSE(world.isBelow("B", "A"));
}

TEST(Hierarchy, relationsFromBothEnds) {
  auto made = smallD3fend().offensive("T1").offensive("T2").artifact("A").artifact("B");
  made.restricted("T1", "modifies", "B").restricted("T1", "analyzes", "A").direct("T2", "modifies", "A");
  const World world(made);
  const auto ofT1 = world.hierarchy().relationsOf(world.of("T1"));
  ASSERT_EQ(ofT1.size(), 2U);
  EXPECT_EQ(ofT1[0], (Relation{world.of("T1"), world.property("analyzes"), world.of("A")}));
  EXPECT_EQ(ofT1[1], (Relation{world.of("T1"), world.property("modifies"), world.of("B")}));
  const auto toA = world.hierarchy().relationsTo(world.of("A"));
  ASSERT_EQ(toA.size(), 2U);
  EXPECT_EQ(toA[0].subject, world.of("T1"));
  EXPECT_EQ(toA[1].subject, world.of("T2"));
  EXPECT_TRUE(world.hierarchy().relationsOf(world.of("A")).empty());
  EXPECT_TRUE(world.hierarchy().relationsTo(world.of("T1")).empty());
}

TEST(Hierarchy, propertiesThatAssociate) {
  auto made = smallD3fend().property("far", "modifies");
  // Two that stand above each other are the same; the walk must end all the same.
  made.property("one", "far").say(d3f("one"), rdfs("subPropertyOf"), d3f("two"));
  made.property("two", "one").property("above");
  made.say(d3f("may-be-associated-with"), rdfs("subPropertyOf"), d3f("above"));
  const World world(made);
  for (const char* name : {"may-be-associated-with", "associated-with", "modifies", "far", "one", "two"})
    EXPECT_TRUE(world.hierarchy().associates(world.property(name))) << name;
  for (const char* name : {"related", "above"})
    EXPECT_FALSE(world.hierarchy().associates(world.property(name))) << name;
  EXPECT_TRUE(world.hierarchy().isPossibility(world.property("may-modify")));
  EXPECT_FALSE(world.hierarchy().isPossibility(world.property("modifies")));
}

TEST(Hierarchy, withoutTheRootOfPropertiesNothingAssociates) {
  OntologyBuilder made;
  made.isClass("DefensiveTechnique").property("modifies", "associated-with");
  const World world(made);
  EXPECT_FALSE(world.hierarchy().associates(world.property("modifies")));
  EXPECT_FALSE(world.hierarchy().associates(world.property("associated-with")));
  EXPECT_TRUE(world.tactics("DefensiveTechnique").empty());
}

TEST(Hierarchy, tacticsAreInheritedInBothEncodings) {
  auto made = smallD3fend().isClass("OffensiveTactic").isClass("Execution");
  made.defensive("Top", "D3-T").defensive("Mid", "D3-M", "Top").defensive("Leaf", "D3-L", "Mid");
  made.direct("Top", "enables", "Harden").restricted("Mid", "enables", "Detect");
  made.restricted("DefensiveTechnique", "enables", "DefensiveTactic");
  made.offensive("T1").restricted("T1", "enables", "Execution").restricted("T1", "modifies", "Harden");
  made.restricted("OffensiveTechnique", "enables", "OffensiveTactic").defensive("None", "D3-N");
  const World world(made);
  EXPECT_EQ(world.tactics("Top"), Names{"Harden"});
  EXPECT_EQ(world.tactics("Mid"), (Names{"Detect", "Harden"}));
  EXPECT_EQ(world.tactics("Leaf"), (Names{"Detect", "Harden"}));
  EXPECT_EQ(world.tactics("T1"), Names{"Execution"});
  EXPECT_EQ(world.tactics("None"), Names{});  // the root of tactics is no tactic
}

TEST(Hierarchy, aTacticEnabledTwiceIsOne) {
  auto made = smallD3fend().defensive("Top", "D3-T").defensive("Leaf", "D3-L", "Top");
  made.direct("Top", "enables", "Harden").restricted("Leaf", "enables", "Harden");
  EXPECT_EQ(World(made).tactics("Leaf"), Names{"Harden"});
}

TEST(Hierarchy, longChainsNeedNoRecursion) {
  constexpr std::size_t kLong = 100'000;
  OntologyBuilder made = smallD3fend();
  const auto link = [](std::size_t i) { return "C" + std::to_string(i); };
  for (std::size_t i = 0; i + 1 < kLong; ++i) made.below(link(i), link(i + 1));
  made.below(link(kLong - 1), "DigitalArtifact");
  const World world(made);
  EXPECT_EQ(world.hierarchy().above(world.of("C0")).size(), kLong + 1);
  EXPECT_EQ(world.hierarchy().below(world.of("DigitalArtifact")).size(), kLong + 1);
  EXPECT_TRUE(world.isBelow("C0", "C99999"));
  EXPECT_FALSE(world.isBelow("C99999", "C0"));
}

}  // namespace
}  // namespace vauban::catalog
