// The frame and the look of every page that we print: one file, inline style, nothing fetched, no scripts.
#pragma once

#include <string>

namespace vauban::report {

// `body`: HTML that is already escaped; `title` and `version` are text.
std::string htmlPage(const std::string& title, const std::string& body, const std::string& version);

}  // namespace vauban::report
