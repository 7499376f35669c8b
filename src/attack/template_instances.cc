// Step templates over a model: every way to bind H, S, C, A and G.
#include <fmt/format.h>

#include <algorithm>

#include "attack/graph_building.h"
#include "attack/step_words.h"

namespace vauban::attack {

using model::ServiceId;
using model::ServiceInstance;
using reach::PartyId;

namespace {

// What the model does not say, or says in a word that no template could know, may be any.
bool mayBe(const std::string& said, std::span<const std::string_view> known,
           const std::vector<std::string>& words) {
  return std::ranges::find(known, said) == known.end() || std::ranges::find(words, said) != words.end();
}

}  // namespace

void GraphBuilding::instantiate(TemplateId rule) {
  const StepTemplate& made = templates_.at(rule);
  const bool rogue = std::ranges::any_of(
      made.needs, [](const Premise& premise) { return premise.kind == PremiseKind::rogue; });
  for (std::size_t p = 0; p < network_->parties().size(); ++p) {
    const reach::Party& party = network_->parties()[p];
    const bool listed = party.kind == reach::Party::Kind::host;
    // A host in an untrusted zone is his already.
    if (party.adversary || !party.zone.valid() || absent_[p] || (rogue && listed)) continue;
    Instance instance;
    instance.party = PartyId(p);
    if (!rogue && !listed) {
      // A machine that the model does not list is there once somebody has brought it. It is his: there is
      // nothing on it to break.
      if (std::ranges::find(made.fails, FailureKind::software) != made.fails.end()) continue;
      instance.premises.push_back(fact(FactKind::code, static_cast<std::uint32_t>(p)));
    }
    bind(rule, 0, instance);
  }
}

bool GraphBuilding::fits(const Premise& premise, const ServiceInstance& service) const {
  if (premise.behaviours.empty() && premise.services.empty()) return true;
  const std::string& behaviour = behaviours_.at(service.behaviour).name;
  return std::ranges::find(premise.behaviours, behaviour) != premise.behaviours.end() ||
         service.listens.intersects(premise.services);
}

void GraphBuilding::bind(TemplateId rule, std::size_t at, const Instance& instance) {
  const StepTemplate& made = templates_.at(rule);
  if (at == made.needs.size()) return conclude(rule, instance);
  const Premise& premise = made.needs[at];
  const PartyId party = instance.party;
  const reach::Party& here = network_->at(party);
  const bool listed = here.kind == reach::Party::Kind::host;
  auto with = [&](auto change) {
    Instance next = instance;
    change(next);
    bind(rule, at + 1, next);
  };
  auto needs = [&](FactId fact) { with([&](Instance& next) { next.premises.push_back(fact); }); };
  auto onService = [&](FactKind kind) {
    if (!listed) return;
    for (const ServiceId id : model_.at(here.host).services) {
      if (instance.service.valid() ? instance.service != id : !fits(premise, model_.at(id))) continue;
      if (instance.service.valid() && !fits(premise, model_.at(id))) continue;
      with([&](Instance& next) {
        next.service = id;
        next.premises.push_back(fact(kind, id.value));
      });
    }
  };
  auto onCredential = [&](auto right, bool held) {
    for (std::size_t c = 0; c < made_.credentials.size(); ++c) {
      const CredentialId id(c);
      if ((instance.credential && *instance.credential != id) || !right(made_.credentials[c])) continue;
      with([&](Instance& next) {
        next.credential = id;
        if (held) next.premises.push_back(fact(FactKind::holds, id.value));
      });
    }
  };
  auto grants = [&](const HeldCredential& credential) {
    return std::ranges::any_of(credential.grants, [&](const auto& grant) {
      return grant.first == party && (grant.second || premise.privilege == "user");
    });
  };
  switch (premise.kind) {
    case PremiseKind::code:
      return needs(fact(FactKind::code, party.value));
    case PremiseKind::admin:
      return needs(fact(FactKind::admin, party.value));
    case PremiseKind::commanded:
      return needs(fact(FactKind::commanded, party.value));
    case PremiseKind::found:
      return needs(fact(FactKind::found, party.value));
    case PremiseKind::read:
      return needs(fact(FactKind::read, party.value));
    case PremiseKind::supplied:
      return needs(fact(FactKind::supplied, party.value));
    case PremiseKind::told:
      return onService(FactKind::told);
    case PremiseKind::written:
      return onService(FactKind::written);
    case PremiseKind::reads:
      return onService(FactKind::reads);
    case PremiseKind::neighbour:
      for (std::size_t g = 0; g < network_->parties().size(); ++g) {
        const reach::Party& mate = network_->parties()[g];
        if (mate.adversary || absent_[g] || (PartyId(g) == party && !network_->several(party))) continue;
        for (const model::ZoneId zone : here.zones) {
          if (std::ranges::find(mate.zones, zone) == mate.zones.end()) continue;
          with([&](Instance& next) {
            next.neighbour = PartyId(g);
            next.premises.push_back(fact(FactKind::code, static_cast<std::uint32_t>(g)));
            // In an isolated zone nobody hears his neighbour, unless what isolates fails.
            if (model_.at(zone).isolated || !network_->takesNeighbours(zone, {}))
              next.premises.push_back(switchesOf(zone));
          });
        }
      }
      return;
    case PremiseKind::holds:
      return onCredential(grants, true);
    case PremiseKind::grants:
      return onCredential(grants, false);
    case PremiseKind::exposed:
      return onCredential(
          [&](const HeldCredential& credential) {
            return std::ranges::find(credential.exposedOn, party) != credential.exposedOn.end();
          },
          false);
    case PremiseKind::credential:
      return onCredential(
          [&](const HeldCredential& credential) {
            return premise.words.empty() || mayBe(credential.kind, kCredentialKinds, premise.words);
          },
          false);
    case PremiseKind::leaves:
      return needs(leaves(party, premise));
    case PremiseKind::asset:
    case PremiseKind::collected:
      for (std::size_t a = 0; a < model_.assets.size(); ++a) {
        const model::Asset& asset = model_.assets[a];
        if (instance.asset && *instance.asset != AssetId(a)) continue;
        // What he has read he has, wherever it lay.
        if (premise.kind == PremiseKind::asset &&
            std::ranges::find(assetParties_[a], party) == assetParties_[a].end())
          continue;
        const bool kind = premise.words.empty() || asset.kinds.empty() ||
                          std::ranges::find(asset.kinds, premise.words.front()) != asset.kinds.end();
        if (!kind) continue;
        with([&](Instance& next) {
          next.asset = AssetId(a);
          if (premise.kind == PremiseKind::collected)
            next.premises.push_back(fact(FactKind::collected, static_cast<std::uint32_t>(a)));
        });
      }
      return;
    case PremiseKind::platform: {
      const std::string& platform = listed ? model_.at(here.host).platform : std::string();
      if (mayBe(platform, kPlatforms, premise.words)) with([](Instance&) {});
      return;
    }
    case PremiseKind::people: {
      // Who sits before a client the model need not say.
      const bool client = listed && model_.at(here.host).services.empty();
      if (client ||
          std::ranges::any_of(here.zones, [&](model::ZoneId zone) { return model_.at(zone).people; }))
        with([](Instance&) {});
      return;
    }
    case PremiseKind::rogue:
      return with([](Instance&) {});
    case PremiseKind::fetches:
      for (std::size_t s = 0; s < model_.services.size(); ++s) {
        const ServiceInstance& service = model_.services[s];
        const PartyId other = network_->partyOf(service.host);
        if (other == party || absent_[other.index()] || !fits(premise, service)) continue;
        for (const std::size_t f : flowFrom_[other.index()]) {
          const channel::FlowStep& flow = made_.flow.steps[f];
          const channel::FlowNode& to = made_.flow.nodes[flow.to];
          if (to.party != party || flow.hops.empty() || !flow.hops.front().answer || to.atAddress ||
              !flow.packets.intersects(service.listens))
            continue;
          with([&](Instance& next) {
            next.neighbour = other;
            next.premises.push_back(fact(FactKind::admin, other.value));
            for (const FactId open : opened(flow.atoms)) next.premises.push_back(open);
          });
        }
      }
      return;
  }
}

std::vector<LayerId> GraphBuilding::layersOf(const StepTemplate& rule, const Instance& instance) {
  std::vector<LayerId> layers;
  const reach::Party& party = network_->at(instance.party);
  const bool listed = party.kind == reach::Party::Kind::host;
  const model::Zone& zone = model_.at(party.zone);
  for (const FailureKind failure : rule.fails) {
    switch (failure) {
      case FailureKind::software:
        if (listed) {
          const std::string name = product(instance.party);
          layers.push_back(layer(LayerKind::software, "software " + name, name + " does what it should not",
                                 model_.at(party.host).place));
        }
        break;
      case FailureKind::people:
        layers.push_back(layer(LayerKind::people, "people " + zone.name,
                               "somebody in " + zone.name + " is deceived", zone.place));
        break;
      case FailureKind::physical:
        layers.push_back(layer(LayerKind::premises, "premises " + zone.name,
                               "somebody brings something into " + zone.name, zone.place));
        break;
      case FailureKind::secrecy:
      case FailureKind::mfa: {
        if (!instance.credential) break;
        const HeldCredential& credential = made_.credentials[instance.credential->index()];
        const bool factor = failure == FailureKind::mfa;
        if (factor && !credential.secondFactor) break;
        const auto stated = std::ranges::find(model_.credentials, credential.name, &model::Credential::name);
        layers.push_back(layer(factor ? LayerKind::factor : LayerKind::secrecy,
                               (factor ? "second factor of " : "secrecy of ") + credential.name,
                               factor ? credential.name + " is used without its second factor"
                                      : credential.name + " is guessed or cracked",
                               stated != model_.credentials.end() ? stated->place : Place{}));
        break;
      }
    }
  }
  for (std::size_t m = 0; m < model_.countermeasures.size(); ++m) {
    const model::Countermeasure& measure = model_.countermeasures[m];
    if (measure.technique.empty() || !measure.coverage || *measure.coverage < 1) continue;
    if (!counteredAt_[m][instance.party.index()] ||
        std::ranges::find(rule.counteredBy, measure.technique) == rule.counteredBy.end())
      continue;
    layers.push_back(layer(LayerKind::countermeasure,
                           fmt::format("countermeasure {} #{}", measure.technique, m + 1),
                           measure.technique + " fails where it is deployed", measure.place));
  }
  return layers;
}

void GraphBuilding::conclude(TemplateId rule, const Instance& instance) {
  const StepTemplate& made = templates_.at(rule);
  AttackStep what;
  what.rule = rule;
  what.party = instance.party;
  what.neighbour = instance.neighbour;
  what.service = instance.service;
  if (instance.credential) what.credential = *instance.credential;
  if (instance.asset) what.asset = *instance.asset;
  FactId conclusion;
  const std::uint32_t here = instance.party.value;
  switch (made.gives.kind) {
    case ConclusionKind::code:
      conclusion = fact(FactKind::code, here);
      break;
    case ConclusionKind::admin:
      conclusion = fact(FactKind::admin, here);
      break;
    case ConclusionKind::found:
      conclusion = fact(FactKind::found, here);
      break;
    case ConclusionKind::commanded:
      conclusion = fact(FactKind::commanded, here);
      break;
    case ConclusionKind::holds:
      if (!instance.credential) return;
      conclusion = fact(FactKind::holds, instance.credential->value);
      break;
    case ConclusionKind::collected:
    case ConclusionKind::data:
    case ConclusionKind::impact:
      if (!instance.asset) return;
      conclusion = fact(made.gives.kind == ConclusionKind::collected ? FactKind::collected
                        : made.gives.kind == ConclusionKind::data    ? FactKind::data
                                                                     : FactKind::impact,
                        instance.asset->value, 0, made.gives.impact);
      break;
  }
  step(conclusion, instance.premises, layersOf(made, instance), what);
  // Whose data is outside has lost its confidentiality; and a goal need not say which harm it means.
  auto suffers = [&](const std::string& kind) {
    return fact(FactKind::impact, instance.asset->value, 0, kind);
  };
  if (made.gives.kind == ConclusionKind::impact) step(suffers(""), {conclusion}, {}, {});
  if (made.gives.kind != ConclusionKind::data) return;
  const std::vector<std::string>& kinds = model_.assets[instance.asset->index()].kinds;
  if (!kinds.empty() && std::ranges::find(kinds, "confidentiality") == kinds.end()) return;
  step(suffers("confidentiality"), {conclusion}, {}, {});
  step(suffers(""), {suffers("confidentiality")}, {}, {});
}

}  // namespace vauban::attack
