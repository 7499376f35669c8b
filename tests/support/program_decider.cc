#include "tests/support/program_decider.h"

#include "base/result.h"

namespace vauban::tests {
namespace {

using model::Action;

enum Outcome : unsigned { kAccepted = 1, kDropped = 2, kReturned = 4 };

bool passesInterface(const std::optional<model::InterfaceMatch>& wanted, const std::string& name) {
  if (!wanted) return true;
  const std::string& pattern = wanted->pattern;
  bool hit = pattern == name;
  if (pattern.ends_with('+')) hit = name.starts_with(pattern.substr(0, pattern.size() - 1));
  return hit != wanted->negated;
}

struct Walk {
  const model::FilterProgram& program;
  const space::Packet& packet;
  const std::string& in;
  const std::string& out;
  bool exact = true;

  bool matches(const model::FilterRule& rule) const {
    return !rule.when && rule.source.contains(packet.source) &&
           rule.destination.contains(packet.destination) && rule.services.contains(packet.service) &&
           passesInterface(rule.in, in) && passesInterface(rule.out, out);
  }

  // The set of outcomes that a chain may have.
  unsigned run(model::ChainId id, int depth) {
    VAUBAN_CHECK(depth < 1000);
    unsigned outcomes = 0;
    for (const model::FilterRule& rule : program.chains[id.index()].rules) {
      if (!matches(rule)) continue;
      if (!rule.exact) exact = false;
      bool goesOn = !rule.exact;
      switch (rule.action) {
        case Action::accept:
          outcomes |= kAccepted;
          break;
        case Action::drop:
        case Action::reject:
          outcomes |= kDropped;
          break;
        case Action::doReturn:
          outcomes |= kReturned;
          break;
        case Action::rewrite:
          goesOn = true;
          break;
        case Action::jump: {
          const unsigned inner = run(rule.chain, depth + 1);
          outcomes |= inner & (kAccepted | kDropped);
          goesOn = goesOn || (inner & kReturned) != 0;
          break;
        }
        case Action::goTo:
          outcomes |= run(rule.chain, depth + 1);
          break;
      }
      if (!goesOn) return outcomes;
    }
    return outcomes | kReturned;
  }
};

}  // namespace

ProgramDecision decideByProgram(const model::FilterProgram& program, const space::Packet& packet,
                                const std::string& in, const std::string& out) {
  Walk walk{program, packet, in, out};
  unsigned outcomes = walk.run(program.entry, 0);
  if ((outcomes & kReturned) != 0) {
    const auto policy = program.chains[program.entry.index()].policy.value_or(Action::drop);
    outcomes |= policy == Action::accept ? kAccepted : kDropped;
  }
  return {(outcomes & kAccepted) != 0, (outcomes & kDropped) == 0, walk.exact};
}

}  // namespace vauban::tests
