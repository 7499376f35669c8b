// A rule file's text, read whole within a limit; for the files of this room only.
#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"

namespace vauban::import {

// `place` is where the file was asked for; a diagnostic without one stands at the file itself.
Result<std::string> readRuleFile(const std::string& path, std::size_t mostBytes, const Place& place = {});

}  // namespace vauban::import
