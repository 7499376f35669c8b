#include "plan/effect.h"

#include <algorithm>
#include <map>
#include <set>

#include "attack/attack_graph.h"
#include "attack/goal_judge.h"
#include "plan/yaml_editing.h"

namespace vauban::plan {
namespace {

namespace yaml = model::yaml;

bool mentions(const yaml::Node& node, const std::vector<std::string>& names) {
  if (node.isText()) return std::ranges::find(names, node.text()) != names.end();
  return std::ranges::any_of(node.children(), [&](const yaml::NodePtr& it) { return mentions(*it, names); });
}

// The model before with the claims that the pattern brings, as far as it can say them.
ModelTree withGuarantees(const ModelTree& before, const Applied& applied) {
  const yaml::NodePtr claims = yaml_editing::at(before.root(), "claims");
  std::set<std::string> there;
  for (std::size_t i = 0; claims != nullptr && i < claims->size(); ++i)
    if (const auto* id = claims->item(i).find("id")) there.insert(id->text());
  std::vector<yaml::NodePtr> added;
  const yaml::NodePtr changed = yaml_editing::at(applied.tree.root(), "claims");
  for (std::size_t i = 0; changed != nullptr && i < changed->size(); ++i) {
    const yaml::NodePtr& claim = changed->children()[i];
    const auto* id = claim->find("id");
    const bool brought = id != nullptr && !there.contains(id->text()) &&
                         std::ranges::find(applied.guarantees, id->text()) != applied.guarantees.end();
    if (brought && !mentions(*claim, applied.newHosts)) added.push_back(claim);
  }
  if (added.empty()) return before;
  return before.with(
      yaml_editing::with(before.root(), "claims", yaml_editing::withItemsAfter(claims, added)));
}

}  // namespace

std::vector<const ClaimEffect*> Effect::becameProvable() const {
  std::vector<const ClaimEffect*> some;
  for (const ClaimEffect& claim : claims)
    if (claim.becameProvable()) some.push_back(&claim);
  return some;
}

bool asksAboutGoals(const ModelTree& tree) {
  const yaml::NodePtr claims = yaml_editing::at(tree.root(), "claims");
  for (std::size_t i = 0; claims != nullptr && i < claims->size(); ++i) {
    const yaml::Node& claim = claims->item(i);
    const yaml::Node* never = claim.find("never");
    if (claim.find("tripwire") != nullptr || claim.find("depth") != nullptr ||
        (never != nullptr && never->find("goal") != nullptr))
      return true;
  }
  return false;
}

std::vector<channel::ClaimResult> judgeClaims(const model::Model& model, const Judging& judging) {
  const channel::Judge judge(model, *judging.behaviours, judging.today);
  std::vector<channel::ClaimResult> results = judge.judgeAll(judging.jobs);
  const bool goals = std::ranges::any_of(model.claims, attack::isAboutGoal);
  if (!goals || judging.templates == nullptr || judging.use == nullptr) return results;
  const attack::AttackGraph graph =
      attack::buildAttackGraph(model, *judging.behaviours, judge.trust(), *judging.templates);
  attack::GoalJudge(graph, *judging.use, judging.today).judgeAmong(results);
  return results;
}

Result<Effect> effectOf(const ModelTree& before, const Applied& applied, const Judging& judging) {
  const std::string path = before.path();
  // The changed one first: what is wrong in a guarantee has its place there, and none in a file of the
  // caller.
  const auto then = applied.tree.model(*judging.behaviours, path + " (changed)", judging.loadRules);
  if (!then) return std::unexpected(then.error());
  const auto now = withGuarantees(before, applied).model(*judging.behaviours, path, judging.loadRules);
  if (!now) return std::unexpected(now.error());
  std::map<std::string, channel::Verdict> verdicts;
  for (const channel::ClaimResult& result : judgeClaims(*now, judging))
    verdicts.emplace(result.claim->id, result.judgement.verdict);
  Effect effect;
  effect.warnings = then->warnings;
  for (channel::ClaimResult& result : judgeClaims(*then, judging)) {
    ClaimEffect claim;
    claim.id = result.claim->id;
    claim.guarantee = std::ranges::find(applied.guarantees, claim.id) != applied.guarantees.end();
    if (const auto was = verdicts.find(claim.id); was != verdicts.end()) claim.before = was->second;
    claim.after = result.judgement.verdict;
    if (claim.after != channel::Verdict::kept) {
      claim.witness = std::move(result.judgement.witness);
      claim.conditions = std::move(result.judgement.conditions);
      claim.reason = std::move(result.judgement.reason);
    }
    effect.claims.push_back(std::move(claim));
  }
  return effect;
}

}  // namespace vauban::plan
