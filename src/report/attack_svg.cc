// Laid out by Graphviz's dot with what it has built in: no fonts, no configuration of the machine's, so that
// the same report is the same drawing wherever it is made.
#include <fmt/format.h>
#include <gvc.h>
#include <gvplugin.h>

#include <map>
#include <memory>
#include <mutex>
#include <set>

#include "attack/attack_goals.h"
#include "report/attack_report.h"

extern "C" {
extern gvplugin_library_t gvplugin_dot_layout_LTX_library;
extern gvplugin_library_t gvplugin_core_LTX_library;
}

namespace vauban::report {

using attack::AttackPath;
using attack::GoalAnswer;
using attack::GoalStanding;
using attack::LayerId;
using attack::PathStep;

namespace {

// Graphviz keeps state of its own between calls.
std::mutex& oneAtATime() {
  static std::mutex mutex;
  return mutex;
}

class Drawing {
 public:
  Drawing() : graph_(agopen(text("attack").data(), Agdirected, nullptr)) {
    setDefault(AGRAPH, "rankdir", "LR");
    setDefault(AGRAPH, "fontname", "Helvetica");
    setDefault(AGNODE, "fontname", "Helvetica");
    setDefault(AGNODE, "fontsize", "11");
    setDefault(AGNODE, "shape", "box");
    setDefault(AGNODE, "style", "filled");
    setDefault(AGNODE, "fillcolor", "white");
    setDefault(AGNODE, "color", "black");
    setDefault(AGNODE, "label", "");
    setDefault(AGEDGE, "style", "solid");
    setDefault(AGEDGE, "color", "black");
  }
  ~Drawing() { agclose(graph_); }
  Drawing(const Drawing&) = delete;
  Drawing& operator=(const Drawing&) = delete;

  Agraph_t* graph() { return graph_; }

  void node(const std::string& id, const std::string& label,
            const std::vector<std::pair<const char*, const char*>>& looks) {
    Agnode_t* node = agnode(graph_, text(id).data(), 1);
    set(node, "label", escaped(label));
    for (const auto& [name, value] : looks) set(node, name, value);
  }
  void edge(const std::string& from, const std::string& to, bool dashed) {
    if (!edges_.insert({from, to}).second) return;
    Agedge_t* edge =
        agedge(graph_, agnode(graph_, text(from).data(), 1), agnode(graph_, text(to).data(), 1), nullptr, 1);
    if (dashed) {
      set(edge, "style", "dashed");
      set(edge, "color", "#b00020");
    }
  }

 private:
  // Graphviz takes texts that it does not change as such that it may.
  static std::string text(const std::string& words) { return words; }
  // What names hold is text, not one of Graphviz's escapes.
  static std::string escaped(const std::string& words) {
    std::string safe;
    for (const char c : words) {
      if (c == '\\') safe += '\\';
      const auto byte = static_cast<unsigned char>(c);
      safe += byte < 0x20 && c != '\n' ? ' ' : c;
    }
    return safe;
  }
  void setDefault(int kind, const char* name, const char* value) {
    agattr(graph_, kind, text(name).data(), text(value).data());
  }
  static void set(void* object, const char* name, const std::string& value) {
    agset(object, text(name).data(), text(value).data());
  }

  Agraph_t* graph_;
  std::set<std::pair<std::string, std::string>> edges_;
};

void drawWay(const AttackReport& report, const GoalAnswer& goal, Drawing& drawing) {
  const attack::AttackGraph& graph = report.graph;
  const std::string goalId = "goal " + attack::goalWord(goal.goal);
  const char* colour = goal.standing == GoalStanding::open         ? "#f4b6b6"
                       : goal.standing == GoalStanding::impossible ? "#bfe3c0"
                                                                   : "#f6dfa4";
  std::string label = goal.words + "\n" + std::string(attack::word(goal.standing));
  if (goal.standing == GoalStanding::guarded)
    label += fmt::format(", depth {}{}", goal.depth.exact ? "" : "at least ", goal.depth.lower);
  drawing.node(goalId, label, {{"shape", "doubleoctagon"}, {"fillcolor", colour}});
  if (goal.paths.empty()) return;
  const AttackPath& way = goal.paths.front();
  auto idOf = [](const PathStep& step) { return fmt::format("step {}", step.step.index()); };
  std::set<std::size_t> followed;
  for (const PathStep& step : way.steps) followed.insert(step.after.begin(), step.after.end());
  for (std::size_t s = 0; s < way.steps.size(); ++s) {
    const PathStep& step = way.steps[s];
    std::string title = step.gains;
    if (step.rule.valid()) {
      const attack::StepTemplate& rule = graph.templates->at(step.rule);
      title =
          rule.technique + " " + report.use.name(rule.domain, rule.technique) + "\n" + step.host + step.with;
    }
    drawing.node(idOf(step), title, {});
    for (const std::size_t before : step.after) drawing.edge(idOf(way.steps[before]), idOf(step), false);
    if (step.after.empty()) {
      for (const std::string& start : way.starts) {
        drawing.node("start " + start, start, {{"shape", "ellipse"}, {"fillcolor", "#dddddd"}});
        drawing.edge("start " + start, idOf(step), false);
      }
    }
    for (const LayerId layer : step.mustFail) {
      const std::string& name = graph.layers[layer.index()].name;
      drawing.node("layer " + name, name + "\nmust fail",
                   {{"shape", "hexagon"}, {"fillcolor", "#fff3d6"}, {"color", "#b00020"}});
      drawing.edge("layer " + name, idOf(step), true);
    }
    if (!followed.contains(s)) drawing.edge(idOf(step), goalId, false);
  }
}

}  // namespace

Result<std::string> attackSvg(const AttackReport& report) {
  const std::scoped_lock lock(oneAtATime());
  static lt_symlist_t builtIn[] = {{"gvplugin_dot_layout_LTX_library", &gvplugin_dot_layout_LTX_library},
                                   {"gvplugin_core_LTX_library", &gvplugin_core_LTX_library},
                                   {nullptr, nullptr}};
  const std::unique_ptr<GVC_t, int (*)(GVC_t*)> context(gvContextPlugins(builtIn, 0), gvFreeContext);
  Drawing drawing;
  for (const GoalAnswer& goal : report.answers.goals) drawWay(report, goal, drawing);
  auto problem = [](const char* message) {
    return failure({Severity::error, {"--format", 0, 0}, 0, message, "", ""});
  };
  if (context == nullptr || gvLayout(context.get(), drawing.graph(), "dot") != 0)
    return problem("Graphviz cannot lay the drawing out");
  char* bytes = nullptr;
  unsigned length = 0;
  const int status = gvRenderData(context.get(), drawing.graph(), "svg", &bytes, &length);
  std::string svg = status == 0 && bytes != nullptr ? std::string(bytes, length) : "";
  if (bytes != nullptr) gvFreeRenderData(bytes);
  gvFreeLayout(context.get(), drawing.graph());
  if (svg.empty()) return problem("Graphviz cannot write the drawing");
  return svg;
}

}  // namespace vauban::report
