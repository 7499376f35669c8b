#include "report/audit_report.h"
#include "report/audit_sheets.h"

namespace vauban::report {
namespace {

std::string text(const std::string& head, const std::vector<Sheet>& sheets, const TextStyle& style) {
  std::string out = head + "\n";
  for (const Sheet& sheet : sheets) {
    if (!sheet.detail || style.verbose) out += "\n" + sheetText(sheet, style.colour);
  }
  return out;
}

std::string markdown(const std::string& head, const std::string& versions, const std::vector<Sheet>& sheets) {
  std::string out = "## " + head + "\n\n" + versions + "\n";
  for (const Sheet& sheet : sheets) out += "\n" + sheetMarkdown(sheet);
  return out;
}

std::vector<std::pair<std::string, std::string>> tables(const std::vector<Sheet>& sheets,
                                                        const std::vector<Sheet>& details) {
  std::vector<std::pair<std::string, std::string>> files;
  for (const auto* list : {&sheets, &details}) {
    for (const Sheet& sheet : *list) files.emplace_back(sheet.name + ".tsv", sheetTable(sheet));
  }
  return files;
}

std::string twoVersions(const catalog::AuditDiff& diff) {
  return versionsInWords(diff.before) + "  ->  " + versionsInWords(diff.after);
}

constexpr std::size_t kMostChanges = 12;

}  // namespace

std::string auditText(const catalog::Audit& audit, const TextStyle& style) {
  return text(versionsInWords(audit.versions), auditSheets(audit), style);
}

std::string auditMarkdown(const catalog::Audit& audit) {
  return markdown("Audit of the catalogue", versionsInWords(audit.versions), auditSheets(audit));
}

std::vector<std::pair<std::string, std::string>> auditTables(const catalog::Audit& audit) {
  return tables(auditSheets(audit), auditDetailSheets(audit));
}

std::string auditDiffText(const catalog::AuditDiff& diff, const TextStyle& style) {
  if (diff.empty()) return twoVersions(diff) + "\n\nno difference\n";
  return text(twoVersions(diff), auditDiffSheets(diff, style.verbose ? SIZE_MAX : kMostChanges), style);
}

std::string auditDiffMarkdown(const catalog::AuditDiff& diff) {
  return markdown("What changed in the catalogue", twoVersions(diff), auditDiffSheets(diff, kMostChanges));
}

std::vector<std::pair<std::string, std::string>> auditDiffTables(const catalog::AuditDiff& diff) {
  return tables(auditDiffSheets(diff, kMostChanges), auditDiffDetailSheets(diff));
}

}  // namespace vauban::report
