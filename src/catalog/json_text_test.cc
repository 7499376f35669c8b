#include "catalog/json_text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/result.h"

namespace vauban::catalog {
namespace {

Diagnostics read(std::string_view text, const JsonLimits& limits = {}) {
  JsonText json(text, "a.json", limits);
  json.document([](std::string_view, JsonText::Value) { return false; });
  return json.diagnostics();
}

std::string said(const Diagnostics& diagnostics) {
  std::string all;
  for (const Diagnostic& d : diagnostics) all += d.place.toString() + ": " + d.message + "\n";
  return all;
}

TEST(JsonText, HandsOutWhatItIsAskedFor) {
  JsonText json(R"({"a": "x\u00e9\n", "b": {"c": [true, null, "t"]}, "d": false, "e": -1.5e+3, "f": null})",
                "a.json");
  std::string seen;
  json.document([&](std::string_view key, JsonText::Value value) {
    seen += key;
    if (key == "a") {
      EXPECT_EQ(json.text(value, key), "x\xC3\xA9\n");
    } else if (key == "b") {
      EXPECT_TRUE(json.object(value, key, [&](std::string_view inner, JsonText::Value list) {
        EXPECT_EQ(inner, "c");
        int number = 0;
        EXPECT_TRUE(json.array(list, inner, [&](JsonText::Value item) {
          switch (++number) {
            case 1:
              EXPECT_EQ(json.boolean(item, "first"), true);
              break;
            case 2:
              EXPECT_EQ(json.text(item, "second"), std::nullopt);
              break;
            default:
              EXPECT_EQ(json.text(item, "third"), "t");
          }
          return true;
        }));
        EXPECT_EQ(number, 3);
        return true;
      }));
    } else if (key == "d") {
      EXPECT_EQ(json.boolean(value, key), false);
    } else if (key == "f") {
      EXPECT_FALSE(json.object(value, key, [](std::string_view, JsonText::Value) { return true; }));
    } else {
      return false;
    }
    return true;
  });
  EXPECT_EQ(seen, "abdef");
  EXPECT_FALSE(json.broken());
  EXPECT_EQ(said(json.diagnostics()), "");
}

TEST(JsonText, WrongTypesHavePlacesAndDoNotStopIt) {
  JsonText json("{\"a\": 1,\n  \"b\": [\"x\"],\n \"c\": {}, \"d\": \"no\"}", "a.json");
  json.document([&](std::string_view key, JsonText::Value value) {
    const auto use = [](auto...) { return true; };
    const bool read = key == "a"   ? json.text(value, "a").has_value()
                      : key == "b" ? json.object(value, "b", use)
                      : key == "c" ? json.array(value, "c", use)
                                   : json.boolean(value, "d").has_value();
    EXPECT_FALSE(read) << key;
    return true;
  });
  const Diagnostics diagnostics = json.diagnostics();
  EXPECT_EQ(
      said(diagnostics),
      "a.json:1:7: a is a number\na.json:2:8: b is an array\na.json:3:7: c is an object\na.json:3:16: d is a "
      "string\n");
  EXPECT_EQ(diagnostics[0].expected, "a string");
  EXPECT_EQ(diagnostics[3].expected, "true or false");
}

TEST(JsonText, RefusesWhatIsNotJsonWithThePlace) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "1:1: the file is empty"},
      {"  \n ", "2:2: the file is empty"},
      {"[1]", "1:1: the text is not a JSON object"},
      {"\n 12", "2:2: the text is not a JSON object"},
      {"<xml/>", "1:1: the text is not a JSON object"},
      {"{\"a\": \"x\n\"}", "1:9: a control character stands inside a string"},
      {"{\"a\": \"x}\n", "1:7: the string that begins here does not end"},
      {"{\"a\": \"\xC3\x28\"}", "1:8: these bytes are not UTF-8"},
      {"{\"a\":\n \"\xED\xA0\x80\"}", "2:3: these bytes are not UTF-8"},
      {"{\"a\": 1", "1:7: the text does not end with the end of its object"},
      {"{\"a\": [{\"b\": 1}", "1:16: the text ends before all that was opened is closed"},
      {"{} x", "1:4: the text does not end with the end of its object"},
      {"{}\n{}", "2:2: the text does not end with the end of its object"},
      {"{\"a\": [1 2]}", "1:10: this is not JSON"},
      {"{\"a\": {\"b\" 1}}", "1:12: this is not JSON"},
      {"{\"a\": nil}", "1:7: this is not JSON"},
      {"{\"a\": tru}", "1:7: this is not JSON"},
      {"{\"a\": 01}", "1:7: this is not JSON"},
      {"{\"a\": 1.}", "1:7: this is not JSON"},
      {"{\"a\": \"x\"y}", "1:10: this is not JSON"},
      {"{\"a\": \"\\x\"}", "1:7: an escape that JSON does not have"},
      {"{\"a\": \"\\u12g4\"}", "1:7: an escape that JSON does not have"},
      {"{\"a\": [1, {\"b\": fals}]}", "1:17: this is not JSON"},
      {std::string("\xFF\xFE{\0}\0", 6), "1:1: the text is UTF-16 (little-endian)"},
      {std::string("\0{\0}", 4), "1:1: the text is UTF-16 (big-endian)"},
      {std::string("{\0\0\0}\0\0\0", 8), "1:1: the text is UTF-32 (little-endian)"},
  };
  for (const auto& [text, expected] : cases) {
    const std::string got = said(read(text));
    EXPECT_EQ(got.substr(0, std::min(got.size(), expected.size() + 7)), "a.json:" + expected) << text;
  }
}

