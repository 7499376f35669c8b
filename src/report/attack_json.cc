#include <nlohmann/json.hpp>

#include "attack/attack_goals.h"
#include "report/attack_report.h"
#include "report/verdict_report.h"

namespace vauban::report {

using attack::AttackGraph;
using attack::AttackPath;
using attack::FactId;
using attack::GoalAnswer;
using attack::LayerId;
using Json = nlohmann::ordered_json;

namespace {

Json placeJson(const Place& place) {
  if (place.file.empty()) return nullptr;
  Json json = {{"file", place.file}, {"line", place.line}};
  if (place.column != 0) json["column"] = place.column;
  return json;
}

class AttackJson {
 public:
  explicit AttackJson(const AttackReport& report) : report_(report), graph_(report.graph) {}

  Json json() const {
    Json made = {{"schema", "vauban-attack-1"}, {"model", graph_.model->name}, {"start", start()}};
    made["parties"] = Json::array();
    for (const attack::Party& party : report_.parties)
      made["parties"].push_back(
          {{"id", party.id}, {"name", party.name}, {"techniques", party.techniques.size()}});
    made["goals"] = Json::array();
    for (const GoalAnswer& goal : report_.answers.goals) made["goals"].push_back(goalJson(goal));
    made["decoys"] = Json::array();
    for (const attack::Decoy& decoy : report_.answers.decoys) {
      made["decoys"].push_back(
          {{"host", party(decoy.party)}, {"technique", decoy.technique}, {"place", placeJson(decoy.place)}});
    }
    if (report_.flow) made["flow"] = flowJson(*report_.flow);
    if (!report_.changes.empty()) {
      made["what_if"] = Json::array();
      for (const auto& change : report_.changes) made["what_if"].push_back(changeJson(change));
    }
    made["size"] = {{"facts", graph_.graph.factCount()},
                    {"steps", graph_.graph.stepCount()},
                    {"layers", graph_.graph.layerCount()},
                    {"templates", graph_.templates->all().size()}};
    made["outside"] = channel::Judge::outsideTheModel();
    return made;
  }

 private:
  const std::string& party(reach::PartyId id) const { return graph_.parties[id.index()]; }

  Json names(const std::vector<reach::PartyId>& parties) const {
    Json list = Json::array();
    for (const reach::PartyId id : parties) list.push_back(party(id));
    return list;
  }

  Json start() const {
    return {{"at", names(graph_.start.at)},
            {"insiders", names(graph_.start.insiders)},
            {"supplied", graph_.start.supplied}};
  }

  Json layerJson(LayerId id) const {
    const attack::Layer& layer = graph_.layers[id.index()];
    return {{"kind", attack::toString(layer.kind)},
            {"name", layer.name},
            {"text", layer.text},
            {"place", placeJson(layer.place)}};
  }

  Json layersJson(const std::vector<LayerId>& layers) const {
    Json list = Json::array();
    for (const LayerId id : layers) list.push_back(layerJson(id));
    return list;
  }

  // A group: the layers that fail together.
  Json groupsJson(const attack::GroupSet& groups) const {
    Json list = Json::array();
    for (const attack::GroupId group : groups) list.push_back(layersJson(attack::layersOf(graph_, group)));
    return list;
  }

  Json depthJson(const attack::Depth& depth) const {
    Json sets = Json::array();
    for (const attack::GroupSet& set : depth.sets) sets.push_back(groupsJson(set));
    return {{"depth", depth.lower},
            {"exact", depth.exact},
            {"sets", sets},
            {"all_sets", depth.complete},
            {"single_points", groupsJson(depth.single)}};
  }

  static Json hopsJson(const std::vector<channel::Hop>& hops) {
    Json list = Json::array();
    for (const channel::Hop& hop : hops) {
      Json json = {{"from", hop.from},       {"to", hop.to},         {"service", serviceInWords(hop.packets)},
                   {"carrier", hop.carrier}, {"answer", hop.answer}, {"how", hop.how}};
      json["rule"] = nullptr;
      if (hop.rule) {
        json["rule"] = {{"file", hop.rule->place.file},
                        {"line", hop.rule->place.line},
                        {"text", hop.rule->text},
                        {"device", hop.rule->device}};
      }
      list.push_back(json);
    }
    return list;
  }

