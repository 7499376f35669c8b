// Text of other people's files as an error may repeat it: short, one line, valid UTF-8. A pure function.
#pragma once

#include <string>
#include <string_view>

namespace vauban::catalog {

// `text`, which is UTF-8, without what is beyond 100 bytes ("..." in its place); '?' for each control
// character.
std::string excerpt(std::string_view text);

}  // namespace vauban::catalog
