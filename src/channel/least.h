// The least sets of statements that keep a claim.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "reach/statements.h"

namespace vauban::channel {

struct Least {
  enum class Kind {
    never,
    always,
    conditional
  } kind = Kind::never;                // reached: never, always, or unless `statements`
  reach::AtomIds statements;           // of the least sets the first in order of `before`
  std::vector<reach::AtomIds> others;  // least sets besides it
  bool allListed = true;               // false: there may be more of them
};

// Finds the least sets of statements under which `attempt` no longer finds a way. `attempt` returns the gaps
// that the way it found needs (all of them together suffice for it), or nullopt. By implicit hitting sets:
// exact. `before` orders statements where several sets are least; `mostOthers` bounds how many are listed.
Least leastStatements(const std::function<std::optional<reach::AtomIds>(const reach::Setting&)>& attempt,
                      const std::function<bool(reach::AtomId, reach::AtomId)>& before = std::less<>{},
                      std::size_t mostOthers = 0);

}  // namespace vauban::channel
