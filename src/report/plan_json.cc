#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "attack/attack_goals.h"
#include "report/plan_report.h"
#include "report/plan_words.h"

namespace vauban::report {

using plan::Plan;
using plan::PlanStep;

namespace {

using Json = nlohmann::ordered_json;

// Nine decimals: what two machines agree on. Nothing that has no end, or that nobody says, is a number.
Json number(double value) {
  if (!std::isfinite(value)) return nullptr;
  const double rounded = std::round(value * 1e9) / 1e9;
  return rounded == 0 ? 0.0 : rounded;
}

Json valueAt(const std::vector<double>& values, std::size_t t) {
  return t < values.size() ? number(values[t]) : Json(nullptr);
}

class PlanJson {
 public:
  explicit PlanJson(const PlanReport& report) : report_(report), plan_(report.plan) {}

  std::string text() const {
    Json root;
    root["schema"] = "vauban-plan-1";
    root["model"] = report_.model;
    root["today"] = report_.today;
    root["credit"] = report_.credit == plan::Credit::design ? "design" : "paths";
    root["budget_days"] = number(plan_.budgetDays);
    root["standard"] = standard();
    root["tiers"] = tiers();
    root["before"] = state(plan_.before);
    root["after"] = state(plan_.after);
    root["proven"] = plan_.answer.proven;
    root["stopped_by"] = stop();
    root["order_proven"] = plan_.orderProven;
    root["days"] = number(totalDays(plan_));
    root["effort_by_role"] = roles();
    root["effort_basis"] = "judgement";
    root["chosen"] = ids(plan_.answer.chosen);
    root["steps"] = Json::array();
    for (std::size_t s = 0; s < plan_.steps.size(); ++s) root["steps"].push_back(step(s));
    root["area"] = byTier(plan_.area);
    root["alternatives"] = Json::array();
    for (const plan::PlanAlternative& it : plan_.front)
      root["alternatives"].push_back({{"budget_days", number(it.budget)},
                                      {"days", number(it.days)},
                                      {"proven", it.proven},
                                      {"value", byTier(it.value)},
                                      {"chosen", it.chosen}});
    root["candidates"] = Json::array();
    for (const plan::Candidate& it : plan_.candidates) root["candidates"].push_back(candidate(it));
    root["all_places"] = plan_.allPlaces;
    root["designs_judged"] = plan_.judged;
    root["unbuildable"] = unbuildable();
    root["contradicted"] = contradicted();
    root["notes"] = planNotes(report_);
    return root.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
  }

 private:
  Json ids(const plan::Design& design) const {
    Json all = Json::array();
    for (const std::uint32_t c : design) all.push_back(plan_.candidates[c].id);
    return all;
  }

  Json byTier(const std::vector<double>& values) const {
    Json all = Json::object();
    for (std::size_t t = 0; t < std::min(values.size(), plan_.problem.tiers.size()); ++t)
      all[std::string(word(plan_.problem.tiers[t]))] = number(values[t]);
    return all;
  }

  Json standard() const {
    if (!plan_.standard) return nullptr;
    return {{"name", plan::inWords(*plan_.standard)}, {"framework", catalog::word(plan_.standard->framework)},
            {"profile", plan_.standard->profile},     {"controls", plan_.standard->controls.size()},
            {"within_reach", plan_.problem.controls}, {"reached", plan_.controlsReached}};
  }

  Json tiers() const {
    Json all = Json::array();
    for (std::size_t t = 0; t < plan_.problem.tiers.size(); ++t)
      all.push_back({{"name", word(plan_.problem.tiers[t])},
                     {"means", tierMeaning(plan_, plan_.problem.tiers[t])},
                     {"before", valueAt(plan_.valueBefore, t)},
                     {"after", valueAt(plan_.answer.value.tiers, t)},
                     {"bound", valueAt(plan_.answer.bounds, t)},
                     {"gap", valueAt(plan_.answer.gaps, t)}});
    return all;
  }

  Json goals(const std::vector<plan::GoalState>& states) const {
    Json all = Json::array();
    for (std::size_t g = 0; g < states.size(); ++g) {
      const plan::GoalState& it = states[g];
      all.push_back({{"goal", g < plan_.goals.size() ? attack::goalWord(plan_.goals[g]) : ""},
                     {"words", goalWords(plan_, g)},
                     {"possible", it.possible},
                     {"depth", it.possible ? Json(it.depth) : Json(nullptr)},
                     {"exact", it.exact},
                     {"attack_success", {number(it.success.lo), number(it.success.hi)}}});
    }
    return all;
  }

  Json state(const plan::DesignState& state) const {
    const ClaimCount count = claimCount(plan_, state);
    Json claims = Json::array();
    for (const auto& [id, verdict] : state.claims)
      claims.push_back({{"id", id},
                        {"guarantee", !plan_.before.claims.contains(id)},
                        {"verdict", channel::toString(verdict)}});
    return {{"claims_kept", count.kept},
            {"claims_made", count.of},
            {"claims", claims},
            {"goals", goals(state.goals)}};
  }

