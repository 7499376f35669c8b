// `vauban diff OLD NEW`: what changed between two versions of a model.
#pragma once

#include <string>

#include "exit_code.h"

namespace vauban {

// `today`: ISO 8601, for waivers. `format`: json, else Markdown. Ends with `broken` if a claim got worse.
ExitCode diffCommand(const std::string& oldPath, const std::string& newPath, const std::string& today,
                     const std::string& format);

}  // namespace vauban
