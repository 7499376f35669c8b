// The texts of knowledge/patterns, compiled in (cmake/Embed.cmake writes the .cc), sorted by file name.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

namespace vauban::plan {

std::vector<std::pair<std::string_view, std::string_view>> embeddedPatterns();

}  // namespace vauban::plan
