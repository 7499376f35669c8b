#include "report/audit_sheets.h"

#include <fmt/format.h>

#include <algorithm>

namespace vauban::report {

using catalog::Audit;
using catalog::Count;
using catalog::CountermeasureFigures;
using catalog::RowCounts;
using catalog::TacticFigures;

namespace {

constexpr std::size_t kMostIds = 12;
constexpr std::size_t kMostArtifacts = 8;

std::string tacticName(const TacticFigures& tactic) { return tactic.tactic.empty() ? "none" : tactic.tactic; }

bool inTactic(const CountermeasureFigures& it, const std::string& tactic) {
  return tactic.empty() ? it.tactics.empty() : std::ranges::find(it.tactics, tactic) != it.tactics.end();
}

Cell optionalCount(const std::optional<Count>& count) { return count ? countCell(*count) : Cell{"-", ""}; }

Sheet techniquesByTactic(const Audit& audit) {
  Sheet sheet;
  sheet.name = "techniques-by-tactic";
  sheet.title = fmt::format("Countermeasures by tactic, beside MITRE's figures of v{} ({})",
                            catalog::kPublishedVersion, catalog::kPublishedDate);
  sheet.columns = {{"tactic"},
                   {"here", true},
                   {"share", true},
                   {fmt::format("v{}", catalog::kPublishedVersion), true},
                   {"its share", true},
                   {"with artifact", true},
                   {"answer an attack", true},
                   {"mapped by experts", true}};
  const auto add = [&](const std::string& name, const TacticFigures& of, auto chosen) {
    Count answering = 0, mapped = 0;
    for (const CountermeasureFigures& it : audit.countermeasures) {
      if (!chosen(it)) continue;
      answering += !it.answers.empty() && it.answers.back().any != 0 ? 1 : 0;
      mapped += it.bridges.empty() ? 0 : 1;
    }
    sheet.add({textCell(name), countCell(of.techniques), shareCell(of.techniques, audit.all.techniques),
               optionalCount(of.published),
               shareCell(of.published.value_or(0), audit.all.published.value_or(0)),
               countCell(of.withArtifact), countCell(answering), countCell(mapped)});
  };
  for (const TacticFigures& tactic : audit.tactics)
    add(tacticName(tactic), tactic, [&](const auto& it) { return inTactic(it, tactic.tactic); });
  add("all", audit.all, [](const auto&) { return true; });
  if (audit.amongCountermeasures.empty()) {
    sheet.notes.emplace_back(
        "No relation joins two countermeasures: nothing is said of order, dependency or composition.");
  } else {
    std::string words;
    for (const auto& [property, count] : audit.amongCountermeasures)
      words += fmt::format("{}{} {}", words.empty() ? "" : ", ", count, property);
    sheet.notes.push_back("Relations between two countermeasures: " + words + ".");
  }
  return sheet;
}

Sheet provenanceByTactic(const Audit& audit) {
  Sheet sheet;
  sheet.name = "provenance-by-tactic";
  sheet.title = "What the countermeasures rest on, by tactic";
  sheet.columns = {{"tactic"},           {"on a patent", true},  {"share", true},     {"patents only", true},
                   {"no patent", true},  {"no reference", true}, {"citations", true}, {"of patents", true},
                   {"their share", true}};
  const auto add = [&](const std::string& name, const TacticFigures& of) {
    sheet.add({textCell(name), countCell(of.onPatent), shareCell(of.onPatent, of.techniques),
               countCell(of.onlyPatents), countCell(of.noPatent), countCell(of.noReference),
               countCell(of.citations), countCell(of.patentCitations),
               shareCell(of.patentCitations, of.citations)});
  };
  for (const TacticFigures& tactic : audit.tactics) add(tacticName(tactic), tactic);
  add("all", audit.all);
  return sheet;
}

Sheet references(const Audit& audit) {
  Sheet sheet;
  sheet.name = "references";
  sheet.title = "References by type";
  sheet.columns = {{"type"},
                   {"references", true},
                   {"share", true},
                   {"cited", true},
                   {"citations", true},
                   {"share of them", true},
                   {"countermeasures", true},
                   {"years known", true},
                   {"years"}};
  Count references = 0;
  for (const auto& type : audit.references) references += type.references;
  for (const auto& type : audit.references) {
    const std::string years = type.dated == 0 ? "" : fmt::format("{}-{}", type.firstYear, type.lastYear);
    sheet.add({textCell(type.type.empty() ? "not said" : type.type), countCell(type.references),
               shareCell(type.references, references), countCell(type.cited), countCell(type.citations),
               shareCell(type.citations, audit.all.citations), countCell(type.techniques),
               countCell(type.dated), textCell(years)});
  }
  return sheet;
}

Sheet rows(const Audit& audit) {
  Sheet sheet;
  sheet.name = "rows";
  sheet.title = "What the inference joins";
  sheet.columns = {{"figure"}};
  for (const auto& view : audit.views) {
    sheet.columns.push_back({std::string(word(view.view)), true});
    sheet.columns.push_back({fmt::format("{} share", word(view.view)), true});
  }
  struct Line {
    const char* name;
    Count RowCounts::* count;
    Count RowCounts::* whole;
  };
  static constexpr Line kLines[] = {
      {"rows", &RowCounts::rows, nullptr},
      {"  rest on a may- relation", &RowCounts::mayRows, &RowCounts::rows},
      {"  exact artifact", &RowCounts::exactRows, &RowCounts::rows},
      {"  narrower artifact", &RowCounts::narrowerRows, &RowCounts::rows},
      {"  generic artifact", &RowCounts::genericRows, &RowCounts::rows},
      {"pairs of countermeasure and attack", &RowCounts::pairs, nullptr},
      {"  only on may- relations", &RowCounts::mayPairs, &RowCounts::pairs},
      {"  exact at best", &RowCounts::exactPairs, &RowCounts::pairs},
      {"  narrower at best", &RowCounts::narrowerPairs, &RowCounts::pairs},
      {"  generic only", &RowCounts::genericPairs, &RowCounts::pairs},
      {"  exact in a row without may-", &RowCounts::firmPairs, &RowCounts::pairs}};
  for (const Line& line : kLines) {
    std::vector<Cell> row{textCell(line.name)};
    row.front().raw.erase(0, row.front().raw.find_first_not_of(' '));
    for (const auto& view : audit.views) {
      row.push_back(countCell(view.all.*line.count));
      row.push_back(line.whole ? shareCell(view.all.*line.count, view.all.*line.whole) : blankCell());
    }
    sheet.add(std::move(row));
  }
  const auto parties = [&](const char* name, Count RowCounts::* count, std::size_t whole) {
    std::vector<Cell> row{textCell(name)};
    for (const auto& view : audit.views) {
      row.push_back(countCell(view.all.*count));
      row.push_back(shareCell(view.all.*count, whole));
    }
    sheet.add(std::move(row));
  };
  parties("attack techniques of the ontology answered", &RowCounts::attackTechniques,
          audit.ontologyTechniques.size());
  parties("countermeasures that answer one", &RowCounts::countermeasures, audit.countermeasures.size());
  sheet.notes.emplace_back(
      "Every row is inferred, grade E0: it says that one may harden, detect, isolate, ... the other.");
  return sheet;
}

Sheet widest(const Audit& audit) {
  Sheet sheet;
  sheet.name = "widest-artifacts";
  sheet.columns = {{"artifact"},   {"kinds touched", true}, {"at or below", true}, {"match"},
                   {"rows", true}, {"pairs", true},         {"share", true},       {"on it alone", true}};
  if (audit.views.empty()) return sheet;
  const auto& view = audit.views.back();
  sheet.title = fmt::format("Artifacts that join the most pairs ({} view)", word(view.view));
  for (std::size_t i = 0; i < view.artifacts.size() && i < kMostArtifacts; ++i) {
    const auto& it = view.artifacts[i];
    sheet.add({textCell(it.artifact), countCell(it.touchedKinds), countCell(it.below),
               textCell(it.generic ? "generic" : "particular"), countCell(it.rows), countCell(it.pairs),
               shareCell(it.pairs, view.all.pairs), countCell(it.onlyPairs)});
  }
  return sheet;
}

Sheet bridges(const Audit& audit) {
  Sheet sheet;
  sheet.name = "experts-mappings";
  sheet.title = "Countermeasures that an expert has mapped (grade E1)";
  sheet.columns = {{"to"},          {"pairs", true},  {"countermeasures", true},
                   {"share", true}, {"so far", true}, {"share so far", true}};
  for (const auto& bridge : audit.bridges) {
    sheet.add({textCell(bridge.kind), countCell(bridge.pairs), countCell(bridge.techniques),
               shareCell(bridge.techniques, audit.all.techniques), countCell(bridge.together),
               shareCell(bridge.together, audit.all.techniques)});
  }
  return sheet;
}

Sheet owners(const Audit& audit) {
  Sheet sheet;
  sheet.name = "owners";
  sheet.title = "Who does what a tactic asks for (NICE work roles)";
  sheet.columns = {
      {"tactic"}, {"countermeasures", true}, {"within a SOC's scope"}, {"responsible"}, {"accountable"}};
  std::vector<std::string> bases;
  for (const auto& owner : audit.owners) {
    std::vector<std::string> responsible;
    for (const auto& [id, name] : owner.responsible) responsible.push_back(name.empty() ? id : name);
    sheet.add(
        {textCell(owner.tactic),
         countCell(owner.techniques),
         {owner.withinSoc ? "yes" : "no", owner.withinSoc ? "1" : "0"},
         listCell(responsible, 2),
         textCell(owner.accountable.second.empty() ? owner.accountable.first : owner.accountable.second)});
    if (std::ranges::find(bases, owner.basis) == bases.end()) bases.push_back(owner.basis);
  }
  if (audit.owners.empty()) return sheet;
  sheet.notes.push_back(fmt::format(
      "{} of {} countermeasures ({}) are of a tactic within a security operations centre's scope. Basis: {}.",
      audit.withinSoc, audit.all.techniques, shareCell(audit.withinSoc, audit.all.techniques).words,
      fmt::join(bases, ", ")));
  return sheet;
}

Sheet frameworks(const Audit& audit) {
  Sheet sheet;
  sheet.name = "frameworks";
  sheet.title = "Frameworks that prescribe, beside it";
  sheet.columns = {{"framework"}, {"version"}, {"entries", true}, {"withdrawn", true}, {"in profiles"}};
  for (const auto& framework : audit.frameworks) {
    std::vector<std::string> profiles;
    for (const auto& [profile, count] : framework.profiles)
      profiles.push_back(fmt::format("{} {}", profile, count));
    sheet.add({textCell(word(framework.version.framework)), textCell(framework.version.version),
               countCell(framework.controls), countCell(framework.withdrawn), listCell(profiles, kMostIds)});
  }
  return sheet;
}

}  // namespace

std::string domainInWords(catalog::Framework framework) {
  std::string_view name = word(framework);
  if (catalog::isAttack(framework)) name.remove_prefix(std::string_view("attack-").size());
  return std::string(name);
}

std::string versionsInWords(const std::vector<catalog::AuditedVersion>& versions) {
  std::string words;
  for (const auto& it : versions) {
    words += words.empty() ? "" : ", ";
    words += it.framework == catalog::Framework::d3fend ? "D3FEND" : "ATT&CK " + domainInWords(it.framework);
    words += it.version.empty() ? " of no stated version" : " " + it.version;
    if (!it.released.empty()) words += " (" + it.released + ")";
  }
  return words;
}

std::vector<Sheet> auditSheets(const Audit& audit) {
  std::vector<Sheet> sheets{techniquesByTactic(audit), provenanceByTactic(audit), references(audit),
                            rows(audit), widest(audit)};
  for (Sheet& sheet : attackSheets(audit)) sheets.push_back(std::move(sheet));
  sheets.push_back(bridges(audit));
  sheets.push_back(owners(audit));
  sheets.push_back(frameworks(audit));
  std::erase_if(sheets, [](const Sheet& sheet) { return sheet.rows.empty(); });
  return sheets;
}

}  // namespace vauban::report
