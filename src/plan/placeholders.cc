#include "plan/placeholders.h"

#include <algorithm>

#include "plan/yaml_editing.h"

namespace vauban::plan {
namespace {

namespace yaml = model::yaml;

bool isNameByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

// The placeholder at `at`, where a '$' is: its name and the bytes it takes. Without braces it goes as far as
// it can.
std::pair<std::string, std::size_t> placeholderAt(const std::string& text, std::size_t at) {
  if (at + 1 < text.size() && text[at + 1] == '{') {
    const auto end = text.find('}', at);
    if (end == std::string::npos) return {"", 1};
    return {text.substr(at + 2, end - at - 2), end - at + 1};
  }
  std::size_t end = at + 1;
  while (end < text.size() && isNameByte(text[end])) ++end;
  return {text.substr(at + 1, end - at - 1), end - at};
}

// The member, where the text is one placeholder and nothing else.
std::string whole(const yaml::Node& node) {
  if (!node.isText() || node.text().empty() || node.text().front() != '$') return {};
  const auto [name, length] = placeholderAt(node.text(), 0);
  return length == node.text().size() ? name : std::string();
}

void collect(const yaml::Node& node, std::vector<std::string>& into) {
  if (node.isText()) {
    for (auto at = node.text().find('$'); at != std::string::npos;) {
      auto [name, length] = placeholderAt(node.text(), at);
      into.push_back(std::move(name));
      at = node.text().find('$', at + length);
    }
  }
  for (std::size_t i = 0; i < node.size(); ++i) {
    if (node.isMapping()) collect(node.value(i), into);
    if (node.isSequence()) collect(node.item(i), into);
  }
}

}  // namespace

std::vector<std::string> placeholdersIn(const yaml::Node& node) {
  std::vector<std::string> names;
  collect(node, names);
  return names;
}

std::string filledIn(const std::string& text, const Members& members) {
  std::string filled;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '$') {
      filled += text[at++];
      continue;
    }
    const auto [name, length] = placeholderAt(text, at);
    const auto found = members.find(name);
    if (found == members.end()) {
      filled += text.substr(at, length);
    } else {
      for (std::size_t i = 0; i < found->second.size(); ++i) filled += (i == 0 ? "" : "-") + found->second[i];
    }
    at += length;
  }
  return filled;
}

yaml::NodePtr filledIn(const yaml::NodePtr& node, const Members& members,
                       const std::vector<std::string>& lists) {
  if (const std::string name = whole(*node); !name.empty() && members.contains(name)) {
    const auto& values = members.at(name);
    if (values.size() == 1 && std::ranges::find(lists, name) == lists.end())
      return yaml_editing::text(values.front());
    return yaml_editing::texts(values);
  }
  if (node->isText()) {
    if (node->text().find('$') == std::string::npos) return node;
    return yaml_editing::text(filledIn(node->text(), members));
  }
  if (node->isScalar()) return node;
  yaml::Parts parts = node->parts();
  parts.children.clear();
  for (std::size_t i = 0; i < node->size(); ++i) {
    if (node->isMapping()) {
      parts.children.push_back(node->children()[2 * i]);
      parts.children.push_back(filledIn(node->children()[2 * i + 1], members, lists));
      continue;
    }
    const std::string name = whole(node->item(i));
    if (!name.empty() && members.contains(name)) {
      for (const std::string& value : members.at(name)) parts.children.push_back(yaml_editing::text(value));
    } else {
      parts.children.push_back(filledIn(node->children()[i], members, lists));
    }
  }
  return std::make_shared<const yaml::Node>(std::move(parts));
}

}  // namespace vauban::plan
