// docs/formats/audit.md, vauban-audit-1.
#include <nlohmann/json.hpp>

#include "report/audit_report.h"

namespace vauban::report {

using catalog::Audit;
using catalog::AuditedVersion;
using catalog::Count;
using catalog::TacticFigures;
using catalog::Weight;

namespace {

// Objects keep the order in which they are written.
using Json = nlohmann::ordered_json;

Json optionalText(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json versionJson(const AuditedVersion& version) {
  return {{"framework", word(version.framework)},
          {"version", optionalText(version.version)},
          {"released", optionalText(version.released)}};
}

Json tacticJson(const TacticFigures& tactic) {
  return {{"tactic", optionalText(tactic.tactic)},
          {"countermeasures", tactic.techniques},
          {"published", tactic.published ? Json(*tactic.published) : Json(nullptr)},
          {"with_artifact", tactic.withArtifact},
          {"on_patent", tactic.onPatent},
          {"only_patents", tactic.onlyPatents},
          {"no_patent", tactic.noPatent},
          {"no_reference", tactic.noReference},
          {"citations", tactic.citations},
          {"patent_citations", tactic.patentCitations}};
}

// Pairs of a name and a count, as an object in their order.
template <class Pairs, class Name>
Json countsJson(const Pairs& pairs, Name name) {
  Json counts = Json::object();
  for (const auto& [of, count] : pairs) counts[std::string(name(of))] = count;
  return counts;
}

Json countsJson(const std::vector<std::pair<std::string, Count>>& pairs) {
  return countsJson(pairs, [](const std::string& name) { return name; });
}

Json referencesJson(const Audit& audit) {
  Json list = Json::array();
  for (const auto& type : audit.references) {
    Json byTactic = Json::array();
    for (std::size_t i = 0; i < type.citationsByTactic.size(); ++i) {
      byTactic.push_back(
          {{"tactic", optionalText(audit.tactics[i].tactic)}, {"citations", type.citationsByTactic[i]}});
    }
    list.push_back({{"type", optionalText(type.type)},
                    {"references", type.references},
                    {"cited", type.cited},
                    {"citations", type.citations},
                    {"countermeasures", type.techniques},
                    {"by_tactic", byTactic},
                    {"dated", type.dated},
                    {"first_year", type.dated == 0 ? Json(nullptr) : Json(type.firstYear)},
                    {"last_year", type.dated == 0 ? Json(nullptr) : Json(type.lastYear)}});
  }
  return list;
}

Json citationsJson(const Audit& audit) {
  Json list = Json::array();
  for (const auto& it : audit.citations) {
    list.push_back({{"countermeasure", it.technique},
                    {"reference", it.reference},
                    {"type", optionalText(it.type)},
                    {"year", it.year == 0 ? Json(nullptr) : Json(it.year)}});
  }
  return list;
}

Json rowCountsJson(const catalog::RowCounts& of) {
  return {{"rows", of.rows},
          {"may_rows", of.mayRows},
          {"exact_rows", of.exactRows},
          {"narrower_rows", of.narrowerRows},
          {"generic_rows", of.genericRows},
          {"pairs", of.pairs},
          {"may_pairs", of.mayPairs},
          {"exact_pairs", of.exactPairs},
          {"narrower_pairs", of.narrowerPairs},
          {"generic_pairs", of.genericPairs},
          {"firm_pairs", of.firmPairs},
          {"countermeasures", of.countermeasures},
          {"attack_techniques", of.attackTechniques}};
}

Json viewsJson(const Audit& audit) {
  Json list = Json::array();
  for (const auto& view : audit.views) {
    Json byTactic = Json::array(), artifacts = Json::array();
    for (const auto& [tactic, of] : view.byTactic) {
      Json row = {{"tactic", tactic}};
      row.update(rowCountsJson(of));
      byTactic.push_back(std::move(row));
    }
    for (const auto& it : view.artifacts) {
      artifacts.push_back({{"artifact", it.artifact},
                           {"at_or_below", it.below},
                           {"touched_kinds", it.touchedKinds},
                           {"generic", it.generic},
                           {"rows", it.rows},
                           {"pairs", it.pairs},
                           {"pairs_on_it_alone", it.onlyPairs}});
    }
    list.push_back({{"view", word(view.view)},
                    {"all", rowCountsJson(view.all)},
                    {"by_tactic", byTactic},
                    {"artifacts", artifacts}});
  }
  return list;
}

Json answersJson(const std::vector<catalog::Answers>& answers) {
  Json views = Json::object();
  for (const auto& of : answers) {
    Json json = {{"any", of.any}, {"exact", of.exact}};
    if (of.any == 0) {
      json["gap"] = word(of.gap);
      if (!of.deadEnds.empty()) json["dead_ends"] = of.deadEnds;
    }
    views[std::string(word(of.view))] = std::move(json);
  }
  return views;
}

Json countermeasuresJson(const Audit& audit) {
  Json list = Json::array();
  for (const auto& it : audit.countermeasures) {
    list.push_back({{"id", it.id},
                    {"class", it.className},
                    {"name", it.name},
                    {"tactics", it.tactics},
                    {"references", it.references},
                    {"patents", it.patents},
                    {"artifacts", it.artifacts},
                    {"answers", answersJson(it.answers)},
                    {"by_inheritance", it.byInheritance},
                    {"mapped_to", it.bridges}});
  }
  return list;
}

Json ontologyTechniquesJson(const Audit& audit) {
  Json list = Json::array();
  for (const auto& it : audit.ontologyTechniques) {
    list.push_back({{"id", it.id},
                    {"name", it.name},
                    {"tactics", it.tactics},
                    {"deprecated", it.deprecated},
                    {"answers", answersJson(it.answers)}});
  }
  return list;
}

Json weightJson(const Weight& weight) {
  return {{"techniques", weight.techniques},
          {"observed", weight.observed},
          {"groups", weight.groups},
          {"campaigns", weight.campaigns},
          {"use", weight.use()}};
}

Json coverageJson(const std::vector<catalog::Coverage>& coverage) {
  Json views = Json::object();
  for (const auto& of : coverage) {
    Json gaps = Json::object();
    for (const auto& [reason, weight] : of.gaps) gaps[std::string(word(reason))] = weightJson(weight);
    views[std::string(word(of.view))] = {
        {"any", weightJson(of.any)}, {"exact", weightJson(of.exact)}, {"gaps", gaps}};
  }
  return views;
}

Json attackTechniqueJson(const catalog::AttackFigures& it) {
  return {{"id", it.id},
          {"name", it.name},
          {"tactics", it.tactics},
          {"groups", it.groups},
          {"campaigns", it.campaigns},
          {"joined_by", word(it.ontology.by)},
          {"ontology_ids", it.ontology.ids},
          {"answers", answersJson(it.answers)},
          {"grade", it.grade ? Json(word(*it.grade)) : Json(nullptr)}};
}

Json domainsJson(const Audit& audit) {
  Json list = Json::array();
  for (const auto& domain : audit.domains) {
    Json byTactic = Json::array(), techniques = Json::array();
    for (const auto& tactic : domain.byTactic) {
      byTactic.push_back({{"tactic", tactic.tactic},
                          {"all", weightJson(tactic.all)},
                          {"coverage", coverageJson(tactic.coverage)}});
    }
    for (const auto& it : domain.techniques) techniques.push_back(attackTechniqueJson(it));
    list.push_back(
        {{"framework", word(domain.version.framework)},
         {"version", optionalText(domain.version.version)},
         {"all", weightJson(domain.all)},
         {"joined",
          {{"same_id", weightJson(domain.sameId)},
           {"other_id", weightJson(domain.otherId)},
           {"not_joined", weightJson(domain.notJoined)}}},
         {"coverage", coverageJson(domain.coverage)},
         {"by_tactic", byTactic},
         {"evidence",
          {{"mitigations", domain.mitigations},
           {"controls", countsJson(domain.controls, [](catalog::Framework of) { return word(of); })},
           {"scores", domain.scores},
           {"trials", domain.trials},
           {"rules", domain.rules},
           {"rules_and_tests", domain.rulesAndTests},
           {"collections", countsJson(domain.collections)},
           {"by_grade", countsJson(domain.byGrade)}}},
         {"techniques", techniques}});
  }
  return list;
}

Json protocolsJson(const Audit& audit) {
  Json list = Json::array();
  for (const auto& it : audit.protocols) {
    list.push_back({{"protocol", it.service},
                    {"artifact", it.artifact},
                    {"below", it.parent},
                    {"in_d3fend", it.inOntology},
                    {"acted_on_by", it.particular},
                    {"with_wider_traffic_by", it.general},
                    {"attack_techniques", it.attackTechniques},
                    {"extension", {{"techniques", it.uses}, {"countermeasures", it.countermeasures}}},
                    {"reference", it.reference}});
  }
  return list;
}

Json roleJson(const std::pair<std::string, std::string>& role) {
  return {{"id", role.first}, {"name", optionalText(role.second)}};
}

Json ownersJson(const Audit& audit) {
  Json list = Json::array();
  for (const auto& it : audit.owners) {
    Json responsible = Json::array(), consulted = Json::array();
    for (const auto& role : it.responsible) responsible.push_back(roleJson(role));
    for (const auto& role : it.consulted) consulted.push_back(roleJson(role));
    list.push_back({{"tactic", it.tactic},
                    {"countermeasures", it.techniques},
                    {"responsible", responsible},
                    {"consulted", consulted},
                    {"accountable", roleJson(it.accountable)},
                    {"within_soc", it.withinSoc},
                    {"basis", it.basis}});
  }
  return {{"by_tactic", list}, {"countermeasures_within_soc", audit.withinSoc}};
}

Json mappingsJson(const Audit& audit) {
  Json list = Json::array();
  for (const auto& it : audit.bridges) {
    list.push_back({{"to", it.kind},
                    {"pairs", it.pairs},
                    {"countermeasures", it.techniques},
                    {"so_far", it.together},
                    {"unknown_pairs", it.unknown}});
  }
  return {{"by_kind", list}, {"countermeasures_mapped", audit.bridged}};
}

Json frameworksJson(const Audit& audit) {
  Json list = Json::array();
  for (const auto& it : audit.frameworks) {
    Json json = versionJson(it.version);
    json["entries"] = it.controls;
    json["withdrawn"] = it.withdrawn;
    json["profiles"] = countsJson(it.profiles);
    list.push_back(std::move(json));
  }
  return list;
}

}  // namespace

std::string auditJson(const Audit& audit) {
  Json versions = Json::array(), tactics = Json::array();
  for (const auto& version : audit.versions) versions.push_back(versionJson(version));
  for (const auto& tactic : audit.tactics) tactics.push_back(tacticJson(tactic));
  const Json json = {
      {"schema", "vauban-audit-1"},
      {"versions", versions},
      {"published", {{"version", catalog::kPublishedVersion}, {"date", catalog::kPublishedDate}}},
      {"tactics", tactics},
      {"all", tacticJson(audit.all)},
      {"relations_among_countermeasures", countsJson(audit.amongCountermeasures)},
      {"references", referencesJson(audit)},
      {"views", viewsJson(audit)},
      {"attack", domainsJson(audit)},
      {"protocols", protocolsJson(audit)},
      {"owners", ownersJson(audit)},
      {"mappings", mappingsJson(audit)},
      {"frameworks", frameworksJson(audit)},
      {"not_joined", countsJson(audit.notJoined)},
      {"countermeasures", countermeasuresJson(audit)},
      {"citations", citationsJson(audit)},
      {"ontology_techniques", ontologyTechniquesJson(audit)}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace vauban::report
