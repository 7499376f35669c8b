#include "model/node_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/nearest_name.h"

namespace vauban::model {
namespace {

std::string_view kindText(const yaml::Node& node) {
  switch (node.kind()) {
    case yaml::Kind::null:
      return "nothing";
    case yaml::Kind::boolean:
      return "a boolean";
    case yaml::Kind::integer:
    case yaml::Kind::real:
      return "a number";
    case yaml::Kind::text:
      return "text";
    case yaml::Kind::mapping:
      return "a mapping";
    case yaml::Kind::sequence:
      return "a list";
  }
  return "";
}

bool isDate(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  for (const std::size_t i : {0, 1, 2, 3, 5, 6, 8, 9}) {
    if (text[i] < '0' || text[i] > '9') return false;
  }
  const auto number = [&](std::size_t at, std::size_t digits) {
    int value = 0;
    for (std::size_t i = at; i < at + digits; ++i) value = 10 * value + (text[i] - '0');
    return value;
  };
  const int year = number(0, 4), month = number(5, 2), day = number(8, 2);
  if (month < 1 || month > 12) return false;
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  const int days = month == 2                                                ? (leap ? 29 : 28)
                   : (month == 4 || month == 6 || month == 9 || month == 11) ? 30
                                                                             : 31;
  return day >= 1 && day <= days;
}

}  // namespace

bool isName(std::string_view text) {
  if (text.empty() || text.size() > 128 || text == "any" || text.front() == '-' || text.front() == '.')
    return false;
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  });
}

std::string alternatives(const Words& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i != 0) text += i + 1 == words.size() ? " or " : ", ";
    text += words[i];
  }
  return text;
}

void NodeReader::add(Diagnostic diagnostic) {
  if (full()) {
    ++dropped_;
    return;
  }
  diagnostics_.push_back(std::move(diagnostic));
}

void NodeReader::error(const yaml::Node& at, std::string message, std::string expected, std::string nearest) {
  add({Severity::error, at.place(), at.length(), std::move(message), std::move(expected),
       std::move(nearest)});
}

void NodeReader::warning(const yaml::Node& at, std::string message) {
  add({Severity::warning, at.place(), at.length(), std::move(message), {}, {}});
}

void NodeReader::unknown(const yaml::Node& at, std::string_view what, const Words& names,
                         std::string expected) {
  // Past the limit the answer would be thrown away, and with many names it is dear.
  error(at, fmt::format("no {} '{}'", what, at.text()), std::move(expected),
        full() ? std::string() : nearestName(at.text(), names));
}

std::optional<std::string> NodeReader::text(const yaml::Node& node) {
  if (node.isText() && !node.text().empty()) return node.text();
  if (node.kind() == yaml::Kind::boolean || node.number()) {
    error(node, fmt::format("{} is {}", node.text(), kindText(node)),
          fmt::format("text: \"{}\"", node.text()));
  } else {
    error(node, node.isText() ? "the text is empty" : fmt::format("{} where text belongs", kindText(node)),
          "text");
  }
  return std::nullopt;
}

std::optional<bool> NodeReader::boolean(const yaml::Node& node) {
  if (const auto value = node.boolean()) return value;
  error(node,
        node.isText() ? fmt::format("'{}' is no boolean", node.text())
                      : fmt::format("{} where a boolean belongs", kindText(node)),
        "true or false", node.isText() ? nearestName(node.text(), {"true", "false"}) : std::string());
  return std::nullopt;
}

std::optional<std::uint64_t> NodeReader::integer(const yaml::Node& node, std::uint64_t least,
                                                 std::uint64_t most) {
  const auto wanted = most == UINT64_MAX ? fmt::format("a whole number, at least {}", least)
                                         : fmt::format("a whole number from {} to {}", least, most);
  const auto value = node.number();
  constexpr double kExact = 9007199254740992.0;  // 2^53: beyond, JSON readers disagree about what is written
  if (!value || std::floor(*value) != *value || std::abs(*value) > kExact) {
    error(node,
          node.isScalar() && !node.text().empty() ? fmt::format("'{}' is no whole number", node.text())
                                                  : fmt::format("{} where a number belongs", kindText(node)),
          wanted);
    return std::nullopt;
  }
  if (*value < static_cast<double>(least) || *value > static_cast<double>(most)) {
    error(node, fmt::format("{} is out of range", node.text()), wanted);
    return std::nullopt;
  }
  return static_cast<std::uint64_t>(*value);
}

std::optional<double> NodeReader::number(const yaml::Node& node, double least, double most) {
  const auto wanted = std::isinf(most) ? fmt::format("a number, at least {}", least)
                                       : fmt::format("a number from {} to {}", least, most);
  const auto value = node.number();
  if (!value) {
    error(node,
          node.isScalar() && !node.text().empty() ? fmt::format("'{}' is no number", node.text())
                                                  : fmt::format("{} where a number belongs", kindText(node)),
          wanted);
    return std::nullopt;
  }
  if (*value < least || *value > most) {
    error(node, fmt::format("{} is out of range", node.text()), wanted);
    return std::nullopt;
  }
  return value;
}

std::optional<std::string> NodeReader::word(const yaml::Node& node, const Words& words) {
  std::string_view written = node.isText() ? std::string_view(node.text()) : std::string_view();
  if (node.boolean() == false) written = "off";
  if (std::ranges::find(words, written) != words.end()) return std::string(written);
  if (node.isScalar() && node.kind() != yaml::Kind::null) {
    error(node, fmt::format("'{}' is not a word that goes here", node.text()), alternatives(words),
          full() ? std::string() : nearestName(node.text(), words));
  } else {
    error(node, fmt::format("{} where a word belongs", kindText(node)), alternatives(words));
  }
  return std::nullopt;
}

