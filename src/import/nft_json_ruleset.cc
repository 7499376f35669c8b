#include "import/nft_json_ruleset.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/nearest_name.h"

namespace vauban::import {
namespace {

NftFamily familyOf(std::string_view word) {
  if (word == "ip") return NftFamily::ip;
  if (word == "ip6") return NftFamily::ip6;
  if (word == "inet") return NftFamily::inet;
  if (word == "bridge") return NftFamily::bridge;
  return NftFamily::other;
}

bool holdsWord(const JsonValue* value, std::string_view word) {
  if (value == nullptr) return false;
  if (value->isText(word)) return true;
  return value->is(JsonValue::Kind::array) &&
         std::ranges::any_of(value->items, [&](const JsonValue& item) { return item.isText(word); });
}

class Reader {
 public:
  Reader(const TextLines& lines, const NftJsonOptions& options, NftProblems& problems)
      : options_(options), limits_(options.limits), problems_(problems) {
    ruleset_.lines = &lines;
  }

  NftRuleset read(const JsonValue& root) {
    const JsonValue* list = root.find("nftables");
    if (list == nullptr || !list->is(JsonValue::Kind::array)) {
      problems_.error(root, "this is no ruleset of nft", R"({"nftables": [...]})");
      return std::move(ruleset_);
    }
    // Chains come before the rules that lead to them, except where they do not.
    for (const JsonValue& entry : list->items) declare(entry);
    for (const JsonValue& entry : list->items) {
      if (const JsonValue* rule = entry.only("rule")) addRule(*rule);
    }
    return std::move(ruleset_);
  }

 private:
  void declare(const JsonValue& entry) {
    static constexpr std::array known{"metainfo",   "table",         "chain",     "rule",     "set",
                                      "map",        "element",       "counter",   "quota",    "limit",
                                      "meter",      "secmark",       "flowtable", "synproxy", "ct helper",
                                      "ct timeout", "ct expectation"};
    if (!entry.is(JsonValue::Kind::object) || entry.keys.size() != 1) {
      problems_.error(entry, "an entry of the ruleset is an object with one key", R"({"rule": {...}})");
      return;
    }
    const std::string& kind = entry.keys.front();
    const JsonValue& object = entry.items.front();
    if (std::ranges::find(known, kind) == known.end()) {
      problems_.error(entry, fmt::format("nft lists no '{}'", kind), "the output of nft -j list ruleset",
                      nearestName(kind, {known.begin(), known.end()}));
      return;
    }
    if (!object.is(JsonValue::Kind::object)) {
      problems_.error(object, fmt::format("'{}' is an object", kind));
      return;
    }
    if (kind == "metainfo") {
      const JsonValue* version = object.find("json_schema_version");
      if (version != nullptr && version->number != 1)
        problems_.error(object, "an unknown version of the JSON schema", "json_schema_version 1");
    } else if (kind == "table") {
      if (holdsWord(object.find("flags"), "dormant"))
        dormant_.emplace_back(object.textAt("family"), object.textAt("name"));
    } else if (kind == "chain") {
      addChain(object);
    } else if (kind == "set" || kind == "map") {
      addSet(object);
    }
  }

  std::optional<NftRuleset::Key> keyOf(const JsonValue& object, std::string_view name) {
    NftRuleset::Key key{object.textAt("family"), object.textAt("table"), object.textAt(name)};
    if (std::get<0>(key).empty() || std::get<1>(key).empty() || std::get<2>(key).empty()) {
      problems_.error(object, fmt::format("'family', 'table' and '{}' are needed here, as texts", name));
      return std::nullopt;
    }
    return key;
  }

  bool isDormant(const JsonValue& object) const {
    return std::ranges::find(dormant_, std::pair(object.textAt("family"), object.textAt("table"))) !=
           dormant_.end();
  }

  void addChain(const JsonValue& object) {
    const auto key = keyOf(object, "name");
    if (!key) return;
    if (ruleset_.chains.size() >= limits_.chains) {
      if (ruleset_.chains.size() == limits_.chains && !tooMany_)
        problems_.error(object, fmt::format("more than {} chains", limits_.chains));
      tooMany_ = true;
      return;
    }
    if (!ruleset_.chainNames.emplace(*key, ruleset_.chains.size()).second) {
      problems_.error(object, fmt::format("chain '{}' twice", std::get<2>(*key)));
      return;
    }
    NftChain chain;
    chain.family = familyOf(std::get<0>(*key));
    chain.table = std::get<1>(*key);
    chain.name = std::get<2>(*key);
    chain.object = &object;
    // The kernel calls no chain of a dormant table.
    const bool bridge = chain.family == NftFamily::bridge;
    const bool wanted =
        options_.table.empty() ||
        (options_.table == chain.table && chain.family != NftFamily::other && bridge == options_.bridge);
    if (object.find("hook") != nullptr && wanted && !isDormant(object)) {
      const std::string_view policy = object.textAt("policy");
      const JsonValue* priority = object.find("prio");
      if (policy != "" && policy != "accept" && policy != "drop")
        problems_.error(object, fmt::format("'{}' is no policy", policy), "accept or drop");
      chain.base = NftBase{std::string(object.textAt("type")), std::string(object.textAt("hook")),
                           priority == nullptr ? 0 : priority->number, policy == "drop"};
    }
    ruleset_.chains.push_back(std::move(chain));
  }

