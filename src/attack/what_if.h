// One change of an architecture, and what it takes from an attacker.
//
// Changes, as words of a call:
//   isolated:ZONE          the zone's machines are kept apart
//   shared:ZONE            they are not
//   mfa:CREDENTIAL         it has a second factor
//   deploy:D3-X@PLACE      the countermeasure is deployed at a zone or host, everywhere there
// Steps are compared by what they are (template, place, service, credential, asset, neighbour), not by
// number.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "attack/attack_answers.h"
#include "attack/attack_graph.h"
#include "base/result.h"

namespace vauban::attack {

// The model with the change made. Errors: another form, a name that the model does not have.
Result<model::Model> changed(const model::Model& model, const std::string& change);

struct LostStep {
  std::string technique, host;
  auto operator<=>(const LostStep&) const = default;
};

struct StepsLost {
  std::size_t before = 0, after = 0;    // steps that can be taken
  std::size_t lost = 0, gained = 0;     // of those of before; of those of after
  std::vector<std::string> techniques;  // that can be used nowhere any more; sorted
  std::vector<LostStep> at;             // techniques and the hosts where they can be used no more; sorted
};

struct GoalChange {
  GoalAnswer before, after;
  bool differs() const {
    return before.standing != after.standing || before.depth.lower != after.depth.lower;
  }
};

struct WhatIf {
  std::string change;
  std::size_t stepsBefore = 0, stepsAfter = 0;  // instances of templates in the graph, whatever they need
  StepsLost today;                              // with nothing failed
  StepsLost ever;                   // with everything failed that may but what the change is about
  std::optional<StepsLost> inside;  // of a zone: with nothing failed, once he holds its machines besides
  std::vector<GoalChange> goals;
};

// The start of a graph and, besides, the machines of the zone that the change is about; nullopt where it is
// about none.
std::optional<Start> startInside(const AttackGraph& before, const std::string& change);
// Steps that can be taken with nothing failed, before and after.
StepsLost stepsLostToday(const AttackGraph& before, const AttackGraph& after);

// `goals` are those of the question, in its order; depths alone are asked.
WhatIf compare(const AttackGraph& before, const AttackGraph& after, const TechniqueUse& use,
               const AttackQuestion& question, const std::string& change);

}  // namespace vauban::attack
