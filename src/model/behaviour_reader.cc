#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>

#include "base/nearest_name.h"
#include "model/behaviour.h"
#include "model/behaviour_keys.h"
#include "model/embedded_behaviours.h"
#include "model/node_reader.h"
#include "model/service_words.h"

namespace vauban::model {
namespace {

constexpr std::size_t kFileBytes = 1U << 20U;
constexpr std::size_t kBehaviours = 500;
constexpr std::uint64_t kMostBits = std::uint64_t{1} << 40U;
constexpr double kMostMessages = 1e9;

const Words kEffects{"relay", "store", "lookup", "read", "shell"};

Words viewsOf(const std::vector<std::string>& texts) { return {texts.begin(), texts.end()}; }

class BehaviourReader {
 public:
  BehaviourReader(NodeReader& reader, const yaml::Node& root) : reader_(reader), root_(root) {}

  std::optional<Behaviour> read();

 private:
  void readText(Fields& fields, std::string_view key, std::string& into) {
    if (const auto* node = fields.need(key)) into = reader_.text(*node).value_or("");
  }
  std::uint64_t bits(const yaml::Node* node) {
    return node != nullptr ? reader_.integer(*node, 0, kMostBits).value_or(0) : 0;
  }
  void readProperties(const yaml::Node& node);
  void readReflections(const yaml::Node& node);
  Reflection readReflection(const yaml::Node& node);
  void readEffect(const yaml::Node& node);
  std::vector<Guard> readGuards(const yaml::Node& node);