  void addSet(const JsonValue& object) {
    const auto key = keyOf(object, "name");
    if (!key) return;
    NftSet set;
    set.object = &object;
    set.elements = object.find("elem");
    if (set.elements != nullptr && !set.elements->is(JsonValue::Kind::array)) {
      problems_.error(*set.elements, "'elem' is an array");
      set.elements = nullptr;
    }
    const JsonValue* flags = object.find("flags");
    set.changes = holdsWord(flags, "dynamic") || holdsWord(flags, "timeout") ||
                  object.find("timeout") != nullptr || object.find("gc-interval") != nullptr ||
                  object.find("stmt") != nullptr;
    if (!ruleset_.sets.emplace(*key, set).second)
      problems_.error(object, fmt::format("set '{}' twice", std::get<2>(*key)));
  }

  void addRule(const JsonValue& object) {
    if (!object.is(JsonValue::Kind::object)) return;
    const auto key = keyOf(object, "chain");
    if (!key) return;
    const auto chain = ruleset_.chainNames.find(*key);
    if (chain == ruleset_.chainNames.end()) {
      if (!tooMany_)
        problems_.error(object, fmt::format("there is no chain '{}' in table '{}'", std::get<2>(*key),
                                            std::get<1>(*key)));
      return;
    }
    const JsonValue* statements = object.find("expr");
    if (statements == nullptr || !statements->is(JsonValue::Kind::array)) {
      problems_.error(object, "a rule has its statements in 'expr'", R"("expr": [...])");
      return;
    }
    if (++rules_ > limits_.rules) {
      if (rules_ == limits_.rules + 1)
        problems_.error(object, fmt::format("more than {} rules", limits_.rules));
      return;
    }
    for (const JsonValue& statement : statements->items) writesTo(object, statement);
    ruleset_.chains[chain->second].rules.push_back({&object, statements});
  }

  // nft does not list that packets may change a set; the rules by which they do it tell.
  void writesTo(const JsonValue& rule, const JsonValue& statement) {
    for (const char* kind : {"set", "map"}) {
      const JsonValue* written = statement.only(kind);
      const std::string_view name = written == nullptr ? std::string_view() : written->textAt(kind);
      if (!name.starts_with('@')) continue;
      const auto set = ruleset_.sets.find({rule.textAt("family"), rule.textAt("table"), name.substr(1)});
      if (set != ruleset_.sets.end()) set->second.changes = true;
    }
  }

  const NftJsonOptions& options_;
  const NftJsonLimits& limits_;
  NftProblems& problems_;
  NftRuleset ruleset_;
  std::vector<std::pair<std::string_view, std::string_view>> dormant_;
  std::size_t rules_ = 0;
  bool tooMany_ = false;
};

}  // namespace

const NftChain* NftRuleset::chain(const NftChain& beside, std::string_view name) const {
  const auto found = chainNames.find({beside.object->textAt("family"), beside.table, name});
  return found == chainNames.end() ? nullptr : &chains[found->second];
}

const NftSet* NftRuleset::set(const NftChain& beside, std::string_view name) const {
  const auto found = sets.find({beside.object->textAt("family"), beside.table, name});
  return found == sets.end() ? nullptr : &found->second;
}

void NftProblems::error(const JsonValue& at, std::string message, std::string expected, std::string nearest) {
  if (diagnostics_.size() >= most_) return;
  diagnostics_.push_back({Severity::error, lines_.place(at.begin), 0, std::move(message), std::move(expected),
                          std::move(nearest)});
}

Diagnostics NftProblems::take() {
  sortDiagnostics(diagnostics_);
  return std::move(diagnostics_);
}

NftRuleset readNftRuleset(const JsonValue& root, const TextLines& lines, const NftJsonOptions& options,
                          NftProblems& problems) {
  return Reader(lines, options, problems).read(root);
}

}  // namespace vauban::import
