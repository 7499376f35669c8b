#include "plan/plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <set>

#include "attack/attack_goals.h"
#include "plan/first_designs.h"
#include "plan/path_credit.h"
#include "plan/selection_knowledge.h"

namespace vauban::plan {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kForTelling = 0.1;  // of the time, where there are goals

class Planning {
 public:
  Planning(const PlanGround& ground, const PlanQuestion& question) : ground_(ground), question_(question) {}

  Result<Plan> run();

 private:
  Result<void> findCandidates();
  SelectionLimits limits() const;
  Result<void> bound(Selector& selector);
  void learn(Selector& learner, const std::vector<LevelCut>& cuts,
             const std::vector<std::uint32_t>& levels) const;
  Result<SelectionAnswer> trimmed(Selector& selector, SelectionAnswer answer) const;
  Result<void> order(Selector& selector);
  Result<void> describe(const RoadMap& map);
  void state(PlanStep& step, const DesignState& before, const DesignState& after) const;
  void effectsOf(PlanStep& step) const;
  std::string levelWords(std::uint32_t level) const;
  std::vector<std::string> others(const Design& together, std::uint32_t step) const;
  std::string why(const RoadMap& map, std::size_t at) const;
  std::string named(std::uint32_t candidate) const { return plan_.candidates[candidate].id; }

