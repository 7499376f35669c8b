#include "plan/plan_problem.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "attack/goal_judge.h"
#include "base/nearest_name.h"

namespace vauban::plan {
namespace {

constexpr int kTwentieths = 20;
constexpr double kRounding = 1e-9;

// What stops each technique of the steps, at least, of what a candidate deploys: known to do so, not merely
// joined.
std::map<std::string, double> stopsOf(const std::vector<std::string>& d3fend,
                                      const std::vector<std::string>& techniques,
                                      const DesignJudging& judging) {
  std::map<std::string, double> stops;
  for (const std::string& countermeasure : d3fend) {
    if (measure::currencyOf(judging.evidence->tactic(countermeasure)) != measure::Currency::stopped) continue;
    for (const std::string& technique : techniques) {
      const auto known = measure::settle(judging.evidence->of(countermeasure, technique),
                                         measure::Currency::stopped, judging.judging.today);
      if (!known.ranks() || known.interval->lo <= 0) continue;
      double& best = stops[technique];
      best = std::max(best, known.interval->lo);
    }
  }
  return stops;
}

void addControls(PlanProblem& problem, const std::vector<Candidate>& candidates, const Standard& standard,
                 const model::Model& model, const PatternCatalogue& patterns) {
  CoverageTier tier;
  tier.tier = static_cast<std::uint32_t>(problem.tiers.size());
  problem.tiers.push_back(TierKind::controls);
  const auto asked = [&](const std::pair<catalog::Framework, std::string>& control) {
    return control.first == standard.framework &&
           std::ranges::binary_search(standard.controls, control.second);
  };
  std::set<std::string> there, reachable;
  for (const model::Countermeasure& one : model.countermeasures)
    if (const auto id = patterns.find(one.pattern))
      for (const auto& control : patterns.at(*id).standards)
        if (asked(control)) there.insert(control.second);
  for (const Candidate& candidate : candidates)
    for (const auto& control : candidate.standards)
      if (asked(control)) reachable.insert(control.second);
  reachable.insert(there.begin(), there.end());
  problem.controls.assign(reachable.begin(), reachable.end());
  for (const std::string& id : problem.controls) tier.elements.push_back({1, there.contains(id) ? 1.0 : 0.0});
  for (std::uint32_t c = 0; c < candidates.size(); ++c)
    for (const auto& control : candidates[c].standards)
      if (asked(control)) {
        const auto at = std::ranges::lower_bound(problem.controls, control.second) - problem.controls.begin();
        tier.relations.push_back({c, static_cast<std::uint32_t>(at), 1});
      }
  problem.selection.coverage.push_back(std::move(tier));
}

}  // namespace

Result<Standard> standardOfWord(const catalog::Catalogue& catalogue, const std::string& word) {
  const std::vector<std::string_view> words = {
      "800-53:low", "800-53:moderate", "800-53:high", "800-53:privacy", "cis:ig1",
      "cis:ig2",    "cis:ig3",         "csf",         "iso-27001"};
  if (std::ranges::find(words, word) == words.end())
    return failure({Severity::error,
                    {"--standard", 0, 0},
                    0,
                    fmt::format("'{}' is no standard that the program knows", word),
                    fmt::format("{}", fmt::join(words, ", ")),
                    std::string(nearestName(word, words))});
  const auto colon = word.find(':');
  Standard standard;
  standard.framework = word.starts_with("800-53") ? catalog::Framework::nist80053
                       : word.starts_with("cis")  ? catalog::Framework::cis
                       : word == "csf"            ? catalog::Framework::nistCsf
                                                  : catalog::Framework::iso27001;
  if (colon != std::string::npos) standard.profile = word.substr(colon + 1);
  for (const catalog::Control& control : catalogue.controls) {
    if (control.framework != standard.framework || control.withdrawn) continue;
    if (standard.profile.empty() ||
        std::ranges::find(control.profiles, standard.profile) != control.profiles.end())
      standard.controls.push_back(control.id);
  }
  std::ranges::sort(standard.controls);
  return standard;
}

std::string inWords(const Standard& standard) {
  std::string text(catalog::word(standard.framework));
  return standard.profile.empty() ? text : text + ":" + standard.profile;
}

std::string_view word(TierKind kind) {
  switch (kind) {
    case TierKind::controls:
      return "controls";
    case TierKind::claims:
      return "claims";
    case TierKind::depth:
      return "depth";
    case TierKind::success:
      return "success";
    case TierKind::coverage:
      return "coverage";
  }
  return "";
}

std::optional<std::uint32_t> PlanProblem::tier(TierKind kind) const {
  const auto found = std::ranges::find(tiers, kind);
  if (found == tiers.end()) return std::nullopt;
  return static_cast<std::uint32_t>(found - tiers.begin());
}

PlanProblem planProblem(const model::Model& model, const Designs& designs, const PatternCatalogue& patterns,
                        const std::vector<Candidate>& candidates, const std::vector<std::string>& roles,
                        const std::optional<Standard>& standard, std::size_t target,
                        const DesignJudging& judging) {
  PlanProblem problem;
  for (const Candidate& candidate : candidates) {
    SelectionCandidate one;
    one.id = candidate.id;
    one.days = candidate.days();
    one.roleDays.assign(roles.size(), 0);
    for (const Effort& it : candidate.effort)
      if (const auto at = std::ranges::find(roles, it.role); at != roles.end())
        one.roleDays[static_cast<std::size_t>(at - roles.begin())] += it.days;
    one.needs = candidate.needs;
    one.excludes = candidate.excludes;
    one.opens = candidate.opens;
    one.reopens = candidate.reopens;
    problem.selection.candidates.push_back(std::move(one));
  }
  if (standard) addControls(problem, candidates, *standard, model, patterns);

  const auto tierOf = [&](TierKind kind) {
    problem.tiers.push_back(kind);
    return static_cast<std::uint32_t>(problem.tiers.size() - 1);
  };
  const auto add = [&](std::uint32_t tier, double weight, bool closing, LevelMeaning meaning) {
    problem.selection.levels.push_back({tier, weight, closing});
    problem.levels.push_back(std::move(meaning));
  };
  const std::uint32_t claims = tierOf(TierKind::claims);
  for (const model::Claim& claim : model.claims) {
    if (!claim.waivedUntil.empty() && claim.waivedUntil >= judging.judging.today) continue;
    if (attack::isAboutGoal(claim) && judging.judging.templates == nullptr) continue;
    add(claims, 1, claim.kind != model::ClaimKind::always, {TierKind::claims, claim.id, 0, 0, 0});
  }
  if (!designs.goals().empty() && judging.judging.templates != nullptr) {
    const std::uint32_t depth = tierOf(TierKind::depth);
    for (std::size_t g = 0; g < designs.goals().size(); ++g)
      for (std::size_t least = 1; least <= target; ++least)
        add(depth, 1, true, {TierKind::depth, "", g, least, 0});
    if (judging.evidence != nullptr) {
      const std::uint32_t success = tierOf(TierKind::success);
      for (std::size_t g = 0; g < designs.goals().size(); ++g)
        for (int k = 1; k <= kTwentieths; ++k)
          add(success, 1.0 / kTwentieths, true,
              {TierKind::success, "", g, 0, static_cast<double>(k) / kTwentieths});
    }
  }
  if (judging.evidence == nullptr || judging.judging.templates == nullptr || judging.judging.use == nullptr)
    return problem;
  std::map<std::string, double> weights;
  for (const attack::StepTemplate& rule : judging.judging.templates->all()) {
    double& weight = weights[rule.technique];
    weight = std::max(weight, std::exp2(-attack::costOf(judging.judging.use->use(rule))));
  }
  CoverageTier coverage;
  coverage.tier = tierOf(TierKind::coverage);
  for (const auto& [technique, weight] : weights) {
    problem.techniques.push_back(technique);
    coverage.elements.push_back({weight, 0});
  }
  std::vector<std::string> deployed;
  for (const model::Countermeasure& one : model.countermeasures)
    if (!one.technique.empty() && one.coverage == 1.0) deployed.push_back(one.technique);
  for (const auto& [technique, share] : stopsOf(deployed, problem.techniques, judging))
    coverage
        .elements[static_cast<std::size_t>(std::ranges::lower_bound(problem.techniques, technique) -
                                           problem.techniques.begin())]
        .baseShare = share;
  for (std::uint32_t c = 0; c < candidates.size(); ++c)
    for (const auto& [technique, share] : stopsOf(candidates[c].d3fend, problem.techniques, judging)) {
      const auto at = std::ranges::lower_bound(problem.techniques, technique) - problem.techniques.begin();
      coverage.relations.push_back({c, static_cast<std::uint32_t>(at), share});
    }
  problem.selection.coverage.push_back(std::move(coverage));
  return problem;
}

bool holds(const LevelMeaning& level, const DesignState& state) {
  switch (level.tier) {
    case TierKind::claims: {
      const auto found = state.claims.find(level.claim);
      return found != state.claims.end() && found->second == channel::Verdict::kept;
    }
    case TierKind::depth: {
      const GoalState& goal = state.goals[level.goal];
      return !goal.possible || goal.depth >= level.least;
    }
    case TierKind::success: {
      const GoalState& goal = state.goals[level.goal];
      return !goal.possible || 1 - goal.success.hi >= level.removed - kRounding;
    }
    case TierKind::controls:
    case TierKind::coverage:
      break;
  }
  return false;
}

SelectionProblem boundOf(const PlanProblem& problem, const std::vector<Candidate>& candidates) {
  SelectionProblem bound = problem.selection;
  // What may be brought may open ways for what always has to be open, and nothing that was shut: as if it
  // undid the closing of one that is never built.
  const auto never = static_cast<std::uint32_t>(candidates.size());
  for (std::size_t c = 0; c < candidates.size(); ++c) {
    bound.candidates[c].opens = candidates[c].mixed;
    bound.candidates[c].reopens = candidates[c].brings ? Design{never} : Design{};
  }
  SelectionCandidate none;
  none.id = "(never)";
  none.needs = {{}};
  bound.candidates.push_back(std::move(none));
  return bound;
}

Result<std::vector<bool>> BoundOracle::evaluate(const Design& design) {
  const auto shut = designs_.shut(design);
  const auto open = designs_.open(design);
  std::vector<bool> levels;
  for (std::size_t l = 0; l < problem_.levels.size(); ++l) {
    const auto& state = problem_.selection.levels[l].closing ? shut : open;
    const LevelMeaning& level = problem_.levels[l];
    // What was not judged is at its best.
    const bool judged = state && (level.tier != TierKind::claims || state->claims.contains(level.claim));
    levels.push_back(!judged || holds(level, *state));
  }
  return levels;
}

ClaimsPart claimsOf(const PlanProblem& whole, const model::Model& model) {
  ClaimsPart part;
  const std::uint32_t claims = *whole.tier(TierKind::claims);
  part.problem.tiers.assign(whole.tiers.begin(), whole.tiers.begin() + claims + 1);
  part.problem.selection.candidates = whole.selection.candidates;
  for (const CoverageTier& coverage : whole.selection.coverage)
    if (coverage.tier <= claims) part.problem.selection.coverage.push_back(coverage);
  for (std::uint32_t l = 0; l < whole.levels.size(); ++l) {
    if (whole.levels[l].tier != TierKind::claims) continue;
    const auto claim = std::ranges::find(model.claims, whole.levels[l].claim, &model::Claim::id);
    if (claim == model.claims.end() || attack::isAboutGoal(*claim)) continue;
    part.problem.levels.push_back(whole.levels[l]);
    part.problem.selection.levels.push_back(whole.selection.levels[l]);
    part.levels.push_back(l);
  }
  return part;
}

Result<std::vector<bool>> ClaimsOracle::evaluate(const Design& design) {
  const bool bound = of_ == Of::bound;
  const auto shut = bound ? designs_.verdictsShut(design) : designs_.verdicts(design);
  if (!bound && !shut) return std::unexpected(shut.error());
  const auto open = bound ? designs_.verdictsOpen(design) : shut;
  std::vector<bool> levels;
  for (std::size_t l = 0; l < problem_.levels.size(); ++l) {
    const auto& verdicts = problem_.selection.levels[l].closing ? shut : open;
    const auto found =
        verdicts ? verdicts->find(problem_.levels[l].claim) : Designs::Verdicts::const_iterator{};
    // Of a bound, what was not judged is at its best.
    const bool judged = verdicts && found != verdicts->end();
    levels.push_back(judged ? found->second == channel::Verdict::kept : bound);
  }
  return levels;
}

Result<std::vector<bool>> PlanOracle::evaluate(const Design& design) {
  const auto state = designs_.bounded(design);
  if (!state) return std::unexpected(state.error());
  std::vector<bool> levels;
  for (const LevelMeaning& level : problem_.levels) levels.push_back(holds(level, *state));
  return levels;
}

}  // namespace vauban::plan
