#include "catalog/attack_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "catalog/calendar_day.h"
#include "catalog/excerpt.h"
#include "catalog/json_text.h"

namespace vauban::catalog {
namespace {

enum class Kind : std::uint8_t {
  technique,
  mitigation,
  group,
  campaign,
  software,
  tactic,
  collection,
  matrix,
  relationship,
  other
};

Kind kindOfType(std::string_view type) {
  static constexpr std::array<std::pair<std::string_view, Kind>, 10> kTypes = {{
      {"relationship", Kind::relationship},
      {"attack-pattern", Kind::technique},
      {"course-of-action", Kind::mitigation},
      {"intrusion-set", Kind::group},
      {"campaign", Kind::campaign},
      {"malware", Kind::software},
      {"tool", Kind::software},
      {"x-mitre-tactic", Kind::tactic},
      {"x-mitre-collection", Kind::collection},
      {"x-mitre-matrix", Kind::matrix},
  }};
  const auto found = std::ranges::find(kTypes, type, &std::pair<std::string_view, Kind>::first);
  return found == kTypes.end() ? Kind::other : found->second;
}

bool isKept(Kind kind) { return kind <= Kind::tactic; }

// Domains as a set of bits; the bit's number is its place here.
struct Domain {
  Framework framework;
  std::string_view name;       // in x_mitre_domains
  std::string_view killChain;  // in kill_chain_phases; also the source of external references
};
constexpr std::array<Domain, 3> kDomains = {{
    {Framework::attackEnterprise, "enterprise-attack", "mitre-attack"},
    {Framework::attackIcs, "ics-attack", "mitre-ics-attack"},
    {Framework::attackMobile, "mobile-attack", "mitre-mobile-attack"},
}};
constexpr unsigned kAnyDomain = 7;

unsigned domainBit(std::string_view word, std::string_view Domain::* column) {
  for (std::size_t i = 0; i < kDomains.size(); ++i)
    if (kDomains[i].*column == word) return 1U << i;
  return 0;
}

std::string namesOf(unsigned domains) {
  std::string names;
  for (std::size_t i = 0; i < kDomains.size(); ++i)
    if ((domains >> i & 1U) != 0) names += (names.empty() ? "" : " and ") + std::string(kDomains[i].name);
  return names;
}

// The fields of one STIX object that somebody here asks for. The texts belong to the JsonText.
struct StixObject {
  std::size_t offset = 0;
  std::string_view type, id, name, externalId, shortName, version, modified, relation, source, target;
  std::vector<std::string_view> tactics, platforms;
  unsigned domains = 0, killChains = 0;
  bool revoked = false, deprecated = false;

  Standing standing() const {
    if (revoked) return Standing::revoked;
    return deprecated ? Standing::deprecated : Standing::live;
  }
};

struct Node {
  Kind kind;
  std::size_t offset;
  Standing standing;
  std::string_view externalId, name, shortName;
  std::vector<std::string_view> tactics, platforms;
  std::string_view revokedBy;  // an ATT&CK id

  bool live() const { return standing == Standing::live; }
};

enum class Relation : std::uint8_t { uses, mitigates, revokedBy, other };

struct Relationship {
  Relation relation;
  bool live;
  std::size_t offset;
  std::string_view type, source, target;
};

Relation relationOfWord(std::string_view word) {
  if (word == "uses") return Relation::uses;
  if (word == "mitigates") return Relation::mitigates;
  return word == "revoked-by" ? Relation::revokedBy : Relation::other;
}

bool isControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

// Ids end up in tables and in addresses.
bool isId(std::string_view text) {
  return !text.empty() && text.size() <= 64 &&
         std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7F; });
}

bool isName(std::string_view text) {
  return !text.empty() && text.size() <= 1000 && std::ranges::none_of(text, isControl);
}

class BundleReader {
 public:
  BundleReader(std::string_view text, const std::string& file, const AttackLimits& limits)
      : json_(text, file, {limits.bytes, limits.depth, limits.diagnostics}), limits_(limits) {}

  Result<Attack> read() {
    bool isBundle = false, hasObjects = false;
    json_.document([&](std::string_view key, JsonText::Value value) {
      if (key == "type") {
        isBundle = json_.text(value, "the type") == "bundle";
      } else if (key == "objects") {
        hasObjects = json_.array(value, "objects", [&](JsonText::Value item) { return readObject(item); });
      } else {
        return false;
      }
      return true;
    });
    if (json_.said() == 0 && !(isBundle && hasObjects))
      json_.error(0, "this is not a STIX bundle",
                  "an object with \"type\": \"bundle\" and \"objects\": [...]");
    if (!json_.broken() && isBundle && hasObjects) {
      joinRelationships();
      attack_.domain = domain();
      fill();
    }
    Diagnostics diagnostics = json_.diagnostics();
    if (hasErrors(diagnostics)) return std::unexpected(std::move(diagnostics));
    return std::move(attack_);
  }

