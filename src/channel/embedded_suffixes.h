// The texts of knowledge/*-suffixes.yaml, compiled in (cmake/Embed.cmake writes the .cc), sorted by file
// name.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

namespace vauban::channel {

std::vector<std::pair<std::string_view, std::string_view>> embeddedSuffixes();

}  // namespace vauban::channel
