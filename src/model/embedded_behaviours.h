// The texts of knowledge/behaviours, compiled in (cmake/Embed.cmake writes the .cc), sorted by file name.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

namespace vauban::model {

std::vector<std::pair<std::string_view, std::string_view>> embeddedBehaviours();

}  // namespace vauban::model