 private:
  bool readObject(JsonText::Value item) {
    StixObject& object = scratch_;
    object = {};
    object.offset = json_.offset(item);
    if (++count_ > limits_.objects) {
      if (count_ == limits_.objects + 1)
        json_.error(object.offset, fmt::format("the bundle has more than {} objects", limits_.objects));
      return false;
    }
    const std::size_t before = json_.said();
    const bool whole = json_.object(
        item, "an object of the bundle",
        [&](std::string_view key, JsonText::Value value) { return readField(object, key, value); });
    if (whole && json_.said() == before) {
      keep(object);
    } else if (!object.id.empty() && byId_.emplace(object.id, nodes_.size()).second) {
      nodes_.push_back(
          {Kind::other, object.offset, object.standing(), {}, {}, {}, {}, {}, {}});  // it is there
    }
    return true;
  }

  bool readField(StixObject& object, std::string_view key, JsonText::Value value) {
    static constexpr std::array<std::pair<std::string_view, std::string_view StixObject::*>, 9> kTexts = {{
        {"type", &StixObject::type},
        {"id", &StixObject::id},
        {"name", &StixObject::name},
        {"modified", &StixObject::modified},
        {"relationship_type", &StixObject::relation},
        {"source_ref", &StixObject::source},
        {"target_ref", &StixObject::target},
        {"x_mitre_shortname", &StixObject::shortName},
        {"x_mitre_version", &StixObject::version},
    }};
    for (const auto& [name, member] : kTexts) {
      if (key != name) continue;
      if (const auto text = json_.text(value, key)) object.*member = *text;
      return true;
    }
    if (key == "revoked") {
      object.revoked = json_.boolean(value, key).value_or(false);
    } else if (key == "x_mitre_deprecated") {
      object.deprecated = json_.boolean(value, key).value_or(false);
    } else if (key == "external_references") {
      json_.array(value, key, [&](JsonText::Value item) { return readReference(object, item); });
    } else if (key == "kill_chain_phases") {
      json_.array(value, key, [&](JsonText::Value item) { return readPhase(object, item); });
    } else if (key == "x_mitre_platforms") {
      readTexts(value, key, [&](std::string_view platform) { object.platforms.push_back(platform); });
    } else if (key == "x_mitre_domains") {
      readTexts(value, key, [&](std::string_view word) { object.domains |= domainBit(word, &Domain::name); });
    } else {
      return false;
    }
    return true;
  }

  template <class Use>
  void readTexts(JsonText::Value value, std::string_view key, Use use) {
    json_.array(value, key, [&](JsonText::Value item) {
      if (const auto text = json_.text(item, fmt::format("an item of {}", key))) use(*text);
      return true;
    });
  }

  bool readReference(StixObject& object, JsonText::Value item) {
    std::string_view source, id;
    json_.object(item, "an item of external_references", [&](std::string_view key, JsonText::Value value) {
      if (key != "source_name" && key != "external_id") return false;
      (key == "source_name" ? source : id) = json_.text(value, key).value_or("");
      return true;
    });
    if (object.externalId.empty() && domainBit(source, &Domain::killChain) != 0) object.externalId = id;
    return true;
  }

  bool readPhase(StixObject& object, JsonText::Value item) {
    std::string_view chain, phase;
    json_.object(item, "an item of kill_chain_phases", [&](std::string_view key, JsonText::Value value) {
      if (key != "kill_chain_name" && key != "phase_name") return false;
      (key == "kill_chain_name" ? chain : phase) = json_.text(value, key).value_or("");
      return true;
    });
    const unsigned bit = domainBit(chain, &Domain::killChain);  // kill chains of others say nothing here
    object.killChains |= bit;
    if (bit != 0 && !phase.empty()) object.tactics.push_back(phase);
    return true;
  }

