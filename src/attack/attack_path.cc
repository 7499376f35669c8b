#include "attack/attack_path.h"

#include <algorithm>
#include <map>
#include <set>

namespace vauban::attack {
namespace {

class PathTelling {
 public:
  PathTelling(const AttackGraph& graph, const Derivation& derivation)
      : graph_(graph), taken_(derivation.steps) {
    for (std::size_t t = 0; t < taken_.size(); ++t) by_[graph_.graph.conclusion(taken_[t])] = t;
  }

  AttackPath tell() {
    for (std::size_t t = 0; t < taken_.size(); ++t) {
      if (isNamed(taken_[t]) || t + 1 == taken_.size()) addStep(t);
    }
    sortUnique(path_.mustFail);
    sortUnique(path_.assumes);
    path_.starts.assign(starts_.begin(), starts_.end());
    return std::move(path_);
  }

 private:
  template <class T>
  static void sortUnique(std::vector<T>& items) {
    std::ranges::sort(items);
    items.erase(std::ranges::unique(items).begin(), items.end());
  }

  const Fact& concluded(StepId step) const { return graph_.facts[graph_.graph.conclusion(step).index()]; }

  bool isNamed(StepId step) const {
    const AttackStep& what = graph_.steps[step.index()];
    if (what.rule.valid()) return true;
    const FactKind kind = concluded(step).kind;
    const bool runsThere = what.flow != UINT32_MAX && kind == FactKind::code;
    const bool switchedOff = kind == FactKind::failed && !graph_.graph.premises(step).empty();
    return runsThere || switchedOff;
  }

  // What the step rests on and no step before told, in the order of the derivation; and the steps it comes
  // after.
  void gather(std::size_t at, std::set<std::size_t>& told, std::set<std::size_t>& after) {
    for (const FactId premise : graph_.graph.premises(taken_[at])) {
      const std::size_t by = by_.at(premise);
      if (const auto named = stepOf_.find(by); named != stepOf_.end()) {
        after.insert(named->second);
        continue;
      }
      if (told.insert(by).second) gather(by, told, after);
    }
  }

  void addStep(std::size_t at) {
    const StepId id = taken_[at];
    const AttackStep& what = graph_.steps[id.index()];
    PathStep step;
    step.step = id;
    std::set<std::size_t> told, after;
    gather(at, told, after);
    step.after.assign(after.begin(), after.end());
    told.insert(at);
    for (const std::size_t t : told) {
      const AttackStep& part = graph_.steps[taken_[t].index()];
      if (part.start && part.party.valid()) starts_.insert(startWords(taken_[t]));
      if (!toldBefore_.insert(t).second) continue;
      for (const LayerId layer : graph_.graph.layers(taken_[t])) {
        if (failed_.insert(layer).second) step.mustFail.push_back(layer);
      }
      const FactId fact = graph_.graph.conclusion(taken_[t]);
      if (graph_.gaps.contains(fact)) step.assumes.push_back(fact);
      if (part.flow != UINT32_MAX && !outward(taken_[t])) {
        const auto& hops = graph_.flow.steps[part.flow].hops;
        step.brings.insert(step.brings.end(), hops.begin(), hops.end());
      }
    }
    // What gets out is derived from the outside in.
    for (auto t = told.rbegin(); t != told.rend(); ++t) {
      const AttackStep& part = graph_.steps[taken_[*t].index()];
      if (part.flow == UINT32_MAX || !outward(taken_[*t])) continue;
      const auto& hops = graph_.flow.steps[part.flow].hops;
      step.back.insert(step.back.end(), hops.begin(), hops.end());
    }
    std::ranges::sort(step.mustFail);
    std::ranges::sort(step.assumes);
    path_.mustFail.insert(path_.mustFail.end(), step.mustFail.begin(), step.mustFail.end());
    path_.assumes.insert(path_.assumes.end(), step.assumes.begin(), step.assumes.end());
    step.gains = graph_.inWords(graph_.graph.conclusion(id));
    if (what.party.valid()) step.host = graph_.parties[what.party.index()];
    chooseName(step, what);
    step.with = withWhat(what);
    stepOf_[at] = path_.steps.size();
    // A goal that holds where he begins, or that a step before means, is no step.
    const bool moved =
        !step.brings.empty() || !step.back.empty() || !step.mustFail.empty() || !step.assumes.empty();
    if (!isNamed(id) && !moved && (what.start || !step.after.empty())) return;
    path_.steps.push_back(std::move(step));
  }

  bool outward(StepId step) const {
    const FactKind kind = concluded(step).kind;
    return kind == FactKind::escapes || kind == FactKind::leaves;
  }

  std::string startWords(StepId step) const {
    const std::string& party = graph_.parties[graph_.steps[step.index()].party.index()];
    switch (concluded(step).kind) {
      case FactKind::bytes:
        return party;
      case FactKind::supplied:
        return "the supplier of what " + party + " runs";
      default:
        return "code on " + party;
    }
  }

  void chooseName(PathStep& step, const AttackStep& what) const {
    if (!what.rule.valid()) return;
    std::vector<TemplateId> all{what.rule};
    all.insert(all.end(), what.also.begin(), what.also.end());
    const bool fromOutside = step.after.empty();
    const auto fits = std::ranges::find_if(all, [&](TemplateId id) {
      return (graph_.templates->at(id).tactic == "initial-access") == fromOutside;
    });
    step.rule = fits == all.end() ? what.rule : *fits;
    for (const TemplateId id : all) {
      if (id != step.rule) step.otherwise.push_back(id);
    }
    sortUnique(step.otherwise);
  }

  std::string withWhat(const AttackStep& what) const {
    std::string text;
    if (what.service.valid()) text += "." + graph_.model->at(what.service).name;
    if (what.credential.valid()) text += " with " + graph_.credentials[what.credential.index()].name;
    if (what.neighbour.valid()) text += " from " + graph_.parties[what.neighbour.index()];
    return text;
  }

  const AttackGraph& graph_;
  const std::vector<StepId>& taken_;
  std::map<FactId, std::size_t> by_;           // what concluded a fact: its place in taken_
  std::map<std::size_t, std::size_t> stepOf_;  // of named ones: their place in the path
  std::set<std::size_t> toldBefore_;
  std::set<LayerId> failed_;
  std::set<std::string> starts_;
  AttackPath path_;
};

}  // namespace

AttackPath pathOf(const AttackGraph& graph, const Derivation& derivation) {
  return PathTelling(graph, derivation).tell();
}

std::string shortPlace(const Place& place) {
  return place.file.empty() ? "" : Place{place.file, place.line, 0}.toString();
}

}  // namespace vauban::attack
