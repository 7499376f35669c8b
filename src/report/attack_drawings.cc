// Answers about attack in the formats of other tools: a layer of the Navigator, an Attack Flow.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "attack/closure.h"
#include "report/attack_report.h"
#include "report/navigator_layer.h"

namespace vauban::report {

using attack::AttackGraph;
using attack::AttackPath;
using attack::GoalAnswer;
using attack::GoalStanding;
using attack::PathStep;

namespace {

struct Mark {
  double score = 0;
  std::set<std::string> hosts;
};

void mark(std::map<std::pair<std::string, std::string>, Mark>& marks, const attack::StepTemplate& rule,
          double score, const std::string& host) {
  Mark& made = marks[{rule.technique, rule.tactic}];
  made.score = std::max(made.score, score);
  if (!host.empty()) made.hosts.insert(host);
}

}  // namespace

Result<std::string> attackNavigator(const AttackReport& report, catalog::Framework domain) {
  const AttackGraph& graph = report.graph;
  std::map<std::pair<std::string, std::string>, Mark> marks;
  for (const attack::StepTemplate& rule : graph.templates->all()) {
    if (rule.domain == domain) mark(marks, rule, 0, "");
  }
  const attack::Closure now(graph.graph);
  for (std::size_t s = 0; s < graph.steps.size(); ++s) {
    const attack::AttackStep& step = graph.steps[s];
    if (!step.rule.valid() || !now.fires(attack::StepId(s))) continue;
    std::vector<attack::TemplateId> rules{step.rule};
    rules.insert(rules.end(), step.also.begin(), step.also.end());
    for (const attack::TemplateId id : rules) {
      const attack::StepTemplate& rule = graph.templates->at(id);
      if (rule.domain == domain) mark(marks, rule, 30, graph.parties[step.party.index()]);
    }
  }
  for (const GoalAnswer& goal : report.answers.goals) {
    for (const AttackPath& path : goal.paths) {
      for (const PathStep& step : path.steps) {
        if (!step.rule.valid()) continue;
        const attack::StepTemplate& rule = graph.templates->at(step.rule);
        if (rule.domain == domain)
          mark(marks, rule, goal.standing == GoalStanding::open ? 100 : 60, step.host);
      }
    }
  }
  NavigatorLayer layer;
  layer.name = (graph.model->name.empty() ? "model" : graph.model->name) + ": attack";
  layer.domain = domain;
  const catalog::Attack* attack = report.use.catalogue().domain(domain);
  layer.attackVersion = attack == nullptr ? "" : attack->version;
  layer.gradient = NavigatorGradient{{"#ffffff", "#f6dfa4", "#e05050"}, 0, 100};
  layer.legend = {{"on a way to an open goal", "#e05050"},
                  {"on a way to a guarded goal", "#f0b080"},
                  {"can be done today", "#f6dfa4"}};
  constexpr std::size_t kMostHosts = 20;
  for (const auto& [id, made] : marks) {
    NavigatorTechnique technique;
    technique.technique = id.first;
    technique.tactic = id.second;
    technique.score = made.score;
    technique.enabled = made.score > 0;
    std::size_t told = 0;
    for (const std::string& host : made.hosts) {
      if (told++ == kMostHosts) break;
      technique.comment += (technique.comment.empty() ? "" : ", ") + host;
    }
    if (made.hosts.size() > kMostHosts)
      technique.comment += fmt::format(" and {} more", made.hosts.size() - kMostHosts);
    if (made.score == 0) technique.comment = "nothing here lets it be done today, and no way shown takes it";
    layer.techniques.push_back(std::move(technique));
  }
  return navigatorLayer(layer);
}

Result<std::string> attackStix(const AttackReport& report, FlowTime written) {
  const AttackGraph& graph = report.graph;
  AttackFlowDrawing drawing;
  drawing.title = graph.model->name.empty() ? "Attack" : graph.model->name;
  for (const GoalAnswer& goal : report.answers.goals) {
    if (goal.paths.empty()) continue;
    const AttackPath& way = goal.paths.front();
    const std::size_t first = drawing.steps.size();
    for (const PathStep& step : way.steps) {
      FlowStep made;
      made.name = step.gains;
      if (step.rule.valid()) {
        const attack::StepTemplate& rule = graph.templates->at(step.rule);
        made.technique = rule.technique;
        made.tactic = report.use.tacticId(rule.domain, rule.tactic);
        const std::string name = report.use.name(rule.domain, rule.technique);
        made.name = name.empty() ? rule.technique : name;
      }
      made.host = step.host;
      made.description = step.gains;
      for (const attack::LayerId layer : step.mustFail)
        made.description += "; must fail: " + graph.layers[layer.index()].name;
      if (&step == &way.steps.back()) made.description += "; goal: " + goal.words;
      if (!step.after.empty()) {
        made.before.emplace_back();
        for (const std::size_t before : step.after) made.before.back().push_back(first + before);
      }
      drawing.steps.push_back(std::move(made));
    }
  }
  return attackFlowStix(drawing, written);
}

}  // namespace vauban::report
