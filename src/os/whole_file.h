// A file as text, packed (.xz) or not: official bundles are kept either way.
#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"

namespace vauban::os {

// The bytes of the file at `path`; of one that begins as .xz does (The .xz File Format, 2.1.1), what it
// unpacks to, all its streams. Never more than `most` bytes, before and after unpacking: a file that has more
// is an error, and so is one that is missing, a folder, unreadable, cut short or damaged. Pipes are read to
// their end.
Result<std::string> wholeFile(const std::string& path, std::size_t most);

}  // namespace vauban::os