  void keep(StixObject& object) {
    if (object.type.empty()) return json_.error(object.offset, "an object without a type", "type");
    const Kind kind = kindOfType(object.type);
    if (object.id.empty())
      return json_.error(object.offset, fmt::format("this {} has no id", excerpt(object.type)),
                         "id, as type--UUID");
    if (kind == Kind::relationship) return keepRelationship(object);

    if (kind == Kind::collection || kind == Kind::matrix || kind == Kind::technique || kind == Kind::tactic)
      vote(object);
    if (kind == Kind::collection) keepCollection(object);
    if (!byId_.emplace(object.id, nodes_.size()).second)
      return json_.error(object.offset,
                         fmt::format("the id {} stands here for the second time", excerpt(object.id)));
    nodes_.push_back({kind, object.offset, object.standing(), {}, {}, {}, {}, {}, {}});
    if (!isKept(kind)) return;
    if (!isId(object.externalId)) {
      json_.error(
          object.offset, fmt::format("{} has no ATT&CK id", excerpt(object.id)),
          "an item of external_references with source_name mitre-attack and an external_id without spaces");
    } else if (!isName(object.name)) {
      json_.error(object.offset, fmt::format("{} ({}) has no name", object.externalId, excerpt(object.id)),
                  "name, of at most 1000 bytes, in one line");
    }
    Node& node = nodes_.back();
    node.externalId = object.externalId;
    node.name = object.name;
    node.shortName = object.shortName;
    node.tactics = std::move(object.tactics);
    node.platforms = std::move(object.platforms);
  }

  void keepRelationship(const StixObject& object) {
    if (object.relation.empty() || object.source.empty() || object.target.empty()) {
      return json_.error(object.offset, fmt::format("{} is incomplete", excerpt(object.id)),
                         "relationship_type, source_ref and target_ref");
    }
    relationships_.push_back({relationOfWord(object.relation), object.standing() == Standing::live,
                              object.offset, object.relation, object.source, object.target});
  }

  void keepCollection(const StixObject& object) {
    if (hasCollection_)
      return json_.error(object.offset, "the bundle has two collections", "one x-mitre-collection");
    hasCollection_ = true;
    attack_.version = object.version;
    if (auto day = dayOfTimestamp(object.modified)) {
      attack_.released = std::move(*day);
    } else if (!object.modified.empty()) {
      json_.error(object.offset,
                  fmt::format("the collection was modified at \"{}\"", excerpt(object.modified)),
                  "a timestamp of RFC 3339");
    }
  }

  void vote(const StixObject& object) {
    const unsigned domains = object.domains != 0 ? object.domains : object.killChains;
    if (domains == 0) return;
    voted_ = true;
    if ((domains_ & domains) == 0 && !split_) {
      split_ = true;
      json_.error(object.offset,
                  fmt::format("{} is of {}, the objects before it are of {}", excerpt(object.id),
                              namesOf(domains), namesOf(domains_)),
                  "a bundle of one domain");
    }
    domains_ &= domains;
  }

  Framework domain() {
    if (split_ || std::has_single_bit(domains_)) {
      return split_ ? Framework::attackEnterprise
                    : kDomains[static_cast<std::size_t>(std::countr_zero(domains_))].framework;
    }
    if (json_.said() > 0) return Framework::attackEnterprise;  // nothing is read anyway
    json_.error(0,
                voted_ ? fmt::format("all that the bundle holds is of {}", namesOf(domains_))
                       : std::string("the bundle is of no domain of ATT&CK that is known"),
                "x_mitre_domains or kill chains of one of enterprise-attack, ics-attack, mobile-attack");
    return Framework::attackEnterprise;
  }

  Node* end(const Relationship& relationship, std::string_view id) {
    const auto found = byId_.find(id);
    if (found != byId_.end()) return &nodes_[found->second];
    json_.error(relationship.offset,
                fmt::format("this relationship ({}) names {}, which is not in the bundle",
                            excerpt(relationship.type), excerpt(id)),
                "the id of an object of the bundle");
    return nullptr;
  }

  void joinRelationships() {
    for (const Relationship& relationship : relationships_) {
      Node* source = end(relationship, relationship.source);
      Node* target =
          relationship.target == relationship.source ? source : end(relationship, relationship.target);
      if (source == nullptr || target == nullptr || !relationship.live) continue;
      if (relationship.relation == Relation::revokedBy) {
        // Of several successors the lowest: the answer must not depend on the order of the file.
        std::string_view& by = source->revokedBy;
        if (by.empty() || (!target->externalId.empty() && naturalLess(target->externalId, by)))
          by = target->externalId;
        continue;
      }
      if (!source->live() || !target->live() || target->kind != Kind::technique) continue;
      const auto pairWith = [&](std::vector<Pair>& pairs) {
        pairs.emplace_back(source->externalId, target->externalId);
      };
      if (relationship.relation == Relation::mitigates && source->kind == Kind::mitigation) {
        mitigates_.emplace_back(target->externalId, source->externalId);
      } else if (relationship.relation == Relation::uses) {
        if (source->kind == Kind::group) pairWith(groupUses_);
        if (source->kind == Kind::campaign) pairWith(campaignUses_);
        if (source->kind == Kind::software) pairWith(softwareUses_);
      }
    }
  }

