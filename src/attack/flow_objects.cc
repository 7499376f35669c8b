#include "attack/flow_objects.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace vauban::attack {
namespace {

using catalog::JsonText;
using JsonType = simdjson::ondemand::json_type;
using Text = std::string_view FlowObject::*;
using Texts = std::vector<std::string_view> FlowObject::*;

// The members that an object of any format may have. Those of the properties of a Builder object have the
// names that STIX gives to the object's own.
constexpr std::array<std::pair<std::string_view, Text>, 6> kOwnTexts = {{
    {"id", &FlowObject::id},
    {"instance", &FlowObject::instance},
    {"template", &FlowObject::templateName},
    {"type", &FlowObject::type},
    {"source", &FlowObject::source},
    {"target", &FlowObject::target},
}};
constexpr std::array<std::pair<std::string_view, Text>, 6> kTexts = {{
    {"name", &FlowObject::name},
    {"operator", &FlowObject::operatorWord},
    {"tactic_id", &FlowObject::tactic},
    {"tactic_ref", &FlowObject::tacticReference},
    {"technique_id", &FlowObject::technique},
    {"technique_ref", &FlowObject::techniqueReference},
}};
constexpr std::array<std::pair<std::string_view, Text>, 2> kPaired = {{
    {"tactic", &FlowObject::pairedTactic},
    {"technique", &FlowObject::pairedTechnique},
}};
constexpr std::array<std::pair<std::string_view, Texts>, 6> kLists = {{
    {"latches", &FlowObject::parts},
    {"children", &FlowObject::parts},
    {"effect_refs", &FlowObject::next},
    {"on_true_refs", &FlowObject::next},
    {"on_false_refs", &FlowObject::next},
    {"start_refs", &FlowObject::starts},
}};

class ObjectReader {
 public:
  ObjectReader(JsonText& json, std::size_t mostObjects) : json_(json), mostObjects_(mostObjects) {}

  FlowDocument read() {
    json_.document([&](std::string_view key, JsonText::Value value) {
      if (key == "objects") {
        document_.hasObjects = true;
        json_.array(value, key, [&](JsonText::Value item) { return readObject(item); });
        return true;
      }
      if (key == "schema" && is(value, JsonType::object)) document_.schemaIsObject = true;
      if (!is(value, JsonType::string)) return false;
      std::string_view* text = key == "type"      ? &document_.type
                               : key == "schema"  ? &document_.schema
                               : key == "version" ? &document_.version
                                                  : nullptr;
      if (text == nullptr) return false;
      *text = json_.text(value, key).value_or("");
      return true;
    });
    return std::move(document_);
  }

 private:
  static bool is(JsonText::Value value, JsonType type) {
    JsonType found{};
    return value.type().get(found) == simdjson::SUCCESS && found == type;
  }
  // Null counts as left out.
  void wrong(JsonText::Value value, std::string_view key, std::string_view expected) {
    if (!is(value, JsonType::null)) object().wrong.push_back({json_.offset(value), key, expected});
  }
  FlowObject& object() { return document_.objects.back(); }

  bool readObject(JsonText::Value item) {
    const std::size_t offset = json_.offset(item);
    if (document_.objects.size() >= mostObjects_) {
      if (!full_) json_.error(offset, fmt::format("the file has more than {} objects", mostObjects_));
      full_ = true;
      return false;
    }
    document_.objects.emplace_back().offset = offset;
    json_.object(item, fmt::format("/objects/{}", document_.objects.size() - 1),
                 [&](std::string_view key, JsonText::Value value) { return readOwn(key, value); });
    return true;
  }

