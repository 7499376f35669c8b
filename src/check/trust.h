// Whom a name leads to (semantics 4, "Names"): the checker's own reading.
#pragma once

#include "check/names.h"
#include "model/model.h"

namespace vauban::check {

struct Trust {
  Names hostile;  // may be the adversary's
  Names ours;     // below some service's `answers`: may lead to any host of ours
};

// Trust is model-wide: trusted is what some allow-list or `upstream` names; a stranger's is
// what some list calls `delegated` or `shared`, what the product ships as shared, every public suffix and
// every bare top-level name. The longest suffix wins, at equal length the stranger's; what nobody mentions is
// hostile.
Trust trustOf(const model::Model& model);

}  // namespace vauban::check