  const PlanGround& ground_;
  const PlanQuestion& question_;
  Clock::time_point start_ = Clock::now();
  std::map<std::string, double> roleLimits_;
  std::vector<std::string> roles_;  // of those
  std::optional<Designs> designs_;
  Plan plan_;
};

SelectionLimits Planning::limits() const {
  SelectionLimits limits;
  limits.budgetDays = plan_.budgetDays;
  for (const std::string& role : roles_) limits.roleDays.push_back(roleLimits_.at(role));
  limits.maxEvaluations = question_.evaluations;
  // What is chosen is judged whole at the end, step by step.
  const double kept = question_.orders && !plan_.goals.empty() ? kForTelling * question_.seconds : 0;
  limits.seconds =
      std::max(0.1, question_.seconds - kept - std::chrono::duration<double>(Clock::now() - start_).count());
  limits.threads = question_.threads;
  return limits;
}

Result<void> Planning::findCandidates() {
  std::vector<std::size_t> unwanted;
  if (question_.scope.withdrawals) {
    auto flows = unwantedFlows(*ground_.tree, ground_.judging.judging);
    if (!flows) return std::unexpected(flows.error());
    unwanted = std::move(*flows);
  }
  CandidateScope scope = question_.scope;
  scope.evidence = ground_.judging.evidence;
  Candidates found = candidatesOf(*ground_.tree, *ground_.places, *ground_.patterns, scope, unwanted);
  plan_.candidates = std::move(found.all);
  plan_.allPlaces = found.complete;
  return {};
}

Result<Plan> Planning::run() {
  const model::Model& model = ground_.places->model();
  const model::Budget stated = model.budget.value_or(model::Budget{});
  plan_.budgetDays =
      question_.budgetDays.value_or(stated.effortDays.value_or(std::numeric_limits<double>::infinity()));
  roleLimits_ = question_.roles.empty() ? stated.roles : question_.roles;
  plan_.standard = question_.standard;
  for (const auto& [role, days] : roleLimits_) roles_.push_back(role);
  if (auto found = findCandidates(); !found) return std::unexpected(found.error());
  designs_.emplace(*ground_.tree, *ground_.places, *ground_.patterns, plan_.candidates, ground_.judging);
  plan_.goals = designs_->goals();
  for (const model::Goal& goal : plan_.goals) plan_.goalWords.push_back(attack::goalInWords(goal));
  plan_.problem = planProblem(model, *designs_, *ground_.patterns, plan_.candidates, roles_,
                              question_.standard, question_.target, ground_.judging);
  if (question_.credit == Credit::paths) {
    if (auto credited = creditPaths(plan_.problem, *designs_, plan_.candidates, ground_.judging); !credited)
      return std::unexpected(credited.error());
  }
  auto before = designs_->state({});
  if (!before) return std::unexpected(before.error());
  plan_.before = std::move(*before);

  PlanOracle oracle(plan_.problem, *designs_);
  auto selector = Selector::make(plan_.problem.selection, &oracle);
  if (!selector) return std::unexpected(selector.error());
  const auto nothing = selector->evaluate({});
  if (!nothing) return std::unexpected(nothing.error());
  plan_.valueBefore = nothing->tiers;
  if (auto bounded = bound(*selector); !bounded) return std::unexpected(bounded.error());
  SelectionLimits search = limits();
  if (question_.orders) search.seconds *= 0.4;
  search.tieSeconds = search.seconds / 4;
  auto answer = selector->best(search);
  if (answer && !answer->least) answer = trimmed(*selector, *answer);
  if (!answer) return std::unexpected(answer.error());
  plan_.answer = std::move(*answer);
  auto after = designs_->state(plan_.answer.chosen);
  if (!after) return std::unexpected(after.error());
  plan_.after = std::move(*after);
  if (question_.orders) {
    if (auto ordered = order(*selector); !ordered) return std::unexpected(ordered.error());
  }
  std::set<std::string> controls;
  if (plan_.standard)
    for (const std::uint32_t c : plan_.answer.chosen)
      for (const auto& [framework, id] : plan_.candidates[c].standards)
        if (framework == plan_.standard->framework &&
            std::ranges::binary_search(plan_.standard->controls, id))
          controls.insert(id);
  plan_.controlsReached.assign(controls.begin(), controls.end());
  plan_.judged = designs_->judged();
  return std::move(plan_);
}

// What teaches the search before it begins. Each part has a share of the time that is left then.
Result<void> Planning::bound(Selector& selector) {
  const auto share = [&](double part) {
    SelectionLimits limits = this->limits();
    limits.seconds *= part;
    limits.tieSeconds = 0;
    return limits;
  };
  const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                      std::chrono::duration<double>(std::min(limits().seconds, 1e7)));
  const auto judge = [&](Selector& by, const std::vector<Design>& designs) {
    for (const Design& design : designs) {
      if (Clock::now() >= end) return;
      (void)by.evaluate(design);  // one that cannot be built teaches that
    }
  };
  // Claims count most, and the verifier alone judges them: they are looked at before any attack graph is
  // made.
  const FirstDesigns first =
      firstForClaims(plan_.problem, *designs_, selector.knowledge(), limits(), share(0.15).seconds);
  const ClaimsPart claims = claimsOf(plan_.problem, ground_.places->model());
  // What a search of a part or a bound finds, from some designs on and with the cuts of one before; its own
  // go on.
  const auto searched = [&](SelectionProblem problem, DesignOracle& oracle, const std::vector<Design>& begin,
                            std::vector<LevelCut>& cuts, double part) -> Result<Design> {
    auto searching = Selector::make(std::move(problem), &oracle);
    if (!searching) return std::unexpected(searching.error());
    learn(*searching, cuts, {});
    judge(*searching, begin);
    const auto best = searching->best(share(part));
    if (!best) return std::unexpected(best.error());
    cuts = searching->knowledge().cuts();
    return best->chosen;
  };
  std::vector<LevelCut> cuts;
  ClaimsOracle claimsAtBest(claims.problem, *designs_, ClaimsOracle::Of::bound);
  const auto atBest =
      searched(boundOf(claims.problem, plan_.candidates), claimsAtBest, first.together, cuts, 0.1);
  if (!atBest) return std::unexpected(atBest.error());
  ClaimsOracle claimsAlone(claims.problem, *designs_, ClaimsOracle::Of::problem);
  const auto kept = searched(claims.problem.selection, claimsAlone, first.together, cuts, 0.1);
  if (!kept) return std::unexpected(kept.error());
  learn(selector, cuts, claims.levels);
  judge(selector, {*kept});
  if (ground_.judging.judging.templates != nullptr && !plan_.goals.empty()) {
    const FirstDesigns deeper =
        firstForGoals(plan_.problem, *designs_, selector.knowledge(), limits(), *kept, share(0.25).seconds);
    judge(selector, deeper.together);
  }

