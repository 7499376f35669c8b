#include "report/verdict_sarif.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "report/claim_words.h"

namespace vauban::report {

using channel::ClaimResult;
using channel::Hop;
using channel::Judgement;
using channel::Verdict;
using Json = nlohmann::ordered_json;

namespace {

namespace fs = std::filesystem;

struct RuleWords {
  const char *id, *name, *brief, *full;
};

// By the id that claimKindName gives.
constexpr RuleWords kRules[] = {
    {"never-channel", "NeverChannel", "No bytes may get from one place to another",
     "A claim `never: {channel: ...}`: nobody who holds `from` can get bytes to whoever holds `to`, by "
     "packets "
     "of his own or through services that hand them on."},
    {"at-most-channel", "AtMostChannel", "No more than a stated rate may get from one place to another",
     "A claim `at-most: {channel: ...}`: all channels together carry less than the rate."},
    {"only-via-channel", "OnlyViaChannel", "Bytes may get from one place to another by named hosts only",
     "A claim `only-via: {channel: ...}`: every channel passes one of the hosts named."},
    {"never-reach", "NeverReach", "A place may not open conversations with another",
     "A claim `never: {reach: ...}`: no filter on any path lets a packet of the service open a "
     "conversation."},
    {"always-reach", "AlwaysReach", "A place must be able to open conversations with another",
     "A claim `always: {reach: ...}`: every packet of the service passes, from every address, on every "
     "path."},
    {"only-reach", "OnlyReach", "A service may be reached by one place only",
     "A claim `only: {reach: ...}`: no address outside `from` can reach `to` with any packet of the "
     "service."},
    {"never-goal", "NeverGoal", "An attacker may not reach a goal",
     "A claim `never: {goal: ...}` about the attack graph."},
    {"depth", "Depth", "Several things must fail before a goal is reached",
     "A claim `depth`: the least number of layers that must fail."},
    {"tripwire", "Tripwire", "Every way to a goal meets a decoy first", "A claim `tripwire`."},
};
constexpr RuleWords kMistake = {"model-mistake", "ModelMistake", "The model is wrong",
                                "The model cannot be read, so no claim was judged."};

std::string encoded(const std::string& path) {
  // Unreserved characters of RFC 3986, "/" between segments, and those of "sub-delims" that need no escape.
  constexpr std::string_view kPlain = "-._~/!$&'()*+,;=@";
  std::string uri;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    uri +=
        letter || kPlain.find(c) != std::string_view::npos ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return uri;
}

// The path below the folder, or "".
std::string below(const fs::path& path, const fs::path& folder) {
  const std::string relative = path.lexically_relative(folder).generic_string();
  return relative == "." || relative == ".." || relative.starts_with("../") ? std::string() : relative;
}

// Within a message `[text](1)` is a link (SARIF 3.11.6): what the model says never is one.
std::string message(std::string text) {
  for (std::size_t at = text.find("]("); at != std::string::npos; at = text.find("](", at + 3)) {
    text.insert(at + 1, " ");
  }
  return text;
}

class Writer {
 public:
  explicit Writer(const SarifCall& call) : call_(call) {}

  Json physical(const Place& place) const {
    const SarifUri uri = sarifUri(place.file, call_.folder);
    Json artifact = {{"uri", uri.uri}};
    if (uri.relative) artifact["uriBaseId"] = "%SRCROOT%";
    Json json = {{"artifactLocation", artifact}};
    if (place.line != 0) {
      json["region"] = {{"startLine", place.line}};
      if (place.column != 0) json["region"]["startColumn"] = place.column;
    }
    return json;
  }

  Json location(const Place& place, const std::string& text) const {
    Json json = Json::object();
    if (!place.file.empty()) json["physicalLocation"] = physical(place);
    if (!text.empty()) json["message"] = {{"text", message(text)}};
    return json;
  }

  static Json rule(const RuleWords& words, const char* level) {
    return {{"id", words.id},
            {"name", words.name},
            {"shortDescription", {{"text", words.brief}}},
            {"fullDescription", {{"text", words.full}}},
            {"help",
             {{"text", std::string(words.full) +
                           " The result shows the shortest way found, hop by hop. `broken`: it is "
                           "open whatever else is true. `conditional`: it is shut once the model can "
                           "state what the result asks for."}}},
            {"defaultConfiguration", {{"level", level}}},
            {"properties", {{"tags", {"security", "architecture"}}}}};
  }

