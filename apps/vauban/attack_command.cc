#include "attack_command.h"

#include <chrono>
#include <ctime>
#include <fstream>
#include <iostream>
#include <sstream>

#include "attack/attack_answers.h"
#include "attack/attack_goals.h"
#include "attack/flow_answers.h"
#include "attack/goal_judge.h"
#include "attack/what_if.h"
#include "base/nearest_name.h"
#include "call_mistake.h"
#include "catalog/inference.h"
#include "knowledge_in_force.h"
#include "measure/evidence.h"
#include "output_file.h"
#include "report/attack_report.h"
#include "verdict_format.h"

namespace vauban {
namespace {

using attack::AttackGraph;

Diagnostic fileProblem(const std::string& file, const std::string& message) {
  return {Severity::error, {file, 0, 0}, 0, message, "", ""};
}

Result<attack::AttackFlow> flowOfFile(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  const attack::AttackFlowLimits limits;
  std::string text;
  char block[1 << 16];
  while (in && text.size() <= limits.bytes) {
    in.read(block, sizeof block);
    text.append(block, static_cast<std::size_t>(in.gcount()));
  }
  if (!in.eof()) return failure(fileProblem(file, text.empty() ? "cannot be read" : "is too long"));
  return attack::readAttackFlow(text, file, limits);
}

// What would be left unsaid, or contradicts itself.
Diagnostics mistakesOf(const AttackCall& call) {
  Diagnostics mistakes;
  const auto wrong = [&](const char* option, const std::string& message, const std::string& expected) {
    mistakes.push_back(callMistake(option, message, expected));
  };
  const bool drawing = call.format == "svg" || call.format == "navigator" || call.format == "stix";
  const std::string shown = "text or json: '" + call.format + "' shows ways to goals alone";
  if (auto mistake = dayMistake(call.today)) mistakes.push_back(std::move(*mistake));
  if (!call.flow.empty() && drawing) wrong("--flow", "its actions are not drawn", shown);
  if (!call.changes.empty() && drawing) wrong("--what-if", "what changes is not drawn", shown);
  if (call.decoys > 0 && drawing) wrong("--decoys", "places of decoys are not drawn", shown);
  if (call.decoys > 0 && call.paths == 0)
    wrong("--decoys", "without ways there is no place of decoys on them", "--paths 1 or more");
  if (call.decoys > 0 && !call.flow.empty())
    wrong("--decoys", "decoys are placed on ways to goals, and of a flow each action is the question",
          "one of --decoys and --flow");
  if (!call.goals.empty() && !call.flow.empty() && call.changes.empty())
    wrong("--goal", "of a flow each action is the question", "one of --goal and --flow");
  if (call.format == "stix" && call.paths == 0)
    wrong("--paths", "an Attack Flow of no way has no action", "--paths 1 or more");
  if (call.domain == "ics" && call.format != "navigator")
    wrong("--domain", "only a layer of the Navigator has a domain", "--format navigator");
  // Told before the search, not after it.
  if (auto mistake = outputMistake(call.output)) mistakes.push_back(std::move(*mistake));
  return mistakes;
}

// Who may be restricted to what they are seen to use: the call, or else the model; "any" restricts nobody.
Result<std::vector<attack::Party>> partiesOf(const AttackCall& call, const model::Model& model,
                                             const catalog::Catalogue& catalogue) {
  if (call.groups.empty()) return attack::partiesOf(catalogue, model.threats.groups, "threats.groups");
  if (call.groups == std::vector<std::string>{"any"}) return std::vector<attack::Party>{};
  return attack::partiesOf(catalogue, call.groups, "--group");
}

// Rows that D3FEND's inference has for a technique, over all views.
std::size_t inferredRows(const catalog::Catalogue& catalogue, const std::string& technique) {
  const catalog::Hierarchy hierarchy(catalogue.ontology);
  std::size_t rows = 0;
  for (const catalog::Row& row : catalog::infer(hierarchy, {catalog::View::page, {}, {}}))
    rows += catalogue.ontology[row.defensive].id == technique ? 1 : 0;
  return rows;
}

std::string defenceOf(const std::string& change) {
  if (change.starts_with("isolated:") || change.starts_with("shared:")) return "D3-BDI";
  if (change.starts_with("mfa:")) return "D3-MFA";
  if (change.starts_with("deploy:")) return change.substr(7, change.find('@') - 7);
  return "";
}

// One that the catalogue does not have would be said to take nothing away.
Diagnostics unknownDefences(const std::vector<std::string>& changes, const catalog::Catalogue& catalogue) {
  std::vector<std::string_view> known;
  for (const auto& it : catalogue.ontology.classes) {
    if (it.kind == catalog::ClassKind::defensive && !it.id.empty()) known.push_back(it.id);
  }
  Diagnostics mistakes;
  for (const std::string& change : changes) {
    if (!change.starts_with("deploy:")) continue;
    const std::string id = defenceOf(change);
    if (std::ranges::find(known, id) == known.end())
      mistakes.push_back({Severity::error,
                          {"--what-if", 0, 0},
                          0,
                          "D3FEND has no technique '" + id + "'",
                          "deploy:D3-ID@PLACE",
                          nearestName(id, known)});
  }
  return mistakes;
}

report::FlowTime midnight(const std::string& today) {
  int year = 1970;
  unsigned month = 1, day = 1;
  std::istringstream(today.size() == 10 ? today.substr(0, 4) : "1970") >> year;
  std::istringstream(today.size() == 10 ? today.substr(5, 2) : "1") >> month;
  std::istringstream(today.size() == 10 ? today.substr(8, 2) : "1") >> day;
  return std::chrono::sys_days(std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day));
}

Result<std::string> written(const AttackCall& call, const report::AttackReport& report) {
  if (call.format == "json") return report::attackJson(report);
  if (call.format == "svg") return report::attackSvg(report);
  if (call.format == "stix") return report::attackStix(report, midnight(call.today));
  if (call.format == "navigator") {
    return report::attackNavigator(
        report, call.domain == "ics" ? catalog::Framework::attackIcs : catalog::Framework::attackEnterprise);
  }
  const bool onTerminal = call.output.empty();
  const report::TextStyle style = terminalStyle(call.verbose, call.noColour || !onTerminal);
  return report::attackText(report, {style.colour, style.verbose});
}

Result<std::string> answered(const AttackCall& call) {
  if (const Diagnostics mistakes = mistakesOf(call); !mistakes.empty()) return std::unexpected(mistakes);
  auto loaded = loadModel(call.model);
  if (!loaded) return std::unexpected(loaded.error());
  auto catalogue = knowledgeInForce("");
  if (!catalogue) return std::unexpected(catalogue.error());
  if (const Diagnostics unknown = unknownDefences(call.changes, *catalogue); !unknown.empty())
    return std::unexpected(unknown);
  auto all = attack::StepTemplates::builtIn();
  if (!all) return std::unexpected(all.error());
  const model::Model& model = loaded->model;
  const auto parties = partiesOf(call, model, *catalogue);
  if (!parties) return std::unexpected(parties.error());
  const auto start = attack::parseStart(model, call.start);
  if (!start) return std::unexpected(start.error());
  const auto goals = attack::parseGoals(model, call.goals);
  if (!goals) return std::unexpected(goals.error());

  const attack::StepTemplates templates = parties->empty() ? std::move(*all) : attack::usedBy(*all, *parties);
  const auto graphOf = [&](const model::Model& of, const attack::Start& from) {
    const channel::Trust trust = channel::Trust::of(of, channel::SuffixLists::builtIn());
    return attack::buildAttackGraph(of, loaded->behaviours, trust, templates, from);
  };
  const attack::TechniqueUse use(*catalogue);
  const AttackGraph graph = graphOf(model, *start);
  const attack::GoalsOfModel asked =
      call.goals.empty() ? attack::goalsOf(model) : attack::GoalsOfModel{*goals, false};
  const attack::AttackQuestion ofChanges{asked.goals, call.paths, call.decoys, call.seconds};
  attack::AttackQuestion question = ofChanges;
  // Of a flow each action is the question, of every host its depth.
  if (!call.flow.empty()) question.goals.clear();
  if (asked.everyHost && !call.verbose && call.format == "text" && call.decoys == 0) question.paths = 0;
  const attack::AttackAnswers answers = attack::answer(graph, use, question);
  report::AttackReport report{graph, use, answers, asked.everyHost, *parties};

  std::optional<attack::AttackFlow> flow;
  if (!call.flow.empty()) {
    auto read = flowOfFile(call.flow);
    if (!read) return std::unexpected(read.error());
    flow = std::move(*read);
    attack::SearchLimits limits;
    limits.seconds = call.seconds;
    limits.sets = 4;
    report.flow = report::AttackReport::Flow{&*flow, attack::answerFlow(graph, use, *flow, limits)};
  }
  for (const std::string& change : call.changes) {
    const auto changed = attack::changed(model, change);
    if (!changed) return std::unexpected(changed.error());
    const AttackGraph after = graphOf(*changed, *start);
    const std::string defence = defenceOf(change);
    report.changes.push_back({attack::compare(graph, after, use, ofChanges, change), defence,
                              defence.empty() ? 0 : inferredRows(*catalogue, defence)});
    if (const auto inside = attack::startInside(graph, change)) {
      report.changes.back().whatIf.inside =
          attack::stepsLostToday(graphOf(model, *inside), graphOf(*changed, *inside));
    }
  }
  return written(call, report);
}

}  // namespace

ExitCode attackCommand(const AttackCall& call) { return tell(answered(call), call.output, call.format); }

Result<void> judgeGoals(const LoadedModel& loaded, const channel::Trust& trust, const std::string& today,
                        double seconds, std::vector<channel::ClaimResult>& results) {
  const auto aboutGoal = [](const channel::ClaimResult& result) {
    return attack::isAboutGoal(*result.claim);
  };
  if (std::ranges::none_of(results, aboutGoal)) return {};
  auto catalogue = knowledgeInForce("");
  if (!catalogue) return std::unexpected(catalogue.error());
  auto templates = attack::StepTemplates::builtIn();
  if (!templates) return std::unexpected(templates.error());
  const attack::TechniqueUse use(*catalogue);
  const AttackGraph graph = attack::buildAttackGraph(loaded.model, loaded.behaviours, trust, *templates);
  attack::GoalJudge(graph, use, today, seconds).judgeAmong(results);
  return {};
}

}  // namespace vauban
