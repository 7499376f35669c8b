#include "reach/filter_evaluator.h"

#include <algorithm>
#include <array>
#include <map>

#include "base/result.h"

namespace vauban::reach {

using model::Action;
using model::ChainId;
using model::FilterRule;
using space::AddressRange;
using space::AddressSet;
using space::ServiceSet;

namespace {

enum class Match { no, maybe, yes };

Match interfaceMatch(const std::optional<model::InterfaceMatch>& wanted,
                     const std::vector<std::string>* names) {
  if (!wanted) return Match::yes;
  if (names == nullptr) return Match::maybe;
  std::size_t hits = 0;
  for (const std::string& name : *names) {
    const std::string& pattern = wanted->pattern;
    bool hit = !pattern.empty() && pattern.back() == '+'
                   ? name.starts_with(std::string_view(pattern).substr(0, pattern.size() - 1))
                   : name == pattern;
    if (hit != wanted->negated) ++hits;
  }
  if (hits == 0) return Match::no;
  return hits == names->size() ? Match::yes : Match::maybe;
}

}  // namespace

bool ruleStands(const FilterRule& rule, const FilterContext& context) {
  if (rule.when &&
      !(rule.when->index() < context.openConditions.size() && context.openConditions[rule.when->index()])) {
    return false;
  }
  return interfaceMatch(rule.in, context.in) != Match::no &&
         interfaceMatch(rule.out, context.out) != Match::no;
}

bool rulePinned(const FilterRule& rule, const FilterContext& context) {
  return rule.exact && interfaceMatch(rule.in, context.in) == Match::yes &&
         interfaceMatch(rule.out, context.out) == Match::yes;
}

FilterEvaluator::FilterEvaluator(const model::FilterProgram& program,
                                 const std::vector<AddressClass>& classes)
    : program_(program) {
  std::size_t bits = 0;
  for (const model::Chain& chain : program.chains) {
    firstBit_.push_back(bits);
    bits += chain.rules.size();
  }
  firstBit_.push_back(bits);
  words_ = (bits + 63) / 64;
  classCount_ = classes.size();
  sourceRows_.assign(words_ * classes.size(), 0);
  destinationRows_.assign(words_ * classes.size(), 0);

  // Classes ordered by their least address: a range of a rule is a run of them.
  std::vector<std::pair<space::Address, std::size_t>> order;
  std::multimap<model::HostId, std::size_t> owned;
  for (std::size_t c = 0; c < classes.size(); ++c) {
    order.emplace_back(*classes[c].addresses.witness(), c);
    if (classes[c].owner) owned.emplace(*classes[c].owner, c);
  }
  std::ranges::sort(order);
  auto mark = [&](std::vector<std::uint64_t>& rows, const AddressSet& set,
                  const std::vector<model::HostId>& hosts, std::size_t bit) {
    const std::uint64_t mask = std::uint64_t{1} << (bit % 64);
    const std::size_t word = bit / 64;
    for (const AddressRange& range : set.ranges()) {
      auto first = std::ranges::lower_bound(
          order, std::pair(space::Address{range.family, range.first}, std::size_t{0}));
      for (; first != order.end() && first->first <= space::Address{range.family, range.last}; ++first) {
        rows[first->second * words_ + word] |= mask;
      }
    }
    for (model::HostId host : hosts) {
      auto [from, to] = owned.equal_range(host);
      for (; from != to; ++from) rows[from->second * words_ + word] |= mask;
    }
  };
  std::size_t bit = 0;
  for (const model::Chain& chain : program.chains) {
    for (const FilterRule& rule : chain.rules) {
      mark(sourceRows_, rule.source, rule.sourceHosts, bit);
      mark(destinationRows_, rule.destination, rule.destinationHosts, bit);
      ++bit;
    }
  }
}

// One evaluation. `found` collects the wanted set; with `probe` set, the walk stops at the first rule that
// decides the probed service in the wanted way.
struct FilterEvaluator::Walk {
  const std::uint64_t* source;
  const std::uint64_t* destination;
  const FilterContext& context;
  Wanted wanted;
  bool unmatchedRejects;
  ServiceSet found;
  std::optional<space::Service> probe;
  std::optional<RuleRef> hit;
  std::size_t depth = 0;

