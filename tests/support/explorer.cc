#include "tests/support/explorer.h"

#include <algorithm>

namespace vauban::tests {

const char* toString(Explored explored) {
  switch (explored) {
    case Explored::kept:
      return "kept";
    case Explored::conditional:
      return "conditional";
    case Explored::broken:
      return "broken";
  }
  return "";
}

Explorer::Explorer(const model::Model& model, const model::BehaviourCatalogue& behaviours,
                   KnownSuffixes known)
    : model_(model),
      known_(std::move(known)),
      universe_(model, behaviours, known_),
      worst_(universe_, Unstated::atWorst),
      best_(universe_, Unstated::atBest) {}

// Decision 0004: a zone is the hosts whose home it is and its unlisted machines; in `from` a leg counts as
// well. The adversary is one (decision 0003).
bool Explorer::places(const model::PlaceTerms& terms, bool legs, std::vector<char>& parties) const {
  parties.resize(universe_.parties().size(), 0);
  auto outside = [&] {
    for (std::size_t z = 0; z < model_.zones.size(); ++z) {
      if (model_.zones[z].untrusted) parties[universe_.ofZone(static_cast<int>(z))] = 1;
    }
  };
  for (const auto& term : terms) {
    switch (term.kind) {
      case model::PlaceTerm::Kind::any:
        for (std::size_t h = 0; h < model_.hosts.size(); ++h) parties[h] = 1;
        for (std::size_t z = 0; z < model_.zones.size(); ++z)
          parties[universe_.ofZone(static_cast<int>(z))] = 1;
        break;
      case model::PlaceTerm::Kind::zone: {
        if (model_.at(term.zone).untrusted) outside();
        parties[universe_.ofZone(static_cast<int>(term.zone.index()))] = 1;
        // The far end of a tunnel that he opened is one of the zone's machines.
        for (std::size_t p = 0; !legs && p < parties.size(); ++p) {
          const Party& party = universe_.parties()[p];
          if (party.kind == Party::Kind::waitingTunnel &&
              party.zones.front() == static_cast<int>(term.zone.index()))
            parties[p] = 1;
        }
        for (std::size_t h = 0; h < model_.hosts.size(); ++h) {
          const auto& host = model_.hosts[h];
          const bool leg = std::find(host.alsoIn.begin(), host.alsoIn.end(), term.zone) != host.alsoIn.end();
          if (host.zone == term.zone || (legs && leg)) parties[h] = 1;
        }
        break;
      }
      case model::PlaceTerm::Kind::host:
        parties[universe_.ofHost(term.host)] = 1;
        break;
      default:
        return false;
    }
  }
  return true;
}

Exploration Explorer::judge(const model::Claim& claim) const {
  if (!worst_.supported()) return {std::nullopt, "rules of devices' own, or too large"};
  auto walk = [&](Unstated unstated) {
    return claim.subject == model::ClaimSubject::channel ? channel(claim, unstated) : reach(claim, unstated);
  };
  const bool channels = claim.subject == model::ClaimSubject::channel &&
                        (claim.kind == model::ClaimKind::never || claim.kind == model::ClaimKind::onlyVia);
  const bool reaches = claim.subject == model::ClaimSubject::reach &&
                       (claim.kind == model::ClaimKind::never || claim.kind == model::ClaimKind::only);
  if (!channels && !reaches) return {std::nullopt, "a claim of another kind"};
  if (!claim.waivedUntil.empty()) return {std::nullopt, "waived"};
  const auto worst = walk(Unstated::atWorst);
  if (!worst) return {std::nullopt, "CIDRs in a claim"};
  if (!worst->reached) return {Explored::kept, {}};
  const auto best = walk(Unstated::atBest);
  if (best->reached) return {Explored::broken, best->text};
  return {Explored::conditional, worst->text};
}

std::optional<Path> Explorer::channel(const model::Claim& claim, Unstated unstated) const {
  Question question;
  const std::size_t parties = universe_.parties().size();
  question.over = universe_.members(claim.over);
  question.overAny = claim.over.full();
  question.direct = claim.direct;
  question.barred.assign(parties, 0);
  for (const auto host : claim.via) question.barred[universe_.ofHost(host)] = 1;
  if (!places(claim.from, true, question.from) || !places(claim.to, false, question.to)) return std::nullopt;
  question.held.assign(parties, 0);
  if (!places(claim.heldByAdversary, false, question.held)) return std::nullopt;
  Path there = ConcreteWalk(universe_, network(unstated), unstated, question).run();
  if (!claim.bothWays || !there.reached) return there;
  question.from.assign(parties, 0);
  question.to.assign(parties, 0);
  places(claim.to, true, question.from);
  places(claim.from, false, question.to);
  Path back = ConcreteWalk(universe_, network(unstated), unstated, question).run();
  back.text = there.text + "    and back\n" + back.text;
  return back;
}

// Semantics 3: the packets with which a, using its own addresses, can open a conversation to b. In claims
// about reach a zone means the addresses that lie in it, of whomever (decision 0004).
std::optional<Path> Explorer::reach(const model::Claim& claim, Unstated unstated) const {
  const auto& endpoints = universe_.endpoints();
  const auto& net = network(unstated);
  const auto over = universe_.members(claim.over);
  // The addresses that lie in a zone, and all those of whoever is at home in it (found-second-leg-address).
  auto among = [&](const model::PlaceTerms& terms, const Endpoint& endpoint, bool anyLeg) {
    return std::any_of(terms.begin(), terms.end(), [&](const auto& term) {
      if (universe_.means(term, endpoint)) return true;
      if (term.kind != model::PlaceTerm::Kind::zone || endpoint.party < 0) return false;
      // A host with a leg in a zone is a host of it, whichever leg it sends from.
      const auto& legs = universe_.parties()[endpoint.party].zones;
      const auto end = anyLeg ? legs.end() : legs.begin() + 1;
      return std::find(legs.begin(), end, static_cast<int>(term.zone.index())) != end;
    });
  };
  // Model, `only`: outside of `from` and outside the zone of `to`; of a host that is its home (decision
  // 0004).
  auto beside = [&](int stands) {
    return std::any_of(claim.to.begin(), claim.to.end(), [&](const model::PlaceTerm& term) {
      const auto zone = term.kind == model::PlaceTerm::Kind::host ? model_.at(term.host).zone : term.zone;
      return zone.valid() && static_cast<int>(zone.index()) == stands;
    });
  };
  for (int e = 0; e < static_cast<int>(endpoints.size()); ++e) {
    const Endpoint& from = endpoints[e];
    if (from.zone < 0 || from.party < 0 || from.besides) continue;
    if (universe_.parties()[from.party].service >= 0) continue;
    const bool only = claim.kind == model::ClaimKind::only;
    if (among(claim.from, from, !only) == only) continue;
    for (int d = 0; d < static_cast<int>(endpoints.size()); ++d) {
      const Endpoint& to = endpoints[d];
      if (to.zone < 0 || to.party < 0 || to.besides || net.family(d) != net.family(e) ||
          !among(claim.to, to, false))
        continue;
      if (only && beside(from.zone)) continue;
      if (from.party == to.party && !universe_.parties()[from.party].group) continue;
      for (const int leg : universe_.parties()[from.party].zones) {
        if (only && beside(leg)) continue;
        // A neighbour with a leg elsewhere takes packets for any of its addresses (RFC 1122 section 3.3.4.2).
        const auto& legs = universe_.parties()[to.party].zones;
        if (leg != to.zone && net.isFree(leg) && !from.linkLocal && !to.linkLocal &&
            std::find(legs.begin(), legs.end(), leg) != legs.end()) {
          return Path{true,
                      "    " + universe_.parties()[from.party].name + " to another leg of its neighbour\n"};
        }
        for (const Route& route : net.routes(leg, to.zone)) {
          for (int k = 0; k < static_cast<int>(over.size()); ++k) {
            if (!over[k]) continue;
            for (unsigned value = 0; value < net.conditionValues(); ++value) {
              if (!net.opens(route, {e, d, k, from.party}, value)) continue;
              return Path{true, "    " + universe_.parties()[from.party].name + " " +
                                    from.address.toString() + " > " + to.address.toString() + " " +
                                    universe_.kinds()[k].service.toString() + "\n"};
            }
          }
        }
      }
    }
  }
  return Path{};
}

}  // namespace vauban::tests
