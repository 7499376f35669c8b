#include "attack/attack_answers.h"

#include <algorithm>
#include <set>

#include "attack/attack_goals.h"
#include "attack/success_bounds.h"
#include "catalog/hierarchy.h"

namespace vauban::attack {

using reach::PartyId;

std::string_view word(GoalStanding standing) {
  switch (standing) {
    case GoalStanding::impossible:
      return "impossible";
    case GoalStanding::guarded:
      return "guarded";
    case GoalStanding::open:
      return "open";
  }
  return "";
}

std::vector<LayerId> layersOf(const AttackGraph& graph, GroupId group) {
  std::vector<LayerId> layers;
  for (std::size_t l = 0; l < graph.groups.size(); ++l) {
    if (graph.groups[l] == group) layers.emplace_back(l);
  }
  return layers;
}

std::vector<LayerId> layersOf(const AttackGraph& graph, const GroupSet& groups) {
  std::vector<LayerId> layers;
  for (std::size_t l = 0; l < graph.groups.size(); ++l) {
    if (std::ranges::binary_search(groups, graph.groups[l])) layers.emplace_back(l);
  }
  return layers;
}

std::vector<Decoy> decoysOf(const AttackGraph& graph, const catalog::Catalogue& catalogue) {
  const model::Model& model = *graph.model;
  std::vector<Decoy> decoys;
  if (model.countermeasures.empty()) return decoys;
  const catalog::Hierarchy hierarchy(catalogue.ontology);
  const auto deceive = catalogue.ontology.find("Deceive");
  std::set<std::string> deceiving;
  for (std::size_t c = 0; deceive && c < catalogue.ontology.classes.size(); ++c) {
    const catalog::OntologyClass& it = catalogue.ontology.classes[c];
    if (it.kind != catalog::ClassKind::defensive || it.id.empty()) continue;
    const auto tactics = hierarchy.tactics(catalog::ClassId(c));
    if (std::ranges::find(tactics, *deceive) != tactics.end()) deceiving.insert(it.id);
  }
  for (const model::Countermeasure& measure : model.countermeasures) {
    if (!deceiving.contains(measure.technique)) continue;
    // Past a decoy that stands at some of the machines only there is a way.
    if (!measure.coverage || *measure.coverage < 1) continue;
    for (std::size_t h = 0; h < model.hosts.size(); ++h) {
      const bool here = std::ranges::any_of(measure.at, [&](const model::PlaceTerm& term) {
        return term.kind == model::PlaceTerm::Kind::any ||
               (term.kind == model::PlaceTerm::Kind::host && term.host == model::HostId(h)) ||
               (term.kind == model::PlaceTerm::Kind::zone && term.zone == model.hosts[h].zone);
      });
      // Parties of a network: hosts first, in the model's order (reach::Network).
      if (here) decoys.push_back({PartyId(h), measure.technique, measure.place});
    }
  }
  return decoys;
}

std::vector<std::vector<StepId>> stepsByParty(const AttackGraph& graph, const std::vector<bool>& counted) {
  std::vector<std::vector<StepId>> steps(graph.parties.size());
  for (std::size_t s = 0; s < graph.steps.size(); ++s) {
    const PartyId party = graph.steps[s].party;
    if (party.valid() && counted[party.index()] && !graph.steps[s].start)
      steps[party.index()].emplace_back(s);
  }
  return steps;
}

namespace {

// Steps that come near nothing cost nearly nothing: of equally likely ways the one with fewer hops.
constexpr double kMoved = 1e-4;

class Answering {
 public:
  Answering(const AttackGraph& graph, const TechniqueUse& use, const AttackQuestion& question)
      : graph_(graph), use_(use), question_(question), finder_(graph.graph, graph.groups) {
    limits_.seconds = question.seconds;
    for (std::size_t s = 0; s < graph.steps.size(); ++s) weights_.push_back(weightOf(graph.steps[s]));
    addMarks();
    answers_.decoys = decoysOf(graph, use.catalogue());
  }

  AttackAnswers answerAll() {
    for (const model::Goal& goal : question_.goals) answers_.goals.push_back(answerOne(goal));
    return std::move(answers_);
  }

 private:
  double weightOf(const AttackStep& step) const {
    if (!step.rule.valid()) return kMoved;
    double cost = costOf(use_.use(graph_.templates->at(step.rule)));
    for (const TemplateId id : step.also) cost = std::min(cost, costOf(use_.use(graph_.templates->at(id))));
    return cost;
  }

  // A technique at a place.
  void addMarks() {
    std::map<std::pair<std::string, PartyId>, std::size_t> markOf;
    for (std::size_t s = 0; s < graph_.steps.size(); ++s) {
      const AttackStep& step = graph_.steps[s];
      if (!step.rule.valid()) continue;
      const auto [mark, fresh] =
          markOf.try_emplace({graph_.templates->at(step.rule).technique, step.party}, marks_.size());
      if (fresh) marks_.emplace_back();
      marks_[mark->second].emplace_back(s);
    }
  }

