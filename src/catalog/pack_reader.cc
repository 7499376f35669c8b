#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "base/nearest_name.h"
#include "catalog/pack.h"
#include "catalog/pack_fields.h"

namespace vauban::catalog {
namespace {

using namespace pack;

constexpr std::string_view kFormat = "1";

// A kind of table: its leading lines besides `table` and `format`, and which of them a file cannot do
// without.
struct TableKind {
  std::string_view name;
  std::vector<std::string_view> keys;
  std::size_t needed = 0;  // the first so many of `keys`
  bool several = false;    // whether a pack may have several files of it
};

const std::vector<TableKind>& tableKinds() {
  static const std::vector<TableKind> kinds = [] {
    std::vector<TableKind> all = {{Controls::table, {"framework"}, 1, true},
                                  {Crosswalks::table, {"source", "from", "to"}, 3, true},
                                  {Scores::table, {"source"}, 1, true},
                                  {Techniques::table, {"domain", "version", "released"}, 1, true},
                                  {Classes::table, {"version", "released"}, 0, false}};
    for (const auto name : {Tactics::table, AttackMitigations::table, Groups::table, Campaigns::table,
                            Software::table, Mitigates::table, GroupUses::table, CampaignUses::table})
      all.push_back({name, {"domain"}, 1, true});
    for (const auto name :
         {Sources::table, Properties::table, References::table, Subclasses::table, Relations::table,
          Subproperties::table, Inverses::table, Citations::table, Synonyms::table, Mitigations::table,
          Revocations::table, TrialRates::table, RuleCounts::table, Roles::table, Owners::table,
          Protocols::table, ProtocolUses::table, ProtocolCountermeasures::table})
      all.push_back({name, {}, 0, false});
    return all;
  }();
  return kinds;
}

class PackReader {
 public:
  explicit PackReader(const PackOptions& options) : options_(options), errors_(options.table.errors) {
    index_.keepForeign = options.foreignIds == ForeignIds::keep;
  }

  Result<Catalogue> read(std::span<const PackFile> files) {
    scan(files);
    made_.attack.reserve(3);
    readSources();
    readOntology();
    for (const Framework domain :
         {Framework::attackEnterprise, Framework::attackIcs, Framework::attackMobile})
      readAttack(domain);
    refuseStrayDomains();
    readRevocations();
    single<Mitigations>(made_.ontology.mitigations);  // they are ATT&CK's, and had to wait for it
    readControls();
    readRoles();
    readCrosswalks();
    readScores();
    single<TrialRates>(made_.trialRates);
    single<RuleCounts>(made_.ruleCounts);
    single<Owners>(made_.owners);
    single<Protocols>(made_.protocols);
    single<ProtocolUses>(made_.protocolUses);
    single<ProtocolCountermeasures>(made_.protocolCountermeasures);
    if (errors_.any()) return std::unexpected(errors_.take());
    return std::move(made_);
  }

 private:
  // Each text as a table, by the kind that its first line names.
  void scan(std::span<const PackFile> files) {
    std::size_t bytes = 0;
    for (const PackFile& file : files) bytes += file.second.size();
    if (files.size() > options_.files || bytes > options_.bytes) {
      errors_.add({}, 0,
                  fmt::format("{} files of {} bytes are more than a pack may have", files.size(), bytes),
                  fmt::format("at most {} files and {} bytes", options_.files, options_.bytes));
      return;
    }
    for (const PackFile& file : files) {
      auto head = TableHead::read(std::string(file.first), file.second, errors_, options_.table);
      if (!head) continue;
      const std::string_view name = head->value("table");
      const auto kind = std::ranges::find(tableKinds(), name, &TableKind::name);
      if (kind == tableKinds().end()) {
        std::vector<std::string_view> names;
        for (const TableKind& known : tableKinds()) names.push_back(known.name);
        errors_.add(
            head->placeOf("table"), name.size(),
            name.empty() ? "no line that says which table this is" : fmt::format("no such table: '{}'", name),
            "# table: NAME", nearestName(name, names));
      } else if (const auto format = head->value("format"); format != kFormat) {
        errors_.add(head->placeOf("format"), format.size(),
                    format.empty() ? "no line that says the format's version"
                                   : fmt::format("format {} is not known", format),
                    fmt::format("# format: {}", kFormat));
      } else {
        heads_[kind->name].push_back(std::move(*head));
      }
    }
    for (const auto& [name, heads] : heads_) {
      if (!kindOf(name).several) refuseSecond(heads, "table", name);
    }
  }

  static const TableKind& kindOf(std::string_view name) {
    return *std::ranges::find(tableKinds(), name, &TableKind::name);
  }

  template <class Heads>
  void refuseSecond(const Heads& heads, std::string_view key, std::string_view what) {
    for (std::size_t i = 1; i < heads.size(); ++i)
      errors_.add(heads[i].placeOf(key), heads[i].value(key).size(), fmt::format("a second file of {}", what),
                  fmt::format("one; the first is {}", heads[0].file()));
  }

