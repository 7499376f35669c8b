// How likely an attacker gets to each goal of a model, by any of his ways, with what is deployed.
//
// The ways are those of the attack graph (minimal by technique and place), each technique at a place is a
// step of path_measure.h, stopped as way_success.h says: by what is deployed there, and by what is acted on
// of its alerts. Only a goal that is open today is measured: of a guarded one something must fail first, and
// how likely that is nobody knows. Where there are more ways than were looked at, the upper ends are 1.
// Values; same input, same bits.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "attack/attack_answers.h"
#include "measure/catalogue_evidence.h"
#include "measure/path_measure.h"

namespace vauban::measure {

struct GoalPaths {
  std::string goal, words;  // "data:records", "records gets outside"
  attack::GoalStanding standing = attack::GoalStanding::impossible;
  std::size_t depth = 0;  // of what is guarded: so many layers at least must fail first
  // Of an open goal: techniques at places, in the order in which he takes them; ways in the order of their
  // lengths.
  std::vector<std::vector<std::string>> ways;
  bool allWays = true;                  // there are no others
  std::optional<PathMeasure> measured;  // of an open goal
};

struct GoalPathOptions {
  PathOptions paths;
  std::size_t ways = 64;  // of a goal, at most
  double seconds = 10;    // for finding them, and for the depth
};

// Of the goals of the graph's model, or where it names none of every host. Errors: those of measureModel()
// and measurePaths().
Result<std::vector<GoalPaths>> goalPaths(const attack::AttackGraph& graph, const CatalogueEvidence& evidence,
                                         const attack::StepTemplates& templates, const std::string& today,
                                         const GoalPathOptions& options = {});

}  // namespace vauban::measure
