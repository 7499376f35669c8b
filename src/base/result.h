// Expected failure as a value. A broken promise inside the program is not a Result but VAUBAN_CHECK.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <expected>

#include "base/diagnostic.h"

namespace vauban {

template <class T>
using Result = std::expected<T, Diagnostics>;

inline std::unexpected<Diagnostics> failure(Diagnostic diagnostic) {
  return std::unexpected(Diagnostics{std::move(diagnostic)});
}

}  // namespace vauban

// An invariant of the program itself: kept in release builds, ends the process.
#define VAUBAN_CHECK(condition)                                                              \
  do {                                                                                       \
    if (!(condition)) {                                                                      \
      std::fprintf(stderr, "%s:%d: broken invariant: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                          \
    }                                                                                        \
  } while (false)
