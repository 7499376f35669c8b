#include "attack/goal_judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <set>

#include "attack/attack_answers.h"
#include "attack/cuts.h"
#include "attack/depth.h"
#include "attack/integer_program.h"
#include "attack/paths.h"

namespace vauban::attack {

using channel::Judgement;
using channel::Verdict;
using model::Claim;
using model::ClaimKind;

namespace {

struct Counterexample {
  Derivation derivation;
  std::string said;  // what it comes to: "2 layers fail: ..."
};
enum class Search : std::uint8_t { none, found, outOfTime };
using Gaps = std::vector<FactId>;  // sorted
constexpr std::size_t kMostSets = 32;

// A graph in which some gaps are stated: what states one may fail, so it is a layer of its own.
struct StatedGraph {
  DerivationGraph graph;
  std::vector<GroupId> groups;

  StatedGraph(const AttackGraph& whole, const Gaps& stated) : groups(whole.groups) {
    DerivationGraph::Builder builder;
    for (std::size_t f = 0; f < whole.graph.factCount(); ++f) builder.addFact();
    std::size_t next = 0;
    for (std::size_t l = 0; l < whole.graph.layerCount(); ++l) {
      builder.addLayer();
      next = std::max(next, whole.groups[l].index() + 1);
    }
    std::map<FactId, LayerId> layerOf;
    for (const FactId gap : stated) {
      layerOf[gap] = builder.addLayer();
      groups.emplace_back(next++);
    }
    for (std::size_t s = 0; s < whole.graph.stepCount(); ++s) {
      const StepId step(s);
      const auto premises = whole.graph.premises(step);
      const auto layers = whole.graph.layers(step);
      std::vector<LayerId> needed(layers.begin(), layers.end());
      const auto gap = layerOf.find(whole.graph.conclusion(step));
      if (gap != layerOf.end() && premises.empty() && layers.empty()) needed.push_back(gap->second);
      builder.addStep(whole.graph.conclusion(step), {premises.begin(), premises.end()}, std::move(needed));
    }
    graph = std::move(builder).build();
  }
};

class OneClaim {
 public:
  OneClaim(const AttackGraph& graph, const std::vector<std::vector<StepId>>& decoys, const Claim& claim,
           FactId goal, double seconds)
      : graph_(graph),
        decoys_(decoys),
        claim_(claim),
        goal_(goal),
        end_(std::chrono::steady_clock::now() +
             std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                 std::chrono::duration<double>(seconds))) {}

  struct Answer {
    Verdict verdict = Verdict::kept;
    Gaps stated;  // conditional: a least set
    std::optional<Counterexample> counterexample;
  };

  Answer decide() {
    Answer answer;
    Counterexample worst, best;
    const Search asWritten = search({}, worst);
    if (asWritten == Search::none) return answer;
    answer.verdict = Verdict::undecided;
    if (asWritten == Search::outOfTime) return answer;
    Gaps all;
    for (const auto& [gap, atom] : graph_.gaps) all.push_back(gap);
    const Search stated = search(all, best);
    if (stated == Search::outOfTime) return answer;
    if (stated == Search::found) {
      answer.verdict = Verdict::broken;
      answer.counterexample = std::move(best);
      return answer;
    }
    std::vector<Gaps> rows{gapsOf(worst)};
    answer.counterexample = worst;
    while (true) {
      Gaps candidate = leastHitting(rows);
      Counterexample next;
      const Search found = search(candidate, next);
      if (found == Search::outOfTime) return answer;
      if (found == Search::none) {
        answer.verdict = Verdict::conditional;
        answer.stated = std::move(candidate);
        return answer;
      }
      Gaps row;
      for (const FactId gap : gapsOf(next)) {
        if (!std::ranges::binary_search(candidate, gap)) row.push_back(gap);
      }
      if (row.empty()) return answer;  // cannot be: the same way is there with all stated
      rows.push_back(std::move(row));
    }
  }

 private:
  Gaps gapsOf(const Counterexample& counterexample) const {
    Gaps gaps;
    for (const StepId step : counterexample.derivation.steps) {
      const FactId fact = graph_.graph.conclusion(step);
      if (graph_.gaps.contains(fact)) gaps.push_back(fact);
    }
    std::ranges::sort(gaps);
    return gaps;
  }

