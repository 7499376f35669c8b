// The answers of `verify` in the format that the call asks for.
#pragma once

#include <string>
#include <vector>

#include "report/verdict_report.h"

namespace vauban {

// `format`: text, json, sarif, junit or html.
std::string verdictsIn(const std::string& format, const model::Model& model,
                       const std::vector<channel::ClaimResult>& results, const channel::Trust& trust,
                       const report::TextStyle& style, bool allowConditional);
// Of a model without claims.
std::string egressIn(const std::string& format, const model::Model& model, const channel::EgressTable& table,
                     const report::TextStyle& style);
// Of a model or a call that is wrong, for whoever reads the standard output; "" where people read.
std::string diagnosticsIn(const std::string& format, const Diagnostics& diagnostics);

}  // namespace vauban
