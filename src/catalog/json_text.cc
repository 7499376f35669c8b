#include "catalog/json_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/utf8.h"

namespace vauban::catalog {
namespace {

bool isHex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

std::string_view trimmed(std::string_view token) {
  const std::size_t last = token.find_last_not_of(" \t\r\n");
  return token.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

// RFC 8259, 6.
bool isNumber(std::string_view text) {
  std::size_t at = 0;
  const auto digits = [&] {
    const std::size_t start = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    return at - start;
  };
  const auto sees = [&](std::string_view any) {
    const bool found = at < text.size() && any.find(text[at]) != std::string_view::npos;
    at += found ? 1 : 0;
    return found;
  };
  sees("-");
  const std::size_t start = at;
  const std::size_t whole = digits();
  if (whole == 0 || (whole > 1 && text[start] == '0')) return false;
  if (sees(".") && digits() == 0) return false;
  if (sees("eE")) {
    sees("+-");
    if (digits() == 0) return false;
  }
  return at == text.size();
}

// RFC 8259, 7: what may follow a backslash. `text` begins behind the opening quote; simdjson has seen to it
// that it ends and has no control characters.
bool escapesHold(std::string_view text) {
  std::size_t at = 0;
  while ((at = text.find('\\', at)) != std::string_view::npos) {
    if (at + 1 >= text.size()) return false;
    const char kind = text[at + 1];
    at += 2;
    if (kind == 'u') {
      if (at + 4 > text.size() || !std::ranges::all_of(text.substr(at, 4), isHex)) return false;
      at += 4;
    } else if (std::string_view("\"\\/bfnrt").find(kind) == std::string_view::npos) {
      return false;
    }
  }
  return true;
}

struct StringFaults {
  std::size_t control;  // the first bare control character inside a string
  std::size_t open;     // the opening quote of the string that does not end
};

StringFaults stringFaults(std::string_view text) {
  StringFaults faults{text.size(), text.size()};
  bool inside = false;
  std::size_t opened = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '"') {
      inside = !inside;
      opened = at;
    } else if (inside && text[at] == '\\') {
      ++at;
    } else if (inside && static_cast<unsigned char>(text[at]) < 0x20) {
      faults.control = std::min(faults.control, at);
    }
  }
  if (inside) faults.open = opened;
  return faults;
}

// The encoding that the first bytes betray (RFC 4627, 3, from the time when JSON could be something else than
// UTF-8).
std::string_view foreignEncoding(std::string_view text) {
  const auto begins = [&](std::initializer_list<int> bytes) {
    return text.size() >= bytes.size() &&
           std::ranges::equal(bytes, text.substr(0, bytes.size()),
                              [](int a, char b) { return a < 0 ? b != 0 : static_cast<char>(a) == b; });
  };
  if (begins({0xFF, 0xFE, 0, 0}) || begins({-1, 0, 0, 0})) return "UTF-32 (little-endian)";
  if (begins({0, 0, 0xFE, 0xFF}) || begins({0, 0, 0, -1})) return "UTF-32 (big-endian)";
  if (begins({0xFF, 0xFE}) || begins({-1, 0})) return "UTF-16 (little-endian)";
  if (begins({0xFE, 0xFF}) || begins({0, -1})) return "UTF-16 (big-endian)";
  return {};
}

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

JsonText::JsonText(std::string_view text, std::string file, const JsonLimits& limits)
    : file_(std::move(file)), limits_(limits) {
  if (text.size() > limits_.bytes) {
    fault(0, fmt::format("the file has more than {} bytes", limits_.bytes));
  } else if (const auto encoding = foreignEncoding(text); !encoding.empty()) {
    fault(0, fmt::format("the text is {}", encoding), "UTF-8");
  } else {
    text_ = simdjson::padded_string(text);
    // The mark is overwritten rather than cut off, so that offsets stay what they are in the file.
    if (text.starts_with(kByteOrderMark)) std::memset(text_.data(), ' ', kByteOrderMark.size());
    const simdjson::error_code code = parser_.iterate(text_).get(document_);
    if (code != simdjson::SUCCESS) refuse(code);
  }
}

void JsonText::refuse(simdjson::error_code code) {
  const std::string_view text = text_;
  const std::size_t first = std::min(text.find_first_not_of(" \t\r\n"), text.size());
  switch (code) {
    case simdjson::EMPTY:
      return fault(first, "the file is empty", "a JSON object");
    case simdjson::UTF8_ERROR:
      return fault(firstInvalidUtf8(text), "these bytes are not UTF-8", "UTF-8");
    case simdjson::UNCLOSED_STRING:
      return fault(stringFaults(text).open,
                   "the string that begins here does not end: the text is cut short, or a "
                   "quote is missing");
    case simdjson::UNESCAPED_CHARS:
      return fault(stringFaults(text).control, "a control character stands inside a string",
                   "an escape, as \\n");
    case simdjson::INCORRECT_TYPE:
      return fault(first, "the text is not a JSON object", "{");
    case simdjson::INCOMPLETE_ARRAY_OR_OBJECT:
    case simdjson::TRAILING_CONTENT: {
      const std::size_t last = text.find_last_not_of(" \t\r\n");
      return fault(last == std::string_view::npos ? 0 : last,
                   "the text does not end with the end of its object: it is cut short, or something follows",
                   "}");
    }
    default:
      return fault(first, fmt::format("the text is not a JSON object ({})", simdjson::error_message(code)),
                   "{");
  }
}

bool JsonText::failed(simdjson::error_code code) {
  if (broken_) return true;
  if (code == simdjson::SUCCESS) return false;
  const char* here = nullptr;
  const std::string_view text = text_;
  std::size_t offset = text.size();
  if (document_.current_location().get(here) == simdjson::SUCCESS && here >= text.data())
    offset = std::min<std::size_t>(static_cast<std::size_t>(here - text.data()), text.size());
  if (offset == text.size()) {
    fault(offset, "the text ends before all that was opened is closed", "} or ]");
  } else if (code == simdjson::STRING_ERROR) {
    fault(offset, "an escape that JSON does not have stands in this string");
  } else {
    fault(offset, "this is not JSON", "a comma, a colon, or the end of what was opened");
  }
  return true;
}

JsonText::Kind JsonText::kindOf(std::string_view token) const {
  switch (token.empty() ? '\0' : token.front()) {
    case '{':
      return Kind::object;
    case '[':
      return Kind::array;
    case '"':
      return Kind::text;
    case 't':
    case 'f':
      return Kind::boolean;
    case 'n':
      return Kind::null;
    default:
      return isNumber(trimmed(token)) ? Kind::number : Kind::unknown;
  }
}

std::string_view JsonText::token(Value value) const { return value.raw_json_token(); }

std::size_t JsonText::offset(Value value) const {
  const std::string_view text = text_;
  return std::min<std::size_t>(static_cast<std::size_t>(token(value).data() - text.data()), text.size());
}

bool JsonText::scalarHolds(std::string_view token) const {
  const std::string_view bare = trimmed(token);
  switch (kindOf(token)) {
    case Kind::boolean:
      return bare == "true" || bare == "false";
    case Kind::null:
      return bare == "null";
    default:
      return isNumber(bare);
  }
}

bool JsonText::open(Value value) {
  if (static_cast<std::size_t>(std::max(value.current_depth(), 0)) <= limits_.depth) return true;
  fault(offset(value), fmt::format("objects and arrays are nested more than {} deep", limits_.depth));
  return false;
}

bool JsonText::is(Kind kind, Value value, std::string_view what) {
  static constexpr std::array<std::string_view, 7> kNames = {
      "an object", "an array", "a string", "true or false", "a number", "null", "a value of JSON"};
  if (broken_) return false;
  const Kind found = kindOf(token(value));
  if (found == kind) return true;
  if (found != Kind::null && found != Kind::unknown) {
    error(offset(value), fmt::format("{} is {}", what, kNames[static_cast<std::size_t>(found)]),
          std::string(kNames[static_cast<std::size_t>(kind)]));
  }
  skip(value);
  return false;
}

std::optional<std::string_view> JsonText::text(Value value, std::string_view what) {
  if (!is(Kind::text, value, what)) return std::nullopt;
  const std::string_view whole = trimmed(token(value));
  if (whole.size() >= 2 && whole.find('\\') == std::string_view::npos) {
    skip(value);
    return whole.substr(1, whole.size() - 2);
  }
  std::string_view unescaped;
  if (value.get_string().get(unescaped) == simdjson::SUCCESS) return unescaped;
  fault(offset(value), "an escape that JSON does not have stands in this string");
  return std::nullopt;
}

std::optional<bool> JsonText::boolean(Value value, std::string_view what) {
  if (!is(Kind::boolean, value, what)) return std::nullopt;
  skip(value);
  if (broken_) return std::nullopt;
  return token(value).front() == 't';
}

void JsonText::skip(Value value) {
  if (broken_) return;
  const std::string_view whole = token(value);
  switch (kindOf(whole)) {
    case Kind::object:
      object(value, {}, [](std::string_view, Value) { return false; });
      break;
    case Kind::array:
      array(value, {}, [](Value) { return false; });
      break;
    case Kind::unknown:
      fault(offset(value), "this is not JSON", "a value");
      break;
    case Kind::text:
      if (!escapesHold(trimmed(whole).substr(1)))
        fault(offset(value), "an escape that JSON does not have stands in this string");
      // Taken, not left to simdjson to pass over: that would let a colon follow.
      failed(value.get_raw_json_string().error());
      break;
    default:
      if (!scalarHolds(whole)) fault(offset(value), "this is not JSON", "true, false or null");
  }
}

void JsonText::fault(std::size_t offset, std::string message, std::string expected) {
  if (!broken_) say({Severity::error, offset, std::move(message), std::move(expected), {}});
  broken_ = true;
}

void JsonText::say(Remark remark) {
  if (remarks_.size() < limits_.diagnostics) return remarks_.push_back(std::move(remark));
  if (unlisted_ == 0 || remark.severity < worst_.severity)
    worst_ = {remark.severity, remark.offset, {}, {}, {}};
  ++unlisted_;
}

Diagnostics JsonText::diagnostics() {
  if (unlisted_ > 0) {
    worst_.message = fmt::format("from here on {} more are not listed", unlisted_);
    remarks_.push_back(std::move(worst_));
    unlisted_ = 0;
  }
  std::ranges::stable_sort(remarks_, {}, &Remark::offset);
  Diagnostics diagnostics;
  const std::string_view text = text_;
  std::size_t at = 0, lineStart = 0;
  std::uint32_t line = 1;
  for (const Remark& remark : remarks_) {
    const std::size_t end = std::min(remark.offset, text.size());
    for (; at < end; ++at) {
      if (text[at] == '\n') {
        ++line;
        lineStart = at + 1;
      }
    }
    const auto column = static_cast<std::uint32_t>(end - lineStart + 1);
    diagnostics.push_back(
        {remark.severity, {file_, line, column}, 0, remark.message, remark.expected, remark.nearest});
  }
  sortDiagnostics(diagnostics);
  return diagnostics;
}

}  // namespace vauban::catalog
