// infer() against its slow twin, on random small ontologies that go through the reader first.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <random>

#include "catalog/inference.h"
#include "tests/support/naive_inference.h"
#include "tests/support/random_ontology.h"
#include "tests/support/read_ontology.h"

namespace vauban::catalog {
namespace {

using testing::NaiveFinding;
using testing::NaiveOntology;
using testing::NaiveRow;
using testing::NaiveWitness;
using testing::NaiveWitnesses;

const std::vector<std::string> kBeyond = {"both-inherit", "partial-coverage", "whole-to-part", "protocol"};

std::string inWords(const NaiveRow& row) {
  return row.tactic + " " + row.defensive + " " + row.defensiveProperty + " " + row.defensiveArtifact +
         " / " + row.offensiveArtifact + " " + row.offensiveProperty + " " + row.offensive;
}

std::string inWords(const NaiveOntology& ontology) {
  std::string text;
  for (const auto& [child, parent] : ontology.subClassOf) text += child + " < " + parent + "\n";
  for (const auto& [child, parent] : ontology.subPropertyOf) text += child + " <. " + parent + "\n";
  for (const auto& [s, p, o] : ontology.relations) text += s + " " + p + " " + o + "\n";
  for (const auto& [name, id] : ontology.d3fendIds) text += name + " = " + id + "\n";
  for (const auto& [name, id] : ontology.attackIds) text += name + " = " + id + "\n";
  return text;
}

class Twin {
 public:
  // `agreed` counts the rows that agree, by view and by rule.
  Twin(const NaiveOntology& naive, Ontology ontology, std::map<std::string, std::size_t>& agreed)
      : naive_(naive), ontology_(std::move(ontology)), hierarchy_(ontology_), agreed_(agreed) {}

  // A disagreement fails the test.
  void compare(const std::string& view, const std::vector<std::set<std::string>>& choices) {
    std::map<std::string, NaiveWitnesses> byRule;
    byRule["official"] = testing::naiveRows(naive_, view, "official");
    for (const std::string& rule : kBeyond) byRule[rule] = testing::naiveRows(naive_, view, rule);
    for (const auto& beyond : choices) {
      InferenceOptions options;
      options.view = *viewOfWord(view);
      for (const std::string& rule : beyond) options.beyond.push_back(*ruleOfWord(rule));
      compare(infer(hierarchy_, options), testing::naiveInference(byRule, beyond), agreed_[view]);
      // One technique's rows are those of all that are its.
      if (naive_.attackIds.empty()) continue;
      options.attackId = naive_.attackIds.begin()->second;
      auto one = testing::naiveInference(byRule, beyond);
      std::erase_if(one,
                    [&](const auto& it) { return it.first.offensive != naive_.attackIds.begin()->first; });
      compare(infer(hierarchy_, options), std::move(one), agreed_[view]);
    }
  }

 private:
  std::string name(ClassId id) const { return id.valid() ? ontology_[id].name : std::string(); }
  std::string name(PropertyId id) const { return ontology_.properties[id.index()].name; }

  void compare(const std::vector<Row>& rows, std::map<NaiveRow, NaiveFinding> expected, std::size_t& agreed) {
    std::vector<std::array<std::string, 9>> order;
    for (const Row& row : rows) {
      const NaiveRow said{name(row.tactic),
                          name(row.defensive),
                          name(row.defensiveProperty),
                          name(row.defensiveArtifact),
                          name(row.offensiveArtifact),
                          name(row.offensiveProperty),
                          name(row.offensive)};
      const auto found = expected.find(said);
      if (found == expected.end()) {
        ADD_FAILURE() << "only infer() or twice: " << inWords(said) << ", " << word(row.rule);
        continue;
      }
      EXPECT_EQ(found->second.rule, word(row.rule)) << inWords(said);
      explains(row, said, found->second.witnesses);
      expected.erase(found);
      ++agreed;
      ++agreed_[std::string(word(row.rule))];
      order.push_back({said.tactic, naive_.d3fendIds.at(said.defensive), said.defensive,
                       said.defensiveProperty, said.defensiveArtifact, said.offensiveArtifact,
                       said.offensiveProperty, naive_.attackIds.at(said.offensive),
                       std::string(1, char('0' + int(row.rule)))});
    }
    for (const auto& [row, finding] : expected)
      ADD_FAILURE() << "only the twin: " << inWords(row) << ", " << finding.rule;
    EXPECT_TRUE(std::ranges::is_sorted(order)) << "not in the order of their text";
  }

  // The row's own explanation is one of the twin's, and as near to the two parties as any.
  void explains(const Row& row, const NaiveRow& said, const std::set<NaiveWitness>& witnesses) {
    const NaiveWitness given{name(row.defensiveHolder), name(row.offensiveHolder), name(row.through)};
    EXPECT_TRUE(witnesses.contains(given)) << inWords(said) << " does not rest on " << given.defensiveHolder
                                           << ", " << given.offensiveHolder << ", " << given.through;
    const auto foreign = [&](const NaiveWitness& it) {
      return (it.defensiveHolder != said.defensive) + (it.offensiveHolder != said.offensive);
    };
    for (const NaiveWitness& other : witnesses) EXPECT_LE(foreign(given), foreign(other)) << inWords(said);
  }

  const NaiveOntology& naive_;
  Ontology ontology_;
  Hierarchy hierarchy_;
  std::map<std::string, std::size_t>& agreed_;
};

TEST(InferenceTwin, agreesOnRandomOntologies) {
  // VAUBAN_TWIN_SEED=N repeats one ontology alone; VAUBAN_TWIN_COUNT=N tries so many.
  const char* given = std::getenv("VAUBAN_TWIN_SEED");
  const char* wanted = std::getenv("VAUBAN_TWIN_COUNT");
  const unsigned first = given ? static_cast<unsigned>(std::stoul(given)) : std::random_device{}() / 2;
  const unsigned count = given ? 1 : wanted ? static_cast<unsigned>(std::stoul(wanted)) : 2000;
  std::cout << "first seed " << first << "\n";
  std::map<std::string, std::size_t> agreed;
  for (unsigned seed = first; seed != first + count; ++seed) {
    std::mt19937 random(seed);
    const NaiveOntology naive = testing::randomOntology(random);
    auto read = testing::readOntology(testing::statementsOf(naive, random));
    ASSERT_TRUE(read) << "seed " << seed << "\n" << testing::inLines(read.error());
    ASSERT_EQ(testing::brokenInvariant(*read), "") << "seed " << seed;
    Twin twin(naive, std::move(*read), agreed);
    std::vector<std::set<std::string>> choices = {{}, {kBeyond.begin(), kBeyond.end()}};
    for (const std::string& rule : kBeyond) choices.push_back({rule});
    choices.emplace_back();
    for (const std::string& rule : kBeyond)
      if (random() % 2 == 0) choices.back().insert(rule);
    for (const char* view : {"direct", "parent", "page"}) twin.compare(view, choices);
    ASSERT_FALSE(::testing::Test::HasFailure()) << "seed " << seed << "\n" << inWords(naive);
  }
  for (const auto& [what, rows] : agreed) std::cout << what << ": " << rows << " rows agree\n";
  if (given) return;
  // Ontologies without rows would show nothing.
  for (const char* view : {"direct", "parent", "page"}) EXPECT_GT(agreed[view], count) << view;
  for (const std::string& rule : kBeyond) EXPECT_GT(agreed[rule], count) << rule;
}

}  // namespace
}  // namespace vauban::catalog
