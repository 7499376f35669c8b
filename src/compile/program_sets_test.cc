// Sets between many interfaces, against reach's own evaluation of each two: chains that jump, return and go
// to others, interfaces with and without `+`, conditions, inexact rules.
#include "compile/program_sets.h"

#include <gtest/gtest.h>

#include <array>
#include <random>

#include "reach/class_matrix.h"

namespace vauban::compile {
namespace {

using model::Action;
using space::AddressSet;
using space::PacketSet;
using space::ServiceSet;

const std::vector<std::string> kInterfaces{"lan0", "lan1", "wan", "dmz"};

class RandomProgram {
 public:
  explicit RandomProgram(std::uint64_t seed) : random_(seed) {}

  model::FilterProgram make() {
    model::FilterProgram program;
    program.families = {space::Family::ipv4};
    const std::size_t chains = 1 + pick(4);
    for (std::size_t c = 0; c < chains; ++c) {
      model::Chain& chain = program.chains.emplace_back();
      const std::size_t rules = pick(7);
      for (std::size_t r = 0; r < rules; ++r) chain.rules.push_back(rule(c, chains));
    }
    program.entry = model::ChainId(std::size_t{0});
    constexpr std::array policies{Action::accept, Action::drop, Action::reject};
    program.chains.front().policy = policies[pick(policies.size())];
    return program;
  }

 private:
  std::size_t pick(std::size_t count) { return random_() % count; }

  AddressSet addresses() {
    constexpr std::array texts{"0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16", "10.1.2.3", "192.168.0.0/24"};
    return AddressSet(*space::AddressRange::parse(texts[pick(texts.size())]));
  }

  ServiceSet services() {
    switch (pick(4)) {
      case 0:
        return ServiceSet::all();
      case 1:
        return ServiceSet::protocol(space::kUdp);
      case 2:
        return ServiceSet::ports(space::kTcp, {1, 1023});
      default:
        return ServiceSet::ports(space::kTcp, {443, 443});
    }
  }

  std::optional<model::InterfaceMatch> interface() {
    constexpr std::array patterns{"lan0", "lan1", "wan", "lan+", "tun+", "other"};
    if (pick(2) == 0) return std::nullopt;
    return model::InterfaceMatch{patterns[pick(patterns.size())], pick(4) == 0};
  }

  // Leads only to chains that come later: none leads back.
  model::FilterRule rule(std::size_t chain, std::size_t chains) {
    model::FilterRule rule;
    rule.source = addresses();
    rule.destination = addresses();
    rule.services = services();
    rule.in = interface();
    rule.out = interface();
    if (pick(6) == 0) rule.when = model::ConditionId(pick(2));
    rule.exact = pick(6) != 0;
    constexpr std::array actions{Action::accept,   Action::drop, Action::reject,
                                 Action::doReturn, Action::jump, Action::goTo};
    rule.action = actions[pick(chain + 1 < chains ? actions.size() : 4)];
    if (rule.action == Action::jump || rule.action == Action::goTo)
      rule.chain = model::ChainId(chain + 1 + pick(chains - chain - 1));
    return rule;
  }

  std::mt19937_64 random_;
};

// What meets a reject: the program with that taken for what accepts, and nothing else.
model::FilterProgram rejecting(model::FilterProgram program, bool unmatchedRejects) {
  auto turned = [](Action action) {
    return action == Action::reject ? Action::accept : action == Action::accept ? Action::drop : action;
  };
  for (model::Chain& chain : program.chains) {
    for (model::FilterRule& rule : chain.rules) rule.action = turned(rule.action);
    if (chain.policy == Action::drop && unmatchedRejects) chain.policy = Action::reject;
    if (chain.policy) chain.policy = turned(*chain.policy);
  }
  return program;
}

TEST(ProgramSets, areThoseOfReachBetweenEachTwoInterfaces) {
  std::size_t accepting = 0, answering = 0;
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    const model::FilterProgram program = RandomProgram(seed).make();
    const std::vector<bool> open{seed % 2 == 0, seed % 3 == 0};
    const bool unmatchedRejects = seed % 5 == 0;
    const model::FilterProgram answered = rejecting(program, unmatchedRejects);
    ProgramSets sets(program, open, unmatchedRejects);
    for (const std::string& in : kInterfaces) {
      for (const std::string& out : kInterfaces) {
        const std::vector<std::string> ins{in}, outs{out};
        const reach::FilterContext context{open, &ins, &outs};
        const ProgramSets::Sets& found = sets.between(in, out);
        ASSERT_TRUE(found.accepted == reach::acceptedPackets(program, context))
            << "seed " << seed << " from " << in << " to " << out;
        ASSERT_TRUE(found.rejected == reach::acceptedPackets(answered, context))
            << "seed " << seed << " from " << in << " to " << out;
        accepting += found.accepted.empty() ? 0 : 1;
        answering += found.rejected.empty() ? 0 : 1;
      }
    }
  }
  EXPECT_GT(accepting, 5000U);
  EXPECT_GT(answering, 2500U);
}

}  // namespace
}  // namespace vauban::compile
