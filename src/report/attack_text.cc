#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "attack/attack_goals.h"
#include "report/attack_report.h"
#include "report/verdict_report.h"

namespace vauban::report {

using attack::ActionStanding;
using attack::AttackGraph;
using attack::AttackPath;
using attack::FactId;
using attack::GoalAnswer;
using attack::GoalStanding;
using attack::LayerId;
using attack::PathStep;
using channel::Hop;

namespace {

std::string printable(const std::string& text) {
  std::string safe;
  for (const char c : text) safe += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  return safe;
}

std::string counted(std::size_t count, const char* one, const char* many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

class AttackText {
 public:
  AttackText(const AttackReport& report, const AttackStyle& style)
      : report_(report), graph_(report.graph), style_(style) {}

  std::string text() {
    addHead();
    if (report_.flow) {
      addFlow(*report_.flow);
    } else {
      addSummary();
      for (const GoalAnswer& goal : report_.answers.goals) addGoal(goal);
    }
    for (const auto& change : report_.changes) addChange(change);
    addNotes();
    return std::move(out_);
  }

 private:
  template <class... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    out_ += fmt::format(format, std::forward<Args>(args)...);
    while (out_.ends_with(' ')) out_.pop_back();
    out_ += "\n";
  }

  std::string paint(const std::string& text, GoalStanding standing) const {
    if (!style_.colour) return text;
    const char* colour = standing == GoalStanding::open         ? "\x1b[31m"
                         : standing == GoalStanding::impossible ? "\x1b[32m"
                                                                : "\x1b[33m";
    return colour + text + "\x1b[0m";
  }

  std::string layerText(LayerId id) const {
    const attack::Layer& layer = graph_.layers[id.index()];
    const std::string place = attack::shortPlace(layer.place);
    return layer.name + (place.empty() ? "" : " (" + place + ")");
  }

  // A group by its first layer, and what fails with it.
  std::string groupText(attack::GroupId group) const {
    const auto layers = attack::layersOf(graph_, group);
    if (layers.empty()) return "";
    std::string text = layerText(layers.front());
    constexpr std::size_t kMost = 4;
    for (std::size_t l = 1; l < std::min(layers.size(), kMost); ++l)
      text += (l == 1 ? " and with it " : ", ") + graph_.layers[layers[l].index()].name;
    if (layers.size() > kMost) text += fmt::format(" and {} more", layers.size() - kMost);
    return text;
  }

  std::string setText(const attack::GroupSet& set) const {
    std::string text;
    for (const attack::GroupId group : set) text += (text.empty() ? "" : " + ") + groupText(group);
    return text;
  }

  std::string partiesText(const std::vector<reach::PartyId>& parties, std::size_t most) const {
    std::string text;
    for (std::size_t p = 0; p < std::min(most, parties.size()); ++p)
      text += (p == 0 ? "" : ", ") + graph_.parties[parties[p].index()];
    if (parties.size() > most) text += fmt::format(" and {} more", parties.size() - most);
    return text;
  }

  std::string elementsText(const attack::ElementSet& set) const {
    std::string text;
    for (const attack::ElementId id : set) text += (text.empty() ? "" : " + ") + graph_.parties[id.index()];
    return text;
  }

  std::string techniqueText(attack::TemplateId id) const {
    const attack::StepTemplate& rule = graph_.templates->at(id);
    const std::string name = report_.use.name(rule.domain, rule.technique);
    return rule.technique + (name.empty() ? "" : " " + name);
  }

  std::string stepTitle(const PathStep& step) const {
    if (!step.rule.valid()) return step.gains;
    return techniqueText(step.rule) + " on " + step.host + step.with;
  }

  void addHead() {
    const attack::Start& start = graph_.start;
    std::string from = partiesText(start.at, 6);
    if (!start.insiders.empty())
      from += (from.empty() ? "" : "; ") + ("an insider at " + partiesText(start.insiders, 6));
    if (!start.supplied.empty())
      from += (from.empty() ? "" : "; ") + fmt::format("the supplier of {}", fmt::join(start.supplied, ", "));
    line("{}: attack from {}", graph_.model->name.empty() ? "model" : graph_.model->name, from);
    for (const attack::Party& party : report_.parties)
      line("only with what {} {} is seen to use ({} techniques)", party.id, party.name,
           party.techniques.size());
    if (report_.everyHost) line("no assets, no goals in the model: control of each host is asked instead");
  }

  std::string depthText(const attack::Depth& depth) const {
    if (!depth.possible) return "";
    return fmt::format("depth {}{}", depth.exact ? "" : "at least ", depth.lower);
  }

  void addSummary() {
    line("");
    for (const GoalAnswer& goal : report_.answers.goals) {
      line("{}  {:<12} {}", paint(fmt::format("{:<10}", attack::word(goal.standing)), goal.standing),
           depthText(goal.depth), goal.words);
    }
  }

  void addGoal(const GoalAnswer& goal) {
    // Of many hosts that nobody called goals the table is enough.
    if (report_.everyHost && !style_.verbose && !goal.decoys) return;
    line("");
    line("{}: {}", goal.words, standingText(goal));
    if (goal.standing == GoalStanding::impossible) return;
    addDepth(goal.depth);
    if (!goal.paths.empty()) {
      const AttackPath& way = goal.paths.front();
      line("  shortest way{}, {}{}:",
           goal.failing.empty() ? "" : " once " + setText(goal.failing) + " has failed",
           counted(techniques(way), "technique", "techniques"),
           way.starts.empty() ? "" : fmt::format(", from {}", fmt::join(way.starts, ", ")));
      addWay(way);
      for (std::size_t p = 1; p < goal.paths.size(); ++p) {
        line("  another way: {}", shortWay(goal.paths[p]));
        if (style_.verbose) addWay(goal.paths[p]);
      }
      if (goal.allPaths)
        line("  {}", goal.paths.size() == 1 ? "there is no other way"
                                            : "these are all the ways (by technique and host)");
      else
        line("  (there may be other ways: --paths)");
    }
    addLikely(goal);
    addPlaces(goal);
  }

  static std::string standingText(const GoalAnswer& goal) {
    switch (goal.standing) {
      case GoalStanding::impossible:
        return "impossible, even when everything fails that may";
      case GoalStanding::open:
        return "open today: nothing has to fail";
      case GoalStanding::guarded:
        return fmt::format("guarded: {}{} must fail first", goal.depth.exact ? "" : "at least ",
                           counted(goal.depth.lower, "layer", "layers"));
    }
    return "";
  }

  void addDepth(const attack::Depth& depth) {
    if (depth.lower == 0 && depth.exact) return;
    constexpr std::size_t kMost = 6;
    const std::size_t most = style_.verbose ? depth.sets.size() : kMost;
    if (depth.exact && depth.lower == 1) {
      line("  single points of failure:");
      for (std::size_t g = 0; g < std::min(most, depth.single.size()); ++g)
        line("    {}", groupText(depth.single[g]));
      if (depth.single.size() > most) line("    and {} more", depth.single.size() - most);
      return;
    }
    line("  {}:", depth.exact ? "it is enough that these fail" : "known to be enough");
    for (std::size_t s = 0; s < std::min(most, depth.sets.size()); ++s)
      line("    {}{}", s == 0 ? "" : "or ", setText(depth.sets[s]));
    if (depth.sets.size() > most || !depth.complete)
      line("    {}", depth.complete ? fmt::format("or {} other such sets", depth.sets.size() - most)
                                    : "(there may be other such sets)");
  }

  static std::size_t techniques(const AttackPath& way) {
    return static_cast<std::size_t>(
        std::ranges::count_if(way.steps, [](const PathStep& step) { return step.rule.valid(); }));
  }

  std::string shortWay(const AttackPath& way) const {
    std::string text;
    for (const PathStep& step : way.steps) {
      const std::string what = step.rule.valid() ? graph_.templates->at(step.rule).technique + " " : "";
      text += (text.empty() ? "" : " > ") + what + step.host;
    }
    return text;
  }

  void addHops(const char* word, const std::vector<Hop>& hops) {
    for (const Hop& hop : hops) {
      std::string how = hop.carrier;
      if (hop.answer) how += (how.empty() ? "" : ", ") + hop.to + " asks";
      if (!hop.how.empty()) how += (how.empty() ? "" : ", ") + hop.how;
      std::string rule;
      if (hop.rule) rule = "[" + attack::shortPlace(hop.rule->place) + "  " + hop.rule->text + "]";
      line("         {} {} -> {}  {}{}  {}", word, hop.from, hop.to, serviceInWords(hop.packets),
           how.empty() ? "" : "  (" + how + ")", rule);
    }
  }

  void addWay(const AttackPath& way) {
    std::size_t number = 0;
    for (const PathStep& step : way.steps) {
      line("    {:>2}. {}", ++number, stepTitle(step));
      addHops("in ", step.brings);
      addHops("out", step.back);
      for (const LayerId layer : step.mustFail)
        line("         must fail: {}: {}", layerText(layer), graph_.layers[layer.index()].text);
      if (!step.otherwise.empty()) {
        std::string others;
        for (const attack::TemplateId id : step.otherwise)
          others += (others.empty() ? "" : ", ") + graph_.templates->at(id).technique;
        line("         the same by {}", others);
      }
      if (!step.assumes.empty()) {
        std::string notes;
        for (const FactId gap : step.assumes) notes += fmt::format(" [{}]", note(gap));
        line("         taken at its worst, as the model does not say:{}", notes);
      }
      if (step.rule.valid()) line("         => {}", step.gains);
    }
  }

  void addLikely(const GoalAnswer& goal) {
    if (!goal.likely) return;
    const bool same = !goal.paths.empty() && shortWay(goal.paths.front()) == shortWay(*goal.likely);
    line("  most likely way by observed use (an order, not a probability; cost {:g}): {}", goal.likelyCost,
         same ? "the shortest" : shortWay(*goal.likely));
    if (!same && style_.verbose) addWay(*goal.likely);
    if (goal.success) {
      std::string places;
      for (const Place& place : goal.success->evidence)
        places += (places.empty() ? "" : ", ") + attack::shortPlace(place);
      line("  it succeeds in [{:.2f}, {:.2f}] of tries, as far as your own trials say (E5, {})",
           goal.success->low, goal.success->high, places);
    }
  }

  void addChoke(const attack::ChokePoints& choke) {
    if (!choke.possible) {
      line("  choke points: none besides where it lies");
    } else if (!choke.sets.empty() && choke.lower > 0) {
      constexpr std::size_t kMost = 4;
      std::string sets;
      for (std::size_t s = 0; s < std::min(kMost, choke.sets.size()); ++s)
        sets += (sets.empty() ? "" : "; or ") + elementsText(choke.sets[s]);
      line("  every way passes {}{}{}", choke.exact ? "" : "(not proven the fewest) ", sets,
           choke.complete && choke.sets.size() <= kMost ? "" : "; or others");
    }
  }

  void addPlaces(const GoalAnswer& goal) {
    if (goal.choke) addChoke(*goal.choke);
    if (goal.decoys) {
      const attack::BestPlaces& best = *goal.decoys;
      if (best.elements.empty())
        line("  decoys: no place besides where it lies meets a way");
      else
        line("  best places for decoys: {} ({})", elementsText(best.elements),
             best.closes ? "every way meets one"
                         : fmt::format("{} of {}{} ways meet one", best.met, best.listed,
                                       best.complete ? "" : " listed"));
    }
    if (goal.tripwire) {
      line("  of {} deployed, the easiest ways meet at least {}{}",
           counted(report_.answers.decoys.size(), "decoy", "decoys"), goal.tripwire->lower,
           goal.tripwire->exact ? "" : " (not proven the least)");
    }
  }

  void addFlow(const AttackReport::Flow& asked) {
    const attack::FlowAnswer& answer = asked.answer;
    line("");
    line("{}: {}", asked.flow->name.empty() ? "the flow" : printable(asked.flow->name),
         counted(answer.actions.size(), "action", "actions"));
    std::size_t number = 0;
    for (const attack::ActionAnswer& action : answer.actions) {
      const attack::FlowAction& written = asked.flow->actions[action.action.index()];
      std::string id = written.technique;
      if (action.techniques.size() != 1 || action.techniques.front() != written.technique) {
        if (!action.techniques.empty()) id += fmt::format(" (now {})", fmt::join(action.techniques, ", "));
      }
      line("  {:>3}. {:<12}  {}  {}", ++number, attack::word(action.standing), id, printable(written.name));
      if (action.standing == ActionStanding::open) {
        line("         today at {}{}", partiesText(action.where, style_.verbose ? SIZE_MAX : 6),
             relative(action));
      } else if (action.standing == ActionStanding::guarded) {
        line("         once it fails: {}{}", needText(action.depth), relative(action));
      } else if (action.standing == ActionStanding::stopped) {
        line("         {}{}", action.stoppedBy, relative(action));
      }
    }
    line("");
    std::string counts;
    for (const ActionStanding standing :
         {ActionStanding::open, ActionStanding::guarded, ActionStanding::stopped, ActionStanding::notModelled,
          ActionStanding::unknown, ActionStanding::unnamed}) {
      if (const std::size_t count = answer.count(standing); count != 0)
        counts += fmt::format("{}{} {}", counts.empty() ? "" : ", ", count, attack::word(standing));
    }
    line("{}", counts);
    if (answer.firstStopped) {
      const attack::ActionAnswer& first = answer.actions[*answer.firstStopped];
      const attack::FlowAction& written = asked.flow->actions[first.action.index()];
      line("the first that does not go through today: {}. {} {}", *answer.firstStopped + 1, written.technique,
           printable(written.name));
      line("    stopped by {}",
           first.standing == ActionStanding::stopped ? first.stoppedBy : needText(first.depth));
    } else {
      line("nothing of it is stopped");
    }
    for (const Diagnostic& warning : asked.flow->warnings)
      line("warning: {}: {}", printable(warning.place.toString()), printable(warning.message));
  }

  // One least set, and how many others there are.
  std::string needText(const attack::Depth& depth) const {
    if (depth.sets.empty()) return "";
    std::string text = setText(depth.sets.front());
    if (depth.single.size() > 1)
      text += fmt::format(", or any of {} others", depth.single.size() - 1);
    else if (depth.sets.size() > 1 || !depth.complete)
      text += ", or others";
    return text + (depth.exact ? "" : " (fewer may be enough)");
  }

  static std::string relative(const attack::ActionAnswer& action) {
    return action.byRelative ? "  (by the technique's parent or sub-technique)" : "";
  }

  void addLost(const char* when, const attack::StepsLost& lost) {
    line("  {}: {} steps of techniques, were {}; {} removed{}", when, lost.after, lost.before, lost.lost,
         lost.gained == 0 ? "" : fmt::format(", {} new", lost.gained));
    std::map<std::string, std::vector<std::string>> hosts;
    for (const attack::LostStep& step : lost.at) hosts[step.technique].push_back(step.host);
    if (!hosts.empty()) {
      std::string text;
      for (const auto& [technique, at] : hosts)
        text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", technique, at.size());
      line("    techniques removed at hosts (how many): {}", text);
    }
    if (!lost.techniques.empty()) line("    removed everywhere: {}", fmt::join(lost.techniques, ", "));
  }

  void addChange(const AttackReport::Change& change) {
    const attack::WhatIf& made = change.whatIf;
    line("");
    line("what if {}:", made.change);
    line("  the graph has {} instances of steps, had {}", made.stepsAfter, made.stepsBefore);
    addLost("with nothing failed", made.today);
    if (made.inside) addLost("once he holds the machines of the zone, with nothing failed", *made.inside);
    addLost("when everything fails but this", made.ever);
    bool differs = false;
    for (const attack::GoalChange& goal : made.goals) {
      if (!goal.differs()) continue;
      differs = true;
      line("  {}: {} {} -> {} {}", goal.before.words, attack::word(goal.before.standing),
           depthText(goal.before.depth), attack::word(goal.after.standing), depthText(goal.after.depth));
    }
    if (!differs) line("  no goal's standing or depth changes");
    if (!change.defence.empty())
      line("  D3FEND's own inference for {}: {}", change.defence,
           change.inferred == 0 ? "no technique" : counted(change.inferred, "row", "rows"));
  }

  std::size_t note(FactId gap) {
    const auto [known, fresh] = notes_.try_emplace(gap, notes_.size() + 1);
    if (fresh) order_.push_back(gap);
    return known->second;
  }

  void addNotes() {
    if (!order_.empty()) line("");
    for (const FactId gap : order_) {
      const reach::Atom& atom = graph_.gaps.at(gap);
      const std::string place = attack::shortPlace(atom.place);
      line("{:>5} in {}{}, write `{}`: {}", fmt::format("[{}]", notes_.at(gap)), atom.where,
           place.empty() ? "" : " (" + place + ")", atom.line, atom.text);
    }
    std::set<std::string> techniques;
    for (const attack::StepTemplate& rule : graph_.templates->all()) techniques.insert(rule.technique);
    line("");
    line("an attacker here takes {} steps of {} techniques; what they do not hold is not judged",
         graph_.templates->all().size(), techniques.size());
    for (const std::string& text : channel::Judge::outsideTheModel()) line("{}", text);
  }

  const AttackReport& report_;
  const AttackGraph& graph_;
  const AttackStyle& style_;
  std::map<FactId, std::size_t> notes_;
  std::vector<FactId> order_;
  std::string out_;
};

}  // namespace

std::string attackText(const AttackReport& report, const AttackStyle& style) {
  return AttackText(report, style).text();
}

}  // namespace vauban::report
