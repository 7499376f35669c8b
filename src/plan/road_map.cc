#include "plan/road_map.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <map>

#include "plan/selection_knowledge.h"

namespace vauban::plan {
namespace {

using Clock = std::chrono::steady_clock;
// A bit for each that was chosen: without a budget those are more than a hundred of a large model.
using Mask = unsigned __int128;

Diagnostic noOrder() {
  return {Severity::error, {}, 0, "what was chosen needs one another: no order builds it", {}, {}};
}

class Ordering {
 public:
  Ordering(Selector& selector, const SelectionAnswer& answer, const SelectionLimits& limits,
           const RoadMapOptions& options)
      : selector_(selector),
        knowledge_(selector.knowledge()),
        problem_(selector.problem()),
        answer_(answer),
        limits_(limits),
        options_(options),
        chosen_(answer.chosen) {
    // By id: of orders that are equally good the one with the smaller ids first is found first.
    std::ranges::sort(chosen_, {}, [&](std::uint32_t c) { return problem_.candidates[c].id; });
    asked_ = 0;
    end_ = Clock::now() +
           std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(limits.seconds));
  }

  Result<RoadMap> run();

 private:
  std::size_t count() const { return chosen_.size(); }
  Design designOf(Mask mask) const {
    Design design;
    for (std::size_t i = 0; i < count(); ++i)
      if ((mask >> i & 1U) != 0) design.push_back(chosen_[i]);
    std::ranges::sort(design);
    return design;
  }
  Mask maskOf(const Design& design) const {
    Mask mask = 0;
    for (std::size_t i = 0; i < count(); ++i)
      if (std::ranges::binary_search(design, chosen_[i])) mask |= Mask{1} << i;
    return mask;
  }
  Mask all() const { return (Mask{1} << count()) - 1; }
  // Whether each of the mask finds in `before` what it needs.
  bool ready(std::size_t i, Mask before) const {
    return std::ranges::all_of(needs_[i], [&](Mask group) { return (group & before) != 0; });
  }
  bool closed(Mask mask) const {
    for (std::size_t i = 0; i < count(); ++i)
      if ((mask >> i & 1U) != 0 && !ready(i, mask & ~(Mask{1} << i))) return false;
    return true;
  }
  // The mask and what its members need, the first of each group.
  Mask withNeeds(Mask mask) const;
  bool spent() const { return asked_ >= limits_.maxEvaluations || Clock::now() >= end_; }

  Result<std::vector<Units>> worth(Mask mask);
  std::vector<bool> believed(Mask mask) const;
  Result<DesignValue> valueOf(Mask mask);
  void judge(const std::vector<Mask>& masks);
  Result<void> probe();
  Result<std::vector<std::size_t>> exactOrder();
  Result<std::vector<std::size_t>> greedyOrder();
  Result<std::vector<Units>> areaOf(const std::vector<std::size_t>& order);
  Units daysAt(std::size_t i) const { return knowledge_.days(chosen_[i]); }
  Result<RoadMap> describe(const std::vector<std::size_t>& order);
  void explain(RoadMap& map) const;
  Result<void> losses(RoadMap& map);

  Selector& selector_;
  SelectionKnowledge& knowledge_;
  const SelectionProblem& problem_;
  const SelectionAnswer& answer_;
  const SelectionLimits& limits_;
  const RoadMapOptions& options_;
  Design chosen_;
  std::vector<std::vector<Mask>> needs_;  // by position in chosen_
  std::map<Mask, std::vector<Units>> worths_;
  std::map<std::uint32_t, Mask>
      critical_;  // of levels: what of the chosen it cannot be without, where that suffices
  std::size_t asked_ = 0;
  Clock::time_point end_;
  DesignValue before_;
  bool proven_ = true;
  bool believing_ = false;  // values of subsets may be taken from what seems to make each level true
};

Mask Ordering::withNeeds(Mask mask) const {
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t i = 0; i < count(); ++i) {
      if ((mask >> i & 1U) == 0) continue;
      for (const Mask group : needs_[i]) {
        if ((group & mask) != 0) continue;
        mask |= group & (~group + 1);
        changed = true;
      }
    }
  }
  return mask;
}

Result<DesignValue> Ordering::valueOf(Mask mask) {
  const std::size_t before = knowledge_.evaluations().size();
  auto value = selector_.evaluate(designOf(mask));
  asked_ += knowledge_.evaluations().size() - before;
  return value;
}

