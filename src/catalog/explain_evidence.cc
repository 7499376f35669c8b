#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "catalog/explain_parts.h"
#include "catalog/framework_words.h"

namespace vauban::catalog {
namespace {

bool isOneOf(const std::vector<std::string>& ids, std::string_view id) {
  return std::ranges::find(ids, id) != ids.end();
}

// Says under which id a fact was found where that is not the subject's own.
std::string under(const std::vector<std::string>& ids, std::string_view id) {
  return id == ids.front() ? std::string() : fmt::format("under {}", id);
}

void addScores(ExplainContext& context, Framework domain, const std::vector<std::string>& ids,
               Explanation& made) {
  LinkGroup group{"scores",
                  "What capabilities of products do to it, as experts score them",
                  "ordinal; they do not say how much is stopped",
                  {},
                  ""};
  const std::vector<Score>& scores = context.catalogue().scores;
  // (source, capability, id) -> category -> the values and rows.
  std::map<std::tuple<std::string, std::string, std::string>, std::map<std::string, CapabilityScore>> found;
  for (const Score& it : scores) {
    if (!isOneOf(ids, it.technique)) continue;
    CapabilityScore& score = found[{it.source, it.capability, it.technique}][it.category];
    score.category = it.category;
    if (!isOneOf(score.values, it.value)) score.values.push_back(it.value);
    score.rows += it.rows;
  }
  for (auto& [key, categories] : found) {
    const auto& [source, capability, id] = key;
    Link link;
    link.relation = "acts on";
    link.inverse = true;
    link.framework = Framework::capability;
    link.id = capability;
    link.detail = under(ids, id);
    link.grade = Grade::e2;
    link.source = source;
    for (auto& [category, score] : categories) {
      std::ranges::sort(
          score.values);  // minimal, partial, significant: the order of the words is that of worth
      link.effect +=
          fmt::format("{}{} {}", link.effect.empty() ? "" : "; ", category, fmt::join(score.values, " or "));
      link.scores.push_back(std::move(score));
    }
    group.links.push_back(std::move(link));
  }
  if (group.links.empty()) {
    group.gap = fmt::format("no source scores anything against {}", ids.front());
    if (domain != Framework::attackEnterprise) group.gap += "; the sources speak of ATT&CK Enterprise";
    group.gap += relativesWith(context, domain, ids.front(), [&](std::string_view id) {
      return std::ranges::find(scores, id, &Score::technique) != scores.end();
    });
  }
  addGroup(made, std::move(group));
}

void addTrials(ExplainContext& context, Framework domain, const std::vector<std::string>& ids,
               Explanation& made) {
  LinkGroup group{"trials",
                  "How often products detected it in a third party's trials",
                  "of a laboratory: an upper bound; P10 to P90 over products",
                  {},
                  ""};
  const std::vector<TrialRate>& rates = context.catalogue().trialRates;
  for (const TrialRate& it : rates) {
    if (!isOneOf(ids, it.technique)) continue;
    Link link;
    link.relation = "was detected in";
    link.name = fmt::format("{}", fmt::join(it.rounds, ", "));
    link.detail = under(ids, it.technique);
    link.grade = Grade::e3;
    link.effect = fmt::format("detected at {:.2f} to {:.2f} (P10, P90 of {} product rounds)", it.p10, it.p90,
                              it.productRounds);
    link.trial = Trial{it.rounds, it.products, it.productRounds, it.substeps, it.detections, it.p10, it.p90};
    link.source = it.source;
    group.links.push_back(std::move(link));
  }
  if (group.links.empty()) {
    group.gap =
        fmt::format("{} is not among the {} techniques of the trials known", ids.front(), rates.size());
    group.gap += relativesWith(context, domain, ids.front(), [&](std::string_view id) {
      return std::ranges::find(rates, id, &TrialRate::technique) != rates.end();
    });
  }
  addGroup(made, std::move(group));
}

void addRules(ExplainContext& context, Framework domain, const std::vector<std::string>& ids,
              Explanation& made) {
  LinkGroup group{"rules",
                  "Public detection rules and tests that name it",
                  "breadth, not effect; collections count differently",
                  {},
                  ""};
  const std::vector<RuleCount>& counts = context.catalogue().ruleCounts;
  for (const RuleCount& it : counts) {
    if (!isOneOf(ids, it.technique) || it.rules == 0) continue;
    Link link;
    link.relation = it.collection == "atomic" ? "is tested by" : "is named by rules of";
    link.name = it.collection;
    link.detail = under(ids, it.technique);
    link.effect = "breadth only";
    link.count = it.rules;
    link.source = it.source;
    group.links.push_back(std::move(link));
  }
  if (group.links.empty()) {
    group.gap = fmt::format("no collection known here names {}", ids.front());
    group.gap += relativesWith(context, domain, ids.front(), [&](std::string_view id) {
      return std::ranges::any_of(counts,
                                 [&](const RuleCount& it) { return it.technique == id && it.rules != 0; });
    });
  }
  addGroup(made, std::move(group));
}

void addUse(ExplainContext& context, Framework domain, const std::string& id, Explanation& made) {
  const Attack* attack = context.catalogue().domain(domain);
  if (!attack) return;
  LinkGroup group{"use", "Who was seen to use it", "what was published, not how often it happens", {}, ""};
  const auto add = [&](const std::vector<IdPair>& uses) {
    for (const auto& [user, technique] : uses) {
      if (technique == id) group.links.push_back(attackLink(context, domain, user, "uses", true));
    }
  };
  add(attack->groupUses);
  add(attack->campaignUses);
  if (group.links.empty()) {
    group.gap = fmt::format("{} {} joins no group and no campaign to it", title(domain), attack->version);
    group.gap += relativesWith(context, domain, id, [&](std::string_view other) {
      const AttackTechnique* technique = attack->find(other);
      return technique && technique->groups + technique->campaigns != 0;
    });
  }
  addGroup(made, std::move(group));
}

}  // namespace

std::string relativesWith(const ExplainContext& context, Framework domain, std::string_view id,
                          const std::function<bool(std::string_view)>& has) {
  const std::size_t dot = id.find('.');
  if (dot != std::string_view::npos) {
    const std::string_view parent = id.substr(0, dot);
    return has(parent) ? fmt::format("; there is for its parent {}", parent) : std::string();
  }
  const Attack* attack = context.catalogue().domain(domain);
  if (!attack) return {};
  std::vector<std::string_view> children;
  for (const AttackTechnique& it : attack->techniques) {
    const std::string_view child = it.id;
    if (it.standing == Standing::live && child.size() > id.size() && child.starts_with(id) &&
        child[id.size()] == '.' && has(child)) {
      children.push_back(child);
    }
  }
  if (children.empty()) return {};
  constexpr std::size_t kMost = 3;
  const std::size_t more = children.size() > kMost ? children.size() - kMost : 0;
  children.resize(children.size() - more);
  return fmt::format("; there is for its sub-technique{} {}{}", children.size() + more == 1 ? "" : "s",
                     fmt::join(children, ", "),
                     more == 0 ? std::string() : fmt::format(" and {} more", more));
}

void addEvidence(ExplainContext& context, Framework domain, const std::vector<std::string>& ids,
                 Explanation& made) {
  addScores(context, domain, ids, made);
  addTrials(context, domain, ids, made);
  addRules(context, domain, ids, made);
  addUse(context, domain, ids.front(), made);
}

}  // namespace vauban::catalog
