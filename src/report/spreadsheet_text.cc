#include "report/spreadsheet_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "report/markup.h"

namespace vauban::report {
namespace {

bool isNumber(std::string_view text) {
  double value = 0;
  const auto done = std::from_chars(text.data(), text.data() + text.size(), value);
  return done.ec == std::errc() && done.ptr == text.data() + text.size() && std::isfinite(value);
}

// The full-width forms of the same signs count as they do where they are typed.
bool isFormula(std::string_view text) {
  constexpr std::array<std::string_view, 11> kSigns = {"=",  "+",      "-",      "@",      "\t",    "\r",
                                                       "\n", "\uFF1D", "\uFF0B", "\uFF0D", "\uFF20"};
  const auto starts = [&](std::string_view sign) { return text.starts_with(sign); };
  return std::ranges::any_of(kSigns, starts) && !isNumber(text);
}

}  // namespace

std::string spreadsheetText(std::string_view text) { return (isFormula(text) ? "'" : "") + validText(text); }

}  // namespace vauban::report
