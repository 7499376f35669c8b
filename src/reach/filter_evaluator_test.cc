// Random programs with jumps, gotos, returns and inexact rules, decided class by class, folded as a whole,
// and packet by packet by the walker of tests/support. The three must say the same.
#include "reach/filter_evaluator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <random>

#include "reach/class_matrix.h"
#include "reach/test_programs.h"
#include "tests/support/program_decider.h"

namespace vauban::reach {
namespace {

using model::Action;
using model::ChainId;
using model::FilterProgram;
using model::FilterRule;
using space::AddressRange;
using space::AddressSet;
using space::Bits128;
using space::Family;
using space::ServiceSet;
using testing::classesOf;
using testing::someAddresses;
using testing::someProgram;
using testing::someService;

FilterProgram single(std::vector<FilterRule> rules, Action policy = Action::drop) {
  FilterProgram program;
  program.chains.push_back({"flows", std::move(rules), policy, {}});
  program.entry = ChainId(0);
  program.families = {Family::ipv4};
  return program;
}

FilterRule rule(Action action) {
  FilterRule made;
  made.source = made.destination = AddressSet::all(Family::ipv4);
  made.services = ServiceSet::all();
  made.action = action;
  return made;
}

// Few rules a chain, and chains longer than one and two words of bits.
void agreesWithTheWalk(std::mt19937& random, std::size_t mostRules, int rounds) {
  for (int round = 0; round < rounds; ++round) {
    const FilterProgram program = someProgram(random, mostRules);
    const std::vector<AddressClass> classes = classesOf(program);
    const FilterEvaluator evaluator(program, classes);
    const std::vector<std::string> in{"eth0"}, out{"eth1"};
    const FilterContext context{{}, &in, &out};
    const space::PacketSet folded = acceptedPackets(program, context);
    for (int sample = 0; sample < 60; ++sample) {
      const std::size_t a = random() % classes.size(), b = random() % classes.size();
      const space::Service service = someService(random);
      const space::Packet packet{*classes[a].addresses.witness(), *classes[b].addresses.witness(), service};
      const auto walked = tests::decideByProgram(program, packet, "eth0", "eth1");
      ASSERT_EQ(evaluator.mayAccept(a, b, context).contains(service), walked.mayAccept) << "round " << round;
      ASSERT_EQ(evaluator.mustAccept(a, b, context).contains(service), walked.mustAccept)
          << "round " << round;
      ASSERT_EQ(folded.contains(packet), walked.mayAccept) << "round " << round;
      ASSERT_EQ(evaluator.accepting(a, b, context, service).has_value(), walked.mayAccept);
      ASSERT_EQ(evaluator.dropping(a, b, context, service).has_value(), !walked.mustAccept);
    }
  }
}

TEST(FilterEvaluator, AgreesWithAWalkOfEachPacket) {
  const unsigned seed = std::random_device{}();
  std::cout << "seed " << seed << "\n";
  std::mt19937 random(seed);
  agreesWithTheWalk(random, 6, 300);
  agreesWithTheWalk(random, 150, 10);
}

TEST(FilterEvaluator, UnknownInterfacesAreTakenAtWhateverOpensMore) {
  const unsigned seed = std::random_device{}();
  std::cout << "seed " << seed << "\n";
  std::mt19937 random(seed);
  const std::vector<std::string> names{"eth0", "eth1", "tun7"};
  for (int round = 0; round < 100; ++round) {
    const FilterProgram program = someProgram(random);
    const std::vector<AddressClass> classes = classesOf(program);
    const FilterEvaluator evaluator(program, classes);
    // Unknown, one of several, and the side with one interface.
    const FilterContext unknown, several{{}, &names, &names};
    for (int sample = 0; sample < 20; ++sample) {
      const std::size_t a = random() % classes.size(), b = random() % classes.size();
      const space::Service service = someService(random);
      const space::Packet packet{*classes[a].addresses.witness(), *classes[b].addresses.witness(), service};
      for (const std::string& in : names) {
        for (const std::string& out : names) {
          const auto walked = tests::decideByProgram(program, packet, in, out);
          for (const FilterContext* context : {&unknown, &several}) {
            if (walked.mayAccept) {
              ASSERT_TRUE(evaluator.mayAccept(a, b, *context).contains(service));
            }
            if (!walked.mustAccept) {
              ASSERT_FALSE(evaluator.mustAccept(a, b, *context).contains(service));
            }
          }
        }
      }
    }
  }
}

TEST(FilterEvaluator, ARuleWithAConditionIsThereWhileItIsOpen) {
  FilterRule first = rule(Action::accept);
  first.when = model::ConditionId(1);
  const FilterProgram program = single({first});
  const FilterEvaluator evaluator(program, classesOf(program));
  EXPECT_TRUE(evaluator.mayAccept(0, 0, {}).empty());
  EXPECT_TRUE(evaluator.mayAccept(0, 0, {{true, false}, nullptr, nullptr}).empty());
  EXPECT_TRUE(evaluator.mustAccept(0, 0, {{false, true}, nullptr, nullptr}).full());
}

TEST(FilterEvaluator, AHostWithoutAnAddressIsNamedByItsClass) {
  FilterRule first = rule(Action::accept);
  first.source = AddressSet();
  first.sourceHosts = {model::HostId(3)};
  const FilterProgram program = single({first});
  const AddressSet pool(AddressRange{Family::ipv4, 0, 255});
  const FilterEvaluator evaluator(program, {{Family::ipv4, pool, model::HostId(3)},
                                            {Family::ipv4, pool, model::HostId(4)},
                                            {Family::ipv4, pool, {}}});
  EXPECT_TRUE(evaluator.mayAccept(0, 1, {}).full());
  EXPECT_TRUE(evaluator.mayAccept(1, 0, {}).empty());
  EXPECT_TRUE(evaluator.mayAccept(2, 0, {}).empty());
}

TEST(FilterEvaluator, ARejectAnswersAndADropDoesNot) {
  FilterRule rejects = rule(Action::reject), drops = rule(Action::drop);
  rejects.services = ServiceSet::ports(space::kTcp, {80, 80});
  drops.services = ServiceSet::ports(space::kTcp, {81, 81});
  const FilterProgram program = single({rejects, drops});
  const FilterEvaluator evaluator(program, classesOf(program));
  EXPECT_EQ(evaluator.mayReject(0, 0, {}, false), rejects.services);
  EXPECT_EQ(evaluator.mayReject(0, 0, {}, true), ~drops.services);
  const space::Service web{space::kTcp, 50000, 80}, other{space::kTcp, 50000, 82};
  EXPECT_EQ(evaluator.dropping(0, 0, {}, web)->rule, &program.chains[0].rules[0]);
  EXPECT_EQ(evaluator.dropping(0, 0, {}, other)->rule, nullptr);
  EXPECT_EQ(evaluator.dropping(0, 0, {}, other)->chain, &program.chains[0]);
}

TEST(FilterEvaluator, AGotoReturnsToTheCallerOfItsChain) {
  // c0 jumps to c1, which goes to c2, which returns: the packet is back in c0 and not in c1.
  FilterRule jump = rule(Action::jump), go = rule(Action::goTo);
  jump.chain = ChainId(1);
  go.chain = ChainId(2);
  FilterProgram program = single({jump, rule(Action::accept)});
  program.chains.push_back({"c1", {go, rule(Action::drop)}, {}, {}});
  program.chains.push_back({"c2", {rule(Action::doReturn), rule(Action::drop)}, {}, {}});
  const FilterEvaluator evaluator(program, classesOf(program));
  EXPECT_TRUE(evaluator.mustAccept(0, 0, {}).full());
  EXPECT_EQ(evaluator.accepting(0, 0, {}, {space::kTcp, 1, 1})->rule, &program.chains[0].rules[1]);
}

TEST(AddressClasses, PartTheUniverseAndNoSetCutsOne) {
  std::mt19937 random(5);
  for (int round = 0; round < 200; ++round) {
    std::vector<AddressSet> sets;
    for (int i = 0; i < 6; ++i)
      sets.push_back(someAddresses(random, i % 3 == 0 ? Family::ipv6 : Family::ipv4));
    std::vector<const AddressSet*> pointers;
    for (const AddressSet& set : sets) pointers.push_back(&set);
    AddressSet all;
    for (const AddressSet& part : addressClasses(AddressSet::all(), pointers)) {
      EXPECT_FALSE(part.empty());
      EXPECT_TRUE(part.only(Family::ipv4).empty() || part.only(Family::ipv6).empty());
      EXPECT_FALSE(all.intersects(part));
      all = all | part;
      for (const AddressSet& set : sets) EXPECT_TRUE(set.contains(part) || !set.intersects(part));
    }
    EXPECT_EQ(all, AddressSet::all());
  }
}

TEST(AddressClasses, AreAsFewAsCanBe) {
  std::mt19937 random(6);
  for (int round = 0; round < 100; ++round) {
    std::vector<AddressSet> sets;
    for (int i = 0; i < 4; ++i) sets.push_back(someAddresses(random));
    std::vector<const AddressSet*> pointers;
    for (const AddressSet& set : sets) pointers.push_back(&set);
    const auto parts = addressClasses(AddressSet(AddressRange{Family::ipv4, 2, 40}), pointers);
    for (std::size_t i = 0; i < parts.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        EXPECT_TRUE(std::ranges::any_of(
            sets, [&](const AddressSet& set) { return set.contains(parts[i]) != set.contains(parts[j]); }));
      }
    }
  }
}

TEST(AddressClasses, EndAtTheLastAddress) {
  const Bits128 last = space::maxAddress(Family::ipv4);
  const AddressSet end(AddressRange{Family::ipv4, last, last}), six = AddressSet::all(Family::ipv6);
  const auto parts = addressClasses(AddressSet::all(), {&end, &six});
  EXPECT_EQ(parts.size(), 3U);
  EXPECT_NE(std::ranges::find(parts, end), parts.end());
  EXPECT_NE(std::ranges::find(parts, six), parts.end());
}

}  // namespace
}  // namespace vauban::reach
