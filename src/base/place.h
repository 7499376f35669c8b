// A place in a text file: what every diagnostic, rule and assumption points at.
// Lines and columns count from 1; 0 means unknown. Columns count bytes. A value; no thread concerns.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace vauban {

struct Place {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;

  auto operator<=>(const Place&) const = default;

  // "file:line:column", shortened where a part is unknown; "" for the empty place.
  std::string toString() const {
    std::string text = file;
    if (line != 0) {
      text += ":" + std::to_string(line);
      if (column != 0) text += ":" + std::to_string(column);
    }
    return text;
  }
};

}  // namespace vauban
