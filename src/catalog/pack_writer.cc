#include <algorithm>
#include <map>
#include <set>

#include "catalog/pack.h"
#include "catalog/pack_fields.h"

namespace vauban::catalog {
namespace {

using namespace pack;

using Leading = std::vector<std::pair<std::string_view, std::string_view>>;

class PackWriter {
 public:
  explicit PackWriter(const Catalogue& catalogue) : catalogue_(catalogue) {}

  std::vector<std::pair<std::string, std::string>> write() {
    single<Sources>(catalogue_.sources);
    writeOntology();
    for (const Attack& attack : catalogue_.attack) writeAttack(attack);
    single<Revocations>(catalogue_.revocations);
    writeControls();
    writeCrosswalks();
    writeScores();
    single<TrialRates>(catalogue_.trialRates);
    single<RuleCounts>(catalogue_.ruleCounts);
    single<Roles>(catalogue_.roles);
    single<Owners>(catalogue_.owners);
    single<Protocols>(catalogue_.protocols);
    single<ProtocolUses>(catalogue_.protocolUses);
    single<ProtocolCountermeasures>(catalogue_.protocolCountermeasures);
    std::ranges::sort(files_);
    return std::move(files_);
  }

 private:
  // What names a file names it safely: a source's id may come from outside.
  std::string fileName(std::string_view name) {
    std::string safe;
    for (const char c : name) {
      const bool plain =
          (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
      safe += plain || (c == '.' && !safe.empty()) ? c : '_';
    }
    std::string free = safe;
    for (int i = 2; !names_.insert(free).second; ++i) free = safe + "-" + std::to_string(i);
    return free + ".tsv";
  }

  template <class Fields, class Row>
  void table(std::string_view name, const Leading& leading, std::vector<const Row*> rows) {
    const auto less = [](const Row* a, const Row* b) { return Fields::order(*a, *b) < 0; };
    if (!std::ranges::is_sorted(rows, less)) std::ranges::stable_sort(rows, less);
    TableText text;
    text.lead("table", Fields::table);
    text.lead("format", "1");
    for (const auto& [key, value] : leading) {
      if (!value.empty()) text.lead(key, value);
    }
    text.columns(columnsOf<Fields, Row>());
    RowWriter io(text, catalogue_.ontology);
    for (const Row* row : rows) {
      Fields::fields(io, *row);
      text.endRow();
    }
    files_.emplace_back(fileName(name), text.take());
  }

  template <class Row>
  static std::vector<const Row*> all(const std::vector<Row>& rows) {
    std::vector<const Row*> found;
    found.reserve(rows.size());
    for (const Row& row : rows) found.push_back(&row);
    return found;
  }

  template <class Fields, class Row>
  void single(const std::vector<Row>& rows) {
    if (!rows.empty()) table<Fields>(Fields::table, {}, all(rows));
  }

  void writeOntology() {
    const Ontology& ontology = catalogue_.ontology;
    if (!ontology.classes.empty() || !ontology.version.empty() || !ontology.releaseDate.empty())
      table<Classes>(Classes::table, {{"version", ontology.version}, {"released", ontology.releaseDate}},
                     all(ontology.classes));
    single<Properties>(ontology.properties);
    single<References>(ontology.references);
    single<Subclasses>(ontology.subClassOf);
    single<Relations>(ontology.relations);
    single<Subproperties>(ontology.subPropertyOf);
    single<Inverses>(ontology.inverseOf);
    single<Citations>(ontology.cites);
    single<Synonyms>(ontology.synonyms);
    single<Mitigations>(ontology.mitigations);
  }

  template <class Fields, class Row>
  void ofDomain(const Attack& attack, const std::vector<Row>& rows, Leading more = {}, bool always = false) {
    if (rows.empty() && !always) return;
    constexpr std::string_view family = "attack";
    Leading leading = {{"domain", word(attack.domain)}};
    leading.insert(leading.end(), more.begin(), more.end());
    table<Fields>(std::string(word(attack.domain)) + std::string(Fields::table.substr(family.size())),
                  leading, all(rows));
  }

  void writeAttack(const Attack& attack) {
    ofDomain<Techniques>(attack, attack.techniques,
                         {{"version", attack.version}, {"released", attack.released}}, true);
    ofDomain<Tactics>(attack, attack.tactics);
    ofDomain<AttackMitigations>(attack, attack.mitigations);
    ofDomain<Groups>(attack, attack.groups);
    ofDomain<Campaigns>(attack, attack.campaigns);
    ofDomain<Software>(attack, attack.software);
    ofDomain<Mitigates>(attack, attack.mitigates);
    ofDomain<GroupUses>(attack, attack.groupUses);
    ofDomain<CampaignUses>(attack, attack.campaignUses);
  }

  void writeControls() {
    std::map<Framework, std::vector<const Control*>> byFramework;
    for (const Control& control : catalogue_.controls) byFramework[control.framework].push_back(&control);
    for (const auto& [framework, rows] : byFramework)
      table<Controls>(std::string("controls-") + std::string(word(framework)),
                      {{"framework", word(framework)}}, rows);
  }

  // A file for each source and pair of frameworks; those of one source bear the frameworks in their names
  // only where there are several.
  void writeCrosswalks() {
    using Ends = std::pair<Framework, Framework>;
    std::map<std::string_view, std::map<Ends, std::vector<const Crosswalk*>>> bySource;
    for (const Crosswalk& row : catalogue_.crosswalks)
      bySource[row.source][{row.fromFramework, row.toFramework}].push_back(&row);
    for (const auto& [source, byEnds] : bySource) {
      for (const auto& [ends, rows] : byEnds) {
        const std::string_view from = word(ends.first), to = word(ends.second);
        std::string name = "crosswalks-" + std::string(source);
        if (byEnds.size() > 1) name += "-" + std::string(from) + "-" + std::string(to);
        table<Crosswalks>(name, {{"source", source}, {"from", from}, {"to", to}}, rows);
      }
    }
  }

  void writeScores() {
    std::map<std::string_view, std::vector<const Score*>> bySource;
    for (const Score& row : catalogue_.scores) bySource[row.source].push_back(&row);
    for (const auto& [source, rows] : bySource)
      table<Scores>("scores-" + std::string(source), {{"source", source}}, rows);
  }

  const Catalogue& catalogue_;
  std::vector<std::pair<std::string, std::string>> files_;
  std::set<std::string> names_;
};

}  // namespace

std::vector<std::pair<std::string, std::string>> writePack(const Catalogue& catalogue) {
  return PackWriter(catalogue).write();
}

}  // namespace vauban::catalog