  double secondsLeft() const {
    return std::chrono::duration<double>(end_ - std::chrono::steady_clock::now()).count();
  }

  Search search(const Gaps& stated, Counterexample& found) const {
    if (secondsLeft() <= 0) return Search::outOfTime;
    const StatedGraph world(graph_, stated);
    switch (claim_.kind) {
      case ClaimKind::depth:
        return searchDepth(world, found);
      case ClaimKind::tripwire:
        return searchTripwire(world, found);
      default: {
        auto way = PathFinder(world.graph, std::vector<LayerId>{}).shortest(goal_);
        if (!way) return Search::none;
        found = {std::move(*way), "with nothing failed"};
        return Search::found;
      }
    }
  }

  Search searchDepth(const StatedGraph& world, Counterexample& found) const {
    SearchLimits limits;
    limits.seconds = secondsLeft();
    limits.sets = 1;
    const Depth depth = DepthFinder(world.graph, world.groups).depth(goal_, limits);
    if (!depth.possible || depth.lower >= claim_.atLeast) return Search::none;
    if (depth.sets.empty() || depth.sets.front().size() >= claim_.atLeast) return Search::outOfTime;
    std::vector<LayerId> failed;
    for (std::size_t l = 0; l < world.groups.size(); ++l) {
      if (std::ranges::binary_search(depth.sets.front(), world.groups[l])) failed.emplace_back(l);
    }
    auto way = PathFinder(world.graph, failed).shortest(goal_);
    if (!way) return Search::outOfTime;
    const std::size_t count = depth.sets.front().size();
    found = {std::move(*way), count == 0
                                  ? "the depth is 0: with nothing failed"
                                  : fmt::format("the depth is {}{}", depth.exact ? "" : "at most ", count)};
    return Search::found;
  }

  // On the ways that need the fewest things to fail: of an open goal those with nothing failed, else those of
  // each least set. A decoy is there for when what guards has failed.
  Search searchTripwire(const StatedGraph& world, Counterexample& found) const {
    SearchLimits limits;
    limits.seconds = secondsLeft();
    limits.sets = kMostSets;
    const Depth depth = DepthFinder(world.graph, world.groups).depth(goal_, limits);
    if (!depth.possible) return Search::none;
    limits.sets = 1;
    bool sure = depth.exact && depth.complete;
    for (const GroupSet& set : depth.sets) {
      limits.seconds = secondsLeft();
      if (limits.seconds <= 0) return Search::outOfTime;
      std::vector<LayerId> failed;
      for (std::size_t l = 0; l < world.groups.size(); ++l) {
        if (std::ranges::binary_search(set, world.groups[l])) failed.emplace_back(l);
      }
      const LeastMet least = CutFinder(world.graph, decoys_, failed).leastMet(goal_, limits);
      if (!least.derivable || least.lower >= claim_.atLeast) continue;
      sure = false;
      if (least.sets.empty() || least.sets.front().size() >= claim_.atLeast) continue;
      const MinimalDerivations ways = PathFinder(world.graph, failed).minimal(goal_, decoys_, limits);
      if (ways.found.empty() || ways.found.front().marks.size() >= claim_.atLeast) continue;
      found = {ways.found.front().derivation,
               fmt::format("a way meets {} of {} decoys", ways.found.front().marks.size(), decoys_.size())};
      return Search::found;
    }
    return sure ? Search::none : Search::outOfTime;
  }

  static Gaps leastHitting(const std::vector<Gaps>& rows) {
    std::set<FactId> all;
    for (const Gaps& row : rows) all.insert(row.begin(), row.end());
    IntegerProgram program;
    std::map<FactId, VariableId> variableOf;
    // Of as many, the first ones.
    double tie = 0;
    for (const FactId gap : all) {
      variableOf[gap] = program.addVariable({0, 1, 1 + tie, true});
      tie += 1e-4;
    }
    for (const Gaps& row : rows) {
      std::vector<VariableId> summed;
      for (const FactId gap : row) summed.push_back(variableOf.at(gap));
      program.addAtLeast(1, summed);
    }
    const Solution solution = Solver::highs().solve(program, 10);
    Gaps hit;
    for (const auto& [gap, variable] : variableOf) {
      if (!solution.hasValues() || solution.isOne(variable)) hit.push_back(gap);
    }
    return hit;
  }

