// Whether a text can be an id of a framework at all: for readers, which refuse rather than pass something on.
// Whether there is such an id only a table of the framework knows. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "catalog/framework.h"

namespace vauban::catalog {

// `text` as `framework` writes it ("ac-4.8" and "AC-04(08)" are AC-4(8)), or nothing where it cannot be an id
// there:
// - 800-53: two letters, a hyphen, a number, a second one in parentheses or behind a dot;
// - CCI: CCI- and six digits; D3FEND: D3- or D3A-, then capitals and digits;
// - ATT&CK: T1048, T1048.003, or the letters of another kind of object (M, G, C, S, TA, DS) and four digits;
// - any other: what isIdText says.
std::optional<std::string> wellFormedId(Framework framework, std::string_view text);

// What wellFormedId wants, for an error: "a control as AC-4 or AC-4(8)".
std::string_view idShape(Framework framework);

// 1 to 200 bytes in one line, no control characters, no blanks at the ends: ids stand in tables and in
// addresses.
bool isIdText(std::string_view text);

}  // namespace vauban::catalog