// At the same time, as far as time goes.
void Ordering::judge(const std::vector<Mask>& masks) {
  EvaluationBudget budget(limits_);
  budget.end = end_;
  std::vector<CandidateSet> designs;
  for (const Mask mask : masks) designs.push_back(knowledge_.setOf(designOf(mask)));
  knowledge_.judge(designs, budget);
  asked_ += budget.asked;
}

// What follows from what is known; judged where something is left open.
Result<std::vector<Units>> Ordering::worth(Mask mask) {
  if (const auto found = worths_.find(mask); found != worths_.end()) return found->second;
  const CandidateSet design = knowledge_.setOf(designOf(mask));
  std::vector<bool> levels;
  for (const std::optional<bool>& known : knowledge_.infer(design)) {
    if (!known) break;
    levels.push_back(*known);
  }
  if (levels.size() < knowledge_.levelCount() && believing_) {
    levels = believed(mask);
  } else if (levels.size() < knowledge_.levelCount()) {
    const auto value = valueOf(mask);
    if (!value) return std::unexpected(value.error());
    levels = value->levels;
  }
  return worths_.emplace(mask, knowledge_.worth(design, levels)).first->second;
}

// As if nothing that was chosen undid what another does: a level has what it cannot be without, or it has
// not.
std::vector<bool> Ordering::believed(Mask mask) const {
  std::vector<bool> levels = answer_.value.levels;
  for (std::uint32_t l = 0; l < levels.size(); ++l) {
    const auto found = critical_.find(l);
    if (levels[l] && !before_.levels[l])
      levels[l] = found != critical_.end() && (mask & found->second) == found->second;
  }
  return levels;
}

// The designs from which most others follow: each without one, each alone, and of each level what it cannot
// be without.
Result<void> Ordering::probe() {
  std::vector<Mask> rests;
  for (std::size_t i = 0; i < count(); ++i) {
    Mask rest = all() & ~(Mask{1} << i);
    // Those that cannot be without it go as well.
    for (bool changed = true; changed;) {
      changed = false;
      for (std::size_t j = 0; j < count(); ++j)
        if ((rest >> j & 1U) != 0 && !ready(j, rest)) {
          rest &= ~(Mask{1} << j);
          changed = true;
        }
    }
    rests.push_back(rest);
  }
  judge(rests);
  std::map<std::uint32_t, Mask> without;
  for (std::size_t i = 0; i < count() && !spent(); ++i) {
    const auto value = valueOf(rests[i]);
    if (!value) continue;
    for (std::uint32_t l = 0; l < knowledge_.levelCount(); ++l)
      if (answer_.value.levels[l] && !value->levels[l]) without[l] |= Mask{1} << i;
  }
  std::vector<Mask> alone;
  for (auto& [level, least] : without) alone.push_back(least = withNeeds(least));
  judge(alone);
  for (const auto& [level, least] : without) {
    if (spent()) break;
    const auto value = valueOf(least);
    if (value && value->levels[level]) critical_[level] = least;
  }
  return {};
}

Result<std::vector<std::size_t>> Ordering::exactOrder() {
  struct State {
    std::vector<Units> area;
    std::uint8_t last = 0;
    bool reached = false;
  };
  std::vector<State> states(std::size_t{1} << count());
  states[0].area.assign(knowledge_.tierCount(), 0);
  states[0].reached = true;
  for (Mask mask = 0; mask < states.size(); ++mask) {
    if (!states[mask].reached) continue;
    if (mask == all()) break;
    if (!believing_ && spent() && !worths_.contains(mask)) {
      proven_ = false;
      return std::vector<std::size_t>();
    }
    const auto held = worth(mask);
    if (!held) return std::unexpected(held.error());
    for (std::size_t i = 0; i < count(); ++i) {
      if ((mask >> i & 1U) != 0 || !ready(i, mask)) continue;
      std::vector<Units> area = states[mask].area;
      for (std::size_t t = 0; t < area.size(); ++t) area[t] += (*held)[t] * daysAt(i);
      State& next = states[mask | Mask{1} << i];
      if (next.reached && !(area > next.area)) continue;
      next = {std::move(area), static_cast<std::uint8_t>(i), true};
    }
  }
  std::vector<std::size_t> order;
  if (!states[all()].reached) return failure(noOrder());
  for (Mask mask = all(); mask != 0; mask &= ~(Mask{1} << states[mask].last))
    order.push_back(states[mask].last);
  std::ranges::reverse(order);
  return order;
}