  std::vector<TableHead> headsOf(std::string_view name) const {
    const auto found = heads_.find(name);
    return found == heads_.end() ? std::vector<TableHead>() : found->second;
  }

  // The rows of a table; nullopt where it has not the columns of `Fields`.
  template <class Fields, class Row>
  std::optional<Table> open(const TableHead& head) {
    const TableKind& kind = kindOf(Fields::table);
    std::vector<std::string_view> keys = {"table", "format"};
    keys.insert(keys.end(), kind.keys.begin(), kind.keys.end());
    auto order =
        head.expect(keys, std::span(keys).subspan(2, kind.needed), columnsOf<Fields, Row>(), errors_);
    if (!order) return std::nullopt;
    return std::make_optional<Table>(head, std::move(*order), errors_, options_.table);
  }

  // All rows of the tables in order, each once. `preset` says what all rows of a table have in common; where
  // it says false the table is left out. Only one kind of table is open at a time, so that all share the
  // memory this takes.
  template <class Fields, class Row, class Preset>
  void fill(const std::vector<TableHead>& heads, std::vector<Row>& rows, Preset preset) {
    std::vector<std::pair<Table, Row>> tables;  // with what its rows begin as
    std::vector<std::size_t> runs;
    std::size_t count = 0;
    for (const TableHead& head : heads) {
      Row common;
      if (!preset(head, common)) continue;
      auto table = open<Fields, Row>(head);
      if (!table) continue;
      runs.push_back(table->rows());
      count += table->rows();
      tables.emplace_back(std::move(*table), std::move(common));
    }
    rows.reserve(count);
    for (const auto& [table, common] : tables) {
      RowReader io(table, index_);
      for (std::size_t row = 0; row < table.rows(); ++row) {
        io.start(row);
        Row& made = rows.emplace_back();
        if constexpr (requires { Fields::adopt(made, common); }) Fields::adopt(made, common);
        Fields::fields(io, made);
        if constexpr (requires { Fields::check(io, made); }) Fields::check(io, made);
      }
    }
    arrange(rows, runs, Fields::order, [&](std::uint32_t first, std::uint32_t second) {
      const auto place = [&](std::size_t row) {
        std::size_t run = 0;
        while (row >= runs[run]) row -= runs[run++];
        return tables[run].first.place(row, 0);
      };
      errors_.add(place(second), 0, "a row that says the same as another",
                  fmt::format("each once; the other is at {}", place(first).toString()));
    });
  }

  template <class Fields, class Row>
  void single(std::vector<Row>& rows) {
    fill<Fields>(headsOf(Fields::table), rows, [](const TableHead&, Row&) { return true; });
  }

  std::optional<Framework> framework(const TableHead& head, std::string_view key) {
    const std::string_view text = head.value(key);
    const auto found = frameworkOfWord(text);
    if (!found && !text.empty())
      errors_.add(head.placeOf(key), text.size(), fmt::format("no such framework: '{}'", text), {},
                  nearestName(text, allWords<Framework>()));
    if (!found && text.empty())
      errors_.add(head.placeOf(key), 0, fmt::format("no leading line for '{}'", key),
                  fmt::format("# {}: FRAMEWORK", key));
    return found;
  }

  bool sourceOf(const TableHead& head, std::string& source) {
    source = head.value("source");
    if (index_.sources.find(source) != NameIndex::kNone) return true;
    errors_.add(head.placeOf("source"), source.size(), fmt::format("no such source: '{}'", source),
                "the id of a row of sources", nearestName(source, index_.sources.names()));
    return false;
  }

  template <class Row>
  static void enter(NameIndex& index, const std::vector<Row>& rows) {
    index.reserve(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) index.add(rows[i].name, static_cast<std::uint32_t>(i));
  }

  void readSources() {
    single<Sources>(made_.sources);
    for (const Source& source : made_.sources) index_.sources.add(source.id);
  }

  void readOntology() {
    Ontology& ontology = made_.ontology;
    for (const TableHead& head : headsOf(Classes::table)) {
      ontology.version = head.value("version");
      ontology.releaseDate = head.value("released");
    }
    single<Classes>(ontology.classes);
    enter(index_.classes, ontology.classes);
    NameIndex& ids = index_.of(Framework::d3fend);
    ids.reserve(ontology.classes.size() * 2);
    for (const OntologyClass& it : ontology.classes) {
      ids.add(it.name);
      if (!it.id.empty()) ids.add(it.id);
    }
    single<Properties>(ontology.properties);
    enter(index_.properties, ontology.properties);
    single<References>(ontology.references);
    enter(index_.references, ontology.references);
    single<Subclasses>(ontology.subClassOf);
    single<Relations>(ontology.relations);
    single<Subproperties>(ontology.subPropertyOf);
    single<Inverses>(ontology.inverseOf);
    single<Citations>(ontology.cites);
    single<Synonyms>(ontology.synonyms);
  }

  std::vector<TableHead> headsOf(std::string_view name, Framework domain) const {
    std::vector<TableHead> found = headsOf(name);
    std::erase_if(found, [&](const TableHead& head) { return head.value("domain") != word(domain); });
    return found;
  }

