#include "tests/support/explore_comparison.h"

#include <chrono>

#include "channel/trust.h"
#include "import/load_rules.h"
#include "model/model_reader.h"
#include "report/verdict_report.h"

namespace vauban::tests {

namespace {

int rank(Explored explored) { return static_cast<int>(explored); }

int rank(channel::Verdict verdict) {
  if (verdict == channel::Verdict::kept) return rank(Explored::kept);
  if (verdict == channel::Verdict::conditional) return rank(Explored::conditional);
  return rank(Explored::broken);
}

double since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

bool ComparedClaim::agree() const { return !explored.verdict || rank(solver) == rank(*explored.verdict); }

bool ComparedClaim::solverIsBetter() const {
  return explored.verdict && rank(solver) < rank(*explored.verdict);
}

KnownSuffixes knownSuffixes() {
  const auto& lists = channel::SuffixLists::builtIn();
  return {lists.shared, lists.publicly};
}

std::vector<ComparedClaim> compareClaims(const model::Model& model,
                                         const model::BehaviourCatalogue& behaviours) {
  std::vector<ComparedClaim> compared;
  const Explorer explorer(model, behaviours, knownSuffixes());
  const channel::Judge judge(model, behaviours, "2026-11-24");
  for (const auto& claim : model.claims) {
    ComparedClaim one;
    one.id = claim.id;
    const auto begin = std::chrono::steady_clock::now();
    one.explored = explorer.judge(claim);
    one.explorerMs = since(begin);
    if (one.explored.verdict) {
      const auto asked = std::chrono::steady_clock::now();
      const channel::ClaimResult result = judge.judge(claim);
      one.solverMs = since(asked);
      one.solver = result.judgement.verdict;
      if (!one.agree()) one.solverText = report::verifyText(model, {result}, judge.trust(), {false, true});
    }
    compared.push_back(std::move(one));
  }
  return compared;
}

Result<model::Model> readForComparison(const std::string& path, const model::BehaviourCatalogue& behaviours) {
  model::Vocabulary vocabulary;
  vocabulary.behaviours = &behaviours;
  auto read = model::readModel(path, vocabulary);
  if (!read) return read;
  Diagnostics problems = import::loadRules(*read);
  if (hasErrors(problems)) return std::unexpected(problems);
  return read;
}

Result<model::Model> readTextForComparison(const std::string& name, const std::string& text,
                                           const model::BehaviourCatalogue& behaviours) {
  model::Vocabulary vocabulary;
  vocabulary.behaviours = &behaviours;
  auto read = model::readModelText(name, text, vocabulary);
  if (!read) return read;
  Diagnostics problems = import::loadRules(*read);
  if (hasErrors(problems)) return std::unexpected(problems);
  return read;
}

}  // namespace vauban::tests
