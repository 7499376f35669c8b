#include "plan/yaml_editing.h"

#include <fmt/format.h>

#include <algorithm>

namespace vauban::plan::yaml_editing {
namespace {

using model::yaml::Kind;
using model::yaml::Parts;

constexpr std::size_t kWidth = 140;

NodePtr make(Parts parts) {
  for (const NodePtr& child : parts.children) {
    parts.weight += child->weight();
    parts.height = std::max(parts.height, static_cast<std::uint8_t>(child->height() + 1));
  }
  return std::make_shared<const Node>(std::move(parts));
}

NodePtr withChildren(const NodePtr& node, std::vector<NodePtr> children) {
  Parts parts = node->parts();
  parts.weight = 1;
  parts.children = std::move(children);
  return make(std::move(parts));
}

bool isPlainByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-_./+@").find(c) != std::string_view::npos;
}

// Whether a text can stand without quotes: words and names of the model file, nothing clever.
bool canBePlain(const std::string& value) {
  if (value.empty() || model::yaml::kindOfPlain(value) != Kind::text) return false;
  if (!isPlainByte(value.front()) || std::string_view("-@.").find(value.front()) != std::string_view::npos)
    return false;
  if (value.front() == ' ' || value.back() == ' ') return false;
  return std::ranges::all_of(value, [](char c) { return isPlainByte(c) || c == ' '; });
}

std::string quoted(const std::string& value) {
  std::string out = "\"";
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20U || byte == 0x7FU) {
      out += fmt::format("\\x{:02X}", byte);
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string scalar(const Node& node) {
  switch (node.kind()) {
    case Kind::null:
      return "null";
    case Kind::boolean:
    case Kind::integer:
    case Kind::real:
      return node.text();
    default:
      return canBePlain(node.text()) ? node.text() : quoted(node.text());
  }
}

// Flow style on one line; stops early once it is wider than `most`.
void appendLine(const Node& node, std::size_t most, std::string& out) {
  if (out.size() > most) return;
  if (node.isScalar()) {
    out += scalar(node);
    return;
  }
  out += node.isMapping() ? '{' : '[';
  for (std::size_t i = 0; i < node.size() && out.size() <= most; ++i) {
    if (i != 0) out += ", ";
    if (node.isMapping()) {
      out += scalar(node.key(i)) + ": ";
      appendLine(node.value(i), most, out);
    } else {
      appendLine(node.item(i), most, out);
    }
  }
  out += node.isMapping() ? '}' : ']';
}

void appendBlock(const Node& node, std::size_t indent, std::string& out);

// A value after "key:" or "-", which stand already; `column` is where the line has got to.
void appendValue(const Node& value, std::size_t column, std::size_t indent, bool item, bool line,
                 std::string& out) {
  // A list of words is easier to read on one line, however long.
  const bool words = value.isScalar() || value.size() == 0 ||
                     (value.isSequence() && std::ranges::all_of(value.children(), [](const NodePtr& it) {
                        return it->isScalar();
                      }));
  const std::size_t room = kWidth > column ? kWidth - column : 0;
  std::string flow;
  appendLine(value, words ? std::string::npos : room, flow);
  if (words || (line && flow.size() <= room)) {
    out += ' ' + flow + '\n';
    return;
  }
  if (item) {  // the first entry stands beside the dash
    std::string block;
    appendBlock(value, indent, block);
    out += ' ' + block.substr(std::min(block.size(), indent));
    return;
  }
  out += '\n';
  appendBlock(value, indent, out);
}

void appendBlock(const Node& node, std::size_t indent, std::string& out) {
  const std::string margin(indent, ' ');
  for (std::size_t i = 0; i < node.size(); ++i) {
    if (node.isMapping()) {
      const std::string key = scalar(node.key(i));
      out += margin + key + ':';
      // Sections stay open, so that each zone, host and rule has a line of its own.
      appendValue(node.value(i), indent + key.size() + 2, indent + 2, false, indent != 0, out);
    } else {
      out += margin + '-';
      // `- allow: {...}`, as people write rules.
      const bool one = node.item(i).isMapping() && node.item(i).size() == 1;
      appendValue(node.item(i), indent + 2, indent + 2, true, !one, out);
    }
  }
}

}  // namespace

NodePtr text(std::string value) {
  Parts parts;
  parts.kind = Kind::text;
  parts.text = std::move(value);
  return make(std::move(parts));
}

NodePtr number(std::string written) {
  Parts parts;
  parts.kind = model::yaml::kindOfPlain(written);
  parts.text = std::move(written);
  return make(std::move(parts));
}

NodePtr texts(const std::vector<std::string>& values) {
  std::vector<NodePtr> items;
  for (const std::string& value : values) items.push_back(text(value));
  return sequence(std::move(items));
}

NodePtr mapping(const std::vector<std::pair<std::string, NodePtr>>& entries) {
  Parts parts;
  parts.kind = Kind::mapping;
  for (const auto& [key, value] : entries) {
    parts.children.push_back(text(key));
    parts.children.push_back(value);
  }
  return make(std::move(parts));
}

NodePtr sequence(std::vector<NodePtr> items) {
  Parts parts;
  parts.kind = Kind::sequence;
  parts.children = std::move(items);
  return make(std::move(parts));
}

NodePtr at(const NodePtr& node, std::string_view key) {
  if (node == nullptr || !node->isMapping()) return nullptr;
  for (std::size_t i = 0; i < node->size(); ++i)
    if (node->key(i).text() == key) return node->children()[2 * i + 1];
  return nullptr;
}

NodePtr atPath(const NodePtr& node, const std::vector<std::string>& path) {
  NodePtr here = node;
  for (const std::string& key : path) here = at(here, key);
  return here;
}

NodePtr with(const NodePtr& node, std::string_view key, NodePtr value) {
  if (node == nullptr || !node->isMapping()) return mapping({{std::string(key), std::move(value)}});
  std::vector<NodePtr> children = node->children();
  for (std::size_t i = 0; i < node->size(); ++i) {
    if (node->key(i).text() != key) continue;
    children[2 * i + 1] = std::move(value);
    return withChildren(node, std::move(children));
  }
  children.push_back(text(std::string(key)));
  children.push_back(std::move(value));
  return withChildren(node, std::move(children));
}

NodePtr withPath(const NodePtr& node, const std::vector<std::string>& path, NodePtr value) {
  if (path.empty()) return value;
  const std::vector<std::string> rest(path.begin() + 1, path.end());
  return with(node, path.front(), withPath(at(node, path.front()), rest, std::move(value)));
}

NodePtr withItemAt(const NodePtr& node, std::size_t index, NodePtr item) {
  std::vector<NodePtr> children = node->children();
  children[index] = std::move(item);
  return withChildren(node, std::move(children));
}

NodePtr withItemsBefore(const NodePtr& node, const std::vector<NodePtr>& items) {
  if (node == nullptr || !node->isSequence()) return sequence(items);
  std::vector<NodePtr> children = items;
  children.insert(children.end(), node->children().begin(), node->children().end());
  return withChildren(node, std::move(children));
}

NodePtr withItemsAfter(const NodePtr& node, const std::vector<NodePtr>& items) {
  if (node == nullptr || !node->isSequence()) return sequence(items);
  std::vector<NodePtr> children = node->children();
  children.insert(children.end(), items.begin(), items.end());
  return withChildren(node, std::move(children));
}

bool same(const Node& a, const Node& b) {
  if (a.kind() != b.kind() || a.size() != b.size()) return false;
  if (a.kind() == Kind::null) return true;
  if (a.isScalar()) return a.text() == b.text();
  for (std::size_t i = 0; i < a.children().size(); ++i)
    if (!same(*a.children()[i], *b.children()[i])) return false;
  return true;
}

std::string toYaml(const Node& root) {
  std::string out;
  if (root.isScalar() || root.size() == 0) {
    appendLine(root, std::string::npos, out);
    return out + '\n';
  }
  appendBlock(root, 0, out);
  return out;
}

}  // namespace vauban::plan::yaml_editing
