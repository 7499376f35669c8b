// Rules that decide nothing (shadowed) and rules whose removal changes nothing (redundant), with their lines
// (semantics 2).
#pragma once

#include <vector>

#include "base/diagnostic.h"
#include "model/filter_program.h"

namespace vauban::reach {

// Warnings, in the order of the rules. Chain by chain, on exact packet sets; a rule whose match is inexact,
// conditional, or names hosts without addresses neither shadows nor is reported.
Diagnostics ruleFindings(const model::FilterProgram& program);

}  // namespace vauban::reach
