// One by one: what the tables of the audit's report count.
#include <fmt/format.h>

#include "report/audit_sheets.h"

namespace vauban::report {

using catalog::Answers;
using catalog::Audit;

namespace {

constexpr std::size_t kMost = 12;

Sheet detail(std::string name, std::string title, std::vector<Column> columns) {
  Sheet sheet;
  sheet.name = std::move(name);
  sheet.title = std::move(title);
  sheet.columns = std::move(columns);
  sheet.detail = true;
  return sheet;
}

void answerColumns(const Audit& audit, Sheet& sheet) {
  for (const auto& view : audit.views) {
    for (const char* what : {"answers", "exact", "gap", "dead ends"}) {
      const std::string_view column = what;
      sheet.columns.push_back(
          {fmt::format("{} {}", word(view.view), column), column == "answers" || column == "exact"});
    }
  }
}

void answerCells(const std::vector<Answers>& answers, std::vector<Cell>& row) {
  for (const Answers& of : answers) {
    row.push_back(countCell(of.any));
    row.push_back(countCell(of.exact));
    row.push_back(of.any == 0 ? Cell{std::string(inWords(of.gap)), std::string(word(of.gap))} : blankCell());
    row.push_back(listCell(of.deadEnds, kMost));
  }
}

Cell flagCell(bool flag) { return {flag ? "yes" : "no", flag ? "1" : "0"}; }

Sheet countermeasures(const Audit& audit) {
  Sheet sheet =
      detail("countermeasures", "Countermeasures one by one",
             {{"id"}, {"name"}, {"tactics"}, {"references", true}, {"patents", true}, {"artifacts"}});
  answerColumns(audit, sheet);
  sheet.columns.push_back({"by inheritance"});
  sheet.columns.push_back({"mapped to"});
  for (const auto& it : audit.countermeasures) {
    std::vector<Cell> row{textCell(it.id),          textCell(it.name),     listCell(it.tactics, kMost),
                          countCell(it.references), countCell(it.patents), listCell(it.artifacts, kMost)};
    answerCells(it.answers, row);
    row.push_back(flagCell(it.byInheritance));
    row.push_back(listCell(it.bridges, kMost));
    sheet.add(std::move(row));
  }
  return sheet;
}

Sheet citations(const Audit& audit) {
  Sheet sheet = detail("citations", "What each countermeasure cites",
                       {{"countermeasure"}, {"reference"}, {"type"}, {"year", true}});
  for (const auto& it : audit.citations) {
    sheet.add({textCell(it.technique), textCell(it.reference), textCell(it.type),
               it.year == 0 ? blankCell() : textCell(std::to_string(it.year))});
  }
  return sheet;
}

Sheet attackTechniques(const Audit& audit) {
  Sheet sheet = detail("attack-techniques", "ATT&CK techniques one by one",
                       {{"domain"},
                        {"id"},
                        {"name"},
                        {"tactics"},
                        {"groups", true},
                        {"campaigns", true},
                        {"joined by"},
                        {"in the ontology"}});
  answerColumns(audit, sheet);
  sheet.columns.push_back({"best evidence"});
  for (const auto& domain : audit.domains) {
    for (const auto& it : domain.techniques) {
      std::vector<Cell> row{textCell(domainInWords(domain.version.framework)),
                            textCell(it.id),
                            textCell(it.name),
                            listCell(it.tactics, kMost),
                            countCell(it.groups),
                            countCell(it.campaigns),
                            textCell(word(it.ontology.by)),
                            listCell(it.ontology.ids, kMost)};
      answerCells(it.answers, row);
      row.push_back(it.grade ? textCell(word(*it.grade)) : Cell{"none", ""});
      sheet.add(std::move(row));
    }
  }
  return sheet;
}

Sheet ontologyTechniques(const Audit& audit) {
  Sheet sheet = detail("ontology-techniques", "Attack techniques of the ontology one by one",
                       {{"id"}, {"name"}, {"tactics"}, {"deprecated"}});
  answerColumns(audit, sheet);
  for (const auto& it : audit.ontologyTechniques) {
    std::vector<Cell> row{textCell(it.id), textCell(it.name), listCell(it.tactics, kMost),
                          flagCell(it.deprecated)};
    answerCells(it.answers, row);
    sheet.add(std::move(row));
  }
  return sheet;
}

Sheet rowsByTactic(const Audit& audit) {
  Sheet sheet = detail("rows-by-tactic", "What the inference joins, by tactic",
                       {{"view"},
                        {"tactic"},
                        {"rows", true},
                        {"rows on may-", true},
                        {"exact rows", true},
                        {"narrower rows", true},
                        {"generic rows", true},
                        {"pairs", true},
                        {"pairs on may- only", true},
                        {"exact pairs", true},
                        {"narrower pairs", true},
                        {"generic pairs", true},
                        {"firm pairs", true},
                        {"countermeasures", true},
                        {"attack techniques", true}});
  const auto add = [&](const auto& view, const std::string& tactic, const catalog::RowCounts& of) {
    std::vector<Cell> row{textCell(word(view.view)), textCell(tactic)};
    for (const catalog::Count count :
         {of.rows, of.mayRows, of.exactRows, of.narrowerRows, of.genericRows, of.pairs, of.mayPairs,
          of.exactPairs, of.narrowerPairs, of.genericPairs, of.firmPairs, of.countermeasures,
          of.attackTechniques})
      row.push_back(countCell(count));
    sheet.add(std::move(row));
  };
  for (const auto& view : audit.views) {
    for (const auto& [tactic, of] : view.byTactic) add(view, tactic, of);
    add(view, "all", view.all);
  }
  return sheet;
}

Sheet artifacts(const Audit& audit) {
  Sheet sheet = detail("artifacts", "Artifacts that countermeasures act on, where there is a row",
                       {{"view"},
                        {"artifact"},
                        {"kinds touched", true},
                        {"at or below", true},
                        {"generic"},
                        {"rows", true},
                        {"pairs", true},
                        {"pairs on it alone", true}});
  for (const auto& view : audit.views) {
    for (const auto& it : view.artifacts) {
      sheet.add({textCell(word(view.view)), textCell(it.artifact), countCell(it.touchedKinds),
                 countCell(it.below), flagCell(it.generic), countCell(it.rows), countCell(it.pairs),
                 countCell(it.onlyPairs)});
    }
  }
  return sheet;
}

Sheet referencesByTactic(const Audit& audit) {
  Sheet sheet = detail("references-by-tactic", "Citations by type of reference and tactic", {{"type"}});
  for (const auto& tactic : audit.tactics)
    sheet.columns.push_back({tactic.tactic.empty() ? "none" : tactic.tactic, true});
  sheet.columns.push_back({"all", true});
  for (const auto& type : audit.references) {
    std::vector<Cell> row{textCell(type.type.empty() ? "not said" : type.type)};
    for (const catalog::Count count : type.citationsByTactic) row.push_back(countCell(count));
    row.push_back(countCell(type.citations));
    sheet.add(std::move(row));
  }
  return sheet;
}

Sheet protocols(const Audit& audit) {
  Sheet sheet = detail("protocols-one-by-one", "Protocols one by one",
                       {{"protocol"},
                        {"artifact"},
                        {"below"},
                        {"in D3FEND"},
                        {"acted on by"},
                        {"acted on with wider traffic by"},
                        {"attack techniques", true},
                        {"techniques of the extension", true},
                        {"countermeasures of the extension", true},
                        {"reference"}});
  for (const auto& it : audit.protocols) {
    sheet.add({textCell(it.service), textCell(it.artifact), textCell(it.parent), flagCell(it.inOntology),
               listCell(it.particular, kMost), listCell(it.general, kMost), countCell(it.attackTechniques),
               countCell(it.uses), countCell(it.countermeasures), textCell(it.reference)});
  }
  return sheet;
}

Sheet mappings(const Audit& audit) {
  Sheet sheet =
      detail("attack-evidence", "ATT&CK techniques that a mapping or a collection of rules speaks of",
             {{"domain"}, {"kind"}, {"of"}, {"techniques", true}});
  for (const auto& domain : audit.domains) {
    const auto add = [&](const char* kind, std::string_view of, catalog::Count count) {
      sheet.add({textCell(domainInWords(domain.version.framework)), textCell(kind), textCell(of),
                 countCell(count)});
    };
    add("mapping", "mitigations", domain.mitigations);
    for (const auto& [framework, count] : domain.controls) add("mapping", word(framework), count);
    add("score", "", domain.scores);
    add("trial", "", domain.trials);
    for (const auto& [collection, count] : domain.collections) add("rules", collection, count);
  }
  return sheet;
}

}  // namespace

std::vector<Sheet> auditDetailSheets(const Audit& audit) {
  std::vector<Sheet> sheets{rowsByTactic(audit),       artifacts(audit), referencesByTactic(audit),
                            countermeasures(audit),    citations(audit), attackTechniques(audit),
                            ontologyTechniques(audit), protocols(audit), mappings(audit)};
  std::erase_if(sheets, [](const Sheet& sheet) { return sheet.rows.empty(); });
  return sheets;
}

}  // namespace vauban::report
