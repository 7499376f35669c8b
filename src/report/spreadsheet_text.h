// Text for a field that a spreadsheet opens: it stays text there (OWASP, CSV injection).
#pragma once

#include <string>
#include <string_view>

namespace vauban::report {

// Valid UTF-8 (markup.h). What a spreadsheet would take for a formula, and is no number, begins with an
// apostrophe. Quotes and separators are the writer's to see to.
std::string spreadsheetText(std::string_view text);

}  // namespace vauban::report
