// The audit of the catalogue, and what changed between two catalogues: for a terminal, as JSON
// (docs/formats/audit.md), as Markdown for a report, and as tab-separated tables.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "catalog/audit.h"
#include "catalog/audit_diff.h"
#include "report/verdict_report.h"

namespace vauban::report {

// `verbose`: also what stands in the tables of detail that fit on a screen.
std::string auditText(const catalog::Audit& audit, const TextStyle& style = {});
std::string auditJson(const catalog::Audit& audit);  // vauban-audit-1
std::string auditMarkdown(const catalog::Audit& audit);
// Pairs of file name ("techniques-by-tactic.tsv") and text, in the order of the report.
std::vector<std::pair<std::string, std::string>> auditTables(const catalog::Audit& audit);

// `verbose`: everything that was added and removed; otherwise the first of each list.
std::string auditDiffText(const catalog::AuditDiff& diff, const TextStyle& style = {});
std::string auditDiffJson(const catalog::AuditDiff& diff);  // vauban-audit-diff-1
std::string auditDiffMarkdown(const catalog::AuditDiff& diff);
std::vector<std::pair<std::string, std::string>> auditDiffTables(const catalog::AuditDiff& diff);

}  // namespace vauban::report
