#include "report/navigator_layer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

namespace vauban::report {

using Json = nlohmann::ordered_json;

namespace {

// The first version of the Navigator that reads this format.
constexpr const char* kNavigator = "4.9.0";
constexpr const char* kFormat = "4.5";

bool isColor(std::string_view text) {
  return text.size() == 7 && text.front() == '#' && std::ranges::all_of(text.substr(1), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
         });
}

bool isTechnique(std::string_view text) {
  const auto digits = [](std::string_view part, std::size_t count) {
    return part.size() == count && std::ranges::all_of(part, [](char c) { return c >= '0' && c <= '9'; });
  };
  if (!text.starts_with('T') || !digits(text.substr(1, 4), 4)) return false;
  return text.size() == 5 || (text[5] == '.' && digits(text.substr(6), 3));
}

bool isTactic(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; });
}

std::string_view domainWord(catalog::Framework domain) {
  switch (domain) {
    case catalog::Framework::attackEnterprise:
      return "enterprise-attack";
    case catalog::Framework::attackIcs:
      return "ics-attack";
    case catalog::Framework::attackMobile:
      return "mobile-attack";
    default:
      return {};
  }
}

// Whole numbers without a fraction.
Json number(double value) {
  if (value == std::floor(value) && std::abs(value) < 1e15) return static_cast<std::int64_t>(value);
  return value;
}

Json notes(const NavigatorNotes& pairs) {
  Json list = Json::array();
  for (const auto& [name, value] : pairs) list.push_back({{"name", name}, {"value", value}});
  return list;
}

Json written(const NavigatorTechnique& technique) {
  Json json = {{"techniqueID", technique.technique}};
  if (!technique.tactic.empty()) json["tactic"] = technique.tactic;
  if (technique.score) json["score"] = number(*technique.score);
  if (!technique.color.empty()) json["color"] = technique.color;
  if (!technique.comment.empty()) json["comment"] = technique.comment;
  json["enabled"] = technique.enabled;
  if (!technique.metadata.empty()) json["metadata"] = notes(technique.metadata);
  return json;
}

class LayerCheck {
 public:
  explicit LayerCheck(const NavigatorLayer& layer) {
    if (layer.name.empty()) error("the layer has no name");
    if (domainWord(layer.domain).empty())
      error(fmt::format("the domain is {}", catalog::word(layer.domain)), "a domain of ATT&CK");
    std::set<std::pair<std::string_view, std::string_view>> seen;
    for (const NavigatorTechnique& technique : layer.techniques) {
      if (!isTechnique(technique.technique))
        error(fmt::format("'{}' is no technique", technique.technique), "an id as T1021 or T1021.001");
      if (!isTactic(technique.tactic))
        error(fmt::format("'{}' is no tactic", technique.tactic), "a short name as lateral-movement");
      if (technique.score && !std::isfinite(*technique.score))
        error(fmt::format("the score of {} is no number", technique.technique));
      if (!technique.color.empty()) color(technique.color);
      if (!seen.emplace(technique.technique, technique.tactic).second)
        error(fmt::format("{} stands twice in the layer", technique.technique));
    }
    for (const auto& [label, shown] : layer.legend) {
      if (label.empty()) error("a line of the legend has no label");
      color(shown);
    }
    if (!layer.gradient) return;
    for (const std::string& shown : layer.gradient->colors) color(shown);
    if (layer.gradient->colors.size() < 2) error("the gradient has fewer than two colours");
    const bool finite = std::isfinite(layer.gradient->least) && std::isfinite(layer.gradient->most);
    if (!finite || layer.gradient->least >= layer.gradient->most)
      error("the gradient has no extent", "least < most");
  }

  Diagnostics diagnostics;

 private:
  void error(std::string message, std::string expected = {}) {
    diagnostics.push_back({Severity::error, {}, 0, std::move(message), std::move(expected), {}});
  }
  void color(std::string_view text) {
    if (!isColor(text)) error(fmt::format("'{}' is no colour", text), "as #ff6666");
  }
};

}  // namespace

Result<std::string> navigatorLayer(const NavigatorLayer& layer) {
  LayerCheck check(layer);
  if (!check.diagnostics.empty()) return std::unexpected(std::move(check.diagnostics));
  std::vector<const NavigatorTechnique*> techniques;
  for (const NavigatorTechnique& technique : layer.techniques) techniques.push_back(&technique);
  std::ranges::sort(techniques, [](const NavigatorTechnique* a, const NavigatorTechnique* b) {
    return std::tie(a->technique, a->tactic) < std::tie(b->technique, b->tactic);
  });

  Json json;
  json["name"] = layer.name;
  Json& versions = json["versions"];
  if (!layer.attackVersion.empty())
    versions["attack"] = layer.attackVersion.substr(0, layer.attackVersion.find('.'));
  versions["navigator"] = kNavigator;
  versions["layer"] = kFormat;
  json["domain"] = domainWord(layer.domain);
  json["description"] = layer.description;
  json["hideDisabled"] = layer.hideDisabled;
  json["techniques"] = Json::array();
  for (const NavigatorTechnique* technique : techniques) json["techniques"].push_back(written(*technique));
  if (layer.gradient)
    json["gradient"] = {{"colors", layer.gradient->colors},
                        {"minValue", number(layer.gradient->least)},
                        {"maxValue", number(layer.gradient->most)}};
  json["legendItems"] = Json::array();
  for (const auto& [label, color] : layer.legend)
    json["legendItems"].push_back({{"label", label}, {"color", color}});
  if (!layer.metadata.empty()) json["metadata"] = notes(layer.metadata);
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace vauban::report
