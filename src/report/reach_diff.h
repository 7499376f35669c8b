// The part of a model's difference that is about who can open conversations with whom.
#pragma once

#include <vector>

#include "report/model_diff.h"

namespace vauban::report {

// What is possible in `after` and not in `before`, one entry for each pair of names, sorted by them.
std::vector<ReachChange> reachGained(const model::Model& before, const model::Model& after);

}  // namespace vauban::report
