#include <algorithm>

#include "model/model_reader.h"
#include "model/model_reading.h"
#include "model/rate.h"
#include "model/schema_terms.h"

namespace vauban::model {
namespace {

using namespace schema;

constexpr std::uint64_t kMany = 1'000'000'000'000;

Json merged(Json left, const Json& right) {
  for (const auto& [key, value] : right.items()) left[key] = value;
  return left;
}

Json allOf(std::initializer_list<Json> parts) {
  Json all = Json::array();
  for (const auto& part : parts) all.push_back(part);
  return {{"allOf", all}};
}

Json anyOf(std::initializer_list<Json> parts) {
  Json any = Json::array();
  for (const auto& part : parts) any.push_back(part);
  return {{"anyOf", any}};
}

Json places() { return reference("places"); }
Json packets() { return reference("packets"); }
Json names() { return oneOrMany(text(), false); }

Json zoneSchema() {
  return object({{"networks", described(oneOrMany(text(), true), "prefixes, addresses or ranges")},
                 {"people", boolean()},
                 {"untrusted", described(boolean(), "has what the trusted zones do not claim")},
                 {"isolated", described(boolean(), "the flow matrix decides between members too")},
                 {"on-path", described(boolean(), "the adversary here sees and changes others' packets")},
                 {"level", described(integer(0, 5), "Purdue level")},
                 {"security-level", object({{"target", integer(0, 4)}}, {"target"})}},
                {"networks"});
}

Json hostSchema() {
  return object({{"zone", text()},
                 {"also-in", names()},
                 {"address", oneOrMany(text(), true)},
                 {"count", integer(1, kMany)},
                 {"platform", text()},
                 {"software", text()},
                 {"accounts", names()},
                 {"client", described(word({"isolated"}), "nothing it reads can go on to what it writes")},
                 {"services", described(named(reference("service")),
                                        "absent: it may do anything; {}: it offers nothing")}},
                {"zone"});
}

Json propertySchema(const PropertyRule& rule) {
  Json values = Json::array();
  for (const auto& value : rule.values) {
    values.push_back(value);
    if (value == "true") values.push_back(true);
    if (value == "false") values.push_back(false);
  }
  const bool hasFalse = std::ranges::find(rule.values, "false") != rule.values.end();
  if (!hasFalse && std::ranges::find(rule.values, "off") != rule.values.end()) values.push_back(false);
  const Json one{{"enum", values}};
  return described(rule.isList ? oneOrMany(one, true) : one, rule.meaning);
}

Json configurationSchema(std::string_view key) {
  if (key == "names") {
    return object({{"allow", names()}, {"deny", names()}, {"delegated", names()}, {"shared", names()}});
  }
  if (key == "addresses") return object({{"allow", names()}, {"deny", names()}});
  return names();  // places, or the domains it answers for; may be empty
}

Json behaviourSchema(const Behaviour& behaviour) {
  Json schema = object({{"behaviour", {{"const", behaviour.name}}}, {"port", packets()}}, {"behaviour"});
  for (const auto& key : behaviour.keys) schema["properties"][key] = configurationSchema(key);
  for (const auto& [name, rule] : behaviour.properties) schema["properties"][name] = propertySchema(rule);
  return described(schema, behaviour.summary);
}

// `behaviour` chooses which other keys there are, so that an editor offers those and no others.
Json serviceSchema(const BehaviourCatalogue& behaviours) {
  Json known = Json::array(), choices = Json::array();
  for (const auto& behaviour : behaviours.all()) {
    known.push_back(behaviour.name);
    const Json chosen{{"properties", {{"behaviour", {{"const", behaviour.name}}}}},
                      {"required", {"behaviour"}}};
    choices.push_back({{"if", chosen}, {"then", reference("behaviour-" + behaviour.name)}});
  }
  Json schema{{"type", "object"}, {"required", {"behaviour"}}};
  if (known.empty()) {
    schema["not"] = Json::object();
    return schema;
  }
  schema["properties"] = {{"behaviour", {{"enum", known}}}};
  schema["allOf"] = choices;
  return schema;
}

Json ruleSchema() {
  const Json body = object({{"from", places()}, {"to", places()}, {"service", packets()}, {"when", text()}});
  return merged(object({{"allow", body}, {"deny", body}, {"reject", body}}),
                exactlyOne({"allow", "deny", "reject"}));
}

Json enforcementSchema() {
  return object({{"anti-spoofing", word({"off", "zone", "host"})},
                 {"families", words({"ipv4", "ipv6"}, false)},
                 {"uncovered", word({"pass", "drop"})},
                 {"stateful", object({{"established", boolean()},
                                      {"related", word({"none", "from-untrusted", "all"})},
                                      {"helpers", names()}})},
                 {"unmatched", word({"drop", "reject"})}});
}

Json linkSchema() {
  Json schema = enforcementSchema();
  auto& properties = schema["properties"];
  Json two = list(text(), 2);
  two["maxItems"] = 2;
  properties["between"] = two;
  properties["from"] = text();
  properties["to"] = text();
  properties["device"] = text();
  Json rules = object({{"chain", text()}, {"columns", anyKey(text())}});
  for (const auto kind : ruleKinds()) rules["properties"][std::string(kind)] = described(text(), "a file");
  properties["rules"] = merged(rules, exactlyOne(ruleKinds()));
  properties["interfaces"] = anyKey(oneOrMany(text(), true));
  schema["oneOf"] = Json::array({allOf({has({"between"}), hasNone({"from", "to"})}),
                                 allOf({has({"from", "to"}), hasNone({"between"})})});
  return schema;
}

Json goalSchema() {
  Json schema = object({{"impact", text()},
                        {"data", text()},
                        {"controls", text()},
                        {"kind", word({"confidentiality", "integrity", "availability"})}});
  schema["allOf"] =
      Json::array({exactlyOne({"impact", "data", "controls"}), anyOf({hasNone({"kind"}), has({"impact"})})});
  return schema;
}

Json claimSchema() {
  const Json reach = object({{"from", places()}, {"to", places()}, {"service", packets()}}, {"from", "to"});
  const Json channel = object({{"from", places()},
                               {"to", places()},
                               {"over", packets()},
                               {"direct", boolean()},
                               {"both-ways", boolean()},
                               {"held-by-adversary", places()}},
                              {"from", "to"});
  const Json goal = reference("goal");
  const Json least = integer(1, 1'000'000);
  const Json rate{{"type", "string"}, {"pattern", kRatePattern}};
  const Json onlyReach = object({{"reach", reach}}, {"reach"});
  const Json depth = object({{"goal", goal}, {"at-least", least}}, {"goal", "at-least"});
  Json schema = object(
      {{"id", {{"type", "string"}, {"pattern", "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$"}}},
       {"never", merged(object({{"reach", reach}, {"channel", channel}, {"goal", goal}}),
                        exactlyOne({"reach", "channel", "goal"}))},
       {"always", onlyReach},
       {"only", onlyReach},
       {"at-most", object({{"channel", channel}, {"rate", rate}}, {"channel", "rate"})},
       {"only-via", object({{"channel", channel}, {"hosts", oneOrMany(text(), true)}}, {"channel", "hosts"})},
       {"depth", depth},
       {"tripwire", depth},
       {"held-by-adversary", places()},
       {"direct", boolean()},
       {"both-ways", boolean()},
       {"waived-until", date()},
       {"because", text()}},
      {"id"});
  const Json aboutChannel = anyOf({has({"at-most"}),
                                   has({"only-via"}),
                                   {{"properties", {{"never", has({"channel"})}}}, {"required", {"never"}}}});
  Json rules =
      Json::array({exactlyOne({"never", "always", "only", "at-most", "only-via", "depth", "tripwire"}),
                   anyOf({has({"waived-until", "because"}), hasNone({"waived-until", "because"})}),
                   anyOf({hasNone({"direct", "both-ways"}), aboutChannel})});
  for (const std::string_view key : {"direct", "both-ways", "held-by-adversary"}) {
    for (const std::string_view kind : {"never", "at-most", "only-via"}) {
      const Json inside{{"properties", {{"channel", has({key})}}}, {"required", {"channel"}}};
      const Json twice{{"properties", {{std::string(kind), inside}}}, {"required", {kind, key}}};
      rules.push_back({{"not", twice}});
    }
  }
  schema["allOf"] = rules;
  return schema;
}

Json countermeasureSchema() {
  Json schema = object({{"technique", text()},
                        {"pattern", text()},
                        {"at", places()},
                        {"coverage", share()},
                        {"members", named(text())}});
  schema["oneOf"] = Json::array({allOf({has({"technique", "at"}), hasNone({"pattern", "members"})}),
                                 allOf({has({"pattern"}), hasNone({"technique"})})});
  return schema;
}

Json operationsSchema() {
  const Json sensor = object({{"alerts-per-day", number(0)},
                              {"false-positive-share", share()},
                              {"covers", object({{"share", share()}, {"techniques", names()}})}});
  return object({{"analysts", number(0)}, {"minutes-per-alert", number(0)}, {"sensors", named(sensor)}});
}

Json evidenceSchema() {
  return object({{"countermeasure", text()},
                 {"against", text()},
                 {"at", places()},
                 {"trials", integer(1, kMany)},
                 {"stopped", integer(0, kMany)},
                 {"source", text()},
                 {"date", date()}},
                {"countermeasure", "against", "trials", "stopped", "date"});
}

Json credentialSchema() {
  const Json grant =
      object({{"hosts", oneOrMany(text(), true)}, {"privilege", text()}}, {"hosts", "privilege"});
  return object({{"kind", text()}, {"mfa", boolean()}, {"grants", list(grant)}, {"exposed-on", names()}});
}

Json assetSchema() {
  return object({{"at", places()},
                 {"value", word({"low", "medium", "high", "critical"})},
                 {"kinds", words({"confidentiality", "integrity", "availability"}, true)}},
                {"at"});
}

Json threatsSchema() {
  const Json start = anyOf({text(), object({{"insider", oneOrMany(text(), true)}}, {"insider"})});
  return object({{"start", oneOrMany(start, false)}, {"groups", names()}, {"goals", names()}});
}

}  // namespace

std::string modelSchema(const BehaviourCatalogue& behaviours) {
  const Json device = object({{"operator", text()}, {"product", text()}, {"managed-from", names()}});
  const Json condition = object({{"default", word({"open", "closed"})}, {"opened-by", text()}});
  Json schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
              {"$id", "urn:vauban:model:1"},
              {"title", "Vauban model"}};
  const Json body = object(
      {{"vauban", described(integer(1, 1), "format version")},
       {"name", text()},
       {"include", described(names(), "files inside the model's folder")},
       {"zones", named(zoneSchema())},
       {"hosts", named(hostSchema())},
       {"services", described(named(packets()), "names for packet sets")},
       {"flows", described(list(ruleSchema()), "first match decides; what no rule matches is dropped")},
       {"enforcement", enforcementSchema()},
       {"links", list(linkSchema())},
       {"unlisted", word({"ideal", "none"})},
       {"devices", named(device)},
       {"fails-with", list(list(text(), 2))},
       {"conditions", named(condition)},
       {"assets", named(assetSchema())},
       {"credentials", named(credentialSchema())},
       {"accounts", named(object({{"count", integer(1, kMany)}}))},
       {"countermeasures", list(countermeasureSchema())},
       {"operations", operationsSchema()},
       {"evidence", list(evidenceSchema())},
       {"threats", threatsSchema()},
       {"budget", object({{"effort-days", number(0)}, {"roles", anyKey(number(0))}})},
       {"accountable", text()},
       {"claims", list(claimSchema())}},
      {"vauban"});
  schema = merged(schema, body);
  Json definitions{{"places", described(oneOrMany(text(), true), "zones, hosts, addresses or any")},
                   {"packets", described(oneOrMany(text(), true),
                                         "a service name, protocol/port, icmp/NAME, ip/NUMBER or any")},
                   {"goal", goalSchema()},
                   {"service", serviceSchema(behaviours)}};
  for (const auto& behaviour : behaviours.all())
    definitions["behaviour-" + behaviour.name] = behaviourSchema(behaviour);
  schema["$defs"] = definitions;
  return schema.dump(2) + "\n";
}

}  // namespace vauban::model