Result<std::vector<Units>> Ordering::areaOf(const std::vector<std::size_t>& order) {
  std::vector<Units> area(knowledge_.tierCount(), 0);
  Mask mask = 0;
  for (const std::size_t i : order) {
    if (!ready(i, mask)) return std::vector<Units>();
    const auto held = worth(mask);
    if (!held) return std::unexpected(held.error());
    for (std::size_t t = 0; t < area.size(); ++t) area[t] += (*held)[t] * daysAt(i);
    mask |= Mask{1} << i;
  }
  return area;
}

// Groups that a level cannot be without, by what they gain a day; then neighbours change places while that is
// better.
Result<std::vector<std::size_t>> Ordering::greedyOrder() {
  std::vector<std::size_t> order;
  Mask mask = 0;
  while (mask != all()) {
    std::vector<Mask> tries;
    for (std::size_t i = 0; i < count(); ++i)
      if ((mask >> i & 1U) == 0) tries.push_back(withNeeds(mask | Mask{1} << i) & ~mask);
    for (const auto& [level, together] : critical_)
      if ((together & ~mask) != 0) tries.push_back(together & ~mask);
    std::ranges::sort(tries);
    tries.erase(std::ranges::unique(tries).begin(), tries.end());
    Mask best = 0;
    std::vector<double> bestGain;
    const auto now = worth(mask);
    if (!now) return std::unexpected(now.error());
    for (const Mask more : tries) {
      if (best != 0 && spent()) break;
      const auto then = worth(mask | more);
      if (!then) continue;
      Units days = 0;
      for (std::size_t i = 0; i < count(); ++i)
        if ((more >> i & 1U) != 0) days += daysAt(i);
      std::vector<double> gain;
      for (std::size_t t = 0; t < now->size(); ++t)
        gain.push_back(static_cast<double>((*then)[t] - (*now)[t]) /
                       static_cast<double>(std::max<Units>(days, 1)));
      if (best == 0 || gain > bestGain) best = more, bestGain = std::move(gain);
    }
    while (best != 0) {
      const Mask before = best;
      for (std::size_t i = 0; i < count(); ++i)
        if ((best >> i & 1U) != 0 && ready(i, mask)) {
          order.push_back(i);
          mask |= Mask{1} << i;
          best &= ~(Mask{1} << i);
        }
      if (best == before) return failure(noOrder());
    }
  }
  auto area = areaOf(order);
  if (!area) return std::unexpected(area.error());
  for (bool changed = true; changed && !spent();) {
    changed = false;
    for (std::size_t at = 0; at + 1 < order.size() && !spent(); ++at) {
      std::swap(order[at], order[at + 1]);
      const auto other = areaOf(order);
      if (other && *other > *area) {
        area = other;
        changed = true;
      } else {
        std::swap(order[at], order[at + 1]);
      }
    }
  }
  return order;
}

void Ordering::explain(RoadMap& map) const {
  Mask before = 0;
  for (std::size_t s = 0; s < map.steps.size(); ++s) {
    RoadStep& step = map.steps[s];
    const auto i = static_cast<std::size_t>(std::ranges::find(chosen_, step.candidate) - chosen_.begin());
    for (std::size_t j = 0; j < count(); ++j) {
      const bool needs = std::ranges::any_of(
          needs_[j], [&](Mask group) { return (group >> i & 1U) != 0 && (group & before) == 0; });
      if (needs) step.neededBy.push_back(chosen_[j]);
    }
    std::ranges::sort(step.neededBy);
    for (const auto& [level, together] : critical_) {
      if ((together >> i & 1U) == 0) continue;
      const bool now = std::ranges::binary_search(step.reached, level);
      const bool later =
          std::any_of(map.steps.begin() + static_cast<std::ptrdiff_t>(s) + 1, map.steps.end(),
                      [&](const RoadStep& it) { return std::ranges::binary_search(it.reached, level); });
      if (now) step.completes.push_back({level, designOf(together)});
      if (!now && later) step.helps.push_back({level, designOf(together)});
    }
    before |= Mask{1} << i;
  }
}

