// Text for XML 1.0 and HTML: whatever the bytes are, what comes out is well-formed and is text only.
#pragma once

#include <string>
#include <string_view>

namespace vauban::report {

// Valid UTF-8: what is not (RFC 3629), and what XML 1.0 (section 2.2) allows in no document, becomes U+FFFD.
std::string validText(std::string_view bytes);

// The same with `&`, `<`, `>`, `"` and `'` as references; fit for content and for quoted attributes. In an
// attribute a new line or a tab would be read as a space (XML 1.0, 3.3.3): `attribute` keeps them.
std::string markupText(std::string_view bytes);
std::string markupAttribute(std::string_view bytes);

}  // namespace vauban::report
