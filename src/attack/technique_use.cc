#include "attack/technique_use.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/nearest_name.h"

namespace vauban::attack {

using catalog::Attack;
using catalog::AttackObject;
using catalog::Framework;

namespace {

// Lower bounds of the classes, in shares of a domain's groups and campaigns.
constexpr std::pair<UseClass, double> kShares[] = {
    {UseClass::veryCommon, 0.20}, {UseClass::common, 0.10}, {UseClass::known, 0.04}, {UseClass::rare, 0}};

bool live(const AttackObject& object) { return object.standing == catalog::Standing::live; }

}  // namespace

std::string_view word(UseClass use) {
  switch (use) {
    case UseClass::veryCommon:
      return "very common";
    case UseClass::common:
      return "common";
    case UseClass::known:
      return "known";
    case UseClass::rare:
      return "rare";
    case UseClass::unseen:
      return "unseen";
  }
  return "";
}

double costOf(UseClass use) { return 1 + static_cast<double>(use); }

std::string parentOf(const std::string& technique) {
  const auto dot = technique.rfind('.');
  // Ids of ATLAS have a dot of another meaning before the first letter of the technique.
  return dot == std::string::npos || !technique.starts_with('T') ? "" : technique.substr(0, dot);
}

bool sameOrParent(const std::string& a, const std::string& b) {
  return a == b || parentOf(a) == b || parentOf(b) == a;
}

TechniqueUse::TechniqueUse(const catalog::Catalogue& catalogue) : catalogue_(&catalogue) {
  for (const Attack& attack : catalogue.attack) {
    std::map<std::string, std::set<std::string>> users;
    for (const auto* uses : {&attack.groupUses, &attack.campaignUses}) {
      for (const auto& [who, technique] : *uses) {
        users[technique].insert(who);
        if (const std::string parent = parentOf(technique); !parent.empty()) users[parent].insert(who);
      }
    }
    const auto all = static_cast<double>(std::ranges::count_if(attack.groups, live) +
                                         std::ranges::count_if(attack.campaigns, live));
    for (const auto& [technique, who] : users) {
      const double share = static_cast<double>(who.size()) / std::max(1.0, all);
      uses_[{attack.domain, technique}] =
          std::ranges::find_if(kShares, [&](const auto& it) { return share >= it.second; })->first;
    }
  }
}

std::string TechniqueUse::name(Framework domain, const std::string& technique) const {
  const Attack* attack = catalogue_->domain(domain);
  const catalog::AttackTechnique* found = attack == nullptr ? nullptr : attack->find(technique);
  return found == nullptr ? "" : found->name;
}

UseClass TechniqueUse::use(Framework domain, const std::string& technique) const {
  const auto found = uses_.find({domain, technique});
  return found == uses_.end() ? UseClass::unseen : found->second;
}

std::string TechniqueUse::tacticId(Framework domain, const std::string& shortName) const {
  const Attack* attack = catalogue_->domain(domain);
  if (attack == nullptr) return "";
  const auto found = std::ranges::find(attack->tactics, shortName, &AttackObject::shortName);
  return found == attack->tactics.end() ? "" : found->id;
}

Result<std::vector<Party>> partiesOf(const catalog::Catalogue& catalogue,
                                     const std::vector<std::string>& words, const std::string& option) {
  std::vector<Party> parties;
  Diagnostics problems;
  for (const std::string& said : words) {
    Party party;
    for (const Attack& attack : catalogue.attack) {
      for (const auto& [objects, uses] : {std::pair(&attack.groups, &attack.groupUses),
                                          std::pair(&attack.campaigns, &attack.campaignUses)}) {
        for (const AttackObject& object : *objects) {
          if (object.id != said && object.name != said) continue;
          party.id = object.id;
          party.name = object.name;
          for (const auto& [who, technique] : *uses)
            if (who == object.id) party.techniques.insert(technique);
        }
      }
    }
    if (!party.id.empty()) {
      parties.push_back(std::move(party));
      continue;
    }
    std::vector<std::string_view> names;
    for (const Attack& attack : catalogue.attack) {
      for (const auto* objects : {&attack.groups, &attack.campaigns}) {
        for (const AttackObject& object : *objects) {
          names.push_back(object.id);
          names.push_back(object.name);
        }
      }
    }
    Diagnostic problem;
    problem.place.file = option;
    problem.message = fmt::format("no group or campaign of ATT&CK is '{}'", said);
    problem.expected = "an id, as G0034 or C0025, or a name";
    problem.nearest = nearestName(said, names);
    problems.push_back(std::move(problem));
  }
  if (!problems.empty()) return std::unexpected(problems);
  return parties;
}

StepTemplates usedBy(const StepTemplates& templates, const std::vector<Party>& parties) {
  return templates.only([&](const StepTemplate& rule) {
    std::vector<std::string> stands{rule.technique};
    stands.insert(stands.end(), rule.covers.begin(), rule.covers.end());
    return std::ranges::any_of(parties, [&](const Party& party) {
      return std::ranges::any_of(party.techniques, [&](const std::string& used) {
        return std::ranges::any_of(stands, [&](const std::string& id) { return sameOrParent(id, used); });
      });
    });
  });
}

}  // namespace vauban::attack