  Json role(const std::string& id) const { return {{"id", id}, {"name", roleName(report_.catalogue, id)}}; }

  Json roles() const {
    Json all = Json::array();
    for (const auto& [id, days] : effortByRole(plan_)) {
      Json one = role(id);
      one["days"] = number(days);
      all.push_back(std::move(one));
    }
    return all;
  }

  Json effort(const plan::Candidate& candidate) const {
    Json all = Json::array();
    for (const plan::Effort& it : candidate.effort) {
      Json one = role(it.role);
      one["days"] = number(it.days);
      all.push_back(std::move(one));
    }
    return all;
  }

  Json candidate(const plan::Candidate& it) const {
    Json needs = Json::array(), standards = Json::array();
    for (const auto& group : it.needs) needs.push_back(ids(group));
    for (const auto& [framework, id] : it.standards)
      standards.push_back({{"framework", catalog::word(framework)}, {"id", id}});
    return {{"id", it.id},
            {"kind", word(it.kind)},
            {"title", it.title},
            {"members", it.members},
            {"maturity", it.maturity},
            {"effort_days", number(it.days())},
            {"effort", effort(it)},
            {"accountable", role(it.accountable)},
            {"d3fend", it.d3fend},
            {"standards", std::move(standards)},
            {"needs", std::move(needs)},
            {"excludes", ids(it.excludes)}};
  }

  static Json effect(const plan::StepEffect& it) {
    const measure::Effectiveness& known = it.known;
    std::vector<std::string> sources;
    for (const measure::Evidence& one : known.from)
      if (std::ranges::find(sources, one.source) == sources.end()) sources.push_back(one.source);
    return {{"countermeasure", it.countermeasure},
            {"against", it.technique},
            {"measured_by", word(known.currency)},
            {"grade", known.grade ? Json(catalog::word(*known.grade)) : Json(nullptr)},
            {"interval",
             known.ranks() ? Json{number(known.interval->lo), number(known.interval->hi)} : Json(nullptr)},
            {"upper_bound", known.upperBound},
            {"conflict", known.conflict},
            {"proven_by", known.proven},
            {"sources", sources},
            {"words", effectValue(known)}};
  }

  Json step(std::size_t s) const {
    const PlanStep& it = plan_.steps[s];
    Json json = {{"step", s + 1},
                 {"start_day", number(it.start)},
                 {"end_day", number(it.end)},
                 {"candidate", plan_.candidates[it.candidate].id}};
    json["title"] = plan_.candidates[it.candidate].title;
    json["outside_soc"] = it.owners;
    json["claims_kept"] = it.kept;
    json["claims_lost"] = it.lost;
    json["guarantees_provable"] = it.provable;
    json["guarantees_unproven"] = it.unproven;
    json["goals"] = goals(it.goals);
    json["depth_gained"] = Json::array();
    const auto& before = goalsBefore(plan_, s);
    for (std::size_t g = 0; g < it.goals.size(); ++g) {
      const auto gained = g < before.size() ? depthGained(before[g], it.goals[g]) : std::nullopt;
      json["depth_gained"].push_back(gained ? Json(*gained) : Json(nullptr));
    }
    json["value"] = byTier(it.value);
    json["loss"] = byTier(it.loss);
    json["loss_proven"] = it.lossProven;
    json["loss_words"] = lossWords(plan_, it);
    json["best_instead"] = it.bestInstead;
    json["effects"] = Json::array();
    for (const plan::StepEffect& one : it.effects) json["effects"].push_back(effect(one));
    json["why"] = it.why;
    return json;
  }

  const char* stop() const {
    switch (plan_.answer.stop) {
      case plan::SelectionAnswer::Stop::proven:
        return "proven";
      case plan::SelectionAnswer::Stop::evaluations:
        return "evaluations";
      case plan::SelectionAnswer::Stop::time:
        return "time";
      case plan::SelectionAnswer::Stop::solver:
        break;
    }
    return "solver";
  }

  Json unbuildable() const {
    Json all = Json::array();
    for (const plan::UnbuildableDesign& it : plan_.answer.unbuildable) {
      Json why = Json::array();
      for (const Diagnostic& one : it.why) why.push_back(one.message);
      all.push_back({{"chosen", ids(it.design)}, {"why", std::move(why)}});
    }
    return all;
  }

  Json contradicted() const {
    Json all = Json::array();
    for (const std::uint32_t l : plan_.answer.contradicted) {
      if (l >= plan_.problem.levels.size()) continue;
      const plan::LevelMeaning& level = plan_.problem.levels[l];
      const bool ofClaim = level.tier == plan::TierKind::claims;
      all.push_back(
          {{"tier", word(level.tier)}, {"of", ofClaim ? level.claim : goalWords(plan_, level.goal)}});
    }
    return all;
  }

  const PlanReport& report_;
  const Plan& plan_;
};

}  // namespace

std::string planJson(const PlanReport& report) { return PlanJson(report).text(); }

}  // namespace vauban::report
