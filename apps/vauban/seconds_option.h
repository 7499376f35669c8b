// The value of `--time-limit`: what is no time is refused in words that fit a line.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace vauban {

inline constexpr double kMostSeconds = 1e9;  // a clock in nanoseconds takes it

inline CLI::Validator secondsOption() {
  return {
      [](const std::string& text) {
        double seconds = 0;
        const bool fine = CLI::detail::lexical_cast(text, seconds) && seconds > 0 && seconds <= kMostSeconds;
        return fine ? std::string() : "'" + text + "' is no time; expected seconds, more than 0, at most 1e9";
      },
      "SECONDS"};
}

}  // namespace vauban
