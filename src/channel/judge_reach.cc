// Claims about reach.
#include "channel/judge.h"

namespace vauban::channel {

using model::Claim;
using model::ClaimKind;
using reach::AtomIds;
using reach::ClassIndex;
using reach::Network;
using reach::Setting;
using space::ServiceSet;

Judgement Judge::judgeReach(const Claim& claim, const World& world) const {
  const Network& network = world.network;
  const auto pairs = conversations(network, claim);
  struct Found {
    ClassIndex from, to;
    Network::Opening opening;
  };
  std::optional<Found> first;
  bool stopped = false;
  const auto attempt = [&](const Setting& setting) -> std::optional<AtomIds> {
    std::optional<Found> best;
    for (const auto& [a, b] : pairs) {
      stopped = stopped || (deadline_ && std::chrono::steady_clock::now() > *deadline_);
      if (stopped) return std::nullopt;
      for (const Network::Opening& opening : network.openings(a, b, setting)) {
        if (!opening.services.intersects(claim.over)) continue;
        if (!best || opening.way.atoms.size() < best->opening.way.atoms.size()) best = Found{a, b, opening};
      }
      if (best && best->opening.way.atoms.empty()) break;
    }
    if (!best) return std::nullopt;
    if (!first) first = best;
    return best->opening.way.atoms;
  };
  constexpr std::size_t kMostOthers = 8;
  const Least least = leastStatements(
      attempt, [&](reach::AtomId a, reach::AtomId b) { return atoms_.before(a, b); }, kMostOthers);
  Judgement judgement;
  if (stopped) return undecided({});
  if (least.kind == Least::Kind::never) {
    judgement.verdict = Verdict::kept;
    for (const auto& [a, b] : pairs) {
      const auto probe = ofFamily(claim.over, network.endpoint(a).family).witness();
      if (network.endpoint(a).linkLocal || network.endpoint(b).linkLocal || !probe ||
          judgement.shut.size() >= 64) {
        continue;
      }
      if (auto site = network.shuts(a, b, *probe)) {
        Shut shut{network.at(network.endpoint(a).party).name, network.at(network.endpoint(b).party).name,
                  site->device + ": " + site->text, site->place};
        const bool known = std::ranges::any_of(judgement.shut, [&](const Shut& o) {
          return o.from == shut.from && o.to == shut.to && o.reason == shut.reason;
        });
        if (!known) judgement.shut.push_back(shut);
      }
    }
    return judgement;
  }
  judgement.verdict = least.kind == Least::Kind::always ? Verdict::broken : Verdict::conditional;
  judgement.direct = true;
  const reach::Way& way = first->opening.way;
  Hop hop;
  hop.from = network.at(network.endpoint(first->from).party).name;
  hop.to = network.at(network.endpoint(first->to).party).name;
  hop.packets = first->opening.services & claim.over;
  hop.example = *hop.packets.witness();
  hop.carrier = "opens a conversation";
  hop.bitsPerSecond = kConversationBitsPerSecond;
  hop.how = way.kind == reach::WayKind::uncovered ? "in a family that the filter does not cover"
            : way.kind == reach::WayKind::free    ? "inside the zone"
                                                  : "";
  hop.rule = network.letsPass(way, hop.example);
  judgement.witness = {hop};
  judgement.bitsPerSecond = hop.bitsPerSecond;
  addConditions(judgement, least);
  for (reach::AtomId atom : least.statements) {
    judgement.assumptions.push_back(
        {false, atoms_.at(atom).where + " does not state `" + atoms_.at(atom).line + "`", {}});
  }
  return judgement;
}

Judgement Judge::judgeAlways(const Claim& claim, const World& world) const {
  const Network& network = world.network;
  Judgement judgement;
  auto missing = [&](bool supposed) -> std::optional<std::tuple<ClassIndex, ClassIndex, space::Service>> {
    for (const auto& [a, b] : conversations(network, claim)) {
      const auto& from = network.endpoint(a);
      if (from.linkLocal || network.endpoint(b).linkLocal) continue;
      const ServiceSet lost = ofFamily(claim.over, from.family) - network.surely(a, b, supposed);
      if (!lost.empty()) return std::tuple(a, b, *lost.witness());
    }
    return std::nullopt;
  };
  const auto asWritten = missing(false);
  if (!asWritten) return judgement;
  const auto atBest = missing(true);
  const auto& [a, b, service] = atBest ? *atBest : *asWritten;
  judgement.verdict = atBest ? Verdict::broken : Verdict::conditional;
  Hop hop;
  hop.from = network.at(network.endpoint(a).party).name;
  hop.to = network.at(network.endpoint(b).party).name;
  hop.packets = ServiceSet::single(service);
  hop.example = service;
  hop.carrier = "does not pass";
  hop.rule = network.shuts(a, b, service);
  judgement.witness = {hop};
  judgement.direct = true;
  if (!atBest) {
    judgement.conditions.push_back({"enforcement families",
                                    "families: [ipv4, ipv6]",
                                    "enforcement",
                                    "the filter decides on both families",
                                    "send the same packet over IPv4 and over IPv6",
                                    {}});
    judgement.assumptions.push_back({false, "enforcement does not state `families: [ipv4, ipv6]`", {}});
  }
  return judgement;
}

}  // namespace vauban::channel
