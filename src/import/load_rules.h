// The rules of the model's links: their files read and imported into Model::linkPrograms.
#pragma once

#include "base/diagnostic.h"
#include "model/model.h"

namespace vauban::import {

// Fills model.linkPrograms, one entry a link; nullopt where the link has no rules or they are wrong. A file
// outside of the model's folder is refused, whichever way symbolic links lead, as with includes. A file that
// several links name is read once, and imported once for each chain. All problems together, sorted.
Diagnostics loadRules(model::Model& model);

}  // namespace vauban::import