Result<RoadMap> Ordering::describe(const std::vector<std::size_t>& order) {
  RoadMap map;
  const auto nothing = valueOf(0);
  if (!nothing) return std::unexpected(nothing.error());
  DesignValue held = *nothing;
  Mask mask = 0;
  double day = 0;
  map.area.assign(knowledge_.tierCount(), 0);
  for (const std::size_t i : order) {
    RoadStep step;
    step.candidate = chosen_[i];
    step.start = day;
    step.end = day += inNumbers(daysAt(i));
    for (std::size_t t = 0; t < map.area.size(); ++t) map.area[t] += held.tiers[t] * (step.end - step.start);
    mask |= Mask{1} << i;
    auto value = valueOf(mask);
    if (!value) return std::unexpected(value.error());
    for (std::uint32_t l = 0; l < knowledge_.levelCount(); ++l) {
      if (value->levels[l] && !held.levels[l]) step.reached.push_back(l);
      if (!value->levels[l] && held.levels[l]) step.lost.push_back(l);
    }
    held = *value;
    step.value = std::move(*value);
    map.steps.push_back(std::move(step));
  }
  if (std::isfinite(limits_.budgetDays))
    for (std::size_t t = 0; t < map.area.size(); ++t)
      map.area[t] += held.tiers[t] * (limits_.budgetDays - day);
  explain(map);
  return map;
}

Result<void> Ordering::losses(RoadMap& map) {
  for (std::size_t s = 0; s < map.steps.size(); ++s) {
    RoadStep& step = map.steps[s];
    SelectionLimits each = limits_;
    each.budgetDays = step.end;
    const double left = std::chrono::duration<double>(end_ - Clock::now()).count();
    if (left <= 0) {  // no other set is known; a search for each step would take as long as all before it
      step.loss.assign(step.value.tiers.size(), 0);
      continue;
    }
    each.seconds = std::max(0.05, left / static_cast<double>(map.steps.size() - s));
    each.tieSeconds = 0;
    each.maxEvaluations = limits_.maxEvaluations > asked_ ? limits_.maxEvaluations - asked_ : 0;
    const auto best = selector_.best(each);
    if (!best) return std::unexpected(best.error());
    asked_ += best->evaluations;
    step.lossProven = best->proven;
    step.loss.assign(step.value.tiers.size(), 0);
    // The prefix may be better than what was found when time ran out.
    bool worse = false;
    for (std::size_t t = 0; t < step.loss.size(); ++t) {
      const double loss = best->value.tiers[t] - step.value.tiers[t];
      if (!worse && loss < -1e-9) break;
      if (loss > 1e-9) worse = true;
      step.loss[t] = std::max(0.0, loss);
    }
    if (worse)
      step.bestInstead = best->chosen;
    else
      step.loss.assign(step.loss.size(), 0);
  }
  return {};
}

Result<RoadMap> Ordering::run() {
  needs_.resize(count());
  for (std::size_t i = 0; i < count(); ++i)
    for (const Design& group : problem_.candidates[chosen_[i]].needs) {
      Mask mask = 0;
      for (const std::uint32_t c : group) mask |= maskOf({c});
      needs_[i].push_back(mask);
    }
  auto nothing = valueOf(0);
  if (!nothing) return std::unexpected(nothing.error());
  before_ = std::move(*nothing);
  if (auto probed = probe(); !probed) return std::unexpected(probed.error());
  std::vector<std::size_t> order;
  if (count() <= kExactOrder) {
    const Clock::time_point end = end_;
    end_ = Clock::now() + (end - Clock::now()) / 3;
    auto exact = exactOrder();
    end_ = end;
    if (exact && exact->size() < count()) {
      believing_ = true;
      exact = exactOrder();
    }
    if (!exact) return std::unexpected(exact.error());
    order = std::move(*exact);
  } else {
    proven_ = false;
  }
  if (order.size() < count()) {
    auto greedy = greedyOrder();
    if (!greedy) return std::unexpected(greedy.error());
    order = std::move(*greedy);
  }
  auto map = describe(order);
  if (!map) return std::unexpected(map.error());
  map->proven = proven_;
  if (options_.losses)
    if (auto told = losses(*map); !told) return std::unexpected(told.error());
  return map;
}

}  // namespace

Result<RoadMap> roadMap(Selector& selector, const SelectionAnswer& answer, const SelectionLimits& limits,
                        const RoadMapOptions& options) {
  constexpr std::size_t kMostChosen = 127;  // bits of a mask
  if (answer.chosen.size() > kMostChosen)
    return failure({Severity::error,
                    {},
                    0,
                    "more than 127 candidates were chosen: no road map of so many",
                    "a smaller budget",
                    {}});
  return Ordering(selector, answer, limits, options).run();
}

}  // namespace vauban::plan
