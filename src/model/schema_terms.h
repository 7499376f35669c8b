// The pieces of the JSON Schema, one for each way in which NodeReader takes a value; for schema*.cc only.
#pragma once

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/node_reader.h"

namespace vauban::model::schema {

// Keys in the order in which they are added: the output is the same in every run.
using Json = nlohmann::ordered_json;
using Properties = std::initializer_list<std::pair<std::string_view, Json>>;

Json text();
Json boolean();
Json integer(std::uint64_t least, std::uint64_t most);
Json number(double least);  // no upper bound
Json share();               // 0 to 1
Json date();
Json word(const Words& words);  // `off` is also false
Json oneOrMany(const Json& item, bool someAtLeast);
Json words(const Words& words, bool someAtLeast);  // each at most once
Json list(const Json& item, std::size_t least = 0);
Json object(const Properties& properties, std::initializer_list<std::string_view> required = {});
Json named(const Json& value);  // names given by the file -> value
Json anyKey(const Json& value);
Json exactlyOne(const Words& keys);  // of these keys
Json has(std::initializer_list<std::string_view> keys);
Json hasNone(std::initializer_list<std::string_view> keys);
Json described(Json schema, std::string_view description);
Json reference(std::string_view definition);

}  // namespace vauban::model::schema
