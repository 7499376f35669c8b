// JSON (RFC 8259) as values that know where they stand; for the files of this room only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "import/nft_json.h"

namespace vauban::import {

struct JsonValue {
  enum class Kind : std::uint8_t { null, boolean, number, text, array, object };
  Kind kind = Kind::null;
  bool boolean = false;
  std::int64_t number = 0;         // of numbers; those that are no 64-bit integer are -1
  std::size_t begin = 0, end = 0;  // bytes of the text; of scalars roughly
  std::string text;                // of texts, unescaped
  std::vector<std::string> keys;   // of objects, each once, beside `items`
  std::vector<JsonValue> items;

  bool is(Kind wanted) const { return kind == wanted; }
  bool isText(std::string_view wanted) const { return kind == Kind::text && text == wanted; }
  const JsonValue* find(std::string_view key) const;  // null where there is none, or no object
  // The text of a member that is one; empty otherwise.
  std::string_view textAt(std::string_view key) const;
  // The value of an object with this one key; null otherwise.
  const JsonValue* only(std::string_view key) const;
};

// Where an offset of the text lies; lines begin after each '\n'.
class TextLines {
 public:
  TextLines(std::string name, std::string_view text);
  Place place(std::size_t offset) const;

 private:
  std::string name_;
  std::vector<std::size_t> begins_;
};

Result<JsonValue> readJson(std::string_view text, const TextLines& lines, const NftJsonLimits& limits);

}  // namespace vauban::import
