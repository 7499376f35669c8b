#include "report/attack_flow_stix.h"

#include <fmt/format.h>
#include <nettle/sha1.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

namespace vauban::report {

using Json = nlohmann::ordered_json;

namespace {

// What the extension is known by; its own times and author are part of what it is.
constexpr const char* kExtension = "extension-definition--fb9c968a-745b-4ade-9b25-c324172197f4";
constexpr const char* kExtensionAuthor = "identity--fb9c968a-745b-4ade-9b25-c324172197f4";
constexpr const char* kExtensionWritten = "2022-08-02T19:34:35.143Z";
constexpr const char* kExtensionSchema =
    "https://center-for-threat-informed-defense.github.io/attack-flow/stix/attack-flow-schema-2.0.0.json";

// The name space of what this program names: 5f0c51c5-6a0b-4c0e-9d53-7f0e0a6f1b27, made for it at random.
constexpr std::string_view kOurs = "\x5f\x0c\x51\xc5\x6a\x0b\x4c\x0e\x9d\x53\x7f\x0e\x0a\x6f\x1b\x27";

std::string timestamp(FlowTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

class BundleWriter {
 public:
  BundleWriter(const AttackFlowDrawing& drawing, FlowTime written)
      : drawing_(drawing), written_(timestamp(written)), content_(nameBasedUuid(kOurs, contentOf(drawing))) {}

  std::string write() {
    for (std::size_t i = 0; i < drawing_.steps.size(); ++i) actions_.push_back(makeAction(i));
    for (std::size_t i = 0; i < drawing_.steps.size(); ++i) join(i);
    Json bundle = {{"type", "bundle"}, {"id", id("bundle", "")}, {"objects", Json::array()}};
    Json& objects = bundle["objects"];
    objects.push_back(extension());
    objects.push_back(identity(kExtensionAuthor, kExtensionWritten,
                               "MITRE Center for Threat-Informed Defense", "organization"));
    objects.push_back(identity(author(), written_, "Vauban", "system"));
    objects.push_back(flow());
    for (Json* list : {&actions_, &operators_, &assets_})
      for (Json& object : *list) objects.push_back(std::move(object));
    return bundle.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  }

 private:
  // All that makes the flow what it is, so that another one has other ids.
  static std::string contentOf(const AttackFlowDrawing& drawing) {
    Json content = {drawing.title, drawing.description};
    for (const FlowStep& step : drawing.steps)
      content.push_back({step.technique, step.tactic, step.name, step.description, step.host, step.before});
    return content.dump(-1, ' ', false, Json::error_handler_t::replace);
  }

  std::string id(std::string_view type, std::string_view part) const {
    return fmt::format("{}--{}", type, nameBasedUuid(kOurs, fmt::format("{}/{}/{}", type, part, content_)));
  }
  static std::string author() { return "identity--" + nameBasedUuid(kOurs, "identity/Vauban"); }

  static Json identity(std::string_view id, std::string_view time, std::string_view name,
                       std::string_view kind) {
    return {{"type", "identity"}, {"spec_version", "2.1"}, {"id", id}, {"created", time}, {"modified", time},
            {"name", name},       {"identity_class", kind}};
  }

  static Json extension() {
    return {{"type", "extension-definition"},
            {"spec_version", "2.1"},
            {"id", kExtension},
            {"created", kExtensionWritten},
            {"modified", kExtensionWritten},
            {"created_by_ref", kExtensionAuthor},
            {"name", "Attack Flow"},
            {"schema", kExtensionSchema},
            {"version", "2.0.0"},
            {"extension_types", Json::array({"new-sdo"})}};
  }

  // What every object of the extension has; `part` tells it from others of its type in this flow.
  Json object(std::string_view type, std::string_view part) const {
    return {{"type", type},
            {"spec_version", "2.1"},
            {"id", id(type, part)},
            {"created_by_ref", author()},
            {"created", written_},
            {"modified", written_},
            {"extensions", {{kExtension, {{"extension_type", "new-sdo"}}}}}};
  }

  Json flow() const {
    Json flow = object("attack-flow", "");
    flow["name"] = drawing_.title;
    if (!drawing_.description.empty()) flow["description"] = drawing_.description;
    flow["scope"] = "other";
    Json starts = Json::array();
    for (std::size_t i = 0; i < drawing_.steps.size(); ++i)
      if (drawing_.steps[i].before.empty()) starts.push_back(actions_[i]["id"]);
    // At least one is wanted; a circle has no better one than its first.
    if (starts.empty()) starts.push_back(actions_[0]["id"]);
    flow["start_refs"] = std::move(starts);
    return flow;
  }

  Json makeAction(std::size_t place) {
    const FlowStep& step = drawing_.steps[place];
    Json action = object("attack-action", std::to_string(place));
    action["name"] = step.name;
    const std::pair<const char*, const std::string*> texts[] = {
        {"tactic_id", &step.tactic}, {"technique_id", &step.technique}, {"description", &step.description}};
    for (const auto& [key, text] : texts)
      if (!text->empty()) action[key] = *text;
    if (!step.host.empty()) action["asset_refs"] = Json::array({asset(step.host)});
    return action;
  }

  std::string asset(const std::string& host) {
    auto& known = hosts_[host];
    if (known.empty()) {
      Json object = this->object("attack-asset", host);
      object["name"] = host;
      known = object["id"].get<std::string>();
      assets_.push_back(std::move(object));
    }
    return known;
  }

  // One step leads to the action itself, several of one alternative over AND, several alternatives over OR.
  void join(std::size_t place) {
    const auto& ways = drawing_.steps[place].before;
    const std::string action = actions_[place]["id"];
    const std::string target = ways.size() > 1 ? gate("OR", std::to_string(place), action) : action;
    for (std::size_t i = 0; i < ways.size(); ++i) {
      VAUBAN_CHECK(!ways[i].empty());
      const std::string next =
          ways[i].size() > 1 ? gate("AND", fmt::format("{}/{}", place, i), target) : target;
      for (const std::size_t before : ways[i]) {
        VAUBAN_CHECK(before < actions_.size());
        Json& effects = actions_[before]["effect_refs"];
        if (std::ranges::find(effects, Json(next)) == effects.end()) effects.push_back(next);
      }
    }
  }

  std::string gate(std::string_view word, const std::string& part, const std::string& next) {
    Json object = this->object("attack-operator", part);
    object["operator"] = word;
    object["effect_refs"] = Json::array({next});
    operators_.push_back(object);
    return object["id"];
  }

  const AttackFlowDrawing& drawing_;
  std::string written_, content_;
  Json actions_ = Json::array(), operators_ = Json::array(), assets_ = Json::array();
  std::map<std::string, std::string> hosts_;  // the ids of their assets
};

}  // namespace

std::string nameBasedUuid(std::string_view nameSpace, std::string_view name) {
  sha1_ctx context;
  sha1_init(&context);
  for (const std::string_view text : {nameSpace, name})
    sha1_update(&context, text.size(), reinterpret_cast<const std::uint8_t*>(text.data()));
  std::array<std::uint8_t, SHA1_DIGEST_SIZE> digest{};
  sha1_digest(&context, digest.size(), digest.data());
  digest[6] = static_cast<std::uint8_t>((digest[6] & 0x0FU) | 0x50U);
  digest[8] = static_cast<std::uint8_t>((digest[8] & 0x3FU) | 0x80U);
  std::string text;
  for (std::size_t i = 0; i < 16; ++i)
    text += fmt::format("{}{:02x}", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", digest[i]);
  return text;
}

Result<std::string> attackFlowStix(const AttackFlowDrawing& drawing, FlowTime written) {
  if (drawing.steps.empty())
    return failure(
        {Severity::error, {}, 0, "there is no step to draw an Attack Flow of", "at least one", ""});
  return BundleWriter(drawing, written).write();
}

}  // namespace vauban::report
