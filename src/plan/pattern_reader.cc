#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/nearest_name.h"
#include "catalog/well_formed_id.h"
#include "model/behaviour.h"
#include "model/node_reader.h"
#include "model/service_words.h"
#include "plan/embedded_patterns.h"
#include "plan/pattern.h"
#include "plan/placeholders.h"

namespace vauban::plan {
namespace {

using catalog::Framework;
using model::Fields;
using model::NodeReader;
using model::Words;
namespace yaml = model::yaml;

constexpr std::size_t kFileBytes = 256U << 10U;
constexpr std::size_t kPatterns = 500;
constexpr std::size_t kMembers = 20;
constexpr std::size_t kChanges = 100;
constexpr std::size_t kGuarantees = 50;
constexpr double kMostDays = 10'000;

// A work role of NICE: "IO-WRL-004".
bool isRole(std::string_view id) {
  const auto isDigit = [](char c) { return c >= '0' && c <= '9'; };
  const auto isCapital = [](char c) { return c >= 'A' && c <= 'Z'; };
  return id.size() == 10 && isCapital(id[0]) && isCapital(id[1]) && id.substr(2, 5) == "-WRL-" &&
         std::ranges::all_of(id.substr(7), isDigit);
}

const Words kMemberKinds{"zone", "host", "asset", "credential", "names"};
const Words kChangeKinds{"zone", "host",     "service",   "credential",     "enforcement", "allow",
                         "deny", "new-host", "condition", "countermeasure", "sensor",      "analysts"};
const Words kRelations{"reached-by", "reaches", "in", "not-in", "not", "holds", "granted-by"};

class PatternReader {
 public:
  PatternReader(NodeReader& reader, const yaml::NodePtr& root, const Words& behaviours)
      : reader_(reader), root_(root), behaviours_(behaviours) {}
  std::optional<Pattern> read();

 private:
  void readText(Fields& fields, std::string_view key, std::string& into) {
    if (const auto* node = fields.need(key)) into = reader_.text(*node).value_or("");
  }
  void readMember(const yaml::Node& key, const yaml::Node& node);
  void readBeing(const std::string& kind, const yaml::Node& node, Member& member);
  void readRelation(std::string_view kind, const yaml::Node& node, Member& member);
  void readChange(const yaml::Node& node);
  void readOf(const yaml::Node& node, MemberKind kind, Change& change);
  void readGuarantee(const yaml::NodePtr& node);
  void readWorth(Fields& fields);
  void readStandards(const yaml::Node& node);
  const Member* earlier(const yaml::Node& node);
  void checkPlaceholders(const yaml::Node& node);
  std::string outsideId(const yaml::Node& node, Framework framework, std::string_view example);
  static yaml::NodePtr child(const yaml::Node& mapping, std::string_view key) {
    for (std::size_t i = 0; i < mapping.size(); ++i)
      if (mapping.key(i).text() == key) return mapping.children()[2 * i + 1];
    return nullptr;
  }

