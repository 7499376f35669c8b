#include "load_model.h"

#include "import/load_rules.h"
#include "model/model_reader.h"
#include "reach/rule_findings.h"

namespace vauban {

Result<LoadedModel> readModelAndRules(const std::string& path) {
  auto behaviours = model::BehaviourCatalogue::builtIn();
  if (!behaviours) return std::unexpected(behaviours.error());
  LoadedModel loaded;
  loaded.behaviours = std::move(*behaviours);
  model::Vocabulary vocabulary;
  vocabulary.behaviours = &loaded.behaviours;
  auto read = model::readModel(path, vocabulary);
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