  using Pair = std::pair<std::string_view, std::string_view>;

  static void sortPairs(std::vector<Pair>& pairs) {
    std::ranges::sort(pairs, [](const Pair& a, const Pair& b) {
      return a.first != b.first ? naturalLess(a.first, b.first) : naturalLess(a.second, b.second);
    });
    const auto repeated = std::ranges::unique(pairs);
    pairs.erase(repeated.begin(), repeated.end());
  }

  static std::vector<IdPair> table(std::vector<Pair>& pairs) {
    sortPairs(pairs);
    return {pairs.begin(), pairs.end()};
  }

  static std::vector<std::string> words(std::vector<std::string_view>& texts) {
    std::ranges::sort(texts);
    const auto repeated = std::ranges::unique(texts);
    return {texts.begin(), repeated.begin()};
  }

  // The nodes of a kind by their ids, each id once (see the header).
  std::vector<Node*> sorted(Kind kind) {
    std::vector<Node*> found;
    for (Node& node : nodes_)
      if (node.kind == kind) found.push_back(&node);
    std::ranges::stable_sort(found, [](const Node* a, const Node* b) {
      if (a->externalId != b->externalId) return naturalLess(a->externalId, b->externalId);
      if (a->live() != b->live()) return a->live();
      return !a->revokedBy.empty() && b->revokedBy.empty();
    });
    std::vector<Node*> unique;
    for (Node* node : found) {
      if (unique.empty() || unique.back()->externalId != node->externalId) {
        unique.push_back(node);
      } else if (node->live() && !node->externalId.empty()) {
        json_.error(node->offset, fmt::format("a second live object has the ATT&CK id {}", node->externalId));
      }
    }
    return unique;
  }

  std::vector<AttackObject> objects(Kind kind) {
    std::vector<AttackObject> rows;
    for (const Node* node : sorted(kind)) {
      rows.push_back({std::string(node->externalId), std::string(node->name), {}, node->standing});
      if (kind == Kind::tactic) rows.back().shortName = node->shortName;
    }
    return rows;
  }

  void fill() {
    attack_.mitigates = table(mitigates_);
    attack_.groupUses = table(groupUses_);
    attack_.campaignUses = table(campaignUses_);
    sortPairs(softwareUses_);
    std::unordered_map<std::string_view, std::array<std::uint32_t, 3>> uses;
    for (const Pair& pair : groupUses_) ++uses[pair.second][0];
    for (const Pair& pair : campaignUses_) ++uses[pair.second][1];
    for (const Pair& pair : softwareUses_) ++uses[pair.second][2];
    for (Node* node : sorted(Kind::technique)) {
      AttackTechnique technique{std::string(node->externalId), std::string(node->name), words(node->tactics),
                                words(node->platforms),        node->standing,          {}};
      if (!node->live()) technique.revokedBy = node->revokedBy;
      if (const auto found = uses.find(node->externalId); found != uses.end() && node->live()) {
        technique.groups = found->second[0];
        technique.campaigns = found->second[1];
        technique.software = found->second[2];
      }
      attack_.techniques.push_back(std::move(technique));
    }
    attack_.tactics = objects(Kind::tactic);
    attack_.mitigations = objects(Kind::mitigation);
    attack_.groups = objects(Kind::group);
    attack_.campaigns = objects(Kind::campaign);
    attack_.software = objects(Kind::software);
  }

  JsonText json_;
  const AttackLimits& limits_;
  Attack attack_;
  StixObject scratch_;
  std::vector<Node> nodes_;
  std::unordered_map<std::string_view, std::size_t> byId_;  // STIX id -> place in nodes_
  std::vector<Relationship> relationships_;
  std::vector<Pair> mitigates_, groupUses_, campaignUses_, softwareUses_;
  std::size_t count_ = 0;
  unsigned domains_ = kAnyDomain;
  bool voted_ = false, split_ = false, hasCollection_ = false;
};

}  // namespace

Result<Attack> readAttack(std::string_view stix, const std::string& file, const AttackLimits& limits) {
  return BundleReader(stix, file, limits).read();
}

}  // namespace vauban::catalog