TEST(JsonText, TakesAByteOrderMark) {
  EXPECT_EQ(said(read("\xEF\xBB\xBF{\"a\": 1}")), "");
  EXPECT_EQ(said(read("\xEF\xBB\xBF{\"a\": 1 2}")).substr(0, 24), "a.json:1:12: this is not");
}

TEST(JsonText, DepthIsLimited) {
  const auto nested = [](std::size_t depth) {  // the outermost object counts
    return "{\"a\": " + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
  };
  JsonLimits limits;
  limits.depth = 5;
  EXPECT_EQ(said(read(nested(5), limits)), "");
  EXPECT_EQ(said(read(nested(6), limits)), "a.json:1:11: objects and arrays are nested more than 5 deep\n");
  EXPECT_EQ(said(read(nested(10'000))), "a.json:1:70: objects and arrays are nested more than 64 deep\n");
  std::string objects, ends;
  for (int i = 0; i < 10'000; ++i) {
    objects += "{\"a\":";
    ends += "}";
  }
  EXPECT_NE(said(read(objects + "1" + ends)).find("nested more than 64 deep"), std::string::npos);
}

TEST(JsonText, SizeAndListOfErrorsAreLimited) {
  JsonLimits limits;
  limits.bytes = 5;
  EXPECT_EQ(said(read("{    }", limits)), "a.json:1:1: the file has more than 5 bytes\n");
  limits = {};
  limits.diagnostics = 2;
  JsonText json("{\"a\":\n[1,\n2,\n3,\n4]}", "a.json", limits);
  json.document([&](std::string_view, JsonText::Value value) {
    json.array(value, "a", [&](JsonText::Value item) {
      const std::size_t at = json.offset(item);
      at > 12 ? json.error(at, "bad") : json.warning(at, "odd");
      return false;
    });
    return true;
  });
  const Diagnostics diagnostics = json.diagnostics();
  EXPECT_EQ(said(diagnostics),
            "a.json:2:2: odd\na.json:3:1: odd\na.json:4:1: from here on 2 more are not listed\n");
  EXPECT_TRUE(hasErrors(diagnostics));
}

// The slow twin: nlohmann's parser says what is JSON. Every cut and every damaged byte of a text that has it
// all.
TEST(JsonText, AgreesWithAnotherParserAboutWhatIsJson) {
  const std::string whole =
      R"({"a": [1, -0.5e-7, true, false, null, "\"\\\/\b\f\n\r\té", {}], "b": {"c": {"d": []}}, "": "", "z": 0})";
  const auto agree = [](const std::string& text) {
    const bool theirs = nlohmann::json::accept(text) &&
                        text.find_first_not_of(" \t\r\n") != std::string::npos &&
                        text[text.find_first_not_of(" \t\r\n")] == '{';
    const bool ours = !hasErrors(read(text));
    EXPECT_EQ(ours, theirs) << text;
    JsonText json(text, "a.json");  // the same where every value is asked for
    json.document([&](std::string_view key, JsonText::Value value) {
      json.text(value, key);
      return true;
    });
    EXPECT_EQ(!json.broken(), theirs) << text;
  };
  agree(whole);
  for (std::size_t at = 0; at < whole.size(); ++at) {
    agree(whole.substr(0, at));
    agree(whole.substr(at));
    agree(whole.substr(0, at) + whole.substr(at + 1));
    for (const char c : std::string("{}[]\",:0e-.tn \\u\n\x01\xC3")) {
      std::string damaged = whole;
      damaged[at] = c;
      agree(damaged);
    }
  }
}

}  // namespace
}  // namespace vauban::catalog
