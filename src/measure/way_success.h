// How likely an attacker gets to a fact of the attack graph by the way that is best for him, with what is
// deployed.
//
// He chooses his way after the defence is built. Of a way nothing is multiplied, because its steps are not
// independent (path_measure.h): it succeeds at most as likely as its hardest step, and at least 1 less what
// all its steps may be stopped (Frechet). The upper end is exact for the best single way over all of the
// graph: the widest path of an AND/OR graph (Knuth, "A generalization of Dijkstra's algorithm", 1977). The
// lower end counts a step again for each premise that needs it, so it may be too low and never too high. A
// layer that must fail first fails with an unknown probability, [0, 1].
#pragma once

#include <vector>

#include "attack/attack_graph.h"
#include "measure/catalogue_evidence.h"
#include "measure/interval.h"

namespace vauban::measure {

// By step: P(stopped | tried), by what the graph's model deploys at the place, and by what is acted on of the
// alerts that it raises. Errors: those of measureModel().
Result<std::vector<Interval>> stopsOf(const attack::AttackGraph& graph, const CatalogueEvidence& evidence,
                                      const attack::StepTemplates& templates, const std::string& today);

// [0, 0] where no way leads there.
Interval bestWay(const attack::AttackGraph& graph, attack::FactId goal, const std::vector<Interval>& stops);

}  // namespace vauban::measure