  const AttackGraph& graph_;
  const std::vector<std::vector<StepId>>& decoys_;
  const Claim& claim_;
  const FactId goal_;
  const std::chrono::steady_clock::time_point end_;
};

}  // namespace

bool isAboutGoal(const Claim& claim) {
  return claim.subject == model::ClaimSubject::goal || claim.kind == ClaimKind::depth ||
         claim.kind == ClaimKind::tripwire;
}

std::string stepInWords(const AttackGraph& graph, const TechniqueUse& use, const PathStep& step) {
  std::string text;
  if (step.rule.valid()) {
    const StepTemplate& rule = graph.templates->at(step.rule);
    const std::string name = use.name(rule.domain, rule.technique);
    text = rule.technique + (name.empty() ? "" : " " + name) + " on " + step.host + step.with;
  } else {
    text = step.gains + (step.host.empty() ? "" : " by itself");
  }
  for (std::size_t l = 0; l < step.mustFail.size(); ++l)
    text += (l == 0 ? ", if it fails: " : ", ") + graph.layers[step.mustFail[l].index()].name;
  return text;
}

GoalJudge::GoalJudge(const AttackGraph& graph, const TechniqueUse& use, std::string today, double seconds)
    : graph_(graph), use_(use), today_(std::move(today)), seconds_(seconds) {
  const auto byParty = stepsByParty(graph, std::vector<bool>(graph.parties.size(), true));
  for (const Decoy& decoy : decoysOf(graph, use.catalogue())) decoys_.push_back(byParty[decoy.party.index()]);
}

void GoalJudge::judgeAmong(std::vector<channel::ClaimResult>& results) const {
  for (channel::ClaimResult& result : results)
    if (isAboutGoal(*result.claim)) result = judge(*result.claim);
}

channel::ClaimResult GoalJudge::judge(const Claim& claim) const {
  channel::ClaimResult result;
  result.claim = &claim;
  Judgement& judgement = result.judgement;
  const std::optional<FactId> goal = graph_.goal(claim.goal);
  OneClaim::Answer answer;
  if (goal && claim.atLeast + (claim.kind == ClaimKind::never ? 1 : 0) > 0)
    answer = OneClaim(graph_, decoys_, claim, *goal, seconds_).decide();
  judgement.verdict = answer.verdict;
  if (answer.verdict == Verdict::undecided) judgement.reason = fmt::format("not decided in {:g} s", seconds_);
  if (answer.verdict == Verdict::kept) {
    std::set<std::string> techniques;
    for (const StepTemplate& rule : graph_.templates->all()) techniques.insert(rule.technique);
    judgement.assumptions.push_back(
        {false,
         fmt::format("an attacker takes the steps that are catalogued ({} of {} techniques) and no others",
                     graph_.templates->all().size(), techniques.size()),
         {}});
  }
  if (answer.counterexample) {
    const AttackPath path = pathOf(graph_, answer.counterexample->derivation);
    judgement.steps.push_back(
        fmt::format("he begins at {}; {}", fmt::join(path.starts, ", "), answer.counterexample->said));
    if (path.starts.empty()) judgement.steps.front() = answer.counterexample->said;
    for (const PathStep& step : path.steps) {
      judgement.steps.push_back(stepInWords(graph_, use_, step));
      judgement.witness.insert(judgement.witness.end(), step.brings.begin(), step.brings.end());
      judgement.witness.insert(judgement.witness.end(), step.back.begin(), step.back.end());
    }
    // A path of attack carries more than one message: capacity says nothing here.
    for (const FactId gap : path.assumes) {
      const reach::Atom& atom = graph_.gaps.at(gap);
      judgement.assumptions.push_back(
          {false, fmt::format("{} does not state `{}`", atom.where, atom.line), atom.place});
    }
  }
  for (const FactId gap : answer.stated) judgement.conditions.push_back(graph_.gaps.at(gap));
  judgement.allConditionsListed = answer.stated.empty();
  std::ranges::sort(judgement.assumptions);
  judgement.assumptions.erase(std::ranges::unique(judgement.assumptions).begin(),
                              judgement.assumptions.end());
  channel::honourWaiver(result, today_);
  return result;
}

}  // namespace vauban::attack
