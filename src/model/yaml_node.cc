#include <charconv>
#include <cmath>
#include <limits>

#include "model/yaml.h"

namespace vauban::model::yaml {
namespace {

bool isDigit(char c) { return c >= '0' && c <= '9'; }

std::string_view withoutSign(std::string_view text) {
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  return text;
}

bool allOf(std::string_view text, std::string_view allowed) {
  return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}

// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?   (YAML 1.2.2 section 10.3.2)
bool isReal(std::string_view text) {
  text = withoutSign(text);
  std::size_t at = 0;
  while (at < text.size() && isDigit(text[at])) ++at;
  const std::size_t whole = at;
  std::size_t fraction = 0;
  if (at < text.size() && text[at] == '.') {
    ++at;
    while (at < text.size() && isDigit(text[at])) ++at, ++fraction;
  }
  if (whole == 0 && fraction == 0) return false;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    return allOf(withoutSign(text.substr(at + 1)), "0123456789");
  }
  return at == text.size();
}

bool isInfinityOrNaN(std::string_view text) {
  if (text == ".nan" || text == ".NaN" || text == ".NAN") return true;
  text = withoutSign(text);
  return text == ".inf" || text == ".Inf" || text == ".INF";
}

void appendScalar(const Node& node, std::string& out) {
  const bool needsQuotes =
      node.isText() && (node.quoted() || node.text().find_first_of(",[]{}\n\"") != std::string::npos);
  if (!needsQuotes) {
    out += node.text();
    return;
  }
  out += '"';
  for (const char c : node.text()) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

void append(const Node& node, std::size_t most, std::string& out) {
  if (out.size() > most) return;
  if (node.isScalar()) return appendScalar(node, out);
  out += node.isMapping() ? '{' : '[';
  for (std::size_t i = 0; i < node.size() && out.size() <= most; ++i) {
    if (i != 0) out += ", ";
    if (node.isMapping()) {
      appendScalar(node.key(i), out);
      out += ": ";
      append(node.value(i), most, out);
    } else {
      append(node.item(i), most, out);
    }
  }
  out += node.isMapping() ? '}' : ']';
}

}  // namespace

Kind kindOfPlain(std::string_view text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") return Kind::null;
  for (const std::string_view word : {"true", "True", "TRUE", "false", "False", "FALSE"}) {
    if (text == word) return Kind::boolean;
  }
  if (allOf(withoutSign(text), "0123456789")) return Kind::integer;
  if (text.starts_with("0o") && allOf(text.substr(2), "01234567")) return Kind::integer;
  if (text.starts_with("0x") && allOf(text.substr(2), "0123456789abcdefABCDEF")) return Kind::integer;
  if (isReal(text) || isInfinityOrNaN(text)) return Kind::real;
  return Kind::text;
}

std::optional<bool> Node::boolean() const {
  if (parts_.kind != Kind::boolean) return std::nullopt;
  return parts_.text.front() == 't' || parts_.text.front() == 'T';
}

std::optional<std::int64_t> Node::integer() const {
  if (parts_.kind != Kind::integer) return std::nullopt;
  std::string_view digits = parts_.text;
  int base = 10;
  if (digits.starts_with("0x") || digits.starts_with("0o")) {
    base = digits[1] == 'x' ? 16 : 8;
    digits.remove_prefix(2);
  } else if (digits.front() == '+') {
    digits.remove_prefix(1);
  }
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

std::optional<double> Node::number() const {
  if (parts_.kind == Kind::integer) {
    if (const auto whole = integer()) return static_cast<double>(*whole);
  } else if (parts_.kind != Kind::real) {
    return std::nullopt;
  }
  std::string_view digits = parts_.text;
  if (isInfinityOrNaN(digits)) return std::nullopt;  // no quantity of a model is infinite
  if (digits.front() == '+') digits.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || !std::isfinite(value)) return std::nullopt;
  return value;
}

const Node* Node::find(std::string_view wanted) const {
  if (!isMapping()) return nullptr;
  for (std::size_t i = 0; i < size(); ++i) {
    if (key(i).text() == wanted) return &value(i);
  }
  return nullptr;
}

std::string Node::toLine(std::size_t most) const {
  std::string line;
  // The outermost braces of a mapping say nothing when it is printed alone.
  if (isMapping()) {
    for (std::size_t i = 0; i < size() && line.size() <= most; ++i) {
      if (i != 0) line += ", ";
      appendScalar(key(i), line);
      line += ": ";
      append(value(i), most, line);
    }
  } else {
    append(*this, most, line);
  }
  if (line.size() > most) {
    std::size_t end = most;
    while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0U) == 0x80U)
      --end;  // not inside a character
    line.resize(end);
    line += "...";
  }
  return line;
}

}  // namespace vauban::model::yaml
