#include "report/map_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "catalog/attack.h"

namespace vauban::report {

using catalog::ClassId;
using catalog::Hierarchy;
using catalog::Match;
using catalog::Row;
using Json = nlohmann::ordered_json;

namespace {

struct Best {
  const Row* row = nullptr;
  Match match{};
  bool may = false;
  std::size_t paths = 0;
};

bool better(const Best& a, const Best& b) {
  return std::tuple(a.row->rule, a.match, a.may) < std::tuple(b.row->rule, b.match, b.may);
}

}  // namespace

std::string mapTsv(const Hierarchy& hierarchy, const std::vector<Row>& rows, const MapStyle& style) {
  const catalog::Ontology& ontology = hierarchy.ontology();
  std::string text =
      "def_tactic\td3fend_id\tdef_tech\tdef_rel\tdef_artifact\toff_artifact\toff_rel\toff_tech";
  if (style.deprecatedColumn) text += "\toff_deprecated";
  if (style.ruleColumn) text += "\trule";
  text += '\n';
  for (const Row& row : rows) {
    for (const std::string_view cell :
         {std::string_view(ontology[row.tactic].name), std::string_view(ontology[row.defensive].id),
          std::string_view(ontology[row.defensive].name),
          std::string_view(ontology.properties[row.defensiveProperty.index()].name),
          std::string_view(ontology[row.defensiveArtifact].name),
          std::string_view(ontology[row.offensiveArtifact].name),
          std::string_view(ontology.properties[row.offensiveProperty.index()].name)}) {
      text += cell;
      text += '\t';
    }
    text += ontology[row.offensive].id;
    if (style.deprecatedColumn) text += ontology[row.offensive].deprecated ? "\t1" : "\t0";
    if (style.ruleColumn) text += fmt::format("\t{}", word(row.rule));
    text += '\n';
  }
  return text;
}

std::string mapJson(const Hierarchy& hierarchy, const std::vector<Row>& rows,
                    const catalog::InferenceOptions& options) {
  const catalog::Ontology& ontology = hierarchy.ontology();
  Json beyond = Json::array();
  for (const catalog::Rule rule : options.beyond) beyond.push_back(word(rule));
  Json list = Json::array();
  for (const Row& row : rows) {
    const auto property = [&](catalog::PropertyId id) { return ontology.properties[id.index()].name; };
    Json it = {{"tactic", ontology[row.tactic].name},
               {"relation", catalog::relationOfTactic(ontology[row.tactic].name)},
               {"countermeasure", ontology[row.defensive].id},
               {"countermeasure-name", ontology[row.defensive].name},
               {"countermeasure-property", property(row.defensiveProperty)},
               {"countermeasure-artifact", ontology[row.defensiveArtifact].name},
               {"technique-artifact", ontology[row.offensiveArtifact].name},
               {"technique-property", property(row.offensiveProperty)},
               {"technique", ontology[row.offensive].id},
               {"technique-deprecated", ontology[row.offensive].deprecated},
               {"rule", word(row.rule)},
               {"match", word(matchOf(hierarchy, row))},
               {"rests-on-may", restsOnMay(hierarchy, row)},
               {"grade", word(catalog::Grade::e0)}};
    if (row.defensiveHolder != row.defensive)
      it["countermeasure-asserted-on"] = ontology[row.defensiveHolder].name;
    if (row.offensiveHolder != row.offensive)
      it["technique-asserted-on"] = ontology[row.offensiveHolder].name;
    if (row.through.valid()) it["through"] = ontology[row.through].name;
    list.push_back(std::move(it));
  }
  const Json json = {{"format", "vauban-map"},     {"version", 1},     {"d3fend", ontology.version},
                     {"view", word(options.view)}, {"beyond", beyond}, {"rows", list}};
  return json.dump(1) + "\n";
}

std::string mapText(const Hierarchy& hierarchy, const std::vector<Row>& rows, const MapStyle& style) {
  const catalog::Ontology& ontology = hierarchy.ontology();
  const auto natural = [](const std::string& a, const std::string& b) { return catalog::naturalLess(a, b); };
  std::map<std::string, std::map<std::pair<ClassId, ClassId>, Best>, decltype(natural)> techniques(natural);
  for (const Row& row : rows) {
    Best& best = techniques[ontology[row.offensive].id][{row.tactic, row.defensive}];
    const Best one{&row, matchOf(hierarchy, row), restsOnMay(hierarchy, row), best.paths + 1};
    if (best.row == nullptr || better(one, best)) {
      best = one;
    } else {
      ++best.paths;
    }
  }
  std::string text;
  for (const auto& [id, answers] : techniques) {
    const catalog::OntologyClass& technique = ontology[answers.begin()->second.row->offensive];
    text += fmt::format("{}  {}{}\n", id, technique.label, technique.deprecated ? "  (deprecated)" : "");
    std::vector<const Best*> order;
    for (const auto& [key, best] : answers) order.push_back(&best);
    std::ranges::stable_sort(order, [](const Best* a, const Best* b) { return better(*a, *b); });
    std::size_t shown = 0;
    for (const Best* best : order) {
      if (style.most != 0 && shown == style.most) break;
      ++shown;
      const Row& row = *best->row;
      const auto property = [&](catalog::PropertyId it) { return ontology.properties[it.index()].name; };
      std::string path =
          fmt::format("{} {}", property(row.defensiveProperty), ontology[row.defensiveArtifact].name);
      if (row.through.valid()) path += fmt::format(" > contains {}", ontology[row.through].name);
      if (row.offensiveArtifact != row.defensiveArtifact)
        path += (row.rule == catalog::Rule::partialCoverage ? " < " : " > ") +
                ontology[row.offensiveArtifact].name;
      path += fmt::format(" < {}", property(row.offensiveProperty));
      if (row.offensiveHolder != row.offensive)
        path += fmt::format(" by {}", ontology[row.offensiveHolder].name);
      text += fmt::format("  {:<8} {:<10} {:<8} {}{}  {}{}\n", ontology[row.tactic].name,
                          ontology[row.defensive].id, word(best->match), best->may ? "may  " : "     ",
                          ontology[row.defensive].label, path,
                          row.rule == catalog::Rule::official ? "" : fmt::format("  [{}]", word(row.rule)));
      if (best->paths > 1) {
        text.pop_back();
        text += fmt::format("  and {} more {}\n", best->paths - 1, best->paths == 2 ? "path" : "paths");
      }
    }
    if (shown < order.size()) text += fmt::format("  and {} more countermeasures\n", order.size() - shown);
  }
  text +=
      fmt::format("{} rows, {} techniques; D3FEND {}\n", rows.size(), techniques.size(),
                  ontology.version.empty() ? "of a version that the file does not say" : ontology.version);
  text += "inferred through artifacts (grade E0): applicable, never a measure of effect\n";
  return text;
}

}  // namespace vauban::report
