// The texts of knowledge/public-suffixes.yaml and shared-suffixes.yaml, compiled in (cmake/Embed.cmake writes
// the .cc). The checker has its own copy, so that it links nothing of the solver.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

namespace vauban::check {

std::vector<std::pair<std::string_view, std::string_view>> embeddedSuffixes();

}  // namespace vauban::check
