#include "check/stances.h"

#include <algorithm>

#include "check/search.h"

namespace vauban::check {
namespace {

bool any(const Flags& flags) { return std::ranges::find(flags, true) != flags.end(); }

bool pools(const Network& network, const Aims& aims) {
  return std::ranges::any_of(network.model().services, [&](const model::ServiceInstance& service) {
    return std::ranges::any_of(aims.behaviour(service).effects, [](const model::Effect& effect) {
      return effect.destination == model::Destination::pool;
    });
  });
}

}  // namespace

Flags partiesOf(const Network& network, const model::PlaceTerms& terms, bool asFrom) {
  Flags named(network.parties().size(), false);
  for (const model::PlaceTerm& term : terms) {
    for (PartyId id = 0; id < network.parties().size(); ++id) {
      const Party& party = network.parties()[id];
      bool is = false;
      switch (term.kind) {
        case model::PlaceTerm::Kind::any:
          is = true;
          break;
        case model::PlaceTerm::Kind::zone:
          is = party.zone == term.zone ||
               (asFrom && std::ranges::find(party.zones, term.zone) != party.zones.end());
          break;
        case model::PlaceTerm::Kind::host:
          is = party.host == term.host;
          break;
        case model::PlaceTerm::Kind::addresses:
          is = party.own.meets(Addresses::of(term.addresses));
          break;
        case model::PlaceTerm::Kind::name:
          break;
      }
      if (is) named[id] = true;
    }
  }
  return named;
}

Flags existing(const Network& network, const Aims& aims, const model::Claim& claim) {
  Flags there(network.parties().size(), false);
  for (PartyId id = 0; id < network.parties().size(); ++id) {
    there[id] = network.parties()[id].host.has_value() || network.parties()[id].adversary;
  }
  for (const auto* terms : {&claim.from, &claim.to, &claim.heldByAdversary}) {
    const Flags named = partiesOf(network, *terms, false);
    for (PartyId id = 0; id < named.size(); ++id) there[id] = there[id] || named[id];
  }
  for (const model::ServiceInstance& service : network.model().services) {
    for (const model::ZoneId zone : aims.poolZones(service)) there[network.ofZone(zone)] = true;
  }
  return there;
}

std::vector<std::string> textsOf(const Network& network, const Flags& flags) {
  std::vector<std::string> texts;
  for (PartyId id = 0; id < flags.size(); ++id) {
    if (flags[id]) texts.push_back(network.parties()[id].text);
  }
  std::ranges::sort(texts);
  return texts;
}

ClaimStances::ClaimStances(const Network& network, const Aims& aims, const model::Claim& claim,
                           bool backwards)
    : network_(network), claim_(claim), there_(existing(network, aims, claim)) {
  const std::size_t count = network.parties().size();
  for (PartyId id = 0; id < count; ++id) adversaries_.push_back(network.parties()[id].adversary);
  // Decision 0003: who names one untrusted zone names all.
  const auto asOne = [&](Flags flags) {
    bool one = false;
    for (PartyId id = 0; id < count; ++id) one = one || (flags[id] && adversaries_[id]);
    for (PartyId id = 0; id < count; ++id) flags[id] = flags[id] || (one && adversaries_[id]);
    return flags;
  };
  starts_ = partiesOf(network, backwards ? claim.to : claim.from, true);
  waits_ = asOne(partiesOf(network, backwards ? claim.from : claim.to, false));
  helds_ = asOne(partiesOf(network, claim.heldByAdversary, false));
  barred_ = Flags(count, false);
  for (const model::HostId host : claim.via) barred_[network.ofHost(host)] = true;
  bool fromHim = false;  // the adversary is one: all his places are of `from` then
  for (PartyId id = 0; id < count; ++id) {
    if (barred_[id]) starts_[id] = false;
    fromHim = fromHim || (starts_[id] && adversaries_[id]);
  }
  taken_ = Flags(count, false);
  if (claim.direct) return;
  Flags his(count, false), others(count, false);
  for (PartyId id = 0; id < count; ++id) {
    // A host that the claim bars is still his where the claim says that he holds it.
    if (starts_[id] || (barred_[id] && !helds_[id]) || !there_[id] || (fromHim && adversaries_[id])) continue;
    if (!waits_[id] && !helds_[id] && !adversaries_[id]) continue;
    (adversaries_[id] ? his : others)[id] = true;
  }
  if (!pools(network, aims)) {
    for (PartyId id = 0; id < count; ++id) his[id] = his[id] || others[id];
    others = Flags(count, false);
  }
  if (any(his)) ends_.push_back(his);
  for (PartyId id = 0; id < count; ++id) {
    if (!others[id]) continue;
    Flags one(count, false);
    one[id] = true;
    ends_.push_back(one);
  }
}

Stance ClaimStances::common() const {
  Stance stance;
  stance.barred = barred_;
  stance.over = network_.either(ofServices(claim_.over));
  // What is put into a live flow may be of the protocol itself, or go to the port that such a packet came
  // from.
  stance.overSentBack = network_.either(answeredBy(claim_.over));
  stance.overInAnswers = stance.over | stance.overSentBack;
  stance.waits = Flags(there_.size(), false);
  stance.holds = adversaries_;
  stance.known = starts_;
  // The adversary is one: what starts in one of his places starts in all (decision 0003).
  bool fromHim = false;
  for (PartyId id = 0; id < there_.size(); ++id) fromHim = fromHim || (starts_[id] && adversaries_[id]);
  for (PartyId id = 0; id < there_.size(); ++id) {
    stance.known[id] = stance.known[id] || (fromHim && adversaries_[id]);
  }
  return stance;
}

Stance ClaimStances::ofHisEnd(std::size_t which) const {
  Stance stance = common();
  stance.starts = ends_[which];
  for (PartyId id = 0; id < there_.size(); ++id) {
    if (ends_[which][id]) stance.barred[id] = false;
  }
  stance.takes = Flags(there_.size(), false);
  for (PartyId id = 0; id < there_.size(); ++id) {
    stance.holds[id] = stance.holds[id] || ends_[which][id];
    stance.takes[id] =
        (stance.holds[id] || network_.parties()[id].opaque) && !stance.barred[id] && there_[id];
  }
  return stance;
}

void ClaimStances::take(std::size_t which, const Flags& codes) {
  for (PartyId id = 0; id < there_.size(); ++id) {
    if (!codes[id]) continue;
    taken_[id] = true;
    // A machine of a pool sits where the tunnel's opener sits.
    const bool machine = !network_.parties()[id].host && !adversaries_[id] && !ends_[which][id];
    for (PartyId opener = 0; machine && opener < there_.size(); ++opener) {
      if (ends_[which][opener]) tunnels_.emplace_back(id, opener);
    }
  }
}

// Whoever tells a gateway something, or holds it, has a machine in its pool.
void ClaimStances::findOpenedAlone(const Ways& ways, const Aims& aims) {
  openedAlone_ = Flags(there_.size(), false);
  for (std::size_t which = 0; which < ends_.size(); ++which) {
    const bool opens =
        std::ranges::any_of(tunnels_, [&](const auto& tunnel) { return ends_[which][tunnel.second]; });
    if (!opens) continue;
    Stance stance = ofHisEnd(which);
    for (PartyId id = 0; id < there_.size(); ++id) {
      if (!stance.known[id] || ends_[which][id]) continue;
      stance.barred[id] = true;
      stance.takes[id] = false;
    }
    Search search(network_, ways, aims, stance, true);
    search.arrives();
    for (const State& state : search.states()) {
      std::vector<model::ServiceId> gateways;
      if (state.holding == Holding::told) {
        gateways.push_back(*state.service);
      } else if (const auto& host = network_.parties()[state.party].host;
                 host && state.holding == Holding::code) {
        gateways = network_.model().at(*host).services;
      }
      for (const model::ServiceId id : gateways) {
        for (const model::ZoneId zone : aims.poolZones(network_.model().at(id)))
          openedAlone_[network_.ofZone(zone)] = true;
      }
    }
  }
}

Stance ClaimStances::ofClaim() const {
  Stance stance = common();
  stance.starts = starts_;
  stance.waits = waits_;
  stance.direct = claim_.direct;
  stance.distinguishes = (network_.real() - stance.over) != bddfalse;
  stance.tunnels = tunnels_;
  stance.openedAlone = openedAlone_;
  stance.takes = Flags(there_.size(), false);
  for (PartyId id = 0; id < there_.size(); ++id) {
    stance.holds[id] = stance.holds[id] || helds_[id] || starts_[id] || waits_[id];
    // What a host of which nothing is known passes on is not direct.
    const bool relays = !claim_.direct && (taken_[id] || network_.parties()[id].opaque);
    stance.takes[id] = (stance.holds[id] || relays) && !barred_[id] && there_[id];
  }
  return stance;
}

}  // namespace vauban::check
