// Names of network interfaces that Linux takes (dev_valid_name: 1 to 15 bytes, no '/', ':' nor blanks).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vauban::compile {

// Also without what nft takes for more than a letter ('*', '"', '\').
bool isInterfaceName(std::string_view name);

// One for each of some names of the model, in their order: the name itself where it is legal and not taken,
// else its beginning and a number. Unique, and none of `taken`.
std::vector<std::string> interfaceNames(const std::vector<std::string>& names,
                                        const std::vector<std::string>& taken = {});

}  // namespace vauban::compile
