// What a finding says of a rule, checked by taking the rule away.
#include "reach/rule_findings.h"

#include <gtest/gtest.h>

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
using space::Family;
using space::ServiceSet;

FilterRule rule(Action action, space::Bits128 first, space::Bits128 last) {
  FilterRule made;
  made.source = AddressSet(AddressRange{Family::ipv4, first, last});
  made.destination = AddressSet::all(Family::ipv4);
  made.services = ServiceSet::all();
  made.action = action;
  return made;
}

FilterProgram single(std::vector<FilterRule> rules) {
  FilterProgram program;
  program.chains.push_back({"flows", std::move(rules), Action::drop, {}});
  program.entry = ChainId(0);
  for (std::uint32_t r = 0; r < program.chains[0].rules.size(); ++r) {
    program.chains[0].rules[r].place = {"flows", r + 1, 0};
    program.chains[0].rules[r].text = "rule " + std::to_string(r + 1);
  }
  return program;
}

std::vector<std::string> words(const FilterProgram& program) {
  std::vector<std::string> found;
  for (const Diagnostic& finding : ruleFindings(program)) {
    EXPECT_EQ(finding.severity, Severity::warning);
    found.push_back(std::to_string(finding.place.line) + " " +
                    finding.message.substr(0, finding.message.find(':')));
  }
  return found;
}

using Words = std::vector<std::string>;

// Places number the rules of a program: chain * 1000 + rule.
TEST(RuleFindings, WithoutAFoundRuleTheSamePacketsPass) {
  const unsigned seed = std::random_device{}();
  std::cout << "seed " << seed << "\n";
  std::mt19937 random(seed);
  std::size_t shadowed = 0, redundant = 0;
  for (int round = 0; round < 800; ++round) {
    FilterProgram program = testing::someProgram(random, 8);
    for (std::uint32_t c = 0; c < program.chains.size(); ++c) {
      for (std::uint32_t r = 0; r < program.chains[c].rules.size(); ++r) {
        program.chains[c].rules[r].place = {"flows", c * 1000 + r + 1, 0};
      }
    }
    const std::vector<AddressClass> classes = testing::classesOf(program);
    const FilterEvaluator evaluator(program, classes);
    const std::vector<std::string> in{"eth0"}, out{"eth1"};
    const FilterContext contexts[] = {{}, {{}, &in, &out}};
    for (const Diagnostic& finding : ruleFindings(program)) {
      const std::size_t c = (finding.place.line - 1) / 1000, r = (finding.place.line - 1) % 1000;
      FilterProgram without = program;
      without.chains[c].rules.erase(without.chains[c].rules.begin() + static_cast<std::ptrdiff_t>(r));
      const FilterEvaluator lesser(without, classes);
      for (const FilterContext& context : contexts) {
        ASSERT_EQ(acceptedPackets(program, context), acceptedPackets(without, context)) << finding.message;
        for (std::size_t a = 0; a < classes.size(); ++a) {
          const std::size_t b = random() % classes.size();
          ASSERT_EQ(evaluator.mustAccept(a, b, context), lesser.mustAccept(a, b, context)) << finding.message;
        }
      }
      ++(finding.message.starts_with("shadowed") ? shadowed : redundant);
      if (!finding.message.starts_with("shadowed")) continue;
      // It decides none: doing the opposite changes nothing either.
      FilterProgram opposite = program;
      FilterRule& turned = opposite.chains[c].rules[r];
      turned.action = turned.action == Action::accept ? Action::drop : Action::accept;
      ASSERT_EQ(acceptedPackets(program), acceptedPackets(opposite)) << finding.message;
    }
  }
  EXPECT_GT(shadowed, 50U);
  EXPECT_GT(redundant, 50U);
}

// Of one chain of plain rules nothing is overlooked: what is not found matters to some packet.
TEST(RuleFindings, OfPlainRulesFindsEveryOneThatDoesNotMatter) {
  const unsigned seed = std::random_device{}();
  std::cout << "seed " << seed << "\n";
  std::mt19937 random(seed);
  for (int round = 0; round < 200; ++round) {
    std::vector<FilterRule> rules;
    for (int r = 0; r < 6; ++r) {
      FilterRule made;
      made.source = testing::someAddresses(random);
      made.destination = testing::someAddresses(random);
      made.services = testing::someServices(random);
      made.action = random() % 2 == 0 ? Action::accept : Action::drop;
      rules.push_back(made);
    }
    const FilterProgram program = single(rules);
    std::vector<bool> found(rules.size(), false);
    for (const Diagnostic& finding : ruleFindings(program)) found[finding.place.line - 1] = true;
    for (std::size_t r = 0; r < rules.size(); ++r) {
      std::vector<FilterRule> others = rules;
      others.erase(others.begin() + static_cast<std::ptrdiff_t>(r));
      ASSERT_EQ(found[r], acceptedPackets(program) == acceptedPackets(single(others))) << "rule " << r + 1;
    }
  }
}

TEST(RuleFindings, TogetherEarlierRulesShadow) {
  EXPECT_EQ(
      words(single({rule(Action::accept, 0, 9), rule(Action::drop, 10, 19), rule(Action::accept, 5, 15)})),
      (Words{"3 shadowed"}));
  EXPECT_EQ(words(single({rule(Action::accept, 0, 9), rule(Action::accept, 5, 10)})), Words{});
}

TEST(RuleFindings, ARejectBeforeADropPolicyIsNoticedByItsSender) {
  EXPECT_EQ(words(single({rule(Action::reject, 0, 9)})), Words{});
  EXPECT_EQ(words(single({rule(Action::drop, 0, 9)})), Words{"1 redundant"});
}

TEST(RuleFindings, WhatMayNotMatchShadowsNothingAndIsNotReported) {
  const FilterRule wide = rule(Action::accept, 0, 99), narrow = rule(Action::accept, 0, 9);
  EXPECT_EQ(words(single({wide, narrow})), Words{"2 shadowed"});
  for (int kind = 0; kind < 5; ++kind) {
    auto blur = [&](FilterRule blurred) {
      if (kind == 0) blurred.exact = false;
      if (kind == 1) blurred.when = model::ConditionId(0);
      if (kind == 2) blurred.in = model::InterfaceMatch{"eth0", false};
      if (kind == 3) blurred.out = model::InterfaceMatch{"eth0", true};
      if (kind == 4) blurred.sourceHosts = {model::HostId(0)};
      return blurred;
    };
    EXPECT_EQ(words(single({blur(wide), narrow})), Words{}) << kind;
    EXPECT_EQ(words(single({wide, blur(narrow)})), Words{}) << kind;
  }
}

TEST(RuleFindings, AReturnDecidesNothing) {
  FilterProgram program = single({rule(Action::jump, 0, 99)});
  program.chains[0].rules[0].chain = ChainId(1);
  program.chains.push_back({"c1", {rule(Action::doReturn, 0, 9), rule(Action::accept, 0, 9)}, {}, {}});
  EXPECT_EQ(words(program), Words{});
}

}  // namespace
}  // namespace vauban::reach
