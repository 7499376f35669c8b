// What `vauban apply` answers, in words and as JSON.
#pragma once

#include <string>
#include <vector>

#include "plan/effect.h"
#include "plan/fits.h"
#include "plan/pattern.h"

namespace vauban {

struct AppliedPattern {
  const plan::Pattern& pattern;
  const plan::Members& members;
  const plan::Applied& applied;
  const plan::Effect& effect;
  std::vector<std::string> waitsFor;  // patterns that it depends on and the model does not have
  std::vector<std::string> unused;    // lists of the call that nothing took: the model states its own
};

// Lines without colour, each at most about 120 columns where what it quotes allows it.
std::string appliedText(const AppliedPattern& it);
std::string appliedJson(const AppliedPattern& it);

// Of each pattern, and with places where each fits; nothing of that where `fits` is empty.
std::string patternsText(const plan::PatternCatalogue& patterns, const std::vector<plan::Fits>& fits);
std::string patternsJson(const plan::PatternCatalogue& patterns, const std::vector<plan::Fits>& fits);

}  // namespace vauban
