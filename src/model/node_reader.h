// From nodes to values: every reader of a file of this room takes its scalars, words and mappings through
// here, so that the same mistake is said the same way everywhere and modelSchema can say the same.
//
// A function that returns nullopt has reported why. One reader belongs to one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/diagnostic.h"
#include "model/yaml.h"

namespace vauban::model {

using Words = std::vector<std::string_view>;

class NodeReader {
 public:
  // Keeps at most `most` diagnostics and counts the rest.
  explicit NodeReader(std::size_t most) : most_(most) {}

  void error(const yaml::Node& at, std::string message, std::string expected = {}, std::string nearest = {});
  void warning(const yaml::Node& at, std::string message);
  void add(Diagnostic diagnostic);
  bool full() const { return diagnostics_.size() >= most_; }
  // "no zone 'dmzz'", with the nearest of `names`.
  void unknown(const yaml::Node& at, std::string_view what, const Words& names, std::string expected = {});

  std::optional<std::string> text(const yaml::Node& node);  // not empty; numbers and booleans want quotes
  std::optional<bool> boolean(const yaml::Node& node);
  std::optional<std::uint64_t> integer(const yaml::Node& node, std::uint64_t least, std::uint64_t most);
  std::optional<double> number(const yaml::Node& node, double least, double most);
  // One of `words`; the boolean false is the word `off`, which older YAML reads so.
  std::optional<std::string> word(const yaml::Node& node, const Words& words);
  std::optional<std::string> date(const yaml::Node& node);  // ISO 8601 calendar date that exists
  // A name that the file gives to something: see isName.
  bool name(const yaml::Node& node);

  // A scalar is a list of one; a mapping is an error. With `someAtLeast` an empty list is an error.
  std::vector<const yaml::Node*> oneOrMany(const yaml::Node& node, bool someAtLeast = false);
  std::vector<const yaml::Node*> list(const yaml::Node& node, std::string_view what);
  // Key and value of each entry of a mapping from names to something.
  std::vector<std::pair<const yaml::Node*, const yaml::Node*>> entries(const yaml::Node& node,
                                                                       std::string_view what);
  std::vector<std::string> texts(const yaml::Node& node, bool someAtLeast = false);
  std::vector<std::string> words(const yaml::Node& node, const Words& words, bool someAtLeast = false);

  // All diagnostics, sorted, with a last one for those beyond the limit.
  Diagnostics finish();

 private:
  std::size_t most_;
  std::size_t dropped_ = 0;
  Diagnostics diagnostics_;
};

// A mapping whose keys are known: every other key is reported when this is made.
class Fields {
 public:
  Fields(NodeReader& reader, const yaml::Node& node, std::string_view what, Words keys);

  bool isMapping() const { return node_->isMapping(); }
  const yaml::Node& node() const { return *node_; }
  const yaml::Node* find(std::string_view key) const { return node_->find(key); }
  const yaml::Node* need(std::string_view key);  // reports where it is absent
  const yaml::Node* keyOf(std::string_view key) const;
  // The one key of `keys` that is there; reports where there is none or more than one.
  std::optional<std::string> oneOf(const Words& keys);

 private:
  NodeReader& reader_;
  const yaml::Node* node_;
  std::string what_;
};

// Letters, digits, '_', '-' and '.', not beginning with '-' or '.', not `any`, at most 128 bytes.
bool isName(std::string_view text);
// "a, b or c"
std::string alternatives(const Words& words);

}  // namespace vauban::model
