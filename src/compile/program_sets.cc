#include "compile/program_sets.h"

#include <algorithm>
#include <tuple>

namespace vauban::compile {

using model::Action;
using model::FilterRule;
using space::AddressSet;
using space::PacketSet;

namespace {

// The one interface by which packets must enter for the rule to stand; "" where there is none such.
std::string nameOf(const FilterRule& rule) {
  return rule.in && !rule.in->negated && !rule.in->pattern.ends_with('+') ? rule.in->pattern : "";
}

}  // namespace

ProgramSets::ProgramSets(model::FilterProgram program, std::vector<bool> openConditions,
                         bool unmatchedRejects)
    : program_(std::move(program)),
      openConditions_(std::move(openConditions)),
      unmatchedRejects_(unmatchedRejects),
      byName_(program_.chains.size()),
      meanings_(program_.chains.size()),
      looks_(program_.chains.size()),
      everywhere_(program_.chains.size()) {
  std::map<std::tuple<AddressSet, AddressSet, space::NodeRef, Action, model::ChainId, bool>, std::size_t>
      known;
  for (std::size_t c = 0; c < program_.chains.size(); ++c) {
    for (std::size_t r = 0; r < program_.chains[c].rules.size(); ++r) {
      const FilterRule& rule = program_.chains[c].rules[r];
      const auto meaning = known.try_emplace(
          {rule.source, rule.destination, rule.services.node(), rule.action, rule.chain, rule.exact},
          known.size());
      meanings_[c].push_back(meaning.first->second);
      byName_[c][nameOf(rule)].push_back(r);
    }
  }
}

const ProgramSets::Sets& ProgramSets::between(const std::string& in, const std::string& out) {
  const std::vector<std::string> inNames{in}, outNames{out};
  const reach::FilterContext context{openConditions_, &inNames, &outNames};
  const Standing rules = standing(context);
  std::vector<std::size_t> key;
  for (std::size_t c = 0; c < rules.size(); ++c) {
    for (const std::size_t r : rules[c]) {
      const bool pinned = reach::rulePinned(program_.chains[c].rules[r], context);
      key.push_back(meanings_[c][r] * 2 + (pinned ? 1 : 0));
    }
    key.push_back(SIZE_MAX);
  }
  const auto [sets, fresh] = sets_.try_emplace(std::move(key));
  if (!fresh) return sets->second;
  std::vector<std::optional<Fate>> known(program_.chains.size());
  const Fate fate = chain(program_.entry.index(), rules, context, known);
  const Action policy = program_.chains[program_.entry.index()].policy.value_or(Action::drop);
  const PacketSet left = fate.on | fate.returns;
  sets->second = {fate.accepts, fate.rejects};
  if (policy == Action::accept) sets->second.accepted |= left;
  if (policy == Action::reject || (policy == Action::drop && unmatchedRejects_))
    sets->second.rejected |= left;
  return sets->second;
}

ProgramSets::Standing ProgramSets::standing(const reach::FilterContext& context) const {
  Standing all;
  for (std::size_t c = 0; c < program_.chains.size(); ++c) {
    std::vector<std::size_t>& rules = all.emplace_back();
    for (const std::string& name : {std::string(), context.in->front()}) {
      const auto found = byName_[c].find(name);
      if (found == byName_[c].end()) continue;
      for (const std::size_t r : found->second) {
        if (reach::ruleStands(program_.chains[c].rules[r], context)) rules.push_back(r);
      }
    }
    std::ranges::sort(rules);
  }
  return all;
}

bool ProgramSets::looks(std::size_t chain) {
  if (!looks_[chain]) {
    looks_[chain] = std::ranges::any_of(program_.chains[chain].rules, [&](const FilterRule& rule) {
      const bool leads = rule.action == Action::jump || rule.action == Action::goTo;
      return rule.in || rule.out || (leads && looks(rule.chain.index()));
    });
  }
  return *looks_[chain];
}

ProgramSets::Fate ProgramSets::then(const Fate& first, const Fate& second) {
  return {first.accepts | (first.on & second.accepts), first.rejects | (first.on & second.rejects),
          first.on & second.on, first.returns | (first.on & second.returns)};
}

ProgramSets::Fate ProgramSets::chain(std::size_t chain, const Standing& rules,
                                     const reach::FilterContext& context,
                                     std::vector<std::optional<Fate>>& known) {
  auto& fate = looks(chain) ? known[chain] : everywhere_[chain];
  if (!fate) {
    fate = rules[chain].empty() ? Fate{{}, {}, PacketSet::all(), {}}
                                : fold(chain, rules[chain], 0, rules[chain].size(), rules, context, known);
  }
  return *fate;
}

ProgramSets::Fate ProgramSets::fold(std::size_t chain, const std::vector<std::size_t>& rules,
                                    std::size_t first, std::size_t last, const Standing& all,
                                    const reach::FilterContext& context,
                                    std::vector<std::optional<Fate>>& known) {
  if (last - first == 1) return leaf(program_.chains[chain].rules[rules[first]], all, context, known);
  const std::size_t middle = first + (last - first) / 2;
  return then(fold(chain, rules, first, middle, all, context, known),
              fold(chain, rules, middle, last, all, context, known));
}

ProgramSets::Fate ProgramSets::leaf(const FilterRule& rule, const Standing& all,
                                    const reach::FilterContext& context,
                                    std::vector<std::optional<Fate>>& known) {
  const PacketSet match = PacketSet::product(rule.source, rule.destination, rule.services);
  const PacketSet past = reach::rulePinned(rule, context) ? ~match : PacketSet::all();
  switch (rule.action) {
    case Action::accept:
      return {match, {}, past, {}};
    case Action::drop:
      return {{}, {}, past, {}};
    case Action::reject:
      return {{}, match, past, {}};
    case Action::doReturn:
      return {{}, {}, past, match};
    case Action::jump: {
      const Fate called = chain(rule.chain.index(), all, context, known);
      return {
          match & called.accepts, match & called.rejects, past | (match & (called.on | called.returns)), {}};
    }
    case Action::goTo: {
      const Fate called = chain(rule.chain.index(), all, context, known);
      return {match & called.accepts, match & called.rejects, past, match & (called.on | called.returns)};
    }
    case Action::rewrite:
      break;
  }
  return {{}, {}, PacketSet::all(), {}};
}

}  // namespace vauban::compile
