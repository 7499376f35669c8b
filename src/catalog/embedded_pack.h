// The texts of knowledge/pack, compiled in (cmake/Embed.cmake writes the .cc), sorted by file name:
// readPack() makes the catalogue of them that ships with the program.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

namespace vauban::catalog {

std::vector<std::pair<std::string_view, std::string_view>> embeddedPack();

}  // namespace vauban::catalog
