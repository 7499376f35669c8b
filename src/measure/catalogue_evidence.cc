#include "measure/catalogue_evidence.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>

#include "catalog/inference.h"

namespace vauban::measure {
namespace {

using catalog::ClassId;
using catalog::Framework;

// Ancestors in D3FEND of what looks at machines, as products of the trials do.
constexpr std::array<std::string_view, 4> kOnMachines = {"FileAnalysis", "PlatformMonitoring",
                                                         "ProcessAnalysis", "UserBehaviorAnalysis"};
constexpr std::size_t kNamed = 6;  // of a long list, so many are named

std::string listed(const std::set<std::string>& words) {
  const std::vector<std::string> all(words.begin(), words.end());
  if (all.size() <= kNamed) return fmt::format("{}", fmt::join(all, ", "));
  return fmt::format("{} and {} more", fmt::join(all.begin(), all.begin() + kNamed, ", "),
                     all.size() - kNamed);
}

std::string_view categoryOf(std::string_view tactic) {
  if (tactic == "Harden" || tactic == "Isolate") return "protect";
  if (tactic == "Detect") return "detect";
  if (tactic == "Evict") return "respond";
  return "";
}

// Rows of a table sorted by technique.
template <class Rows>
auto rowsOf(const Rows& rows, std::string_view technique) {
  return std::ranges::equal_range(rows, technique, catalog::naturalLess,
                                  [](const auto& row) -> std::string_view { return row.technique; });
}

}  // namespace

CatalogueEvidence::CatalogueEvidence(const catalog::Catalogue& catalogue)
    : catalogue_(&catalogue), hierarchy_(catalogue.ontology) {
  for (const catalog::Source& source : catalogue.sources)
    if (source.framework == Framework::d3fend && source.version == catalogue.ontology.version) {
      ontologySource_ = source.id;
      break;
    }
  if (ontologySource_.empty()) ontologySource_ = "d3fend-" + catalogue.ontology.version;
  readDefences();
  readInference();
  readMappings();
}

void CatalogueEvidence::readDefences() {
  const catalog::Ontology& ontology = catalogue_->ontology;
  std::vector<ClassId> machines;
  for (const std::string_view name : kOnMachines)
    if (const auto found = ontology.find(name)) machines.push_back(*found);
  constexpr std::array<std::string_view, 7> kOrder = {"Model",   "Harden", "Detect", "Isolate",
                                                      "Deceive", "Evict",  "Restore"};
  for (std::size_t c = 0; c < ontology.classes.size(); ++c) {
    const catalog::OntologyClass& one = ontology.classes[c];
    if (one.kind != catalog::ClassKind::defensive || one.id.empty()) continue;
    Defence defence;
    defence.name = one.label.empty() ? one.name : one.label;
    std::set<std::string_view> tactics;
    for (const ClassId tactic : hierarchy_.tactics(ClassId(c))) tactics.insert(ontology[tactic].name);
    for (const std::string_view tactic : kOrder)
      if (defence.tactic.empty() && tactics.contains(tactic)) defence.tactic = tactic;
    defence.onMachines = std::ranges::any_of(
        machines, [&](ClassId ancestor) { return hierarchy_.isBelow(ClassId(c), ancestor); });
    defences_.emplace(one.id, std::move(defence));
  }
}

void CatalogueEvidence::readInference() {
  const catalog::Ontology& ontology = catalogue_->ontology;
  std::map<Pair, std::set<std::string>> artifacts;
  for (const catalog::Row& row :
       catalog::infer(hierarchy_, {.view = catalog::View::parent, .beyond = {}, .attackId = ""}))
    artifacts[{ontology[row.defensive].id, ontology[row.offensive].id}].insert(
        ontology[row.defensiveArtifact].name);
  for (const auto& [pair, names] : artifacts)
    if (defences_.contains(pair.first))
      joined_[pair].push_back(applicable(ontologySource_, "artifacts: " + listed(names)));
}

void CatalogueEvidence::readMappings() {
  // (pair, source) -> what joins them; one statement a source.
  std::map<std::pair<Pair, std::string>, std::set<std::string>> mapped;
  std::map<std::string, std::vector<std::pair<std::string, std::string>>>
      byMitigation;  // -> technique, source
  for (const catalog::Attack& attack : catalogue_->attack) {
    // Ids of mitigations mean nothing outside their domain; D3FEND's are those of the enterprise domain.
    if (attack.domain != Framework::attackEnterprise) continue;
    for (const auto& [technique, mitigation] : attack.mitigates)
      byMitigation[mitigation].emplace_back(technique, "attack-" + attack.version + "-enterprise");
  }
  const catalog::Ontology& ontology = catalogue_->ontology;
  for (const auto& [defence, mitigation] : ontology.mitigations) {
    const auto found = byMitigation.find(mitigation);
    if (found == byMitigation.end() || !defences_.contains(ontology[defence].id)) continue;
    for (const auto& [technique, source] : found->second)
      mapped[{{ontology[defence].id, technique}, ontologySource_ + " with " + source}].insert(mitigation);
  }
  std::map<std::string, std::vector<std::pair<std::string, std::string>>> byControl;
  for (const catalog::Crosswalk& it : catalogue_->crosswalks) {
    if (it.fromFramework == Framework::d3fend && catalog::isAttack(it.toFramework) &&
        defences_.contains(it.from))
      mapped[{{it.from, it.to}, it.source}].insert(it.detail.empty() ? it.relation : it.detail);
    if (it.fromFramework == Framework::nist80053 && catalog::isAttack(it.toFramework))
      byControl[it.from].emplace_back(it.to, it.source);
  }
  for (const catalog::Crosswalk& it : catalogue_->crosswalks) {
    if (it.fromFramework != Framework::nist80053 || it.toFramework != Framework::d3fend) continue;
    const auto found = byControl.find(it.from);
    if (found == byControl.end() || !defences_.contains(it.to)) continue;
    for (const auto& [technique, source] : found->second)
      mapped[{{it.to, technique}, it.source + " with " + source}].insert(it.from);
  }
  for (const auto& [key, words] : mapped)
    joined_[key.first].push_back(expertMapping(key.second, "by " + listed(words)));
}

std::vector<Evidence> CatalogueEvidence::of(const std::string& countermeasure,
                                            const std::string& technique) const {
  const auto found = joined_.find({countermeasure, technique});
  if (found == joined_.end()) return {};
  std::vector<Evidence> all = found->second;
  const Defence& defence = defences_.at(countermeasure);
  const std::string_view category = categoryOf(defence.tactic);
  std::map<std::string, std::pair<std::set<std::string>, std::vector<Score>>> bySource;
  for (const catalog::Score& it : rowsOf(catalogue_->scores, technique)) {
    const auto score = scoreOfWord(it.value);
    if (it.category != category || !score) continue;
    auto& [capabilities, scores] = bySource[it.source];
    capabilities.insert(it.capability);
    scores.push_back(*score);
  }
  // Products are the unit, whoever scored them: one statement, or sources that disagree on other products
  // would look like a conflict.
  std::set<std::string> sources, capabilities;
  std::vector<Score> scores;
  for (const auto& [source, some] : bySource) {
    sources.insert(source);
    capabilities.insert(some.first.begin(), some.first.end());
    scores.insert(scores.end(), some.second.begin(), some.second.end());
  }
  if (!scores.empty()) {
    Evidence one =
        expertScores(listed(sources),
                     fmt::format("{} product capabilities that {} ({}), none of them known to be {}",
                                 capabilities.size(), category, listed(capabilities), countermeasure),
                     scores);
    one.of = currencyOf(defence.tactic);
    all.push_back(std::move(one));
  }
  if (defence.tactic == "Detect" && defence.onMachines)
    for (Evidence& one : trials(technique)) all.push_back(std::move(one));
  return all;
}

std::vector<Evidence> CatalogueEvidence::trials(const std::string& technique) const {
  std::vector<Evidence> all;
  for (const catalog::TrialRate& it : rowsOf(catalogue_->trialRates, technique))
    all.push_back(
        labTrial(it.source,
                 fmt::format("{} endpoint products, {} substeps scored, rounds {}; not of one product",
                             it.products, it.substeps, fmt::join(it.rounds, ", ")),
                 it.p10, it.p90));
  return all;
}

std::vector<std::string> CatalogueEvidence::against(const std::string& countermeasure) const {
  std::vector<std::string> techniques;
  for (auto it = joined_.lower_bound({countermeasure, ""});
       it != joined_.end() && it->first.first == countermeasure; ++it)
    techniques.push_back(it->first.second);
  return techniques;
}

std::string CatalogueEvidence::tactic(const std::string& countermeasure) const {
  const auto found = defences_.find(countermeasure);
  return found == defences_.end() ? "" : found->second.tactic;
}

std::string CatalogueEvidence::name(const std::string& countermeasure) const {
  const auto found = defences_.find(countermeasure);
  return found == defences_.end() ? "" : found->second.name;
}

std::string CatalogueEvidence::techniqueName(const std::string& technique) const {
  for (const catalog::Attack& attack : catalogue_->attack)
    if (const auto* found = attack.find(technique)) return found->name;
  return "";
}

}  // namespace vauban::measure
