#include "model/schema_terms.h"

#include <algorithm>

namespace vauban::model::schema {

Json text() { return {{"type", "string"}, {"minLength", 1}}; }

Json boolean() { return {{"type", "boolean"}}; }

Json integer(std::uint64_t least, std::uint64_t most) {
  return {{"type", "integer"}, {"minimum", least}, {"maximum", most}};
}

Json number(double least) { return {{"type", "number"}, {"minimum", least}}; }

Json share() { return {{"type", "number"}, {"minimum", 0}, {"maximum", 1}}; }

Json date() {
  return {{"type", "string"},
          {"format", "date"},
          {"pattern", "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"}};
}

Json word(const Words& words) {
  Json values = Json::array();
  for (const auto each : words) values.push_back(each);
  if (std::ranges::find(words, "off") != words.end()) values.push_back(false);
  return {{"enum", values}};
}

Json oneOrMany(const Json& item, bool someAtLeast) {
  return {{"anyOf", Json::array({item, list(item, someAtLeast ? 1 : 0)})}};
}

Json words(const Words& allowed, bool someAtLeast) {
  Json many = list(word(allowed), someAtLeast ? 1 : 0);
  many["uniqueItems"] = true;
  return {{"anyOf", Json::array({word(allowed), many})}};
}

Json list(const Json& item, std::size_t least) {
  Json schema{{"type", "array"}, {"items", item}};
  if (least != 0) schema["minItems"] = least;
  return schema;
}

Json object(const Properties& properties, std::initializer_list<std::string_view> required) {
  Json schema{{"type", "object"}, {"properties", Json::object()}, {"additionalProperties", false}};
  for (const auto& [key, value] : properties) schema["properties"][std::string(key)] = value;
  if (required.size() != 0) {
    schema["required"] = Json::array();
    for (const auto key : required) schema["required"].push_back(key);
  }
  return schema;
}

Json named(const Json& value) {
  return {{"type", "object"},
          {"propertyNames", {{"pattern", "^(?!any$)[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$"}}},
          {"additionalProperties", value}};
}

Json anyKey(const Json& value) { return {{"type", "object"}, {"additionalProperties", value}}; }

Json has(std::initializer_list<std::string_view> keys) {
  Json schema{{"required", Json::array()}};
  for (const auto key : keys) schema["required"].push_back(key);
  return schema;
}

Json hasNone(std::initializer_list<std::string_view> keys) {
  Json any = Json::array();
  for (const auto key : keys) any.push_back(has({key}));
  return {{"not", {{"anyOf", any}}}};
}

Json exactlyOne(const Words& keys) {
  Json each = Json::array();
  for (const auto key : keys) each.push_back(has({key}));
  return {{"oneOf", each}};
}

Json described(Json schema, std::string_view description) {
  if (!description.empty()) schema["description"] = description;
  return schema;
}

Json reference(std::string_view definition) { return {{"$ref", "#/$defs/" + std::string(definition)}}; }

}  // namespace vauban::model::schema
