// One attack graph: processor seconds and memory of its making, of its expansion host by host, and of the
// depth of goals. Prints one JSON object. bench/attack.py runs it beside the peer.
//   attack_bench MODEL [--expand] [--goals N] [--devices-hold]
// --goals: the depth of the first N goals: each asset's data, then each of its impacts, then hosts.
// --devices-hold: enforcement points cannot fail.
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <utility>

#include "attack/attack_graph.h"
#include "attack/closure.h"
#include "attack/depth.h"
#include "attack/expansion.h"
#include "channel/trust.h"
#include "import/load_rules.h"
#include "model/diagnostic_text.h"
#include "model/model_reader.h"

namespace {

using namespace vauban;
// Of this process, all threads: what else the machine does must not count.
double processorSeconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

double since(double& start) {
  const double now = processorSeconds();
  return now - std::exchange(start, now);
}

double peakMegabytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

int refuse(const Diagnostics& problems) {
  std::fputs(model::diagnosticText(problems).c_str(), stderr);
  return 2;
}

std::vector<attack::FactId> goalsOf(const attack::AttackGraph& graph, std::size_t count) {
  std::vector<attack::FactId> goals;
  auto add = [&](const model::Goal& goal) {
    if (const auto fact = graph.goal(goal); fact && goals.size() < count) goals.push_back(*fact);
  };
  for (const model::Asset& asset : graph.model->assets) {
    for (const char* kind : {"", "integrity", "availability", "confidentiality"}) {
      model::Goal goal;
      goal.asset = asset.name;
      goal.impact = *kind != 0;
      goal.kind = kind;
      add(goal);
    }
  }
  for (const model::Host& host : graph.model->hosts) {
    model::Goal goal;
    goal.controls = host.name;
    add(goal);
  }
  return goals;
}

}  // namespace

int main(int argc, char** argv) {
  std::string file;
  bool expand = false, devicesMayFail = true;
  std::size_t goalCount = 0;
  for (int a = 1; a < argc; ++a) {
    const std::string word = argv[a];
    if (word == "--expand") {
      expand = true;
    } else if (word == "--devices-hold") {
      devicesMayFail = false;
    } else if (word == "--goals" && a + 1 < argc) {
      goalCount = std::strtoull(argv[++a], nullptr, 10);
    } else {
      file = word;
    }
  }
  double clock = processorSeconds();
  const auto behaviours = model::BehaviourCatalogue::builtIn();
  const auto templates = attack::StepTemplates::builtIn();
  if (!behaviours || !templates) return refuse(behaviours ? templates.error() : behaviours.error());
  model::Vocabulary vocabulary;
  vocabulary.behaviours = &*behaviours;
  auto model = model::readModel(file, vocabulary);
  if (!model) return refuse(model.error());
  import::loadRules(*model);
  const channel::Trust trust = channel::Trust::of(*model, channel::SuffixLists::builtIn());
  const double read = since(clock);

  const attack::AttackGraph graph =
      attack::buildAttackGraph(*model, *behaviours, trust, *templates, {}, devicesMayFail);
  const double build = since(clock);
  const attack::Closure today(graph.graph);
  const double fixpoint = since(clock);
  std::size_t classes = 0, hosts = 0;
  for (std::size_t h = 0; h < graph.standIn.size(); ++h) {
    classes += graph.standIn[h] == model::HostId(h) ? 1 : 0;
    hosts += model->hosts[h].count;
  }
  std::printf(
      R"({"hosts": %zu, "classes": %zu, "read": %.4f, "build": %.4f, "fixpoint": %.4f, "facts": %zu, "steps": %zu, )"
      R"("holding": %zu)",
      hosts, classes, read, build, fixpoint, graph.graph.factCount(), graph.graph.stepCount(),
      today.holding());
  std::printf(R"(, "symbolic_mb": %.1f)", peakMegabytes());
  if (goalCount > 0) {
    since(clock);
    const attack::DepthFinder finder(graph.graph, graph.groups);
    std::size_t exact = 0, asked = 0;
    for (const attack::FactId goal : goalsOf(graph, goalCount)) {
      attack::SearchLimits limits;
      limits.sets = 1;
      exact += finder.depth(goal, limits).exact ? 1 : 0;
      ++asked;
    }
    std::printf(R"(, "goals": %zu, "exact": %zu, "depth": %.4f)", asked, exact, since(clock));
  }
  if (expand) {
    since(clock);
    const auto expansion = attack::Expansion::of(graph);
    if (!expansion) return refuse(expansion.error());
    const double expanded = since(clock);
    const auto holds = expansion->holding({});
    std::size_t holding = 0;
    for (std::size_t n = 0; n < expansion->factNodeCount(); ++n) holding += holds[n];
    std::printf(
        R"(, "expand": %.4f, "nodes": %zu, "edges": %zu, "fact_nodes": %zu, "expanded_holding": %zu, "expanded_fixpoint": %.4f, "expanded_mb": %.1f)",
        expanded, expansion->nodeCount(), expansion->edgeCount(), expansion->factNodeCount(), holding,
        since(clock), static_cast<double>(expansion->bytes()) / (1 << 20));
  }
  std::printf(R"(, "peak_mb": %.1f})"
              "\n",
              peakMegabytes());
  return 0;
}
