#include "check/filter.h"

#include <algorithm>

namespace vauban::check {
namespace {

using model::Action;
using model::FilterRule;

enum class Match { yes, no, maybe };

bool interfaceMatches(const model::InterfaceMatch& match, const std::string& name) {
  const std::string& pattern = match.pattern;
  const bool same = !pattern.empty() && pattern.back() == '+'
                        ? name.starts_with(pattern.substr(0, pattern.size() - 1))
                        : name == pattern;
  return same != match.negated;
}

Match interfaceMatches(const std::optional<model::InterfaceMatch>& match,
                       const std::vector<std::string>& names) {
  if (!match) return Match::yes;
  if (names.empty()) return Match::maybe;
  const auto count =
      std::ranges::count_if(names, [&](const std::string& name) { return interfaceMatches(*match, name); });
  return count == 0 ? Match::no : static_cast<std::size_t>(count) == names.size() ? Match::yes : Match::maybe;
}

Match certainty(const FilterRule& rule, const Sides& sides) {
  const Match in = interfaceMatches(rule.in, sides.in), out = interfaceMatches(rule.out, sides.out);
  if (in == Match::no || out == Match::no) return Match::no;
  const bool certain = rule.exact && !rule.when && in == Match::yes && out == Match::yes;
  return certain ? Match::yes : Match::maybe;
}

constexpr int kMostJumps = 200;

}  // namespace

Filter::Filter(const model::FilterProgram& program, AddressesOfHost addressesOf, Packets real)
    : program_(&program), addressesOf_(std::move(addressesOf)), real_(real) {}

const std::vector<Packets>& Filter::matches(bool ofAnswers, std::size_t chain) const {
  const auto [found, isNew] = matches_.try_emplace({ofAnswers, chain});
  if (!isNew) return found->second;
  std::map<std::pair<const void*, bool>, Packets> services;
  for (const FilterRule& rule : program_->chains[chain].rules) {
    Addresses source = Addresses::of(rule.source), destination = Addresses::of(rule.destination);
    for (const model::HostId host : rule.sourceHosts) source = source | addressesOf_(host);
    for (const model::HostId host : rule.destinationHosts) destination = destination | addressesOf_(host);
    const auto [packets, isNewService] =
        services.try_emplace({static_cast<const void*>(rule.services.node()), ofAnswers}, bddfalse);
    if (isNewService) packets->second = ofAnswers ? answeredBy(rule.services) : ofServices(rule.services);
    found->second.push_back(ofAnswers ? source.destination & destination.source & packets->second
                                      : source.source & destination.destination & packets->second);
  }
  return found->second;
}

struct Filter::Walk {
  const Filter& filter;
  const Sides& sides;
  bool ofAnswers;
  bool certificate;  // as certificates list decisions, instead of as packets may fare
  Fate fate;
  std::map<const FilterRule*, Decision> decided;
  Changes changes;
  bool listing = true;
  int depth = 0;

  void decide(const FilterRule& rule, const model::Chain& chain, Packets packets) {
    if (packets == bddfalse) return;
    Decision& decision = decided[&rule];
    decision.rule = &rule;
    decision.chain = &chain;
    decision.accepts = rule.action == Action::accept;
    decision.packets |= packets;
  }

  // What comes back out of the chain, undecided; of the entry chain this meets the policy.
  Packets chain(std::size_t number, Packets here) {
    const model::Chain& chain = filter.program_->chains[number];
    if (++depth > kMostJumps) {  // importers refuse loops; nothing is known of one
      --depth;
      fate.accepted |= here;
      return here;
    }
    const std::vector<Packets>& matches = filter.matches(ofAnswers, number);
    Packets returned = bddfalse;
    for (std::size_t i = 0; i < chain.rules.size() && here != bddfalse; ++i) {
      const FilterRule& rule = chain.rules[i];
      const Match match = certainty(rule, sides);
      if (match == Match::no && !certificate) continue;
      const Packets matched = here & matches[i];
      if (matched == bddfalse) continue;
      // The certificate counts every rule that names an interface as inexact.
      const bool exact = match == Match::yes && (!certificate || (!rule.in && !rule.out));
      Packets rest = exact ? here - matched : here;
      switch (rule.action) {
        case Action::accept:
          fate.accepted |= matched;
          break;
        case Action::drop:
          fate.dropped |= matched;
          break;
        case Action::reject:
          fate.rejected |= matched;
          break;
        case Action::jump:
        case Action::goTo: {
          // What an inexact jump leads to decides nothing for certain.
          const bool outer = listing;
          listing = listing && exact;
          const Packets out = this->chain(rule.chain.index(), matched);
          (rule.action == Action::jump ? rest : returned) |= out;
          listing = outer;
          break;
        }
        case Action::doReturn:
          returned |= matched;
          break;
        case Action::rewrite:
          changes.rewrites.emplace_back(matched, &rule.rewrite);
          break;
      }
      const bool decides =
          rule.action == Action::accept || rule.action == Action::drop || rule.action == Action::reject;
      if (certificate && listing && exact && decides) decide(rule, chain, matched);
      here = rest;
    }
    --depth;
    return here | returned;
  }
};

Fate Filter::run(const Sides& sides, bool unmatchedRejects, bool ofAnswers) const {
  Walk walk{*this, sides, ofAnswers, false, {}, {}, {}};
  const Packets rest = walk.chain(program_->entry.index(), real_);
  const auto& policy = program_->chains[program_->entry.index()].policy;
  if (policy == Action::accept) {
    walk.fate.accepted |= rest;
  } else if (policy == Action::reject || unmatchedRejects) {
    walk.fate.rejected |= rest;
    walk.fate.dropped |= rest;
  } else {
    walk.fate.dropped |= rest;
  }
  return walk.fate;
}

Fate Filter::fate(const Sides& sides, bool unmatchedRejects) const {
  return run(sides, unmatchedRejects, false);
}
Fate Filter::fateOfAnswer(const Sides& sides, bool unmatchedRejects) const {
  return run(sides, unmatchedRejects, true);
}

std::vector<Decision> Filter::decisions(const Sides& sides) const {
  Walk walk{*this, sides, false, true, {}, {}, {}};
  const model::Chain& entry = program_->chains[program_->entry.index()];
  const Packets rest = walk.chain(program_->entry.index(), real_);
  std::vector<Decision> decisions;
  for (auto& [rule, decision] : walk.decided) decisions.push_back(std::move(decision));
  if (rest != bddfalse) decisions.push_back({nullptr, &entry, entry.policy == Action::accept, rest});
  return decisions;
}

Changes Filter::changes(bool before, const Sides& sides, bool ofAnswers) const {
  const auto& entry = before ? program_->prerouting : program_->postrouting;
  if (!entry) return {{}, bddtrue};
  Walk walk{*this, sides, ofAnswers, false, {}, {}, {}};
  walk.changes.stays = walk.chain(entry->index(), real_);
  walk.changes.stays |= walk.fate.accepted | walk.fate.dropped | walk.fate.rejected;
  return walk.changes;
}

}  // namespace vauban::check