  template <class Fields, class Row>
  void ofDomain(std::vector<Row>& rows, Framework domain) {
    const auto heads = headsOf(Fields::table, domain);
    refuseSecond(heads, "domain", fmt::format("{} for {}", Fields::table, word(domain)));
    fill<Fields>(heads, rows, [](const TableHead&, Row&) { return true; });
  }

  template <class Row>
  void enter(NameIndex& live, Framework domain, const std::vector<Row>& rows) {
    live = {};
    live.reserve(rows.size());
    for (const Row& row : rows) {
      live.add(row.id, row.standing == Standing::live ? 1 : 0);
      index_.of(domain).add(row.id);
    }
  }

  void readAttack(Framework domain) {
    const auto techniques = headsOf(Techniques::table, domain);
    if (techniques.empty()) return refuseWithoutTechniques(domain);
    Attack& attack = made_.attack.emplace_back();  // where it stays: the index borrows its names
    attack.domain = domain;
    attack.version = techniques[0].value("version");
    attack.released = techniques[0].value("released");
    ofDomain<Techniques>(attack.techniques, domain);
    ofDomain<Tactics>(attack.tactics, domain);
    ofDomain<AttackMitigations>(attack.mitigations, domain);
    ofDomain<Groups>(attack.groups, domain);
    ofDomain<Campaigns>(attack.campaigns, domain);
    ofDomain<Software>(attack.software, domain);
    NameIndex others;
    enter(others, domain, attack.tactics);
    enter(others, domain, attack.software);
    enter(index_.techniques, domain, attack.techniques);
    enter(index_.mitigations, domain, attack.mitigations);
    enter(index_.groups, domain, attack.groups);
    enter(index_.campaigns, domain, attack.campaigns);
    ofDomain<Mitigates>(attack.mitigates, domain);
    ofDomain<GroupUses>(attack.groupUses, domain);
    ofDomain<CampaignUses>(attack.campaignUses, domain);
  }

  void refuseWithoutTechniques(Framework domain) {
    for (const auto& [name, heads] : heads_) {
      for (const TableHead& head : heads) {
        if (head.value("domain") == word(domain))
          errors_.add(head.placeOf("domain"), 0, fmt::format("{} without its techniques", word(domain)),
                      fmt::format("a file of table {} for it", Techniques::table));
      }
    }
  }

  void refuseStrayDomains() {
    for (const auto& [name, heads] : heads_) {
      const TableKind& kind = kindOf(name);
      if (kind.keys.empty() || kind.keys[0] != "domain") continue;
      for (const TableHead& head : heads) {
        const auto domain = framework(head, "domain");
        if (domain && !isAttack(*domain))
          errors_.add(head.placeOf("domain"), head.value("domain").size(),
                      fmt::format("{} is no domain of ATT&CK", head.value("domain")),
                      "attack-enterprise, attack-ics or attack-mobile");
      }
    }
  }

  void readRevocations() {
    single<Revocations>(made_.revocations);
    // What other versions call things is known as well, but only where there is something to know.
    for (const Framework domain :
         {Framework::attackEnterprise, Framework::attackIcs, Framework::attackMobile}) {
      NameIndex& ids = index_.of(domain);
      if (ids.empty()) continue;
      for (const Revocation& row : made_.revocations) {
        if (!row.oldId.empty()) ids.add(row.oldId);
        if (!row.newId.empty()) ids.add(row.newId);
      }
    }
  }

  void readControls() {
    fill<Controls>(headsOf(Controls::table), made_.controls, [&](const TableHead& head, Control& first) {
      const auto found = framework(head, "framework");
      if (found) first.framework = *found;
      return found.has_value();
    });
    for (const Control& control : made_.controls) index_.of(control.framework).add(control.id);
  }

  void readRoles() {
    single<Roles>(made_.roles);
    for (const WorkRole& role : made_.roles) index_.of(Framework::nice).add(role.id);
  }

  void readCrosswalks() {
    auto heads = headsOf(Crosswalks::table);
    // Most of the way into order, at no cost.
    std::ranges::stable_sort(heads, {},
                             [](const TableHead& head) { return frameworkOfWord(head.value("from")); });
    fill<Crosswalks>(heads, made_.crosswalks, [&](const TableHead& head, Crosswalk& first) {
      const auto from = framework(head, "from"), to = framework(head, "to");
      const bool known = sourceOf(head, first.source);
      if (!from || !to || !known) return false;
      first.fromFramework = *from;
      first.toFramework = *to;
      return true;
    });
  }

  void readScores() {
    fill<Scores>(headsOf(Scores::table), made_.scores,
                 [&](const TableHead& head, Score& first) { return sourceOf(head, first.source); });
  }

  const PackOptions& options_;
  TableErrors errors_;
  std::map<std::string_view, std::vector<TableHead>> heads_;
  PackIndex index_;
  Catalogue made_;
};

}  // namespace

Result<Catalogue> readPack(std::span<const PackFile> files, const PackOptions& options) {
  return PackReader(options).read(files);
}

}  // namespace vauban::catalog
