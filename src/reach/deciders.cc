// Which rules decide something between two classes: what a certificate names.
#include "base/result.h"
#include "reach/network.h"

namespace vauban::reach {

using model::Action;
using space::ServiceSet;

// Runs a chain on `remaining`; returns what comes back from it undecided.
ServiceSet FilterEvaluator::decidedBy(model::ChainId id, std::size_t source, std::size_t destination,
                                      bool accepting, ServiceSet remaining,
                                      std::vector<RuleRef>& found) const {
  const model::Chain& chain = program_.chains[id.index()];
  ServiceSet returned;
  for (std::size_t r = 0; r < chain.rules.size() && !remaining.empty(); ++r) {
    const std::size_t bit = firstBit_[id.index()] + r;
    const std::uint64_t mask = std::uint64_t{1} << (bit % 64);
    if ((sourceRows_[source * words_ + bit / 64] & destinationRows_[destination * words_ + bit / 64] &
         mask) == 0)
      continue;
    const model::FilterRule& rule = chain.rules[r];
    if (!rule.exact || rule.when || rule.in || rule.out) continue;
    const ServiceSet matched = remaining & rule.services;
    if (matched.empty()) continue;
    switch (rule.action) {
      case Action::accept:
      case Action::drop:
      case Action::reject:
        if ((rule.action == Action::accept) == accepting) found.push_back({&rule, &chain});
        remaining -= matched;
        break;
      case Action::jump:
        remaining =
            (remaining - matched) | decidedBy(rule.chain, source, destination, accepting, matched, found);
        break;
      case Action::goTo:
        returned |= decidedBy(rule.chain, source, destination, accepting, matched, found);
        remaining -= matched;
        break;
      case Action::doReturn:
        returned |= matched;
        remaining -= matched;
        break;
      case Action::rewrite:
        break;
    }
  }
  return returned | remaining;
}

std::vector<RuleRef> FilterEvaluator::deciders(std::size_t source, std::size_t destination, bool accepting,
                                               ServiceSet services) const {
  std::vector<RuleRef> found;
  const ServiceSet left = decidedBy(program_.entry, source, destination, accepting, services, found);
  const model::Chain& entry = program_.chains[program_.entry.index()];
  const bool accepts = entry.policy.value_or(Action::drop) == Action::accept;
  if (!left.empty() && accepts == accepting) found.push_back({nullptr, &entry});
  return found;
}

std::vector<PointId> Network::pointsBetween(PartyId a, PartyId b) const {
  std::set<PointId> points;
  for (const model::ZoneId from : at(a).zones) {
    for (const model::ZoneId to : at(b).zones) {
      for (const auto& route : routes(from, to)) points.insert(route.begin(), route.end());
      for (const auto& route : routes(to, from)) points.insert(route.begin(), route.end());
    }
  }
  return {points.begin(), points.end()};
}

std::vector<RuleRef> Network::deciders(PointId point, PartyId from, PartyId to, bool accepting,
                                       ServiceSet services) const {
  const FilterEvaluator& evaluator = *evaluators_[points_[point.index()].program];
  std::vector<RuleRef> all;
  for (const ClassIndex a : at(from).classes) {
    for (const ClassIndex b : at(to).classes) {
      if (endpoints_[a].linkLocal || endpoints_[b].linkLocal || endpoints_[a].family != endpoints_[b].family)
        continue;
      for (const RuleRef& ref : evaluator.deciders(a, b, accepting, services)) all.push_back(ref);
    }
  }
  return all;
}

}  // namespace vauban::reach
