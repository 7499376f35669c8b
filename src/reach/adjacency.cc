// Who may have any way to whom: a quick superset of what ways() finds, read off the rules' rows, so that
// solving walks the neighbours of a party and not all parties.
#include <algorithm>

#include "reach/enforcement.h"

namespace vauban::reach {

using model::ZoneId;

std::vector<std::size_t> FilterEvaluator::mayMeet(std::size_t own, bool ownIsSource) const {
  std::vector<std::size_t> met;
  const auto& entry = program_.chains[program_.entry.index()];
  if (entry.policy == model::Action::accept) {
    for (std::size_t c = 0; c < classCount_; ++c) met.push_back(c);
    return met;
  }
  if (words_ == 0) return met;
  if (acceptRules_.empty()) {
    // By rule: the classes on either side; only what accepts can let anything pass.
    acceptRules_.resize(firstBit_.back());
    std::size_t bit = 0;
    for (const model::Chain& chain : program_.chains) {
      for (const model::FilterRule& rule : chain.rules) {
        if (rule.action == model::Action::accept) {
          const std::uint64_t mask = std::uint64_t{1} << (bit % 64);
          for (std::size_t c = 0; c < classCount_; ++c) {
            if ((sourceRows_[c * words_ + bit / 64] & mask) != 0)
              acceptRules_[bit].sources.push_back(static_cast<std::uint32_t>(c));
            if ((destinationRows_[c * words_ + bit / 64] & mask) != 0)
              acceptRules_[bit].destinations.push_back(static_cast<std::uint32_t>(c));
          }
        }
        ++bit;
      }
    }
  }
  const auto& rows = ownIsSource ? sourceRows_ : destinationRows_;
  for (std::size_t word = 0; word < words_; ++word) {
    for (std::uint64_t bits = rows[own * words_ + word]; bits != 0; bits &= bits - 1) {
      const Ends& ends = acceptRules_[word * 64 + static_cast<std::size_t>(__builtin_ctzll(bits))];
      const auto& others = ownIsSource ? ends.destinations : ends.sources;
      met.insert(met.end(), others.begin(), others.end());
      if (met.size() > 4 * classCount_) {
        std::ranges::sort(met);
        met.erase(std::ranges::unique(met).begin(), met.end());
      }
    }
  }
  std::ranges::sort(met);
  met.erase(std::ranges::unique(met).begin(), met.end());
  return met;
}

// Whether some two zones are joined by more chains than are followed: then nothing is known to stop a packet.
bool Network::tooManyRoutes() const {
  // 20 links make at most 3^(20/3) chains.
  constexpr std::size_t kFewLinks = 20;
  if (model_.links.size() <= kFewLinks) return false;
  if (!tooManyRoutes_) {
    tooManyRoutes_ = false;
    for (std::size_t a = 0; a < model_.zones.size(); ++a) {
      for (std::size_t b = 0; b < model_.zones.size(); ++b) {
        if (a == b) continue;
        const auto& all = routes(ZoneId(a), ZoneId(b));
        tooManyRoutes_ = *tooManyRoutes_ || (!all.empty() && all.back().empty());
      }
    }
  }
  return *tooManyRoutes_;
}

const Network::Adjacency& Network::adjacency(const Setting& setting) const {
  const Setting limited = setting.first(known_.established.index() + 1);
  constexpr std::size_t kMostSettings = 256;
  if (adjacencyCache_.size() > kMostSettings) adjacencyCache_.clear();
  const auto [found, fresh] = adjacencyCache_.try_emplace(limited);
  Adjacency& adjacency = found->second;
  if (!fresh) return adjacency;
  const std::size_t count = parties_.size();
  adjacency.out.resize(count);
  adjacency.in.resize(count);

  // What lets a packet pass whatever the rules say of its addresses, or rewrites them.
  bool anyUncovered = false, anyRewrite = false, relatedFromTrusted = false, relatedFromUntrusted = false;
  std::vector<std::size_t> programs;
  for (std::size_t p = 0; p < points_.size(); ++p) {
    const PointId id(p);
    const auto& program = evaluators_[points_[p].program]->program();
    anyUncovered =
        anyUncovered || mayBeUncovered(id, space::Family::ipv4) || mayBeUncovered(id, space::Family::ipv6);
    anyRewrite = anyRewrite || program.prerouting || program.postrouting;
    relatedFromTrusted = relatedFromTrusted || relatedPasses(id, false, limited);
    relatedFromUntrusted = relatedFromUntrusted || relatedPasses(id, true, limited);
    if (std::ranges::find(programs, points_[p].program) == programs.end())
      programs.push_back(points_[p].program);
  }
  std::vector<std::vector<PartyId>> living(model_.zones.size());
  for (std::size_t p = 0; p < count; ++p) {
    for (const ZoneId zone : parties_[p].zones) living[zone.index()].push_back(PartyId(p));
  }
  std::vector<bool> neighbours(model_.zones.size());
  for (std::size_t z = 0; z < model_.zones.size(); ++z)
    neighbours[z] = neighbourly(ZoneId(z), limited).has_value();
  std::vector<std::optional<std::vector<std::size_t>>> forward(endpoints_.size()),
      backward(endpoints_.size());
  auto meets = [&](ClassIndex c, bool asSource) -> const std::vector<std::size_t>& {
    auto& known = (asSource ? forward : backward)[c];
    if (!known) {
      known.emplace();
      for (const std::size_t program : programs) {
        const auto met = evaluators_[program]->mayMeet(c, asSource);
        known->insert(known->end(), met.begin(), met.end());
      }
    }
    return *known;
  };
  // An error passes as related by the side it enters each filter from, which may lie behind another zone.
  const bool chains = !model_.links.empty();
  for (std::size_t p = 0; p < count; ++p) {
    const Party& party = parties_[p];
    std::vector<bool> reached(count, false);
    const bool untrusted =
        std::ranges::any_of(party.zones, [&](ZoneId zone) { return model_.at(zone).untrusted; });
    bool all = mayFail_ || anyUncovered || anyRewrite || relatedFromTrusted ||
               (relatedFromUntrusted && (untrusted || chains)) || tooManyRoutes();
    if (!all) {
      auto reach = [&](ClassIndex c) {
        reached[endpoints_[c].party.index()] = true;
        const ZoneId zone = endpoints_[c].zone;
        if (!zone.valid() || !neighbours[zone.index()]) return;
        for (const PartyId mate : living[zone.index()]) reached[mate.index()] = true;
      };
      std::vector<bool> borne(endpoints_.size(), false);
      for (const ClassIndex c : party.classes) borne[c] = true;
      for (const ZoneId zone : party.zones) {
        for (const PartyId mate : living[zone.index()]) reached[mate.index()] = true;
        for (std::size_t to = 0; to < model_.zones.size(); ++to) {
          if (zone == ZoneId(to) && !model_.at(zone).isolated) continue;
          for (const space::Family family : {space::Family::ipv4, space::Family::ipv6}) {
            for (const ClassIndex c : forgeable(zone, ZoneId(to), family, limited)) borne[c] = true;
          }
        }
      }
      for (ClassIndex c = 0; c < endpoints_.size(); ++c) {
        if (!borne[c]) continue;
        for (const std::size_t other : meets(c, true)) reach(static_cast<ClassIndex>(other));
        // A packet forged into a live flow passes where the answer to it would come from.
        if (endpoints_[c].party != PartyId(p) || party.zones.size() > 1 || several(PartyId(p)))
          for (const std::size_t other : meets(c, false)) reach(static_cast<ClassIndex>(other));
      }
    }
    for (std::size_t other = 0; other < count; ++other) {
      if (!all && !reached[other]) continue;
      adjacency.out[p].push_back(PartyId(other));
      adjacency.in[other].push_back(PartyId(p));
    }
  }
  return adjacency;
}

}  // namespace vauban::reach
