// Verdicts as one page that explains itself, for people who decide and do not read models
// (docs/formats/html.md). No scripts, nothing fetched, no date: the same model gives the same bytes.
#pragma once

#include <string>
#include <vector>

#include "channel/verdict.h"
#include "model/model.h"

namespace vauban::report {

// `version`: of this program, for the last line of the page.
std::string verifyHtml(const model::Model& model, const std::vector<channel::ClaimResult>& results,
                       const channel::Trust& trust, const std::string& version);
// Of a model without claims: what can leave.
std::string egressHtml(const model::Model& model, const channel::EgressTable& table,
                       const std::string& version);
// Of a model that cannot be judged.
std::string diagnosticsHtml(const Diagnostics& diagnostics, const std::string& version);

}  // namespace vauban::report
