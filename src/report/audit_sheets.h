// The tables of an audit. auditSheets() are those of a report; auditDetailSheets() list one by one what the
// first count.
#pragma once

#include <string>
#include <vector>

#include "catalog/audit.h"
#include "catalog/audit_diff.h"
#include "report/sheet.h"

namespace vauban::report {

std::vector<Sheet> auditSheets(const catalog::Audit& audit);
std::vector<Sheet> auditDetailSheets(const catalog::Audit& audit);
// Of them: what of ATT&CK is answered and what is not, protocols, and evidence on ATT&CK.
std::vector<Sheet> attackSheets(const catalog::Audit& audit);
// `most` items of each list stand in the cells for people.
std::vector<Sheet> auditDiffSheets(const catalog::AuditDiff& diff, std::size_t most);
std::vector<Sheet> auditDiffDetailSheets(const catalog::AuditDiff& diff);

// "D3FEND 1.2.0 (2025-06-30), ATT&CK enterprise 18.1".
std::string versionsInWords(const std::vector<catalog::AuditedVersion>& versions);
// "enterprise", "ics", "mobile".
std::string domainInWords(catalog::Framework framework);

}  // namespace vauban::report
