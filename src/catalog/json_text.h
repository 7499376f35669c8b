// JSON (RFC 8259) of other people's files, read once from front to back, with the place of all that is wrong.
//
// Every value is held against the grammar, whether somebody wants it or not: a file that is not JSON
// somewhere is refused, and after such a fault nothing more is handed out (`broken`). A value that is null
// counts as absent. Texts that are handed out are unescaped, UTF-8, and live as long as the JsonText. Offsets
// count bytes from the start of the text. For one thread; not to be copied or moved.
#pragma once

#include <simdjson.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"

namespace vauban::catalog {

struct JsonLimits {
  std::size_t bytes = 1U << 30U;
  std::size_t depth = 64;
  std::size_t diagnostics = 100;  // that are listed
};

class JsonText {
 public:
  using Value = simdjson::ondemand::value;

  JsonText(std::string_view text, std::string file, const JsonLimits& limits = {});
  JsonText(const JsonText&) = delete;
  JsonText& operator=(const JsonText&) = delete;

  // The object that the text is. `member(key, value)` returns whether it read the value; what it did not read
  // is passed over. To be called once.
  template <class Member>
  void document(Member member);

  // The members of an object, the items of an array: `item(value)` returns what `member` does. False, and an
  // error that names `what`, where the value is something else.
  template <class Member>
  bool object(Value value, std::string_view what, Member member);
  template <class Item>
  bool array(Value value, std::string_view what, Item item);
  std::optional<std::string_view> text(Value value, std::string_view what);
  std::optional<bool> boolean(Value value, std::string_view what);
  void skip(Value value);

  std::size_t offset(Value value) const;
  bool broken() const { return broken_; }
  std::size_t said() const { return remarks_.size() + unlisted_; }  // errors and warnings so far
  void error(std::size_t offset, std::string message, std::string expected = {}, std::string nearest = {}) {
    say({Severity::error, offset, std::move(message), std::move(expected), std::move(nearest)});
  }
  void warning(std::size_t offset, std::string message, std::string expected = {}, std::string nearest = {}) {
    say({Severity::warning, offset, std::move(message), std::move(expected), std::move(nearest)});
  }

  // All that was said, sorted by place; of what is beyond the limit only how much, and the worst severity of
  // it.
  Diagnostics diagnostics();

 private:
  struct Remark {
    Severity severity = Severity::error;
    std::size_t offset = 0;
    std::string message, expected, nearest;
  };
  enum class Kind { object, array, text, boolean, number, null, unknown };

  Kind kindOf(std::string_view token) const;
  std::string_view token(Value value) const;
  bool is(Kind kind, Value value, std::string_view what);
  bool open(Value value);
  void say(Remark remark);
  void fault(std::size_t offset, std::string message, std::string expected = {});
  bool failed(simdjson::error_code code);
  void refuse(simdjson::error_code code);
  bool scalarHolds(std::string_view token) const;
  template <class Member>
  void members(simdjson::ondemand::object& object, Member& member);

  std::string file_;
  JsonLimits limits_;
  simdjson::padded_string text_;
  simdjson::ondemand::parser parser_;
  simdjson::ondemand::document document_;
  std::vector<Remark> remarks_;
  std::size_t unlisted_ = 0;
  Remark worst_;  // of the unlisted
  bool broken_ = false;
};

template <class Member>
void JsonText::members(simdjson::ondemand::object& object, Member& member) {
  for (auto next : object) {
    simdjson::ondemand::field field;
    std::string_view key;
    if (failed(std::move(next).get(field)) || failed(field.unescaped_key().get(key))) return;
    const Value value = field.value();
    if (!member(key, value)) skip(value);
    if (broken_) return;
  }
}

template <class Member>
void JsonText::document(Member member) {
  if (broken_) return;
  simdjson::ondemand::object object;
  const simdjson::error_code code = document_.get_object().get(object);
  if (code != simdjson::SUCCESS) return refuse(code);
  members(object, member);
  if (!broken_ && document_.current_location().error() != simdjson::OUT_OF_BOUNDS)
    refuse(simdjson::TRAILING_CONTENT);
}

template <class Member>
bool JsonText::object(Value value, std::string_view what, Member member) {
  if (!is(Kind::object, value, what)) return false;
  simdjson::ondemand::object object;
  if (!open(value) || failed(value.get_object().get(object))) return false;
  members(object, member);
  return !broken_;
}

template <class Item>
bool JsonText::array(Value value, std::string_view what, Item item) {
  if (!is(Kind::array, value, what)) return false;
  simdjson::ondemand::array array;
  if (!open(value) || failed(value.get_array().get(array))) return false;
  for (auto next : array) {
    Value entry;
    if (failed(std::move(next).get(entry))) return false;
    if (!item(entry)) skip(entry);
    if (broken_) return false;
  }
  return !broken_;
}

}  // namespace vauban::catalog
