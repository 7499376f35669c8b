// New YAML trees from old ones, and their text.
//
// Nodes are immutable and shared (model/yaml.h): an edit makes the nodes on the way to it anew and shares all
// others, so a hundred variants of a model cost little more than one. Pure functions; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/yaml.h"

namespace vauban::plan::yaml_editing {

using model::yaml::Node;
using model::yaml::NodePtr;

NodePtr text(std::string value);
NodePtr number(std::string written);
NodePtr texts(const std::vector<std::string>& values);
NodePtr mapping(const std::vector<std::pair<std::string, NodePtr>>& entries);
NodePtr sequence(std::vector<NodePtr> items);

// The node of a key; null where it is absent or `node` is null or no mapping.
NodePtr at(const NodePtr& node, std::string_view key);
NodePtr atPath(const NodePtr& node, const std::vector<std::string>& path);
// The mapping with the key's value changed or, where it is new, added last. A null node is an empty mapping.
NodePtr with(const NodePtr& node, std::string_view key, NodePtr value);
// The same along a path of keys; mappings that are missing are made.
NodePtr withPath(const NodePtr& node, const std::vector<std::string>& path, NodePtr value);
NodePtr withItemAt(const NodePtr& sequence, std::size_t index, NodePtr item);  // replaced
NodePtr withItemsBefore(const NodePtr& sequence, const std::vector<NodePtr>& items);
NodePtr withItemsAfter(const NodePtr& sequence, const std::vector<NodePtr>& items);

// Same kinds, texts, keys in the same order, and items; where they stand and how they are quoted is left
// aside.
bool same(const Node& a, const Node& b);

// YAML 1.2 text of the tree. Mappings in block style down to what fits a line of about 140 columns, which is
// in flow style, as lists of words always are; the same tree gives the same bytes, and parse() of them gives
// a tree that is `same`.
std::string toYaml(const Node& root);

}  // namespace vauban::plan::yaml_editing