  Json techniqueJson(attack::TemplateId id) const {
    const attack::StepTemplate& rule = graph_.templates->at(id);
    return {{"template", rule.id},
            {"technique", rule.technique},
            {"name", report_.use.name(rule.domain, rule.technique)},
            {"domain", std::string(catalog::word(rule.domain))},
            {"tactic", rule.tactic},
            {"use", std::string(attack::word(report_.use.use(rule)))}};
  }

  Json gapsJson(const std::vector<FactId>& gaps) const {
    Json list = Json::array();
    for (const FactId gap : gaps) {
      const reach::Atom& atom = graph_.gaps.at(gap);
      list.push_back({{"line", atom.line},
                      {"where", atom.where},
                      {"text", atom.text},
                      {"test", atom.test},
                      {"place", placeJson(atom.place)}});
    }
    return list;
  }

  Json pathJson(const AttackPath& path) const {
    Json steps = Json::array();
    for (const attack::PathStep& step : path.steps) {
      Json json = {{"technique", nullptr}, {"host", step.host}, {"with", step.with}, {"gains", step.gains}};
      if (step.rule.valid()) json["technique"] = techniqueJson(step.rule);
      json["otherwise"] = Json::array();
      for (const attack::TemplateId id : step.otherwise) json["otherwise"].push_back(techniqueJson(id));
      json["in"] = hopsJson(step.brings);
      json["out"] = hopsJson(step.back);
      json["must_fail"] = layersJson(step.mustFail);
      json["assumes"] = gapsJson(step.assumes);
      json["after"] = step.after;
      steps.push_back(json);
    }
    return {{"starts", path.starts}, {"steps", steps}};
  }

  Json elementsJson(const std::vector<attack::ElementSet>& sets) const {
    Json list = Json::array();
    for (const attack::ElementSet& set : sets) list.push_back(elementJson(set));
    return list;
  }
  Json elementJson(const attack::ElementSet& set) const {
    Json hosts = Json::array();
    for (const attack::ElementId id : set) hosts.push_back(graph_.parties[id.index()]);
    return hosts;
  }

  Json goalJson(const GoalAnswer& goal) const {
    Json json = {{"goal", attack::goalWord(goal.goal)},
                 {"words", goal.words},
                 {"standing", std::string(attack::word(goal.standing))}};
    if (goal.standing == attack::GoalStanding::impossible) return json;
    json.update(depthJson(goal.depth));
    json["failing"] = groupsJson(goal.failing);
    json["paths"] = Json::array();
    for (const AttackPath& path : goal.paths) json["paths"].push_back(pathJson(path));
    json["all_paths"] = goal.allPaths;
    if (goal.likely) {
      json["likely"] = {{"cost", goal.likelyCost}, {"path", pathJson(*goal.likely)}};
      if (goal.success) {
        Json places = Json::array();
        for (const Place& place : goal.success->evidence) places.push_back(placeJson(place));
        json["likely"]["success"] = {
            {"low", goal.success->low}, {"high", goal.success->high}, {"grade", "E5"}, {"evidence", places}};
      }
    }
    if (goal.choke) {
      json["choke_points"] = {{"possible", goal.choke->possible},
                              {"least", goal.choke->lower},
                              {"exact", goal.choke->exact},
                              {"sets", elementsJson(goal.choke->sets)},
                              {"all_sets", goal.choke->complete}};
    }
    if (goal.decoys) {
      json["decoy_places"] = {{"hosts", elementJson(goal.decoys->elements)},
                              {"every_way", goal.decoys->closes},
                              {"met", goal.decoys->met},
                              {"listed", goal.decoys->listed},
                              {"all_listed", goal.decoys->complete}};
    }
    if (goal.tripwire) json["tripwire"] = {{"least", goal.tripwire->lower}, {"exact", goal.tripwire->exact}};
    return json;
  }

