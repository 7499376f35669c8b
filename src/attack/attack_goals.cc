#include "attack/attack_goals.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/nearest_name.h"

namespace vauban::attack {

using model::Goal;

namespace {

const std::vector<std::string> kKinds{"confidentiality", "integrity", "availability"};

bool same(const Goal& a, const Goal& b) { return goalWord(a) == goalWord(b); }

void addOnce(std::vector<Goal>& goals, Goal goal) {
  if (std::ranges::none_of(goals, [&](const Goal& known) { return same(known, goal); }))
    goals.push_back(std::move(goal));
}

void addAsset(std::vector<Goal>& goals, const model::Asset& asset) {
  addOnce(goals, {asset.name, "", false, ""});
  // Confidentiality is lost once the data is outside: that is the goal above.
  for (const std::string& kind : asset.kinds.empty() ? kKinds : asset.kinds) {
    if (kind != "confidentiality") addOnce(goals, {asset.name, "", true, kind});
  }
}

template <class Row>
std::vector<std::string_view> namesOf(const std::vector<Row>& rows) {
  std::vector<std::string_view> names;
  for (const Row& row : rows) names.push_back(row.name);
  return names;
}

}  // namespace

std::string goalWord(const Goal& goal) {
  if (!goal.controls.empty()) return "controls:" + goal.controls;
  if (!goal.impact) return "data:" + goal.asset;
  return "impact:" + goal.asset + (goal.kind.empty() ? "" : ":" + goal.kind);
}

Result<std::vector<Goal>> parseGoals(const model::Model& model, const std::vector<std::string>& words) {
  std::vector<Goal> goals;
  Diagnostics problems;
  auto wrong = [&](const std::string& message, const std::string& expected, const std::string& nearest) {
    problems.push_back({Severity::error, {"--goal", 0, 0}, 0, message, expected, nearest});
  };
  for (const std::string& word : words) {
    const auto colon = word.find(':');
    const std::string form = word.substr(0, colon);
    std::string name = colon == std::string::npos ? "" : word.substr(colon + 1);
    if (form != "data" && form != "impact" && form != "controls") {
      wrong(fmt::format("'{}' is no goal", word),
            "data:ASSET, impact:ASSET, impact:ASSET:KIND or controls:HOST",
            nearestName(form, {"data", "impact", "controls"}));
      continue;
    }
    Goal goal;
    if (form == "controls") {
      if (std::ranges::find(model.hosts, name, &model::Host::name) == model.hosts.end()) {
        wrong(fmt::format("no host '{}'", name), "", nearestName(name, namesOf(model.hosts)));
        continue;
      }
      goal.controls = name;
      addOnce(goals, std::move(goal));
      continue;
    }
    goal.impact = form == "impact";
    if (const auto kind = name.rfind(':'); goal.impact && kind != std::string::npos) {
      goal.kind = name.substr(kind + 1);
      name = name.substr(0, kind);
    }
    const auto asset = std::ranges::find(model.assets, name, &model::Asset::name);
    if (asset == model.assets.end()) {
      wrong(fmt::format("no asset '{}'", name), model.assets.empty() ? "the model states no `assets`" : "",
            nearestName(name, namesOf(model.assets)));
      continue;
    }
    const auto& kinds = asset->kinds.empty() ? kKinds : asset->kinds;
    if (!goal.kind.empty() && std::ranges::find(kinds, goal.kind) == kinds.end()) {
      wrong(fmt::format("asset '{}' has no impact of kind '{}'", name, goal.kind),
            fmt::format("{}", fmt::join(kinds, ", ")),
            nearestName(goal.kind, std::vector<std::string_view>(kinds.begin(), kinds.end())));
      continue;
    }
    goal.asset = name;
    addOnce(goals, std::move(goal));
  }
  if (!problems.empty()) return std::unexpected(problems);
  return goals;
}

std::string goalInWords(const model::Goal& goal) {
  if (!goal.controls.empty()) return "his code runs on " + goal.controls;
  if (!goal.impact) return goal.asset + " gets outside";
  return goal.kind.empty() ? goal.asset + " suffers" : goal.kind + " of " + goal.asset + " is lost";
}

GoalsOfModel goalsOf(const model::Model& model) {
  GoalsOfModel made;
  for (const model::Asset& asset : model.assets) {
    const auto& named = model.threats.goals;
    if (named.empty() || std::ranges::find(named, asset.name) != named.end()) addAsset(made.goals, asset);
  }
  for (const model::Claim& claim : model.claims) {
    if (claim.subject == model::ClaimSubject::goal) addOnce(made.goals, claim.goal);
  }
  if (!made.goals.empty()) return made;
  made.everyHost = true;
  for (const model::Host& host : model.hosts) {
    if (!model.at(host.zone).untrusted) made.goals.push_back({"", host.name, false, ""});
  }
  return made;
}

}  // namespace vauban::attack
