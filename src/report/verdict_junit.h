// Verdicts as JUnit XML, as Jenkins and GitLab read it (docs/formats/junit.md).
#pragma once

#include <string>
#include <vector>

#include "channel/verdict.h"
#include "model/model.h"

namespace vauban::report {

// `allowConditional`: conditional claims pass, as they do for the exit code.
std::string verifyJunit(const model::Model& model, const std::vector<channel::ClaimResult>& results,
                        const channel::Trust& trust, bool allowConditional);

// A model that cannot be judged: one test case that ends in an error.
std::string diagnosticsJunit(const Diagnostics& diagnostics);

}  // namespace vauban::report