  GoalAnswer answerOne(const model::Goal& goal) const {
    GoalAnswer made;
    made.goal = goal;
    made.fact = graph_.goal(goal);
    made.depth.exact = made.depth.complete = made.allPaths = true;
    made.words = goalInWords(goal);
    if (!made.fact) return made;
    const FactId fact = *made.fact;
    SearchLimits limits = limits_;
    limits.sets = 32;
    made.depth = finder_.depth(fact, limits);
    if (!made.depth.possible) return made;
    const bool open = made.depth.exact && made.depth.lower == 0;
    made.standing = open ? GoalStanding::open : GoalStanding::guarded;
    if (question_.paths == 0) return made;
    if (!open && !made.depth.sets.empty()) made.failing = shown(made.depth.sets);
    const MayFail mayFail = layersOf(graph_, made.failing);
    const PathFinder paths(graph_.graph, mayFail);
    limits.sets = question_.paths;
    const MinimalDerivations minimal = paths.minimal(fact, marks_, limits);
    made.allPaths = minimal.complete;
    for (const MarkedDerivation& way : minimal.found) made.paths.push_back(pathOf(graph_, way.derivation));
    if (const auto likely = paths.cheapest(fact, weights_)) {
      made.likely = pathOf(graph_, *likely);
      for (const StepId step : likely->steps) {
        if (graph_.steps[step.index()].rule.valid()) made.likelyCost += weights_[step.index()];
      }
      made.success = successOf(graph_, *made.likely);
    }
    addPlaces(made, mayFail);
    return made;
  }

  GroupSet shown(const std::vector<GroupSet>& sets) const {
    return *std::ranges::min_element(sets, {}, [&](const GroupSet& set) {
      return std::ranges::count_if(set, [&](GroupId group) {
        const LayerKind kind = graph_.layers[layersOf(graph_, group).front().index()].kind;
        return kind == LayerKind::device || kind == LayerKind::switches || kind == LayerKind::restriction;
      });
    });
  }

  void addPlaces(GoalAnswer& made, const MayFail& mayFail) const {
    std::vector<bool> counted(graph_.parties.size());
    const std::vector<PartyId> own = placesOf(made.goal);
    for (std::size_t p = 0; p < counted.size(); ++p)
      counted[p] = !graph_.outside[p] && std::ranges::find(own, PartyId(p)) == own.end();
    const CutFinder cuts(graph_.graph, stepsByParty(graph_, counted), mayFail);
    SearchLimits limits = limits_;
    limits.sets = 8;
    made.choke = cuts.chokePoints(*made.fact, limits);
    if (question_.decoys > 0) made.decoys = cuts.bestPlaces(*made.fact, question_.decoys, limits_);
    if (answers_.decoys.empty()) return;
    std::vector<std::vector<StepId>> wired;
    std::vector<bool> whole(graph_.parties.size(), true);
    const auto byParty = stepsByParty(graph_, whole);
    for (const Decoy& decoy : answers_.decoys) wired.push_back(byParty[decoy.party.index()]);
    // Least sets differ in the ways that they open.
    const std::size_t most = std::min<std::size_t>(made.depth.sets.size(), 8);
    for (std::size_t set = 0; set < most; ++set) {
      const MayFail failed = layersOf(graph_, made.depth.sets[set]);
      LeastMet met = CutFinder(graph_.graph, wired, failed).leastMet(*made.fact, limits);
      if (!made.tripwire || met.lower < made.tripwire->lower) made.tripwire = std::move(met);
    }
    if (made.tripwire) made.tripwire->complete = made.tripwire->complete && made.depth.complete;
  }

  // Where what the goal is about lies.
  std::vector<PartyId> placesOf(const model::Goal& goal) const {
    std::vector<PartyId> places;
    for (std::size_t s = 0; s < graph_.steps.size(); ++s) {
      const AttackStep& step = graph_.steps[s];
      if (step.asset.valid() && graph_.model->assets[step.asset.index()].name == goal.asset &&
          step.rule.valid() && bindsAsset(graph_.templates->at(step.rule)))
        places.push_back(step.party);
    }
    for (std::size_t p = 0; p < graph_.parties.size(); ++p) {
      if (!goal.controls.empty() && graph_.parties[p] == goal.controls) places.emplace_back(p);
    }
    return places;
  }

  // Whether H is where A lies: what was read there may be taken out from anywhere.
  static bool bindsAsset(const StepTemplate& rule) {
    return std::ranges::any_of(rule.needs,
                               [](const Premise& premise) { return premise.kind == PremiseKind::asset; });
  }

  const AttackGraph& graph_;
  const TechniqueUse& use_;
  const AttackQuestion& question_;
  const DepthFinder finder_;
  SearchLimits limits_;
  std::vector<double> weights_;
  std::vector<std::vector<StepId>> marks_;
  AttackAnswers answers_;
};

}  // namespace

AttackAnswers answer(const AttackGraph& graph, const TechniqueUse& use, const AttackQuestion& question) {
  return Answering(graph, use, question).answerAll();
}

}  // namespace vauban::attack