  // The bound's own best is where the search had better begin.
  BoundOracle allAtBest(plan_.problem, *designs_);
  cuts = selector.knowledge().cuts();
  const auto best = searched(boundOf(plan_.problem, plan_.candidates), allAtBest, {}, cuts, 0.2);
  if (!best) return std::unexpected(best.error());
  learn(selector, cuts, {});
  judge(selector, {*best});
  // And what is best without any judgement, so that there is something when time ends early.
  SelectionProblem linear = plan_.problem.selection;
  linear.levels.clear();
  auto blind = Selector::make(std::move(linear), nullptr);
  if (!blind) return std::unexpected(blind.error());
  SelectionLimits few = share(1);
  few.seconds = std::min(few.seconds, 2.0);
  if (const auto covered = blind->best(few)) judge(selector, {covered->chosen});
  return {};
}

// Where time ran out, what was chosen may hold what nothing comes of. The order asks for the same designs.
Result<SelectionAnswer> Planning::trimmed(Selector& selector, SelectionAnswer answer) const {
  SelectionKnowledge& knowledge = selector.knowledge();
  SelectionLimits third = limits();
  third.seconds /= 3;
  EvaluationBudget budget(third);
  while (!budget.spent()) {
    const CandidateSet chosen = knowledge.setOf(answer.chosen);
    CandidateSet fewer = chosen;
    std::vector<CandidateSet> designs;
    for (const std::uint32_t c : answer.chosen) {
      CandidateSet without = chosen;
      without.remove(c);
      if (knowledge.respects(without)) designs.push_back(std::move(without));
    }
    knowledge.judge(designs, budget);
    for (const CandidateSet& design : designs) {
      const Evaluation* known = knowledge.find(design);
      if (known != nullptr && known->buildable && known->worth >= knowledge.find(chosen)->worth)
        for (const std::uint32_t c : answer.chosen)
          if (!design.contains(c)) fewer.remove(c);
    }
    if (knowledge.respects(fewer)) knowledge.judge({fewer}, budget);
    SelectionLimits none = limits();
    none.seconds = none.tieSeconds = 0;
    auto better = selector.best(none);  // of what is known
    if (!better || better->chosen == answer.chosen) break;
    // What was proven of the best value holds as before.
    better->proven = answer.proven;
    better->bounds = answer.bounds;
    for (std::size_t t = 0; t < better->bounds.size(); ++t) {
      better->bounds[t] = std::max(better->bounds[t], better->value.tiers[t]);
      better->gaps[t] = better->bounds[t] - better->value.tiers[t];
    }
    better->evaluations += answer.evaluations;
    better->rounds += answer.rounds;
    answer = std::move(*better);
  }
  return answer;
}

// Cuts of a bound or a part hold for the problem. `levels`: which ones of the learner they are about; none:
// the same.
void Planning::learn(Selector& learner, const std::vector<LevelCut>& cuts,
                     const std::vector<std::uint32_t>& levels) const {
  for (LevelCut cut : cuts) {
    if (!levels.empty()) cut.level = levels[cut.level];
    // The bound has one candidate more, which is never built.
    std::erase_if(cut.chosen, [&](std::uint32_t c) { return c >= plan_.candidates.size(); });
    learner.knowledge().addCut(std::move(cut));
  }
}

void Planning::effectsOf(PlanStep& step) const {
  if (ground_.judging.evidence == nullptr) return;
  const measure::CatalogueEvidence& evidence = *ground_.judging.evidence;
  for (const std::string& countermeasure : plan_.candidates[step.candidate].d3fend) {
    for (const std::string& technique : plan_.problem.techniques) {
      auto all = evidence.of(countermeasure, technique);
      if (all.empty()) continue;
      StepEffect effect{countermeasure, technique,
                        measure::settle(std::move(all), measure::currencyOf(evidence.tactic(countermeasure)),
                                        ground_.judging.judging.today)};
      step.effects.push_back(std::move(effect));
    }
  }
  std::ranges::stable_sort(step.effects, [](const StepEffect& a, const StepEffect& b) {
    const auto key = [](const StepEffect& it) {
      return std::pair(it.known.ranks() ? 0 : 1, it.known.ranks() ? -it.known.interval->lo : 0.0);
    };
    return key(a) < key(b);
  });
  std::set<std::string> owners;
  for (const std::string& countermeasure : plan_.candidates[step.candidate].d3fend) {
    const std::string tactic = evidence.tactic(countermeasure);
    for (const catalog::TacticOwner& owner : evidence.catalogue().owners)
      if (owner.tactic == tactic && !owner.withinSoc) owners.insert(tactic);
  }
  step.owners.assign(owners.begin(), owners.end());
}

