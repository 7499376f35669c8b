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

// Of `successes` in `trials`, the central 95% (Brown, Cai, DasGupta, 2001; the end is 0 or 1 where all or
// none succeeded). trials = 0: [0, 1].
std::pair<double, double> jeffreysInterval(std::uint64_t successes, std::uint64_t trials);

// nullopt where no step of the way has evidence.
std::optional<SuccessBounds> successOf(const AttackGraph& graph, const AttackPath& path);

}  // namespace vauban::attack