  NodeReader& reader_;
  const yaml::NodePtr& root_;
  const Words& behaviours_;
  Pattern pattern_;
};

const Member* PatternReader::earlier(const yaml::Node& node) {
  const auto name = reader_.text(node);
  if (!name) return nullptr;
  if (const Member* member = pattern_.member(*name)) return member;
  Words names;
  for (const Member& member : pattern_.members) names.push_back(member.name);
  reader_.unknown(node, "member", names);
  return nullptr;
}

void PatternReader::readRelation(std::string_view kind, const yaml::Node& node, Member& member) {
  Relation relation;
  relation.services = space::ServiceSet::all();
  using Kind = Relation::Kind;
  relation.kind = kind == "reached-by" ? Kind::reachedBy
                  : kind == "reaches"  ? Kind::reaches
                  : kind == "in"       ? Kind::in
                  : kind == "not-in"   ? Kind::notIn
                  : kind == "not"      ? Kind::differs
                  : kind == "holds"    ? Kind::holds
                                       : Kind::grantedBy;
  const yaml::Node* name = &node;
  const bool conversation = relation.kind == Kind::reachedBy || relation.kind == Kind::reaches;
  if (conversation && node.isMapping()) {
    Fields fields(reader_, node, fmt::format("`{}`", kind), {"member", "service"});
    name = fields.need("member");
    if (const auto* service = fields.find("service"))
      relation.services = model::readServices(reader_, *service, {}, true).value_or(space::ServiceSet());
  }
  const Member* other = name != nullptr ? earlier(*name) : nullptr;
  if (other == nullptr) return;
  const auto wants = [&](bool fine, std::string_view what) {
    if (!fine)
      reader_.error(*name, fmt::format("member '{}' is a {}", other->name, word(other->kind)),
                    std::string(what));
  };
  const auto isPlace = [](MemberKind it) { return it == MemberKind::zone || it == MemberKind::host; };
  if (!isPlace(member.kind)) reader_.error(node, "only a zone or a host has this relation");
  if (conversation) wants(isPlace(other->kind), "a zone or a host");
  if (relation.kind == Kind::in || relation.kind == Kind::notIn)
    wants(other->kind == MemberKind::zone, "a zone");
  if (relation.kind == Kind::differs) wants(other->kind == member.kind, "a member of the same kind");
  if (relation.kind == Kind::holds) wants(other->kind == MemberKind::asset, "an asset");
  if (relation.kind == Kind::grantedBy) wants(other->kind == MemberKind::credential, "a credential");
  relation.other = other->name;
  member.relations.push_back(std::move(relation));
}

void PatternReader::readBeing(const std::string& kind, const yaml::Node& node, Member& member) {
  const auto flag = [&](Fields& fields, std::string_view key, std::optional<bool>& into) {
    if (const auto* value = fields.find(key)) into = reader_.boolean(*value);
  };
  if (kind == "names") {
    member.names = reader_.texts(node);
    return;
  }
  Fields fields(reader_, node, fmt::format("`{}`", kind),
                kind == "zone"   ? Words{"untrusted", "isolated", "people"}
                : kind == "host" ? Words{"behaviours", "offers", "opaque"}
                                 : Words{});
  flag(fields, "untrusted", member.untrusted);
  flag(fields, "isolated", member.isolated);
  flag(fields, "people", member.people);
  flag(fields, "offers", member.offers);
  flag(fields, "opaque", member.opaque);
  if (const auto* listed = fields.find("behaviours"))
    member.behaviours = reader_.words(*listed, behaviours_, true);
}

void PatternReader::readMember(const yaml::Node& key, const yaml::Node& node) {
  if (!reader_.name(key)) return;
  if (pattern_.members.size() == kMembers) {
    reader_.error(key, fmt::format("more than {} members", kMembers));
    return;
  }
  Words keys = kMemberKinds;
  keys.insert(keys.end(), kRelations.begin(), kRelations.end());
  keys.push_back("all");
  keys.push_back("means");
  Fields fields(reader_, node, "a member", keys);
  if (!fields.isMapping()) return;
  Member member;
  member.name = key.text();
  readText(fields, "means", member.means);
  const auto kind = fields.oneOf(kMemberKinds);
  if (!kind) return;
  member.kind = static_cast<MemberKind>(std::ranges::find(kMemberKinds, *kind) - kMemberKinds.begin());
  readBeing(*kind, *fields.find(*kind), member);
  if (const auto* all = fields.find("all")) member.all = reader_.boolean(*all).value_or(false);
  for (const std::string_view relation : kRelations) {
    const auto* said = fields.find(relation);
    if (said == nullptr) continue;
    if (relation == "reached-by" || relation == "reaches") {
      readRelation(relation, *said, member);
    } else {
      for (const auto* other : reader_.oneOrMany(*said, true)) readRelation(relation, *other, member);
    }
  }
  pattern_.members.push_back(std::move(member));
}

void PatternReader::checkPlaceholders(const yaml::Node& node) {
  for (std::size_t i = 0; i < node.size(); ++i)
    checkPlaceholders(node.isMapping() ? node.value(i) : node.item(i));
  if (!node.isText()) return;
  for (const std::string& name : placeholdersIn(node)) {
    if (pattern_.member(name) != nullptr) continue;
    Words names;
    for (const Member& member : pattern_.members) names.push_back(member.name);
    reader_.error(node, fmt::format("no member '{}'", name), "$MEMBER or ${MEMBER}",
                  nearestName(name, names));
  }
}

void PatternReader::readOf(const yaml::Node& node, MemberKind kind, Change& change) {
  const Member* member = earlier(node);
  if (member == nullptr) return;
  change.of = member->name;
  if (member->kind != kind)
    reader_.error(node, fmt::format("member '{}' is a {}", member->name, word(member->kind)),
                  fmt::format("a {}", word(kind)));
}

void PatternReader::readChange(const yaml::Node& node) {
  Words keys = kChangeKinds;
  for (const std::string_view key : {"state", "default", "in"}) keys.push_back(key);
  Fields fields(reader_, node, "a change", keys);
  if (!fields.isMapping()) return;
  const auto kind = fields.oneOf(kChangeKinds);
  if (!kind) return;
  Change change;
  change.place = node.place();
  change.kind = static_cast<Change::Kind>(std::ranges::find(kChangeKinds, *kind) - kChangeKinds.begin());
  const yaml::NodePtr value = child(node, *kind);
  using Kind = Change::Kind;
  const bool ofMember = change.kind == Kind::zone || change.kind == Kind::host ||
                        change.kind == Kind::service || change.kind == Kind::credential;
  if (change.kind == Kind::service) {
    Fields service(reader_, *value, "`service`", {"of", "behaviours"});
    if (const auto* of = service.need("of")) readOf(*of, MemberKind::host, change);
    if (const auto* listed = service.need("behaviours"))
      change.behaviours = reader_.words(*listed, behaviours_, true);
  } else if (ofMember) {
    readOf(*value,
           change.kind == Kind::zone   ? MemberKind::zone
           : change.kind == Kind::host ? MemberKind::host
                                       : MemberKind::credential,
           change);
  } else if (change.kind == Kind::newHost) {
    change.name = reader_.text(*value).value_or("");
    checkPlaceholders(*value);
    if (const auto* zone = fields.need("in")) readOf(*zone, MemberKind::zone, change);
  } else if (change.kind == Kind::condition) {
    change.name = reader_.text(*value).value_or("");
    checkPlaceholders(*value);
  } else {
    change.state = value;
    if (change.kind == Kind::analysts) {
      reader_.integer(*value, 1, 1000);
    } else if (!value->isMapping())
      reader_.error(*value, fmt::format("`{}` is a mapping", *kind));
    checkPlaceholders(*value);
    for (const std::string_view key : {"state", "default"})
      if (const auto* extra = fields.keyOf(key))
        reader_.error(*extra, fmt::format("`{}` says itself what is stated", *kind));
  }
  const auto statement = [&](std::string_view key, yaml::NodePtr& into) {
    const yaml::NodePtr said = child(node, key);
    if (said == nullptr || into != nullptr) return;
    if (!said->isMapping()) {
      reader_.error(*said, fmt::format("`{}` is a mapping from keys of the model file to values", key));
      return;
    }
    checkPlaceholders(*said);
    into = said;
  };
  if (ofMember || change.kind == Kind::newHost || change.kind == Kind::condition) {
    statement("state", change.state);
    statement("default", change.unless);
    if (change.state == nullptr && change.unless == nullptr)
      reader_.error(node, "the change says nothing", "state: {KEY: VALUE}");
  }
  if (fields.keyOf("in") != nullptr && change.kind != Kind::newHost)
    reader_.error(*fields.keyOf("in"), "only a new host is put into a zone");
  pattern_.changes.push_back(std::move(change));
}

void PatternReader::readGuarantee(const yaml::NodePtr& node) {
  if (!node->isMapping() || node->find("id") == nullptr) {
    reader_.error(*node, "a guarantee is a claim of a model file", "{id: ID, never: {...}}");
    return;
  }
  reader_.text(*node->find("id"));
  checkPlaceholders(*node);
  pattern_.guarantees.push_back(node);
}

std::string PatternReader::outsideId(const yaml::Node& node, Framework framework, std::string_view example) {
  const auto id = reader_.text(node);
  if (!id) return {};
  const bool fine = framework == Framework::nice ? isRole(*id) : catalog::wellFormedId(framework, *id) == *id;
  if (fine) return *id;
  reader_.error(node, fmt::format("'{}' cannot be an id of {}", *id, catalog::word(framework)),
                std::string(example));
  return {};
}

void PatternReader::readStandards(const yaml::Node& node) {
  Fields fields(reader_, node, "`standards`", {"800-53", "cis", "csf", "iso-27001"});
  const auto read = [&](std::string_view key, Framework framework, std::string_view example) {
    const auto* listed = fields.find(key);
    if (listed == nullptr) return;
    for (const auto* item : reader_.list(*listed, key))
      pattern_.standards.emplace_back(framework, outsideId(*item, framework, example));
  };
  read("800-53", Framework::nist80053, "AC-4(8)");
  read("cis", Framework::cis, "\"9.2\", in quotes");
  read("csf", Framework::nistCsf, "PR.DS-02");
  read("iso-27001", Framework::iso27001, "A.8.20");
  std::ranges::sort(pattern_.standards);
}

void PatternReader::readWorth(Fields& fields) {
  if (const auto* effort = fields.need("effort")) {
    for (const auto& [role, days] : reader_.entries(*effort, "effort")) {
      Effort it{outsideId(*role, Framework::nice, "IO-WRL-004"), 0};
      it.days = reader_.number(*days, 0, kMostDays).value_or(0);
      pattern_.effort.push_back(std::move(it));
    }
    std::ranges::sort(pattern_.effort, {}, &Effort::role);
  }
  // Whoever reads the days must not take them for a measurement.
  if (const auto* basis = fields.need("effort-basis")) reader_.word(*basis, {"judgement"});
  if (const auto* accountable = fields.need("accountable"))
    pattern_.accountable = outsideId(*accountable, Framework::nice, "OG-WRL-014");
  if (const auto* techniques = fields.need("d3fend")) {
    for (const auto* item : reader_.list(*techniques, "d3fend"))
      pattern_.d3fend.push_back(outsideId(*item, Framework::d3fend, "D3-NTF"));
    std::ranges::sort(pattern_.d3fend);
  }
  if (const auto* standards = fields.need("standards")) readStandards(*standards);
  if (const auto* maturity = fields.need("maturity"))
    pattern_.maturity = static_cast<unsigned>(reader_.integer(*maturity, 1, 3).value_or(1));
}

std::optional<Pattern> PatternReader::read() {
  Fields fields(
      reader_, *root_, "a pattern",
      {"pattern", "single", "title", "summary", "reference", "members", "changes", "guarantees", "depends-on",
       "conflicts", "effort", "effort-basis", "accountable", "d3fend", "standards", "maturity"});
  if (!fields.isMapping()) return std::nullopt;
  pattern_.place = root_->place();
  if (const auto* id = fields.need("pattern"); id != nullptr && reader_.name(*id)) {
    pattern_.id = id->text();
    pattern_.place = id->place();
  }
  if (const auto* single = fields.find("single")) pattern_.single = reader_.boolean(*single).value_or(false);
  readText(fields, "title", pattern_.title);
  readText(fields, "summary", pattern_.summary);
  readText(fields, "reference", pattern_.reference);
  if (const auto* members = fields.need("members"))
    for (const auto& [key, value] : reader_.entries(*members, "members")) readMember(*key, *value);
  if (const auto* changes = fields.need("changes")) {
    const auto listed = reader_.list(*changes, "changes");
    if (listed.size() > kChanges) reader_.error(*changes, fmt::format("more than {} changes", kChanges));
    for (std::size_t i = 0; i < std::min(listed.size(), kChanges); ++i) readChange(*listed[i]);
    if (listed.empty()) reader_.error(*changes, "a pattern changes something");
  }
  if (const auto* guarantees = pattern_.single ? fields.find("guarantees") : fields.need("guarantees")) {
    if (!guarantees->isSequence() || guarantees->size() == 0 || guarantees->size() > kGuarantees) {
      reader_.error(*guarantees, fmt::format("a list of 1 to {} claims belongs here", kGuarantees));
    } else {
      for (const yaml::NodePtr& it : guarantees->children()) readGuarantee(it);
    }
  }
  for (const auto& [key, into] :
       {std::pair{"depends-on", &pattern_.dependsOn}, std::pair{"conflicts", &pattern_.conflicts}})
    if (const auto* listed = fields.find(key)) *into = reader_.texts(*listed);
  readWorth(fields);
  if (pattern_.id.empty()) return std::nullopt;
  return std::move(pattern_);
}

// The other patterns that a pattern names must be there, and no pattern waits for itself.
void checkTogether(NodeReader& reader, const std::vector<Pattern>& patterns,
                   const std::map<std::string, yaml::NodePtr>& roots) {
  Words ids;
  for (const Pattern& pattern : patterns) ids.push_back(pattern.id);
  std::map<std::string, const Pattern*, std::less<>> byId;
  for (const Pattern& pattern : patterns) byId.emplace(pattern.id, &pattern);
  for (const Pattern& pattern : patterns) {
    const yaml::Node& root = *roots.at(pattern.id);
    for (const std::string_view key : {"depends-on", "conflicts"}) {
      const yaml::Node* listed = root.find(key);
      if (listed == nullptr) continue;
      for (const auto* item : reader.oneOrMany(*listed)) {
        if (!byId.contains(item->text())) reader.unknown(*item, "pattern", ids);
        if (item->text() == pattern.id) reader.error(*item, "a pattern cannot name itself here");
      }
    }
    std::set<std::string> waited;
    std::vector<std::string> todo = pattern.dependsOn;
    while (!todo.empty()) {
      const std::string id = todo.back();
      todo.pop_back();
      if (!byId.contains(id) || !waited.insert(id).second) continue;
      const auto& more = byId.find(id)->second->dependsOn;
      todo.insert(todo.end(), more.begin(), more.end());
    }
    if (waited.contains(pattern.id) &&
        std::ranges::find(pattern.dependsOn, pattern.id) == pattern.dependsOn.end())
      reader.error(*root.find("depends-on"), fmt::format("pattern '{}' waits for itself", pattern.id));
  }
}

}  // namespace

std::string_view word(MemberKind kind) { return kMemberKinds[static_cast<std::size_t>(kind)]; }

double Pattern::effortDays() const {
  double days = 0;
  for (const Effort& it : effort) days += it.days;
  return days;
}

const Member* Pattern::member(std::string_view wanted) const {
  const auto found = std::ranges::find(members, wanted, &Member::name);
  return found == members.end() ? nullptr : &*found;
}

Result<PatternCatalogue> PatternCatalogue::parse(
    const std::vector<std::pair<std::string, std::string>>& files,
    const model::BehaviourCatalogue* behaviours) {
  static const auto kBuiltIn = model::BehaviourCatalogue::builtIn();
  if (behaviours == nullptr) {
    if (!kBuiltIn) return std::unexpected(kBuiltIn.error());
    behaviours = &*kBuiltIn;
  }
  if (files.size() > kPatterns)
    return failure({Severity::error, {}, 0, fmt::format("more than {} patterns", kPatterns), {}, {}});
  Words known;
  for (const auto& behaviour : behaviours->all()) known.push_back(behaviour.name);
  NodeReader reader(1000);
  PatternCatalogue catalogue;
  std::map<std::string, yaml::NodePtr> roots;
  yaml::Limits limits;
  limits.bytes = kFileBytes;
  for (const auto& [file, text] : files) {
    auto document = yaml::parse(file, text, limits);
    const bool silent = document.diagnostics.empty();
    for (auto& diagnostic : document.diagnostics) reader.add(std::move(diagnostic));
    if (document.root == nullptr) {
      if (silent) reader.add({Severity::error, {file, 1, 1}, 0, "the file is empty", {}, {}});
      continue;
    }
    auto pattern = PatternReader(reader, document.root, known).read();
    if (!pattern) continue;
    const auto [before, isNew] = roots.emplace(pattern->id, document.root);
    if (!isNew) {
      reader.error(*document.root->find("pattern"),
                   fmt::format("pattern '{}' is also at {}", pattern->id,
                               before->second->find("pattern")->place().toString()));
      continue;
    }
    catalogue.patterns_.push_back(std::move(*pattern));
  }
  checkTogether(reader, catalogue.patterns_, roots);
  auto diagnostics = reader.finish();
  if (hasErrors(diagnostics)) return std::unexpected(std::move(diagnostics));
  std::ranges::sort(catalogue.patterns_, {}, &Pattern::id);
  return catalogue;
}

Result<PatternCatalogue> PatternCatalogue::builtIn() {
  std::vector<std::pair<std::string, std::string>> files;
  for (const auto& [name, text] : embeddedPatterns()) files.emplace_back(std::string(name), text);
  return parse(files);
}

std::optional<PatternId> PatternCatalogue::find(std::string_view id) const {
  const auto found =
      std::ranges::lower_bound(patterns_, id, {}, [](const Pattern& it) { return std::string_view(it.id); });
  if (found == patterns_.end() || found->id != id) return std::nullopt;
  return PatternId(static_cast<std::size_t>(found - patterns_.begin()));
}

Result<PatternId> PatternCatalogue::named(std::string_view id, const std::string& option) const {
  if (const auto found = find(id)) return *found;
  std::vector<std::string_view> names;
  for (const Pattern& pattern : patterns_) names.push_back(pattern.id);
  return failure({Severity::error,
                  {option, 0, 0},
                  0,
                  fmt::format("no pattern is called '{}'", id),
                  "one of `vauban apply --list`",
                  nearestName(id, names)});
}

}  // namespace vauban::plan
