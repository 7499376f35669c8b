// The valid name a writer most likely meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vauban {

// Insertions, deletions, substitutions and exchanges of neighbours that turn `a` into `b`, each used at most
// once a place (optimal string alignment), letter case aside; `most` + 1 where there are more than `most`.
std::size_t editDistance(std::string_view a, std::string_view b, std::size_t most);

// The nearest of `names` within a third of the length of `name` (at least one edit); of equally near ones the
// first in alphabetical order; "" where none is near.
std::string nearestName(std::string_view name, const std::vector<std::string_view>& names);

}  // namespace vauban
