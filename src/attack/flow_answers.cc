#include "attack/flow_answers.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "attack/closure.h"

namespace vauban::attack {

std::string_view word(ActionStanding standing) {
  switch (standing) {
    case ActionStanding::open:
      return "open";
    case ActionStanding::guarded:
      return "guarded";
    case ActionStanding::stopped:
      return "stopped";
    case ActionStanding::notModelled:
      return "not-modelled";
    case ActionStanding::unknown:
      return "unknown";
    case ActionStanding::unnamed:
      return "unnamed";
  }
  return "";
}

std::size_t FlowAnswer::count(ActionStanding standing) const {
  return static_cast<std::size_t>(std::ranges::count(actions, standing, &ActionAnswer::standing));
}

namespace {

// The graph with a fact for each set of steps: one of them can be taken.
struct Doing {
  DerivationGraph graph;
  std::vector<FactId> done;  // by set

  Doing(const DerivationGraph& whole, const std::vector<std::vector<StepId>>& sets) {
    DerivationGraph::Builder builder;
    for (std::size_t f = 0; f < whole.factCount(); ++f) builder.addFact();
    for (std::size_t l = 0; l < whole.layerCount(); ++l) builder.addLayer();
    auto copy = [&](StepId step, FactId conclusion) {
      const auto premises = whole.premises(step);
      const auto layers = whole.layers(step);
      builder.addStep(conclusion, {premises.begin(), premises.end()}, {layers.begin(), layers.end()});
    };
    for (std::size_t s = 0; s < whole.stepCount(); ++s) copy(StepId(s), whole.conclusion(StepId(s)));
    for (const auto& set : sets) {
      done.push_back(builder.addFact());
      for (const StepId step : set) copy(step, done.back());
    }
    graph = std::move(builder).build();
  }
};

class FlowAnswering {
 public:
  FlowAnswering(const AttackGraph& graph, const TechniqueUse& use, const AttackFlow& flow,
                const SearchLimits& limits)
      : graph_(graph), use_(use), flow_(flow), limits_(limits), history_(use.catalogue()) {}

  FlowAnswer answer() {
    FlowAnswer made;
    std::map<std::string, std::size_t> setOf;  // by technique as the file has it
    std::vector<std::vector<StepId>> sets;
    std::vector<std::size_t> of;
    for (const FlowActionId id : flow_.order) {
      made.actions.push_back(named(id));
      ActionAnswer& action = made.actions.back();
      const auto [set, fresh] = setOf.try_emplace(flow_.actions[id.index()].technique, sets.size());
      if (fresh) sets.push_back(stepsOf(action.by));
      of.push_back(set->second);
    }
    const Doing doing(graph_.graph, sets);
    const Closure now(doing.graph), ever(doing.graph, everyLayer());
    const DepthFinder depths(doing.graph, graph_.groups);
    std::map<std::size_t, ActionAnswer> known;
    for (std::size_t a = 0; a < made.actions.size(); ++a) {
      ActionAnswer& action = made.actions[a];
      if (!action.by.empty()) {
        const auto [before, fresh] = known.try_emplace(of[a]);
        if (fresh) before->second = placed(action, sets[of[a]], doing.done[of[a]], now, ever, depths);
        const FlowActionId id = action.action;
        action = before->second;
        action.action = id;
      }
      const bool stops =
          action.standing == ActionStanding::guarded || action.standing == ActionStanding::stopped;
      if (stops && !made.firstStopped) made.firstStopped = a;
    }
    return made;
  }

 private:
  Closure::Start everyLayer() const {
    Closure::Start start;
    for (std::size_t l = 0; l < graph_.graph.layerCount(); ++l) start.failed.emplace_back(l);
    return start;
  }

  bool isKnown(const std::string& id) const {
    return std::ranges::any_of(use_.catalogue().attack, [&](const catalog::Attack& attack) {
      const catalog::AttackTechnique* found = attack.find(id);
      return found != nullptr && found->standing != catalog::Standing::revoked;
    });
  }

