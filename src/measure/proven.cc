// Which techniques a kept claim takes away from a place.
#include <algorithm>
#include <map>

#include "measure/measure.h"

namespace vauban::measure {
namespace {

using model::PlaceTerm;

// The claim speaks of every place that the adversary has of his own.
bool toAllUntrusted(const model::Model& model, const model::Claim& claim) {
  for (std::size_t z = 0; z < model.zones.size(); ++z) {
    if (!model.zones[z].untrusted) continue;
    const bool named = std::ranges::any_of(claim.to, [&](const PlaceTerm& term) {
      return term.kind == PlaceTerm::Kind::any ||
             (term.kind == PlaceTerm::Kind::zone && term.zone == model::ZoneId(z));
    });
    if (!named) return false;
  }
  return true;
}

// Whoever starts inside may hear what stays inside.
bool startsOutside(const model::Model& model) {
  return model.threats.insiders.empty() &&
         std::ranges::all_of(model.threats.start, [&](const PlaceTerm& term) {
           return term.kind == PlaceTerm::Kind::zone && model.at(term.zone).untrusted;
         });
}

bool hasToSend(const attack::StepTemplate& rule) {
  return std::ranges::any_of(
      rule.needs, [](const attack::Premise& premise) { return premise.kind == attack::PremiseKind::leaves; });
}

}  // namespace

std::vector<Proven> provenBy(const model::Model& model, const attack::StepTemplates& templates,
                             const std::vector<std::string>& kept) {
  std::vector<Proven> all;
  for (const model::Claim& claim : model.claims) {
    if (std::ranges::find(kept, claim.id) == kept.end()) continue;
    Proven one{claim.id, {}};
    if (claim.kind == model::ClaimKind::never && claim.subject == model::ClaimSubject::channel &&
        !claim.direct && !claim.bothWays && claim.over.full() && toAllUntrusted(model, claim) &&
        startsOutside(model)) {
      std::map<std::string, bool> every;  // technique -> so far every step has to send what cannot be sent
      for (const attack::StepTemplate& rule : templates.all()) {
        const bool away = hasToSend(rule);
        const auto note = [&](const std::string& technique) {
          const auto [at, fresh] = every.try_emplace(technique, away);
          at->second = at->second && away;
        };
        note(rule.technique);
        for (const std::string& technique : rule.covers) note(technique);
      }
      for (const auto& [technique, away] : every)
        if (away) one.techniques.push_back(technique);
    }
    all.push_back(std::move(one));
  }
  return all;
}

}  // namespace vauban::measure
