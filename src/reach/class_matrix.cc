#include "reach/class_matrix.h"

#include <optional>

#include "base/result.h"

namespace vauban::reach {

using model::Action;
using model::ChainId;
using model::FilterRule;
using space::PacketSet;

namespace {

// What a run of rules does with packets, each part by intersection: accepts them, hands them on, or returns
// them to the caller. Inexact rules do more than one of these. Runs compose, so a chain folds as a balanced
// tree.
struct Fate {
  PacketSet accepts, on, returns;
};

Fate then(const Fate& first, const Fate& second) {
  return {first.accepts | (first.on & second.accepts), first.on & second.on,
          first.returns | (first.on & second.returns)};
}

class Folder {
 public:
  Folder(const model::FilterProgram& program, const FilterContext& context)
      : program_(program), context_(context), chains_(program.chains.size()) {}

  const Fate& chain(ChainId id) {
    auto& known = chains_[id.index()];
    if (!known) {
      const auto& rules = program_.chains[id.index()].rules;
      known = rules.empty() ? Fate{{}, PacketSet::all(), {}} : fold(rules, 0, rules.size());
    }
    return *known;
  }

 private:
  Fate fold(const std::vector<FilterRule>& rules, std::size_t first, std::size_t last) {
    if (last - first == 1) return leaf(rules[first]);
    const std::size_t middle = first + (last - first) / 2;
    return then(fold(rules, first, middle), fold(rules, middle, last));
  }

  Fate leaf(const FilterRule& rule) {
    const PacketSet match = PacketSet::product(rule.source, rule.destination, rule.services);
    if (!ruleStands(rule, context_)) return {{}, PacketSet::all(), {}};
    const PacketSet past = rulePinned(rule, context_) ? ~match : PacketSet::all();
    switch (rule.action) {
      case Action::accept:
        return {match, past, {}};
      case Action::drop:
      case Action::reject:
        return {{}, past, {}};
      case Action::doReturn:
        return {{}, past, match};
      case Action::jump: {
        const Fate& called = chain(rule.chain);
        return {match & called.accepts, past | (match & (called.on | called.returns)), {}};
      }
      case Action::goTo: {
        const Fate& called = chain(rule.chain);
        return {match & called.accepts, past, match & (called.on | called.returns)};
      }
      case Action::rewrite:
        break;
    }
    return {{}, PacketSet::all(), {}};
  }

  const model::FilterProgram& program_;
  const FilterContext& context_;
  std::vector<std::optional<Fate>> chains_;
};

}  // namespace

PacketSet acceptedPackets(const model::FilterProgram& program, const FilterContext& context) {
  Folder folder(program, context);
  const Fate& fate = folder.chain(program.entry);
  const model::Chain& entry = program.chains[program.entry.index()];
  PacketSet accepted = fate.accepts;
  if (entry.policy == Action::accept) accepted |= fate.on | fate.returns;
  return accepted;
}

ClassMatrix classMatrix(const model::FilterProgram& program, space::Family family) {
  ClassMatrix matrix;
  std::vector<const space::AddressSet*> sources, destinations;
  for (const model::Chain& chain : program.chains) {
    for (const FilterRule& rule : chain.rules) {
      sources.push_back(&rule.source);
      destinations.push_back(&rule.destination);
    }
  }
  const space::AddressSet universe = space::AddressSet::all(family);
  matrix.sources = addressClasses(universe, sources);
  matrix.destinations = addressClasses(universe, destinations);
  matrix.cells = acceptedPackets(program).services(matrix.sources, matrix.destinations);
  return matrix;
}

}  // namespace vauban::reach
