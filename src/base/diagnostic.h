// A user mistake as a value: where, what, what was expected, the nearest valid name.
// Readers collect all diagnostics of a file and report them together, sorted by place.
#pragma once

#include <string>
#include <vector>

#include "base/place.h"

namespace vauban {

enum class Severity { error, warning, note };

struct Diagnostic {
  Severity severity = Severity::error;
  Place place;
  std::uint32_t length = 0;  // bytes of the offending text from `place`, to underline it
  std::string message;       // one sentence, no full stop
  std::string expected;      // what would have been right; may be empty
  std::string nearest;       // the nearest valid name; may be empty

  bool operator==(const Diagnostic&) const = default;
};

using Diagnostics = std::vector<Diagnostic>;

bool hasErrors(const Diagnostics& diagnostics);

// Stable order: file, line, column, then message. Removes exact duplicates.
void sortDiagnostics(Diagnostics& diagnostics);

}  // namespace vauban