void Planning::state(PlanStep& step, const DesignState& before, const DesignState& after) const {
  const auto kept = [](const DesignState& it, const std::string& id) {
    const auto found = it.claims.find(id);
    return found != it.claims.end() && found->second == channel::Verdict::kept;
  };
  const std::string own = plan_.candidates[step.candidate].pattern
                              ? ground_.patterns->at(*plan_.candidates[step.candidate].pattern).id + "."
                              : "";
  for (const auto& [id, verdict] : after.claims) {
    const bool ofModel = plan_.before.claims.contains(id);
    if (kept(after, id) && !kept(before, id)) (ofModel ? step.kept : step.provable).push_back(id);
    if (!ofModel && !kept(after, id) && !own.empty() && id.starts_with(own)) step.unproven.push_back(id);
  }
  for (const auto& [id, verdict] : before.claims)
    if (kept(before, id) && !kept(after, id)) step.lost.push_back(id);
  step.goals = after.goals;
}

// The other claims that a step is for, in a few words.
std::string few(const std::vector<std::string>& names) {
  constexpr std::size_t kFew = 3;
  if (names.size() <= kFew) return fmt::format("{}", fmt::join(names, ", "));
  return fmt::format("{} and {} more", fmt::join(names.begin(), names.begin() + kFew, ", "),
                     names.size() - kFew);
}

std::string Planning::levelWords(std::uint32_t level) const {
  const LevelMeaning& it = plan_.problem.levels[level];
  switch (it.tier) {
    case TierKind::claims:
      return it.claim;
    case TierKind::depth:
      return fmt::format("depth {} of '{}'", it.least, plan_.goalWords[it.goal]);
    case TierKind::success:
      return fmt::format("success of '{}' at most {:.2f}", plan_.goalWords[it.goal], 1 - it.removed);
    case TierKind::controls:
    case TierKind::coverage:
      break;
  }
  return "";
}

// What a level needs of the plan, others than the step.
std::vector<std::string> Planning::others(const Design& together, std::uint32_t step) const {
  std::vector<std::string> names;
  for (const std::uint32_t c : together)
    if (c != step) names.push_back(named(c));
  return names;
}

std::string Planning::why(const RoadMap& map, std::size_t at) const {
  const RoadStep& step = map.steps[at];
  std::vector<std::string> reasons;
  const auto group = [&](const std::vector<RoadStep::Completion>& all) {
    std::map<Design, std::vector<std::string>> levels;  // by what they need; claims first
    for (const TierKind kind : {TierKind::claims, TierKind::depth, TierKind::success})
      for (const RoadStep::Completion& it : all)
        if (plan_.problem.levels[it.level].tier == kind) levels[it.together].push_back(levelWords(it.level));
    return levels;
  };
  for (const auto& [together, levels] : group(step.completes)) {
    const auto rest = others(together, step.candidate);
    if (rest.empty())
      reasons.push_back(fmt::format("by itself it gives {}", few(levels)));
    else
      reasons.push_back(fmt::format("only together with {} does it give {}: neither is enough alone",
                                    few(rest), few(levels)));
  }
  for (const auto& [together, levels] : group(step.helps)) {
    const auto rest = others(together, step.candidate);
    reasons.push_back(fmt::format("without it {} would not give {}", few(rest), few(levels)));
  }
  if (!step.neededBy.empty()) {
    std::vector<std::string> names;
    for (const std::uint32_t c : step.neededBy) names.push_back(named(c));
    reasons.push_back(fmt::format("{} stands on it", few(names)));
  }
  const auto gained = [&](std::size_t s) {
    const std::vector<double>& before = s == 0 ? plan_.valueBefore : map.steps[s - 1].value.tiers;
    std::vector<std::pair<TierKind, double>> all;
    for (std::size_t t = 0; t < before.size(); ++t)
      if (const double gain = map.steps[s].value.tiers[t] - before[t]; std::abs(gain) > 1e-9)
        all.emplace_back(plan_.problem.tiers[t], gain);
    return all;
  };
  const auto gains = gained(at);
  if (reasons.empty() && !gains.empty())
    reasons.push_back(fmt::format("it adds {:.3g} to {}", gains.front().second, word(gains.front().first)));
  if (reasons.empty()) reasons.push_back("nothing comes of it before the steps that follow");
  if (at + 1 < map.steps.size() && !gains.empty()) {
    const auto next = gained(at + 1);
    const double days = step.end - step.start, nextDays = map.steps[at + 1].end - map.steps[at + 1].start;
    if (next.empty() || next.front().first > gains.front().first)
      reasons.push_back(fmt::format("the next adds nothing to {}", word(gains.front().first)));
    else if (next.front().first == gains.front().first && days > 0 && nextDays > 0)
      reasons.push_back(fmt::format("{:.3g} to {} a day, the next {:.3g}", gains.front().second / days,
                                    word(gains.front().first), next.front().second / nextDays));
  }
  return fmt::format("{}", fmt::join(reasons, "; "));
}