  std::string log(Json rules, Json results, bool successful, Json notifications,
                  const std::string& automation) const {
    Json invocation = {{"executionSuccessful", successful}};
    if (!notifications.empty()) invocation["toolExecutionNotifications"] = std::move(notifications);
    Json driver = {{"name", "vauban"}, {"version", call_.version}, {"semanticVersion", call_.version}};
    driver["rules"] = std::move(rules);
    Json run = {{"tool", {{"driver", driver}}}};
    if (!automation.empty()) run["automationDetails"] = {{"id", automation}};
    run["originalUriBaseIds"] = {
        {"%SRCROOT%", {{"description", {{"text", "the folder in which vauban was called"}}}}}};
    run["columnKind"] = "unicodeCodePoints";
    run["invocations"] = Json::array({invocation});
    run["results"] = std::move(results);
    const Json json = {{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                       {"version", "2.1.0"},
                       {"runs", Json::array({run})}};
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  }

 private:
  const SarifCall& call_;
};

const char* levelOf(Verdict verdict) {
  return verdict == Verdict::broken ? "error" : verdict == Verdict::waived ? "note" : "warning";
}

// Where a hop is shown that no rule decides: at whoever sends.
Place placeOf(const model::Model& model, const Hop& hop, const Place& otherwise) {
  if (hop.rule && !hop.rule->place.file.empty()) return hop.rule->place;
  for (const model::Host& host : model.hosts) {
    if (host.name == hop.from) return host.place;
  }
  for (const model::Zone& zone : model.zones) {
    if (zone.name == hop.from) return zone.place;
  }
  return otherwise;
}

std::string messageOf(const model::Model& model, const ClaimResult& result) {
  const Judgement& judgement = result.judgement;
  std::string text = fmt::format("{} is {}. Claimed: {}.", result.claim->id,
                                 channel::toString(judgement.verdict), claimInWords(model, *result.claim));
  if (!judgement.reason.empty()) text += " " + judgement.reason + ".";
  // Of a goal what an attacker does; the ways of his bytes are the locations.
  for (std::size_t n = 0; n < judgement.steps.size(); ++n)
    text += n == 0 ? " Found: " + judgement.steps[n] : fmt::format("\n{}. {}", n, judgement.steps[n]);
  if (judgement.steps.empty() && !judgement.witness.empty()) {
    const std::string capacity = capacityInWords(judgement);
    text += " Found" + (capacity.empty() ? "" : " (" + capacity + ")") + ":";
    std::size_t number = 0;
    for (const Hop& hop : judgement.witness) {
      text += fmt::format("\n{}. {}", ++number, hopInWords(hop));
      if (hop.rule) text += " [" + ruleInWords(hop) + "]";
    }
  }
  for (const reach::Atom& atom : judgement.conditions) {
    text += fmt::format("\nKept if you state, in {}: `{}`", atom.where, atom.line);
    if (!atom.test.empty()) text += ". Test it: " + atom.test;
  }
  return text;
}

Json resultOf(const Writer& writer, const model::Model& model, const ClaimResult& result,
              const std::string& id, std::size_t ruleIndex) {
  const Judgement& judgement = result.judgement;
  const Place& place = result.claim->place;
  Json json = {{"ruleId", id},
               {"ruleIndex", ruleIndex},
               {"level", levelOf(judgement.verdict)},
               {"message", {{"text", message(messageOf(model, result))}}},
               {"locations", Json::array({writer.location(place, "")})}};
  Json related = Json::array(), steps = Json::array();
  auto relate = [&](const Place& where, const std::string& text) {
    Json location = {{"id", related.size() + 1}};
    location.update(writer.location(where, text));
    related.push_back(location);
  };
  for (const Hop& hop : judgement.witness) {
    const Place where = placeOf(model, hop, place);
    const std::string text = hopInWords(hop) + (hop.rule ? "" : " (no rule decides)");
    relate(where, text);
    steps.push_back({{"location", writer.location(where, text)}, {"executionOrder", steps.size() + 1}});
  }
  for (const reach::Atom& atom : judgement.conditions) {
    if (!atom.place.file.empty()) relate(atom.place, fmt::format("state in {}: {}", atom.where, atom.line));
  }
  if (!related.empty()) json["relatedLocations"] = related;
  if (!steps.empty()) {
    Json thread = Json::object(), flow = Json::object();
    thread["locations"] = std::move(steps);
    flow["message"]["text"] =
        isMissing(judgement.witness.front()) ? "what does not pass" : "the way of the bytes, hop by hop";
    flow["threadFlows"] = Json::array({std::move(thread)});
    json["codeFlows"] = Json::array({std::move(flow)});
  }
  json["partialFingerprints"] = {{"vaubanClaim/v1", result.claim->id}};
  if (judgement.verdict == Verdict::waived) {
    Json waiver = {{"kind", "inSource"}, {"status", "accepted"}, {"justification", judgement.reason}};
    json["suppressions"] = Json::array({std::move(waiver)});
  }
  json["properties"] = {{"claim", result.claim->id}, {"verdict", channel::toString(judgement.verdict)}};
  if (judgement.bitsPerSecond > 0) json["properties"]["bitsPerSecond"] = judgement.bitsPerSecond;
  return json;
}

}  // namespace

SarifUri sarifUri(const std::string& file, const std::string& folder) {
  const fs::path home(folder);
  const fs::path path = (home / file).lexically_normal();
  std::string relative = below(path, home);
  if (relative.empty()) {
    // One of them may be named through a symbolic link.
    std::error_code one, two;
    const fs::path real = fs::weakly_canonical(path, one), realHome = fs::weakly_canonical(home, two);
    if (!one && !two) relative = below(real, realHome);
  }
  if (!relative.empty()) return {encoded(relative), true};
  return {"file://" + encoded(path.generic_string()), false};
}

std::string verifySarif(const model::Model& model, const std::vector<ClaimResult>& results,
                        const channel::Trust& trust, const SarifCall& call) {
  const Writer writer(call);
  // Only the kinds that the model has claims of, in the order of the table.
  std::vector<std::string> kinds;
  Json rules = Json::array();
  for (const RuleWords& words : kRules) {
    const bool used = std::ranges::any_of(
        results, [&](const ClaimResult& result) { return claimKindName(*result.claim) == words.id; });
    if (!used) continue;
    kinds.emplace_back(words.id);
    rules.push_back(Writer::rule(words, "error"));
  }
  Json list = Json::array(), notes = Json::array();
  for (const ClaimResult& result : results) {
    if (result.judgement.verdict == Verdict::kept) continue;
    const std::string id = claimKindName(*result.claim);
    const auto index = static_cast<std::size_t>(std::ranges::find(kinds, id) - kinds.begin());
    list.push_back(resultOf(writer, model, result, id, index));
  }
  for (const auto* warnings : {&model.warnings, &trust.warnings}) {
    for (const Diagnostic& warning : *warnings) {
      Json note = {{"level", "warning"}, {"message", {{"text", message(warning.message)}}}};
      if (!warning.place.file.empty()) note["locations"] = Json::array({writer.location(warning.place, "")});
      notes.push_back(note);
    }
  }
  // Runs of several models in one repository do not replace each other.
  const std::string automation = "vauban/" + sarifUri(model.file, call.folder).uri + "/";
  return writer.log(rules, list, true, notes, automation);
}

std::string diagnosticsSarif(const Diagnostics& diagnostics, const SarifCall& call) {
  static constexpr const char* kLevels[] = {"error", "warning", "note"};
  const Writer writer(call);
  Json list = Json::array();
  for (const Diagnostic& diagnostic : diagnostics) {
    std::string text = diagnostic.message + ".";
    if (!diagnostic.expected.empty()) text += " Expected: " + diagnostic.expected + ".";
    if (!diagnostic.nearest.empty()) text += " Did you mean '" + diagnostic.nearest + "'?";
    Json json = {{"ruleId", kMistake.id},
                 {"ruleIndex", 0},
                 {"level", kLevels[static_cast<int>(diagnostic.severity)]},
                 {"message", {{"text", message(text)}}}};
    // An option of the call is no file.
    if (!diagnostic.place.file.empty() && !diagnostic.place.file.starts_with("--")) {
      json["locations"] = Json::array({writer.location(diagnostic.place, "")});
    }
    list.push_back(json);
  }
  return writer.log(Json::array({Writer::rule(kMistake, "error")}), list, false, Json::array(), "");
}

}  // namespace vauban::report
