#include "attack/least_sets.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>

#include "base/result.h"

namespace vauban::attack {
namespace {

LayerSet joined(const LayerSet& a, const LayerSet& b) {
  LayerSet both;
  std::ranges::set_union(a, b, std::back_inserter(both));
  return both;
}

}  // namespace

LeastSets::LeastSets(const DerivationGraph& graph, FactId goal, Family family, const Solver& solver)
    : graph_(graph),
      goal_(goal),
      family_(family),
      solver_(solver),
      closure_(graph),
      nothing_(closure_.mark()) {}

LeastSetsAnswer LeastSets::find(bool leastOnly, const SearchLimits& limits) {
  rows_.clear();
  blocked_.clear();
  rounds_ = 0;
  mostRounds_ = limits.rounds;
  end_ = std::chrono::steady_clock::now() +
         std::chrono::duration_cast<std::chrono::steady_clock::duration>(
             std::chrono::duration<double>(std::clamp(limits.seconds, 0.0, 1e6)));

  const bool byNone = closure_.holds(goal_);
  failAll(others({}));
  const bool byAll = closure_.holds(goal_);
  closure_.undo(nothing_);
  LeastSetsAnswer answer;
  answer.possible = family_ == Family::derives ? byAll : !byNone;
  if (!answer.possible) {
    answer.exact = answer.complete = true;
    return answer;
  }
  if (family_ == Family::derives ? byNone : !byAll) {
    answer.exact = answer.complete = true;
    answer.sets.emplace_back();
    return answer;
  }
  establishLeast(answer);
  if (answer.exact && limits.sets > 1) addMore(answer, leastOnly, limits);
  return answer;
}

void LeastSets::establishLeast(LeastSetsAnswer& answer) {
  LayerSet passing;
  judge({}, &passing);
  answer.lower = std::max<std::size_t>(rows_.size(), 1);  // rows that do not meet each other
  LayerSet best = minimalWithin(passing);
  // With all layers failed the supports are the shortest: often fewer layers than rows have together.
  LayerSet direct = minimalWithin(others({}));
  if (direct.size() < best.size()) best = std::move(direct);
  while (answer.lower < best.size() && !outOfTime()) {
    const LayerSet quick = greedy();
    if (!judge(quick, &passing)) continue;
    if (quick.size() < best.size()) best = minimalWithin(quick);
    if (answer.lower == best.size()) break;

    // Only what beats the best is of interest, which the solver can use.
    const Solution solution = least(answer.lower, best.size() - 1);
    if (solution.status == Solution::Status::infeasible) {
      answer.lower = best.size();
      break;
    }
    if (std::isfinite(solution.bound)) {
      answer.lower = std::max(answer.lower, static_cast<std::size_t>(std::ceil(solution.bound - 1e-6)));
    }
    if (solution.status != Solution::Status::optimal || answer.lower >= best.size()) break;
    LayerSet candidate;
    for (std::size_t l = 0; l < graph_.layerCount(); ++l) {
      if (solution.isOne(VariableId(l))) candidate.emplace_back(l);
    }
    if (judge(candidate, &passing)) best = candidate;
  }
  answer.lower = std::min(answer.lower, best.size());
  answer.exact = answer.lower == best.size();
  answer.sets.push_back(best);
  blocked_.push_back(std::move(best));
}

void LeastSets::addMore(LeastSetsAnswer& answer, bool leastOnly, const SearchLimits& limits) {
  std::size_t atLeast = answer.lower;
  while (!outOfTime()) {
    const Solution solution = least(atLeast, leastOnly ? atLeast : graph_.layerCount());
    if (solution.status == Solution::Status::infeasible) {
      answer.complete = true;
      return;
    }
    if (solution.status != Solution::Status::optimal) return;
    LayerSet candidate, passing;
    for (std::size_t l = 0; l < graph_.layerCount(); ++l) {
      if (solution.isOne(VariableId(l))) candidate.emplace_back(l);
    }
    atLeast = candidate.size();  // rows and blocks only grow in number
    if (!judge(candidate, &passing)) continue;
    if (answer.sets.size() >= limits.sets) return;
    answer.sets.push_back(candidate);
    blocked_.push_back(std::move(candidate));
  }
}

bool LeastSets::judge(const LayerSet& candidate, LayerSet* passing) {
  *passing = candidate;
  LayerSet row;
  bool first = true;
  for (++rounds_; !passes(*passing, row); ++rounds_) {
    first = false;
    *passing = joined(*passing, row);
    addRow(std::move(row));
    row.clear();
  }
  return first;
}

bool LeastSets::passes(const LayerSet& candidate, LayerSet& row) {
  failAll(family_ == Family::derives ? candidate : others(candidate));
  const bool holds = closure_.holds(goal_);
  const bool passed = holds == (family_ == Family::derives);
  LayerSet rest;
  if (!passed && family_ == Family::derives) row = refused();
  if (!passed && family_ == Family::keepsOff) rest = needed();
  closure_.undo(nothing_);
  if (!passed && family_ == Family::keepsOff) row = shrunk(rest);
  return passed;
}

LayerSet LeastSets::minimalWithin(const LayerSet& passing) {
  LayerSet found;
  failAll(family_ == Family::derives ? passing : others(passing));
  if (family_ == Family::derives) {
    found = needed();
  } else {
    found = refused();
  }
  closure_.undo(nothing_);
  return family_ == Family::derives ? shrunk(found) : found;
}

// Layers are added until the goal holds; the one that made it hold is needed, and what came after it is not.
LayerSet LeastSets::shrunk(const LayerSet& deriving) {
  LayerSet required, open = deriving;
  while (true) {
    failAll(required);
    if (closure_.holds(goal_)) break;
    const auto last =
        std::ranges::find_if(open, [&](LayerId layer) { return !closure_.failUnless(layer, goal_); });
    VAUBAN_CHECK(last != open.end());
    required.push_back(*last);
    open.erase(last, open.end());
    closure_.undo(nothing_);
  }
  closure_.undo(nothing_);
  std::ranges::sort(required);
  return required;
}

LayerSet LeastSets::refused() {
  // What many rows have goes first: the row to come is then of other layers, and the next hitting set larger.
  // Measured on 200 layers: a half to a third of the rows.
  std::vector<std::size_t> rowsWith(graph_.layerCount(), 0);
  for (const LayerSet& row : rows_) {
    for (const LayerId layer : row) ++rowsWith[layer.index()];
  }
  LayerSet order = others({});
  std::ranges::stable_sort(order, std::greater<>{}, [&](LayerId layer) { return rowsWith[layer.index()]; });
  LayerSet rest;
  for (const LayerId layer : order) {
    if (!closure_.failed(layer) && !closure_.failUnless(layer, goal_)) rest.push_back(layer);
  }
  std::ranges::sort(rest);
  return rest;
}

LayerSet LeastSets::needed() const {
  LayerSet layers;
  std::vector<std::uint8_t> seen(graph_.factCount(), 0);
  std::vector<FactId> todo{goal_};
  seen[goal_.index()] = 1;
  while (!todo.empty()) {
    const StepId step = closure_.support(todo.back());
    todo.pop_back();
    const auto guards = graph_.layers(step);
    layers.insert(layers.end(), guards.begin(), guards.end());
    for (const FactId premise : graph_.premises(step)) {
      if (seen[premise.index()]) continue;
      seen[premise.index()] = 1;
      todo.push_back(premise);
    }
  }
  std::ranges::sort(layers);
  layers.erase(std::ranges::unique(layers).begin(), layers.end());
  return layers;
}

LayerSet LeastSets::others(const LayerSet& layers) const {
  LayerSet rest;
  for (std::size_t l = 0; l < graph_.layerCount(); ++l) {
    if (!std::ranges::binary_search(layers, LayerId(l))) rest.emplace_back(l);
  }
  return rest;
}

void LeastSets::addRow(LayerSet row) {
  std::erase_if(rows_, [&](const LayerSet& old) { return std::ranges::includes(old, row); });
  rows_.push_back(std::move(row));
}

LayerSet LeastSets::greedy() const {
  LayerSet chosen;
  std::vector<const LayerSet*> open;
  for (const LayerSet& row : rows_) open.push_back(&row);
  std::vector<std::size_t> hits(graph_.layerCount());
  while (!open.empty()) {
    std::ranges::fill(hits, 0);
    for (const LayerSet* row : open) {
      for (const LayerId layer : *row) ++hits[layer.index()];
    }
    const LayerId most(static_cast<std::size_t>(std::ranges::max_element(hits) - hits.begin()));
    chosen.push_back(most);
    std::erase_if(open, [&](const LayerSet* row) { return std::ranges::binary_search(*row, most); });
  }
  std::ranges::sort(chosen);
  return chosen;
}

Solution LeastSets::least(std::size_t atLeast, std::size_t atMost) const {
  IntegerProgram program;
  IntegerProgram::Row size;
  for (std::size_t l = 0; l < graph_.layerCount(); ++l) {
    size.terms.emplace_back(program.addVariable({.objective = 1}), 1.0);
  }
  size.lower = static_cast<double>(atLeast);
  size.upper = static_cast<double>(atMost);
  program.rows.push_back(std::move(size));
  auto variables = [](const LayerSet& layers) {
    std::vector<VariableId> ids;
    for (const LayerId layer : layers) ids.emplace_back(layer.index());
    return ids;
  };
  for (const LayerSet& row : rows_) program.addAtLeast(1, variables(row));
  for (const LayerSet& found : blocked_) {
    program.addAtMost(static_cast<double>(found.size()) - 1, variables(found));
  }
  return solver_.solve(program, secondsLeft());
}

double LeastSets::secondsLeft() const {
  return std::chrono::duration<double>(end_ - std::chrono::steady_clock::now()).count();
}

}  // namespace vauban::attack
