// Random programs with jumps, gotos, returns and inexact rules, decided class by class, folded as a whole,
// and packet by packet by the walker of tests/support. The three must say the same.
#include "reach/filter_evaluator.h"

#include <gtest/gtest.h>

#include <iostream>
#include <random>

#include "reach/class_matrix.h"
#include "reach/rule_findings.h"
#include "tests/support/program_decider.h"

namespace vauban::reach {
namespace {

using model::Action;
using model::ChainId;
using model::FilterProgram;
using model::FilterRule;
using space::AddressRange;
using space::AddressSet;
using space::Family;
using space::ServiceSet;

AddressSet someAddresses(std::mt19937& random) {
  if (random() % 4 == 0) return AddressSet::all(Family::ipv4);
  const space::Bits128 first = random() % 16, last = first + random() % 6;
  AddressSet set(AddressRange{Family::ipv4, first, last});
  return random() % 5 == 0 ? AddressSet::all(Family::ipv4) - set : set;
}

ServiceSet someServices(std::mt19937& random) {
  if (random() % 4 == 0) return ServiceSet::all();
  const auto port = static_cast<std::uint16_t>(random() % 5);
  return ServiceSet::ports(random() % 2 == 0 ? space::kTcp : space::kUdp,
                           {port, static_cast<std::uint16_t>(port + random() % 3)});
}

// Chain c jumps only to later chains, so there is no loop.
FilterProgram someProgram(std::mt19937& random) {
  FilterProgram program;
  const std::size_t chains = 1 + random() % 4;
  for (std::size_t c = 0; c < chains; ++c) {
    model::Chain chain;
    chain.name = "c" + std::to_string(c);
    if (c == 0) chain.policy = random() % 2 == 0 ? Action::accept : Action::drop;
    for (std::size_t r = 0, rules = random() % 7; r < rules; ++r) {
      FilterRule rule;
      rule.source = someAddresses(random);
      rule.destination = someAddresses(random);
      rule.services = someServices(random);
      rule.exact = random() % 5 != 0;
      if (random() % 6 == 0)
        rule.in = model::InterfaceMatch{"eth" + std::to_string(random() % 2), random() % 3 == 0};
      static constexpr Action actions[] = {Action::accept,   Action::drop, Action::reject,
                                           Action::doReturn, Action::jump, Action::goTo};
      rule.action = actions[random() % (c + 1 < chains ? 6 : 3 + (c > 0 ? 1 : 0))];
      if (rule.action == Action::jump || rule.action == Action::goTo)
        rule.chain = ChainId(c + 1 + random() % (chains - c - 1));
      chain.rules.push_back(rule);
    }
    program.chains.push_back(chain);
  }
  program.entry = ChainId(0);
  program.families = {Family::ipv4};
  return program;
}

TEST(FilterEvaluator, AgreesWithAWalkOfEachPacket) {
  const unsigned seed = std::random_device{}();
  std::cout << "seed " << seed << "\n";
  std::mt19937 random(seed);
  for (int round = 0; round < 300; ++round) {
    const FilterProgram program = someProgram(random);
    std::vector<const AddressSet*> sets;
    for (const model::Chain& chain : program.chains) {
      for (const FilterRule& rule : chain.rules) {
        sets.push_back(&rule.source);
        sets.push_back(&rule.destination);
      }
    }
    std::vector<AddressClass> classes;
    for (const AddressSet& set : addressClasses(AddressSet::all(Family::ipv4), sets))
      classes.push_back({Family::ipv4, set, {}});
    const FilterEvaluator evaluator(program, classes);
    const std::vector<std::string> in{"eth0"}, out{"eth1"};
    const FilterContext context{{}, &in, &out};
    const space::PacketSet folded = acceptedPackets(program, context);
    for (int sample = 0; sample < 60; ++sample) {
      const std::size_t a = random() % classes.size(), b = random() % classes.size();
      const space::Service service{random() % 2 == 0 ? space::kTcp : space::kUdp,
                                   static_cast<std::uint16_t>(random() % 9),
                                   static_cast<std::uint16_t>(random() % 9)};
      const space::Packet packet{*classes[a].addresses.witness(), *classes[b].addresses.witness(), service};
      const auto walked = tests::decideByProgram(program, packet, "eth0", "eth1");
      ASSERT_EQ(evaluator.mayAccept(a, b, context).contains(service), walked.mayAccept) << "round " << round;
      ASSERT_EQ(evaluator.mustAccept(a, b, context).contains(service), walked.mustAccept)
          << "round " << round;
      ASSERT_EQ(folded.contains(packet), walked.mayAccept) << "round " << round;
      const auto rule = evaluator.accepting(a, b, context, service);
      ASSERT_EQ(rule.has_value(), walked.mayAccept);
    }
  }
}

TEST(ClassMatrix, HasWhatEachPairMayOpen) {
  std::mt19937 random(11);
  for (int round = 0; round < 60; ++round) {
    const FilterProgram program = someProgram(random);
    const ClassMatrix matrix = classMatrix(program, Family::ipv4);
    std::vector<AddressClass> classes;
    for (const auto* side : {&matrix.sources, &matrix.destinations}) {
      for (const AddressSet& set : *side) classes.push_back({Family::ipv4, set, {}});
    }
    const FilterEvaluator evaluator(program, classes);
    for (std::size_t s = 0; s < matrix.sources.size(); ++s) {
      for (std::size_t d = 0; d < matrix.destinations.size(); ++d) {
        ASSERT_EQ(matrix.at(s, d), evaluator.mayAccept(s, matrix.sources.size() + d, {}));
      }
    }
  }
}

TEST(AddressClasses, PartTheUniverseAndNoSetCutsOne) {
  std::mt19937 random(5);
  for (int round = 0; round < 200; ++round) {
    std::vector<AddressSet> sets;
    for (int i = 0; i < 6; ++i) sets.push_back(someAddresses(random));
    std::vector<const AddressSet*> pointers;
    for (const AddressSet& set : sets) pointers.push_back(&set);
    AddressSet all;
    for (const AddressSet& part : addressClasses(AddressSet::all(), pointers)) {
      EXPECT_FALSE(all.intersects(part));
      all = all | part;
      for (const AddressSet& set : sets) EXPECT_TRUE(set.contains(part) || !set.intersects(part));
    }
    EXPECT_EQ(all, AddressSet::all());
  }
}

TEST(RuleFindings, WithoutAFoundRuleTheSamePacketsPass) {
  std::mt19937 random(3);
  std::size_t found = 0;
  for (int round = 0; round < 200; ++round) {
    FilterProgram program;
    program.chains.push_back({"flows", {}, Action::drop, {}});
    program.entry = ChainId(0);
    for (std::uint32_t r = 0; r < 6; ++r) {
      FilterRule rule;
      rule.source = someAddresses(random);
      rule.destination = someAddresses(random);
      rule.services = someServices(random);
      rule.action = random() % 2 == 0 ? Action::accept : Action::drop;
      rule.place = {"flows", r + 1, 0};
      program.chains.front().rules.push_back(rule);
    }
    for (const Diagnostic& finding : ruleFindings(program)) {
      ++found;
      FilterProgram without = program;
      without.chains.front().rules.erase(without.chains.front().rules.begin() + finding.place.line - 1);
      EXPECT_EQ(acceptedPackets(program), acceptedPackets(without)) << finding.message;
    }
  }
  EXPECT_GT(found, 50U);
}

}  // namespace
}  // namespace vauban::reach