  void decided(Action action, ServiceSet services, RuleRef ref) {
    const bool yes = wanted == Wanted::accept ? action == Action::accept
                     : wanted == Wanted::drop ? action == Action::drop || action == Action::reject
                                              : action == Action::reject;
    if (!yes) return;
    found |= services;
    if (probe && !hit && services.contains(*probe)) hit = ref;
  }
};

// Runs a chain on `remaining`; returns what comes back from it undecided (by return or by its end).
ServiceSet FilterEvaluator::run(Walk& walk, ChainId id, ServiceSet remaining) const {
  const model::Chain& chain = program_.chains[id.index()];
  ServiceSet returned;
  VAUBAN_CHECK(++walk.depth < 10'000);
  const std::size_t first = firstBit_[id.index()], last = firstBit_[id.index() + 1];
  for (std::size_t word = first / 64; word * 64 < last && !remaining.empty(); ++word) {
    std::uint64_t bits = walk.source[word] & walk.destination[word];
    if (word * 64 < first) bits &= ~std::uint64_t{0} << (first % 64);
    while (bits != 0 && !remaining.empty()) {
      const std::size_t bit = word * 64 + static_cast<std::size_t>(__builtin_ctzll(bits));
      bits &= bits - 1;
      if (bit >= last) break;
      const FilterRule& rule = chain.rules[bit - first];
      if (!ruleStands(rule, walk.context)) continue;
      const bool exact = rulePinned(rule, walk.context);
      const ServiceSet matched = remaining & rule.services;
      if (matched.empty()) continue;
      switch (rule.action) {
        case Action::accept:
        case Action::drop:
        case Action::reject:
          walk.decided(rule.action, matched, {&rule, &chain});
          if (exact) remaining -= matched;
          break;
        case Action::jump: {
          const ServiceSet back = run(walk, rule.chain, matched);
          remaining = exact ? (remaining - matched) | back : remaining | back;
          break;
        }
        case Action::goTo: {
          // A goto returns to where this chain was called from.
          returned |= run(walk, rule.chain, matched);
          if (exact) remaining -= matched;
          break;
        }
        case Action::doReturn:
          returned |= matched;
          if (exact) remaining -= matched;
          break;
        case Action::rewrite:
          break;
      }
    }
  }
  --walk.depth;
  return returned | remaining;
}

ServiceSet FilterEvaluator::decide(Wanted wanted, std::size_t source, std::size_t destination,
                                   const FilterContext& context, bool unmatchedRejects, Walk* trace) const {
  Walk walk{sourceRows_.data() + source * words_,
            destinationRows_.data() + destination * words_,
            context,
            wanted,
            unmatchedRejects,
            {},
            {},
            {},
            0};
  if (trace != nullptr) walk.probe = trace->probe;
  const ServiceSet left = run(walk, program_.entry, ServiceSet::all());
  const model::Chain& entry = program_.chains[program_.entry.index()];
  Action policy = entry.policy.value_or(Action::drop);
  if (policy == Action::drop && unmatchedRejects) policy = Action::reject;
  walk.decided(policy, left, {nullptr, &entry});
  if (trace != nullptr) trace->hit = walk.hit;
  return walk.found;
}

ServiceSet FilterEvaluator::mayAccept(std::size_t source, std::size_t destination,
                                      const FilterContext& context) const {
  return decide(Wanted::accept, source, destination, context, false, nullptr);
}

ServiceSet FilterEvaluator::mustAccept(std::size_t source, std::size_t destination,
                                       const FilterContext& context) const {
  return ~decide(Wanted::drop, source, destination, context, false, nullptr);
}

ServiceSet FilterEvaluator::mayReject(std::size_t source, std::size_t destination,
                                      const FilterContext& context, bool unmatchedRejects) const {
  return decide(Wanted::reject, source, destination, context, unmatchedRejects, nullptr);
}

std::optional<RuleRef> FilterEvaluator::accepting(std::size_t source, std::size_t destination,
                                                  const FilterContext& context,
                                                  space::Service service) const {
  Walk trace{nullptr, nullptr, context, Wanted::accept, false, {}, service, {}, 0};
  decide(Wanted::accept, source, destination, context, false, &trace);
  return trace.hit;
}

std::optional<RuleRef> FilterEvaluator::dropping(std::size_t source, std::size_t destination,
                                                 const FilterContext& context, space::Service service) const {
  Walk trace{nullptr, nullptr, context, Wanted::drop, false, {}, service, {}, 0};
  decide(Wanted::drop, source, destination, context, false, &trace);
  return trace.hit;
}

std::vector<FilterEvaluator::NatHit> FilterEvaluator::rewrites(ChainId id, std::size_t source,
                                                               std::size_t destination,
                                                               const FilterContext& context) const {
  // Which rewrite comes first does not matter to what may happen; every one that may apply is reported.
  std::vector<NatHit> hits;
  std::vector<std::pair<ChainId, ServiceSet>> open{{id, ServiceSet::all()}};
  std::vector<bool> seen(program_.chains.size(), false);
  while (!open.empty()) {
    auto [chainId, services] = open.back();
    open.pop_back();
    if (seen[chainId.index()]) continue;
    seen[chainId.index()] = true;
    const model::Chain& chain = program_.chains[chainId.index()];
    for (std::size_t r = 0; r < chain.rules.size(); ++r) {
      const std::size_t bit = firstBit_[chainId.index()] + r;
      const std::uint64_t mask = std::uint64_t{1} << (bit % 64);
      if ((sourceRows_[source * words_ + bit / 64] & destinationRows_[destination * words_ + bit / 64] &
           mask) == 0)
        continue;
      const FilterRule& rule = chain.rules[r];
      if (interfaceMatch(rule.in, context.in) == Match::no ||
          interfaceMatch(rule.out, context.out) == Match::no)
        continue;
      const ServiceSet matched = services & rule.services;
      if (matched.empty()) continue;
      if (rule.action == Action::rewrite) hits.push_back({&rule, matched});
      if (rule.action == Action::jump || rule.action == Action::goTo)
        open.emplace_back(rule.chain, ServiceSet::all());
    }
  }
  return hits;
}

}  // namespace vauban::reach
