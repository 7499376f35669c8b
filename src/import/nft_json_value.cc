#include "import/nft_json_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

namespace vauban::import {
namespace {

// Counts what the parser has read, so that its events can be placed.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, const char** read) : at_(at), read_(read) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    ++at_;
    if (read_ != nullptr) *read_ = at_;
    return *this;
  }
  CountingIterator operator++(int) {
    CountingIterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }

 private:
  const char* at_;
  const char** read_;
};

class Reader : public nlohmann::json_sax<nlohmann::json> {
 public:
  Reader(std::string_view text, const NftJsonLimits& limits)
      : text_(text), read_(text.data()), limits_(limits) {}

  bool run() {
    const CountingIterator first(text_.data(), &read_), last(text_.data() + text_.size(), nullptr);
    return nlohmann::json::sax_parse(first, last, this);
  }
  JsonValue take() { return std::move(root_); }
  std::size_t failedAt() const { return failedAt_; }
  const std::string& failure() const { return failure_; }

  bool null() override { return add({}) != nullptr; }
  bool boolean(bool value) override {
    JsonValue node;
    node.kind = JsonValue::Kind::boolean;
    node.boolean = value;
    return add(std::move(node)) != nullptr;
  }
  bool number_integer(number_integer_t value) override { return addNumber(value); }
  bool number_unsigned(number_unsigned_t value) override {
    return addNumber(value > static_cast<number_unsigned_t>(INT64_MAX) ? -1
                                                                       : static_cast<std::int64_t>(value));
  }
  bool number_float(number_float_t, const string_t&) override { return addNumber(-1); }
  bool string(string_t& value) override {
    JsonValue node;
    node.kind = JsonValue::Kind::text;
    node.text = std::move(value);
    return add(std::move(node)) != nullptr;
  }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(JsonValue::Kind::object); }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(JsonValue::Kind::array); }
  bool end_array() override { return close(); }
  bool key(string_t& value) override {
    JsonValue& object = *open_.back();
    constexpr std::size_t kMostKeys = 64;
    if (object.keys.size() >= kMostKeys) return fail(fmt::format("more than {} keys", kMostKeys));
    if (std::ranges::find(object.keys, value) != object.keys.end())
      return fail(fmt::format("key '{}' twice", value));
    object.keys.push_back(std::move(value));
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    failedAt_ = position == 0 ? 0 : position - 1;
    failure_ = "the text is not JSON";
    return false;
  }

 private:
  std::size_t at() const {
    const auto read = static_cast<std::size_t>(read_ - text_.data());
    return read == 0 ? 0 : read - 1;
  }
  bool fail(std::string message) {
    failedAt_ = at();
    failure_ = std::move(message);
    return false;
  }
  bool addNumber(std::int64_t value) {
    JsonValue node;
    node.kind = JsonValue::Kind::number;
    node.number = value;
    return add(std::move(node)) != nullptr;
  }
  // Pointers to what is open stay good: only the innermost array or object grows.
  JsonValue* add(JsonValue node) {
    if (++count_ > limits_.values) {
      fail(fmt::format("more than {} values", limits_.values));
      return nullptr;
    }
    node.begin = at();
    node.end = node.begin + 1;
    if (open_.empty()) {
      root_ = std::move(node);
      return &root_;
    }
    open_.back()->items.push_back(std::move(node));
    return &open_.back()->items.back();
  }
  bool open(JsonValue::Kind kind) {
    if (open_.size() >= limits_.depth) return fail(fmt::format("nested more than {} deep", limits_.depth));
    JsonValue node;
    node.kind = kind;
    JsonValue* added = add(std::move(node));
    if (added == nullptr) return false;
    open_.push_back(added);
    return true;
  }
  bool close() {
    open_.back()->end = at() + 1;
    open_.pop_back();
    return true;
  }

  std::string_view text_;
  const char* read_;
  const NftJsonLimits& limits_;
  JsonValue root_;
  std::vector<JsonValue*> open_;
  std::size_t count_ = 0, failedAt_ = 0;
  std::string failure_;
};

}  // namespace

const JsonValue* JsonValue::find(std::string_view key) const {
  const auto found = std::ranges::find(keys, key);
  return found == keys.end() ? nullptr : &items[static_cast<std::size_t>(found - keys.begin())];
}

std::string_view JsonValue::textAt(std::string_view key) const {
  const JsonValue* value = find(key);
  return value != nullptr && value->kind == Kind::text ? std::string_view(value->text) : std::string_view();
}

const JsonValue* JsonValue::only(std::string_view key) const {
  return keys.size() == 1 && keys.front() == key ? &items.front() : nullptr;
}

TextLines::TextLines(std::string name, std::string_view text) : name_(std::move(name)), begins_{0} {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') begins_.push_back(i + 1);
  }
}

Place TextLines::place(std::size_t offset) const {
  const auto after = std::ranges::upper_bound(begins_, offset);
  const std::size_t line = static_cast<std::size_t>(after - begins_.begin()) - 1;
  return {name_, static_cast<std::uint32_t>(line + 1),
          static_cast<std::uint32_t>(offset - begins_[line] + 1)};
}

Result<JsonValue> readJson(std::string_view text, const TextLines& lines, const NftJsonLimits& limits) {
  if (text.size() > limits.bytes) {
    return failure({Severity::error,
                    lines.place(0),
                    0,
                    fmt::format("the file is longer than {} bytes", limits.bytes),
                    {},
                    {}});
  }
  Reader reader(text, limits);
  if (!reader.run()) {
    return failure({Severity::error,
                    lines.place(std::min(reader.failedAt(), text.size())),
                    0,
                    reader.failure(),
                    "the output of nft -j list ruleset",
                    {}});
  }
  return reader.take();
}

}  // namespace vauban::import