std::optional<std::string> NodeReader::date(const yaml::Node& node) {
  if (node.isText() && isDate(node.text())) return node.text();
  error(node,
        node.isText() ? fmt::format("'{}' is no date", node.text())
                      : fmt::format("{} where a date belongs", kindText(node)),
        "a date as 2027-03-31");
  return std::nullopt;
}

bool NodeReader::name(const yaml::Node& node) {
  if (isName(node.text())) return true;
  error(node, fmt::format("'{}' cannot be a name", node.text()),
        "letters, digits, '_', '-', '.', and not 'any'");
  return false;
}

std::vector<const yaml::Node*> NodeReader::oneOrMany(const yaml::Node& node, bool someAtLeast) {
  std::vector<const yaml::Node*> nodes;
  if (node.isSequence()) {
    for (std::size_t i = 0; i < node.size(); ++i) nodes.push_back(&node.item(i));
    if (nodes.empty() && someAtLeast) error(node, "the list is empty", "at least one");
  } else if (node.isMapping()) {
    error(node, "a mapping where one or a list of words belongs", "a word or a list of words");
  } else {
    nodes.push_back(&node);
  }
  return nodes;
}

std::vector<const yaml::Node*> NodeReader::list(const yaml::Node& node, std::string_view what) {
  std::vector<const yaml::Node*> nodes;
  if (!node.isSequence()) {
    error(node, fmt::format("{} where a list of {} belongs", kindText(node), what), "a list");
    return nodes;
  }
  for (std::size_t i = 0; i < node.size(); ++i) nodes.push_back(&node.item(i));
  return nodes;
}

std::vector<std::pair<const yaml::Node*, const yaml::Node*>> NodeReader::entries(const yaml::Node& node,
                                                                                 std::string_view what) {
  std::vector<std::pair<const yaml::Node*, const yaml::Node*>> found;
  if (!node.isMapping()) {
    error(node, fmt::format("{} where a mapping of {} belongs", kindText(node), what), "{name: ...}");
    return found;
  }
  for (std::size_t i = 0; i < node.size(); ++i) found.emplace_back(&node.key(i), &node.value(i));
  return found;
}

std::vector<std::string> NodeReader::texts(const yaml::Node& node, bool someAtLeast) {
  std::vector<std::string> values;
  for (const auto* item : oneOrMany(node, someAtLeast)) {
    if (auto value = text(*item)) values.push_back(std::move(*value));
  }
  return values;
}

std::vector<std::string> NodeReader::words(const yaml::Node& node, const Words& allowed, bool someAtLeast) {
  std::vector<std::string> values;
  for (const auto* item : oneOrMany(node, someAtLeast)) {
    auto value = word(*item, allowed);
    if (!value) continue;
    if (std::ranges::find(values, *value) != values.end()) {
      error(*item, fmt::format("'{}' is there twice", *value));
    } else {
      values.push_back(std::move(*value));
    }
  }
  return values;
}

Diagnostics NodeReader::finish() {
  sortDiagnostics(diagnostics_);
  if (dropped_ != 0) {
    diagnostics_.push_back(
        {Severity::error, {}, 0, fmt::format("{} more mistakes are not shown", dropped_), {}, {}});
  }
  return std::move(diagnostics_);
}

Fields::Fields(NodeReader& reader, const yaml::Node& node, std::string_view what, Words keys)
    : reader_(reader), node_(&node), what_(what) {
  if (!node.isMapping()) {
    reader.error(node, fmt::format("{} where {} belongs", kindText(node), what),
                 node.kind() == yaml::Kind::null ? "a mapping; {} for an empty one" : "a mapping");
    return;
  }
  std::ranges::sort(keys);
  for (std::size_t i = 0; i < node.size(); ++i) {
    const auto& key = node.key(i);
    if (std::ranges::binary_search(keys, std::string_view(key.text()))) continue;
    reader.error(key, fmt::format("{} has no key '{}'", what, key.text()), alternatives(keys),
                 reader.full() ? std::string() : nearestName(key.text(), keys));
  }
}

const yaml::Node* Fields::keyOf(std::string_view key) const {
  if (!node_->isMapping()) return nullptr;
  for (std::size_t i = 0; i < node_->size(); ++i) {
    if (node_->key(i).text() == key) return &node_->key(i);
  }
  return nullptr;
}

const yaml::Node* Fields::need(std::string_view key) {
  const auto* value = find(key);
  if (value == nullptr && node_->isMapping()) {
    reader_.error(*node_, fmt::format("{} lacks the key '{}'", what_, key), std::string(key));
  }
  return value;
}

std::optional<std::string> Fields::oneOf(const Words& keys) {
  if (!node_->isMapping()) return std::nullopt;
  std::optional<std::string> found;
  for (std::size_t i = 0; i < node_->size(); ++i) {
    const auto& key = node_->key(i);
    if (std::ranges::find(keys, std::string_view(key.text())) == keys.end()) continue;
    if (found) {
      reader_.error(key, fmt::format("{} cannot be both '{}' and '{}'", what_, *found, key.text()),
                    "one of " + alternatives(keys));
      return std::nullopt;
    }
    found = key.text();
  }
  if (!found) reader_.error(*node_, fmt::format("{} says nothing", what_), "one of " + alternatives(keys));
  return found;
}

}  // namespace vauban::model
