#include "load_model.h"

#include "import/load_rules.h"
#include "knowledge_in_force.h"
#include "model/model_reader.h"
#include "reach/rule_findings.h"

namespace vauban {
namespace {

// Whether the model names anything that the catalogue has. Most do not, and are spared reading it.
bool namesKnowledge(const model::Model& model) {
  return !model.countermeasures.empty() || !model.evidence.empty() || !model.threats.groups.empty() ||
         !model.accountable.empty() || (model.budget && !model.budget->roles.empty());
}

void addKnowledge(model::Vocabulary& vocabulary, const catalog::Catalogue& catalogue) {
  for (const catalog::OntologyClass& it : catalogue.ontology.classes) {
    if (it.kind == catalog::ClassKind::defensive && !it.id.empty()) vocabulary.techniques.insert(it.id);
  }
  for (const catalog::Attack& attack : catalogue.attack) {
    for (const catalog::AttackTechnique& it : attack.techniques) vocabulary.techniques.insert(it.id);
    for (const catalog::AttackObject& it : attack.groups) vocabulary.groups.insert(it.id);
    for (const catalog::AttackObject& it : attack.campaigns) vocabulary.groups.insert(it.id);
  }
  for (const catalog::Revocation& it : catalogue.revocations) vocabulary.techniques.insert(it.newId);
  for (const catalog::WorkRole& it : catalogue.roles) vocabulary.roles.insert(it.id);
}

}  // namespace

Result<LoadedModel> readModelAndRules(const std::string& path) {
  auto behaviours = model::BehaviourCatalogue::builtIn();
  if (!behaviours) return std::unexpected(behaviours.error());
  LoadedModel loaded;
  loaded.behaviours = std::move(*behaviours);
  model::Vocabulary vocabulary;
  vocabulary.behaviours = &loaded.behaviours;
  auto read = model::readModel(path, vocabulary);
  if (read && namesKnowledge(*read)) {
    auto catalogue = knowledgeInForce("");
    if (!catalogue) return std::unexpected(catalogue.error());
    addKnowledge(vocabulary, *catalogue);
    read = model::readModel(path, vocabulary);
  }
  if (!read) return std::unexpected(read.error());
  loaded.model = std::move(*read);
  Diagnostics problems = import::loadRules(loaded.model);
  if (hasErrors(problems)) return std::unexpected(problems);
  loaded.model.warnings.insert(loaded.model.warnings.end(), problems.begin(), problems.end());
  return loaded;
}

Result<LoadedModel> loadModel(const std::string& path) {
  auto read = readModelAndRules(path);
  if (!read) return read;
  LoadedModel& loaded = *read;
  auto addFindings = [&](const model::FilterProgram& program) {
    // On larger rule sets this costs more than the verdicts.
    constexpr std::size_t kMostRules = 400;
    std::size_t rules = 0;
    for (const model::Chain& chain : program.chains) rules += chain.rules.size();
    if (rules > kMostRules) return;
    Diagnostics findings = reach::ruleFindings(program);
    loaded.model.warnings.insert(loaded.model.warnings.end(), findings.begin(), findings.end());
  };
  addFindings(loaded.model.flows);
  for (const auto& program : loaded.model.linkPrograms) {
    if (program) addFindings(*program);
  }
  sortDiagnostics(loaded.model.warnings);
  return read;
}

}  // namespace vauban