  NodeReader& reader_;
  const yaml::Node& root_;
  Behaviour behaviour_;
};

void BehaviourReader::readProperties(const yaml::Node& node) {
  for (const auto& [keyNode, valueNode] : reader_.entries(node, "properties")) {
    const auto& key = *keyNode;
    if (!reader_.name(key)) continue;
    if (std::ranges::find(configurationKeys(), std::string_view(key.text())) != configurationKeys().end() ||
        key.text() == "behaviour" || key.text() == "port") {
      reader_.error(key, fmt::format("'{}' is a key of every service and cannot be a property", key.text()));
      continue;
    }
    Fields fields(reader_, *valueNode, "a property",
                  {"values", "best", "meaning", "test", "list", "hardens", "gap"});
    PropertyRule rule;
    if (const auto* values = fields.need("values")) rule.values = reader_.texts(*values, true);
    if (const auto* best = fields.need("best")) rule.best = reader_.words(*best, viewsOf(rule.values));
    readText(fields, "meaning", rule.meaning);
    readText(fields, "test", rule.test);
    if (const auto* list = fields.find("list")) rule.isList = reader_.boolean(*list).value_or(false);
    if (const auto* hardens = fields.find("hardens")) rule.hardens = reader_.boolean(*hardens).value_or(true);
    if (const auto* gap = fields.find("gap")) rule.gap = reader_.boolean(*gap).value_or(true);
    behaviour_.properties.emplace(key.text(), std::move(rule));
  }
}

Reflection BehaviourReader::readReflection(const yaml::Node& node) {
  Reflection reflection;
  Fields fields(reader_, node, "a reflection", {"bits", "carrier"});
  reflection.bits = bits(fields.need("bits"));
  readText(fields, "carrier", reflection.carrier);
  return reflection;
}

void BehaviourReader::readReflections(const yaml::Node& node) {
  Fields fields(reader_, node, "`reflects`", {"tcp", "udp", "icmp"});
  if (const auto* tcp = fields.find("tcp")) behaviour_.reflectsTcp = readReflection(*tcp);
  if (const auto* udp = fields.find("udp")) behaviour_.reflectsUdp = readReflection(*udp);
  if (const auto* icmp = fields.find("icmp")) behaviour_.reflectsIcmp = readReflection(*icmp);
}

std::vector<Guard> BehaviourReader::readGuards(const yaml::Node& node) {
  std::vector<Guard> guards;
  if (!node.isMapping()) {
    reader_.error(node, "guards are a mapping from properties to values", "{property: [value]}");
    return guards;
  }
  Words names;
  for (const auto& [name, rule] : behaviour_.properties) names.push_back(name);
  for (std::size_t i = 0; i < node.size(); ++i) {
    const auto& key = node.key(i);
    const auto found = behaviour_.properties.find(key.text());
    if (found == behaviour_.properties.end()) {
      reader_.unknown(key, "property", names);
      continue;
    }
    Guard guard{key.text(), reader_.words(node.value(i), viewsOf(found->second.values), true)};
    guards.push_back(std::move(guard));
  }
  return guards;
}

void BehaviourReader::readEffect(const yaml::Node& node) {
  Words keys = kEffects;
  for (const std::string_view key : {"emits", "outward-bits", "inward-bits", "messages-per-second", "names",
                                     "keeps-names", "only-with", "unless", "when", "carrier"}) {
    keys.push_back(key);
  }
  Fields fields(reader_, node, "an effect", keys);
  const auto kind = fields.oneOf(kEffects);
  if (!kind) return;
  Effect effect;
  const auto* value = fields.find(*kind);
  if (*kind == "relay") {
    const auto to = reader_.word(*value, {"fixed", "by-name", "by-address", "anyone", "pool"});
    effect.destination = to == "by-name"      ? Destination::byName
                         : to == "by-address" ? Destination::byAddress
                         : to == "anyone"     ? Destination::anyone
                         : to == "pool"       ? Destination::pool
                                              : Destination::fixed;
  } else if (*kind == "lookup") {
    effect.kind = EffectKind::lookup;
    effect.destination = Destination::resolver;
    reader_.word(*value, {"resolver"});
  } else if (*kind == "read") {
    effect.kind = EffectKind::read;
    effect.fromUpstream = reader_.word(*value, {"from", "upstream"}) == "upstream";
  } else {
    effect.kind = *kind == "store" ? EffectKind::store : EffectKind::shell;
    Fields nothing(reader_, *value, fmt::format("`{}`", *kind), {});
  }
  const bool opens = effect.kind == EffectKind::relay || effect.kind == EffectKind::lookup ||
                     effect.kind == EffectKind::read;
  if (const auto* emits = opens ? fields.need("emits") : fields.find("emits")) {
    effect.emits = readServices(reader_, *emits, {}, true).value_or(space::ServiceSet());
  }
  effect.outwardBits = bits(fields.find("outward-bits"));
  effect.inwardBits = bits(fields.find("inward-bits"));
  if (const auto* rate = fields.find("messages-per-second")) {
    effect.messagesPerSecond = reader_.number(*rate, 0, kMostMessages).value_or(0);
  }
  if (const auto* names = fields.find("names")) {
    const auto rule = reader_.word(*names, {"filter", "ignore", "reverse"});
    effect.names = rule == "ignore"    ? NamesRule::ignore
                   : rule == "reverse" ? NamesRule::reverse
                                       : NamesRule::filter;
  }
  if (const auto* keeps = fields.find("keeps-names"))
    effect.keepsNames = reader_.boolean(*keeps).value_or(false);
  if (const auto* key = fields.find("only-with")) {
    effect.onlyWith = reader_.word(*key, viewsOf(behaviour_.keys)).value_or("");
  }
  if (const auto* unless = fields.find("unless")) effect.unless = readGuards(*unless);
  if (const auto* when = fields.find("when")) effect.when = readGuards(*when);
  if (const auto* carrier = fields.find("carrier")) effect.carrier = reader_.text(*carrier).value_or("");
  behaviour_.effects.push_back(std::move(effect));
}

std::optional<Behaviour> BehaviourReader::read() {
  Fields fields(reader_, root_, "a behaviour",
                {"behaviour", "summary", "reference", "listens", "keys", "properties", "reflects",
                 "accepts-only-from", "assumptions", "effects"});
  if (!fields.isMapping()) return std::nullopt;
  if (const auto* name = fields.need("behaviour"); name != nullptr && reader_.name(*name)) {
    behaviour_.name = name->text();
  }
  readText(fields, "summary", behaviour_.summary);
  readText(fields, "reference", behaviour_.reference);
  if (const auto* listens = fields.need("listens")) {
    behaviour_.listens = readServices(reader_, *listens, {}, false).value_or(space::ServiceSet());
  }
  if (const auto* keys = fields.find("keys")) behaviour_.keys = reader_.words(*keys, configurationKeys());
  if (const auto* properties = fields.find("properties")) readProperties(*properties);
  if (const auto* reflects = fields.find("reflects")) readReflections(*reflects);
  if (const auto* only = fields.find("accepts-only-from")) {
    behaviour_.acceptsOnlyFrom = reader_.boolean(*only).value_or(false);
  }
  if (const auto* assumptions = fields.find("assumptions"))
    behaviour_.assumptions = reader_.texts(*assumptions);
  if (const auto* effects = fields.find("effects")) {
    for (const auto* effect : reader_.list(*effects, "effects")) readEffect(*effect);
  }
  if (behaviour_.name.empty()) return std::nullopt;
  return std::move(behaviour_);
}

}  // namespace

const Words& configurationKeys() {
  static const Words keys{"upstream", "resolver", "pool", "from", "readers", "names", "addresses", "answers"};
  return keys;
}

Result<BehaviourCatalogue> BehaviourCatalogue::parse(
    const std::vector<std::pair<std::string, std::string>>& files) {
  NodeReader reader(1000);
  BehaviourCatalogue catalogue;
  std::map<std::string, Place> places;
  yaml::Limits limits;
  limits.bytes = kFileBytes;
  if (files.size() > kBehaviours) {
    return failure({Severity::error, {}, 0, fmt::format("more than {} behaviours", kBehaviours), {}, {}});
  }
  for (const auto& [file, text] : files) {
    auto document = yaml::parse(file, text, limits);
    const bool silent = document.diagnostics.empty();
    for (auto& diagnostic : document.diagnostics) reader.add(std::move(diagnostic));
    if (document.root == nullptr) {
      if (silent) reader.add({Severity::error, {file, 1, 1}, 0, "the file is empty", {}, {}});
      continue;
    }
    auto behaviour = BehaviourReader(reader, *document.root).read();
    if (!behaviour) continue;
    const auto* name = document.root->find("behaviour");
    const auto [before, isNew] = places.emplace(behaviour->name, name->place());
    if (!isNew) {
      reader.error(*name,
                   fmt::format("behaviour '{}' is also at {}", behaviour->name, before->second.toString()));
      continue;
    }
    catalogue.behaviours_.push_back(std::move(*behaviour));
  }
  auto diagnostics = reader.finish();
  if (hasErrors(diagnostics)) return std::unexpected(std::move(diagnostics));
  std::ranges::sort(catalogue.behaviours_, {}, &Behaviour::name);
  return catalogue;
}

Result<BehaviourCatalogue> BehaviourCatalogue::builtIn() {
  std::vector<std::pair<std::string, std::string>> files;
  for (const auto& [name, text] : embeddedBehaviours())
    files.emplace_back("behaviours/" + std::string(name), text);
  return parse(files);
}

std::optional<BehaviourId> BehaviourCatalogue::find(std::string_view name) const {
  const auto found = std::ranges::lower_bound(behaviours_, name, {},
                                              [](const Behaviour& b) { return std::string_view(b.name); });
  if (found == behaviours_.end() || found->name != name) return std::nullopt;
  return BehaviourId(static_cast<std::size_t>(found - behaviours_.begin()));
}

}  // namespace vauban::model