  ActionAnswer named(FlowActionId id) const {
    ActionAnswer action;
    action.action = id;
    const FlowAction& written = flow_.actions[id.index()];
    if (written.technique.empty()) {
      action.standing = ActionStanding::unnamed;
      return action;
    }
    const catalog::IdJoin join =
        history_.join(written.technique, [this](const std::string& it) { return isKnown(it); });
    action.joined = join.by;
    action.techniques = join.ids;
    action.standing = join.ids.empty() ? ActionStanding::unknown : ActionStanding::notModelled;
    auto standsFor = [&](const StepTemplate& rule, bool relatives) {
      return std::ranges::any_of(join.ids, [&](const std::string& technique) {
        if (rule.technique == technique || std::ranges::find(rule.covers, technique) != rule.covers.end())
          return true;
        return relatives && sameOrParent(rule.technique, technique);
      });
    };
    for (const bool relatives : {false, true}) {
      for (std::size_t t = 0;
           t < graph_.templates->all().size() && (action.by.empty() || !relatives || action.byRelative);
           ++t) {
        if (!standsFor(graph_.templates->at(TemplateId(t)), relatives)) continue;
        action.byRelative = relatives;
        action.by.emplace_back(t);
      }
    }
    return action;
  }

  std::vector<StepId> stepsOf(const std::vector<TemplateId>& rules) const {
    std::vector<StepId> steps;
    auto among = [&](TemplateId rule) { return std::ranges::find(rules, rule) != rules.end(); };
    for (std::size_t s = 0; s < graph_.steps.size(); ++s) {
      const AttackStep& step = graph_.steps[s];
      if (step.rule.valid() && (among(step.rule) || std::ranges::any_of(step.also, among)))
        steps.emplace_back(s);
    }
    return steps;
  }

  std::vector<reach::PartyId> placesWhere(const std::vector<StepId>& steps, const Closure& closure) const {
    std::set<reach::PartyId> places;
    for (const StepId step : steps) {
      if (closure.fires(step) && graph_.steps[step.index()].party.valid())
        places.insert(graph_.steps[step.index()].party);
    }
    return {places.begin(), places.end()};
  }

  ActionAnswer placed(ActionAnswer action, const std::vector<StepId>& steps, FactId done, const Closure& now,
                      const Closure& ever, const DepthFinder& depths) const {
    if (now.holds(done)) {
      action.standing = ActionStanding::open;
      action.where = placesWhere(steps, now);
      return action;
    }
    if (ever.holds(done)) {
      action.standing = ActionStanding::guarded;
      action.where = placesWhere(steps, ever);
      action.depth = depths.depth(done, limits_);
      return action;
    }
    action.standing = ActionStanding::stopped;
    action.stoppedBy = whatStops(action, steps, ever);
    return action;
  }

  // What no failing gives: of its instances the facts that never hold; or that nothing here is of the kind.
  std::string whatStops(const ActionAnswer& action, const std::vector<StepId>& steps,
                        const Closure& ever) const {
    std::set<std::string> missing;
    for (const StepId step : steps) {
      for (const FactId premise : graph_.graph.premises(step)) {
        if (!ever.holds(premise)) missing.insert(graph_.inWords(premise));
      }
    }
    constexpr std::size_t kMost = 3;
    std::string text;
    std::size_t told = 0;
    for (const std::string& it : missing) {
      if (told++ == kMost) break;
      text += (text.empty() ? "never: " : "; ") + it;
    }
    if (missing.size() > kMost) text += fmt::format("; and {} more", missing.size() - kMost);
    if (!text.empty()) return text;
    std::set<std::string> words;
    for (const TemplateId id : action.by) {
      const StepTemplate& rule = graph_.templates->at(id);
      words.insert(rule.blockedBy.begin(), rule.blockedBy.end());
    }
    return fmt::format("nothing in the model has what the step needs (it is decided by {})",
                       fmt::join(words, ", "));
  }

  const AttackGraph& graph_;
  const TechniqueUse& use_;
  const AttackFlow& flow_;
  const SearchLimits limits_;
  const catalog::IdHistory history_;
};

}  // namespace

FlowAnswer answerFlow(const AttackGraph& graph, const TechniqueUse& use, const AttackFlow& flow,
                      const SearchLimits& limits) {
  return FlowAnswering(graph, use, flow, limits).answer();
}

}  // namespace vauban::attack
