#include "measure/goal_paths.h"

#include <algorithm>
#include <map>

#include "attack/attack_goals.h"
#include "attack/paths.h"
#include "measure/way_success.h"

namespace vauban::measure {
namespace {

using attack::AttackGraph;
using attack::AttackStep;
using attack::GoalStanding;
using attack::StepId;

// A technique at a place, with all the steps that are it.
struct Marks {
  std::vector<std::vector<StepId>> steps;
  std::vector<std::string> names;
  std::vector<Interval> stops;  // of the step of it that is stopped least
};

Marks marksOf(const AttackGraph& graph, const std::vector<Interval>& stops) {
  Marks marks;
  std::map<std::pair<std::string, reach::PartyId>, std::size_t> known;
  for (std::size_t s = 0; s < graph.steps.size(); ++s) {
    const AttackStep& step = graph.steps[s];
    if (!step.rule.valid()) continue;
    const std::string& technique = graph.templates->at(step.rule).technique;
    const auto [mark, fresh] = known.try_emplace({technique, step.party}, marks.steps.size());
    if (fresh) {
      marks.steps.emplace_back();
      marks.names.push_back(step.party.valid() ? technique + " " + graph.parties[step.party.index()]
                                               : technique);
      marks.stops.push_back(stops[s]);
    }
    Interval& least = marks.stops[mark->second];
    least = {std::min(least.lo, stops[s].lo), std::min(least.hi, stops[s].hi)};
    marks.steps[mark->second].emplace_back(s);
  }
  return marks;
}

class GoalMeasuring {
 public:
  GoalMeasuring(const AttackGraph& graph, const std::vector<Interval>& stops, const GoalPathOptions& options)
      : graph_(graph),
        options_(options),
        marks_(marksOf(graph, stops)),
        finder_(graph.graph, graph.groups),
        open_(graph.graph, std::vector<attack::LayerId>()) {
    markOf_.assign(graph.steps.size(), SIZE_MAX);
    for (std::size_t m = 0; m < marks_.steps.size(); ++m)
      for (const StepId step : marks_.steps[m]) markOf_[step.index()] = m;
    limits_.seconds = options.seconds;
  }

  Result<GoalPaths> of(const model::Goal& goal) const {
    GoalPaths made;
    made.goal = attack::goalWord(goal);
    made.words = attack::goalInWords(goal);
    const auto fact = graph_.goal(goal);
    if (!fact) return made;
    attack::SearchLimits limits = limits_;
    limits.sets = 1;
    const attack::Depth depth = finder_.depth(*fact, limits);
    if (!depth.possible) return made;
    made.depth = depth.lower;
    made.standing = open_.shortest(*fact) ? GoalStanding::open : GoalStanding::guarded;
    if (made.standing != GoalStanding::open) return made;
    limits.sets = options_.ways;
    const attack::MinimalDerivations ways = open_.minimal(*fact, marks_.steps, limits);
    made.allWays = ways.complete;
    AttackPaths paths;
    paths.stops = marks_.stops;
    for (const attack::MarkedDerivation& way : ways.found) {
      std::vector<std::uint32_t> path;
      std::vector<std::string> names;
      for (const StepId step : way.derivation.steps) {
        const std::size_t mark = markOf_[step.index()];
        if (mark == SIZE_MAX || std::ranges::find(path, mark) != path.end()) continue;
        path.push_back(static_cast<std::uint32_t>(mark));
        names.push_back(marks_.names[mark]);
      }
      paths.paths.push_back(std::move(path));
      made.ways.push_back(std::move(names));
    }
    auto measured = measurePaths(paths, options_.paths);
    if (!measured) return std::unexpected(measured.error());
    if (!made.allWays) measured->sharedState.hi = measured->frechet.hi = 1;
    made.measured = *measured;
    return made;
  }

 private:
  const AttackGraph& graph_;
  const GoalPathOptions& options_;
  const Marks marks_;
  const attack::DepthFinder finder_;
  const attack::PathFinder open_;  // nothing fails
  std::vector<std::size_t> markOf_;
  attack::SearchLimits limits_;
};

}  // namespace

Result<std::vector<GoalPaths>> goalPaths(const AttackGraph& graph, const CatalogueEvidence& evidence,
                                         const attack::StepTemplates& templates, const std::string& today,
                                         const GoalPathOptions& options) {
  const auto stops = stopsOf(graph, evidence, templates, today);
  if (!stops) return std::unexpected(stops.error());
  const GoalMeasuring measuring(graph, *stops, options);
  const attack::GoalsOfModel asked = attack::goalsOf(*graph.model);
  std::vector<GoalPaths> all;
  for (const model::Goal& goal : asked.goals) {
    auto one = measuring.of(goal);
    if (!one) return std::unexpected(one.error());
    all.push_back(std::move(*one));
  }
  return all;
}

}  // namespace vauban::measure
