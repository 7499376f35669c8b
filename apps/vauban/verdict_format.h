// The answers of `verify` in the format that the call asks for.
#pragma once

#include <string>
#include <vector>

#include "exit_code.h"
#include "report/verdict_report.h"

namespace vauban {

// `format`: text, json, sarif, junit or html.
std::string verdictsIn(const std::string& format, const model::Model& model,
                       const std::vector<channel::ClaimResult>& results, const channel::Trust& trust,
                       const report::TextStyle& style, bool allowConditional);
// Of a model without claims.
std::string egressIn(const std::string& format, const model::Model& model, const channel::EgressTable& table,
                     const report::TextStyle& style);
// Of a model or a call that is wrong: in `format` on the standard output (nothing where people read it), and
// for people on the standard error. ExitCode::wrong.
ExitCode refuse(const std::string& format, const Diagnostics& diagnostics);
// Colour only on a terminal, unless the call or NO_COLOR of the environment says no.
report::TextStyle terminalStyle(bool verbose, bool noColour);

}  // namespace vauban
