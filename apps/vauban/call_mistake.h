// What is wrong with a call, told as mistakes in files are: the option stands where a file would.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "measure/evidence.h"

namespace vauban {

inline Diagnostic callMistake(const std::string& option, std::string message, std::string expected = {},
                              std::string nearest = {}) {
  return {Severity::error, {option, 0, 0}, 0, std::move(message), std::move(expected), std::move(nearest)};
}

// Of the value of `--today`; "" is the day of the clock.
inline std::optional<Diagnostic> dayMistake(const std::string& today) {
  if (today.empty() || !measure::dayAfter(today, 0).empty()) return std::nullopt;
  return callMistake("--today", "'" + today + "' is no day", "a date as 2026-11-30");
}

}  // namespace vauban
