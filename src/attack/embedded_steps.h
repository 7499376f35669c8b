// The texts of knowledge/steps, compiled in (cmake/Embed.cmake writes the .cc), sorted by file name.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

namespace vauban::attack {

std::vector<std::pair<std::string_view, std::string_view>> embeddedSteps();

}  // namespace vauban::attack
