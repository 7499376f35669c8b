#include "reach/class_matrix.h"

#include <gtest/gtest.h>

#include <iostream>
#include <random>

#include "reach/test_programs.h"
#include "tests/support/program_decider.h"

namespace vauban::reach {
namespace {

using model::FilterProgram;
using space::AddressSet;
using space::Family;

TEST(ClassMatrix, HasWhatEachPairMayOpen) {
  const unsigned seed = std::random_device{}();
  std::cout << "seed " << seed << "\n";
  std::mt19937 random(seed);
  for (int round = 0; round < 60; ++round) {
    const FilterProgram program = testing::someProgram(random);
    const ClassMatrix matrix = classMatrix(program, Family::ipv4);
    std::vector<AddressClass> classes;
    for (const auto* side : {&matrix.sources, &matrix.destinations}) {
      AddressSet all;
      for (const AddressSet& set : *side) {
        classes.push_back({Family::ipv4, set, {}});
        ASSERT_FALSE(all.intersects(set));
        all = all | set;
      }
      ASSERT_EQ(all, AddressSet::all(Family::ipv4));
    }
    const FilterEvaluator evaluator(program, classes);
    ASSERT_EQ(matrix.cells.size(), matrix.sources.size());
    for (std::size_t s = 0; s < matrix.sources.size(); ++s) {
      for (std::size_t d = 0; d < matrix.destinations.size(); ++d) {
        ASSERT_EQ(matrix.at(s, d), evaluator.mayAccept(s, matrix.sources.size() + d, {}))
            << "round " << round;
      }
    }
  }
}

// Any two addresses of the classes, and not just the least ones.
TEST(ClassMatrix, NoAddressOfAClassDiffersFromItsClass) {
  const unsigned seed = std::random_device{}();
  std::cout << "seed " << seed << "\n";
  std::mt19937 random(seed);
  auto drawn = [&](const AddressSet& set) {
    const space::AddressRange& range = set.ranges()[random() % set.ranges().size()];
    const space::Bits128 size = range.last - range.first + 1;
    return space::Address{range.family, range.first + random() % size};
  };
  for (int round = 0; round < 60; ++round) {
    FilterProgram program = testing::someProgram(random);
    for (model::Chain& chain : program.chains) {  // the walk knows its interfaces, the matrix does not
      for (model::FilterRule& rule : chain.rules) rule.in = rule.out = std::nullopt;
    }
    const ClassMatrix matrix = classMatrix(program, Family::ipv4);
    for (int sample = 0; sample < 60; ++sample) {
      const std::size_t s = random() % matrix.sources.size(), d = random() % matrix.destinations.size();
      const space::Packet packet{drawn(matrix.sources[s]), drawn(matrix.destinations[d]),
                                 testing::someService(random)};
      ASSERT_EQ(matrix.at(s, d).contains(packet.service),
                tests::decideByProgram(program, packet, "", "").mayAccept)
          << "round " << round << " " << packet.toString();
    }
  }
}

TEST(ClassMatrix, OfAProgramWithoutRulesIsItsPolicy) {
  FilterProgram program;
  program.chains.push_back({"flows", {}, model::Action::accept, {}});
  program.entry = model::ChainId(0);
  ClassMatrix matrix = classMatrix(program, Family::ipv6);
  ASSERT_EQ(matrix.sources.size(), 1U);
  ASSERT_EQ(matrix.destinations.size(), 1U);
  EXPECT_TRUE(matrix.at(0, 0).full());
  program.chains[0].policy = model::Action::drop;
  EXPECT_TRUE(classMatrix(program, Family::ipv6).at(0, 0).empty());
}

}  // namespace
}  // namespace vauban::reach
