#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "report/audit_sheets.h"

namespace vauban::report {

using catalog::AuditDiff;
using catalog::Changes;

namespace {

std::string named(const catalog::Named& it) {
  return it.name.empty() || it.name == it.id ? it.id : it.id + " " + it.name;
}

std::string renamed(const catalog::Renamed& it) {
  if (it.id == it.newId) return fmt::format("{} {} -> {}", it.id, it.before, it.after);
  return it.before == it.after ? fmt::format("{} -> {}", it.id, it.newId)
                               : fmt::format("{} {} -> {} {}", it.id, it.before, it.newId, it.after);
}

std::string moved(const catalog::Moved& it) {
  return fmt::format("{} {}: {} -> {}", it.id, it.name, fmt::join(it.before, "+"), fmt::join(it.after, "+"));
}

template <class Item>
std::vector<std::string> words(const std::vector<Item>& items, std::string (*of)(const Item&)) {
  std::vector<std::string> texts;
  for (const Item& item : items) texts.push_back(of(item));
  return texts;
}

Sheet tactics(const AuditDiff& diff) {
  Sheet sheet;
  sheet.name = "tactics-changed";
  sheet.title = "Countermeasures by tactic";
  sheet.columns = {{"tactic"}, {"before", true}, {"after", true}, {"difference", true}};
  for (const auto& it : diff.tactics) {
    const std::string step = fmt::format("{:+}", static_cast<std::int64_t>(it.after) - it.before);
    sheet.add({textCell(it.tactic.empty() ? "none" : it.tactic), countCell(it.before), countCell(it.after),
               it.after == it.before ? Cell{"", "0"} : textCell(step)});
  }
  return sheet;
}

Sheet summary(const AuditDiff& diff) {
  Sheet sheet;
  sheet.name = "changes";
  sheet.title = "What changed";
  sheet.columns = {{"what"},          {"before", true},  {"after", true}, {"added", true},
                   {"removed", true}, {"renamed", true}, {"moved", true}};
  const auto add = [&](const std::string& what, const Changes& of) {
    sheet.add({textCell(what), countCell(of.before), countCell(of.after), countCell(of.added.size()),
               countCell(of.removed.size()), countCell(of.renamed.size()), countCell(of.moved.size())});
  };
  add("countermeasures", diff.countermeasures);
  add("attack techniques of the ontology", diff.ontologyTechniques);
  add("artifacts", diff.artifacts);
  sheet.add({textCell("relations"), countCell(diff.relationsBefore), countCell(diff.relationsAfter),
             countCell(diff.relationsAdded.size()), countCell(diff.relationsRemoved.size()), blankCell(),
             blankCell()});
  sheet.add({textCell("references"), countCell(diff.references.before), countCell(diff.references.after),
             countCell(diff.references.added.size()), countCell(diff.references.removed.size()), blankCell(),
             blankCell()});
  for (const auto& rows : diff.rows) {
    sheet.add({textCell(fmt::format("rows, {} view", word(rows.view))), countCell(rows.rowsBefore),
               countCell(rows.rowsAfter), countCell(rows.added.size()), countCell(rows.removed.size()),
               blankCell(), blankCell()});
    sheet.add({textCell(fmt::format("pairs, {} view", word(rows.view))), countCell(rows.pairsBefore),
               countCell(rows.pairsAfter), countCell(rows.pairsAdded), countCell(rows.pairsRemoved),
               blankCell(), blankCell()});
  }
  for (const auto& [domain, changes] : diff.attack) add("ATT&CK " + domainInWords(domain), changes);
  sheet.notes.push_back(fmt::format(
      "Citations: {} added, {} removed; {} references of another type than before.",
      diff.references.citationsAdded, diff.references.citationsRemoved, diff.references.retyped.size()));
  return sheet;
}

Sheet lists(const AuditDiff& diff, std::size_t most) {
  Sheet sheet;
  sheet.name = "changes-by-name";
  sheet.title = "By name";
  sheet.columns = {{"what"}, {"change"}, {"how many", true}, {"which"}};
  const auto add = [&](const std::string& what, const char* change, const std::vector<std::string>& which) {
    if (!which.empty())
      sheet.add({textCell(what), textCell(change), countCell(which.size()), listCell(which, most)});
  };
  const auto all = [&](const std::string& what, const Changes& of) {
    add(what, "added", words(of.added, named));
    add(what, "removed", words(of.removed, named));
    add(what, "renamed", words(of.renamed, renamed));
    add(what, "moved", words(of.moved, moved));
    add(what, "deprecated", words(of.deprecated, named));
  };
  all("countermeasures", diff.countermeasures);
  all("attack techniques of the ontology", diff.ontologyTechniques);
  all("artifacts", diff.artifacts);
  for (const auto& rows : diff.rows) {
    add(fmt::format("{} view", word(rows.view)), "answered now", rows.answered);
    add(fmt::format("{} view", word(rows.view)), "no longer answered", rows.unanswered);
  }
  for (const auto& [domain, changes] : diff.attack) all("ATT&CK " + domainInWords(domain), changes);
  return sheet;
}

// Whose rows came and went: which countermeasure changed what it answers.
Sheet rowsByCountermeasure(const AuditDiff& diff, std::size_t most) {
  Sheet sheet;
  sheet.name = "rows-changed-by-countermeasure";
  sheet.title = "Rows added and removed, by countermeasure and artifact";
  sheet.columns = {{"view"},     {"tactic"},      {"countermeasure"},
                   {"artifact"}, {"added", true}, {"removed", true}};
  for (const auto& rows : diff.rows) {
    struct Steps {
      std::uint64_t added = 0, removed = 0;
    };
    std::map<std::vector<std::string>, Steps> steps;
    for (const auto& row : rows.added) ++steps[{row.tactic, row.defensive, row.defensiveArtifact}].added;
    for (const auto& row : rows.removed) ++steps[{row.tactic, row.defensive, row.defensiveArtifact}].removed;
    std::vector<std::pair<std::vector<std::string>, Steps>> ordered(steps.begin(), steps.end());
    std::ranges::stable_sort(ordered, std::ranges::greater(),
                             [](const auto& step) { return step.second.added + step.second.removed; });
    for (std::size_t i = 0; i < ordered.size() && i < most; ++i) {
      const auto& [key, step] = ordered[i];
      sheet.add({textCell(word(rows.view)), textCell(key[0]), textCell(key[1]), textCell(key[2]),
                 countCell(step.added), countCell(step.removed)});
    }
    if (ordered.size() > most)
      sheet.notes.push_back(fmt::format("{} view: and {} more.", word(rows.view), ordered.size() - most));
  }
  return sheet;
}

Sheet allRows(const AuditDiff& diff) {
  Sheet sheet;
  sheet.name = "rows-changed";
  sheet.detail = true;
  sheet.title = "Rows added and removed";
  sheet.columns = {{"view"},     {"change"},           {"tactic"},  {"countermeasure"},  {"does"},
                   {"artifact"}, {"artifact touched"}, {"touches"}, {"attack technique"}};
  for (const auto& rows : diff.rows) {
    const auto add = [&](const char* change, const std::vector<catalog::RowText>& list) {
      for (const auto& row : list) {
        sheet.add({textCell(word(rows.view)), textCell(change), textCell(row.tactic), textCell(row.defensive),
                   textCell(row.defensiveProperty), textCell(row.defensiveArtifact),
                   textCell(row.offensiveArtifact), textCell(row.offensiveProperty),
                   textCell(row.offensive)});
      }
    };
    add("added", rows.added);
    add("removed", rows.removed);
  }
  return sheet;
}

Sheet allRelations(const AuditDiff& diff) {
  Sheet sheet;
  sheet.name = "relations-changed";
  sheet.detail = true;
  sheet.title = "Relations added and removed";
  sheet.columns = {{"change"}, {"class"}, {"property"}, {"to"}};
  const auto add = [&](const char* change, const std::vector<catalog::RelationText>& list) {
    for (const auto& it : list)
      sheet.add({textCell(change), textCell(it.subject), textCell(it.property), textCell(it.object)});
  };
  add("added", diff.relationsAdded);
  add("removed", diff.relationsRemoved);
  return sheet;
}

Sheet allReferences(const AuditDiff& diff) {
  Sheet sheet;
  sheet.name = "references-changed";
  sheet.detail = true;
  sheet.title = "References added, removed and of another type";
  sheet.columns = {{"change"}, {"reference"}, {"type before"}, {"type after"}};
  for (const std::string& it : diff.references.added)
    sheet.add({textCell("added"), textCell(it), blankCell(), blankCell()});
  for (const std::string& it : diff.references.removed)
    sheet.add({textCell("removed"), textCell(it), blankCell(), blankCell()});
  for (const auto& it : diff.references.retyped)
    sheet.add({textCell("retyped"), textCell(it.id), textCell(it.before), textCell(it.after)});
  return sheet;
}

}  // namespace

std::vector<Sheet> auditDiffSheets(const AuditDiff& diff, std::size_t most) {
  std::vector<Sheet> sheets{tactics(diff), summary(diff), lists(diff, most),
                            rowsByCountermeasure(diff, most)};
  std::erase_if(sheets, [](const Sheet& sheet) { return sheet.rows.empty(); });
  return sheets;
}

std::vector<Sheet> auditDiffDetailSheets(const AuditDiff& diff) {
  std::vector<Sheet> sheets{allRows(diff), allRelations(diff), allReferences(diff)};
  std::erase_if(sheets, [](const Sheet& sheet) { return sheet.rows.empty(); });
  return sheets;
}

}  // namespace vauban::report
