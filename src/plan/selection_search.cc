#include "plan/selection_search.h"

#include <algorithm>

#include "plan/selection_growth.h"

namespace vauban::plan {
namespace {

// Designs judged at the same time while cuts grow. Not the number of threads: the search would take another
// way with each.
constexpr std::size_t kTogether = 4;

// Designs that are as good, told apart one after the other before programs are asked to.
constexpr std::size_t kFew = 8;

}  // namespace

SelectionSearch::SelectionSearch(SelectionKnowledge& knowledge, const SelectionLimits& limits)
    : knowledge_(knowledge), limits_(limits), budget_(limits) {}

Result<SelectionAnswer> SelectionSearch::run() {
  const CandidateSet nothing = knowledge_.none();
  if (knowledge_.find(nothing) == nullptr) {
    // Whatever the limits: without it there is no answer.
    EvaluationBudget one{SelectionLimits{.maxEvaluations = 1}};
    knowledge_.judge({nothing}, one);
    budget_.asked += one.asked;
    budget_.left -= std::min(budget_.left, one.asked);
  }
  if (!knowledge_.find(nothing)->buildable) return std::unexpected(knowledge_.unbuildable()[0].why);

  while (true) {
    contradictions_ = knowledge_.contradictions();
    reached_.clear();
    bound_.reset();
    seen_ = 0;
    takeBest();
    SelectionProgram program(knowledge_, limits_);
    Next next = settleTiers(program);
    if (next == Next::goOn) {
      const auto end = budget_.end;
      budget_.endWithin(limits_.tieSeconds);
      next = settleTies(program);
      budget_.end = end;
    }
    if (next != Next::startAnew) return answer(program);
    rounds_ += program.solved();
  }
}

void SelectionSearch::takeBest() {
  const std::vector<Evaluation>& all = knowledge_.evaluations();
  if (seen_ == 0) best_ = all.size();
  for (; seen_ < all.size(); ++seen_) {
    if (!all[seen_].buildable || !knowledge_.fits(all[seen_].design, limits_)) continue;
    if (best_ == all.size() || knowledge_.better(all[seen_], all[best_])) best_ = seen_;
  }
}

SelectionSearch::Next SelectionSearch::stop(Stop why) {
  stop_ = why;
  return Next::stop;
}

SelectionSearch::Next SelectionSearch::settleTiers(SelectionProgram& program) {
  for (std::uint32_t tier = 0; tier < knowledge_.tierCount(); ++tier) {
    bound_ = most(tier);
    while (*bound_ > best().worth[tier]) {
      const Relaxation proposed = program.best(tier, reached_, secondsLeft());
      if (proposed.status == Relaxation::Status::impossible) return stop(Stop::solver);
      bound_ = std::min(*bound_, proposed.bound);
      if (proposed.status == Relaxation::Status::bounded) return stop(Stop::time);
      if (*bound_ <= best().worth[tier]) break;
      if (const Next next = dispose(proposed, tier + 1); next != Next::goOn) return next;
    }
    reached_.push_back(best().worth[tier]);
    bound_.reset();
  }
  return Next::goOn;
}

SelectionSearch::Next SelectionSearch::settleTies(SelectionProgram& program) {
  using Order = SelectionProgram::Order;
  if (best().design == knowledge_.none()) return Next::goOn;  // nothing is less
  // Where coverage tells designs apart there is rarely another, which the program sees soonest by their
  // worth. Where there are few, and none has to be judged, that says soonest which is preferred, too.
  std::size_t few = knowledge_.levelCount() == 0 ? kFew : 0;
  for (Order order = knowledge_.rungs().empty() ? Order::days : Order::worth;;) {
    if (secondsLeft() <= 0) return stop(Stop::time);
    const CandidateSet than = best().design;
    const Relaxation proposed = program.other(than, reached_, order, secondsLeft());
    if (proposed.status == Relaxation::Status::bounded) return stop(Stop::time);
    if (proposed.status == Relaxation::Status::impossible) return Next::goOn;
    const bool asManyDays = knowledge_.daysOf(proposed.design) == knowledge_.daysOf(than);
    if (order == Order::worth && few > 0) {
      --few;
      if (const Next next = dispose(proposed, reached_.size()); next != Next::goOn) return next;
      program.pass(best().design == than ? proposed.design : than);
    } else if (order == Order::worth) {
      order = Order::days;
    } else if (order == Order::days && asManyDays) {
      order = Order::count;
    } else if (order == Order::count && asManyDays && proposed.design.count() == than.count()) {
      order = Order::ids;
    } else if (const Next next = dispose(proposed, reached_.size()); next != Next::goOn) {
      return next;
    }
  }
}

SelectionSearch::Next SelectionSearch::dispose(const Relaxation& proposed, std::size_t tiers) {
  const auto inVain = [&](auto&& isFalse) {
    std::vector<std::uint32_t> levels;
    for (std::uint32_t l = 0; l < knowledge_.levelCount(); ++l) {
      const bool asked = knowledge_.problem().levels[l].tier < tiers && knowledge_.levelWeight(l) > 0;
      if (asked && proposed.levels[l] && isFalse(l)) levels.push_back(l);
    }
    return levels;
  };
  std::vector<std::uint32_t> levels;
  if (knowledge_.find(proposed.design) == nullptr) {
    const std::vector<std::optional<bool>> known = knowledge_.infer(proposed.design);
    levels = inVain([&](std::uint32_t l) { return known[l] == false; });
  }
  if (levels.empty()) {
    if (!knowledge_.judge({proposed.design}, budget_)) {
      return stop(budget_.left == 0 ? Stop::evaluations : Stop::time);
    }
    if (knowledge_.contradictions() != contradictions_) return Next::startAnew;
    takeBest();
    const Evaluation* evaluation = knowledge_.find(proposed.design);
    if (!evaluation->buildable) return Next::goOn;  // the program leaves it out
    levels = inVain([&](std::uint32_t l) { return !evaluation->levels[l]; });
  }
  return addCuts(levels, proposed.design);
}

CandidateSet SelectionSearch::widestFalse(std::uint32_t level, const CandidateSet& design) const {
  CandidateSet widest = design;
  std::size_t least = SIZE_MAX;
  for (const Evaluation& evaluation : knowledge_.evaluations()) {
    if (!evaluation.buildable || evaluation.levels[level]) continue;
    const LevelCut cut = knowledge_.cutOf(level, evaluation.design);
    if (cut.chosen.size() + cut.left.size() >= least || cut.allows(design)) continue;
    widest = evaluation.design;
    least = cut.chosen.size() + cut.left.size();
  }
  return widest;
}

SelectionSearch::Next SelectionSearch::addCuts(const std::vector<std::uint32_t>& levels,
                                               const CandidateSet& design) {
  std::vector<CutGrowth> growths;
  for (const std::uint32_t level : levels) {
    if (knowledge_.contradicted(level)) {
      knowledge_.addCut(knowledge_.cutOf(level, design));
    } else {
      growths.emplace_back(knowledge_, level, widestFalse(level, design));
    }
  }
  Next next = Next::goOn;
  while (next == Next::goOn) {
    std::vector<CandidateSet> queries;
    for (CutGrowth& growth : growths) {
      const std::optional<CandidateSet> query = growth.query();
      if (!query || std::ranges::find(queries, *query) != queries.end()) continue;
      queries.push_back(*query);
      if (queries.size() == kTogether) break;
    }
    if (queries.empty()) break;
    const bool all = knowledge_.judge(queries, budget_);
    if (knowledge_.contradictions() != contradictions_) return Next::startAnew;
    if (!all) next = stop(budget_.left == 0 ? Stop::evaluations : Stop::time);
  }
  takeBest();
  for (const CutGrowth& growth : growths) knowledge_.addCut(growth.cut());
  return next;
}

Units SelectionSearch::most(std::size_t tier) const {
  Units sum = knowledge_.base(tier);
  for (std::size_t l = 0; l < knowledge_.levelCount(); ++l) {
    if (knowledge_.problem().levels[l].tier == tier) sum += knowledge_.levelWeight(l);
  }
  for (const SelectionKnowledge::Rung& rung : knowledge_.rungs()) {
    if (rung.tier == tier) sum += rung.gain;
  }
  return sum;
}

SelectionAnswer SelectionSearch::answer(SelectionProgram& program) {
  SelectionAnswer answer;
  answer.chosen = best().design.members();
  answer.value.levels = best().levels;
  answer.days = inNumbers(knowledge_.daysOf(best().design));
  for (std::size_t r = 0; r < knowledge_.roleCount(); ++r) {
    Units sum = 0;
    for (const std::uint32_t i : answer.chosen) sum += knowledge_.roleDays(i, r);
    answer.roleDays.push_back(inNumbers(sum));
  }
  answer.stop = stop_;
  answer.proven = reached_.size() == knowledge_.tierCount();
  answer.least = stop_ == Stop::proven;
  for (std::uint32_t tier = 0; tier < knowledge_.tierCount(); ++tier) {
    const Units has = best().worth[tier];
    Units bound = has;
    if (tier >= reached_.size()) {
      bound = tier == reached_.size() && bound_ ? *bound_ : most(tier);
      if (tier > reached_.size() && secondsLeft() > 0) {
        const Relaxation alone = program.best(tier, {}, secondsLeft());
        if (alone.status != Relaxation::Status::impossible) bound = std::min(bound, alone.bound);
      }
      bound = std::max(bound, has);
    }
    answer.value.tiers.push_back(inNumbers(has));
    answer.bounds.push_back(inNumbers(bound));
    answer.gaps.push_back(inNumbers(bound - has));
  }
  answer.contradicted = knowledge_.contradictedLevels();
  answer.unbuildable = knowledge_.unbuildable();
  answer.evaluations = budget_.asked;
  answer.rounds = rounds_ + program.solved();
  return answer;
}

}  // namespace vauban::plan
