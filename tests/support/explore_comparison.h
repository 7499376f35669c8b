// The solver and the explorer on the same model, claim by claim.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "channel/verdict.h"
#include "model/model.h"
#include "tests/support/explorer.h"

namespace vauban::tests {

struct ComparedClaim {
  std::string id;
  channel::Verdict solver = channel::Verdict::undecided;
  Exploration explored;
  double explorerMs = 0, solverMs = 0;
  std::string solverText;  // where they differ: what the program would print
  // Of what the explorer can judge: kept iff not reached at worst, broken iff reached at best.
  bool agree() const;
  bool solverIsBetter() const;  // than the explorer says: a way that the solver does not see
};

// The suffixes that the product knows, for the explorer.
KnownSuffixes knownSuffixes();

std::vector<ComparedClaim> compareClaims(const model::Model& model,
                                         const model::BehaviourCatalogue& behaviours);

// A model with the rules of its links, as the program reads it.
Result<model::Model> readForComparison(const std::string& path, const model::BehaviourCatalogue& behaviours);
Result<model::Model> readTextForComparison(const std::string& name, const std::string& text,
                                           const model::BehaviourCatalogue& behaviours);

}  // namespace vauban::tests
