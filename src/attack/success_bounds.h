// How likely a way succeeds, as far as trials of the organisation's own say anything of its steps (semantics
// 9, grade E5).
//
// Of each step against which the model records trials of a deployed countermeasure: the Jeffreys interval of
// the share that was not stopped. Steps are not independent, so nothing is multiplied: of the whole the
// Frechet bounds, at most the least of the steps' upper bounds, at least their lower bounds less what n-1 of
// them may overlap. A step without evidence is [0, 1].
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "attack/attack_answers.h"

namespace vauban::attack {

// Jeffreys' interval of a proportion, central: quantiles of Beta(s + 1/2, n - s + 1/2), the lower end 0 where
// nothing was seen and the upper end 1 where all was (Brown, Cai and DasGupta, Statistical Science 16,
// 2001, 3.1.2). `confidence` within (0, 1). n = 0, or more successes than trials: [0, 1].
std::pair<double, double> jeffreysInterval(std::uint64_t successes, std::uint64_t trials,
                                           double confidence = 0.95);

// nullopt where no step of the way has evidence.
std::optional<SuccessBounds> successOf(const AttackGraph& graph, const AttackPath& path);

}  // namespace vauban::attack
