// Diagnostics for people: the place, the sentence, the line with the mistake underlined, what would be right.
//
//   model.yaml:12:18: error: no zone or host 'dmzz'
//      12 |   - allow: {from: dmzz, to: any}
//         |                   ^~~~
//         = expected a zone, a host, an address or any
//         = did you mean 'dmz'?
//
// What comes from files is printed without control characters: a model may be a stranger's.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/diagnostic.h"

namespace vauban::model {

// The text of a file; nullopt where it is not to be had, and then no line is shown.
using SourceOf = std::function<std::optional<std::string>(const std::string& file)>;

// Reads the file again from disk, 64 MiB at most.
std::optional<std::string> sourceFromDisk(const std::string& file);

std::string diagnosticText(const Diagnostics& diagnostics, const SourceOf& sourceOf = sourceFromDisk);

}  // namespace vauban::model
