// YAML 1.2 text -> a tree of nodes that know where they stand (YAML 1.2.2, core schema 10.3).
//
// Nodes are immutable and shared: an alias is the anchored node itself, so a tree is small in memory however
// often it is repeated; what counts against the limits is the tree written out. The parser is libfyaml, seen
// by no other file. Nodes may be read from many threads.
//
// Refused, because a model has no use for them and a reader would be surprised: several documents in one
// text, tags, keys that are not scalars, the same key twice, an alias inside its own anchor. `on`, `off`,
// `yes` and `no` are words, as 1.2 has it. Merge keys (`<<`) belong to 1.1 and are keys like any other.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"

namespace vauban::model::yaml {

class Node;
using NodePtr = std::shared_ptr<const Node>;

enum class Kind : std::uint8_t { null, boolean, integer, real, text, mapping, sequence };

// What the parser saw; Node says what it means.
struct Parts {
  Kind kind = Kind::null;
  bool quoted = false;  // a scalar in quotes or a block scalar
  std::uint8_t height = 0;
  std::uint32_t line = 0, column = 0, length = 0;
  std::uint64_t weight = 1;  // nodes of the tree written out, this one included
  std::shared_ptr<const std::string> file;
  std::string text;               // of a scalar, as its value; numbers and booleans as written
  std::vector<NodePtr> children;  // of a sequence; of a mapping: key, value, key, value, ...
};

class Node {
 public:
  explicit Node(Parts parts) : parts_(std::move(parts)) {}

  Kind kind() const { return parts_.kind; }
  bool isMapping() const { return parts_.kind == Kind::mapping; }
  bool isSequence() const { return parts_.kind == Kind::sequence; }
  bool isText() const { return parts_.kind == Kind::text; }
  bool isScalar() const { return !isMapping() && !isSequence(); }
  bool quoted() const { return parts_.quoted; }
  const std::string& text() const { return parts_.text; }
  std::optional<bool> boolean() const;
  std::optional<double> number() const;         // of an integer or a real
  std::optional<std::int64_t> integer() const;  // nullopt also where it does not fit

  std::size_t size() const { return isMapping() ? parts_.children.size() / 2 : parts_.children.size(); }
  const Node& item(std::size_t i) const { return *parts_.children[i]; }           // of a sequence
  const Node& key(std::size_t i) const { return *parts_.children[2 * i]; }        // of a mapping
  const Node& value(std::size_t i) const { return *parts_.children[2 * i + 1]; }  // of a mapping
  const std::vector<NodePtr>& children() const { return parts_.children; }
  const Node* find(std::string_view key) const;  // value of a key; nullptr where it is absent or no mapping

  Place place() const { return {parts_.file ? *parts_.file : std::string(), parts_.line, parts_.column}; }
  std::uint32_t length() const { return parts_.length; }  // bytes to underline; of a collection, its first
  std::uint64_t weight() const { return parts_.weight; }
  unsigned height() const { return parts_.height; }
  const Parts& parts() const { return parts_; }

  // The node in flow style on one line, cut with "..." after about `most` bytes.
  std::string toLine(std::size_t most = 200) const;

 private:
  Parts parts_;
};

struct Limits {
  std::size_t bytes = 64U << 20U;
  std::size_t depth = 64;  // at most 200, which the recursion over nodes stands on
  std::size_t aliases = 1000;
  std::size_t nodes = 20'000'000;
  std::size_t diagnostics = 1000;
};

// With a syntax error or a limit hit there is no root. Lesser mistakes (a key twice, a tag) leave a root to
// go on with, so that they are reported together with what else is wrong.
struct Document {
  NodePtr root;
  std::size_t aliases = 0;  // expansions used
  Diagnostics diagnostics;
};

Document parse(const std::string& file, std::string_view text, const Limits& limits = {});

// What a plain scalar means in the core schema.
Kind kindOfPlain(std::string_view text);

}  // namespace vauban::model::yaml
