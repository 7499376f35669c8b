#include "plan/selection_growth.h"

#include <algorithm>
#include <numeric>

namespace vauban::plan {

CutGrowth::CutGrowth(SelectionKnowledge& knowledge, std::uint32_t level, const CandidateSet& falseAt)
    : knowledge_(knowledge),
      level_(level),
      grows_(knowledge.problem().levels[level].closing),
      design_(falseAt),
      blocked_(knowledge.none()),
      relevance_(relevanceOf(knowledge, level)) {
  plan();
}

// What has to be added for the candidate to stand in the design; false: it cannot, or the cut would lose by
// it.
bool CutGrowth::growStep(std::uint32_t candidate, const CandidateSet& design, Step& step) const {
  CandidateSet grown = design;
  std::vector<std::uint32_t> todo{candidate};
  const auto addable = [&](std::uint32_t i) {
    return !grown.contains(i) && !blocked_.contains(i) && !knowledge_.opens(i) &&
           !knowledge_.excluded(i, grown) && !knowledge_.reopens(i).intersects(grown) &&
           // Who only shut until now must not become one who may open.
           grown.all([&](std::uint32_t other) {
             return !knowledge_.reopens(other).contains(i) || knowledge_.opens(other) ||
                    knowledge_.reopens(other).intersects(grown);
           });
  };
  while (!todo.empty()) {
    const std::uint32_t i = todo.back();
    todo.pop_back();
    if (grown.contains(i)) continue;
    if (!addable(i)) return false;
    grown.add(i);
    step.push_back(i);
    for (const Design& group : knowledge_.problem().candidates[i].needs) {
      if (std::ranges::any_of(group, [&](std::uint32_t other) { return grown.contains(other); })) continue;
      const auto first = std::ranges::find_if(group, addable);
      if (first == group.end()) return false;
      todo.push_back(*first);
    }
  }
  return knowledge_.respects(grown);
}

// What has to go with the candidate, all of which only shut.
bool CutGrowth::shrinkStep(std::uint32_t candidate, const CandidateSet& design, Step& step) const {
  CandidateSet shrunk = design;
  std::vector<std::uint32_t> todo{candidate};
  while (!todo.empty()) {
    const std::uint32_t i = todo.back();
    todo.pop_back();
    if (!shrunk.contains(i)) continue;
    if (blocked_.contains(i) || knowledge_.opens(i) || knowledge_.onReopenCycle(i) ||
        knowledge_.reopens(i).intersects(design)) {
      return false;
    }
    shrunk.remove(i);
    step.push_back(i);
    shrunk.forEach([&](std::uint32_t other) {
      if (!knowledge_.needsMet(other, shrunk)) todo.push_back(other);
    });
  }
  return true;
}

void CutGrowth::plan() {
  steps_.clear();
  weight_.clear();
  low_ = 0;
  high_.reset();
  CandidateSet design = design_;
  // Those that may open what others shut come after those others, which would not be let in beside them.
  const auto walk = [&](bool guessed, bool reopening) {
    for (bool changed = true; changed;) {
      changed = false;
      for (std::uint32_t i = 0; i < knowledge_.candidateCount(); ++i) {
        if (design.contains(i) == grows_ || blocked_.contains(i) ||
            relevance_.guessed.contains(i) != guessed ||
            (knowledge_.reopens(i) != knowledge_.none()) != reopening) {
          continue;
        }
        Step step;
        if (!(grows_ ? growStep(i, design, step) : shrinkStep(i, design, step))) continue;
        const auto matters = [&](std::uint32_t j) { return relevance_.guessed.contains(j); };
        if (!guessed && std::ranges::any_of(step, matters)) continue;
        double weight = 0;
        for (const std::uint32_t member : step) {
          weight += relevance_.weight[member];
          if (grows_) {
            design.add(member);
          } else {
            design.remove(member);
          }
        }
        std::ranges::sort(step);
        steps_.push_back(std::move(step));
        weight_.push_back(weight);
        changed = true;
      }
    }
  };
  walk(false, false);
  walk(false, true);
  unlikely_ = steps_.size();
  walk(true, false);
  walk(true, true);
}

CandidateSet CutGrowth::after(std::size_t steps) const {
  CandidateSet design = design_;
  for (std::size_t s = 0; s < steps; ++s) {
    for (const std::uint32_t member : steps_[s]) {
      if (grows_) {
        design.add(member);
      } else {
        design.remove(member);
      }
    }
  }
  return design;
}

// The step at which half of what speaks for all of them is reached.
std::size_t CutGrowth::middle() const {
  const double half = std::accumulate(weight_.begin() + static_cast<std::ptrdiff_t>(low_),
                                      weight_.begin() + static_cast<std::ptrdiff_t>(*high_), 0.0) /
                      2;
  double sum = 0;
  for (std::size_t s = low_ + 1; s < *high_; ++s) {
    sum += weight_[s - 1];
    if (sum >= half) return s;
  }
  return *high_ - 1;
}

std::optional<CandidateSet> CutGrowth::query() {
  while (!knowledge_.contradicted(level_) && low_ < steps_.size()) {
    if (high_ && *high_ == low_ + 1) {
      const Evaluation* evaluation = knowledge_.find(after(*high_));
      const bool unbuildable = evaluation != nullptr && !evaluation->buildable;
      for (const std::uint32_t member : steps_[low_]) {
        blocked_.add(member);
        if (!unbuildable) knowledge_.turning(level_).add(member);
      }
      relevance_ = relevanceOf(knowledge_, level_);
      design_ = after(low_);
      plan();
      continue;
    }
    const bool guessed = low_ >= unlikely_;
    const std::size_t probe = high_ ? middle() : guessed ? low_ + 1 : unlikely_;
    const CandidateSet design = after(probe);
    const Evaluation* evaluation = knowledge_.find(design);
    const bool unbuildable = evaluation != nullptr && !evaluation->buildable;
    const std::optional<bool> holds = unbuildable ? true : knowledge_.infer(level_, design);
    if (!holds && !guessed) return design;
    if (!holds || *holds) {
      if (guessed) {
        // Not taken, whether it turns the level or is not known to.
        for (const std::uint32_t member : steps_[low_]) blocked_.add(member);
        design_ = after(low_);
        plan();
      } else {
        high_ = probe;
      }
    } else {
      low_ = probe;
    }
  }
  design_ = after(low_);
  steps_.clear();
  low_ = 0;
  return std::nullopt;
}

}  // namespace vauban::plan
