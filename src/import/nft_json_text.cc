#include "import/nft_json_text.h"

#include <fmt/format.h>

#include <string_view>

namespace vauban::import {
namespace {

constexpr std::size_t kTextBytes = 200;

class Writer {
 public:
  std::string write(const JsonValue& rule) {
    if (const JsonValue* statements = rule.find("expr")) {
      for (const JsonValue& statement : statements->items) {
        if (full()) break;
        if (!text_.empty()) text_ += ' ';
        add(statement);
      }
    }
    if (const std::string_view comment = rule.textAt("comment"); !comment.empty() && !full())
      text_ += fmt::format("{}comment \"{}\"", text_.empty() ? "" : " ", comment);
    for (char& c : text_) {
      if (static_cast<unsigned char>(c) < 32 || c == 127) c = '?';
    }
    if (text_.size() <= kTextBytes) return std::move(text_);
    std::size_t cut = kTextBytes - 3;
    while (cut > 0 && (static_cast<unsigned char>(text_[cut]) & 0xC0U) == 0x80U) --cut;  // whole characters
    return text_.substr(0, cut) + "...";
  }

 private:
  bool full() const { return text_.size() > kTextBytes; }

  void list(const JsonValue& values, std::string_view separator) {
    bool first = true;
    for (const JsonValue& value : values.items) {
      if (full()) return;
      if (!first) text_ += separator;
      first = false;
      add(value);
    }
  }

  void words(const JsonValue& object, std::string_view first, std::string_view second) {
    text_ += object.textAt(first);
    if (const JsonValue* value = object.find(second)) {
      text_ += ' ';
      add(*value);
    }
  }

  void match(const JsonValue& object) {
    const std::string_view op = object.textAt("op");
    if (const JsonValue* left = object.find("left")) add(*left);
    if (op != "==" && op != "in") text_ += fmt::format(" {}", op);
    if (const JsonValue* right = object.find("right")) {
      text_ += ' ';
      add(*right);
    }
  }

  void verdicts(const JsonValue& map) {
    if (const JsonValue* key = map.find("key")) add(*key);
    text_ += " vmap ";
    const JsonValue* data = map.find("data");
    if (data == nullptr) return;
    const JsonValue* set = data->only("set");
    if (set == nullptr) return add(*data);
    text_ += "{ ";
    bool first = true;
    for (const JsonValue& pair : set->items) {
      if (full()) return;
      if (!first) text_ += ", ";
      first = false;
      list(pair, " : ");
    }
    text_ += " }";
  }

  void add(const JsonValue& value) {
    switch (value.kind) {
      case JsonValue::Kind::null:
        return;
      case JsonValue::Kind::boolean:
        text_ += value.boolean ? "true" : "false";
        return;
      case JsonValue::Kind::number:
        text_ += std::to_string(value.number);
        return;
      case JsonValue::Kind::text:
        text_ += value.text;
        return;
      case JsonValue::Kind::array:
        return list(value, ",");
      case JsonValue::Kind::object:
        return object(value);
    }
  }

  void object(const JsonValue& value) {
    if (value.keys.size() != 1) {
      text_ += "...";
      return;
    }
    const std::string& key = value.keys.front();
    const JsonValue& inner = value.items.front();
    if (key == "match") return match(inner);
    if (key == "vmap") return verdicts(inner);
    if (key == "payload") return words(inner, "protocol", "field");
    if (key == "meta" || key == "ct") {
      text_ += key + " ";
      text_ += inner.textAt("key");
      return;
    }
    if (key == "set") {
      text_ += "{ ";
      inner.is(JsonValue::Kind::array) ? list(inner, ", ") : add(inner);
      text_ += " }";
      return;
    }
    if (key == "concat") return list(inner, " . ");
    if (key == "prefix") {
      text_ += inner.textAt("addr");
      if (const JsonValue* length = inner.find("len")) text_ += fmt::format("/{}", length->number);
      return;
    }
    if (key == "range") return list(inner, "-");
    if (key == "elem") {
      if (const JsonValue* element = inner.find("val")) add(*element);
      return;
    }
    if (key == "&" || key == "|" || key == "^") return list(inner, " " + key + " ");
    text_ += key;
    if (key == "jump" || key == "goto") {
      text_ += ' ';
      text_ += inner.textAt("target");
    }
  }

  std::string text_;
};

}  // namespace

std::string nftRuleText(const JsonValue& rule) { return Writer().write(rule); }

}  // namespace vauban::import