Result<void> Planning::describe(const RoadMap& map) {
  std::vector<Design> prefixes(1);
  for (const RoadStep& road : map.steps) {
    prefixes.push_back(prefixes.back());
    Design& prefix = prefixes.back();
    prefix.insert(std::ranges::lower_bound(prefix, road.candidate), road.candidate);
  }
  designs_->judgeAll(prefixes, question_.threads);
  DesignState before = plan_.before;
  for (std::size_t s = 0; s < map.steps.size(); ++s) {
    const RoadStep& road = map.steps[s];
    PlanStep step;
    step.candidate = road.candidate;
    step.start = road.start;
    step.end = road.end;
    step.value = road.value.tiers;
    step.loss = road.loss;
    step.lossProven = road.lossProven;
    for (const std::uint32_t c : road.bestInstead) step.bestInstead.push_back(named(c));
    auto after = designs_->state(prefixes[s + 1]);
    if (!after) return std::unexpected(after.error());
    state(step, before, *after);
    effectsOf(step);
    step.why = why(map, s);
    before = std::move(*after);
    plan_.steps.push_back(std::move(step));
  }
  return {};
}

// Most of the time that is left goes to the order and its losses, the rest to other budgets.
Result<void> Planning::order(Selector& selector) {
  SelectionLimits left = limits();
  if (question_.front) left.seconds *= 0.75;
  const auto map = roadMap(selector, plan_.answer, left);
  if (!map) return std::unexpected(map.error());
  plan_.area = map->area;
  plan_.orderProven = map->proven;
  if (auto told = describe(*map); !told) return std::unexpected(told.error());
  if (!question_.front) return {};
  const double most = std::isfinite(plan_.budgetDays) ? plan_.budgetDays : plan_.answer.days;
  std::vector<double> budgets;
  for (const double share : {0.25, 0.5, 0.75, 1.5}) budgets.push_back(std::round(most * share));
  const auto front = budgetFront(selector, budgets, limits());
  if (!front) return std::unexpected(front.error());
  const auto add = [&](double budget, const SelectionAnswer& answer) {
    PlanAlternative one{budget, answer.days, {}, answer.value.tiers, answer.proven};
    for (const std::uint32_t c : answer.chosen) one.chosen.push_back(named(c));
    plan_.front.push_back(std::move(one));
  };
  for (const FrontPoint& point : *front) add(point.budgetDays, point.answer);
  add(most, plan_.answer);
  std::ranges::stable_sort(plan_.front, {}, &PlanAlternative::budget);
  return {};
}

}  // namespace

Result<Plan> planOf(const PlanGround& ground, const PlanQuestion& question) {
  return Planning(ground, question).run();
}

}  // namespace vauban::plan
