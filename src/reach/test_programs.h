// Random filter programs for this room's tests: jumps, gotos, returns, inexact rules, interfaces. Addresses
// and ports come from a few values, so that rules overlap.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "model/filter_program.h"
#include "reach/filter_evaluator.h"

namespace vauban::reach::testing {

inline space::AddressSet someAddresses(std::mt19937& random, space::Family family = space::Family::ipv4) {
  if (random() % 4 == 0) return space::AddressSet::all(family);
  const space::Bits128 first = random() % 16, last = first + random() % 6;
  space::AddressSet set(space::AddressRange{family, first, last});
  return random() % 5 == 0 ? space::AddressSet::all(family) - set : set;
}

inline space::ServiceSet someServices(std::mt19937& random) {
  if (random() % 4 == 0) return space::ServiceSet::all();
  const auto port = static_cast<std::uint16_t>(random() % 5);
  return space::ServiceSet::ports(random() % 2 == 0 ? space::kTcp : space::kUdp,
                                  {port, static_cast<std::uint16_t>(port + random() % 3)});
}

inline space::Service someService(std::mt19937& random) {
  return {random() % 2 == 0 ? space::kTcp : space::kUdp, static_cast<std::uint16_t>(random() % 9),
          static_cast<std::uint16_t>(random() % 9)};
}

// Chain c jumps only to later chains, so there is no loop.
inline model::FilterProgram someProgram(std::mt19937& random, std::size_t mostRules = 6) {
  using model::Action;
  model::FilterProgram program;
  const std::size_t chains = 1 + random() % 4;
  for (std::size_t c = 0; c < chains; ++c) {
    model::Chain chain;
    chain.name = "c" + std::to_string(c);
    if (c == 0) chain.policy = random() % 2 == 0 ? Action::accept : Action::drop;
    for (std::size_t r = 0, rules = random() % (mostRules + 1); r < rules; ++r) {
      model::FilterRule rule;
      rule.source = someAddresses(random);
      rule.destination = someAddresses(random);
      rule.services = someServices(random);
      rule.exact = random() % 5 != 0;
      if (random() % 6 == 0)
        rule.in = model::InterfaceMatch{"eth" + std::to_string(random() % 2), random() % 3 == 0};
      if (random() % 12 == 0) rule.out = model::InterfaceMatch{"eth+", random() % 3 == 0};
      static constexpr Action actions[] = {Action::accept,   Action::drop, Action::reject,
                                           Action::doReturn, Action::jump, Action::goTo};
      rule.action = actions[random() % (c + 1 < chains ? 6 : 3 + (c > 0 ? 1 : 0))];
      if (rule.action == Action::jump || rule.action == Action::goTo)
        rule.chain = model::ChainId(c + 1 + random() % (chains - c - 1));
      chain.rules.push_back(rule);
    }
    program.chains.push_back(chain);
  }
  program.entry = model::ChainId(0);
  program.families = {space::Family::ipv4};
  return program;
}

inline std::vector<AddressClass> classesOf(const model::FilterProgram& program) {
  std::vector<const space::AddressSet*> sets;
  for (const model::Chain& chain : program.chains) {
    for (const model::FilterRule& rule : chain.rules) {
      sets.push_back(&rule.source);
      sets.push_back(&rule.destination);
    }
  }
  std::vector<AddressClass> classes;
  for (const space::AddressSet& set : addressClasses(space::AddressSet::all(space::Family::ipv4), sets))
    classes.push_back({space::Family::ipv4, set, {}});
  return classes;
}

}  // namespace vauban::reach::testing
