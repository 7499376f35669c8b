// Claims about channels.
#include <algorithm>
#include <ranges>

#include "channel/judge.h"

namespace vauban::channel {

using model::Claim;
using model::ClaimKind;
using model::ClaimSubject;
using model::PlaceTerm;
using model::PlaceTerms;
using reach::AtomIds;
using reach::ClassIndex;
using reach::Network;
using reach::PartyId;
using reach::Setting;

// Who the claim's places mean; nullopt where they mean nobody.
std::optional<Query> Judge::queryOf(const Claim& claim, const World& world) const {
  const Network& network = world.network;
  Query query;
  query.from = partiesOf(network, claim.from, true);
  query.to = partiesOf(network, claim.to);
  // `any` on one side is everybody but the other side.
  auto without = [](std::vector<PartyId>& parties, const std::vector<PartyId>& others) {
    std::erase_if(parties, [&](PartyId id) { return std::ranges::find(others, id) != others.end(); });
  };
  auto isAny = [](const PlaceTerms& terms) {
    return std::ranges::any_of(terms, [](const PlaceTerm& t) { return t.kind == PlaceTerm::Kind::any; });
  };
  if (isAny(claim.from) && !isAny(claim.to)) without(query.from, query.to);
  if (isAny(claim.to)) {
    if (isAny(claim.from)) query.to.clear();
    for (std::size_t p = 0; p < network.parties().size(); ++p) {
      if (network.parties()[p].adversary) query.to.push_back(PartyId(p));
    }
    without(query.to, query.from);
  }
  query.held = partiesOf(network, claim.heldByAdversary);
  if (claim.kind == ClaimKind::onlyVia) {
    for (model::HostId host : claim.via) query.without.push_back(network.partyOf(host));
  }
  query.over = claim.over;
  query.direct = claim.direct;
  if (query.from.empty() || query.to.empty()) return std::nullopt;
  return query;
}

// The other way, as if the claim had been written so: in `from` a leg counts, in `to` it does not (decision
// 0004).
Query Judge::backwardsOf(const Claim& claim, const World& world, const Query& query) {
  auto isAny = [](const PlaceTerm& term) { return term.kind == PlaceTerm::Kind::any; };
  Query back = query;
  back.from = std::ranges::any_of(claim.to, isAny) ? query.to : partiesOf(world.network, claim.to, true);
  back.to = std::ranges::any_of(claim.from, isAny) ? query.from : partiesOf(world.network, claim.from);
  return back;
}

void Judge::addConditions(Judgement& judgement, const Least& least) const {
  for (reach::AtomId atom : least.statements) judgement.conditions.push_back(atoms_.at(atom));
  for (const AtomIds& set : least.others) {
    judgement.otherConditions.emplace_back();
    for (reach::AtomId atom : set) judgement.otherConditions.back().push_back(atoms_.at(atom));
  }
  judgement.allConditionsListed = least.allListed;
}

Judgement Judge::undecided(const Outcome& outcome) {
  Judgement judgement;
  judgement.verdict = Verdict::undecided;
  judgement.reason =
      "the time limit came first; " + std::to_string(outcome.states.size()) + " states were reached by then";
  judgement.states = outcome.states;
  return judgement;
}

Judgement Judge::judgeChannel(const Claim& claim, const World& world) const {
  const auto asked = queryOf(claim, world);
  if (!asked) {
    Judgement nobody;
    nobody.verdict = Verdict::undecided;
    nobody.reason = "`from` or `to` names nobody besides the other";
    return nobody;
  }
  const Query& query = *asked;
  if (claim.kind == ClaimKind::atMost) return judgeAtMost(claim, world, query);

  const Query back = claim.bothWays ? backwardsOf(claim, world, query) : query;
  Outcome last, worst;
  bool reachedOnce = false, stopped = false;
  const auto attempt = [&](const Setting& setting) -> std::optional<AtomIds> {
    if (stopped) return std::nullopt;
    Outcome outcome = world.solver.solve(query, setting);
    last = outcome;
    stopped = outcome.stopped;
    if (!outcome.reached) return std::nullopt;
    AtomIds atoms = outcome.atoms;
    if (claim.bothWays) {
      Outcome backward = world.solver.solve(back, setting);
      stopped = backward.stopped;
      if (!backward.reached) {
        last = backward;
        return std::nullopt;
      }
      atoms = reach::join(atoms, backward.atoms);
      outcome.hops.insert(outcome.hops.end(), backward.hops.begin(), backward.hops.end());
      outcome.bitsPerSecond = std::min(outcome.bitsPerSecond, backward.bitsPerSecond);
    }
    // The first find is the witness: at best where the claim is broken, as written where it is conditional.
    if (!reachedOnce) worst = outcome;
    reachedOnce = true;
    return atoms;
  };
  constexpr std::size_t kMostOthers = 8;
  const Least least = leastStatements(
      attempt, [&](reach::AtomId a, reach::AtomId b) { return atoms_.before(a, b); }, kMostOthers);
  Judgement judgement;
  if (stopped) return undecided(last);
  if (least.kind == Least::Kind::never) {
    judgement.verdict = Verdict::kept;
    addCertificate(judgement, world, query, last);
  } else {
    judgement.verdict = least.kind == Least::Kind::always ? Verdict::broken : Verdict::conditional;
    judgement.witness = worst.hops;
    judgement.bitsPerSecond = worst.bitsPerSecond;
    judgement.direct = worst.direct;
    addConditions(judgement, least);
    if (judgement.verdict == Verdict::conditional) {
      judgement.assumptions = last.rests;
      for (const reach::Atom& atom : judgement.conditions) {
        judgement.assumptions.push_back(
            {false, atom.where + " does not state `" + atom.line + "`", atom.place});
      }
    }
  }
  return judgement;
}

Judgement Judge::judgeAtMost(const Claim& claim, const World& world, const Query& query) const {
  auto total = [&](const Setting& setting) { return world.solver.solve(query, setting, true); };
  Judgement judgement;
  const Outcome worst = total(Setting{});
  if (worst.stopped) return undecided(worst);
  judgement.witness = worst.hops;
  judgement.bitsPerSecond = worst.totalBitsPerSecond;
  judgement.direct = worst.direct;
  if (worst.totalBitsPerSecond <= claim.bitsPerSecond) {
    judgement.verdict = Verdict::kept;
    addCertificate(judgement, world, query, worst);
    return judgement;
  }
  const Outcome best = total(Setting::best());
  if (best.stopped) return undecided(best);
  if (best.totalBitsPerSecond > claim.bitsPerSecond) {
    judgement.verdict = Verdict::broken;
    judgement.witness = best.hops;
    judgement.bitsPerSecond = best.totalBitsPerSecond;
    return judgement;
  }
  // Drop from all statements, last first, each one that is not needed.
  std::vector<reach::AtomId> order;
  for (std::size_t a = 0; a < atoms_.size(); ++a) order.emplace_back(a);
  std::ranges::sort(order, [&](reach::AtomId a, reach::AtomId b) { return atoms_.before(a, b); });
  std::vector<bool> needed(atoms_.size(), true);
  auto setting = [&] {
    Setting s;
    for (std::size_t a = 0; a < needed.size(); ++a) {
      if (needed[a]) s.suppose(reach::AtomId(a));
    }
    return s;
  };
  for (const reach::AtomId atom : std::views::reverse(order)) {
    needed[atom.index()] = false;
    const Outcome without = total(setting());
    if (without.stopped) return undecided(without);
    if (without.totalBitsPerSecond > claim.bitsPerSecond) needed[atom.index()] = true;
  }
  judgement.allConditionsListed = false;
  judgement.verdict = Verdict::conditional;
  for (const reach::AtomId atom : order) {
    if (!needed[atom.index()]) continue;
    judgement.conditions.push_back(atoms_.at(atom));
    judgement.assumptions.push_back(
        {false,
         judgement.conditions.back().where + " does not state `" + judgement.conditions.back().line + "`",
         {}});
  }
  return judgement;
}

std::optional<Certificate> Judge::certificate(const Claim& claim) const {
  if (claim.subject == ClaimSubject::goal || claim.kind == ClaimKind::depth ||
      claim.kind == ClaimKind::tripwire) {
    return std::nullopt;
  }
  const World& world = this->world(everyConditionValue(model_));
  const Network& network = world.network;
  if (claim.subject == ClaimSubject::reach) {
    std::set<std::pair<PartyId, PartyId>> pairs;
    for (const auto& [a, b] : conversations(network, claim))
      pairs.insert({network.endpoint(a).party, network.endpoint(b).party});
    return certify(network, behaviours_, claim, pairs);
  }
  auto query = queryOf(claim, world);
  if (!query) return std::nullopt;
  if (claim.kind == ClaimKind::atMost) {
    if (world.solver.solve(*query, Setting{}, true).totalBitsPerSecond > claim.bitsPerSecond)
      return std::nullopt;
    return certify(network, behaviours_, claim, world.solver.closures(*query, true), false);
  }
  bool backwards = false;
  if (world.solver.solve(*query, Setting{}).reached) {
    if (!claim.bothWays) return std::nullopt;
    backwards = true;
    query = backwardsOf(claim, world, *query);
  }
  return certify(network, behaviours_, claim, world.solver.closures(*query), backwards);
}

void Judge::addCertificate(Judgement& judgement, const World& world, const Query& query,
                           const Outcome& outcome) const {
  judgement.states = outcome.states;
  judgement.assumptions = outcome.rests;
  bool validated = false, trusts = false;
  for (const model::ServiceInstance& service : model_.services) {
    if (service.names && service.names->allow) trusts = true;
    auto dnssec = service.properties.find("dnssec");
    if (dnssec != service.properties.end() && dnssec->second) validated = true;
  }
  if (trusts && !validated) {
    judgement.assumptions.push_back(
        {false, "answers for trusted names are authentic (no resolver states dnssec: validates)", {}});
  }
  // Why each place that holds the bytes cannot send them itself.
  const Network& network = world.network;
  for (PartyId from : query.from) {
    for (PartyId to : query.to) {
      for (ClassIndex a : network.at(from).classes) {
        for (ClassIndex b : network.at(to).classes) {
          if (network.endpoint(a).family != network.endpoint(b).family || network.endpoint(a).linkLocal ||
              network.endpoint(b).linkLocal || judgement.shut.size() >= 64) {
            continue;
          }
          const auto probe = ofFamily(query.over, network.endpoint(a).family).witness();
          if (!probe) continue;
          if (auto site = network.shuts(a, b, *probe)) {
            Shut shut{network.at(from).name, network.at(to).name, site->device + ": " + site->text,
                      site->place};
            const bool known = std::ranges::any_of(judgement.shut, [&](const Shut& other) {
              return other.from == shut.from && other.to == shut.to && other.reason == shut.reason &&
                     other.place == shut.place;
            });
            if (!known) judgement.shut.push_back(shut);
          }
        }
      }
    }
  }
}

}  // namespace vauban::channel
