// UTF-8 as RFC 3629, section 4, has it: no overlong forms, no surrogates, nothing beyond U+10FFFF. Pure
// functions.
#pragma once

#include <cstddef>
#include <string_view>

namespace vauban {

// Bytes of the character that begins at `at`; 0 where none does. `at` must be inside the text.
std::size_t utf8CharacterAt(std::string_view text, std::size_t at);

// Where the first byte stands that begins no character; npos where all is well.
std::size_t firstInvalidUtf8(std::string_view text);

}  // namespace vauban