  bool readOwn(std::string_view key, JsonText::Value value) {
    if (readText(kOwnTexts, key, value) || readField(key, value)) return true;
    if (key == "anchors" && is(value, JsonType::object)) {
      json_.object(value, key, [&](std::string_view, JsonText::Value anchor) {
        return addTo(&FlowObject::parts, anchor);
      });
      return true;
    }
    if (key == "properties" && is(value, JsonType::array)) {
      eachPair(value, key,
               [&](std::string_view name, JsonText::Value inner) { return readProperty(name, inner); });
      return true;
    }
    if (key == "external_references" && is(value, JsonType::array)) {
      json_.array(value, key, [&](JsonText::Value item) { return readReference(item); });
      return true;
    }
    if (key == "revoked" && is(value, JsonType::boolean)) {
      object().revoked = json_.boolean(value, key).value_or(false);
      return true;
    }
    for (const auto& [name, list] : kLists) {
      if (key != name) continue;
      if (!is(value, JsonType::array)) {
        wrong(value, name, "a list of ids");
        return false;
      }
      json_.array(value, key, [&, list = list](JsonText::Value item) { return addTo(list, item); });
      return true;
    }
    return false;
  }

  bool readProperty(std::string_view key, JsonText::Value value) {
    if (key != "ttp") return readField(key, value);
    if (!is(value, JsonType::array)) {
      wrong(value, "ttp", "a list of pairs");
      return false;
    }
    eachPair(value, key,
             [&](std::string_view part, JsonText::Value inner) { return readText(kPaired, part, inner); });
    return true;
  }

  bool readField(std::string_view key, JsonText::Value value) {
    if (readText(kTexts, key, value)) return true;
    if (key != "confidence") return false;
    if (is(value, JsonType::string)) {
      object().confidenceWord = json_.text(value, key).value_or("");
      return true;
    }
    std::int64_t percent = 0;
    if (is(value, JsonType::number) && value.get_int64().get(percent) == simdjson::SUCCESS) {
      object().confidence = percent;
      return true;
    }
    wrong(value, "confidence", "a whole number, or a word");
    return false;
  }

  template <std::size_t N>
  bool readText(const std::array<std::pair<std::string_view, Text>, N>& fields, std::string_view key,
                JsonText::Value value) {
    for (const auto& [name, field] : fields) {
      if (key != name) continue;
      if (!is(value, JsonType::string)) {
        wrong(value, name, "a string");
        return false;
      }
      object().*field = json_.text(value, key).value_or("");
      return true;
    }
    return false;
  }

  bool addTo(Texts list, JsonText::Value item) {
    if (!is(item, JsonType::string)) {
      wrong(item, "an id in a list", "a string");
      return false;
    }
    (object().*list).push_back(json_.text(item, "an id").value_or(""));
    return true;
  }

  // Lists of pairs, as Builder writes what has an order: [[key, value], ...]. What is no pair is passed over.
  template <class Pair>
  void eachPair(JsonText::Value list, std::string_view what, Pair pair) {
    json_.array(list, what, [&](JsonText::Value item) {
      if (!is(item, JsonType::array)) return false;
      std::optional<std::string_view> key;
      std::size_t at = 0;
      json_.array(item, what, [&](JsonText::Value value) {
        if (at++ == 0 && is(value, JsonType::string)) {
          key = json_.text(value, what);
          return true;
        }
        return at == 2 && key && pair(*key, value);
      });
      return true;
    });
  }

  bool readReference(JsonText::Value item) {
    if (!is(item, JsonType::object)) return false;
    std::string_view source, id;
    json_.object(item, "external_references", [&](std::string_view key, JsonText::Value value) {
      std::string_view* text = key == "source_name" ? &source : key == "external_id" ? &id : nullptr;
      if (text == nullptr || !is(value, JsonType::string)) return false;
      *text = json_.text(value, key).value_or("");
      return true;
    });
    if (object().catalogueId.empty() && source.starts_with("mitre-")) object().catalogueId = id;
    return true;
  }

  JsonText& json_;
  std::size_t mostObjects_;
  FlowDocument document_;
  bool full_ = false;
};

}  // namespace

FlowDocument readFlowObjects(JsonText& json, std::size_t mostObjects) {
  return ObjectReader(json, mostObjects).read();
}

}  // namespace vauban::attack
