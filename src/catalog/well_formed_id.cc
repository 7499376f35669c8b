#include "catalog/well_formed_id.h"

#include <algorithm>
#include <array>

#include "catalog/framework_words.h"

namespace vauban::catalog {
namespace {

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isCapital(char c) { return c >= 'A' && c <= 'Z'; }

// Takes from the front what `shape` says: 'A' a capital letter, '9' a digit, '#' one to four digits, others
// themselves.
bool take(std::string_view& text, std::string_view shape) {
  for (const char wanted : shape) {
    if (wanted == '#') {
      std::size_t count = 0;
      while (count < std::min<std::size_t>(text.size(), 5) && isDigit(text[count])) ++count;
      if (count == 0 || count > 4) return false;
      text.remove_prefix(count);
      continue;
    }
    if (text.empty()) return false;
    const char c = text.front();
    if (wanted == 'A' ? !isCapital(c) : wanted == '9' ? !isDigit(c) : c != wanted) return false;
    text.remove_prefix(1);
  }
  return true;
}

bool is80053(std::string_view text) {
  return take(text, "AA-#") && (text.empty() || (take(text, "(#)") && text.empty()));
}

bool isD3fend(std::string_view text) {
  if (!text.starts_with("D3-") && !text.starts_with("D3A-")) return false;
  text.remove_prefix(text.find('-') + 1);
  return !text.empty() && std::ranges::all_of(text, [](char c) { return isCapital(c) || isDigit(c); });
}

bool isAttackId(std::string_view text) {
  static constexpr std::array<std::string_view, 6> kKinds = {"M", "G", "C", "S", "TA", "DS"};
  std::string_view rest = text;
  if (rest.starts_with('T') && take(rest, "T9999"))
    return rest.empty() || (take(rest, ".999") && rest.empty());
  return std::ranges::any_of(kKinds, [&](std::string_view kind) {
    std::string_view left = text;
    if (!left.starts_with(kind)) return false;
    left.remove_prefix(kind.size());
    return take(left, "9999") && left.empty();
  });
}

}  // namespace

bool isIdText(std::string_view text) {
  return !text.empty() && text.size() <= 200 && text.front() != ' ' && text.back() != ' ' &&
         std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

std::optional<std::string> wellFormedId(Framework framework, std::string_view text) {
  if (!isIdText(text)) return std::nullopt;
  std::string id = idOfFramework(framework, text);
  const auto holds = [&] {
    switch (framework) {
      case Framework::nist80053:
        return is80053(id);
      case Framework::cci: {
        std::string_view rest = id;
        return take(rest, "CCI-999999") && rest.empty();
      }
      case Framework::d3fend:
        return isD3fend(id);
      default:
        return isAttack(framework) ? isAttackId(id) : isIdText(id);
    }
  };
  if (!holds()) return std::nullopt;
  return id;
}

std::string_view idShape(Framework framework) {
  switch (framework) {
    case Framework::nist80053:
      return "a control as AC-4 or AC-4(8)";
    case Framework::cci:
      return "an item as CCI-000015";
    case Framework::d3fend:
      return "a technique as D3-NTA";
    default:
      return isAttack(framework) ? "an id as T1048 or T1048.003"
                                 : "1 to 200 bytes without control characters";
  }
}

}  // namespace vauban::catalog