  Json flowJson(const AttackReport::Flow& asked) const {
    Json actions = Json::array();
    for (const attack::ActionAnswer& action : asked.answer.actions) {
      const attack::FlowAction& written = asked.flow->actions[action.action.index()];
      Json json = {{"id", written.id},
                   {"name", written.name},
                   {"technique", written.technique},
                   {"known_as", action.techniques},
                   {"joined", std::string(catalog::word(action.joined))},
                   {"standing", std::string(attack::word(action.standing))}};
      if (!action.by.empty()) {
        json["by"] = Json::array();
        for (const attack::TemplateId id : action.by) json["by"].push_back(graph_.templates->at(id).id);
        json["by_relative"] = action.byRelative;
        json["where"] = names(action.where);
      }
      if (action.standing == attack::ActionStanding::guarded) json.update(depthJson(action.depth));
      if (action.standing == attack::ActionStanding::stopped) json["stopped_by"] = action.stoppedBy;
      actions.push_back(json);
    }
    Json counts = Json::object();
    for (const auto standing : {attack::ActionStanding::open, attack::ActionStanding::guarded,
                                attack::ActionStanding::stopped, attack::ActionStanding::notModelled,
                                attack::ActionStanding::unknown, attack::ActionStanding::unnamed})
      counts[std::string(attack::word(standing))] = asked.answer.count(standing);
    Json warnings = Json::array();
    for (const Diagnostic& warning : asked.flow->warnings)
      warnings.push_back({{"text", warning.message}, {"place", placeJson(warning.place)}});
    Json json = {{"name", asked.flow->name},
                 {"format", std::string(attack::word(asked.flow->format))},
                 {"actions", actions},
                 {"counts", counts}};
    json["first_stopped"] = nullptr;
    if (asked.answer.firstStopped) json["first_stopped"] = *asked.answer.firstStopped;
    json["warnings"] = warnings;
    return json;
  }

  static Json lostJson(const attack::StepsLost& lost) {
    Json at = Json::array();
    for (const attack::LostStep& step : lost.at)
      at.push_back({{"technique", step.technique}, {"host", step.host}});
    return {{"before", lost.before}, {"after", lost.after},           {"removed", lost.lost},
            {"new", lost.gained},    {"techniques", lost.techniques}, {"at", at}};
  }

  Json changeJson(const AttackReport::Change& change) const {
    Json goals = Json::array();
    for (const attack::GoalChange& goal : change.whatIf.goals) {
      auto side = [](const GoalAnswer& answer) {
        Json json = {{"standing", std::string(attack::word(answer.standing))}};
        if (answer.standing != attack::GoalStanding::impossible) {
          json["depth"] = answer.depth.lower;
          json["exact"] = answer.depth.exact;
        }
        return json;
      };
      goals.push_back({{"goal", attack::goalWord(goal.before.goal)},
                       {"before", side(goal.before)},
                       {"after", side(goal.after)},
                       {"changed", goal.differs()}});
    }
    Json json = {{"change", change.whatIf.change},
                 {"instances", {{"before", change.whatIf.stepsBefore}, {"after", change.whatIf.stepsAfter}}},
                 {"today", lostJson(change.whatIf.today)},
                 {"ever", lostJson(change.whatIf.ever)},
                 {"goals", goals}};
    if (change.whatIf.inside) json["inside"] = lostJson(*change.whatIf.inside);
    json["d3fend"] = nullptr;
    if (!change.defence.empty())
      json["d3fend"] = {{"technique", change.defence}, {"inferred_rows", change.inferred}};
    return json;
  }

  const AttackReport& report_;
  const AttackGraph& graph_;
};

}  // namespace

std::string attackJson(const AttackReport& report) {
  // Texts of other people's files may hold anything.
  return AttackJson(report).json().dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace vauban::report
